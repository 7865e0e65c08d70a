"""What if the patient, the treatment or the stance were another: before and after side by side.

A fact about the patient is never offered as a lever, and nothing here is advice: it shows how the
documented evidence would answer for another hypothetical patient.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..answer.explanation import Explainer
from ..answer.record import Answer, EvidenceForm
from ..answer.results import Result, Source, plain, together
from ..content.conditions import Condition, Factor, Role
from ..errors import Fault, InputError, ProfileError, say, shown
from ..profile.names import find_field
from ..profile.profile import Profile, tells_condition
from ..profile.reading import Understood


@dataclass(frozen=True, repr=False)
class Compared(Result):
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


@dataclass(frozen=True, repr=False)
class Change(Result):
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

    def __str__(self) -> str:
        return f"{self.factor}={self.after}"


@dataclass(frozen=True, repr=False)
class Shift(Result):
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


@dataclass(frozen=True, repr=False)
class Comparison(Result):
    """Two answers side by side, the changes between them, and the contributions that moved.

    The shifts add up to the difference of the linear predictors with cells.
    """

    before: Answer
    after: Answer
    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...]

    @property
    def added_response_changed(self) -> bool:
        before, after = (answer.added_response for answer in (self.before, self.after))
        return (before and before.said) != (after and after.said)

    @property
    def added_benefit_changed(self) -> bool:
        return self.before.added_benefit != self.after.added_benefit

    @property
    def closed(self) -> Comparison:
        """The same without the numbers that are withheld."""
        return replace(self, before=self.before.closed, after=self.after.closed)

    def table(self) -> list[dict[str, Any]]:
        """One row for each of the two answers."""
        return [{"side": side, **answer.cells()} for side, answer in (("before", self.before), ("after", self.after))]

    def in_brief(self) -> dict[str, Any]:
        return {"changes": ", ".join(map(str, self.changes)), "before": self.before, "after": self.after}

    @property
    def source(self) -> Source | None:
        return together((self.before, self.after))

    def as_dict(self, evidence: EvidenceForm = "full", only: Collection[str] = ()) -> dict[str, Any]:
        """The record as plain data; the two answers as `Answer.as_dict` has them."""
        return {
            "added_response_changed": self.added_response_changed,
            "added_benefit_changed": self.added_benefit_changed,
            "changes": plain(self.changes),
            "shifts": plain(self.shifts),
            "before": self.before.as_dict(evidence, only),
            "after": self.after.as_dict(evidence, only),
        }


def what_if(explainer: Explainer, profile: Profile, changes: Mapping[str, Any]) -> Comparison:
    """The profile as it is and with some fields changed; None makes a field unknown.

    A changed field replaces all that the profile tells of its factor (a new gmfm88 also replaces
    gmfcs). Raises ProfileError with all the faults of the profile or of the changes.
    """
    if not changes:
        raise InputError(Fault("changes", say("none"), say("at_least_one_change")))
    before = explainer.understand(profile)
    after = explainer.understand(changed(profile, before.condition, changes))
    return compare(explainer.answer(before), explainer.answer(after), _changes(explainer, before, after))


def changed(profile: Profile, condition: Condition, changes: Mapping[str, Any]) -> Profile:
    """The profile with changes, without what it told of the same factors in other fields."""
    faults = [
        Fault(key, shown(value), say("field_of_profile"), say("describe_other_condition"))
        for key, value in changes.items()
        if tells_condition(key)
    ]
    if faults:
        raise ProfileError(faults)
    factors = {_factor_of(key, condition) for key in changes} - {None}
    kept = {key: value for key, value in profile.values.items() if _factor_of(key, condition) not in factors}
    return Profile(profile.condition, **{**kept, **changes})


def _factor_of(key: str, condition: Condition) -> str | None:
    field = find_field(key, condition) or next(iter(condition.measures(key)), None)
    return field.factor if field else None


def compare(before: Answer, after: Answer, changes: Iterable[Change] = ()) -> Comparison:
    """Two answers for one condition side by side."""
    shifts: list[Shift] = []
    if before.numbers and after.numbers:  # of what is withheld no move is told
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
            found.append(change_of(explainer, factor, *levels, *told, after.levels))
    return tuple(found)


def _told(factor: Factor, patient: Understood) -> dict[str, Any]:
    names = {factor.id, *(field.id for field in factor.fields)}
    return {name: value for name, value in patient.stated.items() if name in names}


def change_of(
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


class Stances(Result, dict[str, Answer]):
    """The answers for one profile by stance, from no claim believed to all of them proven."""

    def table(self) -> list[dict[str, Any]]:
        """One row for each stance, which it names with the scorecard."""
        return [answer.cells() for answer in self.values()]

    def in_brief(self) -> Mapping[str, Any]:
        return self

    @property
    def source(self) -> Source | None:
        return together(self.values())


def stances(explainer: Explainer, profile: Profile) -> Stances:
    """The answers for one profile under every stance, from no claim believed to all of them proven."""
    patient = explainer.understand(profile)
    others = {name: _at_stance(explainer, name) for name in explainer.scorecard.stances}
    return Stances({name: other.answer(patient) for name, other in others.items()})


def _at_stance(explainer: Explainer, stance: str) -> Explainer:
    if stance == explainer.stance:
        return explainer
    return Explainer(explainer.scorecard, stance, explainer.text)
