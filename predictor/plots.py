"""Plots of an answer and of the model: their figures as records, their words, and the drawing with matplotlib.

Each plot carries the intended use, the certainty and a text alternative with all of its numbers. The figures and
words need no matplotlib; only `figure`, `svg` and `write` do (the extra [plots]).
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from .answer import Answer, Chance, Difference
from .citation import citation
from .errors import Fault, InputError, suggestion
from .evidence import Evidence, Study
from .explanation import Explainer
from .factors import Condition, Factor
from .profile import Understood
from .render import Names, Step, certainty_words, of_100, signed, text_width, waterfall_rows, wrap
from .text import Catalogue
from .whatif import Point, points

# Okabe-Ito colours: told apart with every kind of colour vision; a hatch or a shape says the same again.
RAISES, LOWERS, GREY, INK, PALE = "#0072B2", "#D55E00", "#767676", "#222222", "#D9D9D9"
HATCH = "////"
HEAT = "cividis"
LATIN = "DejaVu Sans"
"""Comes with matplotlib: the same letters, and so the same bytes, on every machine."""
CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "SimHei", "Droid Sans Fallback"),
)
FAMILIES = ", ".join(f"'{name}'" for name in (LATIN, "Verdana", *CHINESE)) + ", sans-serif"

WIDTH, MARGIN, DPI = 8.4, 0.22, 150  # inches, inches, dots an inch
POINTS = 72
COLUMN = 0.56  # mean width of a column of text, in ems of DejaVu Sans, with some to spare
HEADER, BODY, FOOTER = 12.5, 9.0, 7.6  # font sizes in points
LINE = 1.45  # height of a line, in ems


@dataclass(frozen=True)
class Frame:
    """What every plot carries beside its figures."""

    title: str
    notes: tuple[str, ...]
    certainty: str
    source: str
    text: Catalogue

    @property
    def footer(self) -> tuple[str, ...]:
        return tuple(line for line in (self.certainty, self.text("intended_use"), self.source) if line)


@dataclass(frozen=True)
class Plot:
    """A plot as data: its frame, the sentences that tell it, and how it is drawn."""

    kind: ClassVar[str]
    frame: Frame

    @property
    def text(self) -> Catalogue:
        return self.frame.text

    @property
    def height(self) -> float:
        """The height of the drawing between header and footer, in inches."""
        raise NotImplementedError

    def sentences(self) -> Iterator[str]:
        """Every number of the plot in words."""
        raise NotImplementedError

    def draw(self, sheet: Sheet) -> None:
        raise NotImplementedError

    def say(self, key: str, **values: object) -> str:
        return self.text(f"plot.{self.kind}.{key}", **values)


def text_alternative(plot: Plot) -> str:
    """The plot in words, with all of its numbers, its certainty and the intended use; one sentence a line."""
    frame = plot.frame
    return "\n".join([frame.title, *frame.notes, *plot.sentences(), *frame.footer])


class Sheet:
    """A matplotlib figure with header and footer set, and room between them that is given out in inches.

    Widths of text are reckoned from columns and not measured, so that the layout does not hang on the fonts of a
    machine.
    """

    def __init__(self, figure: Any, height: float, bottom: float):
        self.figure = figure
        self.height = height
        self.bottom = bottom
        self.total = figure.get_figheight()

    def axes(self, left: float, bottom: float, width: float, height: float) -> Any:
        """Axes at inches from the left edge and from the foot of the drawing."""
        box = (left / WIDTH, (self.bottom + bottom) / self.total, width / WIDTH, height / self.total)
        axes = self.figure.add_axes(box)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.tick_params(labelsize=BODY - 1, length=3)
        return axes

    def words(self, x: float, y: float, text: str, **style: Any) -> None:
        """A line of text at inches from the left edge and from the foot of the drawing."""
        self.figure.text(x / WIDTH, (self.bottom + y) / self.total, text, **{"fontsize": BODY, "color": INK, **style})


def inches(text: str, size: float = BODY) -> float:
    """The most room that a line of text takes."""
    return text_width(text) * COLUMN * size / POINTS


def columns(width: float, size: float) -> int:
    """How many columns of text fit into so many inches."""
    return int(width * POINTS / (COLUMN * size))


def _folded(lines: Sequence[str], size: float) -> list[str]:
    room = columns(WIDTH - 2 * MARGIN, size)
    return [part for line in lines for part in wrap(line, width=room).split("\n")]


def figure(plot: Plot) -> Any:
    """The plot as a matplotlib Figure. Raises InputError where matplotlib is missing."""
    with _style(plot.text.language, measured=False):
        return _figure(plot)


def _figure(plot: Plot) -> Any:
    from matplotlib.figure import Figure

    em = LINE / POINTS
    head = [(line, HEADER) for line in _folded([plot.frame.title], HEADER)]
    head += [(line, BODY) for line in _folded(plot.frame.notes, BODY)]
    foot = _folded(plot.frame.footer, FOOTER)
    top = sum(size * em for _, size in head) + MARGIN + 0.12
    bottom = len(foot) * FOOTER * em + MARGIN
    drawn = Figure(figsize=(WIDTH, top + plot.height + bottom), dpi=DPI)
    sheet = Sheet(drawn, plot.height, bottom)
    y = plot.height + top - MARGIN
    for line, size in head:
        y -= size * em
        sheet.words(MARGIN, y, line, fontsize=size, weight="bold" if size == HEADER else "normal")
    for i, line in enumerate(reversed(foot)):
        sheet.words(MARGIN, MARGIN / 2 - bottom + i * FOOTER * em, line, fontsize=FOOTER, color="#444444")
    plot.draw(sheet)
    return drawn


def svg(plot: Plot) -> str:
    """The plot as SVG with fixed bytes: title, text alternative, and text as text in the viewer's own fonts."""
    out = io.StringIO()
    with _style(plot.text.language, measured=False, salt=f"{plot.kind} {plot.frame.title}"):
        _figure(plot).savefig(out, format="svg", metadata={"Date": None})
    drawn = re.sub(r"\s*<metadata>.*?</metadata>", "", out.getvalue(), flags=re.DOTALL)
    drawn = drawn[drawn.index("<svg") :].replace(f"'{LATIN}'", FAMILIES)
    drawn = re.sub(r' id="[A-Za-z]+[A-Za-z0-9.]*_\d+"', "", drawn)  # names that would stand twice in a page
    head = f"<title>{escape(plot.frame.title)}</title>\n<desc>{escape(text_alternative(plot))}</desc>\n"
    start = drawn.index(">") + 1
    opening = drawn[: start - 1] + f' role="img" lang="{plot.text.language}">'
    return opening + "\n" + head + drawn[start:].lstrip("\n")


def png(plot: Plot) -> bytes:
    """The plot as PNG. Raises InputError for Chinese where the machine has no Chinese font."""
    out = io.BytesIO()
    described = {"Software": None, "Title": plot.frame.title, "Description": text_alternative(plot)}
    with _style(plot.text.language, measured=True):
        _figure(plot).savefig(out, format="png", dpi=DPI, metadata=described)
    return out.getvalue()


def write(plot: Plot, path: Path) -> Path:
    """Writes a plot as .svg or .png. Raises InputError for another ending or a folder that is not there."""
    if path.suffix not in (".svg", ".png"):
        cure = "Name the file with one of these endings."
        raise InputError(Fault("out", repr(path.name), ".svg or .png", cure))
    if not path.parent.is_dir():
        raise InputError(Fault("out", f"no folder {str(path.parent)!r}", "a folder that exists", "Make it first."))
    path.write_bytes(svg(plot).encode("utf-8") if path.suffix == ".svg" else png(plot))
    return path


@contextmanager
def _style(language: str, measured: bool, salt: str = "") -> Iterator[None]:
    """matplotlib's settings for a plot. `measured`: letters are drawn here, and so need fonts here."""
    try:
        from matplotlib import rc_context
    except ImportError as error:
        cure = "Run pip install 'cell-response-predictor[plots]'."
        raise InputError(Fault("matplotlib", "not installed", "the extra [plots]", cure)) from error
    families = [LATIN, *(_chinese_font() if measured and language == "zh" else ())]
    settings: Any = {
        "font.family": families,
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "axes.unicode_minus": True,
        "hatch.linewidth": 0.8,
    }
    with rc_context(settings), warnings.catch_warnings():
        if not measured:  # the viewer's fonts draw these letters, so those that are missing here do not matter
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _chinese_font() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    found = next((name for name in CHINESE if name in fontManager.get_font_names()), None)
    if found is None:
        cure = "Write .svg, whose letters the viewer's fonts draw, or install one of them (Debian: fonts-noto-cjk)."
        raise InputError(Fault("lang", "no Chinese font on this machine", f"one of {', '.join(CHINESE)}", cure))
    return (found,)


# ---------------------------------------------------------------- frames


def answer_frame(kind: str, answer: Answer, explainer: Explainer) -> Frame:
    """The frame of a plot of one answer: who it is of, under which stance, and how sure anyone can be."""
    text = explainer.text
    names = Names(explainer.scorecard.condition, text)
    word, sentence, because = certainty_words(answer, text)
    levels: Mapping[str, str | None] = answer.profile["levels"]
    known = text("list_join").join(names.both(f, lv) for f, lv in levels.items() if lv is not None)
    told = text(f"stance.{answer.stance}"), text(f"stance_meaning.{answer.stance}")
    withheld = [note.text for note in answer.messages if note.severity == "abstain"]
    return Frame(
        title=text(f"plot.{kind}.title", condition=text.pick(names.condition.label)),
        notes=(
            f"{text('explain.profile')}{text('colon')}{known}",
            text("plot.stance", stance=told[0], meaning=told[1]),
            *withheld,
        ),
        certainty=text("plot.certainty", word=word, sentence=sentence, because=because),
        source=text("plot.source", hash=answer.scorecard),
        text=text,
    )


def noted(frame: Frame, *notes: str) -> Frame:
    """The frame with further notes under the title."""
    return replace(frame, notes=(*frame.notes, *(note for note in notes if note)))


def _span(text: Catalogue, low: str, high: str) -> str:
    return text("explain.range", low=low, high=high)


def _chance_words(text: Catalogue, chance: Chance) -> str:
    return f"{of_100(chance.probability)} ({_span(text, of_100(chance.low), of_100(chance.high))})"


def _difference_words(text: Catalogue, d: Difference) -> str:
    low, high = signed(d.low * 100, 0), signed(d.high * 100, 0)
    return f"{signed(d.value * 100, 0)} ({_span(text, low, high)})"


# ---------------------------------------------------------------- waterfall


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


# ---------------------------------------------------------------- icons


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
            yield f"{t('explain.' + name)}{t('colon')}{self.say('count', value=_chance_words(t, chance))}"
        yield f"{t('explain.difference')}{t('colon')}{self.say('count', value=_difference_words(t, self.difference))}"

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
            heading = f"{self.text('explain.' + name)}{self.text('colon')}{_chance_words(self.text, chance)}"
            sheet.words(left + side / 2, 0.62 + side + 0.1, heading, weight="bold", ha="center")
        change = self.say("count", value=_difference_words(self.text, self.difference))
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


# ---------------------------------------------------------------- sweep


@dataclass(frozen=True)
class Stretch:
    """The estimate along a stretch of the swept factor: from x to x, or one place for a level."""

    label: str
    start: float
    end: float
    point: Point
    own: bool

    @property
    def studied(self) -> bool:
        return _studied(self.point)


@dataclass(frozen=True)
class Sweep(Plot):
    """Chances and their difference over the levels of one factor, with 90 % bands."""

    kind = "sweep"
    label: str
    unit: str
    stretches: tuple[Stretch, ...]

    @property
    def measured(self) -> bool:
        """Whether the axis is a measure and not a row of levels."""
        return bool(self.unit)

    @property
    def height(self) -> float:
        return 5.2

    def sentences(self) -> Iterator[str]:
        t = self.text
        for s in self.stretches:
            marks = [t("plot.own")] * s.own + [t("plot.not_studied")] * (not s.studied)
            place = (
                f"{self.label} {_plain_number(s.start)}–{_plain_number(s.end)} {self.unit}: " if self.measured else ""
            )
            yield self.say(
                "stretch",
                label=place + s.label + "".join(f" ({mark})" for mark in marks),
                usual=_chance_words(t, s.point.usual_care),
                cells=_chance_words(t, s.point.with_cells),
                difference=_difference_words(t, s.point.difference),
            )

    def draw(self, sheet: Sheet) -> None:
        width = WIDTH - 1.15 - MARGIN
        chances = sheet.axes(0.95, 2.62, width, 2.2)
        added = sheet.axes(0.95, 0.82, width, 1.55)
        _band(chances, self.stretches, [s.point.usual_care for s in self.stretches], GREY, "\\\\\\\\", "--")
        _band(chances, self.stretches, [s.point.with_cells for s in self.stretches], RAISES, "", "-")
        spread = [
            Chance(s.point.difference.value, s.point.difference.low, s.point.difference.high) for s in self.stretches
        ]
        _band(added, self.stretches, spread, INK, "....", "-")
        added.axhline(0, color=INK, linewidth=0.8)
        chances.set_ylim(0, 100)
        chances.set_ylabel(self.say("chance"), fontsize=BODY - 1)
        added.set_ylabel(self.say("added"), fontsize=BODY - 1)
        self._axis(chances, False)
        self._axis(added, True)
        self._legend(sheet)

    def _axis(self, axes: Any, labelled: bool) -> None:
        axes.set_xlim(self.stretches[0].start, self.stretches[-1].end)
        if not self.measured:
            axes.set_xlim(-0.5, len(self.stretches) - 0.5)
            room = (WIDTH - 1.15 - MARGIN) / len(self.stretches)
            words = [wrap(s.label, width=columns(room, BODY - 1.5)) for s in self.stretches]
            axes.set_xticks(range(len(words)), words if labelled else [""] * len(words), fontsize=BODY - 1.5)
        elif not labelled:
            axes.tick_params(labelbottom=False)
        if self.measured:
            cuts = [self.stretches[0].start, *(s.end for s in self.stretches)]
            axes.set_xticks(cuts, [f"{cut:.4g}" for cut in cuts])
        if labelled:
            axes.set_xlabel(f"{self.label} ({self.unit})" if self.measured else self.label, fontsize=BODY - 1)
        for s in self.stretches:
            if not s.studied:
                axes.axvspan(s.start, s.end, facecolor="none", edgecolor=PALE, hatch="xx", linewidth=0, zorder=0)
            if s.own:
                axes.axvspan(s.start, s.end, ymax=0.03, color=INK, linewidth=0)

    def _legend(self, sheet: Sheet) -> None:
        from matplotlib.patches import Patch

        handles = [
            Patch(facecolor="none", edgecolor=GREY, hatch="\\\\\\\\", label=self.text("explain.usual_care")),
            Patch(facecolor=RAISES, alpha=0.45, label=self.text("explain.with_cells")),
            Patch(facecolor=INK, label=self.text("plot.own")),
        ]
        if not all(s.studied for s in self.stretches):
            handles.append(Patch(facecolor="none", edgecolor=PALE, hatch="xx", label=self.text("plot.not_studied")))
        at = (0.5, (sheet.bottom + 4.88) / sheet.total)
        sheet.figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=at, ncols=4, frameon=False, fontsize=BODY - 1
        )


def _band(
    axes: Any, stretches: Sequence[Stretch], values: Sequence[Chance], colour: str, hatch: str, line: str
) -> None:
    """A line with its band over each stretch, in patients of 100."""
    for s, v in zip(stretches, values, strict=True):
        x, low, high, middle = [s.start, s.end], v.low * 100, v.high * 100, v.probability * 100
        filled = {"facecolor": "none", "edgecolor": colour, "hatch": hatch} if hatch else {"facecolor": colour}
        axes.fill_between(x, [low, low], [high, high], alpha=0.35, linewidth=0.5, **filled)
        axes.plot(x, [middle, middle], color=colour, linewidth=2.2, linestyle=line, solid_capstyle="butt")


def _plain_number(value: float) -> str:
    return f"{value:.4g}"


def sweep(understood: Understood, answer: Answer, explainer: Explainer, factor_id: str) -> Sweep:
    """The estimate at every level of a factor, along its measure where that can be drawn to scale."""
    factor = find_factor(explainer.scorecard.condition, factor_id)
    text = explainer.text
    found = points(explainer, [at_levels(understood, {factor.id: level}) for level in factor.level_ids])
    places = list(_to_scale(factor))
    unit = text(f"unit.{factor.fields[0].unit}") if places else ""
    places = places or [(i - 0.36, i + 0.36, i) for i in range(len(factor.levels))]
    own = understood.levels[factor.id]
    stretches = tuple(
        Stretch(text.pick(factor.levels[k].label), start, end, found[k], factor.level_ids[k] == own)
        for start, end, k in places
    )
    label = text.pick(factor.label)
    frame = noted(answer_frame("sweep", answer, explainer), text("explain.interval_note"))
    frame = replace(frame, title=f"{frame.title}{text('colon')}{label}")
    return Sweep(frame, label, unit, stretches)


def at_levels(understood: Understood, levels: Mapping[str, str]) -> Understood:
    """The same patient at other levels of some factors."""
    return replace(understood, levels={**understood.levels, **levels})


def _studied(point: Point) -> bool:
    """Whether patients were studied at every level, so that the model answers."""
    return "level_not_studied" not in point.reasons


THINNEST = 0.03
"""Levels that would take less than this share of the axis stand side by side instead."""


def _to_scale(factor: Factor) -> Iterator[tuple[float, float, int]]:
    """(from, to, level index) in the unit of the factor's first field; nothing where it cannot be drawn to scale."""
    f = factor.fields[0]
    if not f.numeric or not factor.levels[0].bands:
        return
    lowest = factor.studied.get("minimum", (f.minimum or 0.0) * f.multiply_by)
    highest = factor.studied.get("maximum", (f.maximum or 0.0) * f.multiply_by)
    bands = [(b, k) for k, level in enumerate(factor.levels) for b in level.bands]
    pieces = [(max(b.lower, lowest), min(b.upper, highest), k) for b, k in bands]
    pieces = sorted(piece for piece in pieces if piece[1] > piece[0])
    if min(end - start for start, end, _ in pieces) < THINNEST * (highest - lowest):
        return
    yield from ((start / f.multiply_by, end / f.multiply_by, k) for start, end, k in pieces)


def find_factor(condition: Condition, word: str) -> Factor:
    """The factor of that id, or whose field has that name. Raises InputError."""
    by_field = condition.fields.get(word)
    found = condition.by_id.get(by_field.factor if by_field else word)
    if found is None:
        known = [factor.id for factor in condition]
        raise InputError(Fault("factor", repr(word), f"one of {', '.join(known)}", suggestion(word, known)))
    return found


# ---------------------------------------------------------------- heat map


@dataclass(frozen=True)
class Heat(Plot):
    """The difference over the levels of two factors, patients of 100; None where the model cannot say."""

    kind = "heat"
    row_label: str
    column_label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    points: tuple[tuple[Point, ...], ...]
    own: tuple[int | None, int | None]

    @property
    def values(self) -> list[list[float | None]]:
        """Patients of 100, None where no patient was studied."""
        return [[p.difference.value * 100 if _studied(p) else None for p in row] for row in self.points]

    @property
    def height(self) -> float:
        return 0.44 * len(self.rows) + 1.75

    def sentences(self) -> Iterator[str]:
        yield self.say("what")
        for row, found in zip(self.rows, self.points, strict=True):
            for column, point in zip(self.columns, found, strict=True):
                yield self._cell(f"{row} × {column}", point)

    def _cell(self, cell: str, point: Point) -> str:
        if not _studied(point):
            return f"{cell}{self.text('colon')}{self.text('plot.not_studied')}"
        d = point.difference
        return self.say("cell", cell=cell, value=_difference_words(self.text, d), chance=of_100(d.probability_positive))

    def draw(self, sheet: Sheet) -> None:
        left = MARGIN + 0.4 + min(2.6, max(inches(row, BODY - 1) for row in self.rows))
        width = WIDTH - left - MARGIN - 0.95
        axes = sheet.axes(left, 1.0, width, 0.44 * len(self.rows))
        shades = np.array([[np.nan if v is None else v for v in row] for row in self.values])
        low, high = _shade_limits(self.values)
        image = axes.pcolormesh(shades, cmap=HEAT, vmin=low, vmax=high, edgecolors="white", linewidth=2)
        axes.set_facecolor("white")
        middle = low + 0.45 * (high - low)  # grey there: dark letters read better above it
        for i, row in enumerate(self.values):
            for j, value in enumerate(row):
                _heat_cell(axes, i, j, value, middle)
        self._ticks(axes, width)
        self._frame_own(axes)
        bar = sheet.axes(left + width + 0.18, 1.0, 0.16, 0.44 * len(self.rows))
        sheet.figure.colorbar(image, cax=bar)
        bar.tick_params(labelsize=BODY - 1.5)
        sheet.words(MARGIN, 1.0 + 0.44 * len(self.rows) + 0.14, self.say("what"))

    def _ticks(self, axes: Any, width: float) -> None:
        room = columns(width / len(self.columns), BODY - 1.5)
        axes.set_xticks(
            [j + 0.5 for j in range(len(self.columns))],
            [wrap(c, width=room) for c in self.columns],
            fontsize=BODY - 1.5,
        )
        axes.set_yticks(
            [i + 0.5 for i in range(len(self.rows))],
            [wrap(r, width=columns(2.6, BODY - 1)) for r in self.rows],
            fontsize=BODY - 1,
        )
        axes.invert_yaxis()
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel(self.column_label, fontsize=BODY, weight="bold")
        axes.set_ylabel(self.row_label, fontsize=BODY, weight="bold")

    def _frame_own(self, axes: Any) -> None:
        """A frame around the patient's own cell; around a row or column where only that is known."""
        from matplotlib.patches import Rectangle

        i, j = self.own
        if i is None and j is None:
            return
        x, width = (0, len(self.columns)) if j is None else (j, 1)
        y, height = (0, len(self.rows)) if i is None else (i, 1)
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=INK, linewidth=2.5, clip_on=False))


def _shade_limits(values: Sequence[Sequence[float | None]]) -> tuple[float, float]:
    known = [v for row in values for v in row if v is not None] or [0.0]
    return min(known), max(max(known), min(known) + 0.1)


def _heat_cell(axes: Any, i: int, j: int, value: float | None, middle: float) -> None:
    from matplotlib.patches import Rectangle

    if value is None:
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor="white", edgecolor=PALE, hatch="xx", linewidth=0))
    text = "?" if value is None else signed(value, 0)
    dark = value is not None and value < middle
    axes.text(j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=BODY, color="white" if dark else INK)


def heat(understood: Understood, answer: Answer, explainer: Explainer, first: str, second: str) -> Heat:
    """The difference over every pair of levels of two factors, the rest of the patient unchanged."""
    condition = explainer.scorecard.condition
    down, across = find_factor(condition, first), find_factor(condition, second)
    if down is across:
        raise InputError(Fault("by", repr(second), "another factor than the first", "Name two factors."))
    patients = [at_levels(understood, {down.id: a, across.id: b}) for a, b in product(down.level_ids, across.level_ids)]
    found = points(explainer, patients)
    width = len(across.levels)
    pick = explainer.text.pick
    return Heat(
        answer_frame("heat", answer, explainer),
        pick(down.label),
        pick(across.label),
        tuple(pick(level.label) for level in down.levels),
        tuple(pick(level.label) for level in across.levels),
        tuple(tuple(found[i : i + width]) for i in range(0, len(found), width)),
        (_index(down, understood.levels[down.id]), _index(across, understood.levels[across.id])),
    )


def _index(factor: Factor, level: str | None) -> int | None:
    return None if level is None else factor.level_ids.index(level)


# ---------------------------------------------------------------- forest


@dataclass(frozen=True)
class Comparison:
    """A comparison of cells with a control, as a log odds ratio with its interval."""

    label: str
    n: float
    estimate: float
    low: float
    high: float
    risk: str
    biased: bool


@dataclass(frozen=True)
class Share:
    """The observed share of responders in a group, with its interval; fractions of 1."""

    n: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class SimilarGroup:
    """A study group like the patient, and its control if it had one."""

    label: str
    cells: Share
    control: Share | None


@dataclass(frozen=True)
class Forest(Plot):
    """The controlled comparisons behind the average effect, the patient's effect, and the most similar groups."""

    kind = "forest"
    comparisons: tuple[Comparison, ...]
    patient: tuple[float, float, float]
    groups: tuple[SimilarGroup, ...]
    level: float

    ROW: ClassVar[float] = 0.27

    @property
    def height(self) -> float:
        return self._below + (self._above + 0.75 if self.comparisons else 0)

    @property
    def _above(self) -> float:
        return (len(self.comparisons) + 1) * self.ROW

    @property
    def _below(self) -> float:
        return len(self.groups) * self.ROW + 1.25 if self.groups else 0.2

    def sentences(self) -> Iterator[str]:
        t = self.text
        yield self.say("comparisons", level=of_100(self.level))
        for c in self.comparisons:
            risk = t("risk_of_bias." + c.risk)
            yield self.say(
                "comparison", label=c.label, ratio=_ratio(t, c.estimate, c.low, c.high), n=f"{c.n:g}", risk=risk
            )
        yield self.say("patient", ratio=_ratio(t, *self.patient))
        if self.groups:
            yield self.say("groups", level=of_100(self.level))
        for g in self.groups:
            yield f"{g.label}{t('colon')}{self._shares(g)}"

    def _shares(self, g: SimilarGroup) -> str:
        words = [self.say("with_cells", share=_share_words(self.text, g.cells))]
        if g.control:
            words.append(self.say("without", share=_share_words(self.text, g.control)))
        return self.text("list_join").join(words) if g.control else words[0] + self.say("no_control")

    def draw(self, sheet: Sheet) -> None:
        labels = [c.label for c in self.comparisons] + [g.label for g in self.groups] + [self.say("own")]
        left = MARGIN + 0.12 + min(3.2, max(inches(label, BODY - 0.5) for label in labels))
        width = WIDTH - left - MARGIN - 2.15
        if self.groups:
            self._draw_groups(sheet, left, width)
        if self.comparisons:
            axes = sheet.axes(left, self._below + 0.45, width, self._above)
            self._draw_comparisons(axes)
            y = self._below + 0.45 + self._above + 0.08
            sheet.words(MARGIN, y, self.say("comparisons", level=of_100(self.level)), weight="bold")

    def _draw_comparisons(self, axes: Any) -> None:
        rows = [(c.estimate, c.low, c.high) for c in self.comparisons]
        low, high = _ratio_limits([*rows, self.patient])
        n = len(rows)
        for i, c in enumerate(self.comparisons):
            size = 3 + 8 * math.sqrt(c.n / max(o.n for o in self.comparisons))
            face = "white" if c.biased else RAISES
            _interval(axes, i, c.estimate, c.low, c.high, RAISES, low, high)
            axes.plot([c.estimate], [i], "s", markersize=size, markerfacecolor=face, markeredgecolor=RAISES)
            _beside(axes, i, f"{_ratio(self.text, c.estimate, c.low, c.high)}  n = {c.n:g}")
        value, start, end = self.patient
        axes.fill([start, value, end, value], [n, n - 0.28, n, n + 0.28], color=INK)
        _beside(axes, n, _ratio(self.text, *self.patient))
        _rows(axes, [*(c.label for c in self.comparisons), self.say("own")])
        ticks = [r for r in (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32) if low <= math.log(r) <= high]
        axes.set_xticks([math.log(r) for r in ticks], [_simple_ratio(r) for r in ticks])
        axes.set_xlim(low, high)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xlabel(self.say("axis"), fontsize=BODY - 1)

    def _draw_groups(self, sheet: Sheet, left: float, width: float) -> None:
        height = len(self.groups) * self.ROW
        axes = sheet.axes(left, 0.62, width, height)
        for i, g in enumerate(self.groups):
            shift = 0.14 if g.control else 0.0
            _share_mark(axes, i - shift, g.cells, RAISES, "o", RAISES)
            if g.control:
                _share_mark(axes, i + shift, g.control, GREY, "D", "white")
            words = of_100(g.cells.observed) + (f" / {of_100(g.control.observed)}" if g.control else "")
            n = f"n = {g.cells.n:g}" + (f" / {g.control.n:g}" if g.control else self.say("no_control"))
            _beside(axes, i, f"{words}  {n}")
        _rows(axes, [g.label for g in self.groups])
        axes.set_xlim(0, 100)
        axes.set_xlabel(self.say("share_axis"), fontsize=BODY - 1)
        sheet.words(MARGIN, 0.62 + height + 0.08, self.say("groups", level=of_100(self.level)), weight="bold")
        sheet.words(MARGIN, 0.02, self.say("marks"), fontsize=BODY - 1)


def _rows(axes: Any, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels, fontsize=BODY - 0.5)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _beside(axes: Any, row: float, words: str) -> None:
    """Figures at the right of a row."""
    style = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "fontsize": BODY - 1.5}
    axes.annotate(words, (1, row), xycoords=("axes fraction", "data"), annotation_clip=False, **style)


def _interval(
    axes: Any, row: float, value: float, low: float, high: float, colour: str, left: float, right: float
) -> None:
    """An interval; an arrow where it goes on beyond the axis."""
    axes.plot([max(low, left), min(high, right)], [row, row], color=colour, linewidth=1.4)
    for end, limit, marker in ((low, left, "<"), (high, right, ">")):
        if (end < limit) if marker == "<" else (end > limit):
            axes.plot([limit], [row], marker, color=colour, markersize=5, clip_on=False)


def _share_mark(axes: Any, row: float, share: Share, colour: str, marker: str, face: str) -> None:
    axes.plot([share.low * 100, share.high * 100], [row, row], color=colour, linewidth=1.3)
    axes.plot([share.observed * 100], [row], marker, markersize=5.5, markerfacecolor=face, markeredgecolor=colour)


def _ratio_limits(rows: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Limits of the axis: all points, and intervals as far as 1/16 to 32."""
    low = max(min(r[1] for r in rows), math.log(1 / 16))
    high = min(max(r[2] for r in rows), math.log(32))
    return min(low, min(r[0] for r in rows), -0.7) - 0.1, max(high, max(r[0] for r in rows), 0.7) + 0.1


def _simple_ratio(r: float) -> str:
    return f"{r:g}" if r >= 1 else f"1/{1 / r:g}"


def _ratio(text: Catalogue, value: float, low: float, high: float) -> str:
    return f"{math.exp(value):.2f} ({_span(text, f'{math.exp(low):.2f}', f'{math.exp(high):.2f}')})"


def _share_words(text: Catalogue, share: Share) -> str:
    low, high = of_100(share.low), of_100(share.high)
    return text("plot.share", value=of_100(share.observed), range=_span(text, low, high), n=f"{share.n:g}")


def forest(understood: Understood, answer: Answer, explainer: Explainer) -> Forest:
    """The study groups behind an answer."""
    data, estimator = explainer.scorecard.data, explainer.estimator
    studies = data["evidence"]["studies"]
    estimate = estimator.estimate(estimator.codes(understood.levels))
    middle, half = float(estimate.effect_mean[0]), estimator.z * math.sqrt(float(estimate.effect_variance[0]))
    level = float(explainer.scorecard.estimate["interval_level"])
    groups = [g for g in answer.similar_groups if "observed" in g]
    arms = {g["id"]: g["arm_id"] for g in data["groups"]}
    return Forest(
        answer_frame("forest", answer, explainer),
        _told_apart(_comparison(c, studies[c["study_id"]], estimator.z) for c in data["basis"]["comparisons"]),
        (middle, middle - half, middle + half),
        tuple(
            _similar_group({**g, "arm": arms[g["id"]]}, studies[g["study_id"]], level, explainer.text) for g in groups
        ),
        level,
    )


def _study_label(study: Mapping[str, Any]) -> str:
    """Who and when: the citation's first words, with the year if they lack it."""
    who = str(study["short_citation"]).split(";")[0]
    year = str(study.get("year", ""))
    return who if year in who else f"{who} {year}"


def _comparison(row: Mapping[str, Any], study: Mapping[str, Any], z: float) -> Comparison:
    value, half = row["log_odds_ratio"], z * row["se"]
    risk = study["risk_of_bias"]
    biased = risk in ("high", "critical")
    return Comparison(_study_label(study), row["n"], value, value - half, value + half, risk, biased)


def _told_apart(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Two comparisons of one study, told apart by a number."""
    found = list(comparisons)
    labels = [c.label for c in found]
    numbered = (
        replace(c, label=f"{c.label} ({labels[: i + 1].count(c.label)})") if labels.count(c.label) > 1 else c
        for i, c in enumerate(found)
    )
    return tuple(numbered)


def _similar_group(group: Mapping[str, Any], study: Mapping[str, Any], level: float, text: Catalogue) -> SimilarGroup:
    control = group.get("control")
    cells = observed_share(group["observed"], group["n"], level)
    without = observed_share(control["observed"], control["n"], level) if control else None
    months = group.get("follow_up_months")
    label = f"{_study_label(study)} {group['arm']}"
    if months is not None:
        label = text("plot.forest.group_label", study=label, months=f"{months:g}")
    return SimilarGroup(label, cells, without)


def observed_share(observed: float, n: float, level: float) -> Share:
    """A share of n with its interval (Jeffreys; Brown, Cai & DasGupta 2001)."""
    from scipy.special import betaincinv

    events, tail = observed * n, (1 - level) / 2
    a, b = events + 0.5, n - events + 0.5
    low = 0.0 if events == 0 else float(betaincinv(a, b, tail))
    high = 1.0 if events == n else float(betaincinv(a, b, 1 - tail))
    return Share(n, observed, low, high)


# ---------------------------------------------------------------- calibration


class BackTested(Protocol):
    """A study group that was predicted without its study: shares as fractions of 1."""

    @property
    def obs_id(self) -> str: ...
    @property
    def observed(self) -> float: ...
    @property
    def predicted(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def n(self) -> float: ...


@dataclass(frozen=True)
class Tested:
    """A back-tested group, as plotted."""

    obs_id: str
    n: float
    observed: float
    predicted: float
    low: float
    high: float

    @property
    def covered(self) -> bool:
        return self.low <= self.observed <= self.high


@dataclass(frozen=True)
class Calibration(Plot):
    """Predicted against observed share of every study group, each predicted without its own study."""

    kind = "calibration"
    groups: tuple[Tested, ...]
    level: float

    @property
    def height(self) -> float:
        return 5.3

    @property
    def covered(self) -> int:
        return sum(g.covered for g in self.groups)

    def sentences(self) -> Iterator[str]:
        t = self.text
        for g in self.groups:
            yield self.say(
                "group",
                id=g.obs_id,
                n=f"{g.n:g}",
                observed=of_100(g.observed),
                predicted=of_100(g.predicted),
                range=_span(t, of_100(g.low), of_100(g.high)),
                verdict=self.say("inside" if g.covered else "outside"),
            )

    def draw(self, sheet: Sheet) -> None:
        side = 4.15
        axes = sheet.axes((WIDTH - side) / 2, 0.95, side, side)
        axes.plot([0, 100], [0, 100], color=INK, linewidth=0.9, linestyle="--")
        largest = max((g.n for g in self.groups), default=1)
        for g in self.groups:
            colour, marker = (RAISES, "o") if g.covered else (LOWERS, "D")
            size = 4 + 8 * math.sqrt(g.n / largest)
            x, y = g.predicted * 100, g.observed * 100
            axes.plot([g.low * 100, g.high * 100], [y, y], color=colour, linewidth=1, alpha=0.55)
            style = {"markerfacecolor": colour if g.covered else "white", "markeredgecolor": colour, "alpha": 0.85}
            axes.plot([x], [y], marker, markersize=size, **style)
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100)
        axes.set_xlabel(self.say("predicted"), fontsize=BODY)
        axes.set_ylabel(self.say("observed"), fontsize=BODY)
        self._legend(sheet)

    def _legend(self, sheet: Sheet) -> None:
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=RAISES, marker="o", label=self.say("inside")),
            Line2D([], [], color=LOWERS, marker="D", markerfacecolor="white", label=self.say("outside")),
            Line2D([], [], color=INK, linestyle="--", label=self.say("perfect")),
        ]
        at = (0.5, (sheet.bottom + 0.05) / sheet.total)
        sheet.figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=at, ncols=3, frameon=False, fontsize=BODY - 1
        )


def calibration(groups: Sequence[BackTested], explainer: Explainer) -> Calibration:
    """Predicted against observed, from the groups of a back-test."""
    text, scorecard = explainer.text, explainer.scorecard
    level = float(scorecard.estimate["interval_level"])
    tested = tuple(Tested(g.obs_id, g.n, g.observed, g.predicted, g.low, g.high) for g in groups)
    covered = sum(g.covered for g in tested)
    frame = Frame(
        title=text("plot.calibration.title", condition=text.pick(scorecard.condition.label)),
        notes=(text("plot.calibration.what", level=of_100(level)),),
        certainty=text("plot.calibration.coverage", covered=covered, all=len(tested), level=of_100(level)),
        source=text("plot.source", hash=scorecard.hash),
        text=text,
    )
    return Calibration(frame, tested, level)


# ---------------------------------------------------------------- untreated course


@dataclass(frozen=True)
class Curve:
    """Growth without cells: limit x (1 - exp(-ln(10) x age / age at 90 % of the limit)); points, years."""

    group: str
    limit: float
    age_90: float
    own: bool

    def at(self, age: float) -> float:
        """Points at an age in years (Rosenbaum 2002, JAMA 288:1357)."""
        return self.limit * (1 - math.exp(-math.log(10) * age / self.age_90))


@dataclass(frozen=True)
class Added:
    """The mean difference to control children at a month after the therapy, with its 95 % interval; points."""

    months: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Course(Plot):
    """The untreated motor curve of children like the patient, with what the therapy is expected to add."""

    kind = "course"
    curves: tuple[Curve, ...]
    age: float
    oldest: float
    added: tuple[Added, ...]
    scale: str

    @property
    def height(self) -> float:
        return 4.3

    @property
    def own(self) -> tuple[Curve, ...]:
        return tuple(curve for curve in self.curves if curve.own)

    def sentences(self) -> Iterator[str]:
        for c in self.curves:
            mark = f" ({self.text('plot.own')})" if c.own else ""
            yield self.say("curve", group=c.group + mark, limit=f"{c.limit:g}", age_90=f"{c.age_90:g}")
        for c in self.own:
            year = self.age + 1
            values = {"now": f"{c.at(self.age):.1f}", "later": f"{c.at(year):.1f}"}
            yield self.say("growth", group=c.group, age=f"{self.age:g}", year=f"{year:g}", **values)
        for a in self.added:
            yield self.say("added", months=f"{a.months:g}", **self._numbers(a), scale=self.scale)

    def _numbers(self, a: Added) -> dict[str, str]:
        return {"value": signed(a.value), "range": _span(self.text, signed(a.low), signed(a.high))}

    def draw(self, sheet: Sheet) -> None:
        height, left = 3.0, MARGIN + 0.5
        whole = sheet.axes(left, 0.95, 3.7, height)
        near = sheet.axes(left + 4.45, 0.95, WIDTH - left - 4.45 - MARGIN, height)
        ages = np.linspace(0, self.oldest, 200)
        for c in self.curves:
            self._curve(whole, c, ages)
            whole.annotate(
                c.group.split()[-1],
                (ages[-1], c.at(self.oldest)),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=BODY - 1,
                weight="bold" if c.own else "normal",
                annotation_clip=False,
            )
        whole.axvline(self.age, color=INK, linewidth=0.8, linestyle=":")
        whole.set_xlim(0, self.oldest)
        whole.set_ylim(0, 100)
        self._zoom(near)
        for axes in (whole, near):
            axes.set_xlabel(self.say("age"), fontsize=BODY - 1)
        whole.set_ylabel(self.scale, fontsize=BODY - 1)
        sheet.words(left, 0.95 + height + 0.1, self.say("whole"), weight="bold", fontsize=BODY - 0.5)
        sheet.words(left + 4.45, 0.95 + height + 0.1, self.say("near"), weight="bold", fontsize=BODY - 0.5)
        self._legend(sheet)

    def _curve(self, axes: Any, c: Curve, ages: Any) -> None:
        style = {"color": INK, "linewidth": 2.0} if c.own else {"color": GREY, "linewidth": 0.9, "linestyle": "--"}
        axes.plot(ages, [c.at(age) for age in ages], **style)

    def _zoom(self, axes: Any) -> None:
        ages = np.linspace(self.age, self.age + 1.15, 60)
        for c in self.own:
            self._curve(axes, c, ages)
            points = [(self.age + a.months / 12, c.at(self.age + a.months / 12), a) for a in self.added]
            path = [(self.age, c.at(self.age)), *((x, y + a.value) for x, y, a in points)]
            axes.plot([x for x, _ in path], [y for _, y in path], color=RAISES, linewidth=1.4, linestyle="-.")
            for x, y, a in points:
                error = [[a.value - a.low], [a.high - a.value]]
                axes.errorbar([x], [y + a.value], yerr=error, fmt="D", color=RAISES, capsize=4, markersize=5)
        axes.set_xlim(self.age - 0.05, self.age + 1.15)
        axes.margins(y=0.12)

    def _legend(self, sheet: Sheet) -> None:
        from matplotlib.lines import Line2D

        names = ", ".join(c.group for c in self.own)
        handles = [
            Line2D([], [], color=INK, linewidth=2, label=self.say("untreated", group=names)),
            Line2D([], [], color=GREY, linestyle="--", label=self.say("others")),
            Line2D([], [], color=RAISES, linestyle="-.", marker="D", markersize=5, label=self.say("with_cells")),
        ]
        at = (0.5, (sheet.bottom + 0.08) / sheet.total)
        sheet.figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=at, ncols=3, frameon=False, fontsize=BODY - 1
        )


def course(understood: Understood, answer: Answer, explainer: Explainer, evidence: Evidence) -> Course:
    """The untreated curve at the patient's level, with the measured mean difference of treated children.

    Raises InputError for a condition without a documented course, and for a profile without an age.
    """
    scorecard, text = explainer.scorecard, explainer.text
    curves = scorecard.data["evidence"]["natural_course"]
    if not curves:
        expected = "a condition whose course without cells is documented as curves"
        raise InputError(Fault("condition", repr(scorecard.condition.id), expected, "Try cerebral_palsy."))
    natural = scorecard.condition.natural_course
    age = _age(understood)
    study = evidence.study_by_id[natural["study"]]
    _check_age(age, study)
    own = _own_groups(understood)
    seen = next(o.verification for o in evidence.outcomes if o.study_id == study.id)
    source, added = added_points(evidence, natural["scale"])
    scale = natural["scale"]
    seen_as = text("plot.course.seen", study=citation(study), seen=text(f"verification.{seen}"))
    frame = noted(
        answer_frame("course", answer, explainer),
        text("plot.course.curves", scale=scale, source=seen_as),
        text("plot.course.added_by", source=source) if source else "",
        text("plot.course.beyond"),
    )
    return Course(
        frame,
        tuple(Curve(c["group"], c["limit"], c["age_90"], c["group"].split()[-1] in own) for c in curves),
        age,
        max(float(study.age_max_years or age), age + 1.15),
        added,
        scale,
    )


def _age(understood: Understood) -> float:
    """The patient's age in years. Raises InputError where it was not told as a number."""
    for f in understood.condition.by_id["age"].fields:
        told = understood.stated.get(f.id)
        if isinstance(told, (int, float)):
            return float(told) * f.multiply_by
    expected = "an age as a number, as the curves run by age"
    raise InputError(Fault("age_years", "nothing", expected, "Add age_years to the profile."))


def _check_age(age: float, study: Study) -> None:
    """The curves tell nothing beyond the ages of the children they were drawn from."""
    low, high = study.age_min_years or 0.0, study.age_max_years or math.inf
    if not low <= age <= high:
        expected = f"{low:g} to {high:g} years, the ages of the children behind the curves ({study.id})"
        raise InputError(Fault("age_years", f"{age:g}", expected, "The curves cannot be drawn on from there."))


def _own_groups(understood: Understood) -> frozenset[str]:
    """The severity groups of the curves that the patient may be in: the one that was told, else those that are
    read as the patient's severity, else all."""
    for f in understood.condition.fields.values():
        if f.categories:
            told, level = understood.stated.get(f.id), understood.levels[f.factor]
            if told in f.categories:
                return frozenset([str(told)])
            return frozenset(c for c, read_as in f.categories.items() if level in (None, read_as))
    return frozenset()


def added_points(evidence: Evidence, scale: str) -> tuple[str, tuple[Added, ...]]:
    """The study behind the largest fitted comparison on a scale, cited, and its mean differences over time."""
    compared = [
        o for o in evidence.observations if o.fitted and o.kind == "contrast" and not o.term and o.scale == scale
    ]
    if not compared:
        return "", ()
    study = max(compared, key=lambda o: o.n or 0).study_id
    rows = [o for o in evidence.outcomes if (o.study_id, o.scale, o.measure) == (study, scale, "mean_difference")]
    points = [
        Added(float(o.time_months), float(o.value), float(o.ci_low), float(o.ci_high))
        for o in rows
        if o.time_months is not None and o.value is not None and o.ci_low is not None and o.ci_high is not None
    ]
    return citation(evidence.study_by_id[study]), tuple(sorted(points, key=lambda a: a.months))
