"""Columns of a table to codes: what each cell of a column says of its factor, by array operations.

A column's cells fall into few kinds: a level by name, a number in a band, unknown, or odd. Each kind is
understood once, by the code that reads a single profile; an odd row is read alone, so that its
faults are those of a single profile to the letter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..answer.explanation import Explainer
from ..content.conditions import DAYS, Condition, Factor, Field
from ..errors import PredictorError
from ..model.scorecard import Floats
from ..profile.reading import Message, Understood, find_field, is_unknown
from .rows import is_text

Kinds = NDArray[np.int64]
UNSEEN, ODD = -1, -2
REMEMBERED = 100_000
"""Spellings of a column that are kept with their kind."""
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
    if isinstance(value, (float, Decimal)) and not f.numeric and math.isfinite(value) and value == int(value):
        return int(value)
    return value


def row_values(columns: Sequence[Column], cells: Mapping[str, Any]) -> dict[str, Any]:
    """The profile that a row tells: its cells by field name, without those that say `unknown`."""
    told = {c.key: cell_value(cells[c.name], c.field) for c in columns if c.name in cells}
    return {key: value for key, value in told.items() if not is_unknown(value)}


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


@dataclass
class Bands:
    """The levels of a factor along a measured quantity, as cuts to compare with.

    cuts : (value, closed) in rising order; a number lies past a cut if it is above it, or at it
    where the cut is closed. levels : the level index between the cuts, one more than cuts.
    """

    cuts: list[tuple[float, bool]]
    levels: Kinds

    @classmethod
    def of(cls, factor: Factor) -> Bands:
        ends = sorted({e for lv in factor.levels for b in lv.bands for e in (b.lower, b.upper) if np.isfinite(e)})
        cuts: list[tuple[float, bool]] = []
        found = [_level_index(factor, np.nextafter(ends[0], -np.inf))]
        for end in ends:
            for value, cut in ((end, (end, True)), (np.nextafter(end, np.inf), (end, False))):
                if (level := _level_index(factor, value)) != found[-1]:
                    cuts.append(cut)
                    found.append(level)
        return cls(cuts, np.array(found, dtype=np.int64))

    def level_of(self, measures: Floats) -> Coded:
        """The level index of each measure, by one compare-and-add for each cut."""
        past = np.zeros(len(measures), dtype=np.int8)
        for value, closed in self.cuts:
            beyond = measures >= value if closed else measures > value
            np.add(past, beyond.view(np.int8), out=past)
        return Coded(self.levels, past)


def _level_index(factor: Factor, measure: float) -> int:
    level = factor.level_at(float(measure))
    return factor.level_ids.index(level) if level is not None else -1


class ColumnReader:
    """Reads one column: for each cell a kind, and its number where it is one.

    Kinds: levels x (1 + hints of where it was studied), then named levels or categories, then
    unknown, then odd.
    """

    def __init__(self, column: Column, explainer: Explainer):
        self.column, self.field = column, column.field
        self.explainer = explainer
        self.condition: Condition = explainer.scorecard.condition
        self.factor: Factor = self.condition.by_id[column.field.factor]
        self._k = len(self.factor.levels)
        self._bands = Bands.of(self.factor) if self.field.numeric else None
        self._hints = [o for o in self.factor.fields if o.numeric and o.id != self.field.id] if self._checked else []
        self._measured = (self._k << (1 + len(self._hints)) if self._checked else self._k) if self.field.numeric else 0
        names = len(self.field.categories) or self._k
        self.unknown = self._measured + names
        self.odd = self.unknown + 1
        self.size = self.odd + 1
        self.example: dict[int, Any] = {}
        self._memo: dict[tuple[type, Any], tuple[int, float]] = {}
        self._spelt: pa.Array | None = None

    @property
    def _checked(self) -> bool:
        """Whether a number may lie outside what was studied."""
        return self.field.numeric and bool(self.factor.studied)

    def coded(self, cells: pa.Array) -> tuple[Coded, Floats | None]:
        """(kinds, numbers) of the cells; numbers is None where the column holds names."""
        if pa.types.is_dictionary(cells.type):
            return self._by_dictionary(cells)
        numeric = pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type)
        if numeric and self.field.numeric:
            return self._of_numbers(_floats(cells), whole=pa.types.is_integer(cells.type))
        if pa.types.is_null(cells.type):
            return Coded(np.array([self.unknown]), np.zeros(len(cells), dtype=np.int8)), None
        if is_text(cells.type) or numeric:
            return self._of_text(cells)
        kinds, numbers = self._one_by_one(cells.to_pylist())
        return Coded.of(kinds, self.size), numbers

    def _of_text(self, cells: pa.Array) -> tuple[Coded, Floats | None]:
        if self.field.numeric and (numbers := _plain_numbers(cells)) is not None:
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
        found = Coded(np.append(kinds, self.unknown), places)
        return found, None if numbers is None else looked_up(np.append(numbers, np.nan), places)

    def _distinct(self, values: pa.Array) -> tuple[Kinds, Floats | None]:
        if not self.field.numeric or len(values) < 64 or not is_text(values.type):
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
        read = [self._kind_of(value) for value in values]
        kinds = np.array([kind for kind, _ in read], dtype=np.int64)
        return kinds, np.array([number for _, number in read]) if self.field.numeric else None

    def _kind_of(self, value: Any) -> tuple[int, float]:
        try:
            key = (type(value), value)
            found = self._memo.get(key)
            if found is None:
                if len(self._memo) >= REMEMBERED:
                    self._memo.clear()
                found = self._memo[key] = self._read(value)
            return found
        except TypeError:  # a list or the like cannot be a key
            return self.odd, np.nan

    def _read(self, value: Any) -> tuple[int, float]:
        """The kind of one value, as a single profile is read."""
        value = cell_value(value, self.field)
        if is_unknown(value):
            return self.unknown, np.nan
        try:
            understood = self.explainer.understand({self.column.key: value})
        except PredictorError:
            return self.odd, np.nan
        told = understood.stated[self.field.id]
        if self.field.numeric and not isinstance(told, str):
            coded, numbers = self._of_numbers(np.array([float(told)]))
            return int(coded.kinds[0]), float(numbers[0])
        kind = self._measured + self._named(understood, told)
        self.example.setdefault(kind, value)
        return kind, np.nan

    def _named(self, understood: Understood, told: Any) -> int:
        if self.field.categories:
            return list(self.field.categories).index(str(told))
        return self.factor.level_ids.index(str(understood.levels[self.factor.id]))

    def _of_numbers(self, numbers: Floats, whole: bool = False) -> tuple[Coded, Floats]:
        """(kinds, numbers); whole: whether they are known to be whole where they are not missing."""
        assert self._bands is not None
        measures = numbers * self.field.multiply_by if self.field.multiply_by != 1 else numbers
        coded = self._bands.level_of(measures)
        outside, fits = self._outside(measures), self._fitting(numbers, whole)
        if outside is None and fits is None:
            return coded, numbers
        kinds = coded.kinds.copy()
        if outside is not None:
            self._add_hints(kinds, numbers, outside)
        if fits is not None:
            kinds[~fits] = np.where(np.isnan(numbers[~fits]), self.unknown, self.odd)
        return Coded.of(kinds, self.size), numbers

    def _outside(self, measures: Floats) -> Kinds | None:
        """The rows outside what was studied; None where there is none."""
        if not self._checked:
            return None
        low, high = self.factor.studied["minimum"], self.factor.studied["maximum"]
        if _within(measures, low, high):
            return None
        return np.flatnonzero((measures < low) | (measures > high))

    def _fitting(self, numbers: Floats, whole: bool) -> NDArray[np.bool_] | None:
        """Whether each number can be one of this field; None where all can."""
        low, high = self.field.minimum, self.field.maximum
        assert low is not None
        assert high is not None
        whole = whole or not self.field.integer or bool((numbers == np.floor(numbers)).all())
        if whole and _within(numbers, low, high):
            return None
        fits = (numbers >= low) & (numbers <= high)
        return fits & (numbers == np.floor(numbers)) if self.field.integer else fits

    def _add_hints(self, kinds: Kinds, numbers: Floats, outside: Kinds) -> None:
        """Marks numbers outside what was studied, and whether another unit would bring them inside."""
        low, high = self.factor.studied["minimum"], self.factor.studied["maximum"]
        bits = np.ones(len(outside), dtype=np.int64)
        far = numbers[outside]
        for i, other in enumerate(self._hints):
            meant = far * other.multiply_by
            assert other.minimum is not None
            assert other.maximum is not None
            fits = (far >= other.minimum) & (far <= other.maximum) & (meant >= low) & (meant <= high)
            bits += fits.astype(np.int64) << (i + 1)
        kinds[outside] += bits * self._k

    def value_at(self, kind: int, number: float) -> Any:
        """A value of that kind: the number itself, or the first spelling that was met."""
        return number if kind < self._measured else self.example[kind]


def _within(numbers: Floats, low: float, high: float) -> bool:
    """Whether all the numbers, none of them missing, lie from low to high."""
    return not len(numbers) or bool(numbers.min() >= low and numbers.max() <= high)


def _most(kind: pa.DataType) -> int:
    return int(np.iinfo(kind.to_pandas_dtype()).max)


def _floats(cells: pa.Array) -> Floats:
    """The numbers of an array, NaN where missing."""
    return np.asarray(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _plain_numbers(cells: pa.Array) -> Floats | None:
    """The numbers that all cells of a text column spell, if all do; NaN only where a cell is missing."""
    try:
        numbers = _floats(cells)
    except pa.ArrowInvalid:
        return None
    return numbers if int(np.isnan(numbers).sum()) == cells.null_count else None


@dataclass(frozen=True)
class State:
    """What the told fields of one factor come to: its level, and what a profile with only them says."""

    code: int
    messages: tuple[Message, ...]
    assumed: tuple[Message, ...]
    holds: frozenset[tuple[int, str]]
    """(contradiction, name) for each name of a contradiction that holds."""


@dataclass
class FactorReader:
    """Reads all the columns that tell of one factor, and knows the states met so far."""

    factor: Factor
    explainer: Explainer
    columns: tuple[ColumnReader, ...] = ()
    states: list[State] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = int(np.prod([column.size for column in self.columns], dtype=np.int64))
        self.state_of: Kinds = np.full(size, UNSEEN, dtype=np.int64)
        self.states.append(self._state({}))
        self.state_of[self._unknown] = 0
        for c, column in enumerate(self.columns):
            self.state_of.reshape([col.size for col in self.columns])[(slice(None),) * c + (column.odd,)] = ODD

    @cached_property
    def _unknown(self) -> int:
        """The joint kind where no column tells anything."""
        joint = 0
        for column in self.columns:
            joint = joint * column.size + column.unknown
        return joint

    def coded(self, cells: Mapping[str, pa.Array]) -> tuple[Coded, list[Coded], list[Floats | None]]:
        """(joint kinds, kinds by column, numbers by column) of the rows."""
        read = [column.coded(cells[column.column.name]) for column in self.columns]
        each, numbers = [c for c, _ in read], [x for _, x in read]
        if len(each) == 1:
            return each[0], each, numbers
        joint = each[0].kinds
        for column, more in zip(self.columns[1:], each[1:], strict=True):
            joint = joint * column.size + more.kinds
        return Coded.of(joint, len(self.state_of)), each, numbers

    def learn(self, joint: int, kinds: Sequence[int], numbers: Sequence[float]) -> None:
        """Understands a joint kind from its first row."""
        told = {
            column.column.key: column.value_at(kind, number)
            for column, kind, number in zip(self.columns, kinds, numbers, strict=True)
            if kind != column.unknown
        }
        keys = [c.column.key for c, kind in zip(self.columns, kinds, strict=True) if kind != c.unknown]
        try:
            state = self._state(told) if len(set(keys)) == len(keys) else None
        except PredictorError:
            state = None
        if state is None:
            self.state_of[joint] = ODD
            return
        if state not in self.states:
            self.states.append(state)
        self.state_of[joint] = self.states.index(state)

    def _state(self, told: Mapping[str, Any]) -> State:
        understood = self.explainer.understand(told)
        level = understood.levels[self.factor.id]
        mine = [m for m in understood.messages if m.values.get("factor") == self.factor.id]
        return State(
            code=self.factor.level_ids.index(level) if level is not None else len(self.factor.levels),
            messages=tuple(_bare(m) for m in mine if m.code != "assumed_level"),
            assumed=tuple(_bare(m) for m in mine if m.code == "assumed_level"),
            holds=frozenset(self._holding(understood)),
        )

    def _holding(self, understood: Understood) -> list[tuple[int, str]]:
        """The names in the condition's contradictions that tell of this factor and hold."""
        found = []
        for i, contradiction in enumerate(understood.condition.contradictions):
            for name, allowed in contradiction.when.items():
                told = understood.condition.fields.get(name)
                mine = name == self.factor.id or (told is not None and told.factor == self.factor.id)
                if mine and understood.stated.get(name, understood.levels.get(name)) in allowed:
                    found.append((i, name))
        return found

    @property
    def measures(self) -> bool:
        """Whether rows must be checked for two numbers that disagree."""
        return sum(column.field.numeric for column in self.columns) > 1

    def disagreeing(self, numbers: Sequence[Floats | None]) -> NDArray[np.bool_]:
        """Rows in which a later number is not the first one in another unit."""
        found = [(c.field, x) for c, x in zip(self.columns, numbers, strict=True) if x is not None]
        if len(found) < 2:  # nothing but empty cells in the other columns
            return np.zeros(1, dtype=bool)
        first = np.full(len(found[0][1]), np.nan)
        step = np.zeros(len(first))
        odd = np.zeros(len(first), dtype=bool)
        for f, x in found:
            measure = x * f.multiply_by
            odd |= np.abs(first - measure) > np.maximum(step, f.multiply_by)
            step = np.where(np.isnan(first), f.multiply_by, step)
            first = np.where(np.isnan(first), measure, first)
        return odd

    def in_days(self, numbers: Sequence[Floats | None]) -> Floats | None:
        """The first time that each row tells of this factor, in days; None where no column is a time."""
        days: Floats | None = None
        for column, x in zip(self.columns, numbers, strict=True):
            if x is not None and column.field.unit in DAYS:
                told = x * DAYS[column.field.unit]
                days = told if days is None else np.where(np.isnan(days), told, days)
        return days


def _bare(message: Message) -> Message:
    """A message's code and severity; its values are the row's own."""
    return Message(message.code, message.severity)


def too_long(time: Floats, than: Floats, plus: float) -> NDArray[np.bool_]:
    """Times that are longer than others and a span beyond them, all in days."""
    if len(time) and time.max() <= than.min() + plus:
        return np.zeros(len(time), dtype=bool)
    return np.asarray(time > than + plus)
