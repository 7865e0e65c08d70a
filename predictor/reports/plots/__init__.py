"""Plots of an answer and of the model: their figures as records, their words, and the drawing with matplotlib.

Each plot carries the intended use, the certainty and a text alternative with all of its numbers. The figures and
words need no matplotlib; only `figure`, `svg`, `png`, `pdf` and `write` do (the extra [plots]).
"""

from .contributions import icons, waterfall
from .curve import course
from .sheet import Plot, figure, pdf, png, svg, text_alternative, write
from .studies import calibration, forest
from .surfaces import heat, sweep

__all__ = [
    "Plot",
    "calibration",
    "course",
    "figure",
    "forest",
    "heat",
    "icons",
    "pdf",
    "png",
    "svg",
    "sweep",
    "text_alternative",
    "waterfall",
    "write",
]
