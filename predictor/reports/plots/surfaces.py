"""The estimate over the levels of one factor (sweep) or of two (heat map)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

import numpy as np

from ...answer.explanation import Explainer
from ...answer.layout import signed, sure_words, wrap
from ...answer.phrases import added_words, chance_words, difference_words, rounded_note, shown_chances, span
from ...answer.record import Answer, Chance, Difference
from ...content.conditions import Condition, Factor
from ...errors import Fault, InputError, one_of, say, suggestion
from ...profile.reading import Understood
from ...whatif.points import Point, points
from .frame import answer_frame, noted
from .sheet import BODY, GREY, HEAT, INK, MARGIN, PALE, POINTS, RAISES, WIDTH, Plot, Sheet, columns, inches


@dataclass(frozen=True)
class Stretch:
    """The estimate along a stretch of the swept factor: from x to x, or one place for a level."""

    label: str
    start: float
    end: float
    point: Point
    own: bool


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
            mark = t("bracket", words=t("plot.own")) if s.own else ""
            yield self._told(self._place(s) + s.label + mark, s.point)

    def _place(self, s: Stretch) -> str:
        """From where to where a stretch goes, where the factor is measured."""
        if not self.measured:
            return ""
        ends = span(_plain_number(s.start), _plain_number(s.end), self.text)
        return self.text("space").join((self.label, ends, self.unit)) + self.text("colon")

    def _told(self, label: str, point: Point) -> str:
        t = self.text
        if point.usual_care is None or point.with_cells is None or point.difference is None:
            return f"{label}{t('colon')}{t('plot.cannot_say')}"
        return self.say(
            "stretch",
            label=label,
            usual=chance_words(point.usual_care, t),
            cells=chance_words(point.with_cells, t),
            difference=difference_words(point.difference, t),
            title=self.frame.added,
            added=added_words(point.added_response, point.run, t),
        )

    def draw(self, sheet: Sheet) -> None:
        width = WIDTH - 1.15 - MARGIN
        chances = sheet.axes(0.95, 2.62, width, 2.2)
        added = sheet.axes(0.95, 0.82, width, 1.55)
        _band(chances, self.stretches, [s.point.usual_care for s in self.stretches], GREY, "\\\\\\\\", "--")
        _band(chances, self.stretches, [s.point.with_cells for s in self.stretches], RAISES, "", "-")
        spread = [_as_chance(s.point.difference) for s in self.stretches]
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
            unit = self.text("bracket", words=self.unit) if self.measured else ""
            axes.set_xlabel(self.label + unit, fontsize=BODY - 1)
        for s in self.stretches:
            if s.point.abstained:
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
        if any(s.point.abstained for s in self.stretches):
            handles.append(Patch(facecolor="none", edgecolor=PALE, hatch="xx", label=self.text("plot.cannot_say")))
        at = sheet.place(WIDTH / 2, 4.88)
        sheet.figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=at, ncols=4, frameon=False, fontsize=BODY - 1
        )


def _band(
    axes: Any, stretches: Sequence[Stretch], values: Sequence[Chance | None], colour: str, hatch: str, line: str
) -> None:
    """A line with its band over each stretch, in patients of 100; nothing where the numbers are withheld."""
    for s, v in zip(stretches, values, strict=True):
        if v is None:
            continue
        x, low, high, middle = [s.start, s.end], v.low * 100, v.high * 100, v.probability * 100
        filled = {"facecolor": "none", "edgecolor": colour, "hatch": hatch} if hatch else {"facecolor": colour}
        axes.fill_between(x, [low, low], [high, high], alpha=0.35, linewidth=0.5, **filled)
        axes.plot(x, [middle, middle], color=colour, linewidth=2.2, linestyle=line, solid_capstyle="butt")


def _as_chance(d: Difference | None) -> Chance | None:
    return None if d is None else Chance(d.value, d.low, d.high)


def _plain_number(value: float) -> str:
    return f"{value:.4g}"


def sweep(understood: Understood, answer: Answer, explainer: Explainer, factor_id: str) -> Sweep:
    """The estimate at every level of a factor, along its measure where that can be drawn to scale."""
    factor = find_factor(explainer.scorecard.condition, factor_id)
    text = explainer.text
    found = points(explainer, [at_levels(understood, {factor.id: level}) for level in factor.level_ids])
    places = list(_to_scale(factor))
    unit = text.unit(factor.fields[0]) if places else ""
    places = places or [(i - 0.36, i + 0.36, i) for i in range(len(factor.levels))]
    own = understood.levels[factor.id]
    stretches = tuple(
        Stretch(text.pick(factor.levels[k].label), start, end, found[k], factor.level_ids[k] == own)
        for start, end, k in places
    )
    label = text.pick(factor.label)
    rounded = rounded_note(map(shown_chances, found), text)
    frame = noted(answer_frame("sweep", answer, explainer), text("explain.interval_note"), rounded)
    frame = replace(frame, title=f"{frame.title}{text('colon')}{label}")
    return Sweep(frame, label, unit, stretches)


def at_levels(understood: Understood, levels: Mapping[str, str]) -> Understood:
    """The same patient at other levels of some factors."""
    return replace(understood, levels={**understood.levels, **levels})


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
        raise InputError(Fault("factor", repr(word), one_of(known), suggestion(word, known)))
    return found


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

    VALUE: ClassVar[float] = 0.3
    """Of a row what its value takes, in inches; its words stand below."""

    @property
    def values(self) -> list[list[float | None]]:
        """Patients of 100, None where the model cannot say."""
        return [[None if p.difference is None else p.difference.value * 100 for p in row] for row in self.points]

    @property
    def height(self) -> float:
        return self._row * len(self.rows) + 1.75

    @property
    def _left(self) -> float:
        return MARGIN + 0.4 + min(2.6, max(inches(row, BODY - 1) for row in self.rows))

    @property
    def _width(self) -> float:
        return WIDTH - self._left - MARGIN - 0.95

    @cached_property
    def _added(self) -> list[list[str]]:
        """What cells add at each place, in lines as wide as a column."""
        room = columns(self._width / len(self.columns) - 0.1, BODY - 2)
        words = [[added_words(p.added_response, p.run, self.text) for p in row] for row in self.points]
        return [[wrap(said, width=room) for said in row] for row in words]

    @property
    def _row(self) -> float:
        """The height of a row, in inches: a value, and as many lines as the longest words take."""
        lines = max(words.count("\n") + 1 for row in self._added for words in row)
        return self.VALUE + 0.03 + lines * (BODY - 2.5) * 1.2 / POINTS

    def sentences(self) -> Iterator[str]:
        yield self.say("what")
        for row, found in zip(self.rows, self.points, strict=True):
            for column, point in zip(self.columns, found, strict=True):
                yield self._cell(f"{row} × {column}", point)

    def _cell(self, cell: str, point: Point) -> str:
        d = point.difference
        if d is None:
            return f"{cell}{self.text('colon')}{self.text('plot.cannot_say')}"
        added, chance = added_words(point.added_response, point.run, self.text), sure_words(d.probability_positive)
        return self.say("cell", cell=cell, value=difference_words(d, self.text), added=added, chance=chance)

    def draw(self, sheet: Sheet) -> None:
        left, width, tall = self._left, self._width, self._row * len(self.rows)
        axes = sheet.axes(left, 1.0, width, tall)
        shades = np.array([[np.nan if v is None else v for v in row] for row in self.values])
        low, high = _shade_limits(self.values)
        image = axes.pcolormesh(shades, cmap=HEAT, vmin=low, vmax=high, edgecolors="white", linewidth=2)
        axes.set_facecolor("white")
        middle = low + 0.45 * (high - low)  # grey there: dark letters read better above it
        value_at = self.VALUE / 2 / self._row
        for i, row in enumerate(self.values):
            for j, value in enumerate(row):
                _heat_cell(axes, i, j, value, middle, self._added[i][j], value_at)
        self._ticks(axes, width)
        self._frame_own(axes)
        bar = sheet.axes(left + width + 0.18, 1.0, 0.16, tall)
        sheet.figure.colorbar(image, cax=bar)
        bar.tick_params(labelsize=BODY - 1.5)
        sheet.words(MARGIN, 1.0 + tall + 0.14, self.say("what"))

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


LEAST_SHADED = 10.0
"""Patients of 100 that the colours span from 0 on at the least, so that differences of less than one look alike."""


def _shade_limits(values: Sequence[Sequence[float | None]]) -> tuple[float, float]:
    known = [0.0, *(v for row in values for v in row if v is not None)]
    return min(known), max(max(known), min(known) + LEAST_SHADED)


def _heat_cell(axes: Any, i: int, j: int, value: float | None, middle: float, added: str, value_at: float) -> None:
    """A value with its words below; value_at: where in the cell its middle is, of its height."""
    from matplotlib.patches import Rectangle

    if value is None:
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor="white", edgecolor=PALE, hatch="xx", linewidth=0))
    if value is None:
        axes.text(j + 0.5, i + 0.5, "?", ha="center", va="center", fontsize=BODY, color=INK)
        return
    style: dict[str, Any] = {"ha": "center", "color": "white" if value < middle else INK}
    axes.text(j + 0.5, i + value_at, signed(value, 0), va="center", fontsize=BODY, **style)
    axes.text(j + 0.5, i + 2 * value_at, added, va="top", fontsize=BODY - 2.5, linespacing=0.9, **style)


def heat(understood: Understood, answer: Answer, explainer: Explainer, first: str, second: str) -> Heat:
    """The difference over every pair of levels of two factors, the rest of the patient unchanged."""
    condition = explainer.scorecard.condition
    down, across = find_factor(condition, first), find_factor(condition, second)
    if down is across:
        raise InputError(Fault("by", repr(second), say("another_factor"), say("name_two_factors")))
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
