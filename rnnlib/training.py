"""One training loop for the models of the book, and the record that it keeps."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from tqdm.auto import tqdm

from rnnlib.arguments import check_size
from rnnlib.figures.training import training_curves


@dataclass(repr=False)
class History:
    """What happened in a training: entry 0 of each list belongs to step 1.

    Attributes:
        losses: the loss of each batch, before the step that was taken on it.
        norms: the 2-norm of all gradients together at each step, before clipping.
        rates: the learning rate of each step.
        scores: what ``validate`` gave, by the number of steps taken before it; empty without ``validate``.
        best_step: the number of steps after which the score was lowest, whose weights the model has now; None without
            ``validate``.
        max_norm: what gradients were clipped to; None for no clipping.

    Chapter: Exploding and vanishing gradients.
    """

    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    scores: dict[int, float] = field(default_factory=dict)
    best_step: int | None = None
    max_norm: float | None = None

    def __len__(self) -> int:
        """The number of steps taken."""
        return len(self.losses)

    def __repr__(self) -> str:
        best = (
            ""
            if self.best_step is None
            else f", best score {self.scores[self.best_step]:.4g} after step {self.best_step}"
        )
        return f"History of {len(self)} step{'' if len(self) == 1 else 's'}{best}"

    def plot(self, *, ylabel: str = "loss", references: Mapping[str, float] | None = None) -> Figure:
        """Draw the loss and the scores, the norms of the gradients, and the learning rate if it changed.

        Args:
            ylabel: name and unit of the loss.
            references: a name and the height of a thin horizontal line among the losses, such as chance.

        Raises:
            ValueError: no step was taken.
        """
        return training_curves(
            self.losses,
            self.norms,
            rates=self.rates if len(set(self.rates)) > 1 else None,
            scores=self.scores,
            best_step=self.best_step,
            max_norm=self.max_norm,
            ylabel=ylabel,
            references=references,
        )


def train(
    model: nn.Module,
    batches: Iterable[Any],
    loss: Callable[[nn.Module, Any], Tensor],
    *,
    optimizer: Callable[..., Optimizer] = torch.optim.Adam,
    learning_rate: float = 1e-3,
    max_norm: float | None = None,
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
    validate: Callable[[nn.Module], float] | None = None,
    every: int = 100,
    patience: int | None = None,
    description: str = "training",
) -> History:
    """Take one step for each batch: the loss, its gradients, clipping, a step, the schedule, in this order.

    With ``validate`` the model is judged now and then on what it does not train on. It is then in evaluation mode and
    without gradients. At the end it is given back the weights and buffers that it had when the score was lowest.

    A progress bar shows how far it is and goes away at the end. The environment variable ``RNNLIB_PROGRESS=0`` keeps
    it away, as it does where the book's notebooks are executed and tested, so that no output stores a bar.

    Args:
        model: the model; it is put into training mode, and left in it.
        batches: the batches, one a step, in whatever form ``loss`` takes them.
        loss: gives the loss of the model on one batch, a tensor with a single element.
        optimizer: makes the optimizer when called with the parameters and ``lr``, such as ``torch.optim.Adam`` or
            ``functools.partial(torch.optim.SGD, momentum=0.9)``. Each call of ``train`` makes one of its own.
        learning_rate: the optimizer's step size, at the beginning if there is a schedule.
        max_norm: clip the gradients of all parameters together to this norm before each step; None for no clipping.
        schedule: makes a learning rate scheduler when called with the optimizer. It is stepped after each step, a
            ``ReduceLROnPlateau`` after each validation, with the score.
        validate: gives the score of the model, a number, the lower the better.
        every: validate after each so many steps, and after the last one.
        patience: stop after this many validations in a row whose score is not below the lowest; None for never.
        description: what stands beside the progress bar.

    Returns:
        The losses, norms, rates and scores.

    Raises:
        TypeError: ``every`` or ``patience`` is no int, the loss no tensor, or the score no number.
        ValueError: a learning rate or a norm that is not positive, an ``every`` or ``patience`` below 1, a patience or
            a ``ReduceLROnPlateau`` without ``validate``, a model without parameters to train, no batch, a loss that has
            several elements, or a loss, a gradient or a score that is no finite number. The step is named, and at the
            loss or the gradient that is not finite no weight has been changed by it. If ``validate`` raises, or its
            score is refused, the model is given back the best weights so far.

    Chapter: Exploding and vanishing gradients.
    """
    for name, value in (("learning_rate", learning_rate), ("max_norm", max_norm)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} must be above 0, got {value}")
    check_size("every", every)
    if patience is not None:
        check_size("patience", patience)
        if validate is None:
            raise ValueError("patience needs validate, got None")
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not parameters:
        raise ValueError("model must have parameters that require a gradient, it has none")
    steps_by = optimizer(parameters, lr=learning_rate)
    scheduler = None if schedule is None else schedule(steps_by)
    plateau = scheduler if isinstance(scheduler, ReduceLROnPlateau) else None
    if plateau is not None and validate is None:
        raise ValueError("schedule is a ReduceLROnPlateau, which needs validate, got None")

    history = History(max_norm=max_norm)
    best_weights: dict[str, Any] = {}

    def judge() -> bool:
        """Validate, keep the weights if they are the best so far, and say whether patience has run out."""
        assert validate is not None
        try:
            score = _score(model, validate, len(history))
        except Exception:
            if best_weights:
                model.load_state_dict(best_weights)
            raise
        history.scores[len(history)] = score
        if history.best_step is None or score < history.scores[history.best_step]:
            history.best_step = len(history)
            best_weights.update(copy.deepcopy(model.state_dict()))  # a state need not be a tensor
        if plateau is not None:
            plateau.step(score)
        since_best = list(history.scores)[::-1].index(history.best_step)
        return patience is not None and since_best >= patience

    model.train()
    # One iterator, made here: a progress bar may make one more of its own, and that of a DataLoader draws from its
    # generator, or starts its workers, each time.
    total = len(batches) if isinstance(batches, Sized) else None
    bar = tqdm(iter(batches), total=total, desc=description, leave=False, disable=_is_quiet())
    for step, batch in enumerate(bar, start=1):
        current = loss(model, batch)
        if not isinstance(current, Tensor):
            raise TypeError(f"loss must give a tensor, got {type(current).__name__} at step {step}")
        if current.numel() != 1:
            raise ValueError(f"loss must give one number, got shape {tuple(current.shape)} at step {step}")
        if not torch.isfinite(current):
            raise ValueError(f"loss must be finite, got {current.item()} at step {step}")
        steps_by.zero_grad()
        current.backward()  # type: ignore[no-untyped-call]
        norm = _clip(parameters, max_norm)
        if not torch.isfinite(norm):
            raise ValueError(f"gradients must be finite, their norm is {norm.item()} at step {step}")
        history.losses.append(current.item())
        history.norms.append(norm.item())
        history.rates.append(float(steps_by.param_groups[0]["lr"]))
        steps_by.step()
        if scheduler is not None and plateau is None:
            scheduler.step()
        if validate is not None and step % every == 0 and judge():
            break
    if not history.losses:
        raise ValueError("batches must hold at least one batch, there was none")
    if validate is not None:
        if len(history) not in history.scores:
            judge()
        model.load_state_dict(best_weights)
    return history


def _clip(parameters: list[nn.Parameter], max_norm: float | None) -> Tensor:
    """Clip the gradients to a norm, if one is given, and give the norm that they had."""
    half = (torch.float16, torch.bfloat16)
    if not any(p.grad is not None and (p.grad.is_sparse or p.grad.dtype in half) for p in parameters):
        dense: Tensor = nn.utils.clip_grad_norm_(parameters, math.inf if max_norm is None else max_norm)
        return dense
    # Sparse gradients, such as an embedding's, have a norm, too, but torch does not compute it; and the norm of
    # gradients in half precision may be beyond its range.
    gradients = [p.grad.coalesce() if p.grad.is_sparse else p.grad for p in parameters if p.grad is not None]
    values = [g.values() if g.is_sparse else g for g in gradients]
    norm: Tensor = torch.linalg.vector_norm(
        torch.stack([torch.linalg.vector_norm(v.float() if v.dtype in half else v) for v in values])
    )
    if max_norm is not None and torch.isfinite(norm):
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_((max_norm / (norm + 1e-6)).clamp(max=1.0))
    return norm


def _score(model: nn.Module, validate: Callable[[nn.Module], float], step: int) -> float:
    """What ``validate`` gives, in evaluation mode and without gradients, after so many steps."""
    model.eval()
    try:
        with torch.no_grad():
            score = validate(model)
    finally:
        model.train()
    if not isinstance(score, int | float) or isinstance(score, bool):
        raise TypeError(f"validate must give a number, got {type(score).__name__} after step {step}")
    if not math.isfinite(score):
        raise ValueError(f"validate must give a finite number, got {score} after step {step}")
    return float(score)


def _is_quiet() -> bool:
    return os.environ.get("RNNLIB_PROGRESS", "1") == "0"
