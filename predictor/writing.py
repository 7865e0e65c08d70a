"""Writes tables, a batch of rows at a time: CSV, Excel, Parquet, Arrow, JSON lines.

A cell that a spreadsheet would take for a formula stays text: in CSV it gets an apostrophe in front, the
mark that spreadsheets themselves use for text; in Excel it is written as a text cell.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from .errors import Fault, InputError

EXCEL_ROWS = 1_048_576
FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+\-]?(\d+\.?\d*|\.\d+)([eE][+\-]?\d+)?$"
ABOUT = b"predictor"
"""The key of the metadata in Parquet and Arrow files."""
PARQUET: dict[str, Any] = {"compression": "zstd", "compression_level": 1}
"""How Parquet is written."""


def plain_text(table: pa.Table) -> pa.Table:
    """The same table with texts instead of dictionaries."""
    columns = [c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names)


def guarded(table: pa.Table) -> pa.Table:
    """The table with an apostrophe before each text and name that a spreadsheet would take for a formula."""
    names = [str(name) for name in _guarded(pa.array(table.column_names, pa.string())).to_pylist()]
    return pa.table([_guarded(column) for column in table.columns], names=names)


def _guarded(column: pa.Array | pa.ChunkedArray) -> Any:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    risky = pc.and_not(pc.match_substring_regex(column, FORMULA), pc.match_substring_regex(column, NUMBER))
    if not pc.any(risky).as_py():
        return column
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)


class Writer:
    """Writes one table, batch by batch, in the format of its ending."""

    def __init__(self, path: Path, kind: str, schema: pa.Schema, about: bytes):
        self.path, self.kind = path, kind
        self._schema = schema.with_metadata({ABOUT: about})
        self._file: Any = self._open()

    def _open(self) -> Any:
        if self.kind == "parquet":
            return pq.ParquetWriter(self.path, self._schema, **PARQUET)
        if self.kind == "arrow":
            return pa.ipc.new_file(str(self.path), pa.schema(_plain_fields(self._schema), self._schema.metadata))
        if self.kind == "excel":
            return _ExcelWriter(self.path, self._schema.names, self._schema.metadata[ABOUT])
        if self.kind == "csv":
            schema = guarded(pa.schema(_plain_fields(self._schema)).empty_table()).schema
            options = pa_csv.WriteOptions(delimiter=delimiter_of(self.path))
            return pa_csv.CSVWriter(str(self.path), schema, write_options=options)
        return self.path.open("w", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        if self.kind == "parquet":
            self._file.write_table(table.replace_schema_metadata(self._schema.metadata))
        elif self.kind == "arrow":
            self._file.write_table(plain_text(table).replace_schema_metadata(self._schema.metadata))
        elif self.kind == "csv":
            self._file.write_table(guarded(plain_text(table)))
        elif self.kind == "excel":
            self._file.write(plain_text(table))
        else:
            for row in plain_text(table).to_pylist():
                self._file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def csv_header(path: Path) -> tuple[list[str], int]:
    """(names, lines that they take) of a text table that was written here."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter_of(path))
        return next(reader), reader.line_num


def csv_texts(path: Path, names: Sequence[str]) -> pa.Table:
    """All the cells of a text table that was written here, as texts; those without quotes and letters are missing."""
    return pa_csv.read_csv(
        path,
        parse_options=pa_csv.ParseOptions(delimiter=delimiter_of(path), newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )


def delimiter_of(path: Path) -> str:
    """What separates the cells of a text table that is written."""
    return "\t" if path.suffix.lower() in (".tsv", ".tab") else ","


def _plain_fields(schema: pa.Schema) -> list[pa.Field]:
    return [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in schema]


class _ExcelWriter:
    """A workbook with the table in its first sheet and what it is about in the second."""

    def __init__(self, path: Path, names: Sequence[str], about: bytes):
        from openpyxl import Workbook

        self.path, self.rows, self.about = path, 1, about
        self.book = Workbook(write_only=True)
        self.sheet = self.book.create_sheet("scored")
        self.sheet.append([self._cell(name) for name in names])

    def _cell(self, value: Any) -> Any:
        """A cell; a text is a text, even one that begins as a formula does."""
        from openpyxl.cell import WriteOnlyCell

        if not isinstance(value, str):
            return value
        cell = WriteOnlyCell(self.sheet, value)
        cell.data_type = "s"
        return cell

    def write(self, table: pa.Table) -> None:
        self.rows += table.num_rows
        if self.rows > EXCEL_ROWS:
            cure = "Write .csv or .parquet."
            raise InputError(Fault("table", f"more than {EXCEL_ROWS - 1} rows", "a sheet of fewer", cure))
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            self.sheet.append([self._cell(value) for value in row])

    def close(self) -> None:
        sheet = self.book.create_sheet("about")
        for key, value in json.loads(self.about or b"{}").items():
            sheet.append([key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)])
        self.book.save(self.path)
