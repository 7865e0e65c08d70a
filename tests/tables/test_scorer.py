"""A table's rows are the single answers, to the last bit; a row that cannot be scored keeps every fault."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.answer.library import Library
from predictor.answer.record import Answer
from predictor.content.conditions import Condition, Field
from predictor.errors import PredictorError
from predictor.profile.profile import Profile, is_unknown
from predictor.tables import frames
from predictor.tables.files import pieces, score_piece
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

from ..conftest import STANCES

CONDITIONS = ("cerebral_palsy", "ischaemic_stroke")
BAD = ["4.5x", "-3", "999999", "2,5", "1_000", "toddler?", "=1+1", "inf", "-nan", True]
ANSWERED = {
    "cerebral_palsy": {"age_years": 4, "gmfm88": 50, "route": "intravenous", "cell_type": "msc"},
    "ischaemic_stroke": {"age_years": 66, "nihss": 12, "days_since_onset": 30, "route": "intravenous"},
}
UNKNOWN = [None, "", "unknown", "不详", "?"]


def test_a_decimal_comma_is_named_with_the_number_that_is_meant(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "semicolons.csv"
    path.write_text("condition;age_years;gmfm88\ncerebral_palsy;2.5;45,5\n", encoding="utf-8")
    piece = next(pieces(path, 0, None, Scorer(library)))
    rejected = score_piece(piece, Scorer(library))[1]
    assert rejected is not None
    assert rejected["faults"].to_pylist() == [
        "gmfm88: found '45,5'; expected a number of points from 0 to 100. Write 45.5."
    ]


def flat(answer: Answer) -> dict[str, Any]:
    """The answer record as one row of a table; a withheld one has levels and evidence, and no numbers."""
    row: dict[str, Any] = {"condition": answer.condition, "worth_patients": answer.worth_patients}
    for name in ("usual_care", "with_cells", "difference"):
        part = getattr(answer, name)
        row |= {f"{name}_{k}": v for k, v in vars(part).items()} if part else {}
    added, response = answer.added_response, answer.response
    row["added_response"] = added.category if added else "cannot_say"
    row["added_response_set"] = ";".join(added.set) if added else ""
    row |= {f"probability_{k}": v for k, v in added.probabilities.items()} if added else {}
    for name in ("usual_care", "with_cells"):
        row[f"{name}_response"] = ";".join(getattr(response, name).set) if response else ""
    row["added_benefit"] = answer.added_benefit or "cannot_say"
    row |= {"certainty": answer.certainty, "certainty_reasons": ";".join(answer.certainty_reasons)}
    row |= {"abstained": answer.abstained, "messages": ";".join(note.code for note in answer.messages)}
    told = answer.extrapolation.contributions if answer.extrapolation else answer.contributions
    for c in told:
        row |= {f"{c.factor}_level": c.level, f"{c.factor}_evidence": ";".join(c.evidence)}
    for c in answer.contributions:
        row |= {f"{c.factor}_usual_care": c.usual_care, f"{c.factor}_effect": c.effect}
        row |= {f"{c.factor}_effect_from_studies": c.effect_from_studies}
        row[f"{c.factor}_per_100"] = c.per_100.difference
    return row


def expected(library: Library, row: dict[str, Any], condition: str | None, stance: str) -> dict[str, Any]:
    """What the single answer says of a row's cells that say something; its faults otherwise."""
    told = {k: v for k, v in row.items() if not is_unknown(v)}
    try:
        return flat(library.answer(Profile.from_mapping({"condition": condition, **told}), stance))
    except PredictorError as error:
        return {"faults": " | ".join(str(fault) for fault in error.faults)}


def same_rows(
    scored: list[dict[str, Any]], rows: list[dict[str, Any]], library: Library, condition: Any, stance: str
) -> None:
    for found, row in zip(scored, rows, strict=True):
        wanted = expected(library, row, condition, stance)
        assert found["faults"] == wanted.pop("faults", None), row
        for name, value in found.items():
            if name in ("faults", *(n for n in row if n in found and n != "condition")):
                continue
            want = wanted.get(name)
            if name.endswith("_usual_care") and name not in wanted:
                want = None
            assert value == want, (row, name, value, want)
        missing = {n for n in wanted if n not in found and not (n.endswith("_usual_care") and wanted[n] == 0)}
        assert not missing


def numbers_of(f: Field) -> st.SearchStrategy[Any]:
    assert f.minimum is not None
    assert f.maximum is not None
    high = min(f.maximum, 130.0)
    return st.one_of(
        st.floats(f.minimum, high).map(lambda x: round(x, 2)),
        st.integers(math.ceil(f.minimum), int(high)),
        st.sampled_from([0.39, 0.4, 3, 6, 18, 20, 30, 40, 60, 7, 21, 182.625, 12, 1, 2, 8, 7.999]),
    )


def cells_of(f: Field, condition: Condition) -> st.SearchStrategy[Any]:
    factor = condition.by_id[f.factor]
    words = [*f.categories, *(str(i) for i in range(1, 6))] if f.categories else []
    words += [w for lv in factor.levels for w in (lv.id, *lv.label.values(), *lv.synonyms)] if not f.categories else []
    good: Any = numbers_of(f).flatmap(lambda x: st.sampled_from([x, str(x), f" {x} "])) if f.numeric else st.nothing()
    usual = st.one_of(good, st.sampled_from(words or factor.level_ids), st.sampled_from(UNKNOWN))
    return st.one_of(usual, usual, usual, usual, usual, st.sampled_from(BAD))


@st.composite
def tables(draw: st.DrawFn, condition: Condition) -> list[dict[str, Any]]:
    """A few rows in some of a condition's columns, bad cells and two fields of one factor among them."""
    names = sorted(condition.fields)
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=9, unique=True))
    row = st.fixed_dictionaries({name: cells_of(condition.fields[name], condition) for name in chosen})
    return [{name: found[name] for name in chosen} for found in draw(st.lists(row, min_size=1, max_size=6))]


@pytest.mark.slow
@pytest.mark.parametrize("condition", CONDITIONS)
@given(data=st.data())
def test_a_row_of_a_table_is_the_single_answer_to_the_last_bit(
    library: Library, condition: str, data: st.DataObject
) -> None:
    """Over random profiles: numbers, texts, synonyms in both languages, unknowns, bad rows, all stances."""
    rows = data.draw(tables(library.scorecard(condition).condition))
    stance = data.draw(st.sampled_from(STANCES))
    frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in rows[0]})
    texts = [{k: None if v is None else str(v) for k, v in row.items()} for row in rows]
    scorer = Scorer(library, condition, stance)
    table = pa.table({name: pa.array([row[name] for row in texts], pa.string()) for name in texts[0]})
    same_rows(score_frame(table, scorer).to_pylist(), texts, library, condition, stance)
    with ThreadPoolExecutor(1) as pool:
        mixed = frames._arrow(frames.nw.from_native(frame, eager_only=True), pool).to_pylist()
    found = score_frame(frame, Scorer(library, condition, stance))
    same_rows(plain(found), mixed, library, condition, stance)


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): None if is_unknown(v) and v != "" else v for k, v in r.items()} for r in frame.to_dict("records")]


def random_numbers(condition: Condition, n: int, seed: int) -> pa.Table:
    """Many rows: numbers as numbers, levels as text or categories, a tenth missing."""
    rng = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {}
    for factor in condition:
        f = factor.fields[0]
        gone = rng.random(n) < 0.1
        if f.numeric:
            assert f.minimum is not None
            assert f.maximum is not None
            values = rng.uniform(f.minimum, min(f.maximum, 130), n)
            values = np.floor(values) + (f.minimum > np.floor(values)) if f.integer else np.round(values, 1)
            columns[f.id] = pa.array(values, mask=gone)
        else:
            texts = pa.array(rng.choice(factor.level_ids, n), mask=gone)
            columns[f.id] = texts.dictionary_encode() if rng.random() < 0.5 else texts
    return pa.table(columns)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_four_hundred_rows_of_every_column_equal_four_hundred_answers(library: Library, condition: str) -> None:
    table = random_numbers(library.scorecard(condition).condition, 400, 3)
    scored = score_frame(table, Scorer(library, condition))
    same_rows(scored.to_pylist(), table.to_pylist(), library, condition, "graded")


def test_both_conditions_in_one_table_by_a_column(library: Library) -> None:
    """Fields of the other condition may stand empty; a filled one is a fault, as in a single profile."""
    rows = [
        {"condition": "cerebral_palsy", "age_years": 4.0, "gmfm88": 45.0, "nihss": None, "cell_type": "msc"},
        {"condition": "脑梗死", "age_years": 61.0, "gmfm88": None, "nihss": 10.0, "cell_type": "脐带血"},
        {"condition": "cerebral_palsy", "age_years": 4.0, "gmfm88": 45.0, "nihss": 10.0, "cell_type": "msc"},
        {"condition": "haemorrhagic_stroke", "age_years": 61.0, "gmfm88": None, "nihss": 10.0, "cell_type": "msc"},
        {"condition": "gout", "age_years": 4.0, "gmfm88": 45.0, "nihss": None, "cell_type": "msc"},
        {"condition": None, "age_years": 4.0, "gmfm88": 45.0, "nihss": None, "cell_type": "msc"},
    ]
    scored = score_frame(pa.Table.from_pylist(rows), Scorer(library)).to_pylist()
    assert [row["condition"] for row in scored] == [
        "cerebral_palsy",
        "ischaemic_stroke",
        None,
        "haemorrhagic_stroke",
        None,
        None,
    ]
    for found, row in zip(scored, rows, strict=True):
        told = {k: v for k, v in row.items() if k != "condition"}
        wanted = expected(library, told, row["condition"], "graded")
        assert found["faults"] == wanted.get("faults")
        assert found["with_cells_probability"] == wanted.get("with_cells_probability")
        assert found["messages"] == wanted.get("messages")
    assert scored[2]["faults"].startswith("nihss: found an unknown name;")
    assert scored[3]["added_response"] == "cannot_say"


def test_a_row_that_names_another_condition_than_the_table_is_rejected(library: Library) -> None:
    table = pa.table({"condition": ["stroke", "cp", None], "age_years": [3, 3, 3]})
    scored = score_frame(table, Scorer(library, "cerebral_palsy")).to_pylist()
    message = "condition: found 'stroke'; expected 'cerebral_palsy'. Load the model of that condition."
    assert [row["faults"] for row in scored] == [message, None, None]


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (
            "cerebral_palsy",
            [
                {"age_months": 1, "months_since_injury": 10.0},
                {"age_months": 1, "months_since_injury": 10.1},
                {"age_years": 2, "months_since_injury": 33.0},
                {"age_years": 2, "months_since_injury": 33.01},
            ],
        ),
        (
            "ischaemic_stroke",
            [
                {"age_years": 50, "days_since_onset": 50.75 * 365.25},
                {"age_years": 50, "days_since_onset": 50.75 * 365.25 + 0.1},
            ],
        ),
    ],
)
def test_a_time_may_be_a_life_and_a_pregnancy_long_in_a_row_as_in_a_profile(
    library: Library, condition: str, rows: list[dict[str, Any]]
) -> None:
    """To the last tenth: the pregnancy of 0.75 years stands once, in the condition's file."""
    names = {name: None for row in rows for name in row}
    for limit in library.scorecard(condition).condition.time_limits:
        assert limit.plus_days == 0.75 * 365.25
    found = score_frame(pa.Table.from_pylist([{**names, **row} for row in rows]), Scorer(library, condition))
    assert [fault is not None for fault in found["faults"].to_pylist()] == [False, True] * (len(rows) // 2)
    same_rows(found.to_pylist(), [{**names, **row} for row in rows], library, condition, "graded")


def test_what_goes_with_a_table(library: Library) -> None:
    about = Scorer(library, language="zh").about()
    assert about["intended_use"] == library.catalogue("zh")("intended_use")
    assert about["scorecards"] == {id: library.scorecard(id).hash for id in CONDITIONS}
    explainer = library.explainer("cerebral_palsy")
    baseline = explainer.predict(ANSWERED["cerebral_palsy"]).baseline
    assert baseline is not None
    told = about["baseline"]["cerebral_palsy"]
    assert told["effect"] == baseline.effect
    assert told["per_100"] == baseline.per_100.difference


def test_contributions_of_a_row_add_up_to_its_log_odds(library: Library) -> None:
    """With the baseline of `about`, which stands beside every table."""
    scorer = Scorer(library, "cerebral_palsy")
    base = scorer.about()["baseline"]["cerebral_palsy"]
    table = random_numbers(library.scorecard("cerebral_palsy").condition, 50, 5)
    found = score_frame(table, scorer).to_pandas()
    parts = found[[name for name in found if str(name).endswith(("_usual_care", "_effect"))]].sum(axis=1)
    log_odds = parts + base["usual_care"] + base["effect"]
    chance = found["with_cells_probability"]
    told = chance.notna()
    assert told.any()
    np.testing.assert_allclose(log_odds[told], np.log(chance / (1 - chance))[told], rtol=1e-9, atol=1e-9)


def test_patients_of_a_row_add_up_to_its_difference(library: Library) -> None:
    """With the baseline of `about`: patients of 100 that each factor adds."""
    scorer = Scorer(library, "cerebral_palsy")
    table = random_numbers(library.scorecard("cerebral_palsy").condition, 50, 5)
    found = score_frame(table, scorer).to_pandas()
    parts = found[[name for name in found if str(name).endswith("_per_100")]].sum(axis=1)
    told = found["difference_value"].notna()
    patients = parts + scorer.about()["baseline"]["cerebral_palsy"]["per_100"]
    assert told.any()
    np.testing.assert_allclose(patients[told], 100 * found["difference_value"][told], atol=1e-9)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_withheld_row_has_no_number(library: Library, condition: str) -> None:
    """Neither of the estimate nor of a factor; levels, evidence and messages stay."""
    scorer = Scorer(library, condition)
    table = random_numbers(library.scorecard(condition).condition, 200, 11)
    rows = [row for row in score_frame(table, scorer).to_pylist() if row["abstained"]]
    assert rows
    for row in rows:
        assert {row[name] for name in scorer.number_names} == {None}
        assert row["added_response"] == row["added_benefit"] == "cannot_say"
        assert row["added_response_set"] == row["with_cells_response"] == row["usual_care_response"] == ""
        assert row["messages"]


def test_faults_are_told_in_the_language_of_the_answers(library: Library) -> None:
    frame = pd.DataFrame({"年龄": [300]})
    (told,) = score_frame(frame, Scorer(library, "cerebral_palsy", language="zh"))["faults"]
    assert told == "年龄：300；应为0至100之间的数（单位：岁）。如果单位是月，请用age_months。"


def test_what_goes_with_a_table_says_what_its_columns_mean(library: Library) -> None:
    """In short, since each part of a table repeats it: age_effect stands under FACTOR_effect."""
    scorer = Scorer(library, language="zh")
    about = scorer.about()
    factors = about["factors"]
    assert list(factors) == [f.id for f in {f.id: f for c in scorer.conditions for f in c}.values()]
    for name, meaning in scorer.meanings.items():
        factor = max((id for id in factors if name.startswith(f"{id}_")), key=len, default=None)
        pattern = name if factor is None else name.replace(factor, "FACTOR", 1)
        assert pattern in about["columns"]
        assert factor is not None or about["columns"][name] == meaning
    assert "with_cells_probability" in about["baseline_means"]
    assert len(json.dumps(about, ensure_ascii=False).encode()) < 10_000


def test_the_meanings_tell_the_cut_offs_of_the_assumptions(library: Library) -> None:
    told = Scorer(library, "cerebral_palsy").meanings
    assert "cells bring a loss of more than 5 of 100." in told["probability_fewer"]
    assert "cells add 5 to under 15 of 100." in told["probability_some"]
    assert "every other with a chance of 20 % or more" in told["usual_care_response"]
    assert "that holds 80 % or more" in told["added_response_set"]


def test_only_the_columns_that_were_chosen_are_explained(library: Library) -> None:
    scorer = Scorer(library, "cerebral_palsy", columns=["added_response", "age_effect"])
    assert list(scorer.meanings) == ["row", "source", "faults", "added_response", "age_effect"]
    assert list(scorer.about()["columns"]) == ["row", "source", "faults", "added_response", "FACTOR_effect"]
    assert list(scorer.codes) == ["added_response"]
    assert "that age adds to the effect of cells" in scorer.meanings["age_effect"]


def test_an_unknown_factor_adds_0_and_a_factor_of_another_condition_is_empty(library: Library) -> None:
    """As the meanings of the columns say."""
    rows: list[dict[str, Any]] = [{"condition": id, **told} for id, told in ANSWERED.items()]
    rows.append({"condition": "haemorrhagic_stroke"})
    names = {name: None for row in rows for name in row}
    table = pa.Table.from_pylist([{**names, **row} for row in rows])
    palsy, stroke, other = score_frame(table, Scorer(library)).to_pylist()
    assert palsy["genotype_level"] is None
    assert palsy["genotype_effect"] == palsy["genotype_per_100"] == 0
    assert palsy["donor_level"] is palsy["donor_effect"] is palsy["timing_usual_care"] is None
    assert stroke["donor_effect"] == 0
    assert other["route_effect"] is other["usual_care_probability"] is None
