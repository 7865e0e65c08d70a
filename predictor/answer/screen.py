"""An answer on one screen of a terminal: 24 lines of 80 columns. The rest is told by `--full`."""

from __future__ import annotations

from ..content.catalogue import Catalogue
from ..content.conditions import Condition
from .layout import BOLD, Names, clip, pad, signed, table, wrap
from .record import Answer, Numbers
from .text import (
    Bold,
    Rules,
    answer_text,
    chance_lines,
    class_lines,
    headline,
    in_order,
    note_lines,
    stance_line,
    told,
    withheld,
)

LINES = 24
LARGEST = 3
"""Contributions that are shown."""
PROFILE_LINES = 2
LABEL, ID = 38, 26
"""Columns of a contribution's label and of the id that opens it."""


def answer_screen(answer: Answer, condition: Condition | None, text: Catalogue, rules: Rules, bold: Bold = BOLD) -> str:
    """The answer in brief: the patient, what cells add, what it stands on, and what moves it most."""
    if condition is None:
        return answer_text(answer, condition, text, rules, bold)
    names, numbers = Names(condition, text), answer.numbers
    top = [bold(text("explain.title", condition=text.pick(condition.label))), *_patient(answer, names, text)]
    top += [wrap(stance_line(answer, text), "  "), "", *headline(answer, numbers, text, bold)]
    middle = _numbers(answer, numbers, text, rules, bold) if numbers else []
    bottom = _largest(numbers, names, text, bold) if numbers else withheld(answer, names, text)
    bottom += [wrap(text("explain.screen_use"), "  ")]
    lines = _lines([*top, *middle]), _lines(bottom)
    notes = _notes(answer, text, LINES - len(lines[0]) - len(lines[1]))
    return "\n".join([*lines[0], *notes, *lines[1]]) + "\n"


def _lines(blocks: list[str]) -> list[str]:
    return "\n".join(blocks).split("\n")


def _patient(answer: Answer, names: Names, text: Catalogue) -> list[str]:
    """The patient on two lines; what does not fit is counted."""
    known, untold = told(answer, names), len(answer.profile["unknown"])
    for shown in range(len(known), -1, -1):
        rest = len(known) - shown
        more = [text("explain.further", n=rest)] if rest else []
        more += [text("explain.untold", n=untold)] if untold else []
        lines = wrap(text("semicolon").join([text("facts_join").join(known[:shown]), *more]), "  ").split("\n")
        if len(lines) <= PROFILE_LINES:
            break
    return lines


def _numbers(answer: Answer, numbers: Numbers, text: Catalogue, rules: Rules, bold: Bold) -> list[str]:
    concerns = text("list_join").join(text(f"concern.{reason}") for reason in answer.certainty_reasons)
    word = text(f"certainty.{answer.certainty}")
    certainty = bold(f"{text('explain.certainty')}{text('colon')}{word}") + text("bracket", words=concerns)
    return [*class_lines(numbers.added_response, text, rules), *chance_lines(numbers, text), certainty]


def _largest(numbers: Numbers, names: Names, text: Catalogue, bold: Bold) -> list[str]:
    """The contributions that move the difference most, each with the id that opens it."""
    rows = []
    for c in in_order(numbers.contributions)[:LARGEST]:
        id = c.evidence[0] if c.evidence else ""
        label = clip(names.both(c.factor, c.level), LABEL)
        rows.append([pad(label, LABEL), signed(c.per_100.difference, 1), clip(id, ID)])
    return [bold(text("explain.screen_contributions")), *table(rows, "lrl")] if rows else []


def _notes(answer: Answer, text: Catalogue, room: int) -> list[str]:
    """As many messages as there is room for, the gravest first; the others are counted."""
    notes = [note for note in answer.messages if note.severity != "info"]
    lines, left = list[str](), len(notes)
    for note in note_lines(notes):
        block = note.split("\n")
        if len(lines) + len(block) + (left > 1) > room:
            break
        lines += block
        left -= 1
    return [*lines, *([wrap(text("explain.more_notes", n=left), "  ")] if left and len(lines) < room else [])]
