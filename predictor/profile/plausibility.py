"""What cannot hold together in one profile: two statements that differ, times longer than a life, contradictions.

Each rule is written once, over arrays of n profiles; a single profile is n = 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..content.conditions import DAYS, Condition, Factor, Field, TimeLimit, ids_and_labels
from ..errors import Fault, Phrase, labelled, say
from .fields import Flags, Floats, Reading

Codes = NDArray[np.int64]


@np.errstate(over="ignore", invalid="ignore")  # a number may be infinite in another unit
def disagreeing(fields: Sequence[Field], numbers: Sequence[Floats]) -> Flags:
    """Whether each number says another thing than the first one that its profile tells of the same factor.

    numbers : of each field (n,), NaN where it is not told. Gives (fields, n). One whole step of the coarser unit
    apart is no disagreement, as a figure may be of completed steps: 3 years are 36 to 47 months.
    """
    first, step = (np.full(len(numbers[0]), np.nan) for _ in range(2))
    found = np.zeros((len(fields), len(first)), dtype=bool)
    for f, told, flags in zip(fields, numbers, found, strict=True):
        measure = told * f.multiply_by
        flags[:] = np.abs(first - measure) > np.fmax(step, f.multiply_by)
        step = np.where(np.isnan(first), f.multiply_by, step)
        first = np.where(np.isnan(first), measure, first)
    return found


def disagreements(factor: Factor, readings: Sequence[Reading]) -> Iterator[Fault]:
    """The faults of readings of one factor that tell different things."""
    measured = [r for r in readings if r.told.measured]
    if len(measured) > 1:
        numbers = [np.array([float(r.value)]) for r in measured]
        flags = disagreeing([r.field for r in measured], numbers)[:, 0]
        yield from (_two_measures(measured[0], r) for r, flag in zip(measured, flags, strict=True) if flag)
    told: set[frozenset[str]] = set()
    for reading in readings:
        other = next((r for r in readings if differ_by_name(reading, r)), None)
        if other is not None and (pair := frozenset((reading.key, other.key))) not in told:
            told.add(pair)
            first, second = (ids_and_labels([factor.level(r.level)]) for r in (other, reading))
            found = say("level_by", level=first, field=other.key, other_level=second, other_field=reading.key)
            keys = f"{reading.key}, {other.key}"
            yield Fault(keys, found, say("same_level"), say("remove_one"))


def differ_by_name(reading: Reading, other: Reading) -> bool:
    """Whether a reading tells its level by name, and another tells another level."""
    named = not reading.told.measured and not reading.field.categories
    return named and other.told.level != reading.told.level


def _amount(reading: Reading) -> Phrase:
    label, unit = reading.field.unit_label, Phrase(f"unit.{reading.field.unit}")
    return say("amount", number=reading.value, unit=labelled(label) if label else unit)


def _two_measures(first: Reading, second: Reading) -> Fault:
    tolerance = max(first.field.multiply_by, second.field.multiply_by)
    swapped = abs(first.value * second.field.multiply_by - second.value * first.field.multiply_by)
    cure = say("they_look_swapped") if swapped <= tolerance else say("give_one_of_two")
    found = say("pair", first=_amount(first), second=_amount(second))
    return Fault(f"{first.key}, {second.key}", found, say("same_in_both"), cure)


@np.errstate(over="ignore", invalid="ignore")  # likewise
def in_days(fields: Sequence[Field], numbers: Sequence[Floats]) -> Floats | None:
    """The first time that each profile tells of a factor, in days (n,); None where no field is a time."""
    days: Floats | None = None
    for f, told in zip(fields, numbers, strict=True):
        if f.unit in DAYS:
            time = told * DAYS[f.unit]
            days = time if days is None else np.where(np.isnan(days), time, days)
    return days


def too_long(limit: TimeLimit, time: Floats, than: Floats) -> Flags:
    """Times that do not fit into the other ones, both in days (n,)."""
    if len(time) and time.max() <= than.min() + limit.plus_days:
        return np.zeros(len(time), dtype=bool)
    return np.asarray(time > than + limit.plus_days)


def impossible_times(condition: Condition, readings: Mapping[str, Sequence[Reading]]) -> Iterator[Fault]:
    """The faults of times of one profile that are too long."""
    for limit in condition.time_limits:
        pair = [_first_time(readings.get(id, ())) for id in (limit.factor, limit.than)]
        if None not in pair:
            time, than = (r for r in pair if r is not None)
            days = [in_days([r.field], [np.array([float(r.value)])]) for r in (time, than)]
            if too_long(limit, *(d for d in days if d is not None))[0]:
                found = labelled(limit.found[than.field.id], than=than.value, time=_amount(time))
                keys = f"{than.key}, {time.key}"
                yield Fault(keys, found, labelled(limit.expected), labelled(limit.cure))


def _first_time(readings: Sequence[Reading]) -> Reading | None:
    return next((r for r in readings if r.told.measured and r.field.unit in DAYS), None)


class Contradictions:
    """The contradictions of a condition, ready to be looked for in many cells at once."""

    def __init__(self, condition: Condition):
        self._places = {factor.id: f for f, factor in enumerate(condition)}
        self._condition = condition
        self._checks = [
            [(name, self._allowed(name, allowed)) for name, allowed in contradiction.when.items()]
            for contradiction in condition.contradictions
        ]
        self.fields = {name for checks in self._checks for name, _ in checks if name not in self._places}
        """The fields whose categories a contradiction names."""

    def _allowed(self, name: str, allowed: Sequence[str]) -> Flags:
        """For each code of a factor, or category of a field, whether it is among those named; last: not told."""
        if name in self._places:
            names = self._condition.by_id[name].level_ids
        else:
            names = tuple(self._condition.fields[name].categories)
        return np.array([*(each in allowed for each in names), False])

    def found(self, codes: Codes, categories: Mapping[str, Codes]) -> Flags:
        """(n, contradictions) : whether each holds.

        codes : (n, factors); categories : of each field that names some, (n,), -1 where it is not told.
        """
        out = np.ones((len(codes), len(self._checks)), dtype=bool)
        for i, checks in enumerate(self._checks):
            for name, allowed in checks:
                told = codes[:, self._places[name]] if name in self._places else categories.get(name)
                out[:, i] &= False if told is None else allowed[told]
        return out
