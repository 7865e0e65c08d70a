"""One value of one field: a number or a word to the level that it tells, or what is wrong with it.

All that a value can come to stands in a table of kinds, so that a column of a table is read by array
operations under the same rules as a single value.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..content.conditions import Compound, Factor, Field, Units, ids_and_labels, normalised
from ..errors import Fault, Phrase, Said, near_name, one_of, say, shown, suggestion
from .profile import is_unknown
from .spelling import Quantities, in_unit_of, plain

Floats = NDArray[np.float64]
Kinds = NDArray[np.int64]
Flags = NDArray[np.bool_]
NO_COMPOUNDS: Mapping[str, Compound] = {}
REMEMBERED = 100_000
"""Values of a field that are kept with what they tell."""
LONGEST = 200
"""Signs of a value; the longest word for a level has sixty, and a longer one is neither compared nor remembered."""


@dataclass(frozen=True)
class Told:
    """What a value tells: a level of its factor by its index, by a measured number or by name.

    category: the index of the category that was named, -1 where it was none; near: the level across a cut-off that
    the number lies near to, -1 for none; outside: whether the number lies outside what was studied; other_units: the
    fields in whose unit it would lie inside.
    """

    level: int
    measured: bool = False
    category: int = -1
    near: int = -1
    outside: bool = False
    other_units: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A value that was read: the name it was told by, its field, itself, what it tells, and the id of that level.

    compound: what tells the levels of other factors too, where the word is one that does.
    """

    key: str
    field: Field
    value: Any
    told: Told
    level: str
    compound: Compound | None = None

    def of(self, factor: Factor) -> Reading | None:
        """What its word tells of another factor, by name."""
        level = self.compound.levels.get(factor.id) if self.compound else None
        if level is None or factor.id == self.field.factor:
            return None
        return Reading(self.key, factor.named_field, level, Told(factor.level_ids.index(level)), level)


@dataclass(frozen=True)
class Bands:
    """The levels of a factor along a measured quantity, as cuts to compare with.

    cuts : (value, closed) in rising order; a number lies past a cut if it is above it, or at it where the cut is
    closed. levels : the level index between the cuts, one more than cuts.
    """

    cuts: tuple[tuple[float, bool], ...]
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
        return cls(tuple(cuts), np.array(found, dtype=np.int64))

    def past(self, measures: Floats) -> NDArray[np.int8]:
        """How many cuts each measure lies past: its place among the levels, by one compare-and-add a cut."""
        past = np.zeros(len(measures), dtype=np.int8)
        for value, closed in self.cuts:
            beyond = measures >= value if closed else measures > value
            np.add(past, beyond.view(np.int8), out=past)
        return past


def _level_index(factor: Factor, measure: float) -> int:
    level = factor.level_at(float(measure))
    return factor.level_ids.index(level) if level is not None else -1


class FieldReader:
    """Reads the values of one field.

    kinds: all that a value can tell; then come the kinds `unknown` and `odd` (something is wrong with it).
    """

    def __init__(self, f: Field, factor: Factor, units: Units, compounds: Mapping[str, Compound] = NO_COMPOUNDS):
        self.field, self.factor, self._compounds = f, factor, compounds
        self._quantities = Quantities(units)
        self._measure = next((o for o in factor.fields if o.id == f.stands_for), f)
        self._checked = f.numeric and bool(factor.studied)
        self._others = [o for o in factor.fields if o.numeric and o.id != self._measure.id] if self._checked else []
        self.kinds = (*(self._measured() if f.numeric else ()), *self._named())
        self.unknown = len(self.kinds)
        self.odd = self.unknown + 1
        self.size = self.odd + 1
        self._memo: dict[tuple[str, type, Any], Reading | Fault | None] = {}

    @property
    def _hint_count(self) -> int:
        """All that can be said of where a number was studied."""
        return 2 << len(self._others) if self._checked else 1

    def _measured(self) -> Iterator[Told]:
        """Levels by number: level + k x (1 if outside + 2 for the first other unit + 4 for the second, ...), all this
        once for numbers near to no cut-off, and once for those near to each level."""
        k = len(self.factor.levels)
        for near in range(-1, k if self.factor.near_cut else 0):
            for bits in range(self._hint_count):
                units = tuple(other for i, other in enumerate(self._others) if bits >> (i + 1) & 1)
                for level in range(k):
                    yield Told(level, True, near=near, outside=bool(bits & 1), other_units=units)

    def _named(self) -> Iterator[Told]:
        if self.field.categories:
            for i, level in enumerate(self.field.categories.values()):
                yield Told(self.factor.level_ids.index(level), category=i)
        else:
            yield from map(Told, range(len(self.factor.levels)))

    @cached_property
    def _first_named(self) -> int:
        return next(i for i, told in enumerate(self.kinds) if not told.measured)

    @cached_property
    def _bands(self) -> Bands:
        return Bands.of(self.factor)

    @np.errstate(over="ignore")  # a number that is infinite in another unit is outside
    def of_numbers(self, numbers: Floats, whole: bool = False) -> tuple[Kinds, NDArray[Any]]:
        """(table, places): the kind of each number is table[place]; NaN is unknown.

        whole: whether the numbers are known to be whole where they are not missing.
        """
        measures = numbers * self.field.multiply_by if self.field.multiply_by != 1 else numbers
        past = self._bands.past(measures)
        outside, fits, near = self._outside(measures), self.fits(numbers, whole), self._near(measures, past)
        if outside is None and fits is None and near is None:
            return self._bands.levels, past
        kinds = self._bands.levels[past]
        if near is not None:
            kinds += len(self.factor.levels) * self._hint_count * (near + 1)
        if outside is not None:
            kinds[outside] += len(self.factor.levels) * self._hints(numbers[outside])
        if fits is not None:
            kinds[~fits] = np.where(np.isnan(numbers[~fits]), self.unknown, self.odd)
        return np.arange(self.size), kinds

    def _near(self, measures: Floats, past: NDArray[np.int8]) -> Kinds | None:
        """The level across the cut-off that each number lies near to, -1 for none; None where there is none."""
        if not self.factor.near_cut:
            return None
        bands, least = self._bands, self.factor.near_cut["distance"]
        cuts = np.array([-np.inf, *(value for value, _ in bands.cuts), np.inf])
        with np.errstate(invalid="ignore"):  # an infinite number is near to nothing
            below, above = measures - cuts[past], cuts[past + 1] - measures
        levels = np.array([-1, *bands.levels, -1])
        across = np.where(below <= above, levels[past], levels[past + 2])
        near = np.minimum(below, above) <= least
        return np.where(near, across, -1) if near.any() else None

    def _outside(self, measures: Floats) -> Kinds | None:
        """The rows outside what was studied; None where there is none."""
        if not self._checked:
            return None
        low, high = self.factor.studied["minimum"], self.factor.studied["maximum"]
        return None if _within(measures, low, high) else np.flatnonzero((measures < low) | (measures > high))

    def _hints(self, numbers: Floats) -> Kinds:
        """1 for numbers outside what was studied, and a bit for each other unit that would bring them inside."""
        low, high = self.factor.studied["minimum"], self.factor.studied["maximum"]
        bits = np.ones(len(numbers), dtype=np.int64)
        for i, other in enumerate(self._others):
            meant = numbers * other.multiply_by
            inside = _in_range(numbers, other) & (meant >= low) & (meant <= high)
            bits += inside.astype(np.int64) << (i + 1)
        return bits

    def fits(self, numbers: Floats, whole: bool) -> Flags | None:
        """Whether each number can be one of this field; None where all can."""
        whole = whole or not self.field.integer or bool((numbers == np.floor(numbers)).all())
        if whole and _within(numbers, *_range(self.field)):
            return None
        fits = _in_range(numbers, self.field)
        return fits & (numbers == np.floor(numbers)) if self.field.integer else fits

    def read(self, key: str, value: Any) -> Reading | Fault | None:
        """What a value tells, or what is wrong with it; None for one that says that it is not known.

        A value that was read is remembered: what is meant by a misspelt one takes long to find.
        """
        if isinstance(value, str) and len(value) > LONGEST:
            too_long = Fault(key, shown(value), say("value_at_most", number=LONGEST))
            return None if is_unknown(value) else too_long
        try:
            place = (key, type(value), value)
            if place not in self._memo:
                if len(self._memo) >= REMEMBERED:
                    self._memo.clear()
                self._memo[place] = self._read(key, value)
            return self._memo[place]
        except TypeError:  # a list or the like cannot be a key
            return self._read(key, value)

    def _read(self, key: str, value: Any) -> Reading | Fault | None:
        if is_unknown(value):
            return None
        return self._number(key, value) if self.field.numeric else self._word(key, value)

    def kind_of(self, reading: Reading) -> int:
        """The kind of a value that was read."""
        told = reading.told
        if told.measured:
            table, places = self.of_numbers(np.array([float(reading.value)]))
            return int(table[places[0]])
        return self._first_named + (told.category if told.category >= 0 else told.level)

    def example(self, kind: int) -> Reading:
        """A reading of that kind, without a value."""
        return self._reading(self.field.id, None, self.kinds[kind])

    def _number(self, key: str, value: Any) -> Reading | Fault:
        number = number_in(value) if self.field.takes_bare_numbers else None
        if number is None:
            level = self.factor.find_level(value) if isinstance(value, str) else None
            if level is not None:
                return self._named_level(key, str(value), level)
            number = self._quantity(value)
        return self._not_a_number(key, value) if number is None else self._of_number(key, number, value)

    def _quantity(self, value: Any) -> float | None:
        """The number of a quantity in the field's own unit: 2.5 of 2岁半, 24 of two years where months are told."""
        parts = self._quantities.parts(value) if isinstance(value, str) else ()
        if not self.field.takes_bare_numbers and any(part.unit is None for part in parts):
            return None
        return in_unit_of(self._measure, self.factor, parts)

    def _not_a_number(self, key: str, value: Any) -> Fault:
        if not self.field.takes_bare_numbers:
            return self._no_level(key, value)
        return Fault(key, shown(value), _expected(self.field), _number_cure(value))

    def _of_number(self, key: str, number: float, value: Any) -> Reading | Fault:
        table, places = self.of_numbers(np.array([number]))
        kind = int(table[places[0]])
        if kind == self.odd:
            return self._misfit(key, number, value)
        value = int(number) if number == int(number) else number
        return replace(self._reading(key, value, self.kinds[kind]), field=self._measure)

    def _named_level(self, key: str, word: str, level: str) -> Reading:
        """The reading of a word for a level, which may tell levels of other factors too."""
        told = Told(self.factor.level_ids.index(level))
        return replace(self._reading(key, level, told), compound=self._compounds.get(normalised(word)))

    def _reading(self, key: str, value: Any, told: Told) -> Reading:
        return Reading(key, self.field, value, told, self.factor.level_ids[told.level])

    def _misfit(self, key: str, number: float, value: Any) -> Fault:
        """The fault of a number that cannot be one of this field; an infinite one is told as it was written."""
        if not _in_range(np.array([number]), self.field)[0]:
            found = _as_told(number) if np.isfinite(number) else shown(value)
            return Fault(key, found, _expected(self.field), _range_cure(self.field, self.factor, number))
        return Fault(key, _as_told(number), _expected(self.field), say("counted_whole", unit=self.field.unit_said))

    def _word(self, key: str, value: Any) -> Reading | Fault:
        word, f, factor = str(value).strip(), self.field, self.factor
        if f.categories:
            category = f.find_category(word)
            if category is None:
                return Fault(key, shown(value), one_of(f.categories), suggestion(word, f.categories))
            place = list(f.categories).index(category)
            return self._reading(key, category, self.kinds[place])
        level = factor.find_level(word)
        return self._no_level(key, value) if level is None else self._named_level(key, word, level)

    def _no_level(self, key: str, value: Any) -> Fault:
        cure = _level_cure(self.factor, str(value).strip(), self._compounds)
        return Fault(key, shown(value), say("one_of", list=ids_and_labels(self.factor.levels)), cure)


def _range(f: Field) -> tuple[float, float]:
    assert f.minimum is not None
    assert f.maximum is not None
    return f.minimum, f.maximum


def _in_range(numbers: Floats, f: Field) -> Flags:
    low, high = _range(f)
    return (numbers >= low) & (numbers <= high)


def _within(numbers: Floats, low: float, high: float) -> bool:
    """Whether all the numbers, none of them missing, lie from low to high."""
    return not len(numbers) or bool(numbers.min() >= low and numbers.max() <= high)


def _as_told(number: float) -> str:
    """A number in few digits, where these say it all: 3.0000001 is not told as 3."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _expected(f: Field) -> Phrase:
    return say(
        "whole_number_range" if f.integer else "number_range",
        unit=f.unit_said,
        low=f"{f.minimum:g}",
        high=f"{f.maximum:g}",
    )


def number_in(value: Any) -> float | None:
    """The number that a value is or spells; none for true, false and Python's own spellings (1_000)."""
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        return None
    try:
        return float(value) + 0.0  # no negative zero
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return None


def _number_cure(value: Any) -> Said:
    text = plain(str(value)).strip()
    if isinstance(value, str) and text[:1] in ("=", "+", "-", "@"):
        return say("looks_like_formula")
    if comma := re.fullmatch(r"(\d+),(\d+)", text):
        return _comma_cure(*comma.groups())
    numbers = re.findall(r"\d+(?:\.\d+)?", text)
    if not numbers:
        return say("in_digits") if any(map(str.isnumeric, text)) else ""
    if not isinstance(value, str) or len(numbers) > 1 or WORDS_BESIDE.search(text):
        return say("give_one_number")
    return say("number_alone", number=numbers[0])


WORDS_BESIDE = re.compile(r"[^\W\d_]")
"""Words beside a number, which may change it: 2岁多 is not 2."""


def _comma_cure(whole: str, part: str) -> Phrase:
    """A comma before three digits may part thousands; any other stands for the decimal point."""
    number = float(f"{whole}.{part}")
    thousands = len(part) == 3 and not whole.startswith("0")
    if thousands:
        return say("thousands_or_decimals", first=f"{whole}{part}", second=f"{number:g}")
    return say("write_number", number=_as_told(number))


def _range_cure(f: Field, factor: Factor, number: float) -> Phrase:
    if set(f"{abs(number):g}") == {"9"}:
        return say("missing_value")
    if number < 0:
        return say("sign_slip")
    for other in factor.fields:
        if other.id != f.id and other.numeric and _in_range(np.array([number]), other)[0]:
            return say("if_these_are", unit=other.unit_said, field=other.id)
    return say("digit_misplaced")


def _level_cure(factor: Factor, word: str, compounds: Container[str]) -> Phrase:
    """The level of the nearest id or synonym, or of a label with the word in it; else that what is not
    known may stay unsaid. compounds: the words that hold those of other factors too."""
    words = {w: lv.id for lv in factor.levels for w in (lv.id, *lv.synonyms)}
    labels = {w: lv.id for lv in factor.levels for w in lv.label.values()}
    alone = [w for w in words if normalised(w) not in compounds]
    near = near_name(word, words, SAME_COMPOUND) or near_name(word, alone) or _word_within(word, [*alone, *labels])
    words |= labels
    if near is None:
        return say("leave_out")
    meant = words[near]
    if near == meant:
        return say("did_you_mean", word=meant)
    return say("did_you_mean_which_is", word=repr(near), meant=meant)


SAME_COMPOUND = 0.8
"""How alike a misspelt word must be to a compound one that is suggested: half of it may be another word."""


def _word_within(word: str, words: Iterable[str]) -> str | None:
    """The first of the words that holds the word: `lumbar` of `lumbar puncture`."""
    wanted = normalised(word)
    return next((w for w in words if len(wanted) > 2 and wanted in normalised(w)), None)
