"""An answer as text for a terminal. No arithmetic but layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from statistics import NormalDist
from typing import Any, Literal

from ..content.catalogue import Catalogue
from ..content.conditions import Condition
from .layout import BAR, BOLD, CLAIMS, STUDIES, Names, bar, of_100, pad, signed, text_width, wrap
from .record import Answer, Baseline, Contribution, Unknown

Z90 = NormalDist().inv_cdf(0.95)


def answer_text(answer: Answer, condition: Condition | None, text: Catalogue, bold: Callable[[str], str] = BOLD) -> str:
    """An answer for a terminal: the answer first, usual care beside it, then what made it.

    condition: of the answer; none where no model covers it.
    """
    if condition is None:
        return "\n".join([*_notes(answer, text, bold), "", *_intended_use(answer, text, bold)]) + "\n"
    names = Names(condition, text)
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
            told.append(f"{names.text.field(f)} {value}")
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
    meaning = [text("explain.means", outcome=outcome)]
    if asked := names.asked(answer.profile["levels"]):
        meaning.append(text("explain.asked_for", asked=asked))
    head = f"{text('explain.response')}{text('colon')}{category_words(answer, text)}"
    lines = [bold(head.upper() if text.language == "en" else head), wrap(text("space").join(meaning), "  ")]
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
    kept = is_told if part == "effect" else _moves_usual_care
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


def is_told(c: Contribution) -> bool:
    """Whether a contribution is of a known level and large enough to be shown."""
    return c.level is not None and (abs(c.effect) >= 5e-4 or abs(c.usual_care) >= 5e-4)


def _label_width(answer: Answer, names: Names) -> int:
    labels = [names.both(c.factor, c.level) for c in answer.contributions if is_told(c)]
    return min(44, max((text_width(label) for label in labels), default=20))


def _scale(parts: Sequence[tuple[float, float]]) -> float:
    """The largest stretch of a bar to one side."""
    stretches = [max(sum(v for v in pair if v > 0), -sum(v for v in pair if v < 0)) for pair in parts]
    return max([0.05, *stretches])


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
