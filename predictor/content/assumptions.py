"""The assumptions of the estimate: what configs/assumptions.yaml may hold, each number with its reason and source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from ..errors import ConfigurationError, Fault, all_of, say
from .configuration import (
    Added,
    Judged,
    JudgedChance,
    JudgedCorrelation,
    JudgedCount,
    JudgedLevel,
    JudgedNotNegative,
    JudgedPositive,
    JudgedShare,
    JudgedSize,
    JudgedSpread,
    JudgedStudied,
    JudgedWeight,
    LabelText,
    Level,
    Share,
    Size,
    Source,
    SpanningShares,
    Spread,
    Strict,
    Wrong,
    read_configuration,
    refuse,
    validated,
)
from .evidence import Standing


class PriorModel(Strict):
    mean: float = Field(ge=-10, le=10)
    sd: Spread
    reason: LabelText
    source: Source


class ClaimSize(Strict):
    cohen_d: Size
    reason: LabelText
    source: Source


class StanceModel(Strict):
    """How far claims are believed: what multiplies their standard errors, and the standings of those that enter."""

    se_factor: float = Field(ge=0.01, allow_inf_nan=True)
    standings: list[Standing]
    reason: LabelText
    source: Source


class Excluded(Strict):
    reason: LabelText
    source: Source


class From(Strict):
    """Where a class begins."""

    from_: Added = Field(alias="from")
    reason: LabelText
    source: Source

    @property
    def number(self) -> float:
        return self.from_


class FromShare(From):
    from_: Share = Field(alias="from")


class FromLevel(From):
    from_: Level = Field(alias="from")


class UpTo(Strict):
    """Where a class ends."""

    to: Added
    reason: LabelText
    source: Source

    @property
    def number(self) -> float:
        return self.to


class UpToShare(UpTo):
    to: Share


STANCES_NEEDED = ("sceptical", "graded")


class Heterogeneity(Strict):
    tau0: JudgedSpread
    tau1: JudgedSpread


class BasePrior(Strict):
    intercept: PriorModel
    outcome: PriorModel
    horizon: PriorModel
    prognosis: PriorModel
    treated: PriorModel
    modifier: PriorModel
    uncontrolled: PriorModel


class ResponseCategories(Strict):
    high: FromLevel
    moderate: FromLevel
    set_probability: JudgedShare


class AddedBenefit(Strict):
    shown: FromShare
    possible: FromShare
    possible_harm: UpToShare


class AddedResponseCuts(Strict):
    """Where the classes of what cells add begin, and how much the run that is said must hold."""

    fewer: UpTo
    some: From
    many: From
    run: JudgedShare


class CertaintyRules(Strict):
    claims_share: JudgedShare
    biased_share: JudgedShare
    indirect_patients: JudgedNotNegative
    imprecise_classes: JudgedNotNegative
    wide_effect: JudgedNotNegative
    heterogeneity_p: JudgedShare


class EvidenceShown(Strict):
    influence: JudgedSize
    similar_groups: JudgedCount
    carriers_tried: JudgedCount


class Assumptions(Strict):
    """configs/assumptions.yaml, with what the conditions' own files judge of their scales and factors."""

    base_prior: BasePrior
    heterogeneity: Heterogeneity
    record_weight: dict[str, JudgedWeight]
    claim_size: dict[str, ClaimSize]
    claim_se: dict[str, JudgedSpread]
    log_odds_per_d: JudgedSpread
    patients_per_information: JudgedPositive
    stance: dict[str, StanceModel]
    domains_not_fitted: dict[str, Excluded]
    minimal_important_difference: dict[str, Judged] = {}
    default_sd: dict[str, JudgedPositive] = {}
    change_correlation: JudgedCorrelation
    intraclass_correlation: JudgedChance
    studied_share: JudgedStudied
    spanning_levels: dict[str, dict[str, dict[str, SpanningShares]]] = {}
    interval_level: JudgedLevel
    response_category: ResponseCategories
    added_response: AddedResponseCuts
    added_benefit: AddedBenefit
    certainty: CertaintyRules
    evidence_shown: EvidenceShown

    @model_validator(mode="after")
    def _known_stances(self) -> Self:
        """The studies alone, which certainty and contributions are told by, and the stance of a plain question."""
        refuse(
            Wrong(("stance",), say("no_stance", name=name), say("among_them", list=all_of(STANCES_NEEDED)))
            for name in STANCES_NEEDED
            if name not in self.stance
        )
        return self

    @model_validator(mode="after")
    def _classes_in_order(self) -> Self:
        """The ends of neighbouring classes, each above the one before: no number is in two, none is empty."""
        added, response, benefit = self.added_response, self.response_category, self.added_benefit
        ends = {
            "response_category": {"moderate.from": response.moderate.number, "high.from": response.high.number},
            "added_response": {
                "fewer.to": added.fewer.number,
                "some.from": added.some.number,
                "many.from": added.many.number,
            },
            "added_benefit": {
                "possible_harm.to": benefit.possible_harm.number,
                "possible.from": benefit.possible.number,
                "shown.from": benefit.shown.number,
            },
        }
        refuse(wrong for part, numbers in ends.items() for wrong in _out_of_order(part, numbers))
        return self


def _out_of_order(part: str, ends: Mapping[str, float]) -> Iterator[Wrong]:
    """The ends of classes, by their place in a part, that do not lie above those before them."""
    for (lower, low), (end, number) in pairwise(ends.items()):
        if number <= low:
            at = (part, *end.split("."))
            yield Wrong(at, f"{number:g}", say("number_above_end", number=f"{low:g}", end=f"{part}.{lower}"))


def load_assumptions(path: Path, conditions: Iterable[Mapping[str, Any]] = ()) -> Assumptions:
    """The checked assumptions of the estimate, with those that stand in the files of the conditions."""
    assumed = validated(Assumptions, read_configuration(path))
    conditions = tuple(conditions)
    scales = ("minimal_important_difference", "default_sd")
    return assumed.model_copy(
        update={
            **{key: {**getattr(assumed, key), **_of_scales(key, conditions, path.parent)} for key in scales},
            "spanning_levels": {**assumed.spanning_levels, **_of_factors("spanning_levels", conditions)},
        }
    )


def _of_scales(key: str, conditions: Iterable[Mapping[str, Any]], configs: Path) -> dict[str, Judged]:
    """A judgement on the scales of the conditions. Raises ConfigurationError where two conditions differ."""
    found: dict[str, Judged] = {}
    faults = []
    for condition in conditions:
        for name, scale in condition["scales"].items():
            judged = Judged(**scale[key]) if key in scale else None
            if judged is not None and found.setdefault(name, judged).value != judged.value:
                expected = say("as_another_condition", number=f"{found[name].value:g}")
                at = ("scales", name, key)
                where = read_configuration(configs / f"{condition['condition']}.yaml").where(at)
                faults.append(Fault(".".join(at), f"{judged.value:g}", expected, say("if_one_scale"), where))
    if faults:
        raise ConfigurationError(faults)
    return found


def _of_factors(key: str, conditions: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, SpanningShares]]]:
    """What study groups may say besides a level: by condition, factor and word."""
    found: dict[str, dict[str, dict[str, SpanningShares]]] = {}
    for condition in conditions:
        for id, factor in condition["factors"].items():
            spans = {word: SpanningShares(**told) for word, told in factor.get(key, {}).items()}
            if spans:
                found.setdefault(condition["condition"], {})[id] = spans
    return found
