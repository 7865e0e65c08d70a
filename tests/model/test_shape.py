"""A scorecard is checked before it answers: its version, its parts, its numbers, its hash."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from predictor.answer.library import Library
from predictor.errors import ScorecardError
from predictor.model.scorecard import Scorecard, checked, load_scorecard, sealed
from predictor.model.shape import whole

LIBRARY = Library()
PALSY: dict[str, Any] = json.loads((LIBRARY.folder / "cerebral_palsy.json").read_text(encoding="utf-8"))
GONE = object()
Step = str | int


def changed(path: Sequence[Step], value: Any) -> dict[str, Any]:
    """The scorecard with one part changed or gone, and a hash that is of what it holds then."""
    data = copy.deepcopy(PALSY)
    node: Any = data
    for step in path[:-1]:
        node = node[step]
    if value is GONE:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    try:
        return sealed(data)
    except ValueError:  # a number that is none
        return data


def message_of(data: Any) -> str:
    with pytest.raises(ScorecardError) as caught:
        checked(data)
    return str(caught.value)


COUNT = len(PALSY["terms"])
LEVELLED = next(i for i, claim in enumerate(PALSY["evidence"]["claims"]) if "level" in claim)
"""The place of a claim on a level."""
WIDE = "cp-course-under3"
WIDEST = 1000 / sum(abs(move) for _, move in PALSY["stances"]["graded"]["influence"][WIDE]) ** 2
"""A record and what leaving it out may widen a variance by for each square of its move: no variance is above 1,000 then."""
AGAIN = " Run `predictor fit` to write the scorecard again."
CASES: list[tuple[tuple[Step, ...], Any, str]] = [
    (("schema_version",), "1", f"schema_version: found '1'; expected '4'.{AGAIN}"),
    (("schema_version",), GONE, f"schema_version: found None; expected '4'.{AGAIN}"),
    (("estimate", "tau0"), float("nan"), f"estimate.tau0: found nan; expected a finite number.{AGAIN}"),
    (("estimate", "tau0"), "0.5", f"estimate.tau0: found '0.5'; expected a finite number.{AGAIN}"),
    (("estimate", "high_from"), 2, f"estimate.high_from: found 2; expected a number from 1e-09 to 1.{AGAIN}"),
    (("estimate",), [], f"estimate: found []; expected keys with values.{AGAIN}"),
    (("terms", 0), GONE, f"terms.intercept: found nothing; expected a part of a scorecard.{AGAIN}"),
    (("terms", 1), "intercept", f"terms.{PALSY['terms'][1]}: found nothing; expected a part of a scorecard.{AGAIN}"),
    (("stances", "graded", "mean", 3), True, f"stances.graded.mean[3]: found true; expected a finite number.{AGAIN}"),
    (
        ("stances", "graded", "influence", WIDE, 0),
        [3],
        f"stances.graded.influence.{WIDE}[0]: found [3]; expected a list.{AGAIN}",
    ),
    (
        ("stances", "graded", "widening", WIDE),
        1e9,
        f"stances.graded.widening.{WIDE}: found 1000000000.0; expected a number from 0 to {WIDEST:g}.{AGAIN}",
    ),
    (("stances",), {}, f"stances: found nothing; expected a part of a scorecard.{AGAIN}"),
    (
        ("stances", "graded", "mean", 0),
        GONE,
        f"stances.graded.mean: found {COUNT - 1} numbers; expected {COUNT}, one for each term.{AGAIN}",
    ),
    (
        ("stances", "graded", "mean", 3),
        float("inf"),
        f"stances.graded.mean[3]: found inf; expected a finite number.{AGAIN}",
    ),
    (
        ("stances", "graded", "covariance", 1),
        [0.1],
        "stances.graded.covariance: found rows that make no covariance; "
        f"expected the lower half of a matrix of {COUNT} terms.{AGAIN}",
    ),
    (
        ("stances", "graded", "covariance", 1, 1),
        -0.15,
        "stances.graded.covariance: found rows that make no covariance; "
        f"expected a positive definite covariance.{AGAIN}",
    ),
    (
        ("stances", "graded", "influence", "cp-lv-nsc-6", 0),
        [99, 0.1],
        "stances.graded.influence.cp-lv-nsc-6: found a part that is amiss; "
        f"expected pairs of a place among {COUNT} terms and a number.{AGAIN}",
    ),
    (
        ("population", "age", "under_3y"),
        1.5,
        f"population.age.under_3y: found 1.5; expected a number from 0 to 1.{AGAIN}",
    ),
    (("patients", "age", "adult"), GONE, f"patients.age.adult: found nothing; expected a part of a scorecard.{AGAIN}"),
    (
        ("configuration", "factors"),
        7,
        f"configuration.factors: found 7; expected keys with values.{AGAIN}",
    ),
    (
        ("configuration", "sections"),
        [],
        f"configuration.sections: found []; expected keys with values.{AGAIN}",
    ),
    (
        ("evidence", "claims", 0, "locator"),
        "9.9",
        f"evidence.claims.{PALSY['evidence']['claims'][0]['id']}.locator: found '9.9'; expected an id of the evidence.{AGAIN}",
    ),
    (
        ("evidence", "claims", LEVELLED, "factors"),
        [],
        f"evidence.claims.{PALSY['evidence']['claims'][LEVELLED]['id']}.factors: found []; expected a part of a scorecard.{AGAIN}",
    ),
    (
        ("population", "age", "adult"),
        GONE,
        f"population.age.adult: found nothing; expected a part of a scorecard.{AGAIN}",
    ),
    (
        ("population", "age", "adult"),
        0.5,
        f"population.age: found 1.48; expected shares that add up to 1.{AGAIN}",
    ),
    (("groups", 0, "n"), GONE, f"groups.cp-lv-nsc-6.n: found nothing; expected a part of a scorecard.{AGAIN}"),
    (
        ("groups", 0, "observed"),
        1e308,
        f"groups[0].observed: found 1e+308; expected a number from 0 to 1.{AGAIN}",
    ),
    (
        ("groups", 0, "study_id"),
        "nobody",
        f"groups.cp-lv-nsc-6: found 'nobody'; expected an id of the evidence.{AGAIN}",
    ),
]


@pytest.mark.parametrize(("path", "value", "message"), CASES, ids=[".".join(map(str, path)) for path, _, _ in CASES])
def test_a_part_that_is_amiss_is_told(path: tuple[Step, ...], value: Any, message: str) -> None:
    assert message_of(changed(path, value)).splitlines()[0] == message


def test_the_shipped_scorecards_are_sound() -> None:
    for id in LIBRARY.condition_ids():
        assert isinstance(load_scorecard(LIBRARY.folder, id), Scorecard)


def test_a_coefficient_changed_by_hand_keeps_no_genuine_hash() -> None:
    data = copy.deepcopy(PALSY)
    data["stances"]["graded"]["mean"][0] += 0.1
    assert message_of(data) == (
        f"hash: found '{PALSY['hash']}'; expected '{sealed(data)['hash']}', the hash of what it holds. "
        "Was it changed by hand? Run `predictor fit` to write it again."
    )


def test_what_is_no_scorecard_is_told_with_its_file(tmp_path: Path) -> None:
    texts = {
        "[]": "{0}: scorecard: found a list; expected a scorecard." + AGAIN,
        '{"a": 1': "{0}:1:8: file: found broken JSON (Expecting ',' delimiter); expected valid JSON." + AGAIN,
        '{"a": 1, "a": 2}': "{0}:1:10: a: found the key twice; expected each key once." + AGAIN,
        "[" * 100_000: "{0}: file: found values within values, too deep to read; expected names with values." + AGAIN,
        "9" * 5_000: "{0}: file: found a value that cannot be read; expected words and numbers of usual length."
        + AGAIN,
    }
    path = tmp_path / "cerebral_palsy.json"
    for text, message in texts.items():
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ScorecardError) as caught:
            load_scorecard(tmp_path, "cerebral_palsy")
        assert str(caught.value) == message.format(path)


def paths(node: Any, at: tuple[Step, ...] = ()) -> list[tuple[Step, ...]]:
    """The places of all parts but the many numbers of a list."""
    steps = list(node) if isinstance(node, dict) else range(min(2, len(node))) if isinstance(node, list) else ()
    return [found for step in steps for found in ((*at, step), *paths(node[step], (*at, step)))]


ODD = [GONE, None, True, -1, 10**18, 1e308, float("nan"), "", "overall", [], {}, [1], {"a": 1}]


@pytest.mark.parametrize(("count", "faults"), [(-1, 1), (0, 0), (7, 0), (True, 1), (1.0, 1), (1000, 0), (1001, 1)])
def test_a_count_is_a_whole_number_from_0(count: Any, faults: int) -> None:
    assert len(list(whole(count, "here"))) == faults
