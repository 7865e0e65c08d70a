"""Five hundred answers stay as they are, or move together with what the changelog says of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from predictor.answer.library import Library

from . import golden

CHANGELOG = "## 1\n### Content (evidence)\n\n- **First.** Text\n  - more\n### Other\n- no entry\n"
ROWS = [{"added": "some", "difference": [0.1]}, {"added": None, "difference": [0.2]}]


def test_the_golden_answers_are_those_of_now(library: Library) -> None:
    _, held = golden.read(golden.FILE)
    moved = [(row, now) for row in held if not golden.same(row, now := golden.answered(row, library))]
    assert moved == [], golden.HOW


def test_they_are_of_both_conditions_and_all_stances_and_of_every_kind_of_answer(library: Library) -> None:
    _, held = golden.read(golden.FILE)
    count = Counter((row["condition"], row["stance"]) for row in held)
    assert len(held) == 500
    assert set(count) == {(id, stance) for id in library.condition_ids() for stance in golden.STANCES}
    assert {row["added"] for row in held} == {None, "fewer", "little_or_none", "some", "many"}
    assert sum(row["added"] is not None for row in held) > 200


def test_a_moved_answer_is_not_written_without_an_entry_of_the_changelog(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    assert golden.rewrite(path, CHANGELOG, ROWS) == "2 answers moved, 2 are held."
    before = path.read_bytes()
    moved = [{**ROWS[0], "difference": [0.1 + 1e-8]}, ROWS[1]]
    with pytest.raises(SystemExit, match=r"^1 answers moved\. Golden answers moved\. If that is meant"):
        golden.rewrite(path, CHANGELOG, moved)
    assert path.read_bytes() == before
    told = CHANGELOG.replace("- **First.**", "- **Second.** What moved\n- **First.**")
    assert golden.rewrite(path, told, moved) == "1 answers moved, 2 are held."
    assert golden.read(path) == (["**Second.** What moved", "**First.** Text"], moved)


def test_an_answer_that_is_the_same_to_nine_digits_has_not_moved() -> None:
    assert golden.same({"a": [0.1, "x"]}, {"a": [0.1 + 1e-10, "x"]})
    assert not golden.same({"a": [0.1]}, {"a": [0.1 + 1e-8]})
    assert not golden.same({"a": [0.1]}, {"a": [0.1, 0.2]})
    assert not golden.same({"a": None}, {"a": "some"})
