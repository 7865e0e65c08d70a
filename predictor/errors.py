"""What can go wrong, with the place, what was found, what is expected and the likeliest cure.

PredictorError
├── InputError            a person's profile, table or option
│   └── ProfileError
├── ContentError          a file of configs/ or data/
│   ├── ConfigurationError
│   ├── EvidenceError
│   └── RuleError
└── ScorecardError        a scorecard that is missing, stale or of another version
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

QUOTES = ("'", '"', "[", "{")
"""What a value begins with that a person gave, as a message shows it."""
LONGEST = 80
"""How many signs of a value a message shows."""
MOST_TOLD = 100
"""Faults that are told one by one: more than a person mends at once, and few enough to be told in a moment."""


@dataclass(frozen=True)
class Phrase:
    """A phrase of a message: its code, which is a key of the locales, and the values that stand in it."""

    code: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        return _in_english(self)


@dataclass(frozen=True)
class Bilingual:
    """A phrase that the content has in each language, and the values that stand in it."""

    en: str
    zh: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        return _in_english(self)


Value = str | int | float | Phrase | Bilingual
Said = Phrase | Bilingual | str
"""What a fault is told by: a phrase, or what stands as it is in every language, as a value that a person gave."""


def say(code: str, /, **values: Value) -> Phrase:
    """The phrase of a code: `fault.CODE` in the locales."""
    return Phrase(f"fault.{code}", tuple(values.items()))


def labelled(labels: Mapping[str, str], /, **values: Value) -> Bilingual:
    """The phrase of labels that the content has by language."""
    return Bilingual(labels["en"], labels["zh"], tuple(values.items()))


def joined(names: Iterable[str]) -> Bilingual:
    """Names one after the other, as each language parts them."""
    told = tuple(names)
    return Bilingual(", ".join(told), "、".join(told))


def one_of(names: Iterable[str]) -> Phrase:
    """That one of some names is expected."""
    return say("one_of", list=joined(names))


def listed(names: Sequence[Value]) -> Value:
    """Names one after the other, each worded in the language of the whole: `days, hours, months`."""
    told = names[0]
    for name in names[1:]:
        told = say("listed", first=told, rest=name)
    return told


def either(names: Sequence[str]) -> Said:
    """That one of a few names is expected: `a, b or c`."""
    *others, last = names
    return say("either", list=joined(others), last=last) if others else last


def all_of(names: Iterable[str]) -> Said:
    """Several names together: `a and b`."""
    first, *others = names
    told: Said = first
    for name in others:
        told = say("pair", first=told, second=name)
    return told


def by_code(phrase: Phrase | Bilingual) -> str:
    """A phrase that no locale words: by the end of its code, with its values."""
    if isinstance(phrase, Bilingual):
        return phrase.en.format(**dict(phrase.values)) if phrase.values else phrase.en
    values = ", ".join(f"{name}={value}" for name, value in phrase.values)
    return phrase.code.rpartition(".")[2] + (f"({values})" if values else "")


_in_english: Callable[[Phrase | Bilingual], str] = by_code


def word_by(wording: Callable[[Phrase | Bilingual], str]) -> None:
    """Sets what words phrases in English; `content` does so, where the sentences are."""
    global _in_english
    _in_english = wording


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, what was found, what is expected, the likeliest cure."""

    field: str
    found: Said
    expected: Said
    cure: Said = ""
    where: str = ""

    def __str__(self) -> str:
        return escaped(str(self.message))

    @property
    def message(self) -> Phrase:
        """The whole message as one phrase, a long value cut."""
        found = self.found
        if isinstance(found, str) and found.startswith(QUOTES):
            found = shortened(found)
        message = say("message", field=shortened(self.field or "''"), found=found, expected=self.expected)
        message = say("with_place", place=self.where, message=message) if self.where else message
        return say("with_cure", message=message, cure=self.cure) if self.cure else message

    def as_dict(self) -> dict[str, str]:
        """Its parts as English texts."""
        return {name: str(getattr(self, name)) for name in ("field", "found", "expected", "cure", "where")}


def first_told(faults: Sequence[Fault]) -> tuple[Sequence[Fault], Phrase | None]:
    """The faults that are told one by one, and how many more there are, where there are more."""
    rest = len(faults) - MOST_TOLD
    return faults[:MOST_TOLD], say("and_more", number=f"{rest:,}") if rest > 0 else None


class PredictorError(Exception):
    """Any error of this package that a message can explain."""

    def __init__(self, faults: Iterable[Fault] | Fault | str):
        if isinstance(faults, str):
            self.faults: tuple[Fault, ...] = ()
            super().__init__(faults)
        else:
            self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
            super().__init__(self.faults)

    def __str__(self) -> str:
        if not self.faults:
            return super().__str__()
        told, rest = first_told(self.faults)
        return "\n".join(map(str, [*told, *([rest] if rest else [])]))


class InputError(PredictorError):
    """What a person gave cannot be used."""


class ProfileError(InputError):
    """A described patient that cannot be understood."""


class ContentError(PredictorError):
    """A file of the project's content is wrong."""


class ConfigurationError(ContentError):
    """A file in configs/ is wrong."""


class EvidenceError(ContentError):
    """A file in data/evidence/ is wrong."""


class RuleError(ContentError):
    """A claim that cannot be encoded with the factors of its condition."""


class ScorecardError(PredictorError):
    """A scorecard is missing, older than its content, or of another version."""


NEAR = 0.6
"""How alike a spelling must be to be suggested: the share of letters in common, as difflib measures it."""
SHORT = 4
"""Up to so many letters, a word is near only to words that are at most one letter longer or shorter: `als`
shares three letters with `palsy` and means something else."""


def near_name(word: str, known: Iterable[str], alike: float = NEAR) -> str | None:
    """The nearest of the known spellings, if one is near; case does not matter."""
    spellings = {str(name).casefold(): str(name) for name in known}
    meant = str(word).casefold()
    if len(meant) <= SHORT:
        spellings = {folded: name for folded, name in spellings.items() if abs(len(folded) - len(meant)) <= 1}
    alike_enough = [name for name in spellings if 2 * min(len(name), len(meant)) >= alike * (len(name) + len(meant))]
    near = difflib.get_close_matches(meant, alike_enough, n=1, cutoff=alike) if alike_enough else []
    return spellings[near[0]] if near else None


def suggestion(word: str, known: Iterable[str]) -> Said:
    """'Did you mean …?' for the nearest of the known spellings, or nothing."""
    near = near_name(word, known)
    return say("did_you_mean", word=repr(near)) if near else ""


def shown(value: object) -> str:
    """What was found, as a message shows it: as a file writes it, and not longer than a line."""
    if isinstance(value, date):
        return str(value).removesuffix(" 00:00:00")
    return shortened(str(value).lower() if isinstance(value, bool) else repr(value))


def shortened(text: str) -> str:
    """A text that is not longer than a line."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def escaped(text: str) -> str:
    """A text whose control signs (line ends, colours of a terminal) are told by their codes."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
