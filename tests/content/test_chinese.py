"""The Chinese texts: their punctuation, brackets, words and quotation marks; each rule is proved by a text that breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from predictor.content.configuration import read_configuration

from ..conftest import ROOT
from .test_catalogue import COMPILED, all_prose, bare, labels

WORDS = read_configuration(ROOT / "tests" / "glossary_zh.yaml").data
LATIN = read_configuration(ROOT / "tests" / "latin_zh.yaml").data
HAN = r"\u4e00-\u9fff"
CODE = re.compile(r"\{[^}]*\}|`[^`]*`|--[a-z-]+(?: [A-Z]+)?|predictor(?: [a-z]+)*(?: [A-Z]+)?|《[^》]*》")
"""What stands as it is typed, or as it is called: placeholders, code, options, commands, titles."""
ALONE = re.compile(r"(?<![A-Za-z0-9_./@=*-])[A-Za-z]+(?![A-Za-z0-9_/=@*]|[-.][A-Za-z0-9])")
"""A word of Latin letters that is no part of an id, a file, an address or a wildcard."""
CLAUSE = rf"[^，。；：！？（）、\s]*(?:是|会|将|已|被|没有|无法)[{HAN}]{{2,}}[^，。；：！？（）、]*"
"""What has a verb: part of a sentence, and no item of a list."""


def english(text: str, names: bool) -> list[str]:
    """Words of English that no list allows; names: whether a word with a capital letter is a name."""
    allowed = {*LATIN["names"], *LATIN["codes"]}
    return [
        w
        for w in ALONE.findall(CODE.sub("", text))
        if len(w) > 2 and w not in allowed and not (names and w[0].isupper())
    ]


RULES: dict[str, Callable[[str], object]] = {
    "ASCII punctuation": lambda text: re.findall(rf"[{HAN}][,;:?!]|[,;:?!][{HAN}]|[{HAN}]\.(?:\s|$)", text),
    "a sign for per cent, or a space before it": lambda text: re.findall(r"％|\d %", text),
    "mixed brackets": lambda text: (
        re.findall(rf"[{HAN}]\(|\([^()]*[{HAN}][^()]*\)", text) or text.count("（") != text.count("）")
    ),
    "a word that has another": lambda text: [word for word in WORDS if word in text],
    "quotation marks": lambda text: re.findall("[“”‘’「」『』＂]", text),
    "a 、 between clauses": lambda text: re.findall(f"{CLAUSE}、{CLAUSE}", text),
    "English": lambda text: english(text, names=False),
}
PLANTED = {
    "ASCII punctuation": ["没有数字,无法判断。", "没有数字；无法判断.", "立场:酌情采信"],
    "a sign for per cent, or a space before it": ["占20％。", "约为90 %。"],
    "mixed brackets": ["年龄(岁)", "年龄（岁)", "年龄（岁"],
    "a word that has another": ["原文出处有误。", "这些论断没有依据。", "可信区间很宽。", "荟萃性分析"],
    "quotation marks": ["文章称细胞“有效”。", "文章称细胞「有效」。"],
    "a 、 between clauses": ["结果是不确定的、证据会改变结论。"],
    "English": ["细胞有benefit。", "按Wisdom处理。", "结果是sham and placebo。"],
}
"""Texts that break one rule, by its name."""


def broken(text: str) -> list[str]:
    """The names of the rules that a text breaks."""
    return [name for name, breaks in RULES.items() if breaks(text)]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in PLANTED.items() for text in texts])
def test_a_text_that_breaks_a_rule_is_found(rule: str, text: str) -> None:
    assert set(PLANTED) == set(RULES)
    assert broken(text) == [rule]


def test_a_sound_text_breaks_none() -> None:
    for text in (
        "年龄、严重程度和给药途径（如鞘内）：100人中88人，占20%。",
        "用`predictor explain --age-years 2.5`，写入OUT.csv；见mRS 0-2与GMFM-88。",
    ):
        assert not broken(text)


def sentences() -> dict[str, str]:
    """The sentences of the faces, with the help of the commands."""
    told = read_configuration(ROOT / "configs" / "locales" / "help.zh.yaml").data
    return {key: bare(text) for key, text in {**COMPILED["zh"], **told}.items()}


def content() -> Iterator[str]:
    """The labels of the configurations, and the prose of the evidence but for the claims, which are the articles'."""
    yield from {prose.zh for name, _, prose in all_prose() if name != "claims"}
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        yield from labels(read_configuration(path).data)


def documents() -> Iterator[str]:
    """The prose of the Chinese documents, without code and addresses."""
    for path in sorted((ROOT / "docs").rglob("*.zh.md")):
        text = re.sub(r"\A---.*?---|```.*?```|\]\([^)]*\)", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from text.splitlines()


def test_the_sentences_break_no_rule() -> None:
    told = sentences()
    assert len(told) > 1500
    assert not {key: (found, text) for key, text in told.items() if (found := broken(text))}


def test_the_documents_break_no_rule() -> None:
    told = list(documents())
    assert len(told) > 50
    assert not [(found, text) for text in told if (found := broken(text))]


def test_labels_and_prose_break_no_rule() -> None:
    """Names of people, studies and firms stand in capitals."""
    told = list(content())
    assert len(told) > 2000
    assert not [(found, text) for text in told if (found := [name for name in broken(text) if name != "English"])]
    assert not [(found, text) for text in told if (found := english(text, names=True))]


def test_each_word_of_the_lists_is_used() -> None:
    told = "\n".join([*sentences().values(), *content(), *documents()])
    assert not [use for use in WORDS.values() if use not in told]
    assert not [
        word for words in LATIN.values() for word in words if not re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", told)
    ]
