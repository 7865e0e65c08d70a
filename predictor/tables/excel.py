"""Reads the sheet of an Excel workbook that holds data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Fault, InputError, say
from .rows import Batch, Numbered, Record, gathered, header_and_rows, line_of, table_of
from .workbook_bounds import check_workbook

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

EXACT = 2**53
"""Up to here a float holds every whole number."""


def excel_batches(path: Path, rows: int) -> Iterator[Batch]:
    """The rows of a workbook, so many at a time. Raises InputError for one that is no table.

    A cell holds what its formula gave when the workbook was saved. One that was saved without a value, or with
    an error such as #N/A, is an empty cell.
    """
    check_workbook(path)
    sheet = _sheet_with_data(path)
    (line, header, _), below = header_and_rows(_records(sheet), path)
    names = ["" if name is None else str(name) for name in header]
    hidden = _rows_with_hidden_cells(sheet, len(names))[line:]
    yield from gathered(_checked(below, len(names), hidden), rows, lambda held: table_of(names, held))


def _sheet_with_data(path: Path) -> CalamineSheet:
    """The only sheet that holds something; what the writer of workbooks tells about a table is none.

    Raises InputError if there are more. calamine holds a sheet whole, the empty cells between others too.
    """
    from python_calamine import CalamineError, load_workbook

    try:
        with load_workbook(path) as book:
            sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (CalamineError, OSError) as error:
        raise InputError(Fault("table", type(error).__name__, say("excel_workbook"), where=str(path))) from error
    if not sheets:
        raise InputError(Fault("table", say("nothing"), say("excel_workbook"), where=str(path)))
    told = [sheet for sheet in sheets if any(cells for _, cells, _ in _records(sheet))]
    if [sheet.name for sheet in told] == ["scored", "about"]:
        told.pop()
    if len(told) > 1:
        others = ", ".join(repr(sheet.name) for sheet in told[1:])
        cure = say("keep_one_sheet")
        raise InputError(
            Fault("table", say("data_in_other_sheets", list=others), say("data_in_one_sheet"), cure, str(path))
        )
    return (told or sheets)[0]


def _records(sheet: CalamineSheet) -> Iterator[Record]:
    """Every row down to the last one that holds something, its cells up to the last one that does."""
    margin = [None] * (sheet.start or (0, 0))[1]  # calamine leaves empty columns out, but not empty rows
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells = [*margin, *map(_value, row)]
        while cells and cells[-1] is None:
            cells.pop()
        yield line, cells, None


def _value(value: Any) -> Any:
    """What a cell holds: None where it is empty, a whole number as one, a day with its midnight."""
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    return datetime(value.year, value.month, value.day) if type(value) is date else value


def _rows_with_hidden_cells(sheet: CalamineSheet, width: int) -> NDArray[np.bool_]:
    """For each row whether a merged range hides one of its first cells; all but the first one of a range are."""
    height = (sheet.end or (0, 0))[0] + 1
    edges = np.zeros(height + 1, dtype=np.int64)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        first = top if left < min(right, width - 1) else top + 1
        if left < width and first <= min(bottom, height - 1):
            edges[first] += 1
            edges[min(bottom + 1, height)] -= 1
    return edges.cumsum() > 0


def _checked(records: Iterator[Record], width: int, hidden: NDArray[np.bool_]) -> Iterator[Numbered]:
    """The rows that hold something, each with what is wrong with it."""
    for number, (_, cells, _) in enumerate(records, start=1):
        if fault := _row_fault(len(cells), width, hidden[number - 1]):
            yield number, line_of(cells), fault
        elif cells:
            yield number, "", cells + [None] * (width - len(cells))


def _row_fault(found: int, width: int, hidden: np.bool_) -> Fault | None:
    if found > width:
        cure = say("name_column_or_clear_cell")
        return Fault("row", say("columns", number=found), say("columns_as_header", number=width), cure)
    if found and hidden:
        cure = say("unmerge")
        return Fault("row", say("merged_cell"), say("cell_each_column"), cure)
    return None
