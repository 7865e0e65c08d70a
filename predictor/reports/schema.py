"""JSON Schemas (draft 2020-12) of a profile, an answer and the configuration files."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from itertools import combinations
from typing import Any

from ..answer.library import Library
from ..answer.record import Answer
from ..answer.results import told_fields
from ..content.conditions import Condition, Factor, Field, without_model

NAMES = ("profile", "answer", "condition", "assumptions")
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str, library: Library) -> dict[str, Any]:
    """The schema of that name."""
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "profile": lambda: profile_schema(library),
        "answer": lambda: answer_schema(library),
        "condition": _condition_schema,
        "assumptions": _assumptions_schema,
    }
    return {"$schema": DRAFT, "title": name, **makers[name]()}


def _condition_schema() -> dict[str, Any]:
    from ..content.condition_files import ConditionModel

    return ConditionModel.model_json_schema(by_alias=True)


def _assumptions_schema() -> dict[str, Any]:
    from ..content.assumptions import Assumptions

    return Assumptions.model_json_schema(by_alias=True)


def profile_schema(library: Library) -> dict[str, Any]:
    """A profile: one alternative for each condition, its fields with ranges and levels."""
    return {"oneOf": [profile_of(library.scorecard(id).condition) for id in library.condition_ids()]}


def profile_of(condition: Condition) -> dict[str, Any]:
    """A profile of one condition; its fields may be left out, and null says not known."""
    return {
        "type": "object",
        "properties": {"condition": {"const": condition.id}, **field_schemas(condition)},
        "required": ["condition"],
        "additionalProperties": False,
        **once(condition),
    }


def field_schemas(condition: Condition) -> dict[str, dict[str, Any]]:
    """The fields of a condition's profiles, and its factors' own names, which tell a level."""
    made: dict[str, dict[str, Any]] = {}
    for factor in condition:
        made.setdefault(factor.id, {"enum": [*factor.level_ids, None]})
        made |= {f.id: _field(f, factor) for f in factor.fields}
    return made


def _field(f: Field, factor: Factor) -> dict[str, Any]:
    described = f"{factor.label['en']} / {factor.label['zh']} ({f.unit})"
    if not f.numeric:
        return {"enum": [*(f.categories or factor.level_ids), None], "description": described}
    kind, number = ("integer", int) if f.integer else ("number", float)
    told = {"minimum": f.minimum, "maximum": f.maximum}
    bounds = {name: number(value) for name, value in told.items() if value is not None}
    return {"type": [kind, "null"], **bounds, "description": described}


def once(condition: Condition) -> dict[str, Any]:
    """A factor is told by one of its names: two may say different things, which no schema can compare."""
    pairs = [pair for f in condition for pair in combinations(dict.fromkeys((f.id, *(g.id for g in f.fields))), 2)]
    return {"not": {"anyOf": [{"required": [*pair]} for pair in pairs]}} if pairs else {}


TYPES = '''"""The fields of a profile for editors and type checkers: made by `predictor schema types`."""

# ruff: noqa: E501
# fmt: off
from typing import Literal, TypedDict

class ProfileFields(TypedDict, total=False):
'''


def profile_types(library: Library) -> str:
    """A stub with the fields that the conditions of the library know, each with what it may be.

    A number may stand in words too (`2.5 years`), and a level by a synonym; None says not known.
    """
    told: dict[str, dict[str, Any]] = {}
    for id in library.condition_ids():
        for name, made in field_schemas(library.scorecard(id).condition).items():
            before = told.get(name, {})
            levels = dict.fromkeys((*before.get("enum", ()), *made.get("enum", ())))
            told[name] = {**before, **made, **({"enum": [*levels]} if levels else {})}
    return TYPES + "\n".join(f"    {name}: {_annotation(made)}" for name, made in told.items()) + "\n"


def _annotation(made: Mapping[str, Any]) -> str:
    levels = [repr(level).replace("'", '"') for level in made.get("enum", ()) if level is not None]
    kind = f"Literal[{', '.join(levels)}]" if levels else {"integer": "int", "number": "float"}[made["type"][0]]
    return f"{kind} | str | None"


def answer_schema(library: Library) -> dict[str, Any]:
    """The answer record, from its own types."""
    made = _of_type(Answer)
    made["properties"]["schema_version"] = {"const": Answer.__dataclass_fields__["schema_version"].default}
    made["properties"]["evidence"]["items"] = {
        "anyOf": [{"type": "string", "description": "an id"}, {"type": "object"}]
    }
    made["properties"]["stance"] = {"enum": list(library.stances)}
    others = ", ".join(without_model(library.conditions()))
    made["properties"]["condition"]["description"] = f"a supported condition, or one of {others}"
    return made


def _of_type(kind: Any) -> dict[str, Any]:
    simple = {str: "string", float: "number", int: "integer", bool: "boolean", type(None): "null"}
    if kind in simple:
        return {"type": simple[kind]}
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        properties = {f.name: _of_type(hints[f.name]) for f in told_fields(kind)}
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
