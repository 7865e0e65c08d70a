"""What the commands print is what was looked at: tests/approved.json."""

from __future__ import annotations

import json

import pytest

from ..approved import FILE, digests, lines, parts

HOW = "look at what these print now; if it is meant, run `python -m tests.approved` and commit what it writes"
APPROVED: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("part", range(len(parts())))
def test_the_commands_print_what_was_approved(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = digests(parts()[part])
    assert {name for name, digest in found.items() if APPROVED.get(name) != digest} == set(), HOW


def test_every_command_that_is_held_is_run() -> None:
    assert APPROVED.keys() == {" ".join(line) for line in lines()}
