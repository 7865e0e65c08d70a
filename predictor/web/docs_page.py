"""`/docs`: the operations of the API with types, an example, a curl line and a form, in the look of the page.

Made from the OpenAPI document; nothing of it comes from another host.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..content.conditions import LANGUAGES, Condition
from ..reports.interactive_page import ICON, TAGS
from ..reports.schema import field_schemas
from .description import operations
from .problems import NAMES

STATIC = Path(__file__).resolve().parent / "static"
SHOWN = ("condition", "kind")
"""Queries that an example of a GET tells; any other is left to its default."""
MOST = 8
"""Choices of a type that are listed; of more, the first and their number."""
Schema = Mapping[str, Any]


def docs_html(document: Mapping[str, Any], library: Library, text: Catalogue, address: str) -> str:
    """The page; address: of this server, as its examples name it."""
    page = _Page(document, text, address.rstrip("/"))
    tables = "".join(page.profile(condition) for condition in library.conditions())
    title = escape(text("web.title"))
    return (
        f'<!doctype html>\n<html lang="{TAGS[text.language]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f'<link rel="icon" href="{ICON}"><link rel="stylesheet" href="/static/page.css">'
        '<link rel="stylesheet" href="/docs/static/docs.css"><script type="module" src="/docs/static/docs.js"></script>'
        f'</head><body class="docs" {page.words()}>{page.header()}<div class="docs-body">{page.contents()}'
        f'<main id="main"><p>{escape(text("web.about"))} <a href="/openapi.json">openapi.json</a></p>'
        f"<noscript><p>{escape(text('web.noscript'))}</p></noscript>"
        f"{''.join(map(page.operation, page.operations))}"
        f'<section id="profiles"><h2>{escape(text("web.profiles"))}</h2>'
        f"<p>{escape(text('web.profiles_about'))}</p>{tables}</section>{page.problems()}</main></div></body></html>\n"
    )


@dataclass(frozen=True)
class _Operation:
    """One operation: its method, its address, and what the document says of it."""

    path: str
    method: str
    told: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.told["operationId"]).replace("_", "-")

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def parameters(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.told.get("parameters", ())
        return found

    @property
    def body(self) -> tuple[str, str, Schema] | None:
        """The kind of the body, its example as text, its schema; none for an operation without one."""
        content = self.told.get("requestBody", {}).get("content", {})
        for kind, media in content.items():
            example = media.get("example", "")
            return kind, example if isinstance(example, str) else _json(example), media["schema"]
        return None

    @property
    def kinds(self) -> list[str]:
        """The kinds of its replies."""
        return list(self.told["responses"]["200"]["content"])

    def given(self, parameter: Mapping[str, Any]) -> str:
        """What the example tells of a parameter; nothing of most that may be left out."""
        told = parameter["required"] or (self.method == "get" and parameter["name"] in SHOWN)
        return str(parameter["example"]) if told else ""

    def curl(self, address: str) -> str:
        """A line for a terminal that asks the example."""
        path, query = self.path, {p["name"]: self.given(p) for p in self.parameters if self.given(p)}
        for p in self.parameters:
            if p["in"] == "path":
                path = path.replace(f"{{{p['name']}}}", quote(query.pop(p["name"]), safe=""))
        words = ["curl", address + path + (f"?{urlencode(query)}" if query else "")]
        if self.body is not None:
            kind, example, _ = self.body
            words += ["-H", f"Content-Type: {kind}", "--data-binary", example]
        return shlex.join(words)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Page:
    """The parts of the page in one language."""

    def __init__(self, document: Mapping[str, Any], text: Catalogue, address: str):
        self.schemas: Mapping[str, Schema] = document["components"]["schemas"]
        self.operations = [_Operation(*found) for found in operations(document)]
        self.text = text
        self.address = address

    def t(self, key: str, **values: object) -> str:
        """A sentence, escaped."""
        return escape(self.text(f"web.{key}", **values))

    def words(self) -> str:
        """What the script says."""
        return " ".join(f'data-{key}="{self.t(key)}"' for key in ("waiting", "unreachable", "bytes"))

    def header(self) -> str:
        other = next(language for language in LANGUAGES if language != self.text.language)
        links = (
            f'<a href="/?lang={self.text.language}">{self.t("home")}</a>'
            f'<a href="/docs?lang={other}" lang="{TAGS[other]}" hreflang="{TAGS[other]}">{self.t("other_language")}</a>'
        )
        use = escape(self.text("intended_use"))
        return f'<header class="docs-head"><h1>{self.t("title")}</h1><nav>{links}</nav><p>{use}</p></header>'

    def contents(self) -> str:
        """The list of the page's sections."""
        parts = [(o.id, f"<code>{escape(o.name)}</code>") for o in self.operations]
        parts += [(name, self.t(name)) for name in ("profiles", "problems")]
        items = "".join(f'<li><a href="#{id}">{label}</a></li>' for id, label in parts)
        return f'<nav class="docs-list" aria-label="{self.t("contents")}"><ul>{items}</ul></nav>'

    def operation(self, o: _Operation) -> str:
        """What an operation takes and gives, with an example and a form."""
        kinds = ", ".join(o.kinds)
        return (
            f'<section id="{o.id}"><h2><code>{escape(o.name)}</code></h2>'
            f"<p>{self.t('operation.' + o.told['operationId'])}</p>"
            f"{self._table('parameters', o.name, map(self._parameter, o.parameters))}"
            f"{self._table('body', o.name, self._fields(o))}<p>{self.t('gives', kinds=kinds)}</p>"
            f"<h3>{self.t('example')}</h3>{self._code(o.curl(self.address), 'example', o)}{self._form(o)}</section>"
        )

    def _code(self, code: str, label: str, o: _Operation) -> str:
        name = f"{self.t(label)}{escape(self.text('colon'))}{escape(o.name)}"
        return f'<pre tabindex="0" role="region" aria-label="{name}"><code>{escape(code)}</code></pre>'

    def _parameter(self, p: Mapping[str, Any]) -> tuple[str, bool, str]:
        return p["name"], p["required"], self.type_of(p["schema"])

    def _fields(self, o: _Operation) -> Iterator[tuple[str, bool, str]]:
        """The fields of an operation's body: of all the alternatives that tell some beside a profile's own."""
        if o.body is None:
            return
        schema = o.body[2]
        named = [s["$ref"].rpartition("/")[2] for s in (schema, *schema.get("oneOf", ())) if "$ref" in s]
        variants = [v for name in named for v in self.schemas[name].get("anyOf", ())]
        merged: dict[str, list[Schema]] = {}
        for variant in variants:
            for name, one in variant["properties"].items():
                merged.setdefault(name, []).append(one)
        for name, found in merged.items():
            yield name, all(name in variant["required"] for variant in variants), self.union(found)

    def union(self, schemas: Iterable[Schema]) -> str:
        """The type that any of the schemas allows: their names or choices together, else that of the first."""
        found = list(schemas)
        choices = dict.fromkeys(c for s in found for c in (s.get("enum") or ([s["const"]] if "const" in s else ())))
        if choices:
            return self.type_of({"enum": list(choices)})
        if found[0].get("type") == "array":
            return f"[{self.union(s['items'] for s in found)}]"
        return self.type_of(found[0])

    def type_of(self, schema: Schema) -> str:
        """A schema in a word or two of JSON's own."""
        if "$ref" in schema:
            return '<a href="#profiles">Profile</a>'
        if "enum" in schema:
            names = [_json(name) for name in schema["enum"]]
            more = f" … ({len(names)})" if len(names) > MOST else ""
            return f"<code>{escape(' | '.join(names[:MOST]))}</code>{more}"
        if schema.get("type") == "array":
            return f"[{self.type_of(schema['items'])}]"
        kind = schema.get("type", "any")
        bounds = f" {schema['minimum']:g}–{schema['maximum']:g}" if "maximum" in schema else ""
        return f"<code>{escape(' | '.join([kind] if isinstance(kind, str) else kind))}</code>{bounds}"

    def _table(self, title: str, about: str, rows: Iterable[tuple[str, bool, str]]) -> str:
        lines = [
            (f"<code>{escape(n)}</code>{self._must(required)}", kind, self.t(f"field.{n}"))
            for n, required, kind in rows
        ]
        return f"<h3>{self.t(title)}</h3>{self._rows(lines, f'{self.t(title)} {escape(about)}')}" if lines else ""

    def _must(self, required: bool) -> str:
        return f" <small>{self.t('required')}</small>" if required else ""

    def _rows(self, lines: Iterable[tuple[str, str, str]], label: str) -> str:
        heads = "".join(f'<th scope="col">{self.t(name)}</th>' for name in ("name", "type", "meaning"))
        body = "".join(
            f'<tr><th scope="row">{name}</th><td>{kind}</td><td>{meaning}</td></tr>' for name, kind, meaning in lines
        )
        return (
            f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
            f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def profile(self, condition: Condition) -> str:
        """The fields of a condition's profiles."""
        labels = {name: self.text.pick(f.label) for f in condition for name in (f.id, *(g.id for g in f.fields))}
        units = {f.id: self.text.unit(f) for f in condition.fields.values() if f.numeric}
        lines = [("<code>condition</code>" + self._must(True), f"<code>{escape(_json(condition.id))}</code>", "")]
        lines[0] = (*lines[0][:2], self.t("field.condition"))
        for name, schema in field_schemas(condition).items():
            unit = self.text("bracket", words=units[name]) if name in units else ""
            lines.append((f"<code>{escape(name)}</code>", self.type_of(schema), escape(labels[name] + unit)))
        label = escape(self.text.pick(condition.label))
        return f"<h3>{label}</h3>{self._rows(lines, label)}"

    def problems(self) -> str:
        """The problems by their names, where an error's type leads to."""
        items = "".join(
            f'<dt id="{name}">{self.t(f"problem.{name}")}</dt><dd>{self.t(f"problem_about.{name}")}</dd>'
            for name in NAMES
        )
        return f'<section id="problems"><h2>{self.t("problems")}</h2><dl>{items}</dl></section>'

    def _form(self, o: _Operation) -> str:
        """What a person may try without a terminal."""
        fields = [self._input(o, p) for p in o.parameters]
        kind = ""
        if o.body is not None:
            kind, example, _ = o.body
            id, shown = f"{o.id}-body", _pretty(kind, example)
            fields.append(
                f'<label for="{id}">{self.t("body")}{escape(self.text("bracket", words=kind))}</label>'
                f'<textarea id="{id}" name="body" rows="{min(18, shown.count(chr(10)) + 2)}" spellcheck="false">'
                f"\n{escape(shown)}</textarea>"
            )
        if len(o.kinds) > 1 and kind != "text/csv":
            fields.append(self._select(f"{o.id}-accept", "accept", "header", o.kinds, self.t("accept"), o.kinds[0]))
        return (
            f'<details class="try"><summary>{self.t("try")}</summary>'
            f'<form data-method="{o.method.upper()}" data-path="{escape(o.path)}" data-kind="{escape(kind)}">'
            f'{"".join(fields)}<button type="submit" class="primary">{self.t("send")}</button></form>'
            f'<p role="status"></p><pre tabindex="0" role="region" '
            f'aria-label="{self.t("reply")} {escape(o.name)}" hidden></pre>'
            "</details>"
        )

    def _input(self, o: _Operation, p: Mapping[str, Any]) -> str:
        id, schema, given = f"{o.id}-{p['name']}", p["schema"], o.given(p)
        choices = ["true", "false"] if schema.get("type") == "boolean" else schema.get("enum")
        if choices:
            options = choices if p["required"] else ["", *choices]
            return self._select(id, p["name"], p["in"], options, f"<code>{escape(p['name'])}</code>", given)
        return (
            f'<label for="{id}"><code>{escape(p["name"])}</code></label><input id="{id}" name="{escape(p["name"])}" '
            f'data-in="{p["in"]}" value="{escape(given)}" autocomplete="off"{" required" if p["required"] else ""}>'
        )

    @staticmethod
    def _select(id: str, name: str, place: str, options: Iterable[str], label: str, given: str) -> str:
        made = "".join(
            f"<option{' selected' if option == given else ''}>{escape(option)}</option>" for option in options
        )
        return f'<label for="{id}">{label}</label><select id="{id}" name="{name}" data-in="{place}">{made}</select>'


def _pretty(kind: str, example: str) -> str:
    """An example as a person edits it."""
    return json.dumps(json.loads(example), ensure_ascii=False, indent=2) if kind == "application/json" else example
