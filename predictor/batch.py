"""Scores tables of profiles: one flattened answer a row, equal to the single answer to the last bit.

A row that cannot be scored keeps its place with every fault; nothing is lost.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from . import __version__
from .coding import Column, Kinds, row_values
from .errors import Fault, InputError, PredictorError, suggestion
from .explanation import Explainer
from .factors import Condition, Field, normalised
from .faults import fault_text
from .lattice import CANNOT_SAY, Cells, Lattice, Slots, Words
from .library import UNSUPPORTED, Library
from .profile import find_field, is_unknown, tells_condition
from .scorecard import Floats
from .tables import column_of

BLOCK = 1 << 18
"""Rows at a time, so that the arrays of a block stay small."""
FULL = 150_000
"""Distinct cells after which the table of answers starts afresh, so that memory stays bounded."""
ID_NAMES = frozenset(
    normalised(name)
    for name in ("id", "name", "group", "arm", "site", "编号", "序号", "病例号", "患者编号", "组别", "分组")
)
ID_ENDINGS = ("_id", "-id", " id", "编号")

ESTIMATE = (
    *(f"{name}_{part}" for name in ("usual_care", "with_cells") for part in ("probability", "low", "high")),
    *("difference_value", "difference_low", "difference_high", "difference_probability_positive"),
    "worth_patients",
)
RESPONSE = ("category", "category_set", "probability_high", "probability_moderate", "probability_low")
JUDGEMENT = ("added_benefit", "certainty", "certainty_reasons", "abstained", "messages")
FLAGS = frozenset(("abstained",))
GROUPS = ("estimate", "response", "judgement", "levels", "contributions", "evidence")


@dataclass(frozen=True)
class Plan:
    """What each column of a table is: the condition, a field of each condition, or passed through."""

    names: tuple[str, ...]
    condition: str | None
    passed: tuple[str, ...]
    fields: Mapping[str, tuple[Column, ...]]

    def foreign(self, condition: str) -> tuple[str, ...]:
        """Columns that tell a field of another condition only."""
        mine = {column.name for column in self.fields[condition]}
        told = {column.name for columns in self.fields.values() for column in columns}
        return tuple(name for name in self.names if name in told - mine)


def plan_columns(
    names: Sequence[str],
    conditions: Sequence[Condition],
    units: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
) -> Plan:
    """What each column is. Raises InputError with every column that is no field and not to be kept."""
    units = units or {}
    faults = [*_repeated(names), *_misplaced(units, names)]
    chosen = next((name for name in names if tells_condition(name)), None)
    passed = tuple(n for n in names if n != chosen and _passes(n, keep, conditions))
    fields: dict[str, list[Column]] = {condition.id: [] for condition in conditions}
    for name in names:
        if name == chosen or name in passed:
            continue
        found = {c.id: _column(name, c, units.get(name), faults) for c in conditions}
        if not any(found.values()):
            faults.append(_unknown_column(name, conditions))
        for id, column in found.items():
            if column is not None:
                fields[id].append(column)
    faults += [fault for columns in fields.values() for fault in _same_key(columns)]
    if faults:
        raise InputError(list(dict.fromkeys(faults)))
    return Plan(tuple(names), chosen, passed, {id: tuple(columns) for id, columns in fields.items()})


def _repeated(names: Sequence[str]) -> Iterator[Fault]:
    for name in sorted({n for n in names if list(names).count(n) > 1}):
        yield Fault(name, "the column twice", "each column once", "Remove or rename one of the two.")


def _misplaced(units: Mapping[str, str], names: Sequence[str]) -> Iterator[Fault]:
    for name in units:
        if name not in names:
            yield Fault("units", repr(name), "the name of a column", suggestion(name, names))


def _passes(name: str, keep: Sequence[str], conditions: Sequence[Condition]) -> bool:
    """Whether a column is an id, or one that the user keeps; `*` keeps all that are no field."""
    if name in keep:
        return True
    is_field = any(find_field(name, c) for c in conditions)
    is_id = normalised(name) in ID_NAMES or name.casefold().endswith(ID_ENDINGS)
    return not is_field and (is_id or "*" in keep)


def _column(name: str, condition: Condition, unit: str | None, faults: list[Fault]) -> Column | None:
    found = find_field(name, condition)
    if found is None or unit is None:
        return Column(name, name, found) if found is not None else None
    other = _in_unit(found, unit, condition)
    if other is None:
        known = [f.unit for f in condition.by_id[found.factor].fields if f.numeric]
        faults.append(Fault("units", f"{unit} for {name}", f"one of {', '.join(known)}", suggestion(unit, known)))
        return Column(name, name, found)
    return Column(name, other.id, other)


def _in_unit(found: Field, unit: str, condition: Condition) -> Field | None:
    """The field of the same factor with that unit."""
    return next((f for f in condition.by_id[found.factor].fields if f.numeric and f.unit == unit), None)


def _unknown_column(name: str, conditions: Sequence[Condition]) -> Fault:
    known = sorted({word for c in conditions for f in c.fields.values() for word in (f.id, *f.synonyms)})
    fields = sorted({f for c in conditions for f in c.fields})
    cure = suggestion(name, known) or f"To pass it through unused, keep it: --keep {name}."
    return Fault(name, "an unknown column", f"one of {', '.join(fields)}", cure)


def _same_key(columns: Sequence[Column]) -> Iterator[Fault]:
    keys = [column.key for column in columns]
    for column in columns:
        if keys.count(column.key) > 1 and column.name != column.key:
            yield Fault(column.name, f"another column for {column.key}", "each field once", "Remove one of the two.")


@dataclass(frozen=True)
class Block:
    """Rows that have been scored: their places in a table of cells, and the faults of those without one."""

    slots: Slots
    faults: Mapping[int, tuple[Fault, ...]]
    cells: Cells


@dataclass
class _Generation:
    """The cells worked out so far, and the lattices that lead to them."""

    cells: Cells
    lattices: dict[str, Lattice] = field(default_factory=dict)
    unsupported: dict[str, int] = field(default_factory=dict)


class Scorer:
    """Scores tables with the same columns, in any number of threads.

    condition: of every row, or none if a column tells it; units: a unit for a column that has another
    than its name says; keep: further columns to pass through; columns: of the answer, by name or group,
    all if none is named; explainer: of a model that is not in the library.
    """

    def __init__(
        self,
        library: Library,
        condition: str | None = None,
        stance: str = "graded",
        language: str = "en",
        units: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
        columns: Sequence[str] = (),
        explainer: Explainer | None = None,
    ):
        self.library, self.stance, self.language = library, stance, language
        self.explainers = _explainers(library, condition, stance, language, explainer)
        ids = list(self.explainers)
        self.condition = ids[0] if condition or explainer else None
        self.units, self.keep = dict(units or {}), tuple(keep)
        numbers, words = self._names()
        self._words = {name: Words(("false", "true") if name in FLAGS else ()) for name in words}
        self.number_names = tuple(numbers)
        self.columns = self._chosen(columns)
        self._evidence: dict[str, dict[int, Kinds]] = {id: {} for id in ids}
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._generations: dict[tuple[str, ...], _Generation] = {}
        self._lock = threading.Lock()

    @property
    def conditions(self) -> list[Condition]:
        return [explainer.scorecard.condition for explainer in self.explainers.values()]

    def _names(self) -> tuple[list[str], list[str]]:
        """The columns of numbers and of words that the conditions have together."""
        factors = {factor.id: factor for condition in reversed(self.conditions) for factor in condition}
        prognostic = {f.id for condition in self.conditions for f in condition.prognostic}
        numbers = [*ESTIMATE, *(name for name in RESPONSE if name.startswith("probability_"))]
        words = ["condition", *(n for n in RESPONSE if not n.startswith("probability_")), *JUDGEMENT]
        for id in factors:
            numbers += [f"{id}_usual_care"] if id in prognostic else []
            numbers += [f"{id}_effect", f"{id}_effect_from_studies"]
            words += [f"{id}_level", f"{id}_evidence"]
        return numbers, words

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The columns of an answer, in order, by group."""
        names = (*self.number_names, *self._words)
        factors = [name.removesuffix("_level") for name in self._words if name.endswith("_level")]
        parts = ("usual_care", "effect", "effect_from_studies")
        own = [f"{f}_{part}" for f in factors for part in parts if f"{f}_{part}" in names]
        return {
            "condition": ("condition",),
            "estimate": ESTIMATE,
            "response": RESPONSE,
            "judgement": JUDGEMENT,
            "levels": tuple(f"{f}_level" for f in factors),
            "contributions": tuple(own),
            "evidence": tuple(f"{f}_evidence" for f in factors),
        }

    def _chosen(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns asked for, by name or group; all if none is named. Raises InputError."""
        groups = self.groups
        everything = [name for group in groups.values() for name in group]
        faults = [
            Fault("columns", repr(c), "a column or a group of them", suggestion(c, [*groups, *everything]))
            for c in columns
            if c not in groups and c not in everything
        ]
        if faults:
            raise InputError(faults)
        wanted = {name for c in columns for name in groups.get(c, (c,))} or set(everything)
        return tuple(name for name in everything if name in wanted)

    def plan(self, names: Sequence[str]) -> Plan:
        """What each column of a table with these names is. Raises InputError with all the faults."""
        key = tuple(names)
        if key not in self._plans:
            plan = plan_columns(names, self.conditions, self.units, self.keep)
            taken = [name for name in plan.passed if name in (*self.columns, "row", "source", "faults")]
            if taken:
                cure = "Rename it in the table."
                raise InputError([Fault(n, "a name of the output", "another name", cure) for n in taken])
            self._plans[key] = plan
        return self._plans[key]

    def told(self, faults: Sequence[Fault]) -> str:
        """All the faults of a row in one cell, in the language of the answers."""
        catalogue = self.library.catalogue(self.language)
        return " | ".join(fault_text(fault, catalogue) for fault in faults)

    def about(self) -> dict[str, Any]:
        """What goes with a scored table: its intended use, its scorecards, and where contributions start."""
        return dict(self._about)

    @cached_property
    def _about(self) -> dict[str, Any]:
        base = {id: _baseline(explainer) for id, explainer in self.explainers.items()}
        return {
            "intended_use": self.library.catalogue(self.language)("intended_use"),
            "version": __version__,
            "stance": self.stance,
            "scorecards": {id: explainer.scorecard.hash for id, explainer in self.explainers.items()},
            "baseline": base,
        }

    def _generation(self, plan: Plan) -> _Generation:
        """The cells worked out so far for tables with these columns; fresh ones when they are full."""
        with self._lock:
            current = self._generations.get(plan.names)
            if current is None or current.cells.size > FULL:
                cells = Cells(self.number_names, self._words)
                lattices = {
                    id: Lattice(explainer, plan.fields[id], cells, self._evidence[id])
                    for id, explainer in self.explainers.items()
                }
                current = self._generations[plan.names] = _Generation(cells, lattices)
            return current

    def block(self, table: pa.Table) -> Block:
        """Finds the answers of some rows."""
        plan = self.plan(table.column_names)
        generation = self._generation(plan)
        arrays = {name: _whole(table.column(name)) for name in table.column_names if name not in plan.passed}
        slots = np.zeros(table.num_rows, dtype=np.int64)
        faults: dict[int, tuple[Fault, ...]] = {}
        for word, rows in self._by_condition(plan, arrays, table.num_rows):
            self._score_condition(word, rows, plan, generation, arrays, slots, faults)
        return Block(slots, faults, generation.cells)

    def _by_condition(self, plan: Plan, arrays: Mapping[str, pa.Array], n: int) -> Iterator[tuple[Any, Kinds | None]]:
        """(word for the condition, its rows) of a block; rows is None for all."""
        if plan.condition is None:
            yield None, None
            return
        told = arrays[plan.condition]
        coded = told if pa.types.is_dictionary(told.type) else told.dictionary_encode()
        words = [None if is_unknown(word) else word for word in coded.dictionary.to_pylist()]
        at = coded.indices.cast(pa.int64()).fill_null(len(words)).to_numpy(zero_copy_only=False)
        words.append(None)
        for i in np.unique(at).tolist():
            rows = np.flatnonzero(at == i)
            yield words[i], None if len(rows) == n else rows

    def _score_condition(
        self,
        word: Any,
        rows: Kinds | None,
        plan: Plan,
        generation: _Generation,
        arrays: Mapping[str, pa.Array],
        slots: Slots,
        faults: dict[int, tuple[Fault, ...]],
    ) -> None:
        places: Any = slice(None) if rows is None else rows
        numbers = range(len(slots)) if rows is None else rows.tolist()
        try:
            id = self._condition_id(word)
        except PredictorError as error:
            faults.update(dict.fromkeys(numbers, error.faults))
            return
        if id in UNSUPPORTED:
            slots[places] = self._unsupported(id, generation)
            return
        mine = arrays if rows is None else {name: cells.take(pa.array(rows)) for name, cells in arrays.items()}
        found, odd = generation.lattices[id].places(mine, len(numbers))
        for i in np.union1d(odd, _filled([mine[name] for name in plan.foreign(id)])).tolist():
            read = self._alone(id, plan, {name: cells[i].as_py() for name, cells in mine.items()}, generation)
            if isinstance(read, int):
                found[i] = read
            else:
                found[i], faults[numbers[i]] = 0, read
        slots[places] = found

    def _condition_id(self, word: Any) -> str:
        """The condition of a row, from its word and the condition of the table."""
        if self.condition is not None:
            if word is not None:
                self.explainers[self.condition].understand({"condition": word})
            return self.condition
        if word is None:
            expected = f"one of {', '.join(self.library.condition_ids())}"
            raise InputError(Fault("condition", "nothing", expected, "Add condition to the profile."))
        if not isinstance(word, str):
            raise InputError(Fault("condition", repr(word), f"one of {', '.join(self.library.condition_ids())}"))
        return word if word in UNSUPPORTED else self.library.condition_id(word)

    @staticmethod
    def _unsupported(id: str, generation: _Generation) -> int:
        """The place of the answer for a condition without a model: cannot say."""
        if id not in generation.unsupported:
            told = {"condition": id, "category": CANNOT_SAY, "category_set": "", "added_benefit": CANNOT_SAY}
            told |= {"certainty": "very_low", "certainty_reasons": "abstained", "messages": "unsupported_condition"}
            texts = {name: np.array([generation.cells.words[name].number(text)]) for name, text in told.items()}
            generation.unsupported[id] = int(generation.cells.add(1, {}, {**texts, "abstained": np.array([1])})[0])
        return generation.unsupported[id]

    def _alone(self, id: str, plan: Plan, cells: Mapping[str, Any], generation: _Generation) -> int | tuple[Fault, ...]:
        """The place of one row's answer, read as a single profile is; or its faults."""
        told = row_values(plan.fields[id], cells)
        told |= {name: cells[name] for name in plan.foreign(id) if not is_unknown(cells[name])}
        try:
            understood = self.explainers[id].understand(told)
        except PredictorError as error:
            return error.faults
        return generation.lattices[id].place_alone(understood)

    def answers(self, block: Block, rows: Kinds | None = None) -> pa.Table:
        """The answers of a block's rows (of some of them) as an Arrow table, texts as dictionaries."""
        slots = block.slots if rows is None else block.slots[rows]
        empty = _has_empty(slots)
        return pa.table({name: self._gathered(block.cells, name, slots, empty) for name in self.columns})

    def _gathered(self, cells: Cells, name: str, slots: Slots, empty: bool) -> pa.Array:
        absent = empty or name in cells.partial
        if name in cells.words:
            codes = np.take(cells.texts[list(cells.words).index(name)], slots, mode="clip")
            mask = codes < 0 if absent else None
            if name in FLAGS:
                return pa.array(codes == 1, mask=mask)
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), pa.array(cells.words[name].texts))
        return pa.array(cells.numbers_at(name, slots, empty), from_pandas=absent)


def _has_empty(slots: Slots) -> bool:
    """Whether a row without an answer is among some places."""
    return bool(len(slots)) and bool(slots.min() == 0)


def _explainers(
    library: Library, condition: str | None, stance: str, language: str, explainer: Explainer | None
) -> dict[str, Explainer]:
    if explainer is not None:
        return {explainer.scorecard.condition.id: explainer}
    ids = [library.condition_id(condition)] if condition else library.condition_ids()
    return {id: library.explainer(id, stance, language) for id in ids}


def _baseline(explainer: Explainer) -> dict[str, Any]:
    baseline = explainer.predict({}).baseline
    assert baseline is not None
    return {
        "usual_care": baseline.usual_care,
        "effect": baseline.effect,
        "effect_from_studies": baseline.effect_from_studies,
        "evidence": list(baseline.evidence),
    }


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, of a type that can be read."""
    whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    return whole.cast(pa.large_string()) if pa.types.is_string_view(whole.type) else whole


def _filled(columns: Sequence[pa.Array]) -> Kinds:
    """Rows in which one of some columns says something."""
    found: list[Kinds] = [np.zeros(0, dtype=np.int64)]
    for cells in columns:
        coded = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
        says = np.array([not is_unknown(word) for word in coded.dictionary.to_pylist()] + [False])
        at = coded.indices.cast(pa.int64()).fill_null(len(says) - 1).to_numpy(zero_copy_only=False)
        found.append(np.flatnonzero(says[at]))
    return np.unique(np.concatenate(found))


def workers() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def score_frame(frame: Any, scorer: Scorer) -> Any:
    """A table in, a table out: a row for each row, of the same kind (pandas, polars, Arrow).

    The columns that are passed through, the answer, and `faults`: empty where a row was scored, else
    every reason why it could not be. A pandas index is kept.
    """
    native = nw.from_native(frame, eager_only=True)
    table = _arrow(native)
    plan = scorer.plan(table.column_names)
    with ThreadPoolExecutor(workers()) as pool:
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


def _arrow(native: Any) -> pa.Table:
    """A frame as an Arrow table; a pandas column of mixed values becomes text."""
    try:
        whole = _whole_columns(native)
        if not whole:
            return native.to_arrow().select(list(native.columns))  # without a pandas index
        others = native.select([name for name in native.columns if name not in whole]).to_arrow()
        return pa.table({n: whole[n] if n in whole else others.column(n) for n in native.columns})
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        columns = {name: native[name].to_list() for name in native.columns}
        return pa.table({name: column_of(values) for name, values in columns.items()})


def _whole_columns(native: Any) -> dict[str, pa.Array]:
    """The categories and floats of a pandas frame in which nothing is missing: pyarrow would look at each cell."""
    names = native.columns
    plain = len(set(names)) == len(names) and all(isinstance(name, str) for name in names)
    if not plain or not native.implementation.is_pandas():
        return {}
    found = {name: _nothing_missing(cells) for name, cells in native.to_native().items()}
    return {name: cells for name, cells in found.items() if cells is not None}


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
    """The answers as a pandas frame: one array of numbers, categories for the texts, no copies between."""
    import pandas as pd

    n = table.num_rows
    numbers = [name for name in scorer.columns if name in scorer.number_names]
    texts = [name for name in scorer.columns if name not in scorer.number_names]
    values: Floats = _room((len(numbers), n), np.float64)
    codes: NDArray[np.int32] = _room((len(texts), n), np.int32)
    blocks = list(pool.map(lambda start: scorer.block(table.slice(start, BLOCK)), _starts(table)))
    faults = {i * BLOCK + row: found for i, block in enumerate(blocks) for row, found in block.faults.items()}
    for start, cells, slots in _runs(blocks):
        _gather(pool, cells, slots, numbers, values[:, start : start + len(slots)])
        _gather(pool, cells, slots, texts, codes[:, start : start + len(slots)])
    told = (_faults_column(faults, n, scorer) if faults else _no_faults(n)).to_pandas()
    told.index = frame.index
    parts = [frame[list(plan.passed)]] if plan.passed else []
    for is_number, names in groupby(scorer.columns, key=lambda name: name in scorer.number_names):
        if is_number:  # in the order of the answer, so that a run of columns is a view and nothing is copied
            run = list(names)
            rows = slice(numbers.index(run[0]), numbers.index(run[0]) + len(run))
            parts.append(pd.DataFrame(values[rows].T, index=frame.index, columns=run, copy=False))
        else:
            words = {x: _pandas_words(scorer._words[x].texts, codes[texts.index(x)], x) for x in names}
            parts.append(pd.DataFrame(words, index=frame.index, copy=False))
    return pd.concat([*parts, told.rename("faults")], axis=1)


def _runs(blocks: Sequence[Block]) -> Iterator[tuple[int, Cells, Slots]]:
    """(first row, cells, places) of blocks that follow each other and share a table of cells."""
    start = 0
    for _, group in groupby(blocks, key=lambda block: id(block.cells)):
        run = list(group)
        slots = np.concatenate([block.slots for block in run])
        yield start, run[0].cells, slots
        start += len(slots)


def _gather(pool: ThreadPoolExecutor, cells: Cells, slots: Slots, names: Sequence[str], out: NDArray[Any]) -> None:
    """Writes some columns of the answers, each by one look-up: two threads would wait for each other in small ones."""
    empty = _has_empty(slots)
    list(pool.map(lambda name, into: cells.at(name, slots, empty, into), names, out))


def _room(shape: tuple[int, int], kind: Any) -> NDArray[Any]:
    """An empty array in pyarrow's pool, which keeps memory for the next table: fresh pages cost as much as a gather."""
    buffer = pa.allocate_buffer(int(np.prod(shape)) * np.dtype(kind).itemsize)
    return np.frombuffer(buffer, dtype=kind).reshape(shape)


def _pandas_words(texts: Sequence[str], codes: Any, name: str) -> Any:
    """A column of categories, or of flags, from numbers of words."""
    import pandas as pd

    if name in FLAGS:
        flags = codes == 1
        return flags if (codes >= 0).all() else pd.arrays.BooleanArray(flags, codes < 0)
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(texts), dtype="str"), validate=False)
