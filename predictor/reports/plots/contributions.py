"""What moves an answer and what it comes to: the waterfall of the factors, and one hundred patients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...answer.explanation import Explainer
from ...answer.layout import Names, signed
from ...answer.record import Answer, Chance, Difference
from ...answer.text import Step, waterfall_rows
from .frame import answer_frame, chance_words, difference_words, noted
from .sheet import BODY, GREY, HATCH, INK, LOWERS, MARGIN, RAISES, WIDTH, Plot, Sheet, inches


@dataclass(frozen=True)
class Waterfall(Plot):
    """What each factor contributes to the effect of cells and to usual care, log odds."""

    kind = "waterfall"
    names: Names
    effect: tuple[Step, ...]
    usual_care: tuple[Step, ...]

    ROW: ClassVar[float] = 0.27
    GAP: ClassVar[float] = 0.95

    @property
    def height(self) -> float:
        rows = len(self.effect) + len(self.usual_care) + 2
        return rows * self.ROW + 2 * self.GAP

    def sentences(self) -> Iterator[str]:
        t = self.text
        for heading, steps in (
            (t("explain.effect_part"), self.effect),
            (t("explain.usual_care_part"), self.usual_care),
        ):
            yield f"{heading}{t('colon')}{self.say('scale')}"
            for step in steps:
                yield self.say(
                    "step", label=step.label(self.names), value=signed(step.end - step.start), split=self._split(step)
                )
            yield self.say("sum", value=signed(steps[-1].end))

    def _split(self, step: Step) -> str:
        if step in self.usual_care:
            return ""
        return self.say("split", studies=signed(step.studies), claims=signed(step.claims))

    def draw(self, sheet: Sheet) -> None:
        labels = [step.label(self.names) for step in (*self.effect, *self.usual_care)]
        left = MARGIN + 0.12 + min(3.6, max(inches(label) for label in labels))
        below = (len(self.usual_care) + 1) * self.ROW
        above = (len(self.effect) + 1) * self.ROW
        width = WIDTH - left - MARGIN - 0.5
        for bottom, height, steps, heading in (
            (0.45, below, self.usual_care, "explain.usual_care_part"),
            (0.45 + below + self.GAP, above, self.effect, "explain.effect_part"),
        ):
            axes = sheet.axes(left, bottom, width, height)
            _draw_steps(axes, steps, [step.label(self.names) for step in steps], self.say("total"))
            axes.set_xlabel(self.say("axis"), fontsize=BODY - 1)
            sheet.words(MARGIN, bottom + height + 0.08, self.text(heading), weight="bold")
        self._legend(sheet, 0.45 + below + self.GAP + above + 0.1)

    def _legend(self, sheet: Sheet, y: float) -> None:
        from matplotlib.patches import Patch

        solid = Patch(facecolor=GREY, edgecolor=GREY, label=self.text("explain.studies"))
        hatched = Patch(facecolor="white", edgecolor=GREY, hatch=HATCH, label=self.text("explain.claims"))
        up = Patch(facecolor=RAISES, label=self.say("raises"))
        down = Patch(facecolor=LOWERS, label=self.say("lowers"))
        at = (1 - MARGIN / WIDTH, (sheet.bottom + y - 0.06) / sheet.total)
        style: dict[str, Any] = {"ncols": 4, "frameon": False, "fontsize": BODY - 1, "handlelength": 1.6}
        sheet.figure.legend(
            handles=[solid, hatched, up, down], loc="lower right", bbox_to_anchor=at, borderaxespad=0, **style
        )


def _draw_steps(axes: Any, steps: Sequence[Step], labels: Sequence[str], total: str) -> None:
    """Bars from where the last ended: studies filled, claims hatched; the sum last."""
    n = len(steps)
    for i, step in enumerate(steps):
        for start, move, claimed in (
            (step.start, step.studies, False),
            (step.start + step.studies, step.claims, True),
        ):
            _bar(axes, i, start, move, claimed)
        axes.plot([step.end, step.end], [i, i + 1], color=GREY, linewidth=0.7, linestyle=":")
    axes.barh(n, steps[-1].end, height=0.62, color=INK)
    ends = [v for s in steps for v in (s.start, s.start + s.studies, s.end)]
    _room(axes, [*ends, 0.0])
    for i, step in enumerate(steps):
        _figure_at(axes, i, max(step.start, step.start + step.studies, step.end), signed(step.end - step.start))
    _figure_at(axes, n, max(0.0, steps[-1].end), signed(steps[-1].end))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_ylim(n + 0.5, -0.5)
    axes.set_yticks(range(n + 1), [*labels, total], fontsize=BODY)
    axes.tick_params(axis="y", length=0)


def _bar(axes: Any, row: int, start: float, move: float, claimed: bool) -> None:
    colour = RAISES if move >= 0 else LOWERS
    if claimed:
        axes.barh(row, move, left=start, height=0.62, facecolor="white", edgecolor=colour, hatch=HATCH, linewidth=1)
    else:
        axes.barh(row, move, left=start, height=0.62, facecolor=colour, edgecolor=colour, linewidth=1)


def _room(axes: Any, values: Sequence[float]) -> None:
    """Limits of the x axis around values, with room for figures at the right."""
    low, high = min(values), max(values)
    span = max(high - low, 0.1)
    axes.set_xlim(low - 0.05 * span, high + 0.16 * span)


def _figure_at(axes: Any, row: float, x: float, text: str) -> None:
    style: dict[str, Any] = {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.6}}
    style |= {"xytext": (4, 0), "textcoords": "offset points", "va": "center", "fontsize": BODY - 1, "color": INK}
    axes.annotate(text, (x, row), **style)


def waterfall(answer: Answer, explainer: Explainer) -> Waterfall:
    """The contributions of an answer, claims apart from studies."""
    names = Names(explainer.scorecard.condition, explainer.text)
    frame = answer_frame("waterfall", answer, explainer)
    return Waterfall(frame, names, waterfall_rows(answer), waterfall_rows(answer, "usual_care"))


@dataclass(frozen=True)
class Icons(Plot):
    """One hundred patients without and with cells."""

    kind = "icons"
    usual_care: Chance
    with_cells: Chance
    difference: Difference

    ICON: ClassVar[float] = 0.25

    @property
    def height(self) -> float:
        return 10 * self.ICON + 1.15

    @property
    def counts(self) -> tuple[int, int]:
        """Responses of 100 under usual care and with cells."""
        return round(self.usual_care.probability * 100), round(self.with_cells.probability * 100)

    def sentences(self) -> Iterator[str]:
        t = self.text
        for name, chance in (("usual_care", self.usual_care), ("with_cells", self.with_cells)):
            yield f"{t('explain.' + name)}{t('colon')}{self.say('count', value=chance_words(t, chance))}"
        yield f"{t('explain.difference')}{t('colon')}{self.say('count', value=difference_words(t, self.difference))}"

    def draw(self, sheet: Sheet) -> None:
        side = 10 * self.ICON
        usual, cells = self.counts
        both = min(usual, cells)
        more, fewer = max(0, cells - usual), max(0, usual - cells)
        panels = (
            (1.05, "usual_care", self.usual_care, (usual, 0, 0)),
            (WIDTH - 1.05 - side, "with_cells", self.with_cells, (both, more, fewer)),
        )
        for left, name, chance, states in panels:
            axes = sheet.axes(left, 0.62, side, side)
            _draw_icons(axes, *states)
            heading = f"{self.text('explain.' + name)}{self.text('colon')}{chance_words(self.text, chance)}"
            sheet.words(left + side / 2, 0.62 + side + 0.1, heading, weight="bold", ha="center")
        change = self.say("count", value=difference_words(self.text, self.difference))
        middle = f"{self.text('explain.difference')}{self.text('colon')}{change}"
        sheet.words(WIDTH / 2, 0.38, middle, ha="center")
        self._legend(sheet, more, fewer)

    def _legend(self, sheet: Sheet, more: int, fewer: int) -> None:
        from matplotlib.lines import Line2D

        shown = ["responds", *(["more"] if more else []), *(["fewer"] if fewer else []), "none"]
        handles = [Line2D([], [], linestyle="", label=self.say(name), **ICON_STYLES[name]) for name in shown]
        at = (0.5, (sheet.bottom + 0.02) / sheet.total)
        sheet.figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=at, ncols=4, frameon=False, fontsize=BODY - 1
        )


ICON_STYLES: Mapping[str, Mapping[str, Any]] = {
    "responds": {"marker": "o", "markersize": 10, "markerfacecolor": "#56B4E9", "markeredgecolor": "#56B4E9"},
    "more": {"marker": "P", "markersize": 11, "markerfacecolor": RAISES, "markeredgecolor": RAISES},
    "fewer": {"marker": "X", "markersize": 11, "markerfacecolor": LOWERS, "markeredgecolor": LOWERS},
    "none": {"marker": "o", "markersize": 10, "markerfacecolor": "none", "markeredgecolor": GREY},
}
"""Shape and colour say the same: a disc responds, a plus is one more, a cross one fewer, a ring none."""


def _draw_icons(axes: Any, responds: int, more: int, fewer: int) -> None:
    states = ["responds"] * responds + ["more"] * more + ["fewer"] * fewer
    states += ["none"] * (100 - len(states))
    for state in dict.fromkeys(states):
        places = [i for i, s in enumerate(states) if s == state]
        axes.plot([i % 10 for i in places], [i // 10 for i in places], linestyle="", **ICON_STYLES[state])
    axes.set_xlim(-0.6, 9.6)
    axes.set_ylim(9.6, -0.6)
    axes.axis("off")


def icons(answer: Answer, explainer: Explainer) -> Icons:
    """One hundred such patients, without and with cells."""
    assert answer.usual_care is not None
    assert answer.with_cells is not None
    assert answer.difference is not None
    text = explainer.text
    frame = noted(answer_frame("icons", answer, explainer), text("plot.icons.whom"), text("explain.interval_note"))
    return Icons(frame, answer.usual_care, answer.with_cells, answer.difference)
