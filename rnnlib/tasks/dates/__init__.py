"""Dates as people write them in many languages, and the same dates in ISO 8601.

The patterns and names are an extract of Unicode's CLDR, shipped with the package and written by
``tools/extract_dates.py``. A *form* is one locale in one style, say German and "long".
"""

from rnnlib.tasks.dates.examples import (
    HELD_OUT,
    Batch,
    Example,
    Split,
    collate,
    sample,
    split,
)
from rnnlib.tasks.dates.reading import Ceiling, ceiling, is_unambiguous, readings
from rnnlib.tasks.dates.writing import DATES, LOCALES, STYLES, locale_name, pattern, write

__all__ = [
    "DATES",
    "HELD_OUT",
    "LOCALES",
    "STYLES",
    "Batch",
    "Ceiling",
    "Example",
    "Split",
    "ceiling",
    "collate",
    "is_unambiguous",
    "locale_name",
    "pattern",
    "readings",
    "sample",
    "split",
    "write",
]
