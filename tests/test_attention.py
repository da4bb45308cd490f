"""Attention is a weighted mean over the valid positions, and over no others, however one computes it."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from configurations import DEVICE, generated
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnnlib.seq2seq import (
    Attention,
    AttentionDecoder,
    Bridge,
    Decoder,
    Encoder,
    Memory,
    Seq2Seq,
    masked_softmax,
)
from rnnlib.seq2seq.attention import SCORES
from rnnlib.vocabulary import BOS

Q = M = 4


@st.composite
def looks(draw: st.DrawFn, scores: tuple[str, ...] = SCORES) -> dict[str, Any]:
    """An attention, the states of a padded batch, and queries."""
    torch.manual_seed(draw(st.integers(0, 10_000)))
    N = draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, 6), min_size=N, max_size=N))
    attention = Attention(Q, M + 1, draw(st.sampled_from(scores))).double().to(DEVICE)
    states = torch.randn(max(lengths), N, M + 1).double().to(DEVICE)
    query = 3 * torch.randn(draw(st.integers(1, 3)), N, Q).double().to(DEVICE)
    return {"attention": attention, "states": states, "lengths": lengths, "query": query}


def looked(case: dict[str, Any], **changed: Any) -> tuple[Tensor, Tensor]:
    case = case | changed
    memory = case["attention"].remember(case["states"], case["lengths"])
    context, weights = case["attention"](case["query"], memory)
    return context, weights


def score_by_hand(attention: Attention, query: Tensor, state: Tensor) -> Tensor:
    key = attention.key.weight @ state
    if attention.score == "additive":
        hidden = torch.tanh(attention.query.weight @ query + attention.query.bias + key)
        return attention.readout.weight[0] @ hidden
    return query @ key / (math.sqrt(Q) if attention.score == "scaled dot" else 1)


@given(looks())
@generated
def test_it_is_a_loop_over_positions(case: dict[str, Any]) -> None:
    context, weights = looked(case)
    for t, queries in enumerate(case["query"]):
        for n, length in enumerate(case["lengths"]):
            found = [
                score_by_hand(case["attention"], queries[n], case["states"][k, n]) for k in range(length)
            ]
            exps = torch.stack(found).exp()
            shares = exps / exps.sum()
            torch.testing.assert_close(weights[t, n, :length], shares)
            mean = sum(share * case["states"][k, n] for k, share in enumerate(shares))
            torch.testing.assert_close(context[t, n], mean)


@given(looks())
@generated
def test_weights_sum_to_one_and_are_zero_at_padding(case: dict[str, Any]) -> None:
    _, weights = looked(case)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones_like(weights[..., 0]))
    for n, length in enumerate(case["lengths"]):
        assert (weights[:, n, :length] > 0).all()
        assert (weights[:, n, length:] == 0).all()


@given(looks(("scaled dot", "dot")))
@generated
def test_dot_products_are_torchs_gradients_included(case: dict[str, Any]) -> None:
    attention, states = case["attention"], case["states"].requires_grad_()
    query = case["query"].requires_grad_()
    mask = attention.remember(states.detach(), case["lengths"]).mask
    keys = states @ attention.key.weight.T
    theirs = F.scaled_dot_product_attention(
        query.transpose(0, 1),  # (N, T, Q)
        keys.transpose(0, 1),
        states.transpose(0, 1),
        attn_mask=mask.T.unsqueeze(1),
        scale=None if attention.score == "scaled dot" else 1.0,
    ).transpose(0, 1)
    ours, _ = looked(case, states=states, query=query)
    torch.testing.assert_close(ours, theirs)
    seen = torch.randn_like(ours)
    parameters = [states, query, attention.key.weight]
    for a, b in zip(
        torch.autograd.grad((ours * seen).sum(), parameters),
        torch.autograd.grad((theirs * seen).sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


@given(looks(), st.integers(0, 3), st.sampled_from([0.0, 7.0, math.nan, math.inf]))
@generated
def test_padding_whatever_it_holds_changes_no_context_and_gets_no_gradient(
    case: dict[str, Any], more: int, filling: float
) -> None:
    states = F.pad(case["states"], (0, 0, 0, 0, 0, more))
    for n, length in enumerate(case["lengths"]):
        states[length:, n] = filling
    states.requires_grad_()
    context, weights = looked(case, states=states)
    expected, shares = looked(case)
    torch.testing.assert_close(context, expected)
    torch.testing.assert_close(weights[..., : shares.shape[2]], shares)
    (gradient,) = torch.autograd.grad(context.square().sum(), states)
    assert gradient.isfinite().all()
    for n, length in enumerate(case["lengths"]):
        assert (gradient[length:, n] == 0).all()


@given(looks())
@generated
def test_sequences_alone_and_queries_one_by_one_give_the_same(case: dict[str, Any]) -> None:
    context, weights = looked(case)
    for n, length in enumerate(case["lengths"]):
        for t in range(len(case["query"])):
            alone, shares = looked(
                case,
                states=case["states"][:length, n : n + 1],
                lengths=[length],
                query=case["query"][t : t + 1, n : n + 1],
            )
            torch.testing.assert_close(alone[0, 0], context[t, n])
            torch.testing.assert_close(shares[0, 0], weights[t, n, :length])


@given(looks(), st.randoms(use_true_random=False))
@generated
def test_the_order_of_the_positions_does_not_matter(case: dict[str, Any], random: Any) -> None:
    length = min(case["lengths"])
    places = list(range(length))
    random.shuffle(places)
    case |= {"states": case["states"][:length], "lengths": [length] * len(case["lengths"])}
    context, weights = looked(case)
    moved, shares = looked(case, states=case["states"][places])
    torch.testing.assert_close(moved, context)
    torch.testing.assert_close(shares, weights[..., places])


def test_a_row_without_a_valid_position_gets_zeros_and_no_gradient() -> None:
    scores = torch.tensor([[1.0, math.nan], [2.0, 3.0]], device=DEVICE, requires_grad=True)
    mask = torch.tensor([[False, False], [True, True]], device=DEVICE)
    weights = masked_softmax(scores, mask)
    assert weights[0].tolist() == [0, 0]
    torch.testing.assert_close(weights[1], scores[1].detach().softmax(dim=0))
    weights[:, 0].sum().backward()
    assert scores.grad is not None
    assert scores.grad[0].tolist() == [0, 0]
    assert scores.grad[1].any()


@given(st.integers(0, 1000), st.sampled_from([math.nan, math.inf, -math.inf, 1e30]))
@generated
def test_what_the_mask_hides_changes_no_weight(seed: int, filling: float) -> None:
    torch.manual_seed(seed)
    scores, mask = torch.randn(2, 3, 5).to(DEVICE), (torch.rand(3, 5) < 0.5).to(DEVICE)
    weights = masked_softmax(scores, mask)
    hidden = scores.masked_fill(~mask, filling).requires_grad_()
    again = masked_softmax(hidden, mask)
    assert torch.equal(weights, again)
    (gradient,) = torch.autograd.grad(again.square().sum(), hidden)
    assert gradient.isfinite().all()
    assert (gradient[:, ~mask] == 0).all()
    expected = mask.any(dim=-1).to(weights.dtype).expand(2, 3)
    torch.testing.assert_close(weights.sum(dim=-1), expected)


def test_scaled_scores_are_scores_divided_by_the_root_of_the_size() -> None:
    torch.manual_seed(0)
    plain, scaled = Attention(Q, M, "dot"), Attention(Q, M, "scaled dot")
    scaled.load_state_dict(plain.state_dict())
    query, keys = torch.randn(2, 3, Q), torch.randn(5, 3, Q)
    torch.testing.assert_close(scaled.scores(query, keys), plain.scores(query, keys) / 2)


@pytest.mark.parametrize("score", SCORES)
def test_repeating_a_memory_repeats_each_sequence(score: str) -> None:
    torch.manual_seed(0)
    attention = Attention(Q, M, score)
    memory = attention.remember(torch.randn(3, 2, M), [3, 1])
    context, _ = attention(query := torch.randn(1, 2, Q), memory)
    again, _ = attention(query.repeat_interleave(3, dim=1), memory.repeated(3))
    torch.testing.assert_close(again, context.repeat_interleave(3, dim=1))


def model(score: str = "additive", kind: str = "GRU") -> Seq2Seq:
    torch.manual_seed(0)
    decoder = AttentionDecoder(7, 4, 5, 6, score=score, kind=kind, num_layers=2)
    return Seq2Seq(Encoder(9, 2, 3, kind=kind, num_layers=2), Bridge(3, 5, 2, kind=kind), decoder)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_the_decoder_is_its_equations(kind: str, score: str) -> None:
    net = model(score, kind).to(DEVICE)
    source, target = torch.randint(4, 9, (4, 2)).to(DEVICE), torch.randint(4, 7, (3, 2)).to(DEVICE)
    outputs, state = net.encode(source, [4, 2])
    inputs = torch.cat([torch.full_like(target[:1], BOS), target[:-1]])
    states, _ = net.decoder.rnn(net.decoder.embedding(inputs), state)
    context, weights = net.decoder.attention(states, net.decoder.remember(outputs, [4, 2]))
    combined = torch.tanh(net.decoder.combine(torch.cat([states, context], dim=-1)))
    torch.testing.assert_close(net(source, [4, 2], target), net.decoder.readout(combined))
    torch.testing.assert_close(net.alignment(source, [4, 2], target), weights)
    assert weights.shape == (3, 2, 4)


def test_what_comes_later_in_the_target_moves_no_alignment() -> None:
    net = model().to(DEVICE)
    source, target = torch.randint(4, 9, (4, 1)).to(DEVICE), torch.randint(4, 7, (3, 1)).to(DEVICE)
    changed = target.clone()
    changed[1] = 4 + (target[1] - 3) % 3
    first, second = net.alignment(source, [4], target), net.alignment(source, [4], changed)
    torch.testing.assert_close(first[:2], second[:2])
    assert not torch.allclose(first[2], second[2])


def test_the_memory_matters() -> None:
    net = model().to(DEVICE)
    source, target = torch.randint(4, 9, (4, 1)).to(DEVICE), torch.randint(4, 7, (3, 1)).to(DEVICE)
    outputs, state = net.encode(source, [4])
    first = net.decoder(target, state, net.decoder.remember(outputs, [4]))[0]
    second = net.decoder(target, state, net.decoder.remember(outputs.flip(0) + 1, [4]))[0]
    assert not torch.allclose(first, second)


STATES = torch.zeros(3, 2, M)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda a: Attention(Q, M, "cosine"),
            ValueError,
            "score must be one of 'dot', 'scaled dot', 'additive'",
        ),
        (lambda a: Attention(0, M), ValueError, "query_size must be"),
        (lambda a: Attention(Q, 1.5), TypeError, "memory_size must be"),
        (
            lambda a: Attention(Q, M, size=3),
            ValueError,
            "size must be query_size = 4 for a dot product, got 3",
        ),
        (
            lambda a: a.remember(STATES[0], [3, 1]),
            ValueError,
            r"states must have shape \(L, N, 4\), got \(2, 4\)",
        ),
        (lambda a: a.remember(STATES.double(), [3, 1]), TypeError, "states must"),
        (lambda a: a.remember(STATES, [3]), ValueError, "lengths must have one entry for each of the 2"),
        (lambda a: a.remember(STATES, [3, 4]), ValueError, "lengths must be from 1 to L = 3"),
        (
            lambda a: a(torch.zeros(1, 2, Q), STATES),
            TypeError,
            "memory must be a Memory, as remember gives it",
        ),
        (
            lambda a: a(torch.zeros(1, 3, Q), a.remember(STATES, [3, 1])),
            ValueError,
            r"query must have shape \(T, 2, 4\), got \(1, 3, 4\)",
        ),
        (
            lambda a: masked_softmax([1.0], torch.ones(1).bool()),
            TypeError,
            "scores must be a tensor, got list",
        ),
        (
            lambda a: masked_softmax(torch.ones(2).long(), torch.ones(2).bool()),
            TypeError,
            "scores must be floats",
        ),
        (
            lambda a: masked_softmax(torch.ones(2), torch.ones(2)),
            TypeError,
            "mask must be bool, got torch.float32",
        ),
        (
            lambda a: masked_softmax(torch.ones(2), torch.ones(3).bool()),
            ValueError,
            r"mask must have a shape that broadcasts to \(2,\), got \(3,\)",
        ),
        (
            lambda a: Decoder(7, 4, 5)(
                torch.full((1, 2), 4), (torch.zeros(1, 2, 5),) * 2, a.remember(STATES, [3, 1])
            ),
            TypeError,
            "memory must be None, this decoder does not look at the source",
        ),
        (
            lambda a: model("dot").decoder(torch.full((1, 2), 4), torch.zeros(2, 2, 5)),
            TypeError,
            "memory must be a Memory, as remember gives it, got None",
        ),
        (
            lambda a: Seq2Seq(Encoder(9, 2, 3), Bridge(3, 5), AttentionDecoder(7, 4, 5, 3)),
            ValueError,
            "decoder.attention.memory_size must be 6, the size of the encoder's states, got 3",
        ),
        (
            lambda a: Seq2Seq(Encoder(9, 2, 3), Bridge(3, 5), Decoder(7, 4, 5)).alignment(
                torch.full((2, 1), 4), [2], torch.full((2, 1), 4)
            ),
            TypeError,
            "decoder must be an AttentionDecoder, got Decoder",
        ),
    ],
)
def test_a_wrong_argument_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(Attention(Q, M, "dot"))


def test_a_memory_is_what_its_docstring_says() -> None:
    attention = Attention(Q, M, "additive", size=3)
    states = torch.randn(3, 2, M)
    memory = attention.remember(states, [3, 1])
    assert isinstance(memory, Memory)
    assert memory.mask.tolist() == [[True, True], [True, False], [True, False]]
    assert memory.keys.shape == (3, 2, 3)
    torch.testing.assert_close(memory.keys[0], states[0] @ attention.key.weight.T)
