"""Every format is read; what is no row is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from predictor.errors import InputError
from predictor.tables import Batch, input_files, read_batches

ROWS = [{"id": "a", "年龄": 2.5, "route": "鞘内"}, {"id": "007", "年龄": 4.0, "route": None}]


def rows_of(batches: Any) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.table.to_pylist()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_table_in_any_encoding_with_any_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["id", "年龄", "route"], ["a", "2.5", "鞘内"], ["007", "4", ""]]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(delimiter.join(line) for line in lines) + "\n", encoding=encoding)
    expected = [{"id": "a", "年龄": "2.5", "route": "鞘内"}, {"id": "007", "年龄": "4", "route": None}]
    assert rows_of(read_batches(path, 10)) == expected


def test_a_stream_of_arrow_batches_is_read(tmp_path: Path) -> None:
    path, table = tmp_path / "t.arrows", pa.Table.from_pylist(ROWS)
    with pa.ipc.new_stream(str(path), table.schema) as stream:
        stream.write_table(table)
    assert rows_of(read_batches(path, 10)) == ROWS


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_batches_hold_so_many_rows_and_number_them_from_one(tmp_path: Path, ending: str) -> None:
    frame, path = pd.DataFrame({"id": [f"p{i}" for i in range(25)]}), tmp_path / f"t{ending}"
    write = {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        ".parquet": lambda: frame.to_parquet(path, row_group_size=7),
        ".xlsx": lambda: frame.to_excel(path, index=False),
    }
    write[ending]()
    batches = list(read_batches(path, 10))
    assert [batch.table.num_rows for batch in batches] == [10, 10, 5]
    assert [n for batch in batches for n in batch.rows.tolist()] == list(range(1, 26))


def test_lines_that_are_no_rows_are_kept_with_their_number_and_the_others_keep_theirs(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,age\na,1\nb\nc,3\nd,4,5\ne,5\nf\n", encoding="utf-8")
    batches = list(read_batches(path, 2))
    good = [(row["id"], n) for b in batches for row, n in zip(b.table.to_pylist(), b.rows.tolist(), strict=True)]
    assert good == [("a", 1), ("c", 3), ("e", 5)]
    assert [(row, text) for b in batches for row, text, _ in b.broken] == [(2, "b"), (4, "d,4,5"), (6, "f")]
    fault = (
        "row: found 1 columns; expected 2 columns, as in the header. Is a cell with a delimiter in it without quotes?"
    )
    assert str(batches[0].broken[0][2]) == fault


def test_a_cell_may_hold_a_line_break_and_a_delimiter_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,note\na,"one, two\nthree"\n\nb,x\n', encoding="utf-8")
    assert rows_of(read_batches(path, 10)) == [{"id": "a", "note": "one, two\nthree"}, {"id": "b", "note": "x"}]


def test_a_line_of_json_that_is_no_object_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"id": 1}\n[2]\n{"id": \n{"id": "x", "age": 3}\n', encoding="utf-8")
    (batch,) = read_batches(path, 10)
    assert batch.table.to_pylist() == [{"id": "1", "age": None}, {"id": "x", "age": 3}]
    assert [(row, text) for row, text, _ in batch.broken] == [(2, "[2]"), (3, '{"id": ')]


def test_a_spreadsheet_gives_what_its_formulas_had_when_it_was_saved(tmp_path: Path) -> None:
    path, book = tmp_path / "t.xlsx", openpyxl.Workbook()
    book.active.append(["id", "age"])
    book.active.append(["a", "=1+1"])
    book.save(path)
    assert rows_of(read_batches(path, 10)) == [{"id": "a", "age": "=1+1"}]  # saved without a value: the text


def test_a_folder_and_a_pattern_mean_their_tables_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "_mark.csv", "note.md", "sub/c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("id\n", encoding="utf-8")
    assert [p.name for p in input_files(str(tmp_path))] == ["a.csv", "b.csv", "c.csv"]
    assert [p.name for p in input_files(str(tmp_path / "*.csv"))] == ["_mark.csv", "a.csv", "b.csv"]


def _broken_files(folder: Path) -> dict[str, str]:
    (folder / "bytes.csv").write_bytes(b"id\n\xff\xff\xff\n")
    (folder / "empty.csv").write_text("", encoding="utf-8")
    (folder / "twice.csv").write_text("age,age\n1,2\n", encoding="utf-8")
    (folder / "no.xlsx").write_text("no", encoding="utf-8")
    (folder / "table.pdf").write_text("no", encoding="utf-8")
    endings = ".csv, .tsv, .tab, .txt, .xlsx, .parquet, .pq, .arrow, .feather, .ipc, .arrows, .jsonl, .ndjson"
    return {
        "bytes.csv": "encoding: found bytes that are no text; expected UTF-8 or GB18030. Save the file again with the encoding UTF-8.",
        "empty.csv": "table: found nothing; expected a header and rows. Is the file saved?",
        "twice.csv": "age: found the column twice; expected each column once. Remove or rename one of the two.",
        "no.xlsx": "table: found BadZipFile; expected an Excel workbook (.xlsx).",
        "table.pdf": f"table: found '.pdf'; expected an ending of {endings}.",
    }


def test_a_file_that_is_no_table_says_so(tmp_path: Path) -> None:
    for name, message in _broken_files(tmp_path).items():
        with pytest.raises(InputError) as error:
            list[Batch](read_batches(tmp_path / name, 10))
        assert str(error.value) == f"{tmp_path / name}: {message}"
    with pytest.raises(InputError, match="no such file"):
        input_files(str(tmp_path / "none.csv"))
