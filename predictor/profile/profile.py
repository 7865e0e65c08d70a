"""A described, hypothetical patient: field names and values, as a person gave them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..content.conditions import normalised
from ..errors import Fault, Phrase, ProfileError, say, shown

UNKNOWN_WORDS = frozenset(
    normalised(word)
    for word in (
        *("", "unknown", "missing", "null", "nan", "na", "n/a", "#n/a", "nd", "none given", "?", ".", "-", "—", "/"),
        *("未知", "不详", "不明", "缺失", "未测", "无数据"),
    )
)
"""What says that a thing is not known; none of them is a word for a level."""
CONDITION_NAMES = frozenset(normalised(name) for name in ("condition", "diagnosis", "disease", "疾病", "诊断", "病种"))
"""What a file or a table may call the condition."""


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
            raise ProfileError(Fault("profile", _kind(values), say("names_with_values")))
        named = {str(key): value for key, value in values.items()}
        first, *others = [key for key in named if tells_condition(key)] or ["condition"]
        condition = named.get(first)
        faults = [told_twice(key, first) for key in others]
        if not isinstance(condition, str | None):
            faults.append(Fault(first, shown(condition), say("condition_name")))
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


def is_unknown(value: Any) -> bool:
    """Whether a value says that the thing is not known."""
    if value is None or value != value:
        return True
    return isinstance(value, str) and normalised(value) in UNKNOWN_WORDS


def told_twice(key: str, first: str) -> Fault:
    """The fault of a field that two names tell."""
    return Fault(key, say("another_name_of", field=first), say("field_once"), say("remove_one"))


def _kind(data: Any) -> Phrase:
    """What a file holds instead of a profile."""
    if data is None:
        return say("nothing")
    return say("a_list") if isinstance(data, list | tuple) else say("single_value", value=shown(data))
