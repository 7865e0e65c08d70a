"""With --lang zh a fault is told in Chinese: every broken profile, every option, every column."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from predictor.answer.library import Library
from predictor.cli import main
from predictor.content import wording
from predictor.content.catalogue import Catalogue
from predictor.content.wording import error_lines, fault_text, phrase_text
from predictor.errors import Bilingual, Fault, InputError, Phrase, labelled, say
from predictor.profile.profile import Profile
from predictor.tables.scorer import Scorer

from ..conftest import ROOT

BROKEN = ROOT / "tests" / "broken"
FILES = sorted(path.name for path in BROKEN.iterdir() if path.suffix in (".yaml", ".json"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_PHRASE = re.compile(r"\b[a-z]{2,} [a-z]+ [a-z]{2,}\b")
QUOTED = re.compile(r"'[^']*'|`[^`]*`")
LIBRARY = Library()


@pytest.fixture(scope="module")
def chinese() -> Catalogue:
    return LIBRARY.catalogue("zh")


def assert_chinese(message: str) -> None:
    for line in message.splitlines():
        assert CHINESE.search(line), line
        assert not ENGLISH_PHRASE.search(QUOTED.sub("''", line)), line


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("predictor: ")
    return result.stderr


@pytest.mark.parametrize("name", [*FILES, "age_negativ.yaml"])
def test_a_broken_profile_gives_its_message_in_chinese(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    english = refused("explain", "--profile", name)
    message = refused("explain", "--profile", name, "--lang", "zh")
    assert_chinese(message)
    assert len(message.splitlines()) == len(english.splitlines())
    assert not re.search(r"\b(found|expected|years|months|points|nothing)\b", QUOTED.sub("''", message)), message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("explain", "--condition", "cp", "--age-years", "-3"),
            "--age-years：age_years：-3；应为0至100之间的数（单位：岁）。正负号是否写错？",
        ),
        (
            ("explain", "--condition", "cp", "--age-years", "0.2", "--age-months", "30"),
            "--age-years：age_years, age_months：0.2岁和30个月；应为两处相同。请只写其中一个。",
        ),
        (
            ("explain", "--condition", "cerebal palsy"),
            "--condition：condition：'cerebal palsy'；应为以下之一：cerebral_palsy 脑性瘫痪、ischaemic_stroke 缺血性脑卒中。"
            "是不是想写'cerebral_palsy'？",
        ),
        (
            ("evidence", "show", "lv-2032"),
            "id：'lv-2032'；应为证据的编号。是不是想写'lv-2023'？",
        ),
        (
            ("whatif", "--condition", "cp", "--set", "route"),
            "--set：'route'；应为名称=值，如route=intravenous。",
        ),
        (
            ("whatif", "--condition", "cp"),
            "whatif：没有提问；应为--set、--sweep、--nearest或其他选项；见--help。",
        ),
        (
            ("score", "no_such_table.csv"),
            "no_such_table.csv：table：没有这个文件；应为一个表、放表的文件夹或通配符。",
        ),
    ],
)
def test_a_broken_option_gives_its_message_in_chinese(arguments: tuple[str, ...], message: str) -> None:
    assert refused(*arguments, "--lang", "zh") == f"predictor: {message}\n"


def test_the_real_process_says_it_in_utf_8() -> None:
    command = [sys.executable, "-m", "predictor", "explain", "--profile", "list.yaml", "--lang=zh"]
    done = subprocess.run(command, cwd=BROKEN, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stdout == b""
    assert_chinese(done.stderr.decode("utf-8"))


def test_english_is_the_fault_itself() -> None:
    fault = Fault("age_years", "-3", "a number of years from 0 to 100", "Is the sign a slip?", "p.yaml:3:1")
    assert fault_text(fault, LIBRARY.catalogue("en")) == str(fault)
    assert error_lines(InputError(fault), "en") == [str(fault)]
    assert error_lines(InputError("a plain message"), "zh") == ["a plain message"]


def test_a_phrase_and_those_in_it_are_worded_and_what_a_person_wrote_stays(chinese: Catalogue) -> None:
    assert phrase_text(say("single_value", value="'a list'"), chinese) == "单独的一个值'a list'"
    assert phrase_text(say("did_you_mean", word="{odd}"), chinese) == "是不是想写{odd}？"
    assert phrase_text(say("broken_json", problem=say("json_value")), chinese) == "有错误的JSON（应有一个值）"
    assert phrase_text(say("one_of", list=Bilingual("none", "none 无")), chinese) == "以下之一：none 无"


def test_the_content_may_bring_a_phrase_in_both_languages(chinese: Catalogue) -> None:
    labels = {"en": "{time} since the {event}", "zh": "{event}已过去{time}"}
    phrase = labelled(labels, time=say("amount", number=2, unit=Phrase("unit.months")), event="'birth'")
    assert str(phrase) == "2 months since the 'birth'"
    assert phrase_text(phrase, chinese) == "'birth'已过去2个月"
    assert str(labelled({"en": "{odd}", "zh": ""})) == "{odd}"


def unfitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_fitted", lambda language: Catalogue(language, {}))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_before_the_first_fit_a_fault_is_worded_by_the_locale(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault("age_years", "-3", say("number_from", number=0), say("sign_slip"), "p.yaml:3:1")
    told = fault_text(fault, LIBRARY.catalogue(language)), str(fault)
    unfitted(monkeypatch)
    assert (fault_text(fault, Catalogue(language, {})), str(fault)) == told
    older = Catalogue(language, {"fault.number_from": "{number_low}"})
    assert fault_text(fault, older) == told[0]


def test_a_phrase_without_a_sentence_is_told_by_its_code(chinese: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    unheard = say("unheard_of", unit=Phrase("unit.cubits"), number=3)
    assert str(unheard) == phrase_text(unheard, chinese) == "unheard_of(unit=cubits, number=3)"
    unfitted(monkeypatch)
    monkeypatch.setattr(wording, "_written", lambda language: Catalogue(language, {}))
    assert str(Fault("age", "-3", say("a_number"))) == "message(field=age, found=-3, expected=a_number)"


def test_no_control_sign_of_what_a_person_wrote_reaches_a_terminal(chinese: Catalogue) -> None:
    fault = Fault("\x1b[31mred\nline", repr("x" * 300), "a level", "Did you mean \a?", "\x1b.yaml")
    assert str(fault) == (
        f"\\x1b.yaml: \\x1b[31mred\\nline: found '{'x' * 76}...; expected a level. Did you mean \\x07?"
    )
    assert fault_text(fault, chinese).isprintable()
    assert str(Fault("", "3", "a name")) == "'': found 3; expected a name."


def test_the_levels_stand_with_their_chinese_names(chinese: Catalogue) -> None:
    with pytest.raises(InputError) as error:
        LIBRARY.answer(Profile("stroke", vascular_comorbidity="yes", 病程=3))
    assert [fault_text(fault, chinese) for fault in error.value.faults] == [
        "vascular_comorbidity：'yes'；应为以下之一：none 无动脉粥样硬化、atherosclerosis 动脉粥样硬化。"
        "如果都不是或不清楚，请省略此项。",
        "病程：没有单位；应为以下之一：天、小时、月。请在名称后写明单位，如病程（天），或写在数字后。",
    ]
    assert "labels" not in error.value.faults[0].as_dict()


@pytest.mark.parametrize(
    ("names", "units", "message"),
    [
        (("病程",), {}, "病程：没有单位；应为以下之一：天、小时、月。请写明单位：--units '病程=UNIT'。"),
        (
            ("id", "病成", "nihs"),
            {},
            "nihs：不认识的列；应为字段。是不是想写'nihss'？若只需原样保留而不使用，请写--keep nihs。",
        ),
        ((" ",), {}, " ：不认识的列；应为字段。请给该列命名。"),
        (("年龄",), {"年龄": "周"}, "units：年龄的单位周；应为以下之一：years、months。"),
    ],
)
def test_what_is_wrong_with_a_column_is_told_in_chinese(
    names: tuple[str, ...], units: dict[str, str], message: str, chinese: Catalogue
) -> None:
    with pytest.raises(InputError) as error:
        Scorer(LIBRARY, "stroke", units=units).plan(names)
    told = fault_text(error.value.faults[-1], chinese)
    assert re.sub("以下之一：age_months[^。]*", "字段", told) == message
