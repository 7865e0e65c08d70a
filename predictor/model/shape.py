"""What a scorecard's data must look like: its parts with their kinds, numbers that are finite, terms that fit.

A scorecard is read where answers are given, so that this needs neither pydantic nor the files of the content.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from ..content.conditions import Condition
from ..content.evidence import DIRECTIONAL
from ..errors import Fault, Said, joined, say, shown
from .terms import main_terms

Check = Callable[[Any, str], Iterator[Fault]]
"""The faults of a value, which stands at a place."""
LARGEST = 1_000.0
"""Of a coefficient in log odds, or a variance of one: beyond, chances are 0 and 1 to the last bit."""
UNSOUND = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What Python raises for a configuration that is none."""


def faults_of(data: Mapping[str, Any]) -> list[Fault]:
    """All that is wrong with the parts of a scorecard; what builds on a part only where that is sound."""
    return list(SCORECARD(data, "")) or list(chain(*(check(data) for check in TOGETHER)))


def _wrong(at: str, value: Any, expected: Said) -> Fault:
    return Fault(at or "scorecard", shown(value), expected)


def text(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield _wrong(at, value, say("a_text"))


def flag(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield _wrong(at, value, say("true_or_false"))


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    def check(value: Any, at: str) -> Iterator[Fault]:
        if not is_number(value):
            yield _wrong(at, value, say("finite_number"))
        elif not low <= value <= high:
            yield _wrong(at, value, say("number_between", low=f"{low:g}", high=f"{high:g}"))

    return check


def whole(value: Any, at: str) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        yield _wrong(at, value, say("count_up_to", number=f"{LARGEST:g}"))


def several(each: Check, least: int = 0) -> Check:
    """A list of at least so many."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, list) or len(value) < least:
            yield _wrong(at, value, say("a_list"))
        else:
            yield from (fault for i, one in enumerate(value) for fault in each(one, f"{at}[{i}]"))

    return check


def numbers(least: int = 0) -> Check:
    """A list of at least so many finite numbers that a coefficient may be; a sound one is seen at a glance."""
    closely = several(number(-LARGEST, LARGEST), least)

    def check(value: Any, at: str) -> Iterator[Fault]:
        plain = isinstance(value, list) and set(map(type, value)) <= {int, float} and len(value) >= least
        if not plain or not all(-LARGEST <= one <= LARGEST for one in value):
            yield from closely(value, at)

    return check


def by_name(each: Check) -> Check:
    """Values with any names."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _wrong(at, value, say("keys_with_values"))
        else:
            yield from (fault for name, one in value.items() for fault in each(one, _below(at, name)))

    return check


def record(needed: Mapping[str, Check], more: Mapping[str, Check] | None = None) -> Check:
    """Values with names that are needed, and some that may be there."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _wrong(at, value, say("keys_with_values"))
            return
        for name, each in {**needed, **(more or {})}.items():
            if name in value:
                yield from each(value[name], _below(at, name))
            elif name in needed:
                yield Fault(_below(at, name), say("nothing"), say("part_of_scorecard"))

    return check


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _texts(*names: str) -> dict[str, Check]:
    return dict.fromkeys(names, text)


def _numbers(*names: str, low: float = -math.inf, high: float = math.inf) -> dict[str, Check]:
    return dict.fromkeys(names, number(low, high))


PROSE = record(_texts("en", "zh"))
SHARE = number(0, 1)
TEXTS = several(text)
COUNT = number(0)
STANCE = record(
    {
        "mean": numbers(),
        "covariance": several(numbers()),
        "influence": by_name(several(numbers(least=2))),
        "widening": by_name(COUNT),
    }
)
ESTIMATE = record(
    {
        **_numbers("interval_level", "high_from", "moderate_from", low=1e-9, high=1 - 1e-9),
        **_numbers("set_probability", "added_run", "benefit_shown", "benefit_possible", "possible_harm", low=0, high=1),
        **_numbers("added_fewer_below", "added_some_from", "added_many_from", "studied_share", low=-0.99, high=0.99),
        **_numbers("tau0", "tau1", "influence_shown", low=0, high=10),
        **dict.fromkeys(("similar_groups", "carriers_tried"), whole),
        "patients_per_information": COUNT,
        "certainty": record(
            _numbers("claims_share", "indirect_patients", "imprecise_classes", "wide_effect", low=0),
        ),
        "minimal_important_difference": by_name(record({"value": number()}, {"reason": PROSE, "source": PROSE})),
    }
)
RULE = record(
    {
        **_texts("claim_id", "term", "versus", "direction", "basis", "horizon"),
        **_numbers("size", "se"),
        "when": by_name(text),
    },
    _texts("strength", "standing", "shown_because"),
)
GROUP = record(
    {
        **_texts("id", "study_id", "arm_id", "role", "kind", "outcome", "use", "verification"),
        "derivation": PROSE,
        "weight": COUNT,
        "stated": TEXTS,
        "composition": by_name(by_name(SHARE)),
    },
    {
        **_numbers("follow_up_months", "log_odds_ratio", "se"),
        "n": COUNT,
        "observed": SHARE,
        **_texts("scale", "term", "pooled_in"),
    },
)
CLAIM = record(
    {
        **_texts("id", "claim_id", "source_id", "locator", "direction", "basis", "domain", "horizon"),
        "statement": PROSE,
        "factors": TEXTS,
        "checks": TEXTS,
    },
    {**_texts("level", "versus", "strength", "standing"), "study_ids": TEXTS, "comment": PROSE},
)
CHECK = record(
    _texts("source_id", "seed_location", "verdict"), dict.fromkeys(("seed_figure", "primary_figure", "comment"), PROSE)
)
FINDING = record({**_texts("id", "study_id", "factor", "direction"), "finding": PROSE}, {"level_compared": PROSE})
STUDY = record(
    _texts("study_id", "short_citation", "design", "risk_of_bias", "verification", "publication_state"),
    _texts("title", "journal", "year", "doi", "pmid", "country"),
)
BASIS = record(
    {
        "comparisons": several(record({"study_id": text, **_numbers("log_odds_ratio", "se", "n")})),
        **_numbers("controlled_patients", "biased_share"),
        **dict.fromkeys(("biased", "inconsistent"), flag),
    }
)
BAND = by_name(number())
LEVEL = record({"label": PROSE, "source": PROSE}, {"synonyms": TEXTS, "bands": several(BAND), "silent": flag})
FIELD = record(
    {"unit": text},
    {
        **_numbers("multiply_by", "minimum", "maximum"),
        **dict.fromkeys(("assumption", "label", "unit_label"), by_name(text)),
        "integer": flag,
        "categories": by_name(text),
        "category_synonyms": by_name(TEXTS),
        "synonyms": TEXTS,
    },
)
FACTOR = record(
    {
        **_texts("role", "reference"),
        **dict.fromkeys(("prognostic", "abstain_when_unstudied"), flag),
        "label": PROSE,
        "fields": by_name(FIELD),
        "levels": by_name(LEVEL),
    },
    {
        "untold": text,
        "studied_together": flag,
        "near_cut": record({}, {"distance": number(0)}),
        "studied": record({}, _numbers("minimum", "maximum")),
        "groups": by_name(TEXTS),
        "evidence_names": TEXTS,
    },
)
CONTRADICTION = record({"when": by_name(TEXTS), "message": PROSE})
LIMIT = record(
    {
        **_texts("factor", "than"),
        **dict.fromkeys(("expected", "cure", "sentence"), PROSE),
        "plus_years": number(),
        "found": by_name(PROSE),
    }
)
NAMED = record({"label": PROSE}, {"synonyms": TEXTS})
CONFIGURATION = record(
    {
        **_texts("condition", "article", "reference_outcome"),
        "label": PROSE,
        "synonyms": TEXTS,
        "outcomes": by_name(record({"label": PROSE})),
        "factors": by_name(FACTOR),
    },
    {
        "contradictions": several(CONTRADICTION),
        "cannot_exceed": several(LIMIT),
        "without_model": by_name(NAMED),
        "counted_units": by_name(record({"words": TEXTS})),
        "sections": by_name(record({"title": PROSE})),
        "unpublished_sources": by_name(record({"title": PROSE})),
    },
)
"""Of the configuration what an answer needs."""
SCORECARD = record(
    {
        **_texts("schema_version", "condition", "hash"),
        "content": by_name(text),
        "configuration": CONFIGURATION,
        "estimate": ESTIMATE,
        "population": by_name(by_name(SHARE)),
        "patients": by_name(by_name(COUNT)),
        "terms": several(text, least=1),
        "stances": by_name(STANCE),
        "rules": several(RULE),
        "contradicting_claims": several(TEXTS),
        "basis": BASIS,
        "groups": several(GROUP),
        "evidence": record(
            {
                "claims": several(CLAIM),
                "checks": by_name(CHECK),
                "findings": several(FINDING),
                "studies": by_name(STUDY),
                "natural_course": several(record({"group": text, "source": PROSE})),
            }
        ),
    }
)
"""A scorecard's parts; some of their own are told only by name."""


def _configuration(data: Mapping[str, Any]) -> Iterator[Fault]:
    """That the configuration makes a condition, and that the terms and shares are those of its factors."""
    try:
        condition = Condition.from_dict(data["configuration"])
        names = {factor.id: factor.level_ids for factor in condition}
        needed = main_terms(condition, ())
        assert condition.fields_by_word is not None
        assert condition.units is not None
        assert condition.outcomes[condition.reference_outcome]["label"].keys() >= {"en", "zh"}
    except UNSOUND:
        yield Fault("configuration", say("a_part_amiss"), say("configuration_of_condition"))
        return
    yield from _terms(data["terms"], needed, names)
    for part in ("population", "patients"):
        yield from _of_factors(part, data[part], names)
    if data["condition"] != condition.id:
        yield _wrong("condition", data["condition"], repr(condition.id))


def _terms(terms: Sequence[str], needed: Sequence[str], names: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """The faults of terms: those that are needed, each once, and interactions of the condition's levels."""
    for term in needed:
        if term not in terms:
            yield Fault(f"terms.{term}", say("nothing"), say("part_of_scorecard"))
    for term in dict.fromkeys(terms):
        if terms.count(term) > 1 or not (term in needed or _interacts(term, names)):
            yield _wrong("terms", term, say("model_term"))


def _interacts(term: str, names: Mapping[str, Sequence[str]]) -> bool:
    pairs = [pair.partition(":") for pair in term.removeprefix("modifier:").split("*")]
    return len(pairs) > 1 and all(factor in names and level for factor, _, level in pairs)


def _of_factors(part: str, shares: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """The faults of numbers for the levels of each factor."""
    for factor, levels in names.items():
        told = shares.get(factor, {})
        if factor not in shares:
            yield Fault(f"{part}.{factor}", say("nothing"), say("part_of_scorecard"))
        elif missing := [level for level in levels if level not in told]:
            yield Fault(f"{part}.{factor}.{missing[0]}", say("nothing"), say("part_of_scorecard"))
        elif part == "population" and abs(sum(told.values()) - 1) > 1e-6:
            yield _wrong(f"{part}.{factor}", sum(told.values()), say("shares_to_one"))
        for level in told:
            if level not in levels:
                yield _wrong(f"{part}.{factor}", level, say("level_of", factor=factor, list=joined(levels)))


def _stances(data: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of the coefficients: as many as terms, a covariance that is one, influences on the terms."""
    count = len(data["terms"])
    if not data["stances"]:
        yield Fault("stances", say("nothing"), say("part_of_scorecard"))
    for name, fitted in data["stances"].items():
        at = f"stances.{name}"
        if len(fitted["mean"]) != count:
            yield _lengths(f"{at}.mean", len(fitted["mean"]), count)
        if [len(row) for row in fitted["covariance"]] != [*range(1, count + 1)]:
            yield Fault(f"{at}.covariance", say("rows_amiss"), say("lower_triangle", number=count))
        elif not is_positive_definite(fitted["covariance"]):
            yield Fault(f"{at}.covariance", say("rows_amiss"), say("positive_definite"))
        if fitted["influence"].keys() != fitted["widening"].keys():
            yield Fault(f"{at}.widening", say("a_part_amiss"), say("part_of_scorecard"))
        for id, pairs in fitted["influence"].items():
            if any(len(pair) != 2 or pair[0] not in range(count) for pair in pairs):
                yield Fault(f"{at}.influence.{id}", say("a_part_amiss"), say("places_of_terms", number=count))
        for id, widening in fitted["widening"].items():
            farthest = sum(abs(move) for pair in fitted["influence"].get(id, ()) for move in pair[1:])
            yield from number(0, LARGEST / max(farthest, 1e-9) ** 2)(widening, f"{at}.widening.{id}")


def _lengths(at: str, found: int, expected: int) -> Fault:
    return Fault(at, say("numbers_found", number=found), say("numbers_expected", number=expected))


def symmetric(lower: Sequence[Sequence[float]]) -> Any:
    """A symmetric matrix from the rows of its lower half."""
    full = np.zeros((len(lower), len(lower)))
    for i, row in enumerate(lower):
        full[i, : i + 1] = row
        full[: i + 1, i] = row
    return full


def is_positive_definite(lower: Sequence[Sequence[float]]) -> bool:
    """Whether a covariance can be one."""
    try:
        np.linalg.cholesky(symmetric(lower))
    except np.linalg.LinAlgError:
        return False
    return True


def _told(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What a study group reported: a share of its patients, or a comparison."""
    for group in data["groups"]:
        needed = ("log_odds_ratio", "se") if group["kind"] == "contrast" else ("n", "observed")
        yield from (
            Fault(f"groups.{group['id']}.{name}", say("nothing"), say("part_of_scorecard"))
            for name in needed
            if name not in group
        )


def _claims(data: Mapping[str, Any]) -> Iterator[Fault]:
    """That a directional claim is about factors, and names a level of each on either side of its comparison."""
    known = data["configuration"]["factors"]
    for claim in (claim for claim in data["evidence"]["claims"] if claim["direction"] in DIRECTIONAL):
        named = [claim[side].split("*") for side in ("level", "versus") if claim.get(side)]
        factors = claim["factors"]
        if any(len(levels) != len(factors) for levels in named) or not known.keys() >= set(factors):
            yield _wrong(f"evidence.claims.{claim['id']}.factors", factors, say("part_of_scorecard"))


def _references(data: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of ids that name nothing: the evidence of a scorecard is whole."""
    evidence = data["evidence"]
    sections = data["configuration"].get("sections") or {}
    unpublished = data["configuration"].get("unpublished_sources") or {}
    studies = {*evidence["studies"], *unpublished}
    records = {*(group["id"] for group in data["groups"]), *(claim["id"] for claim in evidence["claims"])}
    named = [
        *(
            (f"evidence.claims.{c['id']}.checks", id, evidence["checks"])
            for c in evidence["claims"]
            for id in c["checks"]
        ),
        *((f"evidence.claims.{c['id']}.locator", c["locator"], sections) for c in evidence["claims"]),
        *((f"evidence.claims.{c['id']}", id, studies) for c in evidence["claims"] for id in c.get("study_ids", ())),
        *((f"groups.{group['id']}", group["study_id"], evidence["studies"]) for group in data["groups"]),
        *((f"evidence.findings.{f['id']}", f["study_id"], evidence["studies"]) for f in evidence["findings"]),
        *((f"stances.{name}.influence", id, records) for name, s in data["stances"].items() for id in s["influence"]),
    ]
    for at, id, known in named:
        if id not in known:
            yield _wrong(at, id, say("evidence_id"))


TOGETHER = (_configuration, _stances, _told, _claims, _references)
"""What must hold between parts."""
