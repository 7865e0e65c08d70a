"""Reads the CSV files of the evidence: every fault of a header, of a row and of its cells, at its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from ..errors import EvidenceError, Fault, InputError, Said, one_of, say, shown, suggestion
from .conditions import Condition
from .cross_checks import CROSS_CHECKS, shares_field
from .documents import read_text
from .evidence import FILES, TOLD, Evidence, Prose, Row, columns_of, prose_columns
from .library_messages import library_message

NO_COLUMN = say("no_column")
T = TypeVar("T", bound=Row)


def read_rows(path: Path, kind: type[T], conditions: Sequence[Condition] = ()) -> tuple[T, ...]:
    """The rows of a CSV file as records.

    conditions: they name the columns that tell of factors. Raises EvidenceError with all of its faults at
    once, each with row and field.
    """
    rows, faults = rows_and_faults(path, kind, conditions)
    if faults:
        raise EvidenceError(faults)
    return rows


def rows_and_faults(
    path: Path, kind: type[T], conditions: Sequence[Condition] = (), one_language: bool = False
) -> tuple[tuple[T, ...], list[Fault]]:
    """The rows of a CSV file as far as they can be read, and what is wrong with its columns and cells.

    one_language: whether prose may stand in one language, as in a person's own file; it then speaks for both.
    A number that cannot be read, and a column that is missing, is as one that is not told. Raises
    EvidenceError where nothing can be read.
    """
    try:
        text = read_text(path)
    except InputError as error:
        raise EvidenceError(error.faults) from error
    table = csv.reader(io.StringIO(text), strict=True)
    told = kind.told_kinds(conditions)
    rows: list[T] = []
    faults: list[Fault] = []
    try:
        header = next(table)
        faults += _header_faults(path, header, kind, conditions, one_language)
        for cells in table:
            if cells:
                reading = _Reading(header, cells, f"{path}:{table.line_num}", one_language)
                row = reading.row(kind, told, table.line_num)
                faults += reading.faults
                rows += [row] if row is not None else []
    except csv.Error as error:
        faults.append(Fault("row", library_message(str(error)), say("csv_row"), where=f"{path}:{table.line_num}"))
    return tuple(rows), faults


def without_consequences(
    told: Sequence[Fault], further: Iterable[Fault], conditions: Iterable[Condition]
) -> Iterator[Fault]:
    """Further faults of a file, but for those that only say again what was told: of the same cell, or of
    a column that is missing."""
    cells = {(fault.where, fault.field) for fault in told}
    missing = {fault.field for fault in told if fault.found == NO_COLUMN}
    columns = {shares_field(f): tuple(f.observed.shares.values()) for c in conditions for f in c}
    for fault in further:
        parts = columns.get(fault.field, (fault.field,))
        if not any((fault.where, part) in cells or part in missing for part in parts):
            yield fault


def _needed(kinds: Mapping[str, str], header: Sequence[str], one_language: bool) -> list[str]:
    """The columns that a file needs, in order; of prose in one language, one of the two is enough."""
    needed: list[str] = []
    for name, kind in kinds.items():
        columns = columns_of({name: kind})
        told = [column for column in columns if column in header]
        needed += (told or columns[:1]) if one_language else columns
    return needed


def _header_faults(
    path: Path, header: Sequence[str], kind: type[Row], conditions: Sequence[Condition], one_language: bool
) -> list[Fault]:
    """Columns that are missing, unknown or there twice; those that the conditions name may stand in any order."""
    where, own = f"{path}:1", _needed(kind.own_kinds(), header, one_language)
    columns = [*own, *_needed(kind.told_kinds(conditions), header, one_language)]
    if not set(header) & set(columns):
        found, expected = shown(",".join(header)), ",".join(columns)
        raise EvidenceError(Fault("header", found, expected, say("is_it_a_csv_file"), where))
    missing = [name for name in columns if name not in header]
    faults = [Fault(name, NO_COLUMN, say("column_of_that_name"), where=where) for name in missing]
    for name in dict.fromkeys(header):
        if name not in columns:
            cure = suggestion(name, missing) or _factor_of(name, conditions) or suggestion(name, columns)
            faults.append(Fault(name, say("unknown_column"), say("known_column"), cure, where))
        elif list(header).count(name) > 1:
            faults.append(Fault(name, say("column_twice"), say("column_once"), say("remove_or_rename"), where))
    if not faults and [name for name in header if name in own] != own:
        faults = [Fault("header", ",".join(header), ",".join(columns), say("order_columns"), where)]
    return faults


def _factor_of(column: str, conditions: Iterable[Condition]) -> Said:
    """Which factor a column may tell, by its name or that of one of its levels."""
    for condition in conditions:
        for factor in condition:
            of_level = any(column.endswith(f"_{level}") for level in factor.level_ids)
            if of_level or column == factor.id or column.startswith(f"{factor.id}_"):
                return say("tells_factor", factor=factor.id, condition=condition.id)
    return ""


class _Reading:
    """One row: its cells by column, and what is wrong with them."""

    def __init__(self, header: Sequence[str], cells: Sequence[str], where: str, one_language: bool):
        self.where, self.one_language = where, one_language
        self.faults: list[Fault] = []
        self._cells: dict[str, str] = {}
        if len(cells) == len(header):
            self._cells = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        else:
            cure = say("comma_outside_quotes")
            self.faults.append(Fault("row", say("cells_found", number=len(cells)), f"{len(header)}", cure, where))

    def row(self, kind: type[T], told: Mapping[str, str], line: int) -> T | None:
        """The record; None where the cells are not those of the header."""
        if not self._cells:
            return None
        values: dict[str, Any] = {"line": line}
        for f in fields(kind):
            if f.name == TOLD:
                values[TOLD] = self._told(told)
            elif f.name != "line":
                values[f.name] = self._value(f.name, str(f.type), kind.allowed.get(f.name))
                if f.name in kind.needed and not values[f.name]:
                    self._blank(f.name, str(f.type))
        return kind(**values)

    def _blank(self, name: str, kind: str) -> None:
        """What the row has to tell is told in none of its columns."""
        there = [column for column in columns_of({name: kind}) if column in self._cells]
        if there and not any(self._cells[column] for column in there):
            self.faults.append(Fault(there[0], say("nothing"), say("told_in_every_row"), where=self.where))

    def _told(self, kinds: Mapping[str, str]) -> dict[str, Any]:
        """What the columns say that the conditions name, in the order of the file."""
        order = {column: i for i, column in enumerate(self._cells)}
        first = {name: order.get(columns_of({name: kind})[0], len(order)) for name, kind in kinds.items()}
        return {name: self._value(name, kinds[name]) for name in sorted(kinds, key=lambda name: first[name])}

    def _value(self, name: str, kind: str, allowed: Sequence[str] | None = None) -> Any:
        """A cell as what it holds; a number that cannot be read is as one that is not told."""
        if kind == "Prose":
            return self._prose(name)
        cell = self._cells.get(name, "")
        if allowed and cell not in allowed and name in self._cells:
            expected = one_of(a for a in allowed if a)
            self.faults.append(Fault(name, repr(cell), expected, suggestion(cell, allowed), self.where))
            return cell
        try:
            return _CONVERT[kind](cell)
        except ValueError:
            self.faults.append(Fault(name, repr(cell), say("number_or_nothing"), where=self.where))
            return None

    def _prose(self, name: str) -> Prose:
        """What the row says in words: it must stand in both languages where it stands in one."""
        columns = prose_columns(name)
        en, zh = (self._cells.get(column, "") for column in columns)
        if self.one_language:
            return Prose(en or zh, zh or en)
        here, there = columns if en else (columns[1], columns[0])
        if self._cells.get(here) and self._cells.get(there) == "":
            self.faults.append(
                Fault(
                    there,
                    say("nothing"),
                    say("chinese_of" if en else "english_of", column=here),
                    say("translate_it"),
                    self.where,
                )
            )
        return Prose(en, zh)


def _number(cell: str) -> float | None:
    if not cell:
        return None
    value = float(cell)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(cell)
    return value


_CONVERT: dict[str, Callable[[str], Any]] = {
    "str": str,
    "float | None": _number,
    "tuple[str, ...]": lambda cell: tuple(part.strip() for part in cell.split(";") if part.strip()),
}


def load_evidence(folder: Path, conditions: Iterable[Condition]) -> Evidence:
    """Reads and cross-checks the evidence of `folder`.

    conditions: what names the columns that tell of factors, and the sources without a publication.
    Raises EvidenceError with all the faults of a file at once. The records of a retracted study are not fitted.
    """
    conditions = tuple(conditions)
    tables = {name: read_rows(folder / file, kind, conditions) for name, (file, kind) in FILES.items()}
    evidence = Evidence(**tables)  # type: ignore[arg-type]
    faults = [fault for _, check in CROSS_CHECKS.values() for fault in check(folder, evidence, conditions)]
    if faults:
        raise EvidenceError(faults)
    return evidence.in_force()
