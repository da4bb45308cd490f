"""The bridge: from the final states of an encoder to the initial states of a decoder, layer by layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_flag, check_kind, check_size
from rnnlib.seq2seq.parts import State, check_given


class Bridge(nn.Module):
    r"""A linear layer for each layer of the decoder.

    .. math:: h^{(k)}_0 = \tanh(W^{(k)}_h [\overrightarrow{h}^{(k)}; \overleftarrow{h}^{(k)}] + b^{(k)}_h), \qquad
        c^{(k)}_0 = W^{(k)}_c [\overrightarrow{c}^{(k)}; \overleftarrow{c}^{(k)}] + b^{(k)}_c

    On the right stand the encoder's final states of layer k, of both directions or of the only one. They lie in
    ``h_n`` at 2k and 2k + 1: layers come first there, directions second. So ``h_n[:num_layers]`` would not be the
    forward states, but both directions of the lowest layers. Only an LSTM has c.

    Args:
        hidden_size_encoder: H of the encoder, of one direction.
        hidden_size_decoder: H of the decoder.
        num_layers: how many layers each of the two has.
        kind: ``"RNN"``, ``"GRU"`` or ``"LSTM"``, of both.
        bidirectional: whether the encoder has two directions, D = 2.

    Raises:
        ValueError: another kind, or a size below 1.
        TypeError: an argument of the wrong type.

    Chapter: Sequence to sequence. Source: K. Cho et al., `Learning phrase representations using RNN encoder-decoder
    for statistical machine translation <https://arxiv.org/abs/1406.1078>`_, 2014, whose decoder starts from such a
    layer of the encoder's final state.
    """

    def __init__(
        self,
        hidden_size_encoder: int,
        hidden_size_decoder: int,
        num_layers: int = 1,
        *,
        kind: str = "LSTM",
        bidirectional: bool = True,
    ) -> None:
        super().__init__()
        self.hidden_size_encoder = check_size("hidden_size_encoder", hidden_size_encoder)
        self.hidden_size_decoder = check_size("hidden_size_decoder", hidden_size_decoder)
        self.num_layers = check_size("num_layers", num_layers)
        self.kind = check_kind(kind)
        self.bidirectional = check_flag("bidirectional", bidirectional)
        self.directions = 2 if bidirectional else 1
        width = self.directions * hidden_size_encoder
        self.h = nn.ModuleList(nn.Linear(width, hidden_size_decoder) for _ in range(num_layers))
        self.c = nn.ModuleList(
            nn.Linear(width, hidden_size_decoder) for _ in range(num_layers if kind == "LSTM" else 0)
        )

    def forward(self, state: State) -> State:
        """The decoder's initial states.

        Args:
            state: the encoder's final states, h_n (num_layers * D, N, H), or of an LSTM the pair (h_n, c_n).

        Returns:
            h_0 (num_layers, N, H), or of an LSTM the pair (h_0, c_0).

        Raises:
            ValueError: a state of another shape or device.
            TypeError: a pair where one tensor is wanted, or the other way round, or another dtype than the weights'.
        """
        weight = next(self.parameters())
        first = state[0] if isinstance(state, tuple) and state else state
        batch_size = first.shape[1] if isinstance(first, Tensor) and first.dim() == 3 else 1
        shape = (self.num_layers * self.directions, batch_size, self.hidden_size_encoder)
        final = check_given(state, self.kind, ("h_n", "c_n"), shape, weight)
        h = torch.tanh(self._cross(self.h, final[0]))
        return (h, self._cross(self.c, final[1])) if self.kind == "LSTM" else h

    def _cross(self, layers: nn.ModuleList, final: Tensor) -> Tensor:
        """(num_layers * D, N, H of the encoder) -> (num_layers, N, H of the decoder)."""
        by_layer = final.reshape(
            self.num_layers, self.directions, *final.shape[1:]
        )  # -> (num_layers, D, N, H)
        return torch.stack(
            [layer(torch.cat(s.unbind(0), dim=-1)) for layer, s in zip(layers, by_layer, strict=True)]
        )  # num_layers times (N, D * H) -> (N, H of the decoder), stacked

    def configuration(self) -> dict[str, Any]:
        """The arguments that build another bridge of this form."""
        return {
            "hidden_size_encoder": self.hidden_size_encoder,
            "hidden_size_decoder": self.hidden_size_decoder,
            "num_layers": self.num_layers,
            "kind": self.kind,
            "bidirectional": self.bidirectional,
        }
