"""From scores to tokens: greedy decoding, row by row until <eos>, and strings for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_size
from rnnlib.lengths import Lengths
from rnnlib.seq2seq.beams import beam_search
from rnnlib.seq2seq.model import Seq2Seq
from rnnlib.seq2seq.parts import evaluating
from rnnlib.vocabulary import BOS, EOS, PAD, Vocabulary


class Decoded(NamedTuple):
    """Decoded tokens (T, N), padded; how many there are in each row, ``<eos>`` included, (N); who reached it, (N)."""

    tokens: Tensor
    lengths: Tensor
    stopped: Tensor


def greedy(model: Seq2Seq, source: Tensor, lengths: Lengths, max_length: int = 100) -> Decoded:
    r"""Write the most likely token at every step, until ``<eos>``.

    .. math:: \hat{y}_t = \arg\max_v p(v \mid \hat{y}_{<t}, x)

    No target is needed, so this is what a model does in earnest. Each row stops at its own ``<eos>``, and the loop when
    all have stopped. The model runs in evaluation mode, without gradients, and is then put back into the mode it had.

    Args:
        model: the trained model.
        source: token ids, (L, N), int64. What stands at padded steps changes nothing.
        lengths: (N), how many steps of each source are valid, from 1 to L, on the CPU.
        max_length: the greatest number of tokens to write, ``<eos>`` included.

    Returns:
        ``tokens`` (T, N), int64, on the source's device, ``<pad>`` after the stop, with T the greatest number that a
        row needed; ``lengths`` (N), int64, on the CPU, ``<eos>`` included, max_length for a row that never stopped;
        ``stopped`` (N), bool, on the CPU, False for such a row.

    Raises:
        ValueError: max_length below 1, or as :meth:`Seq2Seq.encode`.
        TypeError: max_length is no int, or as :meth:`Seq2Seq.encode`.

    Chapter: Sequence to sequence.
    """
    check_size("max_length", max_length)
    with torch.no_grad(), evaluating(model):
        outputs, state = model.encode(source, lengths)
        memory = model.decoder.remember(outputs, lengths)
        token = torch.full_like(source[0], BOS)  # (N)
        stopped = torch.zeros_like(token, dtype=torch.bool)
        counts = torch.zeros_like(token)
        columns: list[Tensor] = []
        while len(columns) < max_length and not stopped.all():
            logits, state = model.decoder.step(token, state, memory)  # (N, V)
            token = logits.argmax(dim=-1).masked_fill(stopped, PAD)
            columns.append(token)
            counts += ~stopped
            stopped = stopped | (token == EOS)
    return Decoded(torch.stack(columns), counts.cpu(), stopped.cpu())  # T times (N) -> (T, N)


def translate(
    model: Seq2Seq,
    vocabularies: Mapping[str, Vocabulary],
    texts: Sequence[str],
    max_length: int = 100,
    *,
    width: int = 1,
    alpha: float = 0.0,
) -> list[str]:
    """What the model makes of each text, decoded greedily or by a beam search.

    Args:
        model: the trained model, on any device.
        vocabularies: ``"source"`` and ``"target"``.
        texts: at least one, none of them empty. A character that the source vocabulary lacks becomes ``<unk>``.
        max_length: the greatest number of tokens to write, ``<eos>`` included. A text may be cut off there.
        width: how many beginnings :func:`beam_search` keeps; 1 for greedy decoding.
        alpha: the power of the length by which it divides scores.

    Returns:
        One string for each text, without ``<eos>``.

    Raises:
        ValueError: no text, an empty one, one longer than ``model.max_length``, or max_length below 1; a width or
            an alpha that :func:`beam_search` refuses.
        TypeError: texts is a single string; a width or an alpha that :func:`beam_search` refuses.

    Chapter: Sequence to sequence.
    """
    if isinstance(texts, str):
        raise TypeError("texts must be a list of strings, got one string")
    if not texts:
        raise ValueError("texts must hold at least one text, got none")
    rows = [torch.tensor(vocabularies["source"].encode(text), device="cpu") for text in texts]
    source = nn.utils.rnn.pad_sequence(rows, padding_value=PAD)  # (L, N)
    device = model.decoder.readout.weight.device
    lengths = [len(row) for row in rows]
    beams = beam_search(model, source.to(device), lengths, width, max_length, alpha=alpha)
    return [vocabularies["target"].decode(tokens) for tokens in beams.tokens[:, 0].T]
