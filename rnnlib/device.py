"""The device on which a chapter computes."""

from __future__ import annotations

import os

import torch


def get_device() -> torch.device:
    """The device to compute on: the accelerator if there is one, else the CPU.

    The order is CUDA, Apple's MPS, CPU. The environment variable ``RNNLIB_DEVICE`` overrides it with ``cuda``, ``mps``
    or ``cpu``; a device that is asked for and not there is an error, so that a test run on a GPU machine cannot
    quietly become a run on its CPU.

    On CUDA, TensorFloat-32 is switched off for matrix products and for cuDNN. It keeps 10 of float32's 23 bits of
    mantissa, is the default inside cuDNN's recurrent layers, and moves results by about 1e-3, while this book
    compares numbers to 1e-5.

    Returns:
        The device.

    Raises:
        ValueError: ``RNNLIB_DEVICE`` is not one of the three names.
        RuntimeError: the device that ``RNNLIB_DEVICE`` names is not available.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    wanted = os.environ.get("RNNLIB_DEVICE", "")
    if wanted and wanted not in available:
        raise ValueError(f"RNNLIB_DEVICE must be cuda, mps or cpu, got {wanted!r}")
    if wanted and not available[wanted]:
        raise RuntimeError(f"RNNLIB_DEVICE={wanted}, but torch finds no {wanted} device here")
    name = wanted or next(name for name, present in available.items() if present)
    if name == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    return torch.device(name)
