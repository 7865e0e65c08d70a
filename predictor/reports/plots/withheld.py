"""What stands in place of a plot whose numbers are withheld: that they are, and the reasons, which its frame tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .sheet import GREY, HATCH, MARGIN, WIDTH, Plot, Sheet


@dataclass(frozen=True)
class Withheld(Plot):
    """A hatched field without a number."""

    kind = "withheld"

    @property
    def height(self) -> float:
        return 1.2

    def sentences(self) -> Iterator[str]:
        yield self.text("plot.cannot_say")

    def draw(self, sheet: Sheet) -> None:
        axes = sheet.axes(MARGIN, 0.2, WIDTH - 2 * MARGIN, 0.8)
        axes.axis("off")
        axes.axhspan(0, 1, facecolor="none", edgecolor=GREY, hatch=HATCH, linewidth=0, alpha=0.4)
        style = {"ha": "center", "va": "center", "bbox": {"facecolor": "white", "edgecolor": "none"}}
        axes.text(0.5, 0.5, self.text("plot.cannot_say"), transform=axes.transAxes, **style)
