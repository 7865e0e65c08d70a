"""What all tests share: the shipped content, fitted once; a random profile for property tests."""

from __future__ import annotations

import re
import signal
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from predictor.answer.library import Library
from predictor.content import documents
from predictor.content.conditions import Condition
from predictor.content.yaml_nodes import yaml_data
from predictor.errors import InputError
from predictor.model.fitting import Content, load_content

ROOT = Path(__file__).resolve().parent.parent
CONDITIONS = ("cerebral_palsy", "ischaemic_stroke")
STANCES = ("sceptical", "graded", "face_value")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background; what tests start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@lru_cache(maxsize=100)
def parsed(text: str) -> tuple[Any, Any]:
    return yaml_data("", text)


def parsed_once(where: str, text: str) -> tuple[Any, Any]:
    """What a YAML text holds, parsed once in a run: that was a third of the time of the rooms that read content."""
    try:
        data, places = parsed(text)
    except InputError:
        return yaml_data(where, text)  # whose faults say where
    return deepcopy(data), places


documents.yaml_data = parsed_once

settings.register_profile("project", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("project")


@pytest.fixture(scope="session")
def library() -> Library:
    return Library()


@pytest.fixture(scope="session")
def contents() -> dict[str, Content]:
    return load_content(ROOT / "configs", ROOT / "data")


@pytest.fixture(params=CONDITIONS)
def content(request: pytest.FixtureRequest, contents: dict[str, Content]) -> Content:
    return contents[request.param]


def levels(condition: Condition) -> st.SearchStrategy[dict[str, str | None]]:
    """Any cell of a condition: a level or unknown for each factor."""
    choices = {factor.id: st.sampled_from([*factor.level_ids, None]) for factor in condition}
    return st.fixed_dictionaries(choices)


def values_of(condition: Condition) -> st.SearchStrategy[dict[str, Any]]:
    """Any valid profile of a condition, in its own fields; None where unknown."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for factor in condition:
        field = factor.fields[0]
        if field.numeric:
            assert field.minimum is not None
            assert field.maximum is not None
            whole = st.integers(int(field.minimum + 0.5), int(min(field.maximum, 400)))
            fields[field.id] = st.one_of(st.none(), whole)
        else:
            fields[field.id] = st.sampled_from([*factor.level_ids, None])
    return st.fixed_dictionaries(fields)


SLOW_FIXTURES = frozenset(("validations",))
"""What takes seconds to make; a test that asks for it is slow."""
NEEDS = ("browser", "docs", "long", "node", "spark")
"""Marks of tests that need more than Python: they run only where -m asks for them."""


def asked_for(config: pytest.Config) -> set[str]:
    """The marks of NEEDS that -m names without a `not` before them."""
    return set(re.findall(rf"(?<!not )\b({'|'.join(NEEDS)})\b", config.option.markexpr or ""))


def by_place(path: Path) -> str | None:
    """The mark of NEEDS that all tests of a file have because of where it stands."""
    folders, files = {"browser": "browser"}, {"test_engine.py": "node", "test_site.py": "docs"}
    return folders.get(path.parent.name) or files.get(path.name)


def may_need(path: Path) -> bool:
    """Whether a file has tests with a mark of NEEDS: by where it stands, or as its text has it."""
    marks = rf"\bmark\.({'|'.join(NEEDS)})\b|\bin_both_lengths\b"
    return by_place(path) is not None or re.search(marks, path.read_text(encoding="utf-8")) is not None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The browser's tests import what only the extra [browser] brings: not read where they are left out. Where -m asks for
    nothing but NEEDS, only files that have one are read: to import the others takes longer than most of these tests."""
    if collection_path.name == "browser":
        return True if "browser" not in asked_for(config) else None
    asked = (config.option.markexpr or "").split(" or ")
    left_out = collection_path.name.startswith("test_") and set(asked) <= set(NEEDS) and not may_need(collection_path)
    return True if left_out else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks what needs a browser, Sphinx or Node by where it stands, and what is slow by what it asks for; leaves out what
    -m does not ask for."""
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
        if mark := by_place(item.path):
            item.add_marker(mark)
    left_out = set(NEEDS) - asked_for(config)
    deselected = [item for item in items if left_out & {mark.name for mark in item.iter_markers()}]
    if unseen := {path for path in {item.path for item in deselected} if not may_need(path)}:
        raise pytest.UsageError(f"marks of {NEEDS} that `may_need` does not see: {unseen}")
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if item not in deselected]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test must not look like a pass: it fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
