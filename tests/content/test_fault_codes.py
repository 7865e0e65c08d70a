"""Faults are codes with values: each code has its sentence in both languages, each sentence its use."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import predictor
from predictor.answer.library import Library
from predictor.content.catalogue import placeholders
from predictor.content.conditions import LANGUAGES, Language
from predictor.content.documents import read_document
from predictor.content.library_messages import LIBRARIES, SYSTEM

from ..conftest import ROOT

LIBRARY = Library()
CONDITIONS = [LIBRARY.scorecard(id).condition for id in LIBRARY.condition_ids()]
PACKAGE = Path(predictor.__file__).parent
TREES = {str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}


def flat(tree: Mapping[str, Any]) -> dict[str, str]:
    """The sentences below a key of a locale by their whole keys."""
    told = {key: flat(value) if isinstance(value, Mapping) else {"": value} for key, value in tree.items()}
    return {f"{key}.{end}".removesuffix("."): text for key, texts in told.items() for end, text in texts.items()}


SENTENCES = {
    language: flat(read_document(ROOT / "configs" / "locales" / f"{language}.yaml").data["fault"])
    for language in LANGUAGES
}
"""The sentences of faults by language and code."""
PARTS = {"found", "expected", "cure"}
"""What a fault is told by."""
TABLES = "content/library_messages.py"
"""The module that has its codes from tables."""


@dataclass(frozen=True)
class Saying:
    """A call of `say`: where, its code (a beginning with `…` where the rest is filled in), the names of its values."""

    where: str
    code: str
    values: frozenset[str]


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def codes(node: ast.expr) -> list[str]:
    """The codes that the first argument of `say` may be."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*codes(node.body), *codes(node.orelse)]
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return [f"{node.values[0].value}…"]
    return []


SAID = [
    Saying(f"{path}:{call.lineno}", code, frozenset(str(keyword.arg) for keyword in call.keywords))
    for path, tree in TREES.items()
    for call in calls(tree, "say")
    for code in codes(call.args[0])
]


def test_every_code_is_a_literal_or_in_a_table() -> None:
    unread = {path for path, tree in TREES.items() for call in calls(tree, "say") if not codes(call.args[0])}
    assert unread == {TABLES}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_code_has_a_sentence_with_just_its_values(language: str) -> None:
    sentences = SENTENCES[language]
    wrong = [
        said
        for said in SAID
        for key in matching(said.code, sentences) or [""]
        if not key or placeholders(sentences[key]) != said.values
    ]
    assert not wrong


def matching(code: str, sentences: Mapping[str, str]) -> list[str]:
    """The keys that a code may be."""
    if code.endswith("…"):
        return [key for key in sentences if key.startswith(code.removesuffix("…"))]
    return [code] if code in sentences else []


def test_every_sentence_is_used() -> None:
    used = {key for said in SAID for key in matching(said.code, SENTENCES["en"])}
    assert SENTENCES["en"].keys() - used - set(LIBRARIES.values()) - set(SYSTEM.values()) == set()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_unit_of_a_field_has_its_words(language: Language) -> None:
    units = {field.unit for condition in CONDITIONS for field in condition.fields.values() if field.numeric}
    text = LIBRARY.catalogue(language)
    assert not [unit for unit in units for kind in ("unit", "fault.unit") if f"{kind}.{unit}" not in text]


def english(node: ast.expr | None) -> Iterator[str]:
    """The literals with letters that an expression may be, as no phrase in one language only should."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant) and part.value is not None)
        if any(letter.isalpha() for letter in text):
            yield text
    elif isinstance(node, ast.IfExp):
        yield from (*english(node.body), *english(node.orelse))
    elif isinstance(node, ast.BoolOp | ast.Dict):
        yield from (text for value in node.values for text in english(value))
    elif isinstance(node, ast.BinOp):
        yield from (*english(node.left), *english(node.right))
    elif isinstance(node, ast.Call):
        yield from _english_values(node)


def _english_values(call: ast.Call) -> Iterator[str]:
    """The literals of several words in a phrase or a list of names."""
    if isinstance(call.func, ast.Name) and call.func.id in ("say", "labelled", "one_of", "either", "all_of"):
        parts = [*(part for arg in call.args for part in ast.walk(arg)), *(keyword.value for keyword in call.keywords)]
        yield from (text for part in parts for text in english(part) if " " in text)


def takers(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """The functions and records that take what a fault says, with the names of their arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name, [arg.arg if _says(arg.annotation) else "" for arg in node.args.args if arg.arg != "self"]
        elif isinstance(node, ast.ClassDef):
            fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
            yield node.name, [ast.unparse(part.target) if _says(part.annotation) else "" for part in fields]


def _says(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation) in ("Said", "Phrase")


TAKERS = {name: names for tree in TREES.values() for name, names in takers(tree) if any(names)}


def arguments(tree: ast.AST) -> Iterator[ast.expr]:
    """The arguments that say something of a fault, of every call of what takes them."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        names = TAKERS.get(call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func), [])
        yield from (arg for arg, name in zip(call.args, names, strict=False) if name)
        yield from (keyword.value for keyword in call.keywords if keyword.arg in {*filter(None, names), *PARTS})


def told_by(tree: ast.AST) -> Iterator[ast.expr]:
    """What stands for a part of a fault: an argument, a variable that is one, what a maker of phrases returns."""
    given = [*arguments(tree)]
    yield from given
    names = {name for arg in given for name in _named(arg)} | PARTS
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from _assigned(node.targets[0], node.value, names)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in names:
            yield from [node.value] if node.value is not None else []
        elif isinstance(node, ast.FunctionDef) and _says(node.returns):
            yield from (r.value for r in ast.walk(node) if isinstance(r, ast.Return) and r.value is not None)


def _named(part: ast.expr) -> list[str]:
    """The variable, or the table of them, that a part is."""
    whole = part.value if isinstance(part, ast.Subscript) else part
    return [whole.id] if isinstance(whole, ast.Name) else []


def _assigned(target: ast.expr, value: ast.expr, names: set[str]) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name) and target.id in names:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, other, names)


@pytest.mark.parametrize("path", sorted(TREES))
def test_no_fault_is_told_in_one_language_only(path: str) -> None:
    assert not {text for part in told_by(TREES[path]) for text in english(part)}


def test_no_sentence_stands_in_the_code() -> None:
    sentences = {text for text in SENTENCES["en"].values() if " " in text and not placeholders(text)}
    written = {node.value for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert not sentences & written - set(LIBRARIES)
