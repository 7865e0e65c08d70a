"""A frame in, a frame of its kind out, whatever the rows are and however many at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from predictor import batch, frames
from predictor.batch import Scorer
from predictor.frames import score_frame
from predictor.library import Library
from predictor.model import Predictor

from .test_batch import plain, random_numbers, same_rows


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_a_frame_gives_a_frame_of_its_kind_in_its_order(library: Library, kind: str) -> None:
    import polars as pl

    frame = pd.DataFrame(
        {"id": ["a", "b", "c"], "age_months": [30, -1, 500], "gmfm88": [45.0, 20, None]}, index=[7, 9, 8]
    )
    given = {
        "pandas": frame,
        "polars": pl.from_pandas(frame),
        "arrow": pa.Table.from_pandas(frame, preserve_index=False),
    }[kind]
    model = Predictor.load("cerebral_palsy")
    found = model.predict_frame(given, columns=["category", "estimate"])
    assert type(found) is type(given)
    shown = found if kind == "pandas" else found.to_pandas()
    assert list(shown.columns[:2]) == ["id", "usual_care_probability"]
    assert list(shown["id"]) == ["a", "b", "c"]
    assert list(shown["category"].astype(object).fillna("")) == ["high", "", "cannot_say"]
    assert shown["with_cells_probability"].isna().tolist() == [False, True, False]
    assert shown["faults"].iloc[1].startswith("age_months: found -1;")
    if kind == "pandas":
        assert found.index.tolist() == [7, 9, 8]


def test_a_table_without_rows_or_fields_is_scored(library: Library) -> None:
    empty = pd.DataFrame({"id": pd.Series([], dtype="str"), "age": pd.Series([], dtype="float64")})
    model = Predictor.load("cerebral_palsy")
    assert len(model.predict_frame(empty)) == 0
    assert model.predict_frame(pa.table({"age": pa.array([], pa.int64())})).num_rows == 0
    nothing = model.predict_frame(pd.DataFrame({"id": ["a", "b"]}))
    assert nothing["with_cells_probability"].nunique() == 1


def test_a_frame_with_and_without_missing_cells_reads_alike(library: Library) -> None:
    """Categories and floats go a shorter way where nothing is missing; spellings that come later are read too."""
    scorer = Scorer(library, "ischaemic_stroke")
    words = ["msc", "mnc", "unknown"]
    for told in (words, [*words, None], [*words, "msc", "not a cell"], words[::-1]):
        days = [float(i) if i != 3 else float("nan") for i in range(len(told))]
        rows = [{"cell_type": word, "days_since_onset": day} for word, day in zip(told, days, strict=True)]
        text = pd.DataFrame(rows)
        coded = text.astype({"cell_type": "category"})
        for frame in (text, coded):
            mixed = [{k: None if pd.isna(v) else v for k, v in row.items()} for row in rows]
            same_rows(plain(score_frame(frame, scorer)), mixed, library, "ischaemic_stroke", "graded")


def test_columns_of_one_factor_may_all_be_empty(library: Library) -> None:
    empty = pd.DataFrame({"days_since_onset": [None, None], "months_since_onset": [None, None], "age_years": [60, 70]})
    scored = score_frame(empty, Scorer(library, "ischaemic_stroke"))
    assert scored["faults"].isna().all()
    assert scored["timing_level"].isna().all()
    one = empty.assign(months_since_onset=[1.0, None])
    assert score_frame(one, Scorer(library, "ischaemic_stroke"))["timing_level"].notna().tolist() == [True, False]


def test_blocks_and_fresh_tables_of_cells_change_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pandas frame is put together from the places of many blocks, which may belong to several tables of cells."""
    table = random_numbers(library.scorecard("ischaemic_stroke").condition, 300, 7)
    whole = score_frame(table.to_pandas(), Scorer(library, "ischaemic_stroke"))
    monkeypatch.setattr(frames, "BLOCK", 16)
    monkeypatch.setattr(frames, "workers", lambda: 1)
    monkeypatch.setattr(batch, "FULL", 40)
    scorer = Scorer(library, "ischaemic_stroke")
    assert plain(score_frame(table.to_pandas(), scorer)) == plain(whole)
    assert len({id(scorer.block(table.slice(0, 200)).cells) for _ in range(2)}) == 2


def test_a_column_that_is_zero_throughout_is_a_column_like_any_other(library: Library) -> None:
    """What an unknown factor adds is 0: its columns are not written, and may be changed by whoever has the frame."""
    scored = score_frame(pd.DataFrame({"age_years": [3.0, 8.0]}), Scorer(library, "cerebral_palsy"))
    assert scored["route_effect"].tolist() == [0.0, 0.0]
    assert not np.signbit(scored["route_effect"]).any()
    scored.loc[1, ["route_effect", "age_effect"]] = 5.0
    assert scored["route_effect"].tolist() == [0.0, 5.0]
    assert scored["age_effect"].iloc[1] == 5.0
    assert list(scored.columns[-1:]) == ["faults"]
