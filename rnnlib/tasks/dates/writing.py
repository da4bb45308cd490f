"""Writing a date as a locale writes it: a pattern, filled with numbers and names."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

FIRST_YEAR, LAST_YEAR = 1950, 2049  # a hundred years, so that two digits say which

DATES = tuple(
    datetime.date.fromordinal(day)
    for day in range(
        datetime.date(FIRST_YEAR, 1, 1).toordinal(), datetime.date(LAST_YEAR, 12, 31).toordinal() + 1
    )
)

# What a field is filled with: its place among year, month, day and weekday, and the texts that it takes there.
_NUMBERS = {
    "y": (0, [f"{year}" for year in range(FIRST_YEAR, LAST_YEAR + 1)]),
    "yy": (0, [f"{year % 100:02}" for year in range(FIRST_YEAR, LAST_YEAR + 1)]),
    "M": (1, [f"{month}" for month in range(1, 13)]),
    "MM": (1, [f"{month:02}" for month in range(1, 13)]),
    "d": (2, [f"{day}" for day in range(1, 32)]),
    "dd": (2, [f"{day:02}" for day in range(1, 32)]),
}
_PLACES = {"M": 1, "E": 3, "c": 3}  # of a field that is filled with names, by its letter
_TOKEN = re.compile(
    r"'(?P<quoted>[^']*)'|(?P<field>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<plain>.)", re.DOTALL
)


class Field(NamedTuple):
    """One field of a form: ``place`` 0 for the year, 1 for the month, 2 for the day, 3 for the weekday."""

    place: int
    texts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Form:
    """A pattern ready to be filled: its text with %s for each field, and the fields in their order.

    Locales that write alike share one object, so that forms are compared and hashed by identity, which is fast.
    """

    template: str
    fields: tuple[Field, ...]


_shared = cache(Form)


@cache
def _extract() -> dict[str, Any]:
    text = files("rnnlib").joinpath("data", "dates.json").read_text(encoding="utf-8")
    locales: dict[str, Any] = json.loads(text)["locales"]
    return locales


LOCALES = tuple(_extract())
STYLES = ("short", "medium", "long", "full")


def check_names(name: str, values: object, known: tuple[str, ...]) -> tuple[str, ...]:
    """Give the locales or the styles back as a tuple if all are known, none comes twice, and there is one."""
    if isinstance(values, str) or not isinstance(values, (list, tuple)):
        raise TypeError(f"{name} must be a list or a tuple of str, got {values!r} ({type(values).__name__})")
    if not values:
        raise ValueError(f"{name} must have at least one entry, got none")
    for value in values:
        if value not in known:
            raise ValueError(f"{name} must be among {', '.join(known)}, got {value!r}")
    if len(set(values)) < len(values):
        raise ValueError(f"{name} must be different from each other, got {values!r}")
    return tuple(values)


def check_date(name: str, date: object) -> datetime.date:
    """Give date back if it is a date (without a time) of the years that the book writes."""
    if not isinstance(date, datetime.date) or isinstance(date, datetime.datetime):
        raise TypeError(f"{name} must be a datetime.date, got {date!r} ({type(date).__name__})")
    if not FIRST_YEAR <= date.year <= LAST_YEAR:
        raise ValueError(f"{name} must be from {FIRST_YEAR} to {LAST_YEAR}, got {date.isoformat()}")
    return date


def pattern(locale: str, style: str) -> str:
    """The pattern that a form fills, as CLDR notes it: "EEEE, d 'de' MMMM 'de' y".

    y is the year and yy its last two digits, M the month, MM with two digits, MMM its short name and MMMM its name,
    d the day and dd with two digits, EEEE or cccc the weekday, G the era. Text in quotes stands for itself.

    Args:
        locale: one of LOCALES.
        style: one of STYLES.

    Raises:
        ValueError: another locale or style.

    Chapter: Sequence to sequence.
    """
    check_names("locale", [locale], LOCALES)
    check_names("style", [style], STYLES)
    return str(_extract()[locale]["patterns"][style])


def locale_name(locale: str) -> str:
    """The English name of a locale: "Portuguese" for "pt".

    Raises:
        ValueError: it is none of LOCALES.

    Chapter: Sequence to sequence.
    """
    check_names("locale", [locale], LOCALES)
    return str(_extract()[locale]["name"])


@cache
def form_of(locale: str, style: str) -> Form:
    """The pattern of a locale and a style, ready to be filled; raises what :func:`pattern` raises."""
    template, fields = "", []
    for token in _TOKEN.finditer(pattern(locale, style)):
        written = token["field"]
        if written is None:
            template += token["plain"] if token["quoted"] is None else token["quoted"]
        elif written == "G":
            template += _extract()[locale]["names"]["G"][0]
        else:
            place, texts = _NUMBERS.get(written) or (
                _PLACES[written[0]],
                _extract()[locale]["names"][written],
            )
            template += "%s"
            fields.append(Field(place, tuple(texts)))
    return _shared(template, tuple(fields))


def fill(form: Form, date: datetime.date) -> str:
    """The text of a date in a form, without checking the date."""
    numbers = (date.year - FIRST_YEAR, date.month - 1, date.day - 1, date.weekday())
    return form.template % tuple([texts[numbers[place]] for place, texts in form.fields])


def write(date: datetime.date, locale: str, style: str) -> str:
    """A date as a locale writes it: "sexta-feira, 3 de maio de 2024" for 2024-05-03, "pt" and "full".

    Equal to ``babel.dates.format_date(date, style, locale)`` of Babel 2.18, and faster.

    Args:
        date: of the years 1950 to 2049.
        locale: one of LOCALES, in CLDR's names.
        style: "short", "medium", "long" or "full".

    Returns:
        The text, with the spaces that do not break and the marks of direction that CLDR puts there.

    Raises:
        TypeError: date is no ``datetime.date``, or is one with a time.
        ValueError: a date of another year, or another locale or style.

    Source: Unicode CLDR 47, https://cldr.unicode.org

    Chapter: Sequence to sequence.
    """
    return fill(form_of(locale, style), check_date("date", date))
