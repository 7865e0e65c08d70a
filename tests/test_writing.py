"""Every format gives the same rows back; a formula stays text; the intended use goes with them."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.tables import kind_of, read_batches
from predictor.writing import Writer

from .test_tables import ROWS, rows_of


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".feather", ".jsonl", ".xlsx"])
def test_what_is_written_is_read_again(tmp_path: Path, ending: str) -> None:
    path, table = tmp_path / f"t{ending}", pa.Table.from_pylist(ROWS)
    with Writer(path, kind_of(path), table.schema, b'{"intended_use": "x"}') as writer:
        writer.write(table)
    assert rows_of(read_batches(path, 10)) == ROWS


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".arrow"])
def test_a_table_without_rows_is_one_empty_batch(tmp_path: Path, ending: str) -> None:
    path, table = tmp_path / f"t{ending}", pa.table({"id": pa.array([], pa.string())})
    with Writer(path, kind_of(path), table.schema, b"{}") as writer:
        writer.write(table)
    assert [batch.table.num_rows for batch in read_batches(path, 10)] == [0]


def test_a_formula_stays_text(tmp_path: Path) -> None:
    risky = ["=1+1", "+x", "-x", "@x", "-5", "+5", "-1e3", "plain", None]
    table = pa.table({"=id": risky})
    for name in ("t.csv", "t.xlsx"):
        with Writer(tmp_path / name, kind_of(tmp_path / name), table.schema, b"{}") as writer:
            writer.write(table)
    found = pd.read_csv(tmp_path / "t.csv", dtype=str)["'=id"].tolist()
    assert found == ["'=1+1", "'+x", "'-x", "'@x", "-5", "+5", "-1e3", "plain"]
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "t.xlsx")["scored"].iter_rows()]
    assert [cell.value for cell in cells][:9] == ["=id", *risky[:8]]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


def test_metadata_goes_with_parquet_and_excel(tmp_path: Path) -> None:
    table, about = pa.Table.from_pylist(ROWS), {"intended_use": "education"}
    for kind, name in (("parquet", "t.parquet"), ("excel", "t.xlsx")):
        with Writer(tmp_path / name, kind, table.schema, json.dumps(about).encode()) as writer:
            writer.write(table)
    assert json.loads(pq.read_metadata(tmp_path / "t.parquet").metadata[b"predictor"]) == about
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["about"]
    assert [cell.value for cell in sheet[1]] == ["intended_use", "education"]
