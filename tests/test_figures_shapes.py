"""The drawings of tensors say what PyTorch does: every shape and every marked slice is held against a real layer."""

import re
from itertools import product

import pytest
import torch
from torch import nn

from rnnlib import figures
from rnnlib.figures import shapes

EVERY = list(product([1, 2, 3], [False, True], [False, True]))
every_layout = pytest.mark.parametrize(("layers", "bidirectional", "batch_first"), EVERY)


def run(layers, bidirectional, batch_first):
    """The four tensors of a real layer of the drawing's sizes."""
    torch.manual_seed(0)
    sizes = (shapes.SAMPLES, shapes.STEPS) if batch_first else (shapes.STEPS, shapes.SAMPLES)
    x = torch.randn(*sizes, shapes.FEATURES)
    directions = 2 if bidirectional else 1
    h_0 = torch.randn(layers * directions, shapes.SAMPLES, shapes.HIDDEN)
    layer = nn.RNN(
        shapes.FEATURES, shapes.HIDDEN, layers, batch_first=batch_first, bidirectional=bidirectional
    )
    output, h_n = layer(x, h_0)
    return {"x": x, "h_0": h_0, "output": output, "h_n": h_n}


def labelled(figure, name):
    """Label and slice of every labelled strip of one tensor."""
    marks = [text for text in figure.axes[0].texts if (text.get_gid() or "").startswith(f"{name}[")]
    return [(mark.get_text(), mark.get_gid()) for mark in marks]


def strips(figure):
    return {
        patch.get_gid(): patch for patch in figure.axes[0].patches if (patch.get_gid() or "").count(",") == 2
    }


def white(patch):
    return patch.get_facecolor()[:3] == (1, 1, 1)


@every_layout
def test_the_shapes_written_down_are_those_of_a_real_layer(layers, bidirectional, batch_first):
    figure = figures.tensor_map(layers, bidirectional, batch_first)
    drawn = [text.get_text() for text in figure.axes[0].texts]
    for name, tensor in run(layers, bidirectional, batch_first).items():
        assert drawn[drawn.index(name) + 1].endswith(f"= {tuple(tensor.shape)}")


@every_layout
def test_strips_that_look_alike_hold_the_same_numbers(layers, bidirectional, batch_first):
    figure, tensors = (
        figures.tensor_map(layers, bidirectional, batch_first),
        run(layers, bidirectional, batch_first),
    )
    patches = strips(figure)
    final = {label: gid for label, gid in labelled(figure, "h_n") if not white(patches[gid])}
    in_output = dict(labelled(figure, "output"))
    assert len(final) == (2 if bidirectional else 1) * shapes.SAMPLES
    assert final.keys() == in_output.keys()
    for label, gid in in_output.items():
        torch.testing.assert_close(eval(gid, {}, tensors), eval(final[label], {}, tensors))
        assert patches[gid].get_facecolor() == patches[final[label]].get_facecolor()


@every_layout
def test_every_number_of_every_tensor_is_drawn_once(layers, bidirectional, batch_first):
    figure = figures.tensor_map(layers, bidirectional, batch_first)
    for name, tensor in run(layers, bidirectional, batch_first).items():
        seen = torch.zeros_like(tensor)
        for gid in strips(figure):
            if gid.startswith(f"{name}["):
                eval(gid, {name: seen}).add_(1)
        assert (seen == 1).all()


@every_layout
def test_the_samples_of_x_are_named_where_they_are(layers, bidirectional, batch_first):
    figure = figures.tensor_map(layers, bidirectional, batch_first)
    for label, gid in labelled(figure, "x"):
        panel, row = map(int, re.findall(r"\d+", gid)[:2])
        assert int(label) == (panel if batch_first else row)


def test_the_explorers_frames_have_one_size():
    assert len({tuple(figures.tensor_map(*layout).get_size_inches()) for layout in EVERY}) == 1


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, False, True), "num_layers"),
        ((4, False, True), "num_layers"),
        ((1, 2, True), "bidirectional"),
        ((1, False, 2), "batch_first"),
    ],
)
def test_a_layout_that_cannot_be_drawn_is_refused(arguments, name):
    with pytest.raises(ValueError, match=name):
        figures.tensor_map(*arguments)


def test_the_five_shapes_are_named_and_have_their_cells_inputs_and_answers():
    drawn = [text.get_text() for text in figures.five_shapes().axes[0].texts]
    for name in ("one-to-one", "one-to-many", "many-to-one", "many-to-many, in step", "encoder–decoder"):
        assert drawn.count(name) == 1
    # One h without a number, three of each of the four others; the decoder's states are called s.
    assert [drawn.count(f"$h{number}$") for number in ("", "_1", "_2", "_3")] == [1, 4, 4, 4]
    assert [drawn.count(f"$s_{number}$") for number in (1, 2, 3)] == [1, 1, 1]
    assert [drawn.count(f"$x{number}$") for number in ("", "_1", "_2", "_3")] == [2, 3, 3, 3]
