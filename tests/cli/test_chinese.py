"""Help and usage errors in Chinese: every sentence of the help has its Chinese, and errors name what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from predictor.cli import COMMANDS, main
from predictor.cli.chinese import worded


def commands(command: click.Command, ctx: click.Context, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every command below one, and its own."""
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            assert child is not None
            yield from commands(child, click.Context(child, parent=ctx), (*path, name))


PATHS = list(commands(main, click.Context(main)))


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_command_is_looked_at() -> None:
    assert {path[0] for path in PATHS if path} == set(COMMANDS)
    assert ("evidence", "show") in PATHS


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_in_chinese_has_no_sentence_of_english(path: tuple[str, ...]) -> None:
    told = shown("--lang", "zh", *path, "--help").partition("\n")[2]
    assert re.search(r"[\u4e00-\u9fff]", told)
    assert not re.findall(r"[A-Z]?[a-z]+(?: [a-z]{2,}){2,}", told)
    assert not re.findall(r"[\u4e00-\u9fff][,;:?!()]", told)


def test_help_in_english_is_as_before() -> None:
    told = shown("explain", "--help")
    assert "Answers for one hypothetical patient" in told
    assert not re.search(r"[\u4e00-\u9fff]", told)


def test_the_group_takes_the_language_for_its_commands() -> None:
    assert shown("--lang", "zh", "factors", "--condition", "脑瘫") == shown(
        "factors", "--condition", "脑瘫", "--lang", "zh"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("explain", "--nope"), "没有这个选项：--nope"),
        (("explain", "--stance", "wrong"), "--stance的值不能使用：应为以下之一：sceptical、graded、face_value"),
        (("explain", "--profil", "x"), "没有这个选项：--profil。是不是想写--profile？"),
        (("nothing",), "没有这个命令：nothing"),
        (("explan",), "没有这个命令：explan。是不是想写explain？"),
        (("explain", "extra"), "多余的参数：extra"),
    ],
)
def test_usage_errors_in_chinese(arguments: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(main, [*arguments, "--lang", "zh"])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == f"predictor: {message}"


def test_a_misspelt_command_is_told_the_nearest() -> None:
    result = CliRunner().invoke(main, ["explan"])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "Error: No such command 'explan'. Did you mean 'explain'?"


def test_words_outside_a_command_stay_english() -> None:
    assert worded("English or Chinese.") == "English or Chinese."
