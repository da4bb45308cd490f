"""What the encoder and the decoder share: kinds of recurrent layers, states, and checks of token ids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_flag, check_kind, check_size, check_state
from rnnlib.vocabulary import PAD

State: TypeAlias = "Tensor | tuple[Tensor, Tensor]"  # h, or of an LSTM the pair of h and c
KINDS: dict[str, type[nn.RNN | nn.LSTM | nn.GRU]] = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


def check_probability(name: str, value: float) -> float:
    """Give value back if it is a number from 0 to 1."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number from 0 to 1, got {value!r} ({type(value).__name__})")
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, got {value}")
    return value


def check_tokens(name: str, tokens: object, shape: str, embedding: nn.Embedding) -> Tensor:
    """Give tokens back if they are ids that the embedding knows, in a tensor of the wanted rank.

    ``shape`` is how the shape is written, with one symbol for each axis: ``"(L, N)"``.
    """
    if not isinstance(tokens, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(tokens).__name__}")
    if tokens.dtype != torch.int64:
        raise TypeError(f"{name} must be int64, got {tokens.dtype}")
    if tokens.dim() != shape.count(",") + 1 or tokens.numel() == 0:
        raise ValueError(f"{name} must have shape {shape}, no axis of size 0, got {tuple(tokens.shape)}")
    if tokens.device != embedding.weight.device:
        raise ValueError(
            f"{name} must be on the weights' device {embedding.weight.device}, got {tokens.device}"
        )
    least, most = tokens.min().item(), tokens.max().item()
    if least < 0 or most >= embedding.num_embeddings:
        raise ValueError(
            f"{name} must hold ids from 0 to {embedding.num_embeddings - 1}, got {least} to {most}"
        )
    return tokens


def check_given(
    state: object, kind: str, symbols: tuple[str, str], shape: tuple[int, ...], weight: Tensor
) -> tuple[Tensor, ...]:
    """A state as a tuple of tensors of one shape, two of them for an LSTM; unlike elsewhere, it cannot be left out."""
    if state is None:
        raise TypeError("state must be a tensor, or of an LSTM a tuple of two, got None")
    names = symbols if kind == "LSTM" else symbols[:1]
    return check_state(state, dict.fromkeys(names, shape), weight, name="state")


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode, and each of its modules back into the mode that it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, was_training in modes:
            module.training = was_training


class Recurrent(nn.Module):
    """An embedding, and behind it a recurrent layer of ``torch.nn``: what encoder and decoder have in common.

    Arguments and errors are those of :class:`rnnlib.seq2seq.Encoder`.

    Chapter: Sequence to sequence.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        *,
        kind: str = "LSTM",
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.kind = check_kind(kind)
        self.vocabulary_size = check_size("vocabulary_size", vocabulary_size, least=PAD + 1)
        self.embedding_size = check_size("embedding_size", embedding_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.num_layers = check_size("num_layers", num_layers)
        self.bidirectional = check_flag("bidirectional", bidirectional)
        self.dropout = check_probability("dropout", dropout)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = KINDS[kind](
            embedding_size,
            hidden_size,
            num_layers,
            dropout=dropout
            if num_layers > 1
            else 0.0,  # torch warns where there is nothing between two layers
            bidirectional=bidirectional,
        )

    def embed(self, tokens: Tensor) -> Tensor:
        """The vectors of the tokens, with dropout in training mode: any shape -> (..., embedding_size)."""
        vectors: Tensor = self.embedding(tokens)
        return nn.functional.dropout(vectors, self.dropout, self.training)

    def configuration(self) -> dict[str, Any]:
        """The arguments that build another one of this form."""
        return {
            "vocabulary_size": self.vocabulary_size,
            "embedding_size": self.embedding_size,
            "hidden_size": self.hidden_size,
            "kind": self.kind,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
        }
