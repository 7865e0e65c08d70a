"""An example for every operation, from the content: what the document shows, and what `/docs` lets a person try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..answer.library import Library
from ..content.conditions import Condition
from ..reports.interactive_page import lessons
from ..reports.schema import NAMES

Values = dict[str, Any]


def body_examples(library: Library) -> dict[str, Any]:
    """The example of a body by the path of its operation: of the first condition that can be answered."""
    id = next(iter(library.condition_ids()), None)
    if id is None:
        return {}
    scorecard = library.scorecard(id)
    profile = example_profile(library, scorecard.condition)
    return {
        "/v1/predict": profile,
        "/v1/what-if": {"profile": profile, "changes": _change(scorecard.condition, profile)},
        "/v1/sweep": {"profile": profile, "factor": scorecard.condition.factors[0].id},
        "/v1/nearest": {"profile": profile, "of": "added_response", "limit": 3},
        "/v1/without": {"profile": profile, "studies": [scorecard.data["groups"][0]["study_id"]]},
        "/v1/score": "\n".join(",".join(map(str, row)) for row in (profile, profile.values())) + "\n",
    }


def parameter_examples(library: Library) -> Values:
    """The example of a parameter by its name."""
    id = next(iter(library.condition_ids()), None)
    if id is None:
        return {}
    scorecard = library.scorecard(id)
    return {
        "condition": id,
        "scorecard": scorecard.hash,
        "id": scorecard.data["evidence"]["claims"][0]["id"],
        "name": NAMES[0],
        "kind": "claim",
        "fields": ["added_response", "difference", "certainty"],
        "language": "en",
        "q": "",
    }


def example_profile(library: Library, condition: Condition) -> Values:
    """The page's example of a condition; without one, the reference levels of the main factors."""
    known: Mapping[str, Values] = lessons(library)["examples"]
    main = {f.id: f.reference for f in condition if f.abstain_when_unstudied}
    return {"condition": condition.id, **known.get(condition.id, main)}


def _change(condition: Condition, profile: Mapping[str, Any]) -> Values:
    """Another level of the first choice of treatment that the profile tells as a level."""
    chosen = [f for f in condition if f.chosen]
    factor = next(
        (f for f in chosen if profile.get(f.id) in f.level_ids), chosen[0] if chosen else condition.factors[0]
    )
    return {factor.id: next((id for id in factor.level_ids if id != profile.get(factor.id)), factor.reference)}
