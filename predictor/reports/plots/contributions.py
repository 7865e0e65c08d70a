"""What moves an answer and what it comes to: the waterfall of the factors, and one hundred patients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from ...answer.explanation import Explainer
from ...answer.layout import Names, signed
from ...answer.phrases import chance_words, difference_words, rounded_note, shown_chances
from ...answer.record import Answer, Baseline, Chance, Contribution, Difference
from .frame import answer_frame, noted
from .sheet import BODY, GREY, HATCH, INK, LOWERS, MARGIN, RAISES, WIDTH, Plot, Sheet, inches
from .withheld import Withheld

LEAST = 0.05
"""Patients of 100 below which a factor has no bar of its own: it would read 0.0."""


@dataclass(frozen=True)
class Bar:
    """A step of a waterfall in patients of 100, and the same in log odds: of the difference with what the studies
    say and what claims add to the effect."""

    label: str
    start: float
    move: float
    log_odds: float | None
    studies: float | None = None
    claims: float | None = None

    @property
    def end(self) -> float:
        return self.start + self.move


@dataclass(frozen=True)
class Waterfall(Plot):
    """What each factor contributes to the difference and to usual care, in patients of 100; log odds beside."""

    kind = "waterfall"
    difference: tuple[Bar, ...]
    usual_care: tuple[Bar, ...]

    ROW: ClassVar[float] = 0.27
    GAP: ClassVar[float] = 0.95
    BESIDE: ClassVar[float] = 2.3

    @property
    def height(self) -> float:
        rows = len(self.difference) + len(self.usual_care) + 2
        return rows * self.ROW + 2 * self.GAP

    def sentences(self) -> Iterator[str]:
        for name, bars in (("difference", self.difference), ("usual_care", self.usual_care)):
            yield f"{self.say(name)}{self.text('colon')}{self.say('scale')}"
            for bar in bars:
                yield self.say("step", label=bar.label, value=signed(bar.move, 1), beside=self._beside(bar))
            yield self.say("sum", value=signed(bars[-1].end, 1))

    def _beside(self, bar: Bar) -> str:
        """The same in log odds; nothing where several factors stand together."""
        if bar.log_odds is None:
            return ""
        if bar.studies is None or bar.claims is None:
            return self.say("log_odds", value=signed(bar.log_odds))
        return self.say("split", value=signed(bar.log_odds), studies=signed(bar.studies), claims=signed(bar.claims))

    def draw(self, sheet: Sheet) -> None:
        labels = [bar.label for bar in (*self.difference, *self.usual_care)]
        left = MARGIN + 0.12 + min(3.2, max(inches(label) for label in labels))
        below = (len(self.usual_care) + 1) * self.ROW
        above = (len(self.difference) + 1) * self.ROW
        width = WIDTH - left - MARGIN - self.BESIDE
        for bottom, height, bars, name in (
            (0.45, below, self.usual_care, "usual_care"),
            (0.45 + below + self.GAP, above, self.difference, "difference"),
        ):
            axes = sheet.axes(left, bottom, width, height)
            _draw_bars(axes, bars, self.say("total"), [self._beside(bar) for bar in bars])
            axes.set_xlabel(self.say("axis"), fontsize=BODY - 1)
            sheet.words(MARGIN, bottom + height + 0.08, self.say(name), weight="bold")
        self._legend(sheet, 0.45 + below + self.GAP + above + 0.1)

    def _legend(self, sheet: Sheet, y: float) -> None:
        from matplotlib.patches import Patch

        up = Patch(facecolor=RAISES, label=self.say("raises"))
        down = Patch(facecolor="white", edgecolor=LOWERS, hatch=HATCH, label=self.say("lowers"))
        at = sheet.place(WIDTH - MARGIN, y - 0.06)
        style: dict[str, Any] = {"ncols": 2, "frameon": False, "fontsize": BODY - 1, "handlelength": 1.6}
        sheet.figure.legend(handles=[up, down], loc="lower right", bbox_to_anchor=at, borderaxespad=0, **style)


def _draw_bars(axes: Any, bars: Sequence[Bar], total: str, beside: Sequence[str]) -> None:
    """Bars from where the last ended, what raises filled and what lowers hatched; the sum last."""
    n = len(bars)
    for i, bar in enumerate(bars):
        _draw_bar(axes, i, bar)
        axes.plot([bar.end, bar.end], [i, i + 1], color=GREY, linewidth=0.7, linestyle=":")
    axes.barh(n, bars[-1].end, height=0.62, color=INK)
    _room(axes, [*(v for bar in bars for v in (bar.start, bar.end)), 0.0])
    for i, (bar, words) in enumerate(zip(bars, beside, strict=True)):
        _figure_at(axes, i, max(bar.start, bar.end), signed(bar.move, 1))
        style = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "fontsize": BODY - 2}
        axes.annotate(words, (1, i), xycoords=("axes fraction", "data"), annotation_clip=False, color=GREY, **style)
    _figure_at(axes, n, max(0.0, bars[-1].end), signed(bars[-1].end, 1))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_ylim(n + 0.5, -0.5)
    axes.set_yticks(range(n + 1), [*(bar.label for bar in bars), total], fontsize=BODY)
    axes.tick_params(axis="y", length=0)


def _draw_bar(axes: Any, row: int, bar: Bar) -> None:
    if bar.move >= 0:
        axes.barh(row, bar.move, left=bar.start, height=0.62, facecolor=RAISES, edgecolor=RAISES, linewidth=1)
    else:
        style = {"facecolor": "white", "edgecolor": LOWERS, "hatch": HATCH, "linewidth": 1}
        axes.barh(row, bar.move, left=bar.start, height=0.62, **style)


def _room(axes: Any, values: Sequence[float]) -> None:
    """Limits of the x axis around values, with room for figures at the right."""
    low, high = min(values), max(values)
    span = max(high - low, 0.5)
    axes.set_xlim(low - 0.05 * span, high + 0.22 * span)


def _figure_at(axes: Any, row: float, x: float, text: str) -> None:
    style: dict[str, Any] = {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.6}}
    style |= {"xytext": (4, 0), "textcoords": "offset points", "va": "center", "fontsize": BODY - 1, "color": INK}
    axes.annotate(text, (x, row), **style)


def bars(answer: Answer, names: Names, part: Literal["difference", "usual_care"]) -> tuple[Bar, ...]:
    """The average patient, then each factor that moves the part, the strongest first; what is too small to be drawn
    stands together at the end, so that all of them add up to the answer."""
    assert answer.baseline is not None
    sized = sorted(answer.contributions, key=lambda c: -abs(getattr(c.per_100, part)))
    drawn = [c for c in sized if abs(getattr(c.per_100, part)) >= LEAST]
    steps: list[Bar] = []
    items: list[Baseline | Contribution] = [answer.baseline, *drawn]
    for item in items:
        start, move = steps[-1].end if steps else 0.0, getattr(item.per_100, part)
        split = (item.effect, item.effect_from_studies, item.effect_from_claims)
        told = split if part == "difference" else (item.usual_care, None, None)
        steps.append(Bar(_label(item, names), start, move, *told))
    rest = sum(getattr(c.per_100, part) for c in sized[len(drawn) :])
    if abs(rest) >= LEAST:
        steps.append(Bar(names.text("plot.waterfall.rest"), steps[-1].end, rest, None))
    return tuple(steps)


def _label(item: Baseline | Contribution, names: Names) -> str:
    if isinstance(item, Baseline):
        return names.text("explain.average")
    return names.both(item.factor, item.level)


def waterfall(answer: Answer, explainer: Explainer) -> Plot:
    """The contributions of an answer in patients of 100; nothing of them where the answer is withheld."""
    names = Names(explainer.scorecard.condition, explainer.text)
    frame = answer_frame("waterfall", answer, explainer)
    if answer.baseline is None:
        return Withheld(frame)
    return Waterfall(frame, bars(answer, names, "difference"), bars(answer, names, "usual_care"))


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
            yield f"{t('explain.' + name)}{t('colon')}{chance_words(chance, t)}"
        yield f"{t('explain.difference')}{t('colon')}{difference_words(self.difference, t)}"

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
            heading = f"{self.text('explain.' + name)}{self.text('colon')}{chance_words(chance, self.text)}"
            sheet.words(left + side / 2, 0.62 + side + 0.1, heading, weight="bold", ha="center")
        change = difference_words(self.difference, self.text)
        middle = f"{self.text('explain.difference')}{self.text('colon')}{change}"
        sheet.words(WIDTH / 2, 0.38, middle, ha="center")
        self._legend(sheet, more, fewer)

    def _legend(self, sheet: Sheet, more: int, fewer: int) -> None:
        from matplotlib.lines import Line2D

        shown = ["responds", *(["more"] if more else []), *(["fewer"] if fewer else []), "none"]
        handles = [Line2D([], [], linestyle="", label=self.say(name), **ICON_STYLES[name]) for name in shown]
        at = sheet.place(WIDTH / 2, 0.02)
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


def icons(answer: Answer, explainer: Explainer) -> Plot:
    """One hundred such patients, without and with cells; none where the answer is withheld."""
    text, frame = explainer.text, answer_frame("icons", answer, explainer)
    if answer.usual_care is None or answer.with_cells is None or answer.difference is None:
        return Withheld(frame)
    rounded = rounded_note([shown_chances(answer)], text)
    frame = noted(frame, text("plot.icons.whom"), text("explain.interval_note"), rounded)
    frame = replace(frame, slide=text("space").join(filter(None, [frame.slide, rounded])))
    return Icons(frame, answer.usual_care, answer.with_cells, answer.difference)
