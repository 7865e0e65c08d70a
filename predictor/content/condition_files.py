"""A condition's file of configs/: what its factors, levels, fields and words may be, and that they fit together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from ..errors import ConfigurationError, Fault, all_of, joined, near_name, one_of, say, shown, suggestion
from .conditions import DAYS, MISSPELT_UNIT, UNIT_WORDS, WORDS_ONLY, Band, Condition, normalised
from .configuration import (
    Judged,
    JudgedPositive,
    LabelText,
    Share,
    Source,
    SpanningShares,
    Strict,
    Wrong,
    not_whole,
    read_configuration,
    refuse,
    validated,
)
from .placeholders import placeholders


def _misplaced(at: tuple[str | int, ...], words: LabelText, *expected: str) -> Iterator[Wrong]:
    """Words whose placeholders are not those that they are filled with."""
    if placeholders(words.en) != {*expected}:
        yield Wrong(at, shown(words.en), say("words_with", list=all_of(f"{{{name}}}" for name in expected)))


class BandEnds(Strict):
    """from (>=) or above (>), to (<=) or below (<)."""

    from_: float | None = Field(default=None, alias="from")
    above: float | None = None
    to: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        ends = {("from", "above"): (self.from_, self.above), ("to", "below"): (self.to, self.below)}
        refuse(Wrong((), all_of(names), say("one_of_the_two")) for names, pair in ends.items() if None not in pair)
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
    category_synonyms: dict[str, list[str]] = {}
    synonyms: list[str] = []
    assumption: LabelText | None = None
    label: LabelText | None = None
    unit_label: LabelText | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """A number between two ends, one of some categories, or the name of a level."""
        refuse(
            Wrong(("category_synonyms", name), shown(name), one_of(self.categories))
            for name in self.category_synonyms
            if name not in self.categories
        )
        numeric = self.minimum is not None
        if numeric != (self.maximum is not None):
            missing = "maximum" if numeric else "minimum"
            refuse([Wrong((missing,), say("nothing"), say("number_as_other_end"))])
        if numeric == (self.unit in WORDS_ONLY):
            expected = say("unit_of_measure") if numeric else say("unit_of_words", unit=WORDS_ONLY[0])
            refuse([Wrong(("unit",), shown(self.unit), expected, "" if numeric else say("or_add_ends"))])
        return self


def _exactly_one(told: Sequence[str], ways: Iterable[str]) -> None:
    """Refuses what is told in several of some ways at once, or in none."""
    if len(told) != 1:
        refuse([Wrong((), all_of(told) if told else say("nothing"), one_of(ways))])


class ObservedModel(Strict):
    """By which columns of observations.csv a study group tells the factor."""

    shares: dict[str, str] | None = None
    range: tuple[str, str] | None = None
    mean: str | None = None
    at: str | None = None
    column: str | None = None
    labels: dict[str, LabelText] = {}

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = ("shares", "range", "at", "column")
        told = [way for way in ways if getattr(self, way) is not None]
        _exactly_one(told, ways)
        if self.mean is not None and self.range is None:
            refuse([Wrong(("mean",), say("mean_without_range"), say("range_beside"))])
        known = self.columns
        refuse(
            Wrong(("labels", name), shown(name), one_of(known), suggestion(name, known))
            for name in self.labels
            if name not in known
        )
        return self

    @property
    def columns(self) -> list[str]:
        return [*(self.shares or {}).values(), *(self.range or ()), *filter(None, (self.mean, self.at, self.column))]


class PopulationModel(Strict):
    shares: dict[str, Share] | None = None
    from_studies: bool = False
    reference_level: bool = False
    reason: LabelText
    source: Source

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        ways = {
            "shares": self.shares is not None,
            "from_studies: true": self.from_studies,
            "reference_level: true": self.reference_level,
        }
        told = [way for way, given in ways.items() if given]
        _exactly_one(told, ways)
        if self.shares is not None:
            refuse(not_whole(("shares",), self.shares))
        return self


class StudiedModel(Strict):
    minimum: float
    maximum: float
    source: Source


Shown = Annotated[
    Annotated[Literal["level", "text", "unshown"], Tag("[how]")] | Annotated[LabelText, Tag("[words]")],
    Discriminator(lambda value: "[words]" if isinstance(value, (Mapping, LabelText)) else "[how]"),
]
"""How a page tells a column of arms.csv: as the level it names, as it stands, not at all, or in the words given."""


class NearCutModel(Strict):
    """How near to a cut-off a number must lie to be told of, in the unit of the bands."""

    distance: float = Field(gt=0)
    reason: LabelText
    source: Source


class FactorModel(Strict):
    label: LabelText
    role: Literal["patient", "chosen", "question"]
    prognostic: bool
    reference: str
    untold: str | None = None
    abstain_when_unstudied: bool
    fields: dict[str, FieldModel]
    levels: dict[str, LevelModel]
    population: PopulationModel
    studied: StudiedModel | None = None
    studied_together: bool = False
    near_cut: NearCutModel | None = None
    observed: ObservedModel | None = None
    study_groups: dict[str, Share] = {}
    spanning_levels: dict[str, SpanningShares] = {}
    arms: dict[str, Shown] = {}
    groups: dict[str, list[str]] = {}
    evidence_names: list[str] = []
    undetermined_levels: list[str] = []

    @model_validator(mode="after")
    def _levels_and_bands(self) -> Self:
        refuse([*self._unknown_levels(), *self._broken_bands()])
        refuse([*self._unmeasured(), *self._unobserved(), *self._unlabelled()])
        refuse(not_whole(("study_groups",), self.study_groups) if self.study_groups else ())
        return self

    def _unmeasured(self) -> Iterator[Wrong]:
        """Numbers that may be told, and that no level's bands hold."""
        bands = [_band(band) for level in self.levels.values() for band in level.bands]
        for name, field in self.fields.items():
            if field.minimum is not None and field.maximum is not None:
                ends = (field.minimum * field.multiply_by, field.maximum * field.multiply_by)
                outside = [f"{end:g}" for end in ends if not any(end in band for band in bands)]
                if outside:
                    found = say("list_in_no_level", list=all_of(outside))
                    yield Wrong(("fields", name), found, say("bands_for_every_number"))
        if self.observed and (self.observed.range or self.observed.at) and not bands:
            yield Wrong(("observed",), say("some_numbers"), say("bands_for_numbers"))

    def _unobserved(self) -> Iterator[Wrong]:
        """A mix that is to come from study groups which cannot tell it; levels without a column."""
        if self.population.from_studies and not (self.observed or self.study_groups):
            cure = say("name_observed_or_reference")
            yield Wrong(("population", "from_studies"), say("no_column_of_factor"), say("a_column"), cure)
        shares = self.observed.shares if self.observed else None
        if shares is not None:
            for level in (level for level in self.levels if level not in shares):
                yield Wrong(("observed", "shares"), say("no_column_for", level=level), say("column_each_level"))

    def _unlabelled(self) -> Iterator[Wrong]:
        """Columns that a page would call by the same words."""
        columns = self.observed.columns if self.observed else []
        if self.observed and len(columns) > 1:
            yield from (
                Wrong(("observed", "labels"), say("no_label_for", column=name), say("label_each_column"))
                for name in columns
                if name not in self.observed.labels
            )
        for name, words in self.arms.items():
            if isinstance(words, LabelText):
                yield from _misplaced(("arms", name), words, "n")

    def _unknown_levels(self) -> Iterator[Wrong]:
        for at, level in self._named_levels():
            if level not in self.levels:
                expected = say("a_level", list=joined(self.levels))
                yield Wrong(at, shown(level), expected, suggestion(level, self.levels))

    def _named_levels(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every place of the factor that names a level, with the name."""
        yield ("reference",), self.reference
        if self.untold is not None:
            yield ("untold",), self.untold
        yield from ((("population", "shares", level), level) for level in self.population.shares or {})
        yield from ((("study_groups", level), level) for level in self.study_groups)
        for word, spanned in self.spanning_levels.items():
            yield from ((("spanning_levels", word, "shares", level), level) for level in spanned.shares)
        if self.observed:
            yield from ((("observed", "shares", level), level) for level in self.observed.shares or {})
        for name, group in self.groups.items():
            yield from ((("groups", name, i), level) for i, level in enumerate(group))
        for name, field in self.fields.items():
            yield from ((("fields", name, "categories", c), level) for c, level in field.categories.items())

    def _broken_bands(self) -> Iterator[Wrong]:
        """Bands that do not tile the measure: every number must fall in one level, and in one only."""
        bands = [(id, _band(band)) for id, level in self.levels.items() for band in level.bands]
        bare = [id for id, level in self.levels.items() if bands and not level.bands]
        yield from (Wrong(("levels", id), say("no_bands"), say("bands_as_others")) for id in bare)
        ordered = sorted(bands, key=lambda pair: (pair[1].lower, pair[1].upper))
        for (first, before), (second, after) in pairwise(ordered):
            if before.upper != after.lower or before.includes_upper == after.includes_lower:
                yield _not_meeting(first, before, second, after)


def _band(ends: BandEnds) -> Band:
    return Band.from_dict(ends.model_dump(by_alias=True, exclude_none=True))


def _not_meeting(first: str, before: Band, second: str, after: Band) -> Wrong:
    """Two neighbouring bands that leave a gap or overlap."""
    end = say("band_to" if before.includes_upper else "band_below", level=first, number=f"{before.upper:g}")
    start = say("band_from" if after.includes_lower else "band_above", level=second, number=f"{after.lower:g}")
    gap = before.upper < after.lower or (before.upper == after.lower and not after.includes_lower)
    cure = say("in_no_level" if gap else "in_two_levels")
    return Wrong(("levels", second, "bands"), say("band_ends", end=end, start=start), say("bands_that_meet"), cure)


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
    minimal_important_difference: Judged | None = None
    default_sd: JudgedPositive | None = None


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
    domain: dict[str, LabelText] = {}
    measure: dict[str, LabelText] = {}
    country: dict[str, LabelText] = {}


class CourseMeasures(Strict):
    """The measures of outcomes.csv that draw a curve."""

    limit: str
    at_nine_tenths: str


class CourseKnown(Strict):
    """Where the curves are known, in the unit of the factor's bands, and of whom."""

    minimum: float
    maximum: float
    words: LabelText

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        refuse(_misplaced(("words",), self.words, "low", "high", "study"))
        return self


class CourseShown(Strict):
    """Where a chart of the curves ends, and where its table reads them."""

    to: float
    at: list[float]


class NaturalCourseModel(Strict):
    """Curves of what happens without cells, and the words for them."""

    study: str
    scale: str
    formula: str
    factor: str
    groups: str
    measures: CourseMeasures
    known: CourseKnown
    untold: LabelText
    shown: CourseShown
    people: LabelText
    title: LabelText
    curves: LabelText
    chart: LabelText
    lead: LabelText


class CountedUnit(Strict):
    """A unit that only this condition counts in: its word, and all the words for it."""

    label: LabelText
    words: list[str] = Field(min_length=1)


class TimeLimitModel(Strict):
    factor: str
    than: str
    plus_years: float = 0.0
    found: dict[str, LabelText]
    expected: LabelText
    cure: LabelText
    sentence: LabelText

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        wrongs = [w for name, words in self.found.items() for w in _misplaced(("found", name), words, "than", "time")]
        refuse([*wrongs, *_misplaced(("sentence",), self.sentence, "factor", "than")])
        return self


class CompoundModel(Strict):
    """Words that tell the levels of several factors at once, by factor."""

    words: list[str] = Field(min_length=1)
    levels: dict[str, str]


class WithoutModelModel(Strict):
    label: LabelText
    synonyms: list[str] = []


class ConditionModel(Strict):
    """configs/CONDITION.yaml"""

    condition: str
    label: LabelText
    synonyms: list[str]
    article: str
    article_label: LabelText
    reference_outcome: str
    outcomes: dict[str, OutcomeModel]
    factors: dict[str, FactorModel]
    contradictions: list[ContradictionModel] = []
    cannot_exceed: list[TimeLimitModel] = []
    scales: dict[str, ScaleModel]
    sections: dict[str, SectionModel]
    claim_checks: dict[str, list[str]] = {}
    vocabulary: VocabularyModel = VocabularyModel()
    unpublished_sources: dict[str, UnpublishedModel] = {}
    natural_course: NaturalCourseModel | None = None
    compounds: list[CompoundModel] = []
    counted_units: dict[str, CountedUnit] = {}
    unused_columns: dict[str, LabelText] = {}
    without_model: dict[str, WithoutModelModel] = {}
    safety_words: list[str] = []

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        refuse([*self._unusable_names(), *self._unknown_outcome(), *self._repeated_fields(), *self._two_questions()])
        refuse([*self._unknown_in_contradictions(), *self._unknown_in_limits(), *self._unknown_in_course()])
        refuse(self._unknown_in_compounds())
        refuse(self._words_of_two_things())
        refuse([*self._unknown_units(), *self._columns_of_two_kinds()])
        return self

    def _unusable_names(self) -> Iterator[Wrong]:
        """Names that would not stand in a term, a column, an option or an address."""
        named: dict[tuple[str | int, ...], str] = {("condition",): self.condition}
        named |= {("outcomes", id): id for id in self.outcomes}
        for id, factor in self.factors.items():
            named[("factors", id)] = id
            named |= {("factors", id, "fields", name): name for name in factor.fields}
            named |= {("factors", id, "levels", level): level for level in (*factor.levels, *factor.groups)}
        for at, name in named.items():
            if not NAME.fullmatch(name):
                yield Wrong(at, shown(name), say("ascii_name"), say("put_words_in_label"))
            elif "fields" in at and name in RESERVED:
                yield Wrong(at, shown(name), say("name_not_taken"), say("rename_it"))

    def _two_questions(self) -> Iterator[Wrong]:
        asked = [id for id, factor in self.factors.items() if factor.role == "question"]
        for id in asked[1:]:
            yield Wrong(("factors", id, "role"), say("second_question"), say("one_question"))

    def _unknown_in_limits(self) -> Iterator[Wrong]:
        for i, limit in enumerate(self.cannot_exceed):
            for key, id in (("factor", limit.factor), ("than", limit.than)):
                if not self._times(id):
                    times = [name for name in self.factors if self._times(name)]
                    yield Wrong(("cannot_exceed", i, key), shown(id), say("factor_of_time"), suggestion(id, times))
            for name in self._times(limit.than):
                if name not in limit.found:
                    yield Wrong(("cannot_exceed", i, "found"), say("no_words_for", field=name), say("words_each_field"))

    def _times(self, id: str) -> list[str]:
        """The fields of a factor that are told in a unit of time."""
        factor = self.factors.get(id)
        return [name for name, field in factor.fields.items() if field.unit in DAYS] if factor else []

    def _unknown_in_course(self) -> Iterator[Wrong]:
        course = self.natural_course
        if course is None:
            return
        fields = {name: field for factor in self.factors.values() for name, field in factor.fields.items()}
        grouped = [name for name, field in fields.items() if field.categories]
        measured = [
            id for id, factor in self.factors.items() if any(f.minimum is not None for f in factor.fields.values())
        ]
        for key, name, known in (("factor", course.factor, measured), ("groups", course.groups, grouped)):
            if name not in known:
                expected = say("factor_of_numbers") if key == "factor" else say("field_with_categories")
                yield Wrong(("natural_course", key), shown(name), expected, suggestion(name, known))
        ranged = [name for name, scale in self.scales.items() if scale.range]
        if course.scale not in ranged:
            expected = say("scale_with_range", list=joined(ranged))
            yield Wrong(("natural_course", "scale"), shown(course.scale), expected, suggestion(course.scale, ranged))

    def _unknown_units(self) -> Iterator[Wrong]:
        known = (*UNIT_WORDS, *WORDS_ONLY, *self.counted_units)
        for id, factor in self.factors.items():
            for name, field in factor.fields.items():
                if field.unit not in known:
                    near = near_name(field.unit, known, MISSPELT_UNIT)
                    cure = say("did_you_mean", word=repr(near)) if near else say("add_counted_unit")
                    yield Wrong(("factors", id, "fields", name, "unit"), shown(field.unit), one_of(known), cure)

    def _columns_of_two_kinds(self) -> Iterator[Wrong]:
        """Columns of observations.csv that two factors read."""
        owner: dict[str, str] = {}
        for id, factor in self.factors.items():
            for name in factor.observed.columns if factor.observed else ():
                if owner.setdefault(name, id) != id:
                    found = say("column_of_another", column=name, factor=owner[name])
                    yield Wrong(("factors", id, "observed"), found, say("column_of_one"))

    def _unknown_outcome(self) -> Iterator[Wrong]:
        if self.reference_outcome not in self.outcomes:
            expected, cure = one_of(self.outcomes), suggestion(self.reference_outcome, self.outcomes)
            yield Wrong(("reference_outcome",), shown(self.reference_outcome), expected, cure)

    def _repeated_fields(self) -> Iterator[Wrong]:
        owner: dict[str, str] = {}
        for id, factor in self.factors.items():
            for name in factor.fields:
                if owner.setdefault(name, id) != id:
                    found = say("field_of_another", factor=owner[name])
                    yield Wrong(("factors", id, "fields", name), found, say("field_of_one"), say("rename_one"))

    def _unknown_in_contradictions(self) -> Iterator[Wrong]:
        for i, contradiction in enumerate(self.contradictions):
            for name, values in contradiction.when.items():
                yield from self._unknown_values(("contradictions", i, "when", name), name, values)

    def _unknown_in_compounds(self) -> Iterator[Wrong]:
        for i, compound in enumerate(self.compounds):
            if len(compound.levels) < 2:
                found, cure = all_of(compound.levels or ("{}",)), say("put_under_synonyms")
                yield Wrong(("compounds", i, "levels"), found, say("several_factors"), cure)
            for id, level in compound.levels.items():
                at, factor = ("compounds", i, "levels", id), self.factors.get(id)
                if factor is None:
                    yield Wrong(at, shown(id), one_of(self.factors), suggestion(id, self.factors))
                elif level not in factor.levels:
                    yield Wrong(at, shown(level), one_of(factor.levels), suggestion(level, factor.levels))

    def _words_of_two_things(self) -> Iterator[Wrong]:
        """Compound words that stand for another level of their factors too."""
        for i, compound in enumerate(self.compounds):
            for id, level in compound.levels.items():
                for other, word in product(self._owners_of(id, level), compound.words):
                    if normalised(word) in map(normalised, other[1]):
                        found = say("word_of_another_level", word=shown(word), level=other[0])
                        yield Wrong(("compounds", i, "words"), found, say("word_of_one_level"), say("remove_one"))

    def _owners_of(self, factor: str, level: str) -> Iterator[tuple[str, list[str]]]:
        """The other levels of a factor, each with its words and those of the compounds that tell it."""
        for id, model in self.factors[factor].levels.items():
            if id != level:
                beside = [word for c in self.compounds if c.levels.get(factor) == id for word in c.words]
                yield id, [id, model.label.en, model.label.zh, *model.synonyms, *beside]

    def _unknown_values(self, at: tuple[str | int, ...], name: str, values: Sequence[str]) -> Iterator[Wrong]:
        known = self._values_of(name)
        if known is None:
            yield Wrong(at, shown(name), say("factor_or_categories"), suggestion(name, self.factors))
            return
        for value in values:
            if value not in known:
                yield Wrong(at, shown(value), one_of(known), suggestion(value, known))

    def _values_of(self, name: str) -> Iterable[str] | None:
        """The levels of a factor or the categories of a field, by its name."""
        if name in self.factors:
            return self.factors[name].levels
        return next((f.fields[name].categories for f in self.factors.values() if name in f.fields), None)


NAME = re.compile(r"[A-Za-z0-9_]+")
RESERVED = frozenset(
    (
        *("condition", "profile", "stance", "lang", "language", "json", "as_json", "configs", "data", "out", "help"),
        *("file", "library", "values", "version", "kind", "factor", "by", "second", "model", "interactive"),
        *("record", "guess", "form", "format"),
        *("set", "changes", "sweep", "grid", "nearest", "of", "limit", "stances", "belief", "next_question"),
        *("without_study", "studies", "without_design", "designs", "without_country", "countries", "without_claim"),
        *("claims", "without_risk_of_bias", "biases", "add_study", "risk_of_bias", "leave_one_out", "fragility"),
        *("budget", "view", "heat", "saved", "exercise", "scorecard", "evidence", "full", "extrapolate", "fields"),
        "slide",
    )
)
"""What the options of commands and the addresses of the page and of the API are called."""


def load_condition(path: Path) -> dict[str, Any]:
    """A checked condition file as plain data, ready for Condition.from_dict and for JSON."""
    document = read_configuration(path)
    model = validated(ConditionModel, document)
    if model.condition != path.stem:
        expected = say("name_of_file", name=shown(path.stem))
        where = document.where(("condition",))
        raise ConfigurationError(Fault("condition", shown(model.condition), expected, say("rename_one_of_two"), where))
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def condition_files(folder: Path) -> list[Path]:
    """The condition files of a configs folder: all YAML files but the assumptions."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != "assumptions.yaml")
    if not paths:
        raise ConfigurationError(Fault("configs", say("no_condition_file"), say("condition_file"), where=str(folder)))
    return paths


def read_conditions(configs: Path) -> tuple[Condition, ...]:
    """The conditions of a folder of configurations."""
    return tuple(Condition.from_dict(load_condition(path)) for path in condition_files(configs))
