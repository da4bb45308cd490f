"""The encoder: it reads the whole source, and keeps what it has read in its final states."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from rnnlib.lengths import Lengths, check_lengths, mask_from_lengths, run_packed
from rnnlib.seq2seq.parts import Recurrent, State, check_tokens
from rnnlib.vocabulary import PAD


class Encoder(Recurrent):
    r"""A recurrent layer over the embedded source.

    .. math:: h_t = \mathrm{cell}(E_{x_t}, h_{t-1}), \qquad t = 1, \dots, \mathrm{lengths}[n]

    and with two directions a second layer that starts at the last valid step. Row :math:`E_i` of the embedding is the
    vector of token i.

    Args:
        vocabulary_size: V, how many tokens there are, ``<pad>`` and its like included.
        embedding_size: the size of the vector that stands for a token.
        hidden_size: H, the number of features of the hidden state of each direction.
        kind: ``"RNN"``, ``"GRU"`` or ``"LSTM"``.
        num_layers: how many layers are stacked.
        bidirectional: whether D is 2.
        dropout: the probability of zeroing an entry of an embedding, or between two layers, in training mode.

    Raises:
        ValueError: another kind, a size below 1, or a dropout outside 0 to 1.
        TypeError: an argument of the wrong type.

    Chapter: Sequence to sequence.
    """

    def forward(self, source: Tensor, lengths: Lengths) -> tuple[Tensor, State]:
        """Read a batch.

        Args:
            source: token ids, (L, N), int64. What stands at padded steps changes nothing.
            lengths: (N), how many steps of each sequence are valid, from 1 to L, on the CPU.

        Returns:
            The top layer's states at every step, (L, N, D * H), zero at padded steps, and the final states of every
            layer and direction, h_n (num_layers * D, N, H), or of an LSTM the pair (h_n, c_n).

        Raises:
            ValueError: a source of another shape or device, without a step or a sequence, or with an id that the
                vocabulary does not have; wrong lengths.
            TypeError: a source that is no int64 tensor, or lengths that are no integers.
        """
        if isinstance(source, Tensor) and source.dim() == 2 and source.numel():
            checked = check_lengths(lengths, source.shape[1], len(source))
            mask = mask_from_lengths(checked, len(source)).to(source.device)  # (L, N)
            source = source.masked_fill(~mask, PAD)
        source = check_tokens("source", source, "(L, N)", self.embedding)
        outputs, state = run_packed(self.rnn, self.embed(source), lengths)
        return outputs, state

    def configuration(self) -> dict[str, Any]:
        """The arguments that build another encoder of this form."""
        return {**super().configuration(), "bidirectional": self.bidirectional}
