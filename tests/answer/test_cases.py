"""Worked cases that a clinician can read: tests/cases/*.yaml, each a sentence, a profile and what must come out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from predictor.answer.library import Library
from predictor.answer.record import Answer
from predictor.cli.explain import read_profile
from predictor.content.documents import read_document
from predictor.profile.profile import Profile

from ..conftest import CONDITIONS, ROOT, STANCES

FOLDER = ROOT / "tests" / "cases"
TOLERANCE = 0.005
"""How near a chance of an answer must be to the number that a case names."""
LIBRARY = Library()


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Strict):
    en: str = Field(min_length=10)
    zh: str = Field(min_length=5)


class Span(BaseModel):
    """from and to, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    from_: float = Field(alias="from")
    to: float


class Sets(Strict):
    """The categories of the response that cannot be left out, the most probable first."""

    usual_care: list[str] | None = None
    with_cells: list[str] | None = None


class Expected(Strict):
    """What must come out; what is not named may be anything."""

    levels: dict[str, str | None] = {}
    added: Literal["fewer", "little_or_none", "some", "many"] | None = None
    run: list[str] | None = None
    run_holds: list[str] = []
    response: Sets = Sets()
    added_benefit: Literal["shown", "possible", "not_shown", "possible_harm"] | None = None
    abstained: bool | None = None
    codes: list[str] | None = None
    certainty: Literal["very_low", "low", "moderate"] | None = None
    reasons: list[str] = []
    carried_by: str | None = None
    usual_care: float | Span | None = None
    with_cells: float | Span | None = None
    difference: float | Span | None = None
    claims_move: float | None = None
    narrows_most: str | None = None
    says: list[str] = []
    says_in_text: list[str] = []


class Other(Strict):
    """The same patient with another stance or changed fields, or another patient in place of this one."""

    stance: Literal["sceptical", "graded", "face_value"] | None = None
    profile: dict[str, Any] = {}
    replace: dict[str, Any] | None = None


class Relation(Strict):
    what: Literal["usual_care", "with_cells", "difference", "effect", "width", "worth", "abstained", "everything"]
    is_: Literal["larger", "smaller", "same", "about"] = Field(alias="is")
    than: Other
    within: float = TOLERANCE


class Case(Strict):
    name: Words
    because: str = Field(min_length=10)
    profile: dict[str, Any] = {}
    file: str = ""
    """A profile file in the folder of the cases, in place of a profile."""
    stance: Literal["sceptical", "graded", "face_value"]
    language: Literal["en", "zh"] = "en"
    expect: Expected
    relations: list[Relation] = []


@lru_cache(maxsize=1)
def cases() -> tuple[Case, ...]:
    paths = sorted(FOLDER.glob("*.yaml"))
    found = tuple(Case.model_validate(data) for path in paths for data in read_document(path).data)
    return tuple(case.model_copy(update={"profile": in_file(case.file)}) if case.file else case for case in found)


def in_file(name: str) -> dict[str, Any]:
    """What a profile file tells, as the terminal reads it."""
    return read_profile(FOLDER / name, None, {}).as_dict()


def answer_to(profile: dict[str, Any], stance: str, language: str) -> Answer:
    return LIBRARY.answer(Profile.from_mapping(profile), stance, language)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name.en)
def test_worked_case(case: Case) -> None:
    answer = answer_to(case.profile, case.stance, case.language)
    assert_levels(case.expect, answer)
    assert_verdict(case.expect, answer)
    assert_messages(case.expect, answer)
    assert_numbers(case.expect, answer)
    for relation in case.relations:
        assert_relation(relation, case, answer)


def assert_levels(expect: Expected, answer: Answer) -> None:
    understood = answer.profile.get("levels", {})
    assert {factor: understood[factor] for factor in expect.levels} == expect.levels


def assert_verdict(expect: Expected, answer: Answer) -> None:
    told = expect.model_fields_set
    added = answer.added_response
    if "added" in told:
        assert (added.category if added else None) == expect.added
    if "run" in told:
        assert added
        assert list(added.set) == expect.run
    for name, sets in expect.response.model_dump(exclude_none=True).items():
        assert answer.response
        assert list(getattr(answer.response, name).set) == sets
    if "added_benefit" in told:
        assert answer.added_benefit == expect.added_benefit
    if "abstained" in told:
        assert answer.abstained == expect.abstained
    if "certainty" in told:
        assert answer.certainty == expect.certainty
    if "carried_by" in told:
        assert (answer.carried_by.id if answer.carried_by else None) == expect.carried_by
    assert set(expect.run_holds) <= set(added.set if added else ())
    assert set(expect.reasons) <= set(answer.certainty_reasons)


def assert_messages(expect: Expected, answer: Answer) -> None:
    """The codes, in any order; that no horizon was told needs no mention."""
    if expect.codes is not None:
        quiet = {"assumed_level"} - set(expect.codes)
        assert sorted(m.code for m in answer.messages if m.code not in quiet) == sorted(expect.codes)
    sentences = " ".join(m.text for m in answer.messages)
    for part in expect.says:
        assert part in sentences
    for part in expect.says_in_text:
        assert part in " ".join(answer.to_text().split())


def assert_numbers(expect: Expected, answer: Answer) -> None:
    for name in ("usual_care", "with_cells", "difference"):
        wanted = getattr(expect, name)
        if isinstance(wanted, Span):
            assert wanted.from_ <= measured(name, answer) <= wanted.to
        elif wanted is not None:
            assert measured(name, answer) == pytest.approx(wanted, abs=TOLERANCE)
    if expect.claims_move is not None:
        moves = [abs(c.effect_from_claims) for c in answer.contributions]
        assert max(moves) == pytest.approx(expect.claims_move, abs=1e-12)
    if expect.narrows_most is not None:
        assert answer.unknowns[0].factor == expect.narrows_most


def measured(what: str, answer: Answer) -> float:
    """One number of an answer: a chance, the effect in log odds, the width of the interval with cells,
    the patients that the knowledge is worth, or whether it abstains."""
    if what == "abstained":
        return float(answer.abstained)
    assert answer.usual_care
    assert answer.with_cells
    assert answer.difference
    assert answer.worth_patients
    assert answer.baseline
    return {
        "usual_care": answer.usual_care.probability,
        "with_cells": answer.with_cells.probability,
        "difference": answer.difference.value,
        "effect": answer.baseline.effect + sum(c.effect for c in answer.contributions),
        "width": answer.with_cells.high - answer.with_cells.low,
        "worth": answer.worth_patients,
    }[what]


def assert_relation(relation: Relation, case: Case, answer: Answer) -> None:
    changed = {k: v for k, v in {**case.profile, **relation.than.profile}.items() if v is not None}
    profile = changed if relation.than.replace is None else relation.than.replace
    other = answer_to(profile, relation.than.stance or case.stance, case.language)
    names = ("usual_care", "with_cells", "difference", "effect", "width", "worth")
    if relation.what == "everything" and answer.abstained:
        assert other.abstained
        assert answer.profile["levels"] == other.profile["levels"]
        return
    for name in names if relation.what == "everything" else (relation.what,):
        here, there = measured(name, answer), measured(name, other)
        assert holds(relation.is_, here, there, relation.within), (relation.what, relation.is_, here, there)


def holds(relation: str, here: float, there: float, within: float) -> bool:
    if relation == "same":
        return abs(here - there) <= 1e-12
    if relation == "about":
        return abs(here - there) <= within
    return here > there + 1e-9 if relation == "larger" else here < there - 1e-9


def test_the_cases_cover_what_they_must() -> None:
    names = [case.name.en for case in cases()]
    assert len(names) >= 36
    assert len(set(names)) == len(names)
    assert {case.stance for case in cases()} == set(STANCES)
    assert {case.language for case in cases()} == {"en", "zh"}
    told = [case.profile["condition"] for case in cases()]
    conditions = [LIBRARY.condition_id(c) for c in told if not LIBRARY.without_model_id(c)]
    assert min(conditions.count(condition) for condition in CONDITIONS) >= 12
    codes = {code for case in cases() for code in case.expect.codes or ()}
    assert codes >= {
        *("outside_studied", "level_not_studied", "contradictory", "too_many_unknowns"),
        *("unsupported_condition", "level_only_claimed", "two_scales_differ", "near_cut"),
        "difference_in_another_class",
        *("assumed_mapping", "perhaps_other_unit", "assumed_level"),
    }


@pytest.mark.parametrize(
    ("at", "key"), [((), "expcet"), (("expect",), "aded"), (("name",), "de"), (("expect", "usual_care"), "form")]
)
def test_a_misspelt_key_of_a_case_is_an_error(at: tuple[str, ...], key: str) -> None:
    data: dict[str, Any] = {
        "name": {"en": "A child of whom little is told", "zh": "所知甚少的儿童"},
        "because": "It is an example.",
        "profile": {"condition": "cerebral_palsy"},
        "stance": "graded",
        "expect": {"usual_care": {"from": 0.1, "to": 0.9}},
    }
    assert Case.model_validate(data)
    place = data
    for step in at:
        place = place[step]
    place[key] = "x"
    with pytest.raises(ValidationError, match=key):
        Case.model_validate(data)


def test_every_case_file_is_a_list_of_cases() -> None:
    for path in FOLDER.glob("*.*"):
        assert path.suffix == ".yaml"
        assert isinstance(read_document(Path(path)).data, list), path


def test_every_profile_file_is_a_case() -> None:
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*")}
    assert files == {case.file for case in cases() if case.file}
    assert len(files) >= 10
