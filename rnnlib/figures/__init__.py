"""Drawings of the book. A function takes data and returns a matplotlib Figure; it never trains and never displays."""

from rnnlib.figures.network import state_walk, unrolled
from rnnlib.figures.plots import curves

__all__ = ["curves", "state_walk", "unrolled"]
