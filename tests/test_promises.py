"""Every promise that is written names a test that exists and runs without being asked for."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from .conftest import NEEDS, ROOT

PROMISE = re.compile(r"^\| (?P<told>[^|]+) \| `(?P<file>tests/[\w/]+\.py)::(?P<name>test_\w+)` \|$", re.MULTILINE)
PAGE = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
PROMISES = [(found["told"], found["file"], found["name"]) for found in PROMISE.finditer(PAGE)]


@cache
def marks_in(file: str) -> dict[str, str]:
    """The tests of a file by name, each with its marks."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {
        node.name: " ".join(map(ast.unparse, node.decorator_list))
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize(("told", "file", "name"), PROMISES)
def test_a_promise_is_held_by_a_test(told: str, file: str, name: str) -> None:
    assert name in marks_in(file), told
    assert not [mark for mark in NEEDS if f"mark.{mark}" in marks_in(file)[name]], told


def test_every_line_of_the_promises_names_its_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith("held by |")]
    assert len(rows) == len(PROMISES) > 20
    assert len({name for _, _, name in PROMISES}) == len(PROMISES)
