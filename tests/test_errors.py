"""Errors carry their faults, and say them."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from predictor.content.wording import error_lines
from predictor.errors import (
    Fault,
    InputError,
    PredictorError,
    ProfileError,
    Said,
    by_code,
    either,
    near_name,
    one_of,
    say,
)

FAULTS = (
    Fault("age_years", "-3", say("number_range", unit=say("unit.years"), low=0, high=100), say("sign_slip")),
    Fault("route", "'magic'", one_of(["intrathecal", "intranasal"]), where="--route"),
)
MESSAGE = (
    "age_years: found -3; expected a number of years from 0 to 100. Is the sign a slip?\n"
    "--route: route: found 'magic'; expected one of intrathecal, intranasal."
)


def test_an_error_says_all_its_faults() -> None:
    assert str(ProfileError(FAULTS)) == MESSAGE
    assert str(ProfileError(FAULTS[1])) == MESSAGE.splitlines()[1]
    assert str(InputError("a plain message")) == "a plain message"


@pytest.mark.parametrize("error", [ProfileError(FAULTS), InputError(FAULTS[0]), InputError("a plain message")])
def test_an_error_goes_from_process_to_process(error: PredictorError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (copy.faults, str(copy)) == (error.faults, str(error))


def test_the_same_fault_is_one() -> None:
    again = Fault("route", "'magic'", one_of(("intrathecal", "intranasal")), where="--route")
    assert {*FAULTS, again} == {*FAULTS}
    assert again != Fault("route", "'magic'", one_of(["intrathecal"]), where="--route")


def test_a_fault_as_data_has_english_texts() -> None:
    assert FAULTS[1].as_dict() == {
        "field": "route",
        "found": "'magic'",
        "expected": "one of intrathecal, intranasal",
        "cure": "",
        "where": "--route",
    }


@pytest.mark.parametrize(
    ("names", "told"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")], ids=len
)
def test_a_few_names_are_joined(names: list[str], told: Said) -> None:
    assert str(either(names)) == told


def test_without_the_content_a_fault_is_told_by_its_codes() -> None:
    code = (
        "from predictor.errors import Fault, InputError, say\n"
        "raise InputError(Fault('file', say('nothing'), say('columns', number=3), where='a.csv'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "predictor.errors.InputError: with_place(place=a.csv, message=message(field=file, found=nothing, "
        "expected=columns(number=3)))"
    )
    assert by_code(say("nothing")) == "nothing"


def test_the_first_hundred_faults_are_told_and_the_others_counted() -> None:
    faults = [Fault(f"name{i}", say("unknown_name"), say("a_field")) for i in range(100_090)]
    lines = str(InputError(faults)).splitlines()
    assert len(lines) == 101
    assert lines[99] == "name99: found an unknown name; expected a field."
    assert lines[100] == "and 99,990 more"
    assert error_lines(InputError(faults), "zh")[100] == "另有99,990处"
    assert error_lines(InputError(faults[:100]), "en") == lines[:100]


def test_a_word_longer_than_any_that_is_alike_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("difflib.get_close_matches", lambda *told, **more: 1 / 0)
    assert near_name("x" * 900_000, ["intravenous", "route"]) is None
