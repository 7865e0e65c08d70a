"""Groups of a file that were never fitted, scored as those of new studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..answer.results import Result
from ..content.cross_checks import check_observations
from ..content.evidence import Observation
from ..content.evidence_files import rows_and_faults, without_consequences
from ..errors import EvidenceError, Fault, one_of, say, suggestion
from ..model.fitting import Content
from ..model.records import check_known
from .backtest import predict_rows
from .scores import Coverage, GroupScore, coverage


@dataclass(frozen=True, repr=False)
class NewGroups(Result):
    """Groups of a file that were never fitted, scored; what was left out, with the reason's code."""

    groups: tuple[GroupScore, ...]
    skipped: tuple[tuple[str, str], ...]
    fitted_before: tuple[str, ...]
    """Ids that the model was fitted on: their scores are no test."""

    rows_of = "groups"

    @cached_property
    def coverage(self) -> Coverage | None:
        return coverage(self.groups)


def score_file(
    path: Path, contents: Mapping[str, Content], stance: str = "graded", condition: str | None = None
) -> NewGroups:
    """Scores a table in the schema of observations.csv; each group as one of a new study.

    condition: score the groups of this condition only. Raises EvidenceError or InputError with all
    the faults of the file.
    """
    conditions = [content.condition for content in contents.values()]
    rows, faults = rows_and_faults(path, Observation, conditions, one_language=True)
    faults += without_consequences(faults, _file_faults(rows, path, contents), conditions)
    if not rows and not faults:
        faults.append(Fault("rows", say("none"), say("at_least_one_group"), where=str(path)))
    if faults:
        raise EvidenceError(faults)
    reasons = {row.id: _skipped_because(row, condition) for row in rows}
    wanted = [row for row in rows if not reasons[row.id]]
    scored: dict[str, GroupScore] = {}
    for id, content in contents.items():
        mine = [row for row in wanted if row.condition == id]
        scored |= {g.obs_id: g for g in predict_rows(content, stance, mine).groups} if mine else {}
    known = {row.id for content in contents.values() for row in content.evidence.observations if row.fitted}
    return NewGroups(
        groups=tuple(scored[row.id] for row in wanted),
        skipped=tuple((id, reason) for id, reason in reasons.items() if reason),
        fitted_before=tuple(row.id for row in wanted if row.id in known),
    )


def _skipped_because(row: Observation, condition: str | None) -> str:
    if row.kind == "contrast":
        return "contrast"
    return "other_condition" if condition and row.condition != condition else ""


def _file_faults(rows: Sequence[Observation], path: Path, contents: Mapping[str, Content]) -> Iterator[Fault]:
    seen: set[str] = set()
    for row in rows:
        where = f"{path}:{row.line}"
        if row.id in seen:
            yield Fault("obs_id", repr(row.id), say("unique_id"), say("give_another_id"), where)
        seen.add(row.id)
        if row.condition not in contents:
            cure = suggestion(row.condition, contents)
            yield Fault("condition", repr(row.condition), one_of(contents), cure, where)
    yield from check_observations(rows, path, [content.condition for content in contents.values()])
    for id, content in contents.items():
        yield from _content_faults([row for row in rows if row.condition == id], path, content)


def _content_faults(rows: Sequence[Observation], path: Path, content: Content) -> list[Fault]:
    """Scales, outcomes, terms and levels that the condition's model does not know."""
    try:
        check_known(rows, content.condition, content.assumptions, content.interactions, str(path))
    except EvidenceError as error:
        return list(error.faults)
    return []
