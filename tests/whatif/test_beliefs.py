"""How far a claim must be believed: the stances on the way, and both sides of a threshold."""

from __future__ import annotations

import pytest

from predictor import Predictor
from predictor.model.fitting import Content
from predictor.model.records import claims_entering
from predictor.whatif.beliefs import SCANNED, _Believing, beliefs
from predictor.whatif.points import Point
from predictor.whatif.refits import ALL, Refits

from .test_comparison import EXAMPLES, MODELS


def near(a: Point, b: Point) -> None:
    assert a.reasons == b.reasons
    assert (a.added_response, a.run, a.added_benefit) == (b.added_response, b.run, b.added_benefit)
    if a.difference and b.difference and a.with_cells and b.with_cells:
        # A full fit stops where scikit-learn's rule lets it, up to 1e-7 of log odds short of the mode.
        assert a.difference.value == pytest.approx(b.difference.value, abs=1e-8)
        assert a.with_cells.high == pytest.approx(b.with_cells.high, abs=1e-8)


def test_the_beliefs_that_are_tried_first_lie_in_order_from_none_to_all() -> None:
    assert (SCANNED[0], SCANNED[-1]) == (0, 1)
    assert list(SCANNED) == sorted(set(SCANNED))


def test_belief_runs_from_the_sceptical_stance_to_face_value(content: Content) -> None:
    id = content.condition.id
    believing = _Believing(content, MODELS[id].explainer, MODELS[id].understand(EXAMPLES[id]))
    # Where a study answers a claim, graded leaves it to the study: only the open claims stand at 0.15.
    open_rules = claims_entering(believing.rules, content.assumptions, "graded")
    assert 0 < len(open_rules) < len(believing.rules)
    for belief, stance, rules in (
        (0.0, "sceptical", believing.rules),
        (0.15, "graded", open_rules),
        (1.0, "face_value", believing.rules),
    ):
        model = Predictor.load(id, stance)
        others = _Believing(content, model.explainer, believing.patient)
        near(others.point(rules, belief), Refits(content, model.explainer, believing.patient).before)
    rule = open_rules[0]
    near(believing.point([rule], 0.15), Refits(content, MODELS[id].explainer, believing.patient).before)
    expected = MODELS[id].without(claims=[rule.claim_id])
    near(believing.point([rule], 0.0), Refits(content, expected.explainer, believing.patient).before)


@pytest.mark.slow
def test_the_answer_changes_at_the_threshold_and_not_before(contents: dict[str, Content]) -> None:
    content = contents["cerebral_palsy"]
    explainer = MODELS["cerebral_palsy"].explainer
    found = beliefs(content, explainer, EXAMPLES["cerebral_palsy"])
    assert found[0].claim == ALL
    believing = _Believing(content, explainer, explainer.understand(EXAMPLES["cerebral_palsy"]))
    rules = {rule.claim_id: rule for rule in believing.rules}
    assert {belief.claim for belief in found} == {ALL, *rules}
    changing = [belief for belief in found if belief.added_benefit and belief.claim != ALL]
    assert changing
    for belief in changing[:4]:
        threshold, rule = belief.added_benefit, rules[belief.claim]
        assert threshold
        assert threshold.se_factor == pytest.approx(0.15 / threshold.belief)
        assert threshold.worth_patients == pytest.approx(16 / (rule.se * threshold.se_factor) ** 2)
        assert believing.point([rule], threshold.belief).added_benefit == threshold.after
        assert believing.point([rule], threshold.belief - 1e-4).added_benefit == threshold.before
        assert belief.disbelieved.added_benefit == threshold.before
