"""How people spell a quantity: 2.5, ２．５, 2岁半, 30个月, 两岁零三个月, 三周, 2 years 6 months."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from ..content.conditions import DAYS, Factor, Field, Units

DIGITS = {sign: value for value, signs in enumerate(("零", "一", "二两", *"三四五六七八九")) for sign in signs}
DIGIT = f"[{''.join(DIGITS)}]"
NUMERAL = re.compile(rf"(?:({DIGIT})百(?!{DIGIT}$)零?)?(?:({DIGIT}?)(十))?零?({DIGIT}?)")
"""A number below 1000; 一百二 and 七八, which say 120 and 7 or 8, are none."""
DECIMAL = re.compile(r"\d")
OTHER_SIGNS = str.maketrans({"〇": "零", "。": ".", "廿": "二十", "卅": "三十"})
EXACT = 6
"""Decimals that are kept of a number in another unit, so that 36 months are 3 years."""
FULL_WIDTH_KEY = re.compile(r"^([^\S\n]*[^\s:：#'\"\[{&*!|>%@`-][^:：\n]*)：[^\S\n]*", re.MULTILINE)


class Part(NamedTuple):
    """A number of a quantity and the unit behind it; none where it stands alone."""

    number: float
    unit: str | None


def plain(text: str) -> str:
    """A text in half-width signs: ２．５ is 2.5, ： is a colon, Ⅲ is III; ² and ① stay, as they are no digits."""
    return "".join(map(_plain_sign, text)).translate(OTHER_SIGNS)


def _plain_sign(sign: str) -> str:
    """A sign in half width; as it is where a digit would come of one that is none, like a footnote's mark."""
    half = unicodedata.normalize("NFKC", sign)
    return sign if DECIMAL.search(half) and not sign.isdecimal() else half


def with_plain_colons(text: str) -> str:
    """A YAML text whose keys may end with a full-width colon, as one that YAML reads."""
    return FULL_WIDTH_KEY.sub(r"\1: ", text) if "：" in text else text


def numeral(text: str) -> float | None:
    """The number of Chinese numerals: 2 of 两, 65 of 六十五, 1.5 of 一点五, 0.5 of 半."""
    if text == "半":
        return 0.5
    whole, point, decimals = text.partition("点")
    found = NUMERAL.fullmatch(whole)
    if not whole or found is None or (point and not decimals) or not set(decimals) <= DIGITS.keys():
        return None
    hundreds, tens, ten, ones = found.groups()
    number = 100 * DIGITS.get(hundreds, 0) + (10 * DIGITS.get(tens, 1) if ten else 0) + DIGITS.get(ones, 0)
    return float(f"{number}.{''.join(str(DIGITS[sign]) for sign in decimals)}")


class Quantities:
    """Reads quantities in some units."""

    def __init__(self, units: Units):
        self._units = units

    @cached_property
    def _part(self) -> re.Pattern[str]:
        words = "|".join(map(re.escape, sorted(self._units.by_word, key=len, reverse=True)))
        number = r"[+-]?\d+(?:\.\d+)?|[零一二两三四五六七八九十百点]+|半"
        return re.compile(rf"(?:[又零和,]|and)?\s*({number})\s*(?:个?(半)?\s*({words})(半)?)?\s*", re.IGNORECASE)

    def parts(self, text: str) -> tuple[Part, ...]:
        """The numbers of a quantity with their units, the halves added; nothing where it is no quantity."""
        found = tuple(self._parts(plain(text).strip(" .")))
        units = [part.unit for part in found if part is not None]
        told = tuple(part for part in found if part is not None)
        several = len(told) > 1 and (None in units or len({*units}) < len(units))
        return () if len(told) < len(found) or several else told

    def _parts(self, text: str) -> Iterator[Part | None]:
        """Each part of a text in turn; None where something else stands there."""
        at = 0
        while at < len(text):
            found = self._part.match(text, at)
            number = _number(found[1]) if found else None
            if found is None or number is None:
                yield None
                return
            halves = 0.5 * sum(map(bool, (found[2], found[4])))
            yield Part(number + halves, self._units.by_word[found[3].casefold()] if found[3] else None)
            at = found.end()

    def units_of(self, value: object) -> tuple[str, ...]:
        """The units that a value tells behind its numbers."""
        return tuple(p.unit for p in self.parts(value) if p.unit) if isinstance(value, str) else ()


def _number(text: str) -> float | None:
    return float(text) if text[-1].isdigit() else numeral(text)


def in_unit_of(field: Field, factor: Factor, parts: Iterable[Part]) -> float | None:
    """A quantity as a number of a field; None where its unit measures another thing."""
    sizes = [(part.number, _size(part.unit, field, factor)) for part in parts]
    if not sizes or any(size is None for _, size in sizes):
        return None
    total = sum(number * (size or 0) for number, size in sizes)
    return total if all(size == 1 for _, size in sizes) else round(total, EXACT)


def _size(unit: str | None, field: Field, factor: Factor) -> float | None:
    """How many of a field's own units are in another one: in that of the factor's other fields, or of time."""
    if unit is None or unit == field.unit:
        return 1.0
    other = next((f for f in factor.fields if f.numeric and f.unit == unit), None)
    if other is not None:
        return other.multiply_by / field.multiply_by
    return DAYS[unit] / DAYS[field.unit] if {unit, field.unit} <= DAYS.keys() else None
