"""The judgement of many cells is that of each alone; sets and benefits by their cut-offs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.answer.judgement import ABSTAINED, CONCERNS, RESTS_ON_CLAIMS, UNSTUDIED, Judge, reason_names
from predictor.answer.library import Library
from predictor.model.prediction import ADDED, BENEFITS, CATEGORIES, SETS, benefits, response_sets
from predictor.model.scorecard import Scorecard

from ..conftest import CONDITIONS, STANCES


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_a_set_is_the_most_probable_category_and_any_other_with_a_fifth(weights: list[float]) -> None:
    chances = dict(zip(CATEGORIES, weights, strict=True))
    ordered = sorted(chances, key=lambda name: -chances[name])
    expected = tuple(name for i, name in enumerate(ordered) if i == 0 or chances[name] >= 0.2)
    assert SETS[response_sets(np.array([weights]), 0.2)[0]] == expected


def test_benefits_by_the_chance_that_the_difference_is_above_zero(library: Library) -> None:
    rules = library.scorecard("cerebral_palsy").estimate
    found = benefits(np.array([1, 0.95, 0.9499, 0.8, 0.7999, 0.2001, 0.2, 0]), rules)
    assert [BENEFITS[i] for i in found] == [
        *("shown", "shown", "possible", "possible", "not_shown", "not_shown", "possible_harm", "possible_harm"),
    ]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_cells_judged_together_are_judged_as_alone(library: Library, condition: str) -> None:
    explainer = library.explainer(condition)
    rng = np.random.default_rng(4)
    codes = np.column_stack([rng.integers(0, len(f.levels) + 1, 200) for f in explainer.scorecard.condition])
    outside = rng.random(200) < 0.2
    together = explainer.assess(codes, outside)
    for i in range(0, 200, 7):
        alone = explainer.assess(codes[i : i + 1], outside[i : i + 1])
        for name, values in vars(together.verdict).items():
            assert getattr(alone.verdict, name)[0].tolist() == values[i].tolist(), name
        assert (alone.certainties[0], alone.reasons[0]) == (together.certainties[i], together.reasons[i])


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_claim_makes_any_cell_more_certain(library: Library, condition: str) -> None:
    """Nor one of which the studies alone say nothing: found by a reviewer in 49 of 20,000 cells."""
    sceptical, *others = (library.explainer(condition, stance) for stance in STANCES)
    rng = np.random.default_rng(11)
    choices = [len(f.levels) + 1 for f in sceptical.scorecard.condition]
    codes, inside = np.column_stack([rng.integers(0, n, 10_000) for n in choices]), np.zeros(10_000, dtype=bool)
    by_studies = sceptical.assess(codes, inside).certainties
    for explainer in others:
        assert (explainer.assess(codes, inside).certainties >= by_studies).all()


@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_difference_in_another_class_than_the_headline_is_said(library: Library, condition: str, stance: str) -> None:
    """Found by a reviewer: many of 100 above a difference of +11, and fewer above one of +2."""
    explainer = library.explainer(condition, stance)
    cuts = [explainer.scorecard.estimate[f"added_{end}"] for end in ("fewer_below", "some_from", "many_from")]
    rng = np.random.default_rng(12)
    found = []
    for _ in range(300):
        levels = {f.id: rng.choice([*f.level_ids, None]) for f in explainer.scorecard.condition}
        answer = explainer.predict({name: level for name, level in levels.items() if level is not None})
        notes = [note for note in answer.messages if note.code == "difference_in_another_class"]
        assert not (answer.abstained and notes)
        if answer.added_response is None or answer.difference is None:
            continue
        there = ADDED[sum(answer.difference.value >= cut for cut in cuts)]
        apart = len(answer.added_response.set) == len(ADDED)
        found.append(not apart and there != answer.added_response.category)
        assert bool(notes) == found[-1]
        assert [note.severity for note in notes] == ["warning"] * found[-1]
        assert all(explainer.text(f"added.{there}") in note.text for note in notes)
    assert len(set(found)) == 2


def test_reasons_by_their_bits() -> None:
    assert reason_names(0) == ("ceiling",)
    assert reason_names(0b1010) == ("inconsistency", "imprecision")
    assert reason_names(15) == CONCERNS
    assert (reason_names(ABSTAINED), reason_names(RESTS_ON_CLAIMS)) == (("abstained",), ("rests_on_claims",))


def test_a_level_without_patients_is_marked_where_it_matters(library: Library) -> None:
    explainer = library.explainer("cerebral_palsy")
    condition = explainer.scorecard.condition
    codes = explainer.estimator.codes({"cell_source": "adipose", "genotype": "regeneration_variant"})
    found = dict(zip(condition.by_id, explainer.judge.unstudied(codes)[0].tolist(), strict=True))
    assert {f: UNSTUDIED[kind] for f, kind in found.items() if kind} == {
        "cell_source": "level_not_studied",
        "genotype": "level_only_claimed",
    }


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("cerebral_palsy", ["age", "severity", "cell_type", "cell_source", "route", "infusions"]),
        (
            "ischaemic_stroke",
            ["age", "severity", "timing", "cell_type", "cell_source", "donor", "route", "infusions"],
        ),
    ],
)
def test_which_factors_count_as_missing_where_nothing_is_told(
    library: Library, condition: str, expected: list[str]
) -> None:
    """Main factors in which patients differ: no child of a study was treated within six months of the injury."""
    explainer = library.explainer(condition)
    factors = explainer.scorecard.condition.factors
    nothing = np.array([[len(factor.levels) for factor in factors]])
    missing = explainer.assess(nothing, np.zeros(1, dtype=bool)).verdict.missing[0]
    assert [factor.id for factor, flag in zip(factors, missing, strict=True) if flag] == expected
    told = np.zeros_like(nothing)
    assert not explainer.assess(told, np.zeros(1, dtype=bool)).verdict.missing.any()


@pytest.mark.parametrize(("least", "indirect"), [(0, False), (1, True)])
def test_as_many_patients_as_the_limit_are_enough(library: Library, least: int, indirect: bool) -> None:
    """The rarest level of a patient whom study groups met in all that must be studied together."""
    explainer = library.explainer("cerebral_palsy")
    card = explainer.scorecard
    told = {"age": "3_to_6y", "severity": "moderate", "cell_type": "msc", "route": "intrathecal"}
    rarest = min(card.patients[factor][level] for factor, level in told.items())
    estimate = {
        **card.data["estimate"],
        "certainty": {**card.estimate["certainty"], "indirect_patients": rarest + least},
    }
    judge = Judge(Scorecard({**card.data, "estimate": estimate}))
    assert judge._indirect(explainer.estimator.codes(told)).tolist() == [indirect]


def test_the_sentence_on_indirectness_names_the_number_of_the_assumptions(library: Library) -> None:
    least = library.scorecard("cerebral_palsy").estimate["certainty"]["indirect_patients"]
    for language in ("en", "zh"):
        assert f"{least:g}" in library.catalogue(language)("certainty_reason.indirectness")
