"""Every word of the condition files, and each that readers of Chinese write, is read alike by every way in: an option,
--set, a profile file, a table and the API."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from predictor.answer.library import Library
from predictor.cli import main
from predictor.content.conditions import Condition, Factor, Field
from predictor.web.app import create_app

CONDITIONS = {condition.id: condition for condition in Library().conditions()}


class Told(NamedTuple):
    """What is written, the factor that it tells, and the level that it comes to."""

    name: str
    value: str
    factor: str
    level: str | None


def example(field: Field, factor: Factor) -> tuple[str, str | None]:
    """A value of a field and its level: a number of its range, a category or a level's label."""
    if field.categories:
        category, level = next(iter(field.categories.items()))
        return category, level
    if not field.numeric:
        return factor.levels[-1].label["zh"], factor.levels[-1].id
    unit = "" if field.takes_bare_numbers else "个月"
    return f"1{unit}", factor.level_at(1.0 * field.multiply_by)


def field_words(condition: Condition) -> Iterator[Told]:
    """Every name of every field, with an example of a value."""
    for field in condition.fields.values():
        factor = condition.by_id[field.factor]
        value, level = example(field, factor)
        for word in field.words:
            yield Told(word, value, factor.id, level)


def level_words(condition: Condition) -> Iterator[Told]:
    """Every word of every level and of every category, under the first name of its field."""
    for factor in condition:
        for level in factor.levels:
            for word in (level.id, *level.label.values(), *level.synonyms):
                yield Told(factor.label["zh"], word, factor.id, level.id)
        for field in factor.fields:
            for category, words in field.category_synonyms.items():
                for word in (category, *words):
                    yield Told(field.id, word, factor.id, field.categories[category])


def compound_words(condition: Condition) -> Iterator[Told]:
    """Every word that tells several factors, under one of them: a case for each factor that it tells."""
    for compound in condition.compounds:
        first = condition.by_id[next(iter(compound.levels))]
        for word in compound.words:
            for factor, level in compound.levels.items():
                yield Told(first.label["zh"], word, factor, level)


READERS: dict[str, list[Told]] = {
    "cerebral_palsy": [
        *(
            Told("给药途径", word, "route", level)
            for word, level in {
                "静脉注射": "intravenous",
                "静脉滴注": "intravenous",
                "腰椎穿刺": "intrathecal",
                "脑内移植": "intracerebral",
            }.items()
        ),
        Told("细胞", "间质干细胞", "cell_type", "msc"),
        Told("细胞", "脐带间充质干细胞", "cell_source", "umbilical_cord"),
        Told("损伤时间（月）", "８", "timing", "later"),
        Told("损伤时间（月）", "半年", "timing", "within_6mo"),
        Told("年龄（岁）", "２．５", "age", "under_3y"),
        Told("年龄", "2岁半", "age", "under_3y"),
        Told("年龄", "两岁半", "age", "under_3y"),
        Told("年龄", "４岁", "age", "3_to_6y"),
        Told("ＧＭＦＭ－８８", "４５分", "severity", "mild"),
        Told("GMFCS分级", "Ⅲ级", "severity", "moderate"),
        Told("GMFCS", "四级", "severity", "severe"),
        Told("移植次数", "两次", "infusions", "repeated"),
        Told("移植次数", "１次", "infusions", "single"),
    ],
    "ischaemic_stroke": [
        Told("给药途径", "动脉介入", "route", "intraarterial"),
        Told("给药途径", "静脉滴注", "route", "intravenous"),
        Told("细胞类型", "间质干细胞", "cell_type", "msc"),
        Told("发病时间（小时）", "４８", "timing", "acute"),
        Told("发病时间（天）", "三天半", "timing", "subacute_other"),
        Told("病程（天）", "两周", "timing", "subacute"),
        Told("发病时间（月）", "１２个月", "timing", "chronic"),
        Told("NIHSS", "二十二", "severity", "severe"),
        Told("ＮＩＨＳＳ评分", "１４分", "severity", "moderate"),
        Told("年龄", "六十五岁", "age", "older"),
    ],
}
"""What the issue lists, with full-width signs, numerals, halves and units."""
ILLNESSES = {
    "cerebral_palsy": ["痉挛型脑瘫"],
    "ischaemic_stroke": ["脑梗塞", "急性脑梗死", "缺血性中风", "脑血栓"],
}
UNTOLD_UNIT = [
    ("ischaemic_stroke", Told("发病时间", "48小时", "timing", "acute")),
    ("cerebral_palsy", Told("损伤时间", "八个月", "timing", "later")),
]
"""A name without its unit, and the unit behind the number."""


def all_told(condition: Condition) -> list[Told]:
    return [*field_words(condition), *level_words(condition), *compound_words(condition), *READERS[condition.id]]


def by_factor() -> Iterator[object]:
    """The words of each factor, a case for each condition and factor."""
    for condition in CONDITIONS.values():
        told = all_told(condition)
        for factor in condition:
            mine = list(dict.fromkeys(t for t in told if t.factor == factor.id))
            yield pytest.param(condition.id, mine, id=f"{condition.id}-{factor.id}")


EACH_FACTOR = pytest.mark.parametrize(("condition", "told"), list(by_factor()))


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(processes=False), base_url="http://localhost") as found:
        yield found


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def level_of(answer: dict[str, object], factor: str) -> object:
    profile = answer["profile"]
    assert isinstance(profile, dict)
    return profile["levels"][factor]


def in_hundreds(profiles: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """As many profiles as the API takes at once."""
    left = iter(profiles)
    while some := list(islice(left, 100)):
        yield some


def unread(told: Sequence[Told], read: Callable[[Told], object]) -> list[tuple[Told, object]]:
    """What is read as another level than it tells."""
    found = [(each, read(each)) for each in told]
    return [(each, level) for each, level in found if level != each.level]


@pytest.mark.slow
@EACH_FACTOR
def test_a_profile_file_reads_every_word(condition: str, told: list[Told], tmp_path: Path) -> None:
    def read(each: Told) -> object:
        path = tmp_path / "患者.json"
        path.write_text(json.dumps({"condition": condition, each.name: each.value}), encoding="utf-8")
        return level_of(json.loads(run("explain", "--profile", str(path), "--json")), each.factor)

    assert told
    assert not unread(told, read)


@EACH_FACTOR
def test_the_api_reads_every_word(client: TestClient, condition: str, told: list[Told]) -> None:
    """A number without a unit is one of JSON."""
    profiles = [{"condition": condition, each.name: 1 if each.value == "1" else each.value} for each in told]
    replies = [client.post("/v1/predict?fields=profile", json=some) for some in in_hundreds(profiles)]
    assert {reply.status_code for reply in replies} == {200}, [reply.text for reply in replies]
    answers = iter([answer for reply in replies for answer in reply.json()])
    assert not unread(told, lambda each: level_of(next(answers), each.factor))


@EACH_FACTOR
def test_a_table_reads_every_word(condition: str, told: list[Told], tmp_path: Path) -> None:
    """A table for each name, its cells the words, in a file that a spreadsheet wrote."""
    levels: dict[Told, object] = {}
    for name in dict.fromkeys(each.name for each in told):
        mine = [each for each in told if each.name == name]
        table, scored = tmp_path / "表.csv", tmp_path / "结果.csv"
        with table.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows([["编号", name], *([str(i), each.value] for i, each in enumerate(mine))])
        run("score", str(table), str(scored), "--condition", condition, "--keep", "编号")
        with scored.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        levels |= {each: row[f"{each.factor}_level"] or None for each, row in zip(mine, rows, strict=True)}
    assert not unread(told, levels.__getitem__)


@pytest.mark.slow
@EACH_FACTOR
def test_set_and_the_options_read_every_word(condition: str, told: list[Told]) -> None:
    def by_set(each: Told) -> object:
        found = json.loads(run("whatif", "--condition", condition, "--set", f"{each.name}={each.value}", "--json"))
        return level_of(found["change"]["after"], each.factor)

    def by_option(each: Told) -> object:
        field = CONDITIONS[condition].fields[each.name.casefold()]
        option = f"--{field.id.replace('_', '-')}"
        return level_of(json.loads(run("explain", "--condition", condition, option, each.value, "--json")), each.factor)

    assert not unread(told, by_set)
    named = [each for each in told if each.name.casefold() in CONDITIONS[condition].fields]
    assert not unread(named, by_option)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_name_of_a_condition_is_known_everywhere(client: TestClient, condition: str, tmp_path: Path) -> None:
    known = CONDITIONS[condition]
    words = [condition, *known.label.values(), *known.synonyms, *ILLNESSES[condition]]
    table, scored = tmp_path / "表.csv", tmp_path / "结果.csv"
    table.write_text("\n".join(["诊断,年龄（岁）", *(f"{word},5" for word in words)]), encoding="utf-8")
    run("score", str(table), str(scored))
    with scored.open(encoding="utf-8-sig", newline="") as stream:
        assert {row["condition"] for row in csv.DictReader(stream)} == {condition}
    for word in words:
        assert json.loads(run("explain", "--condition", word, "--json"))["condition"] == condition
        reply = client.post("/v1/predict?fields=condition", json={"疾病": word})
        assert reply.json()["condition"] == condition, reply.text


@pytest.mark.parametrize(("condition", "told"), UNTOLD_UNIT)
def test_a_unit_behind_the_number_stands_for_one_behind_the_name(
    client: TestClient, condition: str, told: Told, tmp_path: Path
) -> None:
    path = tmp_path / "患者.yaml"
    path.write_text(f"诊断：{CONDITIONS[condition].label['zh']}\n{told.name}：{told.value}\n", encoding="utf-8")
    assert level_of(json.loads(run("explain", "--profile", str(path), "--json")), told.factor) == told.level
    reply = client.post("/v1/predict?fields=profile", json={"condition": condition, told.name: told.value})
    assert level_of(reply.json(), told.factor) == told.level
