"""Examples of the task: drawn, split by date, and put into padded batches of numbers."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlib.arguments import check_size
from rnnlib.tasks.dates.writing import DATES, LOCALES, STYLES, check_date, check_names, fill, form_of
from rnnlib.vocabulary import EOS, PAD, Vocabulary

HELD_OUT = (
    "pt"  # close to Spanish, which is trained on, in order and words, and equal to it in no month's full name
)


class Example(NamedTuple):
    """A date as ``locale`` writes it in ``style``, and the same date in ISO 8601: "3. Mai 2024", "2024-05-03"."""

    text: str
    iso: str
    locale: str
    style: str


class Split(NamedTuple):
    """Dates to train on, to choose by and to test with, no two of them in common, and the locales to train on."""

    train: tuple[datetime.date, ...]
    validation: tuple[datetime.date, ...]
    test: tuple[datetime.date, ...]
    locales: tuple[str, ...]
    held_out: tuple[str, ...]


class Batch(NamedTuple):
    """N pairs as numbers, time first, int64, on the CPU.

    ``source`` has shape (L, N) and ``target`` (T, N), ``source_lengths`` and ``target_lengths`` (N). A target ends in
    EOS, which its length counts. Behind the lengths there is PAD.
    """

    source: Tensor
    source_lengths: Tensor
    target: Tensor
    target_lengths: Tensor


def sample(
    count: int,
    dates: Sequence[datetime.date] = DATES,
    locales: Sequence[str] = LOCALES,
    styles: Sequence[str] = STYLES,
    generator: torch.Generator | None = None,
) -> list[Example]:
    """Random examples: date, locale and style are drawn apart, each uniformly, with repetition.

    Args:
        count: how many examples.
        dates: what the dates are drawn from, of the years 1950 to 2049.
        locales: among LOCALES.
        styles: among STYLES.
        generator: a CPU generator that is drawn from; torch's own if left out.

    Raises:
        TypeError: count is no int, locales or styles is no list or tuple, or a drawn date is no date.
        ValueError: count below 1, nothing to draw from, an unknown locale or style, or a drawn date of another year.

    Chapter: Sequence to sequence.
    """
    check_size("count", count)
    locales, styles = check_names("locales", locales, LOCALES), check_names("styles", styles, STYLES)
    if not len(dates):
        raise ValueError("dates must have at least one entry, got none")
    sizes = (len(dates), len(locales), len(styles))
    drawn = [torch.randint(0, size, (count,), generator=generator, device="cpu").tolist() for size in sizes]
    examples = []
    for which_date, which_locale, which_style in zip(*drawn, strict=True):
        date, locale, style = (
            check_date("dates", dates[which_date]),
            locales[which_locale],
            styles[which_style],
        )
        examples.append(Example(fill(form_of(locale, style), date), date.isoformat(), locale, style))
    return examples


def split(
    validation: int = 2000,
    test: int = 2000,
    held_out: str | Sequence[str] = HELD_OUT,
    generator: torch.Generator | None = None,
) -> Split:
    """All dates of the years 1950 to 2049 in three parts, and the locales without the one that is held out.

    No date is in two parts, so a model that is right on the test's dates has not learned them by heart.

    Args:
        validation: how many dates to choose by.
        test: how many dates to test with.
        held_out: the locale, or locales, that training never sees.
        generator: a CPU generator that the parts are drawn by; torch's own if left out.

    Returns:
        The three parts, each in random order, the locales to train on in the order of LOCALES, and those held out.

    Raises:
        TypeError: a number that is no int.
        ValueError: a number below 1, no date left to train on, an unknown locale, or no locale left.

    Chapter: Sequence to sequence.
    """
    check_size("validation", validation)
    check_size("test", test)
    if validation + test >= len(DATES):
        raise ValueError(
            f"validation + test must leave some of the {len(DATES)} dates, got {validation} + {test}"
        )
    held_out = check_names("held_out", (held_out,) if isinstance(held_out, str) else held_out, LOCALES)
    if len(held_out) == len(LOCALES):
        raise ValueError("held_out must leave at least one locale to train on, it leaves none")
    order = torch.randperm(len(DATES), generator=generator, device="cpu").tolist()
    shuffled = tuple(DATES[index] for index in order)
    ends = (validation, validation + test)
    return Split(
        train=shuffled[ends[1] :],
        validation=shuffled[: ends[0]],
        test=shuffled[ends[0] : ends[1]],
        locales=tuple(locale for locale in LOCALES if locale not in held_out),
        held_out=held_out,
    )


def _padded(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """N rows of numbers as one padded tensor, (L, N), and their lengths, (N)."""
    lengths = [len(row) for row in rows]
    longest = max(lengths)
    # One tensor of all rows is made faster than one for each row.
    flat = [index for row in rows for index in row + [PAD] * (longest - len(row))]
    padded = torch.tensor(flat, device="cpu").view(len(rows), longest)  # (N, L)
    return padded.t().contiguous(), torch.tensor(lengths, device="cpu")  # (N, L) -> (L, N)


def collate(
    examples: Sequence[Example], source_vocabulary: Vocabulary, target_vocabulary: Vocabulary
) -> Batch:
    """A padded batch of numbers: the texts as sources, the dates in ISO 8601 as targets.

    Args:
        examples: N of them.
        source_vocabulary: numbers for the texts' characters; those that it does not know become UNK.
        target_vocabulary: numbers for digits and hyphen.

    Returns:
        The batch, in the order of the examples.

    Raises:
        ValueError: no examples, or an empty text.

    Chapter: Sequence to sequence.
    """
    if not len(examples):
        raise ValueError("examples must have at least one entry, got none")
    sources = [source_vocabulary.encode(example.text) for example in examples]
    targets = [[*target_vocabulary.encode(example.iso), EOS] for example in examples]
    return Batch(*_padded(sources), *_padded(targets))
