"""Reads Parquet and Arrow files: whole texts, no type that a later step cannot hold, no more than fits into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import Fault, InputError, say
from .rows import Batch, is_text

MOST_BYTES = 256_000_000
"""Bytes of the texts of some rows once each cell has its own: 4 kB a row of a part."""
NARROW = 64
"""Columns up to which that holds for all bytes of some rows too; of a wider table there may be more."""


def arrow_batches(path: Path, kind: str, rows: int, coded: Callable[[str], bool]) -> Iterator[Batch]:
    """The rows of a Parquet or Arrow file, so many at a time. Raises InputError for one that is none."""
    tables = _parquet_tables(path, rows, coded) if kind == "parquet" else whole_tables(_ipc_tables(path), rows)
    first = 1
    try:
        for table in tables:
            table.validate(full=True)  # of texts that are none, and places beyond a dictionary
            yield Batch(readable(table, str(path)), np.arange(first, first + table.num_rows))
            first += table.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last: the name of a column
        found = str(error).splitlines()[0]
        fault = Fault("table", found, say("file_of_format", format=kind), where=str(path))
        raise InputError(fault) from error


def _parquet_tables(path: Path, rows: int, coded: Callable[[str], bool]) -> Iterator[pa.Table]:
    texts = [f.name for f in pq.read_schema(path) if pa.types.is_string(f.type)]
    names = [name for name in texts if coded(name)]
    names += _folded(path, [name for name in texts if name not in names], rows)
    with pq.ParquetFile(path, read_dictionary=names, buffer_size=1 << 20) as file:
        if not file.metadata.num_rows:
            yield file.schema_arrow.empty_table()
        for batch in file.iter_batches(rows, use_threads=False):
            yield pa.Table.from_batches([batch])


def _folded(path: Path, names: Sequence[str], rows: int) -> set[str]:
    """Columns of which so many rows may have far more letters than the file: their texts may stand there once.

    Raises InputError where so many rows have too many bytes as they stand. What a file tells of its single columns
    is left alone: pyarrow ends the process where that is amiss.
    """
    found: set[str] = set()
    with pq.ParquetFile(path, read_dictionary=names, buffer_size=1 << 20) as file:
        most = MOST_BYTES * max(1, file.metadata.num_columns / NARROW)
        for place in range(file.num_row_groups):
            group = file.metadata.row_group(place)
            bytes_read = group.total_byte_size / max(1, group.num_rows / rows)
            if bytes_read > most:
                raise _too_much(int(bytes_read), str(path))
            found |= _of_long_texts(file, place, sorted(set(names) - found), rows)
    return found


def _of_long_texts(file: pq.ParquetFile, group: int, names: Sequence[str], rows: int) -> set[str]:
    """The columns of a row group of which so many of its longest text are too much: a first row brings all texts."""
    batch = next(file.iter_batches(1, row_groups=[group], columns=names, use_threads=False), None) if names else None
    columns = {} if batch is None else dict(zip(batch.schema.names, batch.columns, strict=True))
    return {name for name, column in columns.items() if _longest(column) * rows > MOST_BYTES}


def _longest(column: pa.Array) -> int:
    """Bytes of the longest text of a dictionary."""
    return int(pc.max(pc.binary_length(column.dictionary)).as_py() or 0) if pa.types.is_dictionary(column.type) else 0


def _ipc_tables(path: Path) -> Iterator[pa.Table]:
    """The batches of an Arrow file, read and not mapped: a file that shrinks meanwhile would end the process."""
    with pa.OSFile(str(path)) as source:
        if source.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(source)
            batches: Iterable[pa.RecordBatch] = (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            source.seek(0)
            reader = batches = pa.ipc.open_stream(source)
        yield reader.schema.empty_table()
        yield from (pa.Table.from_batches([batch]) for batch in batches)


def whole_tables(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of so many, the last one shorter; one empty table if there is none."""
    rest, given = None, False
    for table in tables:
        rest = table if rest is None else pa.concat_tables([rest, table], promote_options="permissive")
        while rest.num_rows >= rows:
            yield rest.slice(0, rows)
            rest, given = rest.slice(rows), True
    if rest is not None and (rest.num_rows or not given):
        yield rest


def readable(table: pa.Table, where: str = "") -> pa.Table:
    """The table with plain columns in place of those that few functions of pyarrow take, or Python cannot hold.

    Raises InputError for columns of another kind, and for texts that unfold to more than may be held.
    """
    if (most := sum(map(_unfolded, table.columns))) > MOST_BYTES:
        raise _too_much(most, where)
    columns, faults = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        try:
            columns.append(_readable(column))
        except (pa.ArrowException, OverflowError, ValueError, KeyError, TypeError):
            cure = say("save_as_text_or_remove")
            faults.append(Fault(name, say("column_of_type", type=str(column.type)), say("plain_column"), cure, where))
    if faults:
        raise InputError(faults)
    return pa.table(columns, names=table.column_names) if table.num_columns else table


def _too_much(number: int, where: str) -> InputError:
    found, expected = say("more_than_bytes", number=MOST_BYTES), say("shorter_cells")
    return InputError(Fault("table", found, expected, say("fold_less", number=number), where))


def _unfolded(column: pa.ChunkedArray) -> int:
    """Bytes that the texts of a dictionary have once each row has its own."""
    if not pa.types.is_dictionary(column.type) or not is_text(_without_view(column.type.value_type)):
        return 0
    return sum(_unfolded_chunk(chunk) for chunk in column.chunks)


def _unfolded_chunk(chunk: pa.DictionaryArray) -> int:
    texts = chunk.dictionary.cast(_without_view(chunk.dictionary.type))
    lengths = pc.fill_null(pc.binary_length(texts), 0).cast(pa.int64())
    return int(pc.sum(lengths.take(chunk.indices)).as_py() or 0)


def _readable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _readable(_stored(column))
    if pa.types.is_run_end_encoded(kind):
        return _readable(pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], kind.value_type))
    if pa.types.is_interval(kind):
        return pa.chunked_array([[None if v is None else str(v) for v in column.to_pylist()]], pa.string())
    if pa.types.is_dictionary(kind):
        return _of_dictionary(column)
    if pa.types.is_temporal(kind):
        return _of_times(column)
    if pa.types.is_nested(kind):
        column.to_pylist()  # what Python cannot hold is told here
        return column
    return column.cast(_without_view(kind)) if _without_view(kind) != kind else column


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """What a type of somebody's own stands for: a truth value, an id as text, else what is stored."""
    stored = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    if column.type.extension_name == "arrow.bool8":
        return stored.cast(pa.bool_())
    if column.type.extension_name == "arrow.uuid":
        texts: list[Any] = [None if value is None else str(UUID(bytes=value)) for value in stored.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return stored


def _of_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A dictionary of texts or numbers as it is; of anything else each row's own value."""
    values = column.type.value_type
    if is_text(values) or pa.types.is_integer(values) or pa.types.is_floating(values) or pa.types.is_null(values):
        return column
    if is_text(_without_view(values)):
        return column.cast(pa.dictionary(column.type.index_type, _without_view(values), column.type.ordered))
    plain = [chunk.dictionary.take(chunk.indices) for chunk in column.chunks]
    return _readable(pa.chunked_array(plain, values))


def _of_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as they are; as texts of their numbers where one is beyond the years of Python, or in no known zone."""
    try:
        pc.min_max(column).as_py()
    except (pa.ArrowException, OverflowError, ValueError, KeyError):
        wide = pa.int64() if column.type.bit_width == 64 else pa.int32()
        return column.cast(wide).cast(pa.string())
    return column


def _without_view(kind: pa.DataType) -> pa.DataType:
    """Plain texts and bytes in place of views."""
    return {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}.get(kind, kind)
