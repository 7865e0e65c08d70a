"""The words that a condition's file brings for the names of its own, by the keys of the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Labels = Mapping[str, str]


def words_of(condition: Mapping[str, Any]) -> dict[str, Labels]:
    """The words of a condition's configuration: its article, units, fields, columns and codes."""
    found = {f"article.{condition['article']}": condition["article_label"]}
    found |= {f"without_model.{id}": told["label"] for id, told in condition["without_model"].items()}
    found |= {f"record.{column}": label for column, label in condition["unused_columns"].items()}
    for kind in CODES:
        found |= {f"{kind}.{code}": label for code, label in condition["vocabulary"][kind].items()}
    for unit, told in condition["counted_units"].items():
        found |= _of_unit(unit, told["label"])
    for factor in condition["factors"].values():
        found |= _of_factor(factor)
    return found


def _of_unit(unit: str, label: Labels) -> dict[str, Labels]:
    """The word for a unit, and how a fault tells it: in English by its name."""
    return {f"unit.{unit}": label, f"fault.unit.{unit}": {**label, "en": unit}}


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


CODES = ("domain", "measure", "country")
"""The codes of the vocabulary that the locales have words for too."""
FIELD_WORDS = {"field": "label", "unit_of": "unit_label"}
