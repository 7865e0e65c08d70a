"""The curve without cells of patients like this one, with what the therapy is expected to add."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...answer.explanation import Explainer
from ...answer.layout import signed
from ...answer.phrases import span
from ...answer.record import Answer
from ...content.catalogue import Catalogue
from ...content.conditions import Condition
from ...content.evidence import Evidence
from ...errors import Fault, InputError, joined, labelled, say
from ...profile.reading import Understood
from ..citations import citation
from .frame import answer_frame, noted
from .sheet import BODY, GREY, INK, MARGIN, RAISES, WIDTH, Plot, Sheet


@dataclass(frozen=True)
class Curve:
    """What happens without cells: limit x (1 - exp(-ln(10) x at / at 90 % of the limit)); points of a scale."""

    group: str
    limit: float
    at_nine_tenths: float
    own: bool

    def points(self, at: float) -> float:
        """Points at a value of what the curves run by (Rosenbaum 2002, JAMA 288:1357)."""
        return self.limit * (1 - math.exp(-math.log(10) * at / self.at_nine_tenths))


@dataclass(frozen=True)
class Added:
    """The mean difference to control children at a month after the therapy, with its 95 % interval; points."""

    months: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Words:
    """What a condition calls its curves: what they run by, in which unit, of which scale, people and groups."""

    by: str
    unit: str
    scale: str
    people: str
    groups: str


@dataclass(frozen=True)
class Course(Plot):
    """The curve without cells of patients like this one, with what the therapy is expected to add.

    now: where the patient is on it; last: where the curves are known to; range: of the scale.
    """

    kind = "course"
    curves: tuple[Curve, ...]
    now: float
    last: float
    range: tuple[float, float]
    added: tuple[Added, ...]
    words: Words

    @property
    def height(self) -> float:
        return 4.3

    @property
    def own(self) -> tuple[Curve, ...]:
        return tuple(curve for curve in self.curves if curve.own)

    @property
    def scale(self) -> str:
        return self.words.scale

    def sentences(self) -> Iterator[str]:
        unit, people = self.words.unit, self.words.people
        for c in self.curves:
            mark = self.text("bracket", words=self.text("plot.own")) if c.own else ""
            at = f"{c.at_nine_tenths:g}"
            yield self.say("curve", group=c.group + mark, limit=f"{c.limit:g}", at=at, unit=unit)
        for c in self.own:
            then = self.now + 1
            values = {"now": f"{c.points(self.now):.1f}", "later": f"{c.points(then):.1f}"}
            yield self.say("growth", group=c.group, at=f"{self.now:g}", then=f"{then:g}", unit=unit, **values)
        for a in self.added:
            yield self.say("added", months=f"{a.months:g}", **self._numbers(a), scale=self.scale, people=people)

    def _numbers(self, a: Added) -> dict[str, str]:
        return {"value": signed(a.value), "range": span(signed(a.low), signed(a.high), self.text)}

    def draw(self, sheet: Sheet) -> None:
        height, left = 3.0, MARGIN + 0.5
        whole = sheet.axes(left, 0.95, 3.7, height)
        near = sheet.axes(left + 4.45, 0.95, WIDTH - left - 4.45 - MARGIN, height)
        along = np.linspace(0, self.last, 200)
        for c in self.curves:
            self._curve(whole, c, along)
            whole.annotate(
                c.group.split()[-1],
                (along[-1], c.points(self.last)),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=BODY - 1,
                weight="bold" if c.own else "normal",
                annotation_clip=False,
            )
        whole.axvline(self.now, color=INK, linewidth=0.8, linestyle=":")
        whole.set_xlim(0, self.last)
        whole.set_ylim(*self.range)
        self._zoom(near)
        for axes in (whole, near):
            axes.set_xlabel(self.say("axis", by=self.words.by, unit=self.words.unit), fontsize=BODY - 1)
        whole.set_ylabel(self.scale, fontsize=BODY - 1)
        by_group = self.say("whole", groups=self.words.groups)
        sheet.words(left, 0.95 + height + 0.1, by_group, weight="bold", fontsize=BODY - 0.5)
        sheet.words(left + 4.45, 0.95 + height + 0.1, self.say("near"), weight="bold", fontsize=BODY - 0.5)
        self._legend(sheet)

    def _curve(self, axes: Any, c: Curve, along: Any) -> None:
        style = {"color": INK, "linewidth": 2.0} if c.own else {"color": GREY, "linewidth": 0.9, "linestyle": "--"}
        axes.plot(along, [c.points(at) for at in along], **style)

    def _zoom(self, axes: Any) -> None:
        along = np.linspace(self.now, self.now + 1.15, 60)
        for c in self.own:
            self._curve(axes, c, along)
            points = [(self.now + a.months / 12, c.points(self.now + a.months / 12), a) for a in self.added]
            path = [(self.now, c.points(self.now)), *((x, y + a.value) for x, y, a in points)]
            axes.plot([x for x, _ in path], [y for _, y in path], color=RAISES, linewidth=1.4, linestyle="-.")
            for x, y, a in points:
                error = [[a.value - a.low], [a.high - a.value]]
                axes.errorbar([x], [y + a.value], yerr=error, fmt="D", color=RAISES, capsize=4, markersize=5)
        axes.set_xlim(self.now - 0.05, self.now + 1.15)
        axes.margins(y=0.12)

    def _legend(self, sheet: Sheet) -> None:
        from matplotlib.lines import Line2D

        names = ", ".join(c.group for c in self.own)
        handles = [
            Line2D([], [], color=INK, linewidth=2, label=self.say("untreated", group=names)),
            Line2D([], [], color=GREY, linestyle="--", label=self.say("others")),
            Line2D([], [], color=RAISES, linestyle="-.", marker="D", markersize=5, label=self.say("with_cells")),
        ]
        at = sheet.place(WIDTH / 2, 0.08)
        sheet.figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=at, ncols=3, frameon=False, fontsize=BODY - 1
        )


def course(
    understood: Understood, answer: Answer, explainer: Explainer, evidence: Evidence, documented: Sequence[str] = ()
) -> Course:
    """The curve without cells at the patient's level, with the measured mean difference of those treated.

    documented: the conditions with curves. Raises InputError for a condition without, and for a profile that
    does not tell where on the curve the patient is.
    """
    scorecard, text = explainer.scorecard, explainer.text
    curves = scorecard.data["evidence"]["natural_course"]
    if not curves:
        expected = say("condition_with_curves")
        cure = say("try_condition", list=joined(documented)) if documented else ""
        raise InputError(Fault("condition", repr(scorecard.condition.id), expected, cure))
    natural = scorecard.condition.natural_course
    now = _place(understood, natural)
    study = evidence.study_by_id[natural["study"]]
    own = _own_groups(understood, natural)
    seen = next(o.verification for o in evidence.outcomes if o.study_id == study.id)
    scale = natural["scale"]
    source, added = added_points(evidence, scale)
    words = _words(scorecard.condition, text)
    seen_as = text("plot.course.seen", study=citation(study), seen=text(f"verification.{seen}"))
    frame = noted(
        answer_frame("course", answer, explainer, title=text.pick(natural["title"])),
        text("plot.course.curves", curves=text.pick(natural["curves"]), scale=scale, source=seen_as, by=words.by),
        text("plot.course.added_by", source=source) if source else "",
        text("plot.course.beyond", people=words.people),
    )
    return Course(
        frame,
        tuple(Curve(c["group"], c["limit"], c["at_nine_tenths"], c["group"].split()[-1] in own) for c in curves),
        now,
        max(natural["known"]["maximum"], now + 1.15),
        tuple(scorecard.condition.scales[scale]["range"]),
        added,
        words,
    )


def _words(condition: Condition, text: Catalogue) -> Words:
    natural = condition.natural_course
    factor = condition.by_id[natural["factor"]]
    return Words(
        by=text.pick(factor.label),
        unit=text.unit(next(f for f in factor.fields if f.numeric)),
        scale=natural["scale"],
        people=text.pick(natural["people"]),
        groups=text.field(condition.fields[natural["groups"]]),
    )


def _place(understood: Understood, natural: Mapping[str, Any]) -> float:
    """Where on the curves the patient is. Raises InputError where it is not told as a number, or where the
    curves tell nothing of."""
    factor = understood.condition.by_id[natural["factor"]]
    stated = understood.stated
    told = [(f, stated[f.id]) for f in factor.fields if isinstance(stated.get(f.id), (int, float))]
    name = factor.fields[0].id
    if not told:
        raise InputError(Fault(name, say("nothing"), labelled(natural["untold"]), say("add_field", field=name)))
    field, value = told[0]
    at, known = float(value) * field.multiply_by, natural["known"]
    if not known["minimum"] <= at <= known["maximum"]:
        ends = {"low": f"{known['minimum']:g}", "high": f"{known['maximum']:g}"}
        expected = labelled(known["words"], **ends, study=natural["study"])
        raise InputError(Fault(name, f"{at:g}", expected, say("curves_end_there")))
    return at


def _own_groups(understood: Understood, natural: Mapping[str, Any]) -> frozenset[str]:
    """The groups of the curves that the patient may be in: the one that was told, else those that are read as
    the patient's level, else all."""
    f = understood.condition.fields[natural["groups"]]
    told, level = understood.stated.get(f.id), understood.levels[f.factor]
    if told in f.categories:
        return frozenset([str(told)])
    return frozenset(c for c, read_as in f.categories.items() if level in (None, read_as))


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
