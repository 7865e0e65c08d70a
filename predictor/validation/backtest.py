"""Does the model hold? Back-test against the studies, and what each assumption and each design carries."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import NormalDist
from typing import Any

from threadpoolctl import threadpool_limits

from ..answer.explanation import Explainer
from ..answer.layout import Names, of_100, signed
from ..answer.library import unknown_condition
from ..answer.phrases import span
from ..answer.results import Result, plain
from ..content.assumptions import Assumptions
from ..content.catalogue import Catalogue
from ..content.conditions import Condition, find_condition
from ..content.cross_checks import check_observations
from ..content.documents import read_text
from ..content.evidence import Observation
from ..content.evidence_files import rows_and_faults, without_consequences
from ..content.library_messages import library_message
from ..errors import EvidenceError, Fault, InputError, ProfileError, one_of, say, shown, suggestion
from ..model.fitting import Content, Fit, build_scorecard, fit, fit_records
from ..model.records import (
    Composition,
    Records,
    base_prior,
    build_records,
    check_known,
    effect_terms,
    group_of,
    group_terms,
    population,
    response_events,
)
from ..model.scorecard import Scorecard
from ..profile.profile import Profile, is_unknown, tells_condition
from ..profile.reading import Understood, understand
from ..whatif.points import Point, points
from ..whatif.refits import Filter, without
from .scores import (
    BASELINES,
    Coverage,
    GroupScore,
    Law,
    Paired,
    Performance,
    baseline,
    coverage,
    paired,
    performance,
)

COHORT_FILE = Path("profiles") / "reference_cohort.csv"


@dataclass(frozen=True, repr=False)
class ContrastScore(Result):
    """A log odds ratio between groups beside its prediction; `term` is empty for cells against control."""

    obs_id: str
    study_id: str
    term: str
    observed: float
    se: float
    predicted: float
    low: float
    high: float

    @property
    def covered(self) -> bool:
        return self.low <= self.observed <= self.high

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "covered": self.covered}


@dataclass(frozen=True, repr=False)
class BackTest(Result):
    """Every study's groups and contrasts, predicted without that study."""

    groups: tuple[GroupScore, ...]
    contrasts: tuple[ContrastScore, ...]

    rows_of = "groups"

    @property
    def coverage(self) -> Coverage | None:
        return coverage(self.groups)


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


def linear_predictor(fitted: Fit, terms: Mapping[str, float], assumptions: Assumptions) -> tuple[float, float]:
    """Mean and variance of a combination of terms on the log-odds scale.

    A term that the fit does not hold (a study that it never saw) has its base prior: so tau0^2
    enters for any new study, and tau1^2 for cells in it.
    """
    x = fitted.vector({term: value for term, value in terms.items() if term in fitted.index})
    mean, variance = float(x @ fitted.mean), float(x @ fitted.covariance @ x)
    for term in terms.keys() - fitted.index.keys():
        prior_mean, prior_sd = base_prior(term, assumptions)
        mean += terms[term] * prior_mean
        variance += (terms[term] * prior_sd) ** 2
    return mean, variance


def back_test(content: Content, stance: str) -> BackTest:
    """Each fitted study in turn left out, and predicted from the rest."""
    tests = [_predict_left_out(content, stance, {study}) for study in _studies(content)]
    return BackTest(tuple(g for t in tests for g in t.groups), tuple(c for t in tests for c in t.contrasts))


def _studies(content: Content) -> list[str]:
    return list(dict.fromkeys(row.study_id for row in content.evidence.observations if row.fitted))


def held_out(content: Content, studies: Iterable[str]) -> Content:
    """The content without some studies: their records, and the claims that cite them, are gone.

    Stricter than `whatif.refits.without`, as a test must be: there claims stay, and groups come back
    whose pooled analysis goes, which here would let a study's own patients predict it.
    """
    gone, evidence = set(studies), content.evidence
    return replace(
        content,
        evidence=replace(
            evidence,
            observations=tuple(row for row in evidence.observations if row.study_id not in gone),
            claims=tuple(claim for claim in evidence.claims if not gone & set(claim.study_ids)),
        ),
    )


def _predict_left_out(content: Content, stance: str, studies: set[str]) -> BackTest:
    rows = [row for row in content.evidence.observations if row.fitted and row.study_id in studies]
    kept = held_out(content, studies)
    return predict_rows(kept, stance, rows) if _can_fit(kept) else BackTest((), ())


def _can_fit(content: Content) -> bool:
    return any(row.fitted and row.kind != "contrast" for row in content.evidence.observations)


def predict_rows(content: Content, stance: str, rows: Sequence[Observation]) -> BackTest:
    """Observations beside what a model fitted to `content` predicts for new studies like theirs."""
    fitted = fit(content, stance)
    mix = population(content.condition, content.evidence, content.assumptions)
    groups = [_group_score(content, fitted, mix, row) for row in rows if row.kind != "contrast"]
    contrasts = [_contrast_score(content, fitted, mix, row) for row in rows if row.kind == "contrast"]
    return BackTest(tuple(groups), tuple(contrasts))


def _group_score(content: Content, fitted: Fit, mix: Composition, row: Observation) -> GroupScore:
    assumptions = content.assumptions
    new = replace(row, study_id="")  # a study that no fit holds, whatever its name
    terms = group_terms(group_of(new, content.condition, assumptions, mix), content.condition, content.interactions)
    mean, variance = linear_predictor(fitted, terms, assumptions)
    n = float(row.n or 0)
    correlation, level = assumptions.intraclass_correlation.value, assumptions.interval_level.value
    law = Law(mean, variance, max(1, round(n)), correlation, level)
    return GroupScore.of(row.id, row.study_id, row.role, n, response_events(row, assumptions) / n, law)


def _contrast_score(content: Content, fitted: Fit, mix: Composition, row: Observation) -> ContrastScore:
    assumptions, terms = content.assumptions, {row.term: 1.0}
    if not row.term:
        group = group_of(row, content.condition, assumptions, mix)
        terms = {**effect_terms(content.condition, group.composition, content.interactions), "study_effect:": 1.0}
    mean, variance = linear_predictor(fitted, terms, assumptions)
    observed, se = float(row.log_odds_ratio or 0), float(row.se or 0)
    half = NormalDist().inv_cdf(0.5 + assumptions.interval_level.value / 2) * math.sqrt(variance + se**2)
    return ContrastScore(row.id, row.study_id, row.term, observed, se, mean, mean - half, mean + half)


def performances(content: Content, stance: str, test: BackTest) -> tuple[tuple[Performance, ...], tuple[Paired, ...]]:
    """The model, the same on groups of controlled studies only, the model with claims at face value, and the two
    baselines; and the model beside each of the others, study by study."""
    a = content.assumptions
    others: dict[str, Sequence[GroupScore]] = {}
    if stance != "face_value":
        others["face_value"] = back_test(content, "face_value").groups
    for name in BASELINES:
        taus, level = a.heterogeneity, a.interval_level.value
        others[name] = baseline(name, test.groups, taus.tau0.value, a.intraclass_correlation.value, level)
    controlled = [g for g in test.groups if g.role != "treated_uncontrolled"]
    rows = [performance(stance, test.groups), performance("controlled", controlled)]
    rows += [performance(name, groups, calibrated=name not in BASELINES) for name, groups in others.items()]
    pairs = [pair for name, groups in others.items() for pair in paired(stance, test.groups, name, groups)]
    return tuple(rows), tuple(pairs)


@dataclass(frozen=True)
class Cohort:
    """Hypothetical reference profiles by id, each naming its condition."""

    profiles: Mapping[str, Profile]

    @classmethod
    def read(cls, path: Path, conditions: Sequence[Condition] = ()) -> Cohort:
        """A CSV table with the columns profile_id, condition and any fields; empty cells are unknown.

        conditions: what each profile must be of, and be understood by. Raises ProfileError with all
        the faults.
        """
        rows, faults = _cohort_rows(path)
        if any(fault.where == f"{path}:1" for fault in faults):
            conditions = ()  # what a column lacks cannot be understood
        profiles: dict[str, Profile] = {}
        for line, row in rows.items():
            if not _ragged(row):
                try:
                    profiles[row.get("profile_id", "")] = _profile(row, conditions)
                except ProfileError as error:
                    faults += [replace(fault, where=f"{path}:{line}") for fault in error.faults]
        if faults:
            raise ProfileError(faults)
        return cls(profiles)

    def of(self, condition: Condition) -> dict[str, Understood]:
        """The profiles of a condition as it understands them. Raises ProfileError with all the faults."""
        mine: dict[str, Understood] = {}
        faults: list[Fault] = []
        for id, profile in self.profiles.items():
            if profile.condition == condition.id:
                try:
                    mine[id] = understand(profile, condition)
                except ProfileError as error:
                    faults += [replace(fault, where=id) for fault in error.faults]
        if faults:
            raise ProfileError(faults)
        return mine


def _cohort_rows(path: Path) -> tuple[dict[int, Mapping[str, Any]], list[Fault]]:
    """The rows by line, as far as they can be read, and what is wrong with them as rows of a table."""
    table = csv.DictReader(io.StringIO(read_text(path)), strict=True)
    rows: dict[int, Mapping[str, Any]] = {}
    faults: list[Fault] = []
    try:
        for row in table:
            rows[table.line_num] = row
    except csv.Error as error:
        faults.append(Fault("row", library_message(str(error)), say("csv_row"), where=f"{path}:{table.line_num}"))
    faults += _cohort_faults(table.fieldnames or (), rows, path)
    if not rows and not faults:
        faults.append(Fault("rows", say("none"), say("at_least_one_profile"), where=str(path)))
    return rows, faults


def _profile(row: Mapping[str, Any], conditions: Sequence[Condition]) -> Profile:
    """The profile of a row, its condition by id. Raises ProfileError where none of the conditions understands it."""
    profile = Profile.from_mapping({k: v for k, v in row.items() if k != "profile_id" and not is_unknown(v)})
    if not conditions:
        return profile
    condition = find_condition(profile.condition or "", conditions)
    if condition is None:
        fault = unknown_condition(profile.condition or "", conditions)
        raise ProfileError(fault if profile.condition else replace(fault, found=say("nothing")))
    understand(profile, condition)
    return Profile(condition.id, **profile.values)


def _ragged(row: Mapping[Any, Any]) -> bool:
    """Whether a row has more or fewer cells than the header."""
    return None in row or None in row.values()


def _cohort_faults(header: Sequence[str], rows: Mapping[int, Mapping[str, Any]], path: Path) -> Iterator[Fault]:
    names = ["condition" if tells_condition(name) else name for name in header]
    for name in ("profile_id", "condition"):
        if name not in names:
            yield Fault(name, say("no_column"), say("column_of_that_name"), where=f"{path}:1")
    for name in dict.fromkeys(header):
        if list(header).count(name) > 1:
            yield Fault(name, say("column_twice"), say("column_once"), say("remove_or_rename"), f"{path}:1")
    ids = [row.get("profile_id") for row in rows.values()]
    for line, row in rows.items():
        if _ragged(row):
            yield Fault("row", say("more_or_fewer_cells"), say("as_many_cells"), where=f"{path}:{line}")
        if "profile_id" in row and ids.count(row["profile_id"]) > 1:
            yield Fault("profile_id", shown(row["profile_id"]), say("unique_id"), where=f"{path}:{line}")


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


def verdicts(explainer: Explainer, cohort: Mapping[str, Understood]) -> dict[str, Point]:
    """The answer in brief for each profile."""
    return dict(zip(cohort, points(explainer, list(cohort.values())), strict=True)) if cohort else {}


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
    for study in _studies(content):
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
    test = _predict_left_out(content, stance, set(studies))
    return DesignLeftOut(design, tuple(studies), test, _moved_without(content, stance, cohort, now, design))


def _moved_without(
    content: Content, stance: str, cohort: Mapping[str, Understood], now: Mapping[str, Point], design: str
) -> Moved | None:
    try:
        kept = without(content, Filter(designs=(design,)))
    except EvidenceError:
        return None
    return moved(now, verdicts(explainer_of(kept, stance), cohort))


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


@dataclass(frozen=True, repr=False)
class NewGroups(Result):
    """Groups of a file that were never fitted, scored; what was left out, with the reason's code."""

    groups: tuple[GroupScore, ...]
    skipped: tuple[tuple[str, str], ...]
    fitted_before: tuple[str, ...]
    """Ids that the model was fitted on: their scores are no test."""

    rows_of = "groups"

    @cached_property
    def coverage(self) -> Coverage | None:
        return coverage(self.groups)


def score_file(
    path: Path, contents: Mapping[str, Content], stance: str = "graded", condition: str | None = None
) -> NewGroups:
    """Scores a table in the schema of observations.csv; each group as one of a new study.

    condition: score the groups of this condition only. Raises EvidenceError or InputError with all
    the faults of the file.
    """
    conditions = [content.condition for content in contents.values()]
    rows, faults = rows_and_faults(path, Observation, conditions, one_language=True)
    faults += without_consequences(faults, _file_faults(rows, path, contents), conditions)
    if not rows and not faults:
        faults.append(Fault("rows", say("none"), say("at_least_one_group"), where=str(path)))
    if faults:
        raise EvidenceError(faults)
    reasons = {row.id: _skipped_because(row, condition) for row in rows}
    wanted = [row for row in rows if not reasons[row.id]]
    scored: dict[str, GroupScore] = {}
    for id, content in contents.items():
        mine = [row for row in wanted if row.condition == id]
        scored |= {g.obs_id: g for g in predict_rows(content, stance, mine).groups} if mine else {}
    known = {row.id for content in contents.values() for row in content.evidence.observations if row.fitted}
    return NewGroups(
        groups=tuple(scored[row.id] for row in wanted),
        skipped=tuple((id, reason) for id, reason in reasons.items() if reason),
        fitted_before=tuple(row.id for row in wanted if row.id in known),
    )


def _skipped_because(row: Observation, condition: str | None) -> str:
    if row.kind == "contrast":
        return "contrast"
    return "other_condition" if condition and row.condition != condition else ""


def _file_faults(rows: Sequence[Observation], path: Path, contents: Mapping[str, Content]) -> Iterator[Fault]:
    seen: set[str] = set()
    for row in rows:
        where = f"{path}:{row.line}"
        if row.id in seen:
            yield Fault("obs_id", repr(row.id), say("unique_id"), say("give_another_id"), where)
        seen.add(row.id)
        if row.condition not in contents:
            cure = suggestion(row.condition, contents)
            yield Fault("condition", repr(row.condition), one_of(contents), cure, where)
    yield from check_observations(rows, path, [content.condition for content in contents.values()])
    for id, content in contents.items():
        yield from _content_faults([row for row in rows if row.condition == id], path, content)


def _content_faults(rows: Sequence[Observation], path: Path, content: Content) -> list[Fault]:
    """Scales, outcomes, terms and levels that the condition's model does not know."""
    try:
        check_known(rows, content.condition, content.assumptions, content.interactions, str(path))
    except EvidenceError as error:
        return list(error.faults)
    return []


def checked_cohort(path: Path | None, data: Path, conditions: Sequence[Condition] = ()) -> Cohort:
    """The cohort of a person's own file, checked against the conditions, or the reference cohort of the data folder."""
    chosen = path or data / COHORT_FILE
    if not chosen.is_file():
        found = say("a_folder") if chosen.is_dir() else say("no_file")
        raise InputError(Fault("cohort", found, say("profiles_table"), where=str(chosen)))
    return Cohort.read(chosen, conditions if path else ())


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
