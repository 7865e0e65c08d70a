"""A described, hypothetical patient: field names and values, as a person gave them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from ..content.conditions import normalised
from ..content.documents import kind_of
from ..errors import Fault, ProfileError, say, shown

if TYPE_CHECKING:
    from .field_types import ProfileFields

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


MOST_NAMES = 100
"""Names that a profile may have; a condition has about twenty fields, and each is told once."""
LONGEST_NAME = 100
"""Signs of a name; the longest synonym has thirty."""
PROFILE_BYTES = 20_000
"""Of a file with a profile; one that tells every field has 500."""


class Profile:
    """A hypothetical patient as described: field names and values, `condition` among them if told.

    Type checkers know the fields of the shipped conditions; `from_mapping` takes any names.

    >>> Profile(age_years=2.5, gmfm88=45, route="intrathecal")
    Profile(age_years=2.5, gmfm88=45, route='intrathecal')
    """

    def __init__(self, /, condition: str | None = None, **values: Unpack[ProfileFields]):
        self.condition = condition
        self.values: dict[str, Any] = {**values}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Profile:
        """A profile from the data of a file or a request. Raises ProfileError if it is no mapping."""
        if not isinstance(values, Mapping):
            raise ProfileError(Fault("profile", kind_of(values), say("names_with_values")))
        check_names(values)
        named = {str(key): value for key, value in values.items()}
        first, *others = [key for key in named if tells_condition(key)] or ["condition"]
        condition = named.get(first)
        faults = [told_twice(key, first) for key in others]
        if not isinstance(condition, str | None):
            faults.append(Fault(first, shown(condition), say("condition_name")))
        if faults:
            raise ProfileError(faults)
        return cls(condition, **{key: value for key, value in named.items() if key != first})

    def but(self, **changes: Unpack[ProfileFields]) -> Profile:
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


def check_names(values: Mapping[Any, Any]) -> None:
    """Raises ProfileError for more or longer names than any profile has: each would be compared with all fields."""
    if len(values) > MOST_NAMES:
        found = say("names_found", number=f"{len(values):,}")
        raise ProfileError(Fault("profile", found, say("at_most", number=MOST_NAMES), say("profile_or_table")))
    lengthy = [str(key) for key in values if len(str(key)) > LONGEST_NAME]
    if lengthy:
        expected = say("name_at_most", number=LONGEST_NAME)
        raise ProfileError(Fault(key, say("letters", number=f"{len(key):,}"), expected) for key in lengthy)


def tells_condition(name: str) -> bool:
    """Whether a field of a file or a column of a table names the condition."""
    return normalised(name) in CONDITION_NAMES


def is_unknown(value: Any) -> bool:
    """Whether a value says that the thing is not known."""
    if value is None or _is_no_value(value):
        return True
    return isinstance(value, str) and normalised(value) in UNKNOWN_WORDS


def _is_no_value(value: Any) -> bool:
    """Whether a value is a NaN, a NaT or pandas' NA, which are not equal to themselves; an array is none of them."""
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return not getattr(value, "ndim", 0)


def told_twice(key: str, first: str) -> Fault:
    """The fault of a field that two names tell."""
    return Fault(key, say("another_name_of", field=first), say("field_once"), say("remove_one"))
