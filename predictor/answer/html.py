"""An answer as a small piece of HTML, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from ..content.catalogue import Catalogue
from ..content.conditions import Condition
from .layout import BOLD, Names, of_100, signed
from .record import Answer
from .text import answer_text, category_words, certainty_words, is_told


@dataclass(frozen=True)
class Shown:
    """The faces of the answers of one condition (none: without a model) in one language."""

    condition: Condition | None
    catalogue: Catalogue

    def text(self, answer: Answer, bold: Callable[[str], str] = BOLD) -> str:
        """As in a terminal."""
        return answer_text(answer, self.condition, self.catalogue, bold)

    def html(self, answer: Answer) -> str:
        """As in a notebook."""
        return answer_html(answer, self.condition, self.catalogue)


def answer_html(answer: Answer, condition: Condition | None, text: Catalogue) -> str:
    """An answer as a small piece of HTML for a notebook; every text is escaped."""
    head = f"{text('explain.response')}{text('colon')}{category_words(answer, text)}"
    word, sentence, because = certainty_words(answer, text)
    rows = "".join(_row(name, chance, text) for name, chance in _chances(answer))
    notes = "".join(f"<li>{escape(note.text)}</li>" for note in answer.messages)
    return (
        f'<section lang="{answer.language}"><h3>{escape(head)}</h3>'
        f"<table><tbody>{rows}</tbody></table>"
        f"<p><b>{escape(text('explain.certainty') + text('colon') + word + text('stop').strip())}</b>"
        f"{text('space')}{escape(text('space').join((sentence, because)))}</p>"
        f"<ul>{notes}</ul>{_contributions(answer, condition, text)}"
        f"<p><small>{escape(answer.intended_use)} {escape(answer.scorecard)}</small></p></section>"
    )


def _chances(answer: Answer) -> list[tuple[str, tuple[str, str, str]]]:
    if answer.usual_care is None or answer.with_cells is None or answer.difference is None:
        return []
    usual, cells, d = answer.usual_care, answer.with_cells, answer.difference
    return [
        ("usual_care", (of_100(usual.probability), of_100(usual.low), of_100(usual.high))),
        ("with_cells", (of_100(cells.probability), of_100(cells.low), of_100(cells.high))),
        ("difference", (signed(d.value * 100, 0), signed(d.low * 100, 0), signed(d.high * 100, 0))),
    ]


def _row(name: str, values: tuple[str, str, str], text: Catalogue) -> str:
    value, low, high = values
    shown = text("explain.of_100", value=value)
    span = text("explain.range", low=low, high=high)
    return f"<tr><th>{escape(text(f'explain.{name}'))}</th><td>{escape(shown)}</td><td>({escape(span)})</td></tr>"


def _contributions(answer: Answer, condition: Condition | None, text: Catalogue) -> str:
    if condition is None or not answer.contributions:
        return ""
    names = Names(condition, text)
    head = "".join(
        f"<th>{escape(text(f'explain.{key}'))}</th>" for key in ("contributions", "usual_care", "studies", "claims")
    )
    rows = "".join(
        f"<tr><td>{escape(names.both(c.factor, c.level))}</td><td>{signed(c.usual_care)}</td>"
        f"<td>{signed(c.effect_from_studies)}</td><td>{signed(c.effect_from_claims)}</td></tr>"
        for c in answer.contributions
        if is_told(c)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
