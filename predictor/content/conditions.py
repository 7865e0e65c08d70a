"""The documented factors of a condition: their levels, cut-offs, units and names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from ..errors import Bilingual, Said, labelled, near_name, say

Language = Literal["en", "zh"]
Role = Literal["patient", "chosen", "question"]
Labels = Mapping[str, str]

LANGUAGES: tuple[Language, ...] = ("en", "zh")
UNIT_WORDS: Mapping[str, tuple[str, ...]] = {
    "hours": ("h", "hr", "hrs", "hour", "hours", "小时"),
    "days": ("d", "day", "days", "天", "日"),
    "weeks": ("w", "wk", "wks", "week", "weeks", "周", "星期", "礼拜"),
    "months": ("m", "mo", "mos", "month", "months", "月", "个月"),
    "years": ("y", "yr", "yrs", "year", "years", "岁", "周岁", "年"),
    "points": ("point", "points", "分"),
}
"""The units that any condition may use, with the words for them; a condition adds what it counts in."""
WORDS_ONLY = ("level",)
"""The unit of a field that takes a word and no number."""
YEAR_IN_DAYS = 365.25
DAYS: Mapping[str, float] = {
    "hours": 1 / 24,
    "days": 1.0,
    "weeks": 7.0,
    "months": YEAR_IN_DAYS / 12,
    "years": YEAR_IN_DAYS,
}
"""The units of time that can be compared, in days."""
UNIT_WITHIN = re.compile(r"[a-z]+|小时|[天日周月岁]|年(?!龄)")
MISSPELT_UNIT = 0.8
"""How alike a misspelt unit must be to one that it is taken for."""


class Units:
    """Units with the words for them: what a name says of its unit."""

    def __init__(self, words: Mapping[str, tuple[str, ...]]):
        self.words = words
        self.by_word = {word: unit for unit, each in words.items() for word in each}
        self._at_end = re.compile(
            rf"(.+?)(?:[\s_\-,，/]{{1,3}}(?![a-z]$)|[(（\[]\s?)(?:in\s)?({'|'.join(self.by_word)})\s?[)）\]]?",
            re.IGNORECASE,
        )
        self._within: dict[str, frozenset[str]] = {}

    @classmethod
    def of(cls, conditions: Iterable[Condition]) -> Units:
        """The units of some conditions together."""
        counted = {unit: tuple(told["words"]) for c in conditions for unit, told in c.counted_units.items()}
        return cls({**UNIT_WORDS, **counted})

    def split(self, name: str) -> tuple[str, str | None]:
        """A name without the unit at its end, and that unit: Age and months of `Age (months)`."""
        parts = self._at_end.fullmatch(name.strip())
        return (parts[1], self.by_word.get(parts[2].casefold())) if parts else (name, None)

    def within(self, name: str) -> frozenset[str]:
        """The units that a name tells anywhere: days of `days_since_onset` and 发病后天数."""
        if name not in self._within:
            found = (near_name(word, self.by_word, MISSPELT_UNIT) for word in UNIT_WITHIN.findall(name.casefold()))
            self._within[name] = frozenset(self.by_word[word] for word in found if word)
        return self._within[name]


@dataclass(frozen=True)
class Band:
    """A stretch of a measured quantity, each end open, closed or absent."""

    lower: float
    upper: float
    includes_lower: bool
    includes_upper: bool

    @classmethod
    def from_dict(cls, data: Mapping[str, float]) -> Band:
        """A band from its ends: from (>=), above (>), to (<=), below (<)."""
        lower = data.get("from", data.get("above", float("-inf")))
        upper = data.get("to", data.get("below", float("inf")))
        return cls(lower, upper, "above" not in data, "below" not in data)

    def __contains__(self, value: float) -> bool:
        over = value >= self.lower if self.includes_lower else value > self.lower
        under = value <= self.upper if self.includes_upper else value < self.upper
        return over and under


@dataclass(frozen=True)
class Level:
    """One level of a factor; `silent` where the articles say nothing about it."""

    id: str
    label: Labels
    source: Labels
    synonyms: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    silent: bool = False

    @classmethod
    def from_dict(cls, id: str, data: Mapping[str, Any]) -> Level:
        return cls(
            id,
            data["label"],
            data["source"],
            tuple(data.get("synonyms", ())),
            tuple(Band.from_dict(band) for band in data.get("bands", ())),
            data.get("silent", False),
        )


@dataclass(frozen=True)
class Field:
    """One way in which a profile tells a factor: a number with a unit, or the name of a level."""

    id: str
    factor: str
    unit: str
    multiply_by: float = 1.0
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    categories: Mapping[str, str] = field(default_factory=dict)
    category_synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    synonyms: tuple[str, ...] = ()
    assumption: Labels = field(default_factory=dict)
    label: Labels = field(default_factory=dict)
    unit_label: Labels = field(default_factory=dict)
    stands_for: str = ""
    """The field whose numbers a factor's own name takes, each with its unit; none: it takes words alone."""

    @classmethod
    def from_dict(cls, id: str, factor: str, data: Mapping[str, Any]) -> Field:
        return cls(id, factor, **{**data, "synonyms": tuple(data.get("synonyms", ()))})

    @property
    def days(self) -> float | None:
        """The field's unit in days; None where it is no unit of time."""
        return DAYS.get(self.unit)

    @property
    def numeric(self) -> bool:
        return self.minimum is not None

    @property
    def unit_said(self) -> Said:
        """The word for its unit in a fault: Chinese counts years of age by another word than other years."""
        return labelled(self.unit_label) if self.unit_label else say(f"unit.{self.unit}")

    @property
    def takes_bare_numbers(self) -> bool:
        """Whether a number without a unit tells it."""
        return self.numeric and not self.stands_for

    @property
    def words(self) -> tuple[str, ...]:
        return (self.id, *self.synonyms)

    def find_category(self, word: str) -> str | None:
        """The category of that name or synonym, beside the field's own name or not: III of `GMFCS III`, 3 and Ⅲ级."""
        bare = normalised(word).removeprefix(normalised(self.id)).removesuffix("级").removesuffix("级别")
        for category in self.categories:
            if bare in map(normalised, (category, *self.category_synonyms.get(category, ()))):
                return category
        return None


@dataclass(frozen=True)
class Observed:
    """By which columns of observations.csv a study group tells a factor, in one of four ways.

    shares: a column for each level; range: the least and the greatest value, with the mean where that is
    known; at: the value itself; column: the name of a level.
    """

    shares: Mapping[str, str] = field(default_factory=dict)
    range: tuple[str, ...] = ()
    mean: str = ""
    at: str = ""
    column: str = ""
    labels: Mapping[str, Labels] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Observed:
        return cls(**{**data, "range": tuple(data.get("range") or ())})

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers."""
        return tuple(filter(None, (*self.shares.values(), *self.range, self.mean, self.at)))

    @property
    def words(self) -> tuple[str, ...]:
        """The columns that hold the name of a level."""
        return (self.column,) if self.column else ()


@dataclass(frozen=True)
class Factor:
    """A documented factor: what a profile may say, the levels it falls into, and who holds them."""

    id: str
    label: Labels
    role: Role
    prognostic: bool
    reference: str
    abstain_when_unstudied: bool
    fields: tuple[Field, ...]
    levels: tuple[Level, ...]
    population: Mapping[str, float]
    untold: str | None = None
    """The level that is taken where a profile says nothing; none: it is unknown."""
    studied_together: bool = False
    """Whether some study group must have a patient's level of it together with those of the others so marked."""
    near_cut: Mapping[str, Any] = field(default_factory=dict)
    studied: Mapping[str, Any] = field(default_factory=dict)
    observed: Observed = Observed()
    study_groups: Mapping[str, float] = field(default_factory=dict)
    arms: Mapping[str, str | Labels] = field(default_factory=dict)
    """How a page tells each column of arms.csv that speaks of the factor: level, text, unshown, or its words."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence_names: tuple[str, ...] = ()
    undetermined_levels: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, id: str, data: Mapping[str, Any]) -> Factor:
        return cls(
            id=id,
            label=data["label"],
            role=data["role"],
            prognostic=data["prognostic"],
            reference=data["reference"],
            abstain_when_unstudied=data["abstain_when_unstudied"],
            fields=tuple(Field.from_dict(k, id, v) for k, v in data["fields"].items()),
            levels=tuple(Level.from_dict(k, v) for k, v in data["levels"].items()),
            population=_mix(data),
            untold=data.get("untold") or (data["reference"] if data["role"] == "question" else None),
            studied_together=data.get("studied_together", False),
            near_cut=data.get("near_cut") or {},
            studied=data.get("studied") or {},
            observed=Observed.from_dict(data.get("observed") or {}),
            study_groups=data.get("study_groups") or {},
            arms=data.get("arms") or {},
            groups={k: tuple(v) for k, v in (data.get("groups") or {}).items()},
            evidence_names=tuple(data.get("evidence_names", ())),
            undetermined_levels=tuple(data.get("undetermined_levels", ())),
        )

    @cached_property
    def level_ids(self) -> tuple[str, ...]:
        return tuple(level.id for level in self.levels)

    @property
    def chosen(self) -> bool:
        return self.role == "chosen"

    @property
    def own_field(self) -> Field:
        """What its own name tells: a level, or a number with its unit where it is measured."""
        measured = next((f for f in self.fields if f.numeric), None)
        if measured is None:
            return Field(self.id, self.id, "level")
        return replace(measured, id=self.id, synonyms=(), assumption={}, stands_for=measured.id)

    @property
    def named_field(self) -> Field:
        """What tells its level by a word."""
        words = (f for f in self.fields if f.unit in WORDS_ONLY and not f.categories)
        return next(words, self.own_field)

    def usual_care_term(self, level: str) -> str:
        """The term of a level in usual care; the time asked for has a kind of its own."""
        return f"horizon:{level}" if self.role == "question" else f"prognosis:{self.id}:{level}"

    def effect_term(self, level: str) -> str:
        """The term of a level in the effect of cells."""
        return f"modifier:{self.id}:{level}"

    def level(self, id: str) -> Level:
        return self.levels[self.level_ids.index(id)]

    def expand(self, name: str) -> tuple[str, ...]:
        """The levels behind a level's name or a group's name; empty for neither."""
        return (name,) if name in self.level_ids else self.groups.get(name, ())

    def level_at(self, value: float) -> str | None:
        """The level whose band holds a measured value."""
        return next((lv.id for lv in self.levels if any(value in b for b in lv.bands)), None)

    def find_level(self, word: str) -> str | None:
        """The level of that id, label or synonym, in either language; case does not matter."""
        return self._words.get(normalised(word))

    @cached_property
    def _words(self) -> dict[str, str]:
        words: dict[str, str] = {}
        for level in self.levels:
            for word in (level.id, *level.label.values(), *level.synonyms):
                words.setdefault(normalised(word), level.id)
        return words


def _mix(data: Mapping[str, Any]) -> dict[str, float]:
    """A factor's population mix as its file states it; empty where the study groups tell it."""
    if data["population"].get("reference_level"):
        return {level: float(level == data["reference"]) for level in data["levels"]}
    return dict(data["population"].get("shares") or {})


@dataclass(frozen=True)
class Contradiction:
    """Levels (or categories of a field) that cannot hold together, and why."""

    when: Mapping[str, tuple[str, ...]]
    message: Labels


@dataclass(frozen=True)
class TimeLimit:
    """A time that cannot be longer than another, but for some years: since an event, than a life.

    found: what a profile says that breaks it, by the field that tells `than`; expected: what should hold;
    cure: the likeliest slip; sentence: what is found in one sentence, with the names of the two fields.
    """

    factor: str
    than: str
    plus_years: float
    found: Mapping[str, Labels]
    expected: Labels
    cure: Labels
    sentence: Labels

    @property
    def plus_days(self) -> float:
        return self.plus_years * YEAR_IN_DAYS


@dataclass(frozen=True)
class Compound:
    """Words that tell the levels of several factors at once."""

    words: tuple[str, ...]
    levels: Mapping[str, str]

    def words_for(self, factor: str, level: str) -> tuple[str, ...]:
        """Its words, if they tell that level."""
        return self.words if self.levels.get(factor) == level else ()


@dataclass(frozen=True)
class WithoutModel:
    """A condition that the evidence tells of and no model covers."""

    id: str
    label: Labels
    synonyms: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """A condition with its factors, outcomes and references, and the article that documents them."""

    id: str
    label: Labels
    synonyms: tuple[str, ...]
    article: str
    reference_outcome: str
    outcomes: Mapping[str, Mapping[str, Any]]
    factors: tuple[Factor, ...]
    contradictions: tuple[Contradiction, ...]
    time_limits: tuple[TimeLimit, ...]
    without_model: tuple[WithoutModel, ...]
    compounds: tuple[Compound, ...]
    counted_units: Mapping[str, Mapping[str, Any]]
    unused_columns: Mapping[str, Labels]
    safety_words: tuple[str, ...]
    scales: Mapping[str, Mapping[str, Any]]
    sections: Mapping[str, Mapping[str, Any]]
    claim_checks: Mapping[str, tuple[str, ...]]
    unpublished_sources: Mapping[str, Mapping[str, Any]]
    vocabulary: Mapping[str, Mapping[str, Labels]]
    natural_course: Mapping[str, Any]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Condition:
        compounds = tuple(Compound(tuple(c["words"]), c["levels"]) for c in data.get("compounds", ()))
        return cls(
            id=data["condition"],
            label=data["label"],
            synonyms=tuple(data["synonyms"]),
            article=data["article"],
            reference_outcome=data["reference_outcome"],
            outcomes=data["outcomes"],
            factors=tuple(_factor(k, v, compounds) for k, v in data["factors"].items()),
            contradictions=tuple(
                Contradiction({k: tuple(v) for k, v in c["when"].items()}, c["message"])
                for c in data.get("contradictions", ())
            ),
            time_limits=tuple(TimeLimit(**limit) for limit in data.get("cannot_exceed", ())),
            without_model=tuple(
                WithoutModel(k, v["label"], tuple(v.get("synonyms", ())))
                for k, v in data.get("without_model", {}).items()
            ),
            compounds=compounds,
            counted_units=data.get("counted_units") or {},
            unused_columns=data.get("unused_columns") or {},
            safety_words=tuple(data.get("safety_words", ())),
            scales=data["scales"],
            sections=data["sections"],
            claim_checks={k: tuple(v) for k, v in data.get("claim_checks", {}).items()},
            unpublished_sources=data.get("unpublished_sources") or {},
            vocabulary=data.get("vocabulary") or {},
            natural_course=data.get("natural_course") or {},
        )

    def __iter__(self) -> Iterator[Factor]:
        return iter(self.factors)

    @cached_property
    def by_id(self) -> dict[str, Factor]:
        return {factor.id: factor for factor in self.factors}

    @property
    def question(self) -> Factor | None:
        """The factor that is the time asked for, if there is one."""
        return next((factor for factor in self.factors if factor.role == "question"), None)

    @cached_property
    def units(self) -> Units:
        return Units.of([self])

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {field.id: field for factor in self.factors for field in factor.fields}

    @cached_property
    def fields_by_word(self) -> dict[str, Field]:
        """Fields by name and synonym; a factor's own name is a field that tells its level."""
        words: dict[str, Field] = {}
        for f in self.fields.values():
            for word in f.words:
                words.setdefault(normalised(word), f)
        for factor in self:
            for word in (factor.id, *factor.label.values()):
                words.setdefault(normalised(word), factor.own_field)
        return words

    @cached_property
    def quantities(self) -> dict[str, tuple[Field, ...]]:
        """What is measured, by its name without a unit, in the fields for its units: 病程 in days, hours, months."""
        found: dict[str, tuple[Field, ...]] = {}
        for factor in self:
            measures = tuple(f for f in factor.fields if f.numeric)
            names = {self.units.split(word)[0] for f in measures for word in f.words}
            found |= {normalised(name): measures for name in names if not self.units.within(name)}
        return found

    def measures(self, name: str) -> tuple[Field, ...]:
        """The fields for the units of what a name without its unit measures."""
        return self.quantities.get(normalised(name), ())

    @cached_property
    def compounds_by_word(self) -> dict[str, Compound]:
        """What tells several factors at once, by its words."""
        return {normalised(word): compound for compound in self.compounds for word in compound.words}

    @cached_property
    def prognostic(self) -> tuple[Factor, ...]:
        return tuple(factor for factor in self.factors if factor.prognostic)

    def words_of(self, column: str, code: str) -> Labels | None:
        """What a code of an evidence file that is no factor and no level means; None where it is not told."""
        return self.vocabulary.get(column, {}).get(code)

    def factor_named(self, name: str) -> Factor | None:
        """The factor of that id, or of that name in the evidence files."""
        return self._evidence_names.get(name)

    @cached_property
    def _evidence_names(self) -> dict[str, Factor]:
        names = {name: f for f in self.factors for name in f.evidence_names}
        return {**names, **self.by_id}


def _factor(id: str, data: Mapping[str, Any], compounds: Iterable[Compound]) -> Factor:
    """A factor whose levels know the compound words that tell them."""
    factor = Factor.from_dict(id, data)
    told = {lv.id: tuple(w for c in compounds for w in c.words_for(id, lv.id)) for lv in factor.levels}
    levels = tuple(replace(lv, synonyms=(*lv.synonyms, *told[lv.id])) if told[lv.id] else lv for lv in factor.levels)
    return replace(factor, levels=levels)


def normalised(word: str) -> str:
    """A word for comparing: half-width signs, Ⅲ as III; no case, spaces, hyphens or underscores."""
    plain = str(word) if str(word).isascii() else unicodedata.normalize("NFKC", str(word))
    return plain.casefold().replace(" ", "").replace("-", "").replace("_", "").replace("\t", "")


def find_condition(word: str, conditions: Iterable[Condition]) -> Condition | None:
    """The condition of that id, label or synonym."""
    wanted = normalised(word)
    for condition in conditions:
        names = (condition.id, *condition.label.values(), *condition.synonyms)
        if wanted in {normalised(name) for name in names}:
            return condition
    return None


def without_model(conditions: Iterable[Condition]) -> dict[str, WithoutModel]:
    """The conditions that the evidence tells of and none of these covers."""
    conditions = tuple(conditions)
    covered = {condition.id for condition in conditions}
    return {other.id: other for c in conditions for other in c.without_model if other.id not in covered}


def find_without_model(word: str, conditions: Iterable[Condition]) -> str | None:
    """The condition without a model that a word names."""
    wanted = normalised(word)
    others = without_model(conditions).values()
    return next((other.id for other in others if wanted in map(normalised, (other.id, *other.synonyms))), None)


def ids_and_labels(known: Iterable[Level | Condition]) -> Bilingual:
    """Levels or conditions by their ids; in Chinese each with its label, as the ids are English words."""
    ids = [one.id for one in known]
    return Bilingual(", ".join(ids), "、".join(f"{one.id} {one.label['zh']}" for one in known))
