"""Reads text tables: CSV with its encoding, delimiter and header, found from the file itself."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..content.library_messages import system_message
from ..errors import Fault, InputError, say
from .rows import Batch, Numbered, Record, gathered, header_and_rows, line_of, repeated, says

DELIMITERS = (",", ";", "\t")
MOST_LETTERS = 1 << 24
"""Letters of a line of a text table."""
LOOKED = 1 << 20
"""Bytes at the beginning of a text that tell its language; of a longer one the encoding is certain."""
FOREIGN = re.compile("[^\\x00-\\x7f]+")
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
    yield from gathered(_checked(below, len(names), delimiter), rows, lambda held: _table(names, held), list.extend)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    """Each record with the line where it begins, and whether it has more than that one."""
    line = 1
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(chain(bounded_lines(file, MOST_LETTERS), [END]), delimiter=delimiter)
        try:
            for cells in reader:
                if cells != [END]:
                    yield line, cells, reader.line_num > line
                line = reader.line_num + 1
        except csv.Error as error:
            raise too_long_a_row(path, csv.field_size_limit()) from error


def bounded_lines(file: IO[str], most: int) -> Iterator[str]:
    """The lines of a text, of which no more is held than one. Raises csv.Error for one with more letters than most."""
    while line := file.readline(most):
        if len(line) == most and not line.endswith(("\n", "\r")):
            raise csv.Error(most)
        yield line


def too_long_a_row(path: Path, most: int) -> InputError:
    """The error of a row that is longer than may be held."""
    return InputError(
        Fault("table", say("long_row", number=most), say("rows_of_text"), say("is_a_quote_open"), str(path))
    )


def _first_cells(path: Path, encoding: str, delimiter: str) -> Sequence[str]:
    return next((cells for _, cells, _ in _records(path, encoding, delimiter) if says(cells)), ())


def _table(names: Sequence[str], cells: Sequence[str]) -> pa.Table:
    """The cells of rows, one after the other, as a table; one without letters is missing."""
    told = pa.array(cells, pa.string())
    told = pc.if_else(pc.equal(told, ""), None, told)
    places = np.arange(len(cells)).reshape(-1, len(names))
    return pa.table({name: told.take(pa.array(places[:, i])) for i, name in enumerate(names)})


def _checked(records: Iterator[Record], width: int, delimiter: str) -> Iterator[Numbered]:
    """The rows that hold something, each with what is wrong with it."""
    for number, (line, cells, several) in enumerate(records, start=1):
        if not any(cells):
            continue
        fault = _row_fault(line, cells, width, delimiter) if several or len(cells) != width else None
        yield (number, "", cells) if fault is None else (number, _text(cells, delimiter), fault)


def _text(cells: Sequence[str], delimiter: str) -> str:
    """The text of a record; of one that is never closed down to the end of the file."""
    if not cells[-1].endswith(END):
        return line_of(cells, delimiter)
    before = line_of(cells[:-1], delimiter) + delimiter if cells[:-1] else ""
    return before + '"' + cells[-1].removesuffix(END).replace('"', '""')


def _never_closed(line: int, cells: Sequence[str], where: str = "") -> Fault:
    """What is wrong with a record that begins in a line and whose last cell swallows the rest of the file."""
    begins = line + sum(cell.count("\n") for cell in cells[:-1])
    return Fault("row", say("open_quote", number=begins), say("quotes_in_pairs"), say("close_quote"), where)


def _row_fault(line: int, cells: Sequence[str], width: int, delimiter: str) -> Fault | None:
    if cells[-1].endswith(END):
        return _never_closed(line, cells)
    if len(cells) != width:
        cure = say("delimiter_without_quotes")
        return Fault("row", say("columns", number=len(cells)), say("columns_as_header", number=width), cure)
    if any(_completes_rows(cell, place, width - 1, delimiter) for place, cell in enumerate(cells)):
        cure = say("quote_amiss")
        return Fault("row", say("parts_of_two_rows"), say("one_row"), cure)
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
                return _refined(path, encoding)
    except OSError as error:
        fault = Fault("file", system_message(error), say("readable_file"), where=str(path))
        raise InputError(fault) from error
    raise InputError(Fault("encoding", say("no_text"), say("utf8_or_gb18030"), say("save_utf8"), str(path)))


def _refined(path: Path, encoding: str) -> str:
    """The encoding that a file decodes by, with its mark; gb18030 where as UTF-8 its words would be none."""
    with path.open("rb") as file:
        head = file.read(LOOKED)
    if encoding == "utf-8" and head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if encoding == "utf-8" and _mixes_scripts(head) and _decodes(path, "gb18030"):
        return "gb18030"
    return encoding


def _mixes_scripts(head: bytes) -> bool:
    """Whether in a beginning of UTF-8 letters of two scripts touch, and all are of the two bytes of a Chinese one.

    Few bytes of GB18030 are UTF-8 by chance, as those of 未知 are δ and a Hebrew accent; of a language they are not.
    """
    runs = FOREIGN.findall(head.decode(errors="ignore"))
    return all(sign < "\u0800" for run in runs for sign in run) and any(len(_scripts(run)) > 1 for run in runs)


def _scripts(run: str) -> set[str]:
    """The scripts of the letters of a word; an accent belongs to any."""
    signs = (sign for sign in run if unicodedata.category(sign)[0] in "LMC")
    return {unicodedata.name(sign, "NONE").split()[0] for sign in signs} - {"COMBINING", "MODIFIER"}


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(1 << 22):
                pass
    except UnicodeDecodeError:
        return False
    return True
