"""A described, hypothetical patient, and how a condition understands the description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..content.conditions import DAYS, Condition, Factor, Field, Units, normalised
from ..errors import Fault, ProfileError, near_name, shown, suggestion

UNKNOWN_WORDS = frozenset(
    normalised(word)
    for word in (
        *("", "unknown", "missing", "null", "nan", "na", "n/a", "#n/a", "nd", "none given", "?", ".", "-", "—", "/"),
        *("未知", "不详", "不明", "缺失", "未测", "无数据"),
    )
)
"""What says that a thing is not known; none of them is a word for a level."""
UNKNOWN_NAME = "an unknown name"
CONDITION_NAMES = frozenset(normalised(name) for name in ("condition", "diagnosis", "disease", "疾病", "诊断", "病种"))
"""What a file or a table may call the condition."""

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

    def __init__(self, /, condition: str | None = None, **values: Any):
        self.condition = condition
        self.values: dict[str, Any] = values

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Profile:
        """A profile from the data of a file or a request. Raises ProfileError if it is no mapping."""
        if not isinstance(values, Mapping):
            raise ProfileError(Fault("profile", _kind(values), "names with values, as age_years: 2.5"))
        named = {str(key): value for key, value in values.items()}
        first, *others = [key for key in named if tells_condition(key)] or ["condition"]
        condition = named.get(first)
        faults = [_told_twice(key, first) for key in others]
        if not isinstance(condition, str | None):
            faults.append(Fault(first, shown(condition), "the name of a condition, as cerebral_palsy"))
        if faults:
            raise ProfileError(faults)
        return cls(condition, **{key: value for key, value in named.items() if key != first})

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


def tells_condition(name: str) -> bool:
    """Whether a field of a file or a column of a table names the condition."""
    return normalised(name) in CONDITION_NAMES


def _told_twice(key: str, first: str) -> Fault:
    found = f"another name of {first}, which is told too"
    return Fault(key, found, "each field once", "Remove one of the two.")


def _kind(data: Any) -> str:
    """What a file holds instead of a profile."""
    if data is None:
        return "nothing"
    return "a list" if isinstance(data, list | tuple) else f"the single value {shown(data)}"


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
    """One field of a profile, read: its name as told, its value, the level it gives, and the measure
    in the unit of the factor's bands if it is a number."""

    key: str
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
            faults.append(_told_twice(key, told[found.id]))
        else:
            told[found.id] = key
            _read(found, key, value, condition, readings, faults)
    faults += _disagreements(condition, readings)
    faults += _impossible_times(condition, readings)
    if faults:
        raise ProfileError(faults)
    return _understood(condition, readings)


def find_field(key: str, condition: Condition) -> Field | None:
    """The field of that name or synonym, or of a name with its unit, as `Age (months)`; a factor's own name
    tells its level directly."""
    known = condition.fields_by_word.get(normalised(key))
    if known is not None:
        return known
    name, unit = condition.units.split(key)
    return next((f for f in condition.measures(name) if f.unit == unit), None)


def _unknown_key(key: str, condition: Condition) -> Fault:
    without = without_unit(key, [condition])
    if without is not None:
        return without
    words = {word: f.id for f in condition.fields.values() for word in f.words}
    words |= {factor.id: factor.fields[0].id for factor in condition if factor.id not in words}
    units = condition.units
    near = similar_name(key, words, units)
    meant = words[near] if near and _tells(words[near], units) == _tells(key, units) else near
    cure = f"Did you mean {meant}?" if near else ""
    return Fault(key, UNKNOWN_NAME, f"one of {', '.join(condition.fields)}", cure)


def without_unit(key: str, conditions: Iterable[Condition], cure: str = "") -> Fault | None:
    """The fault of a name that wants a unit, or another one: 病程, or `Age (weeks)`."""
    conditions = tuple(conditions)
    name, unit = Units.of(conditions).split(key)
    units = list(dict.fromkeys(f.unit for c in conditions for f in c.measures(name)))
    if not units:
        return None
    found = f"the unit {unit}" if unit else "no unit"
    return Fault(
        key,
        found,
        f"one of {', '.join(units)}",
        cure or f"Write the unit behind the name, as {name}_UNIT.",
    )


def similar_name(name: str, words: Iterable[str], units: Units) -> str | None:
    """The nearest of the words that tells the same digits and units: neither gmfm for GMFM-66 nor 病程（月）for
    病程（天）."""
    return near_name(name, [word for word in words if _tells(word, units) == _tells(name, units)])


def _tells(name: str, units: Units) -> tuple[list[str], frozenset[str]]:
    return re.findall(r"\d+", name), units.within(name)


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
    result = _number(f, factor, key, value, condition.units) if f.numeric else _word(f, factor, key, value)
    if isinstance(result, Fault):
        faults.append(result)
    else:
        readings[factor.id].append(result)


def is_unknown(value: Any) -> bool:
    """Whether a value says that the thing is not known."""
    if value is None or value != value:
        return True
    return isinstance(value, str) and normalised(value) in UNKNOWN_WORDS


def _number(f: Field, factor: Factor, key: str, value: Any, units: Units) -> _Reading | Fault:
    number = _as_number(value)
    if number is None:
        level = factor.find_level(value) if isinstance(value, str) else None
        if level is not None:
            return _Reading(key, f, level, level)
        return Fault(key, shown(value), _expected(f), _number_cure(f, factor, value, units))
    assert f.minimum is not None
    assert f.maximum is not None
    if not f.minimum <= number <= f.maximum:
        return Fault(key, _as_told(number), _expected(f), _range_cure(f, factor, number))
    if f.integer and number != int(number):
        return Fault(key, _as_told(number), _expected(f), f"The {f.unit} are counted whole.")
    measure = number * f.multiply_by
    level = factor.level_at(measure)
    assert level is not None
    return _Reading(key, f, int(number) if number == int(number) else number, level, measure)


def _as_told(number: float) -> str:
    """A number in few digits, where these say it all: 3.0000001 is not told as 3."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _expected(f: Field) -> str:
    kind = "a whole number" if f.integer else "a number"
    return f"{kind} of {f.unit} from {f.minimum:g} to {f.maximum:g}"


def _as_number(value: Any) -> float | None:
    """The number that a value is or spells; none for true, false and Python's own spellings (1_000)."""
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        return None
    try:
        return float(value) + 0.0  # no negative zero
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return None


def _number_cure(f: Field, factor: Factor, value: Any, units: Units) -> str:
    text = str(value).strip()
    if isinstance(value, str) and text[:1] in ("=", "+", "-", "@"):
        return "It looks like a formula of a spreadsheet: give its result."
    numbers = re.findall(r"\d+(?:\.\d+)?", text)
    if comma := re.fullmatch(r"(\d+)[,，](\d+)", text):
        return _comma_cure(*comma.groups())
    if not numbers and any(map(str.isnumeric, text)):
        return "Write it in digits."
    if not isinstance(value, str) or len(numbers) != 1:
        return "Give one number." if numbers else ""
    unit = text.replace(numbers[0], "").strip(" .").casefold()
    other = next((o for o in factor.fields if o.unit != f.unit and unit in units.words.get(o.unit, ())), None)
    return f"Give it as {other.id}: {numbers[0]}." if other else f"Give the number alone, as {numbers[0]}."


def _comma_cure(whole: str, part: str) -> str:
    """A comma before three digits may part thousands; any other stands for the decimal point."""
    number = float(f"{whole}.{part}")
    thousands = len(part) == 3 and not whole.startswith("0")
    return f"Is it {whole}{part} or {number:g}?" if thousands else f"Write {_as_told(number)}."


def _range_cure(f: Field, factor: Factor, number: float) -> str:
    if set(f"{abs(number):g}") == {"9"}:
        return "If it stands for a missing value, leave the cell empty."
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
        category = f.find_category(word)
        if category is None:
            return Fault(key, shown(value), f"one of {', '.join(f.categories)}", suggestion(word, f.categories))
        return _Reading(key, f, category, f.categories[category])
    level = factor.find_level(word)
    if level is None:
        names = "、".join(f"{lv.id} {lv.label['zh']}" for lv in factor.levels)
        return Fault(
            key, shown(value), f"one of {', '.join(factor.level_ids)}", _level_cure(factor, word), labels=names
        )
    return _Reading(key, f, level, level)


def _level_cure(factor: Factor, word: str) -> str:
    """The level of the nearest id or synonym, or of a label with the word in it; else that what is not
    known may stay unsaid."""
    words = {w: lv.id for lv in factor.levels for w in (lv.id, *lv.synonyms)}
    labels = {w: lv.id for lv in factor.levels for w in lv.label.values()}
    near = near_name(word, words) or _word_within(word, [*words, *labels])
    words |= labels
    if near is None:
        return "If it is none of these or not known, leave it out."
    meant = words[near]
    return f"Did you mean {meant}?" if near == meant else f"Did you mean {near!r}, which is {meant}?"


def _word_within(word: str, words: Iterable[str]) -> str | None:
    """The first of the words that holds the word: `lumbar` of `lumbar puncture`."""
    wanted = normalised(word)
    return next((w for w in words if len(wanted) > 2 and wanted in normalised(w)), None)


def _disagreements(condition: Condition, readings: Mapping[str, list[_Reading]]) -> Iterator[Fault]:
    """Two fields of one factor, of the same kind, that tell different things."""
    for factor in condition:
        measured = [r for r in readings[factor.id] if r.measure is not None]
        for other in measured[1:]:
            yield from _two_measures(measured[0], other)
        named = [r for r in readings[factor.id] if r.measure is None and not r.field.categories]
        for reading in named:
            yield from _other_level(reading, readings[factor.id])


def _other_level(named: _Reading, readings: Iterable[_Reading]) -> Iterator[Fault]:
    """A level told by name beside a reading that gives another level."""
    for other in readings:
        if other.level != named.level:
            found = f"{other.level} by {other.key} and {named.level} by {named.key}"
            yield Fault(f"{named.key}, {other.key}", found, "the same level in both", "Remove one of the two.")
            return


def _two_measures(first: _Reading, second: _Reading) -> Iterator[Fault]:
    assert first.measure is not None
    assert second.measure is not None
    # One whole step of the coarser unit, as its figure may be of completed steps: 3 years are 36 to 47 months.
    tolerance = max(first.field.multiply_by, second.field.multiply_by)
    if abs(first.measure - second.measure) <= tolerance:
        return
    swapped = abs(first.value * second.field.multiply_by - second.value * first.field.multiply_by)
    cure = "The two look swapped." if swapped <= tolerance else "Give one of the two."
    found = f"{first.value} {first.field.unit} and {second.value} {second.field.unit}"
    yield Fault(f"{first.key}, {second.key}", found, "the same in both", cure)


def _impossible_times(condition: Condition, readings: Mapping[str, list[_Reading]]) -> Iterator[Fault]:
    """Times that are longer than they can be: since an event, than the patient's life."""
    for limit in condition.time_limits:
        than, time = (_first_time(readings[id]) for id in (limit.than, limit.factor))
        if than is not None and time is not None and _in_days(time) > _in_days(than) + limit.plus_days:
            told = {"than": than.value, "time": f"{time.value} {time.field.unit}"}
            found = limit.found[than.field.id]["en"].format(**told)
            cure = "Are months and years swapped?"
            yield Fault(f"{than.key}, {time.key}", found, limit.expected["en"], cure)


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
            told = {"value": found[0].value, "unit": found[0].field.unit, "field": found[0].field.id}
            names = _names(factor, found[0].level)
            yield Message("outside_studied", "abstain", {"low": low, "high": high, **told, **names})
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
