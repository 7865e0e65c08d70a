"""Rows of a table as they are read: batches of them, columns from values of any kinds, rows of nothing."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, dropwhile, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import Fault, InputError, say

LOOKED = 20
"""Rows at the top of a table among which the header is looked for."""
MANY = 3
"""Cells that make a row look like a header where the first row has one."""
Record = tuple[int, list[Any], Any]
"""(line of the file, cells, what else is known) of a row as it is read"""
Broken = tuple[int, str, Fault]
"""(row, its text, what is wrong)"""
Numbered = tuple[int, str, Any]
"""(row, its text where something is wrong, its values or what is wrong)"""


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


def gathered(
    records: Iterator[Numbered],
    rows: int,
    made: Callable[[list[Any]], pa.Table],
    hold: Callable[[list[Any], Any], None] = list.append,
) -> Iterator[Batch]:
    """Batches of so many records that are rows, and one even if there is none.

    made: the table of what is held of the rows; hold: how a record is added to that.
    """
    held: list[Any] = []
    numbers: list[int] = []
    broken: list[Broken] = []
    given = False
    for number, text, record in records:
        if isinstance(record, Fault):
            broken.append((number, text, record))
        else:
            hold(held, record)
            numbers.append(number)
        if len(numbers) == rows:
            yield Batch(made(held), np.array(numbers, dtype=np.int64), tuple(broken))
            held, numbers, broken, given = [], [], [], True
    if numbers or broken or not given:
        yield Batch(made(held), np.array(numbers, dtype=np.int64), tuple(broken))


def table_of(names: Sequence[str], records: Sequence[Sequence[Any]]) -> pa.Table:
    """A table with as many rows as records, even without columns."""
    columns = [column_of([record[place] for record in records]) for place in range(len(names))]
    rows = pa.nulls(len(records))
    return pa.Table.from_arrays([*columns, rows], names=[*names, ""]).select(list(range(len(names))))


def column_of(values: Sequence[Any]) -> pa.Array:
    """A column from values of any kinds; where the kinds do not go together or one would change, from their texts."""
    try:
        if not _mixed(values):
            column = pa.array(values, from_pandas=True)
            if not pa.types.is_nested(column.type) or as_json(column.to_pylist()) == as_json(values):
                return column
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    return pa.array([None if _is_missing(v) else text_of(v) for v in values], pa.string())


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


def text_of(value: Any) -> str:
    """A value as text: as JSON or ISO has it where they have it."""
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return as_json(value)
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def as_json(value: Any) -> str:
    """A value as JSON; what JSON does not know as text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def line_of(cells: Sequence[Any], delimiter: str = ",") -> str:
    """Cells as a line of a text table."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(["" if c is None else text_of(c) for c in cells])
    return line.getvalue()


def is_text(kind: pa.DataType) -> bool:
    """Whether a type of column is one of texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def repeated(names: Sequence[str], where: str = "") -> list[Fault]:
    """A fault for each name that stands more than once."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    return [Fault(n, say("column_twice"), say("column_once"), say("remove_or_rename"), where) for n in twice]


def header_and_rows(records: Iterator[Record], path: Path) -> tuple[Record, Iterator[Record]]:
    """The first record that says something, which is the header, and those below it.

    Raises InputError where there is none, and where it looks like a title: it has one cell, a row below it many.
    """
    filled = dropwhile(lambda record: not says(record[1]), records)
    top = list(islice(filled, LOOKED))
    if not top:
        raise InputError(Fault("table", say("nothing"), say("header_and_rows"), say("is_it_saved"), str(path)))
    counts = [(line, sum(cell not in (None, "") for cell in cells)) for line, cells, _ in top]
    wide = next((line for line, count in counts if count >= MANY), 0)
    if counts[0][1] == 1 and wide:
        cure = say("is_header_in_row", number=wide)
        raise InputError(Fault("table", say("one_header_cell"), say("header_and_rows"), cure, str(path)))
    return top[0], chain(top[1:], filled)


def says(cells: Iterable[Any]) -> bool:
    """Whether one of some cells says something."""
    return any(str(cell).strip() for cell in cells if cell is not None)
