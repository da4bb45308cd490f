"""The device that is asked for is the device that is used, or there is an error."""

import pytest
import torch

from rnnlib.device import get_device


@pytest.fixture
def machine(monkeypatch):
    """A machine with the accelerators that the test names."""

    def pretend(cuda=False, mps=False, wanted=None):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        if wanted is None:
            monkeypatch.delenv("RNNLIB_DEVICE", raising=False)
        else:
            monkeypatch.setenv("RNNLIB_DEVICE", wanted)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "wanted", "device"),
    [
        (True, True, None, "cuda"),
        (False, True, None, "mps"),
        (False, False, None, "cpu"),
        (False, False, "", "cpu"),
        (True, True, "cpu", "cpu"),
        (True, True, "mps", "mps"),
        (True, False, "cuda", "cuda"),
    ],
)
def test_the_variable_overrides_the_order_cuda_mps_cpu(machine, cuda, mps, wanted, device):
    machine(cuda, mps, wanted)
    assert get_device() == torch.device(device)


@pytest.mark.parametrize("wanted", ["cuda", "mps"])
def test_a_missing_device_is_never_replaced_silently(machine, wanted):
    machine(wanted=wanted)
    with pytest.raises(RuntimeError, match=f"RNNLIB_DEVICE={wanted}, but torch finds no {wanted}"):
        get_device()


@pytest.mark.parametrize("wanted", ["gpu", "CUDA", "cuda:0"])
def test_an_unknown_name_is_refused(machine, wanted):
    machine(cuda=True, wanted=wanted)
    with pytest.raises(ValueError, match="RNNLIB_DEVICE must be cuda, mps or cpu, got"):
        get_device()


@pytest.fixture
def tf32_allowed():
    """TF32 switched on for the test, and afterwards as it was (these flags are properties: monkeypatch cannot)."""
    switches = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [switch.allow_tf32 for switch in switches]
    for switch in switches:
        switch.allow_tf32 = True
    yield lambda: [switch.allow_tf32 for switch in switches]
    for switch, value in zip(switches, before, strict=True):
        switch.allow_tf32 = value


@pytest.mark.parametrize(("wanted", "allowed"), [("cuda", False), ("cpu", True)])
def test_tf32_is_off_where_cuda_is_used_and_left_alone_elsewhere(machine, tf32_allowed, wanted, allowed):
    machine(cuda=True, wanted=wanted)
    get_device()
    assert tf32_allowed() == [allowed, allowed]
