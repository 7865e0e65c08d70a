"""Reads text tables: CSV with its encoding, delimiter and header, found from the file itself."""

from __future__ import annotations

import codecs
import csv
import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from ..errors import Fault, InputError
from .rows import LOOKED, Batch, Broken, check_header, line_of, repeated, whole_batches

DELIMITERS = (",", ";", "\t")
CSV_BLOCK = 1 << 22
"""Bytes of a text table that are read at a time; no row is longer."""
END = "\0end of the file\0"


@dataclass
class CsvFile:
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
        self.encoding = encoding_of(self.path)
        heads = {d: self._header(d) for d in DELIMITERS}
        self.delimiter = max(DELIMITERS, key=lambda d: len(heads[d][1]))
        self.skipped, self.names = heads[self.delimiter]
        if not self.names:
            raise InputError(Fault("table", "nothing", "a header and rows", "Is the file saved?", str(self.path)))
        if self.names[-1].endswith(END):
            raise InputError(self._never_closed(self.skipped - self.names[-1].count("\n"), str(self.path)))
        top = self._top()
        self.bare = len(top) == 1
        check_header([(line, sum(map(bool, cells))) for line, cells in top], self.path)
        if faults := repeated(self.names, str(self.path)):
            raise InputError(faults)
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
        for table in whole_batches(self._explained(self._tables(broken)), rows):
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
            broken.append((count + len(broken), line_of(cells, self.delimiter).removesuffix('"'), fault))
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
        found = [(int(numbers[i]), line_of(c, self.delimiter), fault) for i, c in zip(joined, cells, strict=True)]
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


def encoding_of(path: Path) -> str:
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
