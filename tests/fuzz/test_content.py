"""What a curator may write: any edit of a condition's file, of a cell of the evidence, of a scorecard gives an answer or faults."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from predictor.answer.explanation import Explainer
from predictor.answer.library import Library
from predictor.content.condition_files import condition_files, load_condition, read_conditions
from predictor.content.configuration import read_configuration
from predictor.content.evidence import FILES
from predictor.errors import ContentError, Fault, ScorecardError, say
from predictor.model.fitting import build_scorecard, read_content
from predictor.model.scorecard import checked
from predictor.validation.inspection import inspect_rows

from ..conftest import CONDITIONS, ROOT
from ..model.test_shape import GONE, ODD, PALSY, Step, changed, paths
from .driver import held, in_both_lengths, in_time

CONFIGS, EVIDENCE = ROOT / "configs", ROOT / "data" / "evidence"
TEXT = Library().catalogue("en")
DATA = {path.stem: read_configuration(path).data for path in condition_files(CONFIGS)}
ALMOST = [0.5, 2, -1, 1e-9, 1.0000001]
"""Factors that make of a number another, which may be as good."""


def places(node: Any, at: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """The place of every part."""
    steps = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for step in steps:
        yield (*at, step)
        yield from places(node[step], (*at, step))


PLACES = {id: list(places(data)) for id, data in DATA.items()}
Edit = tuple[tuple[Step, ...], str, Any]


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A condition, and a few parts of its file that are another number, another word, gone, moved or odd."""
    id = draw(st.sampled_from(CONDITIONS))
    how = st.sampled_from(("scaled", "scaled", "as", "renamed", "turned", "odd"))
    one = st.tuples(st.sampled_from(PLACES[id]), how, st.integers(0, 10**6))
    return id, draw(st.lists(one, min_size=1, max_size=3))


def edited(id: str, changes: list[Edit]) -> Any:
    """The data of a condition with the edits; one whose place an earlier edit took away is left out."""
    data = json.loads(json.dumps(DATA[id]))
    for path, how, number in changes:
        try:
            node = data
            for step in path[:-1]:
                node = node[step]
            _edit(node, path[-1], how, number, data)
        except (KeyError, IndexError, TypeError):
            continue
    return data


def _edit(node: Any, step: Any, how: str, number: int, data: Any) -> None:
    value = node[step]
    if how == "scaled" and isinstance(value, int | float) and not isinstance(value, bool):
        node[step] = value * ALMOST[number % len(ALMOST)]
    elif how == "as":  # another part of the same file
        node[step] = json.loads(json.dumps(_at(data, number)))
    elif how == "renamed" and isinstance(node, dict):
        node[("x", "a b", "年龄", "", "none")[number % 5]] = node.pop(step)
    elif how == "turned" and isinstance(value, dict):
        node[step] = dict(reversed(value.items()))
    elif (odd := ODD[number % len(ODD)]) is GONE:
        del node[step]
    else:
        node[step] = odd


def _at(data: Any, number: int) -> Any:
    found = list(places(data))
    for step in found[number % len(found)]:
        data = data[step]
    return data


def answered(configs: Path, evidence: Path, condition: str) -> None:
    """Fits the content anew and answers with it under every stance."""
    scorecard = build_scorecard(read_content(configs, evidence)[condition])
    for stance in scorecard.stances:
        assert Explainer(scorecard, stance, TEXT).predict({}).to_json()


def told(faults: tuple[Fault, ...], place: str) -> None:
    """Each fault says in which file and where in it, what was found and what is expected."""
    assert faults
    for fault in faults:
        assert re.search(place, fault.where), str(fault)
        assert fault.field, str(fault)
        assert str(fault.found), str(fault)
        assert str(fault.expected), str(fault)


@in_both_lengths
def test_a_condition_edited_anywhere_is_read_or_told(long: bool, tmp_path: Path) -> None:
    def law(edit: tuple[str, list[Edit]]) -> None:
        id, changes = edit
        path = tmp_path / f"{id}.json"
        path.write_text(json.dumps(edited(id, changes)), encoding="utf-8")
        try:
            with in_time(str(edit)):
                load_condition(path)
        except ContentError as error:
            told(error.faults, rf"{id}\.json:\d+:\d+$")

    held(law, edits(), long, brief=60)


@pytest.mark.slow
@in_both_lengths
def test_a_condition_that_is_read_is_fitted_and_answers_or_is_told(long: bool, tmp_path: Path) -> None:
    shutil.copytree(CONFIGS, tmp_path / "configs")

    def law(edit: tuple[str, list[Edit]]) -> None:
        id, changes = edit
        path = tmp_path / "configs" / f"{id}.yaml"
        path.write_text(json.dumps(edited(id, changes), ensure_ascii=False), encoding="utf-8")
        try:
            answered(tmp_path / "configs", EVIDENCE, id)
        except ContentError as error:
            told(error.faults, r"\.(yaml|csv)(:\d+)*$")
        finally:
            shutil.copyfile(CONFIGS / path.name, path)

    held(law, edits(), long, brief=8)


ROWS: dict[str, list[list[str]]] = {}
for file, _ in FILES.values():
    with (EVIDENCE / file).open(encoding="utf-8", newline="") as stream:
        ROWS[file] = list(csv.reader(stream))
CELLS = ("", " ", "x", "-1", "0", "1e999", "nan", "0x1", "１２", "1,5", "99999999999", "1e-300", "a" * 10_000, "未知", "\x1b[2J",
         "lv-2023", "cerebral_palsy", "none", ";", "a;b;a", "=1+1", "\n", '"')  # fmt: skip


@st.composite
def cells(draw: st.DrawFn) -> tuple[str, int, int, str, str]:
    """A file, a row, a column, another cell (an odd one, or that of another row), and a condition that is asked."""
    file = draw(st.sampled_from(list(ROWS)))
    rows = ROWS[file]
    row, column = draw(st.integers(1, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
    other = st.integers(1, len(rows) - 1).map(lambda number: rows[number][column])
    return file, row, column, draw(st.sampled_from(CELLS) | other), draw(st.sampled_from(CONDITIONS))


@pytest.mark.slow
@in_both_lengths
def test_a_cell_of_the_evidence_edited_is_read_or_told_with_file_row_and_field(long: bool, tmp_path: Path) -> None:
    shutil.copytree(EVIDENCE, tmp_path / "evidence")
    conditions = read_conditions(CONFIGS)

    def law(edit: tuple[str, int, int, str, str]) -> None:
        file, row, column, cell, condition = edit
        path = tmp_path / "evidence" / file
        rows = [list(cells) for cells in ROWS[file]]
        rows[row][column] = cell
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
        try:
            with in_time(str(edit)):
                told_by_the_check = inspect_rows(conditions, tmp_path / "evidence").faults
            if told_by_the_check:
                told(told_by_the_check, r"\w+\.csv:\d+$")
            answered(CONFIGS, tmp_path / "evidence", condition)
        except ContentError as error:
            for fault in error.faults:  # a claim that is not there has no row
                told((fault,), r"claims\.csv$" if fault.found == say("no_claim") else r"\w+\.(csv|yaml):\d+(:\d+)?$")
        finally:
            shutil.copyfile(EVIDENCE / file, path)

    held(law, cells(), long, brief=6)


@pytest.mark.slow
@in_both_lengths
def test_a_scorecard_changed_anywhere_is_refused_or_answers(long: bool) -> None:
    def law(edit: tuple[tuple[Step, ...], Any]) -> None:
        try:
            with in_time(str(edit)):
                scorecard = checked(changed(*edit))
        except ScorecardError:
            return
        for stance in scorecard.stances:
            answer = Explainer(scorecard, stance, TEXT).predict({})
            assert answer.to_json()
            assert answer.to_text()

    held(law, st.tuples(st.sampled_from(paths(PALSY)), st.sampled_from(ODD)), long, brief=30)
