"""Pages on the evidence: a publication, a claim with its rule, mechanisms, scales, course, safety, checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .citation import citation
from .errors import Fault, InputError, suggestion
from .evidence import Check, Claim, Evidence, Finding, Observation, Outcome, Study
from .render import BOLD, signed, wrap
from .scorecard import Scorecard
from .text import Catalogue


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


class Reader:
    """Makes pages from the evidence, in one language."""

    def __init__(self, evidence: Evidence, scorecards: Mapping[str, Scorecard], text: Catalogue):
        self.evidence = evidence
        self.scorecards = scorecards
        self.text = text

    def show(self, id: str) -> Page:
        """The page of a study, a claim, a record, a finding or a check. Raises InputError."""
        for scorecard in self.scorecards.values():
            source = scorecard.condition.unpublished_sources.get(id)
            if source:
                return self._unpublished(id, source, scorecard)
        record = next((r for r in self.evidence.identified() if r.id == id), None)
        if record is None:
            known = [r.id for r in self.evidence.identified()]
            raise InputError(
                Fault(
                    "id", repr(id), "an id of the evidence", suggestion(id, known) or "Try predictor evidence search."
                )
            )
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
        ]
        return Page(study.study_id, citation(study), tuple(sections))

    def _prose(self, prose: str) -> tuple[str, ...]:
        return (self.text.translate(prose),) if prose else ()

    def _done(self, study: Study) -> Iterator[str]:
        parts = [
            self.text(f"design.{study.design}"),
            self.text.translate(study.blinding),
            study.country,
            study.registration,
        ]
        yield "; ".join(part for part in parts if part)
        for arm in self.evidence.arms:
            if arm.study_id == study.study_id:
                told = (
                    arm.cell_type,
                    arm.cell_source,
                    arm.donor,
                    arm.route,
                    arm.n_infusions,
                    arm.cells_per_infusion,
                    arm.co_therapy,
                )
                what = self.text("list_join").join(part for part in told if part and part != "none")
                n = f" (n = {arm.n:g})" if arm.n else ""
                role = self.text(f"role.{arm.role}")
                yield f"{arm.arm_id}{n}{self.text('colon')}{self.text('list_join').join(filter(None, (role, what)))}"
        if study.design in ("single_arm", "case_report"):
            yield self.text("evidence.no_control")

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
        for outcome in self.evidence.outcomes:
            if outcome.study_id == study.study_id:
                yield self._outcome(outcome)

    def _outcome(self, o: Outcome) -> str:
        t = self.text
        when = t("evidence.no_month") if o.time_months is None else t("evidence.month", month=f"{o.time_months:g}")
        value = f" {o.value:g}" if o.value is not None else ""
        spread = f" (SD {o.sd:g})" if o.sd is not None else ""
        if o.ci_low is not None and o.ci_high is not None:
            spread += f" ({o.ci_low:g} – {o.ci_high:g})"
        counted = f", {o.events:g}/{o.n:g}" if o.events is not None and o.n is not None else ""
        parts = [f"p {o.p_value}" if o.p_value else "", t(f"direction.{o.direction}") if o.direction else ""]
        parts += [t.translate(o.responder_definition), t.translate(o.where_in_source)]
        tail = "; ".join(part for part in parts if part)
        head = f"{o.arm_id}, {o.scale}, {when}{t('colon')}{t('measure.' + o.measure)}{value}{spread}{counted}"
        return f"{head}; {tail}" if tail else head

    def _findings_of(self, study: Study) -> Iterator[str]:
        for finding in self.evidence.findings:
            if finding.study_id == study.study_id:
                direction = self.text(f"direction.{finding.direction}")
                yield f"{finding.factor} ({direction}){self.text('colon')}{self.text.translate(finding.finding)}"

    def _article(self, study_id: str) -> Iterator[str]:
        """Claims that cite the study, and the checks of what the article says of it."""
        cited = [claim for claim in self.evidence.claims if study_id in claim.study_ids]
        for claim in cited:
            yield f"[{claim.claim_id}] {self._statement(claim)}"
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

    def _condition(self, id: str) -> Any:
        return self.scorecards[id].condition

    def check_line(self, check: Check) -> str:
        t = self.text
        said = f"{t('evidence.says_article')}{t('colon')}{t.translate(check.seed_figure)}"
        primary = (
            f"{t('evidence.says_primary')}{t('colon')}{t.translate(check.primary_figure)}"
            if check.primary_figure
            else ""
        )
        parts = [said, primary, t.translate(check.comment)]
        return f"[{check.id}] {t('verdict.' + check.verdict)}. " + " | ".join(part for part in parts if part)

    def _in_model(self, study: Study) -> Iterator[str]:
        for row in self.evidence.observations:
            if row.study_id == study.study_id:
                use = self.text(f"evidence.use_{row.use}")
                reason = f" ({self.text.translate(row.reason)})" if row.reason else ""
                yield f"[{row.obs_id}] {use}{reason}. {self.text.translate(row.derivation)}"

    def _bias(self, study: Study) -> str:
        word = self.text(f"risk_of_bias.{study.risk_of_bias}")
        return f"{word}. {self.text.translate(study.risk_of_bias_reason)}".strip()

    def _unpublished(self, id: str, source: Mapping[str, Any], scorecard: Scorecard) -> Page:
        t = self.text
        checks = [c for c in self.evidence.checks if c.seed_location in source["checks"]]
        article = [f"[{c.claim_id}] {self._statement(c)}" for c in self.evidence.claims if id in c.study_ids]
        article += [self.check_line(check) for check in checks]
        return Page(
            id,
            f"{t.pick(source['title'])} ({t('evidence.no_publication')})",
            (
                Section(t("evidence.done"), (t.pick(source["done"]),)),
                Section(t("evidence.found"), (t.pick(source["found"]),)),
                Section(t("evidence.article"), tuple(article)),
                Section(t("evidence.in_model"), (t("evidence.not_in_model"),)),
            ),
        )

    def _statement(self, claim: Claim) -> str:
        return claim.statement_zh if self.text.language == "zh" else claim.statement_en

    def claim(self, claim: Claim) -> Page:
        """A claim: the article's statement, its rule, what contradicts it, its checks and studies."""
        t = self.text
        scorecard = self.scorecards[claim.condition]
        where = t("article.citation", article=t(f"article.{claim.source_id}"), section=claim.locator)
        others = [
            o for pair in scorecard.data["contradicting_claims"] if claim.id in pair for o in pair if o != claim.id
        ]
        carried = next(c for c in scorecard.data["evidence"]["claims"] if c["id"] == claim.id)
        checks = [c for c in self.evidence.checks if c.id in carried["checks"]]
        against = (t("explain.against_itself", ids=", ".join(others)),) if others else ()
        return Page(
            claim.claim_id,
            self._statement(claim),
            (
                Section("", (where,)),
                Section(t("rule.title"), tuple(self._rule(claim, scorecard)) + against),
                Section(t("evidence.checks"), tuple(self.check_line(c) for c in checks)),
                Section(t("evidence.studies"), tuple(self._study_line(id) for id in claim.study_ids)),
                Section(t("evidence.findings"), tuple(self._findings_on(claim))),
            ),
        )

    def _study_line(self, id: str) -> str:
        study = self.evidence.study_by_id.get(id)
        return f"[{id}] {citation(study)}" if study else f"[{id}] {self.text('evidence.no_publication')}"

    def _rule(self, claim: Claim, scorecard: Scorecard) -> Iterator[str]:
        t = self.text
        rule = next((r for r in scorecard.data["rules"] if r["claim_id"] == claim.claim_id), None)
        if rule is None:
            yield t("rule.not_directional")
            return
        when = t("list_join").join(f"{factor} = {level}" for factor, level in rule["when"].items())
        yield t(
            "rule.sentence",
            when=when,
            term=rule["term"] or t("explain.average"),
            direction=t(f"direction.{rule['direction']}"),
            strength=t(f"strength.{rule['strength']}"),
            basis=t(f"basis.{rule['basis']}"),
        )
        yield t("rule.versus", versus=rule["versus"]) if rule["versus"] else t("rule.reference")
        worth = scorecard.estimate["patients_per_information"] / rule["se"] ** 2
        yield t("rule.weight", patients=f"{worth:.0f}", size=signed(rule["size"]), se=f"{rule['se']:g}")
        yield t(f"rule.{rule['shown_because'] or 'fitted'}")

    def _findings_on(self, claim: Claim) -> Iterator[str]:
        for finding in self.evidence.findings:
            if finding.condition == claim.condition and finding.factor in claim.factors:
                yield self._finding_line(finding)

    def _finding_line(self, finding: Finding) -> str:
        compared = self.text.translate(finding.level_compared)
        what = self.text.translate(finding.finding)
        return (
            f"[{finding.study_id}] {self.text('direction.' + finding.direction)} ({compared}){self.text('colon')}{what}"
        )

    def finding(self, finding: Finding) -> Page:
        study = self.evidence.study_by_id[finding.study_id]
        effect = " ".join(
            p for p in (finding.effect_measure, finding.effect_value, finding.p_value and f"p {finding.p_value}") if p
        )
        lines = (self._finding_line(finding), *((effect,) if effect else ()))
        return Page(finding.id, citation(study), (Section(self.text("evidence.findings"), lines),))

    def observation(self, row: Observation) -> Page:
        study = self.evidence.study_by_id[row.study_id]
        use = self.text(f"evidence.use_{row.use}")
        lines = [f"{use}. {self.text.translate(row.derivation)}", *self._prose(row.reason)]
        told = {k: v for k, v in row.as_dict().items() if k not in ("derivation", "reason", "obs_id")}
        lines.append(self.text("list_join").join(f"{k} {v}" for k, v in told.items()))
        return Page(row.obs_id, citation(study), (Section(self.text("evidence.in_model"), tuple(lines)),))

    def check(self, check: Check) -> Page:
        title = f"{self.text('article.' + check.source_id)}, {check.seed_location}"
        return Page(check.id, title, (Section(self.text("evidence.checks"), (self.check_line(check),)),))

    def checks(self, condition: str | None = None) -> Page:
        """The articles' figures beside the primaries', section by section."""
        articles = [s.condition.article for s in self.scorecards.values() if condition in (None, s.condition.id)]
        places = dict.fromkeys(c.seed_location for c in self.evidence.checks if c.source_id in articles)
        sections = [
            Section(place, tuple(self.check_line(c) for c in self.evidence.checks if c.seed_location == place))
            for place in places
        ]
        return Page("checks", self.text("evidence.checks"), tuple(sections))

    def mechanisms(self) -> Page:
        """The mechanisms that an article tells of."""
        claims = [c for c in self.evidence.claims if c.factor == "mechanism"]
        lines = tuple(f"[{c.claim_id}] {self._statement(c)}" for c in claims)
        return Page("mechanisms", self.text("evidence.mechanisms"), (Section("", lines),))

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
        difference = f"{known['value']:g} ({known['source']})" if known else t("evidence.none")
        span = scale.get("range")
        shown = t("evidence.scale_range", low=f"{span[0]:g}", high=f"{span[1]:g}") if span else t("evidence.no_range")
        better = t(f"evidence.better_{scale['better']}")
        line = t(
            "evidence.scale_line",
            label=f"{id}, {t.pick(scale['label'])}",
            range=shown,
            better=better,
            difference=difference,
        )
        return f"{line}. {t.pick(scale['measures'])}"

    def course(self, condition: str | None = None) -> Page:
        """What was observed in which domain at which month, with its study."""
        mine = [
            o
            for o in self.evidence.outcomes
            if condition in (None, o.condition) and o.domain not in ("safety", "mortality")
        ]
        sections = []
        for domain in dict.fromkeys(o.domain for o in mine):
            rows = sorted(
                (o for o in mine if o.domain == domain), key=lambda o: (o.time_months is None, o.time_months or 0)
            )
            lines = tuple(f"[{o.study_id}] {self._outcome(o)}" for o in rows)
            sections.append(Section(self.text(f"domain.{domain}"), lines))
        return Page("course", self.text("evidence.course"), tuple(sections))

    def safety(self, condition: str | None = None) -> Page:
        """Safety figures of the studies, beside the checks of what the articles say of safety."""
        wanted = [
            o
            for o in self.evidence.outcomes
            if condition in (None, o.condition) and o.domain in ("safety", "mortality")
        ]
        found = tuple(f"[{o.study_id}] {self._outcome(o)}" for o in wanted)
        checks = tuple(self.check_line(c) for c in self.evidence.checks if self._about_safety(c, condition))
        return Page(
            "safety",
            self.text("evidence.safety"),
            (Section(self.text("evidence.found"), found), Section(self.text("evidence.checks"), checks)),
        )

    def _about_safety(self, check: Check, condition: str | None) -> bool:
        articles = [s.condition.article for s in self.scorecards.values() if condition in (None, s.condition.id)]
        words = ("安全", "adverse", "reaction", "fever", "tumour", "rejection", "complication", "bleeding", "safe")
        text = f"{check.seed_location} {check.seed_figure}".casefold()
        return check.source_id in articles and any(word in text for word in words)

    def search(self, words: str) -> Page:
        """Ids and first words of the records that hold all the words."""
        found = self.evidence.search(words)
        lines = tuple(f"[{r.id}] {self._summary(r)}" for r in found)
        return Page("search", words, (Section("", lines or (self.text("evidence.nothing_found", words=words),)),))

    def _summary(self, record: Any) -> str:
        if isinstance(record, Claim):
            return self._statement(record)
        if isinstance(record, Study):
            return citation(record)
        if isinstance(record, Finding):
            return self.text.translate(record.finding)
        if isinstance(record, Check):
            return self.text.translate(record.seed_figure)
        return self.text.translate(record.derivation)

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
            sections.append(Section(self.text(f"evidence.{name}"), tuple(f"[{r.id}] {self._summary(r)}" for r in mine)))
        return Page("list", self.text("evidence.studies"), tuple(sections))
