"""Answers for random profiles: of each profile the hash of its answer or refusal, of the first 500 the text too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from .profiles import profile
from .record import digest
from .running import CONDITIONS, LANGUAGES, STANCES, Asked, Task, Texts, stable

BLOCK = 100
"""Profiles of a task, and of a text of hashes."""
TOLD = 500


def tasks(run: Asked) -> Iterator[Task]:
    for start in range(0, run.profiles, BLOCK):
        for condition in CONDITIONS:
            yield block, condition, start
    yield from ((asked_otherwise, condition, start) for condition in CONDITIONS for start in range(0, 100, 25))


def block(condition: str, start: int) -> Texts:
    """The answers for some profiles under each stance and in each language."""
    texts: Texts = {}
    for stance in STANCES:
        for language in LANGUAGES:
            name, lines = f"{condition}.{stance}.{language}", []
            for number in range(start, start + BLOCK):
                found = answer(condition, number, stance, language)
                lines.append(f"{number:05d} {digest(as_json(found))}")
                if number < TOLD:
                    texts[f"text/{name}/{number:05d}"] = f"{profile(condition, number)}\n{stable(str(found))}"
            texts[f"json/{name}/{start:05d}"] = "\n".join(lines)
    return texts


def answer(condition: str, number: int, stance: str, language: str) -> Any:
    """The answer for a profile, or the words of its refusal."""
    try:
        return model(condition, stance, language).predict(given(condition, number))
    except Exception as error:
        return refusal(error)


def as_json(found: Any) -> str:
    return found if isinstance(found, str) else found.to_json().replace(found.scorecard, "HASH")


def refusal(error: Exception) -> str:
    """What an error says; of those that are none of ours the name too."""
    from predictor import PredictorError

    return f"refused: {error}" if isinstance(error, PredictorError) else f"crash: {error!r}"


@cache
def model(condition: str, stance: str, language: str) -> Any:
    from predictor import Predictor

    return Predictor.load(condition, stance=stance, language=language)


def given(condition: str, number: int) -> Any:
    """A profile as Python is given it: a mapping, or a Profile."""
    from predictor import Profile

    told = profile(condition, number)
    return Profile(**told) if number % 2 else told


def asked_otherwise(condition: str, start: int) -> Texts:
    """What-ifs and sweeps of some profiles."""
    texts: Texts = {}
    for number in range(start, start + 25):
        stance, language = STANCES[number % 3], LANGUAGES[number % 2]
        for name, ask in (("what-if", _what_if), ("sweep", _sweep)):
            try:
                told = ask(model(condition, stance, language), given(condition, number))
            except Exception as error:
                told = refusal(error)
            texts[f"{name}/{condition}.{stance}.{language}/{number:05d}"] = told
    return texts


def _what_if(asked: Any, told: Any) -> str:
    found = asked.what_if(told, route="intravenous", infusions=1, age_years=None)
    return stable("\n".join([*map(repr, found.changes), str(found.before), str(found.after)]))


def _sweep(asked: Any, told: Any) -> str:
    return stable(repr(asked.sweep(told, "age_years", [1, 4, 7.5, 30, 61])))


def shown(condition: str, number: int, stance: str, language: str) -> str:
    """A profile and its whole answer."""
    return f"{profile(condition, number)}\n{as_json(answer(condition, number, stance, language))}"
