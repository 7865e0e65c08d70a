"""No table, however it was made, takes more memory than is said, ends the process, or shows a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from predictor.cli import main
from predictor.errors import InputError
from predictor.tables import arrow_files, workbook_bounds
from predictor.tables.csv_files import encoding_of
from predictor.tables.reading import input_files, read_batches

from ..conftest import ROOT

PIPE = "file: found a pipe or a device; expected a file that can be read. Save what it gives to a file first."
SMALLER = "expected a sheet of at most 10,000,000 cells and a workbook of at most 400,000,000 bytes unfolded."
FARTHER = "Remove cells far from the others, or save it as .csv."


def refusal(path: Path, rows: int = 1 << 16) -> str:
    """What is said of a table that is refused, without its folder."""
    with pytest.raises(InputError) as caught:
        list(read_batches(path, rows))
    return str(caught.value).replace(f"{path.parent}/", "")


def in_arrow(path: Path, **columns: Any) -> Path:
    table = pa.table(columns)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_file(str(path), table.schema) as file:
            file.write_table(table)
    return path


def with_sheet(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """A workbook of one row whose sheet says something else."""
    book = openpyxl.Workbook()
    book.active.append(["age_years", "id"])
    book.active.append([3, "a"])
    book.save(path)
    return with_part(path, "xl/worksheets/sheet1.xml", change)


def with_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """A workbook of which one part says something else."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, told in parts.items():
            file.writestr(name, told)
    return path


def scored(path: Path, out: Path) -> Any:
    return CliRunner().invoke(main, ["score", str(path), str(out), "--condition", "cerebral_palsy"])


def test_a_pipe_and_a_device_are_no_tables(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for name in (str(tmp_path / "pipe.csv"), "/dev/zero"):
        with pytest.raises(InputError) as caught:
            input_files(name)
        assert str(caught.value) == f"{name}: {PIPE}"


def test_two_stars_beside_letters_and_empty_paths_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        input_files(f"{tmp_path}/a**b/[")
    assert str(caught.value) == (
        f"{tmp_path}/a**b/[: table: found `**` beside letters; expected `**` between two strokes, as folder/**/*.csv."
    )
    with pytest.raises(InputError) as caught:
        input_files(" ")
    assert str(caught.value) == "table: found nothing; expected a table, a folder of tables or a pattern."
    result = CliRunner().invoke(main, ["score", str(tmp_path), ""])
    assert result.exit_code == 2
    assert result.stderr.startswith("predictor: out: found ")


def test_a_parquet_file_of_few_bytes_does_not_unfold_to_gigabytes(tmp_path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(23_000, dtype=np.int32)), pa.array(["x" * 100_000]))
    path = in_arrow(tmp_path / "t.parquet", age_years=[3.0] * 23_000, id=texts)
    assert path.stat().st_size < 10_000
    before = pa.default_memory_pool().max_memory()
    assert refusal(path) == (
        "t.parquet: table: found more than 256000000 bytes; expected fewer or shorter cells. Once each row has its "
        "own text they take 2300000000 bytes. Leave that column out, or split the table."
    )
    assert pa.default_memory_pool().max_memory() <= max(before, 100_000_000)


def test_a_cell_that_is_larger_than_a_part_may_be_is_not_unfolded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_files, "MOST_BYTES", 1_000)
    assert "found more than 1000 bytes" in refusal(in_arrow(tmp_path / "t.parquet", id=["x" * 1_000]))
    assert list(read_batches(in_arrow(tmp_path / "u.parquet", id=["x" * 100]), 10))


def test_of_a_large_group_of_rows_only_those_count_that_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what takes exactly as much as may be is read."""
    path = in_arrow(tmp_path / "t.parquet", age_years=[float(i) for i in range(1_000)])
    size = pq.ParquetFile(path).metadata.row_group(0).total_byte_size
    monkeypatch.setattr(arrow_files, "MOST_BYTES", size // 2 + 1)
    assert sum(batch.table.num_rows for batch in read_batches(path, 500)) == 1_000
    with pytest.raises(InputError, match=f"found more than {size // 2 + 1} bytes"):
        list(read_batches(path, 800))
    monkeypatch.setattr(arrow_files, "MOST_BYTES", 10_000)
    path = in_arrow(tmp_path / "u.parquet", id=["x" * 10] * 1_000)
    assert arrow_files._folded(path, ["id"], 1_000) == set()
    assert arrow_files._folded(path, ["id"], 1_001) == {"id"}


@pytest.mark.parametrize(("letters", "read"), [(12_000_000, True), (20_000_000, False)])
def test_a_line_of_a_text_table_has_a_bound(tmp_path: Path, letters: int, read: bool) -> None:
    (tmp_path / "t.csv").write_text("id,age\na" + "," * letters + "\n")
    try:
        (batch,) = read_batches(tmp_path / "t.csv", 10)
    except InputError:
        assert not read
    else:
        assert (read, len(batch.broken)) == (True, 1)


def test_a_damaged_footer_of_a_parquet_file_does_not_end_the_process(tmp_path: Path) -> None:
    path = in_arrow(tmp_path / "t.parquet", id=["a", None, "b"])
    whole = path.read_bytes()
    read = 0
    for place in range(len(whole) - 400, len(whole) - 8):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            read += len(list(read_batches(path, 10)))
        except InputError:
            continue
    assert read > 100


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize("column", ["id", "route", "condition"])
def test_bytes_that_are_no_text_are_a_fault_of_the_file(tmp_path: Path, ending: str, column: str) -> None:
    whole = pa.array([b"\xff\xfe", b"ok"], pa.binary())
    texts = pa.StringArray.from_buffers(2, whole.buffers()[1], whole.buffers()[2])
    said = refusal(in_arrow(tmp_path / f"t.{ending}", **{column: texts}))
    assert "Invalid UTF8 sequence at string index 0" in said
    assert said.endswith(f"expected a file of the {ending} format.")


FAR = 2**62
COLUMNS: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "microseconds": (lambda: pa.array([FAR], pa.timestamp("us")), [str(FAR)]),
    "days": (lambda: pa.array([2**30], pa.int32()).cast(pa.date32()), [str(2**30)]),
    "duration": (lambda: pa.array([FAR], pa.duration("ms")), [str(FAR)]),
    "zone": (lambda: pa.array([1], pa.timestamp("us", "Mars/Base")), ["1"]),
    "uuid": (lambda: pa.array([UUID(int=1).bytes], pa.uuid()), ["00000000-0000-0000-0000-000000000001"]),
    "json": (lambda: pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}'])), ['{"a":1}']),
    "bool8": (lambda: pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8())), [True]),
    "lists": (lambda: pa.DictionaryArray.from_arrays(pa.array([0]), pa.array([[1, 2]])), [[1, 2]]),
    "run": (lambda: pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array(["a"])), ["a"]),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_kept_column_of_any_type_is_kept_in_scored_and_rejected_rows(tmp_path: Path, kind: str) -> None:
    made, expected = COLUMNS[kind]
    path = in_arrow(tmp_path / "t.arrow", age_years=[3.0], id=made())
    (batch,) = read_batches(path, 10)
    assert batch.table.column("id").to_pylist() == expected
    for ending in ("csv", "parquet", "jsonl"):
        result = scored(path, tmp_path / f"out.{ending}")
        assert (result.exit_code, result.stderr) == (0, "")
    rejected = scored(in_arrow(tmp_path / "bad.arrow", age_years=[-1.0], id=made()), tmp_path / "rejected.csv")
    assert (rejected.exit_code, rejected.stderr) == (3, "")


def test_a_list_that_python_cannot_hold_is_a_fault_of_its_column(tmp_path: Path) -> None:
    far = pa.array([[FAR]]).cast(pa.list_(pa.timestamp("us")))
    assert refusal(in_arrow(tmp_path / "t.arrow", id=far)) == (
        "t.arrow: id: found a column of list<item: timestamp[us]>; expected a column of texts, numbers or times that "
        "Python can hold. Save the column as text, or leave it out."
    )


def test_an_arrow_file_that_shrinks_while_it_is_read_is_a_fault(tmp_path: Path) -> None:
    path, part = tmp_path / "t.arrow", pa.table({"id": ["x" * 1_000] * 1_000})
    with pa.ipc.new_file(str(path), part.schema) as file:
        for _ in range(20):
            file.write_table(part)
    batches = read_batches(path, 1_000)
    assert len(next(batches).rows) == 1_000
    os.truncate(path, 5_000)
    with pytest.raises(InputError, match="expected a file of the arrow format"):
        list(batches)


@pytest.mark.parametrize(
    ("place", "found"),
    [
        (b"99999999999", "a cell beyond the last row or column of a sheet"),
        (b"4000000000", "a cell beyond the last row or column of a sheet"),
        (b"1048577", "a cell beyond the last row or column of a sheet"),
        (b"1048576", "cells that span a rectangle of 17,179,869,184"),
    ],
)
def test_a_cell_far_from_the_others_is_refused_before_a_sheet_is_made(tmp_path: Path, place: bytes, found: str) -> None:
    def change(sheet: bytes) -> bytes:
        return sheet.replace(b'r="2"', b'r="%b"' % place).replace(b'r="B2"', b'r="XFD%b"' % place)

    said = refusal(with_sheet(tmp_path / "t.xlsx", change))
    assert said == f"t.xlsx: table: found {found}; {SMALLER} {FARTHER}"


def test_cells_that_do_not_tell_their_place_are_counted(tmp_path: Path) -> None:
    row = b"<row>" + b"<c><v>1</v></c>" * 16_385 + b"</row>"
    said = refusal(with_sheet(tmp_path / "t.xlsx", lambda sheet: sheet.replace(b"<sheetData>", b"<sheetData>" + row)))
    assert said == f"t.xlsx: table: found a cell beyond the last row or column of a sheet; {SMALLER} {FARTHER}"


def test_a_workbook_is_no_larger_unfolded_than_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = with_sheet(tmp_path / "t.xlsx", lambda sheet: sheet.replace(b">a<", b">" + b"x" * 1_000_000 + b"<"))
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(workbook_bounds, "MOST_BYTES", 900_000)
    assert refusal(path) == f"t.xlsx: table: found more than 900000 bytes; {SMALLER} {FARTHER}"


def test_two_hundred_merged_ranges_over_a_whole_sheet_are_read(tmp_path: Path) -> None:
    merged = b"<mergeCells>" + b'<mergeCell ref="A2:XFD1048576"/>' * 200 + b"</mergeCells>"
    path = with_sheet(tmp_path / "t.xlsx", lambda sheet: sheet.replace(b"</sheetData>", b"</sheetData>" + merged))
    (batch,) = read_batches(path, 10)
    assert [str(fault) for _, _, fault in batch.broken] == [
        "row: found a cell hidden by merged cells; expected a cell for each column. Unmerge the cells and fill each."
    ]


def test_a_line_of_json_or_text_is_no_longer_than_may_be_held(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"id": "a"}\n{"id": "' + "x" * 2_000_000 + '"}\n')
    found = "table: found a row of more than {} bytes; expected rows of text. Is a quote never closed?"
    assert refusal(tmp_path / "t.jsonl") == f"t.jsonl: {found.format(1_048_576)}"
    (tmp_path / "t.csv").write_text("id,age_years\n" + "x" * 20_000_000 + ",3\n")
    assert refusal(tmp_path / "t.csv") == f"t.csv: {found.format(131_072)}"


def test_lines_of_json_have_no_more_names_together_than_a_table_may_have(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("".join(f'{{"k{i}": 1}}\n' for i in range(5_001)))
    assert refusal(tmp_path / "t.jsonl") == "columns: found 5,001; expected at most 5000."


@pytest.mark.parametrize(
    ("text", "encoding", "read"),
    [
        ("id\n未知\n", "gb18030", "gb18030"),
        ("id\n未知\n", "utf-8", "utf-8"),
        ("id\nδ\n", "utf-8", "utf-8"),
        ("id\nγιώργος\n", "utf-8", "utf-8"),
        ("id\nпривет José\n", "utf-8", "utf-8"),
        ("id\nשלום µg ±1 °C\n", "utf-8", "utf-8"),
        ("id\ne\u0301té\n", "utf-8", "utf-8"),
    ],
)
def test_a_short_chinese_file_is_not_taken_for_another_language(
    tmp_path: Path, text: str, encoding: str, read: str
) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    assert encoding_of(tmp_path / "t.csv") == read
    (batch,) = read_batches(tmp_path / "t.csv", 10)
    assert batch.table.column(0).to_pylist()[0] in text


FULL = """
import signal, sys
from pathlib import Path
import pyarrow as pa
from resource import RLIMIT_FSIZE, setrlimit
from predictor.tables.writing import write_table
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
table = pa.table({"id": [f"text {i}" for i in range(3_000)]})
setrlimit(RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    write_table(Path(sys.argv[1]), "excel", [table], table.schema, {"about": "x"})
except OSError as error:
    print("no room", error.strerror)
"""


@pytest.mark.parametrize("lxml", ["True", "False"])
@pytest.mark.parametrize("room", [0, 500, 3_000, 20_000, 100_000])
def test_a_workbook_without_room_on_the_disk_is_one_error(tmp_path: Path, room: int, lxml: str) -> None:
    """With lxml, which openpyxl writes with where it is installed, and without."""
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "t.xlsx"), str(room)],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "OPENPYXL_LXML": lxml},
    )  # fmt: skip
    told = (
        ("File too large", "Input/output error") if room else ("No usable temporary directory",)
    )  # lxml 5.0 says the second
    assert ran.stdout.startswith(tuple(f"no room {one}" for one in told))
    assert ran.stderr == ""
    assert [path.name for path in tmp_path.iterdir() if path.name != "t.xlsx"] == []


@pytest.mark.parametrize(
    "told", [{"age_years": "3", "route": "未知" + "- " * 200}, {"age_years": 1e308, "age_months": 1e308}]
)
def test_what_a_row_says_is_read_as_in_a_profile(tmp_path: Path, told: dict[str, Any]) -> None:
    """Found by tests/fuzz: an unknown word of many signs was odd as a row, and a number overflowed with a warning."""
    (tmp_path / "t.jsonl").write_text(json.dumps(told) + "\n")
    result = scored(tmp_path / "t.jsonl", tmp_path / "out.csv")
    assert (result.exit_code, result.stderr) == (3 if "age_months" in told else 0, "")


def test_a_workbook_without_sheets_is_a_fault(tmp_path: Path) -> None:
    path = with_part(with_sheet(tmp_path / "t.xlsx", lambda sheet: sheet), "xl/workbook.xml", without_sheets)
    assert refusal(path) == "t.xlsx: table: found nothing; expected an Excel workbook (.xlsx)."


def without_sheets(book: bytes) -> bytes:
    return re.sub(rb"<sheets>.*</sheets>", b"", book)


def test_a_mark_of_utf8_before_what_is_none_is_text_of_gb18030(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfid\n" + "张三".encode("gb18030") + b"\n")
    (batch,) = read_batches(tmp_path / "t.csv", 10)
    assert batch.table.column(0).to_pylist() == ["张三"]


def test_columns_of_a_sheet_without_a_name_are_told_as_such(tmp_path: Path) -> None:
    path = workbook_of(tmp_path / "t.xlsx", [["age_years", None, None, "id"], [3, 1, 2, "a"]])
    result = scored(path, tmp_path / "out.csv")
    assert (result.exit_code, "found the column twice" in result.stderr) == (2, True)


def workbook_of(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path
