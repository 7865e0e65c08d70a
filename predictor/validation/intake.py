"""A study from a filled-in file: its rows in a copy of the evidence, with its faults where they stand in the file."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..answer.layout import wrap
from ..content.agreement import CODED
from ..content.catalogue import Catalogue
from ..content.condition_files import read_conditions
from ..content.conditions import Condition, Factor
from ..content.documents import Document, read_document, read_text
from ..content.evidence import FILES, columns_of
from ..errors import EvidenceError, Fault, InputError, say, shown, suggestion
from .inspection import inspect

FORM = {
    "study": "studies",
    "arms": "arms",
    "outcomes": "outcomes",
    "findings": "findings",
    "observations": "observations",
}
"""The parts of a filled-in file, each with the table that its rows go to."""
INHERITED = ("study_id", "condition", "verification")
"""What the rows of a study take from it where they do not tell it."""
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class Form:
    """A filled-in file: the rows of each part, by column, with where each stands in the file."""

    document: Document
    rows: Mapping[str, Sequence[tuple[tuple[str | int, ...], Mapping[str, str]]]]

    @property
    def study_id(self) -> str:
        return self.rows["study"][0][1].get("study_id", "")

    @property
    def counts(self) -> dict[str, int]:
        return {part: len(rows) for part, rows in self.rows.items() if rows}


def columns(table: str, conditions: Sequence[Condition]) -> list[str]:
    """The columns of a table: its own, and those that the conditions name."""
    kind = FILES[table][1]
    return columns_of({**kind.own_kinds(), **kind.told_kinds(conditions)})


def read_form(path: Path, conditions: Sequence[Condition]) -> Form:
    """A filled-in file. Raises InputError with all that is wrong with its parts and columns."""
    document = read_document(path, MOST_BYTES)
    data, faults = document.data, []
    if not isinstance(data, dict) or not isinstance(data.get("study"), dict):
        raise InputError(Fault("study", say("nothing"), say("form.a_study"), say("form.see_template"), str(path)))
    for part in data:
        if part not in FORM:
            known = suggestion(part, FORM) or say("form.see_template")
            faults.append(Fault(part, say("unknown_name"), ", ".join(FORM), known, document.where((part,))))
    rows = {part: list(_rows(document, part, conditions, faults)) for part in FORM}
    if not faults and not rows["study"]:
        where = document.where(("study",))
        faults.append(Fault("study", say("nothing"), say("form.a_study"), say("form.fill_study"), where))
    if faults:
        raise InputError(faults)
    told = {name: rows["study"][0][1].get(name, "") for name in INHERITED}
    return Form(document, {part: [(at, {**told, **row}) for at, row in found] for part, found in rows.items()})


def _rows(
    document: Document, part: str, conditions: Sequence[Condition], faults: list[Fault]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, str]]]:
    """The rows of a part that tell anything."""
    told = document.data.get(part) or []
    if part != "study" and not isinstance(told, list):
        where = document.where((part,))
        faults.append(Fault(part, shown(told), say("form.a_list"), say("form.dash_rows"), where))
        return
    each = [((part,), told)] if part == "study" else [((part, i), row) for i, row in enumerate(told)]
    known = columns(FORM[part], conditions)
    for at, row in each:
        if not isinstance(row, dict):
            faults.append(
                Fault(part, shown(row), say("keys_with_values"), say("form.see_template"), document.where(at))
            )
            continue
        faults += _unfit_cells(document, at, row, known)
        cells = {name: _cell(value) for name, value in row.items()}
        if any(cells.values()):
            yield at, {name: cell for name, cell in cells.items() if cell}


def _unfit_cells(
    document: Document, at: tuple[str | int, ...], row: Mapping[str, Any], known: Sequence[str]
) -> Iterator[Fault]:
    for name, value in row.items():
        where = document.where((*at, name))
        if name not in known:
            yield Fault(name, say("unknown_column"), say("known_column"), suggestion(name, known), where)
        elif isinstance(value, (dict, list)):
            yield Fault(name, shown(value), say("form.one_value"), where=where)


def _cell(value: Any) -> str:
    """A value as a cell, on one line."""
    return "" if value is None else " ".join(str(value).split())


def take_in(configs: Path, evidence: Path, form: Form, into: Path) -> None:
    """Writes a copy of the evidence with the rows of a form into a folder, and runs every check on it.

    Raises EvidenceError with all the faults, those of the form where they stand in its file.
    """
    into.mkdir(parents=True, exist_ok=True)
    for path in evidence.glob("*.csv"):
        shutil.copy(path, into / path.name)
    places = dict(place for part, rows in form.rows.items() for place in _append(form, part, rows, into))
    faults = [_placed(fault, places, form) for fault in inspect(configs, into).faults]
    if faults:
        raise EvidenceError(faults)


def _append(
    form: Form, part: str, rows: Sequence[tuple[tuple[str | int, ...], Mapping[str, str]]], into: Path
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Appends the rows of a part to its file: where each stands there, and where in the form."""
    path = into / FILES[FORM[part]][0]
    text = read_text(path)
    lines = list(csv.reader(text.splitlines(keepends=True)))
    last = text.count("\n") + (not text.endswith("\n"))
    with path.open("a", encoding="utf-8", newline="") as stream:
        stream.write("" if text.endswith("\n") else "\n")
        writer = csv.DictWriter(stream, lines[0], restval="", extrasaction="ignore", lineterminator="\n")
        for i, (at, row) in enumerate(rows, start=1):
            writer.writerow(row)
            yield f"{path}:{last + i}", at


def _placed(fault: Fault, places: Mapping[str, tuple[str | int, ...]], form: Form) -> Fault:
    """A fault of a row of the form, where that row stands in its file; any other as it is."""
    if fault.where not in places:
        return fault
    return replace(fault, where=form.document.where((*places[fault.where], fault.field)))


def template(configs: Path, text: Catalogue) -> str:
    """An empty form, each column with what it holds."""
    conditions = read_conditions(configs)
    lines = [*_remark(text("form.head"), "")]
    for part, table in FORM.items():
        lines += ["", *_remark(text(f"form.part.{part}"), ""), f"{part}:"]
        lead = "  " if part == "study" else "    "
        for i, name in enumerate(columns(table, conditions)):
            mark = "  - " if part != "study" and i == 0 else lead
            lines += [*_remark(_meaning(name, table, conditions, text), lead), f"{mark}{name}:"]
    return "\n".join(lines) + "\n"


def _remark(words: str, lead: str) -> list[str]:
    return [f"{lead}# {line}" for line in wrap(words, width=96).splitlines()]


def _meaning(name: str, table: str, conditions: Sequence[Condition], text: Catalogue) -> str:
    """What a column holds: its sentence, or the factor that it tells; with the codes that it may have."""
    stem, _, language = name.rpartition("_")
    prose = language in ("en", "zh") and f"form.column.{name}" not in text
    plain = stem if prose else name
    key = f"form.column.{plain}"
    told = text(key) if key in text else _of_factor(plain, conditions, text)
    codes = _codes(plain, table, conditions, text)
    told += text("bracket", words=text(f"form.in_{language}")) if prose else ""
    return told + (text("colon") + text("list_join").join(codes) if codes else "")


def _of_factor(name: str, conditions: Sequence[Condition], text: Catalogue) -> str:
    """The factors that a column tells, by their labels, each with what is told of it."""
    found: dict[str, list[str]] = {}
    for factor in (factor for condition in conditions for factor in condition):
        told = {*factor.observed.words, *factor.observed.numbers, *factor.arms}
        if not told.isdisjoint((name, f"{name}_en")):
            found.setdefault(text.pick(factor.label), []).extend(_told_of(factor, name, text))
    join = text("list_join")
    each = (label + (text("bracket", words=join.join(dict.fromkeys(w))) if w else "") for label, w in found.items())
    return text("semicolon").join(each) or name.replace("_", " ")


def _told_of(factor: Factor, name: str, text: Catalogue) -> Sequence[str]:
    """What a column tells of a factor: one of its levels, what the factor's file says, or what the name says."""
    if name in factor.observed.words or factor.arms.get(name) == "level":
        return factor.level_ids
    own = factor.observed.labels.get(name) or factor.arms.get(name)
    if isinstance(own, Mapping):
        return [text.pick(own).format(n="…")]
    return [text(key) for part in name.split("_") if (key := f"form.name_part.{part}") in text]


def _codes(name: str, table: str, conditions: Sequence[Condition], text: Catalogue) -> list[str]:
    """The codes that a column may have, where they are few."""
    kind = FILES[table][1]
    if name in kind.allowed:
        return [code for code in kind.allowed[name] if code]
    if name == "condition":
        return [condition.id for condition in conditions]
    if name == "outcome":
        return list(dict.fromkeys(id for condition in conditions for id in condition.outcomes))
    if name in CODED.get(table, ()) and name != "country":
        return sorted(key.split(".")[1] for key in text.keys if key.startswith(f"{name}."))
    return []
