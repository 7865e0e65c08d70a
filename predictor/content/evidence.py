"""The evidence: claims of the articles, their checks, and what the studies report, as frozen records."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from ..errors import EvidenceError, Fault, InputError, shown, suggestion
from .conditions import LANGUAGES
from .documents import read_text

DIRECTIONS = ("favourable", "unfavourable", "mixed", "undetermined", "background")
DIRECTIONAL = ("favourable", "unfavourable")
NO_COLUMN = "no such column"
SHARES_FIELD = "severity shares"
SHARES = ("severity_mild", "severity_moderate", "severity_severe")


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


UNTOLD = (None, "", (), Prose())
"""What a cell holds that says nothing."""


@dataclass(frozen=True)
class Row:
    """A row of an evidence file; `line` is where it stands in the file."""

    allowed: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    line: int

    @classmethod
    def columns(cls) -> dict[str, tuple[str, ...]]:
        """The columns that tell each field: one, or of prose one for each language."""
        names = {f.name: f.type == "Prose" for f in fields(cls) if f.name != "line"}
        return {name: prose_columns(name) if prose else (name,) for name, prose in names.items()}

    def as_dict(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k != "line" and getattr(self, k) not in UNTOLD}


@dataclass(frozen=True)
class Claim(Row):
    """One statement of an article about a factor or a mechanism."""

    allowed = {
        "direction": DIRECTIONS,
        "strength": ("", "small", "medium", "large"),
        "basis": ("meta_analysis", "clinical", "case_report", "mechanistic", "expert"),
        "horizon": ("short", "long", "any"),
    }
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
        "risk_of_bias": ("low", "some_concerns", "high", "critical", "not_applicable"),
    }
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
    notes: Prose

    @property
    def id(self) -> str:
        return self.study_id

    @property
    def countries(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.country.split(";") if name.strip())


@dataclass(frozen=True)
class Arm(Row):
    """One group of patients in a study."""

    study_id: str
    arm_id: str
    role: str
    n: float | None
    age_mean_years: float | None
    age_min_years: float | None
    age_max_years: float | None
    severity_scale: Prose
    severity_mean: float | None
    gmfcs_note: Prose
    cell_type: str
    cell_source: str
    donor: str
    route: str
    n_infusions: Prose
    cells_per_infusion: Prose
    co_therapy: Prose
    verification: str
    condition: str
    time_since_onset_days_mean: float | None
    time_since_onset_min_days: float | None
    time_since_onset_max_days: float | None
    timing_window: str


@dataclass(frozen=True)
class Outcome(Row):
    """One reported result of an arm, or between arms."""

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
        "infusions": ("", "single", "repeated"),
    }
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
    age_min: float | None
    age_max: float | None
    age_mean: float | None
    severity_mild: float | None
    severity_moderate: float | None
    severity_severe: float | None
    timing: str
    cell_type: str
    cell_source: str
    donor: str
    route: str
    infusions: str
    verification: str
    derivation: Prose

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


T = TypeVar("T", bound=Row)


def read_rows(path: Path, kind: type[T]) -> tuple[T, ...]:
    """The rows of a CSV file as records.

    Raises EvidenceError with all of its faults at once, each with row and field.
    """
    rows, faults = rows_and_faults(path, kind)
    if faults:
        raise EvidenceError(faults)
    return rows


def rows_and_faults(path: Path, kind: type[T], one_language: bool = False) -> tuple[tuple[T, ...], list[Fault]]:
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
    rows: list[T] = []
    faults: list[Fault] = []
    try:
        header = next(table)
        faults += _header_faults(path, header, _columns(kind, header, one_language))
        for cells in table:
            if cells:
                place = f"{path}:{table.line_num}"
                row, found = _row(kind, header, cells, place, table.line_num, one_language)
                faults += found
                rows += [row] if row is not None else []
    except csv.Error as error:
        faults.append(Fault("row", str(error), "a CSV row", where=f"{path}:{table.line_num}"))
    return tuple(rows), faults


def without_consequences(told: Sequence[Fault], further: Iterable[Fault]) -> Iterator[Fault]:
    """Further faults of a file, but for those that only say again what was told: of the same cell, or of
    a column that is missing."""
    cells = {(fault.where, fault.field) for fault in told}
    missing = {fault.field for fault in told if fault.found == NO_COLUMN}
    for fault in further:
        parts = SHARES if fault.field == SHARES_FIELD else (fault.field,)
        if not any((fault.where, part) in cells or part in missing for part in parts):
            yield fault


def _columns(kind: type[Row], header: Sequence[str], one_language: bool) -> list[str]:
    """The columns that a file of such rows needs, in order; of prose in one language, one of the two is enough."""
    needed: list[str] = []
    for columns in kind.columns().values():
        told = [name for name in columns if name in header]
        needed += (told or columns[:1]) if one_language else columns
    return needed


def _header_faults(path: Path, header: Sequence[str], columns: Sequence[str]) -> list[Fault]:
    where = f"{path}:1"
    if not set(header) & set(columns):
        cure = "Is it the right file, with commas between the cells?"
        raise EvidenceError(Fault("header", shown(",".join(header)), ",".join(columns), cure, where))
    missing = [name for name in columns if name not in header]
    faults = [Fault(name, NO_COLUMN, "a column of that name", where=where) for name in missing]
    for name in dict.fromkeys(header):
        if name not in columns:
            cure = suggestion(name, missing or columns)
            faults.append(Fault(name, "an unknown column", "a known one", cure, where))
        elif list(header).count(name) > 1:
            cure = "Remove or rename one of the two."
            faults.append(Fault(name, "the column twice", "each column once", cure, where))
    if not faults and list(header) != list(columns):
        faults = [Fault("header", ",".join(header), ",".join(columns), "Put the columns in order.", where)]
    return faults


def _row(
    kind: type[T], header: Sequence[str], cells: Sequence[str], where: str, line: int, one_language: bool
) -> tuple[T | None, list[Fault]]:
    if len(cells) != len(header):
        cure = "Is a comma outside quotes?"
        return None, [Fault("row", f"{len(cells)} cells", f"{len(header)}", cure, where)]
    told = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    faults: list[Fault] = []
    values: dict[str, Any] = {"line": line}
    for f in fields(kind):
        if f.type == "Prose":
            values[f.name], found = _prose(f.name, told, where, one_language)
        elif f.name != "line":
            values[f.name], found = _value(f, told, kind.allowed.get(f.name), where)
        else:
            continue
        faults += found
    return kind(**values), faults


def _value(
    field: Field[Any], told: Mapping[str, str], allowed: Sequence[str] | None, where: str
) -> tuple[Any, list[Fault]]:
    """What a row tells of a field, and what is wrong with its cell."""
    cell = told.get(field.name, "")
    if allowed and cell not in allowed and field.name in told:
        expected = "one of " + ", ".join(a for a in allowed if a)
        return cell, [Fault(field.name, repr(cell), expected, suggestion(cell, allowed), where)]
    try:
        return _CONVERT[str(field.type)](cell), []
    except ValueError:
        return None, [Fault(field.name, repr(cell), "a number or nothing", where=where)]


def _prose(name: str, told: Mapping[str, str], where: str, one_language: bool) -> tuple[Prose, list[Fault]]:
    """What a row says in words, and what is wrong with it: it stands in one language and must stand in both."""
    columns = prose_columns(name)
    en, zh = (told.get(column, "") for column in columns)
    if one_language:
        return Prose(en or zh, zh or en), []
    here, there, language = (columns[0], columns[1], "Chinese") if en else (columns[1], columns[0], "English")
    untranslated = told.get(here) and told.get(there) == ""
    fault = Fault(there, "nothing", f"the {language} of {here}", "Translate it.", where)
    return Prose(en, zh), [fault] if untranslated else []


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


def _holds(record: Any, word: str, chinese: Callable[[Any], str]) -> bool:
    return word in _all_text(record) or (not word.isascii() and word in chinese(record).casefold())


def _all_text(record: Row) -> str:
    """What a row says in English and in codes."""
    told = (getattr(record, name) for name in record.as_dict())
    return " ".join(value.en if isinstance(value, Prose) else str(value) for value in told).casefold()


FILES: dict[str, tuple[str, type[Row]]] = {
    "claims": ("claims.csv", Claim),
    "checks": ("claim_checks.csv", Check),
    "studies": ("studies.csv", Study),
    "arms": ("arms.csv", Arm),
    "outcomes": ("outcomes.csv", Outcome),
    "findings": ("modifiers.csv", Finding),
    "observations": ("observations.csv", Observation),
}


def load_evidence(folder: Path, known_sources: Iterable[str] = ()) -> Evidence:
    """Reads and cross-checks the evidence of `folder`.

    known_sources: ids of sources without a publication that claims may cite.
    Raises EvidenceError with all the faults of a file at once.
    """
    tables = {name: read_rows(folder / file, kind) for name, (file, kind) in FILES.items()}
    evidence = Evidence(**tables)  # type: ignore[arg-type]
    faults = [*_repeated_ids(folder, evidence), *_unknown_studies(folder, evidence, known_sources)]
    faults += [*_unknown_conditions(folder, evidence), *_claims_without_strength(folder, evidence)]
    faults += check_observations(evidence.observations, folder / "observations.csv")
    if faults:
        raise EvidenceError(faults)
    return evidence


def _repeated_ids(folder: Path, evidence: Evidence) -> Iterator[Fault]:
    for name in ("claims", "studies", "observations"):
        seen: set[str] = set()
        for row in getattr(evidence, name):
            if row.id in seen:
                where = f"{folder / FILES[name][0]}:{row.line}"
                yield Fault("id", repr(row.id), "an id that stands once", "Give it another id.", where)
            seen.add(row.id)


def _unknown_studies(folder: Path, evidence: Evidence, known_sources: Iterable[str]) -> Iterator[Fault]:
    known = {*evidence.study_by_id, *known_sources}
    for name in ("claims", "arms", "outcomes", "findings", "observations"):
        for row in getattr(evidence, name):
            ids = row.study_ids if isinstance(row, Claim) else (row.study_id, getattr(row, "pooled_in", ""))
            for id in ids:
                if id and id not in known:
                    where = f"{folder / FILES[name][0]}:{row.line}"
                    yield Fault("study_id", repr(id), "a study of studies.csv", suggestion(id, known), where)


def _unknown_conditions(folder: Path, evidence: Evidence) -> Iterator[Fault]:
    """Rows of a condition that no study has: misspelt, they would be left out in silence."""
    known = evidence.conditions
    for name in ("claims", "arms", "outcomes", "findings", "observations"):
        for row in getattr(evidence, name):
            if row.condition not in known:
                where, expected = f"{folder / FILES[name][0]}:{row.line}", "a condition of studies.csv"
                yield Fault("condition", repr(row.condition), expected, suggestion(row.condition, known), where)


def _claims_without_strength(folder: Path, evidence: Evidence) -> Iterator[Fault]:
    for claim in evidence.claims:
        if claim.directional and not claim.strength:
            where = f"{folder / FILES['claims'][0]}:{claim.line}"
            yield Fault(
                "strength", "nothing", f"small, medium or large, as the claim is {claim.direction}", where=where
            )


def check_observations(observations: Iterable[Observation], path: Path) -> list[Fault]:
    """What is impossible in the numbers of observations: events above n, a spread below zero, gaps."""
    return [fault for row in observations for fault in _observation_faults(row, f"{path}:{row.line}")]


def _observation_faults(row: Observation, where: str) -> Iterator[Fault]:
    needed: dict[str, tuple[str, ...]] = {
        "counts": ("n", "events"),
        "change": ("n", "mean_change"),
        "contrast": ("log_odds_ratio", "se"),
    }
    for name in needed.get(row.kind, ()):
        if getattr(row, name) is None:
            yield Fault(name, "nothing", f"a number, as kind is {row.kind}", where=where)
    if row.n is not None and row.n <= 0:
        yield Fault("n", f"{row.n:g}", "a number above 0", where=where)
    if row.events is not None and row.n is not None and row.n > 0 and not 0 <= row.events <= row.n:
        yield Fault("events", f"{row.events:g}", f"0 to n ({row.n:g})", "Are n and events swapped?", where)
    for name in ("se", "sd_change", "sd_baseline", "sd_follow_up"):
        value = getattr(row, name)
        if value is not None and value <= 0:
            yield Fault(name, f"{value:g}", "a number above 0", where=where)
    if row.age_min is not None and row.age_max is not None and row.age_min > row.age_max:
        yield Fault("age_min", f"{row.age_min:g}", f"at most age_max ({row.age_max:g})", "Are they swapped?", where)
    shares = [getattr(row, name) for name in SHARES]
    stated = [share for share in shares if share is not None]
    if stated and (len(stated) < 3 or abs(sum(stated) - 1) > 0.02):
        yield Fault(SHARES_FIELD, f"{stated}", "three shares that add up to 1, or none", where=where)
