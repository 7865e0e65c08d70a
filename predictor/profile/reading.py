"""How a condition understands a described patient: every rule on fields, units, words and plausibility at work.

A profile is read field by field; what the fields of a factor come to is a state. A table of any size goes the
same way with arrays (tables/codes.py): it meets few states, and each is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..content.conditions import Condition, Factor, Field
from ..errors import Fault, ProfileError
from .fields import FieldReader, Reading
from .names import find_field, find_measure, unknown_name
from .plausibility import Codes, Contradictions, differ_by_name, disagreements, impossible_times
from .profile import Profile, told_twice

Severity = Literal["info", "warning", "abstain"]


@dataclass(frozen=True)
class Message:
    """Something the reader must know about an answer: a code, and the values its sentence needs."""

    code: str
    severity: Severity
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bare(self) -> Message:
        """Code and severity alone."""
        return Message(self.code, self.severity)


@dataclass(frozen=True)
class Understood:
    """A profile as a condition understands it: a level for each factor, or None where unknown.

    categories: of the fields that contradictions name, the index of the category that was told.
    """

    condition: Condition = field(repr=False)
    stated: Mapping[str, Any]
    levels: Mapping[str, str | None]
    messages: tuple[Message, ...]
    categories: Mapping[str, int] = field(default_factory=dict)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(factor for factor, level in self.levels.items() if level is None)

    @property
    def forbidden(self) -> bool:
        """Whether the profile itself (an age outside those studied, a contradiction) forbids an answer."""
        return any(message.severity == "abstain" for message in self.messages)

    def as_dict(self) -> dict[str, Any]:
        return {
            "condition": self.condition.id,
            **self.stated,
            "levels": dict(self.levels),
            "unknown": list(self.unknown),
        }


@dataclass(frozen=True)
class State:
    """What the told fields of one factor come to: its code, and what must be said of it.

    code: the level's index, one past the last where the factor is unknown. remarks, assumed: messages without the
    numbers that were told. categories: (field, index) of the categories that were named.
    """

    code: int
    remarks: tuple[Message, ...] = ()
    assumed: tuple[Message, ...] = ()
    categories: tuple[tuple[str, int], ...] = ()


class ProfileReader:
    """Reads profiles of one condition, in English or Chinese."""

    def __init__(self, condition: Condition):
        self.condition = condition
        self._fields: dict[str, FieldReader] = {}

    def field(self, f: Field) -> FieldReader:
        """What reads the values of a field."""
        if f.id not in self._fields:
            self._fields[f.id] = FieldReader(
                f, self.condition.by_id[f.factor], self.condition.units, self.condition.compounds_by_word
            )
        return self._fields[f.id]

    @cached_property
    def contradictions(self) -> Contradictions:
        return Contradictions(self.condition)

    def understand(self, profile: Profile) -> Understood:
        """A profile as the condition understands it. Raises ProfileError with all the faults at once."""
        readings, faults = self._readings(profile.values)
        for factor in self.condition:
            faults += disagreements(factor, readings[factor.id])
        faults += impossible_times(self.condition, readings)
        if faults:
            raise ProfileError(faults)
        return self._understood(readings)

    def _readings(self, values: Mapping[str, Any]) -> tuple[dict[str, list[Reading]], list[Fault]]:
        """What the fields tell, by factor, and what is wrong with them."""
        readings: dict[str, list[Reading]] = {factor.id: [] for factor in self.condition}
        faults: list[Fault] = []
        told: dict[str, str] = {}
        for key, value in values.items():
            found = find_field(key, self.condition) or find_measure(key, value, self.condition)
            if found is None:
                faults.append(unknown_name(key, self.condition))
            elif found.id in told:
                faults.append(told_twice(key, told[found.id]))
            else:
                told[found.id] = key
                read = self.field(found).read(key, value)
                if isinstance(read, Fault):
                    faults.append(read)
                elif read is not None:
                    self._keep(read, readings)
        return readings, faults

    def _keep(self, read: Reading, readings: Mapping[str, list[Reading]]) -> None:
        """Keeps a reading by its factor, and what a compound word tells by the others."""
        readings[read.field.factor].append(read)
        for factor in self.condition if read.compound else ():
            beside = read.of(factor)
            if beside is not None:
                readings[factor.id].append(beside)

    def _understood(self, readings: Mapping[str, list[Reading]]) -> Understood:
        levels: dict[str, str | None] = {}
        stated: dict[str, Any] = {}
        states = []
        for factor in self.condition:
            found = sorted(readings[factor.id], key=lambda r: not r.told.measured)
            stated.update({r.field.id: r.value for r in found})
            state = state_of(factor, found)
            states.append(state)
            levels[factor.id] = (*factor.level_ids, None)[state.code]
        messages = [_with_value(m, stated) for state in states for m in state.remarks]
        messages += [m for state in states for m in state.assumed]
        categories = {name: index for state in states for name, index in state.categories}
        codes = np.array([[state.code for state in states]], dtype=np.int64)
        messages += self._contradictory(codes, categories)
        return Understood(self.condition, stated, levels, tuple(messages), categories)

    def _contradictory(self, codes: Codes, categories: Mapping[str, int]) -> Iterator[Message]:
        told = {name: np.array([index]) for name, index in categories.items()}
        flags = self.contradictions.found(codes, told)[0]
        for contradiction, flag in zip(self.condition.contradictions, flags, strict=True):
            if flag:
                yield Message(CONTRADICTORY.code, CONTRADICTORY.severity, {"reason": contradiction.message})


CONTRADICTORY = Message("contradictory", "abstain")
NEAR_CUT = "near_cut"


def understand(profile: Profile, condition: Condition) -> Understood:
    """A profile as a condition understands it. Raises ProfileError with all the faults at once."""
    return ProfileReader(condition).understand(profile)


def clash(readings: Sequence[Reading]) -> bool:
    """Whether readings of one factor cannot stand together, whatever their numbers."""
    ids = [r.field.id for r in readings]
    return len(set(ids)) < len(ids) or any(differ_by_name(a, b) for a in readings for b in readings)


def state_of(factor: Factor, readings: Sequence[Reading]) -> State:
    """What readings of one factor come to, those with a measured number first."""
    if not readings:
        return _untold(factor)
    return State(
        code=readings[0].told.level,
        remarks=tuple(_remarks(factor, readings)),
        categories=tuple((r.field.id, r.told.category) for r in readings if r.told.category >= 0),
    )


def _untold(factor: Factor) -> State:
    """An unknown factor; of the question itself a level is assumed."""
    if factor.untold is None:
        return State(len(factor.levels))
    assumed = Message("assumed_level", "info", _names(factor, factor.untold))
    return State(factor.level_ids.index(factor.untold), assumed=(assumed,))


def _remarks(factor: Factor, readings: Sequence[Reading]) -> Iterator[Message]:
    first = readings[0]
    for reading in readings:
        if reading.field.assumption:
            values = {"field": reading.field.id, **_names(factor, reading.level)}
            yield Message("assumed_mapping", "info", values)
    if len({r.told.level for r in readings}) > 1:
        fields = {"used": first.field.id, "other": readings[-1].field.id}
        yield Message("two_scales_differ", "warning", {**fields, **_names(factor, first.level)})
    if first.told.outside:
        yield from _outside(factor, first)
    if first.told.near >= 0:
        other = {"other": factor.level_ids[first.told.near], "unit": first.field.unit, "field": first.field.id}
        yield Message(NEAR_CUT, "warning", {"of": first.field.id, **other, **_names(factor, first.level)})


def _outside(factor: Factor, reading: Reading) -> Iterator[Message]:
    """A number outside what was studied, with a hint where another unit would bring it inside."""
    names, told = _names(factor, reading.level), {"of": reading.field.id}
    studied = {"low": factor.studied["minimum"], "high": factor.studied["maximum"]}
    own = {"unit": reading.field.unit, "field": reading.field.id}
    yield Message("outside_studied", "abstain", {**studied, **told, **own, **names})
    for other in reading.told.other_units:
        yield Message("perhaps_other_unit", "warning", {**told, "unit": other.unit, "field": other.id, **names})


def _with_value(message: Message, stated: Mapping[str, Any]) -> Message:
    """A message with the number that was told in place of the name of its field."""
    if "of" not in message.values:
        return message
    values = {("value" if k == "of" else k): stated[v] if k == "of" else v for k, v in message.values.items()}
    return replace(message, values=values)


def _names(factor: Factor, level: str) -> dict[str, Any]:
    return {"factor": factor.id, "level": level}


def bare(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The codes and severities of messages."""
    return tuple(m.bare for m in messages)
