"""No prediction of a sequence-to-sequence model depends on padding, on its batch, or on how it is decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from configurations import DEVICE, as_tuple, generated, sampled
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlib.lengths import mask_from_lengths
from rnnlib.losses import sequence_loss
from rnnlib.seq2seq import (
    AttentionDecoder,
    Bridge,
    Decoder,
    Encoder,
    Seq2Seq,
    greedy,
    load,
    save,
    shift_right,
    translate,
)
from rnnlib.seq2seq.attention import SCORES
from rnnlib.vocabulary import BOS, EOS, PAD, UNK, Vocabulary

Case = dict[str, Any]
SOURCE_SIZE, TARGET_SIZE, LONGEST = 9, 7, 8


def build(
    kind: str = "LSTM",
    num_layers: int = 1,
    bidirectional: bool = True,
    dropout: float = 0.0,
    seed: int = 0,
    score: str | None = None,
) -> Seq2Seq:
    """A model with large random weights in float64, whose guesses vary, on the device of the tests."""
    torch.manual_seed(seed)
    options: dict[str, Any] = {"kind": kind, "num_layers": num_layers, "dropout": dropout}
    width = 6 if bidirectional else 3
    decoder = (
        Decoder(TARGET_SIZE, 4, 5, **options)
        if score is None
        else AttentionDecoder(TARGET_SIZE, 4, 5, width, score=score, **options)
    )
    model = Seq2Seq(
        Encoder(
            SOURCE_SIZE,
            2,
            3,
            kind=kind,
            num_layers=num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
        ),
        Bridge(3, 5, num_layers, kind=kind, bidirectional=bidirectional),
        decoder,
        max_length=LONGEST,
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)
    return model.double().to(DEVICE)


def padded(rows: list[Tensor], pad: int = PAD) -> Tensor:
    return nn.utils.rnn.pad_sequence(rows, padding_value=pad).to(DEVICE)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A model, and a batch of sources and targets of unequal length."""
    batch_size = draw(st.integers(1, 4))
    model = build(
        draw(st.sampled_from(["RNN", "GRU", "LSTM"])),
        draw(st.integers(1, 3)),
        draw(st.booleans()),
        seed=draw(st.integers(0, 10_000)),
        score=draw(st.sampled_from([None, *SCORES])),
    )
    lengths = draw(st.lists(st.integers(1, 6), min_size=batch_size, max_size=batch_size))
    target_lengths = draw(st.lists(st.integers(1, 5), min_size=batch_size, max_size=batch_size))
    sources = [torch.randint(UNK, SOURCE_SIZE, (length,)) for length in lengths]
    targets = [
        torch.cat([torch.randint(UNK, TARGET_SIZE, (length - 1,)), torch.tensor([EOS])])
        for length in target_lengths
    ]
    return {
        "model": model,
        "sources": sources,
        "source": padded(sources),
        "lengths": lengths,
        "targets": targets,
        "target": padded(targets),
        "target_lengths": target_lengths,
        "seed": draw(st.integers(0, 10_000)),
    }


def scores(case: Case, **changed: Any) -> list[Tensor]:
    """The scores of each sequence's valid steps."""
    given_ = case | changed
    extra = {name: given_[name] for name in ("forcing", "per", "generator") if name in given_}
    with torch.no_grad():
        logits = given_["model"](given_["source"], given_["lengths"], given_["target"], **extra)
    return [logits[:length, n] for n, length in enumerate(given_["target_lengths"])]


def decoded(case: Case, max_length: int = 7, **changed: Any) -> list[tuple[list[int], int, bool]]:
    """What greedy makes of each row, padding cut off, how long it says that this is, and whether it stopped."""
    given_ = case | changed
    tokens, lengths, stopped = greedy(given_["model"], given_["source"], given_["lengths"], max_length)
    assert len(tokens) == lengths.max()
    for n, length in enumerate(lengths.tolist()):
        assert (tokens[length:, n] == PAD).all()
    return [
        (tokens[:length, n].tolist(), length, flag)
        for n, (length, flag) in enumerate(zip(lengths.tolist(), stopped.tolist(), strict=True))
    ]


def same(first: list[Tensor], second: list[Tensor]) -> bool:
    return all(torch.allclose(a, b, rtol=0, atol=1e-10) for a, b in zip(first, second, strict=True))


@given(cases(), st.integers(0, 4), st.sampled_from([PAD, EOS, 5, -1, 1000]))
@generated
def test_padding_of_the_source_never_changes_a_prediction(case: Case, more: int, pad: int) -> None:
    rows = [*case["sources"], torch.zeros(len(case["source"]) + more, dtype=torch.int64)]
    source = padded(rows, pad)[:, :-1]
    assert same(scores(case, source=source), scores(case))
    assert decoded(case, source=source) == decoded(case)


@given(cases(), st.integers(0, 4), st.sampled_from([BOS, EOS, 5]), st.sampled_from([0.0, 1.0]))
@generated
def test_padding_of_the_target_never_changes_a_prediction(
    case: Case, more: int, pad: int, forcing: float
) -> None:
    rows = [*case["targets"], torch.zeros(len(case["target"]) + more, dtype=torch.int64)]
    target = padded(rows, pad)[:, :-1]
    assert same(scores(case, target=target, forcing=forcing), scores(case, forcing=forcing))
    lengths = case["target_lengths"]
    with torch.no_grad():
        longer = sequence_loss(case["model"](case["source"], case["lengths"], target), target, lengths)
        logits = case["model"](case["source"], case["lengths"], case["target"])
    assert torch.allclose(longer, sequence_loss(logits, case["target"], lengths), rtol=0, atol=1e-10)


@given(cases(), st.sampled_from([0.0, 1.0]), st.randoms(use_true_random=False))
@generated
def test_the_order_of_the_batch_never_changes_a_prediction(case: Case, forcing: float, random: Any) -> None:
    order = random.sample(range(len(case["lengths"])), len(case["lengths"]))
    shuffled = {name: case[name][:, order] for name in ("source", "target")} | {
        name: [case[name][n] for n in order] for name in ("lengths", "target_lengths")
    }
    expected = scores(case, forcing=forcing)
    assert same(scores(case, forcing=forcing, **shuffled), [expected[n] for n in order])
    assert decoded(case, **shuffled) == [decoded(case)[n] for n in order]


@given(cases())
@generated
def test_one_by_one_is_the_same_as_in_a_batch(case: Case) -> None:
    alone, written = [], []
    for n, (length, target_length) in enumerate(zip(case["lengths"], case["target_lengths"], strict=True)):
        one = {
            "source": case["source"][:length, n : n + 1],
            "lengths": [length],
            "target": case["target"][:target_length, n : n + 1],
            "target_lengths": [target_length],
        }
        alone += scores(case, **one)
        written += decoded(case, **one)
    assert same(scores(case), alone)
    assert decoded(case) == written


@given(cases())
@generated
def test_the_loss_is_the_sum_of_step_losses_by_hand(case: Case) -> None:
    model, total = case["model"], torch.zeros((), dtype=torch.float64).to(DEVICE)
    for source, target in zip(case["sources"], case["targets"], strict=True):
        outputs, state = model.encode(source.unsqueeze(1).to(DEVICE), [len(source)])
        memory = model.decoder.remember(outputs, [len(source)])
        before = BOS
        for token in target.tolist():
            z, state = model.decoder.step(torch.tensor([before], device=DEVICE), state, memory)
            total = total - torch.log_softmax(z[0], dim=0)[token]
            before = token
    by_hand = total / sum(case["target_lengths"])
    logits = model(case["source"], case["lengths"], case["target"])
    loss = sequence_loss(logits, case["target"], case["target_lengths"])
    assert torch.allclose(loss, by_hand, rtol=0, atol=1e-10)
    parameters = list(model.parameters())
    for ours, wanted in zip(
        torch.autograd.grad(loss, parameters), torch.autograd.grad(by_hand, parameters), strict=True
    ):
        assert torch.allclose(ours, wanted, rtol=0, atol=1e-9)


@given(cases())
@generated
def test_forcing_in_one_call_equals_forcing_step_by_step(case: Case) -> None:
    model = case["model"]
    with torch.no_grad():
        outputs, state = model.encode(case["source"], case["lengths"])
        memory = model.decoder.remember(outputs, case["lengths"])
        steps = []
        for token in shift_right(case["target"]):
            z, state = model.decoder.step(token, state, memory)
            steps.append(z)
    expected = [torch.stack(steps)[:length, n] for n, length in enumerate(case["target_lengths"])]
    assert same(scores(case, forcing=1.0), expected)
    # So near to 1 that every draw is below it, but in the loop over steps.
    assert same(scores(case, forcing=1 - 1e-16 * 2), expected)


@given(cases())
@generated
def test_without_forcing_the_guesses_are_greedys_until_the_stop(case: Case) -> None:
    steps = 6
    target = case["target"].new_full((steps, len(case["lengths"])), 4)
    with torch.no_grad():
        logits = case["model"](case["source"], case["lengths"], target, forcing=0.0)
    for n, (tokens, length, _) in enumerate(decoded(case, max_length=steps)):
        assert logits[:length, n].argmax(dim=-1).tolist() == tokens


@given(cases(), st.sampled_from(["step", "sequence"]), st.sampled_from([0.25, 0.5, 0.75]))
@generated
def test_every_draw_decides_over_one_token(case: Case, per: str, forcing: float) -> None:
    model, inputs = case["model"], shift_right(case["target"])
    generator = torch.Generator().manual_seed(case["seed"])
    drawn = torch.rand(len(inputs) if per == "step" else 1, inputs.shape[1], generator=generator)
    expected = []
    with torch.no_grad():
        outputs, state = model.encode(case["source"], case["lengths"])
        memory = model.decoder.remember(outputs, case["lengths"])
        token = inputs[0]
        for t in range(len(inputs)):
            z, state = model.decoder.step(token, state, memory)
            expected.append(z)
            if t + 1 < len(inputs):
                own = z.argmax(dim=-1)
                row = drawn[t + 1 if per == "step" else 0]
                token = torch.stack(
                    [inputs[t + 1, n] if row[n] < forcing else own[n] for n in range(len(own))]
                )
    wanted = [torch.stack(expected)[:length, n] for n, length in enumerate(case["target_lengths"])]
    generator.manual_seed(case["seed"])
    assert same(scores(case, forcing=forcing, per=per, generator=generator), wanted)


def test_forcing_is_the_share_of_true_tokens() -> None:
    model = build()
    source, target = torch.full((3, 4000), 4).to(DEVICE), torch.full((5, 4000), 3).to(DEVICE)
    read = []
    model.decoder.embedding.register_forward_hook(lambda _, tokens, __: read.append(tokens[0]))
    with torch.no_grad():
        model.decoder.readout.bias[4] = 1e6  # the model's own guess is always 4, the truth always 3
        generator = torch.Generator().manual_seed(0)
        for per in ("step", "sequence"):
            read.clear()
            model(source, [3] * 4000, target, forcing=0.3, per=per, generator=generator)
            tokens = torch.cat(read)
            assert tokens.shape == (5, 4000)
            assert (tokens[0] == BOS).all()
            true = tokens[1:] == 3
            assert 0.27 < true.double().mean() < 0.33
            assert bool((true == true[:1]).all()) is (per == "sequence")


def test_forcing_1_draws_nothing() -> None:
    model, source = build(), torch.full((3, 2), 4).to(DEVICE)
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    model(source, [3, 2], source, forcing=1.0, generator=generator)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_the_bridge_maps_layer_to_layer_forward_before_backward(
    kind: str, bidirectional: bool, num_layers: int
) -> None:
    torch.manual_seed(0)
    bridge = Bridge(3, 5, num_layers, kind=kind, bidirectional=bidirectional).double()
    directions = 2 if bidirectional else 1
    state = tuple(
        torch.randn(num_layers * directions, 4, 3, dtype=torch.float64) for _ in range(1 + (kind == "LSTM"))
    )
    mapped = as_tuple(bridge(state if kind == "LSTM" else state[0]))
    for name, tensor, result in zip(("h", "c"), state, mapped, strict=False):
        assert result.shape == (num_layers, 4, 5)
        for k in range(num_layers):
            layer = getattr(bridge, name)[k]
            parts = [tensor[2 * k], tensor[2 * k + 1]] if bidirectional else [tensor[k]]
            expected = torch.cat(parts, dim=1) @ layer.weight.T + layer.bias
            assert torch.allclose(result[k], expected.tanh() if name == "h" else expected)
    assert len(mapped) == len(state)


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_the_encoder_is_torchs_layer_over_a_packed_batch(kind: str) -> None:
    torch.manual_seed(0)
    encoder = Encoder(SOURCE_SIZE, 2, 3, kind=kind, num_layers=2).to(DEVICE)
    source, lengths = torch.randint(0, SOURCE_SIZE, (6, 3)).to(DEVICE), [2, 6, 4]
    outputs, state = encoder(source, lengths)
    packed = nn.utils.rnn.pack_padded_sequence(encoder.embedding(source), lengths, enforce_sorted=False)
    expected, final = encoder.rnn(packed)
    expected, _ = nn.utils.rnn.pad_packed_sequence(expected)
    assert torch.allclose(outputs, expected, rtol=0, atol=1e-5)
    for ours, wanted in zip(as_tuple(state), as_tuple(final), strict=True):
        assert torch.allclose(ours, wanted, rtol=0, atol=1e-5)


def test_the_decoder_reads_bos_and_never_the_token_that_it_is_to_write() -> None:
    target = torch.tensor([[4, 5], [6, EOS], [EOS, PAD]])
    assert shift_right(target).tolist() == [[BOS, BOS], [4, 5], [6, EOS]]
    model = build()
    source = torch.full((3, 2), 4).to(DEVICE)
    changed = torch.tensor([[4, 5], [5, EOS], [EOS, PAD]])
    with torch.no_grad():
        first = model(source, [3, 3], target.to(DEVICE))
        second = model(source, [3, 3], changed.to(DEVICE))
    assert torch.equal(first[:2], second[:2])
    assert not torch.allclose(first[2, 0], second[2, 0], rtol=0, atol=1e-6)


def test_every_row_stops_at_its_own_eos_and_the_loop_when_all_have() -> None:
    """A decoder that counts down: it writes EOS when the token before it was 4, and a token less otherwise."""
    model = build()
    taken = []

    def step(token: Tensor, state: Any, memory: None) -> tuple[Tensor, Any]:
        taken.append(token.tolist())
        first = torch.tensor([6, 4, 5], device=DEVICE)
        following = torch.where(token == 4, EOS, (token - 1).clamp(min=0))
        following = torch.where(token == EOS, 6, following)  # after the stop it would go on
        return F.one_hot(torch.where(token == BOS, first, following), TARGET_SIZE).double(), state

    model.decoder.step = step
    source = torch.full((2, 3), 4).to(DEVICE)
    tokens, lengths, stopped = greedy(model, source, [2, 2, 2], max_length=10)
    assert tokens.T.tolist() == [[6, 5, 4, EOS], [4, EOS, PAD, PAD], [5, 4, EOS, PAD]]
    assert (lengths.tolist(), stopped.tolist()) == ([4, 2, 3], [True, True, True])
    assert len(taken) == 4
    tokens, lengths, stopped = greedy(model, source, [2, 2, 2], max_length=3)
    assert tokens.T.tolist() == [[6, 5, 4], [4, EOS, PAD], [5, 4, EOS]]
    assert (lengths.tolist(), stopped.tolist()) == ([3, 2, 3], [False, True, True])


@pytest.mark.parametrize("training", [False, True])
def test_greedy_evaluates_and_puts_the_mode_back(training: bool) -> None:
    model = build(dropout=0.5, num_layers=2).train(training)
    source = torch.randint(UNK, SOURCE_SIZE, (6, 5)).to(DEVICE)
    first = greedy(model, source, [6] * 5, 7)
    assert all(torch.equal(greedy(model, source, [6] * 5, 7).tokens, first.tokens) for _ in range(5))
    assert model.training is training
    assert all(module.training is training for module in model.modules())
    with pytest.raises(ValueError, match="source must have at most max_length"):
        greedy(model, torch.full((9, 1), 4).to(DEVICE), [9])
    assert model.training is training


def test_dropout_falls_on_the_embeddings_and_between_the_layers() -> None:
    model = build(dropout=0.5, num_layers=2)
    source = torch.randint(UNK, SOURCE_SIZE, (6, 5)).to(DEVICE)
    one, other = (
        model(source, [6] * 5, source[:3] % TARGET_SIZE),
        model(source, [6] * 5, source[:3] % TARGET_SIZE),
    )
    assert not torch.allclose(one, other, rtol=0, atol=1e-3)
    assert (model.encoder.rnn.dropout, model.decoder.rnn.dropout) == (0.5, 0.5)
    dropped = model.decoder.embed(torch.full((1000,), 4).to(DEVICE)) == 0
    assert 0.45 < dropped.double().mean() < 0.55
    assert build(dropout=0.5).encoder.rnn.dropout == 0  # a lone layer would warn


def test_padding_in_the_batch_gets_no_gradient() -> None:
    model = build()
    source, target = torch.full((4, 2), 4).to(DEVICE), torch.full((3, 2), 5).to(DEVICE)
    source[2:, 1], target[1:, 1] = PAD, PAD
    logits = model(source, [4, 2], target)
    logits.retain_grad()
    sequence_loss(logits, target, [3, 1]).backward()
    assert (logits.grad[1:, 1] == 0).all()
    assert (model.encoder.embedding.weight.grad[PAD] == 0).all()
    assert (model.decoder.embedding.weight.grad[PAD] == 0).all()
    assert model.encoder.embedding.weight.grad[4].any()


TEXTS = ["Mai 2024", "5月", "٣"]


def vocabularies() -> dict[str, Vocabulary]:
    return {"source": Vocabulary.from_texts(TEXTS), "target": Vocabulary("012")}


def reader(kind: str = "LSTM", bidirectional: bool = True, score: str | None = None) -> Seq2Seq:
    torch.manual_seed(1)
    sizes = {name: len(vocabulary) for name, vocabulary in vocabularies().items()}
    decoder = (
        Decoder(sizes["target"], 4, 5, kind=kind, num_layers=2)
        if score is None
        else AttentionDecoder(
            sizes["target"], 4, 5, 6 if bidirectional else 3, score=score, kind=kind, num_layers=2
        )
    )
    return Seq2Seq(
        Encoder(sizes["source"], 2, 3, kind=kind, num_layers=2, bidirectional=bidirectional, dropout=0.1),
        Bridge(3, 5, 2, kind=kind, bidirectional=bidirectional),
        decoder,
        max_length=12,
    )


@pytest.mark.parametrize("as_dicts", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("kind", "bidirectional", "score"),
    [
        ("LSTM", True, None),
        ("GRU", False, None),
        ("RNN", True, None),
        ("LSTM", True, "dot"),
        ("GRU", False, "additive"),
    ],
)
def test_what_is_saved_can_be_loaded_and_says_the_same(
    tmp_path: Path, kind: str, bidirectional: bool, score: str | None, dtype: torch.dtype, as_dicts: bool
) -> None:
    model, words = reader(kind, bidirectional, score).to(dtype).to(DEVICE), vocabularies()
    path = tmp_path / "model.pt"
    save(path, model, {name: v.to_dict() for name, v in words.items()} if as_dicts else words)
    again, words_again = load(path)
    assert again.configuration() == model.configuration()
    assert type(again.decoder) is type(model.decoder)
    assert not again.training
    assert {name: w.to_dict() for name, w in words_again.items()} == {
        n: w.to_dict() for n, w in words.items()
    }
    for name, weight in again.state_dict().items():
        assert weight.dtype == dtype
        assert torch.equal(weight, model.state_dict()[name].cpu())
    assert translate(again, words_again, TEXTS, 9) == translate(model.cpu(), words, TEXTS, 9)


def test_the_file_holds_nothing_that_could_run(tmp_path: Path) -> None:
    save(tmp_path / "model.pt", reader(), vocabularies())
    stored = torch.load(tmp_path / "model.pt", weights_only=True)
    assert stored.keys() == {"configuration", "weights", "vocabularies"}


def test_a_file_of_another_sort_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(
        ValueError, match=r"path must be a file that save wrote, got something else in other\.pt"
    ):
        load(tmp_path / "other.pt")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.pt")
    with pytest.raises(TypeError, match="model must be a Seq2Seq, got Linear"):
        save(tmp_path / "model.pt", nn.Linear(1, 1), vocabularies())
    with pytest.raises(
        TypeError, match=r"vocabularies\['source'\] must be a Vocabulary or its dict, got list"
    ):
        save(tmp_path / "model.pt", reader(), {"source": ["a"]})


def test_translate_says_of_each_text_what_it_says_of_it_alone() -> None:
    model, words = reader().double().to(DEVICE), vocabularies()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)
    together = translate(model, words, TEXTS, 9)
    assert together == [translate(model, words, [text], 9)[0] for text in TEXTS]
    assert len(set(together)) > 1
    assert all("<eos>" not in text for text in together)


def test_an_unknown_character_is_read_as_unk() -> None:
    model, words = reader().double().to(DEVICE), vocabularies()
    assert words["source"].encode("5Ω") == [words["source"].encode("5")[0], UNK]
    assert translate(model, words, ["5Ω"], 9) == translate(model, words, ["5Ж"], 9)


def test_only_valid_tokens_count_towards_the_longest_source() -> None:
    model = build()
    source = torch.full((LONGEST + 5, 2), 4).to(DEVICE)
    assert model(source, [LONGEST, 1], source[:2]).shape == (2, 2, TARGET_SIZE)
    with pytest.raises(
        ValueError,
        match=f"source must have at most max_length = {LONGEST} tokens, got {LONGEST + 1} in row 1",
    ):
        model(source, [1, LONGEST + 1], source[:2])


def test_unless_told_otherwise_a_source_may_have_a_hundred_tokens() -> None:
    model = Seq2Seq(Encoder(9, 2, 3), Bridge(3, 5), Decoder(7, 4, 5))
    source = torch.full((101, 1), 4)
    assert model(source[:100], [100], source[:2]).shape == (2, 1, 7)
    with pytest.raises(ValueError, match="source must have at most max_length = 100 tokens, got 101"):
        model(source, [101], source[:2])


@given(cases())
@sampled
def test_shapes_are_those_of_the_docstrings(case: Case) -> None:
    model, source, lengths, target = (case[name] for name in ("model", "source", "lengths", "target"))
    steps, batch_size = source.shape
    directions, num_layers = 2 if model.encoder.bidirectional else 1, model.encoder.num_layers
    outputs, state = model.encoder(source, lengths)
    assert outputs.shape == (steps, batch_size, directions * 3)
    assert (outputs[~mask_from_lengths(lengths, steps).to(DEVICE)] == 0).all()
    assert all(s.shape == (num_layers * directions, batch_size, 3) for s in as_tuple(state))
    initial = model.bridge(state)
    assert all(s.shape == (num_layers, batch_size, 5) for s in as_tuple(initial))
    assert len(as_tuple(initial)) == (2 if model.encoder.kind == "LSTM" else 1)
    logits, after = model.decoder.step(target[0], initial, model.decoder.remember(outputs, case["lengths"]))
    assert logits.shape == (batch_size, TARGET_SIZE)
    assert all(s.shape == (num_layers, batch_size, 5) for s in as_tuple(after))
    assert model(source, lengths, target).shape == (*target.shape, TARGET_SIZE)
    assert model(source, lengths, target, forcing=0.5).shape == (*target.shape, TARGET_SIZE)


def ids(*shape: int) -> Tensor:
    return torch.full(shape, 4).to(DEVICE)


def state(*shape: int) -> tuple[Tensor, Tensor]:
    zeros = torch.zeros(shape, dtype=torch.float64).to(DEVICE)
    return zeros, zeros


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: Encoder(5, 2, 3, kind="CNN"), ValueError, "kind must be one of RNN, GRU, LSTM, got 'CNN'"),
        (lambda m: Bridge(3, 5, kind="CNN"), ValueError, "kind must be one of RNN, GRU, LSTM, got 'CNN'"),
        (lambda m: Encoder(0, 2, 3), ValueError, "vocabulary_size must be at least 1, got 0"),
        (lambda m: Encoder(5, 2.0, 3), TypeError, "embedding_size must be an int"),
        (lambda m: Encoder(5, 2, 3, bidirectional=1), TypeError, "bidirectional must be True or False"),
        (lambda m: Decoder(5, 2, 0), ValueError, "hidden_size must be at least 1, got 0"),
        (
            lambda m: Decoder(5, 2, 3, dropout=1.5),
            ValueError,
            "dropout must be a number from 0 to 1, got 1.5",
        ),
        (lambda m: Decoder(5, 2, 3, dropout="0"), TypeError, "dropout must be a number from 0 to 1, got '0'"),
        (lambda m: Bridge(3, 5, 0), ValueError, "num_layers must be at least 1, got 0"),
        (
            lambda m: Seq2Seq(m.encoder, m.bridge, m.encoder),
            TypeError,
            "decoder must be a Decoder, got Encoder",
        ),
        (
            lambda m: Seq2Seq(m.encoder, Bridge(3, 5, 2), m.decoder),
            ValueError,
            "bridge.num_layers must be 1 to fit the part before it, got 2",
        ),
        (
            lambda m: Seq2Seq(m.encoder, Bridge(3, 5, kind="GRU"), m.decoder),
            ValueError,
            "bridge.kind must be",
        ),
        (
            lambda m: Seq2Seq(m.encoder, Bridge(3, 5, bidirectional=False), m.decoder),
            ValueError,
            "bridge.bidirectional must be True",
        ),
        (lambda m: Seq2Seq(m.encoder, Bridge(4, 5), m.decoder), ValueError, "hidden_size_encoder must be 3"),
        (
            lambda m: Seq2Seq(m.encoder, m.bridge, Decoder(5, 2, 6)),
            ValueError,
            "decoder.hidden_size must be 5",
        ),
        (
            lambda m: Seq2Seq(m.encoder, m.bridge, m.decoder, max_length=0),
            ValueError,
            "max_length must be at",
        ),
        (lambda m: m.encode([4], [1]), TypeError, "source must be a tensor, got list"),
        (lambda m: m.encode(ids(3), [1]), ValueError, r"source must have shape \(L, N\), .* got \(3,\)"),
        (lambda m: m.encode(ids(0, 2), [1, 1]), ValueError, r"source must have shape .* got \(0, 2\)"),
        (lambda m: m.encode(ids(3, 2).int(), [1, 1]), TypeError, "source must be int64, got torch.int32"),
        (
            lambda m: m.encode(ids(3, 2) * 3, [1, 1]),
            ValueError,
            "source must hold ids from 0 to 8, got 0 to 12",
        ),
        (lambda m: m.encode(-ids(3, 2), [1, 3]), ValueError, "source must hold ids from 0 to 8, got -4"),
        (lambda m: m.encode(ids(3, 2), [1, 4]), ValueError, "lengths must be from 1 to L = 3, got 4"),
        (lambda m: m.encode(ids(3, 2), [1, 0]), ValueError, "lengths must be from 1"),
        (lambda m: m.encode(ids(3, 2), [1]), ValueError, "lengths must have one entry for each of the 2"),
        (lambda m: m.encode(ids(3, 2), [1.0, 2.0]), TypeError, "lengths must be integers"),
        (lambda m: m(ids(3, 2), [1, 1], ids(3)), ValueError, r"target must have shape \(T, N\)"),
        (lambda m: m(ids(3, 2), [1, 1], ids(0, 2)), ValueError, r"target must have shape \(T, N\)"),
        (lambda m: m(ids(3, 2), [1, 1], ids(3, 1)), ValueError, r"with N = 2 as source has, got \(3, 1\)"),
        (
            lambda m: m(ids(3, 2), [1, 1], ids(3, 2) + 3),
            ValueError,
            "target must hold ids from 0 to 6, got 7",
        ),
        (lambda m: m(ids(3, 2), [1, 1], ids(3, 2).double()), TypeError, "target must be int64"),
        (
            lambda m: m(ids(3, 2), [1, 1], ids(3, 2), forcing=1.1),
            ValueError,
            "forcing must be a number from 0",
        ),
        (
            lambda m: m(ids(3, 2), [1, 1], ids(3, 2), forcing=None),
            TypeError,
            "forcing must be a number from 0",
        ),
        (
            lambda m: m(ids(3, 2), [1, 1], ids(3, 2), per="row"),
            ValueError,
            "per must be 'step' or 'sequence'",
        ),
        (lambda m: m(ids(3, 2), [1, 1], ids(3, 2), generator=0), TypeError, "generator must be a torch.Gen"),
        (lambda m: m.bridge(state(1, 2, 3)), ValueError, r"state\[0\] \(h_n\) must have shape \(2, 2, 3\)"),
        (
            lambda m: m.bridge(state(2, 2, 3)[0]),
            TypeError,
            r"state must be a tuple of two tensors \(h_n, c_n\)",
        ),
        (lambda m: m.decoder(ids(3, 2), state(1, 1, 5)), ValueError, r"state\[0\] \(h_0\) must have shape"),
        (
            lambda m: m.decoder(ids(3, 2), state(1, 2, 5)[0]),
            TypeError,
            "state must be a tuple of two tensors",
        ),
        (
            lambda m: m.bridge(None),
            TypeError,
            "state must be a tensor, or of an LSTM a tuple of two, got None",
        ),
        (lambda m: m.decoder(ids(3, 2), None), TypeError, "state must be a tensor, or of an LSTM a tuple"),
        (lambda m: m.decoder(ids(3), state(1, 2, 5)), ValueError, r"inputs must have shape \(T, N\)"),
        (lambda m: m.decoder.step(ids(3, 2), state(1, 2, 5)), ValueError, r"token must have shape \(N\)"),
        (lambda m: m.decoder.step(ids(2) + 3, state(1, 2, 5)), ValueError, "token must hold ids from 0 to 6"),
        (lambda m: greedy(m, ids(3, 2), [1, 1], 0), ValueError, "max_length must be at least 1, got 0"),
        (lambda m: greedy(m, ids(3, 2), [1, 1], 2.0), TypeError, "max_length must be an int"),
        (lambda m: shift_right([1]), TypeError, "target must be a tensor, got list"),
        (lambda m: shift_right(ids(3)), ValueError, r"target must have shape \(T, N\)"),
        (lambda m: shift_right(ids(0, 2)), ValueError, r"no axis of size 0, got \(0, 2\)"),
        (lambda m: shift_right(ids(3, 0)), ValueError, r"no axis of size 0, got \(3, 0\)"),
        (lambda m: shift_right(ids(3, 2).int()), TypeError, "target must be int64"),
        (
            lambda m: translate(m, vocabularies(), []),
            ValueError,
            "texts must hold at least one text, got none",
        ),
        (lambda m: translate(m, vocabularies(), "5"), TypeError, "texts must be a list of strings"),
        (lambda m: translate(m, vocabularies(), ["5", ""]), ValueError, "empty"),
        (
            lambda m: translate(m, vocabularies(), ["5", "5" * 9]),
            ValueError,
            "source must have at most max_length = 8 tokens, got 9 in row 1",
        ),
        (
            lambda m: sequence_loss(torch.zeros(3, 2), ids(3, 2), [1, 1]),
            ValueError,
            r"logits must have shape \(T, N, V\), got \(3, 2\)",
        ),
        (
            lambda m: sequence_loss(torch.zeros(3, 2, 7).to(DEVICE), ids(3, 2), [1, 4]),
            ValueError,
            "lengths must be from 1 to L = 3, got 4",
        ),
    ],
)
def test_a_wrong_argument_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(build())
