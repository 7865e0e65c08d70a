"""What must hold between the rows of the evidence, and between the numbers of a record, before they are fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import Fault, one_of, say, suggestion
from .conditions import Condition, Factor, without_model
from .evidence import FILES, Claim, Evidence, Observation


def _repeated_ids(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    for name in CROSS_CHECKS["unique_ids"][0]:
        seen: set[str] = set()
        for row in getattr(evidence, name):
            if row.id in seen:
                where = f"{folder / FILES[name][0]}:{row.line}"
                yield Fault("id", repr(row.id), say("unique_id"), say("give_another_id"), where)
            seen.add(row.id)


def _unknown_studies(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    """A claim may also name what was never published."""
    published = set(evidence.study_by_id)
    unpublished = {id for condition in conditions for id in condition.unpublished_sources}
    for name in OF_STUDIES:
        known = published | unpublished if name == "claims" else published
        for row in getattr(evidence, name):
            ids = row.study_ids if isinstance(row, Claim) else (row.study_id, getattr(row, "pooled_in", ""))
            for id in ids:
                if id and id not in known:
                    where = f"{folder / FILES[name][0]}:{row.line}"
                    yield Fault("study_id", repr(id), say("study_of_studies"), suggestion(id, known), where)


def _un_known_conditions(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    """Studies of a condition that no file of configs/ names, and rows of one that no study has: misspelt, they would be
    left out in silence."""
    known = _known_conditions(conditions)
    for study in evidence.studies:
        if study.condition not in known:
            cure = suggestion(study.condition, known) or say("name_without_model")
            where = f"{folder / FILES['studies'][0]}:{study.line}"
            yield Fault("condition", repr(study.condition), one_of(known), cure, where)
    of_studies = evidence.conditions
    for name in OF_STUDIES:
        for row in getattr(evidence, name):
            if row.condition not in of_studies:
                where, expected = f"{folder / FILES[name][0]}:{row.line}", say("condition_of_studies")
                yield Fault("condition", repr(row.condition), expected, suggestion(row.condition, of_studies), where)


def _known_conditions(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """The conditions that the files of configs/ name, those without a model too."""
    conditions = tuple(conditions)
    return (*(condition.id for condition in conditions), *without_model(conditions))


def _conditions_of_other_studies(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    """Rows of a study in a condition that it is not of: an answer would miss the study, and the study the row."""
    known = _known_conditions(conditions)
    for name in CROSS_CHECKS["row_conditions"][0]:
        for row in getattr(evidence, name):
            study = evidence.study_by_id.get(row.study_id)
            told = study and study.condition in known and row.condition in evidence.conditions
            if study and told and row.condition != study.condition:
                where = f"{folder / FILES[name][0]}:{row.line}"
                yield Fault("condition", row.condition, study.condition, say("check.same_condition"), where)


def _claims_without_strength(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    for claim in evidence.claims:
        if claim.directional and not claim.strength:
            where = f"{folder / FILES['claims'][0]}:{claim.line}"
            yield Fault("strength", say("nothing"), say("strength_of_claim", direction=claim.direction), where=where)


def _impossible_records(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    yield from check_observations(evidence.observations, folder / FILES["observations"][0], conditions)


CrossCheck = Callable[[Path, Evidence, Sequence[Condition]], Iterator[Fault]]
OF_STUDIES = ("claims", "arms", "outcomes", "findings", "observations")
"""The files whose rows name studies and their conditions."""
CROSS_CHECKS: Mapping[str, tuple[tuple[str, ...], CrossCheck]] = {
    "unique_ids": (("claims", "studies", "observations"), _repeated_ids),
    "study_ids": (OF_STUDIES, _unknown_studies),
    "conditions": (("studies", *OF_STUDIES), _un_known_conditions),
    "row_conditions": (("arms", "outcomes", "findings", "observations"), _conditions_of_other_studies),
    "claim_strength": (("claims",), _claims_without_strength),
    "record_numbers": (("observations",), _impossible_records),
}
"""What must hold between the rows of the evidence before anything is made of it: by the name of the check, the files
that it looks at, and what finds the faults."""


def check_observations(observations: Iterable[Observation], path: Path, conditions: Iterable[Condition]) -> list[Fault]:
    """What is impossible in the numbers of observations: events above n, a spread below zero, gaps."""
    factors = {condition.id: condition.factors for condition in conditions}
    faults: list[Fault] = []
    for row in observations:
        where = f"{path}:{row.line}"
        faults += [*_observation_faults(row, where), *_told_faults(row, factors.get(row.condition, ()), where)]
    return faults


def _observation_faults(row: Observation, where: str) -> Iterator[Fault]:
    needed: dict[str, tuple[str, ...]] = {
        "counts": ("n", "events"),
        "change": ("n", "mean_change"),
        "contrast": ("log_odds_ratio", "se"),
    }
    yield from _unlike_kind(row, where)
    for name in needed.get(row.kind, ()):
        if getattr(row, name) is None:
            yield Fault(name, say("nothing"), say("number_for_kind", kind=row.kind), where=where)
    if row.n is not None and row.n <= 0:
        yield Fault("n", f"{row.n:g}", say("number_above", number=0), where=where)
    if row.events is not None and row.n is not None and row.n > 0 and not 0 <= row.events <= row.n:
        yield Fault(
            "events", f"{row.events:g}", say("up_to_n", number=f"{row.n:g}"), say("are_n_and_events_swapped"), where
        )
    for name in ("se", "sd_change", "sd_baseline", "sd_follow_up"):
        value = getattr(row, name)
        if value is not None and value <= 0:
            yield Fault(name, f"{value:g}", say("number_above", number=0), where=where)


def _unlike_kind(row: Observation, where: str) -> Iterator[Fault]:
    """A contrast with the role of a group, or a group with that of a contrast: it would enter as what it is not.

    What tells one term of the usual course is a contrast among controls.
    """
    known = row.role in row.allowed["role"] and row.kind in row.allowed["kind"]
    among_controls = row.role == "control" and row.kind == "contrast" and row.term
    if known and not among_controls and (row.role == "contrast") != (row.kind == "contrast"):
        yield Fault("kind", repr(row.kind), say("kind_of_role", role=row.role), say("contrast_in_both"), where)


def _told_faults(row: Observation, factors: Iterable[Factor], where: str) -> Iterator[Fault]:
    """A range whose ends are swapped, or that its mean lies outside of; shares that do not add up."""
    for factor in factors:
        seen = factor.observed
        low, high = (row.number(name) for name in seen.range or ("", ""))
        if low is not None and high is not None and low > high:
            first, last = seen.range
            yield Fault(
                first,
                f"{low:g}",
                say("at_most_column", column=last, number=f"{high:g}"),
                say("are_they_swapped"),
                where,
            )
        elif low is not None and high is not None and seen.mean:
            yield from _misplaced_mean(seen.mean, row.number(seen.mean), (low, high), where)
        stated = [share for name in seen.shares.values() if (share := row.number(name)) is not None]
        if stated and (len(stated) < len(seen.shares) or abs(sum(stated) - 1) > 0.02):
            count = len(seen.shares)
            expected = _SHARES.get(count) or say("number_shares", number=count)
            yield Fault(shares_field(factor), f"{stated}", expected, where=where)


def _misplaced_mean(name: str, mean: float | None, ends: tuple[float, float], where: str) -> Iterator[Fault]:
    """A mean that is not between the ends of its range; where the range is one value, it is that."""
    low, high = ends
    if mean is not None and not (low < mean < high or low == mean == high):
        between = say("mean_between", low=f"{low:g}", high=f"{high:g}")
        yield Fault(name, f"{mean:g}", between, say("mean_of_others"), where)


_SHARES = {2: say("two_shares"), 3: say("three_shares"), 4: say("four_shares")}


def shares_field(factor: Factor) -> str:
    """What a fault calls the shares of a factor's levels together."""
    return f"{factor.id} shares"
