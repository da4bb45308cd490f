"""The decoder: it writes the target, token by token, each after reading the one before."""

from __future__ import annotations

from torch import Tensor, nn

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

    def forward(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Take T steps in one call, the input of each of them given.

        Args:
            inputs: the token before each step, (T, N), int64, as :func:`rnnlib.seq2seq.shift_right` makes them.
            state: h_0 (num_layers, N, H), or of an LSTM the pair (h_0, c_0).

        Returns:
            The scores z, (T, N, V), and the state after the last step, in the form of ``state``.

        Raises:
            ValueError: a shape or device that does not fit, or an id that the vocabulary does not have.
            TypeError: inputs that are no int64 tensor, a pair where one tensor is wanted, or the other way round, or
                another dtype than the weights'.
        """
        inputs = check_tokens("inputs", inputs, "(T, N)", self.embedding)
        shape = (self.num_layers, inputs.shape[1], self.hidden_size)
        check_given(state, self.kind, ("h_0", "c_0"), shape, self.readout.weight)
        states, state = self.rnn(self.embed(inputs), state)  # (T, N, H)
        logits: Tensor = self.readout(states)  # -> (T, N, V)
        return logits, state

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one step.

        Args:
            token: the token before this step, (N), int64: ``<bos>`` at first.
            state: h (num_layers, N, H), or of an LSTM the pair (h, c).

        Returns:
            The scores of this step's token, (N, V), and the state after it.

        Raises:
            ValueError: as :meth:`forward`.
            TypeError: as :meth:`forward`.
        """
        token = check_tokens("token", token, "(N)", self.embedding)
        logits, state = self(token.unsqueeze(0), state)  # (N) -> (1, N)
        return logits.squeeze(0), state  # (1, N, V) -> (N, V)
