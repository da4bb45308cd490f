"""Drawings of the book. A function takes data and returns a matplotlib Figure; it never trains and never displays."""

from rnnlib.figures.network import reach, state_walk, unrolled, wavefront
from rnnlib.figures.plots import curves
from rnnlib.figures.shapes import five_shapes, tensor_map

__all__ = ["curves", "five_shapes", "reach", "state_walk", "tensor_map", "unrolled", "wavefront"]
