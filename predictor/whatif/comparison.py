"""What if the patient, the treatment or the stance were another: before and after side by side.

A fact about the patient is never offered as a lever, and nothing here is advice: it shows how the
documented evidence would answer for another hypothetical patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import combinations, product
from typing import Any, Literal

import numpy as np

from ..answer.explanation import Explainer
from ..answer.judgement import WITHHOLDS, Flags
from ..answer.record import Answer, Chance, Difference
from ..content.conditions import Condition, Factor, Role
from ..errors import Fault, InputError, ProfileError, shown, suggestion
from ..model.moments import Codes
from ..model.prediction import (
    BENEFITS,
    CATEGORIES,
    SETS,
    Estimate,
    Indices,
    Interval,
    added_benefit,
    benefits,
    response_set,
    response_sets,
)
from ..model.scorecard import Floats
from ..profile.reading import Profile, Understood, find_field, tells_condition

Target = Literal["either", "response", "added_benefit"]
TARGETS: tuple[Target, ...] = ("either", "response", "added_benefit")
CANNOT_SAY = -1
SAID: Indices = np.array([CATEGORIES.index(held[0]) if len(held) < len(CATEGORIES) else CANNOT_SAY for held in SETS])
"""For each set of categories the one that is said, as an index into CATEGORIES."""
REMEMBERED_PATIENTS = 2_000
"""Patients whose neighbourhoods are kept at once; of at most 3,969 cells of 24 bytes, under 200 MB."""


@dataclass(frozen=True)
class Point:
    """An answer in brief, as a sweep, a grid or a refit needs it.

    reasons: the codes of why it cannot say; empty where it can.
    """

    usual_care: Chance
    with_cells: Chance
    difference: Difference
    category: str | None
    set: tuple[str, ...]
    added_benefit: str | None
    reasons: tuple[str, ...]

    @property
    def abstained(self) -> bool:
        return bool(self.reasons)

    def differs(self, other: Point, of: Target) -> bool:
        """Whether the category or the added benefit is another; `cannot say` counts as one."""
        category = self.category != other.category
        benefit = self.added_benefit != other.added_benefit
        return {"either": category or benefit, "response": category, "added_benefit": benefit}[of]


def points(explainer: Explainer, patients: Sequence[Understood]) -> list[Point]:
    """The answers for many patients in brief, by one vectorised estimate."""
    codes = np.vstack([explainer.estimator.codes(patient.levels) for patient in patients])
    estimate = explainer.estimator.estimate(codes)
    return [_point(explainer, patient, estimate, i) for i, patient in enumerate(patients)]


def _point(explainer: Explainer, patient: Understood, estimate: Estimate, i: int) -> Point:
    rules = explainer.scorecard.estimate
    probabilities = {c: float(estimate.categories[i, k]) for k, c in enumerate(CATEGORIES)}
    held = response_set(probabilities, rules["set_probability"])
    outside = [m.code for m in (*patient.messages, *explainer.unstudied(patient)) if m.severity == "abstain"]
    undecided = [] if outside else [m.code for m in explainer.undecided(held, patient)]
    positive = float(estimate.probability_positive[i])
    return Point(
        usual_care=Chance(*_row(estimate.usual_care, i)),
        with_cells=Chance(*_row(estimate.with_cells, i)),
        difference=Difference(*_row(estimate.difference, i), positive),
        category=None if outside or undecided else held[0],
        set=() if outside else held,
        added_benefit=None if outside else added_benefit(positive, rules),
        reasons=(*dict.fromkeys(outside), *undecided),
    )


def _row(interval: Interval, i: int) -> tuple[float, float, float]:
    return float(interval.probability[i]), float(interval.low[i]), float(interval.high[i])


@dataclass(frozen=True)
class Compared:
    """What the evidence holds on one level of a factor against another.

    claims: those that set the two levels against each other, with the level that each favours.
    other_claims, findings: ids of what else speaks of the factor.
    within_studies: studies that treated separate groups at the two levels: the only ones that
    compare them with everything else alike.
    patients_before, patients_after: patients with cells in study groups that state the level.
    """

    claims: tuple[Mapping[str, str], ...]
    other_claims: tuple[str, ...]
    findings: tuple[str, ...]
    within_studies: tuple[str, ...]
    patients_before: float | None
    patients_after: float | None


@dataclass(frozen=True)
class Change:
    """One factor that is another: its levels before and after, what was told, and the evidence.

    lever: whether it is a choice of treatment; a fact about the patient is none.
    """

    factor: str
    role: Role
    lever: bool
    before: str | None
    after: str | None
    told_before: Mapping[str, Any]
    told_after: Mapping[str, Any]
    evidence: Compared


@dataclass(frozen=True)
class Shift:
    """How far a contribution moved, after minus before, on the log-odds scale; `baseline` is the
    average patient, which only other evidence or another stance can move."""

    factor: str
    usual_care: float
    effect: float
    effect_from_studies: float
    effect_from_claims: float

    @property
    def total(self) -> float:
        return self.usual_care + self.effect


@dataclass(frozen=True)
class Comparison:
    """Two answers side by side, the changes between them, and the contributions that moved.

    The shifts add up to the difference of the linear predictors with cells.
    """

    before: Answer
    after: Answer
    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...]

    @property
    def category_changed(self) -> bool:
        return self.before.response.category != self.after.response.category

    @property
    def added_benefit_changed(self) -> bool:
        return self.before.added_benefit != self.after.added_benefit

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        return {
            "category_changed": self.category_changed,
            "added_benefit_changed": self.added_benefit_changed,
            "changes": [asdict(change) for change in self.changes],
            "shifts": [asdict(shift) for shift in self.shifts],
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
        }


def what_if(explainer: Explainer, profile: Profile, changes: Mapping[str, Any]) -> Comparison:
    """The profile as it is and with some fields changed; None makes a field unknown.

    A changed field replaces all that the profile tells of its factor (a new gmfm88 also replaces
    gmfcs). Raises ProfileError with all the faults of the profile or of the changes.
    """
    if not changes:
        raise InputError(Fault("changes", "none", "at least one change, as route=intravenous"))
    before = explainer.understand(profile)
    after = explainer.understand(changed(profile, before.condition, changes))
    return compare(explainer.answer(before), explainer.answer(after), _changes(explainer, before, after))


def changed(profile: Profile, condition: Condition, changes: Mapping[str, Any]) -> Profile:
    """The profile with changes, without what it told of the same factors in other fields."""
    cure = "Describe a patient of the other condition instead."
    faults = [
        Fault(key, shown(value), "a field of the profile", cure)
        for key, value in changes.items()
        if tells_condition(key)
    ]
    if faults:
        raise ProfileError(faults)
    factors = {_factor_of(key, condition) for key in changes} - {None}
    kept = {key: value for key, value in profile.values.items() if _factor_of(key, condition) not in factors}
    return Profile(profile.condition, **{**kept, **changes})


def _factor_of(key: str, condition: Condition) -> str | None:
    field = find_field(key, condition)
    return field.factor if field else None


def compare(before: Answer, after: Answer, changes: Iterable[Change] = ()) -> Comparison:
    """Two answers for one condition side by side."""
    pairs = zip(before.contributions, after.contributions, strict=True)
    shifts = [_shift(a.factor, a, b) for a, b in pairs]
    shifts.append(_shift("baseline", before.baseline, after.baseline))
    moved = sorted((s for s in shifts if _moved(s)), key=lambda s: -abs(s.total))
    return Comparison(before, after, tuple(changes), tuple(moved))


def _shift(name: str, before: Any, after: Any) -> Shift:
    parts = ("usual_care", "effect", "effect_from_studies", "effect_from_claims")
    return Shift(name, *(getattr(after, part) - getattr(before, part) for part in parts))


def _moved(shift: Shift) -> bool:
    return any((shift.usual_care, shift.effect, shift.effect_from_studies, shift.effect_from_claims))


def _changes(explainer: Explainer, before: Understood, after: Understood) -> tuple[Change, ...]:
    found = []
    for factor in before.condition:
        told = _told(factor, before), _told(factor, after)
        levels = before.levels[factor.id], after.levels[factor.id]
        if told[0] != told[1] or levels[0] != levels[1]:
            found.append(_change(explainer, factor, *levels, *told, after.levels))
    return tuple(found)


def _told(factor: Factor, patient: Understood) -> dict[str, Any]:
    names = {factor.id, *(field.id for field in factor.fields)}
    return {name: value for name, value in patient.stated.items() if name in names}


def _change(
    explainer: Explainer,
    factor: Factor,
    before: str | None,
    after: str | None,
    told_before: Mapping[str, Any],
    told_after: Mapping[str, Any],
    levels: Mapping[str, str | None],
) -> Change:
    evidence = compared(explainer, factor, before, after, levels)
    return Change(factor.id, factor.role, factor.chosen, before, after, told_before, told_after, evidence)


def compared(
    explainer: Explainer, factor: Factor, before: str | None, after: str | None, levels: Mapping[str, str | None]
) -> Compared:
    """What the evidence holds on two levels of a factor, for a patient at `levels` of the others."""
    evidence, patients = explainer.scorecard.data["evidence"], explainer.scorecard.patients[factor.id]
    mine = [claim for claim in evidence["claims"] if factor.id in claim["factors"]]
    apt = [claim for claim in mine if _applies(claim, factor, explainer.scorecard.condition, levels)]
    against = {claim["id"]: side for claim in apt if (side := _favoured(claim, factor, before, after))}
    names = {factor.id, *factor.evidence_names}
    return Compared(
        claims=tuple(
            {"id": c["id"], "favours": against[c["id"]], "text": explainer.text.pick(c["statement"])}
            for c in mine
            if c["id"] in against
        ),
        other_claims=tuple(c["id"] for c in mine if c["id"] not in against),
        findings=tuple(f["id"] for f in evidence["findings"] if f["factor"] in names),
        within_studies=_within_studies(explainer, factor, before, after),
        patients_before=patients[before] if before else None,
        patients_after=patients[after] if after else None,
    )


def _favoured(claim: Mapping[str, Any], factor: Factor, before: str | None, after: str | None) -> str:
    """The level that a claim favours of the two it sets against each other; empty if it does not."""
    level, versus = (_named(claim, column, factor) for column in ("level", "versus"))
    if before is None or after is None or claim["direction"] not in ("favourable", "unfavourable"):
        return ""
    if before == after or set(level) == set(versus):
        return ""
    for one, other in ((before, after), (after, before)):
        if one in level and other in versus:
            return one if claim["direction"] == "favourable" else other
    return ""


def _applies(claim: Mapping[str, Any], factor: Factor, condition: Condition, levels: Mapping[str, str | None]) -> bool:
    """Whether a claim on several factors is of this patient: its other levels are the patient's."""
    names = claim.get("level", "").split("*")
    others = zip(claim["factors"], names, strict=False)
    return all(levels[f] in condition.by_id[f].expand(name) for f, name in others if f != factor.id)


def _named(claim: Mapping[str, Any], column: str, factor: Factor) -> tuple[str, ...]:
    """The levels of a factor that a claim names; where it is compared with none, the reference."""
    if not claim.get(column):
        return (factor.reference,) if "*" not in claim["factor"] else ()
    return factor.expand(claim[column].split("*")[claim["factors"].index(factor.id)])


def _within_studies(explainer: Explainer, factor: Factor, before: str | None, after: str | None) -> tuple[str, ...]:
    arms: dict[str, set[str]] = {}
    for group in explainer.scorecard.data["groups"]:
        shares = group["composition"].get(factor.id)
        if group["role"] == "treated" and shares:
            arms.setdefault(group["study_id"], set()).add(max(shares, key=lambda level: float(shares[level])))
    return tuple(study for study, levels in arms.items() if before != after and {before, after} <= levels)


@dataclass(frozen=True)
class Step:
    """One value of a sweep: what is told, the level it gives, and the answer in brief."""

    value: Any
    level: str
    point: Point


@dataclass(frozen=True)
class Axis:
    """What a sweep or a grid runs over, and whether it is a choice or a fact."""

    field: str
    factor: str
    role: Role
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Sweep:
    """The answer over the values of one factor."""

    axis: Axis
    steps: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Grid:
    """The answer over the values of two factors; `rows` run over the first."""

    first: Axis
    second: Axis
    rows: tuple[tuple[Point, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def sweep(explainer: Explainer, profile: Profile, name: str, values: Iterable[Any] = ()) -> Sweep:
    """The answers as one field or factor takes other values; all levels where none are given.

    Raises ProfileError for an unknown name or a value that the field does not take.
    """
    condition = explainer.scorecard.condition
    axis = _axis(condition, name, values)
    patients = _understand_all(explainer, [changed(profile, condition, {axis.field: v}) for v in axis.values])
    brief = points(explainer, patients)
    steps = zip(axis.values, patients, brief, strict=True)
    return Sweep(axis, tuple(Step(v, str(p.levels[axis.factor]), point) for v, p, point in steps))


def grid(
    explainer: Explainer,
    profile: Profile,
    first: str,
    second: str,
    first_values: Iterable[Any] = (),
    second_values: Iterable[Any] = (),
) -> Grid:
    """The answers over two fields or factors at once; all levels where no values are given."""
    condition = explainer.scorecard.condition
    faults = [fault for name in (first, second) for fault in _unknown_axis(condition, name)]
    if faults:
        raise ProfileError(faults)
    a, b = _axis(condition, first, first_values), _axis(condition, second, second_values)
    if a.factor == b.factor:
        raise InputError(Fault("grid", f"{first} and {second}", "two factors", "Both tell the same factor."))
    cells = [changed(profile, condition, {a.field: x, b.field: y}) for x, y in product(a.values, b.values)]
    brief = points(explainer, _understand_all(explainer, cells))
    width = len(b.values)
    return Grid(a, b, tuple(tuple(brief[i : i + width]) for i in range(0, len(brief), width)))


def _unknown_axis(condition: Condition, name: str) -> list[Fault]:
    if find_field(name, condition) is not None:
        return []
    known = [*condition.by_id, *condition.fields]
    expected = f"a factor or a field: {', '.join(dict.fromkeys(known))}"
    return [Fault(name, "an unknown name", expected, suggestion(name, known))]


def _axis(condition: Condition, name: str, values: Iterable[Any]) -> Axis:
    field = find_field(name, condition)
    if field is None:
        raise ProfileError(_unknown_axis(condition, name))
    factor, told = condition.by_id[field.factor], tuple(values)
    return Axis(field.id if told else factor.id, factor.id, factor.role, told or factor.level_ids)


def _understand_all(explainer: Explainer, profiles: Iterable[Profile]) -> list[Understood]:
    """Each profile understood; the faults of all of them at once, each once."""
    patients: list[Understood] = []
    faults: dict[Fault, None] = {}
    for profile in profiles:
        try:
            patients.append(explainer.understand(profile))
        except ProfileError as error:
            faults |= dict.fromkeys(error.faults)
    if faults:
        raise ProfileError(faults)
    return patients


def stances(explainer: Explainer, profile: Profile) -> dict[str, Answer]:
    """The answers for one profile under every stance, from no claim believed to all of them proven."""
    patient = explainer.understand(profile)
    others = {name: _at_stance(explainer, name) for name in explainer.scorecard.stances}
    return {name: other.answer(patient) for name, other in others.items()}


def _at_stance(explainer: Explainer, stance: str) -> Explainer:
    if stance == explainer.stance:
        return explainer
    return Explainer(explainer.scorecard, stance, explainer.text)


@dataclass(frozen=True)
class Nearby:
    """A combination of choices for which the answer is another, and the evidence of each change."""

    changes: tuple[Change, ...]
    moved: tuple[str, ...]
    point: Point


@dataclass(frozen=True)
class Nearest:
    """The smallest changes among the chosen factors for which the answer is another.

    searched: combinations of all levels; answerable: those that are studied and do not contradict
    themselves; found: those of them with another answer; nearby: the nearest of these, fewest
    changes first, then the largest move of the difference either way.
    """

    of: Target
    factors: tuple[str, ...]
    before: Point
    searched: int
    answerable: int
    found: int
    nearby: tuple[Nearby, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class NearestColumn:
    """The nearest what-if of each of n cells.

    codes : (n, factors) the nearest cell with another answer; the cell itself where there is none
    changes : (n,) factors changed; 0 where there is none
    category, benefit : (n,) the answer there, as indices into CATEGORIES and BENEFITS (-1: none found)
    """

    codes: Codes
    changes: Indices
    category: Indices
    benefit: Indices


@dataclass(frozen=True)
class _Verdicts:
    """Category and benefit as indices (-1: cannot say) and the difference, for n cells."""

    category: Indices
    benefit: Indices
    difference: Floats


class Neighbourhood:
    """The combinations of the levels of the chosen factors, and a patient's answers at each of them.

    Exact: every combination is estimated, by one vectorised call for a patient. A choice that was
    not told may stay so, or become any level; one that was told becomes another level. Only
    factors whose role is `chosen` vary, never a fact about the patient.
    """

    def __init__(self, explainer: Explainer):
        self.explainer = explainer
        self.condition = explainer.scorecard.condition
        chosen = np.array([factor.chosen for factor in self.condition])
        self._positions, self._fixed = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        self._sizes = np.array([len(factor.levels) for factor in self.condition])
        self._remembered: dict[bytes, _Verdicts] = {}

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(self.condition.factors[f].id for f in self._positions)

    def cells(self, code: Codes, unknown: Flags) -> Codes:
        """The codes (combinations, factors) of a patient (factors,) at every combination.

        unknown : (chosen factors,) where a choice that is not told is a combination too.
        """
        shape = self._shape(unknown)
        cells = np.repeat(np.reshape(code, (1, -1)), np.prod(shape), axis=0)
        cells[:, self._positions] = np.indices(shape).reshape(len(shape), -1).T
        return cells

    def _shape(self, unknown: Flags) -> tuple[int, ...]:
        return tuple((self._sizes[self._positions] + unknown).tolist())

    def nearest(self, patient: Understood, of: Target = "either", limit: int = 5) -> Nearest:
        """The nearest combinations with another answer, with the evidence of each change."""
        start = self.explainer.estimator.codes(patient.levels)
        cells = self.cells(start[0], (start == self._sizes)[0, self._positions])
        now, answers = self._verdicts(start, patient), self._verdicts(cells, patient)
        found = np.flatnonzero(_another(answers, int(now.category[0]), int(now.benefit[0]), of))
        steps = (cells != start).sum(axis=1)
        moves = np.abs(answers.difference - now.difference)
        order = found[np.lexsort((found, -moves[found], steps[found]))][:limit]
        return Nearest(
            of=of,
            factors=self.factors,
            before=points(self.explainer, [patient])[0],
            searched=len(cells),
            answerable=int((answers.benefit != CANNOT_SAY).sum()),
            found=len(found),
            nearby=tuple(self._nearby(patient, cells[i]) for i in order),
        )

    def _nearby(self, patient: Understood, cell: Codes) -> Nearby:
        levels: dict[str, str | None] = dict(patient.levels)
        for f in self._positions:
            factor = self.condition.factors[f]
            levels[factor.id] = (*factor.level_ids, None)[cell[f]]
        messages = tuple(m for m in patient.messages if m.code != "contradictory")
        other = replace(patient, levels=levels, messages=messages)
        before, after = points(self.explainer, [patient, other])
        moved = {
            "response": after.category not in (None, before.category),
            "added_benefit": after.added_benefit != before.added_benefit,
        }
        changes = [
            _change(self.explainer, factor, patient.levels[factor.id], levels[factor.id], {}, {}, levels)
            for factor in self.condition
            if patient.levels[factor.id] != levels[factor.id]
        ]
        return Nearby(tuple(changes), tuple(name for name, did in moved.items() if did), after)

    def nearest_many(self, codes: Codes, of: Target = "either") -> NearestColumn:
        """The nearest what-if of each cell of a column: codes (n, factors).

        Distinct cells are answered once, and the answers of a patient at all combinations are
        remembered. Nothing but levels is known of a row here: what a field adds beyond its level
        (an age outside those studied) is for the caller to reject first.
        """
        codes = np.asarray(codes, dtype=np.int64)
        keys = np.ravel_multi_index(tuple(codes.T), tuple((self._sizes + 1).tolist()))
        _, first, row = np.unique(keys, return_index=True, return_inverse=True)
        found = self._nearest_distinct(codes[first], of)
        return NearestColumn(found.codes[row], found.changes[row], found.category[row], found.benefit[row])

    def _nearest_distinct(self, codes: Codes, of: Target) -> NearestColumn:
        out = NearestColumn(codes.copy(), *(np.full(len(codes), value, dtype=np.int64) for value in (0, -1, -1)))
        unknown = (codes == self._sizes)[:, self._positions].any(axis=0)
        patients = np.ravel_multi_index(tuple(codes[:, self._fixed].T), tuple((self._sizes[self._fixed] + 1).tolist()))
        order = np.argsort(patients, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(patients[order])) + 1):
            self._fill(out, rows, codes, unknown, of)
        return out

    def _around(self, code: Codes, unknown: Flags) -> _Verdicts:
        """The answers of a patient at every combination, remembered."""
        key = code[self._fixed].tobytes() + unknown.tobytes()
        if key not in self._remembered:
            if len(self._remembered) >= REMEMBERED_PATIENTS:
                self._remembered.clear()
            self._remembered[key] = self._verdicts(self.cells(code, unknown))
        return self._remembered[key]

    def _fill(self, out: NearestColumn, rows: Indices, codes: Codes, unknown: Flags, of: Target) -> None:
        """Writes the nearest cells of the rows of one patient; rows that answer alike go together."""
        answers = self._around(codes[rows[0]], unknown)
        search = _Search(self._shape(unknown), self._sizes[self._positions], answers.difference)
        starts = np.ravel_multi_index(tuple(codes[np.ix_(rows, self._positions)].T), search.shape)
        kinds = answers.category[starts] * (len(BENEFITS) + 1) + answers.benefit[starts]
        for kind in np.unique(kinds):
            mine = np.flatnonzero(kinds == kind)
            now = starts[mine[0]]
            search.goals = _another(answers, int(answers.category[now]), int(answers.benefit[now]), of)
            cells, changes = search.nearest(starts[mine])
            mine, cells = mine[changes > 0], cells[changes > 0]
            there = np.array(np.unravel_index(cells, search.shape)).T
            out.codes[np.ix_(rows[mine], self._positions)] = there
            out.changes[rows[mine]] = changes[changes > 0]
            out.category[rows[mine]] = answers.category[cells]
            out.benefit[rows[mine]] = answers.benefit[cells]

    def _verdicts(self, codes: Codes, patient: Understood | None = None) -> _Verdicts:
        """The answers for cells; of `patient`, what its fields tell beyond the levels."""
        estimate = self.explainer.estimator.estimate(codes)
        judge = self.explainer.judge
        sets = response_sets(estimate.categories, judge.rules["set_probability"])
        withheld = (judge.unstudied(codes) == WITHHOLDS).any(axis=1) | self._contradictory(codes, patient)
        if patient is not None:
            withheld |= any(m.severity == "abstain" and m.code != "contradictory" for m in patient.messages)
        category = np.where(withheld, CANNOT_SAY, SAID[sets])
        benefit = np.where(withheld, CANNOT_SAY, benefits(estimate.probability_positive, judge.rules))
        return _Verdicts(category, benefit, estimate.difference.probability)

    def _contradictory(self, codes: Codes, patient: Understood | None) -> Flags:
        out = np.zeros(len(codes), dtype=bool)
        for contradiction in self.condition.contradictions:
            holds = np.ones(len(codes), dtype=bool)
            for name, allowed in contradiction.when.items():
                holds &= self._says(name, allowed, codes, patient)
            out |= holds
        return out

    def _says(self, name: str, allowed: Sequence[str], codes: Codes, patient: Understood | None) -> Flags:
        """Where a factor's level, or the patient's word in a field, is among those of a contradiction."""
        if name in self._place:
            f = self._place[name]
            ids = self.condition.factors[f].level_ids
            return np.isin(codes[:, f], [ids.index(level) for level in allowed])
        told = patient is not None and patient.stated.get(name) in allowed
        return np.full(len(codes), told)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {factor.id: f for f, factor in enumerate(self.condition)}


class _Search:
    """The nearest goal of many starts on a grid of choices: fewest axes changed, then the largest move.

    For each set of axes, smallest sets first, the highest and the lowest goal along these axes are
    found once for all starts (a reduction of the grid), so that a start costs one look-up a set.

    shape: the grid's; an axis longer than `sizes` has `not told` as its last entry, which a start
    may hold and keep, and to which no change leads. values : (cells,) what moves.
    """

    def __init__(self, shape: tuple[int, ...], sizes: Indices, values: Floats):
        self.shape = shape
        self.sizes = sizes
        self.values = values
        self.goals: Flags = np.zeros(len(values), dtype=bool)
        self._cells = np.arange(len(values)).reshape(shape)

    def nearest(self, starts: Indices) -> tuple[Indices, Indices]:
        """(cell, number of changes) for each start; 0 changes where there is no goal."""
        cells, changes = starts.copy(), np.zeros(len(starts), dtype=np.int64)
        left = np.arange(len(starts))
        for count in range(1, len(self.shape) + 1):
            cell, move = self._best_with(count, starts[left])
            found = move >= 0
            cells[left[found]], changes[left[found]] = cell[found], count
            left = left[~found]
        return cells, changes

    def _best_with(self, count: int, starts: Indices) -> tuple[Indices, Floats]:
        best, largest = starts.copy(), np.full(len(starts), -np.inf)
        for axes in combinations(range(len(self.shape)), count if len(starts) else 0):
            for cell, move in self._along(axes, starts):
                better = (move > largest) | ((move == largest) & (move >= 0) & (cell < best))
                best, largest = np.where(better, cell, best), np.where(better, move, largest)
        return best, largest

    def _along(self, axes: Sequence[int], starts: Indices) -> Iterator[tuple[Indices, Floats]]:
        """The highest and the lowest goal along some axes from each start, with how far it lies."""
        kept = [axis for axis in range(len(self.shape)) if axis not in axes]
        inside = tuple(slice(int(n)) if a in axes else slice(None) for a, n in enumerate(self.sizes))
        lines = self._cells[inside].transpose(*kept, *axes).reshape(*(self.shape[a] for a in kept), -1)
        here = tuple(np.unravel_index(starts, self.shape)[axis] for axis in kept)
        for sign in (1.0, -1.0):
            value = np.where(self.goals[lines], sign * self.values[lines], -np.inf)
            top = np.take_along_axis(lines, value.argmax(axis=-1)[..., None], axis=-1)[..., 0]
            yield top[here], value.max(axis=-1)[here] - sign * self.values[starts]


def _another(answers: _Verdicts, category: int, benefit: int, of: Target) -> Flags:
    """Where the model can answer, and answers otherwise than `category` and `benefit`; (cells,)."""
    response = (answers.category != category) & (answers.category != CANNOT_SAY)
    added = (answers.benefit != benefit) & (answers.benefit != CANNOT_SAY)
    flags: dict[Target, Flags] = {"either": response | added, "response": response, "added_benefit": added}
    return flags[of]


@dataclass(frozen=True)
class Outcome:
    """One answer to a question: the level, its share in the population, and what would be said then."""

    level: str
    share: float
    point: Point


@dataclass(frozen=True)
class Question:
    """A factor that was not told, and what knowing it would do.

    narrows: the expected fall of the log-odds variance with cells, as a share of it.
    changes: the chance, over the population, that the category or the added benefit would be another.
    """

    factor: str
    role: Role
    narrows: float
    changes: float
    outcomes: tuple[Outcome, ...]


def next_questions(explainer: Explainer, profile: Profile) -> tuple[Question, ...]:
    """The factors that were not told, the one that would narrow the answer most first."""
    patient = explainer.understand(profile)
    answer = explainer.answer(patient)
    now = points(explainer, [patient])[0]
    return tuple(_question(explainer, profile, now, unknown.factor, unknown.narrows) for unknown in answer.unknowns)


def _question(explainer: Explainer, profile: Profile, now: Point, factor_id: str, narrows: float) -> Question:
    factor = explainer.scorecard.condition.by_id[factor_id]
    mix = explainer.scorecard.population[factor_id]
    steps = sweep(explainer, profile, factor_id).steps
    outcomes = tuple(Outcome(step.level, mix.get(step.level, 0.0), step.point) for step in steps)
    changes = sum(o.share for o in outcomes if o.point.differs(now, "either"))
    return Question(factor_id, factor.role, narrows, changes, outcomes)
