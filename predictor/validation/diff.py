"""Two versions of the model side by side: whose answer changes, by how much, through which record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from ..answer.explanation import Explainer
from ..answer.results import Result
from ..content.catalogue import Catalogue
from ..errors import Fault, InputError, say
from ..model.fitting import build_scorecard, read_content
from ..model.moments import Codes
from ..model.prediction import expit
from ..model.scorecard import Floats, Scorecard, read_scorecard
from ..whatif.points import Point
from .cohort import Cohort, verdicts

Fate = Literal["added", "removed", "changed"]
PROSE = ("derivation", "verification", "reason")
"""What is told of a record and never fitted."""


@dataclass(frozen=True, repr=False)
class Through(Result):
    """A record by which a profile's difference moved, and how far (fractions of 1; to first order)."""

    record: str
    fate: Fate
    move: float


@dataclass(frozen=True, repr=False)
class ProfileDiff(Result):
    """One profile under both versions. The moves of `through` and `rest` add up to `move`; where one version cannot
    say, nothing is told of moves.

    rest: what no single record carries: priors and other assumptions, the population mix, and how
    records act together.
    """

    profile_id: str
    before: Point
    after: Point
    through: tuple[Through, ...]
    rest: float

    @property
    def move(self) -> float:
        """How far the difference moved; 0 where one version cannot say, which is told as none."""
        return self._told_move or 0.0

    @property
    def _told_move(self) -> float | None:
        return self.after.moved_from(self.before)

    @property
    def added_response_changed(self) -> bool:
        return self.after.differs(self.before, "added_response")

    @property
    def benefit_changed(self) -> bool:
        return self.after.differs(self.before, "added_benefit")

    @property
    def changed(self) -> bool:
        return self.added_response_changed or self.benefit_changed

    def as_dict(self) -> dict[str, Any]:
        flags = {"added_response_changed": self.added_response_changed, "benefit_changed": self.benefit_changed}
        return {**super().as_dict(), "move": self._told_move, **flags}

    def cells(self) -> dict[str, Any]:
        """The two answers, and how far the difference moved."""
        told = {name: cell for name, cell in super().cells().items() if name not in ("through", "rest")}
        return {**told, "move": self._told_move}


@dataclass(frozen=True, repr=False)
class Diff(Result):
    """Two versions of one condition's model on a cohort.

    files: content files that differ; assumptions: numbers of the estimate that differ;
    records: the fate of every record that is not the same in both.
    """

    condition: str
    stance: str
    old: str
    new: str
    files: tuple[str, ...]
    assumptions: tuple[str, ...]
    records: Mapping[str, Fate]
    profiles: tuple[ProfileDiff, ...]

    rows_of = "profiles"

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        names = ("condition", "stance", "old", "new", "files", "assumptions")
        told = {name: getattr(self, name) for name in names}
        return {**told, "records": dict(self.records), "profiles": [p.as_dict() for p in self.profiles]}


def read_version(path: Path, configs: Path) -> dict[str, Scorecard]:
    """Scorecards by condition: of a scorecard file, or fitted from an evidence folder with `configs`.

    Raises InputError for neither, ContentError for a faulty folder, ScorecardError for a faulty file.
    """
    for folder in (path, path / "evidence"):
        if (folder / "observations.csv").is_file():
            with threadpool_limits(1):
                return {id: build_scorecard(content) for id, content in read_content(configs, folder).items()}
    if not path.is_file():
        found = say("no_observations") if path.is_dir() else say("no_file")
        raise InputError(Fault("version", found, say("scorecard_or_evidence"), where=str(path)))
    scorecard = read_scorecard(path)
    return {scorecard.condition.id: scorecard}


def compare_versions(
    old: Mapping[str, Scorecard], new: Mapping[str, Scorecard], cohort: Cohort, stance: str = "graded"
) -> tuple[Diff, ...]:
    """The conditions that both versions cover, compared. Raises InputError if there is none."""
    both = [id for id in old if id in new]
    if not both:
        found = say("pair", first=", ".join(old), second=", ".join(new))
        raise InputError(Fault("condition", found, say("same_condition_in_both")))
    return tuple(compare_scorecards(old[id], new[id], cohort, stance) for id in both)


def compare_scorecards(old: Scorecard, new: Scorecard, cohort: Cohort, stance: str = "graded") -> Diff:
    """Two scorecards of one condition on a cohort, the answers that changed and moved most first."""
    records = dict(_fates(old, new))
    before, after = (Explainer(card, stance, Catalogue("", {})) for card in (old, new))
    profiles = sorted(_profiles(before, after, cohort, records), key=lambda p: (not p.changed, -abs(p.move)))
    return Diff(
        condition=new.condition.id,
        stance=stance,
        old=old.hash,
        new=new.hash,
        files=tuple(_differing(old.data["content"], new.data["content"])),
        assumptions=tuple(_differing(old.estimate, new.estimate)),
        records=records,
        profiles=tuple(profiles),
    )


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    names = dict.fromkeys((*old, *new))
    return [name for name in names if old.get(name) != new.get(name)]


def _fates(old: Scorecard, new: Scorecard) -> Iterator[tuple[str, Fate]]:
    before, after = _fitted_parts(old), _fitted_parts(new)
    for id in dict.fromkeys((*before, *after)):
        if id not in after:
            yield id, "removed"
        elif id not in before:
            yield id, "added"
        elif before[id] != after[id]:
            yield id, "changed"


def _fitted_parts(scorecard: Scorecard) -> dict[str, Any]:
    """Each record's data, without its prose."""
    groups = {group["id"]: {k: v for k, v in group.items() if k not in PROSE} for group in scorecard.data["groups"]}
    return {**groups, **{rule["claim_id"]: rule for rule in scorecard.data["rules"]}}


def _profiles(before: Explainer, after: Explainer, cohort: Cohort, records: Mapping[str, Fate]) -> list[ProfileDiff]:
    sides = [(explainer, cohort.of(explainer.scorecard.condition)) for explainer in (before, after)]
    then, now = (verdicts(explainer, mine) for explainer, mine in sides)
    moves = [
        _record_moves(explainer, records, _codes(explainer, mine.values())) if mine else {} for explainer, mine in sides
    ]
    found = []
    for i, id in enumerate(then):
        told = {} if then[id].abstained or now[id].abstained else records  # a withheld number tells no move
        through = [
            Through(record, fate, move)
            for record, fate in told.items()
            if (move := _at(moves[1], record, i) - _at(moves[0], record, i))
        ]
        total = now[id].moved_from(then[id]) or 0.0
        ranked = tuple(sorted(through, key=lambda t: -abs(t.move)))
        found.append(ProfileDiff(id, then[id], now[id], ranked, total - sum(t.move for t in through)))
    return found


def _at(moves: Mapping[str, Floats], record: str, i: int) -> float:
    return float(moves[record][i]) if record in moves else 0.0


def _codes(explainer: Explainer, patients: Iterable[Any]) -> Codes:
    return np.vstack([explainer.estimator.codes(patient.levels) for patient in patients])


def _record_moves(explainer: Explainer, records: Mapping[str, Fate], codes: Codes) -> dict[str, Floats]:
    """How far each record moves the difference of each cell (n,): with it minus without it.

    By the record's influence on the terms (Pregibon's one-step deletion), through both chances.
    """
    estimator, split = explainer.estimator, explainer.scorecard.terms.index("treated")
    x, mean = estimator.design(codes), estimator.coefficients.mean
    influence = explainer.scorecard.influence(explainer.stance)

    def difference(terms: Floats) -> Floats:
        usual = x[:, :split] @ terms[:split]
        return expit(x @ terms) - expit(usual)

    with_all = difference(mean)
    return {id: with_all - difference(mean - influence[id]) for id in records if id in influence}
