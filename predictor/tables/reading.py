"""Reads tables, a batch of rows at a time: CSV, Excel, Parquet, Arrow, JSON lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..content.documents import irregular
from ..content.library_messages import library_message
from ..errors import Fault, InputError, Phrase, joined, say
from .arrow_files import arrow_batches
from .columns import MOST_COLUMNS
from .csv_files import bounded_lines, csv_batches, encoding_of, too_long_a_row
from .excel import excel_batches
from .rows import Batch, Numbered, as_json, gathered, table_of

KINDS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "csv"),
    ".xlsx": "excel",
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".arrow", ".feather", ".ipc", ".arrows"), "arrow"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
}
OLD_SHEETS = (".xls", ".ods")
MOST_LETTERS = 1 << 20
"""Letters of a line of JSON."""
REASONS = ("row", "source", "faults")
"""What stands before the values of rejected rows."""
HALF_SIGN = re.compile(r"\\u[dD][89a-fA-F]")
"""The code of a half of a character; JSON writes one beyond 65535 as two."""


def kind_of(path: Path) -> str:
    """The format of a file, by its ending. Raises InputError for another."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        expected = say("ending_of", list=joined(KINDS))
        cure = say("save_as_xlsx") if path.suffix.lower() in OLD_SHEETS else ""
        raise InputError(Fault("table", repr(path.suffix or path.name), expected, cure, str(path)))
    return kind


def input_files(name: str) -> list[Path]:
    """The tables that a name means: a file, all the tables of a folder, or those of a pattern.

    Raises InputError if there is none.
    """
    if not name.strip():
        raise InputError(Fault("table", say("nothing"), say("table_or_folder")))
    path = Path(name)
    if path.is_dir():
        tables = (p for p in path.rglob("*") if p.suffix.lower() in KINDS and not p.name.startswith((".", "_")))
        found = [p for p in tables if p.is_file()]
    elif path.exists():
        if fault := irregular(path):
            raise InputError(fault)
        found = [path]
    else:
        found = _matching(path)
    if not found:
        raise InputError(Fault("table", say("no_such_file"), say("table_or_folder"), where=name))
    return sorted(found)


def _matching(pattern: Path) -> list[Path]:
    """The files that a pattern means. Raises InputError for one with `**` beside letters."""
    if any("**" in part and part != "**" for part in pattern.parts):  # Python 3.13 would take it for one star
        raise InputError(Fault("table", say("stars_beside_letters"), say("stars_for_folders"), where=str(pattern)))
    found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
    return [path for path in found if path.is_file()]


def read_batches(path: Path, rows: int, coded: Callable[[str], bool] = lambda _: False) -> Iterator[Batch]:
    """The rows of a table, so many at a time. coded: whether to take a column of text as a dictionary, where the
    format has them. Raises InputError for a file that is no table."""
    kind = kind_of(path)
    if kind == "csv":
        return csv_batches(path, rows)
    if kind == "excel":
        return excel_batches(path, rows)
    if kind == "jsonl":
        return gathered(_json_lines(path), rows, _json_table)
    return arrow_batches(path, kind, rows, coded)


def read_profiles(path: Path, rows: int, coded: Callable[[str], bool]) -> Iterator[Batch]:
    """The same as read_batches; of rejected rows only the values, so that they can be corrected and scored again."""
    for batch in read_batches(path, rows, coded):
        names = batch.table.column_names
        beside = REASONS if {"row", "faults"} <= set(names) else ()
        yield replace(
            batch, table=batch.table.select([place for place, name in enumerate(names) if name not in beside])
        )


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


def _json_lines(path: Path) -> Iterator[Numbered]:
    with path.open(encoding=encoding_of(path)) as file:
        try:
            for number, line in enumerate(bounded_lines(file, MOST_LETTERS), start=1):
                if line.strip():
                    yield number, line.rstrip("\n"), _json_record(line)
        except csv.Error as error:
            raise too_long_a_row(path, MOST_LETTERS) from error


def _json_record(line: str) -> dict[str, Any] | Fault:
    try:
        record = JSON.decode(line.strip())
        if HALF_SIGN.search(line):
            as_json(record).encode()
    except json.JSONDecodeError as error:
        return Fault("row", say("broken_json", problem=library_message(error.msg)), say("json_object_a_line"))
    except tuple(JSON_FAULTS) as error:
        return Fault("row", JSON_FAULTS[type(error)], say("json_object_a_line"))
    return record if isinstance(record, dict) else Fault("row", type(record).__name__, say("json_object_a_line"))


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
JSON_FAULTS: dict[type[Exception], Phrase] = {
    KeyError: say("key_twice"),
    OverflowError: say("infinite_number"),
    RecursionError: say("deep_brackets"),
    UnicodeEncodeError: say("half_character"),
    ValueError: say("many_digits"),
}
"""What is wrong with a line, by the error that it raises."""


def _json_table(records: list[dict[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record))
    if len(names) > MOST_COLUMNS:
        raise InputError(Fault("columns", f"{len(names):,}", say("at_most", number=MOST_COLUMNS)))
    return table_of(names, [[record.get(name) for name in names] for record in records])
