"""A recurrent network that forecasts a series: one step at every step, many steps by feeding itself, or all at once."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_flag, check_kind, check_size, check_tensor

State: TypeAlias = "Tensor | tuple[Tensor, Tensor]"


class Forecaster(nn.Module):
    r"""A layer of ``torch.nn`` that reads a series, and a linear layer that says at every step what comes next.

    .. math:: \hat{x}_{t+h} = x_t + w_h \cdot h_t + b_h, \qquad h = 1, \dots, H

    Without ``residual`` the summand :math:`x_t` is missing. With it the network learns the change, and one that says
    nothing is persistence.

    Args:
        kind: ``"RNN"``, ``"GRU"`` or ``"LSTM"``.
        hidden_size: H_out, the number of features of the hidden state.
        horizons: H, how many coming values it gives directly at each step; 1, and it can roll out.
        residual: whether the last value is added.

    Raises:
        ValueError: another kind, or a number below 1.
        TypeError: an argument of the wrong type.

    Chapter: Forecasting.
    """

    def __init__(
        self, kind: str = "GRU", hidden_size: int = 32, *, horizons: int = 1, residual: bool = True
    ) -> None:
        super().__init__()
        self.residual = check_flag("residual", residual)
        self.horizons = check_size("horizons", horizons)
        self.rnn: nn.RNN | nn.LSTM | nn.GRU = getattr(nn, check_kind(kind))(
            1, check_size("hidden_size", hidden_size)
        )
        self.readout = nn.Linear(hidden_size, horizons)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """What comes after each step, and the state after the last one.

        Args:
            x: (L, N), scaled values, the oldest first.
            state: what an earlier call gave back, to go on from there; zeros if left out.

        Returns:
            The forecasts: (L, N) where H is 1, of which entry t is for the value after x[t]; else (L, N, H), of which
            entry [t, n, h - 1] is for the value h steps after x[t, n]. And the new state, h_n (1, N, H_out), or for an
            LSTM the pair of h_n and c_n.

        Raises:
            TypeError: no tensor, or another dtype than the weights'.
            ValueError: another shape, no step or no series, or another device than the weights'.
        """
        check_tensor("x", x, self.readout.weight)
        if x.dim() != 2 or x.numel() == 0:
            raise ValueError(f"x must have shape (L, N), both at least 1, got {tuple(x.shape)}")
        output, new_state = self.rnn(x.unsqueeze(-1), state)  # (L, N) -> (L, N, 1) -> (L, N, H_out)
        change: Tensor = self.readout(output)  # -> (L, N, H)
        forecasts = change + x.unsqueeze(-1) if self.residual else change
        return (forecasts.squeeze(-1) if self.horizons == 1 else forecasts), new_state

    def roll_out(self, context: Tensor, steps: int) -> Tensor:
        """Iterated forecasts: read the context, then feed each forecast back as the next input.

        Args:
            context: (L, N), scaled values that are known, the oldest first.
            steps: how many values to forecast.

        Returns:
            (steps, N), of which entry h - 1 is for the value h steps after the context.

        Raises:
            TypeError: as :meth:`forward`, or steps that are no int.
            ValueError: as :meth:`forward`, fewer than 1 step, or a model of several horizons.
        """
        check_size("steps", steps)
        if self.horizons != 1:
            raise ValueError(f"horizons must be 1 to roll out, got {self.horizons}: call direct instead")
        forecasts, state = self(context)
        found = [forecasts[-1:]]  # (1, N)
        while len(found) < steps:
            forecasts, state = self(found[-1], state)
            found.append(forecasts)
        return torch.cat(found)  # -> (steps, N)

    def direct(self, context: Tensor) -> Tensor:
        """Direct forecasts: what the last step of the context says of each horizon.

        Args:
            context: (L, N), scaled values that are known, the oldest first.

        Returns:
            (H, N), of which entry h - 1 is for the value h steps after the context.

        Raises:
            TypeError: as :meth:`forward`.
            ValueError: as :meth:`forward`.
        """
        forecasts, _ = self(context)
        last: Tensor = forecasts[-1]  # (N) or (N, H)
        return last.unsqueeze(0) if self.horizons == 1 else last.mT  # -> (H, N)
