"""Help and usage errors in the language that --lang names; the words stand in configs/locales/help.zh.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import click

from ..errors import near_name

ENGLISH = "en"


def language_told() -> str:
    """The language that the command's arguments name; English where they name none."""
    ctx = click.get_current_context(silent=True)
    return str(ctx.meta.get("language", ENGLISH)) if ctx else ENGLISH


def worded(english: str, **values: object) -> str:
    """A sentence of the help in the language that was told, its values filled in."""
    known: Mapping[str, str] = {} if language_told() == ENGLISH else _chinese()
    sentence = known.get(" ".join(english.split()) or english, english)
    return sentence.format(**values) if values else sentence


@cache
def _chinese() -> Mapping[str, str]:
    from ..content.documents import read_document
    from ..content.folders import content_folder

    told = read_document(content_folder("configs") / "locales" / "help.zh.yaml").data
    return {" ".join(english.split()): chinese for english, chinese in told.items()}


class ChineseFormatter(click.HelpFormatter):
    """Writes help in Chinese: each option on a line, its words below it."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        self.write(f"{worded('Usage: ')}{prog} {_placeholders(args)}\n")

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{worded(heading)}：\n")

    def write_text(self, text: str) -> None:
        from ..answer.layout import wrap

        self.write(wrap(worded(text), " " * self.current_indent) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], *_: Any, **__: Any) -> None:
        for term, words in rows:
            self.write(f"{'':>{self.current_indent}}{_placeholders(term)}\n")
            with self.indentation():
                self.write_text(_with_extras(words))


def _with_extras(words: str) -> str:
    """The words of an option in Chinese, with what click adds to them: [default: 8765]."""
    text, bracket, extras = words.partition("  [")
    if not bracket:
        return worded(text)
    return worded(text) + "（" + worded("; ").join(map(_extra, extras.rstrip("]").split("; "))) + "）"


def _placeholders(term: str) -> str:
    """What click writes for a value, as TEXT and INTEGER RANGE, in words."""
    return re.sub(r"\b[A-Z]+(?: RANGE)?\b", lambda found: worded(found[0]), term)


def _extra(told: str) -> str:
    """A default, or the bounds of a number."""
    bounds = re.fullmatch(r"(?:(\d+)<=)?x(?:>=(\d+)|<=(\d+))", told)
    if bounds is None:
        return told.replace("default: ", worded("default: "))
    low, least, high = bounds.groups()
    return worded("{low} or more", low=least) if least else worded("{low} to {high}", low=low, high=high)


def formatter(ctx: click.Context) -> click.HelpFormatter | None:
    """The formatter of a language other than English."""
    told = ctx.meta.get("language", ENGLISH)
    return None if told == ENGLISH else ChineseFormatter(width=ctx.terminal_width, max_width=ctx.max_content_width)


class Context(click.Context):
    """A context whose help is in the language that was told."""

    def make_formatter(self) -> click.HelpFormatter:
        return formatter(self) or super().make_formatter()


def usage_error(error: click.UsageError) -> str:
    """What is wrong with a command line."""
    if isinstance(error, click.NoSuchOption):
        near = near_name(error.option_name.strip("-"), (name.strip("-") for name in error.possibilities or ()))
        return worded("No such option: {name}", name=error.option_name) + _near(near and f"--{near}")
    if isinstance(error, click.BadOptionUsage):
        return worded("Wrong use of {name}", name=error.option_name)
    if isinstance(error, click.MissingParameter):
        return worded("Missing: {name}", name=_name(error))
    if isinstance(error, click.BadParameter):
        return worded("Invalid value for {name}: {found}", name=_name(error), found=_allowed(error))
    return _other(error.format_message())


def _name(error: click.BadParameter) -> str:
    param = error.param
    return param.opts[0] if isinstance(param, click.Option) else (param.name or "").upper() if param else ""


def _allowed(error: click.BadParameter) -> str:
    """What a parameter takes: one of some words, a whole number, a file or folder that is there."""
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return worded("one of {list}", list="、".join(kind.choices))
    if isinstance(kind, click.IntRange):
        return worded("a whole number, {bounds}", bounds=_extra(kind._describe_range()))
    return worded("an existing file or folder") if isinstance(kind, click.Path) else error.message


STARTS = (
    "No such command ",
    "Got unexpected extra argument ",
    "Got unexpected extra arguments ",
    "Missing command",
)


def _other(message: str) -> str:
    start = next((start for start in STARTS if message.startswith(start)), "")
    told = re.fullmatch(r"(.*?)(?: Did you mean '(.*)'\?)?", message[len(start) :], re.DOTALL)
    assert told is not None
    return worded(start) + told[1].strip("'().") + _near(told[2]) if start else message


def _near(name: str | None) -> str:
    return worded(" Did you mean {name}?", name=name) if name else ""
