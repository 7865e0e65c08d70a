"""Every check of an evidence folder at once, for a curator: what passed, what failed where, what cannot apply."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..content.condition_files import read_conditions
from ..content.conditions import Condition
from ..content.cross_checks import CROSS_CHECKS
from ..content.documents import read_text
from ..content.evidence import FILES, Evidence, Row
from ..content.evidence_files import read_rows, rows_and_faults, without_consequences
from ..content.integrity import CHECKS, EXCEPTIONS, Cells, Figures, Known, judged
from ..errors import ContentError, Fault, Phrase, say
from ..model.fitting import read_content

READABLE, TRANSLATED, KNOWN, FITTING = "columns", "both_languages", "exceptions", "fitting"
"""The checks that are of no row's figures: the cells, the two languages, the exceptions, and what a fit refuses."""
OTHER_LANGUAGE = ("fault.english_of", "fault.chinese_of")
"""What a fault expects where prose stands in one language."""
Exceptions = Mapping[tuple[str, str, str, str], Known]


@dataclass(frozen=True)
class Checked:
    """A check with its rows: how many passed, and to how many it cannot apply.

    excepted: those whose discrepancy is known to be the source's own; faults: what is wrong in those that failed.
    """

    name: str
    passed: int
    failed: int
    excepted: int
    not_applicable: int
    faults: tuple[Fault, ...]

    def as_dict(self) -> dict[str, Any]:
        counted = ("name", "passed", "failed", "excepted", "not_applicable")
        return {**{name: getattr(self, name) for name in counted}, "faults": [f.as_dict() for f in self.faults]}


@dataclass(frozen=True)
class Inspection:
    """All checks of an evidence folder."""

    folder: Path
    checks: tuple[Checked, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(fault for check in self.checks for fault in check.faults)

    def as_dict(self) -> dict[str, Any]:
        return {"folder": str(self.folder), "sound": not self.faults, "checks": [c.as_dict() for c in self.checks]}


def evidence_folder(data: Path) -> Path:
    """The evidence of a data folder, or the folder itself where it is one of evidence."""
    inside = data / "evidence"
    return inside if inside.is_dir() else data


def inspect(configs: Path, folder: Path) -> Inspection:
    """Runs every check on the evidence of `folder`; whether a fit takes it, where its rows are sound.

    Raises ConfigurationError for faulty configs, EvidenceError where a file cannot be read at all.
    """
    found = inspect_rows(read_conditions(configs), folder)
    if any(check.failed for check in found.checks if check.name not in CHECKS):
        return found
    return Inspection(folder, (*found.checks, _fitting(configs, folder, found.checks[0].passed)))


def inspect_rows(conditions: Sequence[Condition], folder: Path) -> Inspection:
    """Runs the checks that need no fit."""
    tables, faults = _tables(folder, conditions)
    evidence = Evidence(**tables)
    total = sum(map(len, tables.values()))
    checks = [*_cells_checked(total, faults), *_crossed(folder, evidence, conditions, faults)]
    checks += _figures_checked(folder, Figures(evidence, conditions, _printed(folder)))
    return Inspection(folder, tuple(checks))


def _tables(folder: Path, conditions: Sequence[Condition]) -> tuple[dict[str, Any], list[Fault]]:
    """The rows of each file, and what is wrong with their columns and cells."""
    tables: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, (file, kind) in FILES.items():
        tables[name], found = rows_and_faults(folder / file, kind, conditions)
        faults += found
    return tables, faults


def _printed(folder: Path) -> Cells:
    """The cells of every row as they are printed."""
    cells: dict[tuple[str, int], Mapping[str, str]] = {}
    for file, _ in FILES.values():
        table = csv.reader(io.StringIO(read_text(folder / file)), strict=False)
        header = next(table)
        for row in table:
            cells[file, table.line_num] = dict(zip(header, row, strict=False))
    return cells


def _cells_checked(total: int, faults: Sequence[Fault]) -> Iterator[Checked]:
    untranslated = [f for f in faults if isinstance(f.expected, Phrase) and f.expected.code in OTHER_LANGUAGE]
    yield _counted(READABLE, total, total, [f for f in faults if f not in untranslated])
    yield _counted(TRANSLATED, total, total, untranslated)


def _crossed(
    folder: Path, evidence: Evidence, conditions: Sequence[Condition], told: Sequence[Fault]
) -> Iterator[Checked]:
    """What a fit checks between the rows, without what only says again what was told of a cell."""
    for name, (tables, check) in CROSS_CHECKS.items():
        total = sum(len(getattr(evidence, table)) for table in tables)
        found = without_consequences(told, check(folder, evidence, conditions), conditions)
        yield _counted(name, total, total, list(found))


def _counted(name: str, total: int, applies: int, faults: Sequence[Fault], excepted: int = 0) -> Checked:
    failed = len({fault.where for fault in faults})
    return Checked(name, applies - failed - excepted, failed, excepted, total - applies, tuple(faults))


def _figures_checked(folder: Path, figures: Figures) -> Iterator[Checked]:
    """The checks of figures; a discrepancy that is known to be the source's own is none."""
    known = _exceptions(folder)
    used: set[tuple[str, str, str, str]] = set()
    for name in CHECKS:
        yield _figure_checked(name, folder, figures, known, used)
    stale = [exception for key, exception in known.items() if key not in used]
    faults = [_stale(exception, folder) for exception in stale]
    yield _counted(KNOWN, len(known), len(known), faults)


def _exceptions(folder: Path) -> Exceptions:
    path = folder / EXCEPTIONS
    return {known.key: known for known in read_rows(path, Known)} if path.is_file() else {}


def _figure_checked(
    name: str, folder: Path, figures: Figures, known: Exceptions, used: set[tuple[str, str, str, str]]
) -> Checked:
    total = sum(len(getattr(figures.evidence, table)) for table in CHECKS[name][0])
    rows = judged(name, figures)
    faults: list[Fault] = []
    excepted = 0
    for one in rows:
        keys = {(name, _study(one.row), fault.field, str(fault.found)): fault for fault in one.faults}
        used |= keys.keys() & known.keys()
        left = [fault for key, fault in keys.items() if key not in known]
        excepted += bool(one.faults and not left)
        faults += [replace(fault, where=place(folder, one.row)) for fault in left]
    return _counted(name, total, len(rows), faults, excepted)


def _study(row: Row) -> str:
    return str(getattr(row, "study_id", ""))


def place(folder: Path, row: Row) -> str:
    """The file and line of a row."""
    file = next(name for name, kind in FILES.values() if isinstance(row, kind))
    return f"{folder / file}:{row.line}"


def _stale(exception: Known, folder: Path) -> Fault:
    expected, cure = say("check.what_occurs", check=exception.check), say("take_row_out")
    return Fault("found", exception.found, expected, cure, f"{folder / EXCEPTIONS}:{exception.line}")


def _fitting(configs: Path, folder: Path, total: int) -> Checked:
    """Whether a fit takes the evidence: what it refuses in the files of the content together."""
    try:
        read_content(configs, folder)
    except ContentError as error:
        return _counted(FITTING, total, total, error.faults)
    return _counted(FITTING, total, total, ())
