"""A flipbook's slider and frames are linked in the browser, and its first frame stands without it."""

import base64
import io
import itertools
import json
import re

import ipywidgets
import pytest
from ipywidgets import Widget
from matplotlib.figure import Figure
from PIL import Image

from rnnlib import flipbook as module
from rnnlib.flipbook import explorer, flipbook


def draw(value, size=(2, 1)):
    figure = Figure(figsize=size)
    figure.text(0.5, 0.5, str(value))
    return figure


def shown(values=(1, 2, 3), **options):
    """The one output of a flipbook, and the state of every widget that it made."""
    options = {"draw": draw, "label": "step", "alt": lambda value: f'frame "{value}" & more'} | options
    displayed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "display", lambda data, raw: displayed.append(data))
        flipbook(options.pop("draw"), values, **options)
    (output,) = displayed
    return output, Widget.get_manager_state()["state"]


def children(state, reference):
    model = state[reference.removeprefix("IPY_MODEL_")]["state"]
    return [state[child.removeprefix("IPY_MODEL_")] for child in model["children"]]


def test_the_output_holds_the_widget_the_first_frame_and_its_text():
    output, _ = shown()
    view = output["application/vnd.jupyter.widget-view+json"]
    assert set(view) == {"model_id", "version_major", "version_minor"}
    assert output["text/plain"] == 'frame "1" & more'
    assert Image.open(io.BytesIO(base64.b64decode(output["image/png"]))).format == "PNG"


def test_a_frame_is_stored_as_small_as_its_format_can():
    output, _ = shown(draw=lambda value: draw(value, (6, 4)))
    stored, again = base64.b64decode(output["image/png"]), io.BytesIO()
    Image.open(io.BytesIO(stored)).save(again, format="png", optimize=True)
    assert len(stored) <= len(again.getvalue())


def test_the_slider_moves_the_frames_through_a_link_that_needs_no_kernel():
    output, state = shown()
    box = output["application/vnd.jupyter.widget-view+json"]["model_id"]
    slider, stack = (reference.removeprefix("IPY_MODEL_") for reference in state[box]["state"]["children"])
    assert state[slider]["model_name"] == "SelectionSliderModel"
    assert state[slider]["state"]["_options_labels"] == ("1", "2", "3")
    links = [model["state"] for model in state.values() if model["model_name"] == "LinkModel"]
    assert any(
        link["source"] == [f"IPY_MODEL_{slider}", "index"]
        and link["target"] == [f"IPY_MODEL_{stack}", "selected_index"]
        for link in links
    )


def test_each_value_has_its_own_frame_with_its_own_text():
    output, state = shown()
    box = output["application/vnd.jupyter.widget-view+json"]["model_id"]
    frames = children(state, state[box]["state"]["children"][1])
    tags = [frame["state"]["value"] for frame in frames]
    assert [re.search('alt="([^"]*)"', tag)[1] for tag in tags] == [
        f"frame &quot;{value}&quot; &amp; more" for value in (1, 2, 3)
    ]
    assert len({re.search('base64,([^"]*)', tag)[1] for tag in tags}) == 3


def test_without_a_stack_the_frames_go_into_a_tab(monkeypatch):
    monkeypatch.delattr(ipywidgets, "Stack")
    output, state = shown()
    box = output["application/vnd.jupyter.widget-view+json"]["model_id"]
    tab = state[state[box]["state"]["children"][1].removeprefix("IPY_MODEL_")]
    assert tab["model_name"] == "TabModel"
    assert len(tab["state"]["children"]) == 3
    assert any(
        model["model_name"] == "LinkModel" and model["state"]["target"][1] == "selected_index"
        for model in state.values()
    )


def test_drawing_twice_stores_the_same_frames():
    first, _ = shown()
    second, _ = shown()
    assert first["image/png"] == second["image/png"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"values": [1]}, ValueError, "values must hold at least two values to choose from, got 1"),
        ({"values": [1, "1"]}, ValueError, r"values must be told apart by their text, got \['1', '1'\]"),
        ({"label": ""}, ValueError, "label must not be empty"),
        ({"alt": lambda value: " "}, ValueError, "alt must not be empty, it is for 1"),
        ({"alt": lambda value: None}, TypeError, "alt must return text, got NoneType for 1"),
        ({"draw": lambda value: None}, TypeError, "draw must return a matplotlib Figure, got NoneType"),
        (
            {"draw": lambda value: draw(value, size=(value, 1))},
            ValueError,
            "draw must return figures of one size",
        ),
    ],
)
def test_a_wrong_call_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        shown(**options)


def test_a_heavy_flipbook_is_refused(monkeypatch):
    monkeypatch.setattr(module, "SIZE_LIMIT", 100)
    with pytest.raises(ValueError, match=r"the 3 frames take \d+ kB, the limit is 0 kB"):
        shown()


def test_the_weight_that_is_refused_is_that_of_the_frames_in_base64(monkeypatch):
    drawn = module._png(draw(1))
    monkeypatch.setattr(module, "_png", lambda figure: drawn.ljust(3_000_000, b"\0"))
    with pytest.raises(
        ValueError, match=f"the 3 frames take 12000 kB, the limit is {module.SIZE_LIMIT // 1000} kB"
    ):
        shown()


def test_the_stored_state_can_be_written_as_json():
    _, state = shown()
    assert json.dumps(state)


CONTROLS = {"layers": (1, 2, 3), "both": (False, True)}
COMBINATIONS = list(itertools.product(*CONTROLS.values()))


def explored(controls=CONTROLS):
    """The one output of an explorer, the combinations that it drew, and the state of every widget."""
    displayed, drawn = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "display", lambda data, raw: displayed.append(data))
        explorer(
            lambda *values: drawn.append(values) or draw(values), controls, alt=lambda *values: str(values)
        )
    (output,) = displayed
    return output, drawn, Widget.get_manager_state()["state"]


def ids(state, model):
    return [child.removeprefix("IPY_MODEL_") for child in state[model]["state"]["children"]]


def test_each_combination_is_drawn_once_and_reached_through_links_that_need_no_kernel():
    output, drawn, state = explored()
    assert drawn == COMBINATIONS
    layers, both, outer = ids(state, output["application/vnd.jupyter.widget-view+json"]["model_id"])
    inner = ids(state, outer)
    texts = [
        re.search('alt="([^"]*)"', state[frame]["state"]["value"])[1]
        for each in inner
        for frame in ids(state, each)
    ]
    assert texts == [str(values) for values in COMBINATIONS]
    links = [model["state"] for model in state.values() if model["model_name"] == "LinkModel"]
    for control, stacks in ((layers, [outer]), (both, inner)):
        reached = [link["target"] for link in links if link["source"] == [f"IPY_MODEL_{control}", "index"]]
        assert reached == [[f"IPY_MODEL_{stack}", "selected_index"] for stack in stacks]
    assert state[layers]["model_name"] == "SelectionSliderModel"
    assert state[both]["model_name"] == "ToggleButtonsModel"
    assert output["image/png"] in state[ids(state, inner[0])[0]]["state"]["value"]


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({}, "controls must name at least one control"),
        ({"": (1, 2)}, "the name of a control must not be empty"),
        ({"n": (1,)}, r"controls\['n'\] must hold at least two values"),
    ],
)
def test_a_wrong_explorer_is_refused_by_name(controls, message):
    with pytest.raises(ValueError, match=message):
        explored(controls)
