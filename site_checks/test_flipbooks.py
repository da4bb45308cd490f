"""The sliders: they move their frames without a kernel, by mouse and by keyboard, and load only when they are near."""

from __future__ import annotations

import pytest
from conftest import FLIPBOOK_PAGES, THEMES, WIDTHS, Opener
from playwright.sync_api import Locator

pytestmark = pytest.mark.parametrize("name", FLIPBOOK_PAGES)
sizes = pytest.mark.parametrize("width", WIDTHS)
ways = pytest.mark.parametrize("by", ["http", "file"])


def frame(flipbook: Locator) -> str:
    """The alternative text of the one frame that is seen."""
    seen = flipbook.locator("img:visible")
    assert seen.count() == 1
    return str(seen.get_attribute("alt"))


def handle_of(flipbook: Locator) -> Locator:
    return flipbook.get_by_role("slider")


def steps_of(flipbook: Locator) -> int:
    """How many frames the slider can show."""
    handle = handle_of(flipbook)
    return 1 + round(
        float(handle.get_attribute("aria-valuemax") or 0) - float(handle.get_attribute("aria-valuemin") or 0)
    )


@sizes
@ways
def test_the_arrow_keys_show_every_frame(name: str, width: int, by: str, visit: Opener) -> None:
    for flipbook in visit(name, width, by=by).see_flipbooks().page.locator(".flipbook").all():
        handle, frames, values = handle_of(flipbook), [frame(flipbook)], []
        handle.focus()
        for _ in range(steps_of(flipbook) - 1):
            handle.press("ArrowRight")
            frames.append(frame(flipbook))
            values.append(handle.get_attribute("aria-valuetext"))
            assert values[-1] == flipbook.locator(".widget-readout").inner_text()
        assert len(frames) > 1
        assert len(set(frames)) == len(frames), "a step of the slider left the frame as it was"
        assert len(set(values)) == len(values), "a screen reader is not told the new value"
        handle.press("ArrowLeft")
        assert frame(flipbook) == frames[-2]
        handle.press("Home")
        assert frame(flipbook) == frames[0]


@sizes
@ways
def test_the_mouse_shows_every_frame(name: str, width: int, by: str, visit: Opener) -> None:
    seen = visit(name, width, by=by).see_flipbooks()
    for flipbook in seen.page.locator(".flipbook").all():
        flipbook.scroll_into_view_if_needed()
        track = flipbook.locator(".noUi-base").bounding_box()
        assert track is not None
        middle, steps = track["y"] + track["height"] / 2, steps_of(flipbook)
        frames = []
        for step in range(steps):
            # 12 pixels above the thin line: the row around it takes clicks, too.
            seen.page.mouse.click(track["x"] + track["width"] * step / (steps - 1), middle - 12)
            flipbook.locator(".noUi-state-tap").wait_for(state="detached")  # the handle is still gliding
            frames.append(frame(flipbook))
        assert len(set(frames)) == steps, "a click on the slider left the frame as it was"

        seen.page.mouse.move(track["x"] + track["width"], middle)
        seen.page.mouse.down()
        seen.page.mouse.move(track["x"], middle, steps=5)
        seen.page.mouse.up()
        seen.page.wait_for_timeout(50)
        assert frame(flipbook) == frames[0], (
            "drawing the handle to the left did not bring back the first frame"
        )


@sizes
def test_a_slider_has_a_name_and_room_for_a_finger(name: str, width: int, visit: Opener) -> None:
    for flipbook in visit(name, width).see_flipbooks().page.locator(".flipbook").all():
        handle = handle_of(flipbook)
        label = flipbook.locator(".widget-label:visible").inner_text()
        assert label.strip()
        assert handle.get_attribute("aria-label") == label
        area = handle.locator(".noUi-touch-area").bounding_box()
        assert area is not None
        assert min(area["width"], area["height"]) >= 44


@pytest.mark.parametrize("theme", THEMES)
def test_the_keyboard_reaches_a_slider_and_its_focus_is_seen(name: str, theme: str, visit: Opener) -> None:
    seen = visit(name, theme=theme).see_flipbooks()
    for flipbook in seen.page.locator(".flipbook").all():
        handle = handle_of(flipbook)
        handle.focus()
        seen.page.keyboard.press("Shift+Tab")
        seen.page.keyboard.press("Tab")
        outline = handle.evaluate(
            """element => {
                const style = getComputedStyle(element);
                return [document.activeElement === element, style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        assert outline == [True, "solid", 3]


@sizes
def test_nothing_moves_when_the_widget_replaces_the_still(name: str, width: int, visit: Opener) -> None:
    seen = visit(name, width)
    before = [box.bounding_box() for box in seen.page.locator(".flipbook").all()]
    seen.see_flipbooks()
    after = [box.bounding_box() for box in seen.page.locator(".flipbook").all()]
    heights = [[round(box["height"]) for box in boxes if box] for boxes in (before, after)]
    assert heights[0] == heights[1]


@sizes
def test_the_widget_manager_waits_until_a_widget_is_near(name: str, width: int, visit: Opener) -> None:
    seen = visit(name, width)
    seen.page.wait_for_timeout(500)
    top = min(
        box["y"] for box in (each.bounding_box() for each in seen.page.locator(".flipbook").all()) if box
    )
    assert seen.asked_for_manager() == (top < 844 + 600)
    assert seen.page.locator(".flipbook img:visible").count() == seen.page.locator(".flipbook").count()
    seen.see_flipbooks()
    assert seen.asked_for_manager()


@sizes
@ways
def test_without_javascript_the_first_frame_stands_there(
    name: str, width: int, by: str, visit: Opener
) -> None:
    seen = visit(name, width, by=by, javascript=False)
    flipbooks = seen.page.locator(".flipbook").all()
    for flipbook in flipbooks:
        flipbook.scroll_into_view_if_needed()
        assert len(frame(flipbook)) > 20
        assert flipbook.locator("img").evaluate("image => image.complete && image.naturalWidth > 0")
        assert flipbook.get_by_role("slider").count() == 0
    assert flipbooks
    # The theme asks the browser to fetch two scripts ahead of time, which it gives up without JavaScript.
    assert [problem for problem in seen.problems if "/scripts/" not in problem] == []


def test_on_paper_the_first_frame_stands_there_dark_on_white(name: str, visit: Opener) -> None:
    seen = visit(name, theme="dark").see_flipbooks()
    seen.page.emulate_media(media="print")
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert seen.page.locator("html").get_attribute("data-theme") == "light"
    for flipbook in seen.page.locator(".flipbook").all():
        assert flipbook.locator("img.flipbook-still").is_visible()
        assert not flipbook.get_by_role("slider").is_visible()
    seen.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert seen.page.locator("html").get_attribute("data-theme") == "dark"


def test_a_solution_opens_by_keyboard(name: str, visit: Opener) -> None:
    solution = visit(name).page.locator("details.collapsed-cell").first
    assert solution.locator("summary").inner_text() == "Solution"
    assert solution.get_attribute("open") is None
    solution.locator("summary").press("Enter")
    assert solution.get_attribute("open") is not None
    assert solution.locator(".cell_input").is_visible()
