"""Scores files of any size into a file or a folder, in parts: nothing half written ever has the final name.

Each part is a file of its own and finished before its mark is set, so that a stopped run goes on from its finished
parts. Where the output is a file, it is written from the parts at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .checkpoint import Count, Output, check_unchanged, finished, name_folder, opened, remove_work, set_mark, write_json
from .codes import is_told
from .reading import read_profiles
from .rows import Batch, is_text, text_of
from .scorer import Scorer, workers
from .writing import join, plain_text, write_table

PART = 1 << 16
"""Rows of a part: few, so that two threads with all the columns of an answer stay under 300 MB."""
PARTS = 1_000_000
"""Parts that a file may have: the parts of each are numbered by themselves, whoever scores which file."""
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Piece:
    """The rows of one part; source: the file that they come from, where there are several."""

    number: int
    source: str | None
    batch: Batch


def score_files(
    given: str,
    out: Path,
    scorer: Scorer,
    resume: bool = False,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Count:
    """Scores every table that `given` means into `out`.

    Raises InputError for a file or a column that cannot be used, before anything has the final name.
    """
    total = Count()
    with opened(given, out, scorer, resume) as (files, output):
        found = (pieces(path, place, source_of(path, files), scorer) for place, path in enumerate(files))
        for count in _in_order(chain.from_iterable(found), output, scorer, threads or workers()):
            total += count
            if progress is not None:
                progress(count.rows)
        finish(output, scorer, total)
    return total


def source_of(path: Path, files: Sequence[Path]) -> str | None:
    """What the rows of a file tell of where they come from: its name where there are several."""
    return str(path) if len(files) > 1 else None


def pieces(path: Path, place: int, source: str | None, scorer: Scorer) -> Iterator[Piece]:
    """The parts of one file; place: of the file among those of the run."""
    batches = read_profiles(path, PART, lambda name: is_told(name, scorer.conditions))
    return (Piece(place * PARTS + number, source, batch) for number, batch in enumerate(batches))


def _in_order(found: Iterator[Piece], output: Output, scorer: Scorer, threads: int) -> Iterator[Count]:
    """Scores pieces in several threads and tells of each in turn; one more than there are threads waits at most."""
    pending: deque[Future[Count]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for piece in found:
            if len(pending) > threads:
                yield pending.popleft().result()
            pending.append(pool.submit(score_part, piece, output, scorer))
        while pending:
            yield pending.popleft().result()


def score_part(piece: Piece, output: Output, scorer: Scorer) -> Count:
    """Scores a part that is not finished and writes it: the rejected rows, the scored ones, and last its mark."""
    if (done := finished(output, piece.number)) is not None:
        return done
    scored, rejected = score_piece(piece, scorer)
    if rejected is not None:
        write_table(output.rejected_part(piece.number), "parquet", [rejected], rejected.schema, {})
    write_table(output.part(piece.number), "parquet", [scored], scored.schema, scorer.about())
    read = len(piece.batch.rows) + len(piece.batch.broken)
    count = Count(read, scored.num_rows, 0 if rejected is None else rejected.num_rows)
    set_mark(output, piece.number, count)
    pa.default_memory_pool().release_unused()  # pyarrow would keep what the largest parts took
    return count


def score_piece(piece: Piece, scorer: Scorer) -> tuple[pa.Table, pa.Table | None]:
    """(scored rows, rejected rows or None) of a part."""
    table, numbers = piece.batch.table, piece.batch.rows
    block = scorer.block(table)
    bad = np.array(sorted(block.faults), dtype=np.int64)
    good = np.delete(np.arange(table.num_rows), bad)
    passed = plain_text(table.select(scorer.plan(table.column_names).passed)).take(pa.array(good))
    columns = {"row": pa.array(numbers[good])} | _source(piece, len(good))
    columns |= _columns(passed) | _columns(scorer.answers(block, good))
    rejected = [_broken(piece, scorer)] if piece.batch.broken else []
    if len(bad):
        texts = {faults: scorer.told(faults) for faults in set(block.faults.values())}
        told = [texts[block.faults[row]] for row in bad.tolist()]
        rejected.append(_rejected(piece, numbers[bad], told, table.take(pa.array(bad))))
    together = pa.concat_tables(rejected, promote_options="default").sort_by("row") if rejected else None
    return pa.table(columns), together


def _columns(table: pa.Table) -> dict[str, Any]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _source(piece: Piece, n: int) -> dict[str, Any]:
    """The column that names the file of each row, where there is one."""
    if piece.source is None:
        return {}
    return {"source": pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array([piece.source]))}


def _broken(piece: Piece, scorer: Scorer) -> pa.Table:
    """Lines that are no rows: with their whole text."""
    rows, lines, faults = zip(*piece.batch.broken, strict=True)
    return _rejected(piece, rows, [scorer.told([fault]) for fault in faults], pa.table({"line": lines}))


def _rejected(piece: Piece, rows: Any, faults: Sequence[str], originals: pa.Table) -> pa.Table:
    """Rejected rows: where they stood, every fault, and the original values as text."""
    columns = {"row": pa.array(rows, pa.int64()), "faults": pa.array(faults, pa.string())}
    columns |= {name: column.cast(pa.string()) for name, column in _source(piece, len(faults)).items()}
    for name, column in _columns(plain_text(originals)).items():
        columns[name if name not in columns else f"original_{name}"] = _original(column)
    return pa.table(columns)


def _original(column: pa.ChunkedArray) -> Any:
    if is_text(column.type):
        return column.cast(pa.string())
    return pa.array([None if value is None else text_of(value) for value in column.to_pylist()], pa.string())


def finish(output: Output, scorer: Scorer, total: Count) -> None:
    """Puts the parts together under the final names: what is beside the output first, the output last."""
    if not total.whole:
        raise AssertionError(f"{total}: rows were lost")
    check_unchanged(output)
    about, marked = {**scorer.about(), **asdict(total)}, scorer.language != "en"
    output.rejected.unlink(missing_ok=True)
    _put_together("_rejected-*", output.rejected, output, about, marked)
    if output.beside:
        write_json(output.sidecar, about)
    if output.folder:
        name_folder(output)
    else:
        _put_together("part-*", output.path, output, about, marked)
        remove_work(output)


def _put_together(pattern: str, path: Path, output: Output, about: dict[str, Any], marked: bool) -> None:
    """One table from the parts of a pattern, if there are any."""
    if parts := sorted(output.work.glob(f"{pattern}.parquet")):
        temporary = output.work / f"_whole{path.suffix}"
        join(parts, temporary, output.kind, about, marked)
        temporary.replace(path)
