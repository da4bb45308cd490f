"""Beam search: several beginnings at a time, the best of them kept, and what a whole sequence scores."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlib.arguments import check_size
from rnnlib.lengths import Lengths, check_lengths, mask_from_lengths
from rnnlib.seq2seq.model import Seq2Seq
from rnnlib.seq2seq.parts import State, evaluating
from rnnlib.vocabulary import BOS, EOS, PAD

STOPS = ("exact", "first", "all")


class Beams(NamedTuple):
    """What a beam search found, the best first along K.

    Attributes:
        tokens: (T, K, N), int64, padded.
        lengths: how many tokens each has, ``<eos>`` included, (K, N), int64.
        stopped: which of them reached ``<eos>``, (K, N), bool.
        scores: the log-probability of the tokens, (K, N), in nats; minus infinity where there was no other sequence.
        ranks: the scores divided by length to the power alpha, (K, N), by which they are in order.
    """

    tokens: Tensor
    lengths: Tensor
    stopped: Tensor
    scores: Tensor
    ranks: Tensor


def beam_search(
    model: Seq2Seq,
    source: Tensor,
    lengths: Lengths,
    width: int,
    max_length: int = 100,
    *,
    alpha: float = 0.0,
    stop: str = "exact",
) -> Beams:
    r"""Keep the K best beginnings at every step, and extend each of them by each token.

    .. math:: \mathrm{rank}(y) = \frac{1}{|y|^{\alpha}} \sum_{t=1}^{|y|} \log p(y_t \mid y_{<t}, x)

    A beginning that has ended in ``<eos>`` stays among the K with the rank that it has, as long as no better one takes
    its place. With K = 1 this is greedy decoding; where K is at least the number of all sequences up to
    ``max_length``, nothing is ever dropped, and the best of all sequences is found.

    When has a row of the batch found its best sequence? ``"exact"`` stops when no beginning that goes on can come
    to rank above the best that has ended: its score can only fall, and at most it becomes as long as ``max_length``.
    ``"first"`` stops when the best of the K has ended, as many programs do. With alpha = 0 that is the same; with
    alpha > 0 a longer sequence may still come to rank higher, and ``"first"`` may miss it. ``"all"`` goes on until all
    K have ended.

    Args:
        model: the trained model. It runs in evaluation mode, without gradients, and is then put back.
        source: token ids, (L, N), int64. What stands at padded steps changes nothing.
        lengths: (N), how many steps of each source are valid, from 1 to L, on the CPU.
        width: K, how many beginnings are kept.
        max_length: the greatest number of tokens to write, ``<eos>`` included.
        alpha: the power of the length; 0 for the log-probability, 1 for its mean over the tokens.
        stop: ``"exact"``, ``"first"`` or ``"all"``.

    Returns:
        The K best sequences of each row: tokens on the source's device, the rest on the CPU.

    Raises:
        ValueError: a width or max_length below 1, an alpha below 0 or not finite, another stop, or as
            :meth:`Seq2Seq.encode`.
        TypeError: a width or max_length that is no int, an alpha that is no number, or as :meth:`Seq2Seq.encode`.

    Chapter: Attention and beam search. Source: of the length in the denominator, Y. Wu et al., `Google's neural
    machine translation system <https://arxiv.org/abs/1609.08144>`_, 2016, which takes another function of it.
    """
    K = check_size("width", width)
    check_size("max_length", max_length)
    if not isinstance(alpha, (int, float)) or isinstance(alpha, bool):
        raise TypeError(f"alpha must be a number of at least 0, got {alpha!r} ({type(alpha).__name__})")
    if not 0 <= alpha < math.inf:
        raise ValueError(f"alpha must be a finite number of at least 0, got {alpha}")
    if stop not in STOPS:
        raise ValueError(f"stop must be one of {', '.join(map(repr, STOPS))}, got {stop!r}")
    with torch.no_grad(), evaluating(model):
        outputs, state = model.encode(source, lengths)
        N = source.shape[1]
        memory = model.decoder.remember(outputs, lengths)
        if memory is not None:
            memory = memory.repeated(K)
        state = reorder(state, torch.arange(N, device=source.device).repeat_interleave(K))  # (.., N * K, H)
        token = torch.full((N, K), BOS, device=source.device)
        scores = torch.full((N, K), -math.inf, dtype=outputs.dtype, device=source.device)
        scores[:, 0] = 0.0  # all K beginnings are the same at first: only one counts
        counts = torch.zeros_like(token)
        stopped = torch.zeros_like(token, dtype=torch.bool)
        done = torch.zeros_like(stopped[:, 0])  # (N)
        written = token.new_empty(0, N, K)
        rows = torch.arange(N, device=source.device).unsqueeze(1) * K  # (N, 1)
        while len(written) < max_length and not done.all():
            logits, state = model.decoder.step(token.flatten(), state, memory)  # (N * K, V)
            steps = logits.log_softmax(dim=-1).view(N, K, -1)  # (N, K, V)
            steps = _only_pad(steps, stopped | done.unsqueeze(1))
            totals = scores.unsqueeze(-1) + steps
            longer = counts + (~stopped & ~done.unsqueeze(1))  # (N, K)
            ranks = totals / longer.clamp(min=1).to(totals.dtype).pow(alpha).unsqueeze(-1)
            best = ranks.flatten(1).sort(dim=1, descending=True, stable=True).indices[:, :K]  # (N, K)
            parent, token = best // steps.shape[-1], best % steps.shape[-1]
            scores = totals.flatten(1).gather(1, best)
            counts, stopped = longer.gather(1, parent), stopped.gather(1, parent)
            state = reorder(state, (rows + parent).flatten())
            written = torch.cat([written.gather(2, parent.expand_as(written)), token.unsqueeze(0)])
            stopped = stopped | (token == EOS)
            done = done | _is_done(scores, counts, stopped, max_length, alpha, stop)
        ranks = scores / counts.clamp(min=1).to(scores.dtype).pow(alpha)
        there = scores > -math.inf  # else there were fewer than K sequences
        written = written.masked_fill(~there, PAD)[: int(counts[there].max())]  # (T, N, K)
        counts, stopped = counts * there, stopped & there
    return Beams(written.transpose(1, 2), counts.T.cpu(), stopped.T.cpu(), scores.T.cpu(), ranks.T.cpu())


def reorder(state: State, places: Tensor) -> State:
    """A decoder's state with its sequences in another order: sequence n of the result was at ``places[n]``.

    Args:
        state: (num_layers, N, H), or of an LSTM the pair.
        places: int64, as many as the result shall have; a place may occur several times.

    Chapter: Attention and beam search.
    """
    if isinstance(state, tuple):
        h, c = state
        return h.index_select(1, places), c.index_select(1, places)
    return state.index_select(1, places)


def log_probability(
    model: Seq2Seq, source: Tensor, lengths: Lengths, target: Tensor, target_lengths: Lengths
) -> Tensor:
    r"""How likely the model finds each target.

    .. math:: \log p(y \mid x) = \sum_{t=1}^{T_n} \log p(y_t \mid y_{<t}, x)

    Args:
        model: the model, in evaluation mode if dropout shall not matter.
        source: token ids, (L, N), int64.
        lengths: (N), as for :meth:`Seq2Seq.encode`.
        target: token ids, (T, N), int64, ``<eos>`` included. What stands at padded steps changes nothing.
        target_lengths: :math:`T_n`, (N), how many steps of each target are valid, from 1 to T, on the CPU.

    Returns:
        (N), in nats.

    Raises:
        ValueError: as :meth:`Seq2Seq.forward`, or target lengths that do not fit.
        TypeError: as :meth:`Seq2Seq.forward`, or target lengths that are no integers.

    Chapter: Attention and beam search.
    """
    scores = model(source, lengths, target).log_softmax(dim=-1)  # (T, N, V)
    checked = check_lengths(target_lengths, target.shape[1], len(target))
    mask = mask_from_lengths(checked, len(target)).to(target.device)  # (T, N)
    found: Tensor = scores.gather(-1, target.unsqueeze(-1)).squeeze(-1)  # (T, N)
    return found.masked_fill(~mask, 0.0).sum(dim=0)


def _only_pad(steps: Tensor, stopped: Tensor) -> Tensor:
    """Log-probabilities (N, K, V) of which a sequence that has stopped may add nothing but padding, at no cost."""
    free = torch.full_like(steps[0, 0], -math.inf)
    free[PAD] = 0.0
    return torch.where(stopped.unsqueeze(-1), free, steps)


def _is_done(
    scores: Tensor, counts: Tensor, stopped: Tensor, max_length: int, alpha: float, stop: str
) -> Tensor:
    """Which rows (N) need no further step."""
    if stop == "all":
        return (stopped | (scores == -math.inf)).all(dim=1)
    if stop == "first":
        return stopped[:, 0]
    ranks = scores / counts.to(scores.dtype).pow(alpha)
    best = ranks.masked_fill(~stopped, -math.inf).amax(dim=1)
    # A score is below 0 and can only fall; its rank is highest if it falls no more and the length is the greatest.
    bound = (scores / max_length**alpha).masked_fill(stopped, -math.inf).amax(dim=1)
    found: Tensor = best >= bound
    return found
