"""All that speaks for and against a condition's model, in one record, and its tables as words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threadpoolctl import threadpool_limits

from ..answer.layout import Names, of_100, signed
from ..answer.phrases import span
from ..answer.results import Result, plain
from ..content.catalogue import Catalogue
from ..model.fitting import Content
from ..profile.reading import Understood
from .backtest import BackTest, ContrastScore, back_test, performances
from .cohort import Cohort
from .scores import Coverage, GroupScore, Paired, Performance
from .sensitivity import Assumed, DesignLeftOut, Moved, TauCase, designs_left_out, heterogeneity, sensitivity


@dataclass(frozen=True, repr=False)
class Validation(Result):
    """All that speaks for and against one condition's model under a stance."""

    condition: str
    stance: str
    interval_level: float
    test: BackTest
    performance: tuple[Performance, ...]
    paired: tuple[Paired, ...]
    profiles: int
    sensitivity: tuple[Assumed, ...]
    designs: tuple[DesignLeftOut, ...]
    heterogeneity: tuple[TauCase, ...]

    def table(self) -> list[dict[str, Any]]:
        """One row for each study group of the back-test."""
        return self.test.table()

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        return {
            "condition": self.condition,
            "stance": self.stance,
            "interval_level": self.interval_level,
            "coverage": plain(self.test.coverage),
            "performance": plain(self.performance),
            "paired": plain(self.paired),
            **_scores(self.test),
            "profiles": self.profiles,
            "sensitivity": plain(self.sensitivity),
            "designs": [_design_dict(design) for design in self.designs],
            "heterogeneity": plain(self.heterogeneity),
        }


def _scores(test: BackTest) -> dict[str, Any]:
    return {
        "groups": [{**g.as_dict(), "study_id": g.study_id, "role": g.role, "n": g.n} for g in test.groups],
        "contrasts": [c.as_dict() for c in test.contrasts],
    }


def _design_dict(design: DesignLeftOut) -> dict[str, Any]:
    told = {"design": design.design, "studies": list(design.studies), **_scores(design.test)}
    return {**told, "moved": plain(design.moved)}


def validate(content: Content, cohort: Cohort, stance: str = "graded") -> Validation:
    """The whole validation of a condition's model: back-test, sensitivity, designs, heterogeneity."""
    mine = cohort.of(content.condition)
    with threadpool_limits(1):  # hundreds of small fits: threads of the linear algebra only wait for each other
        return _validate(content, mine, stance)


def _validate(content: Content, mine: Mapping[str, Understood], stance: str) -> Validation:
    test = back_test(content, stance)
    performance, pairs = performances(content, stance, test)
    return Validation(
        condition=content.condition.id,
        stance=stance,
        interval_level=content.assumptions.interval_level.value,
        test=test,
        performance=performance,
        paired=pairs,
        profiles=len(mine),
        sensitivity=sensitivity(content, stance, mine),
        designs=designs_left_out(content, stance, mine),
        heterogeneity=heterogeneity(content, stance),
    )


Row = Sequence[str]


class Tables:
    """The tables of a validation as words, a head first; `code` marks the ids for the face that shows them."""

    def __init__(self, text: Catalogue, code: Callable[[str], str] = str):
        self.text = text
        self.code = code

    def of(self, v: Validation, names: Names) -> dict[str, list[Row]]:
        """Every table of a validation by the name of its section."""
        return {
            "performance": list(self.performance(v.performance)),
            "calibration": list(self.calibration(v.performance)),
            "paired": list(self.paired(v.paired)),
            "groups": list(self.groups(v.test.groups)),
            "contrasts": list(self.contrasts(v.test.contrasts, names)),
            "heterogeneity": list(self.heterogeneity(v.heterogeneity)),
            "sensitivity": list(self.sensitivity(v.sensitivity)),
            "designs": list(self.designs(v.designs)),
        }

    def performance(self, performances: Iterable[Performance]) -> Iterator[Row]:
        yield self._head("predictor", "error", "interval_score", "log_score", "coverage")
        for p in performances:
            scores = (f"{p.mean_absolute_error * 100:.1f}", f"{p.interval_score * 100:.1f}", f"{p.log_score:.2f}")
            yield self._predictor(p.name), *scores, self.covered(p.coverage)

    def covered(self, coverage: Coverage | None) -> str:
        """How many lie inside, with the binomial interval of the share."""
        if coverage is None:
            return "–"
        ends = {"low": of_100(coverage.low), "high": of_100(coverage.high)}
        return self.text("validate.covered", part=coverage.covered, whole=coverage.groups, **ends)

    def calibration(self, performances: Iterable[Performance]) -> Iterator[Row]:
        """Slopes of the ways of predicting that tell groups apart."""
        yield self._head("predictor", "groups", "slope", "intercept", "slope_unweighted")
        for p in performances:
            if p.slope is not None:
                told = (signed(x) if x is not None else "–" for x in (p.slope, p.intercept, p.slope_unweighted))
                yield self._predictor(p.name), str(p.groups), *told

    def paired(self, pairs: Iterable[Paired]) -> Iterator[Row]:
        """The differences of each measure in its own unit: patients of 100, and units of log score."""
        yield self._head("against", "measure", "studies", "paired", "se")
        for p in pairs:
            scale, digits = (1, 2) if p.measure == "log_score" else (100, 1)
            se = "–" if p.se is None else f"{p.se * scale:.{digits}f}"
            measure = self.text(f"validate.column.{p.measure}")
            yield self._predictor(p.against), measure, str(p.studies), signed(p.difference * scale, digits), se

    def _predictor(self, name: str) -> str:
        return self.text(f"validate.predictor.{name}")

    def groups(self, groups: Iterable[GroupScore]) -> Iterator[Row]:
        """Patients of 100 to one decimal: a bound and a share that agree to the whole patient may still differ."""
        yield self._head("group", "role", "patients", "observed", "predicted", "interval", "inside")
        for g in groups:
            observed, predicted, low, high = (f"{x * 100:.1f}" for x in (g.observed, g.predicted, g.low, g.high))
            numbers = (f"{g.n:.0f}", observed, predicted, span(low, high, self.text))
            yield self.code(g.obs_id), self.text(f"role.{g.role}"), *numbers, self._inside(g.covered)

    def contrasts(self, contrasts: Iterable[ContrastScore], names: Names) -> Iterator[Row]:
        yield self._head("contrast", "about", "observed_ratio", "predicted_ratio", "interval", "inside")
        for c in contrasts:
            about = names.term(c.term) if c.term else self.text("validate.against_control")
            numbers = (signed(c.observed), signed(c.predicted), span(signed(c.low), signed(c.high), self.text))
            yield self.code(c.obs_id), about, *numbers, self._inside(c.covered)

    def heterogeneity(self, found: Iterable[TauCase]) -> Iterator[Row]:
        yield self._head("assumption", "change", "value", "coverage")
        for c in found:
            yield self.code(c.name), self.text(f"validate.{c.change}"), f"{c.value:.4g}", self.covered(c.coverage)

    def sensitivity(self, assumed: Iterable[Assumed]) -> Iterator[Row]:
        """The changes that move an answer, those that move most first."""
        yield self._head("assumption", "change", "value", "added_response", "benefit", "move")
        moving = [case for case in assumed if case.moved.any]
        for case in sorted(moving, key=lambda c: -len({*c.moved.added_response, *c.moved.benefit})):
            value = f"{case.before:.3g} → {case.after:.3g}"
            yield self.code(case.name), self.text(f"validate.{case.change}"), value, *_moved_words(case.moved)

    def designs(self, designs: Iterable[DesignLeftOut]) -> Iterator[Row]:
        yield self._head("design", "studies", "groups_inside", "added_response", "benefit", "move")
        for d in designs:
            inside, groups = sum(g.covered for g in d.test.groups), len(d.test.groups)
            part = self.text("validate.of", part=inside, whole=groups) if groups else "–"
            yield self.text(f"design.{d.design}"), str(len(d.studies)), part, *_moved_words(d.moved)

    def _head(self, *names: str) -> Row:
        return [self.text(f"validate.column.{name}") for name in names]

    def _inside(self, covered: bool) -> str:
        return self.text("yes") if covered else self.text("validate.outside")


def _moved_words(moved: Moved | None) -> tuple[str, str, str]:
    if moved is None:
        return "–", "–", "–"
    return str(len(moved.added_response)), str(len(moved.benefit)), signed(moved.largest_move * 100, 1)


def percent(share: float | None, text: Catalogue) -> str:
    """A share as a whole percentage, a dash where there is none."""
    return "–" if share is None else text("explain.percent", value=of_100(share))
