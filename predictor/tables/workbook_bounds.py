"""What a workbook would take once it is unfolded, told from its parts before a reader makes anything of them."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial, reduce
from pathlib import Path

from ..errors import Fault, InputError, Phrase, say

MOST_BYTES = 400_000_000
"""Bytes of the parts of a workbook, unfolded."""
MOST_CELLS = 10_000_000
"""Cells of the rectangle that a sheet's cells span, empty ones too: the reader holds them all, some 25 bytes each."""
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Rows and columns of a sheet."""
CHUNK = 1 << 22
PLACE = re.compile(rb"""(?i)\sr\s*=\s*["']([a-z]*)([0-9]+)["']""")
ROW = re.compile(rb"[<:]row[ >/]")
CELL = re.compile(rb"[<:]c[ >/]")
TAIL = 64
"""Bytes that are read again with the next ones, so that no place is cut."""


def check_workbook(path: Path) -> None:
    """Raises InputError for a workbook that unfolds to more than may be held, or that is none.

    A part that tells less than it holds fails by its checksum.
    """
    try:
        with zipfile.ZipFile(path) as book:
            if sum(part.file_size for part in book.infolist()) > MOST_BYTES:
                raise _too_much(path, say("more_than_bytes", number=MOST_BYTES))
            for part in book.infolist():
                with book.open(part) as file:
                    _check_part(path, iter(partial(file.read, CHUNK), b""))
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(Fault("table", type(error).__name__, say("excel_workbook"), where=str(path))) from error


def _check_part(path: Path, chunks: Iterator[bytes]) -> None:
    """Raises InputError for a cell beyond all sheets, and for cells that span too many."""
    last, width, rows, before = 0, 0, 0, b""
    for chunk in chunks:
        places = set(PLACE.findall(before + chunk))
        last = max([last, *(_number(digits) for _, digits in places)])
        width = max([width, *(_column(letters) for letters, _ in places), _widest_row(chunk)])
        rows += len(ROW.findall(chunk))
        before = chunk[-TAIL:]
        height = max(last, rows)
        if height > MOST_ROWS or width > MOST_COLUMNS:
            raise _too_much(path, say("cell_beyond_sheet"))
        if height * width > MOST_CELLS:
            raise _too_much(path, say("cells_spanned", number=f"{height * width:,}"))


def _number(digits: bytes) -> int:
    """The row that a place tells; of one with too many digits any that is beyond all sheets."""
    return int(digits) if len(digits) < 9 else MOST_ROWS + 1


def _column(letters: bytes) -> int:
    """The column of a place: A is 1."""
    if len(letters) > 3:
        return MOST_COLUMNS + 1
    return reduce(lambda column, letter: column * 26 + letter - ord("A") + 1, letters.upper(), 0)


def _widest_row(chunk: bytes) -> int:
    """The most cells that stand between two beginnings of rows: a cell need not tell its place."""
    return max(len(CELL.findall(row)) for row in ROW.split(chunk))


def _too_much(path: Path, found: Phrase) -> InputError:
    return InputError(Fault("table", found, say("smaller_workbook"), say("save_as_csv"), str(path)))
