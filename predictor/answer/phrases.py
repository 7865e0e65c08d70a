"""What an answer says in words: one wording for every face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor, isnan
from typing import Any

from ..content.catalogue import Catalogue
from ..model.prediction import ADDED
from .layout import of_100, signed
from .record import Answer, Carrier, Chance, Difference, Response
from .results import Source

AS_IF_PROVEN = "face_value"
"""The stance under which all that is said hangs on claims that nobody has proven."""


def added_title(stance: str, text: Catalogue) -> str:
    """`What cells add`, or under which condition they would."""
    return text("explain.added_if_proven" if stance == AS_IF_PROVEN else "explain.added")


def added_words(category: str | None, run: Sequence[str], text: Catalogue) -> str:
    """The most probable class of what cells add with its run, that they cannot be told apart, or `cannot say`."""
    if category is None:
        return text("category.cannot_say")
    first = text(f"added.{category}")
    if len(run) == 1:
        return first
    if len(run) == len(ADDED):
        return text("added_run.apart", first=first)
    return text("added_run.span", first=first, low=text(f"added.{run[0]}"), high=text(f"added.{run[-1]}"))


def answer_words(answer: Answer, text: Catalogue) -> str:
    """The same of an answer."""
    added = answer.added_response
    return added_words(added.category, added.set, text) if added else added_words(None, (), text)


def benefit_words(benefit: str | None, stance: str, text: Catalogue) -> str:
    """The word on the sign of what cells add; at face value it would be, if every claim were proven."""
    if benefit is not None and stance == AS_IF_PROVEN:
        return text(f"benefit_if_proven.{benefit}")
    return text(f"benefit.{benefit or 'cannot_say'}")


def said(category: str | None, run: Sequence[str], benefit: str | None, stance: str, text: Catalogue) -> str:
    """What cells add, and the word on its sign; `cannot say` once for both."""
    words = added_words(category, run, text)
    return words if benefit is None else f"{words}{text('semicolon')}{benefit_words(benefit, stance, text)}"


def stance_words(stance: str, text: Catalogue) -> str:
    """The stance with its meaning, and at face value the condition that all of it stands under."""
    named = text(f"stance.{stance}") + text("bracket", words=text(f"stance_meaning.{stance}"))
    words = f"{text('explain.stance')}{text('colon')}{named}"
    return words if stance != AS_IF_PROVEN else f"{words}{text('stop')}{text('explain.if_proven')}"


def source_of(stance: str, scorecard: str, text: Catalogue) -> Source:
    """What no display of a result is without."""
    return Source((stance_words(stance, text), scorecard, text("intended_use")), text.language)


def carrier_words(carrier: Carrier, stance: str, text: Catalogue) -> str:
    """The one record that carries an answer, and what would be said without it."""
    other = said(carrier.category, (carrier.category or "",), carrier.added_benefit, stance, text)
    return text("explain.carried", id=carrier.id, other=other)


def response_words(response: Response, text: Catalogue) -> str:
    """The category of a response, or its set with the most probable first."""
    first, *others = (text(f"category.{c}") for c in response.set)
    return text("explain.response_set", first=first, others=text("list_join").join(others)) if others else first


def percents(chances: Mapping[str, float]) -> dict[str, str]:
    """Chances that add up to 1 in whole per cent that add up to 100, by largest remainder; never shown as certain."""
    whole = {name: floor(100 * chance) for name, chance in chances.items()}
    left = 100 - sum(whole.values())
    for name in sorted(chances, key=lambda name: whole[name] - 100 * chances[name])[:left]:
        whole[name] += 1
    return {name: {0: "<1", 100: ">99"}.get(value, str(value)) for name, value in whole.items()}


def span(low: str, high: str, text: Catalogue) -> str:
    """A range of numbers as they are shown; one whose ends read the same is about that number."""
    return text("explain.about", value=low) if low == high else text("explain.range", low=low, high=high)


def chance_words(chance: Chance, text: Catalogue) -> str:
    """The best estimate of a chance with its range, in patients of 100."""
    told = text("explain.of_100", value=of_100(chance.probability))
    return told + text("bracket", words=span(of_100(chance.low), of_100(chance.high), text))


def difference_words(difference: Difference, text: Catalogue) -> str:
    """The best estimate of the difference with its range, in patients of 100."""
    value, low, high = (signed(x * 100, 0) for x in (difference.value, difference.low, difference.high))
    return text("explain.of_100", value=value) + text("bracket", words=span(low, high, text))


Shown = tuple[float | None, float | None, float | None]
"""Usual care, with cells, and their difference; none, or not a number, where they are withheld."""


def shown_chances(of: Any) -> Shown:
    """The three chances of an answer, or of what is in brief one."""
    usual, cells, difference = of.usual_care, of.with_cells, of.difference
    return usual and usual.probability, cells and cells.probability, difference and difference.value


def rounded_note(shown: Iterable[Shown], text: Catalogue) -> str:
    """What is said once beside numbers of 100 of which some difference, rounded, is not that of the rounded chances."""
    return text("rounded_note") if any(map(_rounded_apart, shown)) else ""


def _rounded_apart(shown: Shown) -> bool:
    if any(chance is None or isnan(chance) for chance in shown):
        return False
    usual, cells, difference = (round(100 * chance) for chance in shown if chance is not None)
    return cells - usual != difference
