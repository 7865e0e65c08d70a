"""Every format gives the same rows back; a formula stays text; the intended use goes with them."""

from __future__ import annotations

import codecs
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.errors import InputError
from predictor.tables.reading import kind_of, read_batches
from predictor.tables.writing import _sheet_keeps, in_schema, unified, write_table

from .test_reading import ROWS, rows_of


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".feather", ".jsonl", ".xlsx"])
def test_what_is_written_is_read_again(tmp_path: Path, ending: str) -> None:
    path, table = tmp_path / f"t{ending}", pa.Table.from_pylist(ROWS)
    write_table(path, kind_of(path), [table], table.schema, {"intended_use": "x"})
    assert rows_of(read_batches(path, 10)) == ROWS


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".arrow"])
def test_a_table_without_rows_is_one_empty_batch(tmp_path: Path, ending: str) -> None:
    path, table = tmp_path / f"t{ending}", pa.table({"id": pa.array([], pa.string())})
    write_table(path, kind_of(path), [table], table.schema, {})
    assert [batch.table.num_rows for batch in read_batches(path, 10)] == [0]


def test_a_formula_stays_text(tmp_path: Path) -> None:
    risky = ["=1+1", "+x", "-x", "@x", "-5", "+5", "-1e3", "plain", "-", "\n=1", "＝1", "-e5", None]
    table = pa.table({"=id": risky})
    for name in ("t.csv", "t.xlsx"):
        write_table(tmp_path / name, kind_of(tmp_path / name), [table], table.schema, {})
    found = pd.read_csv(tmp_path / "t.csv", dtype=str)["'=id"].tolist()
    assert found == ["'=1+1", "'+x", "'-x", "'@x", "-5", "+5", "-1e3", "plain", "-", "'\n=1", "'＝1", "'-e5"]
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "t.xlsx")["scored"].iter_rows()]
    assert [cell.value for cell in cells][:13] == ["=id", *risky[:12]]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


ODD = {
    "digits": [110101199003071234, 5],
    "exact": [Decimal("1234567890123456789.10"), None],
    "day": [date(2020, 5, 1), None],
    "at": [datetime(2020, 5, 1, 3, 4, 5, 678901, tzinfo=UTC), None],
    "bytes": [b"=1+1", b"x"],
    "no text": [b"=1+1", b"\xff\x00"],
    "nested": [{"a": [1, 2]}, None],
    "number": [float("inf"), float("nan")],
    "letters": ["a\rb\x01", "=1"],
    "none": [None, None],
}


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.xlsx", "t.parquet", "t.arrow"])
def test_what_a_format_cannot_hold_is_written_as_text(tmp_path: Path, name: str) -> None:
    table = pa.table(
        {**ODD, "empty": pa.array([{}, None], pa.struct([])), "coded": pa.array(["x", None]).dictionary_encode()}
    )
    path = tmp_path / name
    write_table(path, kind_of(path), [table], table.schema, {})
    first, second = rows_of(read_batches(path, 10))
    assert str(first["digits"]) == "110101199003071234"
    assert str(first["exact"]) == "1234567890123456789.10"
    assert str(first["day"])[:10] == "2020-05-01"
    assert "678901" in str(first["at"])
    assert str(first["number"]) in ("inf", "Infinity")
    assert str(second["number"]) in ("None", "nan")
    assert first["coded"] == "x"
    if name.endswith(("parquet", "arrow")):
        assert first["bytes"] == b"=1+1"
        assert first["nested"] == {"a": [1, 2]}
        return
    assert first["bytes"] == ("=1+1" if name in ("t.jsonl", "t.xlsx") else "'=1+1")
    assert (first["no text"], second["no text"]) == ("3d312b31", "ff00")
    assert first["nested"] in ({"a": [1, 2]}, '{"a": [1, 2]}')


@pytest.mark.parametrize(
    "text", ["_x0041_", "x_x000D_y", "_x005F_", "_x00", "\r", "\x0b\x00", "\x1b[2J", "\ufffe", "\uffff"]
)
def test_a_sheet_gives_back_a_text_that_reads_as_the_number_of_a_sign_or_has_signs_unknown_to_xml(
    tmp_path: Path, text: str
) -> None:
    """Read by calamine, as Excel would: it leaves the number of what Unicode calls no sign."""
    path, table = tmp_path / "t.xlsx", pa.table({"id": [text]})
    write_table(path, "excel", [table], table.schema, {"about": text})
    assert rows_of(read_batches(path, 10)) == [{"id": {"\ufffe": "_xFFFE_", "\uffff": "_xFFFF_"}.get(text, text)}]


def test_what_a_workbook_is_about_is_no_formula(tmp_path: Path) -> None:
    table = pa.table({"id": ["a"]})
    write_table(tmp_path / "t.xlsx", "excel", [table], table.schema, {"=1": {"+2": "=3"}})
    cells = next(openpyxl.load_workbook(tmp_path / "t.xlsx")["about"].iter_rows())
    assert [(cell.value, cell.data_type) for cell in cells] == [("=1", "s"), ("+2", "s"), ("=3", "s")]


def test_texts_too_long_for_a_sheet_are_a_fault(tmp_path: Path) -> None:
    table = pa.table({"note": ["x" * 32_768]})
    with pytest.raises(InputError) as error:
        write_table(tmp_path / "t.xlsx", "excel", [table], table.schema, {})
    told = "table: found a text of 32768 letters; expected at most 32767. Write .csv or .parquet."
    assert str(error.value) == told


def test_a_text_table_may_begin_with_the_mark_of_utf_8(tmp_path: Path) -> None:
    """By which a spreadsheet knows that 年龄 is no western word."""
    table = pa.table({"年龄": ["鞘内"]})
    for marked in (True, False):
        write_table(tmp_path / "t.csv", "csv", [table], table.schema, {}, marked)
        assert (tmp_path / "t.csv").read_bytes().startswith(codecs.BOM_UTF8) == marked
        assert rows_of(read_batches(tmp_path / "t.csv", 10)) == [{"年龄": "鞘内"}]


@pytest.mark.parametrize(
    ("types", "exact", "expected"),
    [
        ([pa.int64(), pa.null()], True, pa.int64()),
        ([pa.int8(), pa.int32()], True, pa.int64()),
        ([pa.int64(), pa.float64()], True, pa.float64()),
        ([pa.int64(), pa.float64()], False, pa.large_string()),
        ([pa.int64(), pa.string()], True, pa.large_string()),
        ([pa.bool_(), pa.int64()], True, pa.large_string()),
        ([pa.date32(), pa.timestamp("us")], True, pa.large_string()),
        ([pa.decimal128(21, 2), pa.float64()], True, pa.large_string()),
        ([pa.null()], True, pa.null()),
    ],
)
def test_columns_of_other_types_come_to_one_that_keeps_their_values(types: Any, exact: bool, expected: Any) -> None:
    schemas = [pa.schema([("x", kind), (f"only{i}", kind)]) for i, kind in enumerate(types)]
    found = unified(schemas, lambda _: exact)
    assert found.field("x").type == expected
    assert found.names == ["x", *(f"only{i}" for i in range(len(types)))]
    for schema in schemas:
        assert in_schema(schema.empty_table(), found).schema.equals(found)


def test_metadata_goes_with_parquet_and_excel(tmp_path: Path) -> None:
    table, about = pa.Table.from_pylist(ROWS), {"intended_use": "education", "columns": {"id": "Its id."}, "rows": 2}
    for kind, name in (("parquet", "t.parquet"), ("excel", "t.xlsx")):
        write_table(tmp_path / name, kind, [table], table.schema, about)
    assert json.loads(pq.read_metadata(tmp_path / "t.parquet").metadata[b"predictor"]) == about
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["about"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows == [("intended_use", "education", None), ("columns", "id", "Its id."), ("rows", 2, None)]


@pytest.mark.parametrize(
    ("value", "keeps"),
    [
        (10**15 - 1, True),
        (10**15, False),
        (1 - 10**15, True),
        (-(10**15), False),
        (True, True),
        (None, True),
        (0.1, True),
        (float("inf"), False),
        (datetime(2026, 1, 2, 3, 4, 5, 6000), True),
        (datetime(2026, 1, 2, 3, 4, 5, 6001), False),
        (datetime(2026, 1, 2, tzinfo=UTC), False),
        (date(2026, 1, 2), True),
        ("text", False),
    ],
)
def test_what_a_sheet_keeps_to_the_last_digit(value: Any, keeps: bool) -> None:
    assert _sheet_keeps(value) == keeps
