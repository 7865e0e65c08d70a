"""The page's engine (JavaScript, under Node) gives what Python gives."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from predictor.answer.explanation import Explainer, in_patients
from predictor.answer.judgement import CERTAINTIES, reason_names
from predictor.answer.library import Library
from predictor.content.conditions import Condition, Field
from predictor.errors import ProfileError
from predictor.model.prediction import RUNS, added_runs, expit
from predictor.profile.profile import UNKNOWN_WORDS, Profile
from predictor.profile.reading import Understood
from predictor.reports.interactive_page import STATIC, page_data

from ..conftest import CONDITIONS, STANCES
from ..profile.test_spelling import ODDLY_SPELT, SPELT

RUNNER = Path(__file__).parent / "engine_runner.mjs"
PROFILES = 10_000
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def data(library: Library) -> dict[str, Any]:
    return page_data(library)


def run_engine(tmp_path: Path, data: Any, cases: list[Any], numbers: list[Any] | None = None) -> list[Any]:
    """What the engine gives for each case; last, the values of the numbers."""
    task = tmp_path / "task.json"
    task.write_text(json.dumps({"data": data, "cases": cases, "numbers": numbers}), encoding="utf-8")
    modules = shutil.copytree(STATIC, tmp_path / "static", dirs_exist_ok=True)
    (modules / "package.json").write_text('{"type": "module"}')  # what tells Node that .js files are modules
    out = subprocess.run(["node", RUNNER, task, modules], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    return [json.loads(line) for line in out.stdout.splitlines()]


def random_levels(condition: Condition, rng: np.random.Generator) -> dict[str, str | None]:
    """A random cell, each factor unknown in one case of four."""
    choices: dict[str, list[str | None]] = {f.id: [*f.level_ids] for f in condition}
    return {id: None if rng.random() < 0.25 else names[int(rng.integers(len(names)))] for id, names in choices.items()}


def test_erfc_and_the_normal_quantile_are_those_of_python(tmp_path: Path, data: Any) -> None:
    xs = np.linspace(-7, 27, 2001).tolist()
    *_, found = run_engine(tmp_path, data, [], [*(("erfc", x) for x in xs), ("quantile", 0.95)])
    for x, value in zip(xs, found, strict=False):
        assert value == pytest.approx(math.erfc(x), rel=2e-15, abs=1e-300)
    assert found[-1] == pytest.approx(NormalDist().inv_cdf(0.95), abs=1e-14)


def expected_numbers(explainer: Explainer, codes: Any) -> Any:
    """The numbers of a row of engine_runner.mjs for many cells at once, (n, columns)."""
    estimator, sceptical = explainer.estimator, explainer._sceptical
    e, parts, studies = estimator.estimate(codes), estimator.contributions(codes), sceptical.contributions(codes)
    n = len(codes)
    intervals = [c for i in (e.usual_care, e.with_cells, e.difference) for c in (i.probability, i.low, i.high)]
    average = 100 * expit(np.array([parts.usual_care_base, parts.usual_care_base + parts.effect_base]))
    scalars = (parts.usual_care_base, parts.effect_base, parts.effect_base - studies.effect_base)
    columns = [*intervals, e.probability_positive, *e.added.T, *e.usual_categories.T, *e.cells_categories.T]
    columns += [e.worth_patients, *(np.full(n, s) for s in (*scalars, *average, average[1] - average[0]))]
    without, cells = in_patients(e, parts)
    bounds = np.array([_bounds(explainer, codes[i : i + 1]) for i in range(n)])
    for f in range(codes.shape[1]):
        usual, effect, from_studies = parts.usual_care[:, f], parts.effect[:, f], studies.effect[:, f]
        columns += [usual, effect, from_studies, effect - from_studies]
        columns += [without[:, f], cells[:, f], cells[:, f] - without[:, f], *bounds[:, f].T]
    return np.column_stack(columns)


def _bounds(explainer: Explainer, codes: Any) -> Any:
    """Intervals of the contributions of one cell, (factors, 6), by matrix products."""
    each = [explainer.estimator.contribution_directions(f, codes) for f in range(codes.shape[1])]
    usual, effect = (np.vstack(part) for part in zip(*each, strict=True))
    covariance, mean = explainer.estimator.coefficients.covariance, explainer.estimator.coefficients.mean
    rows = []
    for d in (usual + effect, usual, effect):
        half = explainer.estimator.z * np.sqrt(np.maximum(0, np.einsum("fi,ij,fj->f", d, covariance, d)))
        rows += [d @ mean - half, d @ mean + half]
    return np.array(rows).T


def of_cell(record: Any, i: int) -> Any:
    """A record of arrays with cell i alone."""
    parts = {name: of_cell(v, i) if is_dataclass(v) else v[i : i + 1] for name, v in vars(record).items()}
    return replace(record, **parts)


def expected_codes(explainer: Explainer, cells: list[Any], codes: Any) -> Iterator[list[Any]]:
    """Classes, run, responses, benefit, carrier, certainty, reasons, abstained and message codes of each cell."""
    assessed = explainer.assess(codes, np.zeros(len(codes), dtype=bool))
    verdict, rules = assessed.verdict, explainer.scorecard.estimate
    runs = added_runs(assessed.estimate.added, rules["added_run"])
    for i, cell in enumerate(cells):
        understood = Understood(explainer.scorecard.condition, {}, cell, ())
        one = of_cell(assessed.estimate, i)
        told = explainer._worded(one)
        carrier = explainer._carrier(codes[i : i + 1], one, bool(assessed.verdict.missing[i].any()))
        response = told["response"]
        yield [
            told["added_response"].category,
            list(RUNS[runs[i]]),
            list(response.usual_care.set),
            list(response.with_cells.set),
            told["added_benefit"],
            None if carrier is None else asdict(carrier),
            CERTAINTIES[assessed.certainties[i]],
            list(reason_names(int(assessed.reasons[i]))),
            bool(verdict.abstained[i]),
            [m.code for m in explainer.messages(understood, verdict, i)],
        ]


def test_the_engine_equals_python_on_ten_thousand_random_cells(tmp_path: Path, library: Library, data: Any) -> None:
    """Over both conditions, all three stances, one factor in four unknown: every number and every code."""
    rng = np.random.default_rng(5)
    groups = [(c, s) for c in CONDITIONS for s in STANCES]
    cells = {
        g: [random_levels(library.scorecard(g[0]).condition, rng) for _ in range(-(-PROFILES // 6))] for g in groups
    }
    cases = [{"condition": c, "stance": s, "levels": cell} for (c, s), found in cells.items() for cell in found]
    assert len(cases) >= PROFILES
    rows = iter(run_engine(tmp_path, data, cases))
    for (condition, stance), found in cells.items():
        explainer = library.explainer(condition, stance, "en")
        codes = np.vstack([explainer.estimator.codes(cell) for cell in found])
        expected = expected_numbers(explainer, codes)
        mine = [next(rows) for _ in found]
        numbers = np.array([row["numbers"] for row in mine])
        np.testing.assert_allclose(numbers, expected, rtol=TOLERANCE, atol=TOLERANCE)
        for row, expected_row in zip(mine, expected_codes(explainer, found, codes), strict=True):
            assert row["codes"] == expected_row


def random_profile(condition: Condition, rng: np.random.Generator) -> dict[str, Any]:
    """A random profile in the condition's own fields, some of them impossible or contradictory."""
    fields = [f for f in condition.fields.values() if rng.random() < 0.5]
    return {f.id: _random_value(f, condition, rng) for f in fields}


def _random_value(field: Field, condition: Condition, rng: np.random.Generator) -> Any:
    if field.numeric:
        assert field.minimum is not None
        assert field.maximum is not None
        high = min(field.maximum, 60.0) * (1.02 if rng.random() < 0.1 else 1)
        value = round(float(rng.uniform(field.minimum, high)), 1)
        return int(value) if field.integer else value
    words = list(field.categories) or list(condition.by_id[field.factor].level_ids)
    return words[int(rng.integers(len(words)))]


def same(found: Any, expected: Any, path: str = "") -> None:
    """Plain data that is equal, numbers to 1e-9; the sentences of messages may write numbers otherwise."""
    if isinstance(expected, dict):
        keys = {k for k in expected if not (path.endswith(".messages[]") and k == "text")}
        assert keys <= set(found), f"{path}: {keys - set(found)}"
        for key in keys:
            same(found[key], expected[key], f"{path}.{key}")
    elif path.endswith(".evidence") and expected and isinstance(expected[0], str):
        assert set(found) == set(expected), path
    elif isinstance(expected, (list, tuple)):
        ordered = (lambda v: sorted(v, key=lambda item: item["id"])) if path == ".evidence" else list
        assert len(found) == len(expected), path
        for one, other in zip(ordered(found), ordered(expected), strict=True):
            same(one, other, f"{path}[]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE), path
    else:
        assert found == expected, path


def faults_or_record(explainer: Explainer, profile: dict[str, Any]) -> tuple[int, Any]:
    """How many faults Python finds in a profile, and its record if there are none."""
    try:
        return 0, json.loads(explainer.predict(Profile(**profile)).to_json())
    except ProfileError as error:
        return len(error.faults), None


def test_whole_records_of_random_profiles_are_those_of_python(tmp_path: Path, library: Library, data: Any) -> None:
    """Profiles in their own fields, faults among them: the same reading, record and evidence as Python's."""
    rng = np.random.default_rng(7)
    cases = []
    for i in range(240):
        condition, stance, language = CONDITIONS[i % 2], STANCES[i % 3], ("en", "zh")[i % 5 == 0]
        profile = random_profile(library.scorecard(condition).condition, rng)
        cases.append({"condition": condition, "stance": stance, "language": language, "profile": profile})
    faulty = 0
    for case, found in zip(cases, run_engine(tmp_path, data, cases), strict=False):
        explainer = library.explainer(case["condition"], case["stance"], case["language"])
        faults, record = faults_or_record(explainer, case["profile"])
        assert len(found.get("faults", ())) == faults, case["profile"]
        if record is not None:
            same(found, record)
        faulty += faults > 0
    assert 0 < faulty < len(cases)


def test_names_and_words_are_read_as_python_reads_them(tmp_path: Path, library: Library, data: Any) -> None:
    """Names with a unit behind them, the words for what is not known, and the ways to write a category."""
    told: list[dict[str, Any]] = [
        *(
            {name: 30}
            for name in ("Age (months)", "age, in years", "年龄（个月）", "Age (weeks)", "月龄（岁）", "GMFM-88 D")
        ),
        *(
            {name: 5}
            for name in (
                "病程（天）",
                "病程",
                "距损伤时间/天",
                "病程（年）",
                "GMFM (points)",
                "GMFM-66",
                "Follow-up (months)",
            )
        ),
        *({"gmfcs": word} for word in ("GMFCS III", "gmfcs-3", "Ⅲ级", "VI")),
        *({"gmfm88": word, "route": word} for word in sorted(UNKNOWN_WORDS | {"none", "-", "NULL", "无"})),
    ]
    told += [spelt for _, spelt, _ in SPELT] + [{name: value} for name, value in ODDLY_SPELT]
    told += [{"cell_type": "脐带间充质干细胞", "cell_source": source} for source in ("骨髓", "脐带")]
    cases = [{"condition": c, "stance": "graded", "profile": profile} for profile in told for c in CONDITIONS]
    for case, found in zip(cases, run_engine(tmp_path, data, cases), strict=False):
        faults, record = faults_or_record(library.explainer(case["condition"], "graded", "en"), case["profile"])
        assert len(found.get("faults", ())) == faults, case
        if record is not None:
            same(found, record)


def units(library: Library) -> Iterator[tuple[str, Field, Field]]:
    """Every two fields that tell one quantity in different units."""
    for id in CONDITIONS:
        condition = library.scorecard(id).condition
        for factor in condition:
            numeric = [f for f in factor.fields if f.numeric]
            yield from ((id, one, other) for one in numeric for other in numeric if one.id != other.id)


def at_and_near_cuts(condition: Condition, field: Field) -> list[float]:
    """Where the levels of a field meet, close to it on both sides, and numbers with few digits."""
    bands = [band for level in condition.by_id[field.factor].levels for band in level.bands]
    cuts = {end / field.multiply_by for band in bands for end in (band.lower, band.upper) if math.isfinite(end)}
    near = [c * (1 + e) for c in cuts for e in (-1e-9, -1e-4, 0, 1e-4, 1e-9)] + [round(c) for c in cuts]
    return [*near, 0, 1, 2.5, 6, 17.999, 21, 36, 65, 99.9]


def test_another_unit_tells_the_same_quantity_and_level_and_the_same_number_on_the_way_back(
    tmp_path: Path, library: Library, data: Any
) -> None:
    cases = []
    for id, one, other in units(library):
        values = at_and_near_cuts(library.scorecard(id).condition, one)
        cases.append({"condition": id, "factor": one.factor, "from": one.id, "to": other.id, "values": [*values, 1234]})
    assert len(cases) >= 14
    for case, found in zip(cases, run_engine(tmp_path, data, cases), strict=False):
        for value, (moved, there, back, here, shown, as_shown) in zip(case["values"], found, strict=True):
            assert there == here == as_shown, (case, value, moved, shown)
            assert back == pytest.approx(value, rel=1e-11), (case, value)
            assert shown == pytest.approx(value, rel=1e-5), (case, value)
            if len(repr(value)) <= 8:
                assert back == value, (case, moved)


def test_a_decimal_comma_is_cured_as_python_cures_it(tmp_path: Path, library: Library, data: Any) -> None:
    told = ["2,5", "\uff12\uff0c\uff15", "1,234", "0,125", "e"]
    cases = [{"condition": CONDITIONS[0], "stance": "graded", "profile": {"age_years": word}} for word in told]
    sentences = library.catalogue("en").sentences
    for word, found in zip(told, run_engine(tmp_path, data, cases), strict=False):
        with pytest.raises(ProfileError) as refused:
            library.answer(Profile(CONDITIONS[0], age_years=word))
        assert found["faults"] == ["not_a_number"]
        cure = found["cures"][0]
        said = sentences[f"fault.{cure['code']}"].format(**cure) if cure else ""
        assert str(refused.value).endswith(f" {said}" if said else "100."), word
