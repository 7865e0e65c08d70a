"""What every command prints is in words: no code of a term, a factor or a level stands where its label should, and
numbers in another unit are rounded for a reader."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from predictor.answer.layout import Names, figure
from predictor.answer.library import Library
from predictor.cli import main

from ..conftest import ROOT

PALSY = ("--condition", "cerebral_palsy", "--age-years", "2.5", "--gmfm88", "45", "--route", "intrathecal")
STROKE = ("--condition", "ischaemic_stroke", "--age-years", "65", "--nihss", "14", "--days-since-onset", "10")
OUTSIDE = ("--condition", "cerebral_palsy", "--age-years", "25", "--route", "intracerebral")
COMMANDS: list[tuple[str, ...]] = [
    ("explain", *PALSY),
    ("explain", *STROKE, "--full", "--stance", "face_value"),
    ("explain", *OUTSIDE, "--full", "--extrapolate"),
    ("explain", "--condition", "ischaemic_stroke", "--full"),
    ("explain", "--condition", "脑出血"),
    ("factors",),
    ("evidence", "list"),
    ("evidence", "search", "2023"),
    ("evidence", "checks"),
    ("evidence", "check"),
    ("evidence", "course"),
    ("evidence", "safety"),
    ("evidence", "scales"),
    ("evidence", "mechanisms"),
    ("evidence", "show", "lv-2023"),
    ("evidence", "show", "st-route-iv-large-infarct"),
    ("evidence", "show", "cp-ipd-age-young"),
    ("evidence", "show", "cp-course-under3"),
    ("evidence", "show", "check-1"),
    ("whatif", *PALSY, "--set", "route=intravenous", "--sweep", "cell_type", "--stances"),
    ("whatif", *PALSY, "--grid", "age", "severity"),
    ("whatif", *PALSY, "--nearest", "--next-question"),
    ("whatif", *STROKE, "--belief"),
    ("whatif", *STROKE, "--without-claim", "all"),
    *(("plot", kind, *PALSY, "--gmfcs", "II") for kind in ("waterfall", "icons", "forest", "course")),
    ("plot", "sweep", *PALSY, "--factor", "age"),
    ("plot", "heat", *PALSY, "--factor", "age", "--by", "route"),
    ("schema", "table"),
    ("diff", str(ROOT / "data" / "evidence"), str(ROOT / "data" / "evidence")),
]
IN_FILES = re.compile(r"\[[^\]]*\]|[\w-]+\.(?:csv|yaml|json)|ID|--[a-z-]+")
"""Ids in square brackets, files and options are meant as they stand."""
TERM = re.compile(r"\b(?:modifier|prognosis|horizon|outcome|study|study_effect):\w")
NONE_THERE = re.compile(r"(?:None|nan|NaN)\b")


def codes() -> set[str]:
    """Ids of factors, levels, conditions, domains and the like that are no word of English."""
    found = set()
    for condition in Library().conditions():
        found |= {condition.id, condition.reference_outcome, *condition.outcomes}
        for factor in condition:
            found |= {factor.id, *factor.level_ids}
    return {code for code in found if "_" in code}


def printed(language: str, *arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments, "--lang", language])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_code_stands_for_its_words(language: str, command: tuple[str, ...]) -> None:
    told = printed(language, *command)
    assert not TERM.findall(told)
    assert not NONE_THERE.findall(told)
    if command[0] not in ("schema", "factors"):  # which tell what the codes and the fields mean
        words = set(re.findall(r"[a-z0-9_]+", IN_FILES.sub("", told)))
        assert not words & codes()


@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in COMMANDS if not {"list", "search"} & {*c}], ids=" ".join)
def test_chinese_stands_in_brackets_of_its_own(command: tuple[str, ...]) -> None:
    """But for the titles of studies, which stand as they were published."""
    told = printed("zh", *command)
    han = "\u4e00-\u9fff"
    assert not re.findall(rf"[^\n]*(?:[{han}]\([^)]|[{han}] ?\([0-9+−-]|\([0-9+−]+至)[^\n]*", told)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_term_of_every_model_has_its_words(language: str) -> None:
    library = Library()
    for id in library.condition_ids():
        names = Names(library.scorecard(id).condition, library.catalogue(language))
        terms = library.scorecard(id).terms
        words = [names.term(term) for term in terms]
        assert len({*words}) == len(terms)
        assert not [word for word in words if "_" in word or word.endswith((": ", "："))]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (547.875, "548"),
        (0.328542, "0.33"),
        (2.25, "2.25"),
        (45, "45"),
        (40.04, "40.04"),
        (99.999, "100"),
        (876600, "876600"),
    ],
)
def test_a_number_is_rounded_for_a_reader(value: float, words: str) -> None:
    assert figure(value) == words


def test_the_answer_rests_on_the_number_that_was_told(tmp_path: Path) -> None:
    """A year and a half is read as 547.875 days, and told as 548 days."""
    path = tmp_path / "患者.yaml"
    path.write_text("诊断：脑梗死\n病程：一年半\n", encoding="utf-8")
    assert "548天" in printed("zh", "explain", "--profile", str(path))
    assert "548 days" in printed("en", "explain", "--profile", str(path))
    record = json.loads(printed("zh", "explain", "--profile", str(path), "--json"))
    assert record["profile"]["days_since_onset"] == 547.875


@pytest.mark.parametrize(
    ("days", "level"),
    [("182.62", "subacute_other"), ("182.63", "chronic"), ("6个月", "chronic"), ("26周", "subacute_other")],
)
def test_rounding_moves_no_one_across_a_cut(days: str, level: str) -> None:
    told = ("explain", "--condition", "ischaemic_stroke", "--days-since-onset", days, "--json")
    assert json.loads(printed("en", *told))["profile"]["levels"]["timing"] == level


def test_a_bare_patient_has_no_empty_heading() -> None:
    for language in ("en", "zh"):
        lines = printed(language, "explain", "--condition", "ischaemic_stroke").splitlines()
        assert not [
            line for line, after in pairwise(lines) if line.endswith((":", "：")) and not after.startswith("  ")
        ]
        assert "predictor evidence show ID" not in "\n".join(lines)
