"""The names by which a profile or a table tells a field, with units, synonyms and likely misspellings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..content.conditions import DAYS, Condition, Field, Units, normalised
from ..errors import Fault, Said, listed, near_name, one_of, say
from .spelling import Quantities

UNKNOWN_NAME = say("unknown_name")


def find_field(key: str, condition: Condition) -> Field | None:
    """The field of that name or synonym, or of a name with its unit, as `Age (months)`; a factor's own name
    tells its level directly."""
    known = condition.fields_by_word.get(normalised(key))
    if known is not None:
        return known
    name, unit = condition.units.split(key)
    return next((f for f in condition.measures(name) if f.unit == unit), None)


def find_measure(key: str, value: object, condition: Condition) -> Field | None:
    """The field of a name without its unit, by the unit of its value: of 病程 with `10天` the one in days."""
    measures = condition.measures(key)
    units = Quantities(condition.units).units_of(value) if measures else ()
    if not units or not set(units) <= {*DAYS, *(f.unit for f in measures)}:
        return None
    return next((f for f in measures if f.unit == units[0]), measures[0])


def unknown_name(key: str, condition: Condition) -> Fault:
    """The fault of a name that tells no field, with the field that is meant if one is near."""
    without = without_unit(key, [condition])
    if without is not None:
        return without
    words = {word: f.id for f in condition.fields.values() for word in f.words}
    words |= {factor.id: factor.fields[0].id for factor in condition if factor.id not in words}
    units = condition.units
    near = similar_name(key, words, units)
    meant = words[near] if near and _tells(words[near], units) == _tells(key, units) else near
    cure = say("did_you_mean", word=meant) if meant else ""
    return Fault(key, UNKNOWN_NAME, one_of(condition.fields), cure)


def without_unit(key: str, conditions: Iterable[Condition], cure: Said = "") -> Fault | None:
    """The fault of a name that wants a unit, or another one: 病程, or `Age (weeks)`."""
    conditions = tuple(conditions)
    name, unit = Units.of(conditions).split(key)
    units = list(dict.fromkeys(f.unit for c in conditions for f in c.measures(name)))
    if not units:
        return None
    found = say("the_unit", given=unit) if unit else say("no_unit")
    return Fault(
        key,
        found,
        say("one_of", list=listed([say(f"unit.{unit}") for unit in units])),
        cure or say("write_unit", field=name, unit=say(f"unit.{units[0]}")),
    )


def similar_name(name: str, words: Iterable[str], units: Units) -> str | None:
    """The nearest of the words that tells the same digits and units: neither gmfm for GMFM-66 nor 病程（月）for
    病程（天）."""
    return near_name(name, [word for word in words if _tells(word, units) == _tells(name, units)])


def _tells(name: str, units: Units) -> tuple[list[str], frozenset[str]]:
    return re.findall(r"\d+", name), units.within(name)
