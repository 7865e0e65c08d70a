"""The untreated motor curve of children like the patient, with what the therapy is expected to add."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...answer.explanation import Explainer
from ...answer.layout import signed
from ...answer.record import Answer
from ...content.evidence import Evidence, Study
from ...errors import Fault, InputError
from ...profile.reading import Understood
from ..citations import citation
from .frame import answer_frame, noted, span
from .sheet import BODY, GREY, INK, MARGIN, RAISES, WIDTH, Plot, Sheet


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
        return {"value": signed(a.value), "range": span(self.text, signed(a.low), signed(a.high))}

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
    rows = [o for o in evidence.outcomes if (o.study_id, o.scale.en, o.measure) == (study, scale, "mean_difference")]
    points = [
        Added(float(o.time_months), float(o.value), float(o.ci_low), float(o.ci_high))
        for o in rows
        if o.time_months is not None and o.value is not None and o.ci_low is not None and o.ci_high is not None
    ]
    return citation(evidence.study_by_id[study]), tuple(sorted(points, key=lambda a: a.months))
