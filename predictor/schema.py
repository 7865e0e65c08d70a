"""JSON Schemas (draft 2020-12) of a profile, an answer and the configuration files; what a table's columns mean."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any

from .answer import Answer
from .judgement import CERTAINTIES, CONCERNS
from .library import STANCES, UNSUPPORTED, Library
from .prediction import BENEFITS, CATEGORIES
from .scorecard import Scorecard
from .text import Catalogue

NAMES = ("profile", "answer", "condition", "assumptions")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PARTS = ("level", "usual_care", "effect", "effect_from_studies", "evidence")
"""What a scored table has of a factor, each in a column of its own: age_level, age_effect."""
ANY = "FACTOR"
"""Stands for the name of any factor: FACTOR_effect."""
CODES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "category": ("columns.category", (*CATEGORIES, "cannot_say")),
    "added_benefit": ("columns.benefit", (*BENEFITS, "cannot_say")),
    "certainty": ("certainty_sentence", CERTAINTIES),
    "certainty_reasons": ("certainty_reason", (*CONCERNS, "ceiling", "rests_on_claims", "abstained")),
}
"""The codes of some columns, and where the catalogue has their words."""


def schema(name: str, library: Library) -> dict[str, Any]:
    """The schema of that name."""
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "profile": lambda: profile_schema(library),
        "answer": answer_schema,
        "condition": lambda: _configuration("ConditionModel"),
        "assumptions": lambda: _configuration("Assumptions"),
    }
    return {"$schema": DRAFT, "title": name, **makers[name]()}


def _configuration(model: str) -> dict[str, Any]:
    from . import configuration

    made: dict[str, Any] = getattr(configuration, model).model_json_schema(by_alias=True)
    return made


def profile_schema(library: Library) -> dict[str, Any]:
    """A profile: one alternative for each condition, its fields with ranges and levels."""
    return {"oneOf": [_profile_of(library, id) for id in library.condition_ids()]}


def _profile_of(library: Library, id: str) -> dict[str, Any]:
    condition = library.scorecard(id).condition
    properties: dict[str, Any] = {"condition": {"const": id}}
    for factor in condition:
        properties.setdefault(factor.id, {"enum": [*factor.level_ids, None]})
        for f in factor.fields:
            described = f"{factor.label['en']} / {factor.label['zh']} ({f.unit})"
            if f.numeric:
                kind = "integer" if f.integer else "number"
                bounds = {"minimum": f.minimum, "maximum": f.maximum}
                properties[f.id] = {"type": [kind, "null"], **bounds, "description": described}
            else:
                properties[f.id] = {"enum": [*(f.categories or factor.level_ids), None], "description": described}
    return {"type": "object", "properties": properties, "required": ["condition"], "additionalProperties": False}


def answer_schema() -> dict[str, Any]:
    """The answer record, from its own types."""
    made = _of_type(Answer)
    made["properties"]["schema_version"] = {"const": Answer.__dataclass_fields__["schema_version"].default}
    made["properties"]["stance"] = {"enum": list(STANCES)}
    made["properties"]["condition"]["description"] = f"a supported condition, or one of {', '.join(UNSUPPORTED)}"
    return made


def _of_type(kind: Any) -> dict[str, Any]:
    simple = {str: "string", float: "number", int: "integer", bool: "boolean", type(None): "null"}
    if kind in simple:
        return {"type": simple[kind]}
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        properties = {f.name: _of_type(hints[f.name]) for f in fields(kind)}
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_of_type(argument) for argument in arguments]}
    if origin is tuple:
        return {"type": "array", "items": _of_type(arguments[0])}
    if origin is Mapping:
        values = {} if arguments[1] is Any else {"additionalProperties": _of_type(arguments[1])}
        return {"type": "object", **values}
    return {}


class Columns:
    """What the columns of a scored table mean: those of an answer from some scorecards, and those beside it.

    unsupported: conditions without a model that a row may name.
    """

    def __init__(self, scorecards: Sequence[Scorecard], unsupported: Sequence[str], text: Catalogue):
        self.conditions = [scorecard.condition for scorecard in scorecards]
        self.unsupported, self.text = unsupported, text
        self.figures = {
            name: f"{100 * share:g}" for name, share in scorecards[0].estimate.items() if isinstance(share, float)
        }

    def meanings(self, names: Sequence[str]) -> dict[str, str]:
        """A sentence for each column: what it is, its unit, what an empty cell means."""
        return {name: self._meaning(name) for name in names}

    def patterns(self, names: Sequence[str]) -> dict[str, str]:
        """The meanings in short, for what is written many times: one FACTOR_effect for age_effect and all its like."""
        kinds = (f"{ANY}_{self._of_factors[name][0]}" if name in self._of_factors else name for name in names)
        return self.meanings(tuple(dict.fromkeys(kinds)))

    def _meaning(self, name: str) -> str:
        if name in self._of_factors:
            part, id, label = self._of_factors[name]
            return self.text(f"columns.factor.{part}", id=id, factor=label)
        return self.text(f"columns.meaning.{name}", outcomes=self._outcomes(), **self.figures)

    @cached_property
    def _of_factors(self) -> dict[str, tuple[str, str, str]]:
        """What a column of a factor, or of any factor, tells: its part, and the factor's id and label."""
        labels = {**self.factors, ANY: self.text("columns.a_factor")}
        return {f"{id}_{part}": (part, id, label) for id, label in labels.items() for part in PARTS}

    @cached_property
    def factors(self) -> dict[str, str]:
        """The factors of the conditions together, by id, with their labels."""
        found: dict[str, dict[str, None]] = {}
        for factor in (factor for condition in self.conditions for factor in condition):
            found.setdefault(factor.id, {})[self.text.pick(factor.label)] = None
        return {id: " / ".join(labels) for id, labels in found.items()}

    def _outcomes(self) -> str:
        """What a response is in each condition."""
        told = {c.id: self.text.pick(c.outcomes[c.reference_outcome]["label"]) for c in self.conditions}
        return self._by_condition(told)

    def _by_condition(self, told: Mapping[str, str]) -> str:
        """What is told of some conditions, with their names where it is not the same for all."""
        if len(set(told.values())) == 1:
            return next(iter(told.values()))
        labels = {c.id: self.text.pick(c.label) for c in self.conditions}
        return self.text("semicolon").join(f"{labels[id]}{self.text('colon')}{words}" for id, words in told.items())

    def codes(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        """For each column of codes, every code that occurs in it with its meaning."""
        found = {
            column: {code: self.text(f"{key}.{code}", **self.figures) for code in codes}
            for column, (key, codes) in CODES.items()
        }
        messages = sorted(key.removeprefix("message.") for key in self.text.keys if key.startswith("message."))
        found["messages"] = {code: self.text(f"columns.message.{code}") for code in messages}
        found["condition"] = {c.id: self.text.pick(c.label) for c in self.conditions}
        found["condition"] |= {id: self.text(f"pages.condition.{id}") for id in self.unsupported}
        found |= {f"{id}_level": self.levels(id) for id in self.factors}
        return {name: found[name] for name in names if name in found}

    def levels(self, factor_id: str) -> dict[str, str]:
        """The levels of a factor in the conditions together."""
        found: dict[str, dict[str, str]] = {}
        for condition in self.conditions:
            factor = condition.by_id.get(factor_id)
            for level in factor.levels if factor else ():
                found.setdefault(level.id, {})[condition.id] = self.text.pick(level.label)
        return {id: self._by_condition(told) for id, told in found.items()}
