"""The language that a request asks for: by its query, else by Accept-Language, else English."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import Scope

from ..content.conditions import LANGUAGES, Language

NAMES = ("language", "lang")


def asked_language(scope: Scope) -> Language:
    """The language of a request.

    >>> asked_language({"type": "http", "query_string": b"", "headers": [(b"accept-language", b"fr, zh-CN;q=0.8")]})
    'zh'
    """
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    told = [value for name in NAMES for value in query.get(name, ())]
    wanted = [*told, *_accepted(Headers(scope=scope).get("accept-language", ""))]
    return cast(Language, next((word for word in wanted if word in LANGUAGES), "en"))


def _accepted(header: str) -> Iterator[str]:
    """The main languages of an Accept-Language header, the most wanted first (RFC 9110, 12.5.4)."""
    ranges = [part.strip().partition(";") for part in header.split(",") if part.strip()]
    weighed = [(_weight(parameters), tag.strip()) for tag, _, parameters in ranges]
    for weight, tag in sorted(weighed, key=lambda pair: -pair[0]):
        if weight > 0:
            yield tag.partition("-")[0].casefold()


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
