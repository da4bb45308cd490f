"""Sums of digits: sequences of unequal length, each with the class that its sum leaves after division by a base.

Every digit counts as much as every other. Whoever misses one can only guess, if the base is 2, 5 or 10: the missed
digit makes each class equally likely.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnlib.arguments import check_size

PARTS = ("training", "validation", "test")
DIVIDED_FROM = 3  # shorter sequences all belong to the training part


def part_of(digits: Tensor) -> str:
    r"""The part of all data to which a sequence belongs, decided by the sequence itself.

    .. math:: L \ge 3: \quad \mathrm{CRC32}(x_1, \dots, x_L) \bmod 10: \quad 0 \to \text{validation}, \quad
        1 \to \text{test}, \quad \text{else training}

    The 110 sequences of one or two digits are too few to be divided: all of them are for training. One sequence is in
    one part, however often and wherever it is drawn. So what the parts hold never overlaps. A checksum looks random,
    and is the same on every machine.

    Args:
        digits: (L), integers from 0 to 255, on any device.

    Returns:
        "training", "validation" or "test".

    Raises:
        TypeError: digits that are no tensor of integers.
        ValueError: another shape, no digit, or an entry outside 0 to 255.

    Chapter: Training a sequence classifier.
    """
    if not isinstance(digits, Tensor) or digits.is_floating_point() or digits.is_complex():
        raise TypeError(f"digits must be a tensor of integers, got {_kind(digits)}")
    if digits.dim() != 1 or not len(digits):
        raise ValueError(f"digits must have shape (L) with L at least 1, got {tuple(digits.shape)}")
    entries = digits.tolist()
    if min(entries) < 0 or max(entries) > 255:
        raise ValueError(f"digits must be from 0 to 255, got {min(entries)} to {max(entries)}")
    if len(entries) < DIVIDED_FROM:
        return "training"
    remainder = zlib.crc32(bytes(entries)) % 10
    return {0: "validation", 1: "test"}.get(remainder, "training")


def draw(
    count: int,
    shortest: int = 1,
    longest: int = 10,
    *,
    part: str = "training",
    base: int = 10,
    generator: torch.Generator | None = None,
) -> list[tuple[Tensor, int]]:
    r"""Random sequences of digits and the classes of their sums.

    .. math:: y = \Bigl(\sum_{t=1}^{L} x_t\Bigr) \bmod \text{base}, \qquad x_t \in \{0, \dots, 9\}, \quad
        L \in \{\text{shortest}, \dots, \text{longest}\}

    Lengths and digits are uniform; a sequence that belongs to another part is drawn anew, its length, too. So about a
    tenth of those that have three digits or more are in validation, and a tenth in the test.

    Args:
        count: how many sequences.
        shortest: the least length, at least 1.
        longest: the greatest length.
        part: "training", "validation" or "test", as :func:`part_of` decides.
        base: how many classes there are, at least 2.
        generator: a CPU generator to draw from; torch's own if left out.

    Returns:
        A list of pairs, digits (L) of int64 and the class. It can be handed to a ``DataLoader`` as it is.

    Raises:
        ValueError: a number that is too small, a longest below the shortest, another part, or a longest below 3 in
            validation or test, which have no such sequences.
        TypeError: a number that is no integer.

    Chapter: Training a sequence classifier.
    """
    check_size("count", count)
    check_size("shortest", shortest)
    check_size("longest", longest, least=shortest)
    check_size("base", base, least=2)
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
    if part != "training":
        check_size("longest", longest, least=DIVIDED_FROM)
        shortest = max(shortest, DIVIDED_FROM)
    examples: list[tuple[Tensor, int]] = []
    while len(examples) < count:
        missing = count - len(examples)
        digits = torch.randint(0, 10, (missing, longest), generator=generator, device="cpu")
        lengths = torch.randint(shortest, longest + 1, (missing,), generator=generator, device="cpu")
        for row, length in zip(digits, lengths.tolist(), strict=True):
            sequence = row[:length].clone()
            if part_of(sequence) == part:
                examples.append((sequence, int(sequence.sum()) % base))
    return examples


def collate(examples: Sequence[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of what :func:`draw` gives, for ``DataLoader(…, collate_fn=collate)``.

    Args:
        examples: at least one pair of digits (L), int64, and class.

    Returns:
        The digits, (L, N), int64, padded with 0 at the end; the lengths, (N); the classes, (N).

    Raises:
        ValueError: no example.

    Chapter: Training a sequence classifier.
    """
    if not len(examples):
        raise ValueError("examples must have at least one entry, got none")
    sequences, classes = zip(*examples, strict=True)
    lengths = torch.tensor([len(digits) for digits in sequences], device="cpu")
    return pad_sequence(list(sequences)), lengths, torch.tensor(classes, device="cpu")  # (L, N), (N), (N)


def _kind(value: object) -> str:
    return str(value.dtype) if isinstance(value, Tensor) else type(value).__name__
