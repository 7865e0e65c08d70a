"""The OpenAPI 3.1 document: routes, schemas that refuse what the server refuses, and examples from the content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ..answer.library import Library
from ..answer.record import FIELDS, HEAD
from ..content.catalogue import Catalogue
from ..reports.schema import NAMES as NAMES_OF_SCHEMAS
from ..reports.schema import answer_schema
from .examples import body_examples, parameter_examples
from .problems import MEDIA_TYPE
from .question_schemas import question_schemas

DESCRIPTION = (
    "Usual care, what cell therapy adds, and how sure anyone can be, for hypothetical patients. Profiles name their "
    "condition; fields are known by synonyms in English and Chinese too; null or no field means not known. "
    "`Accept: application/fhir+json` gives FHIR R5."
)
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": "Problem", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status in ("4XX", "503", "507")
}


def _object(properties: Mapping[str, Any], closed: bool = False) -> dict[str, Any]:
    made = {"type": "object", "properties": dict(properties), "required": list(properties)}
    return {**made, "additionalProperties": False} if closed else made


def _schemas(library: Library) -> dict[str, Any]:
    """The schemas that the routes name."""
    fault = _object(dict.fromkeys(("field", "found", "expected", "cure", "where"), TEXT), closed=True)
    record = _object(dict.fromkeys(("id", "kind", "condition", "summary"), TEXT), closed=True)
    part = {
        **answer_schema(library),
        "required": [*HEAD],
        "description": "Of an answer the fields that were asked for.",
    }
    either = [{"$ref": f"#/components/schemas/{name}"} for name in ("Answer", "Part")]
    return {
        **question_schemas(library),
        "Answer": answer_schema(library),
        "Part": part,
        "Answers": {"anyOf": [*either, {"type": "array", "items": {"anyOf": either}}]},
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
    known = _known(library)
    text = library.catalogue("en")
    examples, bodies = parameter_examples(library), body_examples(library)
    for path, _, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            _tell(parameter, known, examples, text)
        content = operation.get("requestBody", {}).get("content", {})
        operation["description"] = text(f"web.operation.{operation['operationId']}")
        if path in bodies:
            next(iter(content.values()))["example"] = bodies[path]
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The path, the method and the description of each operation of a document."""
    return (
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )


def _known(library: Library) -> dict[str, list[str]]:
    """The values that some parameters may take."""
    return {
        "condition": [*library.condition_ids()],
        "scorecard": [library.scorecard(id).hash for id in library.condition_ids()],
        "fields": [*FIELDS],
        "name": [*NAMES_OF_SCHEMAS],
    }


def _tell(
    parameter: dict[str, Any], known: Mapping[str, list[str]], examples: Mapping[str, Any], text: Catalogue
) -> None:
    """Says of a parameter which values it may take; a query that may be left out is never null."""
    schema = parameter["schema"]
    schema |= next((option for option in schema.pop("anyOf", ()) if option["type"] != "null"), {})
    schema.pop("title", None)
    if parameter["name"] in known:
        schema.get("items", schema)["enum"] = known[parameter["name"]]
    parameter["description"] = text(f"web.field.{parameter['name']}")
    parameter["example"] = examples.get(parameter["name"], schema.get("default", schema.get("enum", [""])[0]))


def _named(node: Any) -> Any:
    """The document with a reference where a route takes a profile."""
    if isinstance(node, dict):
        if node.get("title") == "Profile" and node.get("type") == "object":
            return {"$ref": "#/components/schemas/Profile"}
        return {key: _named(value) for key, value in node.items()}
    return [_named(value) for value in node] if isinstance(node, list) else node
