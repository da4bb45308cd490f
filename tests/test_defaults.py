"""What surrounds a call: a default device, and the caller's things, which are left as they were.

That no tensor is made without a device is asked of the source itself: every call of one of torch's factories in the
package names one. The calls under another default device are those of every public function that makes tensors.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnlib
from rnnlib import cells, forecasting, layers, lengths, models
from rnnlib.checks import agree, grade
from rnnlib.forecaster import Forecaster
from rnnlib.seq2seq import Bridge, Decoder, Encoder, Seq2Seq, greedy, translate
from rnnlib.tasks import brackets, future_tags
from rnnlib.tasks.adding import adding
from rnnlib.tasks.nested_parity import nested_parity
from rnnlib.tasks.series import heartbeat, sunspots
from rnnlib.vocabulary import Vocabulary

PACKAGE = Path(rnnlib.__file__).parent
FACTORIES = {
    "arange", "as_tensor", "asarray", "empty", "eye", "from_numpy", "full", "linspace", "logspace", "ones", "rand",
    "randint", "randn", "randperm", "scalar_tensor", "tensor", "tril_indices", "triu_indices", "zeros", "Generator",
}  # fmt: skip


def factory_calls() -> list[Any]:
    """Every call of a factory of torch in the package's source, by the place where it stands."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "torch" and node.func.attr in FACTORIES:
                found.append(pytest.param(node, id=f"{path.relative_to(PACKAGE)}-{node.lineno}"))
    return found


CALLS = factory_calls()


def test_the_package_makes_tensors() -> None:
    assert len(CALLS) > 30


@pytest.mark.parametrize("call", CALLS)
def test_every_new_tensor_is_told_its_device(call: ast.Call) -> None:
    assert "device" in {keyword.arg for keyword in call.keywords}, ast.unparse(call)


torch.manual_seed(0)
X, LENGTHS = torch.randn(5, 3, 2), [5, 2, 3]
LAYERS = {kind: getattr(layers, kind)(2, 4, bidirectional=True) for kind in ("RNN", "GRU", "LSTM")}
NETWORKS = {kind: getattr(nn, kind)(2, 4, bidirectional=True) for kind in ("RNN", "GRU", "LSTM")}
TAGGER, CLASSIFIER = models.Tagger(2, 4, 3), models.Classifier(2, 4, 3, kind="LSTM")
LETTERS = Vocabulary("abc")
TRANSLATOR = Seq2Seq(Encoder(7, 4, 5), Bridge(5, 6), Decoder(7, 4, 6))
SOURCE = torch.tensor([[4, 5], [6, 0]])
SERIES, FORECASTER = torch.randn(20), Forecaster("LSTM", 4)
ALWAYS: dict[str, Callable[[], Any]] = {
    "check_lengths": lambda: lengths.check_lengths([1, 2], 2, 3),
    "mask_from_lengths": lambda: lengths.mask_from_lengths(LENGTHS, 5),
    "reverse_within_length": lambda: lengths.reverse_within_length(X, LENGTHS),
    "last_valid_step": lambda: lengths.last_valid_step(X, LENGTHS),
    "pack": lambda: tuple(lengths.pack(X, LENGTHS)),
    "unpack": lambda: lengths.unpack(lengths.pack(X, LENGTHS)),
    "unpack what torch packs": lambda: lengths.unpack(pack_padded_sequence(X, [5, 3, 2])),
    **{f"run_packed, {k}": lambda n=n: lengths.run_packed(n, X, LENGTHS) for k, n in NETWORKS.items()},
    **{f"layers.{k} with lengths": lambda n=n: n(X, lengths=LENGTHS) for k, n in LAYERS.items()},
    "BucketBatchSampler": lambda: list(lengths.BucketBatchSampler([3, 1, 2, 2], 2, generator=seeded())),
    "Tagger": lambda: TAGGER(X, LENGTHS),
    "Classifier": lambda: CLASSIFIER(X, LENGTHS),
    "Seq2Seq, half forced": lambda: TRANSLATOR(SOURCE, [2, 1], SOURCE, forcing=0.5, generator=seeded()),
    "greedy": lambda: tuple(greedy(TRANSLATOR, SOURCE, [2, 1], 4)),
    "translate": lambda: translate(TRANSLATOR, {"source": LETTERS, "target": LETTERS}, ["ab", "c"], 4),
    "adding": lambda: adding(6, 3, generator=seeded()),
    "brackets": lambda: brackets.sample(6, 3, generator=seeded()),
    "nested_parity": lambda: nested_parity(6, 3, 2, generator=seeded()),
    "future_tags": lambda: tuple(torch.manual_seed(1) and future_tags.sample(3, 9, (1, 3))),
    "sunspots": lambda: (sunspots().values, sunspots().times),
    "heartbeat": lambda: (heartbeat().values, heartbeat().times),
    "windows": lambda: forecasting.windows(SERIES, range(20), 5, 2).values,
    "seasonal_naive": lambda: forecasting.seasonal_naive(SERIES, [9, 12], 4, 3),
    "fit_ar": lambda: forecasting.fit_ar(SERIES, 2).forecast(SERIES, range(9, 12), 3),
    "fit_ar_plus_noise": lambda: forecasting.fit_ar_plus_noise(SERIES, 2, 2).forecast(SERIES, [9], 3),
    "gaussian_interval": lambda: forecasting.gaussian_interval(SERIES.view(2, 10), SERIES.view(2, 10)),
    "quantile_interval": lambda: forecasting.quantile_interval(SERIES.view(2, 10), SERIES.view(2, 10)),
    "coverage": lambda: forecasting.coverage(SERIES.view(2, 10) - 1, SERIES.view(2, 10), X.new_zeros(2, 10)),
    "roll_out": lambda: FORECASTER.roll_out(X[..., 0], 3),
    "agree": lambda: agree(torch.tensor([1], device="cpu"), torch.tensor([1], device="cpu")),
    "a cell": lambda: CELL(X[0]),
}  # fmt: skip
CELL = cells.LSTMCell(2, 4)


def seeded() -> torch.Generator:
    return torch.Generator(device="cpu").manual_seed(7)


@pytest.mark.parametrize("name", ALWAYS)
def test_another_default_device_changes_nothing(name: str) -> None:
    expected = ALWAYS[name]()
    with torch.device("meta"):
        found = ALWAYS[name]()
    if isinstance(expected, list | bool):
        assert found == expected
    else:
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_grade_under_another_default_device(capsys: pytest.CaptureFixture[str]) -> None:
    with torch.device("meta"):
        grade([1.0, 2.0], torch.tensor([1.0, 2.0], device="cpu"))
        grade(torch.tensor([2**60], device="cpu"), torch.tensor([2.0**60], device="cpu"))
    assert capsys.readouterr().out == "✓ right\n" * 2


def test_many_stacks_are_made_on_the_default_device_as_torchs_modules_are() -> None:
    with torch.device("meta"):
        assert {p.device.type for p in models.ManyStacks(2, 1, 3).parameters()} == {"meta"}
