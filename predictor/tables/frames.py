"""A data frame in, a data frame of the same kind out: pandas, polars, Arrow; a row for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import Fault, InputError, say
from ..profile.profile import is_unknown
from .cells import Cells, Slots
from .columns import Plan
from .rows import column_of, repeated
from .scorer import FLAGS, Block, Scorer, has_empty, workers

BLOCK = 1 << 18
"""Rows at a time, so that the arrays of a block stay small."""


@dataclass(frozen=True)
class Run:
    """Rows that share a table of cells: the first one, the table, the place of each."""

    start: int
    cells: Cells
    slots: Slots

    @cached_property
    def empty(self) -> bool:
        """Whether a row without an answer is among them."""
        return has_empty(self.slots)


def score_frame(frame: Any, scorer: Scorer) -> Any:
    """A table in, a table out: a row for each row, of the same kind (pandas, polars, Arrow).

    The columns that are passed through, the answer, and `faults`: empty where a row was scored, else
    every reason why it could not be. A pandas index is kept. Columns of another condition that are empty throughout
    are left out, as of the rows of one condition taken from a table of several.
    """
    if nw.dependencies.is_pandas_dataframe(frame):
        _check_names(list(frame.columns))
    native = nw.from_native(frame, eager_only=True)
    with ThreadPoolExecutor(workers()) as pool:
        table = _without_foreign(_arrow(native, pool), scorer)
        plan = scorer.plan(table.column_names)
        if native.implementation.is_pandas():
            return _pandas(native.to_native(), table, plan, scorer, pool)
        parts = list(pool.map(lambda start: _frame_part(_block_of(table, start), plan, scorer), _starts(table)))
    out = pa.concat_tables(parts).unify_dictionaries() if parts else _frame_part(table, plan, scorer)
    if native.implementation.is_polars():
        import polars

        return polars.from_arrow(out)
    return out


def _without_foreign(table: pa.Table, scorer: Scorer) -> pa.Table:
    """The table without the empty columns that tell a field of another condition only."""
    return table.drop_columns([name for name in scorer.foreign(table.column_names) if _says_nothing(table[name])])


def _says_nothing(cells: pa.ChunkedArray) -> bool:
    return all(is_unknown(value) for value in cells.unique().to_pylist())


def _starts(table: pa.Table) -> range:
    return range(0, table.num_rows, BLOCK)


def _block_of(table: pa.Table, start: int) -> pa.Table:
    return table.slice(
        start, min(BLOCK, table.num_rows - start)
    )  # without columns a slice may be longer than its table


def _check_names(names: Sequence[Any]) -> None:
    """Raises InputError for columns whose name is no text, or that of another."""
    cure = say("name_columns_by_texts")
    faults = [Fault("columns", repr(name), say("a_text"), cure) for name in names if not isinstance(name, str)]
    faults += repeated([name for name in names if isinstance(name, str)])
    if faults:
        raise InputError(faults)


def _arrow(native: Any, pool: ThreadPoolExecutor) -> pa.Table:
    """A frame as an Arrow table; a column of mixed values becomes text."""
    read = _at_once(native, pool)
    others = [name for name in native.columns if name not in read]
    try:
        rest = native.select(others).to_arrow() if others else pa.table({})
        read |= {name: _plain(rest.column(name), native[name]) for name in others}
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        read |= {name: column_of(native[name].to_list()) for name in others}
    rows = pa.table([pa.nulls(len(native))], [""])  # keeps their number where there is no column
    return pa.table({name: read[name] for name in native.columns}) if native.columns else rows.select([])


def _plain(cells: pa.ChunkedArray, given: Any) -> Any:
    """A column as it is; what pyarrow knows only by numbers that stand for it, as a period, by its text."""
    if isinstance(cells.type, pa.BaseExtensionType):
        return pa.array([None if is_unknown(value) else str(value) for value in given.to_list()], pa.string())
    return column_of(given.to_list()) if given.dtype == nw.Object else cells


def _at_once(native: Any, pool: ThreadPoolExecutor) -> dict[str, pa.Array]:
    """The columns of a pandas frame that pyarrow would look at cell by cell, or take for one kind wrongly."""
    if not native.implementation.is_pandas():
        return {}
    frame = native.to_native()
    found = zip(native.columns, pool.map(_as_it_stands, (frame[name] for name in native.columns)), strict=True)
    return {name: cells for name, cells in found if cells is not None}


def _as_it_stands(cells: Any) -> pa.Array | None:
    """The numbers of a column, or its categories where none is missing; texts where it is mixed; else none."""
    if cells.dtype == "category":
        codes = cells.cat.codes.to_numpy()
        if len(codes) and codes.min() >= 0:
            words = pa.array(cells.cat.categories, from_pandas=True)
            return pa.DictionaryArray.from_arrays(pa.array(codes), words, safe=False)  # pandas holds them within
    elif cells.dtype in (np.int64, np.float64):
        return pa.array(cells.to_numpy())  # NaN stays NaN: a cell that says nothing, as one that is missing
    elif cells.dtype == object:
        from pandas.api.types import infer_dtype

        return column_of(cells.tolist()) if infer_dtype(cells) in ("mixed", "mixed-integer") else None
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
    slots = _room((n,), np.int64)
    blocks = list(pool.map(lambda at: scorer.block(_block_of(table, at), slots[at : at + BLOCK]), _starts(table)))
    faults = {i * BLOCK + row: found for i, block in enumerate(blocks) for row, found in block.faults.items()}
    told = (_faults_column(faults, n, scorer) if faults else _no_faults(n)).to_pandas()
    told.index = frame.index
    passed = [frame[list(plan.passed)]] if plan.passed else []
    answers = _pandas_answers(scorer, list(_runs(blocks, slots)), frame.index, pool)
    return pd.concat([*passed, *answers, told.rename("faults")], axis=1)


def _pandas_answers(scorer: Scorer, runs: Sequence[Run], index: Any, pool: ThreadPoolExecutor) -> Iterator[Any]:
    """Frames that hold the columns of an answer in order: numbers as views of rows of one array."""
    import pandas as pd

    kinds = _kinds(scorer, runs)
    names = {kind: [name for name in kinds if kinds[name] == kind] for kind in ("number", "zero")}
    arrays = {"number": _room((len(names["number"]), len(index))), "zero": np.zeros((len(names["zero"]), len(index)))}
    codes = {name: _room((len(index),), _code_type(scorer, name)) for name in kinds if kinds[name] == "text"}
    _gather(pool, runs, {**dict(zip(names["number"], arrays["number"], strict=True)), **codes})
    for kind, together in groupby(kinds, key=lambda name: kinds[name]):
        some = list(together)
        if kind == "text":
            words = {name: _pandas_words(scorer._words[name].texts, codes[name], name) for name in some}
            yield pd.DataFrame(words, index=index, copy=False)
        else:
            first = names[kind].index(some[0])
            yield pd.DataFrame(arrays[kind][first : first + len(some)].T, index=index, columns=some, copy=False)


def _kinds(scorer: Scorer, runs: Sequence[Run]) -> dict[str, str]:
    """What each column of an answer is: a text, a number, or 0 throughout, which is left to the machine: it makes
    the pages of zeros when they are read."""
    numbers = set(scorer.number_names)
    every = not any(run.empty for run in runs)
    zero = {name for name in numbers if every and all(run.cells.always_zero(name) for run in runs)}
    return {name: "zero" if name in zero else "number" if name in numbers else "text" for name in scorer.columns}


def _room(shape: tuple[int, ...], kind: Any = np.float64) -> NDArray[Any]:
    """An empty array in pyarrow's pool, which keeps memory for the next table: fresh pages cost as much as a gather."""
    buffer = pa.allocate_buffer(int(np.prod(shape)) * np.dtype(kind).itemsize)
    return np.frombuffer(buffer, dtype=kind).reshape(shape)


def _code_type(scorer: Scorer, name: str) -> Any:
    """The smallest integers for the words of a column and for none: those that pandas keeps."""
    return np.min_scalar_type(-max(1, len(scorer._words[name].texts)))


def _runs(blocks: Sequence[Block], slots: Slots) -> Iterator[Run]:
    """The runs of blocks that follow each other and share a table of cells; slots: of all the rows."""
    start = 0
    for _, group in groupby(blocks, key=lambda block: id(block.cells)):
        run = list(group)
        stop = start + sum(len(block.slots) for block in run)
        yield Run(start, run[0].cells, slots[start:stop])
        start = stop


def _gather(pool: ThreadPoolExecutor, runs: Sequence[Run], columns: Mapping[str, NDArray[Any]]) -> None:
    """Writes columns of the answers, each by one look-up: two threads would wait for each other in small ones."""
    for run in runs:
        rows = slice(run.start, run.start + len(run.slots))
        look_up = lambda name, run=run, rows=rows: run.cells.at(name, run.slots, run.empty, columns[name][rows])  # noqa: E731
        list(pool.map(look_up, columns))


def _pandas_words(texts: Sequence[str], codes: Any, name: str) -> Any:
    """A column of categories, or of flags, from numbers of words."""
    import pandas as pd

    if name in FLAGS:
        flags = codes == 1
        return flags if (codes >= 0).all() else pd.arrays.BooleanArray(flags, codes < 0)
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(texts), dtype="str"), validate=False)
