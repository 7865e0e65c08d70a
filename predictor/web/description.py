"""The OpenAPI 3.1 document, and a plain page of it: no script, nothing from another host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..reports.schema import answer_schema, profile_schema
from .problems import MEDIA_TYPE, NAMES

DESCRIPTION = (
    "Usual care, what cell therapy adds, and how sure anyone can be, for hypothetical patients. Profiles name their "
    "condition; fields are known by synonyms in English and Chinese too; null or no field means not known. "
    "`Accept: application/fhir+json` gives FHIR R5."
)
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": "Problem", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status in ("4XX", "503")
}


def _object(properties: Mapping[str, Any], closed: bool = False) -> dict[str, Any]:
    made = {"type": "object", "properties": dict(properties), "required": list(properties)}
    return {**made, "additionalProperties": False} if closed else made


def _schemas(library: Library) -> dict[str, Any]:
    """The schemas that the routes name."""
    fault = _object(dict.fromkeys(("field", "found", "expected", "cure", "where"), TEXT), closed=True)
    record = _object(dict.fromkeys(("id", "kind", "condition", "summary"), TEXT), closed=True)
    answer = {"$ref": "#/components/schemas/Answer"}
    return {
        "Profile": profile_schema(library),
        "Answer": answer_schema(library),
        "Answers": {"anyOf": [answer, {"type": "array", "items": answer}]},
        "Found": _object({"intended_use": TEXT}),
        "Records": _object(
            {
                "intended_use": TEXT,
                "total": WHOLE,
                "offset": WHOLE,
                "next": {"type": ["integer", "null"]},
                "records": {"type": "array", "items": record},
            },
            closed=True,
        ),
        "Scorecard": _object({"schema_version": TEXT, "condition": TEXT, "hash": TEXT}),
        "Schema": _object({"$schema": TEXT}),
        "Resource": _object({"resourceType": TEXT}),
        "Health": _object({"status": {"const": "ok"}, "version": TEXT, "scorecards": {"type": "object"}}, closed=True),
        "Problem": _object(
            {
                "type": {"type": "string", "format": "uri-reference"},
                "title": TEXT,
                "status": WHOLE,
                "detail": TEXT,
                "faults": {"type": "array", "items": fault},
            },
            closed=True,
        ),
    }


def openapi(app: FastAPI, library: Library) -> dict[str, Any]:
    """The document, with the schemas of this library's conditions."""
    made = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", routes=app.routes, description=DESCRIPTION
    )
    for name in ("HTTPValidationError", "ValidationError"):
        made.get("components", {}).get("schemas", {}).pop(name, None)
    document: dict[str, Any] = _named(made)
    document.setdefault("components", {}).setdefault("schemas", {}).update(_schemas(library))
    return document


def _named(node: Any) -> Any:
    """The document with a reference where a route takes a profile."""
    if isinstance(node, dict):
        if node.get("title") == "Profile" and node.get("type") == "object":
            return {"$ref": "#/components/schemas/Profile"}
        return {key: _named(value) for key, value in node.items()}
    return [_named(value) for value in node] if isinstance(node, list) else node


def page(document: Mapping[str, Any], text: Catalogue) -> str:
    """The endpoints and the problems as a page of headings and lists."""
    title = escape(text("web.title"))
    operations = "".join(_operations(document))
    problems = "".join(
        f'<dt id="{name}">{escape(text(f"web.problem.{name}"))}</dt>'
        f"<dd>{escape(text(f'web.problem_about.{name}'))}</dd>"
        for name in NAMES
    )
    return (
        f'<!doctype html>\n<html lang="{text.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"</head><body><main><h1>{title}</h1><p>{escape(text('intended_use'))}</p>"
        f'<p>{escape(text("web.about"))} <a href="/openapi.json">openapi.json</a></p>'
        f"<h2>{escape(text('web.endpoints'))}</h2>{operations}"
        f"<h2>{escape(text('web.problems'))}</h2><dl>{problems}</dl></main></body></html>\n"
    )


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            lines = [escape(operation.get("description", ""))]
            told = [parameter["name"] for parameter in operation.get("parameters", ())]
            for names in (told, _fields(operation, document["components"]["schemas"])):
                if names:
                    lines.append(f"<code>{escape(', '.join(names))}</code>")
            paragraphs = "".join(f"<p>{line}</p>" for line in lines)
            yield f"<h3><code>{method.upper()} {escape(path)}</code></h3>{paragraphs}"


def _fields(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    """The names in the body of a request, or the kinds of its body."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return list(schemas[name]["properties"]) if name else list(content)
