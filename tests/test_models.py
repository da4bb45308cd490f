"""No prediction of a model depends on padding, on what the padding holds, or on the other sequences of its batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from configurations import DEVICE, generated
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlib.models import Classifier, Tagger

MODELS = [Tagger, Classifier]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A model, a padded batch and its lengths."""
    kind = draw(st.sampled_from([Tagger, Classifier]))
    arguments = {
        "kind": draw(st.sampled_from(["RNN", "GRU", "LSTM"])),
        "num_layers": draw(st.integers(1, 3)),
        "bidirectional": draw(st.booleans()),
    }
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    torch.manual_seed(draw(st.integers(0, 1000)))
    model = kind(2, 3, 4, **arguments).double().to(DEVICE).eval()
    x = torch.randn(max(lengths) + draw(st.integers(0, 2)), len(lengths), 2, dtype=torch.float64)
    return {"model": model, "x": x.to(DEVICE), "lengths": lengths}


def predictions(model: nn.Module, x: Tensor, lengths: list[int]) -> list[Tensor]:
    """What the model says of each sequence; of its valid steps where it says something of each step."""
    with torch.no_grad():
        scores = model(x, lengths)
    if isinstance(model, Classifier):
        return list(scores)
    return [scores[:length, n] for n, length in enumerate(lengths)]


def same(first: list[Tensor], second: list[Tensor]) -> bool:
    return all(torch.allclose(a, b, rtol=0, atol=1e-12) for a, b in zip(first, second, strict=True))


@given(cases(), st.integers(1, 4), st.sampled_from([0.0, 1e6, float("nan"), float("inf")]))
@generated
def test_padding_never_changes_a_prediction(case: dict[str, Any], more: int, pad: float) -> None:
    model, x, lengths = case["model"], case["x"], case["lengths"]
    expected = predictions(model, x, lengths)
    longer = torch.cat([x, x.new_full((more, *x.shape[1:]), pad)])
    for n, length in enumerate(lengths):
        longer[length:, n] = pad
    assert same(predictions(model, longer, lengths), expected)


@given(cases(), st.randoms(use_true_random=False))
@generated
def test_the_order_of_the_batch_never_changes_a_prediction(case: dict[str, Any], random: Any) -> None:
    model, x, lengths = case["model"], case["x"], case["lengths"]
    order = random.sample(range(len(lengths)), len(lengths))
    shuffled = predictions(model, x[:, order], [lengths[n] for n in order])
    expected = predictions(model, x, lengths)
    assert same(shuffled, [expected[n] for n in order])


@given(cases())
@generated
def test_a_prediction_is_what_the_sequence_gets_alone(case: dict[str, Any]) -> None:
    model, x, lengths = case["model"], case["x"], case["lengths"]
    alone: list[Tensor] = []
    with torch.no_grad():
        for n, length in enumerate(lengths):
            scores = model(x[:length, n : n + 1])
            alone.append(scores[0] if isinstance(model, Classifier) else scores[:, 0])
    assert same(predictions(model, x, lengths), alone)


@given(cases())
@generated
def test_padding_gets_no_gradient_and_spoils_none(case: dict[str, Any]) -> None:
    model, lengths = case["model"], case["lengths"]
    x = case["x"].clone()
    for n, length in enumerate(lengths):
        x[length:, n] = float("nan")
    x.requires_grad_()
    model.zero_grad()
    scores = model(x, lengths)
    if isinstance(model, Tagger):
        scores = torch.cat([scores[:length, n] for n, length in enumerate(lengths)])
    scores.sum().backward()
    for n, length in enumerate(lengths):
        assert (x.grad[length:, n] == 0).all()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_every_step_moves_both_halves_of_what_the_classifier_reads(kind: str) -> None:
    torch.manual_seed(0)
    model = Classifier(2, 3, 6, kind=kind, num_layers=2, bidirectional=True).double()
    with torch.no_grad():
        model.readout.weight.copy_(torch.eye(6))  # the scores are the vector itself, plus a bias
    x = torch.randn(5, 1, 2, dtype=torch.float64, requires_grad=True)
    for score in model(x)[0]:
        (gradient,) = torch.autograd.grad(score, x, retain_graph=True)
        assert (gradient.abs().sum(dim=(1, 2)) > 1e-9).all()


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_classifier_reads_the_top_layers_final_states_forward_first(
    kind: str, bidirectional: bool
) -> None:
    torch.manual_seed(0)
    model = Classifier(2, 3, 4, kind=kind, num_layers=2, bidirectional=bidirectional).to(DEVICE)
    library = getattr(nn, kind)(2, 3, num_layers=2, bidirectional=bidirectional).to(DEVICE)
    library.load_state_dict(model.rnn.state_dict())
    x = torch.randn(5, 7, 2).to(DEVICE)
    output, _ = library(x)
    vector = torch.cat([output[-1, :, :3], output[0, :, 3:]], dim=-1)
    assert torch.allclose(model(x), model.readout(vector), rtol=0, atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_tagger_looks_ahead_only_with_two_directions(bidirectional: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(5, 1, 2, requires_grad=True)
    scores = Tagger(2, 3, 4, num_layers=2, bidirectional=bidirectional)(x)
    (gradient,) = torch.autograd.grad(scores[1].sum(), x)
    assert bool(gradient[2:].any()) is bidirectional


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_scores_have_the_shape_that_the_docstring_gives(model: Any, bidirectional: bool) -> None:
    scores = model(2, 3, 4, num_layers=2, bidirectional=bidirectional)(torch.randn(5, 7, 2), [5] * 7)
    assert scores.shape == ((5, 7, 4) if model is Tagger else (7, 4))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m(2, 3, 4, kind="CNN"), ValueError, "kind must be one of RNN, GRU, LSTM, got 'CNN'"),
        (lambda m: m(2, 3, 0), ValueError, "num_classes must be at least 1, got 0"),
        (lambda m: m(2, 0, 4), ValueError, "hidden_size must be at least 1, got 0"),
        (
            lambda m: m(2, 3, 4)(torch.zeros(5, 2)),
            ValueError,
            r"x must have shape \(L, N, H_in\), got \(5, 2\)",
        ),
        (lambda m: m(2, 3, 4)([1, 2]), TypeError, "x must be a tensor, got list"),
        (
            lambda m: m(2, 3, 4)(torch.zeros(5, 2, 2), [5, 6]),
            ValueError,
            "lengths must be from 1 to L = 5, got 6",
        ),
        (lambda m: m(2, 3, 4)(torch.zeros(5, 2, 2), [5]), ValueError, "lengths must have one entry for each"),
    ],
)
def test_a_wrong_argument_is_named(model, call, error, message) -> None:
    with pytest.raises(error, match=message):
        call(model)
