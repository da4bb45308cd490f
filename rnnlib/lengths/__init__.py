"""Sequences of unequal length in one padded batch.

A padded batch holds N sequences in a tensor of L steps; ``lengths`` says how many of those steps are valid for each
sequence, counted from the front. The rest is padding. ``Lengths`` in a signature is whatever holds integers, one a
sequence: a list, tuple or range, NumPy's integers and tensors without dimensions included, a 1-D NumPy array, or a 1-D
tensor on the CPU.
"""

from rnnlib.lengths.batches import BucketBatchSampler
from rnnlib.lengths.masks import (
    Lengths,
    check_lengths,
    last_valid_step,
    mask_from_lengths,
    reverse_within_length,
)
from rnnlib.lengths.packing import Packed, pack, unpack
from rnnlib.lengths.rectangles import Rectangle, staircase
from rnnlib.lengths.running import run_packed

__all__ = [
    "BucketBatchSampler",
    "Lengths",
    "Packed",
    "Rectangle",
    "check_lengths",
    "last_valid_step",
    "mask_from_lengths",
    "pack",
    "reverse_within_length",
    "run_packed",
    "staircase",
    "unpack",
]
