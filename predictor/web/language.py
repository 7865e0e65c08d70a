"""The language that a request asks for: by its query, else by Accept-Language, else English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import Scope

from ..content.conditions import LANGUAGES, Language

NAMES = ("language", "lang")
IN_BODY = "predictor.language"
"""Where a scope keeps the language that the body of its request names."""


def asked_language(scope: Scope) -> Language:
    """The language of a request: that of its body, once it is read, of its query, of Accept-Language, or English.

    >>> asked_language({"type": "http", "query_string": b"", "headers": [(b"accept-language", b"fr, zh-CN;q=0.8")]})
    'zh'
    """
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    told = [value for name in NAMES for value in query.get(name, ())]
    wanted = [scope.get(IN_BODY), *told, *_accepted(Headers(scope=scope).get("accept-language", ""))]
    return cast(Language, next((word for word in wanted if word in LANGUAGES), "en"))


def note_language(scope: Scope, language: Any) -> None:
    """Keeps the language that the body of a request names, where it is one."""
    if language in LANGUAGES:
        scope[IN_BODY] = language


def _accepted(header: str) -> Iterator[str]:
    """The main languages of an Accept-Language header, the most wanted first (RFC 9110, 12.5.4)."""
    for tag, weight in sorted(weights(header), key=lambda pair: -pair[1]):
        if weight > 0:
            yield tag.partition("-")[0]


def weights(header: str) -> list[tuple[str, float]]:
    """What a header of preferences names, each with its weight from 0 to 1 (RFC 9110, 12.4.2).

    >>> weights("application/json, application/fhir+json;q=0")
    [('application/json', 1.0), ('application/fhir+json', 0.0)]
    """
    ranges = [part.split(";") for part in header.split(",") if part.strip()]
    return [(name.strip().casefold(), _weight(parameters)) for name, *parameters in ranges]


def _weight(parameters: Sequence[str]) -> float:
    told = (parameter.partition("=") for parameter in parameters)
    try:
        return next((float(value) for name, _, value in told if name.strip().casefold() == "q"), 1.0)
    except ValueError:
        return 0.0
