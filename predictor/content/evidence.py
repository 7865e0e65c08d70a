"""The evidence: claims of the articles, their checks, and what the studies report, as frozen records."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, get_args

from ..errors import EvidenceError, Fault, InputError, Said, one_of, say, shown, suggestion
from .conditions import LANGUAGES, Condition, Factor, without_model
from .documents import read_text
from .library_messages import library_message

DIRECTIONS = ("favourable", "unfavourable", "mixed", "undetermined", "background")
DIRECTIONAL = ("favourable", "unfavourable")
NO_COLUMN = say("no_column")
TOLD = "told"
"""The field of a row that holds what the columns say which the conditions name."""


@dataclass(frozen=True)
class Prose:
    """What a row says in words, in each language: the columns NAME_en and NAME_zh of its file."""

    en: str = ""
    zh: str = ""

    def __getitem__(self, language: str) -> str:
        return {"en": self.en, "zh": self.zh}[language]

    def __bool__(self) -> bool:
        return bool(self.en)


def prose_columns(name: str) -> tuple[str, ...]:
    """The columns of prose of that name."""
    return tuple(f"{name}_{language}" for language in LANGUAGES)


Standing = Literal["open", "studied", "contradicted"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
"""What stands behind a directional claim; see data/evidence/README.md."""
RISKS = ("low", "some_concerns", "high", "critical", "not_applicable")
"""The risk of bias of a study, the least first."""
BIASED = ("high", "critical")
"""The risks at which a study is told apart as biased."""
HARMS = ("safety", "mortality")
"""Domains of outcomes that are harms, and no response."""
PERCENT = ("responders", "proportion")
"""Measures whose value is a percentage."""
BETWEEN = "between"
"""In place of a group: a result between groups."""
RETRACTED = "retracted"
"""The state of a publication that leaves the fit, and what its records that were fitted are used for then."""
UNTOLD = (None, "", (), Prose())
"""What a cell holds that says nothing."""


@dataclass(frozen=True)
class Row:
    """A row of an evidence file; `line` is where it stands in the file."""

    allowed: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    needed: ClassVar[tuple[str, ...]] = ()
    """What each row tells: what it is known by, and what no answer can be worded without."""
    line: int

    @classmethod
    def own_kinds(cls) -> dict[str, str]:
        """What such rows tell whatever the conditions are, each with what it holds."""
        return {f.name: str(f.type) for f in fields(cls) if f.name not in ("line", TOLD)}

    @classmethod
    def told_kinds(cls, conditions: Iterable[Condition]) -> dict[str, str]:
        """What the conditions name besides, each with what it holds."""
        return {}

    def as_dict(self) -> dict[str, Any]:
        """What is told, in the order of the file; prose as a text in each language."""
        cells: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            cells |= value if f.name == TOLD else {f.name: value}
        told = {k: v for k, v in cells.items() if k != "line" and v not in UNTOLD}
        return {k: asdict(v) if isinstance(v, Prose) else v for k, v in told.items()}


def columns_of(kinds: Mapping[str, str]) -> list[str]:
    """The columns that tell something: one each, or of prose one for each language."""
    return [column for name, kind in kinds.items() for column in (prose_columns(name) if kind == "Prose" else (name,))]


@dataclass(frozen=True)
class Claim(Row):
    """One statement of an article about a factor or a mechanism."""

    allowed = {
        "direction": DIRECTIONS,
        "strength": ("", "small", "medium", "large"),
        "basis": ("meta_analysis", "clinical", "case_report", "mechanistic", "expert"),
        "standing": ("", *STANDINGS),
    }
    needed = ("claim_id", "source_id", "locator", "factor", "domain", "horizon", "statement")
    claim_id: str
    source_id: str
    locator: str
    condition: str
    factor: str
    level: str
    versus: str
    direction: str
    strength: str
    basis: str
    domain: str
    horizon: str
    study_ids: tuple[str, ...]
    statement: Prose
    standing: str
    standing_reason: Prose
    comment: Prose

    @property
    def id(self) -> str:
        return self.claim_id

    @property
    def directional(self) -> bool:
        return self.direction in DIRECTIONAL

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(self.factor.split("*"))


@dataclass(frozen=True)
class Check(Row):
    """One figure or statement of an article beside what the primary source says."""

    allowed = {"verdict": ("agrees", "differs", "misattributed", "not_found", "arithmetic_error")}
    needed = ("source_id", "seed_location", "seed_figure")
    source_id: str
    seed_location: str
    seed_figure: Prose
    primary_figure: Prose
    verdict: str
    comment: Prose

    @property
    def id(self) -> str:
        return f"check-{self.line - 1}"


@dataclass(frozen=True)
class Study(Row):
    """One publication."""

    allowed = {
        "design": (
            "rct",
            "controlled_nonrandomised",
            "single_arm",
            "case_report",
            "cohort",
            "meta_analysis",
            "ipd_meta_analysis",
        ),
        "risk_of_bias": RISKS,
        "publication_state": ("ok", "corrected", "concern", RETRACTED, "unknown"),
    }
    needed = ("study_id", "short_citation", "verification")
    study_id: str
    condition: str
    short_citation: str
    title: str
    journal: str
    year: str
    doi: str
    pmid: str
    registration: str
    country: str
    design: str
    blinding: Prose
    n_total: float | None
    age_min_years: float | None
    age_max_years: float | None
    age_mean_years: float | None
    severity_note: Prose
    risk_of_bias: str
    risk_of_bias_reason: Prose
    funding_or_conflict_note: Prose
    verification: str
    publication_state: str
    notes: Prose

    @property
    def id(self) -> str:
        return self.study_id

    @property
    def retracted(self) -> bool:
        return self.publication_state == RETRACTED

    @property
    def countries(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.country.split(";") if name.strip())


@dataclass(frozen=True)
class Arm(Row):
    """One group of patients in a study."""

    needed = ("study_id", "arm_id", "role", "verification")
    study_id: str
    arm_id: str
    role: str
    n: float | None
    told: Mapping[str, Any]
    verification: str
    condition: str

    @classmethod
    def told_kinds(cls, conditions: Iterable[Condition]) -> dict[str, str]:
        """Levels and what is not shown as they stand; what is told in words in both languages."""
        arms = (factor.arms for condition in conditions for factor in condition)
        as_they_stand = ("level", "unshown")
        return {name: "str" if how in as_they_stand else "Prose" for told in arms for name, how in told.items()}


@dataclass(frozen=True)
class Outcome(Row):
    """One reported result of an arm, or between arms."""

    needed = ("study_id", "arm_id", "scale", "domain", "measure", "verification")
    study_id: str
    arm_id: str
    scale: Prose
    domain: str
    time_months: float | None
    measure: str
    value: float | None
    sd: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: Prose
    events: float | None
    n: float | None
    responder_definition: Prose
    direction: str
    where_in_source: Prose
    verification: str
    condition: str


@dataclass(frozen=True)
class Finding(Row):
    """One finding of a study on whether a factor changes the response."""

    allowed = {"direction": ("favourable", "unfavourable", "mixed", "no_effect")}
    needed = ("study_id", "factor", "finding", "verification")
    study_id: str
    factor: str
    level_compared: Prose
    finding: Prose
    direction: str
    effect_measure: Prose
    effect_value: Prose
    p_value: Prose
    verification: str
    condition: str

    @property
    def id(self) -> str:
        return f"finding-{self.line - 1}-{self.study_id}"


@dataclass(frozen=True)
class Observation(Row):
    """One record for the response model: a study group, a contrast, or the usual course."""

    allowed = {
        "role": ("treated", "control", "treated_uncontrolled", "contrast"),
        "kind": ("counts", "change", "contrast"),
        "use": ("fit", "shown"),
    }
    needed = ("obs_id", "study_id")
    obs_id: str
    condition: str
    study_id: str
    arm_id: str
    role: str
    kind: str
    outcome: str
    scale: str
    follow_up_months: float | None
    n: float | None
    events: float | None
    mean_change: float | None
    sd_change: float | None
    sd_baseline: float | None
    sd_follow_up: float | None
    log_odds_ratio: float | None
    se: float | None
    term: str
    use: str
    reason: Prose
    pooled_in: str
    told: Mapping[str, Any]
    verification: str
    derivation: Prose

    @classmethod
    def told_kinds(cls, conditions: Iterable[Condition]) -> dict[str, str]:
        conditions = tuple(conditions)
        kinds = {name: "str" for condition in conditions for name in condition.unused_columns}
        for seen in (factor.observed for condition in conditions for factor in condition):
            kinds |= dict.fromkeys(seen.numbers, "float | None") | dict.fromkeys(seen.words, "str")
        return {name: kind for name, kind in kinds.items() if name not in cls.own_kinds()}

    @property
    def id(self) -> str:
        return self.obs_id

    @property
    def fitted(self) -> bool:
        return self.use == "fit"

    @property
    def treated(self) -> bool:
        return self.role in ("treated", "treated_uncontrolled") or (self.kind == "contrast" and not self.term)

    @property
    def group(self) -> tuple[str, str]:
        return self.study_id, self.arm_id

    def number(self, column: str) -> float | None:
        """The number in a column, whether it is told for a factor or is the record's own."""
        value = self.told.get(column, getattr(self, column, None))
        return value if isinstance(value, float) else None

    def word(self, column: str) -> str:
        """The text in a column that is told for a factor."""
        return str(self.told.get(column) or "")


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


@dataclass(frozen=True)
class Evidence:
    """All evidence files of a data folder."""

    claims: tuple[Claim, ...]
    checks: tuple[Check, ...]
    studies: tuple[Study, ...]
    arms: tuple[Arm, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]

    @cached_property
    def study_by_id(self) -> dict[str, Study]:
        return {study.study_id: study for study in self.studies}

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(study.condition for study in self.studies))

    def in_force(self) -> Evidence:
        """The same with the records of retracted studies out of the fit; what only they kept out of it comes back."""
        gone = {study.id for study in self.studies if study.retracted}
        if not gone:
            return self
        return replace(self, observations=tuple(_in_force(row, gone) for row in self.observations))

    def for_condition(self, condition: str, article: str) -> Evidence:
        """The part of the evidence that belongs to one condition and its article."""

        def mine(rows: Iterable[Any]) -> tuple[Any, ...]:
            return tuple(row for row in rows if row.condition == condition)

        return Evidence(
            claims=mine(self.claims),
            checks=tuple(check for check in self.checks if check.source_id == article),
            studies=mine(self.studies),
            arms=mine(self.arms),
            outcomes=mine(self.outcomes),
            findings=mine(self.findings),
            observations=mine(self.observations),
        )

    def identified(self) -> Iterator[Claim | Check | Study | Finding | Observation]:
        """Every record that has an id of its own."""
        yield from self.claims
        yield from self.checks
        yield from self.studies
        yield from self.findings
        yield from self.observations

    def search(
        self, words: str, chinese: Callable[[Any], str] = lambda _: ""
    ) -> list[Claim | Check | Study | Finding | Observation]:
        """The records whose text holds all the words, in any case.

        chinese: gives what a record says in Chinese, where words that are not ASCII are looked for too.
        """
        wanted = words.casefold().split()
        return [r for r in self.identified() if all(_holds(r, word, chinese) for word in wanted)]


def _in_force(row: Observation, gone: Collection[str]) -> Observation:
    if row.study_id not in gone:
        return restored(row, gone)
    return replace(row, use=RETRACTED) if row.fitted else row


def restored(row: Observation, gone: Collection[str]) -> Observation:
    """A group whose pooled analysis is gone, fitted again, for its patients would be lost; any other as it is."""
    return replace(row, use="fit", reason=Prose(), pooled_in="") if row.pooled_in in gone else row


def _holds(record: Any, word: str, chinese: Callable[[Any], str]) -> bool:
    return word in _all_text(record) or (not word.isascii() and word in chinese(record).casefold())


def _all_text(record: Row) -> str:
    """What a row says in English and in codes."""
    told = record.as_dict().values()
    return " ".join(value["en"] if isinstance(value, dict) else str(value) for value in told).casefold()


FILES: dict[str, tuple[str, type[Row]]] = {
    "claims": ("claims.csv", Claim),
    "checks": ("claim_checks.csv", Check),
    "studies": ("studies.csv", Study),
    "arms": ("arms.csv", Arm),
    "outcomes": ("outcomes.csv", Outcome),
    "findings": ("modifiers.csv", Finding),
    "observations": ("observations.csv", Observation),
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


def _unknown_conditions(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    """Studies of a condition that no file of configs/ names, and rows of one that no study has: misspelt, they would be
    left out in silence."""
    known = known_conditions(conditions)
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


def known_conditions(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """The conditions that the files of configs/ name, those without a model too."""
    conditions = tuple(conditions)
    return (*(condition.id for condition in conditions), *without_model(conditions))


def _conditions_of_other_studies(folder: Path, evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Fault]:
    """Rows of a study in a condition that it is not of: an answer would miss the study, and the study the row."""
    known = known_conditions(conditions)
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
    "conditions": (("studies", *OF_STUDIES), _unknown_conditions),
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
