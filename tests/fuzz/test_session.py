"""What a person does who asks what if: any order of changes, undone or not, and what holds after each."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from predictor import Predictor, Profile
from predictor.answer.judgement import CERTAINTIES
from predictor.answer.record import Answer, Numbers
from predictor.errors import ProfileError
from predictor.model.prediction import ADDED
from predictor.whatif.points import TARGETS, Target

from ..conftest import CONDITIONS, STANCES, values_of
from ..whatif.test_comparison import assert_brief, record
from .driver import in_both_lengths, machine_held

MODELS = {(id, stance): Predictor.load(id, stance) for id in CONDITIONS for stance in STANCES}


class Asked(NamedTuple):
    """What stood on the screen: whose answer, under which stance, and the answer."""

    profile: Profile
    stance: str
    answer: Any


class Session(RuleBasedStateMachine):
    """One patient, changed step by step; each step can be undone."""

    @initialize(id=st.sampled_from(CONDITIONS), stance=st.sampled_from(STANCES))
    def begin(self, id: str, stance: str) -> None:
        self.profile, self.stance = Profile(id), stance
        self.undone: list[Asked] = []
        self.steps: list[Asked] = []

    @property
    def model(self) -> Predictor:
        return MODELS[str(self.profile.condition), self.stance]

    @property
    def answer(self) -> Answer:
        return self.model.predict(self.profile)

    def _go(self, profile: Profile, stance: str) -> None:
        before = Asked(self.profile, self.stance, record(self.answer))
        MODELS[str(profile.condition), stance].understand(profile)
        self.steps.append(before)
        self.profile, self.stance = profile, stance

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        condition = self.model.scorecard.condition
        factor = data.draw(st.sampled_from(condition.factors))
        value = data.draw(values_of(condition))[factor.fields[0].id]
        try:
            found = self.model.what_if(self.profile, **{factor.fields[0].id: value})
        except ProfileError:  # two facts that cannot both be
            return
        assert record(found.before) == record(self.answer)
        self._go(self.profile.but(**{factor.fields[0].id: value}), self.stance)
        assert record(found.after) == record(self.answer)

    @rule(stance=st.sampled_from(STANCES))
    def change_stance(self, stance: str) -> None:
        side_by_side = self.model.stances(self.profile)
        self._go(self.profile, stance)
        assert record(side_by_side[stance]) == record(self.answer)

    @precondition(lambda self: self.steps)
    @rule()
    def undo(self) -> None:
        self.profile, self.stance, answer = self.steps.pop()
        assert record(self.answer) == answer

    @rule(data=st.data())
    def sweep(self, data: st.DataObject) -> None:
        condition = self.model.scorecard.condition
        factor = data.draw(st.sampled_from(condition.factors))
        swept = self.model.sweep(self.profile, factor.id)
        assert [step.level for step in swept.steps] == list(factor.level_ids)
        step = data.draw(st.sampled_from(swept.steps))
        assert_brief(step.point, self.model.what_if(self.profile, **{factor.id: step.level}).after)

    @rule(of=st.sampled_from(TARGETS))
    def nearest(self, of: Target) -> None:
        found = self.model.nearest(self.profile, of, limit=3)
        assert_brief(found.before, self.answer)
        for near in found.nearby:
            assert all(change.lever for change in near.changes)
            changes = {change.factor: change.after for change in near.changes}
            assert_brief(near.point, self.model.what_if(self.profile, **changes).after)
            assert near.point.differs(found.before, of)

    @invariant()
    def an_answer_keeps_its_promises(self) -> None:
        if not hasattr(self, "profile"):
            return
        answer = self.answer
        if answer.abstained:
            assert not any(getattr(answer, field.name) for field in fields(Numbers))
            return
        numbers = answer.answered
        assert sum(numbers.added_response.probabilities[name] for name in ADDED) == pytest.approx(1, abs=1e-9)
        assert numbers.difference.value == pytest.approx(
            numbers.with_cells.probability - numbers.usual_care.probability
        )
        sceptical = MODELS[str(self.profile.condition), "sceptical"].predict(self.profile)
        assert CERTAINTIES.index(answer.certainty) >= CERTAINTIES.index(sceptical.certainty)


class LongSession(Session):
    """The same, in which it is asked once, too, how far claims must be believed, which takes seconds."""

    believed = False

    @precondition(lambda self: not self.believed)
    @rule()
    def believe(self) -> None:
        self.believed = True
        together, *_ = self.model.beliefs(self.profile)
        for stance, point in (("sceptical", together.disbelieved), ("face_value", together.face_value)):
            answer = MODELS[str(self.profile.condition), stance].predict(self.profile)
            assert (point.added_response, point.added_benefit) == (
                answer.added_response and answer.added_response.category,
                answer.added_benefit,
            )


@pytest.mark.slow
@in_both_lengths
def test_a_session_of_what_if_holds_in_any_order(long: bool) -> None:
    machine_held(LongSession if long else Session, long, brief=4)
