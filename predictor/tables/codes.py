"""Columns of a table to codes: what each cell of a column says of its factor, by array operations.

A column's cells fall into few kinds, and the kinds of a factor's columns come to few states; both are made by
what reads a single profile. An odd row is read alone, so that its faults are those of a single profile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..content.conditions import Condition, Factor, Field
from ..model.scorecard import Floats
from ..profile.fields import FieldReader, Reading
from ..profile.names import find_field
from ..profile.plausibility import disagreeing, in_days
from ..profile.reading import State, clash, state_of
from .rows import is_text

Kinds = NDArray[np.int64]
UNSEEN, ODD = -1, -2
FEW = 256
"""Spellings of a text column up to which its cells are looked up among them, not gathered anew."""
PLAIN_NUMBER = r"^-?\d{1,15}(\.\d{1,15})?$"


@dataclass(frozen=True)
class Column:
    """A column of a table that tells a field: its name there, its name in a profile, the field."""

    name: str
    key: str
    field: Field


def is_told(name: str, conditions: Sequence[Condition]) -> bool:
    """Whether a column tells a field of one of the conditions."""
    return any(find_field(name, condition) is not None for condition in conditions)


def cell_value(value: Any, f: Field) -> Any:
    """A cell's value as a profile takes it; a whole number that a table holds as 1.0 names a level as 1."""
    whole = isinstance(value, (float, Decimal)) and math.isfinite(value) and value == int(value)
    return int(value) if whole and not f.takes_bare_numbers else value


@dataclass(frozen=True)
class Coded:
    """The kinds of n rows as a table of them and each row's place in it, so that what is looked up next by
    kind needs one look-up a row."""

    table: Kinds
    places: NDArray[Any]

    @classmethod
    def of(cls, kinds: Kinds, size: int) -> Coded:
        """Kinds below `size`, one for each row, as they stand."""
        return cls(np.arange(size), kinds)

    @property
    def kinds(self) -> Kinds:
        """The kind of each row."""
        return looked_up(self.table, self.places)

    def at(self, rows: Kinds) -> Kinds:
        """The kinds of some rows."""
        return np.asarray(self.table[self.places[rows]])

    def some(self, rows: Any) -> Coded:
        """The same for some rows."""
        return Coded(self.table, self.places[rows])


def looked_up(values: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    """values[places], by pyarrow: about twice as fast as numpy where the places are small integers."""
    return np.asarray(pc.take(pa.array(values), pa.array(places)).to_numpy(zero_copy_only=False))


def summed(told: Sequence[tuple[Coded, Kinds]]) -> Kinds:
    """The sum over some columns of a value for each kind: by one look-up among the combinations of kinds,
    which must be fewer than 2**15 where there is more than one column."""
    (first, values), *others = told
    table, places = values[first.table], first.places
    for coded, more in others:
        table = (table[:, None] + more[coded.table]).ravel()
        places = places.astype(np.int16, copy=False) * np.int16(len(coded.table)) + coded.places.astype(np.int16)
    return looked_up(table, places)


class ColumnReader:
    """Reads one column: for each cell a kind of its field, and its number where it is one."""

    def __init__(self, column: Column, fields: FieldReader):
        self.column, self.fields = column, fields
        self.compound = False
        """Whether a word was met that tells of other factors too."""
        self._spelt: pa.Array | None = None

    def coded(self, cells: pa.Array) -> tuple[Coded, Floats | None]:
        """(kinds, numbers) of the cells; numbers is None where the column holds names."""
        if pa.types.is_dictionary(cells.type):
            return self._by_dictionary(cells)
        numeric = pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type)
        if numeric and self.fields.field.takes_bare_numbers:
            return self._of_numbers(_floats(cells), whole=pa.types.is_integer(cells.type))
        if pa.types.is_null(cells.type):
            return Coded(np.array([self.fields.unknown]), np.zeros(len(cells), dtype=np.int8)), None
        if is_text(cells.type) or numeric:
            return self._of_text(cells)
        kinds, numbers = self._one_by_one(cells.to_pylist())
        return Coded.of(kinds, self.fields.size), numbers

    def _of_text(self, cells: pa.Array) -> tuple[Coded, Floats | None]:
        if self.fields.field.takes_bare_numbers and (numbers := _plain_numbers(cells)) is not None:
            return self._of_numbers(numbers)
        return self._by_dictionary(self._encoded(cells))

    def _encoded(self, cells: pa.Array) -> pa.DictionaryArray:
        """The cells by number of their spelling: among those of the rows before, if no other occurs."""
        spelt = self._spelt
        if spelt is not None and spelt.type == cells.type:
            at = pc.index_in(cells, value_set=spelt)
            if at.null_count == cells.null_count:
                return pa.DictionaryArray.from_arrays(at, spelt)
        coded = cells.dictionary_encode()
        self._spelt = coded.dictionary if 0 < len(coded.dictionary) <= FEW else None
        return coded

    def _by_dictionary(self, cells: pa.DictionaryArray) -> tuple[Coded, Floats | None]:
        """Each distinct value once, then a look-up; a missing cell is the last entry of the table."""
        kinds, numbers = self._distinct(cells.dictionary)
        at = cells.indices
        if at.null_count:
            at = at.fill_null(pa.scalar(len(kinds), at.type)) if len(kinds) <= _most(at.type) else at.cast(pa.int64())
            at = at.fill_null(len(kinds)) if at.null_count else at
        places = at.to_numpy(zero_copy_only=False)
        found = Coded(np.append(kinds, self.fields.unknown), places)
        return found, None if numbers is None else looked_up(np.append(numbers, np.nan), places)

    def _distinct(self, values: pa.Array) -> tuple[Kinds, Floats | None]:
        if not self.fields.field.takes_bare_numbers or len(values) < 64 or not is_text(values.type):
            return self._one_by_one(values.to_pylist())
        plain = pc.fill_null(pc.match_substring_regex(values, PLAIN_NUMBER), False)
        numbers = pc.if_else(plain, values, pa.scalar(None, values.type)).cast(pa.float64())
        coded, floats = self._of_numbers(_floats(numbers))
        found = coded.kinds.copy()
        others = np.flatnonzero(~plain.to_numpy(zero_copy_only=False))
        if not len(others):
            return found, floats
        found[others], more = self._one_by_one(values.take(pa.array(others)).to_pylist())
        floats = floats.copy()
        floats[others] = np.nan if more is None else more
        return found, floats

    def _one_by_one(self, values: Sequence[Any]) -> tuple[Kinds, Floats | None]:
        read = [self._read(value) for value in values]
        kinds = np.array([kind for kind, _ in read], dtype=np.int64)
        return kinds, np.array([number for _, number in read]) if self.fields.field.numeric else None

    def _read(self, value: Any) -> tuple[int, float]:
        """The kind of one value, as a single profile is read."""
        reading = self.fields.read(self.column.key, cell_value(value, self.fields.field))
        if not isinstance(reading, Reading):
            return (self.fields.unknown if reading is None else self.fields.odd), np.nan
        self.compound |= reading.compound is not None
        return self.fields.kind_of(reading), float(reading.value) if reading.told.measured else np.nan

    def _of_numbers(self, numbers: Floats, whole: bool = False) -> tuple[Coded, Floats]:
        return Coded(*self.fields.of_numbers(numbers, whole)), numbers


class BesideReader(ColumnReader):
    """Reads of a column what its compound words tell of another factor; any other word tells nothing of it."""

    def __init__(self, column: Column, source: FieldReader, fields: FieldReader):
        super().__init__(column, fields)
        self._source = source

    def _read(self, value: Any) -> tuple[int, float]:
        read = self._source.read(self.column.key, cell_value(value, self._source.field))
        beside = read.of(self.fields.factor) if isinstance(read, Reading) else None
        return (self.fields.unknown if beside is None else self.fields.kind_of(beside)), np.nan


def _most(kind: pa.DataType) -> int:
    return int(np.iinfo(kind.to_pandas_dtype()).max)


def _floats(cells: pa.Array) -> Floats:
    """The numbers of an array, NaN where missing."""
    return np.asarray(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _plain_numbers(cells: pa.Array) -> Floats | None:
    """The numbers that all cells of a text column spell, if all do; NaN only where a cell is missing."""
    try:
        _floats(cells.slice(0, FEW))  # a cast that fails takes as long as one of the whole
        numbers = _floats(cells)
    except pa.ArrowInvalid:
        return None
    return numbers if int(np.isnan(numbers).sum()) == cells.null_count else None


class FactorReader:
    """Reads all the columns that tell of one factor, and knows the states met so far."""

    def __init__(self, factor: Factor, columns: Sequence[ColumnReader]):
        self.factor, self.columns = factor, tuple(columns)
        self._sizes = tuple(column.fields.size for column in self.columns)
        self.states: list[State] = [state_of(factor, ())]
        self.state_of: Kinds = np.full(int(np.prod(self._sizes, dtype=np.int64)), UNSEEN, dtype=np.int64)

    def coded(self, cells: Mapping[str, pa.Array]) -> tuple[Coded, list[Floats | None]]:
        """(joint kinds, numbers by column) of the rows."""
        read = [column.coded(cells[column.column.name]) for column in self.columns]
        joint, numbers = read[0][0], [x for _, x in read]
        if len(read) > 1:
            kinds = joint.kinds
            for size, (more, _) in zip(self._sizes[1:], read[1:], strict=True):
                kinds = kinds * size + more.kinds
            joint = Coded.of(kinds, len(self.state_of))
        return joint, numbers

    def learn(self, joint: int) -> None:
        """Makes the state of a joint kind."""
        kinds = np.unravel_index(joint, self._sizes)
        state = self._state([int(kind) for kind in kinds])
        if state is None:
            self.state_of[joint] = ODD
            return
        if state not in self.states:
            self.states.append(state)
        self.state_of[joint] = self.states.index(state)

    def _state(self, kinds: Sequence[int]) -> State | None:
        """What the kinds of the columns come to; None where something is wrong with them."""
        pairs = [(c.fields, kind) for c, kind in zip(self.columns, kinds, strict=True)]
        if any(kind == fields.odd for fields, kind in pairs):
            return None
        readings = [fields.example(kind) for fields, kind in pairs if kind != fields.unknown]
        if clash(readings):
            return None
        return state_of(self.factor, sorted(readings, key=lambda r: not r.told.measured))

    def disagreeing(self, numbers: Sequence[Floats | None]) -> NDArray[np.bool_] | None:
        """Rows in which a later number is not the first one in another unit; None where there is one number."""
        told = [(c.fields.field, x) for c, x in zip(self.columns, numbers, strict=True) if x is not None]
        if len(told) < 2:
            return None
        return np.asarray(disagreeing([f for f, _ in told], [x for _, x in told]).any(axis=0))

    def in_days(self, numbers: Sequence[Floats | None]) -> Floats | None:
        """The first time that each row tells of this factor, in days; None where no column is a time."""
        told = [(c.fields.field, x) for c, x in zip(self.columns, numbers, strict=True) if x is not None]
        return in_days([f for f, _ in told], [x for _, x in told])
