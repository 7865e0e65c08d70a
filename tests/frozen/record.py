"""A record on disk, and how texts differ from it."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from .running import Texts

WHOLE = 200_000
"""Letters up to which a text is kept."""
HASHED = "\0hashes of lines\n"
SHOWN, LINES, WIDTH = 20, 14, 220
"""How many names are told, with how many lines of their differences, of how many letters."""
CODEC = ("utf-8", "surrogateescape")


def digest(text: str, digits: int = 12) -> str:
    return hashlib.sha256(text.encode(*CODEC)).hexdigest()[:digits]


def packed(text: str) -> str:
    """The text, or the hashes of its lines if it is long."""
    if len(text) <= WHOLE:
        return text
    return HASHED + "\n".join(digest(line, 8) for line in text.split("\n"))


@dataclass(frozen=True)
class Part:
    """The texts of a part, and how much was run for them."""

    texts: Texts
    profiles: int
    quick: bool

    def covers(self, other: Part) -> bool:
        return self.profiles >= other.profiles and self.quick <= other.quick

    def write(self, path: Path) -> None:
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            archive.comment = json.dumps({"profiles": self.profiles, "quick": self.quick}).encode()
            for name, text in self.texts.items():
                archive.writestr(name, packed(text).encode(*CODEC))

    @classmethod
    def read(cls, path: Path) -> Part:
        with ZipFile(path) as archive:
            texts = {name: archive.read(name).decode(*CODEC) for name in archive.namelist()}
            return cls(texts, **json.loads(archive.comment))


class Differences:
    """How the texts of a part differ from those recorded. What a run did not ask for is no difference."""

    def __init__(self, recorded: Part, now: Part):
        then, texts = recorded.texts, now.texts
        self.recorded, self.texts = then, texts
        self.changed = [name for name, text in texts.items() if name in then and packed(text) != then[name]]
        self.new = [name for name in texts if name not in then] if recorded.covers(now) else []
        self.gone = [name for name in then if name not in texts] if now.covers(recorded) else []

    @property
    def count(self) -> int:
        return len(self.changed) + len(self.new) + len(self.gone)

    @property
    def summary(self) -> str:
        shared = len(self.recorded.keys() & self.texts.keys())
        told = {"differ": self.changed, "new": self.new, "gone": self.gone}
        words = [f"{len(names)} {word}" for word, names in told.items() if names]
        return ", ".join([f"{shared - len(self.changed)} of {len(self.recorded)} equal", *words])

    def lines(self) -> Iterator[str]:
        """Names, and how their texts differ."""
        for name in self.changed[:SHOWN]:
            yield f"differs: {name}"
            yield from (f"    {line[:WIDTH]}" for line in difference(self.recorded[name], self.texts[name]))
        if len(self.changed) > SHOWN:
            yield f"and {len(self.changed) - SHOWN} more: {', '.join(self.changed[SHOWN : 10 * SHOWN])}"[:2000]
        yield from (f"new: {name}" for name in self.new[:SHOWN])
        yield from (f"gone: {name}" for name in self.gone[:SHOWN])


def difference(old: str, new: str) -> list[str]:
    """The first lines that differ; of the old only their hashes where it was long."""
    if old.startswith(HASHED):
        before, after = old.removeprefix(HASHED).split("\n"), new.split("\n")
        other = [i for i, line in enumerate(after) if i >= len(before) or before[i] != digest(line, 8)]
        head = f"{len(before)} lines then, {len(after)} now; {len(other)} differ"
        return [head, *(f"+{i + 1}: {after[i]}" for i in other[: LINES // 2])]
    found = difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm="")
    return [line for line in found if not line.startswith(("---", "+++"))][:LINES]
