"""The sentences a user reads, by key, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError, Fault, say, shown
from .conditions import LANGUAGES, Field, Labels
from .documents import read_document
from .evidence import Prose
from .placeholders import placeholders
from .words import words_of

Sentences = Mapping[str, str]


class Catalogue:
    """Sentences of one language; `pick` gives what stands in both in that one."""

    def __init__(self, language: str, sentences: Sentences):
        self.language = language
        self.sentences = sentences

    def __call__(self, key: str, /, **values: object) -> str:
        return self.sentences[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self.sentences

    def unit(self, field: Field) -> str:
        """The word for a field's unit: Chinese counts years of age by another word than other years."""
        key = f"unit_of.{field.id}"
        return self(key if key in self else f"unit.{field.unit}")

    def field(self, field: Field) -> str:
        """What a field is called beside its factor: its own name, else its unit, else its id."""
        key = f"field.{field.id}"
        return self(key) if key in self else self.unit(field) or field.id

    def pick(self, labels: Labels | Prose | None) -> str:
        """The label or the prose of the catalogue's language; nothing where none is told."""
        return labels[self.language] if labels else ""

    def mark(self, state: str) -> str:
        """What is said beside a publication of a state that a reader must know of; nothing of another."""
        key = f"publication_mark.{state}"
        return self(key) if key in self else ""

    def every(self, words: Sequence[str]) -> str:
        """Words as a list that ends with `and`."""
        *first, last = words
        return self("list_and").join([*([self("list_join").join(first)] if first else []), last])

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.sentences)


def compile_catalogues(configs: Path, conditions: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """The sentences of configs/locales by language, with the words that the conditions bring, checked: same keys,
    same placeholders, and no key twice.

    conditions: their configurations. Raises ConfigurationError with all the differences.
    """
    from .configuration import read_configuration

    folder = configs / "locales"
    flat: dict[str, dict[str, str]] = {
        lang: dict(_flat(read_configuration(folder / f"{lang}.yaml").data)) for lang in LANGUAGES
    }
    faults = list(_differences(flat, folder))
    for condition in conditions:
        faults += _add_words(flat, condition, configs)
    if faults:
        raise ConfigurationError(faults)
    return flat


def _add_words(flat: Mapping[str, dict[str, str]], condition: Mapping[str, Any], configs: Path) -> Iterator[Fault]:
    """Adds the words of a condition; those that stand there in other words are faults."""
    from .configuration import read_configuration

    for key, labels in words_of(condition).items():
        known = {lang: flat[lang].setdefault(key, labels[lang]) for lang in LANGUAGES}
        for lang in LANGUAGES:
            if known[lang] != labels[lang]:
                document = read_configuration(configs / f"{condition['condition']}.yaml")
                where = document.where(document.path_to(labels))
                expected = say("as_elsewhere", wording=shown(known[lang]))
                yield Fault(key, shown(labels[lang]), expected, say("same_words"), where)


def load_locale(configs: Path, language: str) -> Catalogue:
    """The sentences of a language as configs/locales has them, unchecked."""
    return Catalogue(language, dict(_flat(read_document(configs / "locales" / f"{language}.yaml").data)))


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _differences(flat: Mapping[str, Sentences], folder: Path) -> Iterator[Fault]:
    first, second = LANGUAGES
    for one, other in ((first, second), (second, first)):
        for key in sorted(flat[one].keys() - flat[other].keys()):
            yield Fault(key, say("no_key"), say("key_as_in", file=f"{one}.yaml"), where=str(folder / f"{other}.yaml"))
    for key in flat[first].keys() & flat[second].keys():
        wanted, found = placeholders(flat[first][key]), placeholders(flat[second][key])
        if wanted != found:
            where = str(folder / f"{second}.yaml")
            yield Fault(key, say("placeholders", list=f"{sorted(found)}"), f"{sorted(wanted)}", where=where)


def load_catalogue(folder: Path, language: str) -> Catalogue:
    """The compiled catalogue of a language from a scorecards folder."""
    path = folder / f"text.{language}.json"
    try:
        sentences = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        fault = Fault("text", say("no_catalogue"), say("catalogue_file"), say("run_fit"), str(path))
        raise ConfigurationError(fault) from error
    return Catalogue(language, sentences)
