"""Spelling to sound: ordinary English words, and how they are said, a character for each sound."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

PARTS = ("training", "validation", "test")
FAMILY = 5  # words that begin with as many letters alike are in one part

# The dictionary's names of the sounds, and the characters in which the book writes them: those of the International
# Phonetic Alphabet, but for three diphthongs, which have one capital letter each.
PHONEMES = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "U", "AY": "I", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð",
    "EH": "ɛ", "ER": "ɝ", "EY": "e", "F": "f", "G": "g", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "ʤ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "o", "OY": "O", "P": "p", "R": "r", "S": "s", "SH": "ʃ",
    "T": "t", "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Word(NamedTuple):
    """A word as it is spelled, letters from a to z, and as it is said, a character of PHONEMES for each sound."""

    spelled: str
    said: str


def family(spelled: str) -> str:
    """The first five letters of a word, or the whole of a shorter one: "bullet" and "bullets" are one family.

    Chapter: Attention and beam search.
    """
    return spelled[:FAMILY]


def part_of(spelled: str) -> str:
    r"""The part of all words to which a word belongs, decided by its family.

    .. math:: \mathrm{CRC32}(\text{family}) \bmod 20: \quad 0 \to \text{validation}, \quad 1, 2 \to \text{test}, \quad
        \text{else training}

    So no word of the test begins with the same five letters as a word for training: who has heard "bullet" and is
    asked "bullets" is not tested.

    Args:
        spelled: a word.

    Returns:
        "training", "validation" or "test".

    Raises:
        TypeError: no string.
        ValueError: an empty word.

    Chapter: Attention and beam search.
    """
    if not isinstance(spelled, str):
        raise TypeError(f"spelled must be a string, got {spelled!r} ({type(spelled).__name__})")
    if not spelled:
        raise ValueError("spelled must have at least one letter, got an empty string")
    remainder = zlib.crc32(family(spelled).encode()) % 20
    return {0: "validation", 1: "test", 2: "test"}.get(remainder, "training")


def words(part: str) -> list[Word]:
    """All words of a part, in the order of the alphabet, a new list at each call.

    Args:
        part: "training", "validation" or "test".

    Raises:
        ValueError: another part.

    Chapter: Attention and beam search. Source: The CMU Pronouncing Dictionary, Carnegie Mellon University, under a
    BSD licence, whose text the data file holds; words of 3 to 16 letters that are in a list of ordinary words.
    """
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(map(repr, PARTS))}, got {part!r}")
    return [word for word in _all() if part_of(word.spelled) == part]


def sound_error(found: Sequence[str], wanted: Sequence[str]) -> float:
    r"""The share of sounds that are wrong.

    .. math:: \frac{\sum_n d(\hat{y}_n, y_n)}{\sum_n |y_n|}

    d is the edit distance of Levenshtein: how many sounds one must insert, drop or replace to make one of the other.

    Args:
        found: what a model says of each word.
        wanted: what is right, at least one sound in all.

    Returns:
        0 if all is right; more than 1 is possible.

    Raises:
        ValueError: not as many of one as of the other, or nothing wanted.

    Chapter: Attention and beam search.
    """
    if len(found) != len(wanted):
        raise ValueError(f"found must be {len(wanted)} strings, as many as wanted, got {len(found)}")
    total = sum(map(len, wanted))
    if not total:
        raise ValueError("wanted must have at least one sound, got none")
    return sum(edit_distance(a, b) for a, b in zip(found, wanted, strict=True)) / total


def edit_distance(first: str, second: str) -> int:
    """How many characters one must insert, drop or replace to make the second string of the first.

    Chapter: Attention and beam search. Source: V. I. Levenshtein, `Binary codes capable of correcting deletions,
    insertions, and reversals`, 1966.
    """
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


@cache
def _all() -> tuple[Word, ...]:
    text = files("rnnlib").joinpath("data", "spelling.json").read_text(encoding="utf-8")
    return tuple(Word(*pair.split(" ")) for pair in json.loads(text)["words"])
