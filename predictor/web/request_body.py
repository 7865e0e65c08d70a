"""Reads a request strictly: true is no number, a key stands once, NaN is no value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Annotated, Any

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..content.conditions import Condition
from ..content.library_messages import library_message
from ..errors import Fault, InputError, say, shown
from ..profile.names import find_field
from ..profile.profile import Profile, check_names, tells_condition
from .language import asked_language, note_language
from .problems import Problem

MOST_ITEMS = 1000
"""Of a list; the longest that a question has is of 200 values."""
LONGEST_TEXT = 1000
"""Signs of a text; the longest word of a profile has about forty."""
LONGEST_INTEGER = 18
"""Digits; no quantity of a profile needs more, and longer ones cost time to read."""


def strict_json(body: bytes, words: Catalogue) -> Any:
    """The data of a JSON text in UTF-8. Raises a problem for what JSON leaves open or forbids.

    words: what tells the place of a fault.
    """
    try:
        text = body.decode("utf-8")
        data = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_number
        )
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place, found = (
            words("web.line_and_column", line=error.lineno, column=error.colno),
            say("broken_json", problem=library_message(error.msg)),
        )
        raise Problem("bad_json", [Fault("body", found, say("valid_json"), where=place)]) from error
    except UnicodeError as error:
        raise Problem("bad_json", [Fault("body", say("no_text"), say("json_in_utf8"))]) from error
    except RecursionError as error:
        raise Problem("bad_json", [Fault("body", say("endless_lists"), say("flat_profile"))]) from error
    _check_size(data)
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    try:
        check_names(unique)
    except InputError as error:
        raise Problem("bad_input", error.faults) from error
    if len(unique) < len(pairs):
        repeated = sorted(key for key, number in Counter(key for key, _ in pairs).items() if number > 1)
        faults = [Fault(key, say("key_twice"), say("key_once"), say("remove_one")) for key in repeated]
        raise Problem("bad_json", faults)
    return unique


def _check_size(data: Any, field: str = "body", depth: int = 3) -> None:
    """Raises a problem for a longer list or text than any question has, as deep as a question goes."""
    if isinstance(data, str) and len(data) > LONGEST_TEXT:
        expected = say("value_at_most", number=LONGEST_TEXT)
        raise Problem("bad_input", [Fault(field, shown(data), expected)])
    if isinstance(data, list) and len(data) > MOST_ITEMS:
        found = say("list_of", number=f"{len(data):,}")
        raise Problem("bad_input", [Fault(field, found, say("at_most", number=MOST_ITEMS))])
    if depth:
        for key, value in _parts(data, field):
            _check_size(value, key, depth - 1)


def _parts(data: Any, field: str) -> Iterable[tuple[str, Any]]:
    if isinstance(data, dict):
        return data.items()
    return ((field, value) for value in data) if isinstance(data, list) else ()


def _no_constant(word: str) -> Any:
    raise Problem("bad_json", [Fault("number", word, say("a_number"), say("write_null"))])


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        found = say("digits_found", number=len(digits))
        raise Problem("bad_json", [Fault("number", found, say("at_most_digits", number=LONGEST_INTEGER))])
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if abs(value) == float("inf"):
        raise Problem("bad_json", [Fault("number", digits[:40], say("number_that_fits"))])
    return value


class StrictRequest(Request):
    """A request whose JSON is read strictly; the language that it names is that of every answer to it."""

    async def json(self) -> Any:
        words = self.app.library.catalogue(asked_language(self.scope))
        data = strict_json(await self.body(), words)
        if isinstance(data, dict):
            note_language(self.scope, data.get("language"))
        return data


class StrictRoute(APIRoute):
    """A route that takes JSON and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if request.method == "POST" and media_type(request) != "application/json":
                expected = Fault("Content-Type", repr(media_type(request)), say("json_type"))
                raise Problem("media_type", [expected])
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def media_type(request: Request) -> str:
    """The request's content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().casefold()


def _scalar(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise PydanticCustomError("scalar", "scalar")
    return value


Scalar = Annotated[Any, AfterValidator(_scalar)]
ProfileBody = Annotated[
    dict[str, Scalar],
    WithJsonSchema({"type": "object", "title": "Profile"}),
]


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know and values of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def profile_from(values: Mapping[str, Any], library: Library) -> Profile:
    """A profile whose quantities are numbers, not text of digits. Raises InputError."""
    told = next((value for key, value in values.items() if tells_condition(key)), None)
    if told is not None and not isinstance(told, str):
        raise InputError(Fault("condition", repr(told), say("a_word")))
    if told and not library.without_model_id(told):
        condition = library.scorecard(library.condition_id(told)).condition
        faults = [fault for key, value in values.items() for fault in _quoted(key, value, condition)]
        if faults:
            raise InputError(faults)
    return Profile.from_mapping(values)


def _quoted(key: str, value: Any, condition: Condition) -> list[Fault]:
    field = find_field(key, condition)
    if field is None or not field.takes_bare_numbers or not isinstance(value, str) or not value.isascii():
        return []  # ４５ is no number of JSON, with quotes or without
    try:
        float(value)
    except ValueError:
        return []
    return [Fault(key, repr(value), say("number_of", unit=field.unit_said), say("remove_quotes"))]
