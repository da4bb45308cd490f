"""Attention: at every step the decoder looks at all valid states of the encoder, at some more than at others."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_size, check_tensor
from rnnlib.lengths import Lengths, check_lengths, mask_from_lengths

SCORES = ("dot", "scaled dot", "additive")


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    r"""Weights over the last axis that are positive where the mask is True, and exactly 0 elsewhere.

    .. math:: \alpha_l = \frac{m_l\, e^{s_l}}{\sum_k m_k\, e^{s_k}}

    Where no position is valid the weights are all 0, not NaN, and so are the gradients. What the scores hold at
    positions that are not valid, a NaN or an infinity included, changes neither a weight nor a gradient.

    Args:
        scores: s, (..., L), floats.
        mask: m, True at valid positions, bool, of the same shape, or one that broadcasts to it.

    Returns:
        The weights, of the shape of ``scores``. They sum to 1, or to 0 where no position is valid.

    Raises:
        TypeError: no tensors, scores that are no floats, or a mask that is not bool.
        ValueError: a mask of a shape that does not broadcast to that of the scores.

    Chapter: Attention and beam search.
    """
    for name, given in (("scores", scores), ("mask", mask)):
        if not isinstance(given, Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(given).__name__}")
    if not scores.is_floating_point():
        raise TypeError(f"scores must be floats, got {scores.dtype}")
    if mask.dtype != torch.bool:
        raise TypeError(f"mask must be bool, got {mask.dtype}")
    try:
        valid = mask.expand(scores.shape)
    except RuntimeError:
        raise ValueError(
            f"mask must have a shape that broadcasts to {tuple(scores.shape)}, got {tuple(mask.shape)}"
        ) from None
    # The second condition gives a row without a valid position something finite, which is then multiplied by 0.
    shown = scores.masked_fill(~valid, -math.inf).masked_fill(~valid.any(dim=-1, keepdim=True), 0.0)
    return shown.softmax(dim=-1) * valid


class Memory(NamedTuple):
    """What a decoder may look at while it writes.

    Attributes:
        states: m, the encoder's state at every position, (L, N, M).
        keys: :math:`W_k m`, computed once for all steps, (L, N, A).
        mask: True at valid positions, (L, N), bool.
    """

    states: Tensor
    keys: Tensor
    mask: Tensor

    def repeated(self, times: int) -> Memory:
        """Each sequence so many times in a row, (L, N * times, ...): for the beams of a search."""
        return Memory(*(tensor.repeat_interleave(times, dim=1) for tensor in self))


class Attention(nn.Module):
    r"""A score for every position, weights that sum to 1, and the weighted mean of the states.

    .. math:: \alpha_{tl} = \mathrm{softmax}_l(s(q_t, m_l)), \qquad c_t = \sum_l \alpha_{tl}\, m_l

    over the valid positions l, with one of three scores:

    ================  =====================================================
    ``"dot"``         :math:`s = q_t \cdot W_k m_l`
    ``"scaled dot"``  :math:`s = q_t \cdot W_k m_l / \sqrt{A}`
    ``"additive"``    :math:`s = v \cdot \tanh(W_q q_t + W_k m_l + b)`
    ================  =====================================================

    Args:
        query_size: Q, the size of a query, a state of the decoder.
        memory_size: M, the size of an encoder's state, of both directions together.
        score: ``"dot"``, ``"scaled dot"`` or ``"additive"``.
        size: A, the size of the keys. The dot products need A = Q, which is also what is taken if it is left out.

    Raises:
        ValueError: another score, a size below 1, or a ``size`` that a dot product cannot have.
        TypeError: a size that is no int.

    Chapter: Attention and beam search. Sources: D. Bahdanau, K. Cho and Y. Bengio, `Neural machine translation by
    jointly learning to align and translate <https://arxiv.org/abs/1409.0473>`_, 2014 (additive); M.-T. Luong, H. Pham
    and C. D. Manning, `Effective approaches to attention-based neural machine translation
    <https://arxiv.org/abs/1508.04025>`_, 2015 (dot, there "general"); A. Vaswani et al., `Attention is all you need
    <https://arxiv.org/abs/1706.03762>`_, 2017 (the scale).
    """

    def __init__(
        self, query_size: int, memory_size: int, score: str = "scaled dot", *, size: int | None = None
    ) -> None:
        super().__init__()
        if score not in SCORES:
            raise ValueError(f"score must be one of {', '.join(map(repr, SCORES))}, got {score!r}")
        self.score = score
        self.query_size = check_size("query_size", query_size)
        self.memory_size = check_size("memory_size", memory_size)
        self.size = query_size if size is None else check_size("size", size)
        if score != "additive" and self.size != query_size:
            raise ValueError(f"size must be query_size = {query_size} for a dot product, got {size}")
        self.key = nn.Linear(memory_size, self.size, bias=False)
        if score == "additive":
            self.query = nn.Linear(query_size, self.size)
            self.readout = nn.Linear(self.size, 1, bias=False)

    def remember(self, states: Tensor, lengths: Lengths) -> Memory:
        """What the decoder may look at: the states, their keys, and which positions are valid.

        Args:
            states: the encoder's, (L, N, M). What stands at padded positions changes nothing.
            lengths: (N), how many positions of each sequence are valid, on the CPU.

        Raises:
            TypeError: states that are no tensor or of another dtype than the weights', or as
                :func:`rnnlib.lengths.mask_from_lengths`.
            ValueError: another shape or device, or lengths that do not fit.
        """
        check_tensor("states", states, self.key.weight)
        if states.dim() != 3 or states.shape[2] != self.memory_size:
            raise ValueError(f"states must have shape (L, N, {self.memory_size}), got {tuple(states.shape)}")
        checked = check_lengths(lengths, states.shape[1], len(states))
        mask = mask_from_lengths(checked, len(states)).to(states.device)  # (L, N)
        shown = states.masked_fill(
            ~mask.unsqueeze(-1), 0.0
        )  # so that a NaN in padding is not multiplied by 0
        return Memory(shown, self.key(shown), mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Look once for each query.

        Args:
            query: (T, N, Q): of one step, T = 1.
            memory: what :meth:`remember` gave.

        Returns:
            The contexts c, (T, N, M), and the weights, (T, N, L), which are 0 at positions that are not valid.

        Raises:
            TypeError: a query that is no tensor or of another dtype, or a memory that is none.
            ValueError: another shape or device.
        """
        check_tensor("query", query, self.key.weight)
        if not isinstance(memory, Memory):
            raise TypeError(f"memory must be a Memory, as remember gives it, got {type(memory).__name__}")
        N = memory.mask.shape[1]
        if query.dim() != 3 or query.shape[1:] != (N, self.query_size):
            raise ValueError(f"query must have shape (T, {N}, {self.query_size}), got {tuple(query.shape)}")
        weights = masked_softmax(self.scores(query, memory.keys), memory.mask.T)  # (T, N, L)
        context = torch.einsum("tnl,lnm->tnm", weights, memory.states)
        return context, weights

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """s, before the softmax and without a mask: (T, N, Q) and (L, N, A) -> (T, N, L)."""
        if self.score == "additive":
            together = self.query(query).unsqueeze(2) + keys.transpose(0, 1)  # (T, N, 1, A) + (N, L, A)
            scores: Tensor = self.readout(together.tanh()).squeeze(-1)  # (T, N, L, A) -> (T, N, L)
            return scores
        products = torch.einsum("tna,lna->tnl", query, keys)
        return products / math.sqrt(self.size) if self.score == "scaled dot" else products
