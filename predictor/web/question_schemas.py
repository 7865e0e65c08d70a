"""JSON Schemas of what may be asked: they refuse what the server refuses, condition by condition.

What no schema can tell is refused by the server alone: two fields that do not hold together (an age and a longer
time since the injury), and a refit for which no study is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

from ..answer.library import Library
from ..content.conditions import LANGUAGES
from ..content.evidence import Evidence
from ..model.scorecard import Scorecard
from ..reports.evidence_pages import reader
from ..reports.schema import field_schemas, once, profile_of
from ..whatif.points import TARGETS
from .common_fields import Nearest, Stance
from .limits import Limits

Schema = dict[str, Any]


def question_schemas(library: Library) -> dict[str, Schema]:
    """The schemas of profiles and of the bodies that hold one, by name."""
    made: dict[str, Schema] = {
        profile_name(id): profile_of(library.scorecard(id).condition) for id in library.condition_ids()
    }
    made["Profile"] = {"oneOf": [_profile(id) for id in library.condition_ids()]}
    questions: dict[str, Callable[[Scorecard], Iterator[Schema]]] = {
        "Question": _question,
        "WhatIf": _what_if,
        "Sweep": _sweep,
        "Nearest": _nearest,
        "Without": lambda scorecard: _without(scorecard, evidence),
    }
    evidence = reader(library, LANGUAGES[0]).evidence
    scorecards = [library.scorecard(id) for id in library.condition_ids()]
    return {**made, **{name: {"anyOf": [v for s in scorecards for v in ask(s)]} for name, ask in questions.items()}}


def profile_name(condition: str) -> str:
    """The name of the schema of a condition's profiles."""
    return f"Profile-{condition}"


def _profile(condition: str) -> Schema:
    return {"$ref": f"#/components/schemas/{profile_name(condition)}"}


def _asking(condition: str, required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """A body with a profile of the condition, and a stance and a language where they are not in the query."""
    choices = {"stance": _choice(get_args(Stance)), "language": _choice(LANGUAGES)}
    return {
        "type": "object",
        "properties": {"profile": _profile(condition), **required, **(optional or {}), **choices},
        "required": ["profile", *required],
        "additionalProperties": False,
    }


def _choice(names: Sequence[str]) -> Schema:
    return {"enum": [*names, None]}


def _question(scorecard: Scorecard) -> Iterator[Schema]:
    yield _asking(scorecard.condition.id, {})


def _what_if(scorecard: Scorecard) -> Iterator[Schema]:
    properties = field_schemas(scorecard.condition)
    changes = {
        "type": "object",
        "properties": properties,
        "minProperties": 1,
        "additionalProperties": False,
        **once(scorecard.condition),
    }
    yield _asking(scorecard.condition.id, {"changes": changes})


def _sweep(scorecard: Scorecard) -> Iterator[Schema]:
    for name, schema in field_schemas(scorecard.condition).items():
        values = {"type": "array", "items": {"allOf": [schema, {"not": {"type": "null"}}]}, "maxItems": Limits.values}
        yield _asking(scorecard.condition.id, {"factor": {"const": name}}, {"values": values})


def _nearest(scorecard: Scorecard) -> Iterator[Schema]:
    limit = Nearest.model_json_schema()["properties"]["limit"]
    yield _asking(scorecard.condition.id, {}, {"of": {"enum": [*TARGETS]}, "limit": limit})


def _without(scorecard: Scorecard, evidence: Evidence) -> Iterator[Schema]:
    """One alternative for each kind of evidence that is named: at least one must be."""
    known = removable(scorecard, evidence)
    lists: dict[str, Schema] = {name: {"type": "array", "items": {"enum": names}} for name, names in known.items()}
    for name, one in lists.items():
        others = {other: schema for other, schema in lists.items() if other != name}
        yield _asking(scorecard.condition.id, {name: {**one, "minItems": 1}}, others)


def removable(scorecard: Scorecard, evidence: Evidence) -> dict[str, list[str]]:
    """What a refit can leave out, by the fields of a question."""
    from ..whatif.refits import ALL

    studies = [s for s in evidence.studies if s.condition == scorecard.condition.id]
    return {
        "studies": [s.id for s in studies],
        "designs": sorted({s.design for s in studies}),
        "countries": sorted({name for s in studies for name in s.countries}),
        "risk_of_bias": sorted({s.risk_of_bias for s in studies}),
        "claims": [ALL, *(claim["id"] for claim in scorecard.data["evidence"]["claims"])],
    }
