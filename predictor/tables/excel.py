"""Reads the sheet of an Excel workbook that holds data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, dropwhile, islice
from pathlib import Path
from typing import Any

from ..errors import Fault, InputError
from .rows import LOOKED, Batch, check_header, gathered, line_of, table_of

MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Z]+[0-9]+:[A-Z]+[0-9]+)["']""")
LONGEST_TAG = 200


def excel_batches(path: Path, rows: int) -> Iterator[Batch]:
    """The rows of a workbook, so many at a time. Raises InputError for one that is no table."""
    records = _explained_excel(_excel_records(path), path)
    numbered = ((number, *record) for number, record in enumerate(records, start=1))
    filled = dropwhile(lambda record: not _width(record[1]), numbered)
    top = list(islice(filled, LOOKED))
    if not top:
        raise InputError(Fault("table", "nothing", "a header and rows", "Is the file saved?", str(path)))
    check_header([(number, len(cells) - cells.count(None)) for number, cells, _ in top], path)
    header = top[0][1][: _width(top[0][1])]
    names = ["" if name is None else str(name) for name in header]
    below = ((number - top[0][0], cells, hidden) for number, cells, hidden in chain(top[1:], filled))
    yield from gathered(_excel_rows(below, len(names)), rows, lambda held: table_of(names, held))


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
        yield (number, "", (cells + [None] * width)[:width]) if fault is None else (number, line_of(cells), fault)


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
