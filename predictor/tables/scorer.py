"""Scores tables of profiles: one flattened answer a row, equal to the single answer to the last bit.

A row that cannot be scored keeps its place with every fault; nothing is lost.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import __version__
from ..answer.explanation import Explainer
from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..content.conditions import Condition, without_model
from ..content.wording import fault_text
from ..errors import Fault, InputError, PredictorError, one_of, say, shown, suggestion
from ..model.prediction import ADDED
from ..profile.names import find_field
from ..profile.profile import is_unknown
from .cells import CANNOT_SAY, CellIndex, Cells, Slots, Words
from .codes import Kinds, cell_value
from .columns import Plan, plan_columns
from .meanings import Columns

FULL = 150_000
"""Distinct cells after which the table of answers starts afresh, so that memory stays bounded."""
ESTIMATE = (
    *(f"{name}_{part}" for name in ("usual_care", "with_cells") for part in ("probability", "low", "high")),
    *("difference_value", "difference_low", "difference_high", "difference_probability_positive"),
    "worth_patients",
)
ADDED_RESPONSE = ("added_response", "added_response_set", *(f"probability_{name}" for name in ADDED))
RESPONSE = ("usual_care_response", "with_cells_response")
JUDGEMENT = ("added_benefit", "certainty", "certainty_reasons", "abstained", "messages")
FLAGS = frozenset(("abstained",))
BESIDE = ("row", "source", "faults")
"""Columns that a scored table or its rejected rows have beside the answer."""


@dataclass(frozen=True)
class Block:
    """Rows that have been scored: their places in a table of cells, and the faults of those without one."""

    slots: Slots
    faults: Mapping[int, tuple[Fault, ...]]
    cells: Cells


@dataclass
class _Known:
    """The cells worked out so far, and the ways that lead to them, by the columns of a table."""

    cells: Cells
    indices: dict[tuple[str, ...], dict[str, CellIndex]] = field(default_factory=dict)
    unsupported: dict[str, int] = field(default_factory=dict)


class Scorer:
    """Scores tables with the same columns, in any number of threads.

    condition: of every row, or none if a column tells it; units: a unit for a column that has another
    than its name says; keep: further columns to pass through; columns: of the answer, by name or group,
    all if none is named; explainer: of a model that is not in the library; python: whether faults of columns name
    arguments in place of options.
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
        python: bool = False,
    ):
        self.python = python
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
        self._known = _Known(Cells(self.number_names, self._words))
        self._lock = threading.RLock()  # for whatever is shared: the cells, the words, the evidence

    @property
    def conditions(self) -> list[Condition]:
        return [explainer.scorecard.condition for explainer in self.explainers.values()]

    def _names(self) -> tuple[list[str], list[str]]:
        """The columns of numbers and of words that the conditions have together."""
        factors = {factor.id: factor for condition in reversed(self.conditions) for factor in condition}
        prognostic = {f.id for condition in self.conditions for f in condition.prognostic}
        numbers = [*ESTIMATE, *(name for name in ADDED_RESPONSE if name.startswith("probability_"))]
        words = ["condition", *(n for n in ADDED_RESPONSE if n not in numbers), *RESPONSE, *JUDGEMENT]
        for id in factors:
            numbers += [f"{id}_usual_care"] if id in prognostic else []
            numbers += [f"{id}_effect", f"{id}_effect_from_studies", f"{id}_per_100"]
            words += [f"{id}_level", f"{id}_evidence"]
        return numbers, words

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The columns of an answer, in order, by group."""
        names = (*self.number_names, *self._words)
        factors = [name.removesuffix("_level") for name in self._words if name.endswith("_level")]
        parts = ("usual_care", "effect", "effect_from_studies", "per_100")
        own = [f"{f}_{part}" for f in factors for part in parts if f"{f}_{part}" in names]
        return {
            "condition": ("condition",),
            "added": ADDED_RESPONSE,
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
            Fault("columns", repr(c), say("column_or_group"), suggestion(c, [*groups, *everything]))
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
            plan = plan_columns(names, self.conditions, self.units, self.keep, self.python)
            taken = [name for name in plan.passed if name in (*self.columns, *BESIDE)]
            if taken:
                cure = say("rename_in_table")
                raise InputError([Fault(n, say("output_name"), say("another_name"), cure) for n in taken])
            self._plans[key] = plan
        return self._plans[key]

    def foreign(self, names: Sequence[str]) -> list[str]:
        """The columns that tell a field of another condition of the library only."""
        others = [c for c in self.library.conditions() if c.id not in self.explainers]
        passed = [name for name in names if name in self.keep or any(find_field(name, c) for c in self.conditions)]
        return [name for name in names if name not in passed and any(find_field(name, c) for c in others)]

    def told(self, faults: Sequence[Fault]) -> str:
        """All the faults of a row in one cell, in the language of the answers."""
        return " | ".join(fault_text(fault, self._catalogue) for fault in faults)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return self.library.catalogue(self.language)

    @cached_property
    def glossary(self) -> Columns:
        """What the columns of a scored table mean, in the language of the answers."""
        scorecards = [explainer.scorecard for explainer in self.explainers.values()]
        unsupported = () if self.condition else tuple(without_model(self.conditions))
        return Columns(scorecards, unsupported, self._catalogue)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """A sentence for each column of the answer, and for `row`, `source` and `faults`."""
        return self.glossary.meanings((*BESIDE, *self.columns))

    @cached_property
    def codes(self) -> dict[str, dict[str, str]]:
        """For each column of codes, every code that may stand in it with its meaning."""
        return self.glossary.codes(self.columns)

    def about(self) -> dict[str, Any]:
        """What goes with a scored table: its intended use, its scorecards, where contributions start, and what
        its columns mean, in short since each part of a table repeats it."""
        return dict(self._about)

    @cached_property
    def _about(self) -> dict[str, Any]:
        base = {id: _baseline(explainer) for id, explainer in self.explainers.items()}
        return {
            "intended_use": self._catalogue("intended_use"),
            "version": __version__,
            "stance": self.stance,
            "scorecards": {id: explainer.scorecard.hash for id, explainer in self.explainers.items()},
            "baseline": base,
            "baseline_means": self.glossary.text("columns.baseline"),
            "columns": self.glossary.patterns((*BESIDE, *self.columns)),
            "factors": self.glossary.factors,
        }

    def _ways(self, plan: Plan) -> tuple[_Known, dict[str, CellIndex]]:
        """The cells worked out so far, fresh ones when they are full, and the ways to them for a plan."""
        with self._lock:
            if self._known.cells.size > FULL:
                self._known = _Known(Cells(self.number_names, self._words))
            known = self._known
            if plan.names not in known.indices:
                known.indices[plan.names] = {
                    id: CellIndex(explainer, plan.fields[id], known.cells, self._evidence[id], self._lock)
                    for id, explainer in self.explainers.items()
                }
            return known, known.indices[plan.names]

    def block(self, table: pa.Table, slots: Slots | None = None) -> Block:
        """Finds the answers of some rows. slots: where their places go; a fresh array without."""
        plan = self.plan(table.column_names)
        known, ways = self._ways(plan)
        arrays = {name: _whole(table.column(name)) for name in table.column_names if name not in plan.passed}
        slots = np.empty(table.num_rows, dtype=np.int64) if slots is None else slots
        slots[:] = 0
        faults: dict[int, tuple[Fault, ...]] = {}
        for word, rows in self._by_condition(plan, arrays, table.num_rows):
            numbers = np.arange(table.num_rows) if rows is None else rows
            try:
                id = self._condition_id(word)
            except PredictorError as error:
                faults.update(dict.fromkeys(numbers.tolist(), error.faults))
                continue
            if id not in self.explainers:
                slots[numbers] = self._unsupported(id, known)
            else:
                mine = arrays if rows is None else {name: cells.take(pa.array(rows)) for name, cells in arrays.items()}
                places, odd = ways[id].places(mine, len(numbers))
                slots[numbers] = places
                found = self._alone(id, plan, mine, np.union1d(odd, _filled([mine[n] for n in plan.foreign(id)])))
                faults |= {int(numbers[row]): told for row, told in found.items()}
        slots[list(faults)] = 0
        return Block(slots, faults, known.cells)

    def _by_condition(self, plan: Plan, arrays: Mapping[str, pa.Array], n: int) -> Iterator[tuple[Any, Kinds | None]]:
        """(word for the condition, its rows) of a block; rows is None for all."""
        if plan.condition is None:
            yield None, None
            return
        told = arrays[plan.condition]
        coded = _encoded(told)
        words = [None if is_unknown(word) else word for word in coded.dictionary.to_pylist()]
        at = coded.indices.cast(pa.int64()).fill_null(len(words)).to_numpy(zero_copy_only=False)
        words.append(None)
        for i in np.unique(at).tolist():
            rows = np.flatnonzero(at == i)
            yield words[i], None if len(rows) == n else rows

    def _condition_id(self, word: Any) -> str:
        """The condition of a row, from its word and the condition of the table."""
        if self.condition is not None:
            if word is not None:
                self.explainers[self.condition].understand({"condition": word})
            return self.condition
        if word is None:
            expected = one_of(self.library.condition_ids())
            raise InputError(Fault("condition", say("nothing"), expected, say("add_condition")))
        if not isinstance(word, str):
            raise InputError(Fault("condition", shown(word), one_of(self.library.condition_ids())))
        return self.library.without_model_id(word) or self.library.condition_id(word)

    def _unsupported(self, id: str, known: _Known) -> int:
        """The place of the answer for a condition without a model: cannot say."""
        with self._lock:
            if id not in known.unsupported:
                told = {"condition": id, "added_response": CANNOT_SAY, "added_benefit": CANNOT_SAY}
                told |= dict.fromkeys(("added_response_set", *RESPONSE), "")
                told |= {"certainty": "very_low", "certainty_reasons": "abstained", "messages": "unsupported_condition"}
                texts = {name: np.array([known.cells.words[name].number(text)]) for name, text in told.items()}
                known.unsupported[id] = int(known.cells.add(1, {}, {**texts, "abstained": np.array([1])})[0])
            return known.unsupported[id]

    def _alone(self, id: str, plan: Plan, arrays: Mapping[str, pa.Array], rows: Kinds) -> dict[int, tuple[Fault, ...]]:
        """The faults of odd rows, each read as a single profile is."""
        told = {name: cells.take(pa.array(rows)).to_pylist() for name, cells in arrays.items()}
        own, foreign = {column.name: column for column in plan.fields[id]}, set(plan.foreign(id))
        columns = [(own.get(name), name, told[name]) for name in plan.names if name in own or name in foreign]
        return {
            row: self._faults(
                id,
                {
                    column.key if column else name: cell_value(cells[i], column.field) if column else cells[i]
                    for column, name, cells in columns
                    if not is_unknown(cells[i])
                },
            )
            for i, row in enumerate(rows.tolist())
        }

    def _faults(self, id: str, told: dict[str, Any]) -> tuple[Fault, ...]:
        try:
            self.explainers[id].understand(told)
        except PredictorError as error:
            return error.faults
        raise AssertionError(f"{told}: odd as a row, and understood as a profile")

    def answers(self, block: Block, rows: Kinds | None = None) -> pa.Table:
        """The answers of a block's rows (of some of them) as an Arrow table, texts as dictionaries."""
        slots = block.slots if rows is None else block.slots[rows]
        empty = has_empty(slots)
        return pa.table({name: self._gathered(block.cells, name, slots, empty) for name in self.columns})

    def _gathered(self, cells: Cells, name: str, slots: Slots, empty: bool) -> pa.Array:
        absent = empty or name in cells.partial
        if name in cells.words:
            codes = np.take(cells.texts[list(cells.words).index(name)], slots, mode="clip")
            mask = codes < 0 if absent else None
            if name in FLAGS:
                return pa.array(codes == 1, mask=mask)
            texts = pa.array(cells.words[name].texts, pa.string())
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), texts)
        return pa.array(cells.numbers_at(name, slots, empty), from_pandas=absent)


def has_empty(slots: Slots) -> bool:
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
    answer = explainer.predict({})
    numbers = answer.numbers or answer.extrapolation
    assert numbers is not None
    baseline = numbers.baseline
    return {
        "usual_care": baseline.usual_care,
        "effect": baseline.effect,
        "effect_from_studies": baseline.effect_from_studies,
        "per_100": baseline.per_100.difference,
        "evidence": list(baseline.evidence),
    }


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, of a type that can be read."""
    if pa.types.is_run_end_encoded(column.type):
        column = pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], column.type.value_type)
    whole = column.chunk(0) if column.num_chunks == 1 else _combined(column)
    readable = READABLE.get(whole.type)
    return whole if readable is None else whole.cast(readable)


READABLE = {pa.string_view(): pa.large_string(), pa.float16(): pa.float32()}
"""Types that pyarrow cannot compare, and what they are read as."""


def _combined(column: pa.ChunkedArray) -> pa.Array:
    """The chunks of a column as one; dictionaries that do not go together as their values."""
    try:
        whole = column.combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        whole = column.cast(column.type.value_type).combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    return whole


def _encoded(cells: pa.Array) -> pa.DictionaryArray:
    """The cells by number of their value; values that pyarrow cannot compare each by one of their own."""
    if pa.types.is_dictionary(cells.type):
        return cells
    try:
        return cells.dictionary_encode()
    except pa.ArrowNotImplementedError:
        return pa.DictionaryArray.from_arrays(pa.array(np.arange(len(cells))), cells)


def _filled(columns: Sequence[pa.Array]) -> Kinds:
    """Rows in which one of some columns says something."""
    found: list[Kinds] = [np.zeros(0, dtype=np.int64)]
    for cells in columns:
        coded = _encoded(cells)
        says = np.array([not is_unknown(word) for word in coded.dictionary.to_pylist()] + [False])
        at = coded.indices.cast(pa.int64()).fill_null(len(says) - 1).to_numpy(zero_copy_only=False)
        found.append(np.flatnonzero(says[at]))
    return np.unique(np.concatenate(found))


def workers() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
