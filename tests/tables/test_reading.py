"""Every format is read; what is no row is kept."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.errors import InputError
from predictor.tables.reading import input_files, read_batches, row_count
from predictor.tables.rows import LOOKED, Batch, column_of

ROWS = [{"id": "a", "年龄": 2.5, "route": "鞘内"}, {"id": "007", "年龄": 4.0, "route": None}]


def rows_of(batches: Any) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.table.to_pylist()]


def cells_of(batches: Any) -> list[tuple[Any, ...]]:
    """Each row with its number in front."""
    return [
        (number, *row.values())
        for batch in batches
        for number, row in zip(batch.rows.tolist(), batch.table.to_pylist(), strict=True)
    ]


def broken_of(batches: Any) -> list[tuple[int, str, str]]:
    return [(row, text, str(fault)) for batch in batches for row, text, fault in batch.broken]


def text_table(folder: Path, text: str, name: str = "t.csv") -> list[Batch]:
    (folder / name).write_bytes(text.encode())
    return list(read_batches(folder / name, 10))


def workbook(folder: Path, *rows: list[Any], change: Callable[[Any], object] | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def with_sheet_xml(path: Path, old: str, new: str) -> Path:
    """A workbook whose first sheet says something else."""
    changed = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            if name.endswith("sheet1.xml"):
                assert re.search(old, text.decode())
                text = re.sub(old, new, text.decode()).encode()
            after.writestr(name, text)
    return changed


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        list(read_batches(path, 10))
    return str(error.value).removeprefix(f"{path}: ")


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
    """Without a value, as programs other than spreadsheets save it, and with an error it is an empty cell."""
    path = workbook(tmp_path, ["id", "age"], ["a", "=1+1"], ["b", "=1+1"], ["c", "#N/A"], ["d", 4])
    assert cells_of(read_batches(path, 10)) == [(1, "a", None), (2, "b", None), (3, "c", None), (4, "d", 4)]
    saved = with_sheet_xml(path, r'(<c r="B2">)(<f>.*?</f>)<v(?: ?/>|></v>)', r"\1\2<v>2</v>")
    assert cells_of(read_batches(saved, 10)) == [(1, "a", 2), (2, "b", None), (3, "c", None), (4, "d", 4)]


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


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([65.5, True], ["65.5", "true"]),
        ([date(2024, 1, 2), 5], ["2024-01-02", "5"]),
        ([date(2024, 1, 2), datetime(2024, 1, 2, 3, 4)], ["2024-01-02", "2024-01-02T03:04:00"]),
        ([datetime(2024, 1, 2), 23.5], ["2024-01-02T00:00:00", "23.5"]),
        (
            [datetime(2024, 1, 2), datetime(2024, 1, 2, tzinfo=UTC)],
            ["2024-01-02T00:00:00", "2024-01-02T00:00:00+00:00"],
        ),
        ([2**53 + 1, 0.5], ["9007199254740993", "0.5"]),
        ([2**64, None], ["18446744073709551616", None]),
        (["岁", {"a": [True, "岁"]}, [1]], ["岁", '{"a": [true, "岁"]}', "[1]"]),
        ([{"a": 1}, {"b": True}], ['{"a": 1}', '{"b": true}']),
        ([[1.5, True]], ["[1.5, true]"]),
        ([b"x", "y"], ["b'x'", "y"]),
        (["a", float("nan"), pd.NA, pd.NaT, 1], ["a", None, None, None, "1"]),
        ([1, 2.5, None, float("nan")], [1.0, 2.5, None, None]),
        ([np.int64(1), 2, np.float64(0.5)], [1.0, 2.0, 0.5]),
        ([True, None], [True, None]),
        ([[1], [2, 3], None], [[1], [2, 3], None]),
    ],
)
def test_a_column_keeps_each_value_or_becomes_their_texts(values: list[Any], expected: list[Any]) -> None:
    assert column_of(values).to_pylist() == expected


def test_a_sheet_is_read_beyond_the_size_that_it_tells(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["id", "age"], ["a", 1], ["b"], ["c", 3])
    small = with_sheet_xml(path, '<dimension ref="A1:B4" ?/>', '<dimension ref="A1:A2"/>')
    assert cells_of(read_batches(small, 10)) == [(1, "a", 1), (2, "b", None), (3, "c", 3)]


def test_a_row_of_a_sheet_with_a_cell_beyond_the_header_is_rejected(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["id", "age", None], ["a", 1, None], ["b", 2, 3], [None, None, None, "note"], ["c", 4])
    batches = list(read_batches(path, 10))
    told = "columns; expected 2 columns, as in the header. Name the column in the header, or clear the cell."
    assert cells_of(batches) == [(1, "a", 1), (4, "c", 4)]
    assert broken_of(batches) == [(2, "b,2,3", f"row: found 3 {told}"), (3, ",,,note", f"row: found 4 {told}")]


def test_a_row_of_a_sheet_in_which_a_merged_range_hides_a_cell_is_rejected(tmp_path: Path) -> None:
    rows = [["id", "route", "age"], *([n, "iv", 3] for n in "abcdefgh")]

    def merge(book: Any) -> None:
        for cells in ("B3:B4", "B6:C6", "C8:E8", "D2:G5"):
            book.active.merge_cells(cells)

    batches = list(read_batches(workbook(tmp_path, *rows, change=merge), 10))
    fault = (
        "row: found a cell hidden by merged cells; expected a cell for each column. Unmerge the cells and fill each."
    )
    assert [cells[:2] for cells in cells_of(batches)] == [(1, "a"), (2, "b"), (4, "d"), (6, "f"), (7, "g"), (8, "h")]
    assert broken_of(batches) == [(3, "c,,3", fault), (5, "e,iv", fault)]


def test_a_sheet_keeps_its_empty_first_column(tmp_path: Path) -> None:
    rows = [[None, "id", "age"], [None, "a", 3], [None, "b", 4], [None, "c", 5]]
    path = workbook(tmp_path, *rows, change=lambda book: book.active.merge_cells("B3:C3"))
    assert cells_of(read_batches(path, 10)) == [(1, None, "a", 3), (3, None, "c", 5)]
    assert [found[:2] for found in broken_of(read_batches(path, 10))] == [(2, ",b")]


def test_a_workbook_with_data_in_two_sheets_is_refused_and_an_empty_sheet_does_not_matter(tmp_path: Path) -> None:
    def more(book: Any) -> None:
        book.create_sheet("empty", 0)
        book.create_sheet("第二").append(["x"])
        book.create_sheet("c")["C9"] = 1

    told = "table: found data in other sheets too: '第二', 'c'; expected data in one sheet. Keep one sheet a file."
    assert refusal(workbook(tmp_path, ["id"], ["a"], change=more)) == told
    path = workbook(tmp_path, ["id"], ["a"], change=lambda book: book.create_sheet("empty", 0))
    assert cells_of(read_batches(path, 10)) == [(1, "a")]


def test_what_a_written_workbook_is_about_is_no_second_table(tmp_path: Path) -> None:
    def about(book: Any) -> None:
        book.active.title = "scored"
        book.create_sheet("about").append(["condition", "x"])

    assert cells_of(read_batches(workbook(tmp_path, ["id"], ["a"], change=about), 10)) == [(1, "a")]


def test_a_formula_that_gave_a_text_without_letters_is_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["id", "age"], ["a", '=IF(1,"",2)'])
    empty = with_sheet_xml(path, '<c r="B2">(<f>.*?</f>)<v(?: ?/>|></v>)', r'<c r="B2" t="str">\1<v></v>')
    assert cells_of(read_batches(empty, 10)) == [(1, "a", None)]


def test_a_sheet_keeps_its_dates_and_an_empty_row_counts(tmp_path: Path) -> None:
    path = workbook(tmp_path, [], ["id", "born"], ["a", datetime(2020, 1, 2)], [], ["b", None])
    assert cells_of(read_batches(path, 10)) == [(1, "a", datetime(2020, 1, 2)), (3, "b", None)]


def test_a_sheet_that_breaks_off_is_a_fault(tmp_path: Path) -> None:
    path = with_sheet_xml(workbook(tmp_path, ["id"], ["a"]), "</sheetData>.*", "")
    assert refusal(path) == "table: found XmlError; expected an Excel workbook (.xlsx)."


def test_a_title_above_the_header_is_told(tmp_path: Path) -> None:
    told = "table: found one cell in the header; expected a header and rows. Is the header in row 3? Delete the rows above it."
    assert refusal(workbook(tmp_path, ["Study of 2024"], [], ["id", "age", "route"], ["a", 1, "iv"])) == told
    for text in ("Study of 2024\n\nid,age,route\na,1,iv\n", "Study of 2024,,\n,,\nid,age,route\na,1,iv\n"):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        assert refusal(tmp_path / "t.csv") == told


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_quote_that_is_never_closed_rejects_what_it_swallows(tmp_path: Path, end: str, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(f'id,note\na,"x\ny"\n\nb\nc,"鞘""内\nd,2\ne,3{end}'.encode(encoding))
    batches = list(read_batches(path, 10))
    assert cells_of(batches) == [(1, "a", "x\ny")]
    told = "row: found a quote in line 6 that is never closed; expected quotes in pairs. Close or remove it."
    assert broken_of(batches)[1:] == [(4, f'c,"鞘""内\nd,2\ne,3{end}', told)]


def test_a_quote_that_is_closed_at_the_end_of_the_file_is_a_cell(tmp_path: Path) -> None:
    for raw, cell in (('"x\ny"', "x\ny"), ('""""', '"'), ('"\n"', "\n"), ('5"', '5"'), ('"a ""b"""', 'a "b"')):
        assert cells_of(text_table(tmp_path, f"id,note\na,{raw}")) == [(1, "a", cell)]
    assert broken_of(text_table(tmp_path, 'id\n"""'))[0][1] == '"""'
    assert cells_of(text_table(tmp_path, 'i\nb""""""""')) == [(1, 'b""""""""')]
    other = text_table(tmp_path, 'id,age\nb,a\n"a')  # the last row is another
    assert (cells_of(other), broken_of(other)[0][:2]) == ([(1, "b", "a")], (2, '"a'))


def test_a_header_whose_quote_is_never_closed_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('\nid,"age\na,1\n', encoding="utf-8")
    told = "row: found a quote in line 2 that is never closed; expected quotes in pairs. Close or remove it."
    assert refusal(tmp_path / "t.csv") == told
    (tmp_path / "t.csv").write_text('id,"' + "x" * 200_000, encoding="utf-8")
    told = "table: found a row of more than 131072 bytes; expected rows of text. Is a quote never closed?"
    assert refusal(tmp_path / "t.csv") == told


def test_a_quote_that_swallows_more_than_a_cell_may_hold_is_a_fault(tmp_path: Path) -> None:
    told = "table: found a row of more than 131072 bytes; expected rows of text. Is a quote never closed?"
    for before in ("", "a,1\n"):
        text = f'id,note\n{before}a,"x\n' + "b,2\n" * 3_000_000
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        assert refusal(tmp_path / "t.csv") == told


def test_two_rows_that_stray_quotes_join_are_rejected(tmp_path: Path) -> None:
    batches = text_table(tmp_path, 'id,name,age,dose\nA,Li,70,1\nB,"Ming,70,12\nC,Hong",66,12\nD,Bo,5\nE,Wu,60,2\n')
    fault = "row: found a cell that may hold parts of two rows; expected one row. Is a quote missing or too many? Write one text without line breaks."
    assert cells_of(batches) == [(1, "A", "Li", "70", "1"), (4, "E", "Wu", "60", "2")]
    assert [found[0] for found in broken_of(batches)] == [2, 3]
    assert broken_of(batches)[0] == (2, 'B,"Ming,70,12\nC,Hong",66,12', fault)
    three = text_table(tmp_path, 'id,name,age\nA,"Li,70\nB,Bo,71\nC,Wu",72\n')
    assert [found[:2] for found in broken_of(three)] == [(1, 'A,"Li,70\nB,Bo,71\nC,Wu",72')]


@pytest.mark.parametrize("cell", ["12, High Street\nLondon, England", "a;b\nc", "a,b,c\nd", "a\nb,c", "a\n\nb"])
def test_a_text_with_delimiters_and_line_breaks_stays(tmp_path: Path, cell: str) -> None:
    assert cells_of(text_table(tmp_path, f'id,text,age\na,"{cell}",1\n')) == [(1, "a", cell, "1")]


def test_a_name_with_a_line_break_leaves_the_cells_texts(tmp_path: Path) -> None:
    for end in ("\n", "\r\n"):
        text = f'id,"dose{end}(mg)"{end}007,1.50{end}'
        assert rows_of(text_table(tmp_path, text)) == [{"id": "007", f"dose{end}(mg)": "1.50"}]


@pytest.mark.parametrize("text", ["id,age", "id,age\n", "\n \nid,age\r\n", "id,age\n,\n\n"])
def test_a_header_alone_is_a_table_without_rows(tmp_path: Path, text: str) -> None:
    (batch,) = text_table(tmp_path, text)
    assert (batch.table.schema, len(batch.rows), batch.broken) == (
        pa.schema({"id": pa.string(), "age": pa.string()}),
        0,
        (),
    )


def test_rows_without_a_value_are_none_but_count_as_in_a_sheet(tmp_path: Path) -> None:
    lines = [["id", "age"], ["a", "1"], ["", ""], ["", "2"], [], ["b", "3"]]
    told = [(1, "a", "1"), (3, None, "2"), (5, "b", "3")]
    assert cells_of(text_table(tmp_path, "\n".join(",".join(line) for line in lines) + "\n\n")) == told
    assert cells_of(read_batches(workbook(tmp_path, *lines), 10)) == told
    broken = text_table(tmp_path, "\n\nid,age\n\n,\na\n,\nb,1\n")
    assert (cells_of(broken), broken_of(broken)[0][:2]) == ([(5, "b", "1")], (3, "a"))


@pytest.mark.parametrize(("titles", "header"), [(19, True), (20, False)])
def test_a_title_above_the_header_is_looked_for_in_the_first_twenty_rows(
    tmp_path: Path, titles: int, header: bool
) -> None:
    text = "title\n" * titles + "id,age,route\n1,2,iv\n"
    if header:
        with pytest.raises(InputError, match="Is the header in row 20"):
            list(text_table(tmp_path, text))
    else:
        assert {name for batch in text_table(tmp_path, text) for name in batch.table.column_names} == {"title"}


def test_the_number_of_a_line_of_json_counts_empty_lines(tmp_path: Path) -> None:
    assert cells_of(text_table(tmp_path, '{"id": 1}\n\n{"id": 2}\n', "t.jsonl")) == [(1, 1), (3, 2)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"id": "\\ud800"}', "half a character"),
        ("[" * 100_000, "brackets nested too deep"),
        ('{"id": %s}' % ("9" * 5000), "a number with too many digits"),
        ('{"id": 1, "id": 2}', "the key twice"),
        ('{"a": {"b": 1, "b": 1}}', "the key twice"),
        ('{"id": -Infinity}', "an infinite number"),
    ],
)
def test_a_line_of_json_that_cannot_be_held_is_rejected_alone(tmp_path: Path, line: str, found: str) -> None:
    batches = text_table(tmp_path, '{"id": "a"}\n' + line + '\n{"id": "\\ud83d\\ude00"}\n', "t.jsonl")
    assert cells_of(batches) == [(1, "a"), (3, "\U0001f600")]
    assert broken_of(batches) == [(2, line, f"row: found {found}; expected one JSON object a line.")]


def test_a_number_of_json_that_is_none_is_missing(tmp_path: Path) -> None:
    assert cells_of(text_table(tmp_path, '{"id": "a", "age": NaN}\n{"id": "b", "age": 1}\n', "t.jsonl")) == [
        (1, "a", None),
        (2, "b", 1),
    ]


def test_records_without_columns_are_rows(tmp_path: Path) -> None:
    (batch,) = text_table(tmp_path, '{"id": }\n', "t.jsonl")
    (broken,) = (fault for _, _, fault in batch.broken)
    assert str(broken) == "row: found broken JSON (Expecting value); expected one JSON object a line."
    (batch,) = text_table(tmp_path, "{}\n[]\n{}\n", "t.jsonl")
    assert (batch.table.num_rows, batch.rows.tolist(), len(batch.broken)) == (2, [1, 3], 1)
    (batch,) = text_table(tmp_path, "1\n2\n", "t.jsonl")
    assert (batch.table.num_rows, batch.rows.tolist(), len(batch.broken)) == (0, [], 2)


@pytest.mark.parametrize("ending", [".arrow", ".parquet"])
def test_the_texts_of_polars_are_plain_texts(tmp_path: Path, ending: str) -> None:
    frame = pl.DataFrame(
        {"id": ["a" * 20, None], "bytes": [b"x", b"y"], "route": pl.Series(["iv", "iv"], dtype=pl.Categorical)}
    )
    path = tmp_path / f"t{ending}"
    write = {".arrow": frame.write_ipc, ".parquet": frame.write_parquet}
    write[ending](path)
    (batch,) = read_batches(path, 10)
    assert not any("view" in str(kind) for kind in batch.table.schema.types)
    assert cells_of([batch]) == [(1, "a" * 20, b"x", "iv"), (2, None, b"y", "iv")]


def test_a_corrupt_page_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": ["x" * 100 + str(i) for i in range(1000)]}), path, compression="snappy")
    whole = bytearray(path.read_bytes())
    whole[100:300] = b"\xff" * 200
    path.write_bytes(whole)
    assert refusal(path) == "table: found Corrupt snappy compressed data.; expected a file of the parquet format."


def test_a_folder_with_the_name_of_a_table_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").mkdir()
    (tmp_path / "a.csv").write_text("id\n", encoding="utf-8")
    (tmp_path / "x.parquet" / "b.csv").write_text("id\n", encoding="utf-8")
    assert [p.name for p in input_files(str(tmp_path))] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("ending", [".xls", ".ods"])
def test_an_old_sheet_is_to_be_saved_anew(tmp_path: Path, ending: str) -> None:
    assert refusal(tmp_path / f"t{ending}").endswith(". Save it as .xlsx.")


def test_a_header_is_looked_for_below_any_number_of_empty_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path, *([] for _ in range(LOOKED + 5)), ["id"], *([str(n)] for n in range(LOOKED + 5)))
    assert [cells[0] for cells in cells_of(read_batches(path, 100))] == list(range(1, LOOKED + 6))


def test_about_how_many_rows_a_text_table_has_is_told_by_its_first_megabyte(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("id\n" + "1234567\n" * 300_000 + "1\n", encoding="utf-8")
    assert (row_count(path), type(row_count(path))) == (300_000, int)
