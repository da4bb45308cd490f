"""Under autocast the layers and cells by hand take what those of ``torch.nn`` take, and give what those give.

The cases are all kinds, with all floating types of x and of the state that a layer of ``torch.nn`` takes there, in both
lower precisions. Where torch lacks a kernel (an LSTM in float16 on a CPU), the layer by hand has to run all the same.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnlib import cells, layers
from rnnlib.autocast import _asked, as_torch_gives, casts
from rnnlib.gates import read_gates
from rnnlib.gradients import state_gradients
from rnnlib.models import Classifier, Tagger
from rnnlib.seq2seq import Bridge, Decoder, Encoder, Seq2Seq, greedy

KINDS = ["RNN", "GRU", "LSTM"]
LOWER = [torch.bfloat16, torch.float16]
CASES = [
    pytest.param(kind, low, x, h, id=f"{kind}, {str(low)[6:]}, x {'full' if x else 'low'}, h {h}")
    for kind, low, x, h in itertools.product(KINDS, LOWER, (True, False), ("none", "full", "low"))
]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"num_layers": 2, "bidirectional": True},
    {"bias": False, "batch_first": True},
]
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")


def flat(result: Any) -> list[Tensor]:
    return [part for one in result for part in flat(one)] if isinstance(result, tuple) else [result]


def state(kind: str, shape: tuple[int, ...], wanted: str, low: torch.dtype) -> Any:
    if wanted == "none":
        return None
    dtype = torch.float32 if wanted == "full" else low
    parts = tuple(torch.rand(shape).to(dtype) for _ in range(2 if kind.startswith("LSTM") else 1))
    return parts if len(parts) > 1 else parts[0]


def compare(ours: Any, theirs: Any, low: torch.dtype, *given: Any) -> None:
    ours.load_state_dict(theirs.state_dict())
    with torch.autocast("cpu", dtype=low):
        found = flat(ours(*given))
        try:
            expected = flat(theirs(*given))
        except RuntimeError:
            assert all(part.isfinite().all() for part in found)
            x, *states = flat((given[0], given[1] if given[1] is not None else ()))
            assert {part.dtype for part in found} == {states[-1].dtype if states else x.dtype}
            return
    assert [part.dtype for part in found] == [part.dtype for part in expected]
    for mine, true in zip(found, expected, strict=True):
        torch.testing.assert_close(mine.float(), true.float(), rtol=0, atol=0.02)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("kind", "low", "full", "h"), CASES)
def test_a_layer_gives_what_torchs_gives(
    kind: str, low: torch.dtype, full: bool, h: str, options: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    rows = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    x = torch.randn(3, 3, 2).to(torch.float32 if full else low)
    pair = [getattr(place, kind)(2, 4, **options) for place in (layers, nn)]
    compare(*pair, low, x, state(kind, (rows, 3, 4), h, low))


@pytest.mark.parametrize(("kind", "low", "full", "h"), CASES)
def test_a_cell_gives_what_torchs_gives(kind: str, low: torch.dtype, full: bool, h: str) -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 2).to(torch.float32 if full else low)
    pair = [getattr(place, f"{kind}Cell")(2, 4) for place in (cells, nn)]
    compare(*pair, low, x, state(kind, (3, 4), h, low))


@pytest.mark.parametrize("h", ["none", "full", "low"])
def test_a_projection(h: str) -> None:
    torch.manual_seed(0)
    pair = [place.LSTM(2, 4, proj_size=3) for place in (layers, nn)]
    given = (
        None
        if h == "none"
        else tuple(
            torch.rand(1, 3, size).to(torch.float32 if h == "full" else torch.bfloat16) for size in (3, 4)
        )
    )
    compare(*pair, torch.bfloat16, torch.randn(5, 3, 2), given)


@pytest.mark.parametrize("kind", KINDS)
def test_lengths_change_no_type_and_a_state_can_be_read_on_from(kind: str) -> None:
    layer, x = getattr(layers, kind)(2, 4), torch.randn(5, 3, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        whole, final = layer(x)
        by_lengths, _ = layer(x, lengths=[5, 2, 3])
        again, _ = layer(x, final)
    assert whole.dtype == by_lengths.dtype == again.dtype


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("double", ["weights", "x"])
def test_float64_is_left_alone(kind: str, double: str) -> None:
    layer = getattr(layers, kind)(2, 4, dtype=torch.float64 if double == "weights" else torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert casts(layer.weight_ih_l0) == (double == "x")
        with pytest.raises(TypeError, match="x must have the weights' dtype"):
            layer(torch.randn(5, 3, 2, dtype=torch.float32 if double == "weights" else torch.float64))
        if double == "weights":
            assert layer(torch.randn(5, 3, 2, dtype=torch.float64))[0].dtype == torch.float64


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_come_in_the_weights_precision(kind: str) -> None:
    torch.manual_seed(0)
    ours, theirs, x = getattr(layers, kind)(2, 4), getattr(nn, kind)(2, 4), torch.randn(5, 3, 2)
    ours.load_state_dict(theirs.state_dict())
    for layer in (ours, theirs):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output, _ = layer(x)
        output.float().square().sum().backward()
    for mine, true in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.grad is not None
        assert mine.grad.dtype == torch.float32
        torch.testing.assert_close(mine.grad, true.grad, rtol=0.05, atol=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_no_random_number_is_drawn(kind: str) -> None:
    layer, x = getattr(layers, kind)(2, 4), torch.randn(5, 3, 2)
    before = torch.get_rng_state()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        layer(x)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_subclass_is_what_it_is_a_subclass_of(kind: str) -> None:
    mine = type("Mine", (getattr(layers, kind),), {})(2, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert mine(torch.randn(5, 3, 2))[0].isfinite().all()


@pytest.mark.parametrize("low", LOWER, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_models_run(kind: str, low: torch.dtype) -> None:
    torch.manual_seed(0)
    x = torch.randn(5, 3, 2)
    for model in (Tagger(2, 4, 3, kind=kind), Classifier(2, 4, 3, kind=kind, bidirectional=True)):
        full = model(x, [5, 2, 3])
        with torch.autocast("cpu", dtype=low):
            found = model(x, [5, 2, 3])
        assert found.dtype == low
        torch.testing.assert_close(found.float(), full, rtol=0, atol=0.02)


@pytest.mark.parametrize("forcing", [1.0, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_translators_run(kind: str, forcing: float) -> None:
    torch.manual_seed(0)
    translator = Seq2Seq(
        Encoder(9, 4, 5, kind=kind, bidirectional=True),
        Bridge(5, 6, kind=kind, bidirectional=True),
        Decoder(9, 4, 6, kind=kind),
    )
    source, target = torch.tensor([[5, 6], [6, 0]]), torch.tensor([[5, 4], [2, 2]])
    full = translator(source, [2, 1], target)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = translator(source, [2, 1], target, forcing=forcing)
        greedy(translator, source, [2, 1], 3)
    assert found.dtype == torch.bfloat16
    if forcing == 1:
        torch.testing.assert_close(found.float(), full, rtol=0, atol=0.03)


@pytest.mark.parametrize("place", [nn, layers])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_with_respect_to_states(kind: str, place: Any) -> None:
    torch.manual_seed(0)
    layer, x = getattr(place, kind)(2, 4), torch.randn(5, 3, 2)
    full = state_gradients(layer, x, lambda output: output.square().sum())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = state_gradients(layer, x, lambda output: output.float().square().sum())
    torch.testing.assert_close(found.float(), full, rtol=0.05, atol=0.05)


def test_gates_can_be_read() -> None:
    torch.manual_seed(0)
    lstm, x = nn.LSTM(2, 4), torch.randn(5, 3, 2)
    full = read_gates(lstm, x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = read_gates(lstm, x)
    for mine, true in zip(found, full, strict=True):
        torch.testing.assert_close(mine.float(), true, rtol=0, atol=0.03)


def test_without_a_kernel_an_lstm_has_the_type_of_its_cell_state(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: Any) -> None:
        raise RuntimeError("no kernel")

    for kind in ("LSTM", "LSTMCell"):
        monkeypatch.setattr(getattr(nn, kind), "forward", lacking)
    types = torch.float16, torch.float32
    x = torch.zeros(1)
    given = tuple(torch.zeros(1, dtype=dtype) for dtype in types)
    _asked.cache_clear()
    with torch.autocast("cpu", dtype=torch.float16):
        assert as_torch_gives(layers.LSTM(1, 1), x, x, given) == (torch.float32,) * 3
        assert as_torch_gives(cells.LSTMCell(1, 1), x, x, given) == (torch.float32,) * 2
    _asked.cache_clear()
