"""The evidence: claims of the articles, their checks, and what the studies report, as frozen records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

from .conditions import LANGUAGES, Condition

DIRECTIONS = ("favourable", "unfavourable", "mixed", "undetermined", "background")
DIRECTIONAL = ("favourable", "unfavourable")

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
