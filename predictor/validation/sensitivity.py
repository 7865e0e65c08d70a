"""What each assumption and each design carries: halved, doubled or left out, and whose answer is then another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..answer.explanation import Explainer
from ..answer.results import Result
from ..content.assumptions import Assumptions
from ..content.catalogue import Catalogue
from ..errors import EvidenceError
from ..model.fitting import Content, Fit, build_scorecard, fit_records
from ..model.records import Records, build_records
from ..model.scorecard import Scorecard
from ..profile.reading import Understood
from ..whatif.points import Point
from ..whatif.refits import Filter, without
from .backtest import BackTest, back_test, fitted_studies, predict_left_out
from .cohort import verdicts
from .scores import Coverage


@dataclass(frozen=True, repr=False)
class Moved(Result):
    """What became of the reference profiles: ids whose added response or added benefit is another.

    largest_move: the largest move of a difference, with its sign (fractions of 1).
    """

    added_response: tuple[str, ...]
    benefit: tuple[str, ...]
    largest_move: float

    @property
    def any(self) -> bool:
        return bool(self.added_response or self.benefit)


@dataclass(frozen=True, repr=False)
class Assumed(Result):
    """One assumption halved or doubled, and what became of the reference profiles.

    A quantity that cannot pass 1 (a weight, a correlation, a share) goes half the way to 1 where
    doubling would reach it.
    """

    name: str
    change: str
    before: float
    after: float
    moved: Moved


@dataclass(frozen=True, repr=False)
class DesignLeftOut(Result):
    """How well a design's groups are predicted from all others, and the answers without its studies.

    moved: as `without(designs=…)` answers; None where nothing would be left to fit.
    """

    design: str
    studies: tuple[str, ...]
    test: BackTest
    moved: Moved | None


@dataclass(frozen=True, repr=False)
class TauCase(Result):
    """The back-test's coverage with one heterogeneity halved or doubled."""

    name: str
    change: str
    value: float
    coverage: Coverage | None


def explainer_of(content: Content, stance: str) -> Explainer:
    """An explainer of the content as it stands, fitted under one stance only."""
    only = {stance: content.assumptions.stance[stance]}
    assumptions = content.assumptions.model_copy(update={"stance": only})
    return Explainer(build_scorecard(replace(content, assumptions=assumptions)), stance, Catalogue("", {}))


def _refitted(explainer: Explainer, fitted: Fit, assumptions: Assumptions) -> Explainer:
    """The explainer with another fit of the same evidence; the rest of its scorecard as it stands."""
    rows = [fitted.index[term] for term in explainer.scorecard.terms]
    lower = [fitted.covariance[i, rows[: k + 1]].tolist() for k, i in enumerate(rows)]
    stance = {"mean": fitted.mean[rows].tolist(), "covariance": lower, "influence": {}, "widening": {}}
    taus = {name: tau.value for name, tau in assumptions.heterogeneity}
    data = explainer.scorecard.data
    other = {**data, "estimate": {**data["estimate"], **taus}, "stances": {explainer.stance: stance}}
    return Explainer(Scorecard(other), explainer.stance, explainer.text)


def moved(before: Mapping[str, Point], after: Mapping[str, Point]) -> Moved:
    """What became of the same profiles from one model to another."""
    moves = [after[id].moved_from(before[id]) or 0.0 for id in before]
    return Moved(
        added_response=tuple(id for id in before if after[id].differs(before[id], "added_response")),
        benefit=tuple(id for id in before if after[id].differs(before[id], "added_benefit")),
        largest_move=max(moves, key=abs, default=0.0),
    )


@dataclass(frozen=True)
class Case:
    """A numeric assumption: its path in assumptions.yaml, its value, and whether it cannot pass 1."""

    path: tuple[str, ...]
    value: float
    bounded: bool = False

    @property
    def name(self) -> str:
        steps = self.path[:1] + self.path[-3:] if "shares" in self.path else self.path
        return ".".join(steps).removesuffix(".value")

    @property
    def halved(self) -> float:
        return self.value / 2

    @property
    def doubled(self) -> float:
        twice = self.value * 2
        return (1 + self.value) / 2 if self.bounded and twice >= 1 else twice


def cases(assumptions: Assumptions, stance: str) -> Iterator[Case]:
    """Every assumption that is a number and enters the records or the fit under a stance."""
    for kind, prior in assumptions.base_prior:
        if prior.mean:
            yield Case(("base_prior", kind, "mean"), prior.mean)
        yield Case(("base_prior", kind, "sd"), prior.sd)
    for name, tau in assumptions.heterogeneity:
        yield Case(("heterogeneity", name, "value"), tau.value)
    tables = ("claim_se", "minimal_important_difference", "default_sd")
    for table in ("record_weight", *tables):
        for name, judged in getattr(assumptions, table).items():
            yield Case((table, name, "value"), judged.value, bounded=table == "record_weight")
    for name, size in assumptions.claim_size.items():
        yield Case(("claim_size", name, "cohen_d"), size.cohen_d)
    yield Case(("log_odds_per_d", "value"), assumptions.log_odds_per_d.value)
    if math.isfinite(assumptions.stance[stance].se_factor):
        yield Case(("stance", stance, "se_factor"), assumptions.stance[stance].se_factor)
    for name in ("change_correlation", "intraclass_correlation"):
        yield Case((name, "value"), getattr(assumptions, name).value, bounded=True)
    yield from _spans(assumptions)


def _spans(assumptions: Assumptions) -> Iterator[Case]:
    """The first share of each word that spans levels; the others take up what it leaves."""
    for condition, factors in assumptions.spanning_levels.items():
        for factor, words in factors.items():
            for word, told in words.items():
                level, share = next(iter(told.shares.items()))
                path = ("spanning_levels", condition, factor, word, "shares", level)
                yield Case(path, share, bounded=True)


def assume(assumptions: Assumptions, case: Case, value: float) -> Assumptions:
    """The assumptions with one number changed, even beyond what a file may say."""
    *above, last = case.path
    place: Any = assumptions
    for step in above:
        place = _inside(place, step)
    changed: dict[str, float] = {last: value}
    if "shares" in above:
        rest = (1 - value) / (1 - case.value)
        changed = {level: share * rest for level, share in place.items()} | changed
    other: Assumptions = _replaced(assumptions, above, changed)
    return other


def _replaced(node: Any, path: Sequence[str], changed: Mapping[str, Any]) -> Any:
    """A copy of a record or a mapping with values changed below a path."""
    if path:
        changed = {path[0]: _replaced(_inside(node, path[0]), path[1:], changed)}
    return {**node, **changed} if isinstance(node, Mapping) else node.model_copy(update=changed)


def _inside(node: Any, step: str) -> Any:
    """What a record or a mapping holds by a name."""
    return node[step] if isinstance(node, Mapping) else getattr(node, step)


def sensitivity(content: Content, stance: str, cohort: Mapping[str, Understood]) -> tuple[Assumed, ...]:
    """Each assumption halved and doubled: which answers change. Those that reach no record are left out."""
    explainer, records = explainer_of(content, stance), _records(content, stance)
    now = verdicts(explainer, cohort)
    found = []
    for case, change, value, other in _varied(content, stance):
        changed = _records(other, stance)
        if changed != records:
            after = verdicts(_refitted(explainer, fit_records(changed), other.assumptions), cohort)
            found.append(Assumed(case.name, change, case.value, value, moved(now, after)))
    return tuple(found)


def _varied(content: Content, stance: str, kind: str = "") -> Iterator[tuple[Case, str, float, Content]]:
    """The content with each assumption (of a kind) halved and doubled."""
    for case in cases(content.assumptions, stance):
        if not kind or case.path[0] == kind:
            for change in ("halved", "doubled"):
                value: float = getattr(case, change)
                yield case, change, value, replace(content, assumptions=assume(content.assumptions, case, value))


def _records(content: Content, stance: str) -> Records:
    return build_records(content.condition, content.evidence, content.assumptions, stance, content.interactions)


def heterogeneity(content: Content, stance: str) -> tuple[TauCase, ...]:
    """The coverage with tau0 and tau1 halved and doubled: whether it hangs on them."""
    return tuple(
        TauCase(case.path[1], change, value, back_test(other, stance).coverage)
        for case, change, value, other in _varied(content, stance, "heterogeneity")
    )


def designs_left_out(content: Content, stance: str, cohort: Mapping[str, Understood]) -> tuple[DesignLeftOut, ...]:
    """Every design in turn left out: its groups predicted from the rest, and the answers without it."""
    by_design: dict[str, list[str]] = {}
    for study in fitted_studies(content):
        by_design.setdefault(content.evidence.study_by_id[study].design, []).append(study)
    now = verdicts(explainer_of(content, stance), cohort)
    return tuple(_design_left_out(content, stance, cohort, now, *item) for item in by_design.items())


def _design_left_out(
    content: Content,
    stance: str,
    cohort: Mapping[str, Understood],
    now: Mapping[str, Point],
    design: str,
    studies: Sequence[str],
) -> DesignLeftOut:
    test = predict_left_out(content, stance, set(studies))
    return DesignLeftOut(design, tuple(studies), test, _moved_without(content, stance, cohort, now, design))


def _moved_without(
    content: Content, stance: str, cohort: Mapping[str, Understood], now: Mapping[str, Point], design: str
) -> Moved | None:
    try:
        kept = without(content, Filter(designs=(design,)))
    except EvidenceError:
        return None
    return moved(now, verdicts(explainer_of(kept, stance), cohort))
