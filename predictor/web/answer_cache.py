"""Answers as JSON, kept for the next request about the same levels."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ..answer.explanation import Explainer
from ..answer.library import Library
from ..profile.profile import Profile
from ..profile.reading import Understood

PLACE = "\0"
"""Stands where the profile goes; JSON writes it as no profile can."""
KEPT = 512
"""Answers, of about 100 kB each."""


@dataclass(frozen=True)
class _Cell:
    """What an answer depends on, apart from the profile that it repeats."""

    key: tuple[str, ...]
    explainer: Explainer = field(compare=False)
    understood: Understood = field(compare=False)


class Answers:
    """Gives the answer record of a profile as JSON."""

    def __init__(self, library: Library):
        self.library = library
        self._around = lru_cache(maxsize=KEPT)(_around)

    def json(self, profile: Profile, stance: str, language: str) -> bytes:
        """The answer for a profile. Raises InputError, as `Library.answer` does."""
        if not profile.condition or self.library.without_model_id(profile.condition):
            return self.library.answer(profile, stance, language).to_json(None).encode()
        explainer = self.library.explainer(profile.condition, stance, language)
        understood = explainer.understand(profile)
        before, after = self._around(_cell(explainer, understood, language))
        return before + json.dumps(understood.as_dict(), ensure_ascii=False).encode() + after


def _cell(explainer: Explainer, understood: Understood, language: str) -> _Cell:
    told = (repr(understood.levels), repr(understood.messages))
    key = (understood.condition.id, explainer.scorecard.hash, explainer.stance, language, *told)
    return _Cell(key, explainer, understood)


def _around(cell: _Cell) -> tuple[bytes, bytes]:
    """The JSON of an answer before and after its profile."""
    place: Any = PLACE
    answer = replace(cell.explainer.answer(cell.understood), profile=place)
    before, _, after = answer.to_json(None).partition(json.dumps(PLACE))
    return before.encode(), after.encode()
