"""Drawings of encoder and decoder show every token, and refuse what they cannot draw."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure

from rnnlib.figures.translation import decoding_step, encoder_decoder, scores_by_name


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_token_is_drawn_and_the_decoder_reads_the_target_shifted_by_one() -> None:
    shown = texts(encoder_decoder(list("a b"), ["x", "y", "<eos>"]))
    assert [shown.count(token) for token in ("a", "␣", "b", "<bos>", "x", "y", "<eos>")] == [
        1,
        1,
        1,
        1,
        2,
        2,
        1,
    ]


def test_an_encoder_and_decoder_of_one_or_of_many_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="source"):
        encoder_decoder("a", "xy")
    with pytest.raises(ValueError, match="target"):
        encoder_decoder("ab", "x" * 15)


def test_a_decoding_step_shows_what_was_read_and_written_so_far_and_its_probabilities() -> None:
    probabilities = torch.tensor([[0.2, 0.7, 0.1], [0.1, 0.3, 0.6], [0.5, 0.25, 0.25]])
    figure = decoding_step(["a", "b", "c"], probabilities, ["b", "c", "a"], 2, "text")
    shown = texts(figure)
    assert (shown.count("<bos>"), shown.count("b"), shown.count("c"), shown.count("a")) == (1, 2, 1, 0)
    heights = [bar.get_height() for bar in figure.axes[1].patches]
    assert heights == pytest.approx([0.1, 0.3, 0.6])


def test_all_decoding_steps_have_one_size() -> None:
    probabilities = torch.full((3, 2), 0.5)
    sizes = {
        tuple(decoding_step("ab", probabilities, "aba", step, "t").get_size_inches()) for step in (1, 2, 3)
    }
    assert len(sizes) == 1


@pytest.mark.parametrize(("step", "written"), [(0, "aba"), (4, "aba"), (1, "ab")])
def test_a_decoding_step_that_does_not_exist_is_refused(step: int, written: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        decoding_step("ab", torch.full((3, 2), 0.5), written, step, "t")


def test_scores_stand_at_their_median_with_the_ceiling_beside() -> None:
    figure = scores_by_name({"one": [0.2, 0.4, 0.3], "two": [1.0]}, {"two": 0.9}, xlabel="share")
    lines = [line.get_xdata() for line in figure.axes[0].lines]
    assert list(lines[0]) == [0.2, 0.4]
    assert list(lines[1]) == [0.3]
    assert [0.9, 0.9] in [list(line) for line in lines]


def test_scores_without_ceilings_have_no_legend() -> None:
    assert scores_by_name({"one": [0.5]}, {}, xlabel="share").axes[0].get_legend() is None


@pytest.mark.parametrize(
    ("scores", "ceilings"),
    [({}, {}), ({"one": [1.2]}, {}), ({"one": []}, {}), ({"one": [0.5]}, {"two": 1.0})],
)
def test_scores_that_cannot_be_drawn_are_refused(
    scores: dict[str, list[float]], ceilings: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match="must be"):
        scores_by_name(scores, ceilings, xlabel="share")
