"""Reads and checks configs/: the conditions with their factors, and the assumptions of the estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .documents import Document, read_document
from .errors import ConfigurationError, Fault, InputError, suggestion
from .factors import Band, Condition

Share = float
M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelText(Strict):
    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class BandEnds(BaseModel):
    """from (>=) or above (>), to (<=) or below (<)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    from_: float | None = Field(default=None, alias="from")
    above: float | None = None
    to: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if self.from_ is not None and self.above is not None:
            raise ValueError("give 'from' or 'above', not both")
        if self.to is not None and self.below is not None:
            raise ValueError("give 'to' or 'below', not both")
        return self


class LevelModel(Strict):
    label: LabelText
    source: str = Field(min_length=1)
    synonyms: list[str] = []
    bands: list[BandEnds] = []
    silent: bool = False


class FieldModel(Strict):
    unit: str
    multiply_by: float = Field(default=1.0, gt=0)
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    categories: dict[str, str] = {}
    synonyms: list[str] = []
    assumption: str = ""


class PopulationModel(Strict):
    shares: dict[str, Share] | None = None
    from_studies: bool = False
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        if self.from_studies == (self.shares is not None):
            raise ValueError("give 'shares' or 'from_studies: true', one of the two")
        if self.shares is not None and abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError(f"the shares add up to {sum(self.shares.values()):g}, not to 1")
        return self


class StudiedModel(Strict):
    minimum: float
    maximum: float
    source: str


class FactorModel(Strict):
    label: LabelText
    role: Literal["patient", "chosen", "question"]
    prognostic: bool
    reference: str
    abstain_when_unstudied: bool
    fields: dict[str, FieldModel]
    levels: dict[str, LevelModel]
    population: PopulationModel
    studied: StudiedModel | None = None
    study_groups: dict[str, Share] = {}
    groups: dict[str, list[str]] = {}
    evidence_names: list[str] = []
    undetermined_levels: list[str] = []

    @model_validator(mode="after")
    def _levels_exist(self) -> Self:
        named: list[str] = [self.reference, *(self.population.shares or {}), *self.study_groups]
        named += [level for group in self.groups.values() for level in group]
        named += [level for f in self.fields.values() for level in f.categories.values()]
        unknown = [name for name in named if name not in self.levels]
        if unknown:
            hint = suggestion(unknown[0], self.levels)
            raise ValueError(f"no level {unknown[0]!r}; known: {', '.join(self.levels)}. {hint}")
        return self

    @model_validator(mode="after")
    def _bands_tile(self) -> Self:
        bands = [
            Band.from_dict(band.model_dump(by_alias=True, exclude_none=True))
            for level in self.levels.values()
            for band in level.bands
        ]
        if bands and len(bands) < len(self.levels):
            raise ValueError("some levels have bands and some have none")
        for before, after in pairwise(sorted(bands, key=lambda b: (b.lower, b.upper))):
            meets = before.upper == after.lower and before.includes_upper != after.includes_lower
            if not meets:
                raise ValueError(f"the bands leave a gap or overlap at {before.upper:g}")
        return self


class OutcomeModel(Strict):
    label: LabelText
    source: str


class ContradictionModel(Strict):
    when: dict[str, list[str]]
    message: LabelText


class ScaleModel(Strict):
    label: LabelText
    range: tuple[float, float] | None
    better: Literal["higher", "lower"]
    measures: LabelText
    study: str | None


class SectionModel(Strict):
    title: LabelText
    checks: list[str]


class UnpublishedModel(Strict):
    title: LabelText
    done: LabelText
    found: LabelText
    checks: list[str]


class NaturalCourseModel(Strict):
    study: str
    scale: str
    formula: str


class ConditionModel(Strict):
    """configs/CONDITION.yaml"""

    condition: str
    label: LabelText
    synonyms: list[str]
    article: str
    reference_outcome: str
    outcomes: dict[str, OutcomeModel]
    factors: dict[str, FactorModel]
    contradictions: list[ContradictionModel] = []
    scales: dict[str, ScaleModel]
    sections: dict[str, SectionModel]
    claim_checks: dict[str, list[str]] = {}
    unpublished_sources: dict[str, UnpublishedModel] = {}
    natural_course: NaturalCourseModel | None = None

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if self.reference_outcome not in self.outcomes:
            raise ValueError(f"reference_outcome {self.reference_outcome!r} is not among the outcomes")
        fields = [name for factor in self.factors.values() for name in factor.fields]
        repeated = sorted({name for name in fields if fields.count(name) > 1})
        if repeated:
            raise ValueError(f"the field {repeated[0]!r} belongs to two factors")
        for contradiction in self.contradictions:
            for name, values in contradiction.when.items():
                self._check_when(name, values)
        return self

    def _check_when(self, name: str, values: Sequence[str]) -> None:
        known: Iterable[str]
        if name in self.factors:
            known = self.factors[name].levels
        else:
            known = next((f.fields[name].categories for f in self.factors.values() if name in f.fields), ())
        for value in values:
            if value not in known:
                raise ValueError(f"a contradiction names {name}: {value}, which does not exist")


class Judged(Strict):
    """A number that is a judgement, with its reason and source."""

    value: float
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)


class PriorModel(Strict):
    mean: float
    sd: float = Field(gt=0)
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)


class ClaimSize(Strict):
    cohen_d: float = Field(ge=0)
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)


class StanceModel(Strict):
    se_factor: float = Field(gt=0)
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)


class Excluded(Strict):
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)


class CutOff(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None
    value: float | None = None
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)

    @property
    def number(self) -> float:
        return next(v for v in (self.value, self.from_, self.to) if v is not None)


class SpanningShares(Strict):
    shares: dict[str, Share]
    reason: str
    source: str


class Heterogeneity(Strict):
    tau0: Judged
    tau1: Judged


class BasePrior(Strict):
    intercept: PriorModel
    outcome: PriorModel
    horizon: PriorModel
    prognosis: PriorModel
    treated: PriorModel
    modifier: PriorModel
    uncontrolled: PriorModel


class ResponseCategories(Strict):
    high: CutOff
    moderate: CutOff
    set_probability: Judged


class AddedBenefit(Strict):
    shown: CutOff
    possible: CutOff
    possible_harm: CutOff


class CertaintyRules(Strict):
    claims_share: Judged
    biased_share: Judged
    indirect_patients: Judged
    imprecise_width: Judged
    inconsistent_i2: Judged


class EvidenceShown(Strict):
    influence: Judged
    similar_groups: Judged


class Assumptions(Strict):
    """configs/assumptions.yaml"""

    base_prior: BasePrior
    heterogeneity: Heterogeneity
    record_weight: dict[str, Judged]
    claim_size: dict[str, ClaimSize]
    claim_se: dict[str, Judged]
    log_odds_per_d: Judged
    patients_per_information: Judged
    stance: dict[str, StanceModel]
    domains_not_fitted: dict[str, Excluded]
    minimal_important_difference: dict[str, Judged]
    default_sd: dict[str, Judged]
    change_correlation: Judged
    spanning_levels: dict[str, dict[str, dict[str, SpanningShares]]]
    interval_level: Judged
    response_category: ResponseCategories
    added_benefit: AddedBenefit
    certainty: CertaintyRules
    evidence_shown: EvidenceShown


def load_condition(path: Path) -> dict[str, Any]:
    """A checked condition file as plain data, ready for Condition.from_dict and for JSON."""
    model = _validated(ConditionModel, read_configuration(path))
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def load_conditions(folder: Path) -> dict[str, Condition]:
    """Every condition of a configs folder, by id."""
    conditions = [Condition.from_dict(load_condition(path)) for path in condition_files(folder)]
    return {condition.id: condition for condition in conditions}


def condition_files(folder: Path) -> list[Path]:
    """The condition files of a configs folder: all YAML files but the assumptions."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != "assumptions.yaml")
    if not paths:
        raise ConfigurationError(
            Fault("configs", "no condition file", "at least one CONDITION.yaml", where=str(folder))
        )
    return paths


def load_assumptions(path: Path) -> Assumptions:
    """The checked assumptions of the estimate."""
    return _validated(Assumptions, read_configuration(path))


def read_configuration(path: Path) -> Document:
    """A configuration file as a document; what is wrong with it is a ConfigurationError."""
    try:
        return read_document(path)
    except InputError as error:
        raise ConfigurationError(error.faults) from error


def _validated(model: type[M], document: Document) -> M:
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise ConfigurationError([_fault(document, e) for e in error.errors()]) from error


def _fault(document: Document, error: Mapping[str, Any]) -> Fault:
    location = tuple(step for step in error["loc"] if step != "[key]")
    found = repr(error["input"]) if error["type"] != "missing" else "nothing"
    return Fault(
        field=".".join(str(step) for step in location) or "file",
        found=found if len(found) <= 80 else f"{found[:77]}...",
        expected=str(error["msg"]).removeprefix("Value error, "),
        cure="Is it misspelt?" if error["type"] == "extra_forbidden" else "",
        where=document.where(location),
    )
