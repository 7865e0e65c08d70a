"""Proves that the files of the content agree: what a fit accepts, every command can show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import ConfigurationError, EvidenceError, Fault, Said, joined, one_of, say, shown, suggestion
from .conditions import Condition
from .configuration import Wrong, read_configuration
from .evidence import FILES, Evidence, Observation, Row, Study

CODED: Mapping[str, tuple[str, ...]] = {
    "claims": ("domain",),
    "studies": ("verification", "country"),
    "arms": ("role", "verification"),
    "outcomes": ("domain", "measure", "direction", "verification"),
    "findings": ("verification",),
    "observations": ("verification",),
}
"""The columns of each file whose codes have words in the locales, or in the file of their condition."""
PLACE, STUDY = say("seed_location"), say("study_of_studies")


def check_agreement(configs: Path, folder: Path, conditions: Sequence[Condition], evidence: Evidence) -> None:
    """Raises ConfigurationError for names in a condition's file that the evidence does not know, and EvidenceError
    for rows that no condition can show."""
    wrong = [fault for one in conditions for fault in _placed(configs / f"{one.id}.yaml", _unknown(one, evidence))]
    if wrong:
        raise ConfigurationError(wrong)
    faults = [*_foreign_checks(folder, conditions, evidence)]
    for condition in conditions:
        mine = [row for row in evidence.observations if row.condition == condition.id]
        path = folder / FILES["observations"][0]
        faults += [*_nothing_fitted(condition, mine, path), *_unread_cells(condition, mine, path)]
    if faults:
        raise EvidenceError(faults)


def _placed(path: Path, wrongs: Iterator[Wrong]) -> Iterator[Fault]:
    """What is wrong inside a condition's file, with the line where it stands."""
    found = list(wrongs)
    document = read_configuration(path) if found else None
    for wrong in found:
        where = document.where(wrong.at) if document else ""
        yield Fault(".".join(map(str, wrong.at)), wrong.found, wrong.expected, wrong.cure, where)


def _unknown(condition: Condition, evidence: Evidence) -> Iterator[Wrong]:
    """Claims, studies and places of the article that a condition's file names and the evidence does not hold."""
    claims = [claim.id for claim in evidence.claims if claim.condition == condition.id]
    places = [check.seed_location for check in evidence.checks if check.source_id == condition.article]
    studies = list(evidence.study_by_id)
    for id, named in condition.claim_checks.items():
        yield from _not_among(("claim_checks", id), [id], claims, say("claim_of_claims"))
        yield from _not_among(("claim_checks", id), named, places, PLACE)
    for part, named_parts in (("sections", condition.sections), ("unpublished_sources", condition.unpublished_sources)):
        for id, told in named_parts.items():
            yield from _not_among((part, id, "checks"), told["checks"], places, PLACE)
    for name, scale in condition.scales.items():
        yield from _not_among(("scales", name, "study"), filter(None, [scale.get("study")]), studies, STUDY)
    if condition.natural_course:
        yield from _unknown_in_course(condition, evidence)


def _not_among(at: tuple[str, ...], names: Iterable[str], known: Collection[str], expected: Said) -> Iterator[Wrong]:
    for name in names:
        if name not in known:
            yield Wrong(at, shown(name), expected, suggestion(name, known))


def _unknown_in_course(condition: Condition, evidence: Evidence) -> Iterator[Wrong]:
    """A study without the measures of its curves, and curves that no category names."""
    natural = condition.natural_course
    if natural["study"] not in evidence.study_by_id:
        yield from _not_among(("natural_course", "study"), [natural["study"]], evidence.study_by_id, STUDY)
        return
    rows = [row for row in evidence.outcomes if row.study_id == natural["study"] and row.value is not None]
    for name, measure in natural["measures"].items():
        at, known = ("natural_course", "measures", name), {row.measure for row in rows}
        yield from _not_among(at, [measure], known, say("measure_of_study"))
    categories = condition.fields[natural["groups"]].categories
    drawn = dict.fromkeys(row.arm_id for row in rows if row.measure in natural["measures"].values())
    for group in drawn:
        if group.split()[-1] not in categories:
            expected = say("groups_that_end", list=joined(categories))
            yield Wrong(("natural_course", "groups"), say("group_in_outcomes", group=shown(group)), expected)


def _foreign_checks(folder: Path, conditions: Sequence[Condition], evidence: Evidence) -> Iterator[Fault]:
    """Checks of an article that no file of configs/ names."""
    articles = [condition.article for condition in conditions]
    for check in evidence.checks:
        if check.source_id not in articles:
            where = f"{folder / FILES['checks'][0]}:{check.line}"
            expected = one_of(articles)
            yield Fault("source_id", repr(check.source_id), expected, suggestion(check.source_id, articles), where)


def _nothing_fitted(condition: Condition, rows: Sequence[Observation], path: Path) -> Iterator[Fault]:
    """A condition of whose usual course no study group tells."""
    if not any(row.fitted and row.kind != "contrast" for row in rows):
        expected = say("row_to_fit_of", condition=condition.id)
        yield Fault("use", say("no_row_to_fit"), expected, say("rest_on_nothing"), str(path))


def _unread_cells(condition: Condition, rows: Sequence[Observation], path: Path) -> Iterator[Fault]:
    """What study groups tell in a column that no factor of their condition reads: it would be lost in silence."""
    read = {name for factor in condition for name in (*factor.observed.numbers, *factor.observed.words)}
    read |= set(condition.unused_columns)
    lost: dict[str, list[Observation]] = {}
    for row in rows:
        for column, value in row.told.items():
            if value not in (None, "") and column not in read:
                lost.setdefault(column, []).append(row)
    for column, (first, *others) in lost.items():
        value = shown(first.told[column])
        found = say("first_and_more", value=value, number=len(others)) if others else value
        expected = say("column_that_is_read", condition=condition.id)
        yield Fault(column, found, expected, say("name_observed_or_unused"), f"{path}:{first.line}")


def check_words(
    configs: Path, folder: Path, evidence: Evidence, stances: Iterable[str], sentences: Collection[str]
) -> None:
    """Raises ConfigurationError for a stance without its sentences, and EvidenceError for every code of the evidence
    that has no word."""
    keys = (f"{kind}.{stance}" for stance in stances for kind in ("stance", "stance_meaning"))
    where, expected = str(configs / "locales"), say("sentence_each_stance")
    missing = [Fault(key, say("no_key"), expected, where=where) for key in keys if key not in sentences]
    if missing:
        raise ConfigurationError(missing)
    faults = [*_wordless(folder, evidence, sentences)]
    if faults:
        raise EvidenceError(faults)


def _wordless(folder: Path, evidence: Evidence, sentences: Collection[str]) -> Iterator[Fault]:
    for table, columns in CODED.items():
        for row in getattr(evidence, table):
            where = f"{folder / FILES[table][0]}:{row.line}"
            for column in columns:
                for code in _codes(row, column):
                    if f"{column}.{code}" not in sentences:
                        cure = say("add_word", column=column, condition=row.condition)
                        yield Fault(column, repr(code), say("code_with_words"), cure, where)


def _codes(row: Row, column: str) -> tuple[str, ...]:
    """The codes in a cell: none, one, or the countries of a study."""
    if isinstance(row, Study) and column == "country":
        return row.countries
    return tuple(filter(None, (getattr(row, column),)))
