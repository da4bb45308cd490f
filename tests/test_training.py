"""The loop trains what it is given, and refuses what it cannot train."""

import pytest
import torch
from torch import nn

from rnnlib.training import train


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("RNNLIB_PROGRESS", "0")


def squared_error(model, batch):
    x, y = batch
    return ((model(x) - y) ** 2).mean()


def line(count, seed=0):
    """Batches of points on the line y = 3 x - 1."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(count):
        x = torch.rand(16, 1, generator=generator)
        yield x, 3 * x - 1


def model(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(1, 1)


def test_training_finds_the_line():
    fitted = model()
    losses = train(fitted, line(400), squared_error, learning_rate=0.05)
    assert len(losses) == 400
    assert losses[-1] < 1e-4 < losses[0]
    assert fitted.weight.item() == pytest.approx(3, abs=0.05)


def test_the_same_seed_gives_the_same_losses():
    assert train(model(), line(20), squared_error) == train(model(), line(20), squared_error)


def test_a_step_is_that_of_adam():
    ours, theirs = model(), model()
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.02)
    train(ours, line(5), squared_error, learning_rate=0.02)
    for batch in line(5):
        optimizer.zero_grad()
        squared_error(theirs, batch).backward()
        optimizer.step()
    assert torch.equal(ours.weight, theirs.weight)
    assert torch.equal(ours.bias, theirs.bias)


def test_the_gradients_of_a_step_are_clipped_together():
    fitted = nn.Sequential(model(1), model(2))
    train(fitted, line(1), squared_error, max_norm=0.25)
    norm = torch.stack([parameter.grad.norm() for parameter in fitted.parameters()]).norm()
    torch.testing.assert_close(norm, torch.tensor(0.25))


def test_frozen_parameters_stay():
    fitted = model()
    fitted.bias.requires_grad_(False)
    before = fitted.bias.clone()
    train(fitted, line(5), squared_error)
    assert torch.equal(fitted.bias, before)
    assert fitted.bias.grad is None


def test_the_model_is_put_into_training_mode():
    fitted = model().eval()
    train(fitted, line(1), squared_error)
    assert fitted.training


@pytest.mark.parametrize(("quiet", "drawn"), [("0", False), ("1", True)])
def test_the_progress_bar_can_be_kept_away(monkeypatch, capfd, quiet, drawn):
    monkeypatch.setenv("RNNLIB_PROGRESS", quiet)
    train(model(), line(3), squared_error, description="a line")
    captured = capfd.readouterr()
    assert captured.out == ""
    assert ("a line" in captured.err) is drawn


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, got nan"),
        ({"max_norm": -1.0}, "max_norm must be above 0, got -1.0"),
        ({"batches": []}, "batches must hold at least one batch, there was none"),
        ({"model": nn.Tanh()}, "model must have parameters that require a gradient, it has none"),
        ({"loss": lambda m, b: m(b[0])}, r"loss must give one number, got shape \(16, 1\) at step 1"),
        ({"loss": lambda m, b: m(b[0]).sum() * float("nan")}, "loss must be finite, got nan at step 1"),
    ],
)
def test_a_wrong_call_is_refused(change, message):
    arguments = {"model": model(), "batches": line(3), "loss": squared_error} | change
    with pytest.raises(ValueError, match=message):
        train(arguments.pop("model"), arguments.pop("batches"), arguments.pop("loss"), **arguments)
