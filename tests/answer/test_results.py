"""Every result is short to look at and a table for a program; nothing that is withheld stands in either."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import predictor
from predictor import Predictor, Profile
from predictor.answer.additive import SUMS
from predictor.answer.results import LONGEST_REPR, Listed, Result, Source, Sourced, _brief, _is_empty
from predictor.errors import InputError
from predictor.model.fitting import load_content
from predictor.model.prediction import expit
from predictor.validation.backtest import back_test
from predictor.validation.cohort import COHORT_FILE, Cohort
from predictor.validation.diff import compare_scorecards
from predictor.validation.new_groups import score_file
from predictor.validation.validation import validate

from ..conftest import ROOT

PATIENT = Profile(age_years=2.5, gmfm88=45, route="intrathecal", cell_type="msc")
WITHHELD = Profile(age_years=40, gmfm88=20)
MODEL = Predictor.load("cerebral_palsy")
CHINESE = Predictor.load("cerebral_palsy", language="zh")


def results(model: Predictor, patient: Profile) -> Iterator[Any]:
    """What each method that answers one profile gives."""
    yield from (model.predict(patient), model.what_if(patient, route="intravenous"), model.stances(patient))
    yield from (model.sweep(patient, "route"), model.grid(patient, "route", "cell_type"), model.nearest(patient))
    yield from (model.next_questions(patient), model.leave_one_out(patient), model.fragility(patient))
    yield from (model.beliefs(patient), model.compare(model, patient))


@cache
def answered() -> list[Any]:
    answer = MODEL.predict(PATIENT)
    codes = MODEL.explainer.codes([MODEL.understand(PATIENT)] * 2)
    return [*results(MODEL, PATIENT), answer.answered, answer.explanation(), MODEL.nearest_many(codes)]


@cache
def of_validation() -> list[Any]:
    """The results of the validation."""
    cohort = Cohort.read(MODEL.library.data / COHORT_FILE)
    card, contents = MODEL.scorecard, load_content(MODEL.library.configs, MODEL.library.data)
    less = MODEL.without(studies=["lv-2023"]).scorecard
    new = score_file(ROOT / "data" / "evidence" / "observations.csv", contents, condition="cerebral_palsy")
    return [
        back_test(MODEL.content, "graded"),
        validate(MODEL.content, cohort),
        compare_scorecards(card, less, cohort),
        new,
    ]


def parts(value: Any) -> Iterator[Result]:
    """A result and all results within it."""
    if isinstance(value, Result):
        yield value
    inside: Any = ()
    if is_dataclass(value):
        inside = [getattr(value, f.name) for f in fields(value) if f.name != "extrapolation"]
    elif isinstance(value, dict):
        inside = value.values()
    elif isinstance(value, tuple):
        inside = value
    for item in inside:
        yield from parts(item)


def classes() -> set[type]:
    """Every class of results of the package."""
    for module in pkgutil.walk_packages(predictor.__path__, "predictor."):
        if module.name.split(".")[1] in ("answer", "whatif", "validation"):
            importlib.import_module(module.name)
    found, left = set(), [Result]
    while left:
        below = left.pop().__subclasses__()
        found |= {*below}
        left += below
    return {kind for kind in found if kind.__module__.startswith("predictor.")} - {Sourced}


def test_whatever_a_method_gives_is_a_result() -> None:
    given = {
        name: inspect.signature(method).return_annotation
        for name, method in vars(Predictor).items()
        if callable(method)
    }
    told = {
        name
        for name, kind in given.items()
        if kind in ("Answer", "sweeps.Sweep", "sweeps.Grid", "LeaveOneOut", "Fragility")
    }
    assert told == {"predict", "sweep", "grid", "leave_one_out", "fragility"}
    assert all(isinstance(result, Result) for result in (*answered(), *of_validation()))


@pytest.mark.slow
def test_every_class_of_results_is_short_and_a_table() -> None:
    found = {type(part): part for result in (*answered(), *of_validation()) for part in parts(result)}
    assert classes() <= found.keys()
    for result in found.values():
        assert len(repr(result)) <= LONGEST_REPR == 200
        assert repr(result).startswith(type(result).__name__ + "(")
        assert MODEL.explainer.text("intended_use") in result._repr_html_().replace("&#x27;", "'")
        frame = result.to_frame()
        assert list(frame.columns) == list(dict.fromkeys(frame.columns))
        assert not frame.columns.empty or not result.table()


def test_a_number_that_is_0_is_told_and_what_is_empty_is_not() -> None:
    assert [_is_empty(value) for value in (0, 0.0, False, "a", (1,), {"a": 1})] == [False] * 6
    assert [_is_empty(value) for value in (None, "", (), {})] == [True] * 4


def test_a_display_tells_stance_scorecard_and_intended_use_in_the_language_of_the_model() -> None:
    for model in (MODEL, CHINESE):
        for result in results(model, PATIENT):
            html = result._repr_html_()
            assert f'lang="{model.explainer.text.language}"' in html
            for told in (
                model.explainer.text("stance.graded"),
                model.scorecard.hash,
                model.explainer.text("intended_use"),
            ):
                assert told in html


def test_nothing_that_is_withheld_is_shown() -> None:
    answer = MODEL.predict(WITHHELD)
    assert answer.extrapolation is not None
    numbers = [answer.extrapolation.usual_care.probability, answer.extrapolation.with_cells.probability]
    figures = [f"{number:.{digits}g}" for number in numbers for digits in (3, 4)]
    for result in results(MODEL, WITHHELD):
        shown = repr(result) + result._repr_html_() + result.to_frame().to_csv()
        assert not [figure for figure in figures if figure in shown]
    assert answer.to_frame().empty
    assert list(answer.to_frame().columns) == list(MODEL.predict(PATIENT).to_frame().columns)


def test_a_table_has_the_same_columns_whatever_is_withheld() -> None:
    def columns(patient: Profile) -> list[list[str]]:
        return [list(result.to_frame().columns) for result in results(MODEL, patient)]

    assert columns(PATIENT) == columns(WITHHELD)


def test_a_table_holds_the_numbers_of_the_result() -> None:
    swept = MODEL.sweep(PATIENT, "age_years", [2, 4, 40])
    frame = swept.to_frame()
    assert frame["age_years"].tolist() == [2, 4, 40]
    assert frame["level"].tolist() == [step.level for step in swept.steps]
    points = [step.point.difference for step in swept.steps]
    assert frame["difference_value"].tolist()[:2] == [point.value for point in points if point]
    assert np.isnan(frame["difference_value"].tolist()[2])
    assert frame["reasons"].tolist() == ["", "", "outside_studied, level_not_studied"]


def test_the_row_of_an_answer_has_the_columns_and_the_numbers_of_a_scored_table() -> None:
    import pandas as pd

    scored = MODEL.predict_frame(pd.DataFrame([PATIENT.values])).iloc[0]
    row = MODEL.stances(PATIENT).to_frame().set_index("stance").loc["graded"]
    shared = [name for name in row.index if name in scored.index and name != "added_response_set"]
    assert len(shared) > 15
    assert row[shared].tolist() == scored[shared].tolist()


def test_text_of_a_user_is_escaped() -> None:
    @dataclass(frozen=True, repr=False)
    class Told(Sourced):
        name: str

    source = Source(("<i>stance</i>",), "en")
    html = Told("<script>alert(1)</script>", source=source)._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;i&gt;stance" in html


def test_a_notebook_shows_twenty_rows_and_says_how_many_there_are() -> None:
    swept = MODEL.sweep(PATIENT, "age_years", [n / 4 for n in range(1, 61)])
    html = swept._repr_html_()
    assert html.count("<tr>") == 21
    assert "20 / 60: to_frame()" in html
    assert len(swept.to_frame()) == 60


def test_a_notebook_shows_numbers_to_three_figures_and_nothing_where_there_is_none() -> None:
    swept = MODEL.sweep(WITHHELD.but(route="intrathecal", cell_type="msc"), "age_years", [5, 40])
    told = [row.split("</td><td>") for row in re.findall(r"<tr><td>(.*?)</td></tr>", swept._repr_html_())]
    values = swept.to_frame().to_numpy(dtype=object)
    assert [cells[0] for cells in told] == ["5", "40"]
    pairs = [pair for row in zip(told, values, strict=True) for pair in zip(*row, strict=True)]
    assert {cell for cell, value in pairs if pd.isna(value)} == {""}
    numbers = [(cell, value) for cell, value in pairs if isinstance(value, float) and not pd.isna(value)]
    assert len(numbers) > 8
    assert [(cell, value) for cell, value in numbers if cell != f"{value:.3g}"] == []


def test_an_answer_within_a_result_is_told_by_its_headline() -> None:
    assert [_brief(MODEL.predict(patient)) for patient in (PATIENT, WITHHELD)] == ["'some'", "'cannot_say'"]


def test_results_in_a_list_stay_a_tuple() -> None:
    asked = MODEL.next_questions(PATIENT)
    assert isinstance(asked, tuple)
    assert isinstance(asked, Listed)
    assert [question.factor for question in asked] == list(dict.fromkeys(asked.to_frame()["factor"]))
    assert repr(asked).startswith("Listed(0='")


@pytest.mark.parametrize("of", SUMS)
def test_an_explanation_adds_up_to_the_answer(of: Any) -> None:
    answer = MODEL.predict(PATIENT)
    said, found = answer.answered, answer.explanation(of)
    usual, cells = said.usual_care.probability, said.with_cells.probability
    in_log_odds = {"log_odds_usual_care": usual, "log_odds_with_cells": cells}
    in_patients = {"usual_care": 100 * usual, "with_cells": 100 * cells, "difference": 100 * said.difference.value}
    if of in in_patients:
        assert found.total == pytest.approx(in_patients[of], abs=1e-9)
    elif of in in_log_odds:
        assert expit(np.array(found.total)) == pytest.approx(in_log_odds[of], abs=1e-12)
    else:
        parts = [answer.explanation(name).total for name in ("log_odds_with_cells", "log_odds_usual_care")]
        assert found.total == pytest.approx(parts[0] - parts[1], abs=1e-12)
    assert found.total == found.base_values + found.values.sum()


def test_an_explanation_has_the_shape_of_shap() -> None:
    found = MODEL.predict(PATIENT).explanation()
    assert list(found.as_dict()) == ["values", "base_values", "data", "feature_names"]
    assert found.names == found.feature_names == list(MODEL.scorecard.condition.by_id)
    assert found.values.shape == found.data.shape == (len(found.names),)
    assert found.data[found.names.index("route")] == "intrathecal"
    assert list(found.to_frame().columns) == ["factor", "level", "value"]


def test_an_answer_that_is_withheld_has_no_numbers_and_says_why() -> None:
    answer = MODEL.predict(WITHHELD)
    message = (
        "answer: found withheld numbers (outside_studied, level_not_studied); expected an answer that can be given. "
        "Ask abstained first; messages tells why."
    )
    for ask in (lambda: answer.answered, answer.explanation):
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            ask()


def test_what_a_model_understands_and_what_it_is_made_from_are_short_to_look_at() -> None:
    assert len(repr(MODEL.understand(PATIENT))) < 1_000
    assert len(repr(MODEL.content)) < 1_000


def test_a_model_names_itself() -> None:
    assert repr(MODEL) == "Predictor('cerebral_palsy', stance='graded')"
