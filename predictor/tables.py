"""Reads tables, a batch of rows at a time: CSV, Excel, Parquet, Arrow, JSON lines."""

from __future__ import annotations

import codecs
import csv
import io
import json
import mmap
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain, dropwhile, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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
OLD_SHEETS = (".xls", ".ods")
CSV_BLOCK = 1 << 22
"""Bytes of a text table that are read at a time; no row is longer."""
END = "\0end of the file\0"
REASONS = ("row", "source", "faults")
"""What stands before the values of rejected rows."""
LOOKED = 20
"""Rows at the top of a table among which the header is looked for."""
MANY = 3
"""Cells that make a row look like a header where the first row has one."""
MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Z]+[0-9]+:[A-Z]+[0-9]+)["']""")
LONGEST_TAG = 200
HALF_SIGN = re.compile(r"\\u[dD][89a-fA-F]")
"""The code of a half of a character; JSON writes one beyond 65535 as two."""
Broken = tuple[int, str, Fault]
"""(row, its text, what is wrong)"""


@dataclass(frozen=True)
class Batch:
    """Some rows of a file: their numbers there, and what is no row or not one for sure.

    Row 1 is the one below the header, and empty ones count: row n of a sheet or a text table stands in line
    n + 1, if the header stands in line 1 and no cell holds a line break. Of JSON lines the number is that of the
    line. A row without a value is no row and is not given. The table may have no columns: then only `rows` tells
    how many rows there are.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    broken: tuple[Broken, ...] = ()


def kind_of(path: Path) -> str:
    """The format of a file, by its ending. Raises InputError for another."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        expected = f"an ending of {', '.join(KINDS)}"
        cure = "Save it as .xlsx." if path.suffix.lower() in OLD_SHEETS else ""
        raise InputError(Fault("table", repr(path.suffix or path.name), expected, cure, str(path)))
    return kind


def input_files(name: str) -> list[Path]:
    """The tables that a name means: a file, all the tables of a folder, or those of a pattern.

    Raises InputError if there is none.
    """
    path = Path(name)
    if path.is_dir():
        found = [p for p in path.rglob("*") if p.suffix.lower() in KINDS and not p.name.startswith((".", "_"))]
        found = [p for p in found if p.is_file()]
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


def read_profiles(path: Path, rows: int, coded: Callable[[Sequence[str]], Sequence[str]] = tuple) -> Iterator[Batch]:
    """The same as read_batches; of rejected rows only the values, so that they can be corrected and scored again."""
    return map(_values_only, read_batches(path, rows, coded))


def _values_only(batch: Batch) -> Batch:
    names = batch.table.column_names
    if not {"row", "faults"} <= set(names):
        return batch
    kept = batch.table.select([name for name in names if name not in REASONS])
    return Batch(kept, batch.rows, batch.broken)


def row_count(path: Path) -> int:
    """About how many rows a table has: exactly where the format tells, else from its first megabyte.

    0 for a file that is not of its format: what is wrong with it is told when it is read.
    """
    if kind_of(path) == "parquet":
        try:
            return int(pq.read_metadata(path).num_rows)
        except (pa.ArrowException, OSError):
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
                batches = file.iter_batches(rows, use_threads=False)
                yield from (_without_views(pa.Table.from_batches([b])) for b in batches)
                if not file.metadata.num_rows:
                    yield _without_views(empty)
        else:
            yield from map(_without_views, _ipc_batches(path))
    except (pa.ArrowException, OSError) as error:
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


def _without_views(table: pa.Table) -> pa.Table:
    """The table with plain texts and bytes in place of views, which few functions of pyarrow take."""
    if not any("_view" in str(told) for told in table.schema.types):
        return table
    return table.cast(pa.schema([told.with_type(_without_view(told.type)) for told in table.schema]))


def _without_view(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _without_view(kind.value_type), kind.ordered)
    return {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}.get(kind, kind)


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
    """A column from values of any kinds; where the kinds do not go together or one would change, from their texts."""
    try:
        if not _mixed(values):
            column = pa.array(values, from_pandas=True)
            if not pa.types.is_nested(column.type) or _as_json(column.to_pylist()) == _as_json(values):
                return column
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    return pa.array([None if _is_missing(v) else _text(v) for v in values], pa.string())


def _mixed(values: Sequence[Any]) -> bool:
    """Whether there are values of several kinds; pyarrow would make those of one kind the other's."""
    types = set(map(type, values)) - {type(None)}
    if len(types) < 2 and datetime not in types:
        return False
    return len({_kind(v) for v in values if not _is_missing(v)}) > 1


def _kind(value: Any) -> object:
    """A type, int and float as one: pyarrow takes them together only where no integer changes."""
    if isinstance(value, (bool, np.bool_)):
        return bool
    if isinstance(value, (int, float, np.number)):
        return float
    return (type(value), value.tzinfo is None) if isinstance(value, datetime) else type(value)


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, or what pandas has for it."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA is neither the same as itself nor another
        return True
    except ValueError:  # an array
        return False


def _text(value: Any) -> str:
    """A value as text: as JSON or ISO has it where they have it."""
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return _as_json(value)
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _line(cells: Sequence[Any], delimiter: str = ",") -> str:
    """Cells as a line of a text table."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(["" if c is None else _text(c) for c in cells])
    return line.getvalue()


def _check_header(filled: Sequence[tuple[int, int]], path: Path) -> None:
    """Raises InputError if the header looks like a title: it has one cell, a row below it many.

    filled: (row of the file, how many of its cells hold something), the header first.
    """
    header = next((row for row, cells in filled if cells >= MANY), 0)
    if filled[0][1] == 1 and header:
        cure = f"Is the header in row {header}? Delete the rows above it."
        raise InputError(Fault("table", "one cell in the header", "a header and rows", cure, str(path)))


@dataclass
class _CsvFile:
    """A text table: its encoding, delimiter and header, found from the file itself.

    A quote means something at the beginning of a cell only, to Python and to pyarrow alike.
    """

    path: Path
    encoding: str = field(init=False)
    delimiter: str = field(init=False)
    names: list[str] = field(init=False)
    skipped: int = field(init=False)
    """The lines down to the end of the header."""
    bare: bool = field(init=False)
    """Whether there is nothing below the header."""
    quoted: bool = field(init=False)
    """Whether there are quotes, without which no cell holds a line break."""

    def __post_init__(self) -> None:
        self.encoding = _encoding(self.path)
        heads = {d: self._header(d) for d in DELIMITERS}
        self.delimiter = max(DELIMITERS, key=lambda d: len(heads[d][1]))
        self.skipped, self.names = heads[self.delimiter]
        if not self.names:
            raise InputError(Fault("table", "nothing", "a header and rows", "Is the file saved?", str(self.path)))
        if self.names[-1].endswith(END):
            raise InputError(self._never_closed(self.skipped - self.names[-1].count("\n"), str(self.path)))
        top = self._top()
        self.bare = len(top) == 1
        _check_header([(line, sum(map(bool, cells))) for line, cells in top], self.path)
        repeated = sorted({name for name in self.names if self.names.count(name) > 1})
        if repeated:
            cure = "Remove or rename one of the two."
            raise InputError([Fault(n, "the column twice", "each column once", cure, str(self.path)) for n in repeated])
        self.quoted = _holds(self.path, b'"')

    def _records(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """The header and the records below it, as Python reads them: (the line where it ends, its cells)."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(chain(file, [END]), delimiter=delimiter)
            told = False
            for cells in reader:
                told = told or any(cell.strip() for cell in cells)
                if told and cells != [END]:
                    yield reader.line_num, cells

    def _header(self, delimiter: str) -> tuple[int, list[str]]:
        try:
            return next(self._records(delimiter), (0, []))
        except csv.Error as error:
            fault = Fault("table", str(error), "a header and rows", "Is a quote never closed?", str(self.path))
            raise InputError(fault) from error

    def _top(self) -> list[tuple[int, list[str]]]:
        top: list[tuple[int, list[str]]] = []
        try:
            top.extend(islice(self._records(self.delimiter), LOOKED))
        except csv.Error:  # a cell of more letters than Python reads
            top.append((0, []))
        return top

    def batches(self, rows: int) -> Iterator[Batch]:
        broken: list[Broken] = []
        done, told = 0, 0
        table = pa.table({name: pa.array([], pa.string()) for name in self.names})
        for table in _whole_batches(self._explained(self._tables(broken)), rows):
            numbers = _row_numbers(done, table.num_rows, [row for row, _, _ in broken])
            last = int(numbers[-1]) if len(numbers) else 0
            now = tuple(b for b in broken[told:] if b[0] <= last or table.num_rows < rows)
            yield self._sure(table, numbers, now)
            done, told = done + table.num_rows, told + len(now)
        if broken[told:]:
            yield Batch(table.slice(0, 0), np.zeros(0, dtype=np.int64), tuple(broken[told:]))

    def _tables(self, broken: list[Broken]) -> Iterator[pa.Table]:
        """The rows with as many cells as the header; empty lines are rows of nothing. broken takes the others."""

        def note(row: Any) -> str:
            expected = f"{row.expected_columns} columns, as in the header"
            cure = "Is a cell with a delimiter in it without quotes?"
            fault = Fault("row", f"{row.actual_columns} columns", expected, cure)
            broken.append((int(row.number) - self.skipped, str(row.text), fault))
            return "skip"

        held, count = pa.table({name: pa.array([], pa.string()) for name in self.names}), 0
        for batch in () if self.bare else self._open(note):
            if batch.num_rows:
                yield held
                held, count = pa.Table.from_batches([batch]), count + batch.num_rows
        last = broken[-1][0] if broken else 0
        fault = self._open_quote(held) if held.num_rows and last < count + len(broken) else None
        if fault is not None:
            cells = list(held.slice(held.num_rows - 1).to_pylist()[0].values())
            broken.append((count + len(broken), _line(cells, self.delimiter).removesuffix('"'), fault))
        yield held.slice(0, held.num_rows - (fault is not None))

    def _open(self, note: Callable[[Any], str]) -> Any:
        encoding = self.encoding.removesuffix("-sig")
        return pa_csv.open_csv(
            self.path,
            pa_csv.ReadOptions(
                use_threads=False,
                block_size=CSV_BLOCK,
                encoding=encoding,
                column_names=self.names,
                skip_rows=self.skipped,
            ),
            pa_csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,  # so that they count
                invalid_row_handler=note,
            ),
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
            found, cure = str(error).splitlines()[0], ""
            if "straddl" in found:
                found, cure = f"a row of more than {CSV_BLOCK} bytes", "Is a quote never closed?"
            raise InputError(Fault("table", found, "rows of text", cure, str(self.path))) from error

    def _open_quote(self, table: pa.Table) -> Fault | None:
        """What is wrong if the last cell begins with a quote that nothing closes: the file ends as the cell does."""
        cell = table.column(table.num_columns - 1)[-1].as_py()
        if not cell:
            return None
        raw = f'"{cell}'.replace('"', '""')[1:].encode(self.encoding.removesuffix("-sig"))
        start = max(1, self.path.stat().st_size - len(raw))  # a cell with quotes in it may be shorter than `raw`
        with self.path.open("rb") as file:
            file.seek(start - 1)
            if file.read() not in [before + raw for before in (self.delimiter.encode(), b"\n", b"\r")]:
                return None
        return self._never_closed(1 + _count(self.path, b"\n", start))

    def _never_closed(self, line: int, where: str = "") -> Fault:
        return Fault(
            "row", f"a quote in line {line} that is never closed", "quotes in pairs", "Close or remove it.", where
        )

    def _sure(self, table: pa.Table, numbers: NDArray[np.int64], broken: tuple[Broken, ...]) -> Batch:
        """The rows with a value, without those that may be two."""
        if all(column.null_count for column in table.columns):
            some = np.any([column.is_valid() for column in table.columns], axis=0)
            table, numbers = table.filter(pa.array(some)), numbers[some]
        joined = self._joined(table) if self.quoted else []
        if not joined:
            return Batch(table, numbers, broken)
        cure = "Is a quote missing or too many? Write one text without line breaks."
        fault = Fault("row", "a cell that may hold parts of two rows", "one row", cure)
        cells = [list(row.values()) for row in table.take(pa.array(joined)).to_pylist()]
        found = [(int(numbers[i]), _line(c, self.delimiter), fault) for i, c in zip(joined, cells, strict=True)]
        single = np.delete(np.arange(table.num_rows), joined)
        return Batch(
            table.take(pa.array(single)), numbers[single], tuple(sorted((*broken, *found), key=lambda b: b[0]))
        )

    def _joined(self, table: pa.Table) -> list[int]:
        """The rows with a cell of which each line completes a row, with the cells before and behind it.

        Two quotes too many join rows so. A note or an address looks like that by chance at most: it would need just
        as many delimiters in each line, none with a space behind it; and with fewer than three columns one
        delimiter is too few to tell.
        """
        width = len(self.names)
        found: set[int] = set()
        for place, column in enumerate(table.columns if width > 2 else ()):
            if not pc.any(pc.match_substring(column, "\n")).as_py():
                continue
            breaks, delimiters = (pc.count_substring(column, sign) for sign in ("\n", self.delimiter))
            alike = pc.equal(pc.multiply(breaks, width - 1), delimiters)
            rows = np.flatnonzero(pc.and_(pc.greater(breaks, 0), alike).fill_null(False))
            cells = zip(rows.tolist(), column.take(pa.array(rows)).to_pylist(), strict=True)
            found |= {row for row, cell in cells if self._completes_rows(cell, place)}
        return sorted(found)

    def _completes_rows(self, cell: str, place: int) -> bool:
        """Whether each line of a cell in that place of a row makes a whole row."""
        counts = [line.count(self.delimiter) for line in cell.split("\n")]
        last = len(self.names) - 1
        return counts == [last - place, *[last] * (len(counts) - 2), place] and f"{self.delimiter} " not in cell


def _holds(path: Path, sign: bytes) -> bool:
    """Whether a file that is not empty holds some bytes."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        return whole.find(sign) >= 0


def _count(path: Path, sign: bytes, end: int) -> int:
    """How often a byte stands in a file before a place."""
    with path.open("rb") as file:
        steps = range(0, end, CSV_BLOCK)
        return sum(file.read(min(CSV_BLOCK, end - start)).count(sign) for start in steps)


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


def _excel_batches(path: Path, rows: int) -> Iterator[Batch]:
    records = _explained_excel(_excel_records(path), path)
    numbered = ((number, *record) for number, record in enumerate(records, start=1))
    filled = dropwhile(lambda record: not _width(record[1]), numbered)
    top = list(islice(filled, LOOKED))
    if not top:
        raise InputError(Fault("table", "nothing", "a header and rows", "Is the file saved?", str(path)))
    _check_header([(number, len(cells) - cells.count(None)) for number, cells, _ in top], path)
    header = top[0][1][: _width(top[0][1])]
    names = ["" if name is None else str(name) for name in header]
    below = ((number - top[0][0], cells, hidden) for number, cells, hidden in chain(top[1:], filled))
    yield from _gathered(_excel_rows(below, len(names)), rows, lambda held: _table(names, held))


def _explained_excel(records: Iterator[Any], path: Path) -> Iterator[Any]:
    try:
        yield from records
    except InputError:
        raise
    except Exception as error:  # openpyxl raises whatever its zip and XML readers raise
        raise InputError(Fault("table", type(error).__name__, "an Excel workbook (.xlsx)", where=str(path))) from error


def _excel_records(path: Path) -> Iterator[tuple[list[Any], int | None]]:
    """(cells, the first column that a merged range hides) of the rows of the one sheet of a workbook with data.

    The cells are the values that formulas had when it was saved, the formula itself where it was saved without one.
    """
    from openpyxl import load_workbook

    with path.open("rb") as first, path.open("rb") as second:
        books = load_workbook(first, read_only=True, data_only=True), load_workbook(second, read_only=True)
        place = _sheet_with_data(books[1], path)
        sheets = [book.worksheets[place] for book in books]
        sheets[0].reset_dimensions()  # some programs write a size that is too small
        hidden = _hidden_cells(sheets[0])
        values, formulas = sheets[0].iter_rows(), sheets[1].iter_rows(values_only=True)
        for number, (cells, texts) in enumerate(zip(values, formulas, strict=True), start=1):
            yield [_excel_value(*pair) for pair in zip(cells, texts, strict=True)], hidden.get(number)
        for book in books:
            book.close()


def _excel_value(cell: Any, formula: Any) -> Any:
    if cell.value is not None or cell.data_type == "str":  # a formula that gave a text without letters
        return None if cell.value == "" else cell.value
    return getattr(formula, "text", formula)


def _sheet_with_data(book: Any, path: Path) -> int:
    """The place of the only sheet that holds something, what the writer of workbooks tells about a table apart.

    Raises InputError if there are more.
    """
    sheets = book.worksheets
    told = [place for place, sheet in enumerate(sheets) if _holds_data(sheet)]
    if [sheets[place].title for place in told] == ["scored", "about"]:
        told.pop()
    if len(told) > 1:
        others = ", ".join(repr(sheets[place].title) for place in told[1:])
        cure = "Keep one sheet a file."
        raise InputError(Fault("table", f"data in other sheets too: {others}", "data in one sheet", cure, str(path)))
    return told[0] if told else 0


def _holds_data(sheet: Any) -> bool:
    sheet.reset_dimensions()
    return any(value not in (None, "") for row in sheet.iter_rows(values_only=True) for value in row)


def _hidden_cells(sheet: Any) -> dict[int, int]:
    """Of the rows in which a merged range hides cells: the first such column, from 0."""
    from openpyxl.utils import range_boundaries

    hidden: dict[int, int] = {}
    for left, top, right, bottom in map(range_boundaries, _merged_ranges(sheet)):
        for row in range(top, bottom + 1):
            first = left if row == top else left - 1
            if first < right:
                hidden[row] = min(first, hidden.get(row, first))
    return hidden


def _merged_ranges(sheet: Any) -> set[str]:
    """Such as A2:A5. They stand at the end of a sheet, where openpyxl does not look when it reads row by row."""
    found: set[str] = set()
    rest = b""
    with sheet._get_source() as xml:
        while chunk := xml.read(1 << 20):
            text = rest + chunk
            found.update(match.decode() for match in MERGED.findall(text))
            rest = text[-LONGEST_TAG:]
    return found


def _excel_rows(records: Iterator[Any], width: int) -> Iterator[tuple[int, str, Any]]:
    """(number, text, the cells or what is wrong) of the rows that hold something; the text where it is wrong."""
    for number, cells, hidden in records:
        if not _width(cells):
            continue
        fault = _row_fault(_width(cells), width, hidden)
        yield (number, "", (cells + [None] * width)[:width]) if fault is None else (number, _line(cells), fault)


def _row_fault(found: int, width: int, hidden: int | None) -> Fault | None:
    if found > width:
        cure = "Name the column in the header, or clear the cell."
        return Fault("row", f"{found} columns", f"{width} columns, as in the header", cure)
    if hidden is not None and hidden < width:
        return Fault(
            "row", "a cell hidden by merged cells", "a cell for each column", "Unmerge the cells and fill each."
        )
    return None


def _width(cells: Sequence[Any]) -> int:
    """The columns of a row up to its last cell that holds something."""
    return next((place for place in range(len(cells), 0, -1) if cells[place - 1] is not None), 0)


def _gathered(
    records: Iterator[tuple[int, str, Any]], rows: int, made: Callable[[list[Any]], pa.Table]
) -> Iterator[Batch]:
    """Batches of so many records; each is (number, text, record or Fault)."""
    held: list[Any] = []
    numbers: list[int] = []
    broken: list[Broken] = []
    given = False
    for number, text, record in records:
        if isinstance(record, Fault):
            broken.append((number, text, record))
        else:
            held.append(record)
            numbers.append(number)
        if len(held) == rows:
            yield Batch(made(held), np.array(numbers, dtype=np.int64), tuple(broken))
            held, numbers, broken, given = [], [], [], True
    if held or broken or not given:
        yield Batch(made(held), np.array(numbers, dtype=np.int64), tuple(broken))


def _table(names: Sequence[str], records: Sequence[Sequence[Any]]) -> pa.Table:
    """A table with as many rows as records, even without columns."""
    columns = [column_of([record[place] for record in records]) for place in range(len(names))]
    rows = pa.nulls(len(records))
    return pa.Table.from_arrays([*columns, rows], names=[*names, ""]).select(list(range(len(names))))


def _json_batches(path: Path, rows: int) -> Iterator[Batch]:
    """A batch for each so many lines, its columns the names that they have together."""
    yield from _gathered(_json_lines(path), rows, _json_table)


def _json_lines(path: Path) -> Iterator[tuple[int, str, Any]]:
    with path.open(encoding=_encoding(path)) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.rstrip("\n"), _json_record(line)


def _json_record(line: str) -> dict[str, Any] | Fault:
    try:
        record = JSON.decode(line.strip())
        if HALF_SIGN.search(line):
            _as_json(record).encode()
    except json.JSONDecodeError as error:
        return Fault("row", error.msg, "one JSON object a line")
    except tuple(JSON_FAULTS) as error:
        return Fault("row", JSON_FAULTS[type(error)], "one JSON object a line")
    return record if isinstance(record, dict) else Fault("row", type(record).__name__, "one JSON object a line")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises KeyError for a key that stands twice: one of the values would be lost."""
    record = dict(pairs)
    if len(record) < len(pairs):
        raise KeyError
    return record


def _constant(name: str) -> None:
    """NaN is missing, as in a frame, and as Python writes it. Raises OverflowError for an infinite number."""
    if name != "NaN":
        raise OverflowError


JSON = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_constant)
JSON_FAULTS: dict[type[Exception], str] = {
    KeyError: "the key twice",
    OverflowError: "an infinite number",
    RecursionError: "brackets nested too deep",
    UnicodeEncodeError: "half a character",
    ValueError: "a number with too many digits",
}
"""What is wrong with a line, by the error that it raises."""


def _json_table(records: list[dict[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record))
    return _table(names, [[record.get(name) for name in names] for record in records])
