"""A frame in, a frame of its kind out, whatever the rows are and however many at a time."""

from __future__ import annotations

import time
from decimal import Decimal

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest

from predictor.answer.library import Library
from predictor.errors import InputError, ProfileError
from predictor.model.prediction import ADDED
from predictor.predictor import Predictor
from predictor.tables import cells as lattice
from predictor.tables import frames
from predictor.tables import scorer as batch
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

from .test_scorer import plain, random_numbers, same_rows


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
    found = model.predict_frame(given, columns=["added", "estimate"])
    assert type(found) is type(given)
    shown = found if kind == "pandas" else found.to_pandas()
    assert list(shown.columns[:2]) == ["id", "added_response"]
    assert list(shown["id"]) == ["a", "b", "c"]
    said = list(shown["added_response"].astype(object).fillna(""))
    assert said[0] in ADDED
    assert said[1:] == ["", "cannot_say"]
    assert shown["with_cells_probability"].isna().tolist() == [False, True, True]
    assert shown["faults"].iloc[1].startswith("age_months: found -1;")
    if kind == "pandas":
        assert found.index.tolist() == [7, 9, 8]


def test_a_table_without_rows_or_fields_is_scored(library: Library) -> None:
    empty = pd.DataFrame({"id": pd.Series([], dtype="str"), "age": pd.Series([], dtype="float64")})
    model = Predictor.load("cerebral_palsy")
    assert len(model.predict_frame(empty)) == 0
    assert model.predict_frame(pa.table({"age": pa.array([], pa.int64())})).num_rows == 0
    nothing = model.predict_frame(pd.DataFrame({"id": ["a", "b"]}))
    assert nothing["added_response"].nunique() == 1


@pytest.mark.parametrize("kind", [pa.int64(), pa.string(), pa.null(), pa.dictionary(pa.int8(), pa.string())], ids=str)
def test_columns_without_a_chunk_are_columns_without_a_row(library: Library, kind: pa.DataType) -> None:
    columns = {name: pa.chunked_array([], kind) for name in ("id", "age_years", "route")}
    found = Predictor.load("cerebral_palsy").predict_frame(pa.table(columns))
    whole = Predictor.load("cerebral_palsy").predict_frame(pa.table({n: pa.array([], kind) for n in columns}))
    assert found.num_rows == 0
    assert found.schema == whole.schema
    assert found.column_names[0] == "id"


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


def test_threads_that_add_cells_of_two_conditions_keep_out_of_each_others_way(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They share the table of cells; one took the places of the other, and rows had another patient's numbers."""
    monkeypatch.setattr(frames, "BLOCK", 250)
    rng = np.random.default_rng(0)
    told = {
        "condition": np.where(rng.random(1000) < 0.5, "cerebral_palsy", "ischaemic_stroke"),
        "age": rng.integers(0, 80, 1000),
        "cell_type": rng.choice(["msc", "mnc", "other", ""], 1000),
        "infusions": rng.integers(1, 4, 1000),
    }
    table = pa.table(told)
    alone = Scorer(library, columns=["with_cells_probability", "condition"])
    expected = [score_frame(table.slice(start, 250), alone).to_pylist() for start in range(0, 1000, 250)]
    add = lattice.Cells.add

    class Slow(dict):  # type: ignore[type-arg]
        def __contains__(self, name: object) -> bool:
            time.sleep(1e-4)  # the others go on meanwhile
            return super().__contains__(name)

    monkeypatch.setattr(lattice.Cells, "add", lambda self, n, numbers, texts: add(self, n, Slow(numbers), texts))
    monkeypatch.setattr(frames, "workers", lambda: 4)
    found = score_frame(table, Scorer(library, columns=["with_cells_probability", "condition"]))
    assert found.to_pylist() == [row for rows in expected for row in rows]


@pytest.mark.parametrize("kind", ["arrow", "polars"])
def test_a_first_block_of_one_condition_or_of_nothing_fits_the_next(
    library: Library, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    import polars as pl

    monkeypatch.setattr(frames, "BLOCK", 4)
    monkeypatch.setattr(frames, "workers", lambda: 1)
    for conditions in (["cp"] * 4 + ["stroke"] * 4, ["no such"] * 4 + ["stroke"] * 4, ["no such"] * 8):
        table = pa.table({"condition": conditions, "age": [30] * 8})
        given = pl.from_arrow(table) if kind == "polars" else table
        found = score_frame(given, Scorer(library))
        shown = found.to_arrow() if kind == "polars" else found
        assert [fault is not None for fault in shown["faults"].to_pylist()] == [c == "no such" for c in conditions]


def test_values_of_odd_kinds_are_read_as_one_profile_reads_them_or_refused(library: Library) -> None:
    scorer = Scorer(library, "cerebral_palsy", columns=["age_level"])
    ages = pd.DataFrame({"age": pd.Categorical([f"{i / 10}" for i in range(100)])})
    assert score_frame(ages, scorer)["faults"].isna().all()
    odd = {
        "periods": pd.Series(pd.period_range("2002", periods=2, freq="Y")),
        "a flag beside a number": pd.Series([True, "x"], dtype=object),
        "a number too long": pd.Series([10**30, "x"], dtype=object),
    }
    for name, cells in odd.items():
        assert score_frame(pd.DataFrame({"age": cells}), scorer)["faults"].notna().all(), name
    mixed = pd.Series([3.5, True, pd.NA], dtype=object)
    assert score_frame(pd.DataFrame({"age": mixed}), scorer)["faults"].isna().tolist() == [True, False, True]
    chunks = pa.chunked_array(
        [
            pa.DictionaryArray.from_arrays(pa.array(range(100), pa.int8()), [f"{i / k}" for i in range(100)])
            for k in (20, 30)
        ]
    )
    found = score_frame(pa.table({"age": chunks}), scorer)
    assert found["age_level"].to_pylist() == [
        library.explainer("cerebral_palsy").understand({"age": float(i / k)}).levels["age"]
        for k in (20, 30)
        for i in range(100)
    ]


def test_decimals_name_a_level_as_floats_do_whatever_came_before(library: Library) -> None:
    for order in (["1", "1.0"], ["1.0", "1"]):
        scorer = Scorer(library, "cerebral_palsy", columns=["severity_level"])
        for text in order:
            cells = pa.array([Decimal(text)])
            assert score_frame(pa.table({"gmfcs": cells}), scorer)["severity_level"].to_pylist() == ["mild"]


def test_names_that_are_no_texts_are_a_fault(library: Library) -> None:
    with pytest.raises(InputError) as error:
        score_frame(pd.DataFrame({0: [1], "age": [3.0]}), Scorer(library, "cerebral_palsy", keep=["*"]))
    cure = "Name the columns by texts: frame.columns = frame.columns.astype(str)."
    assert str(error.value) == f"columns: found 0; expected a text. {cure}"
    with pytest.raises(InputError, match="age: found the column twice"):
        score_frame(pd.DataFrame([[1, 2]], columns=["age", "age"]), Scorer(library, "cerebral_palsy"))


def test_empty_columns_of_another_condition_are_left_out(library: Library) -> None:
    model = Predictor.load("cerebral_palsy")
    told = {"id": ["a", "b"], "age_years": [2.5, 4.0]}
    empty = {"nihss": [None, None], "donor": ["", "unknown"], "days_since_onset": [float("nan")] * 2}
    frame = pd.DataFrame({**told, **empty})
    pd.testing.assert_frame_equal(model.predict_frame(frame), model.predict_frame(pd.DataFrame(told)))
    kept = model.predict_frame(frame, keep=["donor"])
    assert kept["donor"].tolist() == ["", "unknown"]
    other = polars.DataFrame({**told, "nihss": [None, None]})
    assert "nihss" not in model.predict_frame(other).columns
    with pytest.raises(InputError, match=r"^nihss: found an unknown column; "):
        model.predict_frame(pd.DataFrame({**told, "nihss": [None, 3]}))


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        (
            "hospital",
            "To pass it through unused, name it: keep=['hospital']; or pass all such columns through: keep=['*'].",
        ),
        ("rout", "Did you mean 'route'? To pass it through unused, name it: keep=['rout']."),
        ("Age (weeks)", "Tell its unit in units, for the column 'Age (weeks)'."),
        (" ", "Give the column a name."),
    ],
)
def test_the_faults_of_columns_name_arguments_in_python(name: str, cure: str) -> None:
    with pytest.raises(InputError) as told:
        Predictor.load("cerebral_palsy").predict_frame(pd.DataFrame({"age_years": [3.0], name: [1]}))
    assert str(told.value).endswith(cure)
    assert "--" not in str(told.value)


@pytest.mark.parametrize("names", [[], ["nihss"]])
def test_rows_that_tell_nothing_are_rows(names: list[str]) -> None:
    """Of a frame without columns, or with those of another condition that are empty throughout."""
    frame = pd.DataFrame(None, index=list("abc"), columns=names)
    scored = Predictor.load("cerebral_palsy").predict_frame(frame)
    assert list(scored.index) == ["a", "b", "c"]
    nothing = Predictor.load("cerebral_palsy").predict_frame(pd.DataFrame({"age_years": [None]}))
    assert set(scored["added_response"]) == set(nothing["added_response"])


def test_an_na_of_pandas_is_unknown_and_an_array_is_no_number() -> None:
    model = Predictor.load("cerebral_palsy")
    told = [model.predict({"age_years": value, "gmfm88": 45}).as_dict() for value in (None, pd.NA, pd.NaT, np.nan)]
    assert all(one == told[0] for one in told)
    with pytest.raises(ProfileError, match="age_years"):
        model.predict({"age_years": np.array([2.0, 3.0])})
