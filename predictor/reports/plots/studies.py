"""The study groups behind the model: the forest of their comparisons, and their calibration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ...answer.explanation import Explainer
from ...answer.layout import of_100
from ...answer.phrases import span
from ...answer.record import Answer
from ...content.catalogue import Catalogue
from ...content.evidence import BIASED
from ...model.prediction import Estimator
from ...profile.reading import Understood
from .frame import Frame, answer_frame
from .sheet import BODY, GREY, INK, LOWERS, MARGIN, RAISES, WIDTH, Plot, Sheet, inches

if TYPE_CHECKING:
    from ...validation.scores import GroupScore


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
    patient: tuple[float, float, float] | None
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
        if self.patient is None:
            yield f"{self.say('own')}{t('colon')}{t('plot.cannot_say')}"
        else:
            yield self.say("patient", ratio=_ratio(t, *self.patient))
        if self.groups:
            yield self.say("groups", level=of_100(self.level))
        for g in self.groups:
            yield f"{g.label}{t('colon')}{self._shares(g)}"

    def _shares(self, g: SimilarGroup) -> str:
        words = [self.say("with_cells", share=_share_words(self.text, g.cells))]
        if g.control:
            words.append(self.say("without", share=_share_words(self.text, g.control)))
        return self.text("semicolon").join(words) if g.control else words[0] + self.say("no_control")

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
        low, high = _ratio_limits(rows if self.patient is None else [*rows, self.patient])
        n = len(rows)
        for i, c in enumerate(self.comparisons):
            size = 3 + 8 * math.sqrt(c.n / max(o.n for o in self.comparisons))
            face = "white" if c.biased else RAISES
            _interval(axes, i, c.low, c.high, RAISES, low, high)
            axes.plot([c.estimate], [i], "s", markersize=size, markerfacecolor=face, markeredgecolor=RAISES)
            _beside(axes, i, f"{_ratio(self.text, c.estimate, c.low, c.high)}  n = {c.n:g}")
        if self.patient is None:
            _beside(axes, n, self.text("added.cannot_say"))
        else:
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


def _interval(axes: Any, row: float, low: float, high: float, colour: str, left: float, right: float) -> None:
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
    ratio, low_end, high_end = (f"{math.exp(x):.2f}" for x in (value, low, high))
    return ratio + text("bracket", words=span(low_end, high_end, text))


def _share_words(text: Catalogue, share: Share) -> str:
    low, high = of_100(share.low), of_100(share.high)
    return text("plot.share", value=of_100(share.observed), range=span(low, high, text), n=f"{share.n:g}")


def forest(understood: Understood, answer: Answer, explainer: Explainer) -> Forest:
    """The study groups behind an answer."""
    data, estimator = explainer.scorecard.data, explainer.estimator
    studies = data["evidence"]["studies"]
    level = float(explainer.scorecard.estimate["interval_level"])
    groups = [g for g in answer.similar_groups if "observed" in g]
    arms = {g["id"]: _arm(g["arm_id"], explainer) for g in data["groups"]}
    return Forest(
        answer_frame("forest", answer, explainer),
        _told_apart(_comparison(c, studies[c["study_id"]], estimator.z) for c in data["basis"]["comparisons"]),
        None if answer.abstained else _effect(understood, estimator),
        tuple(
            _similar_group({**g, "arm": arms[g["id"]]}, studies[g["study_id"]], level, explainer.text) for g in groups
        ),
        level,
    )


def _effect(understood: Understood, estimator: Estimator) -> tuple[float, float, float]:
    """The effect of cells in a new group of such patients, in log odds, with its interval."""
    law = estimator.chances(estimator.codes(understood.levels)).law
    middle, half = float(law.effect[0]), estimator.z * math.sqrt(float(law.effect_variance[0]))
    return middle, middle - half, middle + half


def _arm(id: str, explainer: Explainer) -> str:
    return explainer.text.pick(explainer.scorecard.condition.words_of("arm_id", id)) or id


def _study_label(study: Mapping[str, Any]) -> str:
    """Who and when: the citation's first words, with the year if they lack it."""
    who = str(study["short_citation"]).split(";")[0]
    year = str(study.get("year", ""))
    return who if year in who else f"{who} {year}"


def _comparison(row: Mapping[str, Any], study: Mapping[str, Any], z: float) -> Comparison:
    value, half = row["log_odds_ratio"], z * row["se"]
    risk = study["risk_of_bias"]
    biased = risk in BIASED
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


@dataclass(frozen=True)
class Calibration(Plot):
    """Predicted against observed share of every study group, each predicted without its own study."""

    kind = "calibration"
    groups: tuple[GroupScore, ...]
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
                range=span(of_100(g.low), of_100(g.high), t),
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
        at = sheet.place(WIDTH / 2, 0.05)
        sheet.figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=at, ncols=3, frameon=False, fontsize=BODY - 1
        )


def calibration(groups: Sequence[GroupScore], explainer: Explainer) -> Calibration:
    """Predicted against observed, from the groups of a back-test."""
    text, scorecard = explainer.text, explainer.scorecard
    level = float(scorecard.estimate["interval_level"])
    covered = sum(g.covered for g in groups)
    frame = Frame(
        title=text("plot.calibration.title", condition=text.pick(scorecard.condition.label)),
        notes=(text("plot.calibration.what", level=of_100(level)),),
        certainty=text("plot.calibration.coverage", covered=covered, all=len(groups), level=of_100(level)),
        source=text("plot.source", hash=scorecard.hash),
        text=text,
    )
    return Calibration(frame, tuple(groups), level)
