"""predictor whatif: other patients, treatments, stances and evidence beside the profile that was given."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..answer.explanation import Explainer
from ..answer.layout import Names, figure, of_100, signed, table, wrap
from ..answer.library import Library
from ..answer.phrases import (
    added_title,
    added_words,
    answer_words,
    benefit_words,
    chance_words,
    difference_words,
    rounded_note,
    said,
    shown_chances,
    stance_words,
)
from ..answer.record import SCHEMA_VERSION, Answer, Chance, Difference, EvidenceForm
from ..answer.results import plain
from ..answer.text import extrapolation, stance_line
from ..content.catalogue import Catalogue
from ..content.evidence import Study
from ..errors import Fault, InputError, say, shown
from ..profile.profile import Profile
from ..profile.reading import CONTRADICTORY
from ..whatif.comparison import Change, Compared, Comparison, compare, stances, what_if
from ..whatif.nearest import Nearest, Neighbourhood
from ..whatif.points import TARGETS, Point, Target
from ..whatif.questions import Question, next_questions
from ..whatif.sweeps import Axis, Grid, Step, Sweep, grid, sweep
from .content import ContentCommand, condition_option, field_options, stance_option
from .explain import check_condition, placed, read_profile
from .options import (
    bold,
    content_options,
    evidence_option,
    extrapolate_option,
    json_option,
    language_option,
    profile_option,
)

if TYPE_CHECKING:
    from ..model.fitting import Content
    from ..whatif.beliefs import Belief
    from ..whatif.fragility import Fragility
    from ..whatif.own_study import Addition
    from ..whatif.refits import LeaveOneOut, Removed, Unit

Lines = list[str]
MOST_SHOWN = 12


@dataclass(frozen=True)
class Asked:
    """What the options ask; each question starts from the profile that was given."""

    changes: dict[str, str]
    sweep: str | None
    grid: tuple[str, str] | None
    nearest: bool
    of: Target
    limit: int
    stances: bool
    belief: bool
    filter: dict[str, tuple[str, ...]]
    add_study: Path | None
    risk_of_bias: str
    leave_one_out: bool
    fragility: bool
    budget: int | None
    next_question: bool
    extrapolate: bool
    evidence: EvidenceForm


def question_options(command: Any) -> Any:
    """The options that ask, given to the command by their names in `Asked`."""
    options = [
        click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change a field of the profile."),
        click.option("--sweep", metavar="NAME[=V,V…]", help="Answers over one factor; all levels without values."),
        click.option("--grid", nargs=2, metavar="NAME[=V,V…] NAME[=V,V…]", help="Answers over two factors."),
        click.option("--nearest", is_flag=True, help="The smallest changes of treatment with another answer."),
        click.option("--stances", is_flag=True, help="The same profile under every stance."),
        click.option("--belief", is_flag=True, help="How far each claim must be believed to change the answer."),
        click.option("--without-study", "studies", multiple=True, metavar="ID", help="Take out a study."),
        click.option("--without-design", "designs", multiple=True, metavar="DESIGN", help="Take out a design."),
        click.option("--without-country", "countries", multiple=True, metavar="NAME", help="Take out a country."),
        click.option(
            "--without-risk-of-bias", "biases", multiple=True, metavar="WORD", help="Take out studies so judged."
        ),
        click.option("--without-claim", "claims", multiple=True, metavar="ID", help="Take out a claim, or all."),
        click.option("--add-study", type=click.Path(path_type=Path), help="A study of your own, as observations.csv."),
        click.option(
            "--risk-of-bias",
            type=click.Choice(Study.allowed["risk_of_bias"]),
            default="critical",
            show_default=True,
            help="Taken for a study of your own that the evidence does not know.",
        ),
        click.option("--leave-one-out", is_flag=True, help="The answer without each study and claim in turn."),
        click.option("--fragility", is_flag=True, help="The fewest removals of evidence that change the answer."),
        click.option("--budget", type=click.IntRange(1), help="The most refits for --fragility."),
        click.option("--next-question", is_flag=True, help="Which unknown factor would narrow the answer most."),
        click.option("--of", type=click.Choice(TARGETS), default="either", show_default=True, help="What must change."),
        click.option("--limit", type=click.IntRange(1), default=5, show_default=True, help="Nearest changes shown."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command("whatif", cls=ContentCommand)
@profile_option
@condition_option
@question_options
@field_options
@stance_option
@language_option
@json_option
@evidence_option
@extrapolate_option
@content_options
def command(
    file: Path | None,
    condition: str | None,
    changes: tuple[str, ...],
    studies: tuple[str, ...],
    designs: tuple[str, ...],
    countries: tuple[str, ...],
    biases: tuple[str, ...],
    claims: tuple[str, ...],
    stance: str,
    language: str,
    as_json: bool,
    library: Library,
    **values: Any,
) -> None:
    """Changes the patient, the treatment, the stance or the evidence of a hypothetical profile.

    Several questions may be asked at once; each starts from the profile that was given. A fact
    about the patient can be changed to see how answers differ between patients, and is never
    offered as a lever. Nothing here is advice.
    """
    questions = {name: values.pop(name) for name in Asked.__dataclass_fields__ if name in values}
    less = {"studies": studies, "designs": designs, "countries": countries, "risk_of_bias": biases, "claims": claims}
    asked = Asked(changes=_changes(changes), filter=less, **questions)
    profile = read_profile(file, condition, values)
    with placed(file, {**values, "condition": condition}, library):
        check_condition(profile, library)
        explainer = library.explainer(str(profile.condition), stance, language)
        before = explainer.predict(profile)
    found = [answer for answer in _answers(asked, explainer, profile, library) if answer is not None]
    if not found:
        raise InputError(Fault("whatif", say("no_question"), say("question_options")))
    if as_json:
        head = {name: getattr(before, name) for name in ("intended_use", "condition", "stance", "scorecard", "profile")}
        sections = {name: data for name, data, _ in found}
        record = {"schema_version": SCHEMA_VERSION, **head, **sections}
        click.echo(json.dumps(plain(record), ensure_ascii=False, indent=2))
    else:
        click.echo(wrap(stance_words(before.stance, explainer.text)) + "\n")
        click.echo("\n\n".join("\n".join(lines) for _, _, lines in found))
        click.echo("\n" + wrap(before.intended_use))


def _changes(told: Sequence[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in told]
    faults = [
        Fault("--set", shown(word), say("name_and_value"))
        for word, (name, sign, _) in zip(told, pairs, strict=True)
        if not (name.strip() and sign)
    ]
    names = [name for name, _, _ in pairs]
    for name in dict.fromkeys(name for name in names if name.strip() and names.count(name) > 1):
        faults.append(Fault(name, say("key_twice"), say("key_once"), say("remove_one"), "--set"))
    if faults:
        raise InputError(faults)
    return {name: value for name, _, value in pairs}


def _values(word: str) -> tuple[str, list[str]]:
    """A name and its values, from NAME or NAME=V,V."""
    name, _, values = word.partition("=")
    return name, [value for value in values.split(",") if value]


Section = tuple[str, Any, Lines]


def _answers(asked: Asked, explainer: Explainer, profile: Profile, library: Library) -> Iterator[Section | None]:
    yield from _on_the_profile(asked, explainer, profile)
    yield from _on_the_evidence(asked, explainer, profile, library)


def _on_the_profile(asked: Asked, explainer: Explainer, profile: Profile) -> Iterator[Section]:
    show = Shown(explainer, asked.extrapolate)
    if asked.changes:
        change = show.kept(what_if(explainer, profile, asked.changes))
        yield "change", change.as_dict(asked.evidence), show.change(change)
    if asked.sweep:
        swept = sweep(explainer, profile, *_values(asked.sweep))
        yield "sweep", swept.as_dict(), show.sweep(swept)
    if asked.grid:
        (a, a_values), (b, b_values) = (_values(word) for word in asked.grid)
        cells = grid(explainer, profile, a, b, a_values, b_values)
        yield "grid", cells.as_dict(), show.grid(cells)
    if asked.nearest:
        near = Neighbourhood(explainer).nearest(explainer.understand(profile), asked.of, asked.limit)
        yield "nearest", near.as_dict(), show.nearest(near)
    if asked.stances:
        answers = {name: show.open(answer) for name, answer in stances(explainer, profile).items()}
        data = {name: answer.as_dict(asked.evidence) for name, answer in answers.items()}
        yield "stances", data, show.stances(answers)
    if asked.next_question:
        questions = next_questions(explainer, profile)
        yield "next_questions", plain(questions), show.questions(questions)


def _on_the_evidence(asked: Asked, explainer: Explainer, profile: Profile, library: Library) -> Iterator[Section]:
    altered = any(asked.filter.values()) or asked.add_study
    if not (altered or asked.belief or asked.leave_one_out or asked.fragility):
        return
    # Only a refit needs the content; a changed profile is answered without waiting for it.
    from ..whatif.beliefs import beliefs
    from ..whatif.fragility import DEFAULT_BUDGET, fragility
    from ..whatif.refits import leave_one_out

    show = Shown(explainer, asked.extrapolate)
    content = library.contents()[explainer.scorecard.condition.id]
    if altered:
        yield _altered(asked, content, explainer, profile, show)
    if asked.belief:
        found = beliefs(content, explainer, profile)
        yield "belief", [belief.as_dict() for belief in found], show.beliefs(found)
    if asked.leave_one_out:
        each = leave_one_out(content, explainer, profile)
        yield "leave_one_out", each.as_dict(), show.leave_one_out(each)
    if asked.fragility:
        budget = asked.budget or DEFAULT_BUDGET
        fewest = fragility(content, explainer, profile, asked.of, budget=budget)
        yield "fragility", fewest.as_dict(), show.fragility(fewest)


def _altered(asked: Asked, content: Content, explainer: Explainer, profile: Profile, show: Shown) -> Section:
    """The answer from other evidence: less of it, with a study of one's own, or both."""
    from ..whatif.own_study import add_study
    from ..whatif.refits import Filter, refitted, removed, without

    filter = Filter(**asked.filter)
    other = without(content, filter)
    gone = removed(content, other)
    added = add_study(other, asked.add_study, asked.risk_of_bias) if asked.add_study else None
    other = added.content if added else other
    again = refitted(other, explainer)
    change = show.kept(compare(explainer.predict(profile), again.predict(profile)))
    data = {"removed": plain(gone), "added": added.as_dict() if added else None, **change.as_dict(asked.evidence)}
    return "evidence", data, show.evidence(change, gone, added, bool(filter))


class Shown:
    """Each finding as lines for a terminal."""

    def __init__(self, explainer: Explainer, extrapolate: bool = False):
        self.explainer = explainer
        self.extrapolate = extrapolate
        self.text: Catalogue = explainer.text
        self.names = Names(explainer.scorecard.condition, explainer.text)

    def t(self, key: str, **values: object) -> str:
        return self.text(f"whatif.{key}", **values)

    def head(self, key: str, **values: object) -> str:
        return bold(self.t(key, **values))

    def join(self, words: Sequence[str]) -> str:
        return self.text("list_join").join(words)

    def open(self, answer: Answer) -> Answer:
        """An answer, without the numbers that are withheld unless they were asked for."""
        return answer if self.extrapolate else answer.closed

    def kept(self, change: Comparison) -> Comparison:
        return change if self.extrapolate else change.closed

    def benefit(self, answer: Answer) -> str:
        return benefit_words(answer.added_benefit, answer.stance, self.text)

    def role(self, role: str) -> str:
        return self.text(f"facts.{role}")

    # before and after

    def change(self, change: Comparison) -> Lines:
        lines = [self.head("change")]
        for c in change.changes:
            lines += self._changed(c)
        return [*lines, *self.comparison(change)]

    def _changed(self, c: Change) -> Lines:
        before, after = self.names.level(c.factor, c.before), self.names.level(c.factor, c.after)
        told = self.t("changed", factor=self.names.factor(c.factor), before=before, after=after, role=self.role(c.role))
        lines = [wrap(told, "  ")]
        if c.role == "patient":
            lines.append(wrap(self.t("no_lever"), "    "))
        return [*lines, *self.compared(c.evidence, c.factor)] if c.before != c.after else lines

    def compared(self, evidence: Compared, factor: str, prefix: str = "") -> Lines:
        """What the evidence holds on the levels that differ."""
        claims = [self.t("compared_claim", **self._claim(claim, factor)) for claim in evidence.claims]
        within = self.join(evidence.within_studies) or self.t("none")
        counted = self.t(
            "compared",
            within=within,
            before=self.patients(evidence.patients_before),
            after=self.patients(evidence.patients_after),
            claims=len(evidence.other_claims),
            findings=len(evidence.findings),
        )
        first, *rest = [*claims, counted]
        return [wrap(prefix + first, "    "), *(wrap(line, "    ") for line in rest)]

    def _claim(self, claim: Any, factor: str) -> dict[str, str]:
        return {"id": claim["id"], "level": self.names.level(factor, claim["favours"]), "text": claim["text"]}

    def patients(self, number: float | None) -> str:
        return self.text("unknown") if number is None else self.t("patients", n=f"{number:.0f}")

    def comparison(self, change: Comparison) -> Lines:
        """Two answers side by side and the contributions that moved."""
        before, after = change.before, change.after
        both = (before, after)
        rows = [["", self.t("before"), self.t("after")]]
        rows.append([self.t("category"), *(answer_words(a, self.text) for a in both)])
        rows.append([self.t("benefit"), *(self.text(f"benefit_short.{a.added_benefit or 'cannot_say'}") for a in both)])
        rows.append([self.text("explain.usual_care"), *(self.chance(a.usual_care) for a in both)])
        rows.append([self.text("explain.with_cells"), *(self.chance(a.with_cells) for a in both)])
        rows.append([self.text("explain.difference"), *(self.difference(a.difference) for a in both)])
        rows.append([self.t("certainty"), *(self.text(f"certainty.{a.certainty}") for a in both)])
        lines = [*table(rows), *self.rounded(both), wrap(self._verdict(change), "  ")]
        lines += [wrap(f"! {note.text}", "  ") for note in after.messages if note.severity == "abstain"]
        lines += self._shifts(change)
        return [*lines, *(line for answer in both for line in self.extrapolated(answer))]

    def extrapolated(self, answer: Answer) -> Lines:
        """What an answer withholds, where that was asked for."""
        if not self.extrapolate:
            return []
        rules = self.explainer.scorecard.estimate
        blocks = extrapolation(answer, self.names, self.text, rules, bold)
        return [line for block in blocks for line in ("", *block)]

    def chance(self, chance: Chance | None) -> str:
        return self.t("withheld") if chance is None else chance_words(chance, self.text)

    def difference(self, d: Difference | None) -> str:
        return self.t("withheld") if d is None else difference_words(d, self.text)

    def _verdict(self, change: Comparison) -> str:
        moved = {"category": change.added_response_changed, "benefit": change.added_benefit_changed}
        words = [self.t(f"{name}_{'changed' if did else 'kept'}") for name, did in moved.items()]
        return self.text("space").join(words)

    def _shifts(self, change: Comparison) -> Lines:
        if change.before.abstained or change.after.abstained:
            return [wrap(self.t("withheld_note"), "  ")]
        shown = [s for s in change.shifts if abs(s.total) >= 5e-4]
        if not shown:
            return [wrap(self.t("no_shift"), "  ")]
        rows = [["", self.t("moved"), *(self.text(f"explain.{k}") for k in ("usual_care", "studies", "claims"))]]
        for s in shown[:MOST_SHOWN]:
            name = self.text("explain.average") if s.factor == "baseline" else self.names.factor(s.factor)
            parts = (s.total, s.usual_care, s.effect_from_studies, s.effect_from_claims)
            rows.append([name, *(signed(part) for part in parts)])
        return [wrap(self.t("shifts"), "  "), *table(rows, "lrrrr", "    ")]

    # over one factor, over two

    def sweep(self, swept: Sweep) -> Lines:
        axis = swept.axis
        lines = [self.head("sweep", factor=self.names.factor(axis.factor), role=self.role(axis.role))]
        if axis.role == "patient":
            lines.append(wrap(self.t("no_lever"), "  "))
        rows = [self._point_head()]
        for step in swept.steps:
            rows.append([self._step(axis, step), *self._point_cells(step.point)])
        found = [step.point for step in swept.steps]
        return [*lines, *table(rows, "lrrrl"), *self.rounded(found), *self._reasons(found)]

    def rounded(self, shown: Sequence[Point | Answer], indent: str = "  ") -> Lines:
        """Below a table: that its numbers are rounded, where that can be seen."""
        note = rounded_note(map(shown_chances, shown), self.text)
        return [wrap(note, indent)] if note else []

    def _step(self, axis: Axis, step: Step) -> str:
        """A level by its label; a number with the level that it falls in."""
        value, level = self._value(axis, step.value), self.names.level(axis.factor, step.level)
        return value if value == level else f"{value} = {level}"

    def _point_head(self) -> list[str]:
        return ["", *(self.text(f"explain.{k}") for k in ("usual_care", "with_cells", "difference")), self.t("verdict")]

    def _point_cells(self, point: Point) -> list[str]:
        if point.usual_care is None or point.with_cells is None or point.difference is None:
            return ["", "", "", self.brief(point)]
        chances = [of_100(c.probability) for c in (point.usual_care, point.with_cells)]
        return [*chances, signed(point.difference.value * 100, 0), self.brief(point)]

    def said(self, point: Point) -> str:
        """What cells add and the word on its sign; `cannot say` where nothing may be said."""
        return said(point.added_response, point.run, point.added_benefit, self.explainer.stance, self.text)

    def brief(self, point: Point) -> str:
        """The same for a table, whose stance stands above it."""
        added = added_words(point.added_response, point.run, self.text)
        return (
            f"{added}{self.text('semicolon')}{self._word('benefit_short', point.added_benefit)}" if point.run else added
        )

    def _reasons(self, points: Sequence[Point]) -> Lines:
        codes = dict.fromkeys(code for point in points for code in point.reasons)
        return [wrap(self.t(f"reason.{code}"), "  ") for code in codes]

    def grid(self, cells: Grid) -> Lines:
        first, second = self.names.factor(cells.first.factor), self.names.factor(cells.second.factor)
        lines = [self.head("grid", first=first, second=second), wrap(self.t("grid_note"), "  ")]
        columns = [self._value(cells.second, value) for value in cells.second.values]
        rows = [["", *columns]]
        for value, row in zip(cells.first.values, cells.rows, strict=True):
            rows.append([self._value(cells.first, value), *(self._cell(point) for point in row)])
        numbered = [self.t("column", number=i, level=column) for i, column in enumerate(columns, 1)]
        rows[0] = ["", *(f"{i}" for i in range(1, len(columns) + 1))]
        legend = [wrap(line, "  ") for line in (self.join(numbered), self.t("strip"))]
        every = [point for row in cells.rows for point in row]
        return [*lines, *table(rows, "l" + "r" * len(columns)), *legend, *self._reasons(every)]

    def _value(self, axis: Axis, value: Any) -> str:
        """A level by its label; a number, of a field that may bear its factor's name, as it is."""
        levels = self.names.condition.by_id[axis.factor].level_ids
        return self.names.level(axis.factor, value) if axis.field == axis.factor and value in levels else str(value)

    def _cell(self, point: Point) -> str:
        """The difference in patients of 100, shaded by its size; ✕ where it cannot say anything, – where there is no
        such patient."""
        if point.difference is None:
            return "–" if CONTRADICTORY.code in point.reasons else "✕"
        shade = " ░▒▓█"[min(4, int(max(0.0, point.difference.value) * 20))]
        return f"{signed(point.difference.value * 100, 0)} {shade}"

    # the nearest other answers

    def nearest(self, near: Nearest) -> Lines:
        factors = self.join([self.names.factor(f) for f in near.factors])
        lines = [self.head(f"nearest.{near.of}"), wrap(self.t("nearest_now", said=self.said(near.before)), "  ")]
        counts = {"searched": near.searched, "answerable": near.answerable, "found": near.found}
        lines.append(wrap(self.t("nearest_searched", factors=factors, **counts), "  "))
        lines.append(wrap(self.t("nearest_note"), "  "))
        if not near.nearby:
            lines.append(wrap(self.t("nearest_none"), "  "))
        for found in near.nearby:
            changed = [f"{self.names.factor(c.factor)} → {self.names.level(c.factor, c.after)}" for c in found.changes]
            lines.append(wrap(f"· {self.join(changed)}{self.text('colon')}{self.said(found.point)}", "  "))
            lines.append(wrap(self._ahead(near.before.difference, found.point.difference), "    "))
            for change in found.changes:
                name = self.names.factor(change.factor) + self.text("colon")
                lines += self.compared(change.evidence, change.factor, name)
        return lines

    def _ahead(self, before: Difference | None, after: Difference | None) -> str:
        """The difference here and there, and whether the two intervals overlap."""
        told = self.t("nearest_moves", before=self.difference(before), after=self.difference(after))
        if before and after and before.low <= after.high and after.low <= before.high:
            told += self.text("stop") + self.t("nearest_overlap")
        return told

    # stances and belief

    def stances(self, answers: dict[str, Answer]) -> Lines:
        lines = [self.head("stances")]
        for answer in answers.values():
            words = [f"{added_title(answer.stance, self.text)}{self.text('colon')}{answer_words(answer, self.text)}"]
            words += [self.benefit(answer)] if answer.added_benefit else []
            lines += ["", bold(wrap(stance_line(answer, self.text), "  "))]
            lines.append(wrap(self.text("semicolon").join(words), "    "))
            rows = [[self.text(f"explain.{k}"), self.chance(getattr(answer, k))] for k in ("usual_care", "with_cells")]
            rows.append([self.text("explain.difference"), self.difference(answer.difference)])
            rows.append([self.text("explain.certainty"), self.text(f"certainty.{answer.certainty}")])
            lines += table(rows, indent="    ") if answer.numbers else []
            lines += self.extrapolated(answer)
        reasons = dict.fromkeys(n.text for a in answers.values() for n in a.messages if n.severity == "abstain")
        return [*lines, *(wrap(f"! {reason}", "  ") for reason in reasons)]

    def beliefs(self, found: Sequence[Belief]) -> Lines:
        lines = [self.head("belief"), wrap(self.t("belief_note"), "  ")]
        for belief in found:
            lines += self._belief(belief)
        idle = [b.claim for b in found if b.added_response is None and b.added_benefit is None and b.claim != "all"]
        if idle:
            lines.append(wrap(self.t("belief_idle", claims=self.join(idle)), "  "))
        return lines

    def _belief(self, belief: Belief) -> Lines:
        name = self.t("all_claims") if belief.claim == "all" else belief.claim
        lines = []
        for of, threshold in (("category", belief.added_response), ("benefit", belief.added_benefit)):
            if threshold is not None:
                words = "added" if of == "category" else "benefit_short"
                line = self.t(
                    "belief_line",
                    claim=name,
                    patients=figure(ceil(threshold.worth_patients)),
                    belief=of_100(threshold.belief),
                    what=self.t(of),
                    before=self._word(words, threshold.before),
                    after=self._word(words, threshold.after),
                )
                lines.append(wrap(f"· {line}", "  "))
        if not lines and belief.claim == "all":
            lines = [wrap(f"· {self.t('belief_all_idle')}", "  ")]
        return lines

    def _word(self, words: str, code: str | None) -> str:
        return self.t("withheld") if code is None else self.text(f"{words}.{code}")

    # other evidence

    def evidence(self, change: Comparison, gone: Removed, added: Addition | None, filtered: bool) -> Lines:
        lines = [self.head("evidence")]
        if filtered:
            lines += self._gone(gone)
        if added is not None:
            lines.append(wrap(self.t("added", records=self.join(added.records)), "  "))
            for id, word in added.assumed.items():
                lines.append(wrap(self.t("assumed", id=id, bias=self.text(f"risk_of_bias.{word}")), "  "))
            for id, word in added.known.items():
                lines.append(wrap(self.t("known", id=id, bias=self.text(f"risk_of_bias.{word}")), "  "))
        return [*lines, *self.comparison(change)]

    def _gone(self, gone: Removed) -> Lines:
        if not gone:
            return [wrap(self.t("nothing_gone"), "  ")]
        lines = []
        for key, ids in (("gone_studies", gone.studies), ("gone_claims", gone.claims), ("back", gone.brought_back)):
            if ids:
                lines.append(wrap(self.t(key, ids=self.join(ids)), "  "))
        return lines

    def unit(self, unit: Unit) -> str:
        return f"{self.t(unit.kind)} {unit.id}"

    def leave_one_out(self, each: LeaveOneOut) -> Lines:
        lines = [self.head("leave_one_out"), wrap(self.t("leave_one_out_note", said=self.said(each.before)), "  ")]
        if each.before.abstained:
            lines += [*self._reasons([each.before]), wrap(self.t("withheld_note"), "  ")]
        rows = [["", self.t("moves"), self.text("explain.with_cells"), self.t("verdict")]]
        for left in each.left_out[:MOST_SHOWN]:
            if left.point is not None and not (each.before.abstained and left.point.abstained):
                moves = (left.moved_difference, left.moved_with_cells)
                moved = ["" if move is None else signed(move * 100, 1) for move in moves]
                changed = left.added_response_changed or left.added_benefit_changed
                rows.append([self.unit(left.unit), *moved, self.brief(left.point) if changed else self.t("same")])
        lines += table(rows, "lrrl") if len(rows) > 1 else []
        rest = len(each.left_out) - MOST_SHOWN
        if rest > 0:
            lines.append(wrap(self.t("rest", count=rest), "  "))
        back = [left.unit.id for left in each.left_out if left.brought_back]
        return [*lines, *(wrap(self.t("brings_back", id=id), "  ") for id in back)]

    def fragility(self, found: Fragility) -> Lines:
        lines = [self.head("fragility"), wrap(self.t("fragility_now", said=self.said(found.before)), "  ")]
        if found.units and found.after is not None:
            units = self.join([self.unit(unit) for unit in found.units])
            said = self.said(found.after)
            key = "fragility_found" if found.proven else "fragility_at_most"
            lines.append(bold(wrap(self.t(key, count=len(found.units), units=units, said=said), "  ")))
        else:
            lines.append(wrap(self.t("fragility_none"), "  "))
        counts = {"refits": found.refits, "budget": found.budget, "size": found.searched_to}
        searched = "fragility_budget" if found.budget_reached else "fragility_searched"
        lines.append(wrap(self.t(searched, candidates=found.candidates, **counts), "  "))
        return lines

    # what to ask next

    def questions(self, questions: Sequence[Question]) -> Lines:
        if not questions:
            return [self.head("questions"), wrap(self.t("all_told"), "  ")]
        shown, every = [q for q in questions if q.narrows >= 5e-4 or q.changes > 0], list[Point]()
        lines = [self.head("questions"), *([wrap(self.t("questions_note"), "  ")] if shown else ())]
        for q in shown:
            line = self.t(
                "question",
                factor=self.names.factor(q.factor),
                role=self.role(q.role),
                narrows=f"{q.narrows * 100:.1f}",
                changes=of_100(q.changes),
            )
            lines.append(bold(wrap(f"· {line}", "  ")))
            rows = [[self.names.level(q.factor, o.level), *self._point_cells(o.point)] for o in q.outcomes]
            lines += table([self._point_head(), *rows], "lrrrl", "    ")
            every += [outcome.point for outcome in q.outcomes]
        lines += self.rounded(every)
        idle = [self.names.factor(q.factor) for q in questions if q not in shown]
        if idle:
            lines.append(wrap(self.t("questions_idle", factors=self.join(idle)), "  "))
        return lines
