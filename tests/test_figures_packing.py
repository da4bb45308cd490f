"""The drawings of packing say what PyTorch does: order, cells and batch sizes are held against pack_padded_sequence."""

import re
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from rnnlib import figures
from rnnlib.figures.packing import LETTERS

some_lengths = st.lists(st.integers(1, 9), min_size=1, max_size=8)
EXAMPLES = [
    [3, 5, 1, 2],
    [2, 4, 1],
    [1],
    [4],
    [1, 1, 1],
    [2, 2, 5, 5],
    [12, 3, 7, 5, 9],
    [40, 40, 2],
    [1] * 26,
]
every_example = pytest.mark.parametrize("lengths", EXAMPLES, ids=str)


def packed_labels(lengths, valid=None):
    """The labels that torch packs, a1 a2 ... in the first sequence, and the batch sizes. Padding is a 0."""
    codes = [torch.arange(1, length + 1) + 100 * (row + 1) for row, length in enumerate(valid or lengths)]
    x = pad_sequence(codes)
    packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    labels = [
        f"{LETTERS[code // 100 - 1]}{code % 100}" if code else "0" for code in packed.data.flatten().tolist()
    ]
    return labels, packed.batch_sizes.tolist()


def patches(figure, name):
    """The patches of one tensor, in the order of its indices."""
    found = [patch for patch in figure.axes[0].patches if (patch.get_gid() or "").startswith(f"{name}[")]
    return sorted(found, key=lambda patch: [int(number) for number in re.findall(r"\d+", patch.get_gid())])


def labels(figure, name):
    found = [text for text in figure.axes[0].texts if (text.get_gid() or "").startswith(f"{name}[")]
    found.sort(key=lambda text: [int(number) for number in re.findall(r"\d+", text.get_gid())])
    return [text.get_text() for text in found]


def ringed(patch):
    return patch.get_linewidth() > 1.5


@settings(max_examples=30, deadline=None)
@given(some_lengths)
def test_the_data_is_drawn_in_the_order_in_which_torch_packs_it(lengths):
    figure = figures.packing(lengths)
    data, batch_sizes = packed_labels(lengths)
    assert labels(figure, "data") == data
    assert labels(figure, "batch_sizes") == [str(size) for size in batch_sizes]


@every_example
def test_there_is_one_cell_of_data_for_each_valid_step(lengths):
    figure = figures.packing(lengths)
    assert len(patches(figure, "data")) == sum(lengths)
    assert len(patches(figure, "sorted")) == sum(lengths)
    assert len(patches(figure, "padded")) == len(lengths) * max(lengths)


@every_example
def test_padding_is_dashed_and_nothing_else_is(lengths):
    figure = figures.packing(lengths)
    dashed = [patch for patch in figure.axes[0].patches if patch.get_linestyle() in ("--", "dashed")]
    assert len(dashed) == len(lengths) * max(lengths) - sum(lengths)
    assert all(patch.get_gid().startswith("padded[") for patch in dashed)


@every_example
def test_a_sequence_has_one_colour_everywhere_and_its_neighbour_another(lengths):
    figure = figures.packing(lengths)
    first = [patch.get_facecolor() for patch in patches(figure, "padded") if patch.get_gid().endswith(", 0]")]
    assert all(above != below for above, below in pairwise(first))
    labelled = figures.packing([min(length, 12) for length in lengths])
    for name in ("sorted", "data"):
        names = labels(labelled, name)
        for patch, text in zip(
            patches(labelled, name), names, strict=bool(names)
        ):  # all cells have one, or none
            assert patch.get_facecolor() == first[LETTERS.index(text[0])]


@every_example
def test_cells_do_not_overlap_and_lie_within_the_figure(lengths):
    for figure in (figures.packing(lengths), figures.packing_step(lengths, 1)):
        (left, right), (bottom, top) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
        grids = patches(figure, "padded") + patches(figure, "sorted")
        for cells in (grids, patches(figure, "data")):
            boxes = [patch.get_bbox() for patch in cells]
            for number, box in enumerate(boxes):
                assert left - 1e-9 <= box.x0 < box.x1 <= right + 1e-9
                assert bottom <= box.y0 < box.y1 <= top
                for other in boxes[number + 1 :]:
                    beside = min(box.x1, other.x1) - max(box.x0, other.x0)
                    above = min(box.y1, other.y1) - max(box.y0, other.y0)
                    assert min(beside, above) < 1e-6


@settings(max_examples=15, deadline=None)
@given(some_lengths, st.data())
def test_wrong_lengths_show_the_padding_they_pack_and_cross_out_what_they_lose(lengths, data):
    valid = data.draw(st.permutations(lengths))
    figure = figures.packing(lengths, valid=valid)
    assert labels(figure, "data") == packed_labels(lengths, valid)[0]
    lost = {(line.get_gid() or "") for line in figure.axes[0].lines} - {""}
    expected = {
        f"lost padded[{row}, {step}]"
        for row, (packed, held) in enumerate(zip(lengths, valid, strict=True))
        for step in range(packed, held)
    }
    assert lost == expected


@every_example
def test_a_step_marks_the_rows_that_torch_computes_and_no_others(lengths):
    _, batch_sizes = packed_labels(lengths)
    for step in {1, (max(lengths) + 1) // 2, max(lengths)}:
        figure = figures.packing_step(lengths, step)
        begin = sum(batch_sizes[: step - 1])
        now = [index for index, patch in enumerate(patches(figure, "data")) if ringed(patch)]
        assert now == list(range(begin, begin + batch_sizes[step - 1]))
        states = [index for index, patch in enumerate(patches(figure, "state")) if ringed(patch)]
        assert states == list(range(batch_sizes[step - 1]))
        drawn = [text.get_text() for text in figure.axes[0].texts]
        assert f"step {step} reads data[{begin}:{begin + batch_sizes[step - 1]}]" in drawn


def test_a_sequence_that_has_ended_keeps_the_state_of_its_last_step():
    drawn = [text.get_text() for text in figures.packing_step([3, 5, 1, 2], 3).axes[0].texts]
    assert [text for text in drawn if text.startswith("$h_")] == ["$h_{3}$", "$h_{3}$", "$h_{2}$", "$h_{1}$"]
    assert (drawn.count("final"), drawn.count("kept")) == (1, 2)  # a has just ended; d and c ended before


@every_example
def test_all_steps_of_a_batch_are_drawn_in_one_size(lengths):
    steps = {1, (max(lengths) + 1) // 2, max(lengths)}
    assert len({tuple(figures.packing_step(lengths, step).get_size_inches()) for step in steps}) == 1


def test_labels_are_left_out_only_where_a_cell_is_too_small_for_them():
    assert len(labels(figures.packing([12, 3]), "padded")) == 15
    assert labels(figures.packing([40, 3]), "padded") == []


def test_a_tensor_of_lengths_is_as_good_as_a_list():
    assert labels(figures.packing(torch.tensor([2, 4, 1])), "data") == labels(
        figures.packing([2, 4, 1]), "data"
    )


@pytest.mark.parametrize(
    ("lengths", "error"),
    [
        ([], ValueError),
        ([1] * 27, ValueError),
        ([2, 0], ValueError),
        ([41], ValueError),
        ([2.0], TypeError),
        (3, TypeError),
    ],
)
def test_lengths_that_cannot_be_drawn_are_refused_by_name(lengths, error):
    for draw in (figures.packing, lambda lengths: figures.packing_step(lengths, 1)):
        with pytest.raises(error, match="lengths must"):
            draw(lengths)


def test_valid_lengths_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ValueError, match="valid must be 3 in number"):
        figures.packing([2, 4, 1], valid=[2, 4])


@pytest.mark.parametrize("step", [0, 6])
def test_a_step_that_no_sequence_has_is_refused(step):
    with pytest.raises(ValueError, match="step must be between 1 and 5"):
        figures.packing_step([3, 5, 1, 2], step)
