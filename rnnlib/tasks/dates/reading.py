"""Reading a date back: every date that a text can mean, and the best that a reader can score."""

from __future__ import annotations

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from rnnlib.tasks.dates.writing import (
    DATES,
    FIRST_YEAR,
    LOCALES,
    STYLES,
    Field,
    Form,
    check_date,
    check_names,
    fill,
    form_of,
)


class Ceiling(NamedTuple):
    """The best exact match that a reader can score who sees the text alone.

    ``overall`` is a share from 0 to 1, ``per_locale`` what the same reader scores on each locale, and ``ambiguous`` the
    texts with more than one reading, in their order.
    """

    overall: float
    per_locale: dict[str, float]
    ambiguous: tuple[str, ...]


def _is_number(field: Field) -> bool:
    return all(text.isdecimal() for text in field.texts)


@cache
def _reader(form: Form) -> re.Pattern[str]:
    """A regular expression with one group for each field of a form."""
    choices = []
    for field in form.fields:
        if _is_number(field):
            sizes = [len(text) for text in field.texts]
            choices.append(f"([0-9]{{{min(sizes)},{max(sizes)}}})")
        else:
            choices.append("(" + "|".join(re.escape(text) for text in field.texts) + ")")
    literals = [re.escape(literal) for literal in form.template.split("%s")]
    groups = [*choices, ""]
    return re.compile("".join(literal + group for literal, group in zip(literals, groups, strict=True)))


def _read(form: Form, text: str) -> datetime.date | None:
    """The date that a text means in a form; None if no date is written so."""
    match = _reader(form).fullmatch(text)
    if match is None:
        return None
    numbers = [0, 0, 0, 0]
    try:
        for field, written in zip(form.fields, match.groups(), strict=True):
            numbers[field.place] = field.texts.index(written)
        date = datetime.date(numbers[0] + FIRST_YEAR, numbers[1] + 1, numbers[2] + 1)
    except ValueError:  # month 13, or the 31st of April
        return None
    return date if fill(form, date) == text else None  # the weekday must be that date's


@cache
def _pairs(locales: tuple[str, ...], styles: tuple[str, ...]) -> tuple[tuple[str, Form], ...]:
    return tuple((locale, form_of(locale, style)) for locale in locales for style in styles)


def _checked_pairs(locales: Sequence[str], styles: Sequence[str]) -> tuple[tuple[str, Form], ...]:
    return _pairs(check_names("locales", locales, LOCALES), check_names("styles", styles, STYLES))


def readings(text: str, locales: Sequence[str] = LOCALES, styles: Sequence[str] = STYLES) -> set[str]:
    """Every date that a text can mean: {"2024-03-05", "2024-05-03"} for "3/5/24".

    Args:
        text: as somebody wrote it.
        locales: who may have written it.
        styles: and how.

    Returns:
        The dates in ISO 8601, of the years 1950 to 2049; none if nobody writes so.

    Raises:
        TypeError: text is no string, or locales or styles is no list or tuple.
        ValueError: text is empty, or an unknown locale or style.

    Chapter: Sequence to sequence.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {text!r} ({type(text).__name__})")
    if not text:
        raise ValueError("text must have at least one character, got an empty string")
    forms = {form for _, form in _checked_pairs(locales, styles)}
    dates = (_read(form, text) for form in forms)
    return {date.isoformat() for date in dates if date is not None}


def is_unambiguous(text: str, locales: Sequence[str] = LOCALES, styles: Sequence[str] = STYLES) -> bool:
    """Whether a text has exactly one of :func:`readings`; the same arguments, the same errors.

    Chapter: Sequence to sequence.
    """
    return len(readings(text, locales, styles)) == 1


def _right(forms: Counter[Form], dates: Sequence[datetime.date]) -> tuple[dict[Form, float], set[str]]:
    """On how many dates the best reader of these forms' texts is right, form by form, and the ambiguous texts.

    ``forms`` counts how many pairs of locale and style share each form.
    """
    texts = {form: [fill(form, date) for date in dates] for form in forms}
    first: dict[str, datetime.date] = {}
    ambiguous = set()
    for written in texts.values():
        for text, date in zip(written, dates, strict=True):
            if first.setdefault(text, date) != date:
                ambiguous.add(text)
    votes: dict[str, Counter[datetime.date]] = defaultdict(Counter)
    cases = [
        (form, text, date)
        for form, written in texts.items()
        for text, date in zip(written, dates, strict=True)
        if text in ambiguous
    ]
    for form, text, date in cases:
        votes[text][date] += forms[form]
    most = {text: max(counts.values()) for text, counts in votes.items()}
    ties = {text: list(counts.values()).count(most[text]) for text, counts in votes.items()}
    right = {form: float(len(dates)) for form in forms}
    for form, text, date in cases:
        right[form] -= 1 - (1 / ties[text] if votes[text][date] == most[text] else 0)
    return right, ambiguous


def ceiling(
    locales: Sequence[str] = LOCALES,
    styles: Sequence[str] = STYLES,
    dates: Sequence[datetime.date] = DATES,
) -> Ceiling:
    r"""The best exact match for a reader who sees a text, and not who wrote it.

    .. math:: \sum_{text} \max_{date} P(text, date)

    with locale, style and date drawn uniformly, as :func:`sample` draws them. The best reader answers with the date
    that the most pairs of locale and style write so; where several dates are written equally often it draws lots, which
    matters for ``per_locale`` alone.

    Only texts of numbers can have several readings, and only where forms put the same signs between the numbers, have
    a year of four digits in the same place or none, and differ in the order of year, month and day. The texts of such
    forms are enumerated. A month or a weekday written out leaves one reading in all of LOCALES and STYLES; a test
    proves both by enumerating every text.

    Args:
        locales: among LOCALES.
        styles: among STYLES.
        dates: what the reader knows the dates to be drawn from. The default is what a model trained on random dates
            can know; with a few dates the reader would profit from knowing that no other is asked.

    Raises:
        TypeError: locales or styles is no list or tuple, or dates holds something else.
        ValueError: nothing to draw from, an unknown locale or style, or a date of another year.

    Chapter: Sequence to sequence.
    """
    pairs = _checked_pairs(locales, styles)
    if not len(dates):
        raise ValueError("dates must have at least one entry, got none")
    for date in dates:
        check_date("dates", date)
    alike: dict[object, Counter[Form]] = defaultdict(Counter)
    for _, form in pairs:
        if all(_is_number(field) for field in form.fields):
            four_digits = tuple(len(field.texts[0]) == 4 for field in form.fields)
            alike[form.template, four_digits][form] += 1
    right = {form: float(len(dates)) for _, form in pairs}
    ambiguous: set[str] = set()
    for forms in alike.values():
        if len({tuple(field.place for field in form.fields) for form in forms}) > 1:
            some_right, some_ambiguous = _right(forms, dates)
            right |= some_right
            ambiguous |= some_ambiguous
    per_locale: dict[str, float] = defaultdict(float)
    for locale, form in pairs:
        per_locale[locale] += right[form] / (len(dates) * len(styles))
    overall = sum(per_locale.values()) / len(locales)
    return Ceiling(overall, dict(per_locale), tuple(sorted(ambiguous)))
