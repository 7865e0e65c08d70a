"""An answer as text for a terminal. No arithmetic but layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import exp
from statistics import NormalDist
from typing import Any

from ..content.catalogue import Catalogue
from ..content.conditions import Condition
from .layout import BOLD, STUDIES, Names, bar, clip, figure, of_100, pad, signed, sure_words, text_width, wrap
from .phrases import (
    added_title,
    answer_words,
    benefit_words,
    carrier_words,
    percents,
    response_words,
    rounded_note,
    shown_chances,
    span,
)
from .record import AddedResponse, Answer, Baseline, Chance, Contribution, Note, Numbers, Patients, Unknown

Z90 = NormalDist().inv_cdf(0.95)
LONGEST_LABEL = 36
COLUMN = 6
IDS_SHOWN = 3
Bold = Callable[[str], str]
Rules = Mapping[str, Any]
"""The cut-offs of a scorecard's estimate, that the words for classes name."""


def answer_text(
    answer: Answer, condition: Condition | None, text: Catalogue, rules: Rules, bold: Bold = BOLD, opened: bool = False
) -> str:
    """An answer for a terminal: what cells add first, then usual care and with cells, then what made it.

    condition: of the answer; none where no model covers it. opened: also what is withheld, under a warning.
    """
    if condition is None:
        return "\n".join([*_notes(answer, text, bold), "", *_intended_use(answer, text, bold)]) + "\n"
    names = Names(condition, text)
    numbers = answer.numbers
    blocks = [
        title(answer, names, text, bold),
        headline(answer, numbers, text, bold),
        *(_first(numbers, names, answer, text, rules) if numbers else ()),
        _certainty(answer, text, bold),
        _notes(answer, text, bold),
        *(_rest(numbers, names, answer, text, bold) if numbers else ()),
        *(extrapolation(answer, names, text, rules, bold) if opened else [withheld(answer, names, text)]),
        _similar(answer, text, bold),
        _intended_use(answer, text, bold),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _first(numbers: Numbers, names: Names, answer: Answer, text: Catalogue, rules: Rules) -> list[list[str]]:
    """The chances of what cells add, and the response that it stands on."""
    outcome = text("explain.means", outcome=names.outcome)
    asked = names.asked(answer.profile["levels"])
    meaning = text("space").join([outcome, *([text("explain.asked_for", asked=asked)] if asked else ())])
    added = [*class_lines(numbers.added_response, text, rules), wrap(_run(numbers.added_response, text, rules), "  ")]
    return [added, [*chance_lines(numbers, text), wrap(text("explain.interval_note"), "  "), wrap(meaning, "  ")]]


def _rest(numbers: Numbers, names: Names, answer: Answer, text: Catalogue, bold: Bold) -> list[list[str]]:
    """What an answer rests on, and what would move it."""
    return [
        _response(numbers, text, bold),
        _contributions(numbers, answer, names, text, bold),
        _unknowns(numbers.unknowns, names, text, bold),
    ]


def extrapolation(answer: Answer, names: Names, text: Catalogue, rules: Rules, bold: Bold) -> list[list[str]]:
    """The numbers that an answer withholds, under a plain warning; nothing where none are."""
    numbers = answer.extrapolation
    if numbers is None:
        return []
    warning = [bold(text("explain.extrapolated_title")), wrap(text("explain.extrapolated"), "  ")]
    shown = replace(answer, **vars(numbers))
    return [
        warning,
        headline(shown, numbers, text, bold),
        *_first(numbers, names, shown, text, rules),
        *_rest(numbers, names, shown, text, bold),
    ]


def withheld(answer: Answer, names: Names, text: Catalogue) -> list[str]:
    """Where an answer cannot be given: what would help most to ask, and how to see what was withheld."""
    if answer.extrapolation is None:
        return []
    lines = []
    if any(note.code == "too_many_unknowns" for note in answer.messages):
        factor = names.factor(answer.extrapolation.unknowns[0].factor)
        lines.append(wrap(text("explain.ask_first", factor=factor), "  "))
    return [*lines, wrap(text("explain.open_extrapolation"), "  ")]


def title(answer: Answer, names: Names, text: Catalogue, bold: Bold) -> list[str]:
    described, unknown = told(answer, names), [names.factor(f) for f in answer.profile["unknown"]]
    lines = [bold(text("explain.title", condition=text.pick(names.condition.label)))]
    lines.append(wrap(text("explain.profile") + text("colon") + text("facts_join").join(described), "  "))
    if unknown:
        lines.append(wrap(text("explain.unknown_factors") + text("colon") + text("list_join").join(unknown), "  "))
    return [*lines, wrap(stance_line(answer, text), "  ")]


def stance_line(answer: Answer, text: Catalogue) -> str:
    stance = text(f"stance.{answer.stance}") + text("bracket", words=text(f"stance_meaning.{answer.stance}"))
    return f"{text('explain.stance')}{text('colon')}{stance}"


def told(answer: Answer, names: Names) -> list[str]:
    """The factors that are known, each with its level and what was told in figures."""
    levels: Mapping[str, str | None] = answer.profile["levels"]
    return [_described(f, level, answer.profile, names) for f, level in levels.items() if level is not None]


def _described(factor: str, level: str, profile: Mapping[str, Any], names: Names) -> str:
    """A factor with its level, and what was told in figures: `age: under 3 years [2.5 years]`."""
    figures = []
    for f in names.condition.by_id[factor].fields:
        value = profile.get(f.id)
        if value is not None and f.numeric and value != level:
            unit = f"{names.text('space')}{names.text.unit(f)}" if f.id != factor else ""  # a count is of its factor
            figures.append(f"{figure(value)}{unit}")
        elif value is not None and f.categories:
            figures.append(f"{names.text.field(f)} {value}")
    told = names.text("told", words=names.text("list_join").join(figures)) if figures else ""
    return names.both(factor, level) + told


def headline(answer: Answer, numbers: Numbers | None, text: Catalogue, bold: Bold) -> list[str]:
    """What cells add, and the word on its sign."""
    head = f"{added_title(answer.stance, text)}{text('colon')}{answer_words(answer, text)}"
    lines = [bold(wrap(head.upper() if text.language == "en" else head))]
    if numbers:
        chance = sure_words(numbers.difference.probability_positive)
        word = benefit_words(numbers.added_benefit, answer.stance, text)
        lines.append(wrap(text("explain.sign", word=word[:1].upper() + word[1:], chance=chance), "  "))
    return lines


def class_lines(added: AddedResponse, text: Catalogue, rules: Rules) -> list[str]:
    """The chance of each class of what cells add, with a bar."""
    width = max(text_width(class_label(name, text, rules)) for name in added.probabilities)
    lines = []
    shares = percents(added.probabilities)
    for name, chance in added.probabilities.items():
        label, share = pad(class_label(name, text, rules), width), text("explain.percent", value=shares[name])
        lines.append(f"  {label}  {pad('', 5 - text_width(share))}{share}  {STUDIES * round(chance * 26)}".rstrip())
    return lines


def class_label(name: str, text: Catalogue, rules: Rules) -> str:
    """A class of what cells add, with its bounds in patients of 100."""
    names = {"fewer": "added_fewer_below", "some": "added_some_from", "many": "added_many_from"}
    cuts = {cut: signed(100 * rules[rule], 0) for cut, rule in names.items()}
    return text(f"added.{name}") + text("bracket", words=text(f"added_range.{name}", **cuts))


def _run(added: AddedResponse, text: Catalogue, rules: Rules) -> str:
    ends = text(f"added.{added.set[0]}"), text(f"added.{added.set[-1]}")
    key = "one" if len(added.set) == 1 else "all" if len(added.set) == len(added.probabilities) else "several"
    return text(f"explain.run.{key}", low=ends[0], high=ends[1], share=of_100(rules["added_run"]))


def chance_lines(numbers: Numbers, text: Catalogue) -> list[str]:
    """Usual care, with cells, and the difference, each with its interval; beside them, that they are rounded."""
    width = max(text_width(text(f"explain.{name}")) for name in ("usual_care", "with_cells", "difference"))
    lines = [
        _chance_line(pad(text(f"explain.{name}"), width), chance, text)
        for name, chance in (("usual_care", numbers.usual_care), ("with_cells", numbers.with_cells))
    ]
    d, label = numbers.difference, pad(text("explain.difference"), width)
    value = text("explain.of_100", value=signed(d.value * 100, 0))
    likely = span(signed(d.low * 100, 0), signed(d.high * 100, 0), text)
    note = rounded_note([shown_chances(numbers)], text)
    return [*lines, f"  {label}  {pad(value, 13)} {_bracketed(likely, text)} {note}".rstrip()]


def _bracketed(words: str, text: Catalogue) -> str:
    return pad(text("bracket", words=words).strip(), 14)


def _chance_line(label: str, chance: Chance, text: Catalogue) -> str:
    shown = pad(text("explain.of_100", value=of_100(chance.probability)), 13)
    likely = span(of_100(chance.low), of_100(chance.high), text)
    return f"  {label}  {shown} {_bracketed(likely, text)} {STUDIES * round(chance.probability * 30)}".rstrip()


def certainty_words(answer: Answer, text: Catalogue) -> tuple[str, str, str]:
    """The certainty's word, its fixed sentence, and its reasons."""
    reasons = text("facts_join").join(text(f"certainty_reason.{r}") for r in answer.certainty_reasons)
    because = text("explain.because", reasons=reasons)
    return text(f"certainty.{answer.certainty}"), text(f"certainty_sentence.{answer.certainty}"), because


def _certainty(answer: Answer, text: Catalogue, bold: Bold) -> list[str]:
    word, sentence, because = certainty_words(answer, text)
    lines = [bold(f"{text('explain.certainty')}{text('colon')}{word}")]
    if not answer.abstained:  # GRADE's sentence speaks of an estimate, and here is none
        lines.append(wrap(sentence, "  "))
    lines.append(wrap(because, "  "))
    if answer.carried_by:
        lines.append(wrap(carrier_words(answer.carried_by, answer.stance, text), "  "))
    return lines


def _notes(answer: Answer, text: Catalogue, bold: Bold) -> list[str]:
    if not answer.messages:
        return []
    return [bold(text("explain.messages")), *note_lines(answer.messages)]


def note_lines(notes: Sequence[Note]) -> list[str]:
    """Messages, those that forbid an answer first, then warnings."""
    order = ("abstain", "warning", "info")
    gravest_first = sorted(notes, key=lambda note: order.index(note.severity))
    return [wrap(f"{_mark(note.severity)} {note.text}", "  ") for note in gravest_first]


def _mark(severity: str) -> str:
    return {"info": "·", "warning": "!", "abstain": "✕"}[severity]


def is_told(c: Contribution) -> bool:
    """Whether a contribution is of a known level and large enough to be shown."""
    return c.level is not None and (abs(c.effect) >= 5e-4 or abs(c.usual_care) >= 5e-4)


def in_order(contributions: Sequence[Contribution]) -> list[Contribution]:
    """The contributions that are told, the one that moves the difference most first."""
    return sorted(filter(is_told, contributions), key=lambda c: (-abs(c.per_100.difference), -abs(c.usual_care)))


def _response(numbers: Numbers, text: Catalogue, bold: Bold) -> list[str]:
    """The response itself, which in palsy is high for most by growth alone; what it is known as well as."""
    usual, cells = (response_words(r, text) for r in (numbers.response.usual_care, numbers.response.with_cells))
    line = text("explain.response_line", usual=usual, cells=cells)
    worth = text("explain.worth", patients=f"{numbers.worth_patients:.0f}")
    return [bold(text("explain.response")), wrap(line, "  "), wrap(worth, "  ")]


def _contributions(numbers: Numbers, answer: Answer, names: Names, text: Catalogue, bold: Bold) -> list[str]:
    """From the average patient to this one in patients of 100, with the log odds beneath."""
    moved = in_order(numbers.contributions)
    base = numbers.baseline
    heads = "".join(_right(text(f"explain.column.{name}")) for name in ("usual_care", "with_cells", "difference"))
    lines = [bold(text("explain.contributions")), wrap(text("explain.contributions_note"), "  ")]
    lines.append(f"  {'':{LONGEST_LABEL}}{heads}")
    lines.append(_patients_line(text("explain.average"), base.per_100))
    lines.append(wrap(_log_odds_line(base, text), "      "))
    items = {item["id"]: item for item in answer.evidence}
    scale = max([0.5, *(abs(c.per_100.difference) for c in moved)])
    for c in moved:
        line = _patients_line(names.both(c.factor, c.level), c.per_100, plus=True)
        lines.append(f"{line} {bar(c.per_100.difference, 0.0, scale)}".rstrip())
        lines.append(wrap(_log_odds_line(c, text), "      "))
        lines.append(wrap(_evidence_line(c, items, text), "      "))
    d = numbers.difference
    total = Patients(100 * numbers.usual_care.probability, 100 * numbers.with_cells.probability, 100 * d.value)
    lines.append(_patients_line(text("explain.this_patient"), total))
    first = next((id for c in moved for id in c.evidence), "")
    return [*lines, wrap(text("explain.evidence_hint", id=first), "  ")] if first else lines


def _right(words: str) -> str:
    return " " * max(1, 2 + COLUMN - text_width(words)) + words


def _patients_line(label: str, patients: Patients, plus: bool = False) -> str:
    chances = [signed(p, 1) if plus else f"{p:.1f}" for p in (patients.usual_care, patients.with_cells)]
    columns = "".join(map(_right, [*chances, signed(patients.difference, 1)]))
    return f"  {pad(clip(label, LONGEST_LABEL), LONGEST_LABEL)}{columns}"


def _log_odds_line(part: Baseline | Contribution, text: Catalogue) -> str:
    return text(
        "explain.log_odds",
        usual=signed(part.usual_care),
        effect=signed(part.effect),
        studies=signed(part.effect_from_studies),
        claims=signed(part.effect_from_claims),
    )


def _evidence_line(c: Contribution, items: Mapping[str, Any], text: Catalogue) -> str:
    mine = [items[id] for id in c.evidence if id in items]
    sides = [item["side"] for item in mine if item["kind"] == "claim" and c.factor in item["factors"]]
    findings = sum(item["kind"] == "finding" for item in mine)
    counted = text(
        "explain.evidence_line",
        claims_for=sides.count("for"),
        claims_against=sides.count("against"),
        findings=findings,
    )
    studied = (
        text("explain.patients_at_level", patients=f"{c.patients:.0f}") if c.patients else text("explain.no_patients")
    )
    opens = text("list_join").join(c.evidence[:IDS_SHOWN])
    return f"{counted}{text('semicolon')}{studied}" + (f"{text('semicolon')}{opens}" if opens else "")


def _unknowns(unknowns: Sequence[Unknown], names: Names, text: Catalogue, bold: Bold) -> list[str]:
    if not unknowns:
        return []
    lines = [bold(text("explain.unknowns"))]
    idle = [names.factor(u.factor) for u in unknowns if not _matters(u)]
    for u in filter(_matters, unknowns):
        cells = span(of_100(u.with_cells_low), of_100(u.with_cells_high), text)
        d = span(signed(u.difference_low * 100, 0), signed(u.difference_high * 100, 0), text)
        line = text("explain.unknown_line", factor=names.factor(u.factor), cells=cells, difference=d)
        lines.append(wrap(line, "  "))
    if idle:
        lines.append(wrap(text("explain.unknown_idle", factors=text("list_join").join(idle)), "  "))
    best = unknowns[0]
    if _matters(best) and of_100(best.narrows) != "0":
        question = text("explain.next_question", factor=names.factor(best.factor), share=of_100(best.narrows))
        lines.append(wrap(question, "  "))
    return lines


def _matters(u: Unknown) -> bool:
    """Whether the levels of an unknown factor differ in any number that is shown."""
    cells = of_100(u.with_cells_low) != of_100(u.with_cells_high)
    return cells or signed(u.difference_low * 100, 0) != signed(u.difference_high * 100, 0)


def similar_line(group: Mapping[str, Any], text: Catalogue) -> str:
    """What happened to a similar study group, and to its control."""
    if "observed" not in group:
        return _contrast_line(group, text)
    line = text(
        "explain.similar_group", citation=_short(group, text), observed=of_100(group["observed"]), n=f"{group['n']:.0f}"
    )
    if "control" in group:
        control = group["control"]
        n = f"{control['n']:.0f}"
        line += text("semicolon") + text("explain.similar_control", observed=of_100(control["observed"]), n=n)
    return line


def _contrast_line(group: Mapping[str, Any], text: Catalogue) -> str:
    estimate, half = group["log_odds_ratio"], Z90 * group["se"]
    low, high = f"{exp(estimate - half):.2f}", f"{exp(estimate + half):.2f}"
    ratio = f"{exp(estimate):.2f}"
    return text(
        "explain.similar_contrast",
        citation=_short(group, text),
        ratio=ratio,
        low=low,
        high=high,
        n=f"{group.get('n', 0):.0f}",
    )


def _short(group: Mapping[str, Any], text: Catalogue) -> str:
    mark = text.mark(str(group["publication_state"]))
    return f"{str(group['citation']).split('. ')[0]} [{group['study_id']}]{mark}"


def _similar(answer: Answer, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    lines: list[str] = []
    for group in answer.similar_groups:
        lines.append(wrap(f"· {similar_line(group, text)}", "  "))
        seen = text(f"verification.{group['verification']}")
        lines.append(wrap(text("explain.similar_how", derivation=group["text"].rstrip(".。"), seen=seen), "      "))
    return [bold(text("explain.similar")), *lines] if lines else []


def _intended_use(answer: Answer, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    lines = [bold(text("explain.intended_use")), wrap(answer.intended_use, "  ")]
    if answer.scorecard:
        lines.append(wrap(text("explain.sources", hash=answer.scorecard), "  "))
    return lines
