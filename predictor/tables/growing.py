"""One Parquet file that grows a part at a time, each part encoded once, and goes on after a stop.

A part is encoded where it will stand, so that the offsets in its footer are true. The footer itself is cut
off and kept beside the file; at the end one footer over all the row groups closes it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .writing import ABOUT, PARQUET

TAIL = 8
"""Bytes after a footer: its length in four, and the four letters that end the file."""
MAGIC = 4
"""Letters that begin a file."""
ROOM = 1 << 22
"""Bytes for what a part has beside its values."""


def append(path: Path, table: pa.Table, footer: Path) -> int:
    """Encodes a table after what a file holds, and keeps the footer in a file of its own.

    Gives the length of the file, which holds nothing but row groups until it is closed.
    """
    found: list[pq.FileMetaData] = []
    start = max(MAGIC, path.stat().st_size) if path.exists() else MAGIC
    _make_room(path, start, 2 * table.nbytes + ROOM)
    with pa.memory_map(str(path), "r+") as sink:
        with pq.ParquetWriter(sink, table.schema.remove_metadata(), metadata_collector=found, **PARQUET) as writer:
            sink.seek(start)  # pyarrow only opens a file at its beginning; what stands there it writes again
            writer.write_table(table.replace_schema_metadata(None))
        end = sink.tell()
    found[0].write_metadata_file(str(footer))
    return _without_footer(path, end)


def _make_room(path: Path, start: int, size: int) -> None:
    """Takes the room on the disk before it is written through memory, so that a full disk is an error told here."""
    with path.open("ab") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), start, size)
        else:
            file.truncate(start + size)


def _without_footer(path: Path, end: int) -> int:
    """Cuts off the footer that ends there, and the room that was not used; the length that is left."""
    with path.open("r+b") as file:
        file.seek(end - TAIL)
        return file.truncate(end - TAIL - int.from_bytes(file.read(4), "little"))


def cut(path: Path, length: int) -> bool:
    """Cuts off what a stopped run wrote after its last finished part; whether the file was long enough."""
    if not path.exists() or path.stat().st_size < length:
        return False
    with path.open("r+b") as file:
        file.truncate(length)
    return True


def schema_of(footer: Path) -> pa.Schema:
    """The columns of a part, from its footer."""
    return pq.read_schema(footer).remove_metadata()


def close(path: Path, footers: Sequence[Path], about: bytes) -> None:
    """Makes a file of appended parts a Parquet file: one footer over their row groups, with `about` in it."""
    whole = _empty(schema_of(footers[0]).with_metadata({ABOUT: about}))
    for footer in footers:
        whole.append_row_groups(pq.read_metadata(footer))
    sink = pa.BufferOutputStream()
    whole.write_metadata_file(sink)
    with path.open("ab") as file:
        file.write(sink.getvalue().to_pybytes()[MAGIC:])


def _empty(schema: pa.Schema) -> pq.FileMetaData:
    """The footer of a file without rows."""
    found: list[pq.FileMetaData] = []
    with pq.ParquetWriter(pa.BufferOutputStream(), schema, metadata_collector=found, **PARQUET):
        pass
    return found[0]
