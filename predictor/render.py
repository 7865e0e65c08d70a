"""Renders an answer for people: text for a terminal, a small page for a notebook. No arithmetic but layout."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import exp
from statistics import NormalDist
from typing import Any, Literal

from .answer import Answer, Baseline, Contribution, Unknown
from .factors import Condition
from .library import Library
from .text import Catalogue

WIDTH = 78
Z90 = NormalDist().inv_cdf(0.95)
STUDIES, CLAIMS, USUAL = "█", "▒", "▓"
BAR = 14
BOLD: Callable[[str], str] = str


def text_width(text: str) -> int:
    """Columns of a terminal that a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def pad(text: str, width: int) -> str:
    """The text filled with spaces to so many columns."""
    return text + " " * max(0, width - text_width(text))


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
WORD = re.compile(rf"[{OPENING}]*(?:[{IDEOGRAPHS}]|[^\s{IDEOGRAPHS}{OPENING}{CLOSING}]+)?[{CLOSING}]*\s*")
"""What stays on one line: a Chinese character or a run of others, with the brackets and stops that hold to it."""


def _words(text: str) -> Iterator[str]:
    return (found[0] for found in WORD.finditer(text) if found[0])


def table(rows: Sequence[Sequence[str]], align: str = "", indent: str = "  ") -> list[str]:
    """Rows as aligned lines; `align` has a letter for each column, r where it is flush right."""
    widths = [max(map(text_width, column)) for column in zip(*rows, strict=True)]
    sides = align.ljust(len(widths), "l")
    lines = []
    for row in rows:
        cells = [
            " " * (width - text_width(cell)) + cell if side == "r" else pad(cell, width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        ]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, a real minus, and never a negative zero."""
    rounded = round(value, digits) + 0.0
    if rounded == 0:
        return f"{0:.{digits}f}"
    return f"{rounded:+.{digits}f}".replace("-", "−")


def of_100(chance: float) -> str:
    """A chance as a whole number of 100, with a real minus."""
    return f"{round(chance * 100) + 0:d}".replace("-", "−")


class Names:
    """Labels of factors and levels in one language."""

    def __init__(self, condition: Condition, text: Catalogue):
        self.condition = condition
        self.text = text

    def factor(self, id: str) -> str:
        return self.text.pick(self.condition.by_id[id].label)

    def level(self, factor: str, level: str | None) -> str:
        if level is None:
            return self.text("unknown")
        return self.text.pick(self.condition.by_id[factor].level(level).label)

    def both(self, factor: str, level: str | None) -> str:
        return f"{self.factor(factor)}{self.text('colon')}{self.level(factor, level)}"


def answer_text(answer: Answer, library: Library | None = None, bold: Callable[[str], str] = BOLD) -> str:
    """An answer for a terminal: the answer first, usual care beside it, then what made it."""
    library = library or Library()
    text = library.catalogue(answer.language)
    if answer.usual_care is None:
        return "\n".join([*_notes(answer, text, bold), "", *_intended_use(answer, text, bold)]) + "\n"
    scorecard = library.scorecard(answer.condition)
    names = Names(scorecard.condition, text)
    blocks = [
        _title(answer, names, text, bold),
        _headline(answer, names, text, bold),
        _chances(answer, text, bold),
        _certainty(answer, text, bold),
        _notes(answer, text, bold),
        _effect(answer, names, text, bold),
        _usual(answer, names, text, bold),
        _unknowns(answer, names, text, bold),
        _similar(answer, text, bold),
        _intended_use(answer, text, bold),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _title(answer: Answer, names: Names, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    levels: Mapping[str, str | None] = answer.profile["levels"]
    described = [_described(f, lv, answer.profile, names) for f, lv in levels.items() if lv is not None]
    unknown = [names.factor(f) for f in answer.profile["unknown"]]
    lines = [bold(text("explain.title", condition=text.pick(names.condition.label)))]
    lines.append(wrap(text("explain.profile") + text("colon") + text("list_join").join(described), "  "))
    if unknown:
        lines.append(wrap(text("explain.unknown_factors") + text("colon") + text("list_join").join(unknown), "  "))
    stance = text(f"stance.{answer.stance}") + text("bracket", words=text(f"stance_meaning.{answer.stance}"))
    lines.append(wrap(f"{text('explain.stance')}{text('colon')}{stance}", "  "))
    return lines


def _described(factor: str, level: str, profile: Mapping[str, Any], names: Names) -> str:
    """A factor with its level, and what was told in figures: `age: under 3 years [2.5 years]`."""
    told = []
    for f in names.condition.by_id[factor].fields:
        value = profile.get(f.id)
        if value is not None and f.numeric and value != level:
            told.append(f"{value:g}{names.text('space')}{names.text.unit(f)}")
        elif value is not None and f.categories:
            told.append(f"{f.id.upper()} {value}")
    return names.both(factor, level) + (f" [{names.text('list_join').join(told)}]" if told else "")


def category_words(answer: Answer, text: Catalogue) -> str:
    """The category, or the set with the most probable first, or `cannot say`."""
    if answer.response.category is None:
        return text("category.cannot_say")
    first, *others = (text(f"category.{c}") for c in answer.response.set)
    if not others:
        return first
    return text("explain.response_set", first=first, others=text("list_join").join(others))


def _headline(answer: Answer, names: Names, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    condition = names.condition
    outcome = text.pick(condition.outcomes[condition.reference_outcome]["label"])
    horizon = names.level("horizon", answer.profile["levels"]["horizon"])
    meaning = text("explain.means", outcome=outcome) + text("space") + text("explain.horizon", horizon=horizon)
    head = f"{text('explain.response')}{text('colon')}{category_words(answer, text)}"
    lines = [bold(head.upper() if text.language == "en" else head), wrap(meaning, "  ")]
    if answer.abstained and not answer.response.set:
        lines.append(wrap(text("explain.extrapolated"), "  "))
    return lines


def _chances(answer: Answer, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    assert answer.usual_care
    assert answer.with_cells
    assert answer.difference
    rows = (("usual_care", answer.usual_care), ("with_cells", answer.with_cells))
    width = max(text_width(text(f"explain.{name}")) for name in ("usual_care", "with_cells", "difference"))
    lines = []
    for name, chance in rows:
        bar = STUDIES * round(chance.probability * 30)
        lines.append(_chance_line(pad(text(f"explain.{name}"), width), chance.probability, chance, text, bar))
    d = answer.difference
    label = pad(text("explain.difference"), width)
    benefit = text(f"benefit.{answer.added_benefit or 'cannot_say'}")
    value = text("explain.of_100", value=signed(d.value * 100, 0))
    span = text("explain.range", low=signed(d.low * 100, 0), high=signed(d.high * 100, 0))
    lines.append(f"  {bold(label)}  {pad(value, 12)} ({span})  {bold(benefit)}")
    positive = text("explain.difference_note", chance=_chance_percent(d.probability_positive))
    lines.append(wrap(f"{positive}{text('stop')}{text('explain.interval_note')}", "  "))
    return lines


def _chance_percent(chance: float) -> str:
    """A chance in per cent with one decimal, never rounded to certainty."""
    return f"{min(max(100 * chance, 0.1), 99.9):.1f}"


def _chance_line(label: str, value: float, chance: Any, text: Catalogue, bar: str) -> str:
    shown = pad(text("explain.of_100", value=of_100(value)), 12)
    span = text("explain.range", low=of_100(chance.low), high=of_100(chance.high))
    return f"  {label}  {shown} {pad(f'({span})', 14)} {bar}"


def certainty_words(answer: Answer, text: Catalogue) -> tuple[str, str, str]:
    """The certainty's word, its fixed sentence, and its reasons."""
    reasons = text("list_join").join(text(f"certainty_reason.{r}") for r in answer.certainty_reasons)
    because = text("explain.because", reasons=reasons)
    return text(f"certainty.{answer.certainty}"), text(f"certainty_sentence.{answer.certainty}"), because


def _certainty(answer: Answer, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    word, sentence, because = certainty_words(answer, text)
    lines = [bold(f"{text('explain.certainty')}{text('colon')}{word}"), wrap(sentence, "  "), wrap(because, "  ")]
    if answer.worth_patients is not None:
        lines.append(wrap(text("explain.worth", patients=f"{answer.worth_patients:.0f}"), "  "))
    return lines


def _notes(answer: Answer, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    if not answer.messages:
        return []
    lines = [wrap(f"{_mark(note.severity)} {note.text}", "  ") for note in answer.messages]
    return [bold(text("explain.messages")), *lines]


def _mark(severity: str) -> str:
    return {"info": "·", "warning": "!", "abstain": "✕"}[severity]


@dataclass(frozen=True)
class Step:
    """A step of a waterfall on the log-odds scale: from `start`, what studies say, then what claims add."""

    part: Baseline | Contribution
    start: float
    studies: float
    claims: float

    @property
    def end(self) -> float:
        return self.start + self.studies + self.claims

    def label(self, names: Names) -> str:
        if isinstance(self.part, Baseline):
            return names.text("explain.average")
        return names.both(self.part.factor, self.part.level)


def waterfall_rows(answer: Answer, part: Literal["effect", "usual_care"] = "effect") -> tuple[Step, ...]:
    """The average patient, then each factor that moves the part, the strongest first.

    What is known of usual care is not split: all of it stands under studies.
    """
    if answer.baseline is None:
        return ()
    kept = _told if part == "effect" else _moves_usual_care
    moved = sorted(filter(kept, answer.contributions), key=lambda c: -abs(getattr(c, part)))
    items: tuple[Baseline | Contribution, ...] = (answer.baseline, *moved)
    steps: list[Step] = []
    for item in items:
        start = steps[-1].end if steps else 0.0
        split = (item.effect_from_studies, item.effect_from_claims) if part == "effect" else (item.usual_care, 0.0)
        steps.append(Step(item, start, *split))
    return tuple(steps)


def _moves_usual_care(c: Contribution) -> bool:
    return abs(c.usual_care) >= 5e-4


def _effect(answer: Answer, names: Names, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    legend = text("explain.legend", studies=STUDIES, claims=CLAIMS)
    lines = [bold(text("explain.effect_part")), wrap(text("explain.contributions_note"), "  "), f"  {legend}"]
    steps = waterfall_rows(answer)
    scale = _scale([(c.effect_from_studies, c.effect_from_claims) for c in answer.contributions])
    width = _label_width(answer, names)
    items = {item["id"]: item for item in answer.evidence}
    for step in steps:
        lines.append(_effect_line(pad(step.label(names), width), step.part, scale, text))
        if isinstance(step.part, Contribution):
            lines.append(wrap(_evidence_line(step.part, items, text), "      "))
    first = next((id for step in steps[1:] for id in step.part.evidence), "")
    lines.append(wrap(text("explain.evidence_hint", id=first), "  "))
    return lines


def _told(c: Contribution) -> bool:
    return c.level is not None and (abs(c.effect) >= 5e-4 or abs(c.usual_care) >= 5e-4)


def _label_width(answer: Answer, names: Names) -> int:
    labels = [names.both(c.factor, c.level) for c in answer.contributions if _told(c)]
    return min(44, max((text_width(label) for label in labels), default=20))


def _scale(parts: Sequence[tuple[float, float]]) -> float:
    """The largest stretch of a bar to one side."""
    stretches = [max(sum(v for v in pair if v > 0), -sum(v for v in pair if v < 0)) for pair in parts]
    return max([0.05, *stretches])


def bar(studies: float, claims: float, scale: float, half: int = BAR // 2) -> str:
    """A bar about a middle line: to the left what lowers, to the right what raises."""
    cells = [round(min(1.0, abs(v) / scale) * half) for v in (studies, claims)]
    marks = (STUDIES, CLAIMS)
    left = "".join(m * n for m, n, v in zip(marks, cells, (studies, claims), strict=True) if v < 0)
    right = "".join(m * n for m, n, v in zip(marks, cells, (studies, claims), strict=True) if v >= 0)
    return f"{left[:half]:>{half}}│{right[:half]:<{half}}"


def _effect_line(label: str, part: Any, scale: float, text: Catalogue) -> str:
    drawn = bar(part.effect_from_studies, part.effect_from_claims, scale)
    numbers = (
        f"{text('explain.studies')} {signed(part.effect_from_studies)}{text('comma')}"
        f"{text('explain.claims')} {signed(part.effect_from_claims)}"
    )
    return f"  {label} {drawn} {signed(part.effect)} {text('bracket', words=numbers)}"


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
    return f"{counted}{text('semicolon')}{studied}"


def _usual(answer: Answer, names: Names, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    average, *moved = waterfall_rows(answer, "usual_care")
    scale = _scale([(step.studies, 0.0) for step in moved])
    width = _label_width(answer, names)
    lines = [bold(text("explain.usual_care_part"))]
    empty = f"{'':{BAR // 2}}│{'':{BAR // 2}}"
    lines.append(f"  {pad(average.label(names), width)} {empty} {signed(average.studies)}")
    for step in moved:
        lines.append(f"  {pad(step.label(names), width)} {bar(step.studies, 0.0, scale)} {signed(step.studies)}")
    return lines


def _unknowns(answer: Answer, names: Names, text: Catalogue, bold: Callable[[str], str]) -> list[str]:
    if not answer.unknowns:
        return []
    lines = [bold(text("explain.unknowns"))]
    idle = [names.factor(u.factor) for u in answer.unknowns if not _matters(u)]
    for u in filter(_matters, answer.unknowns):
        line = text(
            "explain.unknown_line",
            factor=names.factor(u.factor),
            low=of_100(u.with_cells_low),
            high=of_100(u.with_cells_high),
            dlow=signed(u.difference_low * 100, 0),
            dhigh=signed(u.difference_high * 100, 0),
        )
        lines.append(wrap(line, "  "))
    if idle:
        lines.append(wrap(text("explain.unknown_idle", factors=text("list_join").join(idle)), "  "))
    best = answer.unknowns[0]
    if _matters(best) and of_100(best.narrows) != "0":
        lines.append(
            wrap(text("explain.next_question", factor=names.factor(best.factor), share=of_100(best.narrows)), "  ")
        )
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
        "explain.similar_group", citation=_short(group), observed=of_100(group["observed"]), n=f"{group['n']:.0f}"
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
        citation=_short(group),
        ratio=ratio,
        low=low,
        high=high,
        n=f"{group.get('n', 0):.0f}",
    )


def _short(group: Mapping[str, Any]) -> str:
    return f"{str(group['citation']).split('. ')[0]} [{group['study_id']}]"


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


def answer_html(answer: Answer, library: Library | None = None) -> str:
    """An answer as a small piece of HTML for a notebook; every text is escaped."""
    library = library or Library()
    text = library.catalogue(answer.language)
    head = f"{text('explain.response')}{text('colon')}{category_words(answer, text)}"
    word, sentence, because = certainty_words(answer, text)
    rows = "".join(_html_row(name, chance, text) for name, chance in _html_chances(answer))
    notes = "".join(f"<li>{escape(note.text)}</li>" for note in answer.messages)
    return (
        f'<section lang="{answer.language}"><h3>{escape(head)}</h3>'
        f"<table><tbody>{rows}</tbody></table>"
        f"<p><b>{escape(text('explain.certainty') + text('colon') + word + text('stop').strip())}</b>"
        f"{text('space')}{escape(text('space').join((sentence, because)))}</p>"
        f"<ul>{notes}</ul>{_html_contributions(answer, library, text)}"
        f"<p><small>{escape(answer.intended_use)} {escape(answer.scorecard)}</small></p></section>"
    )


def _html_chances(answer: Answer) -> list[tuple[str, tuple[str, str, str]]]:
    if answer.usual_care is None or answer.with_cells is None or answer.difference is None:
        return []
    usual, cells, d = answer.usual_care, answer.with_cells, answer.difference
    return [
        ("usual_care", (of_100(usual.probability), of_100(usual.low), of_100(usual.high))),
        ("with_cells", (of_100(cells.probability), of_100(cells.low), of_100(cells.high))),
        ("difference", (signed(d.value * 100, 0), signed(d.low * 100, 0), signed(d.high * 100, 0))),
    ]


def _html_row(name: str, values: tuple[str, str, str], text: Catalogue) -> str:
    value, low, high = values
    shown = text("explain.of_100", value=value)
    span = text("explain.range", low=low, high=high)
    return f"<tr><th>{escape(text(f'explain.{name}'))}</th><td>{escape(shown)}</td><td>({escape(span)})</td></tr>"


def _html_contributions(answer: Answer, library: Library, text: Catalogue) -> str:
    if not answer.contributions:
        return ""
    names = Names(library.scorecard(answer.condition).condition, text)
    head = "".join(
        f"<th>{escape(text(f'explain.{key}'))}</th>" for key in ("contributions", "usual_care", "studies", "claims")
    )
    rows = "".join(
        f"<tr><td>{escape(names.both(c.factor, c.level))}</td><td>{signed(c.usual_care)}</td>"
        f"<td>{signed(c.effect_from_studies)}</td><td>{signed(c.effect_from_claims)}</td></tr>"
        for c in answer.contributions
        if _told(c)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
