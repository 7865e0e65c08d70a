"""The scorecards equal a fresh fit, and each record's influence is what leaving it out changes."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy.stats import chi2

from predictor.answer.library import Library
from predictor.content.catalogue import compile_catalogues
from predictor.errors import ScorecardError
from predictor.model.fitting import (
    Content,
    build_scorecard,
    fit,
    fit_records,
    heterogeneity,
    influences,
    log_odds_ratio,
)
from predictor.model.scorecard import Scorecard, check_fresh, sealed

from ..conftest import ROOT


def close(a: object, b: object, path: str = "") -> None:
    """Equal in shape and text, and in numbers to 1e-8."""
    if isinstance(a, dict) and isinstance(b, dict):
        assert a.keys() == b.keys(), path
        for key in a:
            close(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, list) and isinstance(b, list):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            close(x, y, f"{path}/{i}")
    elif isinstance(a, float) or isinstance(b, float):
        assert a == pytest.approx(b, abs=1e-8), path
    else:
        assert a == b, path


def test_the_shipped_scorecard_equals_a_fresh_fit(content: Content, library: Library) -> None:
    fresh, shipped = build_scorecard(content).data, library.scorecard(content.condition.id).data
    unsealed = {k: v for k, v in fresh.items() if k not in ("hash", "stances")}
    close(unsealed, {k: v for k, v in shipped.items() if k not in ("hash", "stances")})
    for stance, fitted in fresh["stances"].items():
        other = shipped["stances"][stance]
        close({k: fitted[k] for k in ("mean", "covariance")}, {k: other[k] for k in ("mean", "covariance")})
        assert fitted["influence"].keys() == other["influence"].keys()


def test_the_shipped_sentences_are_those_of_the_catalogues(contents: dict[str, Content]) -> None:
    conditions = [content.configuration for content in contents.values()]
    for language, compiled in compile_catalogues(ROOT / "configs", conditions).items():
        shipped = json.loads((ROOT / f"data/scorecards/text.{language}.json").read_text(encoding="utf-8"))
        assert shipped == compiled


def test_a_scorecards_hash_is_of_its_content(library: Library) -> None:
    scorecard = library.scorecard("cerebral_palsy")
    assert sealed(scorecard.data)["hash"] == scorecard.hash
    changed = {**scorecard.data, "terms": list(scorecard.terms)[::-1]}
    assert sealed(changed)["hash"] != scorecard.hash


def test_a_scorecard_of_another_version_is_refused(library: Library) -> None:
    data = {**library.scorecard("cerebral_palsy").data, "schema_version": "0"}
    with pytest.raises(ScorecardError) as error:
        Scorecard(data)
    assert str(error.value) == (
        "schema_version: found '0'; expected '4'. Run `predictor fit` to write the scorecard again."
    )


def test_a_stale_scorecard_says_which_file_changed(library: Library, tmp_path) -> None:
    import shutil

    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    path = tmp_path / "configs" / "assumptions.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    with pytest.raises(ScorecardError) as error:
        check_fresh(library.scorecard("cerebral_palsy"), tmp_path / "configs", ROOT / "data")
    assert str(error.value) == (
        "cerebral_palsy: scorecard: found one fitted before assumptions.yaml changed; "
        "expected a scorecard of today's content. Run `predictor fit`."
    )


def test_the_sealed_coefficients_are_those_of_the_fit(content: Content, library: Library) -> None:
    fitted, scorecard = fit(content, "graded"), library.scorecard(content.condition.id)
    coefficients = scorecard.coefficients("graded")
    rows = [fitted.index[t] for t in scorecard.terms]
    assert np.allclose(coefficients.mean, fitted.mean[rows], atol=1e-9)
    assert np.allclose(coefficients.covariance, fitted.covariance[np.ix_(rows, rows)], atol=1e-9)
    assert np.all(np.linalg.eigvalsh(coefficients.covariance) > 0)


@pytest.mark.slow
def test_influence_is_what_leaving_a_record_out_changes(content: Content) -> None:
    fitted = fit(content, "graded")
    moves = influences(fitted)
    records = fitted.records
    for kind in ("normal", "binomial"):
        for record in getattr(records, kind):
            kept = tuple(r for r in getattr(records, kind) if r.id != record.id)
            without = fit_records(dataclasses.replace(records, **{kind: kept}))
            exact = fitted.mean - without.mean
            move, widening = moves[record.id]
            assert np.allclose(move, exact, atol=0.02 + 0.15 * np.abs(exact).max()), record.id
            wider = without.covariance - fitted.covariance
            assert np.allclose(widening * np.outer(move, move), wider, atol=0.02 + 0.15 * np.abs(wider).max()), (
                record.id
            )


ESTIMATES, SES = [0.1, 0.5, 0.9, -0.2], [0.2, 0.25, 0.3, 0.2]


def test_heterogeneity_is_that_of_statsmodels() -> None:
    """Cochran's Q with SciPy's chi-square, the DerSimonian-Laird tau, and Higgins' I-squared."""
    from statsmodels.stats.meta_analysis import combine_effects

    other = combine_effects(np.array(ESTIMATES), np.square(SES), method_re="dl")
    found = heterogeneity(ESTIMATES, SES)
    assert found.q == pytest.approx(other.q)
    assert found.p == pytest.approx(chi2.sf(other.q, 3))
    assert found.tau**2 == pytest.approx(other.tau2)
    assert found.i2 == pytest.approx(other.i2)


def test_heterogeneity_by_hand() -> None:
    """Two estimates 0 and 2 with SE 1: mean 1, Q = 1 + 1 = 2, tau^2 = (2 - 1) / (2 - 2/2) = 1, I^2 = 1/2."""
    found = heterogeneity([0.0, 2.0], [1.0, 1.0])
    assert (found.q, found.tau, found.i2) == pytest.approx((2.0, 1.0, 0.5))
    assert found.p == pytest.approx(chi2.sf(2.0, 1))


def test_what_agrees_or_stands_alone_does_not_differ() -> None:
    alike = heterogeneity([0.1, 0.1], [1.0, 1.0])
    assert (alike.q, alike.p, alike.tau, alike.i2) == pytest.approx((0, 1, 0, 0))
    assert heterogeneity([0.4], [0.2]) == heterogeneity([], [])


def test_arms_that_share_a_control_are_one_comparison(contents: dict[str, Content]) -> None:
    """liu-2017 treated two groups beside one: its 105 children make one comparison."""
    basis = build_scorecard(contents["cerebral_palsy"]).data["basis"]
    (liu,) = [c for c in basis["comparisons"] if c["study_id"] == "liu-2017"]
    assert liu["n"] == 105
    q = heterogeneity(*([c[k] for c in basis["comparisons"]] for k in ("log_odds_ratio", "se")))
    assert (basis["q"], basis["tau"]) == pytest.approx((q.q, q.tau), abs=1e-4)
    assert basis["inconsistent"] == (q.p < 0.10 and q.tau > 0.35)


def test_a_log_odds_ratio_is_statsmodels_of_the_shifted_table() -> None:
    from statsmodels.stats.contingency_tables import Table2x2

    estimate, se = log_odds_ratio(30.0, 40.0, 20.0, 40.0)
    table = Table2x2(np.array([[30.5, 10.5], [20.5, 20.5]]))
    assert estimate == pytest.approx(table.log_oddsratio)
    assert se == pytest.approx(table.log_oddsratio_se)
    assert math.isfinite(se)


def test_taking_out_single_arm_studies_hardly_moves_the_difference(content: Content) -> None:
    """Evidence without a control may inform who does well; it must not move the difference."""
    controlled = tuple(r for r in content.evidence.observations if r.role != "treated_uncontrolled")
    evidence = dataclasses.replace(content.evidence, observations=controlled)
    with_all, without = fit(content, "graded"), fit(dataclasses.replace(content, evidence=evidence), "graded")
    effect = [t for t in without.records.terms if t == "treated" or t.startswith("modifier")]
    moved = [with_all.mean[with_all.index[t]] - without.mean[without.index[t]] for t in effect]
    assert np.max(np.abs(moved)) < 0.03
