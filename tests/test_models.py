"""No prediction of a model depends on padding, on what the padding holds, or on the other sequences of its batch.

And of many stacks run at once, each computes what ``torch.nn`` computes, whatever the others do.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from configurations import DEVICE, generated
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlib.models import Classifier, ManyStacks, Tagger, TokenClassifier

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


def library_stack(many: ManyStacks, run: int) -> tuple[list[nn.RNN], nn.Linear]:
    """Run ``run`` of many stacks as modules of ``torch.nn``, one for each layer, and the readout."""
    modules = []
    for k in range(many.num_layers):
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weights = {f"{name}_l0": many.stack[f"{name}_l{k}"][run] for name in names}
        hidden_size, input_size = weights["weight_ih_l0"].shape
        module = nn.RNN(input_size, hidden_size).to(many.stack["weight_ih_l0"])
        module.load_state_dict(weights)
        modules.append(module)
    readout = nn.Linear(hidden_size, 1).to(many.stack["weight_ih_l0"])
    readout.load_state_dict({name: weight[run] for name, weight in many.readout.items()})
    return modules, readout


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_each_of_many_stacks_computes_what_torch_computes(num_layers: int, residual: bool) -> None:
    torch.manual_seed(0)
    many = ManyStacks(4, 2, 3, num_layers, residual=residual).double().to(DEVICE)
    x = torch.randn(4, 5, 6, 2, dtype=torch.float64).to(DEVICE)
    mix = torch.randn(4, 5, 6, dtype=torch.float64).to(DEVICE)
    scores = many(x)
    (scores * mix).sum().backward()
    for run in range(4):
        modules, readout = library_stack(many, run)
        y, _ = modules[0](x[run])
        for module in modules[1:]:
            states, _ = module(y)
            y = y + states if residual else states
        expected = readout(y).squeeze(-1)
        assert torch.allclose(scores[run], expected, rtol=0, atol=1e-12)
        (expected * mix[run]).sum().backward()
        for name, parameter in many.stack.items():
            kind, k = name.split("_l")
            gradient = getattr(modules[int(k)], f"{kind}_l0").grad
            assert gradient.any()
            assert torch.allclose(parameter.grad[run], gradient, rtol=0, atol=1e-12)
        for name, parameter in many.readout.items():
            assert torch.allclose(parameter.grad[run], getattr(readout, name).grad, rtol=0, atol=1e-12)


def test_one_of_many_stacks_has_the_parameters_of_a_tagger_under_the_same_names() -> None:
    many, tagger = ManyStacks(4, 2, 3, 2), Tagger(2, 3, 1, num_layers=2)
    assert {name: weight.shape[1:] for name, weight in many.stack.items()} == {
        name: weight.shape for name, weight in tagger.rnn.named_parameters()
    }
    assert {name: weight.shape[1:] for name, weight in many.readout.items()} == {
        name: weight.shape for name, weight in tagger.readout.named_parameters()
    }


def test_many_stacks_add_no_input_to_a_layers_output_unless_told_to() -> None:
    many = []
    for options in ({}, {"residual": False}, {"residual": True}):
        torch.manual_seed(0)
        many.append(ManyStacks(2, 1, 3, 2, **options)(torch.ones(2, 4, 1, 1)))
    assert torch.equal(many[0], many[1])
    assert not torch.equal(many[0], many[2])


def test_many_stacks_draw_their_weights_as_torch_does() -> None:
    torch.manual_seed(0)
    for parameter in ManyStacks(500, 2, 16, 2).parameters():
        assert 0.24 < parameter.abs().max() <= 0.25  # 1 / sqrt(16)
        assert abs(parameter.mean()) < 0.02


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ManyStacks(0, 1, 2), ValueError, "runs must be at least 1, got 0"),
        (lambda: ManyStacks(1, 0, 2), ValueError, "input_size must be at least 1, got 0"),
        (lambda: ManyStacks(1, 1, 0), ValueError, "hidden_size must be at least 1, got 0"),
        (lambda: ManyStacks(1, 1, 2, 0), ValueError, "num_layers must be at least 1, got 0"),
        (lambda: ManyStacks(1, 1, [8, 3]), TypeError, "hidden_size must be an int"),
        (lambda: ManyStacks(1, 1, 2, residual=1), TypeError, "residual must be True or False, got 1"),
        (lambda: ManyStacks(3, 1, 2)([1]), TypeError, "x must be a tensor, got list"),
        (
            lambda: ManyStacks(3, 1, 2)(torch.zeros(4, 3, 5, 1)),
            ValueError,
            r"runs = 3, .* got \(4, 3, 5, 1\)",
        ),
        (
            lambda: ManyStacks(3, 1, 2)(torch.zeros(1, 4, 5, 1)),
            ValueError,
            r"runs = 3, .* got \(1, 4, 5, 1\)",
        ),
        (lambda: ManyStacks(3, 1, 2)(torch.zeros(3, 4, 5, 2)), ValueError, "H_in = 1, got"),
        (
            lambda: ManyStacks(3, 1, 2)(torch.zeros(3, 4, 1)),
            ValueError,
            r"x must have shape \(runs, L, N, H_in\)",
        ),
        (lambda: ManyStacks(3, 1, 2)(torch.zeros(3, 0, 5, 1)), ValueError, "L and N at least 1"),
        (lambda: ManyStacks(3, 1, 2)(torch.zeros(3, 4, 5, 1).double()), TypeError, "weights' dtype"),
    ],
)
def test_a_wrong_argument_of_many_stacks_is_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()


@st.composite
def token_cases(draw: st.DrawFn) -> dict[str, Any]:
    """A classifier of tokens, a padded batch and its lengths."""
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    torch.manual_seed(draw(st.integers(0, 1000)))
    model = TokenClassifier(
        5,
        3,
        4,
        6,
        kind=draw(st.sampled_from(["RNN", "GRU", "LSTM"])),
        num_layers=draw(st.integers(1, 3)),
        bidirectional=draw(st.booleans()),
        dropout=draw(st.sampled_from([0.0, 0.4])),
    )
    tokens = torch.randint(0, 5, (max(lengths) + draw(st.integers(0, 2)), len(lengths)))
    return {"model": model.double().to(DEVICE).eval(), "tokens": tokens.to(DEVICE), "lengths": lengths}


@given(token_cases(), st.integers(0, 4), st.integers(0, 4))
@generated
def test_padding_never_changes_a_prediction_of_tokens(case: dict[str, Any], more: int, pad: int) -> None:
    model, tokens, lengths = case["model"], case["tokens"], case["lengths"]
    expected = model(tokens, lengths)
    longer = torch.cat([tokens, tokens.new_full((more, len(lengths)), pad)])
    for n, length in enumerate(lengths):
        longer[length:, n] = pad
    torch.testing.assert_close(model(longer, lengths), expected, rtol=0, atol=1e-12)


@given(token_cases())
@generated
def test_a_sequence_of_tokens_is_classified_alone_as_in_its_batch(case: dict[str, Any]) -> None:
    model, tokens, lengths = case["model"], case["tokens"], case["lengths"]
    scores = model(tokens, lengths)
    for n, length in enumerate(lengths):
        alone = model(tokens[:length, n : n + 1])
        torch.testing.assert_close(alone[0], scores[n], rtol=0, atol=1e-12)


def test_a_classifier_of_tokens_computes_what_torch_computes() -> None:
    torch.manual_seed(0)
    model = TokenClassifier(5, 3, 4, 6, kind="GRU", num_layers=2, bidirectional=True)
    tokens = torch.randint(0, 5, (7, 2))
    _, h_n = model.rnn(model.embedding(tokens))
    expected = model.readout(torch.cat([h_n[2], h_n[3]], dim=-1))  # the top layer's, forward first
    torch.testing.assert_close(model(tokens), expected)


def test_dropout_acts_on_embeddings_and_final_states_in_training_mode_alone() -> None:
    model = TokenClassifier(5, 3, 4, 6, dropout=0.5)
    tokens = torch.randint(0, 5, (3, 8))
    assert not torch.equal(model(tokens), model(tokens))
    masked: list[Tensor] = []
    model.dropout.register_forward_hook(lambda module, args, output: masked.append(output))
    model(tokens)
    assert [value.shape for value in masked] == [(3, 8, 3), (8, 4)]
    model.eval()
    assert torch.equal(model(tokens), model(tokens))


@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        (torch.zeros(3, 2), TypeError, "tokens must be a tensor of int64, got torch.float32"),
        ([[1, 2]], TypeError, "tokens must be a tensor of int64, got list"),
        (torch.zeros(3, dtype=torch.int64), ValueError, r"tokens must have shape \(L, N\), .*got \(3,\)"),
        (
            torch.zeros(0, 2, dtype=torch.int64),
            ValueError,
            r"tokens must have shape \(L, N\), .*got \(0, 2\)",
        ),
        (torch.full((3, 2), 5), ValueError, "tokens must be from 0 to 4, got 5 to 5"),
        (torch.full((3, 2), -1), ValueError, "tokens must be from 0 to 4, got -1 to -1"),
    ],
)
def test_what_are_no_tokens_is_refused_by_name(tokens: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        TokenClassifier(5, 3, 4, 6)(tokens)


@pytest.mark.parametrize("name", ["num_tokens", "embedding_size", "hidden_size", "num_classes"])
def test_a_size_of_a_classifier_of_tokens_is_refused_by_name(name: str) -> None:
    sizes = {"num_tokens": 5, "embedding_size": 3, "hidden_size": 4, "num_classes": 6}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        TokenClassifier(**{**sizes, name: 0})
    with pytest.raises(ValueError, match="kind must be one of RNN, GRU, LSTM, got 'lstm'"):
        TokenClassifier(**sizes, kind="lstm")
