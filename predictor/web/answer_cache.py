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
from .common_fields import AskedAnswer

PLACE = "\0"
"""Stands where the profile goes; JSON writes it as no profile can."""
KEPT = 512
"""Answers, of about 20 kB each, or 130 kB with their evidence."""


@dataclass(frozen=True)
class _Cell:
    """What an answer depends on, apart from the profile that it repeats."""

    key: tuple[str, ...]
    asked: AskedAnswer
    explainer: Explainer = field(compare=False)
    understood: Understood = field(compare=False)


class Answers:
    """Gives the answer record of a profile as JSON."""

    def __init__(self, library: Library):
        self.library = library
        self._around = lru_cache(maxsize=KEPT)(_around)

    def json(self, profile: Profile, stance: str, language: str, asked: AskedAnswer) -> bytes:
        """The answer for a profile. Raises InputError, as `Library.answer` does."""
        if not profile.condition or self.library.without_model_id(profile.condition):
            return asked.told(self.library.answer(profile, stance, language)).encode()
        explainer = self.library.explainer(profile.condition, stance, language)
        understood = explainer.understand(profile)
        before, place, after = self._around(_cell(explainer, understood, language, asked))
        own = json.dumps(understood.as_dict(), ensure_ascii=False).encode() if place else b""
        return before + own + after


def _cell(explainer: Explainer, understood: Understood, language: str, asked: AskedAnswer) -> _Cell:
    told = (repr(understood.levels), repr(understood.messages))
    key = (understood.condition.id, explainer.scorecard.hash, explainer.stance, language, *told)
    return _Cell(key, asked, explainer, understood)


def _around(cell: _Cell) -> tuple[bytes, bytes, bytes]:
    """The JSON of an answer before and after its profile; no place and nothing after where it tells none."""
    place: Any = PLACE
    answer = replace(cell.explainer.answer(cell.understood), profile=place)
    before, found, after = cell.asked.told(answer).partition(json.dumps(PLACE))
    return before.encode(), found.encode(), after.encode()
