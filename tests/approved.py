"""What the commands print, held in tests/approved.json by a digest of each: no word or figure changes unseen.

`python -m tests.approved` writes them anew and tells which changed: run it where words of the terminal are meant to change, look at what those
commands print now, and commit the file. tests/golden.py holds the answers themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .frozen.faces import CONDITIONS, Line, explanations, profiles_of, refits, the_rest, what_ifs
from .frozen.record import digest
from .frozen.running import LANGUAGES, commands

FILE = Path(__file__).parent / "approved.json"
SIZE = 60
"""Commands of a part."""


def lines() -> list[Line]:
    """Commands as people read them: every one of an answer, and of the rest those that take no fit."""
    of_answers = [*explanations(), *_whole()]
    first = {told for condition in CONDITIONS for told in list(profiles_of(condition))[:1]}
    changed = [line for line in what_ifs() if any(told == line[1 : 1 + len(told)] for told in first)]
    refitted = [line for line in refits(quick=True) if "--add-study" not in line]
    every = dict.fromkeys((*of_answers, *changed, *refitted, *the_rest()))
    return [line for line in every if "--json" not in line and line[0] not in ("schema", "--version")]


def _whole() -> Iterator[Line]:
    for condition in CONDITIONS:
        for told in profiles_of(condition):
            for language in LANGUAGES:
                yield ("explain", *told, "--full", "--extrapolate", "--lang", language)


def parts() -> list[list[Line]]:
    every = lines()
    return [every[start :: -(-len(every) // SIZE)] for start in range(-(-len(every) // SIZE))]


def digests(some: list[Line]) -> dict[str, str]:
    return {line: digest(text) for line, text in commands(some).items()}


def main() -> None:
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    after = {name: found for part in parts() for name, found in digests(part).items()}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            print("changed:", name)
    FILE.write_text(json.dumps(after, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
