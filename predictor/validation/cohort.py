"""The reference cohort: hypothetical profiles whose answers are held beside each other, and one of a person's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..answer.explanation import Explainer
from ..answer.library import unknown_condition
from ..content.conditions import Condition, find_condition
from ..content.documents import read_text
from ..content.library_messages import library_message
from ..errors import Fault, InputError, ProfileError, say, shown
from ..profile.profile import Profile, is_unknown, tells_condition
from ..profile.reading import Understood, understand
from ..whatif.points import Point, points

COHORT_FILE = Path("profiles") / "reference_cohort.csv"


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


def checked_cohort(path: Path | None, data: Path, conditions: Sequence[Condition] = ()) -> Cohort:
    """The cohort of a person's own file, checked against the conditions, or the reference cohort of the data folder."""
    chosen = path or data / COHORT_FILE
    if not chosen.is_file():
        found = say("a_folder") if chosen.is_dir() else say("no_file")
        raise InputError(Fault("cohort", found, say("profiles_table"), where=str(chosen)))
    return Cohort.read(chosen, conditions if path else ())


def verdicts(explainer: Explainer, cohort: Mapping[str, Understood]) -> dict[str, Point]:
    """The answer in brief for each profile."""
    return dict(zip(cohort, points(explainer, list(cohort.values())), strict=True)) if cohort else {}
