"""A described, hypothetical patient, and how a condition understands the description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import Fault, ProfileError, suggestion
from .factors import Condition, Factor, Field, normalised

UNKNOWN_WORDS = frozenset(normalised(w) for w in ("", "unknown", "nan", "na", "n/a", "none given", "?", "未知", "不详"))
YEARS_IN_DAYS = 365.25
DAYS = {"hours": 1 / 24, "days": 1.0, "months": YEARS_IN_DAYS / 12, "years": YEARS_IN_DAYS}

Severity = Literal["info", "warning", "abstain"]


@dataclass(frozen=True)
class Message:
    """Something the reader must know about an answer: a code, and the values its sentence needs."""

    code: str
    severity: Severity
    values: Mapping[str, Any] = field(default_factory=dict)


class Profile:
    """A hypothetical patient as described: field names and values, `condition` among them if told.

    >>> Profile(age_years=2.5, gmfm88=45, route="intrathecal")
    Profile(age_years=2.5, gmfm88=45, route='intrathecal')
    """

    def __init__(self, condition: str | None = None, **values: Any):
        self.condition = condition
        self.values: dict[str, Any] = values

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Profile:
        """A profile from the data of a file or a request. Raises ProfileError if it is no mapping."""
        if not isinstance(values, Mapping):
            raise ProfileError(Fault("profile", type(values).__name__, "names with values, as age_years: 2.5"))
        named = {str(key): value for key, value in values.items()}
        return cls(named.pop("condition", None), **named)

    def but(self, **changes: Any) -> Profile:
        """The same profile with some fields changed; None makes a field unknown."""
        return Profile(self.condition, **{**self.values, **changes})

    def as_dict(self) -> dict[str, Any]:
        named = {"condition": self.condition} if self.condition else {}
        return {**named, **self.values}

    def __repr__(self) -> str:
        return f"Profile({', '.join(f'{k}={v!r}' for k, v in self.as_dict().items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Understood:
    """A profile as a condition understands it: a level for each factor, or None where unknown."""

    condition: Condition
    stated: Mapping[str, Any]
    levels: Mapping[str, str | None]
    messages: tuple[Message, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(factor for factor, level in self.levels.items() if level is None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "condition": self.condition.id,
            **self.stated,
            "levels": dict(self.levels),
            "unknown": list(self.unknown),
        }


@dataclass
class _Reading:
    """One field of a profile, read: its value, the level it gives, and in days if it is a time."""

    field: Field
    value: Any
    level: str
    measure: float | None = None


def understand(profile: Profile, condition: Condition) -> Understood:
    """Reads a profile with a condition's names, units and cut-offs, in English or Chinese.

    Raises ProfileError with all the faults at once.
    """
    faults: list[Fault] = []
    readings: dict[str, list[_Reading]] = {factor.id: [] for factor in condition}
    told: dict[str, str] = {}
    for key, value in profile.values.items():
        found = find_field(key, condition)
        if found is None:
            faults.append(_unknown_key(key, condition))
        elif found.id in told:
            faults.append(Fault(key, f"the same as {told[found.id]}", "each field once", "Remove one of the two."))
        else:
            told[found.id] = key
            _read(found, key, value, condition, readings, faults)
    faults += _disagreements(condition, readings)
    faults += _impossible_times(readings)
    if faults:
        raise ProfileError(faults)
    return _understood(condition, readings)


def find_field(key: str, condition: Condition) -> Field | None:
    """The field of that name or synonym; a factor's own name tells its level directly."""
    wanted = normalised(key)
    for f in condition.fields.values():
        if wanted in {normalised(name) for name in (f.id, *f.synonyms)}:
            return f
    for factor in condition:
        if wanted in {normalised(name) for name in (factor.id, *factor.label.values())}:
            return Field(factor.id, factor.id, "level")
    return None


def _unknown_key(key: str, condition: Condition) -> Fault:
    known = list(condition.fields)
    return Fault(key, "an unknown name", f"one of {', '.join(known)}", suggestion(key, known))


def _read(
    f: Field,
    key: str,
    value: Any,
    condition: Condition,
    readings: dict[str, list[_Reading]],
    faults: list[Fault],
) -> None:
    if is_unknown(value):
        return
    factor = condition.by_id[f.factor]
    result = _number(f, factor, key, value) if f.numeric else _word(f, factor, key, value)
    if isinstance(result, Fault):
        faults.append(result)
    else:
        readings[factor.id].append(result)


def is_unknown(value: Any) -> bool:
    """Whether a value says that the thing is not known."""
    if value is None or value != value:
        return True
    return isinstance(value, str) and normalised(value) in UNKNOWN_WORDS


def _number(f: Field, factor: Factor, key: str, value: Any) -> _Reading | Fault:
    expected = f"a number of {f.unit} from {f.minimum:g} to {f.maximum:g}"
    if isinstance(value, bool):
        return Fault(key, repr(value), expected)
    try:
        number = float(value)
    except (TypeError, ValueError):
        level = factor.find_level(value) if isinstance(value, str) else None
        if level is not None:
            return _Reading(f, level, level)
        return Fault(key, repr(value), expected, _number_cure(value))
    assert f.minimum is not None
    assert f.maximum is not None
    if not f.minimum <= number <= f.maximum:
        return Fault(key, f"{number:g}", expected, _range_cure(f, factor, number))
    if f.integer and number != int(number):
        return Fault(key, f"{number:g}", f"a whole {expected.removeprefix('a ')}")
    measure = number * f.multiply_by
    level = factor.level_at(measure)
    assert level is not None
    return _Reading(f, int(number) if number == int(number) else number, level, measure)


def _number_cure(value: Any) -> str:
    digits = "".join(ch for ch in str(value) if ch.isdigit() or ch == ".")
    return f"Give the number alone, as {digits}." if digits and digits != "." else ""


def _range_cure(f: Field, factor: Factor, number: float) -> str:
    if number < 0:
        return "Is the sign a slip?"
    for other in factor.fields:
        if other.id != f.id and other.numeric and _fits(other, number):
            return f"If these are {other.unit}, use {other.id}."
    return "Is a digit or a decimal point misplaced?"


def _fits(f: Field, number: float) -> bool:
    return f.minimum is not None and f.maximum is not None and f.minimum <= number <= f.maximum


def _word(f: Field, factor: Factor, key: str, value: Any) -> _Reading | Fault:
    word = str(value).strip()
    if f.categories:
        category = next((c for c in f.categories if normalised(c) == normalised(_roman(word))), None)
        if category is None:
            return Fault(key, repr(value), f"one of {', '.join(f.categories)}", suggestion(word, f.categories))
        return _Reading(f, category, f.categories[category])
    level = factor.find_level(word)
    if level is None:
        names = [n for lv in factor.levels for n in (lv.id, *lv.synonyms)]
        expected = f"one of {', '.join(factor.level_ids)}"
        return Fault(key, repr(value), expected, suggestion(word, names))
    return _Reading(f, level, level)


def _roman(word: str) -> str:
    numerals = dict(zip("12345ⅠⅡⅢⅣⅤ", ("I", "II", "III", "IV", "V") * 2, strict=True))
    bare = word.removesuffix("级").removesuffix("级别").strip()
    return numerals.get(bare, bare)


def _disagreements(condition: Condition, readings: Mapping[str, list[_Reading]]) -> Iterator[Fault]:
    """Two fields of one factor, of the same kind, that tell different things."""
    for factor_id, found in readings.items():
        measured = [r for r in found if r.measure is not None]
        named = [r for r in found if r.measure is None and not r.field.categories]
        if len(measured) > 1:
            yield from _two_measures(measured[0], measured[1])
        if named and found[0].level != named[-1].level:
            yield Fault(
                factor_id,
                f"{found[0].field.id} {found[0].value} and {named[-1].level}",
                "one statement of it",
                "Remove one of the two.",
            )


def _two_measures(first: _Reading, second: _Reading) -> Iterator[Fault]:
    assert first.measure is not None
    assert second.measure is not None
    tolerance = max(first.field.multiply_by, second.field.multiply_by)
    if abs(first.measure - second.measure) <= tolerance:
        return
    swapped = abs(first.value * second.field.multiply_by - second.value * first.field.multiply_by)
    cure = f"{first.field.id} and {second.field.id} look swapped." if swapped <= tolerance else "Give one of the two."
    found = f"{first.value} {first.field.unit} and {second.value} {second.field.unit}"
    yield Fault(f"{first.field.id}, {second.field.id}", found, "the same time in both", cure)


def _impossible_times(readings: Mapping[str, list[_Reading]]) -> Iterator[Fault]:
    """A time since the event that is longer than the patient's life and the pregnancy before it."""
    age = _first_time(readings.get("age", []))
    since = _first_time(readings.get("timing", []))
    if age is None or since is None:
        return
    pregnancy = 0.75 * YEARS_IN_DAYS
    if _in_days(since) > _in_days(age) + pregnancy:
        yield Fault(
            f"{age.field.id}, {since.field.id}",
            f"{age.value} {age.field.unit} of age and {since.value} {since.field.unit} since the event",
            "a time since the event that fits in the patient's life",
            "Are months and years swapped?",
        )


def _first_time(found: list[_Reading]) -> _Reading | None:
    return next((r for r in found if r.measure is not None and r.field.unit in DAYS), None)


def _in_days(reading: _Reading) -> float:
    return float(reading.value) * DAYS[reading.field.unit]


def _understood(condition: Condition, readings: Mapping[str, list[_Reading]]) -> Understood:
    levels: dict[str, str | None] = {}
    stated: dict[str, Any] = {}
    messages: list[Message] = []
    for factor in condition:
        found = sorted(readings[factor.id], key=lambda r: r.measure is None)
        stated.update({r.field.id: r.value for r in found})
        levels[factor.id] = found[0].level if found else None
        messages += _about_reading(factor, found)
    for factor in condition:
        if factor.role == "question" and levels[factor.id] is None:
            levels[factor.id] = factor.reference
            messages.append(Message("assumed_level", "info", _names(factor, factor.reference)))
    messages += _contradictions(condition, levels, stated)
    return Understood(condition, stated, levels, tuple(messages))


def _about_reading(factor: Factor, found: list[_Reading]) -> Iterator[Message]:
    for reading in found:
        if reading.field.assumption:
            yield Message("assumed_mapping", "info", {"field": reading.field.id, **_names(factor, reading.level)})
    if len({r.level for r in found}) > 1:
        fields = {"used": found[0].field.id, "other": found[-1].field.id}
        yield Message("two_scales_differ", "warning", {**fields, **_names(factor, found[0].level)})
    if found and factor.studied and found[0].measure is not None:
        low, high = factor.studied["minimum"], factor.studied["maximum"]
        if not low <= found[0].measure <= high:
            values = {"low": low, "high": high, "value": found[0].value, "unit": found[0].field.unit}
            yield Message("outside_studied", "abstain", {**values, **_names(factor, found[0].level)})
            yield from _other_unit(factor, found[0])


def _other_unit(factor: Factor, reading: _Reading) -> Iterator[Message]:
    """A hint when the value would be an age that was studied, had it another unit."""
    for other in factor.fields:
        if other.numeric and other.id != reading.field.id and _fits(other, reading.value):
            measure = reading.value * other.multiply_by
            if factor.studied["minimum"] <= measure <= factor.studied["maximum"]:
                values = {"value": reading.value, "unit": other.unit, "field": other.id}
                yield Message("perhaps_other_unit", "warning", {**values, **_names(factor, reading.level)})


def _names(factor: Factor, level: str) -> dict[str, Any]:
    return {"factor": factor.id, "level": level}


def _contradictions(
    condition: Condition, levels: Mapping[str, str | None], stated: Mapping[str, Any]
) -> Iterator[Message]:
    for contradiction in condition.contradictions:
        values = {name: stated.get(name, levels.get(name)) for name in contradiction.when}
        if all(values[name] in allowed for name, allowed in contradiction.when.items()):
            yield Message("contradictory", "abstain", {"reason": contradiction.message})
