"""English and Chinese say the same things, and every code has its sentence."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

from predictor.answer.library import Library
from predictor.content.catalogue import compile_catalogues, placeholders
from predictor.content.conditions import Condition
from predictor.content.configuration import condition_files, load_condition, read_configuration
from predictor.content.evidence import Check, Claim, Study, load_evidence

from ..conftest import ROOT, STANCES

CONDITION_FILES = [load_condition(path) for path in condition_files(ROOT / "configs")]
COMPILED = compile_catalogues(ROOT / "configs", CONDITION_FILES)
EVIDENCE = load_evidence(ROOT / "data" / "evidence", map(Condition.from_dict, CONDITION_FILES))


def bare(sentence: str) -> str:
    """A sentence without its placeholders."""
    return re.sub(r"\{[^}]*\}", "", sentence)


def chinese_texts() -> Iterator[str]:
    """What a Chinese reader may be shown and was written here: sentences, translations, labels of the conditions.

    The claims' own Chinese is the curators' and stays as it is.
    """
    yield from COMPILED["zh"]["sentences"].values()
    yield from COMPILED["zh"]["translations"].values()
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        yield from labels(read_configuration(path).data)


def labels(tree: Any) -> Iterator[str]:
    """The Chinese of every {en, zh} in a configuration."""
    if isinstance(tree, dict):
        if isinstance(tree.get("zh"), str):
            yield tree["zh"]
        for branch in tree.values():
            yield from labels(branch)


def test_the_same_keys_and_placeholders_in_both_languages() -> None:
    english, chinese = COMPILED["en"]["sentences"], COMPILED["zh"]["sentences"]
    assert english.keys() == chinese.keys()
    for key, sentence in english.items():
        assert placeholders(sentence) == placeholders(chinese[key]), key


def test_no_chinese_sentence_was_left_in_english() -> None:
    left = {
        key: text
        for key, text in COMPILED["zh"]["sentences"].items()
        if not re.search(r"[\u4e00-\u9fff]", text) and re.search(r"[A-Za-z]{13,}|[a-z]{2,} [a-z]{2,}", bare(text))
    }
    assert not left


def test_one_chinese_word_for_one_thing() -> None:
    glossary = read_configuration(ROOT / "tests" / "glossary_zh.yaml").data
    texts = list(chinese_texts())
    assert len(texts) > 2000
    assert not [(word, use, text) for word, use in glossary.items() for text in texts if word in text]
    assert all(any(use in text for text in texts) for use in glossary.values())


def test_chinese_has_the_punctuation_of_chinese() -> None:
    half = re.compile(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]")
    assert not [text for text in chinese_texts() if half.search(text)]


def test_all_curated_prose_has_its_chinese() -> None:
    translated = COMPILED["zh"]["translations"]
    columns = {
        "checks": ("seed_figure", "primary_figure", "comment"),
        "findings": ("finding", "level_compared"),
        "observations": ("derivation", "reason"),
        "studies": ("risk_of_bias_reason", "notes", "severity_note", "blinding", "funding_or_conflict_note"),
    }
    for table, names in columns.items():
        for row in getattr(EVIDENCE, table):
            for name in names:
                prose = getattr(row, name)
                if set(prose) & set(string.ascii_letters) and not re.search(r"[\u4e00-\u9fff]", prose):
                    words = re.findall(r"[A-Za-z]{4,}", prose)
                    assert prose in translated or len(words) < 3, (table, row.line, name, prose)


def test_scales_groups_and_figures_with_english_words_have_their_chinese() -> None:
    translated = COMPILED["zh"]["translations"]
    columns = {
        "checks": ("seed_location",),
        "arms": ("arm_id", "n_infusions", "cells_per_infusion", "co_therapy"),
        "outcomes": ("arm_id", "scale", "p_value"),
        "findings": ("effect_measure", "effect_value", "p_value"),
        "observations": ("arm_id", "scale"),
    }
    cells = {
        {**row.as_dict()}.get(name, "")
        for table, names in columns.items()
        for row in getattr(EVIDENCE, table)
        for name in names
    }
    assert not {cell for cell in cells - translated.keys() if re.search(r"(?<![^\W\d_])[a-z]{3,}", cell)}


def test_every_code_of_the_evidence_has_its_word() -> None:
    coded = {
        "verdict": (Check, "verdict"),
        "basis": (Claim, "basis"),
        "strength": (Claim, "strength"),
        "design": (Study, "design"),
        "risk_of_bias": (Study, "risk_of_bias"),
    }
    sentences = COMPILED["en"]["sentences"]
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
    ):
        assert {f"{prefix}.{v}" for row in rows if (v := getattr(row, column))} <= sentences.keys()
    assert {f"stance.{s}" for s in STANCES} <= sentences.keys()


def test_every_factor_and_level_is_named_in_both_languages() -> None:
    library = Library()
    for id in library.condition_ids():
        for factor in library.scorecard(id).condition:
            for label in (factor.label, *(level.label for level in factor.levels)):
                assert label["en"]
                assert re.search(r"[\u4e00-\u9fff]|CD34|M", label["zh"]), label


def test_every_level_source_has_its_chinese() -> None:
    library = Library()
    for id in library.condition_ids():
        for factor in library.scorecard(id).condition:
            for level in factor.levels:
                assert level.source in COMPILED["zh"]["translations"], (id, factor.id, level.id, level.source)
