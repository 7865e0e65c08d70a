"""The reference cohort, and what is told of a faulty one of a person's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from predictor.errors import InputError, ProfileError
from predictor.model.fitting import Content
from predictor.profile.profile import Profile
from predictor.validation.cohort import Cohort, checked_cohort

from ..conftest import CONDITIONS


def test_the_reference_cohort_holds_twenty_profiles_of_each_condition(
    cohort: Cohort, contents: dict[str, Content]
) -> None:
    assert {id: len(cohort.of(content.condition)) for id, content in contents.items()} == dict.fromkeys(CONDITIONS, 20)


# A cohort of one's own


def test_a_faulty_cohort_names_every_fault(tmp_path: Path, contents: dict[str, Content]) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text("profile_id,condition,age_years\na,cerebral_palsy,3\na,cerebral_palsy\n", encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        Cohort.read(path)
    assert str(caught.value).splitlines() == [
        f"{path}:2: profile_id: found 'a'; expected an id that stands once.",
        f"{path}:3: row: found more or fewer cells; expected as many as columns.",
        f"{path}:3: profile_id: found 'a'; expected an id that stands once.",
    ]
    path.write_text("profile_id,condition,age_years\n", encoding="utf-8")
    with pytest.raises(ProfileError, match="rows: found none; expected at least one profile"):
        Cohort.read(path)


def test_a_cohort_of_ones_own_is_checked_whole(tmp_path: Path, contents: dict[str, Content]) -> None:
    """A profile of a condition that nobody models would be left out in silence; one by a synonym, too."""
    conditions = [content.condition for content in contents.values()]
    path = tmp_path / "cohort.csv"
    path.write_text("profile_id,病种,age_years\na,脑瘫,3\na,cp,400\nb,als,1\nc,,1\n", encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        checked_cohort(path, tmp_path, conditions)
    expected = "expected one of cerebral_palsy, ischaemic_stroke."
    assert str(caught.value).splitlines() == [
        f"{path}:2: profile_id: found 'a'; expected an id that stands once.",
        f"{path}:3: profile_id: found 'a'; expected an id that stands once.",
        f"{path}:3: age_years: found 400; expected a number of years from 0 to 100. If these are months, use age_months.",
        f"{path}:4: condition: found 'als'; {expected}",
        f"{path}:5: condition: found nothing; {expected}",
    ]
    path.write_text("profile_id,病种,age_years\na,脑瘫,3\n", encoding="utf-8")
    assert checked_cohort(path, tmp_path, conditions).profiles == {"a": Profile("cerebral_palsy", age_years="3")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('profile_id,condition\n"a,cp\n', ":1: row: found unexpected end of data; expected a CSV row."),
        (
            "profile_id,condition,gmfm88,gmfm88\na,cp,3,4\n",
            ":1: gmfm88: found the column twice; expected each column once. Remove or rename one of the two.",
        ),
    ],
)
def test_a_cohort_that_cannot_be_read_is_told(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        checked_cohort(path, tmp_path)
    assert str(caught.value) == f"{path}{message}"


def test_a_profile_that_cannot_be_understood_is_named(contents: dict[str, Content]) -> None:
    cohort = Cohort({"p7": Profile("cerebral_palsy", age_years=-2)})
    with pytest.raises(ProfileError, match="p7: age_years: found -2; expected a number of years from 0 to 100"):
        cohort.of(contents["cerebral_palsy"].condition)


def test_a_cohort_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        checked_cohort(tmp_path / "none.csv", tmp_path)
    assert str(caught.value) == f"{tmp_path / 'none.csv'}: cohort: found no file; expected a table of profiles."
