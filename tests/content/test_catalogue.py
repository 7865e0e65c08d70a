"""English and Chinese say the same things, and every code has its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from predictor.answer.library import Library
from predictor.content.catalogue import compile_catalogues, placeholders
from predictor.content.condition_files import condition_files, load_condition
from predictor.content.conditions import Condition
from predictor.content.evidence import FILES, TOLD, Check, Claim, Prose, Study
from predictor.content.evidence_files import load_evidence

from ..conftest import ROOT, STANCES

CONDITION_FILES = [load_condition(path) for path in condition_files(ROOT / "configs")]
CONDITIONS = {data["condition"]: Condition.from_dict(data) for data in CONDITION_FILES}
COMPILED = compile_catalogues(ROOT / "configs", CONDITION_FILES)
EVIDENCE = load_evidence(ROOT / "data" / "evidence", CONDITIONS.values())


def bare(sentence: str) -> str:
    """A sentence without its placeholders."""
    return re.sub(r"\{[^}]*\}", "", sentence)


def all_prose() -> Iterator[tuple[str, str, Prose]]:
    """Every cell of prose that says something, with its table and where it stands."""
    for table in FILES:
        for row in getattr(EVIDENCE, table):
            for name, prose in {**vars(row), **getattr(row, TOLD, {})}.items():
                if isinstance(prose, Prose) and prose:
                    yield table, f"{table}:{row.line} {name}", prose


def labels(tree: Any) -> Iterator[str]:
    """The Chinese of every {en, zh} in a configuration."""
    if isinstance(tree, dict):
        if isinstance(tree.get("zh"), str):
            yield tree["zh"]
        for branch in tree.values():
            yield from labels(branch)


def test_the_same_keys_and_placeholders_in_both_languages() -> None:
    english, chinese = COMPILED["en"], COMPILED["zh"]
    assert english.keys() == chinese.keys()
    for key, sentence in english.items():
        assert placeholders(sentence) == placeholders(chinese[key]), key


def test_no_chinese_sentence_was_left_in_english() -> None:
    left = {
        key: text
        for key, text in COMPILED["zh"].items()
        if not re.search(r"[\u4e00-\u9fff]", text) and re.search(r"[A-Za-z]{13,}|[a-z]{2,} [a-z]{2,}", bare(text))
    }
    assert not left


ENGLISH = re.compile(r"(?<![^\W\d_])[a-z]{3,}")
"""A word of English, which no abbreviation and no unit is."""


def test_every_cell_of_prose_stands_in_both_languages() -> None:
    cells = list(all_prose())
    assert len(cells) > 2000
    assert not [where for _, where, prose in cells if not prose.en or not prose.zh]
    left = {where: prose.zh for _, where, prose in cells if prose.en == prose.zh and ENGLISH.search(prose.en)}
    assert not left


def test_codes_that_are_words_of_english_have_their_chinese() -> None:
    known = CONDITIONS.values()
    columns = {
        "arm_id": (EVIDENCE.arms, EVIDENCE.outcomes, EVIDENCE.observations),
        "scale": (EVIDENCE.observations,),
        "seed_location": (EVIDENCE.checks,),
        "factor": (EVIDENCE.findings,),
    }
    for column, tables in columns.items():
        codes = {getattr(row, column) for rows in tables for row in rows}
        words = {code for code in codes if ENGLISH.search(code) and not any(c.factor_named(code) for c in known)}
        assert not {code for code in words if not any(c.words_of(column, code) for c in known)}, column


def in_cell(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """The codes of a cell: none, one or several."""
    return value if isinstance(value, tuple) else (value,) if value else ()


def test_every_code_of_the_evidence_has_its_word() -> None:
    coded = {
        "verdict": (Check, "verdict"),
        "basis": (Claim, "basis"),
        "strength": (Claim, "strength"),
        "design": (Study, "design"),
        "risk_of_bias": (Study, "risk_of_bias"),
    }
    sentences = COMPILED["en"]
    for prefix, (kind, column) in coded.items():
        assert all(f"{prefix}.{value}" in sentences for value in kind.allowed[column] if value)
    for rows, column, prefix in (
        (EVIDENCE.outcomes, "domain", "domain"),
        (EVIDENCE.outcomes, "measure", "measure"),
        (EVIDENCE.outcomes, "direction", "direction"),
        (EVIDENCE.findings, "direction", "direction"),
        (EVIDENCE.studies, "verification", "verification"),
        (EVIDENCE.arms, "role", "role"),
        (EVIDENCE.observations, "role", "role"),
        (EVIDENCE.studies, "countries", "country"),
    ):
        codes = {code for row in rows for code in in_cell(getattr(row, column))}
        assert {f"{prefix}.{code}" for code in codes} <= sentences.keys()
    assert {f"stance.{s}" for s in STANCES} <= sentences.keys()


def test_every_factor_and_level_is_named_in_both_languages() -> None:
    library = Library()
    for id in library.condition_ids():
        for factor in library.scorecard(id).condition:
            for label in (factor.label, *(level.label for level in factor.levels)):
                assert label["en"]
                assert re.search(r"[\u4e00-\u9fff]|CD34|M", label["zh"]), label
