"""Pages on the evidence: a publication, a claim with its rule, mechanisms, scales, course, safety, checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from ..answer.layout import BOLD, Names, signed, wrap
from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..content.conditions import Condition, Factor
from ..content.evidence import (
    BETWEEN,
    HARMS,
    PERCENT,
    Arm,
    Check,
    Claim,
    Evidence,
    Finding,
    Observation,
    Outcome,
    Prose,
    Study,
)
from ..content.evidence_files import load_evidence
from ..content.rules import OVERALL
from ..errors import Fault, InputError, say, suggestion
from ..model.scorecard import Scorecard
from .citations import citation

CODED = ("role", "verification", "verdict", "direction", "basis", "strength", "design", "risk_of_bias", "domain")
"""Fields of a record whose codes have words of the same name."""
STANCE = "graded"
"""The stance of a plain question."""
NOTHING = "none"
"""What a group of a study says where it had nothing of the kind."""


def _plain(value: float) -> str:
    """A figure as its source has it, with a real minus."""
    return f"{value:g}".replace("-", "−")


@dataclass(frozen=True)
class Section:
    """A heading with its lines."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A title and sections, the same for every face."""

    id: str
    title: str
    sections: tuple[Section, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def page_text(page: Page, bold: Callable[[str], str] = BOLD) -> str:
    """A page for a terminal."""
    blocks = [bold(wrap(page.title))]
    for section in page.sections:
        if section.lines:
            body = "\n".join(wrap(f"· {line}" if len(section.lines) > 1 else line, "  ") for line in section.lines)
            blocks.append(f"{bold(section.heading)}\n{body}" if section.heading else body)
    return "\n\n".join(blocks) + "\n"


def reader(library: Library, language: str) -> Reader:
    """The evidence of a library, ready to make pages."""
    scorecards = {id: library.scorecard(id) for id in library.condition_ids()}
    evidence = load_evidence(library.data / "evidence", library.conditions())
    return Reader(evidence, scorecards, library.catalogue(language), library.catalogue("zh"))


class Reader:
    """Makes pages from the evidence, in one language; finds records by words of English and of Chinese."""

    def __init__(self, evidence: Evidence, scorecards: Mapping[str, Scorecard], text: Catalogue, chinese: Catalogue):
        self.evidence = evidence
        self.scorecards = scorecards
        self.text = text
        self.chinese = chinese

    def show(self, id: str) -> Page:
        """The page of a study, a claim, a record, a finding or a check. Raises InputError."""
        for scorecard in self.scorecards.values():
            source = scorecard.condition.unpublished_sources.get(id)
            if source:
                return self._unpublished(id, source)
        record = next((r for r in self.evidence.identified() if r.id == id), None)
        if record is None:
            known = [r.id for r in self.evidence.identified()]
            raise InputError(Fault("id", repr(id), say("evidence_id"), suggestion(id, known) or say("search_evidence")))
        makers: dict[type, Callable[[Any], Page]] = {
            Study: self.study,
            Claim: self.claim,
            Observation: self.observation,
            Finding: self.finding,
            Check: self.check,
        }
        return makers[type(record)](record)

    def study(self, study: Study) -> Page:
        """A publication: what was done, on whom, what came out, what the article made of it."""
        t = self.text
        sections = [
            Section(t("evidence.done"), tuple(self._done(study))),
            Section(t("evidence.patients"), tuple(self._patients(study))),
            Section(t("evidence.found"), tuple(self._found(study)) or (t("evidence.none"),)),
            Section(t("evidence.findings"), tuple(self._findings_of(study))),
            Section(t("evidence.article"), tuple(self._article(study.study_id)) or (t("evidence.article_silent"),)),
            Section(t("evidence.in_model"), tuple(self._in_model(study)) or (t("evidence.not_in_model"),)),
            Section(t("evidence.risk_of_bias"), (self._bias(study),)),
            Section(t("evidence.conflicts"), self._prose(study.funding_or_conflict_note)),
            Section(t("evidence.notes"), self._prose(study.notes)),
            Section(t("evidence.seen"), (t(f"verification.{study.verification}"),)),
            Section(t("evidence.publication_state"), (t(f"publication_state.{study.publication_state}"),)),
        ]
        return Page(study.study_id, self._cited(study), tuple(sections))

    def _cited(self, study: Study) -> str:
        return citation(study) + self.text.mark(study.publication_state)

    def _prose(self, prose: Prose) -> tuple[str, ...]:
        return (self.text.pick(prose),) if prose else ()

    def _done(self, study: Study) -> Iterator[str]:
        parts = [
            self.text(f"design.{study.design}"),
            self.text.pick(study.blinding),
            self._countries(study),
            study.registration,
        ]
        yield self.text("semicolon").join(part for part in parts if part)
        yield from (self._arm(arm) for arm in self.evidence.arms if arm.study_id == study.study_id)
        if study.design in ("single_arm", "case_report"):
            yield self.text("evidence.no_control")

    def _countries(self, study: Study) -> str:
        return self.text("country_join").join(self._word("country", name) for name in study.countries)

    def _arm(self, arm: Arm) -> str:
        """A group of a study: who got what."""
        t = self.text
        told = (self._told(arm, column, value) for column, value in arm.told.items() if value)
        n = t("bracket", words=f"n = {arm.n:g}") if arm.n else ""
        what = t("list_join").join(filter(None, (t(f"role.{arm.role}"), *told)))
        return f"{self._code(arm.condition, 'arm_id', arm.arm_id)}{n}{t('colon')}{what}"

    def _told(self, arm: Arm, column: str, value: Any) -> str:
        """What a group tells of a factor, as the factor's file wants it told."""
        factors = [f for own in self._own_first(arm.condition) for f in own if column in f.arms]
        shown = factors[0].arms[column]
        if shown == "unshown" or NOTHING in (value, getattr(value, "en", "")):
            return ""
        if shown == "level":
            return self._named(factors, value)
        words = self.text.pick(value)
        return words if shown == "text" else self.text(f"arm.{column}", n=words)

    def _named(self, factors: Iterable[Factor], level: str) -> str:
        """A level of the evidence files as a reader knows it."""
        labels = (self.text.pick(f.level(level).label) for f in factors if level in f.level_ids)
        return next(labels, level.replace("_", " "))

    def _code(self, condition: str, column: str, code: str) -> str:
        """A code of the evidence files in words; the code itself where no condition has words for it."""
        known = (own.words_of(column, code) for own in self._own_first(condition))
        return next((self.text.pick(words) for words in known if words), code)

    def _own_first(self, condition: str) -> list[Condition]:
        """All conditions with a model, the named one first."""
        return sorted((card.condition for card in self.scorecards.values()), key=lambda c: c.id != condition)

    def _patients(self, study: Study) -> Iterator[str]:
        if study.n_total is None:
            yield self.text("evidence.n_unknown")
        else:
            yield self.text("evidence.n_patients", n=f"{study.n_total:g}")
        if study.age_min_years is not None or study.age_max_years is not None:
            low, high = (f"{v:g}" if v is not None else "?" for v in (study.age_min_years, study.age_max_years))
            yield self.text("evidence.ages", low=low, high=high)
        yield from self._prose(study.severity_note)

    def _found(self, study: Study) -> Iterator[str]:
        yield from self._series(o for o in self.evidence.outcomes if o.study_id == study.study_id)

    def _series(self, outcomes: Iterable[Outcome]) -> Iterator[str]:
        """One line for each group of a study on each scale: its values, month by month."""
        t = self.text
        alike: dict[tuple[str, Prose, str, str], list[Outcome]] = {}
        for o in outcomes:
            alike.setdefault((o.study_id, o.scale, o.arm_id, o.measure), []).append(o)
        for (_, scale, arm, measure), rows in alike.items():
            ordered = sorted(rows, key=lambda o: (o.time_months is None, o.time_months or 0))
            group = t("role.contrast") if arm == BETWEEN else self._code(rows[0].condition, "arm_id", arm)
            points = t("semicolon").join(self._point(o) for o in ordered)
            sources = dict.fromkeys(t.pick(o.where_in_source) for o in ordered if o.where_in_source)
            source = f" [{t('semicolon').join(sources)}]" if sources else ""
            word = "" if measure in PERCENT else self._word("measure", measure)
            head = t("comma").join(filter(None, (t.pick(scale), group, word)))
            yield f"{head}{t('colon')}{points}{source}"

    def _point(self, o: Outcome) -> str:
        """One value of a series: when, how much, with what spread, what was said of it."""
        t = self.text
        when = t("evidence.no_month") if o.time_months is None else t("evidence.month", month=f"{o.time_months:g}")
        value = "" if o.value is None else _plain(o.value) + (f"{t('space')}%" if o.measure in PERCENT else "")
        counted = f"{o.events:g}/{o.n:g}" if o.events is not None and o.n is not None else ""
        spread = f"SD {o.sd:g}" if o.sd is not None else ""
        said = [counted, spread, self._interval(o), self._p(o.p_value)]
        said += [self._word("direction", o.direction), t.pick(o.responder_definition)]
        inside = t("comma").join(part for part in said if part)
        head = f"{when}{t('colon')}{value}" if value else when
        return head + t("bracket", words=inside) if inside else head

    def _p(self, value: Prose) -> str:
        """A p value, or what was said in its place: `p 0.009`, `not significant`."""
        told = self.text.pick(value)
        return f"p {told}" if value.en[:1] in tuple("<>0123456789") else told

    def _interval(self, o: Outcome) -> str:
        if o.ci_low is None or o.ci_high is None:
            return ""
        return self.text("explain.range", low=_plain(o.ci_low), high=_plain(o.ci_high))

    def _word(self, prefix: str, code: str) -> str:
        """A code of the evidence in words; the code itself where no word is known."""
        key = f"{prefix}.{code}"
        return self.text(key) if code and key in self.text else code

    def _findings_of(self, study: Study) -> Iterator[str]:
        for finding in self.evidence.findings:
            if finding.study_id == study.study_id:
                factor = self._factor_name(finding.condition, finding.factor)
                said = factor + self.text("bracket", words=self._word("direction", finding.direction))
                yield f"{said}{self.text('colon')}{self.text.pick(finding.finding)}"

    def _factor_name(self, condition: str, name: str) -> str:
        known = filter(None, (own.factor_named(name) for own in self._own_first(condition)))
        return next((self.text.pick(f.label) for f in known), self._code(condition, "factor", name).replace("_", " "))

    def _article(self, study_id: str) -> Iterator[str]:
        """Claims that cite the study, and the checks of what the article says of it."""
        cited = [claim for claim in self.evidence.claims if study_id in claim.study_ids]
        for claim in cited:
            yield f"[{claim.claim_id}] {self.text.pick(claim.statement)}"
        shown: set[str] = set()
        for check in self._checks_about(study_id, cited):
            if check.id not in shown:
                shown.add(check.id)
                yield self.check_line(check)

    def _checks_about(self, study_id: str, cited: Iterable[Claim]) -> Iterator[Check]:
        study = self.evidence.study_by_id.get(study_id)
        if study is not None:
            name = study.short_citation.split(" ")[0]
            for check in self.evidence.checks:
                if name in check.seed_location and study.year in check.seed_location:
                    yield check
        for claim in cited:
            section = self._condition(claim.condition).sections.get(claim.locator, {})
            places = section.get("checks", ()) if "." in claim.locator and "cases" in claim.locator else ()
            yield from (check for check in self.evidence.checks if check.seed_location in places)

    def _condition(self, id: str) -> Condition:
        return self.scorecards[id].condition

    def check_line(self, check: Check) -> str:
        t = self.text
        said = f"{t('evidence.says_article')}{t('colon')}{t.pick(check.seed_figure)}"
        primary = (
            f"{t('evidence.says_primary')}{t('colon')}{t.pick(check.primary_figure)}" if check.primary_figure else ""
        )
        parts = [said, primary, t.pick(check.comment)]
        verdict = t(f"verdict.{check.verdict}") + t("stop")
        return f"[{check.id}] {verdict}" + " | ".join(part for part in parts if part)

    def _in_model(self, study: Study) -> Iterator[str]:
        for row in self.evidence.observations:
            if row.study_id == study.study_id:
                use = self.text(f"evidence.use_{row.use}")
                reason = self.text("bracket", words=self.text.pick(row.reason)) if row.reason else ""
                yield f"[{row.obs_id}] {use}{reason}{self.text('stop')}{self.text.pick(row.derivation)}"

    def _bias(self, study: Study) -> str:
        word = self.text(f"risk_of_bias.{study.risk_of_bias}")
        return f"{word}{self.text('stop')}{self.text.pick(study.risk_of_bias_reason)}".strip()

    def _unpublished(self, id: str, source: Mapping[str, Any]) -> Page:
        t = self.text
        checks = [c for c in self.evidence.checks if c.seed_location in source["checks"]]
        article = [f"[{c.claim_id}] {self.text.pick(c.statement)}" for c in self.evidence.claims if id in c.study_ids]
        article += [self.check_line(check) for check in checks]
        return Page(
            id,
            t.pick(source["title"]) + t("bracket", words=t("evidence.no_publication")),
            (
                Section(t("evidence.done"), (t.pick(source["done"]),)),
                Section(t("evidence.patients"), (t.pick(source["patients"]),)),
                Section(t("evidence.found"), (t.pick(source["found"]),)),
                Section(t("evidence.article"), tuple(article)),
                Section(t("evidence.in_model"), (t("evidence.not_in_model"),)),
            ),
        )

    def claim(self, claim: Claim) -> Page:
        """A claim: the article's statement, its rule, what contradicts it, its checks and studies."""
        t = self.text
        scorecard = self.scorecards[claim.condition]
        where = Names(scorecard.condition, t).section(claim.locator)
        others = [
            o for pair in scorecard.data["contradicting_claims"] if claim.id in pair for o in pair if o != claim.id
        ]
        carried = next(c for c in scorecard.data["evidence"]["claims"] if c["id"] == claim.id)
        checks = [c for c in self.evidence.checks if c.id in carried["checks"]]
        against = (t("explain.against_itself", ids=t("list_join").join(others)),) if others else ()
        return Page(
            claim.claim_id,
            self.text.pick(claim.statement),
            (
                Section("", (where,)),
                Section(t("rule.title"), tuple(self._rule(claim, scorecard)) + against),
                Section(t("standing.title"), self._standing(claim)),
                Section(t("standing.comment"), self._prose(claim.comment)),
                Section(t("evidence.checks"), tuple(self.check_line(c) for c in checks)),
                Section(t("evidence.studies"), tuple(self._study_line(id) for id in claim.study_ids)),
                Section(t("evidence.findings"), tuple(self._findings_on(claim))),
            ),
        )

    def _standing(self, claim: Claim) -> tuple[str, ...]:
        """What stands behind the claim, and why; nothing of a claim without a direction."""
        if not claim.standing:
            return ()
        reason = self.text.pick(claim.standing_reason)
        word = self.text(f"standing.{claim.standing}")
        return (word + self.text("colon") + reason if reason else word,)

    def _study_line(self, id: str) -> str:
        study = self.evidence.study_by_id.get(id)
        return f"[{id}] {self._cited(study)}" if study else f"[{id}] {self.text('evidence.no_publication')}"

    def _rule(self, claim: Claim, scorecard: Scorecard) -> Iterator[str]:
        t = self.text
        rule = next((r for r in scorecard.data["rules"] if r["claim_id"] == claim.claim_id), None)
        if rule is None:
            yield t("rule.not_directional")
            return
        words = {"strength": t(f"strength.{rule['strength']}"), "basis": t(f"basis.{rule['basis']}")}
        if claim.factor == OVERALL:
            yield t("pages.rule_overall", effect=t(f"pages.overall_{rule['direction']}"), **words)
        else:
            versus = self._levels(claim, claim.versus) if claim.versus else self._reference(claim)
            effect = t(f"pages.effect_{rule['direction']}")
            yield t("pages.rule", when=self._levels(claim, claim.level), versus=versus, effect=effect, **words)
        if rule["term"] or rule["versus"]:
            names = Names(scorecard.condition, t)
            sides = [names.term(side) if side else "0" for side in (rule["term"], rule["versus"])]
            yield f"{t('pages.term')}{t('colon')}{' − '.join(sides if rule['versus'] else sides[:1])}"
        if rule["shown_because"]:
            yield t(f"rule.{rule['shown_because']}")
        else:
            yield from self._entry(rule, scorecard)

    def _entry(self, rule: Mapping[str, Any], scorecard: Scorecard) -> Iterator[str]:
        """How much a rule weighs as graded, and which stances take it in."""
        t, stances = self.text, scorecard.stances_with(rule["claim_id"])
        enters = STANCE in stances
        worth = scorecard.estimate["patients_per_information"] / rule["se"] ** 2
        told = {"patients": f"{worth:.0f}", "size": signed(rule["size"]), "se": f"{rule['se']:g}"}
        graded = self._word("stance", STANCE)
        yield t("rule.weight" if enters else "rule.weight_if_graded", stance=graded, **told)
        names = t("list_join").join(self._word("stance", name) for name in stances)
        key = "fitted" if enters else f"left_{rule['standing']}" if stances else "no_stance"
        yield t(f"rule.{key}", stances=names, stance=graded)

    def _levels(self, claim: Claim, levels: str) -> str:
        """The levels that a claim names, each with its factor."""
        pairs = zip(claim.factors, levels.split("*"), strict=True)
        return self.text("pages.and").join(self._level(claim.condition, factor, level) for factor, level in pairs)

    def _level(self, condition: str, factor_name: str, level: str) -> str:
        factor = self._condition(condition).factor_named(factor_name)
        assert factor is not None
        return Names(self._condition(condition), self.text).any_of(factor.id, level)

    def _reference(self, claim: Claim) -> str:
        """The reference level that a claim without a comparison is held against."""
        if len(claim.factors) > 1:
            return self.text("pages.without")
        factor = self._condition(claim.condition).factor_named(claim.factor)
        assert factor is not None
        if factor.reference == claim.level:
            return self.text("pages.unnamed")
        level = self._level(claim.condition, claim.factor, factor.reference)
        return self.text("pages.our_reference", level=level)

    def _findings_on(self, claim: Claim) -> Iterator[str]:
        for finding in self.evidence.findings:
            if finding.condition == claim.condition and finding.factor in claim.factors:
                yield self._finding_line(finding)

    def _finding_line(self, finding: Finding) -> str:
        t = self.text
        compared = t("bracket", words=t.pick(finding.level_compared))
        said = t(f"direction.{finding.direction}") + compared
        return f"[{finding.study_id}] {said}{t('colon')}{t.pick(finding.finding)}"

    def finding(self, finding: Finding) -> Page:
        study = self.evidence.study_by_id[finding.study_id]
        measured = " ".join(self.text.pick(p) for p in (finding.effect_measure, finding.effect_value) if p)
        effect = self.text("comma").join(filter(None, (measured, self._p(finding.p_value))))
        lines = (self._finding_line(finding), *((effect,) if effect else ()))
        return Page(finding.id, self._cited(study), (Section(self.text("evidence.findings"), lines),))

    def observation(self, row: Observation) -> Page:
        study = self.evidence.study_by_id[row.study_id]
        use = self.text(f"evidence.use_{row.use}")
        t = self.text
        lines = [f"{use}{t('stop')}{t.pick(row.derivation)}", *self._prose(row.reason)]
        told = {k: v for k, v in row.as_dict().items() if k not in ("derivation", "reason", "obs_id", "use")}
        lines += [f"{t(f'record.{k}')}{t('colon')}{self._value(row, k, v)}" for k, v in told.items()]
        return Page(row.obs_id, self._cited(study), (Section(t("evidence.in_model"), tuple(lines)),))

    def _value(self, row: Any, name: str, value: Any) -> str:
        """What a record tells of a field, in words; a number as its source has it."""
        words: dict[str, Callable[[str], str]] = {
            "condition": self._condition_name,
            "kind": lambda code: self._word("record_kind", code),
            "outcome": lambda code: self._response(row.condition, code),
            "term": lambda term: Names(self._condition(row.condition), self.text).term(term),
            "country": lambda _: self._countries(row),
            "source_id": lambda id: self._word("article", id),
            "seed_location": lambda place: self._place(row.source_id, place),
            "factor": lambda names: self._factor_names(row.condition, names),
            **dict.fromkeys(CODED, lambda code: self._word(name, code)),
            **dict.fromkeys(("arm_id", "scale"), lambda code: self._code(row.condition, name, code)),
        }
        factors = [f for own in self._own_first(getattr(row, "condition", "")) for f in own if name in f.observed.words]
        if isinstance(row, Observation) and factors:
            return self._named(factors, value)
        if isinstance(value, dict):
            return self.text.pick(value)
        if isinstance(value, str):
            return words.get(name, str)(value)
        return _plain(value) if isinstance(value, float) else ", ".join(value)

    def _response(self, condition: str, outcome: str) -> str:
        """What counts as a response of that kind."""
        return self.text.pick(self._condition(condition).outcomes[outcome]["label"])

    def _factor_names(self, condition: str, names: str) -> str:
        return self.text("list_join").join(self._factor_name(condition, name) for name in names.split("*"))

    def check(self, check: Check) -> Page:
        place = self._place(check.source_id, check.seed_location)
        title = self.text("comma").join((self.text(f"article.{check.source_id}"), place))
        return Page(check.id, title, (Section(self.text("evidence.checks"), (self.check_line(check),)),))

    def checks(self, condition: str | None = None) -> Page:
        """The articles' figures beside the primaries', section by section."""
        articles = [s.condition.article for s in self.scorecards.values() if condition in (None, s.condition.id)]
        places = dict.fromkeys(c.seed_location for c in self.evidence.checks if c.source_id in articles)
        sections = []
        for place in places:
            mine = [c for c in self.evidence.checks if c.seed_location == place]
            sections.append(Section(self._place(mine[0].source_id, place), tuple(map(self.check_line, mine))))
        return Page("checks", self.text("evidence.checks"), tuple(sections))

    def _place(self, article: str, place: str) -> str:
        """A place in an article by the title of its section, and as written where the reader can read it."""
        t, titles = self.text, self._titles.get((article, place))
        told = self._code("", "seed_location", place)
        if titles is None or t.pick(titles) == told:
            return told
        readable = t.language == "zh" or place.isascii()
        return t.pick(titles) + (t("bracket", words=told) if readable else "")

    @cached_property
    def _titles(self) -> dict[tuple[str, str], Mapping[str, str]]:
        """The section title of each place that the checks name."""
        titles: dict[tuple[str, str], Mapping[str, str]] = {}
        for card in self.scorecards.values():
            for section in card.condition.sections.values():
                for place in section["checks"]:
                    titles.setdefault((card.condition.article, place), section["title"])
        return titles

    def mechanisms(self) -> Page:
        """The mechanisms that an article tells of."""
        claims = [c for c in self.evidence.claims if c.factor == "mechanism"]
        told = dict.fromkeys(c.condition for c in claims)
        named = [self._condition(id).words_of("factor", "mechanism") for id in told]
        title = self.text.pick(named[0]) if len(named) == 1 and named[0] else self.text("evidence.mechanisms")
        return Page("mechanisms", title, tuple(map(self._mechanism, claims)))

    def _mechanism(self, claim: Claim) -> Section:
        section = self._condition(claim.condition).sections[claim.locator]
        checks = [c for c in self.evidence.checks if c.source_id == claim.source_id]
        about = [self.check_line(c) for c in checks if c.seed_location in section["checks"]]
        return Section(self.text.pick(section["title"]), (f"[{claim.claim_id}] {self.summary(claim)}", *about))

    def scales(self, condition: str | None = None) -> Page:
        """Outcome scales with range, direction and minimal important difference."""
        mine = [s for s in self.scorecards.values() if condition in (None, s.condition.id)]
        sections = [
            Section(self.text.pick(s.condition.label), tuple(self._scale(s, id) for id in s.condition.scales))
            for s in mine
        ]
        return Page("scales", self.text("evidence.scales"), tuple(sections))

    def _scale(self, scorecard: Scorecard, id: str) -> str:
        t, scale = self.text, scorecard.condition.scales[id]
        known = scorecard.estimate["minimal_important_difference"].get(id)
        span = scale.get("range")
        name, label = self._code(scorecard.condition.id, "scale", id), t.pick(scale["label"])
        return t(
            "pages.scale",
            label=label if label.startswith(name) else f"{name}{t('comma')}{label}",
            measures=t.pick(scale["measures"]),
            range=t("evidence.scale_range", low=f"{span[0]:g}", high=f"{span[1]:g}")
            if span
            else t("evidence.no_range"),
            better=t(f"evidence.better_{scale['better']}"),
            difference=t("pages.points", value=f"{known['value']:g}", source=t.pick(known["source"]))
            if known
            else t("pages.not_known"),
        )

    def course(self, condition: str | None = None) -> Page:
        """What was observed in which domain at which month, with its study."""
        mine = [o for o in self.evidence.outcomes if condition in (None, o.condition) and o.domain not in HARMS]
        places = dict.fromkeys((o.condition, o.domain) for o in mine)
        sections = [
            Section(
                f"{self._condition_name(c)}{self.text('colon')}{self._word('domain', domain)}",
                self._by_study(o for o in mine if (o.condition, o.domain) == (c, domain)),
            )
            for c, domain in places
        ]
        return Page("course", self.text("evidence.course"), tuple(sections))

    def _condition_name(self, id: str) -> str:
        card = self.scorecards.get(id)
        if card:
            return self.text.pick(card.condition.label)
        return self.text("no_model", condition=self._word("without_model", id))

    def _by_study(self, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
        """The series of outcomes, each with the id of its study before it."""
        lines = []
        for study, rows in groupby(outcomes, key=lambda o: o.study_id):
            lines += [f"[{study}] {line}" for line in self._series(rows)]
        return tuple(lines)

    def safety(self, condition: str | None = None) -> Page:
        """Safety figures of the studies, beside the checks of what the articles say of safety."""
        mine = [o for o in self.evidence.outcomes if condition in (None, o.condition) and o.domain in HARMS]
        found = [
            Section(
                f"{self.text('evidence.found')}{self.text('colon')}{self._condition_name(c)}",
                self._by_study(o for o in mine if o.condition == c),
            )
            for c in dict.fromkeys(o.condition for o in mine)
        ]
        checks = tuple(self.check_line(c) for c in self.evidence.checks if self._about_safety(c, condition))
        return Page("safety", self.text("evidence.safety"), (*found, Section(self.text("evidence.checks"), checks)))

    def _about_safety(self, check: Check, condition: str | None) -> bool:
        conditions = (card.condition for card in self.scorecards.values() if condition in (None, card.condition.id))
        text = f"{check.seed_location} {check.seed_figure.en}".casefold()
        return any(
            own.article == check.source_id and any(word in text for word in own.safety_words) for own in conditions
        )

    def search(self, words: str) -> Page:
        """Ids and first words of the records that hold all the words."""
        lines = tuple(f"[{r.id}] {self.summary(r)}" for r in self.find(words))
        return Page("search", words, (Section("", lines or (self.text("evidence.nothing_found", words=words),)),))

    def find(self, words: str) -> list[Any]:
        """The records that hold all the words, as written in the evidence or as a Chinese reader sees them."""
        chinese = self._chinese
        return self.evidence.search(words, lambda record: chinese[record.id])

    @cached_property
    def _chinese(self) -> Mapping[str, str]:
        """What each record says in Chinese."""
        own = self if self.text is self.chinese else Reader(self.evidence, self.scorecards, self.chinese, self.chinese)
        records = self.evidence.identified()
        return {r.id: " ".join(own._value(r, k, v) for k, v in r.as_dict().items()) for r in records}

    def summary(self, record: Any) -> str:
        """A record in one sentence."""
        if isinstance(record, Claim):
            return self.text.pick(record.statement)
        if isinstance(record, Study):
            return self._cited(record)
        if isinstance(record, Finding):
            return self.text.pick(record.finding)
        if isinstance(record, Check):
            return self.text.pick(record.seed_figure)
        return self._record(record)

    def _record(self, row: Observation) -> str:
        """A record of the model in one line: whose, on which scale, when, and how it was derived."""
        t, study = self.text, self.evidence.study_by_id[row.study_id]
        when = "" if row.follow_up_months is None else t("evidence.month", month=f"{row.follow_up_months:g}")
        group, scale = (self._code(row.condition, column, getattr(row, column)) for column in ("arm_id", "scale"))
        head = t("comma").join(
            filter(None, (study.short_citation + t.mark(study.publication_state), group, scale, when))
        )
        return f"{head}{t('bracket', words=t(f'evidence.use_{row.use}'))}{t('colon')}{t.pick(row.derivation)}"

    def listing(self, condition: str | None = None) -> Page:
        """All claims, studies and records, by kind."""
        kinds: dict[str, Iterable[Any]] = {
            "claims": self.evidence.claims,
            "studies": self.evidence.studies,
            "observations": self.evidence.observations,
        }
        sections = []
        for name, rows in kinds.items():
            mine = [r for r in rows if condition in (None, r.condition)]
            sections.append(Section(self.text(f"evidence.{name}"), tuple(f"[{r.id}] {self.summary(r)}" for r in mine)))
        return Page("list", self.text("pages.list"), tuple(sections))
