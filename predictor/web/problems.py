"""Errors as problem documents (RFC 9457), with the faults that a person can mend."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..content.wording import fault_text, phrase_text
from ..errors import (
    ContentError,
    Fault,
    InputError,
    Phrase,
    PredictorError,
    Said,
    ScorecardError,
    first_told,
    one_of,
    say,
)
from .language import asked_language

MEDIA_TYPE = "application/problem+json"
LONGEST = 300
"""Characters of a person's own words that an error repeats."""
STATUS = {
    "bad_json": 400,
    "bad_input": 422,
    "busy": 429,
    "media_type": 415,
    "no_room": 507,
    "not_found": 404,
    "other_scorecard": 409,
    "too_many_rows": 413,
    "out_of_time": 503,
    "stale_scorecard": 503,
}
"""The status of each problem that has a name of its own; any other is told by its status alone."""
PLAIN = {400: "bad_request", 403: "other_origin", 404: "not_found", 405: "method", 413: "too_large", 503: "out_of_time"}
NAMES = tuple(sorted({*STATUS, *PLAIN.values(), "error"}))


class Problem(HTTPException):
    """An error with a name: `web.problem.NAME` is its title, `web.problem_about.NAME` its sentence."""

    def __init__(self, name: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None):
        super().__init__(STATUS[name], name, dict(headers or {}))
        self.name = name
        self.faults = tuple(faults)


def document(name: str, status: int, text: Catalogue, faults: Sequence[Fault] = ()) -> bytes:
    """A problem document as JSON."""
    faults, rest = first_told(faults)
    told = [{key: _clipped(_worded(getattr(fault, key), text)) for key in fault.as_dict()} for fault in faults]
    details = [text(f"web.problem_about.{name}"), *(_clipped(fault_text(fault, text)) for fault in faults)]
    data: dict[str, Any] = {
        "type": f"/docs#{name}",
        "title": text(f"web.problem.{name}"),
        "status": status,
        "detail": text("space").join([*details, *([_worded(rest, text)] if rest else [])]),
        "faults": told,
    }
    return json.dumps(data, ensure_ascii=False).encode(errors="backslashreplace")  # half a sign may be told


def _worded(said: Said, text: Catalogue) -> str:
    return said if isinstance(said, str) else phrase_text(said, text)


def _clipped(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


class Handlers:
    """Turns this package's errors into responses."""

    def __init__(self, library: Library):
        self.library = library

    def respond(self, request: Request, problem: Problem) -> Response:
        text = self.library.catalogue(asked_language(request.scope))
        body = document(problem.name, problem.status_code, text, problem.faults)
        return Response(body, problem.status_code, problem.headers, MEDIA_TYPE)

    async def problem(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return self.respond(request, error)

    async def predictor_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, PredictorError)
        if isinstance(error, InputError):
            faults = [replace(fault, cure=_of_api(fault.cure)) for fault in error.faults]
            return self.respond(request, Problem("bad_input", faults))
        if isinstance(error, (ContentError, ScorecardError)):  # what was there when the server began
            return self.respond(request, Problem("stale_scorecard", error.faults))
        raise error

    async def validation_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return self.respond(request, Problem("bad_input", [_fault(e) for e in error.errors()]))


OF_API: Mapping[str, Callable[..., Phrase]] = {
    "fault.add_condition_or_column": lambda: say("api.add_condition"),
    "fault.add_unit": lambda column: say("api.unit_in_name"),
    "fault.did_you_mean_or_keep": lambda word, column: say("api.did_you_mean_or_take_out", word=word),
    "fault.keep_column": lambda column: say("api.take_out"),
    "fault.keep_column_or_all": lambda column: say("api.take_out"),
    "fault.missing_value": lambda: say("api.null_if_missing"),
}
"""Cures that name an option of the command line or a cell of a file, and what they are here."""


def _of_api(cure: Said) -> Said:
    known = OF_API.get(cure.code) if isinstance(cure, Phrase) else None
    return known(**dict(cure.values)) if isinstance(cure, Phrase) and known else cure


def _fault(error: Mapping[str, Any]) -> Fault:
    """One of pydantic's errors; its first step says query, path or body."""
    part, *steps = (str(step) for step in error["loc"])
    return Fault(
        field=".".join(steps) or part,
        found=say("nothing") if error["type"] == "missing" else _clipped(repr(error["input"])),
        expected=_expected(error),
        cure=say("misspelt") if error["type"] == "extra_forbidden" else "",
        where=part,
    )


EXPECTED: Mapping[str, Phrase] = {
    "missing": say("a_value"),
    "extra_forbidden": say("known_key"),
    "scalar": say("a_scalar"),
    "list_type": say("a_list"),
    "string_type": say("a_text"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), say("names_with_values")),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), say("an_integer")),
    **dict.fromkeys(("bool_type", "bool_parsing"), say("true_or_false")),
}
"""What pydantic's errors expect, by their kind."""


def _expected(error: Mapping[str, Any]) -> Said:
    """What one of pydantic's errors expects; in pydantic's words where it is of no kind that we know."""
    told = error.get("ctx", {})
    match error["type"]:
        case "literal_error":
            return one_of(re.findall("'([^']*)'", told["expected"]))
        case "greater_than_equal":
            return say("number_from", number=told["ge"])
        case "less_than_equal":
            return say("at_most", number=told["le"])
        case "string_too_long":
            return say("text_at_most", number=told["max_length"])
        case kind:
            return EXPECTED.get(kind, str(error["msg"]))


class PlainErrors:
    """Turns an error that the framework answers in its own words into a problem document."""

    def __init__(self, app: ASGIApp, library: Library):
        self.app = app
        self.library = library

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        replaced: Message | None = None

        async def pass_on(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _plain_error(message):
                replaced = message
                await self._response(scope, message)(scope, receive, send)
            elif replaced is None:
                await send(message)

        await self.app(scope, receive, pass_on)

    def _response(self, scope: Scope, start: Message) -> Response:
        status: int = start["status"]
        name = PLAIN.get(status, "error")
        text = self.library.catalogue(asked_language(scope))
        response = Response(document(name, status, text), status, media_type=MEDIA_TYPE)
        allow = Headers(raw=start["headers"]).get("allow")
        if allow is not None:
            MutableHeaders(raw=response.raw_headers)["allow"] = "GET, HEAD" if allow == "GET" else allow
        return response


def _plain_error(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] >= 400 and not kind.startswith(MEDIA_TYPE)
