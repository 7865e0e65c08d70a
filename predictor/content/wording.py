"""A fault as a person reads it: in English as it stands, in Chinese by the patterns of the locales.

Each sentence `fault.*` of the English locale is a pattern of a phrase that a fault may hold, and the
Chinese sentence of that key is its translation. What no pattern matches stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from string import Formatter

from ..errors import QUOTES, Fault, PredictorError
from .catalogue import Catalogue, load_catalogue
from .folders import content_folder

PATTERNS = "fault."
SENTENCE = "fault_sentence"
SHAPES = {
    "number": r"-?(?:[\d.]+(?:e[-+]?\d+)?|inf|nan)",
    "amount": r"-?[\d.]+(?:e[-+]?\d+)? [a-z]+",
    "unit": r"[a-z]+",
    "ending": r"\.\w+",
    "name": r"[\w.-]+",
}
"""What a placeholder of a pattern stands for, by the word before its `_`; anything for another."""
NESTED = ("amount", "unit", "problem")
"""The placeholders whose text is a phrase with a pattern of its own."""


def fault_text(fault: Fault, catalogue: Catalogue) -> str:
    """The whole message of a fault in the catalogue's language."""
    if catalogue.language != "zh" or SENTENCE not in catalogue:
        return str(fault)
    labels, fault = fault.labels, fault.printable()
    place = f"{fault.where}：" if fault.where else ""
    found, expected, cure = (phrase_text(p, catalogue) for p in (fault.found, fault.expected, fault.cure))
    expected = catalogue("fault.one_of", list=labels) if labels else expected
    return place + catalogue(SENTENCE, field=fault.field, found=found, expected=expected) + cure


def phrase_text(phrase: str, catalogue: Catalogue) -> str:
    """A phrase of a fault by the first pattern that it is of; else the phrase itself."""
    if phrase.startswith(QUOTES):
        return phrase
    for key, pattern in _patterns():
        match = pattern.fullmatch(phrase)
        if match and key in catalogue:
            return catalogue(key, **_translated(match.groupdict(), catalogue))
    return phrase


def error_lines(error: PredictorError, language: str) -> list[str]:
    """The message of an error, a line for each fault, in a language."""
    if language == "en" or not error.faults:
        return str(error).splitlines()
    try:
        catalogue = _catalogue(language)
    except PredictorError:
        return str(error).splitlines()
    return [line for fault in error.faults for line in fault_text(fault, catalogue).splitlines()]


def _translated(values: Mapping[str, str], catalogue: Catalogue) -> dict[str, str]:
    return {name: phrase_text(value, catalogue) if _kind(name) in NESTED else value for name, value in values.items()}


@cache
def _catalogue(language: str) -> Catalogue:
    return load_catalogue(content_folder("data") / "scorecards", language)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The keys and patterns of the English phrases, those with the most words of their own first."""
    english = _catalogue("en")
    phrases = {key: english.sentence(key) for key in sorted(english.keys) if key.startswith(PATTERNS)}
    ranked = sorted(phrases, key=lambda key: -len(re.sub(r"\{\w+\}", "", phrases[key])))
    return tuple((key, as_pattern(phrases[key])) for key in ranked)


def as_pattern(phrase: str) -> re.Pattern[str]:
    """What matches a phrase with anything that fits in the place of its placeholders."""
    parts = []
    for literal, name, _, _ in Formatter().parse(phrase):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P<{name}>{SHAPES.get(_kind(name), '.+?')})")
    return re.compile("".join(parts), re.DOTALL)


def _kind(placeholder: str) -> str:
    return placeholder.split("_")[0]
