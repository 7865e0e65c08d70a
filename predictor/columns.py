"""What each column of a table is: the condition, a field, or an id that is passed through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .coding import Column
from .errors import Fault, InputError, suggestion
from .factors import Condition, Field, normalised
from .profile import find_field, tells_condition

ID_NAMES = frozenset(
    normalised(name)
    for name in ("id", "name", "group", "arm", "site", "编号", "序号", "病例号", "患者编号", "组别", "分组")
)
ID_ENDINGS = ("_id", "-id", " id", "编号")


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
