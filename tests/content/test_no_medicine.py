"""The engine knows no medicine: no name of the shipped content stands in Python, JavaScript or the locales."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from predictor.content.configuration import read_configuration
from predictor.content.evidence import FILES

from ..conftest import ROOT
from .conftest import CONDITIONS

PACKAGE = ROOT / "predictor"
PLAIN = {
    *("high", "moderate", "low"),  # categories of a response, words of certainty and of risk of bias
    *("small", "large"),  # how strongly a claim is worded
    *("none", "other", "single", "short", "later", "repeated"),  # English
    "severity",  # how grave a message is
}
"""Levels and factors whose names are words that the engine itself needs. That it means nothing else by them is
proved by renaming them (tests/third_condition/test_renamed.py)."""
PHRASES = ("fault",)
"""The locales' part that holds the words of faults, examples among them."""


def names() -> set[str]:
    """Every factor, level, field, condition and article, by its id and by its name in the evidence."""
    found: set[str] = set()
    for condition in CONDITIONS:
        found |= {condition.id, condition.article, *condition.fields, *(other.id for other in condition.without_model)}
        for factor in condition:
            found |= {factor.id, *factor.level_ids, *factor.groups, *factor.evidence_names}
    return found


OWN_COLUMNS = {column for _, kind in FILES.values() for column in kind.own_kinds()}
"""The columns that each row of the evidence has: words of the engine, as `horizon` of a claim."""
NAMES = names() - PLAIN - OWN_COLUMNS
WORD = re.compile(r"(?<![\w-])[\w-]+(?![\w-])")


def words_of(text: str) -> set[str]:
    return {*WORD.findall(text), *re.findall(r"\w+", text)}


def python_words(path: Path) -> Iterator[str]:
    """Identifiers and texts of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docstrings:
                yield from words_of(node.value)
        else:
            told = (getattr(node, name, None) for name in ("id", "attr", "arg", "name"))
            yield from (name for name in told if isinstance(name, str))


def javascript_words(path: Path) -> set[str]:
    """The words of a module, without its comments."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return words_of(re.sub(r"(?m)^\s*//.*$", "", text))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_python_module_names_it(path: Path) -> None:
    assert not NAMES & set(python_words(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "reports" / "static").glob("*.js")), ids=lambda path: path.name)
def test_no_script_of_the_page_names_it(path: Path) -> None:
    assert not NAMES & javascript_words(path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_key_or_sentence_of_the_locales_names_it(language: str) -> None:
    tree = read_configuration(ROOT / "configs" / "locales" / f"{language}.yaml").data
    keys = {key for path in paths(tree) for key in path}
    assert not NAMES & keys
    assert not {word for c in CONDITIONS for word in (c.id, c.article)} & words_of(
        " ".join(sentence for path, sentence in paths(tree).items() if path[0] not in PHRASES)
    )


def paths(tree: dict[str, object], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """The sentences of a locale by the keys that lead to them."""
    found: dict[tuple[str, ...], str] = {}
    for key, branch in tree.items():
        found |= paths(branch, (*above, key)) if isinstance(branch, dict) else {(*above, key): str(branch)}
    return found


def test_what_is_let_through_is_still_there() -> None:
    """An exception that nothing needs any more would hide the next name."""
    assert names() >= PLAIN
