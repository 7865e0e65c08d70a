"""English and Chinese say the same things, and every code has its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from predictor.answer.library import Library
from predictor.content.catalogue import compile_catalogues, placeholders
from predictor.content.conditions import Condition
from predictor.content.configuration import condition_files, load_condition, read_configuration
from predictor.content.evidence import FILES, TOLD, Check, Claim, Prose, Study, load_evidence

from ..conftest import ROOT, STANCES

CONDITION_FILES = [load_condition(path) for path in condition_files(ROOT / "configs")]
CONDITIONS = {data["condition"]: Condition.from_dict(data) for data in CONDITION_FILES}
COMPILED = compile_catalogues(ROOT / "configs", CONDITION_FILES)
EVIDENCE = load_evidence(ROOT / "data" / "evidence", CONDITIONS.values())


def bare(sentence: str) -> str:
    """A sentence without its placeholders."""
    return re.sub(r"\{[^}]*\}", "", sentence)


def chinese_texts() -> Iterator[str]:
    """What a Chinese reader may be shown and was written here: sentences, prose of the evidence, labels of the configs.

    The claims' own Chinese is the curators' and stays as it is.
    """
    yield from COMPILED["zh"].values()
    yield from {prose.zh for name, _, prose in all_prose() if name != "claims"}
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        yield from labels(read_configuration(path).data)


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


def test_one_chinese_word_for_one_thing() -> None:
    glossary = read_configuration(ROOT / "tests" / "glossary_zh.yaml").data
    texts = list(chinese_texts())
    assert len(texts) > 2000
    assert not [(word, use, text) for word, use in glossary.items() for text in texts if word in text]
    assert all(any(use in text for text in texts) for use in glossary.values())


def test_chinese_has_the_punctuation_of_chinese() -> None:
    half = re.compile(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]")
    assert not [text for text in chinese_texts() if half.search(text)]


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


FORBIDDEN = ("出处有误", "向均值回归", "最小重要差值", "论断", "参考资料", "可信区间", "最小临床重要差异", "反应率")
"""Words that stood for a thing that has another word now, of the sentences written here."""
LATIN = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")
"""Three words of English in a row: no name, no abbreviation."""


def sentences_of_chinese() -> dict[str, str]:
    """The sentences of the faces, with the help of the commands."""
    told = dict(read_configuration(ROOT / "configs" / "locales" / "help.zh.yaml").data)
    return {key: bare(text) for key, text in {**COMPILED["zh"], **told}.items()}


def docs_of_chinese() -> Iterator[str]:
    """The prose of the Chinese documents, without code and addresses."""
    for path in sorted((ROOT / "docs").rglob("*.zh.md")):
        text = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from text.splitlines()


def test_chinese_sentences_keep_to_one_word_and_one_bracket() -> None:
    texts = [*sentences_of_chinese().values(), *docs_of_chinese()]
    assert len(texts) > 1000
    assert not [text for text in texts if any(word in text for word in FORBIDDEN)]
    assert not [
        text for text in texts if "％" in text or re.search(r"[\u4e00-\u9fff]\(|\([^()]*[\u4e00-\u9fff][^()]*\)", text)
    ]
    assert not [text for text in texts if text.count("（") != text.count("）")]
    assert not [text for text in texts if re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", text)]


def test_chinese_sentences_have_no_clause_of_english() -> None:
    assert not [
        key
        for key, text in sentences_of_chinese().items()
        if LATIN.search(re.sub(r"predictor [a-z]+ [a-zA-Z ]+", "", text))
    ]


def test_nothing_stands_in_quotation_marks_that_an_article_may_not_say() -> None:
    assert not [key for key, text in sentences_of_chinese().items() if re.search("[“”「」]", text)]
