"""A table of answers, one for each distinct cell of levels that occurs, and the way from a row to its cell.

Codes of the factors make a mixed-radix index, the index finds the cell's place in the table, and an answer
is a look-up. A cell is worked out once, by the code that answers for one profile.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate
from operator import mul
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..answer.explanation import Assessment, Explainer, in_patients
from ..answer.judgement import CERTAINTIES, PARTED, REASONS, UNDECIDED, UNSTUDIED, Flags, reason_names
from ..content.conditions import Condition
from ..model.moments import Codes
from ..model.prediction import ADDED, BENEFITS, RUNS, SETS
from ..model.scorecard import Floats
from ..profile.plausibility import too_long
from ..profile.reading import CONTRADICTORY, Message, State
from .codes import ODD, UNSEEN, BesideReader, Coded, Column, ColumnReader, FactorReader, Kinds, looked_up, summed

DENSE = 1 << 22
"""Combinations of codes up to which the way to a cell is an array; beyond, a hash table."""
MOST = 1 << 12
"""Combinations of kinds up to which the columns that tell them are looked up at once."""
MISSING = -1
CANNOT_SAY = "cannot_say"
Slots = NDArray[np.integer[Any]]


class Words:
    """A growing list of distinct texts, by number."""

    def __init__(self, texts: Sequence[str] = ()):
        self.texts: list[str] = list(texts)
        self._numbers = {text: i for i, text in enumerate(self.texts)}

    def number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


class Cells:
    """The answers of distinct cells, column by column; the first row is of a row that has no answer.

    numbers: columns of floats, NaN where there is none; words: columns of texts by number, -1 where there
    is none; abstained: flags.
    """

    def __init__(self, numbers: Sequence[str], words: Mapping[str, Words]):
        self.number_names, self.words = tuple(numbers), dict(words)
        self.size = 1
        self.numbers: Floats = np.full((len(self.number_names), 1024), np.nan)
        self.texts: NDArray[np.int32] = np.full((len(self.words), 1024), MISSING, dtype=np.int32)
        self.partial: set[str] = set()
        self._varying: Flags = np.zeros(len(self.number_names), dtype=bool)

    def add(self, count: int, numbers: Mapping[str, Floats], texts: Mapping[str, Kinds]) -> Slots:
        """Adds cells and gives their places."""
        self._grow(self.size + count)
        rows = slice(self.size, self.size + count)
        for i, name in enumerate(self.number_names):
            if name in numbers:
                self.numbers[i, rows] = numbers[name]
        for i, name in enumerate(self.words):
            if name in texts:
                self.texts[i, rows] = texts[name]
        found = {name for name, column in numbers.items() if not np.isnan(column).any()}
        found |= {name for name, codes in texts.items() if (codes >= 0).all()}
        self.partial |= {*self.number_names, *self.words} - found
        bits = self.numbers.view(np.int64)  # to the last bit: a zero below zero is another number
        self._varying |= (bits[:, rows] != bits[:, 1:2]).any(axis=1)
        self.size += count
        return np.arange(rows.start, rows.stop)

    def numbers_at(self, name: str, slots: Slots, empty: bool, out: Floats | None = None) -> Floats:
        """A column of numbers at some places; empty: whether a place of no answer is among them."""
        column = self.number_names.index(name)
        if empty or self._varying[column]:
            return np.take(self.numbers[column], slots, out=out, mode="clip")
        found = np.empty(len(slots)) if out is None else out
        found[:] = self.numbers[column, 1]  # the same in all cells: no look-up
        return found

    def always_zero(self, name: str) -> bool:
        """Whether a column of numbers is 0 in every cell, as what an unknown factor adds is."""
        column = self.number_names.index(name)
        return not self._varying[column] and self.numbers[column, 1].tobytes() == bytes(8)

    def at(self, name: str, slots: Slots, empty: bool, out: NDArray[Any]) -> None:
        """Writes a column at some places: its numbers, or the numbers of its words."""
        if name in self.words:
            words = self.texts[list(self.words).index(name), : self.size].astype(out.dtype, copy=False)
            np.take(words, slots, out=out, mode="clip")
        else:
            self.numbers_at(name, slots, empty, out)

    def _grow(self, size: int) -> None:
        room = self.numbers.shape[1]
        if size <= room:
            return
        more = max(size, 2 * room) - room
        self.numbers = np.pad(self.numbers, ((0, 0), (0, more)), constant_values=np.nan)
        self.texts = np.pad(self.texts, ((0, 0), (0, more)), constant_values=MISSING)


@dataclass(frozen=True)
class _Way:
    """From joint kinds to places: for each factor its states times its stride, and the place of an index.

    A change makes a new way, so that threads may go on with the one they hold.
    """

    strides: tuple[int, ...]
    steps: tuple[Kinds, ...]
    radices: tuple[int, ...]
    places: Any

    def index(self, joints: Sequence[Coded | None], n: int) -> Kinds:
        """The mixed-radix index of each row, negative where a kind is odd or new."""
        told = [(joint, steps) for joint, steps in zip(joints, self.steps, strict=True) if joint is not None]
        sums = [summed(group) for group in _few_together(told)]
        return reduce(np.add, sums) if sums else np.zeros(n, dtype=np.int64)

    def of(self, states: Kinds) -> Kinds:
        """The index of rows of states."""
        return np.asarray(states @ np.array(self.strides, dtype=np.int64))

    def states(self, index: Kinds) -> Kinds:
        """The states of the factors at some indices, (n, factors)."""
        pairs = zip(self.strides, self.radices, strict=True)
        return np.column_stack([index // stride % radix for stride, radix in pairs])


class _Numbers:
    """Distinct rows of states, numbered as they come."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._rows: list[Kinds] = []
        self._lock = threading.Lock()

    def of(self, states: Kinds) -> Kinds:
        rows, which = np.unique(states, axis=0, return_inverse=True)
        with self._lock:
            numbers = np.array([self._number(row) for row in rows], dtype=np.int64)
        return np.asarray(numbers[which.reshape(-1)])

    def _number(self, row: Kinds) -> int:
        number = self._numbers.setdefault(row.tobytes(), len(self._rows))
        if number == len(self._rows):
            self._rows.append(row)
        return number

    def rows(self, numbers: Kinds) -> Kinds:
        return np.array([self._rows[number] for number in numbers.tolist()])


@dataclass(frozen=True)
class _NumberedWay(_Way):
    """The same where the combinations are too many to count: an index is the number of a row of states."""

    numbers: _Numbers

    def index(self, joints: Sequence[Coded | None], n: int) -> Kinds:
        each = [summed([(j, steps)]) if j is not None else None for j, steps in zip(joints, self.steps, strict=True)]
        states = np.column_stack([np.zeros(n, dtype=np.int64) if one is None else one for one in each])
        index: Kinds = np.minimum(states, 0).sum(axis=1)
        whole = index == 0
        index[whole] = self.of(states[whole])
        return index

    def of(self, states: Kinds) -> Kinds:
        return self.numbers.of(states)

    def states(self, index: Kinds) -> Kinds:
        return self.numbers.rows(index)


def _few_together(told: Sequence[tuple[Coded, Kinds]]) -> Iterator[list[tuple[Coded, Kinds]]]:
    """Neighbours whose kinds have so few combinations that one look-up serves them all."""
    group: list[tuple[Coded, Kinds]] = []
    for joint, steps in told:
        if group and math.prod(len(coded.table) for coded, _ in group) * len(joint.table) > MOST:
            yield group
            group = []
        group.append((joint, steps))
    if group:
        yield group


class _DensePlaces:
    def __init__(self, size: int):
        self._places = np.full(size, MISSING, dtype=np.int32)

    def find(self, index: Kinds) -> Slots:
        return looked_up(self._places, index)

    def put(self, index: Kinds, slots: Slots) -> None:
        self._places[index] = slots


class _HashedPlaces:
    """The same by pandas' hash table, where an array would be too large."""

    def __init__(self) -> None:
        self._index = np.zeros(0, dtype=np.int64)
        self._slots = np.full(1, MISSING, dtype=np.int64)
        self._table: Any = None

    def find(self, index: Kinds) -> Slots:
        table, slots = self._table, self._slots
        return np.full(len(index), MISSING) if table is None else slots[table.get_indexer(index)]

    def put(self, index: Kinds, slots: Slots) -> None:
        import pandas as pd

        self._index = np.concatenate([self._index, index])
        found = np.concatenate([self._slots[:-1], slots, [MISSING]])
        self._slots, self._table = found, pd.Index(self._index)


ODD_STEP, NEW_STEP = -(1 << 55), -(1 << 45)
"""What an odd and a new kind add to an index: it ends up negative, and the two can be told apart."""
MOST_COUNTED = -NEW_STEP
"""Combinations of states up to which they are counted: an index beyond would hide a kind that is new."""


class CellIndex:
    """The way from the rows of tables with certain columns to the cells of one condition."""

    def __init__(
        self,
        explainer: Explainer,
        columns: Sequence[Column],
        cells: Cells,
        evidence: dict[int, Kinds],
        lock: threading.RLock,
        compounds: bool = False,
    ):
        """compounds: whether words that tell several factors at once are looked for in the columns of each."""
        self._columns, self._compounds = tuple(columns), compounds
        self.explainer, self.cells, self.evidence = explainer, cells, evidence
        self.condition: Condition = explainer.scorecard.condition
        self.readers = [self._reader(factor.id, columns) for factor in self.condition]
        self._lock = lock  # of all that add to the same cells
        self._states: Kinds = np.zeros((0, len(self.readers)), dtype=np.int64)
        self._slots: Slots = np.zeros(0, dtype=np.int64)
        self._numbers = _Numbers()
        self._way = self._new_way()

    def _reader(self, factor_id: str, columns: Sequence[Column]) -> FactorReader:
        mine = [c for c in columns if c.field.factor == factor_id]
        readers = [ColumnReader(column, self.explainer.reader.field(column.field)) for column in mine]
        if self._compounds:
            readers += [self._beside(factor_id, column) for column in columns if self._tells_beside(column, factor_id)]
        return FactorReader(self.condition.by_id[factor_id], readers)

    def _tells_beside(self, column: Column, factor_id: str) -> bool:
        """Whether a compound word in a column of another factor may tell this one."""
        other = column.field.factor
        return other != factor_id and any({other, factor_id} <= c.levels.keys() for c in self.condition.compounds)

    def _beside(self, factor_id: str, column: Column) -> ColumnReader:
        known, told = self.explainer.reader, self.condition.by_id[factor_id].named_field
        beside = known.field(replace(told, id=f"{column.field.id}:{told.id}"))
        return BesideReader(column, known.field(column.field), beside)

    @cached_property
    def _with_compounds(self) -> CellIndex:
        """The same way for tables with a compound word: each factor is looked for in more columns."""
        return CellIndex(self.explainer, self._columns, self.cells, self.evidence, self._lock, compounds=True)

    def places(self, table: Mapping[str, pa.Array], n: int) -> tuple[Slots, Kinds]:
        """(places, odd rows) of n rows; an odd row, which has place 0, has something wrong with it."""
        read = [reader.coded(table) if reader.columns else None for reader in self.readers]
        if not self._compounds and any(column.compound for reader in self.readers for column in reader.columns):
            return self._with_compounds.places(table, n)
        joints = [r[0] if r is not None else None for r in read]
        way, index = self._index(joints, n)
        odd = index < 0
        self._mark_disagreeing(read, odd)
        if not odd.any():
            return self._find(way, index, joints), np.zeros(0, dtype=np.int64)
        slots, some = np.zeros(n, dtype=np.int64), np.flatnonzero(~odd)
        slots[some] = self._find(way, index[some], [None if j is None else j.some(some) for j in joints])
        return slots, np.flatnonzero(odd)

    def _index(self, joints: Sequence[Coded | None], n: int) -> tuple[_Way, Kinds]:
        """The index of each row, once every kind that occurs is understood."""
        way = self._way
        index = way.index(joints, n)
        if n and index.min() < 0:
            new = np.flatnonzero((index < 0) & (index > ODD_STEP // 2))
            if len(new):
                self._learn(joints, new)
                way = self._way
                index = way.index(joints, n)
        return way, index

    def _learn(self, joints: Sequence[Coded | None], rows: Kinds) -> None:
        with self._lock:
            for reader, joint in zip(self.readers, joints, strict=True):
                if joint is not None:
                    met = np.zeros(len(reader.state_of), dtype=bool)
                    met[joint.at(rows)] = True
                    for kind in np.flatnonzero(met & (reader.state_of == UNSEEN)).tolist():
                        reader.learn(kind)
            self._way = self._new_way()

    def _new_way(self) -> _Way:
        radices = tuple(len(reader.states) for reader in self.readers)
        size = math.prod(radices)
        counted = size <= MOST_COUNTED
        strides = tuple(accumulate(radices[:-1], mul, initial=1)) if counted else (1,) * len(radices)
        steps = []
        for reader, stride in zip(self.readers, strides, strict=True):
            states = reader.state_of
            steps.append(np.where(states == ODD, ODD_STEP, np.where(states == UNSEEN, NEW_STEP, states * stride)))
        told = strides, tuple(steps), radices, _DensePlaces(size) if size <= DENSE else _HashedPlaces()
        way = _Way(*told) if counted else _NumberedWay(*told, self._numbers)
        if len(self._slots):
            way.places.put(way.of(self._states), self._slots)
        return way

    def _mark_disagreeing(self, read: Any, odd: Flags) -> None:
        """Marks rows whose values do not go together, which only the numbers themselves can tell."""
        times: dict[str, Floats | None] = {}
        for reader, found in zip(self.readers, read, strict=True):
            if found is not None:
                flags = reader.disagreeing(found[1])
                if flags is not None:
                    odd |= flags
                times[reader.factor.id] = reader.in_days(found[1])
        for limit in self.condition.time_limits:
            time, than = times.get(limit.factor), times.get(limit.than)
            if time is not None and than is not None:
                odd |= too_long(limit, time, than)

    def _find(self, way: _Way, index: Kinds, joints: Sequence[Coded | None]) -> Slots:
        """The places of cells, working out those that are new."""
        slots: Slots = way.places.find(index)
        if len(slots) and slots.min() == MISSING:
            with self._lock:
                if way is not self._way:
                    way = self._way
                    index = way.index(joints, len(index))
                self._add(way, np.unique(index[way.places.find(index) == MISSING]))
                slots = way.places.find(index)
        return slots

    def _add(self, way: _Way, index: Kinds) -> None:
        """Works out the cells at some indices."""
        if not len(index):
            return
        states = way.states(index)
        slots = self._work_out(states)
        self._states, self._slots = np.vstack([self._states, states]), np.concatenate([self._slots, slots])
        way.places.put(index, slots)

    def _work_out(self, states: Kinds) -> Slots:
        """The answers of cells given by the states of their factors."""
        codes = self._of_states(states, lambda state: state.code)
        forbidding = self._of_states(states, lambda state: any(m.severity == "abstain" for m in state.remarks))
        contradictions = self._contradictions(states, codes)
        outside = np.asarray(forbidding.any(axis=1) | contradictions.any(axis=1))
        assessment = self.explainer.assess(codes, outside)
        told = {**estimated(assessment), **self._contributed(assessment)}
        numbers = {name: np.where(assessment.verdict.abstained, np.nan, column) for name, column in told.items()}
        texts = {**self._worded(codes), **self._judged(assessment)}
        texts["messages"] = self._messages(assessment, states, contradictions)
        return self.cells.add(len(codes), numbers, texts)

    def _of_states(self, states: Kinds, told: Callable[[State], Any]) -> NDArray[Any]:
        """What each state tells, (n, factors)."""
        columns = [np.array(list(map(told, reader.states)))[states[:, f]] for f, reader in enumerate(self.readers)]
        return np.column_stack(columns)

    def _contradictions(self, states: Kinds, codes: Codes) -> Flags:
        """(n, contradictions) : whether each holds."""
        known = self.explainer.reader.contradictions
        return known.found(codes, {name: self._category(states, name) for name in known.fields})

    def _category(self, states: Kinds, field: str) -> Kinds:
        """The category that is told in a field, (n,), -1 where none is."""
        return np.asarray(self._of_states(states, lambda state: dict(state.categories).get(field, -1)).max(axis=1))

    def _messages(self, a: Assessment, states: Kinds, contradictions: Flags) -> Kinds:
        """All that must be said of each cell, by number: of the profile first, then of the answer."""
        said: list[tuple[Kinds, Sequence[Sequence[Message]]]] = []
        for name in ("remarks", "assumed"):
            said += [(states[:, f], [getattr(s, name) for s in r.states]) for f, r in enumerate(self.readers)]
        said += [(flags.astype(np.int64), [(), (CONTRADICTORY,)]) for flags in contradictions.T]
        parts = [(which, [[m.code for m in messages] for messages in each]) for which, each in said]
        parts += [(kinds, _alone(UNSTUDIED)) for kinds in a.verdict.unstudied.T]
        parts.append((a.verdict.undecided, _alone(UNDECIDED)))
        parts.append((a.verdict.parted, _alone(PARTED)))
        parts.append((np.zeros(len(states), np.int64), [[m.code for m in self.explainer.retractions]]))
        parts = [part for part in parts if any(part[1])]
        rows, found = _distinct([which for which, _ in parts])
        texts = [";".join(code for k, (_, each) in zip(row, parts, strict=True) for code in each[k]) for row in rows]
        words = self.cells.words["messages"]
        return np.array([words.number(text) for text in texts])[found]

    def _contributed(self, a: Assessment) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        usual, cells = in_patients(a.estimate, a.parts)
        for f, factor in enumerate(self.condition):
            found[f"{factor.id}_per_100"] = cells[:, f] - usual[:, f]
            if factor.prognostic:
                found[f"{factor.id}_usual_care"] = a.parts.usual_care[:, f]
            found[f"{factor.id}_effect"] = a.parts.effect[:, f]
            found[f"{factor.id}_effect_from_studies"] = a.studies.effect[:, f]
        return found

    def _worded(self, codes: Codes) -> dict[str, Kinds]:
        """The levels of the factors and the evidence behind what they add, by number."""
        found = {"condition": np.full(len(codes), self.cells.words["condition"].number(self.condition.id))}
        for f, factor in enumerate(self.condition):
            words = self.cells.words[f"{factor.id}_level"]
            numbers = [words.number(level) for level in factor.level_ids]
            found[f"{factor.id}_level"] = np.array([*numbers, MISSING])[codes[:, f]]
            found[f"{factor.id}_evidence"] = self._evidence_of(f, codes)
        return found

    def _evidence_of(self, f: int, codes: Codes) -> Kinds:
        """The evidence depends on the factor and those that it interacts with: once for each of their cells."""
        near = self._neighbours[f]
        sizes = [len(self.condition.factors[g].levels) + 1 for g in near]
        known = self.evidence.setdefault(f, np.full(int(np.prod(sizes)), MISSING))
        where = np.ravel_multi_index(tuple(codes[:, near].T), tuple(sizes))
        new = np.unique(where[known[where] == MISSING])
        if len(new):
            some = np.array([[len(factor.levels) for factor in self.condition]] * len(new), dtype=np.int64)
            some[:, near] = np.column_stack(np.unravel_index(new, tuple(sizes)))
            words = self.cells.words[f"{self.condition.factors[f].id}_evidence"]
            known[new] = [words.number(";".join(ids)) for ids in self.explainer.evidence_behind(f, some)]
        return np.asarray(known[where])

    @cached_property
    def _neighbours(self) -> list[list[int]]:
        places = {factor.id: f for f, factor in enumerate(self.condition)}
        near: list[set[int]] = [{f} for f in places.values()]
        for term in self.explainer.scorecard.interactions:
            pair = {places[part.split(":")[0]] for part in term.removeprefix("modifier:").split("*")}
            for f in pair:
                near[f] |= pair
        return [sorted(group) for group in near]

    def _judged(self, a: Assessment) -> dict[str, Kinds]:
        """What cells add, the response, the benefit, certainty and abstention, by number in their words; the last of
        what may be said is that it cannot be said."""
        names: dict[str, tuple[Kinds, Sequence[str]]] = {
            "added_response": (a.verdict.added, (*ADDED, CANNOT_SAY)),
            "added_response_set": (a.verdict.run, (*map(";".join, RUNS), "")),
            "usual_care_response": (a.verdict.usual, (*map(";".join, SETS), "")),
            "with_cells_response": (a.verdict.cells, (*map(";".join, SETS), "")),
            "added_benefit": (a.verdict.benefit, (*BENEFITS, CANNOT_SAY)),
            "certainty": (a.certainties, CERTAINTIES),
            "certainty_reasons": (
                np.searchsorted(REASONS, a.reasons),
                [";".join(reason_names(bits)) for bits in REASONS],
            ),
        }
        found = {
            name: np.array([self.cells.words[name].number(text) for text in texts])[which]
            for name, (which, texts) in names.items()
        }
        return {**found, "abstained": a.verdict.abstained.astype(np.int64)}


def _distinct(columns: Sequence[Kinds]) -> tuple[Kinds, Kinds]:
    """(distinct rows, which of them each row is) of some columns of small numbers."""
    which = np.zeros(len(columns[0]), dtype=np.int64)
    for column in filter(np.any, columns):
        _, which = np.unique(which * (int(column.max()) + 1) + column, return_inverse=True)
    _, first = np.unique(which, return_index=True)
    return np.column_stack([column[first] for column in columns]), which


def _alone(codes: Sequence[str]) -> list[list[str]]:
    """Each code as a list of its own, an empty one for none."""
    return [[code] if code else [] for code in codes]


def estimated(a: Assessment) -> dict[str, Floats]:
    """The numbers of the estimate, by the names of an answer's record."""
    e = a.estimate
    found: dict[str, Floats] = {}
    for name, interval in (("usual_care", e.usual_care), ("with_cells", e.with_cells)):
        found |= {f"{name}_{part}": getattr(interval, part) for part in ("probability", "low", "high")}
    found["difference_value"] = e.difference.probability
    found |= {"difference_low": e.difference.low, "difference_high": e.difference.high}
    found["difference_probability_positive"] = e.probability_positive
    found |= {f"probability_{name}": e.added[:, i] for i, name in enumerate(ADDED)}
    return {**found, "worth_patients": e.worth_patients}
