"""Reads text tables: CSV with its encoding, delimiter and header, found from the file itself."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import Fault, InputError
from .rows import Batch, Numbered, Record, gathered, header_and_rows, repeated, says

DELIMITERS = (",", ";", "\t")
END = "\0end of the file\0"
"""Stands behind the last line, so that it ends up in a cell whose quote is never closed."""


def csv_batches(path: Path, rows: int) -> Iterator[Batch]:
    """The rows of a text table, so many at a time. Raises InputError for one that is no table."""
    encoding = encoding_of(path)
    delimiter = max(DELIMITERS, key=lambda sign: len(_first_cells(path, encoding, sign)))
    (line, names, _), below = header_and_rows(_records(path, encoding, delimiter), path)
    if names[-1].endswith(END):
        raise InputError(_never_closed(line, names, str(path)))
    if faults := repeated(names, str(path)):
        raise InputError(faults)
    yield from gathered(_checked(below, len(names), delimiter), rows, lambda held: _table(names, held))


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    """Each record with its lines as they stand in the file."""
    lines: list[str] = []
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(_kept(chain(file, [END]), lines), delimiter=delimiter)
        try:
            for cells in reader:
                if cells != [END]:
                    yield reader.line_num - len(lines) + 1, cells, lines[:]
                lines.clear()
        except csv.Error as error:
            found, cure = f"a row of more than {csv.field_size_limit()} bytes", "Is a quote never closed?"
            raise InputError(Fault("table", found, "rows of text", cure, str(path))) from error


def _kept(lines: Iterable[str], kept: list[str]) -> Iterator[str]:
    """The same lines, each one noted too."""
    for line in lines:
        kept.append(line)
        yield line


def _first_cells(path: Path, encoding: str, delimiter: str) -> Sequence[str]:
    return next((cells for _, cells, _ in _records(path, encoding, delimiter) if says(cells)), ())


def _table(names: Sequence[str], rows: list[list[str]]) -> pa.Table:
    """Rows of as many cells as there are names; a cell without letters is missing."""
    cells = pa.array(rows, pa.list_(pa.string())).values
    told = pc.if_else(pc.equal(cells, ""), None, cells)
    places = np.arange(len(cells)).reshape(-1, len(names))
    return pa.table({name: told.take(pa.array(places[:, i])) for i, name in enumerate(names)})


def _checked(records: Iterator[Record], width: int, delimiter: str) -> Iterator[Numbered]:
    """The rows that hold something, each with what is wrong with it."""
    for number, (line, cells, lines) in enumerate(records, start=1):
        if not any(cells):
            continue
        if len(cells) == width and len(lines) == 1:
            yield number, "", cells
        elif cells[-1].endswith(END):
            yield number, "".join(lines).removesuffix(END), _never_closed(line, cells)
        elif fault := _row_fault(cells, width, delimiter):
            yield number, "".join(lines).rstrip("\r\n"), fault
        else:
            yield number, "", cells


def _never_closed(line: int, cells: Sequence[str], where: str = "") -> Fault:
    """What is wrong with a record that begins in a line and whose last cell swallows the rest of the file."""
    begins = line + sum(cell.count("\n") for cell in cells[:-1])
    found = f"a quote in line {begins} that is never closed"
    return Fault("row", found, "quotes in pairs", "Close or remove it.", where)


def _row_fault(cells: Sequence[str], width: int, delimiter: str) -> Fault | None:
    if len(cells) != width:
        cure = "Is a cell with a delimiter in it without quotes?"
        return Fault("row", f"{len(cells)} columns", f"{width} columns, as in the header", cure)
    if any(_completes_rows(cell, place, width - 1, delimiter) for place, cell in enumerate(cells)):
        cure = "Is a quote missing or too many? Write one text without line breaks."
        return Fault("row", "a cell that may hold parts of two rows", "one row", cure)
    return None


def _completes_rows(cell: str, place: int, last: int, delimiter: str) -> bool:
    """Whether each line of a cell in that place of a row completes a row, with the cells before and behind it.

    Two quotes too many join rows so. A note or an address looks like that by chance at most: it would need just
    as many delimiters in each line, none with a space behind it; and with fewer than three columns one
    delimiter is too few to tell.
    """
    if last < 2 or "\n" not in cell or f"{delimiter} " in cell:
        return False
    counts = [line.count(delimiter) for line in cell.split("\n")]
    return counts == [last - place, *[last] * (len(counts) - 2), place]


def encoding_of(path: Path) -> str:
    """utf-8, utf-8-sig (with a byte order mark) or gb18030, by decoding the file. Raises InputError."""
    try:
        for encoding in ("utf-8", "gb18030"):
            if _decodes(path, encoding):
                with path.open("rb") as file:
                    return "utf-8-sig" if file.read(3) == codecs.BOM_UTF8 else encoding
    except OSError as error:
        fault = Fault("file", error.strerror or "no file", "a file that can be read", where=str(path))
        raise InputError(fault) from error
    cure = "Save the file again with the encoding UTF-8."
    raise InputError(Fault("encoding", "bytes that are no text", "UTF-8 or GB18030", cure, str(path)))


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(1 << 22):
                pass
    except UnicodeDecodeError:
        return False
    return True
