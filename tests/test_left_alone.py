"""The caller's things are left as they were: modes, tensors, figures, graphs, weights after a stop."""

from __future__ import annotations

import copy
import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from rnnlib import layers
from rnnlib.flipbook import explorer, flipbook
from rnnlib.gates import read_gates, set_forget_bias
from rnnlib.gradients import clip_by_norm
from rnnlib.lengths import BucketBatchSampler, pack, run_packed, unpack
from rnnlib.seq2seq import Bridge, Decoder, Encoder, Seq2Seq, greedy, load, save, translate
from rnnlib.training import train
from rnnlib.vocabulary import Vocabulary

LETTERS = Vocabulary("abc")


def model(**options: Any) -> Seq2Seq:
    torch.manual_seed(0)
    return Seq2Seq(Encoder(7, 4, 5, **options), Bridge(5, 6), Decoder(7, 4, 6))


@pytest.mark.parametrize("frozen", ["encoder", "decoder", "bridge", "encoder.embedding", "none"])
def test_each_module_gets_its_own_mode_back(frozen: str) -> None:
    translator = model().train()
    if frozen != "none":
        translator.get_submodule(frozen).eval()
    before = {name: module.training for name, module in translator.named_modules()}
    greedy(translator, torch.tensor([[5], [6]]), [2], 3)
    translate(translator, {"source": LETTERS, "target": LETTERS}, ["ab"], 3)
    assert {name: module.training for name, module in translator.named_modules()} == before


def test_each_module_gets_its_own_mode_back_after_an_error() -> None:
    translator = model().train()
    translator.encoder.eval()
    with pytest.raises(ValueError, match="source"):
        greedy(translator, torch.tensor([[50], [6]]), [2], 3)
    assert (translator.encoder.training, translator.decoder.training) == (False, True)


def test_a_samplers_lengths_are_its_own() -> None:
    lengths = torch.tensor([9, 1, 9, 1])
    sampler = BucketBatchSampler(lengths, 2, noise=0)
    lengths.clamp_(max=1)
    assert sampler.lengths.tolist() == [9, 1, 9, 1]


def test_gradients_that_have_a_graph_are_clipped_as_torch_clips_them() -> None:
    found = []
    for clip in (clip_by_norm, nn.utils.clip_grad_norm_):
        torch.manual_seed(0)
        layer = nn.Linear(3, 1)
        layer(torch.randn(4, 3)).pow(3).sum().backward(create_graph=True)
        norm = clip(layer.parameters(), 1.0)
        assert not norm.requires_grad
        layer.weight.grad.pow(2).sum().backward()
        found.append(layer.weight.grad.detach())
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_norm_of_half_gradients_may_be_beyond_their_range(dtype: torch.dtype) -> None:
    weight = nn.Parameter(torch.zeros(100, dtype=dtype))
    weight.grad = torch.full((100,), 3e4, dtype=dtype)
    assert clip_by_norm(weight, 10.0).item() == pytest.approx(3e5, rel=0.01)
    assert weight.grad.float().norm().item() == pytest.approx(10, rel=0.01)


def draw(value: float) -> Any:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot([0, value])
    return figure


def test_no_figure_of_pyplots_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    mpl.use("agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    mine = plt.figure()
    monkeypatch.setattr("rnnlib.flipbook.display", lambda *_, **__: None)
    flipbook(draw, [1, 2, 3], label="v", alt=lambda v: f"a line to {v}")
    explorer(
        lambda a, b: draw(a + b), {"a": (1, 2), "b": iter((3, 4))}, alt=lambda a, b: f"a line to {a} and {b}"
    )
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


class Versioned(nn.Linear):
    """A module with a state that is no tensor."""

    version: Any = 0

    def get_extra_state(self) -> Any:
        return {"version": self.version}

    def set_extra_state(self, state: Any) -> None:
        self.version = state["version"]


def loss(module: nn.Module, batch: Any) -> Any:
    return module(batch).pow(2).mean()


def test_a_state_that_is_no_tensor_is_kept_and_given_back() -> None:
    module, scores = Versioned(2, 1), iter([3.0, 1.0, 2.0])

    def validate(module: Any) -> float:
        module.version += 1
        return next(scores)

    train(module, [torch.randn(3, 2)] * 3, loss, validate=validate, every=1)
    assert module.version == 2  # as it was when the score was lowest


@pytest.mark.parametrize("last", [float("nan"), None, "an error"])
def test_a_validation_that_fails_leaves_the_best_weights(last: Any) -> None:
    torch.manual_seed(0)
    module, kept, calls = nn.Linear(2, 1), [], []

    def validate(module: nn.Module) -> Any:
        kept.append(copy.deepcopy(module.state_dict()))
        calls.append(1)
        if len(calls) < 3:
            return 1.0 / len(calls)
        if last == "an error":
            raise KeyError(last)
        return last

    with pytest.raises((ValueError, TypeError, KeyError)):
        train(module, [torch.randn(3, 2)] * 9, loss, validate=validate, every=1, learning_rate=0.1)
    assert all(torch.equal(value, kept[1][name]) for name, value in module.state_dict().items())
    assert module.training


def test_a_loss_that_is_no_tensor() -> None:
    with pytest.raises(TypeError, match="loss must give a tensor, got float at step 1"):
        train(nn.Linear(2, 1), [torch.randn(3, 2)], lambda module, batch: 1.0)


@pytest.mark.parametrize("max_norm", [None, 100.0, 0.5])
def test_sparse_gradients_are_trained_and_clipped_like_dense_ones(max_norm: float | None) -> None:
    found = []
    for sparse in (True, False):
        torch.manual_seed(0)
        words = nn.Embedding(9, 2, sparse=sparse)
        batches = [torch.tensor([1, 1, 4]), torch.tensor([2])]
        history = train(words, batches, loss, optimizer=torch.optim.SGD, learning_rate=0.1, max_norm=max_norm)
        found.append((words.weight.detach(), torch.tensor(history.norms)))
    torch.testing.assert_close(*found)


# What is no file of save's: a ValueError, as the docstring says.
def truncated(path: Path) -> None:
    save(path, model(), {"source": LETTERS})
    path.write_bytes(path.read_bytes()[:-200])


def missing_weight(path: Path) -> None:
    save(path, model(), {"source": LETTERS})
    stored = torch.load(path, weights_only=True)
    del stored["weights"]["decoder.readout.bias"]
    torch.save(stored, path)


def part_too_many(path: Path) -> None:
    save(path, model(), {"source": LETTERS})
    torch.save(torch.load(path, weights_only=True) | {"optimizer": {}}, path)


def wrong_shape(path: Path) -> None:
    save(path, model(), {"source": LETTERS})
    stored = torch.load(path, weights_only=True)
    stored["weights"]["decoder.readout.bias"] = torch.zeros(3)
    torch.save(stored, path)


FOREIGN = {
    "text": lambda path: path.write_text("hello, I am not a model"),
    "nothing": lambda path: path.write_bytes(b""),
    "a truncated file": truncated,
    "a pickled module": lambda path: torch.save(nn.Linear(2, 1), path),
    "a tensor": lambda path: torch.save(torch.zeros(2), path),
    "a state dict": lambda path: torch.save(model().state_dict(), path),
    "the parts, empty": lambda path: torch.save(
        {key: {} for key in ("configuration", "weights", "vocabularies")}, path
    ),
    "a part too many": part_too_many,
    "a weight missing": missing_weight,
    "a weight of another shape": wrong_shape,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_is_refused_by_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "foreign.pt"
    FOREIGN[name](path)
    with pytest.raises(
        ValueError, match=r"^path must be a file that save wrote, got something else in foreign\.pt$"
    ):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.pt")


@pytest.mark.parametrize("how", ["parametrised", "pruned"])
def test_a_model_whose_weights_are_computed_is_not_saved(how: str, tmp_path: Path) -> None:
    translator = model()
    if how == "pruned":
        prune.l1_unstructured(translator.decoder.readout, "weight", 0.5)
    else:
        nn.utils.parametrizations.weight_norm(translator.decoder.readout)
    with pytest.raises(
        ValueError, match=r"^model must have the weights of a fresh Seq2Seq.*decoder\.readout\.weight"
    ):
        save(tmp_path / "model.pt", translator, {"source": LETTERS})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("saved", "kind", "words"),
    [
        (None, TypeError, "saved must be a dict, got NoneType"),
        ([], TypeError, "saved must be a dict, got list"),
        ({}, ValueError, "saved must have the keys"),
        ({1: 2, "a": 3}, ValueError, "saved must have the keys"),
        ({"special": 3, "characters": "ab"}, ValueError, r"saved\['special'\] must be"),
        (
            {"special": LETTERS.to_dict()["special"], "characters": 5},
            ValueError,
            r"saved\['characters'\] must be",
        ),
        (
            {"special": LETTERS.to_dict()["special"], "characters": [1]},
            ValueError,
            r"saved\['characters'\] must be",
        ),
        (
            {"special": LETTERS.to_dict()["special"], "characters": "aa"},
            ValueError,
            r"saved\['characters'\] must be",
        ),
    ],
)
def test_what_describes_no_vocabulary(saved: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        Vocabulary.from_dict(saved)


def test_packing_no_sequence_at_all() -> None:
    with pytest.raises(ValueError, match="x must have at least one sequence"):
        pack(torch.zeros(5, 0, 2), [])


@pytest.mark.parametrize("total_length", [7.0, True, "7"])
def test_a_total_length_that_is_no_int(total_length: Any) -> None:
    with pytest.raises(TypeError, match="total_length must be an int or None"):
        unpack(pack(torch.zeros(5, 1), [3]), total_length=total_length)


def test_unpacking_what_is_not_packed() -> None:
    with pytest.raises(TypeError, match="packed must be what pack returns, or a PackedSequence, got Tensor"):
        unpack(torch.zeros(5, 1))  # type: ignore[arg-type]


def test_a_batch_that_was_packed_in_its_own_order() -> None:
    x = torch.arange(10.0).view(5, 2)
    packed = nn.utils.rnn.pack_padded_sequence(x, [5, 3])
    assert packed.sorted_indices is None
    found, lengths = unpack(packed)
    assert torch.equal(found, nn.utils.rnn.pad_packed_sequence(packed)[0])
    assert lengths.tolist() == [5, 3]


@pytest.mark.parametrize("lengths", [[1, 0], [2**70], [2**63]])
def test_a_samplers_lengths_have_no_greatest_but_that_of_an_integer(lengths: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^lengths must be from 1 to 2 \*\* 63 - 1, got "):
        BucketBatchSampler(lengths, 2)


def sampler(seed: int = 5, count: int = 23, **options: Any) -> BucketBatchSampler:
    lengths = torch.arange(count).remainder(6) + 1
    return BucketBatchSampler(lengths, 4, generator=torch.Generator().manual_seed(seed), **options)


def test_an_epoch_is_the_same_each_time_and_in_each_process() -> None:
    first, second = sampler(), sampler()
    list(second)  # something has been drawn before
    for epoch in (0, 1, 7):
        first.set_epoch(epoch)
        second.set_epoch(epoch)
        assert list(first) == list(first) == list(second)
    epochs = []
    for epoch in range(5):
        first.set_epoch(epoch)
        epochs.append(str(list(first)))
    assert len(set(epochs)) == 5


def test_without_an_epoch_each_iteration_is_another() -> None:
    one = sampler()
    assert list(one) != list(one)


def test_two_processes_share_an_epoch_by_the_recipe() -> None:
    shares = []
    for rank in range(2):
        own = sampler()
        own.set_epoch(3)
        batches = list(own)
        shares.append(batches[rank : len(batches) // 2 * 2 : 2])
    seen = [index for share in shares for batch in share for index in batch]
    assert len(shares[0]) == len(shares[1]) == 3
    assert len(seen) == len(set(seen)) >= 23 - 4


@pytest.mark.parametrize("epoch", [-1, 1.0, True])
def test_an_epoch_that_is_none(epoch: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^epoch must be"):
        sampler().set_epoch(epoch)


def test_an_epoch_needs_a_generator() -> None:
    with pytest.raises(ValueError, match=r"^set_epoch needs a generator"):
        BucketBatchSampler([1, 2], 2).set_epoch(1)


@pytest.mark.parametrize("how", ["parametrised", "pruned"])
def test_the_gates_of_a_layer_whose_weights_are_computed(how: str) -> None:
    torch.manual_seed(0)
    lstm, x = nn.LSTM(2, 3), torch.randn(4, 1, 2)
    if how == "pruned":
        prune.l1_unstructured(lstm, "weight_hh_l0", 0.5)
    else:
        nn.utils.parametrizations.weight_norm(lstm, "weight_hh_l0")
    gates = read_gates(lstm, x)
    output, (_, c_n) = lstm(x)
    torch.testing.assert_close(gates.h, output)
    torch.testing.assert_close(gates.o * gates.c.tanh(), output)
    torch.testing.assert_close(gates.c[-1:], c_n)


@pytest.mark.parametrize("how", ["parametrised", "pruned"])
@pytest.mark.parametrize("name", ["bias_ih_l1", "bias_hh_l0_reverse"])
def test_a_forget_bias_that_is_computed_is_refused_and_nothing_changed(name: str, how: str) -> None:
    lstm = nn.LSTM(2, 3, num_layers=2, bidirectional=True)
    if how == "pruned":
        prune.l1_unstructured(lstm, name, 0.5)
    else:
        nn.utils.parametrize.register_parametrization(lstm, name, nn.Identity())
    before = io.BytesIO()
    torch.save(lstm.state_dict(), before)
    with pytest.raises(ValueError, match=f"lstm must hold its biases as parameters, got {name} that is none"):
        set_forget_bias(lstm, 3.0)
    after = io.BytesIO()
    torch.save(lstm.state_dict(), after)
    assert before.getvalue() == after.getvalue()


def test_half_gradients_with_a_large_norm_are_trained() -> None:
    weight = nn.Linear(2, 1, bias=False).half()
    history = train(
        weight,
        [torch.full((1, 2), 250.0).half()],
        lambda module, x: module(x).float().sum() * 200,
        max_norm=1.0,
        optimizer=torch.optim.SGD,
    )
    assert history.norms[0] == pytest.approx(200 * 250 * 2**0.5, rel=0.01)


@pytest.mark.parametrize("place", [nn, layers])
def test_the_pair_of_states_may_be_a_list(place: Any) -> None:
    torch.manual_seed(0)
    lstm, x = place.LSTM(2, 3), torch.randn(4, 5, 2)
    pair = torch.rand(1, 5, 3), torch.rand(1, 5, 3)
    run = (lambda hx: run_packed(lstm, x, [4, 2, 1, 3, 4], hx)) if place is nn else (lambda hx: lstm(x, hx))
    torch.testing.assert_close(run([*pair]), run(pair), rtol=0, atol=0)


def test_layers_without_any_parameter_run() -> None:
    layer, x = layers.GRU(2, 3), torch.randn(4, 5, 2)
    expected, _ = layer(x)
    for name, weight in list(layer.named_parameters()):
        delattr(layer, name)
        setattr(layer, name, weight.detach())
    torch.testing.assert_close(layer(x)[0], expected)


def test_a_layer_on_meta_is_what_packing_makes_of_it() -> None:
    with torch.device("meta"):
        rnn, x = nn.GRU(2, 3), torch.randn(4, 5, 2)
    lengths = torch.tensor([4, 3, 2, 1, 1])

    def by_packing() -> Any:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(rnn(packed)[0], total_length=4)[0].shape

    answers = []
    for way in (by_packing, lambda: run_packed(rnn, x, lengths)[0].shape):
        try:
            answers.append(way())
        except (RuntimeError, NotImplementedError) as error:
            answers.append(str(error))
    assert answers[0] == answers[1]
