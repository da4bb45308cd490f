"""Drawings of the book. A function takes data and returns a matplotlib Figure; it never trains and never displays."""

from rnnlib.figures.attention import alignment, hypotheses
from rnnlib.figures.forecasting import forecast, horizon_errors
from rnnlib.figures.gates import gate_blocks, gate_walk, lstm_cell
from rnnlib.figures.network import reach, state_walk, unrolled, wavefront
from rnnlib.figures.packing import packing, packing_step
from rnnlib.figures.plots import curves
from rnnlib.figures.shapes import five_shapes, tensor_map, tensor_map_text
from rnnlib.figures.staircase import rectangles
from rnnlib.figures.training import running_answers, training_gallery

__all__ = [
    "alignment",
    "curves",
    "five_shapes",
    "forecast",
    "gate_blocks",
    "gate_walk",
    "horizon_errors",
    "hypotheses",
    "lstm_cell",
    "packing",
    "packing_step",
    "reach",
    "rectangles",
    "running_answers",
    "state_walk",
    "tensor_map",
    "tensor_map_text",
    "training_gallery",
    "unrolled",
    "wavefront",
]
