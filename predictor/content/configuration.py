"""Reads and checks configs/: the conditions with their factors, and the assumptions of the estimate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from ..errors import ConfigurationError, Fault, InputError, near_name, shown, suggestion
from .conditions import Band
from .documents import Document, read_document

Share = float
M = TypeVar("M", bound=BaseModel)


class Wrong(NamedTuple):
    """Something wrong inside a checked part: where in it, what was found, what is expected, the cure."""

    at: tuple[str | int, ...]
    found: str
    expected: str
    cure: str = ""


def refuse(wrongs: Iterable[Wrong]) -> None:
    """Raises all that is wrong as one error, if there is anything."""
    found = list(wrongs)
    if found:
        raise PydanticCustomError("content", "something wrong inside", {"wrongs": found})


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelText(Strict):
    """A text in both languages."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _in_both(cls, value: Any) -> Any:
        if isinstance(value, str):
            refuse([Wrong((), shown(value), "the text in both languages", "Write {en: ..., zh: ...}.")])
        return value


def _as_label(value: Any) -> Any:
    """A name that is the same in both languages, as a label."""
    return {"en": value, "zh": value} if isinstance(value, str) and SHARED_NAME.fullmatch(value) else value


SHARED_NAME = re.compile(r"\S*[\d.]\S*|[A-Z]\w+ \d{4}")
"""The id of a study, a file, or a citation such as `Cohen 1988`."""
Source = Annotated[LabelText, BeforeValidator(_as_label, json_schema_input_type=LabelText | str)]
"""Where something comes from: a text in both languages, or a name that both share."""


class BandEnds(BaseModel):
    """from (>=) or above (>), to (<=) or below (<)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    from_: float | None = Field(default=None, alias="from")
    above: float | None = None
    to: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        ends = {("from", "above"): (self.from_, self.above), ("to", "below"): (self.to, self.below)}
        refuse(Wrong((), " and ".join(names), "one of the two") for names, pair in ends.items() if None not in pair)
        return self


class LevelModel(Strict):
    label: LabelText
    source: Source
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
    assumption: LabelText | None = None


class PopulationModel(Strict):
    shares: dict[str, Share] | None = None
    from_studies: bool = False
    reason: LabelText
    source: Source

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        if self.from_studies == (self.shares is not None):
            found = "both" if self.from_studies else "neither"
            refuse([Wrong((), found, "one of shares and from_studies: true")])
        if self.shares is not None and abs(sum(self.shares.values()) - 1) > 1e-9:
            terms = " + ".join(f"{share:g}" for share in self.shares.values())
            total = sum(self.shares.values())
            cure = f"Take away {total - 1:g}." if total > 1 else f"Add {1 - total:g}."
            refuse([Wrong(("shares",), f"{terms} = {total:g}", "shares that add up to 1", cure)])
        return self


class StudiedModel(Strict):
    minimum: float
    maximum: float
    source: Source


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
    def _levels_and_bands(self) -> Self:
        refuse([*self._unknown_levels(), *self._broken_bands()])
        return self

    def _unknown_levels(self) -> Iterator[Wrong]:
        for at, level in self._named_levels():
            if level not in self.levels:
                expected = f"a level: {', '.join(self.levels)}"
                yield Wrong(at, shown(level), expected, suggestion(level, self.levels))

    def _named_levels(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every place of the factor that names a level, with the name."""
        yield ("reference",), self.reference
        yield from ((("population", "shares", level), level) for level in self.population.shares or {})
        yield from ((("study_groups", level), level) for level in self.study_groups)
        for name, group in self.groups.items():
            yield from ((("groups", name, i), level) for i, level in enumerate(group))
        for name, field in self.fields.items():
            yield from ((("fields", name, "categories", c), level) for c, level in field.categories.items())

    def _broken_bands(self) -> Iterator[Wrong]:
        """Bands that do not tile the measure: every number must fall in one level, and in one only."""
        bands = [
            (id, Band.from_dict(b.model_dump(by_alias=True, exclude_none=True)))
            for id, level in self.levels.items()
            for b in level.bands
        ]
        bare = [id for id, level in self.levels.items() if bands and not level.bands]
        yield from (Wrong(("levels", id), "no bands", "bands, as the other levels have") for id in bare)
        ordered = sorted(bands, key=lambda pair: (pair[1].lower, pair[1].upper))
        for (first, before), (second, after) in pairwise(ordered):
            if before.upper != after.lower or before.includes_upper == after.includes_lower:
                yield _not_meeting(first, before, second, after)


def _not_meeting(first: str, before: Band, second: str, after: Band) -> Wrong:
    """Two neighbouring bands that leave a gap or overlap."""
    ends = f"{first} {'to' if before.includes_upper else 'below'} {before.upper:g}"
    starts = f"{second} {'from' if after.includes_lower else 'above'} {after.lower:g}"
    gap = before.upper < after.lower or (before.upper == after.lower and not after.includes_lower)
    cure = "Some numbers fall in no level." if gap else "Some numbers fall in two levels."
    return Wrong(("levels", second, "bands"), f"{ends}, {starts}", "bands that meet without a gap or an overlap", cure)


class OutcomeModel(Strict):
    label: LabelText
    source: Source


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
    patients: LabelText
    found: LabelText
    checks: list[str]


class VocabularyModel(Strict):
    """Codes of the evidence files that are no factors and no levels, in words: by column, then by code."""

    arm_id: dict[str, LabelText] = {}
    scale: dict[str, LabelText] = {}
    factor: dict[str, LabelText] = {}
    seed_location: dict[str, LabelText] = {}


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
    vocabulary: VocabularyModel = VocabularyModel()
    unpublished_sources: dict[str, UnpublishedModel] = {}
    natural_course: NaturalCourseModel | None = None

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        refuse([*self._unknown_outcome(), *self._repeated_fields(), *self._unknown_in_contradictions()])
        return self

    def _unknown_outcome(self) -> Iterator[Wrong]:
        if self.reference_outcome not in self.outcomes:
            expected, cure = f"one of {', '.join(self.outcomes)}", suggestion(self.reference_outcome, self.outcomes)
            yield Wrong(("reference_outcome",), shown(self.reference_outcome), expected, cure)

    def _repeated_fields(self) -> Iterator[Wrong]:
        owner: dict[str, str] = {}
        for id, factor in self.factors.items():
            for name in factor.fields:
                if owner.setdefault(name, id) != id:
                    found = f"a field that {owner[name]} has too"
                    yield Wrong(("factors", id, "fields", name), found, "a field of one factor", "Rename one.")

    def _unknown_in_contradictions(self) -> Iterator[Wrong]:
        for i, contradiction in enumerate(self.contradictions):
            for name, values in contradiction.when.items():
                yield from self._unknown_values(("contradictions", i, "when", name), name, values)

    def _unknown_values(self, at: tuple[str | int, ...], name: str, values: Sequence[str]) -> Iterator[Wrong]:
        known = self._values_of(name)
        if known is None:
            yield Wrong(at, shown(name), "a factor, or a field with categories", suggestion(name, self.factors))
            return
        for value in values:
            if value not in known:
                yield Wrong(at, shown(value), f"one of {', '.join(known)}", suggestion(value, known))

    def _values_of(self, name: str) -> Iterable[str] | None:
        """The levels of a factor or the categories of a field, by its name."""
        if name in self.factors:
            return self.factors[name].levels
        return next((f.fields[name].categories for f in self.factors.values() if name in f.fields), None)


class Judged(Strict):
    """A number that is a judgement, with its reason and source."""

    value: float
    reason: LabelText
    source: Source


class PriorModel(Strict):
    mean: float
    sd: float = Field(gt=0)
    reason: LabelText
    source: Source


class ClaimSize(Strict):
    cohen_d: float = Field(ge=0)
    reason: LabelText
    source: Source


class StanceModel(Strict):
    se_factor: float = Field(gt=0)
    reason: LabelText
    source: Source


class Excluded(Strict):
    reason: LabelText
    source: Source


class CutOff(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None
    value: float | None = None
    reason: LabelText
    source: Source

    @property
    def number(self) -> float:
        return next(v for v in (self.value, self.from_, self.to) if v is not None)


class SpanningShares(Strict):
    shares: dict[str, Share]
    reason: LabelText
    source: Source


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
    very_imprecise_width: Judged
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
        faults = [fault for e in error.errors() for fault in _faults(document, e)]
        raise ConfigurationError(faults) from error


def _faults(document: Document, error: ErrorDetails) -> Iterator[Fault]:
    """What one error of pydantic says, in the words of this package."""
    location = tuple(step for step in error["loc"] if step != "[key]")
    for wrong in error.get("ctx", {}).get("wrongs", ()) or [_wrong(error)]:
        at = (*location, *wrong.at)
        field = ".".join(str(step) for step in at) or "file"
        yield Fault(field, wrong.found, wrong.expected, wrong.cure, document.where(at))


def _wrong(error: ErrorDetails) -> Wrong:
    kind, found = error["type"], shown(error["input"])
    if kind == "missing":
        return Wrong((), "nothing", "a value", "Add the key.")
    if kind == "extra_forbidden":
        return Wrong((), "an unknown key", "a known key", _key_cure(str(error["loc"][-1])))
    expected = _EXPECTED.get(kind, error["msg"]).format(**error.get("ctx", {}))
    options = expected.replace("'", "").replace(" or ", ", ").split(", ") if kind == "literal_error" else []
    return Wrong((), found, expected.replace("'", ""), suggestion(str(error["input"]), options))


_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number from {ge:g}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "keys with values",
    "string_too_short": "text",
    "string_type": "text",
}
"""pydantic's kinds of error as what is expected."""


def _key_cure(key: str) -> str:
    known = {field.alias or name for model in Strict.__subclasses__() for name, field in model.model_fields.items()}
    near = near_name(key, sorted(known))
    return f"Did you mean {near!r}?" if near else "Remove it."
