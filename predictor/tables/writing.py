"""Writes tables, a batch of rows at a time: CSV, Excel, Parquet, Arrow, JSON lines.

A cell that a spreadsheet would take for a formula stays text: in CSV it gets an apostrophe in front, the
mark that spreadsheets themselves use for text; in Excel it is written as a text cell.
"""

from __future__ import annotations

import codecs
import errno
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ..errors import Fault, InputError, say
from .rows import as_json, is_text, text_of

EXCEL_ROWS = 1_048_576
EXCEL_LETTERS = 32_767
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
NUMBER = r"^[+\-]?((\d+\.?\d*|\.\d+)([eE][+\-]?\d+)?)?$"
"""A number, or a sign alone."""
BY_NUMBER = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")
"""Signs that a sheet writes by their number: those that XML lacks, and what would be read as such a number."""
ABOUT = b"predictor"
"""The key of the metadata in Parquet and Arrow files."""
FEW = 1 << 12
"""Rows of a text or a sheet that are written at a time."""
PARQUET: dict[str, Any] = {"compression": "zstd", "compression_level": 1}
"""How Parquet is written."""


def check_writable(kind: str) -> None:
    """Raises ModuleNotFoundError, before any work, where the library for a format is not installed."""
    if kind == "excel":
        import_module("openpyxl")


def plain_text(table: pa.Table) -> pa.Table:
    """The same table with texts instead of dictionaries."""
    columns = [c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names)


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Every value of a column as text: what is nested as JSON, bytes that are no text by their hexadecimal digits."""
    if pa.types.is_dictionary(column.type):
        return as_text(column.cast(column.type.value_type))
    try:
        return column.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.chunked_array([[_value_text(value) for value in column.to_pylist()]], pa.large_string())


def _value_text(value: Any) -> str | None:
    if value is None:
        return None
    return value.hex() if isinstance(value, bytes) else as_json(value)


def holdable(table: pa.Table, kind: str) -> pa.Table:
    """The table with texts in place of what a format cannot hold."""
    plain = table if kind == "parquet" else plain_text(table)
    columns = [as_text(column) if _is_foreign(column.type, kind) else column for column in plain.columns]
    return pa.table(columns, names=table.column_names)


def _is_foreign(column: pa.DataType, kind: str) -> bool:
    """Whether a format cannot hold a type of column."""
    if kind == "parquet":
        return bool(pa.types.is_struct(column) and not column.num_fields)
    if pa.types.is_nested(column):
        return kind in ("csv", "excel")
    of_bytes = pa.types.is_binary(column) or pa.types.is_large_binary(column) or pa.types.is_fixed_size_binary(column)
    return bool(of_bytes) and kind != "arrow"


def guarded(table: pa.Table) -> pa.Table:
    """The table with an apostrophe before each text and name that a spreadsheet would take for a formula."""
    names = [str(name) for name in _guarded(pa.array(table.column_names, pa.string())).to_pylist()]
    return pa.table([_guarded(column) for column in table.columns], names=names)


def _guarded(column: pa.Array | pa.ChunkedArray) -> Any:
    if not is_text(column.type):
        return column
    risky = pc.and_not(pc.match_substring_regex(column, FORMULA), pc.match_substring_regex(column, NUMBER))
    if not pc.any(risky).as_py():
        return column
    mark, nothing = (pa.scalar(text, column.type) for text in ("'", ""))
    return pc.if_else(risky, pc.binary_join_element_wise(mark, column, nothing), column)


def write_table(
    path: Path, kind: str, tables: Iterable[pa.Table], schema: pa.Schema, about: dict[str, Any], marked: bool = False
) -> None:
    """Writes the rows of tables with the same columns into one file.

    marked: whether a text table begins with the mark by which spreadsheets know UTF-8.
    """
    told = json.dumps(about, ensure_ascii=False).encode()
    columns = holdable(schema.empty_table(), kind).schema.with_metadata({ABOUT: told})
    rows = (holdable(table, kind).replace_schema_metadata(columns.metadata) for table in tables)
    if kind == "parquet":
        with pq.ParquetWriter(path, columns, **PARQUET) as parquet:
            for table in rows:
                parquet.write_table(table)
    elif kind == "arrow":
        with pa.ipc.new_file(str(path), columns) as arrow:
            for table in rows:
                arrow.write_table(table)
    elif kind == "csv":
        _write_csv(path, rows, columns, marked)
    elif kind == "excel":
        _write_workbook(path, rows, columns.names, about)
    else:
        _write_lines(path, rows)


def _write_csv(path: Path, tables: Iterable[pa.Table], columns: pa.Schema, marked: bool) -> None:
    options = pa_csv.WriteOptions(delimiter="\t" if path.suffix.lower() in (".tsv", ".tab") else ",")
    with path.open("wb") as file:
        if marked:
            file.write(codecs.BOM_UTF8)
        with pa_csv.CSVWriter(file, guarded(columns.empty_table()).schema, write_options=options) as writer:
            for table in tables:
                writer.write_table(guarded(table))


def _write_lines(path: Path, tables: Iterable[pa.Table]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for table in tables:
            for row in _of_json(table).to_pylist():
                file.write(json.dumps(row, ensure_ascii=False, allow_nan=False, default=str) + "\n")


def _of_json(table: pa.Table) -> pa.Table:
    """The table without numbers that JSON does not know: one that is none is missing, an infinite one is a text."""
    columns = [_finite(column) if pa.types.is_floating(column.type) else column for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _finite(column: pa.ChunkedArray) -> pa.ChunkedArray:
    told = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return as_text(told) if pc.any(pc.is_inf(told)).as_py() else told


def _write_workbook(path: Path, tables: Iterable[pa.Table], names: Sequence[str], about: dict[str, Any]) -> None:
    """The table in the first sheet and what it is about in the second."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet, beside = book.create_sheet("scored"), book.create_sheet("about")
    try:
        sheet.append([_cell(sheet, name) for name in names])
        for row in _sheet_rows(tables):
            sheet.append([_cell(sheet, value) for value in row])
        for told in _about_rows(about):
            beside.append([_cell(beside, value) for value in told])
        _save(book, path)
    except BaseException as error:
        for each in (sheet, beside):
            _abandon(each)
        if type(error).__name__ == "SerialisationError":
            raise _of_system(str(error)) from error
        raise


def _of_system(told: str) -> OSError:
    """What the system told lxml, which openpyxl writes with where it is installed: of a full disk, `IO_ENOSPC`."""
    code = getattr(errno, told.removeprefix("IO_"), errno.EIO)
    return OSError(code, os.strerror(code))


def _save(book: Any, path: Path) -> None:
    """Saves a workbook into an archive of our own: that of openpyxl stays open where the disk is full."""
    from openpyxl.writer.excel import ExcelWriter

    archive = ZipFile(path, "w", ZIP_DEFLATED)
    try:
        ExcelWriter(book, archive).save()
    except BaseException:
        with suppress(OSError, ValueError):
            archive.close()
        raise


def _abandon(sheet: Any) -> None:
    """Closes and removes what openpyxl has written of a sheet: left open, it would tell of a full disk once more."""
    if sheet._writer is None:
        return
    for closed in (sheet._rows, sheet._writer):
        with suppress(Exception):
            closed.close()
    with suppress(OSError, ValueError):
        sheet._writer.cleanup()


def _sheet_rows(tables: Iterable[pa.Table]) -> Iterator[tuple[Any, ...]]:
    """The rows of some tables. Raises InputError where a sheet has no room for them."""
    rows = 1
    for table in tables:
        rows += table.num_rows
        if rows > EXCEL_ROWS:
            cure = say("write_csv")
            raise InputError(
                Fault("table", say("more_than_rows", number=EXCEL_ROWS - 1), say("sheet_of_fewer_rows"), cure)
            )
        yield from zip(*(column.to_pylist() for column in table.columns), strict=True)


def _cell(sheet: Any, value: Any) -> Any:
    """A cell; a text is a text, even one that begins as a formula does, and so is what a sheet would round."""
    from openpyxl.cell import WriteOnlyCell

    if _sheet_keeps(value):
        return value
    text = BY_NUMBER.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text_of(value))
    if len(text) > EXCEL_LETTERS:
        cure = say("write_csv")
        raise InputError(Fault("table", say("long_text", number=len(text)), say("at_most", number=EXCEL_LETTERS), cure))
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell


def _about_rows(about: dict[str, Any]) -> Iterator[list[Any]]:
    """What a table is about, a row for each thing; of texts by name a row each."""
    for key, value in about.items():
        if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
            yield from ([key, name, text] for name, text in value.items())
        else:
            yield [key, value if isinstance(value, (str, int)) else json.dumps(value, ensure_ascii=False)]


def _sheet_keeps(value: Any) -> bool:
    """Whether a sheet keeps a value: not a number of more than 15 digits, nor a time with parts of milliseconds."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < 10**15
    if isinstance(value, float):
        return not math.isinf(value)
    if isinstance(value, (datetime, time)):
        return value.tzinfo is None and value.microsecond % 1000 == 0 and value.__class__ in (datetime, time)
    return isinstance(value, date)


def join(parts: Sequence[Path], path: Path, kind: str, about: dict[str, Any], marked: bool) -> None:
    """One table from Parquet parts, a row group at a time; their columns may differ."""
    schema = unified(map(pq.read_schema, parts), lambda name: _exact_as_floats(parts, name))
    write_table(path, kind, (in_schema(table, schema) for table in _groups(parts, kind)), schema, about, marked)


def _groups(parts: Sequence[Path], kind: str) -> Iterator[pa.Table]:
    """The row groups of Parquet parts; for a format without dictionaries few rows at a time, with all their texts."""
    for part in parts:
        with pq.ParquetFile(part) as file:
            for table in map(file.read_row_group, range(file.num_row_groups)):
                rows = max(1, table.num_rows) if kind == "parquet" else FEW
                yield from (table.slice(start, rows) for start in range(0, table.num_rows, rows))


def _exact_as_floats(parts: Sequence[Path], name: str) -> bool:
    """Whether floats hold the whole numbers of a column, which they do up to 2**53."""
    for part in parts:
        schema = pq.read_schema(part)
        if name in schema.names and pa.types.is_integer(schema.field(name).type):
            ends = pc.min_max(pq.read_table(part, columns=[name]).column(0)).as_py()
            if max(abs(end or 0) for end in ends.values()) > 2**53:
                return False
    return True


def unified(schemas: Iterable[pa.Schema], exact: Callable[[str], bool]) -> pa.Schema:
    """The columns of some tables together, each of a type that keeps its values: of texts where no other does.

    exact: whether the whole numbers of a column stay the same as floats.
    """
    types: dict[str, dict[pa.DataType, None]] = {}
    for schema in schemas:
        for told in schema:
            types.setdefault(told.name, {})[told.type] = None
    return pa.schema([(name, _common(some, partial(exact, name))) for name, some in types.items()])


def _common(types: Iterable[pa.DataType], exact: Callable[[], bool]) -> pa.DataType:
    """One type for columns of some types."""
    told = [kind for kind in types if not pa.types.is_null(kind)]
    if len(told) < 2:
        return told[0] if told else pa.null()
    if all(pa.types.is_signed_integer(kind) for kind in told):
        return pa.int64()
    numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in told)
    return pa.float64() if numbers and exact() else pa.large_string()


def in_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with all the columns of a schema, empty where it has none."""
    if table.schema.equals(schema):
        return table
    columns = [
        _in_type(table.column(f.name), f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _in_type(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type.equals(kind):
        return column
    return as_text(column) if is_text(kind) else column.cast(kind)
