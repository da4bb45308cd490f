"""The decoder: it writes the target, token by token, each after reading the one before."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnlib.lengths import Lengths
from rnnlib.seq2seq.attention import Attention, Memory
from rnnlib.seq2seq.parts import Recurrent, State, check_given, check_tokens


class Decoder(Recurrent):
    r"""A recurrent layer with one direction, and the scores of the next token at every step.

    .. math:: h_t = \mathrm{cell}(E_{y_{t-1}}, h_{t-1}), \qquad z_t = W h_t + b, \qquad
        p(y_t \mid y_{<t}, x) = \mathrm{softmax}(z_t)_{y_t}

    :math:`y_0` is ``<bos>``, and the source x is known through the initial state alone.

    Args:
        vocabulary_size: V, how many tokens there are, ``<pad>`` and its like included.
        embedding_size: the size of the vector that stands for a token.
        hidden_size: H, the number of features of the hidden state.
        kind: ``"RNN"``, ``"GRU"`` or ``"LSTM"``.
        num_layers: how many layers are stacked.
        dropout: the probability of zeroing an entry of an embedding, or between two layers, in training mode.

    Raises:
        ValueError: another kind, a size below 1, or a dropout outside 0 to 1.
        TypeError: an argument of the wrong type.

    Chapter: Sequence to sequence. Source: I. Sutskever, O. Vinyals and Q. V. Le, `Sequence to sequence learning with
    neural networks <https://arxiv.org/abs/1409.3215>`_, 2014.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        *,
        kind: str = "LSTM",
        num_layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            vocabulary_size,
            embedding_size,
            hidden_size,
            kind=kind,
            num_layers=num_layers,
            bidirectional=False,
            dropout=dropout,
        )
        self.readout = nn.Linear(hidden_size, vocabulary_size)

    def remember(self, states: Tensor, lengths: Lengths) -> Memory | None:
        """What :meth:`forward` wants as its memory. This decoder does not look at the source: None."""
        return None

    def forward(self, inputs: Tensor, state: State, memory: Memory | None = None) -> tuple[Tensor, State]:
        """Take T steps in one call, the input of each of them given.

        Args:
            inputs: the token before each step, (T, N), int64, as :func:`rnnlib.seq2seq.shift_right` makes them.
            state: h_0 (num_layers, N, H), or of an LSTM the pair (h_0, c_0).
            memory: what :meth:`remember` gave of the source.

        Returns:
            The scores z, (T, N, V), and the state after the last step, in the form of ``state``.

        Raises:
            ValueError: a shape or device that does not fit, or an id that the vocabulary does not have.
            TypeError: inputs that are no int64 tensor, a pair where one tensor is wanted, or the other way round, or
                another dtype than the weights'.
        """
        states, state = self.move(inputs, state)  # (T, N, H)
        return self.readout(self.look(states, memory)), state  # -> (T, N, V)

    def move(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """The states of the top layer, (T, N, H), and the state after the last step; arguments as :meth:`forward`."""
        inputs = check_tokens("inputs", inputs, "(T, N)", self.embedding)
        shape = (self.num_layers, inputs.shape[1], self.hidden_size)
        check_given(state, self.kind, ("h_0", "c_0"), shape, self.readout.weight)
        states, state = self.rnn(self.embed(inputs), state)
        return states, state

    def look(self, states: Tensor, memory: Memory | None) -> Tensor:
        """What the readout reads of the states, (T, N, H) -> (T, N, H): here those themselves."""
        if memory is not None:
            raise TypeError("memory must be None, this decoder does not look at the source")
        return states

    def step(self, token: Tensor, state: State, memory: Memory | None = None) -> tuple[Tensor, State]:
        """Take one step.

        Args:
            token: the token before this step, (N), int64: ``<bos>`` at first.
            state: h (num_layers, N, H), or of an LSTM the pair (h, c).
            memory: as for :meth:`forward`.

        Returns:
            The scores of this step's token, (N, V), and the state after it.

        Raises:
            ValueError: as :meth:`forward`.
            TypeError: as :meth:`forward`.
        """
        token = check_tokens("token", token, "(N)", self.embedding)
        logits, state = self(token.unsqueeze(0), state, memory)  # (N) -> (1, N)
        return logits.squeeze(0), state  # (1, N, V) -> (N, V)


class AttentionDecoder(Decoder):
    r"""A decoder that looks at the source at every step.

    .. math:: h_t = \mathrm{cell}(E_{y_{t-1}}, h_{t-1}), \qquad c_t = \sum_l \alpha_{tl}\, m_l, \qquad
        \tilde{h}_t = \tanh(W_c [h_t; c_t] + b_c), \qquad z_t = W \tilde{h}_t + b

    The state h is moved on by what was written alone, so all steps can be taken in one call where the target is known.

    Args:
        vocabulary_size: as for :class:`rnnlib.seq2seq.Decoder`.
        embedding_size: as there.
        hidden_size: as there.
        memory_size: M, the size of an encoder's state, of both directions together.
        score: as for :class:`Attention`.
        kind: as for the decoder.
        num_layers: as for the decoder. The query is the state of the top layer.
        dropout: as for the decoder.

    Raises:
        ValueError: as the decoder and the attention.
        TypeError: as the decoder and the attention.

    Chapter: Attention and beam search. Source: M.-T. Luong, H. Pham and C. D. Manning, `Effective approaches to
    attention-based neural machine translation <https://arxiv.org/abs/1508.04025>`_, 2015.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        memory_size: int,
        *,
        score: str = "scaled dot",
        kind: str = "LSTM",
        num_layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            vocabulary_size, embedding_size, hidden_size, kind=kind, num_layers=num_layers, dropout=dropout
        )
        self.attention = Attention(hidden_size, memory_size, score)
        self.combine = nn.Linear(hidden_size + memory_size, hidden_size)

    def remember(self, states: Tensor, lengths: Lengths) -> Memory:
        """As :meth:`Attention.remember`."""
        return self.attention.remember(states, lengths)

    def look(self, states: Tensor, memory: Memory | None) -> Tensor:
        """The states with what they looked at, (T, N, H) -> (T, N, H)."""
        context, _ = self._attend(states, memory)
        return torch.tanh(self.combine(torch.cat([states, context], dim=-1)))  # (T, N, H + M) -> (T, N, H)

    def alignment(self, inputs: Tensor, state: State, memory: Memory) -> Tensor:
        """Where each step looks: the weights, (T, N, L). Arguments and errors are those of :meth:`forward`."""
        states, _ = self.move(inputs, state)
        return self._attend(states, memory)[1]

    def _attend(self, states: Tensor, memory: Memory | None) -> tuple[Tensor, Tensor]:
        if memory is None:
            raise TypeError("memory must be a Memory, as remember gives it, got None")
        context, weights = self.attention(states, memory)
        return context, weights

    def configuration(self) -> dict[str, Any]:
        """The arguments that build another one of this form."""
        return super().configuration() | {
            "memory_size": self.attention.memory_size,
            "score": self.attention.score,
        }
