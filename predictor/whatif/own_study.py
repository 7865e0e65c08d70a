"""What if there were a study of one's own: its rows checked like those of the evidence, and added for a refit."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from csv import DictWriter
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..content.conditions import Condition
from ..content.cross_checks import check_observations
from ..content.evidence import Observation, Prose, Study, columns_of
from ..content.evidence_files import rows_and_faults, without_consequences
from ..errors import EvidenceError, Fault, InputError, near_name, one_of, say, shown, suggestion
from ..model.fitting import Content
from ..model.records import check_known


@dataclass(frozen=True)
class Addition:
    """A user's own study in the content, and what had to be assumed of it.

    assumed: studies that the evidence does not know, with the risk of bias that was taken.
    known: studies that the evidence has already, whose own risk of bias was taken.
    """

    content: Content
    records: tuple[str, ...]
    assumed: Mapping[str, str]
    known: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {"records": self.records, "assumed": dict(self.assumed), "known": dict(self.known)}


def add_study(
    content: Content, source: Path | str | Iterable[Mapping[str, Any]], risk_of_bias: str = "critical"
) -> Addition:
    """The content with a user's own study groups: rows in the schema of observations.csv.

    source: a CSV file, or rows as mappings (columns left out are empty). A study that the evidence
    does not know is taken in with the assumed risk of bias. Raises EvidenceError or InputError with
    all that is wrong; the evidence on disk is never touched.
    """
    allowed = Study.allowed["risk_of_bias"]
    if risk_of_bias not in allowed:
        expected, cure = one_of(allowed), suggestion(risk_of_bias, allowed)
        raise InputError(Fault("risk_of_bias", repr(risk_of_bias), expected, cure))
    rows, faults, file = _own_rows(source, content.conditions)
    faults += without_consequences(faults, _own_faults(content, rows, file), content.conditions)
    unsure = any(fault.field in ("use", "row") for fault in faults)
    if not unsure and not any(row.fitted for row in rows):
        faults.append(Fault("use", say("no_row_to_fit"), say("row_to_fit"), where=file))
    if faults:
        raise EvidenceError(faults)
    known = {id: study.risk_of_bias for id, study in content.evidence.study_by_id.items()}
    used = dict.fromkeys(row.study_id for row in rows)
    assumed = {id: risk_of_bias for id in used if id not in known}
    studies = [_own_study(content, rows, id, risk_of_bias) for id in assumed]
    evidence = replace(
        content.evidence,
        studies=(*content.evidence.studies, *studies),
        observations=(*content.evidence.observations, *rows),
    )
    return Addition(
        content=replace(content, evidence=evidence.in_force()),
        records=tuple(row.id for row in rows),
        assumed=assumed,
        known={id: known[id] for id in used if id in known},
    )


def _own_rows(
    source: Path | str | Iterable[Mapping[str, Any]], conditions: Sequence[Condition]
) -> tuple[tuple[Observation, ...], list[Fault], str]:
    """Rows, what is wrong with their columns and cells, and the name of where they stand."""
    if isinstance(source, (str, Path)):
        return *rows_and_faults(Path(source), Observation, conditions, one_language=True), str(source)
    columns = columns_of({**Observation.own_kinds(), **Observation.told_kinds(conditions)})
    text = io.StringIO()
    rows = [{name: "" if value is None else value for name, value in row.items()} for row in source]
    header = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    writer = DictWriter(text, header)
    writer.writeheader()
    writer.writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        path.write_text(text.getvalue(), encoding="utf-8")
        read, faults = rows_and_faults(path, Observation, conditions, one_language=True)
        # The file is nobody's: its faults name `rows`.
        return read, [replace(f, where=f.where.replace(str(path), "rows")) for f in faults], "rows"


def _own_faults(content: Content, rows: Sequence[Observation], file: str) -> Iterator[Fault]:
    seen = {row.id for row in content.evidence.observations}
    for row in rows:
        where = f"{file}:{row.line}"
        if row.id in seen:
            yield Fault("obs_id", repr(row.id), say("unique_id"), say("give_another_id"), where)
        seen.add(row.id)
        if row.condition != content.condition.id:
            cure = suggestion(row.condition, [content.condition.id]) or say("take_row_out")
            yield Fault("condition", shown(row.condition), repr(content.condition.id), cure, where)
        yield from _own_references(content, row, where)
    yield from check_observations(rows, Path(file), [content.condition])
    # What another condition knows is no further fault of its row; a misspelt condition is this one.
    mine = [row for row in rows if near_name(row.condition, [content.condition.id])]
    try:
        check_known(mine, content.condition, content.assumptions, content.interactions, file)
    except EvidenceError as error:
        yield from error.faults


def _own_references(content: Content, row: Observation, where: str) -> Iterator[Fault]:
    known = content.evidence.study_by_id
    if row.pooled_in and row.pooled_in not in known:
        cure = suggestion(row.pooled_in, known)
        yield Fault("pooled_in", repr(row.pooled_in), say("study_of_studies"), cure, where)


def _own_study(content: Content, rows: Sequence[Observation], id: str, risk_of_bias: str) -> Study:
    """What stands in for the entry of a study that the evidence does not know."""
    controlled = any(row.study_id == id and row.role in ("control", "contrast") for row in rows)
    nothing: dict[str, Any] = {"float | None": None, "Prose": Prose()}
    empty = {f.name: nothing.get(str(f.type), "") for f in fields(Study) if f.name != "line"}
    told = {
        "study_id": id,
        "condition": content.condition.id,
        "short_citation": id,
        "design": "controlled_nonrandomised" if controlled else "single_arm",
        "risk_of_bias": risk_of_bias,
        "verification": "memory_unverified",
        "publication_state": "unknown",
    }
    return Study(line=0, **{**empty, **told})
