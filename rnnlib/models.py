"""Models that read padded batches: an answer for each step, and an answer for each sequence.

Both run a layer of :mod:`rnnlib.layers` with the lengths, so that padding, whatever it holds, moves no answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnlib import layers
from rnnlib.arguments import check_size

KINDS = {"RNN": layers.RNN, "GRU": layers.GRU, "LSTM": layers.LSTM}


class _Reader(nn.Module):
    """A recurrent layer, and behind it a linear layer that turns what was read into scores."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_classes: int,
        *,
        kind: str = "RNN",
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        self.rnn = KINDS[kind](
            input_size, hidden_size, num_layers, dropout=dropout, bidirectional=bidirectional
        )
        directions = 2 if bidirectional else 1
        self.directions = directions
        self.readout = nn.Linear(directions * hidden_size, check_size("num_classes", num_classes))


class Tagger(_Reader):
    r"""One answer for each step: many-to-many in step.

    .. math:: z_t = W\,[\overrightarrow{h}_t; \overleftarrow{h}_t] + b

    With one direction the square bracket holds the forward state alone, and :math:`z_t` knows nothing of later steps.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the hidden state of each direction.
        num_classes: C, the number of scores at each step.
        kind: ``"RNN"``, ``"GRU"`` or ``"LSTM"``.
        num_layers: how many layers are stacked.
        bidirectional: whether D is 2.
        dropout: the probability of zeroing an entry between two layers, in training mode.

    Raises:
        ValueError: another kind, a size below 1, or a dropout outside 0 to 1.
        TypeError: an argument of the wrong type.

    Chapter: Bidirectionality.
    """

    def forward(self, x: Tensor, lengths: Sequence[int] | Tensor | None = None) -> Tensor:
        """The scores of every step.

        Args:
            x: (L, N, H_in).
            lengths: how many steps of each sequence are valid, from 1 to L; all if left out.

        Returns:
            The scores, (L, N, C). Those at padded steps mean nothing: mask them.

        Raises:
            ValueError: as :meth:`rnnlib.layers.RNN.forward`, or x without a batch.
            TypeError: as :meth:`rnnlib.layers.RNN.forward`.
        """
        _check_batch(x)
        output, _ = self.rnn(x, lengths=lengths)  # (L, N, D * H_out)
        scores: Tensor = self.readout(output)  # -> (L, N, C)
        return scores


class Classifier(_Reader):
    r"""One answer for each sequence: many-to-one.

    .. math:: z = W\,[\overrightarrow{h}_n; \overleftarrow{h}_n] + b

    It reads the top layer's final states, each of which has seen the whole sequence: the forward one after the last
    valid step, the backward one after the first. The top layer's output at the last step would not do: its backward
    half has taken a single step.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the hidden state of each direction.
        num_classes: C, the number of scores.
        kind: ``"RNN"``, ``"GRU"`` or ``"LSTM"``.
        num_layers: how many layers are stacked.
        bidirectional: whether D is 2.
        dropout: the probability of zeroing an entry between two layers, in training mode.

    Raises:
        ValueError: another kind, a size below 1, or a dropout outside 0 to 1.
        TypeError: an argument of the wrong type.

    Chapter: Bidirectionality.
    """

    def forward(self, x: Tensor, lengths: Sequence[int] | Tensor | None = None) -> Tensor:
        """The scores of every sequence.

        Args:
            x: (L, N, H_in).
            lengths: how many steps of each sequence are valid, from 1 to L; all if left out.

        Returns:
            The scores, (N, C).

        Raises:
            ValueError: as :meth:`rnnlib.layers.RNN.forward`, or x without a batch.
            TypeError: as :meth:`rnnlib.layers.RNN.forward`.
        """
        _check_batch(x)
        _, state = self.rnn(x, lengths=lengths)
        h_n = state[0] if isinstance(state, tuple) else state  # (num_layers * D, N, H_out)
        top = h_n[-self.directions :]  # (D, N, H_out), forward first
        scores: Tensor = self.readout(torch.cat(top.unbind(0), dim=-1))  # (N, D * H_out) -> (N, C)
        return scores


def _check_batch(x: object) -> None:
    if isinstance(x, Tensor) and x.dim() != 3:
        raise ValueError(f"x must have shape (L, N, H_in), got {tuple(x.shape)}")
