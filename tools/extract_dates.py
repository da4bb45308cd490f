"""Take out of Babel what `rnnlib.tasks.dates` needs to write dates, and store it as rnnlib/data/dates.json.

Babel brings the patterns and names of Unicode's CLDR. The book ships an extract, so that a chapter writes the same
dates whatever Babel a reader has, or none. After a new Babel is pinned, run it by hand:
`.venv/bin/python tools/extract_dates.py`. A test holds the stored file to the pinned Babel.
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from babel import Locale
from babel.core import get_cldr_version
from babel.dates import get_day_names, get_era_names, get_month_names, tokenize_pattern
from book import ROOT

# At least seven scripts; several orders of day, month and year; close relatives beside locales that stand alone.
LOCALES = (
    *(
        "en_US",
        "en_GB",
        "de",
        "nl",
        "sv",
        "da",
        "fr",
        "es",
        "pt",
        "it",
        "pl",
        "cs",
        "hr",
        "fi",
        "tr",
        "vi",
        "id",
    ),
    *("ru", "uk", "el", "ar", "he", "hi", "th", "ja", "zh", "ko"),
)
STYLES = ("short", "medium", "long", "full")
TARGET = ROOT / "rnnlib" / "data" / "dates.json"

WIDTHS: dict[int, Literal["abbreviated", "wide"]] = {3: "abbreviated", 4: "wide"}
NUMERIC = ("y", "yy", "M", "MM", "d", "dd")


def names(locale: Locale, field: str) -> list[str]:
    """The names that a field of a pattern is written with, January or Monday first.

    Raises:
        ValueError: a field of another kind.
    """
    width = WIDTHS[max(len(field), 3)]
    if field in ("MMM", "MMMM"):
        months = get_month_names(width, "format", locale)
        return [months[number] for number in range(1, 13)]
    if field in ("EEEE", "cccc"):
        days = get_day_names(width, "stand-alone" if field[0] == "c" else "format", locale)
        return [days[number] for number in range(7)]
    if field == "G":
        return [get_era_names(width, locale)[1]]  # anno Domini: no date of the book lies before it
    raise ValueError(f"no names are known for the field {field!r} of a pattern")


def locale_data(identifier: str) -> dict[str, Any]:
    """What one locale needs: its name in English, a pattern for each style, and the names in those."""
    locale = Locale.parse(identifier)
    patterns = {style: str(locale.date_formats[style].pattern) for style in STYLES}
    fields = set()
    for pattern in patterns.values():
        tokens = tokenize_pattern(pattern)
        fields |= {token[0] * int(token[1]) for kind, token in tokens if kind == "field"}
    return {
        "name": locale.english_name,
        "patterns": patterns,
        "names": {field: names(locale, field) for field in sorted(fields.difference(NUMERIC))},
    }


def extract() -> dict[str, Any]:
    """The whole file, CLDR's licence included, which every copy of its data must carry."""
    licence = files("babel").joinpath("locale-data", "LICENSE.unicode").read_text(encoding="utf-8")
    return {
        "source": f"Unicode CLDR {get_cldr_version()}, by way of Babel {metadata.version('babel')}",
        "licence": licence.split("\n"),
        "locales": {identifier: locale_data(identifier) for identifier in LOCALES},
    }


def main(target: Path = TARGET) -> int:
    """Write the extract. Characters outside ASCII that cannot be seen are stored as escapes."""
    text = json.dumps(extract(), ensure_ascii=False, indent=1)
    shown = "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)
    target.write_text(shown + "\n", encoding="utf-8", newline="\n")
    print(f"{target.name}: {len(LOCALES)} locales, {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
