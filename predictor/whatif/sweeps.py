"""The answers as one field or factor, or two at once, takes other values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from ..answer.explanation import Explainer
from ..answer.results import Result, Sourced
from ..content.conditions import Condition, Role
from ..errors import Fault, InputError, ProfileError, joined, say, shown, suggestion
from ..profile.names import find_field
from ..profile.profile import Profile, is_unknown
from ..profile.reading import Understood
from .comparison import changed
from .points import Point, points

MOST_VALUES = 1_000
"""Values of a sweep, and of a side of a grid: more than a screen or a table shows."""
MOST_CELLS = 10_000
"""Cells of a grid: about a second."""


@dataclass(frozen=True, repr=False)
class Step(Result):
    """One value of a sweep: what is told, the level it gives, and the answer in brief."""

    value: Any
    level: str
    point: Point


@dataclass(frozen=True)
class Axis:
    """What a sweep or a grid runs over, and whether it is a choice or a fact."""

    field: str
    factor: str
    role: Role
    values: tuple[Any, ...]


@dataclass(frozen=True, repr=False)
class Sweep(Sourced):
    """The answer over the values of one factor."""

    axis: Axis
    steps: tuple[Step, ...]

    def table(self) -> list[dict[str, Any]]:
        """One row for each value, which stands under the name of its field."""
        return [{self.axis.field: step.value, "level": step.level, **step.point.cells()} for step in self.steps]


@dataclass(frozen=True, repr=False)
class Grid(Sourced):
    """The answer over the values of two factors; `rows` run over the first."""

    first: Axis
    second: Axis
    rows: tuple[tuple[Point, ...], ...]

    def table(self) -> list[dict[str, Any]]:
        """One row for each pair of values, which stand under the names of their fields."""
        pairs = product(self.first.values, self.second.values)
        points = (point for row in self.rows for point in row)
        names = (self.first.field, self.second.field)
        return [{**dict(zip(names, pair, strict=True)), **p.cells()} for pair, p in zip(pairs, points, strict=True)]


def sweep(explainer: Explainer, profile: Profile, name: str, values: Iterable[Any] = ()) -> Sweep:
    """The answers as one field or factor takes other values; all levels where none are given.

    Raises ProfileError for an unknown name or a value that the field does not take.
    """
    condition = explainer.scorecard.condition
    axis = _axis(condition, name, values)
    patients = _understand_all(explainer, [changed(profile, condition, {axis.field: v}) for v in axis.values])
    brief = points(explainer, patients)
    steps = zip(axis.values, patients, brief, strict=True)
    return Sweep(
        axis, tuple(Step(v, str(p.levels[axis.factor]), point) for v, p, point in steps), source=explainer.source
    )


def grid(
    explainer: Explainer,
    profile: Profile,
    first: str,
    second: str,
    first_values: Iterable[Any] = (),
    second_values: Iterable[Any] = (),
) -> Grid:
    """The answers over two fields or factors at once; all levels where no values are given."""
    condition = explainer.scorecard.condition
    faults = [fault for name in (first, second) for fault in _unknown_axis(condition, name)]
    if faults:
        raise ProfileError(faults)
    a, b = _axis(condition, first, first_values), _axis(condition, second, second_values)
    if a.factor == b.factor:
        raise InputError(
            Fault("grid", say("pair", first=first, second=second), say("two_factors"), say("both_tell_same_factor"))
        )
    if len(a.values) * len(b.values) > MOST_CELLS:
        number = f"{len(a.values) * len(b.values):,}"
        raise InputError(Fault("grid", say("cells_found", number=number), say("at_most", number=f"{MOST_CELLS:,}")))
    cells = [changed(profile, condition, {a.field: x, b.field: y}) for x, y in product(a.values, b.values)]
    brief = points(explainer, _understand_all(explainer, cells))
    width = len(b.values)
    return Grid(a, b, tuple(tuple(brief[i : i + width]) for i in range(0, len(brief), width)), source=explainer.source)


def _unknown_axis(condition: Condition, name: str) -> list[Fault]:
    if find_field(name, condition) is not None:
        return []
    known = [*condition.by_id, *condition.fields]
    expected = say("factor_or_field", list=joined(dict.fromkeys(known)))
    return [Fault(name, say("unknown_name"), expected, suggestion(name, known))]


def _axis(condition: Condition, name: str, values: Iterable[Any]) -> Axis:
    field = find_field(name, condition)
    if field is None:
        raise ProfileError(_unknown_axis(condition, name))
    factor, told = condition.by_id[field.factor], tuple(islice(values, MOST_VALUES + 1))
    if len(told) > MOST_VALUES:
        raise InputError(Fault(name, say("more_than_values", number=MOST_VALUES), say("fewer_to_go_over")))
    if faults := [Fault(name, shown(value), say("known_value")) for value in told if is_unknown(value)]:
        raise ProfileError(faults)
    return Axis(field.id if told else factor.id, factor.id, factor.role, told or factor.level_ids)


def _understand_all(explainer: Explainer, profiles: Iterable[Profile]) -> list[Understood]:
    """Each profile understood; the faults of all of them at once, each once."""
    patients: list[Understood] = []
    faults: dict[Fault, None] = {}
    for profile in profiles:
        try:
            patients.append(explainer.understand(profile))
        except ProfileError as error:
            faults |= dict.fromkeys(error.faults)
    if faults:
        raise ProfileError(faults)
    return patients
