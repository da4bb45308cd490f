"""Models that the chapters train: an answer for each step, an answer for each sequence, and many stacks at once.

:class:`Tagger` and :class:`Classifier` run a layer of :mod:`rnnlib.layers` with the lengths, so that padding, whatever
it holds, moves no answer. :class:`TokenClassifier` does the same for tokens, with a layer of ``torch.nn`` and
:func:`rnnlib.lengths.run_packed`. :class:`ManyStacks` trains one model from many seeds in the time of a few.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnlib import layers
from rnnlib.arguments import check_flag, check_kind, check_size, check_tensor
from rnnlib.cells import initialize
from rnnlib.lengths import Lengths, check_lengths, run_packed

KINDS = {"RNN": layers.RNN, "GRU": layers.GRU, "LSTM": layers.LSTM}


class Reader(nn.Module):
    """A recurrent layer, and behind it a linear layer: what :class:`Tagger` and :class:`Classifier` have in common.

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
        self.rnn = KINDS[check_kind(kind)](
            input_size, hidden_size, num_layers, dropout=dropout, bidirectional=bidirectional
        )
        directions = 2 if bidirectional else 1
        self.directions = directions
        self.readout = nn.Linear(directions * hidden_size, check_size("num_classes", num_classes))


class Tagger(Reader):
    r"""One answer for each step: many-to-many in step.

    .. math:: z_t = W\,[\overrightarrow{h}_t; \overleftarrow{h}_t] + b

    With one direction the square bracket holds the forward state alone, and :math:`z_t` knows nothing of later steps.

    Arguments and errors are those of :class:`Reader`.

    Chapter: Bidirectionality.
    """

    def forward(self, x: Tensor, lengths: Lengths | None = None) -> Tensor:
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


class Classifier(Reader):
    r"""One answer for each sequence: many-to-one.

    .. math:: z = W\,[\overrightarrow{h}_n; \overleftarrow{h}_n] + b

    It reads the top layer's final states, each of which has seen the whole sequence: the forward one after the last
    valid step, the backward one after the first. The top layer's output at the last step would not do: its backward
    half has taken a single step.

    Arguments and errors are those of :class:`Reader`.

    Chapter: Bidirectionality.
    """

    def forward(self, x: Tensor, lengths: Lengths | None = None) -> Tensor:
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


class TokenClassifier(nn.Module):
    r"""One answer for each sequence of tokens: an embedding, a layer of ``torch.nn``, a linear layer.

    .. math:: z = W\,[\overrightarrow{h}_n; \overleftarrow{h}_n] + b, \qquad x_t = E_{\text{token}_t}

    It reads the top layer's final states as :class:`Classifier` does. Padding may hold any token of the vocabulary.

    Args:
        num_tokens: V, the size of the vocabulary: tokens are 0 to V - 1.
        embedding_size: the number of features that a token becomes.
        hidden_size: H_out, the number of features of the hidden state of each direction.
        num_classes: C, the number of scores.
        kind: ``"RNN"``, ``"GRU"`` or ``"LSTM"``.
        num_layers: how many layers are stacked.
        bidirectional: whether D is 2.
        dropout: the probability of zeroing an entry, in training mode: of an embedding, between two layers, and of the
            final states.

    Raises:
        ValueError: another kind, a size below 1, or a dropout outside 0 to 1.
        TypeError: an argument of the wrong type.

    Chapter: Training a sequence classifier.
    """

    def __init__(
        self,
        num_tokens: int,
        embedding_size: int,
        hidden_size: int,
        num_classes: int,
        *,
        kind: str = "LSTM",
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.directions = 2 if check_flag("bidirectional", bidirectional) else 1
        self.embedding = nn.Embedding(
            check_size("num_tokens", num_tokens), check_size("embedding_size", embedding_size)
        )
        self.rnn: nn.RNN | nn.LSTM | nn.GRU = getattr(nn, check_kind(kind))(
            embedding_size,
            check_size("hidden_size", hidden_size),
            check_size("num_layers", num_layers),
            dropout=dropout if num_layers > 1 else 0.0,  # torch warns of a dropout between the layers of one
            bidirectional=bidirectional,
        )
        self.dropout = nn.Dropout(dropout)
        self.readout = nn.Linear(self.directions * hidden_size, check_size("num_classes", num_classes))

    def forward(self, tokens: Tensor, lengths: Lengths | None = None) -> Tensor:
        """The scores of every sequence.

        Args:
            tokens: (L, N), int64, from 0 to V - 1, at padded steps too.
            lengths: how many steps of each sequence are valid, from 1 to L, on the CPU; all if left out.

        Returns:
            The scores, (N, C).

        Raises:
            TypeError: tokens that are no tensor of int64, or lengths that are no integers.
            ValueError: tokens of another shape, none at all, outside 0 to V - 1 or on another device than the weights;
                or wrong lengths.
        """
        weight = self.embedding.weight
        if not isinstance(tokens, Tensor) or tokens.dtype != torch.int64:
            kind = tokens.dtype if isinstance(tokens, Tensor) else type(tokens).__name__
            raise TypeError(f"tokens must be a tensor of int64, got {kind}")
        if tokens.dim() != 2 or not tokens.numel():
            raise ValueError(f"tokens must have shape (L, N), both at least 1, got {tuple(tokens.shape)}")
        if tokens.device != weight.device:
            raise ValueError(f"tokens must be on the weights' device {weight.device}, got {tokens.device}")
        least, most = int(tokens.min()), int(tokens.max())
        if least < 0 or most >= len(weight):
            raise ValueError(f"tokens must be from 0 to {len(weight) - 1}, got {least} to {most}")
        steps, batch = tokens.shape
        checked = check_lengths([steps] * batch if lengths is None else lengths, batch, steps)
        x = self.dropout(self.embedding(tokens))  # (L, N) -> (L, N, embedding_size)
        _, state = run_packed(self.rnn, x, checked)
        h_n = state[0] if isinstance(state, tuple) else state  # (num_layers * D, N, H_out)
        top = torch.cat(h_n[-self.directions :].unbind(0), dim=-1)  # (D, N, H_out) -> (N, D * H_out)
        scores: Tensor = self.readout(self.dropout(top))  # -> (N, C)
        return scores


class ManyStacks(nn.Module):
    r"""Stacks of the simple recurrent layer that never meet, run all at once, each with one score a step.

    .. math:: z^{(r)}_t = w^{(r)} h^{(r)}_t + b^{(r)}, \qquad r = 1, \dots, \text{runs}

    where :math:`h^{(r)}_t` is the top layer's state in a ``torch.nn.RNN`` with the weights of run r. Small networks
    keep no processor busy. So every parameter has one axis more, in front, with an entry for each run, and each
    matrix product is one batched product for all runs. ``stack`` holds the parameters under the names of
    ``torch.nn.RNN``, ``readout`` those of ``torch.nn.Linear(H_out, 1)``, and each is drawn as those two draw theirs.

    With residual connections each layer above the lowest adds its states to what it has read:
    :math:`y^{(k)}_t = y^{(k-1)}_t + h^{(k)}_t`.

    Args:
        runs: how many stacks there are.
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the hidden state.
        num_layers: how many layers each stack has.
        residual: whether the layers above the lowest have residual connections.

    Raises:
        ValueError: a number below 1.
        TypeError: a number that is no int, or a residual that is no bool.

    Chapter: Stacking.
    """

    def __init__(
        self, runs: int, input_size: int, hidden_size: int, num_layers: int = 1, *, residual: bool = False
    ) -> None:
        super().__init__()
        check_size("runs", runs)
        check_size("hidden_size", hidden_size)
        self.num_layers = check_size("num_layers", num_layers)
        self.residual = check_flag("residual", residual)
        width = check_size("input_size", input_size)
        self.stack = nn.ParameterDict()
        for k in range(num_layers):
            self.stack[f"weight_ih_l{k}"] = torch.empty(runs, hidden_size, width, device=None)
            self.stack[f"weight_hh_l{k}"] = torch.empty(runs, hidden_size, hidden_size, device=None)
            self.stack[f"bias_ih_l{k}"] = torch.empty(runs, hidden_size, device=None)
            self.stack[f"bias_hh_l{k}"] = torch.empty(runs, hidden_size, device=None)
            width = hidden_size
        self.readout = nn.ParameterDict(
            {
                "weight": torch.empty(runs, 1, hidden_size, device=None),
                "bias": torch.empty(runs, 1, device=None),
            }
        )
        initialize(self, hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of every run at every step.

        Args:
            x: (runs, L, N, H_in): every run reads a batch of its own.

        Returns:
            The scores, (runs, L, N).

        Raises:
            ValueError: another shape, no step or no sequence, or another device than the weights'.
            TypeError: no tensor, or another dtype than the weights'.
        """
        runs, _, width = self.stack["weight_ih_l0"].shape
        check_tensor("x", x, self.stack["weight_ih_l0"])
        if x.dim() != 4 or (x.shape[0], x.shape[3]) != (runs, width) or x.numel() == 0:
            raise ValueError(
                f"x must have shape (runs, L, N, H_in) with runs = {runs}, L and N at least 1 and H_in = {width}, "
                f"got {tuple(x.shape)}"
            )
        for k in range(self.num_layers):
            states = self._run_layer(x, k)
            x = x + states if self.residual and k > 0 else states
        scores = _affine(x, self.readout["weight"], self.readout["bias"])  # (runs, L, N, 1)
        return scores.squeeze(-1)  # -> (runs, L, N)

    def _run_layer(self, x: Tensor, k: int) -> Tensor:
        """All states of layer k, (runs, L, N, H_out), from what it reads, (runs, L, N, width)."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weight_ih, weight_hh, bias_ih, bias_hh = (self.stack[f"{name}_l{k}"] for name in names)
        projected = _affine(x, weight_ih, bias_ih + bias_hh)  # -> (runs, L, N, H_out)
        h = torch.zeros_like(projected[:, 0])  # (runs, N, H_out)
        W_hh = weight_hh.mT  # transposed, as every step multiplies from the right
        states = []
        for p_t in projected.unbind(1):
            h = torch.tanh(torch.baddbmm(p_t, h, W_hh))
            states.append(h)
        return torch.stack(states, dim=1)  # L times (runs, N, H_out) -> (runs, L, N, H_out)


def _affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A linear layer for each run: x (runs, L, N, in), weight (runs, out, in), bias (runs, out)."""
    rows = x.flatten(1, 2)  # -> (runs, L * N, in)
    out = torch.baddbmm(bias.unsqueeze(1), rows, weight.mT)  # -> (runs, L * N, out)
    return out.view(*x.shape[:3], -1)  # -> (runs, L, N, out)


def _check_batch(x: object) -> None:
    if isinstance(x, Tensor) and x.dim() != 3:
        raise ValueError(f"x must have shape (L, N, H_in), got {tuple(x.shape)}")
