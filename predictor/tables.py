"""Reads tables, a batch of rows at a time: CSV, Excel, Parquet, Arrow, JSON lines."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .errors import Fault, InputError

KINDS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "csv"),
    ".xlsx": "excel",
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".arrow", ".feather", ".ipc", ".arrows"), "arrow"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
}
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Batch:
    """Some rows of a file: their numbers there, from 1, and lines that are no rows at all."""

    table: pa.Table
    rows: NDArray[np.int64]
    broken: tuple[tuple[int, str, Fault], ...] = ()
    """(row, its text, what is wrong)"""


def kind_of(path: Path) -> str:
    """The format of a file, by its ending. Raises InputError for another."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        expected = f"an ending of {', '.join(KINDS)}"
        raise InputError(Fault("table", repr(path.suffix or path.name), expected, where=str(path)))
    return kind


def input_files(name: str) -> list[Path]:
    """The tables that a name means: a file, all the tables of a folder, or those of a pattern.

    Raises InputError if there is none.
    """
    path = Path(name)
    if path.is_dir():
        found = [p for p in path.rglob("*") if p.suffix.lower() in KINDS and not p.name.startswith((".", "_"))]
    elif path.exists():
        found = [path]
    else:
        found = [p for p in Path(path.anchor).glob(str(path.relative_to(path.anchor))) if p.is_file()]
    if not found:
        raise InputError(Fault("table", "no such file", "a table, a folder of tables or a pattern", where=name))
    return sorted(found)


def read_batches(path: Path, rows: int, coded: Callable[[Sequence[str]], Sequence[str]] = tuple) -> Iterator[Batch]:
    """The rows of a table, so many at a time. coded: which columns of text to take as dictionaries where
    the format has them. Raises InputError for a file that is no table."""
    kind = kind_of(path)
    if kind == "csv":
        return _CsvFile(path).batches(rows)
    if kind == "excel":
        return _excel_batches(path, rows)
    if kind == "jsonl":
        return _json_batches(path, rows)
    return _numbered(_whole_batches(_arrow_batches(path, kind, rows, coded), rows))


def row_count(path: Path) -> int:
    """About how many rows a table has: exactly where the format tells, else from its first megabyte.

    0 for a file that is not of its format: what is wrong with it is told when it is read.
    """
    if kind_of(path) == "parquet":
        try:
            return int(pq.read_metadata(path).num_rows)
        except pa.ArrowInvalid:
            return 0
    with path.open("rb") as file:
        head = file.read(1 << 20)
    return max(1, path.stat().st_size * head.count(b"\n") // max(1, len(head)))


def _arrow_batches(path: Path, kind: str, rows: int, coded: Any) -> Iterator[pa.Table]:
    try:
        if kind == "parquet":
            names = [f.name for f in pq.read_schema(path) if pa.types.is_string(f.type)]
            with pq.ParquetFile(path, read_dictionary=list(coded(names)), buffer_size=1 << 20) as file:
                empty = file.schema_arrow.empty_table()
                yield from (pa.Table.from_batches([b]) for b in file.iter_batches(rows, use_threads=False))
                if not file.metadata.num_rows:
                    yield empty
        else:
            yield from _ipc_batches(path)
    except pa.ArrowInvalid as error:
        fault = Fault("table", str(error).splitlines()[0], f"a file of the {kind} format", where=str(path))
        raise InputError(fault) from error


def _ipc_batches(path: Path) -> Iterator[pa.Table]:
    with pa.memory_map(str(path)) as source:
        if source.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(source)
            batches: Iterable[pa.RecordBatch] = (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            source.seek(0)
            reader = batches = pa.ipc.open_stream(source)
        yield reader.schema.empty_table()
        yield from (pa.Table.from_batches([batch]) for batch in batches)


def _whole_batches(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of so many, the last one shorter; one empty table if there is none."""
    held: list[pa.Table] = []
    count, given = 0, False
    for table in tables:
        held.append(table)
        count += table.num_rows
        while count >= rows:
            whole = pa.concat_tables(held, promote_options="permissive")
            yield whole.slice(0, rows)
            held, count, given = [whole.slice(rows)], count - rows, True
    if held and (count or not given):
        yield pa.concat_tables(held, promote_options="permissive")


def _numbered(tables: Iterable[pa.Table]) -> Iterator[Batch]:
    start = 1
    for table in tables:
        yield Batch(table, np.arange(start, start + table.num_rows))
        start += table.num_rows


def column_of(values: Sequence[Any]) -> pa.Array:
    """A column from values of any kinds; where the kinds do not go together, from their texts."""
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if v is None or v != v else str(v) for v in values], pa.string())


@dataclass
class _CsvFile:
    """A text table: its encoding, delimiter and header, found from the file itself."""

    path: Path
    encoding: str = field(init=False)
    delimiter: str = field(init=False)
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.encoding = _encoding(self.path)
        with self.path.open(encoding=self.encoding, newline="") as file:
            line = next((text for text in file if text.strip()), "")
        if not line:
            raise InputError(Fault("table", "nothing", "a header and rows", "Is the file saved?", str(self.path)))
        headers = {d: next(csv.reader(io.StringIO(line), delimiter=d)) for d in DELIMITERS}
        self.delimiter = max(DELIMITERS, key=lambda d: len(headers[d]))
        self.names = headers[self.delimiter]
        repeated = sorted({name for name in self.names if self.names.count(name) > 1})
        if repeated:
            cure = "Remove or rename one of the two."
            raise InputError([Fault(n, "the column twice", "each column once", cure, str(self.path)) for n in repeated])

    def batches(self, rows: int) -> Iterator[Batch]:
        broken: list[tuple[int, str, Fault]] = []

        def note(row: Any) -> str:
            expected = f"{row.expected_columns} columns, as in the header"
            cure = "Is a cell with a delimiter in it without quotes?"
            fault = Fault("row", f"{row.actual_columns} columns", expected, cure)
            broken.append((int(row.number) - 1, str(row.text), fault))
            return "skip"

        def tables() -> Iterator[pa.Table]:
            reader = self._open(note)
            yield reader.schema.empty_table()
            yield from (pa.Table.from_batches([batch]) for batch in reader)

        done, told = 0, 0
        for table in _whole_batches(self._explained(tables()), rows):
            numbers = _row_numbers(done, table.num_rows, [row for row, _, _ in broken])
            last = int(numbers[-1]) if len(numbers) else 0
            now = tuple(b for b in broken[told:] if b[0] <= last or table.num_rows < rows)
            yield Batch(table, numbers, now)
            done, told = done + table.num_rows, told + len(now)
        if broken[told:]:
            yield Batch(table.slice(0, 0), np.zeros(0, dtype=np.int64), tuple(broken[told:]))

    def _open(self, note: Callable[[Any], str]) -> Any:
        return pa_csv.open_csv(
            self.path,
            pa_csv.ReadOptions(use_threads=False, block_size=1 << 22, encoding=self.encoding.removesuffix("-sig")),
            pa_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=note),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    def _explained(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        try:
            yield from tables
        except pa.ArrowInvalid as error:
            fault = Fault("table", str(error).splitlines()[0], "rows of text", where=str(self.path))
            raise InputError(fault) from error


def _row_numbers(done: int, count: int, broken: Sequence[int]) -> NDArray[np.int64]:
    """The numbers in the file of `count` good rows after `done` of them, with broken rows in between."""
    before = np.array(broken, dtype=np.int64) - np.arange(1, len(broken) + 1)
    good = np.arange(done, done + count)
    return good + 1 + np.searchsorted(before, good, side="right")


def _encoding(path: Path) -> str:
    """utf-8, utf-8-sig (with a byte order mark) or gb18030, by decoding the file. Raises InputError."""
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            with path.open("rb") as file:
                return "utf-8-sig" if file.read(3) == codecs.BOM_UTF8 else encoding
    cure = "Save the file again with the encoding UTF-8."
    raise InputError(Fault("encoding", "bytes that are no text", "UTF-8 or GB18030", cure, str(path)))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 22):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except OSError as error:
        fault = Fault("file", error.strerror or "no file", "a file that can be read", where=str(path))
        raise InputError(fault) from error
    except UnicodeDecodeError:
        return False
    return True


def _excel_records(path: Path) -> Iterator[list[Any]]:
    """The rows of a workbook's first sheet, the header first: the values that formulas had when it was
    saved, the formula itself where it was saved without one."""
    from openpyxl import load_workbook

    with path.open("rb") as first, path.open("rb") as second:
        try:
            books = load_workbook(first, read_only=True, data_only=True), load_workbook(second, read_only=True)
        except Exception as error:  # openpyxl raises whatever its zip and XML readers raise
            fault = Fault("table", type(error).__name__, "an Excel workbook (.xlsx)", where=str(path))
            raise InputError(fault) from error
        rows = (book.worksheets[0].iter_rows(values_only=True) for book in books)
        for values, formulas in zip(*rows, strict=True):
            yield [value if value is not None else text for value, text in zip(values, formulas, strict=True)]
        for book in books:
            book.close()


def _excel_batches(path: Path, rows: int) -> Iterator[Batch]:
    records = _excel_records(path)
    header = next(records, [])
    while header and header[-1] is None:
        header.pop()
    if not header:
        raise InputError(Fault("table", "nothing", "a header and rows", "Is the file saved?", str(path)))
    names = ["" if name is None else str(name) for name in header]
    yield from _of_records(names, (_to_width(row, len(header)) for row in records), rows)


def _to_width(row: list[Any], width: int) -> list[Any]:
    return (row + [None] * width)[:width]


def _of_records(names: list[str], records: Iterator[list[Any]], rows: int) -> Iterator[Batch]:
    """Batches of rows; an empty row is no row, as in a text table."""
    held: list[list[Any]] = []
    numbers: list[int] = []
    given = False
    for number, record in enumerate(records, start=1):
        if any(cell is not None for cell in record):
            held.append(record)
            numbers.append(number)
        if len(held) == rows:
            yield _record_batch(names, held, numbers)
            held, numbers, given = [], [], True
    if held or not given:
        yield _record_batch(names, held, numbers)


def _record_batch(names: list[str], records: list[list[Any]], numbers: list[int]) -> Batch:
    columns = [column_of([record[i] for record in records]) for i in range(len(names))]
    return Batch(pa.Table.from_arrays(columns, names=names), np.array(numbers, dtype=np.int64))


def _json_batches(path: Path, rows: int) -> Iterator[Batch]:
    """A batch for each so many lines, its columns the names that they have together."""
    held: list[dict[str, Any]] = []
    numbers: list[int] = []
    broken: list[tuple[int, str, Fault]] = []
    given = False
    with path.open(encoding=_encoding(path)) as file:
        for number, line in enumerate((text for text in file if text.strip()), start=1):
            record = _json_record(line)
            if isinstance(record, Fault):
                broken.append((number, line.rstrip("\n"), record))
            else:
                held.append(record)
                numbers.append(number)
            if len(held) == rows:
                yield _json_batch(held, numbers, broken)
                held, numbers, broken, given = [], [], [], True
    if held or broken or not given:
        yield _json_batch(held, numbers, broken)


def _json_record(line: str) -> dict[str, Any] | Fault:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        return Fault("row", error.msg, "one JSON object a line")
    return record if isinstance(record, dict) else Fault("row", type(record).__name__, "one JSON object a line")


def _json_batch(records: list[dict[str, Any]], numbers: list[int], broken: list[tuple[int, str, Fault]]) -> Batch:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = [column_of([record.get(name) for record in records]) for name in names]
    return Batch(pa.Table.from_arrays(columns, names=names), np.array(numbers, dtype=np.int64), tuple(broken))
