"""The controls of a flipbook, worked as a reader works them, and the frame that they show."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Locator

# The alternative texts of all frames in the order of the combinations, the last control changing fastest.
FRAMES_IN_ORDER = """flipbook => {
    const read = (type, from) =>
        JSON.parse(from.querySelector(`script[type="application/vnd.jupyter.widget-${type}+json"]`).textContent);
    const models = read("state", document).state;
    const leaves = (id) => {
        const { state } = models[id.replace("IPY_MODEL_", "")];
        if (state.children) return state.children.flatMap(leaves);
        return [new DOMParser().parseFromString(state.value, "text/html").querySelector("img").alt];
    };
    return leaves(models[read("view", flipbook).model_id].state.children.at(-1));
}"""
# The one picture that is seen, once it is another than the one before; after five seconds, whatever is seen. With it,
# of each control, the choice and the value that a screen reader is told, and the value that is seen.
SEEN = """async (flipbook, before) => {
    const told = (row) => {
        const handle = row.querySelector("[role=slider]");
        if (handle) {
            const choice = Math.round(handle.ariaValueNow - handle.ariaValueMin);
            return [choice, handle.getAttribute("aria-valuetext"), row.querySelector(".widget-readout").innerText];
        }
        const buttons = [...row.querySelectorAll("button")];
        const pressed = buttons.map((button) => button.getAttribute("aria-pressed"));
        const choice = pressed.indexOf("true");
        const clear = pressed.every((each, index) => each === String(index === choice));
        const active = row.querySelector("button.mod-active")?.innerText;
        return [clear ? choice : -1, buttons[choice]?.innerText ?? null, active ?? null];
    };
    const patience = performance.now() + (before === null ? 0 : 5000);
    for (;;) {
        const seen = [...flipbook.querySelectorAll("img")].filter((image) => image.checkVisibility());
        const ready = seen.length === 1 && seen[0].alt !== before;
        if (ready) await seen[0].decode();
        if (ready || performance.now() > patience) {
            const height = Math.round(flipbook.getBoundingClientRect().height);
            const rows = [...flipbook.querySelectorAll(".flipbook-widget > .widget-vbox > *")].slice(0, -1);
            return { alts: seen.map((image) => image.alt), source: seen[0]?.src, height, told: rows.map(told) };
        }
        const drawn = new Promise(requestAnimationFrame);
        await Promise.race([drawn, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
}"""


@dataclass(frozen=True)
class Frame:
    """What a reader sees and hears of a flipbook: its picture, the text that stands for it, the height of the whole,
    and of each control which choice is made (-1 where that is told wrongly), its value as told and as seen."""

    alt: str
    source: str
    height: int
    choices: tuple[int, ...]
    spoken: tuple[str | None, ...]
    shown: tuple[str | None, ...]


def frame(flipbook: Locator, before: str | None = None) -> Frame:
    """The one frame that is seen. With the text of the frame before, waits until it has given way."""
    seen = flipbook.evaluate(SEEN, before)
    assert len(seen["alts"]) == 1, f"one frame should be seen, not {seen['alts']}"
    choices, spoken, shown = zip(*seen["told"], strict=True) if seen["told"] else ((), (), ())
    return Frame(seen["alts"][0], seen["source"], seen["height"], choices, spoken, shown)


def frames_in_order(flipbook: Locator) -> list[str]:
    """The text of the frame that belongs to each combination, in the order of `combinations`."""
    return list(flipbook.evaluate(FRAMES_IN_ORDER))


@dataclass
class Control:
    """A slider or a group of buttons, with its row in the flipbook."""

    row: Locator

    def label(self) -> str:
        """The name that stands beside it."""
        return self.row.locator(".widget-label:visible").inner_text().strip()

    def spoken_name(self) -> str | None:
        """The name that a screen reader tells."""
        raise NotImplementedError

    def choices(self) -> int:
        raise NotImplementedError

    def stops(self) -> list[Locator]:
        """Where the keyboard stops."""
        raise NotImplementedError

    def targets(self) -> list[Locator]:
        """What a finger must hit."""
        raise NotImplementedError

    def choose_by_keyboard(self, choice: int) -> None:
        raise NotImplementedError

    def choose_by_mouse(self, choice: int) -> None:
        raise NotImplementedError


class Slider(Control):
    @property
    def handle(self) -> Locator:
        return self.row.get_by_role("slider")

    def _numbers(self) -> tuple[int, int]:
        """The choice that is made, and how many there are."""
        now, least, most = self.handle.evaluate(
            "each => [each.ariaValueNow, each.ariaValueMin, each.ariaValueMax].map(Number)"
        )
        return round(now - least), round(1 + most - least)

    def spoken_name(self) -> str | None:
        return self.handle.get_attribute("aria-label")

    def choices(self) -> int:
        return self._numbers()[1]

    def stops(self) -> list[Locator]:
        return [self.handle]

    def targets(self) -> list[Locator]:
        return [self.handle.locator(".noUi-touch-area")]

    def choose_by_keyboard(self, choice: int) -> None:
        if choice == 0:
            self.handle.press("Home")
        else:
            steps = choice - self._numbers()[0]
            for _ in range(abs(steps)):
                self.handle.press("ArrowRight" if steps > 0 else "ArrowLeft")

    def choose_by_mouse(self, choice: int) -> None:
        track, middle = self._track()
        now, choices = self._numbers()
        step = track["width"] / (choices - 1)
        finger = self.handle.locator(".noUi-touch-area").bounding_box()
        assert finger is not None
        if abs(choice - now) * step < finger["width"] / 2 + 2:
            # So near the handle (to within rounding) a click takes hold of it: the reader draws it there.
            self.drag(now, choice)
            return
        # 12 pixels above the thin line: the row around it takes clicks, too.
        self.row.page.mouse.click(track["x"] + step * choice, middle - 12)
        self.row.locator(".noUi-state-tap").wait_for(state="detached")  # the handle is still gliding

    def drag(self, start: int, end: int) -> None:
        """Draw the handle from one choice to another."""
        track, middle = self._track()
        at = [track["x"] + track["width"] * choice / (self.choices() - 1) for choice in (start, end)]
        mouse = self.row.page.mouse
        mouse.move(at[0], middle)
        mouse.down()
        mouse.move(at[1], middle, steps=5)
        mouse.up()

    def _track(self) -> tuple[dict[str, float], float]:
        track = self.row.locator(".noUi-base").bounding_box()
        assert track is not None
        return dict(track), track["y"] + track["height"] / 2


class Buttons(Control):
    def all(self) -> list[Locator]:
        return self.row.get_by_role("button").all()

    def spoken_name(self) -> str | None:
        return self.row.get_by_role("group").get_attribute("aria-label")

    def choices(self) -> int:
        return self.row.get_by_role("button").count()

    def stops(self) -> list[Locator]:
        return self.all()

    def targets(self) -> list[Locator]:
        return self.all()

    def choose_by_keyboard(self, choice: int) -> None:
        self.all()[choice].press("Enter" if choice % 2 else "Space")

    def choose_by_mouse(self, choice: int) -> None:
        box = self.all()[choice].bounding_box()
        assert box is not None
        self.row.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def controls_of(flipbook: Locator) -> list[Control]:
    """The controls of a flipbook from the first to the last; below them are the frames."""
    *rows, _ = flipbook.locator(".flipbook-widget > .widget-vbox > *").all()
    assert rows, "a flipbook without a control"
    return [Slider(row) if row.get_by_role("slider").count() == 1 else Buttons(row) for row in rows]


def combinations(controls: list[Control]) -> Iterator[tuple[int, ...]]:
    """Every combination of choices; the last control changes fastest."""
    return itertools.product(*(range(control.choices()) for control in controls))
