"""Scores a table of profiles: one flattened answer a row, and every bad row beside it with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .answer import Answer
from .errors import PredictorError
from .library import Library
from .profile import Profile

PASSED_THROUGH = ("id", "row_id", "patient_id", "profile_id", "name", "group")


def score_rows(
    rows: Iterable[Mapping[str, Any]],
    library: Library,
    condition: str | None = None,
    stance: str = "graded",
    language: str = "en",
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(scored, rejected): flat answers, and the rows that cannot be scored with their faults."""
    scored, rejected = [], []
    for number, row in enumerate(rows, start=1):
        kept = {k: v for k, v in row.items() if k in PASSED_THROUGH}
        told = {k: v for k, v in row.items() if k not in kept}
        try:
            profile = Profile.from_mapping({"condition": condition, **told} if condition else told)
            scored.append({"row": number, **kept, **flat(library.answer(profile, stance, language))})
        except PredictorError as error:
            rejected.append({"row": number, **row, "faults": str(error)})
    return scored, rejected


def flat(answer: Answer) -> dict[str, Any]:
    """The answer record as one row."""
    out: dict[str, Any] = {"condition": answer.condition, "stance": answer.stance}
    for name in ("usual_care", "with_cells", "difference"):
        part = getattr(answer, name)
        for field in part.__dataclass_fields__ if part else ():
            out[f"{name}_{field}"] = getattr(part, field)
    out["category"] = answer.response.category or "cannot_say"
    out["category_set"] = ";".join(answer.response.set)
    out |= {f"probability_{k}": v for k, v in answer.response.probabilities.items()}
    out["added_benefit"] = answer.added_benefit or "cannot_say"
    out["certainty"] = answer.certainty
    out["worth_patients"] = answer.worth_patients
    out["abstained"] = answer.abstained
    out["messages"] = ";".join(note.code for note in answer.messages)
    for c in answer.contributions:
        out[f"{c.factor}_level"] = c.level
        out[f"{c.factor}_usual_care"] = c.usual_care
        out[f"{c.factor}_effect"] = c.effect
    out["evidence"] = ";".join(item["id"] for item in answer.evidence)
    out["scorecard"] = answer.scorecard
    out["intended_use"] = answer.intended_use
    return out
