"""Faults as a person reads them: each phrase worded by the sentence of its code in a language."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..errors import Bilingual, Fault, Phrase, PredictorError, Value, by_code, escaped, first_told
from .catalogue import Catalogue, load_catalogue, load_locale
from .conditions import Language
from .folders import content_folder


def fault_text(fault: Fault, catalogue: Catalogue) -> str:
    """The whole message of a fault in the catalogue's language."""
    return escaped(phrase_text(fault.message, catalogue))


def phrase_text(phrase: Phrase | Bilingual, catalogue: Catalogue) -> str:
    """A phrase in the catalogue's language; by its code where no catalogue has a sentence for it."""
    values = {name: _value_text(value, catalogue) for name, value in phrase.values}
    if isinstance(phrase, Bilingual):
        sentence = phrase.zh if catalogue.language == "zh" else phrase.en
        return sentence.format(**values) if values else sentence
    for sentences in _catalogues(catalogue):
        try:
            return sentences(phrase.code, **values)
        except KeyError:
            continue
    return by_code(Phrase(phrase.code, tuple(values.items())))


def in_english(phrase: Phrase | Bilingual) -> str:
    """A phrase in English, by the sentences of this package's own content."""
    return phrase_text(phrase, _fitted("en"))


def error_lines(error: PredictorError, language: Language) -> list[str]:
    """The message of an error, a line for each fault, in a language."""
    if not error.faults:
        return str(error).splitlines()
    told, rest = first_told(error.faults)
    lines = [fault_text(fault, _fitted(language)) for fault in told]
    return [*lines, phrase_text(rest, _fitted(language))] if rest else lines


def _value_text(value: Value, catalogue: Catalogue) -> str:
    return phrase_text(value, catalogue) if isinstance(value, Phrase | Bilingual) else str(value)


def _catalogues(catalogue: Catalogue) -> Iterator[Catalogue]:
    """Where a sentence is looked for: an older catalogue may lack it, and before the first fit there is none."""
    yield catalogue
    yield _fitted(catalogue.language)
    yield _written(catalogue.language)


@cache
def _fitted(language: str) -> Catalogue:
    """The catalogue that a fit compiled; an empty one where there is none."""
    try:
        return load_catalogue(content_folder("data") / "scorecards", language)
    except PredictorError:
        return Catalogue(language, {})


@cache
def _written(language: str) -> Catalogue:
    """The sentences as the locale's file has them."""
    try:
        return load_locale(content_folder("configs"), language)
    except PredictorError:
        return Catalogue(language, {})
