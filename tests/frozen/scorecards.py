"""What `predictor fit` writes: its numbers, lists of numbers and words, whatever they are called there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .running import Asked, Task, Texts, command, own_content, stable, workplace

CHANGES = {
    "as it is": ("", ""),
    "more heterogeneity": ("tau0: {value: 0.5", "tau0: {value: 0.9"),
}
EXPLAINED = (
    ("--condition", "cp", "--age-years", "2.5", "--gmfm88", "45", "--route", "iv"),
    ("--condition", "stroke", "--nihss", "14", "--days-since-onset", "14"),
)


def tasks(run: Asked) -> Iterator[Task]:
    for name in CHANGES:
        yield fitted, name


def fitted(name: str) -> Texts:
    """The scorecards of today's content, or of changed assumptions."""
    old, new = CHANGES[name]
    with workplace() as folder:
        path = folder / "configs" / "assumptions.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        own = own_content(folder)
        texts = {"printed": command("fit", *own)}
        for path in sorted((folder / "data" / "scorecards").glob("*.json")):
            texts |= {f"{path.stem}/{kind}": found for kind, found in contents(path).items()}
        texts |= {f"explained {' '.join(line)}": command("explain", *line, "--json", *own) for line in EXPLAINED}
    return {f"{name}/{part}": text for part, text in texts.items()}


def contents(path: Path) -> Texts:
    """All numbers, all lists of numbers, all words of a file, in order of their size or letters."""
    data = json.loads(path.read_text(encoding="utf-8"))
    leaves = list(_leaves(data))
    numbers = sorted(float(leaf) for leaf in leaves if _is_number(leaf))
    words = sorted(stable(leaf) for leaf in leaves if isinstance(leaf, str))
    lists = sorted([float(number) for number in some] for some in _lists(data))
    found = {"numbers": map(str, numbers), "lists": map(str, lists), "words": map(repr, words)}
    return {kind: "\n".join(some) for kind, some in found.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _inside(data: Any) -> list[Any]:
    return list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else []


def _leaves(data: Any) -> Iterator[Any]:
    if not isinstance(data, (dict, list)):
        yield data
    for value in _inside(data):
        yield from _leaves(value)


def _lists(data: Any) -> Iterator[list[float]]:
    """Means, rows of a covariance, moves of a record."""
    if isinstance(data, list) and len(data) > 1 and all(map(_is_number, data)):
        yield data
    for value in _inside(data):
        yield from _lists(value)
