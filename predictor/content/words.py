"""The words that a condition's file brings for the names of its own, by the keys of the sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .placeholders import placeholders

Labels = Mapping[str, str]


def words_of(condition: Mapping[str, Any]) -> dict[str, Labels]:
    """The words of a condition's configuration: its article, units, fields, columns, codes, and what it refuses."""
    found = {f"article.{condition['article']}": condition["article_label"]}
    found |= {f"without_model.{id}": told["label"] for id, told in condition["without_model"].items()}
    found |= {f"record.{column}": label for column, label in condition["unused_columns"].items()}
    for kind in CODES:
        found |= {f"{kind}.{code}": label for code, label in condition["vocabulary"][kind].items()}
    for unit, told in condition["counted_units"].items():
        found |= _of_unit(unit, told["label"])
    for factor in condition["factors"].values():
        found |= _of_factor(factor)
    return {**found, **dict(_of_limits(condition)), **dict(_of_course(condition))}


def _of_unit(unit: str, label: Labels) -> dict[str, Labels]:
    """The word for a unit, and how a fault tells it and an amount of it: in English by its name."""
    told = {**label, "en": unit}
    amount = {"en": f"{{number}} {told['en']}", "zh": f"{{number}}{told['zh']}"}
    return {f"unit.{unit}": label, f"fault.{unit}": told, f"fault.amount_{unit}": amount}


def _of_factor(factor: Mapping[str, Any]) -> dict[str, Labels]:
    """What its fields and its columns are called."""
    found: dict[str, Labels] = {}
    for id, field in factor["fields"].items():
        found |= {f"{key}.{id}": field[name] for key, name in FIELD_WORDS.items() if name in field}
    observed = factor.get("observed", {})
    columns = [*observed.get("shares", {}).values(), *observed.get("range", ())]
    columns += [observed[key] for key in ("mean", "column") if key in observed]
    found |= {f"record.{column}": observed["labels"].get(column, factor["label"]) for column in columns}
    return found | {f"arm.{column}": words for column, words in factor["arms"].items() if isinstance(words, Mapping)}


CODES = ("domain", "measure")
"""The codes of the vocabulary that the locales have words for too."""
FIELD_WORDS = {"field": "label", "unit_of": "unit_label"}


def _of_limits(condition: Mapping[str, Any]) -> Iterator[tuple[str, Labels]]:
    """The patterns of the faults of times that are too long."""
    for i, limit in enumerate(condition["cannot_exceed"]):
        name = f"fault.{condition['condition']}_{i}"
        yield name, limit["expected"]
        for field, words in limit["found"].items():
            yield f"{name}_{field}", _pattern(words, than="number_than", time="amount_time")


def _of_course(condition: Mapping[str, Any]) -> Iterator[tuple[str, Labels]]:
    """The patterns of the faults of a profile that stands on no curve."""
    if "natural_course" in condition:
        course, name = condition["natural_course"], f"fault.{condition['condition']}_course"
        yield f"{name}_untold", course["untold"]
        yield f"{name}_outside", _pattern(course["known"]["words"], low="number_low", high="number_high")


def _pattern(words: Labels, **names: str) -> Labels:
    """Words with the placeholders of a fault's pattern, which say what may stand there."""
    kept = {name: f"{{{name}}}" for name in placeholders(words["en"])}
    named = {**kept, **{name: f"{{{kind}}}" for name, kind in names.items()}}
    return {language: sentence.format(**named) for language, sentence in words.items()}
