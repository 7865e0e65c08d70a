"""Factors: bands with open and closed ends, names in two languages, groups spread over bands."""

from __future__ import annotations

import pytest

from predictor.answer.library import Library
from predictor.content.conditions import Band, find_condition
from predictor.model.fitting import Content


@pytest.mark.parametrize(
    ("factor", "value", "level"),
    [
        ("age", 2.99, "under_3y"), ("age", 3, "3_to_6y"), ("age", 6, "3_to_6y"), ("age", 6.01, "over_6y"),
        ("age", 17.9, "over_6y"), ("age", 18, "adult"), ("severity", 40.1, "mild"), ("severity", 40, "moderate"),
        ("severity", 30, "moderate"), ("severity", 29.9, "severe"), ("timing", 6, "within_6mo"), ("timing", 6.5, "later"),
        ("infusions", 1, "single"), ("infusions", 2, "repeated"), ("horizon", 5.9, "short"), ("horizon", 6, "long"), ("horizon", 12, "long"),
    ],
)  # fmt: skip
def test_each_cut_off_of_palsy(library: Library, factor: str, value: float, level: str) -> None:
    assert library.scorecard("cerebral_palsy").condition.by_id[factor].level_at(value) == level


@pytest.mark.parametrize(
    ("factor", "value", "level"),
    [
        ("age", 59, "younger"), ("age", 60, "older"), ("severity", 7, "mild"), ("severity", 8, "moderate"),
        ("severity", 19, "moderate"), ("severity", 20, "severe"), ("timing", 3, "acute"), ("timing", 4, "subacute_other"),
        ("timing", 7, "subacute"), ("timing", 21, "subacute"), ("timing", 22, "subacute_other"),
        ("timing", 182, "subacute_other"), ("timing", 183, "chronic"),
    ],
)  # fmt: skip
def test_each_cut_off_of_stroke(library: Library, factor: str, value: float, level: str) -> None:
    assert library.scorecard("ischaemic_stroke").condition.by_id[factor].level_at(value) == level


def test_every_level_and_assumption_has_a_source(content: Content) -> None:
    for factor in content.condition:
        assert all(level.source for level in factor.levels)
        assert content.configuration["factors"][factor.id]["population"]["reason"]


def test_the_documented_gaps_are_levels_that_say_so(library: Library) -> None:
    palsy, stroke = (library.scorecard(c).condition.by_id for c in ("cerebral_palsy", "ischaemic_stroke"))
    assert palsy["age"].level("3_to_6y").silent
    assert palsy["severity"].level("moderate").silent
    assert stroke["timing"].level("subacute_other").silent


def test_a_band_knows_its_open_and_closed_ends() -> None:
    assert 3 in Band.from_dict({"from": 3, "below": 6})
    assert 6 not in Band.from_dict({"from": 3, "below": 6})
    assert 3 not in Band.from_dict({"above": 3, "to": 6})


@pytest.mark.parametrize(
    ("word", "level"),
    [("鞘内", "intrathecal"), ("IV", "intravenous"), ("Lumbar-Puncture", "intrathecal"), ("鼻腔内", "intranasal")],
)
def test_levels_are_found_by_synonym_in_both_languages(library: Library, word: str, level: str) -> None:
    assert library.scorecard("cerebral_palsy").condition.by_id["route"].find_level(word) == level


def test_no_synonym_names_two_levels(library: Library) -> None:
    from predictor.content.conditions import normalised

    for id in library.condition_ids():
        for factor in library.scorecard(id).condition:
            seen: dict[str, str] = {}
            for level in factor.levels:
                for word in {normalised(w) for w in (level.id, *level.label.values(), *level.synonyms)}:
                    assert seen.setdefault(word, level.id) == level.id, (factor.id, word)


def test_conditions_are_found_by_synonym(library: Library) -> None:
    conditions = [library.scorecard(id).condition for id in library.condition_ids()]
    for word, id in (
        ("CP", "cerebral_palsy"),
        ("脑瘫", "cerebral_palsy"),
        ("stroke", "ischaemic_stroke"),
        ("脑梗死", "ischaemic_stroke"),
    ):
        found = find_condition(word, conditions)
        assert found is not None
        assert found.id == id
    assert find_condition("asthma", conditions) is None
