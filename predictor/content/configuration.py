"""What the files of configs/ share: texts in both languages, judgements, and what is wrong as faults at their lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, NamedTuple, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from ..errors import ConfigurationError, Fault, InputError, Phrase, Said, either, say, shown, suggestion
from .documents import Document, read_document
from .placeholders import placeholders

NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Chance = Annotated[float, Field(gt=0, lt=1)]
Weight = Annotated[float, Field(gt=0, le=1)]
Correlation = Annotated[float, Field(gt=-1, lt=1)]
Level = Annotated[float, Field(ge=0.001, le=0.999)]
Added = Annotated[float, Field(ge=-0.99, le=0.99)]
Studied = Annotated[float, Field(ge=0, le=0.99)]
Spread = Annotated[float, Field(ge=0.01, le=10)]
Size = Annotated[float, Field(ge=0, le=10)]
Count = Annotated[float, Field(ge=0, le=1_000, multiple_of=1)]
"""What a number may be: no more than `model/shape.py` lets a scorecard have, and no spread so small that the fit cannot
tell its matrix from a singular one."""
M = TypeVar("M", bound=BaseModel)


class Wrong(NamedTuple):
    """Something wrong inside a checked part: where in it, what was found, what is expected, the cure."""

    at: tuple[str | int, ...]
    found: Said
    expected: Said
    cure: Said = ""


def refuse(wrongs: Iterable[Wrong]) -> None:
    """Raises all that is wrong as one error, if there is anything."""
    found = list(wrongs)
    if found:
        raise PydanticCustomError("content", "something wrong inside", {"wrongs": found})


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know, and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LabelText(Strict):
    """A text in both languages, with the same placeholders."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _in_both(cls, value: Any) -> Any:
        if isinstance(value, str):
            refuse([Wrong((), shown(value), say("text_in_both"), say("write_both"))])
        return value

    @model_validator(mode="after")
    def _same_placeholders(self) -> Self:
        wanted, found = placeholders(self.en), placeholders(self.zh)
        if wanted != found:
            refuse([Wrong(("zh",), say("placeholders", list=f"{sorted(found)}"), f"{sorted(wanted)}")])
        return self


def _as_label(value: Any) -> Any:
    """A name that is the same in both languages, as a label."""
    return {"en": value, "zh": value} if isinstance(value, str) and SHARED_NAME.fullmatch(value) else value


SHARED_NAME = re.compile(r"\S*[\d.]\S*|[A-Z]\w+ \d{4}")
"""The id of a study, a file, or a citation such as `Cohen 1988`."""
Source = Annotated[LabelText, BeforeValidator(_as_label, json_schema_input_type=LabelText | str)]
"""Where something comes from: a text in both languages, or a name that both share."""


class Judged(Strict):
    """A number that is a judgement, with its reason and source."""

    value: float
    reason: LabelText
    source: Source


class JudgedPositive(Judged):
    value: Positive


class JudgedSpread(Judged):
    value: Spread


class JudgedShare(Judged):
    value: Share


class JudgedNotNegative(Judged):
    value: NotNegative


class JudgedSize(Judged):
    value: Size


class JudgedCount(Judged):
    value: Count


class JudgedWeight(Judged):
    value: Weight


class JudgedCorrelation(Judged):
    value: Correlation


class JudgedChance(Judged):
    value: Chance


class JudgedStudied(Judged):
    value: Studied


class JudgedLevel(Judged):
    value: Level


def not_whole(at: tuple[str | int, ...], shares: Mapping[str, float]) -> Iterator[Wrong]:
    """Shares that do not add up to 1."""
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        terms = " + ".join(f"{share:g}" for share in shares.values())
        found = f"{terms} = {total:g}" if len(shares) > 1 else f"{total:g}"
        cure = say("take_away", number=f"{total - 1:g}") if total > 1 else say("add", number=f"{1 - total:g}")
        yield Wrong(at, found, say("shares_to_one"), cure)


class SpanningShares(Strict):
    shares: dict[str, Chance]
    reason: LabelText
    source: Source

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        refuse(not_whole(("shares",), self.shares))
        return self


def read_configuration(path: Path) -> Document:
    """A configuration file as a document; what is wrong with it is a ConfigurationError."""
    try:
        return read_document(path)
    except InputError as error:
        raise ConfigurationError(error.faults) from error


def validated(model: type[M], document: Document) -> M:
    """The data of a document as a model; what is wrong with it is a ConfigurationError."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        faults = [fault for e in error.errors() for fault in _faults(document, e, model)]
        raise ConfigurationError(faults) from error


def _faults(document: Document, error: ErrorDetails, model: type[BaseModel]) -> Iterator[Fault]:
    """What one error of pydantic says, in the words of this package."""
    location = tuple(step for step in error["loc"] if not str(step).startswith("["))
    for wrong in error.get("ctx", {}).get("wrongs", ()) or [_wrong(error, _keys_at(model, location[:-1]))]:
        at = (*location, *wrong.at)
        field = ".".join(str(step) for step in at) or "file"
        yield Fault(field, wrong.found, wrong.expected, wrong.cure, document.where(at))


def _wrong(error: ErrorDetails, known: Sequence[str]) -> Wrong:
    kind, found = error["type"], shown(error["input"])
    if kind == "missing":
        return Wrong((), say("nothing"), say("a_value"), say("add_key"))
    if kind == "extra_forbidden":
        near = suggestion(str(error["loc"][-1]), known)
        return Wrong((), say("unknown_key"), say("known_key"), near or say("remove_key"))
    told = error.get("ctx", {})
    if kind == "literal_error":
        options = told["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return Wrong((), found, either(options), suggestion(str(error["input"]), options))
    if kind in _BOUNDS:
        return Wrong((), found, _bound(kind, f"{told[_BOUNDS[kind]]:g}"), _as_share(error["input"], told))
    return Wrong((), found, _EXPECTED.get(kind) or error["msg"].replace("'", ""))


_BOUNDS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
"""pydantic's kinds of error of a number beyond an end, and what it calls the end."""


def _bound(kind: str, number: str) -> Phrase:
    if kind.startswith("less"):
        return say("number_below" if kind == "less_than" else "number_up_to", number=number)
    return say("number_above" if kind == "greater_than" else "number_from", number=number)


def _as_share(found: float, told: Mapping[str, float]) -> Said:
    """The cure of a percentage where a share is expected."""
    percent = told.get("lt", told.get("le", math.inf)) <= 1 and 2 <= found <= 100
    return say("write_as_share", number=f"{found / 100:g}") if percent else ""


_EXPECTED = {
    "bool_parsing": say("true_or_false"),
    "bool_type": say("true_or_false"),
    "dict_type": say("keys_with_values"),
    "float_parsing": say("a_number"),
    "float_type": say("a_number"),
    "finite_number": say("finite_number"),
    "multiple_of": say("a_whole_number"),
    "list_type": say("a_list"),
    "model_type": say("keys_with_values"),
    "string_too_short": say("some_text"),
    "string_type": say("some_text"),
}
"""pydantic's kinds of error as what is expected."""


def _keys_at(kind: Any, at: Sequence[str | int]) -> list[str]:
    """The keys that a file may have at a place inside a type."""
    if get_origin(kind) in (Annotated, Union, UnionType):
        return [key for one in get_args(kind) for key in _keys_at(one, at)]
    fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
    inside = {field.alias or name: field.annotation for name, field in fields.items()}
    if not at:
        return list(inside)
    return _keys_at(inside.get(str(at[0])) if fields else (get_args(kind) or [None])[-1], at[1:])
