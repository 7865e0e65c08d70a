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
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

QUOTES = ("'", '"', "[", "{")
"""What a value begins with that a person gave, as a message shows it."""
LONGEST = 80
"""How many signs of a value a message shows."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, what was found, what is expected, the likeliest cure.

    labels: the levels that are expected, each with its Chinese name, where one of these is wanted.
    """

    field: str
    found: str
    expected: str
    cure: str = ""
    where: str = ""
    labels: str = ""

    def __str__(self) -> str:
        told = self.printable()
        place = f"{told.where}: " if told.where else ""
        cure = f" {told.cure}" if told.cure else ""
        return f"{place}{told.field}: found {told.found}; expected {told.expected}.{cure}"

    def printable(self) -> Fault:
        """The fault as a terminal may show it: on one line, without control signs, a long value cut."""
        found = shortened(self.found) if self.found.startswith(QUOTES) else self.found
        parts = (shortened(self.field or "''"), found, self.expected, self.cure, self.where)
        return Fault(*(escaped(part) for part in parts))

    def as_dict(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("field", "found", "expected", "cure", "where")}


class PredictorError(Exception):
    """Any error of this package that a message can explain."""

    def __init__(self, faults: Iterable[Fault] | Fault | str):
        if isinstance(faults, str):
            self.faults: tuple[Fault, ...] = ()
            message = faults
        else:
            self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
            message = "\n".join(str(fault) for fault in self.faults)
        super().__init__(message)


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
    near = difflib.get_close_matches(meant, spellings, n=1, cutoff=alike)
    return spellings[near[0]] if near else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """'Did you mean …?' for the nearest of the known spellings, or nothing."""
    near = near_name(word, known)
    return f"Did you mean {near!r}?" if near else ""


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
