r"""Recurrent layers by hand: a cell's step unrolled over time, over layers and over directions.

:class:`RNN`, :class:`GRU` and :class:`LSTM` take the arguments of ``torch.nn.RNN``, ``torch.nn.GRU`` and
``torch.nn.LSTM``, have the same parameters under the same names, in the same shapes and order, draw the same initial
weights from the same seed, and compute the same outputs, states and gradients. They take one argument more,
``lengths``, in place of a packed sequence.

Shapes are written as in the text: N sequences in a batch, L steps, D directions (1 or 2), H_in input features, H_out
features of the hidden state, H_cell features of an LSTM's cell state.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlib.arguments import check_nonlinearity
from rnnlib.cells import gru_step, lstm_step, rnn_step
from rnnlib.lengths import Lengths
from rnnlib.unrolling import Recurrent, Weights


class RNN(Recurrent):
    r"""A simple recurrent network by hand, as ``torch.nn.RNN``.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Layer k reads the output of layer k - 1 as its :math:`x_t`. With two directions each layer runs a second set of
    weights from the last step to the first, and the two outputs are concatenated, forward first.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the hidden state.
        num_layers: how many layers are stacked.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        bias: whether to add :math:`b_{ih}` and :math:`b_{hh}`.
        batch_first: whether x and the output are (N, L, ...) rather than (L, N, ...); the states never are.
        dropout: the probability with which an entry of a layer's output is zeroed on its way to the next layer, in
            training mode. The top layer's output is never touched, and a dropout with one layer is warned of.
        bidirectional: whether D is 2.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1, a dropout outside 0 to 1, or an unknown nonlinearity.
        TypeError: an argument of the wrong type.

    Chapter: The recurrent cell. Sources: J. L. Elman, `Finding structure in time
    <https://doi.org/10.1207/s15516709cog1402_1>`_, 1990; M. Schuster and K. K. Paliwal, `Bidirectional recurrent
    neural networks <https://doi.org/10.1109/78.650093>`_, 1997.
    """

    blocks = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = check_nonlinearity(nonlinearity)

    def forward(
        self, x: Tensor, hx: Tensor | None = None, lengths: Lengths | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read a batch of sequences.

        With ``lengths`` each sequence is treated as if it came alone: the padding after it, whatever it holds,
        changes no output, no state and no gradient.

        Args:
            x: (L, N, H_in), or (N, L, H_in) with batch_first, or (L, H_in) for one sequence.
            hx: the initial state h_0, (num_layers · D, N, H_out), or (num_layers · D, H_out) for one sequence; zeros
                if left out.
            lengths: how many steps of each sequence are valid, from 1 to L; all if left out.

        Returns:
            The output, which is the top layer's hidden state at every step and zero at padded steps, (L, N, D · H_out)
            or (N, L, D · H_out) with batch_first or (L, D · H_out) for one sequence. And h_n, shaped like h_0, which is
            the state of each layer and direction after the last step that it reads. Going forward that is a sequence's
            last valid step, in reverse its first.

        Raises:
            ValueError: a wrong shape, length or device, an empty batch or no step, or lengths for one sequence.
            TypeError: a packed sequence, no tensor, a dtype that is not the weights', or lengths that are no integers.
        """
        output, (h_n,) = self._run(x, hx, lengths)
        return output, h_n

    def _step(self, weights: Weights, projected: Tensor, h: Tensor) -> tuple[Tensor]:
        return (rnn_step(projected, h, weights.weight_hh, self.nonlinearity),)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else ", nonlinearity=relu")


class GRU(Recurrent):
    """Gated recurrent units by hand, as ``torch.nn.GRU``.

    The equation of a step is that of :func:`rnnlib.cells.gru_step`; layers, directions and all arguments are as in
    :class:`RNN`, without the nonlinearity.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the hidden state.
        num_layers: how many layers are stacked.
        bias: whether to add the biases.
        batch_first: whether x and the output are (N, L, ...) rather than (L, N, ...); the states never are.
        dropout: the probability of zeroing an entry between two layers, in training mode.
        bidirectional: whether D is 2.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1, or a dropout outside 0 to 1.
        TypeError: an argument of the wrong type.

    Chapter: Gates. Source: K. Cho et al., `Learning phrase representations using RNN encoder-decoder for statistical
    machine translation <https://arxiv.org/abs/1406.1078v3>`_, 2014.
    """

    blocks = 3
    folds_bias_hh = False

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    def forward(
        self, x: Tensor, hx: Tensor | None = None, lengths: Lengths | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read a batch of sequences: arguments, results and errors are those of :meth:`RNN.forward`."""
        output, (h_n,) = self._run(x, hx, lengths)
        return output, h_n

    def _step(self, weights: Weights, projected: Tensor, h: Tensor) -> tuple[Tensor]:
        return (gru_step(projected, h, weights.weight_hh, weights.bias_hh),)


class LSTM(Recurrent):
    """Long short-term memory by hand, as ``torch.nn.LSTM``.

    The equation of a step is that of :func:`rnnlib.cells.lstm_step`; layers and directions are as in :class:`RNN`.
    The state is a pair: h, which is also the output, and c, which only the layer itself reads.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_cell, the number of features of the cell state, and H_out unless there is a projection.
        num_layers: how many layers are stacked.
        bias: whether to add the biases.
        batch_first: whether x and the output are (N, L, ...) rather than (L, N, ...); the states never are.
        dropout: the probability of zeroing an entry between two layers, in training mode.
        bidirectional: whether D is 2.
        proj_size: H_out, if the hidden state is projected to fewer features than H_cell; 0 for no projection.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1, a dropout outside 0 to 1, or a proj_size that is negative or not below hidden_size.
        TypeError: an argument of the wrong type.

    Chapter: Gates. Sources: S. Hochreiter and J. Schmidhuber, `Long short-term memory
    <https://doi.org/10.1162/neco.1997.9.8.1735>`_, 1997; the projection is from H. Sak, A. Senior and F. Beaufays,
    `Long short-term memory based recurrent neural network architectures for large vocabulary speech recognition
    <https://arxiv.org/abs/1402.1128>`_, 2014.
    """

    blocks = 4
    state_names = ("h_0", "c_0")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(
        self,
        x: Tensor,
        hx: tuple[Tensor, Tensor] | None = None,
        lengths: Lengths | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read a batch of sequences; x, lengths, output and errors are those of :meth:`RNN.forward`.

        Args:
            x: (L, N, H_in), or (N, L, H_in) with batch_first, or (L, H_in) for one sequence.
            hx: the pair of h_0, (num_layers · D, N, H_out), and c_0, (num_layers · D, N, H_cell), both without N for
                one sequence; zeros if left out.
            lengths: how many steps of each sequence are valid, from 1 to L; all if left out.

        Returns:
            The output, and the pair (h_n, c_n), shaped like h_0 and c_0.

        Raises:
            ValueError: as :meth:`RNN.forward`.
            TypeError: as :meth:`RNN.forward`, or an hx that is no pair.
        """
        output, (h_n, c_n) = self._run(x, hx, lengths)
        return output, (h_n, c_n)

    def _step(self, weights: Weights, projected: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return lstm_step(projected, h, c, weights.weight_hh, weights.weight_hr)
