"""An answer as a small piece of HTML, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ..content.catalogue import Catalogue
from ..content.conditions import Condition
from .layout import BOLD, Names, of_100, signed
from .phrases import (
    added_title,
    answer_words,
    benefit_words,
    carrier_words,
    percents,
    response_words,
    rounded_note,
    shown_chances,
    source_of,
    span,
)
from .record import Answer, Baseline, Chance, Contribution, Numbers
from .results import Source
from .screen import answer_screen
from .text import Bold, Rules, answer_text, certainty_words, class_label, in_order, stance_line


@dataclass(frozen=True)
class Shown:
    """The faces of the answers of one condition (none: without a model) in one language.

    rules: of the condition's scorecard, whose cut-offs the words for classes name.
    """

    condition: Condition | None
    catalogue: Catalogue
    rules: Mapping[str, Any] = field(default_factory=dict)

    def text(self, answer: Answer, bold: Bold = BOLD, opened: bool = False) -> str:
        """As in a terminal."""
        return answer_text(answer, self.condition, self.catalogue, self.rules, bold, opened)

    def screen(self, answer: Answer, bold: Bold = BOLD) -> str:
        """As on one screen of a terminal."""
        return answer_screen(answer, self.condition, self.catalogue, self.rules, bold)

    def html(self, answer: Answer) -> str:
        """As in a notebook."""
        return answer_html(answer, self.condition, self.catalogue, self.rules)

    def source(self, answer: Answer) -> Source:
        """What made it, for the displays of its parts."""
        return source_of(answer.stance, answer.scorecard, self.catalogue)


def answer_html(answer: Answer, condition: Condition | None, text: Catalogue, rules: Rules) -> str:
    """An answer as a small piece of HTML for a notebook; every text is escaped."""
    head = f"{added_title(answer.stance, text)}{text('colon')}{answer_words(answer, text)}"
    word, _, because = certainty_words(answer, text)
    certainty = f"{text('explain.certainty')}{text('colon')}{word}{text('stop').strip()}"
    notes = "".join(f"<li>{escape(note.text)}</li>" for note in answer.messages)
    numbers, names = answer.numbers, Names(condition, text) if condition else None
    return (
        f'<section lang="{answer.language}"><h3>{escape(head)}</h3><p>{escape(stance_line(answer, text))}</p>'
        f"{_numbers(numbers, answer.stance, text, rules) if numbers else ''}"
        f"<p><b>{escape(certainty)}</b>{text('space')}{escape(because)}</p>"
        f"<ul>{notes}</ul>{_rest(numbers, names, answer.stance, text) if numbers and names else ''}"
        f"<p><small>{escape(answer.intended_use)} {escape(answer.scorecard)}</small></p></section>"
    )


def _numbers(numbers: Numbers, stance: str, text: Catalogue, rules: Rules) -> str:
    """The word on the sign, the chance of each class, then usual care, with cells and the difference."""
    classes = [
        (class_label(name, text, rules), text("explain.percent", value=share))
        for name, share in percents(numbers.added_response.probabilities).items()
    ]
    d = numbers.difference
    chances = [
        _chance("usual_care", numbers.usual_care, text),
        _chance("with_cells", numbers.with_cells, text),
        _of_100("difference", [signed(v * 100, 0) for v in (d.value, d.low, d.high)], text),
    ]
    word = benefit_words(numbers.added_benefit, stance, text)
    note = rounded_note([shown_chances(numbers)], text)
    rounded = f"<p><small>{escape(note)}</small></p>" if note else ""
    return f"<p><b>{escape(word)}</b></p>{_table(classes)}{_table(chances)}{rounded}"


def _chance(name: str, chance: Chance, text: Catalogue) -> tuple[str, ...]:
    return _of_100(name, [of_100(v) for v in (chance.probability, chance.low, chance.high)], text)


def _of_100(name: str, values: Sequence[str], text: Catalogue) -> tuple[str, ...]:
    value, low, high = values
    likely = text("bracket", words=span(low, high, text)).strip()
    return text(f"explain.{name}"), text("explain.of_100", value=value), likely


def _rest(numbers: Numbers, names: Names, stance: str, text: Catalogue) -> str:
    """What carries the answer, the response it stands on, and each factor in patients of 100."""
    usual, cells = (response_words(r, text) for r in (numbers.response.usual_care, numbers.response.with_cells))
    lines = [carrier_words(numbers.carried_by, stance, text)] if numbers.carried_by else []
    lines.append(text("explain.response_line", usual=usual, cells=cells))
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    heads = [text("explain.contributions"), *(text(f"explain.{k}") for k in ("usual_care", "with_cells", "difference"))]
    heads += [f"{text('explain.effect')}{text('colon')}{text(f'explain.{k}')}" for k in ("studies", "claims")]
    rows = [_part(text("explain.average"), numbers.baseline)]
    rows += [_part(names.both(c.factor, c.level), c) for c in in_order(numbers.contributions)]
    return told + _table(rows, heads) + f"<p><small>{escape(text('explain.html_note'))}</small></p>"


def _part(label: str, part: Baseline | Contribution) -> list[str]:
    """What the average patient or a factor brings: in patients of 100, and the effect's parts in log odds."""
    patients = (part.per_100.usual_care, part.per_100.with_cells, part.per_100.difference)
    log_odds = (part.effect_from_studies, part.effect_from_claims)
    return [label, *(signed(value, 1) for value in patients), *(signed(value) for value in log_odds)]


def _table(rows: Sequence[Sequence[str]], heads: Sequence[str] = ()) -> str:
    """Rows whose first cell is their heading."""
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join(
        f"<tr><th>{escape(first)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in rest)}</tr>"
        for first, *rest in rows
    )
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
