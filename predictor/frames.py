"""A data frame in, a data frame of the same kind out: pandas, polars, Arrow; a row for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .batch import FLAGS, Block, Scorer, has_empty, workers
from .columns import Plan
from .errors import Fault
from .lattice import Cells, Slots
from .tables import column_of

BLOCK = 1 << 18
"""Rows at a time, so that the arrays of a block stay small."""
Run = tuple[int, Cells, Slots]
"""Rows that share a table of cells: the first one, the table, the place of each."""


def score_frame(frame: Any, scorer: Scorer) -> Any:
    """A table in, a table out: a row for each row, of the same kind (pandas, polars, Arrow).

    The columns that are passed through, the answer, and `faults`: empty where a row was scored, else
    every reason why it could not be. A pandas index is kept.
    """
    native = nw.from_native(frame, eager_only=True)
    with ThreadPoolExecutor(workers()) as pool:
        table = _arrow(native, pool)
        plan = scorer.plan(table.column_names)
        if native.implementation.is_pandas():
            return _pandas(native.to_native(), table, plan, scorer, pool)
        parts = list(pool.map(lambda start: _frame_part(table.slice(start, BLOCK), plan, scorer), _starts(table)))
    out = pa.concat_tables(parts).unify_dictionaries() if parts else _frame_part(table, plan, scorer)
    if native.implementation.is_polars():
        import polars

        return polars.from_arrow(out)
    return out


def _starts(table: pa.Table) -> range:
    return range(0, table.num_rows, BLOCK)


def _arrow(native: Any, pool: ThreadPoolExecutor) -> pa.Table:
    """A frame as an Arrow table; a pandas column of mixed values becomes text."""
    try:
        whole = _whole_columns(native, pool)
        if not whole:
            return native.to_arrow().select(list(native.columns))  # without a pandas index
        others = native.select([name for name in native.columns if name not in whole]).to_arrow()
        return pa.table({n: whole[n] if n in whole else others.column(n) for n in native.columns})
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        columns = {name: native[name].to_list() for name in native.columns}
        return pa.table({name: column_of(values) for name, values in columns.items()})


def _whole_columns(native: Any, pool: ThreadPoolExecutor) -> dict[str, pa.Array]:
    """The categories and floats of a pandas frame in which nothing is missing: pyarrow would look at each cell."""
    names = native.columns
    plain = len(set(names)) == len(names) and all(isinstance(name, str) for name in names)
    if not plain or not native.implementation.is_pandas():
        return {}
    frame = native.to_native()
    found = zip(names, pool.map(_nothing_missing, (frame[name] for name in names)), strict=True)
    return {name: cells for name, cells in found if cells is not None}


def _nothing_missing(cells: Any) -> pa.Array | None:
    if cells.dtype == "category":
        codes = cells.cat.codes.to_numpy()
        if len(codes) and codes.min() >= 0:
            words = pa.array(cells.cat.categories, from_pandas=True)
            return pa.DictionaryArray.from_arrays(pa.array(codes), words, safe=False)  # pandas holds them within
    elif cells.dtype == np.float64 and len(told := cells.to_numpy()) and not np.isnan(told.min()):
        return pa.array(told)
    return None


def _frame_part(table: pa.Table, plan: Plan, scorer: Scorer) -> pa.Table:
    block = scorer.block(table)
    out = table.select(plan.passed)
    answers = scorer.answers(block)
    for name in answers.column_names:
        out = out.append_column(name, answers.column(name))
    return out.append_column("faults", _faults_column(block.faults, table.num_rows, scorer))


def _faults_column(faults: Mapping[int, Sequence[Fault]], n: int, scorer: Scorer) -> pa.Array:
    if not faults:
        return pa.nulls(n, pa.string())
    texts: list[str | None] = [None] * n
    for row, found in faults.items():
        texts[row] = scorer.told(found)
    return pa.array(texts, pa.string())


def _no_faults(n: int) -> pa.ChunkedArray:
    """The column of faults where there are none: one array of nothing again and again, so that it takes no time."""
    nothing = pa.nulls(min(n, BLOCK), pa.large_string())
    return pa.chunked_array([nothing.slice(0, n - start) for start in range(0, n, BLOCK)], pa.large_string())


def _pandas(frame: Any, table: pa.Table, plan: Plan, scorer: Scorer, pool: ThreadPoolExecutor) -> Any:
    """The answers as a pandas frame: few arrays of numbers, categories for the texts, no copies between."""
    import pandas as pd

    n = table.num_rows
    blocks = list(pool.map(lambda start: scorer.block(table.slice(start, BLOCK)), _starts(table)))
    faults = {i * BLOCK + row: found for i, block in enumerate(blocks) for row, found in block.faults.items()}
    told = (_faults_column(faults, n, scorer) if faults else _no_faults(n)).to_pandas()
    told.index = frame.index
    passed = [frame[list(plan.passed)]] if plan.passed else []
    answers = _pandas_answers(scorer, list(_runs(blocks)), frame.index, pool)
    return pd.concat([*passed, *answers, told.rename("faults")], axis=1)


def _pandas_answers(scorer: Scorer, runs: Sequence[Run], index: Any, pool: ThreadPoolExecutor) -> Iterator[Any]:
    """Frames that hold the columns of an answer in order: each a view of rows of one array."""
    import pandas as pd

    kinds = _kinds(scorer, runs)
    names = {kind: [name for name in kinds if kinds[name] == kind] for kind in KINDS}
    arrays = {kind: room((len(names[kind]), len(index))) for kind, room in KINDS.items()}
    for start, cells, slots in runs:
        for kind in ("number", "text"):
            _gather(pool, cells, slots, names[kind], arrays[kind][:, start : start + len(slots)])
    for kind, together in groupby(kinds, key=lambda name: kinds[name]):
        some = list(together)
        first = names[kind].index(some[0])
        rows = arrays[kind][first : first + len(some)]
        if kind == "text":
            words = {x: _pandas_words(scorer._words[x].texts, codes, x) for x, codes in zip(some, rows, strict=True)}
            yield pd.DataFrame(words, index=index, copy=False)
        else:
            yield pd.DataFrame(rows.T, index=index, columns=some, copy=False)


def _kinds(scorer: Scorer, runs: Sequence[Run]) -> dict[str, str]:
    """What each column of an answer is: a text, a number, or 0 throughout."""
    numbers = set(scorer.number_names)
    every = all(not has_empty(slots) for _, _, slots in runs)
    zero = {name for name in numbers if every and all(cells.always_zero(name) for _, cells, _ in runs)}
    return {name: "zero" if name in zero else "number" if name in numbers else "text" for name in scorer.columns}


def _room(shape: tuple[int, int], kind: Any = np.float64) -> NDArray[Any]:
    """An empty array in pyarrow's pool, which keeps memory for the next table: fresh pages cost as much as a gather."""
    buffer = pa.allocate_buffer(int(np.prod(shape)) * np.dtype(kind).itemsize)
    return np.frombuffer(buffer, dtype=kind).reshape(shape)


KINDS: dict[str, Callable[[tuple[int, int]], NDArray[Any]]] = {
    "number": _room,
    "text": partial(_room, kind=np.int32),
    "zero": np.zeros,  # the machine makes these pages when they are read
}
"""The array for the columns of each kind."""


def _runs(blocks: Sequence[Block]) -> Iterator[Run]:
    """The runs of blocks that follow each other and share a table of cells."""
    start = 0
    for _, group in groupby(blocks, key=lambda block: id(block.cells)):
        run = list(group)
        slots = np.concatenate([block.slots for block in run])
        yield start, run[0].cells, slots
        start += len(slots)


def _gather(pool: ThreadPoolExecutor, cells: Cells, slots: Slots, names: Sequence[str], out: NDArray[Any]) -> None:
    """Writes some columns of the answers, each by one look-up: two threads would wait for each other in small ones."""
    empty = has_empty(slots)
    list(pool.map(lambda name, into: cells.at(name, slots, empty, into), names, out))


def _pandas_words(texts: Sequence[str], codes: Any, name: str) -> Any:
    """A column of categories, or of flags, from numbers of words."""
    import pandas as pd

    if name in FLAGS:
        flags = codes == 1
        return flags if (codes >= 0).all() else pd.arrays.BooleanArray(flags, codes < 0)
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(texts), dtype="str"), validate=False)
