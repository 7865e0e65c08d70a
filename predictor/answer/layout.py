"""How words and numbers are laid out: widths with Chinese characters, lines, tables, bars, signs, labels."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from shutil import get_terminal_size

from ..content.catalogue import Catalogue
from ..content.conditions import Condition

WIDTH = 78
STUDIES, CLAIMS = "█", "▒"
BAR = 14
BOLD: Callable[[str], str] = str


def text_width(text: str) -> int:
    """Columns of a terminal that a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def pad(text: str, width: int) -> str:
    """The text filled with spaces to so many columns."""
    return text + " " * max(0, width - text_width(text))


def clip(text: str, width: int) -> str:
    """The text cut to so many columns, with a sign where something was cut off."""
    if text_width(text) <= width:
        return text
    while text_width(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, indent: str = "", width: int = WIDTH) -> str:
    """The text in lines of at most `width` columns, broken at spaces or between Chinese characters."""
    lines, line = [], indent
    for word in _words(text):
        if text_width(line + word.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = indent
            word = word.lstrip()
        line += word
    return "\n".join([*lines, line.rstrip()])


OPENING, CLOSING, IDEOGRAPHS = "（《〈「『【“", "，。、；：！？）》〉」』】”", "\u2e80-\u2fff\u3040-\u9fff\uf900-\ufaff"
BRACKET = rf"[\[(](?=[{IDEOGRAPHS}])"
WORD = re.compile(
    rf"(?:[{OPENING}]|{BRACKET})*"
    rf"(?:[{IDEOGRAPHS}][\])]?|(?:(?!{BRACKET})[^\s{IDEOGRAPHS}{OPENING}{CLOSING}])+)?[{CLOSING}]*\s*"
)
"""What stays on one line: a Chinese character or a run of others, with the brackets and stops that hold to it."""


def _words(text: str) -> list[str]:
    return [found[0] for found in WORD.finditer(text) if found[0]]


def screen_width() -> int:
    """Columns that a table may take: those of the terminal, if there is one."""
    return get_terminal_size().columns - 2 if sys.stdout and sys.stdout.isatty() else WIDTH


def table(rows: Sequence[Sequence[str]], align: str = "", indent: str = "  ", width: int | None = None) -> list[str]:
    """Rows as aligned lines; `align` has a letter for each column, r where it is flush right.

    width: at most so many columns, by default those of the screen; columns of words that are too wide break.
    """
    return [line for lines in table_rows(rows, align, indent, width) for line in lines]


def table_rows(
    rows: Sequence[Sequence[str]], align: str = "", indent: str = "  ", width: int | None = None
) -> list[list[str]]:
    """The same, the lines of each row together."""
    columns = list(zip(*rows, strict=True))
    sides = align.ljust(len(columns), "l")
    room = (screen_width() if width is None else width) - text_width(indent) - 2 * (len(columns) - 1)
    widths = _widths(columns, sides, room)
    broken = ([*map(_broken, row, widths)] for row in rows)
    return [
        [(indent + "  ".join(map(_placed, line, widths, sides))).rstrip() for line in zip_longest(*cells, fillvalue="")]
        for cells in broken
    ]


def _broken(cell: str, width: int) -> list[str]:
    return wrap(cell, "", width).split("\n") if text_width(cell) > width else [cell]


def _placed(cell: str, width: int, side: str) -> str:
    return " " * (width - text_width(cell)) + cell if side == "r" else pad(cell, width)


def _widths(columns: Sequence[Sequence[str]], sides: str, room: int) -> list[int]:
    """The widths of columns; where they are too wide, the widest of words gives way, down to its longest word.

    The first, which names the rows, comes last.
    """
    widths = [max(map(text_width, column)) for column in columns]
    least = [
        width if side == "r" else max(text_width(word.rstrip()) for cell in column for word in _words(cell) or [""])
        for column, width, side in zip(columns, widths, sides, strict=True)
    ]
    while sum(widths) > room and widths != least:
        wide = [i for i in range(len(widths)) if widths[i] > least[i]]
        widest = max(wide[wide[0] == 0 and len(wide) > 1 :], key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, a real minus, and never a negative zero."""
    rounded = round(value, digits) + 0.0
    if rounded == 0:
        return f"{0:.{digits}f}"
    return f"{rounded:+.{digits}f}".replace("-", "−")


def figure(value: float) -> str:
    """A number that was told, or one in another unit, as a person reads it: two decimals at most, none from 100 on."""
    rounded = round(value, 2) if abs(value) < 100 else round(value)
    return f"{rounded:g}" if abs(rounded) < 1e6 else f"{rounded:.0f}"


def of_100(chance: float) -> str:
    """A chance as a whole number of 100, with a real minus."""
    return f"{round(chance * 100) + 0:d}".replace("-", "−")


def sure_words(chance: float) -> str:
    """A chance per cent with one decimal, never shown as certain."""
    return f"{min(max(100 * chance, 0.1), 99.9):.1f}"


def bar(studies: float, claims: float, scale: float, half: int = BAR // 2) -> str:
    """A bar about a middle line: to the left what lowers, to the right what raises."""
    cells = [round(min(1.0, abs(v) / scale) * half) for v in (studies, claims)]
    marks = (STUDIES, CLAIMS)
    left = "".join(m * n for m, n, v in zip(marks, cells, (studies, claims), strict=True) if v < 0)
    right = "".join(m * n for m, n, v in zip(marks, cells, (studies, claims), strict=True) if v >= 0)
    return f"{left[:half]:>{half}}│{right[:half]:<{half}}"


class Names:
    """Labels of factors and levels in one language."""

    def __init__(self, condition: Condition, text: Catalogue):
        self.condition = condition
        self.text = text

    @property
    def outcome(self) -> str:
        """What a response means."""
        return self.text.pick(self.condition.outcomes[self.condition.reference_outcome]["label"])

    def factor(self, id: str) -> str:
        return self.text.pick(self.condition.by_id[id].label)

    def level(self, factor: str, level: str | None) -> str:
        if level is None:
            return self.text("unknown")
        return self.text.pick(self.condition.by_id[factor].level(level).label)

    def asked(self, levels: Mapping[str, str | None]) -> str:
        """The level of the time asked for; nothing where the condition knows no such factor."""
        question = self.condition.question
        return self.level(question.id, levels[question.id]) if question else ""

    def term(self, term: str) -> str:
        """A term of the model: whether of usual care or of the effect of cells, and the levels that it stands for."""
        kind, _, levels = term.partition(":")
        question = self.condition.question
        if kind == "horizon" and question:
            levels = f"{question.id}:{levels}"
        named = (self.any_of(*level.split(":")) for level in levels.split("*") if level)
        return self.text(f"term.{kind}", levels=self.text("pages.and").join(named))

    def any_of(self, factor: str, name: str) -> str:
        """A factor with a level, or with the levels behind a group's name."""
        levels = (self.level(factor, id) for id in self.condition.by_id[factor].expand(name))
        return f"{self.factor(factor)}{self.text('colon')}{self.text('pages.or').join(levels)}"

    def section(self, locator: str) -> str:
        """A place in the condition's article, by the title of its section."""
        article, title = self.text(f"article.{self.condition.article}"), self.condition.sections[locator]["title"]
        return self.text("article.citation", article=article, section=self.text.pick(title))

    def both(self, factor: str, level: str | None) -> str:
        return f"{self.factor(factor)}{self.text('colon')}{self.level(factor, level)}"
