"""The page: what-if in the browser, served or written as one file that needs no network.

The browser computes the estimate itself (static/engine.js) from the scorecards, so the page
holds their data, the sentences of both languages, and the exercises.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from .. import __version__
from ..answer.library import Library
from ..content.conditions import LANGUAGES
from ..content.whole_files import write_whole
from ..errors import Fault, InputError, one_of, say
from ..profile.profile import Profile

STATIC = Path(__file__).resolve().parent / "static"
ENTRY = "page.js"
SERVED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy header under which the served page works."""

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M1 8L8 1L15 8L8 15Z' fill='%230072b2'/%3E%3C/svg%3E"
)
_SCORECARD_PARTS = (
    "schema_version",
    "condition",
    "hash",
    "configuration",
    "estimate",
    "population",
    "patients",
    "terms",
    "stances",
    "contradicting_claims",
    "basis",
    "groups",
    "evidence",
)
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w./-]+)";$', re.MULTILINE)
_EXPORTED = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_EXPORT_LIST = re.compile(r"export\{([^}]*)\};?\s*$")


def page_data(library: Library) -> dict[str, Any]:
    """What the page computes and reads from: scorecards by condition, sentences by language, exercises."""
    scorecards = {id: _scorecard(library, id) for id in library.condition_ids()}
    return {
        "version": __version__,
        "scorecards": scorecards,
        "text": {language: library.catalogue(language).sentences for language in LANGUAGES},
        **lessons(library),
    }


def _scorecard(library: Library, condition: str) -> dict[str, Any]:
    data = library.scorecard(condition).data
    return {part: data[part] for part in _SCORECARD_PARTS}


def lessons(library: Library) -> dict[str, Any]:
    """The examples and exercises of data/exercises.json on conditions that the library covers; none without it."""
    path = library.data / "exercises.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"examples": {}, "exercises": []}
    covered = library.condition_ids()
    return {
        "examples": {id: profile for id, profile in found["examples"].items() if id in covered},
        "exercises": [exercise for exercise in found["exercises"] if exercise["condition"] in covered],
    }


def page_html(library: Library, language: str = "en", inline: bool = False, profile: Profile | None = None) -> str:
    """The page's HTML: self-contained if inline, else with its parts under /static/."""
    text = library.catalogue(language)
    start = {"language": language, **_start(library, profile)}
    head, scripts = _inlined(library) if inline else _linked()
    return (
        f'<!doctype html>\n<html lang="{TAGS[language]}">\n<head>\n<meta charset="utf-8">\n{head}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<link rel="icon" href="{ICON}">\n'
        f"<title>{escape(text('page.title'))}</title>\n</head>\n<body>\n"
        f'<div id="app"><main class="waiting"><h1>{escape(text("page.title"))}</h1>'
        f"<p>{escape(text('intended_use'))}</p><p>{escape(text('page.loading'))}</p></main></div>\n"
        f"<noscript>{escape(text('page.noscript'))}</noscript>\n"
        f"{_json_block('start', start)}{scripts}</body>\n</html>\n"
    )


TAGS = {"en": "en", "zh": "zh-CN"}


def _start(library: Library, profile: Profile | None) -> dict[str, Any]:
    """The profile that the page opens with; raises InputError or ProfileError if it cannot be read."""
    if profile is None:
        return {}
    if not profile.condition:
        raise InputError(Fault("condition", say("nothing"), one_of(library.condition_ids()), say("add_condition")))
    condition = library.condition_id(profile.condition)
    understood = library.explainer(condition).understand(profile)
    return {"condition": condition, "profile": dict(understood.stated)}


def _linked() -> tuple[str, str]:
    preloads = "".join(f'<link rel="modulepreload" href="/static/{name}">\n' for name in module_order())
    head = (
        '<link rel="stylesheet" href="/static/page.css">\n'
        '<link rel="preload" href="/static/data.json" as="fetch" crossorigin="anonymous">\n'
        f"{preloads}"
    )
    return head, f'<script type="module" src="/static/{ENTRY}"></script>\n'


def _inlined(library: Library) -> tuple[str, str]:
    """The head with a policy that allows exactly this style and this script; then data and script."""
    style, script = (STATIC / "page.css").read_text(encoding="utf-8"), bundle()
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n'
    return head, f"{_json_block('data', page_data(library))}<script>{script}</script>\n"


def _digest(code: str) -> str:
    """The hash by which a Content-Security-Policy allows an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"


def _json_block(id: str, value: Any) -> str:
    """A block of data in a page; no text in it can close the block or start another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'<script type="application/json" id="{id}">{safe}</script>\n'


@lru_cache(maxsize=1)
def module_order() -> tuple[str, ...]:
    """The page's modules, each after those that it imports."""
    return tuple(dict.fromkeys(_needs(ENTRY)))


def _needs(name: str) -> Iterator[str]:
    for _, other in _IMPORT.findall(_source(name)):
        yield from _needs(other)
    yield name


def _source(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def bundle() -> str:
    """All modules as one classic script: each a function that gives its exports."""
    modules = "".join(f"modules[{json.dumps(name)}]=(()=>{{\n{_wrapped(name)}\n}})();\n" for name in module_order())
    script = f'"use strict";\nconst modules={{}};\n{modules}'
    return re.sub(r"</(?=script)", r"<\\/", script, flags=re.IGNORECASE)


def _wrapped(name: str) -> str:
    """A module's code with its imports as constants, and its exports as what the function gives."""
    code = _IMPORT.sub(_as_constants, _source(name))
    names = _EXPORTED.findall(code)
    code = _EXPORTED.sub("", code)
    pairs = [part.split(" as ") for found in _EXPORT_LIST.findall(code) for part in found.split(",")]
    code = _EXPORT_LIST.sub("", code)
    given = [*names, *(f"{outer}:{inner}" for inner, outer in pairs)]
    return f"{code}\nreturn {{{','.join(given)}}};"


def _as_constants(match: re.Match[str]) -> str:
    names = match[1].replace(" as ", ": ")
    return f'const {{{names}}} = modules["{match[2]}"];'


def write_page(library: Library, profile: Profile | None, path: Path, language: str = "en") -> None:
    """Writes the page as one file; whoever reads the path sees the old file or the whole new one."""
    write_whole(path, page_html(library, language, inline=True, profile=profile))
