"""A series cut in time, a scale that has seen only its first part, and windows that know where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnlib.arguments import check_flag, check_size
from rnnlib.forecasting.checking import check_values


@dataclass(frozen=True)
class Split:
    """Three parts of a series, by their indices, one after another in time and without a gap.

    Attributes:
        fit: what parameters are fitted on.
        choose: what orders, epochs and sizes are chosen on.
        test: what is forecast once, at the end.

    Chapter: Forecasting.
    """

    fit: range
    choose: range
    test: range


def split_in_time(length: int, fit: int, choose: int) -> Split:
    """Cut a series of so many values in time: the first for fitting, the next for choosing, the rest for the test.

    Args:
        length: T, how many values the series has.
        fit: how many of them are for fitting.
        choose: how many after those are for choosing.

    Raises:
        TypeError: a number that is no int.
        ValueError: a number below 1, or no value left for the test.

    Chapter: Forecasting.
    """
    check_size("length", length)
    known = check_size("fit", fit) + check_size("choose", choose)
    if known >= length:
        raise ValueError(f"fit + choose must be below length = {length}, to leave a test, got {known}")
    return Split(range(fit), range(fit, known), range(known, length))


@dataclass(frozen=True)
class Scaler:
    r"""What turns values into numbers of mean 0 and standard deviation 1, and back.

    .. math:: z = (x - \mu) / \sigma, \qquad x = \sigma z + \mu

    Attributes:
        mean: :math:`\mu`, in the series' unit.
        scale: :math:`\sigma`, in the series' unit.

    Chapter: Forecasting.
    """

    mean: float
    scale: float

    @classmethod
    def fitted(cls, values: Tensor) -> Scaler:
        """The scale of these values, and of no others: hand over the part for fitting alone.

        Args:
            values: (T), at least two that differ.

        Raises:
            TypeError: no tensor of floats.
            ValueError: another shape, values that are not finite, or that are all the same.
        """
        checked = check_values(values, least=2).double()
        scale = float(checked.std(correction=0))
        if scale == 0:
            raise ValueError("values must differ, they are all the same")
        return cls(float(checked.mean()), scale)

    def scaled(self, values: Tensor) -> Tensor:
        """The values of any shape, in standard deviations from the mean."""
        return (values - self.mean) / self.scale

    def restored(self, scaled: Tensor) -> Tensor:
        """Scaled values of any shape, in the series' unit again."""
        return scaled * self.scale + self.mean


@dataclass(frozen=True, eq=False)
class Windows:
    """Stretches of a series, each of L known values and the H that follow.

    Attributes:
        values: (L + H, N), in their order in time.
        origins: (N), int64: the index in the series of each window's first target.
        inputs_each: L.

    Chapter: Forecasting.
    """

    values: Tensor
    origins: Tensor
    inputs_each: int

    @property
    def inputs(self) -> Tensor:
        """The known values, those at origin - L, ..., origin - 1, of shape (L, N)."""
        return self.values[: self.inputs_each]

    @property
    def targets(self) -> Tensor:
        """The values to be forecast, those at origin, ..., origin + H - 1, of shape (H, N)."""
        return self.values[self.inputs_each :]

    def __len__(self) -> int:
        """N, the number of windows."""
        return self.values.shape[1]


def windows(
    values: Tensor, part: range, inputs: int, horizon: int = 1, *, stride: int = 1, warm_up: bool = False
) -> Windows:
    """All windows whose targets lie in one part of a series.

    A window's inputs lie in the part, too, unless ``warm_up`` lets them reach back into what lies before it. For a
    test that is no leak: whoever forecasts on the first day of a part knows the days before. For fitting it would be
    one if the part came after the test.

    Args:
        values: (T), the whole series.
        part: the indices of the part, as in :class:`Split`.
        inputs: L, how many values a window knows.
        horizon: H, how many it forecasts.
        stride: how many steps lie between the origins of two windows.
        warm_up: whether the inputs may lie before the part.

    Raises:
        TypeError: values that are no tensor of floats, a part that is no range, a number that is no int, or a
            ``warm_up`` that is no bool.
        ValueError: values of another shape, a part outside the series or with steps, a number below 1, or a part in
            which no window has room.

    Chapter: Forecasting.
    """
    check_values(values)
    check_size("inputs", inputs)
    check_size("horizon", horizon)
    check_size("stride", stride)
    check_flag("warm_up", warm_up)
    if not isinstance(part, range):
        raise TypeError(f"part must be a range of indices, got {type(part).__name__}")
    if part.step != 1 or not 0 <= part.start < part.stop <= len(values):
        raise ValueError(f"part must be a range within 0 to {len(values)} in steps of 1, got {part}")
    first = max(inputs, part.start) if warm_up else part.start + inputs
    origins = torch.arange(first, max(first, part.stop - horizon + 1), stride, device="cpu")
    if len(origins) == 0:
        raise ValueError(
            f"part must have room for {inputs} inputs and {horizon} targets, got {part}"
            + (" and what lies before it" if warm_up else "")
        )
    origins = origins.to(values.device)
    steps = torch.arange(-inputs, horizon, device=values.device)
    return Windows(values[steps.unsqueeze(1) + origins], origins, inputs)  # (L + H, 1) + (N) -> (L + H, N)
