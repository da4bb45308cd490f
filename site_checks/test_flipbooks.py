"""The flipbooks: controls move their frames without a kernel, by mouse and by keyboard, and load only when near."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import FLIPBOOK_PAGES, HEIGHT, WIDTHS, Opener, Visit, as_files, views
from controls import Control, Slider, combinations, controls_of, frame, frames_in_order
from playwright.sync_api import Locator

NEAR = 600  # how many pixels below the visible part of the page a widget is loaded
every_view = views(FLIPBOOK_PAGES)
one_theme = views(FLIPBOOK_PAGES, themes=("light",))


def flipbooks_of(view: Visit) -> list[Locator]:
    found: list[Locator] = view.page.locator(".flipbook").all()
    assert found
    return found


def work_through(flipbook: Locator, choose: Callable[[Control, int], None]) -> None:
    """Make every combination, and back; see that each has the frame that belongs to it, and that it is told."""
    flipbook.scroll_into_view_if_needed()
    controls, belonging = controls_of(flipbook), frames_in_order(flipbook)
    every = list(combinations(controls))
    assert len(every) > 1
    assert len(belonging) == len(every) == len(set(belonging))

    seen, at = [frame(flipbook)], every[0]
    for combination in [every[0], *every[1:], every[-2], every[0]]:
        changes = [index for index, choice in enumerate(combination) if choice != at[index]]
        for index in changes:
            choose(controls[index], combination[index])
        seen.append(frame(flipbook, before=seen[-1].alt if changes else None))
        at = combination
        assert seen[-1].alt == belonging[every.index(at)], f"the frame of {at} is not the one that is seen"
        assert seen[-1].choices == at, "a screen reader is not told what is chosen"
        assert seen[-1].spoken == seen[-1].shown

    assert len({each.source for each in seen}) == len(every), "two combinations show the same picture"
    assert len({each.height for each in seen}) == 1, "the flipbook changes its height with its frame"
    for index, control in enumerate(controls):
        values = {each.spoken[index] for each in seen}
        assert len(values) == control.choices(), "a screen reader is not told each value"


@one_theme
def test_the_keyboard_shows_every_frame(view: Visit) -> None:
    for flipbook in flipbooks_of(view):
        work_through(flipbook, lambda control, choice: control.choose_by_keyboard(choice))
    view.to_the_top()
    assert view.problems == []


@one_theme
def test_the_mouse_shows_every_frame(view: Visit) -> None:
    for flipbook in flipbooks_of(view):
        work_through(flipbook, lambda control, choice: control.choose_by_mouse(choice))
    view.to_the_top()
    assert view.problems == []


@one_theme
def test_a_slider_can_be_drawn(view: Visit) -> None:
    for flipbook in flipbooks_of(view):
        flipbook.scroll_into_view_if_needed()
        first = frame(flipbook)
        for slider in (control for control in controls_of(flipbook) if isinstance(control, Slider)):
            last = slider.choices() - 1
            slider.drag(0, last)
            drawn = frame(flipbook, before=first.alt)
            assert drawn.alt != first.alt
            assert last in drawn.choices
            slider.drag(last, 0)
            assert frame(flipbook, before=drawn.alt) == first
    view.to_the_top()


@every_view
def test_a_control_has_a_name_and_room_for_a_finger(view: Visit) -> None:
    for flipbook in flipbooks_of(view):
        for control in controls_of(flipbook):
            assert control.label()
            assert control.spoken_name() == control.label()
            for target in control.targets():
                area = target.bounding_box()
                assert area is not None
                assert min(area["width"], area["height"]) >= 44


@every_view
def test_the_keyboard_reaches_every_control_and_its_focus_is_seen(view: Visit) -> None:
    for flipbook in flipbooks_of(view):
        stops = [stop for control in controls_of(flipbook) for stop in control.stops()]
        for stop in stops:
            stop.focus()
            view.page.keyboard.press("Shift+Tab")
            view.page.keyboard.press("Tab")
            outline = stop.evaluate(
                """element => {
                    const style = getComputedStyle(element);
                    return [document.activeElement === element, style.outlineStyle, parseFloat(style.outlineWidth)];
                }"""
            )
            assert outline == [True, "solid", 3]
        reachable = flipbook.locator(".flipbook-widget *").evaluate_all(
            "all => all.filter((each) => each.tabIndex >= 0 && each.checkVisibility()).length"
        )
        assert reachable == len(stops), "the keyboard stops where nothing can be done"
    view.page.evaluate("document.activeElement.blur()")
    view.to_the_top()


@every_view
def test_nothing_moves_when_the_widget_replaces_the_still(view: Visit) -> None:
    assert view.arrival is not None
    boxes = [flipbook.bounding_box() for flipbook in flipbooks_of(view)]
    assert [round(box["height"]) for box in boxes if box] == view.arrival.heights


@every_view
def test_the_widget_manager_waits_until_a_widget_is_near(view: Visit) -> None:
    assert view.arrival is not None
    assert view.arrival.asked_for_manager == (min(view.arrival.tops) < HEIGHT + NEAR)
    assert view.arrival.pictures == len(flipbooks_of(view))
    assert view.asked_for_manager()


@as_files(FLIPBOOK_PAGES)
def test_opened_as_a_file_its_controls_work(file_view: Visit) -> None:
    for flipbook in flipbooks_of(file_view):
        first = frame(flipbook)
        for control in controls_of(flipbook):
            control.choose_by_keyboard(1)
            changed = frame(flipbook, before=first.alt)
            assert changed.alt != first.alt
            control.choose_by_keyboard(0)
            assert frame(flipbook, before=changed.alt) == first
    file_view.to_the_top()
    assert file_view.problems == []


@as_files(FLIPBOOK_PAGES, "name")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("by", ["http", "file"])
def test_without_javascript_the_first_frame_stands_there(
    name: str, width: int, by: str, visit: Opener
) -> None:
    seen = visit(name, width, by=by, javascript=False)
    for flipbook in flipbooks_of(seen):
        flipbook.scroll_into_view_if_needed()
        assert len(frame(flipbook).alt) > 20
        assert flipbook.locator("img").evaluate("image => image.complete && image.naturalWidth > 0")
        assert flipbook.get_by_role("slider").count() == 0
        assert flipbook.get_by_role("button").count() == 0
    # The theme asks the browser to fetch two scripts ahead of time, which it gives up without JavaScript.
    assert [problem for problem in seen.problems if "/scripts/" not in problem] == []


@views(FLIPBOOK_PAGES, themes=("dark",), widths=(1280,))
def test_on_paper_the_first_frame_stands_there_dark_on_white(view: Visit) -> None:
    view.page.emulate_media(media="print")
    view.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert view.page.locator("html").get_attribute("data-theme") == "light"
    for flipbook in flipbooks_of(view):
        assert flipbook.locator("img.flipbook-still").is_visible()
        assert flipbook.locator("img:visible").count() == 1
        assert not any(stop.is_visible() for stop in flipbook.locator("[role=slider], button").all())
    view.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    view.page.emulate_media(media="screen")
    assert view.page.locator("html").get_attribute("data-theme") == "dark"


@views(FLIPBOOK_PAGES, themes=("light",), widths=(1280,))
def test_a_solution_opens_by_keyboard(view: Visit) -> None:
    collapsed = view.page.locator("details.collapsed-cell")
    names = collapsed.locator("summary").all_inner_texts()
    assert set(names) <= {"Solution", "Code"}  # the whole of a cell is hidden, or its code
    solution = collapsed.nth(names.index("Solution"))
    assert solution.get_attribute("open") is None
    solution.locator("summary").press("Enter")
    assert solution.get_attribute("open") is not None
    assert solution.locator(".cell_input").is_visible()
    solution.locator("summary").press("Enter")
    assert solution.get_attribute("open") is None
    view.to_the_top()
