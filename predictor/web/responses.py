"""Responses in the language and the format that were asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from ..answer.results import plain
from ..reports.fhir import MEDIA_TYPE as FHIR
from .language import weights

JSON = "application/json"


def wants_fhir(request: Request) -> bool:
    """Whether the request accepts FHIR resources by name, and wants JSON of another kind no more than them."""
    wanted = dict(weights(request.headers.get("accept", "")))
    return wanted.get(FHIR, 0) > 0 and wanted[FHIR] >= wanted.get(JSON, 0)


def reply(body: bytes, language: str, kind: str = JSON) -> Response:
    """A response in one of the languages."""
    return Response(body, media_type=kind, headers={"Content-Language": language, "Vary": "Accept, Accept-Language"})


def encoded(data: Mapping[str, Any]) -> bytes:
    """Plain data as JSON, without negative zeros."""
    return json.dumps(plain(data), ensure_ascii=False, allow_nan=False).encode()


def json_reply(data: Mapping[str, Any], language: str, kind: str = JSON) -> Response:
    return reply(encoded(data), language, kind)


def cacheable(request: Request, body: bytes, kind: str, tag: str = "") -> Response:
    """A response that a browser may keep, and asks for again with its tag."""
    etag = f'"{tag or hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    known = [word.strip().removeprefix("W/") for word in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def described(name: str, schema: str, kind: str = JSON, fhir: bool = False) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI document says of a reply whose schema has that name."""
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    if fhir:
        content[FHIR] = {"schema": {"$ref": "#/components/schemas/Resource"}}
    return {200: {"description": name, "content": content}}
