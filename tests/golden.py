"""The golden answers: 500 profiles of both conditions under the three stances, held in tests/golden.jsonl.

`python -m tests.golden` writes them anew. It refuses where an answer moved and no entry was added to the content section
of CHANGELOG.md: an answer changes only together with what is said of it. The first line of the file holds the first words
of the entries that there were.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

from predictor.answer.library import Library
from predictor.content.conditions import Condition, Factor
from predictor.errors import ProfileError

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "golden.jsonl"
STANCES = ("sceptical", "graded", "face_value")
EACH = 250
"""Profiles of a condition."""
TOLERANCE = 2e-9
"""Numbers are held with nine digits."""
HOW = (
    "Golden answers moved. If that is meant: say in CHANGELOG.md, under Content, which answers moved and why, and run "
    "`python -m tests.golden`."
)
Row = dict[str, Any]


def entries(changelog: str) -> list[str]:
    """The first words of each entry in the content sections."""
    sections = re.findall(r"^### Content.*?$(.*?)(?=^##|\Z)", changelog, flags=re.DOTALL | re.MULTILINE)
    return [line[2:82] for section in sections for line in section.splitlines() if line.startswith("- ")]


def profiles(library: Library, condition: Condition) -> Iterator[Row]:
    """Random profiles of a condition without end, without those that cannot be."""
    for number in count():
        rng = Random(f"{condition.id} {number}")
        told = {factor.fields[0].id: _value(factor, rng) for factor in condition if rng.random() < 0.6}
        with suppress(ProfileError):
            library.explainer(condition.id).understand(told)
            yield told


def _value(factor: Factor, rng: Random) -> Any:
    """A value at one of the levels, the usual ones more often."""
    level = rng.choices(factor.levels, [_weight(factor, level.id) for level in factor.levels])[0]
    field = factor.fields[0]
    if not field.numeric or not level.bands:
        return level.id
    band = rng.choice(level.bands)
    low, high = max(band.lower, field.minimum or 0), min(band.upper, field.maximum or math.inf)
    value = rng.uniform(low, min(high, low + 60))
    return math.ceil(value) if field.integer else round(value, 1)


def _weight(factor: Factor, level: str) -> float:
    """How often a level is told against the others: mostly what was studied, so that most are answered."""
    return 0.05 + factor.population.get(level, 0) + (0.3 if level == factor.reference else 0)


def made() -> list[Row]:
    """The questions, without their answers."""
    library = Library()
    return [
        {"condition": condition.id, "stance": STANCES[number % len(STANCES)], "profile": profile}
        for condition in library.conditions()
        for number, profile in enumerate(islice(profiles(library, condition), EACH))
    ]


def answered(row: Row, library: Library) -> Row:
    """A question with its answer of now: the words, the numbers, or why there are none."""
    record = library.explainer(row["condition"], row["stance"]).predict(row["profile"]).as_dict()
    return {**{name: row[name] for name in ("condition", "stance", "profile")}, **_held(record)}


def _held(record: Mapping[str, Any]) -> Row:
    told = sorted(message["code"] for message in record["messages"])
    if record["abstained"]:
        return {"added": None, "messages": told}
    words = {"added": record["added_response"]["category"], "set": record["added_response"]["set"]}
    words |= {name: record[name] for name in ("added_benefit", "certainty", "certainty_reasons")}
    numbers = {
        name: [round(value, 9) for value in record[name].values()]
        for name in ("difference", "usual_care", "with_cells")
    }
    return {**words, "messages": told, **numbers}


def same(held: Any, found: Any) -> bool:
    """Whether two parts of an answer are the same, numbers to nine digits."""
    if isinstance(held, float) and isinstance(found, float):
        return abs(held - found) <= TOLERANCE
    if isinstance(held, dict) and isinstance(found, dict):
        return held.keys() == found.keys() and all(same(held[name], found[name]) for name in held)
    if isinstance(held, list) and isinstance(found, list):
        return len(held) == len(found) and all(map(same, held, found))
    return bool(held == found)


def read(path: Path) -> tuple[list[str], list[Row]]:
    """(the entries of the changelog that there were, the answers)."""
    first, *rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return first["content"], rows


def rewrite(path: Path, changelog: str, rows: Sequence[Row]) -> str:
    """Writes answers, and tells how many moved. Raises SystemExit where some did without a new entry."""
    now = entries(changelog)
    before, held = read(path) if path.exists() else ([], [])
    moved = sum(not same(row, other) for row, other in zip(held, rows, strict=False)) + abs(len(held) - len(rows))
    if held and moved and set(now) <= set(before):
        raise SystemExit(f"{moved} answers moved. {HOW}")
    lines = [{"content": now}, *rows]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return f"{moved} answers moved, {len(rows)} are held."


def main() -> None:
    questions = read(FILE)[1] if FILE.exists() else made()
    library = Library()
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sys.stdout.write(rewrite(FILE, changelog, [answered(row, library) for row in questions]) + "\n")


if __name__ == "__main__":
    main()
