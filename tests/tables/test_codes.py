"""Columns to codes: bands keep their open and closed ends, and only what is plain is read in bulk."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from predictor.answer.library import Library
from predictor.tables.codes import Column, ColumnReader, cell_value, is_told

from ..conftest import CONDITIONS


def reader(library: Library, name: str, condition: str = "cerebral_palsy") -> ColumnReader:
    explainer = library.explainer(condition)
    field = explainer.scorecard.condition.fields[name]
    return ColumnReader(Column(name, name, field), explainer.reader.field(field))


@pytest.mark.parametrize(
    "cells",
    [
        pa.array(["2.5", "4", None, "40"]),
        pa.array(["2.5", "4", "", "40"]),
        pa.array(["2.5", " 4 ", "unknown", "4e1"]).dictionary_encode(),
        pa.array([2.5, 4.0, None, 40.0]),
        pa.array([2.5, 4.0, float("nan"), 40.0], pa.float32()),
        pa.array(["2.5", "4", "?", "40"], pa.large_string()),
    ],
    ids=["text", "blank", "dictionary", "numbers", "float32", "large"],
)
def test_numbers_are_the_same_however_a_column_holds_them(library: Library, cells: pa.Array) -> None:
    ages = reader(library, "age_years")
    coded, numbers = ages.coded(cells)
    kinds = coded.kinds
    assert numbers is not None
    assert kinds.tolist()[:3] == [0, 1, ages.fields.unknown]
    assert kinds[3] not in (ages.fields.odd, ages.fields.unknown)
    np.testing.assert_array_equal(numbers, [2.5, 4, np.nan, 40])


def test_many_different_texts_are_read_at_once_and_odd_ones_alone(library: Library) -> None:
    texts = [f"{i / 10}" for i in range(300)] + ["3岁多", "-nan", "+4", "1_0", "toddler", "inf"]
    ages = reader(library, "age_years")
    kinds = ages.coded(pa.array(texts))[0].kinds
    alone = [ages.coded(pa.array([text]))[0].kinds[0] for text in texts]
    assert kinds.tolist() == alone
    assert kinds[301] == ages.fields.unknown  # dashes do not count in words: -nan is nan
    assert [kind == ages.fields.odd for kind in kinds[300:]] == [True, False, False, True, False, True]


def test_true_and_dates_are_no_numbers(library: Library) -> None:
    ages = reader(library, "age_years")
    assert ages.coded(pa.array([True, None]))[0].kinds.tolist() == [ages.fields.odd, ages.fields.unknown]


def test_a_class_may_be_a_whole_number_of_any_type(library: Library) -> None:
    classes = reader(library, "gmfcs")
    wanted = classes.coded(pa.array(["I", "II", None, "V"]))[0].kinds.tolist()
    assert classes.coded(pa.array([1, 2, None, 5]))[0].kinds.tolist() == wanted
    assert classes.coded(pa.array([1.0, 2.0, None, 5.0]))[0].kinds.tolist() == wanted
    assert cell_value(3.0, classes.column.field) == 3


def test_a_column_is_told_by_a_synonym_in_either_language(library: Library) -> None:
    conditions = [library.scorecard(id).condition for id in CONDITIONS]
    assert [is_told(name, conditions) for name in ("年龄", "NIHSS_score", "patient_id")] == [True, True, False]
