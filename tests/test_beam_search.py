"""A beam search finds what enumeration finds, ranks what it says, and moves with nothing but the source."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from configurations import DEVICE, generated
from hypothesis import given
from hypothesis import strategies as st
from test_seq2seq import Case, build, cases, padded
from torch import Tensor

from rnnlib.seq2seq import (
    Beams,
    Bridge,
    Decoder,
    Encoder,
    Seq2Seq,
    beam_search,
    greedy,
    log_probability,
    reorder,
    translate,
)
from rnnlib.vocabulary import BOS, EOS, PAD, UNK, Vocabulary

ALPHAS = st.sampled_from([0.0, 0.5, 1.0])
STOPS = st.sampled_from(["exact", "first", "all"])


def search(case: Case, width: int, **options: Any) -> Beams:
    return beam_search(case["model"], case["source"], case["lengths"], width, 6, **options)


def of_row(beams: Beams, row: int) -> list[tuple[list[int], bool, float]]:
    """The sequences found for one row, the best first: tokens without padding, whether they ended, and scores."""
    return [
        (beams.tokens[: beams.lengths[k, row], k, row].tolist(), bool(beams.stopped[k, row]), float(score))
        for k, score in enumerate(beams.scores[:, row])
        if score > -math.inf
    ]


def assert_same(found: list[Any], wanted: list[Any]) -> None:
    assert [(tokens, ended) for tokens, ended, _ in found] == [(tokens, ended) for tokens, ended, _ in wanted]
    assert [score for *_, score in found] == pytest.approx([score for *_, score in wanted])


@given(cases(), ALPHAS, STOPS)
@generated
def test_one_beam_is_greedy(case: Case, alpha: float, stop: str) -> None:
    beams = search(case, 1, alpha=alpha, stop=stop)
    tokens, lengths, stopped = greedy(case["model"], case["source"], case["lengths"], 6)
    assert torch.equal(beams.tokens[:, 0], tokens)
    assert torch.equal(beams.lengths[0], lengths)
    assert torch.equal(beams.stopped[0], stopped)


def every_sequence(size: int, longest: int) -> list[list[int]]:
    """All sequences of tokens that end in EOS, and all of the greatest length that do not."""
    found = []
    for length in range(1, longest + 1):
        for tokens in itertools.product(range(size), repeat=length):
            if EOS in tokens[:-1]:
                continue
            if tokens[-1] == EOS or length == longest:
                found.append(list(tokens))
    return found


def tiny(seed: int, size: int = UNK + 2, score: str | None = None) -> Seq2Seq:
    model = build(seed=seed, score=score)
    torch.manual_seed(seed)
    model.decoder.readout = torch.nn.Linear(5, size).double().to(DEVICE)
    model.decoder.embedding = torch.nn.Embedding(size, 4).double().to(DEVICE)
    return model


@pytest.mark.parametrize("score", [None, "dot", "additive"])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_full_beam_finds_what_enumeration_finds(seed: int, alpha: float, score: str | None) -> None:
    size, longest = UNK + 2, 3
    model, source = tiny(seed, size, score), padded([torch.tensor([4, 5, 6]), torch.tensor([7])])
    everything = every_sequence(size, longest)
    beams = beam_search(model, source, [3, 1], len(everything) + 5, longest, alpha=alpha, stop="all")
    for row, length in enumerate([3, 1]):
        ranked = []
        for tokens in everything:
            one = source[:length, row : row + 1]
            target = torch.tensor(tokens, device=DEVICE).unsqueeze(1)
            with torch.no_grad():
                total = log_probability(model, one, [length], target, [len(tokens)])
            ranked.append((float(total) / len(tokens) ** alpha, tokens, float(total)))
        ranked.sort(reverse=True)
        found = of_row(beams, row)
        assert len(found) == len(everything)
        assert [tokens for tokens, *_ in found] == [tokens for _, tokens, _ in ranked]
        assert [score for *_, score in found] == pytest.approx([total for *_, total in ranked])
        assert beams.ranks[: len(ranked), row].tolist() == pytest.approx([rank for rank, *_ in ranked])


@given(cases(), st.integers(1, 5), ALPHAS, STOPS)
@generated
def test_scores_are_the_sequences_log_probabilities_and_ranks_are_in_order(
    case: Case, width: int, alpha: float, stop: str
) -> None:
    beams = search(case, width, alpha=alpha, stop=stop)
    assert (beams.ranks[:-1] >= beams.ranks[1:]).all()
    for row, length in enumerate(case["lengths"]):
        found = of_row(beams, row)
        assert len({tuple(tokens) for tokens, *_ in found}) == len(found)
        for k, (tokens, ended, score) in enumerate(found):
            target = torch.tensor(tokens, device=DEVICE).unsqueeze(1)
            source = case["source"][:length, row : row + 1]
            with torch.no_grad():
                total = log_probability(case["model"], source, [length], target, [len(tokens)])
            assert score == pytest.approx(float(total))
            assert float(beams.ranks[k, row]) == pytest.approx(score / len(tokens) ** alpha)
            assert ended == (tokens[-1] == EOS)
            assert EOS not in tokens[:-1]
            assert (beams.tokens[len(tokens) :, k, row] == PAD).all()


@given(cases(), st.integers(1, 4), ALPHAS, STOPS)
@generated
def test_the_batch_its_order_and_its_padding_move_no_beam(
    case: Case, width: int, alpha: float, stop: str
) -> None:
    together = search(case, width, alpha=alpha, stop=stop)
    for row, (source, length) in enumerate(zip(case["sources"], case["lengths"], strict=True)):
        alone = F.pad(source, (0, 3), value=5).unsqueeze(1).to(DEVICE)
        beams = beam_search(case["model"], alone, [length], width, 6, alpha=alpha, stop=stop)
        assert_same(of_row(beams, 0), of_row(together, row))
    backwards = case | {"source": case["source"].flip(1), "lengths": case["lengths"][::-1]}
    again = search(backwards, width, alpha=alpha, stop=stop)
    for row in range(len(case["lengths"])):
        assert_same(of_row(again, len(case["lengths"]) - 1 - row), of_row(together, row))


@given(cases(), st.integers(2, 5), ALPHAS)
@generated
def test_the_exact_stop_gives_the_best_that_going_on_gives(case: Case, width: int, alpha: float) -> None:
    early, late = search(case, width, alpha=alpha), search(case, width, alpha=alpha, stop="all")
    for row in range(len(case["lengths"])):
        ended = [one for one in of_row(late, row) if one[1]]
        if bool(early.stopped[0, row]):
            assert_same(of_row(early, row)[:1], of_row(late, row)[:1])
        else:
            assert_same(of_row(early, row), of_row(late, row))
            assert not ended or of_row(late, row)[0][1] is False


@given(cases(), st.integers(2, 5))
@generated
def test_without_a_power_of_the_length_the_first_that_ends_in_front_is_the_best(
    case: Case, width: int
) -> None:
    first, exact = search(case, width, stop="first"), search(case, width)
    for row in range(len(case["lengths"])):
        assert_same(of_row(first, row)[:1], of_row(exact, row)[:1])


class Told(Decoder):
    """A decoder whose next probabilities depend on the token before alone, by a table."""

    def __init__(self, table: Tensor) -> None:
        super().__init__(len(table), 2, 3, kind="GRU")
        self.register_buffer("table", table.log())

    def step(self, token: Tensor, state: Any, memory: None = None) -> tuple[Tensor, Any]:
        return self.table[token], state


def told(rows: dict[int, dict[int, float]]) -> Seq2Seq:
    table = torch.full((UNK + 4, UNK + 4), 1e-9)
    for before, following in rows.items():
        for token, share in following.items():
            table[before, token] = share
    return Seq2Seq(Encoder(5, 2, 3, kind="GRU"), Bridge(3, 3, kind="GRU"), Told(table)).to(DEVICE)


A, B, C = UNK + 1, UNK + 2, UNK + 3
ONE = torch.full((1, 1), 4, device=DEVICE)


def test_stopping_at_the_first_that_ends_in_front_misses_a_longer_one_of_better_rank() -> None:
    """<eos> has probability 0.4; A, of 0.39, goes on for three more steps as good as surely."""
    model = told({BOS: {EOS: 0.4, A: 0.39, B: 0.21}, A: {B: 0.99}, B: {C: 0.99}, C: {EOS: 0.99}})
    exact = beam_search(model, ONE, [1], 3, 10, alpha=1.0)
    first = beam_search(model, ONE, [1], 3, 10, alpha=1.0, stop="first")
    assert of_row(exact, 0)[0][0] == [A, B, C, EOS]
    assert of_row(first, 0)[0][0] == [EOS]
    assert exact.ranks[0, 0] > first.ranks[0, 0]
    assert of_row(beam_search(model, ONE, [1], 3, 10, alpha=0.0), 0)[0][0] == [EOS]


def test_a_wider_beam_finds_what_greedy_misses() -> None:
    model = told({BOS: {A: 0.6, B: 0.4}, A: {EOS: 0.5, C: 0.5}, B: {EOS: 0.9, C: 0.1}, C: {EOS: 1.0}})
    assert of_row(beam_search(model, ONE, [1], 1, 5), 0)[0][0][0] == A
    best = of_row(beam_search(model, ONE, [1], 3, 5), 0)[0]
    assert best[0] == [B, EOS]
    assert best[2] == pytest.approx(math.log(0.4 * 0.9), abs=1e-5)


def test_one_that_has_ended_stays_until_better_ones_take_its_place() -> None:
    model = told({BOS: {EOS: 0.3, A: 0.7}, A: {B: 0.5, C: 0.5}, B: {EOS: 1.0}, C: {EOS: 1.0}})
    kept = of_row(beam_search(model, ONE, [1], 3, 5, stop="all"), 0)
    assert {tuple(tokens) for tokens, *_ in kept} == {(A, B, EOS), (A, C, EOS), (EOS,)}
    gone = of_row(beam_search(model, ONE, [1], 2, 5, stop="all"), 0)
    assert {tuple(tokens) for tokens, *_ in gone} == {(A, B, EOS), (A, C, EOS)}


def test_states_follow_their_beams() -> None:
    """Without this the state of one beginning would go on with another's tokens, and no score would be right."""
    h, c = torch.arange(12.0).view(2, 3, 2), -torch.arange(12.0).view(2, 3, 2)
    places = torch.tensor([2, 0, 0])
    moved_h, moved_c = reorder((h, c), places)
    assert torch.equal(moved_h, h[:, [2, 0, 0]])
    assert torch.equal(moved_c, c[:, [2, 0, 0]])
    assert torch.equal(reorder(h, places), moved_h)


def test_where_there_are_fewer_sequences_than_beams_the_rest_is_marked() -> None:
    model = tiny(0, UNK + 1)
    beams = beam_search(model, ONE, [1], 7, 1, stop="all")
    assert (beams.scores[:4] > -math.inf).all()
    assert (beams.scores[4:] == -math.inf).all()
    assert not beams.stopped[4:].any()
    assert not beams.lengths[4:].any()
    assert (beams.tokens[:, 4:] == PAD).all()


@pytest.mark.parametrize("training", [False, True])
def test_the_mode_is_put_back_and_no_graph_is_kept(training: bool) -> None:
    model = build(dropout=0.5).train(training)
    beams = beam_search(model, torch.full((2, 2), 4, device=DEVICE), [2, 1], 3, 4)
    assert model.training is training
    assert model.encoder.training is training
    assert not beams.scores.requires_grad
    again = beam_search(model, torch.full((2, 2), 4, device=DEVICE), [2, 1], 3, 4)
    assert torch.equal(beams.tokens, again.tokens)


def test_translate_may_search_with_beams() -> None:
    words = {"source": Vocabulary("ab"), "target": Vocabulary("xyz")}
    sizes = {name: len(vocabulary) for name, vocabulary in words.items()}
    texts = ["ab", "b", "abba"]
    answers = set()
    for seed in range(10):
        torch.manual_seed(seed)
        model = Seq2Seq(Encoder(sizes["source"], 2, 3), Bridge(3, 5), Decoder(sizes["target"], 4, 5))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(4)
        for width, alpha in ((1, 0.0), (4, 0.0), (4, 2.0)):
            found = translate(model, words, texts, 6, width=width, alpha=alpha)
            for text, said in zip(texts, found, strict=True):
                source = torch.tensor(words["source"].encode(text)).unsqueeze(1)
                beams = beam_search(model, source, [len(source)], width, 6, alpha=alpha)
                assert said == words["target"].decode(beams.tokens[:, 0, 0])
            answers.add((seed, *found))
        assert translate(model, words, texts, 6, width=1) == translate(model, words, texts, 6)
    assert len(answers) > 10  # 10 if neither width nor alpha mattered


@given(cases(), st.integers(0, 3), st.sampled_from([PAD, EOS, 5]))
@generated
def test_log_probability_sums_valid_steps_alone(case: Case, more: int, filling: int) -> None:
    model, source, lengths = case["model"], case["source"], case["lengths"]
    found = log_probability(model, source, lengths, case["target"], case["target_lengths"])
    target = F.pad(case["target"], (0, 0, 0, more))
    for row, length in enumerate(case["target_lengths"]):
        target[length:, row] = filling
    torch.testing.assert_close(log_probability(model, source, lengths, target, case["target_lengths"]), found)
    logits = model(source, lengths, case["target"])
    for row, length in enumerate(case["target_lengths"]):
        steps = logits[:length, row].log_softmax(dim=-1)
        by_hand = sum(steps[t, case["target"][t, row]] for t in range(length))
        torch.testing.assert_close(found[row], by_hand)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"width": 0}, ValueError, "width must be at least 1, got 0"),
        ({"width": 1.0}, TypeError, "width must be an int"),
        ({"max_length": 0}, ValueError, "max_length must be at least 1, got 0"),
        ({"alpha": -0.5}, ValueError, "alpha must be a finite number of at least 0, got -0.5"),
        ({"alpha": math.nan}, ValueError, "alpha must be a finite number of at least 0, got nan"),
        ({"alpha": True}, TypeError, r"alpha must be a number of at least 0, got True \(bool\)"),
        ({"stop": "soon"}, ValueError, "stop must be one of 'exact', 'first', 'all', got 'soon'"),
        ({"lengths": [3]}, ValueError, "lengths must be from 1 to L = 1"),
    ],
)
def test_a_wrong_argument_is_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments = {"source": ONE, "lengths": [1], "width": 2} | options
    with pytest.raises(error, match=message):
        beam_search(build(), **arguments)
