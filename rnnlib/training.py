"""One training loop for the models of the book."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm


def train(
    model: nn.Module,
    batches: Iterable[Any],
    loss: Callable[[nn.Module, Any], Tensor],
    *,
    learning_rate: float = 1e-3,
    max_norm: float | None = None,
    description: str = "training",
) -> list[float]:
    """Take one step of Adam for each batch.

    A progress bar shows how far it is and goes away at the end. The environment variable ``RNNLIB_PROGRESS=0`` keeps
    it away, as it does where the book's notebooks are executed and tested, so that no output stores a bar.

    Args:
        model: the model; it is put into training mode, and left in it.
        batches: the batches, one a step, in whatever form ``loss`` takes them.
        loss: gives the loss of the model on one batch, a tensor with a single element.
        learning_rate: Adam's step size.
        max_norm: clip the gradients of all parameters together to this norm before each step; None for no clipping.
        description: what stands beside the progress bar.

    Returns:
        The loss of each batch, before the step that was taken on it.

    Raises:
        ValueError: a learning rate or a norm that is not positive, a model without parameters to train, no batch, or
            a loss that has several elements or is no finite number. The step at which it is not finite is named.
    """
    for name, value in (("learning_rate", learning_rate), ("max_norm", max_norm)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} must be above 0, got {value}")
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not parameters:
        raise ValueError("model must have parameters that require a gradient, it has none")
    optimizer = torch.optim.Adam(parameters, lr=learning_rate)
    losses: list[float] = []
    model.train()
    for step, batch in enumerate(tqdm(batches, desc=description, leave=False, disable=_is_quiet()), start=1):
        current = loss(model, batch)
        if current.numel() != 1:
            raise ValueError(f"loss must give one number, got shape {tuple(current.shape)} at step {step}")
        if not torch.isfinite(current):
            raise ValueError(f"loss must be finite, got {current.item()} at step {step}")
        optimizer.zero_grad()
        current.backward()  # type: ignore[no-untyped-call]
        if max_norm is not None:
            nn.utils.clip_grad_norm_(parameters, max_norm)
        optimizer.step()
        losses.append(current.item())
    if not losses:
        raise ValueError("batches must hold at least one batch, there was none")
    return losses


def _is_quiet() -> bool:
    return os.environ.get("RNNLIB_PROGRESS", "1") == "0"
