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
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, what was found, what is expected, the likeliest cure."""

    field: str
    found: str
    expected: str
    cure: str = ""
    where: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f" {self.cure}" if self.cure else ""
        return f"{place}{self.field}: found {self.found}; expected {self.expected}.{cure}"

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


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
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
