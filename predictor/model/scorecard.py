"""A fitted model as data: coefficients with their covariance, the records behind them, the evidence.

A scorecard is JSON and needs neither scikit-learn nor a pickle to be read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..content.conditions import Condition
from ..content.documents import kind_of, read_json
from ..content.evidence import RETRACTED
from ..errors import Fault, InputError, ScorecardError, joined, one_of, say, suggestion
from .shape import faults_of, symmetric

SCHEMA_VERSION = "4"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficients:
    """Posterior mode and covariance of the terms of a prediction, under one stance."""

    mean: Floats
    covariance: Floats


@dataclass(frozen=True)
class StudyGroup:
    """A study group: the share of its patients at each level of the factors that it states."""

    id: str
    composition: Mapping[str, Mapping[str, float]]
    least: float

    def levels(self, factor: str) -> tuple[str, ...]:
        """The levels of a factor at which it has patients enough to count as studied there."""
        return tuple(level for level, share in self.composition.get(factor, {}).items() if share >= self.least)


@dataclass(frozen=True)
class Retraction:
    """A retracted study: how many records it has, none of which is fitted, and the fitted analyses that pool them."""

    study_id: str
    records: int
    pooled_in: tuple[str, ...]


def had_cells(group: Mapping[str, Any]) -> bool:
    """Whether the patients of a group had cells, or of one of two that are compared."""
    return group["role"] in ("treated", "treated_uncontrolled") or (group["role"] == "contrast" and "term" not in group)


class Scorecard:
    """The fitted model of one condition under every stance, with its evidence."""

    def __init__(self, data: Mapping[str, Any]):
        if data.get("schema_version") != SCHEMA_VERSION:
            raise ScorecardError(
                Fault(
                    "schema_version",
                    repr(data.get("schema_version")),
                    repr(SCHEMA_VERSION),
                    say("run_fit_again"),
                )
            )
        self.data = data

    @cached_property
    def condition(self) -> Condition:
        return Condition.from_dict(self.data["configuration"])

    @property
    def hash(self) -> str:
        return str(self.data["hash"])

    @property
    def stances(self) -> tuple[str, ...]:
        return tuple(self.data["stances"])

    def stances_with(self, record: str) -> tuple[str, ...]:
        """The stances whose fit took a record in."""
        return tuple(name for name, fitted in self.data["stances"].items() if record in fitted["influence"])

    @property
    def estimate(self) -> Mapping[str, Any]:
        """The assumptions that an answer needs, by name."""
        return dict(self.data["estimate"])

    @cached_property
    def terms(self) -> tuple[str, ...]:
        return tuple(self.data["terms"])

    @cached_property
    def interactions(self) -> tuple[str, ...]:
        return tuple(term for term in self.terms if "*" in term)

    @cached_property
    def population(self) -> dict[str, dict[str, float]]:
        return {factor: dict(mix) for factor, mix in self.data["population"].items()}

    @property
    def patients(self) -> Mapping[str, Mapping[str, float]]:
        """Patients in the study groups that had cells, at each level of each factor."""
        return dict(self.data["patients"])

    @cached_property
    def groups_with_cells(self) -> tuple[StudyGroup, ...]:
        """The fitted study groups that had cells, a contrast with its two arms as one."""
        found = [g for g in self.data["groups"] if g["use"] == "fit" and had_cells(g)]
        return tuple(StudyGroup(g["id"], g["composition"], self.estimate["studied_share"]) for g in found)

    @cached_property
    def retracted(self) -> tuple[Retraction, ...]:
        """The retracted studies that have records, in the order of the evidence."""
        studies = self.data["evidence"]["studies"]
        return tuple(self._retraction(id) for id, study in studies.items() if study["publication_state"] == RETRACTED)

    def _retraction(self, id: str) -> Retraction:
        groups = self.data["groups"]
        mine = [group for group in groups if group["study_id"] == id]
        fitted = {group["study_id"] for group in groups if group["use"] == "fit"}
        pools = dict.fromkeys(pool for group in mine if (pool := group.get("pooled_in")) in fitted)
        return Retraction(id, len(mine), tuple(pools))

    def coefficients(self, stance: str) -> Coefficients:
        """Mode (p,) and covariance (p, p) of the terms. Raises ScorecardError for an unknown stance."""
        if stance not in self.data["stances"]:
            cure = suggestion(stance, self.stances)
            raise ScorecardError(Fault("stance", repr(stance), one_of(self.stances), cure))
        fitted = self.data["stances"][stance]
        return Coefficients(np.array(fitted["mean"]), symmetric(fitted["covariance"]))

    def influence(self, stance: str) -> dict[str, Floats]:
        """How far each record moves each term, by leaving it out to first order; arrays (p,)."""
        moves: dict[str, Floats] = {}
        for record, pairs in self.data["stances"][stance]["influence"].items():
            move = np.zeros(len(self.terms))
            move[[index for index, _ in pairs]] = [value for _, value in pairs]
            moves[record] = move
        return moves

    def widening(self, stance: str) -> Mapping[str, float]:
        """What leaving out each record adds to a variance, for each square of its influence along it."""
        found: Mapping[str, float] = self.data["stances"][stance]["widening"]
        return found

    def to_json(self) -> str:
        return json.dumps(self.data, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a scorecard with its hash: SHA-256 of the canonical JSON of the rest, 16 digits."""
    rest = {key: value for key, value in data.items() if key != "hash"}
    canonical = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return {**rest, "hash": hashlib.sha256(canonical.encode()).hexdigest()[:16]}


def checked(data: Any) -> Scorecard:
    """The scorecard of some data that was read. Raises ScorecardError with all that is wrong with it."""
    if not isinstance(data, dict):
        raise ScorecardError(Fault("scorecard", kind_of(data), say("a_scorecard"), say("run_fit_again")))
    scorecard = Scorecard(data)
    faults = faults_of(data) or list(_unsealed(data))
    if faults:
        raise ScorecardError([replace(fault, cure=fault.cure or say("run_fit_again")) for fault in faults])
    return scorecard


def _unsealed(data: Mapping[str, Any]) -> Iterator[Fault]:
    """The fault of a scorecard that is not what its hash was made of."""
    try:
        wanted = sealed(data)["hash"]
    except ValueError:  # a number that is none, or half a character
        yield Fault("hash", repr(data["hash"]), say("valid_json"))
        return
    if data["hash"] != wanted:
        yield Fault("hash", repr(data["hash"]), say("hash_of_content", hash=repr(wanted)), say("changed_by_hand"))


def read_scorecard(path: Path) -> Scorecard:
    """The scorecard of a file. Raises ScorecardError where it is none."""
    try:
        return checked(read_json(path))
    except InputError as error:
        raise ScorecardError([replace(fault, cure=say("run_fit_again")) for fault in error.faults]) from error
    except ScorecardError as error:
        raise ScorecardError([replace(fault, where=str(path)) for fault in error.faults]) from error


def load_scorecard(folder: Path, condition: str) -> Scorecard:
    """Reads data/scorecards/CONDITION.json. Raises ScorecardError if it is missing or broken."""
    path = folder / f"{condition}.json"
    if path.exists():
        return read_scorecard(path)
    known = sorted(p.stem for p in folder.glob("*.json") if "." not in p.stem)
    cure = suggestion(condition, known) or say("run_fit")
    expected = say("scorecard_of", list=joined(known)) if known else say("scorecard_of_any")
    raise ScorecardError(Fault("condition", repr(condition), expected, cure, str(path)))


def content_digests(configs: Path, evidence: Path) -> dict[str, str]:
    """SHA-256 (16 digits) of each file that a scorecard is made from."""
    files = [*sorted(configs.glob("*.yaml")), *sorted(evidence.glob("*.csv"))]
    return {path.name: hashlib.sha256(_bytes(path)).hexdigest()[:16] for path in files}


def _bytes(path: Path) -> bytes:
    """A file's bytes with Unix line ends, so that a checkout on another system digests alike."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def check_fresh(scorecard: Scorecard, configs: Path, data: Path) -> None:
    """Raises ScorecardError if a file has changed since the scorecard was fitted."""
    now = content_digests(configs, data / "evidence")
    then = scorecard.data["content"]
    changed = [name for name, digest in then.items() if now.get(name) != digest]
    if changed:
        raise ScorecardError(
            Fault(
                "scorecard",
                say("fitted_before", list=joined(changed)),
                say("todays_scorecard"),
                say("run_fit"),
                scorecard.condition.id,
            )
        )
