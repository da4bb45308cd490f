"""The loop trains what it is given, and refuses what it cannot train."""

import functools
import math

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from rnnlib.training import History, train


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
    history = train(fitted, line(400), squared_error, learning_rate=0.05)
    assert len(history) == 400
    assert history.losses[-1] < 1e-4 < history.losses[0]
    assert fitted.weight.item() == pytest.approx(3, abs=0.05)


def test_the_same_seed_gives_the_same_losses():
    assert train(model(), line(20), squared_error) == train(model(), line(20), squared_error)
    assert train(model(), line(20), squared_error) != train(model(1), line(20), squared_error)


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


@pytest.mark.parametrize("max_norm", [None, 0.25])
def test_the_history_holds_the_norm_before_clipping(max_norm):
    fitted, twin = model(), model()
    history = train(fitted, line(1), squared_error, max_norm=max_norm)
    squared_error(twin, next(line(1))).backward()
    norm = math.hypot(twin.weight.grad.item(), twin.bias.grad.item())
    assert norm > 0.3
    assert history.norms == [pytest.approx(norm)]
    assert history.max_norm == max_norm


def test_another_optimizer_takes_its_own_steps():
    ours, theirs = model(), model()
    with_momentum = functools.partial(torch.optim.SGD, momentum=0.9)
    train(ours, line(5), squared_error, optimizer=with_momentum, learning_rate=0.02)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.02, momentum=0.9)
    for batch in line(5):
        optimizer.zero_grad()
        squared_error(theirs, batch).backward()
        optimizer.step()
    assert torch.equal(ours.weight, theirs.weight)


def test_a_second_model_gets_an_optimizer_of_its_own():
    train(model(), line(5), squared_error)
    second = model()
    before = second.weight.clone()
    train(second, line(5), squared_error)
    assert not torch.equal(second.weight, before)


def test_the_schedule_is_stepped_after_each_step():
    def halve(optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)

    history = train(model(), line(6), squared_error, learning_rate=0.08, schedule=halve)
    assert history.rates == pytest.approx([0.08, 0.08, 0.04, 0.04, 0.02, 0.02])


def test_a_plateau_lowers_the_rate_after_validations_without_gain():
    def plateau(optimizer):
        return torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=0)

    history = train(
        model(),
        line(6),
        squared_error,
        learning_rate=0.1,
        schedule=plateau,
        validate=lambda m: 1.0,
        every=2,
    )
    # The first score is the lowest so far, the second is no gain: the rate falls after step 4.
    assert history.rates == pytest.approx([0.1] * 4 + [0.01] * 2)


def scores_in_turn(*scores):
    """A validation that gives these scores, and keeps the weight that the model has each time."""
    left, seen = list(scores), []

    def validate(m):
        assert not m.training
        assert not torch.is_grad_enabled()
        seen.append(m.weight.item())
        return left.pop(0)

    return validate, seen


def test_the_best_weights_are_restored():
    fitted = model()
    validate, seen = scores_in_turn(3.0, 1.0, 2.0, 1.0)
    history = train(fitted, line(8), squared_error, learning_rate=0.1, validate=validate, every=2)
    assert history.scores == {2: 3.0, 4: 1.0, 6: 2.0, 8: 1.0}
    assert history.best_step == 4  # the first of two equal ones
    assert fitted.weight.item() == seen[1] != seen[3]
    assert fitted.training
    assert len(history) == 8


def test_the_last_step_is_validated_too():
    validate, seen = scores_in_turn(3.0, 1.0)
    fitted = model()
    history = train(fitted, line(3), squared_error, validate=validate, every=2)
    assert history.scores == {2: 3.0, 3: 1.0}
    assert fitted.weight.item() == seen[1]


def test_unless_told_otherwise_it_validates_every_hundred_steps():
    validate, _ = scores_in_turn(3.0, 2.0, 1.0)
    assert list(train(model(), line(250), squared_error, validate=validate).scores) == [100, 200, 250]


def test_buffers_are_restored_with_the_weights():
    fitted = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1))
    means = []

    def validate(m):
        means.append(m[0].running_mean.item())
        return float(len(means))  # worse each time

    train(fitted, line(3), squared_error, validate=validate, every=1)
    assert fitted[0].running_mean.item() == means[0] != means[2]


def test_training_stops_when_patience_runs_out():
    validate, seen = scores_in_turn(3.0, 1.0, 1.5, 1.0, 0.0)
    fitted = model()
    history = train(fitted, line(99), squared_error, validate=validate, every=3, patience=2)
    assert len(history) == 12  # two validations without a lower score than the second
    assert fitted.weight.item() == seen[1]


def test_a_gain_renews_patience():
    validate, _ = scores_in_turn(3.0, 4.0, 2.0, 4.0, 1.0, 4.0, 4.0)
    history = train(model(), line(99), squared_error, validate=validate, every=1, patience=2)
    assert len(history) == 7


def test_without_validation_the_last_weights_stay():
    history = train(model(), line(3), squared_error)
    assert history.scores == {}
    assert history.best_step is None


def test_a_gradient_that_is_not_finite_changes_no_weight():
    fitted = model()
    before = fitted.weight.clone()

    def root_of_zero(m, batch):  # finite, with an infinite slope
        return (m(batch[0]).sum() * 0).abs().sqrt() + m.weight.sum()

    with pytest.raises(ValueError, match="gradients must be finite, their norm is nan at step 1"):
        train(fitted, line(3), root_of_zero)
    assert torch.equal(fitted.weight, before)


def test_the_history_says_what_it_holds():
    validate, _ = scores_in_turn(0.5, 0.25)
    history = train(model(), line(4), squared_error, validate=validate, every=2)
    assert repr(history) == "History of 4 steps, best score 0.25 after step 4"
    assert repr(train(model(), line(1), squared_error)) == "History of 1 step"


def test_the_history_draws_what_it_holds():
    validate, _ = scores_in_turn(0.5, 0.25, 0.75)
    history = train(model(), line(6), squared_error, validate=validate, every=2, max_norm=0.5)
    top, bottom = history.plot(ylabel="error", references={"chance": 2.0}).axes
    lines = {line.get_label(): line for line in top.lines}
    assert top.lines[0].get_ydata().tolist() == history.losses
    assert list(lines["validation"].get_xdata()) == [2, 4, 6]
    assert list(lines["validation"].get_ydata()) == [0.5, 0.25, 0.75]
    assert list(lines["best"].get_xdata()) == [4, 4]
    assert list(lines["chance"].get_ydata()) == [2.0, 2.0]
    assert bottom.lines[0].get_ydata().tolist() == history.norms
    assert list(bottom.lines[1].get_ydata()) == [0.5, 0.5]
    assert bottom.get_yscale() == "log"


def test_a_changing_rate_is_drawn_too():
    def halve(optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)

    history = train(model(), line(6), squared_error, schedule=halve)
    assert history.plot().axes[2].lines[0].get_ydata().tolist() == history.rates


def test_an_empty_history_is_not_drawn():
    with pytest.raises(ValueError, match="losses must be of at least one step, got 0"):
        History().plot()


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


@pytest.mark.parametrize(("quiet", "drawn"), [("0", False), ("1", True), ("", True)])
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
        ({"every": 0}, "every must be at least 1, got 0"),
        ({"patience": 0, "validate": lambda m: 0.0}, "patience must be at least 1, got 0"),
        ({"patience": 1}, "patience needs validate, got None"),
        (
            {"schedule": torch.optim.lr_scheduler.ReduceLROnPlateau},
            "a ReduceLROnPlateau, which needs validate",
        ),
        ({"validate": lambda m: math.nan}, "validate must give a finite number, got nan after step 3"),
    ],
)
def test_a_wrong_call_is_refused(change, message):
    arguments = {"model": model(), "batches": line(3), "loss": squared_error} | change
    with pytest.raises(ValueError, match=message):
        train(arguments.pop("model"), arguments.pop("batches"), arguments.pop("loss"), **arguments)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="validate must give a number, got Tensor after step 3"):
        train(model(), line(3), squared_error, validate=lambda m: torch.zeros(1))


def test_the_batches_are_iterated_over_once_so_that_a_loader_draws_as_in_a_plain_loop(monkeypatch) -> None:
    for quiet in ("0", "1"):
        monkeypatch.setenv("RNNLIB_PROGRESS", quiet)
        seen: list[list[int]] = []

        def loss(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
            seen.append(batch.tolist())  # noqa: B023
            return model.weight.sum()

        def loader() -> DataLoader:
            generator = torch.Generator().manual_seed(0)
            return DataLoader(torch.arange(12), 4, shuffle=True, generator=generator)

        train(nn.Linear(1, 1), loader(), loss)
        assert seen == [batch.tolist() for batch in loader()]
