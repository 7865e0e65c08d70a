"""Scores files of any size into a file or a folder, in parts: nothing half written ever has the final name.

Each part is finished before its mark is set, so that a stopped run goes on from its finished parts. A part is
a file of its own, or, where the output is one Parquet file, a row group of the file that grows.
"""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import Fault, InputError
from . import growing
from .checkpoint import (
    Count,
    Output,
    mark_of,
    marks,
    opened,
    prepare,
    remove_work,
    set_done,
    set_mark,
    settle,
    write_json,
)
from .codes import is_told
from .reading import kind_of, read_profiles, row_count
from .rows import Batch
from .scorer import Scorer, workers
from .writing import Writer, csv_header, csv_texts, holdable, in_schema, plain_text, unified

BLOCK = 1 << 16
"""Rows of a row group: few, so that two threads with all the columns of an answer stay under 300 MB."""
PART = BLOCK
"""Rows of a part at most: one row group."""
FEWEST = 1 << 12
"""Rows below which a part is not made smaller for the sake of an idle thread."""
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Piece:
    """The rows of one part, with the file that they come from."""

    number: int
    source: str | None
    batch: Batch


@dataclass(frozen=True)
class Scored:
    """The answers of one part: tables with the same columns, and the rejected rows if there are any."""

    number: int
    tables: tuple[pa.Table, ...]
    rejected: pa.Table | None
    count: Count


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
    with opened(given, out) as (files, output):
        return _score(files, output, scorer, resume, progress, threads or workers())


def _score(
    files: Sequence[Path], output: Output, scorer: Scorer, resume: bool, progress: Progress | None, threads: int
) -> Count:
    rows = prepare(output, files, scorer, "threads", _even_rows(files, threads), resume)
    if (done := settle(output)) is not None:
        return done
    total = Count()
    with nothing_left_if_refused(output):
        for count in _in_order(_pieces(files, scorer, rows), scorer, _keeper(output, scorer), threads):
            total += count
            if progress is not None:
                progress(count.rows)
    finish(output, scorer, total)
    return total


def _even_rows(files: Sequence[Path], threads: int) -> int:
    """Rows of a part: of one Parquet file, whose rows are counted, so many that no thread is idle at the end."""
    if len(files) > 1 or kind_of(files[0]) != "parquet":
        return PART
    rows = row_count(files[0])
    parts = threads * ceil(rows / (threads * PART))
    return max(FEWEST, ceil(rows / parts)) if rows > FEWEST else PART


@contextmanager
def nothing_left_if_refused(output: Output) -> Iterator[None]:
    """Takes the work folder away if the input is refused before a part is finished."""
    try:
        yield
    except (InputError, ImportError):
        if mark_of(output, 0) is None:
            remove_work(output)
        raise


def _pieces(files: Sequence[Path], scorer: Scorer, rows: int) -> Iterator[Piece]:
    number = 0
    for path in files:
        source = str(path) if len(files) > 1 else None
        for batch in read_profiles(path, rows, lambda names: told_columns(names, scorer)):
            yield Piece(number, source, batch)
            number += 1


def told_columns(names: Sequence[str], scorer: Scorer) -> list[str]:
    """Text columns that tell fields: few distinct values, so they are read as dictionaries."""
    return [name for name in names if is_told(name, scorer.conditions)]


def _in_order(pieces: Iterator[Piece], scorer: Scorer, keeper: Keeper, threads: int) -> Iterator[Count]:
    """Scores pieces in several threads; those ahead of the one that is kept next stay few."""
    pending: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for piece in pieces:
            done = keeper.finished(piece.number)
            if done is not None:
                yield done
                continue
            if len(pending) == threads + keeper.ahead:
                yield keeper.in_turn(pending.popleft().result())
            pending.append(pool.submit(lambda piece: keeper.at_once(score_piece(piece, scorer)), piece))
        while pending:
            yield keeper.in_turn(pending.popleft().result())


class Keeper(Protocol):
    """Where scored parts go. ahead: how many more than there are threads may be under way."""

    ahead: int

    def finished(self, number: int) -> Count | None:
        """What a run before this one has finished of a part."""

    def at_once(self, scored: Scored) -> Any:
        """What the thread that scored a part does with it."""

    def in_turn(self, kept: Any) -> Count:
        """What is done part after part."""


def _keeper(output: Output, scorer: Scorer) -> Keeper:
    return Growing(output) if output.grows else Separate(output, scorer)


@dataclass
class Separate:
    """Each part a file of its own, written by the thread that scored it: what waits is only read."""

    output: Output
    scorer: Scorer
    ahead: int = 1

    def finished(self, number: int) -> Count | None:
        mark = mark_of(self.output, number)
        return None if mark is None else Count(**mark["count"])

    def at_once(self, scored: Scored) -> Count:
        return write_part(scored, self.output, self.scorer)

    def in_turn(self, kept: Count) -> Count:
        return kept


def write_part(scored: Scored, output: Output, scorer: Scorer) -> Count:
    """Writes one part: the rejected rows, the scored ones, and last its mark."""
    path = output.part(scored.number)
    temporary = path.with_name("_" + path.name)
    about = json.dumps(scorer.about(), ensure_ascii=False).encode()
    with Writer(temporary, output.part_kind, scored.tables[0].schema, about, scorer.language != "en") as writer:
        for table in scored.tables:
            writer.write(table)
    beside = _write_rejected(scored, output)
    temporary.replace(path)
    set_mark(output, scored.number, scored.count, [path, *beside])
    _give_back()
    return scored.count


def _give_back() -> None:
    """Memory of a part that is written goes back to the machine; pyarrow would keep what the largest parts took."""
    pa.default_memory_pool().release_unused()


class Growing:
    """All parts row groups of one file that grows; of another one whenever the columns change.

    What waits here is scored, so that each part ahead holds its whole answers.
    """

    ahead = 0

    def __init__(self, output: Output):
        self.output = output
        self._marks = list(marks(output))
        self._file = int(self._marks[-1]["file"]) if self._marks else 0
        self._schema = growing.schema_of(output.footer(len(self._marks) - 1)) if self._marks else None
        if self._marks and not growing.cut(output.grown(self._file), int(self._marks[-1]["length"])):
            cure = "Leave out --resume to start again."
            raise InputError(Fault("resume", "a file shorter than its parts", "the same run", cure, str(output.work)))
        if not self._marks:
            output.grown(0).unlink(missing_ok=True)
        output.grown(self._file + 1).unlink(missing_ok=True)

    def finished(self, number: int) -> Count | None:
        return Count(**self._marks[number]["count"]) if number < len(self._marks) else None

    def at_once(self, scored: Scored) -> Scored:
        return scored

    def in_turn(self, kept: Scored) -> Count:
        table = holdable(pa.concat_tables(kept.tables), "parquet")
        schema = table.schema.remove_metadata()
        if self._schema is not None and not schema.equals(self._schema):
            self._file += 1
        self._schema = schema
        footer = self.output.footer(kept.number)
        beside = [footer, *_write_rejected(kept, self.output)]
        length = growing.append(self.output.grown(self._file), table, footer)
        set_mark(self.output, kept.number, kept.count, beside, file=self._file, length=length)
        _give_back()
        return kept.count


def score_piece(piece: Piece, scorer: Scorer) -> Scored:
    """Scores one part."""
    good: list[pa.Table] = []
    rejected: list[pa.Table] = [_broken(piece, scorer)] if piece.batch.broken else []
    for start in range(0, max(1, len(piece.batch.rows)), BLOCK):
        some, bad = score_rows(piece, start, scorer)
        good.append(some)
        rejected += [bad] if bad is not None else []
    bad_rows = pa.concat_tables(rejected, promote_options="default").sort_by("row") if rejected else None
    read = len(piece.batch.rows) + len(piece.batch.broken)
    count = Count(read, sum(t.num_rows for t in good), sum(t.num_rows for t in rejected))
    return Scored(piece.number, tuple(good), bad_rows, count)


def _write_rejected(scored: Scored, output: Output) -> list[Path]:
    """The file of the rejected rows, if there are any."""
    if scored.rejected is None:
        return []
    path = output.rejected_part(scored.number)
    pq.write_table(scored.rejected, path)
    return [path]


def score_rows(piece: Piece, start: int, scorer: Scorer) -> tuple[pa.Table, pa.Table | None]:
    """(scored, rejected) of a block of a part's rows; rejected is None where there is none."""
    numbers = piece.batch.rows[start : start + BLOCK]
    table = piece.batch.table.slice(start, len(numbers))
    block = scorer.block(table)
    passed = scorer.plan(table.column_names).passed
    if not block.faults:
        return _joined(piece, numbers, plain_text(table.select(passed)), scorer.answers(block)), None
    bad = np.array(sorted(block.faults), dtype=np.int64)
    good = np.setdiff1d(np.arange(table.num_rows), bad)
    scored = plain_text(table.select(passed)).take(pa.array(good))
    faults = [scorer.told(block.faults[int(row)]) for row in bad]
    return _joined(piece, numbers[good], scored, scorer.answers(block, good)), _rejected(
        piece, numbers[bad], table.take(pa.array(bad)), faults
    )


def _joined(piece: Piece, numbers: Any, passed: pa.Table, answers: pa.Table) -> pa.Table:
    columns: dict[str, Any] = {"row": pa.array(numbers)}
    if piece.source is not None:
        columns["source"] = _same_text(piece.source, len(numbers))
    columns |= {name: passed.column(name) for name in passed.column_names}
    return pa.table({**columns, **{name: answers.column(name) for name in answers.column_names}})


def _same_text(text: str, n: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array([text]))


def _rejected(piece: Piece, numbers: Any, originals: pa.Table, faults: Sequence[str]) -> pa.Table:
    """Rejected rows: where they stood, every fault, and the original values as text."""
    columns: dict[str, Any] = {"row": pa.array(numbers, pa.int64()), "faults": pa.array(faults, pa.string())}
    if piece.source is not None:
        columns["source"] = pa.array([piece.source] * len(faults))
    for name in originals.column_names:
        values = originals.column(name).to_pylist()
        told = name if name not in columns else f"original_{name}"
        columns[told] = pa.array([None if v is None else str(v) for v in values], pa.string())
    return pa.table(columns)


def _broken(piece: Piece, scorer: Scorer) -> pa.Table:
    """Lines that are no rows: with their whole text."""
    rows = np.array([row for row, _, _ in piece.batch.broken])
    texts = pa.table({"line": [text for _, text, _ in piece.batch.broken]})
    return _rejected(piece, rows, texts, [scorer.told([fault]) for _, _, fault in piece.batch.broken])


def finish(output: Output, scorer: Scorer, total: Count) -> None:
    """Puts the parts together under the final names: what is beside the output first, the output last."""
    if not total.whole:
        raise AssertionError(f"{total}: rows were lost")
    parts = sorted(output.work.glob(f"part-*{output.part_suffix}"))
    about, marked = {**scorer.about(), **asdict(total)}, scorer.language != "en"
    whole = None if output.folder else _one_file(output, parts, about, marked)
    _finish_rejected(output, about, marked)
    if output.beside:
        write_json(output.sidecar, about)
    set_done(output, total, whole)
    settle(output)


def _one_file(output: Output, parts: Sequence[Path], about: dict[str, Any], marked: bool) -> Path:
    """The parts as one file, still under a temporary name."""
    grown = _closed(output, about)
    if len(grown) == 1:
        return grown[0]
    if len(parts) == 1 and output.kind == output.part_kind:
        return parts[0]
    temporary = output.work / f"_whole{output.path.suffix}"
    if output.kind == "csv":
        _join_csv(parts, temporary, marked)
    elif output.kind == "jsonl":
        _join_lines(parts, temporary, 0)
    else:
        join_parquet(grown or parts, temporary, output.kind, about)
    return temporary


def _join_lines(parts: Sequence[Path], path: Path, header: int) -> None:
    """One text from texts, of which all but the first lose the lines of their header."""
    with path.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                for _ in range(header if part != parts[0] else 0):
                    file.readline()
                shutil.copyfileobj(file, whole, 1 << 22)


def _join_csv(parts: Sequence[Path], path: Path, marked: bool) -> None:
    """One text table from parts whose columns may differ; then each cell is read and written again, as text."""
    headers = [csv_header(part) for part in parts]
    if len({tuple(names) for names, _ in headers}) == 1:
        _join_lines(parts, path, headers[0][1])
        return
    together = dict.fromkeys(name for names, _ in headers for name in names)
    schema = pa.schema([(name, pa.string()) for name in together])
    with Writer(path, "csv", schema, b"{}", marked) as writer:
        for part, (names, _) in zip(parts, headers, strict=True):
            writer.write(in_schema(csv_texts(part, names), schema))


def _closed(output: Output, about: dict[str, Any]) -> list[Path]:
    """The files that grew, each with its footer."""
    footers: dict[Path, list[Path]] = {}
    for number, mark in enumerate(marks(output) if output.grows else ()):
        if "file" in mark:
            footers.setdefault(output.grown(mark["file"]), []).append(output.footer(number))
    for path, its in footers.items():
        growing.close(path, its, json.dumps(about, ensure_ascii=False).encode())
    return list(footers)


def join_parquet(parts: Sequence[Path], path: Path, kind: str, about: dict[str, Any], marked: bool = False) -> None:
    """One table from Parquet parts, a row group at a time; their columns may differ."""
    schemas = {part: pq.read_schema(part) for part in parts}
    schema = unified(list(schemas.values()), lambda name: _exact_as_floats(schemas, name))
    with Writer(path, kind, schema, json.dumps(about, ensure_ascii=False).encode(), marked) as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.num_row_groups):
                    writer.write(in_schema(file.read_row_group(group), schema))


def _exact_as_floats(schemas: Mapping[Path, pa.Schema], name: str) -> bool:
    """Whether floats hold the whole numbers of a column, which they do up to 2**53."""
    for part, schema in schemas.items():
        if name in schema.names and pa.types.is_integer(schema.field(name).type):
            ends = pc.min_max(pq.read_table(part, columns=[name]).column(0)).as_py()
            if max(abs(end or 0) for end in ends.values()) > 2**53:
                return False
    return True


def _finish_rejected(output: Output, about: dict[str, Any], marked: bool) -> None:
    parts = sorted(output.work.glob("_rejected-*.parquet"))
    if not parts:
        output.rejected.unlink(missing_ok=True)
        return
    temporary = output.work / f"_whole_rejected{output.rejected.suffix}"
    join_parquet(parts, temporary, output.kind, about, marked)
    temporary.replace(output.rejected)
