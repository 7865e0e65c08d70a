"""What libraries and the system say is told in our words, in English by their own."""

from __future__ import annotations

import csv
import errno
import json
import os

import pytest

from predictor.answer.library import Library
from predictor.content.library_messages import SYSTEM, library_message, system_message
from predictor.content.wording import phrase_text
from predictor.errors import Phrase

CHINESE = Library().catalogue("zh")


def json_message(text: str) -> str:
    with pytest.raises(json.JSONDecodeError) as error:
        json.loads(text)
    return error.value.msg


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("{", "应为双引号内的名称"),
        ("[1 2]", "缺少分隔符','"),
        ("", "应有一个值"),
        ("1 2", "末尾有多余内容"),
        ('"a', "字符串没有结束"),
        ('"\\q"', "错误的转义"),
        ('"\\u12"', "错误的\\uXXXX转义"),
        ('"\n"', "有不允许的控制字符"),
    ],
)
def test_what_json_says(text: str, chinese: str) -> None:
    message = json_message(text)
    phrase = library_message(message)
    assert isinstance(phrase, Phrase)
    assert str(phrase) == message
    assert phrase_text(phrase, CHINESE) == chinese


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("expected <block end>, but found '<scalar>'", "应为<block end>，却是'<scalar>'"),
        ("expected ',' or ']', but got ':'", "应为','或']'，却是':'"),
        ("found character '\\t' that cannot start any token", "此处不能以字符'\\t'开头"),
        ("could not find expected ':'", "缺少':'"),
        ("mapping values are not allowed here", "此处不能有键值对"),
        ("found undefined alias 'a'", "没有定义的别名'a'"),
        ("unexpected end of data", "数据意外结束"),
        ("field larger than field limit (131072)", "单元格超过长度上限（131072）"),
        ("Illegal trailing comma before end of object", "object末尾有多余的逗号"),
    ],
)
def test_what_readers_of_yaml_and_csv_say(message: str, chinese: str) -> None:
    phrase = library_message(message)
    assert isinstance(phrase, Phrase)
    assert str(phrase) == message
    assert phrase_text(phrase, CHINESE) == chinese


def test_what_csv_says_of_a_quote() -> None:
    with pytest.raises(csv.Error) as error:
        next(csv.reader(['"a"b'], strict=True))
    phrase = library_message(str(error.value))
    assert isinstance(phrase, Phrase)
    assert str(phrase) == str(error.value)


def test_other_words_stay() -> None:
    assert library_message("something quite unheard of") == "something quite unheard of"
    assert system_message(OSError("no number")) == system_message(OSError())
    assert system_message(OSError(errno.EPIPE, "Broken pipe")) == "Broken pipe"


@pytest.mark.parametrize("number", SYSTEM)
def test_what_the_system_says(number: int) -> None:
    assert str(system_message(OSError(number, os.strerror(number)))) == os.strerror(number)
