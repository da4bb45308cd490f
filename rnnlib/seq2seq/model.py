"""Encoder, bridge and decoder as one model, and how it is trained: on true tokens, its own, or both."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_size
from rnnlib.lengths import Lengths, check_lengths
from rnnlib.seq2seq.bridge import Bridge
from rnnlib.seq2seq.decoder import AttentionDecoder, Decoder
from rnnlib.seq2seq.encoder import Encoder
from rnnlib.seq2seq.parts import State, check_probability, check_tokens
from rnnlib.vocabulary import BOS


def shift_right(target: Tensor) -> Tensor:
    r"""What the decoder reads while it learns to write the target: ``<bos>`` in front, the last token dropped.

    .. math:: (y_1, y_2, \dots, y_T) \mapsto (\text{<bos>}, y_1, \dots, y_{T-1})

    So at step t it has read everything before :math:`y_t`, and not :math:`y_t` itself.

    Args:
        target: token ids, (T, N), int64.

    Returns:
        The inputs, (T, N), int64.

    Raises:
        ValueError: another shape, or no step or no sequence.
        TypeError: no tensor, or another dtype.

    Chapter: Sequence to sequence.
    """
    if not isinstance(target, Tensor):
        raise TypeError(f"target must be a tensor, got {type(target).__name__}")
    if target.dtype != torch.int64:
        raise TypeError(f"target must be int64, got {target.dtype}")
    if target.dim() != 2 or target.numel() == 0:
        raise ValueError(f"target must have shape (T, N), no axis of size 0, got {tuple(target.shape)}")
    return torch.cat([torch.full_like(target[:1], BOS), target[:-1]])  # (1, N) and (T - 1, N) -> (T, N)


class Seq2Seq(nn.Module):
    r"""From a source sequence to a target sequence of another length.

    .. math:: \log p(y \mid x) = \sum_{t=1}^{T} \log p(y_t \mid y_{<t}, x)

    The encoder reads x, the bridge turns its final states into the decoder's initial ones, and the decoder gives
    each factor on the right. Padding, whatever it holds, and the rest of the batch move no score.

    Args:
        encoder: reads the source.
        bridge: fits both: their kind, number of layers, hidden sizes, and the encoder's directions.
        decoder: writes the target.
        max_length: the greatest number of source tokens that the model takes. Padding does not count.

    Raises:
        ValueError: a bridge or a decoder that does not fit, or a max_length below 1.
        TypeError: an argument of the wrong type.

    Chapter: Sequence to sequence. Sources: K. Cho et al., `Learning phrase representations using RNN encoder-decoder
    for statistical machine translation <https://arxiv.org/abs/1406.1078>`_, 2014; I. Sutskever, O. Vinyals and
    Q. V. Le, `Sequence to sequence learning with neural networks <https://arxiv.org/abs/1409.3215>`_, 2014.
    """

    def __init__(self, encoder: Encoder, bridge: Bridge, decoder: Decoder, *, max_length: int = 100) -> None:
        super().__init__()
        for name, part, wanted in (
            ("encoder", encoder, Encoder),
            ("bridge", bridge, Bridge),
            ("decoder", decoder, Decoder),
        ):
            if not isinstance(part, wanted):
                raise TypeError(f"{name} must be a {wanted.__name__}, got {type(part).__name__}")
        for name, came, needed in (
            ("bridge.kind", bridge.kind, encoder.kind),
            ("bridge.num_layers", bridge.num_layers, encoder.num_layers),
            ("bridge.bidirectional", bridge.bidirectional, encoder.bidirectional),
            ("bridge.hidden_size_encoder", bridge.hidden_size_encoder, encoder.hidden_size),
            ("decoder.kind", decoder.kind, encoder.kind),
            ("decoder.num_layers", decoder.num_layers, encoder.num_layers),
            ("decoder.hidden_size", decoder.hidden_size, bridge.hidden_size_decoder),
        ):
            if came != needed:
                raise ValueError(f"{name} must be {needed!r} to fit the part before it, got {came!r}")
        width = encoder.hidden_size * (2 if encoder.bidirectional else 1)
        if isinstance(decoder, AttentionDecoder) and decoder.attention.memory_size != width:
            raise ValueError(
                f"decoder.attention.memory_size must be {width}, the size of the encoder's states, got "
                f"{decoder.attention.memory_size}"
            )
        self.encoder, self.bridge, self.decoder = encoder, bridge, decoder
        self.max_length = check_size("max_length", max_length)

    def encode(self, source: Tensor, lengths: Lengths) -> tuple[Tensor, State]:
        """Read the source, and cross the bridge.

        Args:
            source: token ids, (L, N), int64. What stands at padded steps changes nothing.
            lengths: (N), how many steps of each source are valid, from 1 to L, on the CPU.

        Returns:
            The encoder's states at every step, (L, N, D * H), zero at padded steps, and the decoder's initial state.

        Raises:
            ValueError: a source with more than ``max_length`` tokens, or as :meth:`Encoder.forward`.
            TypeError: as :meth:`Encoder.forward`.
        """
        for row, length in enumerate(check_lengths(lengths, None, torch.iinfo(torch.int64).max).tolist()):
            if length > self.max_length:
                raise ValueError(
                    f"source must have at most max_length = {self.max_length} tokens, got {length} in row {row}"
                )
        outputs, state = self.encoder(source, lengths)
        return outputs, self.bridge(state)

    def forward(
        self,
        source: Tensor,
        lengths: Lengths,
        target: Tensor,
        *,
        forcing: float = 1.0,
        per: str = "step",
        generator: torch.Generator | None = None,
    ) -> Tensor:
        r"""The scores of every token of the target.

        At step t the decoder reads the true token before it, :math:`y_{t-1}`, with probability ``forcing``, and
        otherwise its own best guess of the step before, :math:`\arg\max z_{t-1}`, through which no gradient flows.

        Args:
            source: token ids, (L, N), int64. What stands at padded steps changes nothing.
            lengths: (N), how many steps of each source are valid, from 1 to L, on the CPU.
            target: token ids, (T, N), int64, without ``<bos>``, each sequence ending in ``<eos>``. What stands at
                padded steps changes no score of a valid step.
            forcing: the probability of the true token. With 1 the decoder runs in one call, with 0 it reads the
                target not at all.
            per: ``"step"`` draws for every step of every sequence, ``"sequence"`` once for a whole sequence.
            generator: a CPU generator to draw from; torch's own if left out. Forcing 1 draws nothing.

        Returns:
            The scores, (T, N, V). Those at padded steps mean nothing: mask them.

        Raises:
            ValueError: a forcing outside 0 to 1, another ``per``, a target of another shape or device or with an id
                that the vocabulary does not have, or as :meth:`encode`.
            TypeError: a target that is no int64 tensor, a forcing that is no number, a generator that is none, or as
                :meth:`encode`.

        Chapter: Sequence to sequence. Source: S. Bengio et al., `Scheduled sampling for sequence prediction with
        recurrent neural networks <https://arxiv.org/abs/1506.03099>`_, 2015.
        """
        check_probability("forcing", forcing)
        if per not in ("step", "sequence"):
            raise ValueError(f"per must be 'step' or 'sequence', got {per!r}")
        if generator is not None and not isinstance(generator, torch.Generator):
            raise TypeError(f"generator must be a torch.Generator or None, got {type(generator).__name__}")
        target = check_tokens("target", target, "(T, N)", self.decoder.embedding)
        outputs, state = self.encode(source, lengths)
        if target.shape[1] != source.shape[1]:
            raise ValueError(
                f"target must have shape (T, N) with N = {source.shape[1]} as source has, got {tuple(target.shape)}"
            )
        memory = self.decoder.remember(outputs, lengths)
        inputs = shift_right(target)  # (T, N)
        if forcing == 1:
            logits, _ = self.decoder(inputs, state, memory)
            return logits  # type: ignore[no-any-return]
        steps, batch_size = target.shape
        drawn = torch.rand(steps if per == "step" else 1, batch_size, generator=generator, device="cpu")
        forced = (drawn < forcing).expand(steps, batch_size).to(target.device)
        guess, scores = inputs[0], []
        for truth, is_forced in zip(inputs, forced, strict=True):  # each (N)
            # At the first step both are <bos>.
            z, state = self.decoder.step(torch.where(is_forced, truth, guess), state, memory)  # z is (N, V)
            guess = z.argmax(dim=-1)
            scores.append(z)
        return torch.stack(scores)  # T times (N, V) -> (T, N, V)

    def alignment(self, source: Tensor, lengths: Lengths, target: Tensor) -> Tensor:
        r"""Where the decoder looks while it writes a target: the weights :math:`\alpha`.

        Args:
            source: token ids, (L, N), int64.
            lengths: (N), as for :meth:`encode`.
            target: token ids, (T, N), int64, as for :meth:`forward`: the truth, or what a search found.

        Returns:
            The weights, (T, N, L). Entry [t, n, l] is how much of the encoder's state at l is in what is read at step
            t. They sum to 1 over l, and are 0 at padded positions of the source.

        Raises:
            TypeError: the decoder does not attend, or as :meth:`forward`.
            ValueError: as :meth:`forward`.

        Chapter: Attention and beam search.
        """
        if not isinstance(self.decoder, AttentionDecoder):
            raise TypeError(f"decoder must be an AttentionDecoder, got {type(self.decoder).__name__}")
        outputs, state = self.encode(source, lengths)
        memory = self.decoder.attention.remember(outputs, lengths)
        return self.decoder.alignment(shift_right(target), state, memory)

    def configuration(self) -> dict[str, Any]:
        """The arguments that build another model of this form, as a plain dict: see :meth:`build`."""
        return {
            "encoder": self.encoder.configuration(),
            "bridge": self.bridge.configuration(),
            "decoder": self.decoder.configuration(),
            "max_length": self.max_length,
        }

    @classmethod
    def build(cls, configuration: dict[str, Any]) -> Seq2Seq:
        """A fresh model of the form that :meth:`configuration` describes.

        Raises:
            KeyError: the configuration lacks a part.
            ValueError: as the parts and this class.
            TypeError: as the parts and this class.
        """
        return cls(
            Encoder(**configuration["encoder"]),
            Bridge(**configuration["bridge"]),
            (AttentionDecoder if "score" in configuration["decoder"] else Decoder)(
                **configuration["decoder"]
            ),
            max_length=configuration["max_length"],
        )
