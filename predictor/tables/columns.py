"""What each column of a table is: the condition, a field, or an id that is passed through."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..content.conditions import Condition, Units, normalised
from ..errors import MOST_TOLD, Fault, InputError, Said, near_name, one_of, say, suggestion
from ..profile.names import find_field, similar_name, without_unit
from ..profile.profile import tells_condition
from .codes import Column
from .rows import repeated

ID_NAMES = frozenset(
    normalised(name)
    for name in ("id", "name", "group", "arm", "site", "编号", "序号", "病例号", "患者编号", "组别", "分组")
)
ID_ENDINGS = ("_id", "-id", " id", "编号")
MISSPELT = 0.8
"""How alike a part of a column's name must be to one of a field's to be its misspelling; `doctor` is none of donor."""
MOST_COLUMNS = 5_000
"""Columns of a table: each is compared with all the words for fields."""
NAMELESS = say("nameless_column")


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
    python: bool = False,
) -> Plan:
    """What each column is. Raises InputError with every column that is no field and not to be kept.

    python: whether the cures name the arguments of a call, not the options of a command.
    """
    units = units or {}
    if len(names) > MOST_COLUMNS:
        raise InputError(Fault("columns", f"{len(names):,}", say("at_most", number=MOST_COLUMNS)))
    faults = [*repeated(names), *_misplaced(units, names)]
    chosen = next((name for name in names if tells_condition(name)), None)
    if chosen is None and len(conditions) > 1:
        faults.append(_no_condition(conditions))
    passed = tuple(n for n in names if n != chosen and _passes(n, keep, conditions))
    fields: dict[str, list[Column]] = {condition.id: [] for condition in conditions}
    for name in names:
        if name == chosen or name in passed:
            continue
        found = {c.id: _column(name, c, units.get(name), faults) for c in conditions}
        if not any(found.values()):
            faults.append(_unread(name, conditions, python, closely=len(faults) < MOST_TOLD))
        for id, column in found.items():
            if column is not None:
                fields[id].append(column)
    faults += [fault for columns in fields.values() for fault in _same_key(columns)]
    if faults:
        raise InputError(list(dict.fromkeys(faults)))
    return Plan(tuple(names), chosen, passed, {id: tuple(columns) for id, columns in fields.items()})


def _misplaced(units: Mapping[str, str], names: Sequence[str]) -> Iterator[Fault]:
    for name in units:
        if name not in names:
            yield Fault("units", repr(name), say("column_name"), suggestion(name, names))


def _no_condition(conditions: Sequence[Condition]) -> Fault:
    return Fault("condition", say("nothing"), one_of(c.id for c in conditions), say("add_condition_or_column"))


def _passes(name: str, keep: Sequence[str], conditions: Sequence[Condition]) -> bool:
    """Whether a column is an id, or one that the user keeps; `*` keeps all that are no field and like none."""
    if name in keep:
        return True
    is_field = any(find_field(name, c) for c in conditions) or without_unit(name, conditions) is not None
    is_id = normalised(name) in ID_NAMES or name.casefold().endswith(ID_ENDINGS)
    return not is_field and (is_id or ("*" in keep and not _nearly_a_field(name, conditions)))


def _nearly_a_field(name: str, conditions: Sequence[Condition]) -> bool:
    """Whether a name begins with a field's, or has a part of it, or one misspelt: `NIHSS_24h`, `months`; no `stage`."""
    near = near_name(name, _words(conditions))
    if near is None:
        return False
    begins = normalised(name).startswith(normalised(near))
    return begins or any(_misspells(own, part) for own in _parts(name) for part in _parts(near))


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", name.casefold()) if part]


def _misspells(part: str, known: str) -> bool:
    return abs(len(part) - len(known)) <= 1 and near_name(part, [known], MISSPELT) is not None


def _column(name: str, condition: Condition, unit: str | None, faults: list[Fault]) -> Column | None:
    found = find_field(name, condition)
    if unit is None:
        return Column(name, name, found) if found is not None else None
    in_units = condition.by_id[found.factor].fields if found else condition.measures(condition.units.split(name)[0])
    measures = {f.unit: f for f in in_units if f.numeric}
    other = measures.get(condition.units.by_word.get(unit.strip().casefold(), unit))
    if other is not None:
        return Column(name, other.id, other)
    if in_units:
        expected = one_of(measures) if measures else say("no_unit")
        faults.append(Fault("units", say("unit_for", given=unit, column=name), expected, suggestion(unit, measures)))
    return Column(name, name, found or in_units[0]) if in_units else None


def _without_unit(name: str, conditions: Sequence[Condition], python: bool) -> Fault | None:
    option = say("add_unit", column=shlex.quote(f"{name}=UNIT"))
    return without_unit(name, conditions, say("add_unit_to_units", column=repr(name)) if python else option)


def _unread(name: str, conditions: Sequence[Condition], python: bool, closely: bool) -> Fault:
    """The fault of a column that tells no field; closely: whether to look for the one that is meant."""
    if not closely:
        return Fault(name, say("unknown_column"), say("a_field"))
    return _without_unit(name, conditions, python) or _unknown_column(name, conditions, python)


def _words(conditions: Sequence[Condition]) -> list[str]:
    return sorted({word for c in conditions for f in c.fields.values() for word in f.words})


def _unknown_column(name: str, conditions: Sequence[Condition], python: bool) -> Fault:
    fields = sorted({f for c in conditions for f in c.fields})
    words = _words(conditions)
    near, like_none = similar_name(name, words, Units.of(conditions)), not _nearly_a_field(name, conditions)
    cure = (_pass_it if python else _keep_it)(name, near, like_none) if name.strip() else NAMELESS
    return Fault(name, say("unknown_column"), one_of(fields), cure)


def _keep_it(name: str, near: str | None, like_none: bool) -> Said:
    """The cure in a terminal: another name, or an option."""
    column = shlex.quote(name)
    if near:
        return say("did_you_mean_or_keep", word=repr(near), column=column)
    return say("keep_column_or_all" if like_none else "keep_column", column=column)


def _pass_it(name: str, near: str | None, like_none: bool) -> Said:
    """The cure in Python: another name, or an argument."""
    if near:
        return say("did_you_mean_or_pass", word=repr(near), column=repr(name))
    return say("pass_column_or_all" if like_none else "pass_column", column=repr(name))


def _same_key(columns: Sequence[Column]) -> Iterator[Fault]:
    counts = Counter(column.key for column in columns)
    for column in columns:
        if counts[column.key] > 1 and column.name != column.key:
            yield Fault(column.name, say("another_column_for", field=column.key), say("field_once"), say("remove_one"))
