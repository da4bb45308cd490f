"""`make links` fails for what is gone, and tells it from what a host only refuses to a program."""

from __future__ import annotations

import json

import pytest
from links import read_report, verdicts

PAGE = "https://example.org/page"


def entry(status: str, info: str = "", uri: str = PAGE, **more: object) -> dict[str, object]:
    return {"filename": "intro.md", "lineno": 1, "status": status, "uri": uri, "info": info} | more


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (entry("working"), "alive"),
        (entry("redirected", "https://example.org/other", code=302), "alive"),
        (entry("redirected", "https://example.org/other", code=301), "moved"),
        (entry("broken", "403 Client Error: Forbidden"), "refused"),
        (entry("broken", "429 Client Error: Too Many Requests"), "refused"),
        (entry("broken", "404 Client Error: Not Found"), "dead"),
        (entry("broken", "Anchor 'x' not found"), "dead"),
        (entry("timeout", "Read timed out"), "dead"),
        (entry("rate-limited", "429 Client Error"), "refused"),
    ],
)
def test_what_the_checker_found_gets_its_verdict(found: dict[str, object], verdict: str) -> None:
    lines = verdicts([found])
    (line,) = lines[verdict]
    assert line.startswith(f"intro.md: {PAGE}")
    assert sum(map(len, lines.values())) == 1


def test_only_addresses_elsewhere_count_and_each_once() -> None:
    inside = [entry("working", uri="chapters/gates.html"), entry("ignored"), entry("unchecked")]
    assert not any(verdicts(inside).values())
    assert verdicts([entry("working"), entry("working")])["alive"] == [f"intro.md: {PAGE}"]


def test_a_report_is_read_line_by_line() -> None:
    lines = [entry("working"), entry("broken", "404")]
    assert read_report("\n".join(map(json.dumps, lines)) + "\n") == lines
