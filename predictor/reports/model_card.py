"""The model card: made from the scorecards, the assumptions, the evidence and the back-test, and from nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import numpy as np

from ..answer.explanation import Explainer
from ..answer.layout import Names, signed
from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..content.conditions import Labels
from ..content.evidence import RISKS
from ..content.rules import encode
from ..errors import Fault, InputError, say
from ..model.fitting import Content
from ..model.records import claims_entering
from ..validation.cohort import checked_cohort
from ..validation.validation import Row, Tables, Validation, percent, validate
from .plots import Plot, calibration, svg

STANCE = "graded"
TRIPOD_ITEMS = 27
RECALLED = "memory_unverified"
LIMITS = (
    *("few", "prior", "modifiers", "groups", "horizon", "pooled", "sisters", "likeness"),
    *("mid", "correlation", "scope", "harms", "equity"),
)

FORMULAS: Mapping[str, str] = {
    "likelihood": """y(g) ~ Binomial(n(g), p(g)), counted w / (1 + (n(g) - 1) r) times
logit p(g) = intercept + outcome(g) + horizon(g) + sum over levels of prognosis x(g)
           + [treated beside a control] (z(g) + b(study)) + [no control] u + a(study)
a ~ Normal(0, tau0^2), b ~ Normal(0, tau1^2)""",
    "terms": "share that responds = Phi((mean change - minimal important difference) / SD of change)",
    "normal": """d . theta ~ Normal(size, se^2)
claim: size = +-(Cohen's d) pi / sqrt(3), se = se(basis) factor(stance), if the stance takes in its standing
comparison: size = log odds ratio, se = SE / sqrt(w)""",
    "posterior": "theta = mode of the posterior, V = (X' W X + sum of d d' / se^2)^-1",
    "prediction": """chance = expit(m), interval = expit(m +- q sqrt(v))
m = x . theta, v = x' V x + spread of what is not known + tau0^2 (+ tau1^2)""",
    "difference": """D = expit(u + e) - expit(u), (u, e) normal with means m_u, m_e, variances v_u, v_e, covariance c
P(D > t) = mean over u of Phi((m_e + (c / v_u)(u - m_u) - (logit(expit(u) + t) - u)) / sqrt(v_e - c^2 / v_u))
P(D > 0) = Phi(m_e / sqrt(v_e)); interval: D's quantiles""",
    "per_100": """usual care: du (s(u1) - s(u0)) / (u1 - u0)
with cells: (du + de) (s(u1 + e1) - s(u0 + e0)) / (u1 + e1 - u0 - e0), s = expit""",
}

STYLE = """
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: #1a1a1a;
  background: #fff; margin: 0 auto; max-width: 62rem; padding: 1rem; }
h1, h2, h3 { line-height: 1.25; } h2 { border-top: 1px solid #bbb; padding-top: 1rem; margin-top: 2.5rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
th, td { border: 1px solid #ccc; padding: .25rem .5rem; text-align: left; vertical-align: top; }
th { background: #f2f2f2; } pre { background: #f5f5f5; padding: .6rem; overflow-x: auto; }
svg { max-width: 100%; height: auto; } figure { margin: 1rem 0; }
"""


@dataclass(frozen=True)
class ModelCard:
    """A card as Markdown blocks and plots, in one language."""

    title: str
    language: str
    blocks: tuple[str | Plot, ...]

    def markdown(self) -> str:
        """The card as Markdown; a plot stands as its title, since its numbers stand in the tables."""
        blocks = [_named(block) if isinstance(block, Plot) else block for block in self.blocks]
        return "\n\n".join(blocks) + "\n"

    def html(self) -> str:
        """The card as one HTML file that loads nothing; the plots inline, each with its text alternative."""
        body = "\n".join(_figure(b) if isinstance(b, Plot) else _html(b) for b in self.blocks)
        return (
            f'<!doctype html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>\n</head>\n"
            f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
        )


def _named(plot: Plot) -> str:
    return f"*{plot.frame.title}. {plot.text('card.figure')}*"


def _figure(plot: Plot) -> str:
    return f"<figure>{svg(plot)}</figure>"


def _html(markdown: str) -> str:
    """One block as HTML; raw HTML in it is shown and not obeyed."""
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        cure = say("run_pip_install", package="cell-response-predictor[plots]")
        raise InputError(Fault("markdown-it-py", say("not_installed"), say("extra", name="plots"), cure)) from error
    html: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    html = html.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    return html.replace("<th>", '<th scope="col">')


def plain(text: str) -> str:
    """Text that Markdown shows as it stands, in a table too."""
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", text)


def code(text: str) -> str:
    return f"`{text}`"


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table; the cells stand as they are given."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def model_card(library: Library, language: str = "en", condition: str | None = None) -> ModelCard:
    """The card of all conditions, or of one."""
    text = library.catalogue(language)
    wanted = library.condition_id(condition) if condition else None
    found = _validations(library)
    chapters = [
        Chapter(content, library.explainer(id, STANCE, language), found[id])
        for id, content in library.contents().items()
        if wanted in (None, id)
    ]
    return ModelCard(text("card.title"), language, tuple(_blocks(chapters, text)))


@lru_cache(maxsize=2)
def _validations(library: Library) -> dict[str, Validation]:
    cohort = checked_cohort(None, library.data)
    return {id: validate(content, cohort, STANCE) for id, content in library.contents().items()}


def _blocks(chapters: Sequence[Chapter], text: Catalogue) -> Iterator[str | Plot]:
    def heading(name: str) -> str:
        return f"## {text('card.heading.' + name)}"

    yield f"# {text('card.title')}"
    yield plain(text("card.made"))
    yield heading("intended")
    yield from (text("intended_use"), text("card.users"), text("card.not_for"))
    yield heading("glance")
    yield _glance(chapters, text)
    yield plain(text("card.glance_note"))
    yield heading("data")
    yield plain(text("card.sources"))
    for chapter in chapters:
        yield from chapter.data()
    yield heading("method")
    yield from _method(text)
    yield heading("assumptions")
    yield _assumptions([chapter.content for chapter in chapters], text)
    for name, section in (("factors", Chapter.factors), ("terms", Chapter.terms), ("validation", Chapter.validated)):
        yield heading(name)
        for chapter in chapters:
            yield from section(chapter)
    yield heading("certainty")
    yield text("card.certainty")
    yield _basis(chapters, text)
    yield heading("limits")
    lines = [plain(text(f"card.limits.{name}")) for name in LIMITS]
    yield "\n".join(f"- {line}" for line in (*lines, _recalled(chapters, text)))
    yield heading("tripod")
    yield from _tripod(text)


def _column(text: Catalogue, *names: str) -> list[str]:
    return [text(f"card.column.{name}") for name in names]


def _glance(chapters: Sequence[Chapter], text: Catalogue) -> str:
    head = _column(text, "condition", "response", "scorecard", "groups", "contrasts", "controlled", "claims", "terms")
    return table(head, [chapter.glance() for chapter in chapters])


def _basis(chapters: Sequence[Chapter], text: Catalogue) -> str:
    """What the certainty of each condition rests on: bias, and how far the comparisons differ."""
    head = _column(text, "condition", "comparisons", "controlled", "biased", "q", "q_p", "tau", "inconsistent")
    rows = []
    for chapter in chapters:
        basis = chapter.data_of["basis"]
        spread = f"{basis['q']:.1f}", f"{basis['q_p']:.2f}", f"{basis['tau']:.2f}"
        differ = text("yes" if basis["inconsistent"] else "no")
        shares = f"{basis['controlled_patients']:.0f}", percent(basis["biased_share"], text)
        rows.append((chapter.label, str(len(basis["comparisons"])), *shares, *spread, differ))
    return table(head, rows)


def _recalled(chapters: Sequence[Chapter], text: Catalogue) -> str:
    """The fitted records and their studies of which nothing was seen: recalled from memory."""
    found = []
    for chapter in chapters:
        evidence = chapter.content.evidence
        for row in evidence.observations:
            seen = row.verification, evidence.study_by_id[row.study_id].verification
            if row.fitted and RECALLED in seen:
                found.append(code(row.id))
    return text("card.limits.recalled", records=text("list_join").join(found) or text("unknown"))


def _method(text: Catalogue) -> Iterator[str]:
    for name, formula in FORMULAS.items():
        yield text(f"card.method.{name}")
        yield f"```text\n{formula}\n```"
    yield text("card.method.contributions")
    yield text("card.method.category")


def _tripod(text: Catalogue) -> Iterator[str]:
    yield plain(text("card.tripod.note"))
    rows = [
        (str(i), text(f"card.tripod.item_{i}.item"), plain(text(f"card.tripod.item_{i}.answer")))
        for i in range(1, TRIPOD_ITEMS + 1)
    ]
    yield table(["#", *_column(text, "item", "answer")], rows)


def _assumptions(contents: Sequence[Content], text: Catalogue) -> str:
    """Every judgement of configs/: the assumptions, and the population mix of each factor."""
    tree: dict[str, Any] = contents[0].assumptions.model_dump(by_alias=True)
    for content in contents:
        factors = content.configuration["factors"].items()
        tree |= {f"{content.condition.id}.{id}": {"population": factor["population"]} for id, factor in factors}
    rows = [
        (code(name), value, plain(text.pick(reason)), plain(text.pick(source)))
        for name, value, reason, source in judgements(tree)
    ]
    return table(_column(text, "name", "value", "reason", "source"), rows)


def judgements(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, Labels, Labels]]:
    """(name, value, reason, source) of every judgement in the assumptions."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and "reason" in value:
            yield f"{prefix}{key}", _value(value), value["reason"], value["source"]
        elif isinstance(value, Mapping):
            yield from judgements(value, f"{prefix}{key}.")


def _value(judged: Mapping[str, Any]) -> str:
    """The numbers of a judgement; their names where they have one beyond `value`."""
    told: dict[str, Any] = {}
    for key, value in judged.items():
        if key in ("reason", "source", "from_studies", "reference_level") or value is None:
            continue
        told |= value if isinstance(value, Mapping) else {key: value}
    parts = [_number(v) if k == "value" else f"{plain(k)} {_number(v)}" for k, v in told.items()]
    return ", ".join(parts) or "–"


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return plain(str(value))
    return f"{value:.6g}".replace("inf", "∞")


class Chapter:
    """What the card tells of one condition."""

    def __init__(self, content: Content, explainer: Explainer, validation: Validation):
        self.content = content
        self.explainer = explainer
        self.validation = validation
        self.text = explainer.text
        self.scorecard = explainer.scorecard
        self.data_of = self.scorecard.data
        self.names = Names(self.scorecard.condition, self.text)
        self.label = self.text.pick(self.scorecard.condition.label)

    def _titled(self, key: str) -> str:
        return f"### {self.text(f'card.{key}', condition=self.label)}"

    def glance(self) -> Row:
        condition = self.scorecard.condition
        fitted = [g for g in self.data_of["groups"] if g["use"] == "fit"]
        contrasts = sum(g["kind"] == "contrast" for g in fitted)
        told = self.content
        rules = encode(condition, told.evidence.claims, told.assumptions)
        fitted_claims = len(claims_entering(rules, told.assumptions, STANCE))
        claims = self.data_of["evidence"]["claims"]
        return (
            self.label,
            self.text.pick(condition.outcomes[condition.reference_outcome]["label"]),
            code(self.scorecard.hash),
            str(len(fitted) - contrasts),
            str(contrasts),
            f"{self.data_of['basis']['controlled_patients']:.0f}",
            f"{len(claims)}{self.text('bracket', words=fitted_claims)}",
            str(len(self.scorecard.terms)),
        )

    def data(self) -> Iterator[str]:
        """Records by role, risk of bias of their studies, claims, and how the articles' figures checked out."""
        yield self._titled("records")
        yield table(_column(self.text, "role", "fitted", "shown", "patients"), self._roles())
        yield self._titled("risks")
        yield table(_column(self.text, "risk", "studies"), self._risks())
        claims = self.content.evidence.claims
        yield self._titled("claims")
        counted = Counter((claim.basis, claim.direction) for claim in claims)
        pairs = [(self.text(f"basis.{b}"), self.text(f"direction.{d}"), str(n)) for (b, d), n in counted.most_common()]
        yield table(_column(self.text, "basis", "direction", "count"), pairs)
        yield self._titled("standings")
        standings = Counter(claim.standing for claim in claims if claim.standing)
        named = [(self.text(f"standing.{name}"), str(n)) for name, n in standings.most_common()]
        yield table(_column(self.text, "standing", "count"), named)
        yield self._titled("verdicts")
        verdicts = Counter(check.verdict for check in self.content.evidence.checks)
        yield table(
            _column(self.text, "verdict", "count"),
            [(self.text(f"verdict.{v}"), str(n)) for v, n in verdicts.most_common()],
        )

    def _roles(self) -> Iterator[Row]:
        rows = self.content.evidence.observations
        for role in dict.fromkeys(row.role for row in rows):
            mine = [row for row in rows if row.role == role]
            fitted = [row for row in mine if row.fitted]
            largest: dict[tuple[str, str], float] = {}
            for row in fitted:  # a group counts once over its follow-ups
                largest[row.group] = max(largest.get(row.group, 0.0), row.n or 0.0)
            counts = (str(len(fitted)), str(len(mine) - len(fitted)), f"{sum(largest.values()):.0f}")
            yield self.text(f"role.{role}"), *counts

    def _risks(self) -> Iterator[Row]:
        evidence = self.content.evidence
        studies = {row.study_id for row in evidence.observations if row.fitted}
        counted = Counter(evidence.study_by_id[id].risk_of_bias for id in sorted(studies))
        for risk in RISKS:
            if counted[risk]:
                yield self.text(f"risk_of_bias.{risk}"), str(counted[risk])

    def factors(self) -> Iterator[str]:
        """Every level with its share in the population and the patients who had cells at it."""
        yield f"### {self.label}"
        rows = [
            (
                self.names.factor(factor.id),
                self._coded(self.names.level(factor.id, level), level),
                percent(self.scorecard.population[factor.id].get(level, 0.0), self.text),
                f"{self.scorecard.patients[factor.id][level]:.0f}",
            )
            for factor in self.scorecard.condition
            for level in factor.level_ids
        ]
        yield table(_column(self.text, "factor", "level", "share", "studied"), rows)

    def _coded(self, words: str, id: str) -> str:
        return words + self.text("bracket", words=code(id))

    def terms(self) -> Iterator[str]:
        """Mode and SD of each term, with the claims and by the studies alone."""
        yield f"### {self.label}"
        columns = []
        for stance in (STANCE, "sceptical"):
            fitted = self.scorecard.coefficients(stance)
            sds = np.sqrt(np.diag(fitted.covariance))
            columns.append(
                [signed(m) + self.text("bracket", words=f"{sd:.2f}") for m, sd in zip(fitted.mean, sds, strict=True)]
            )
        head = [self.text("card.column.term")]
        head += [
            self.text("card.column.mean", stance=self.text(f"stance.{stance}")) for stance in (STANCE, "sceptical")
        ]
        rows = zip(self.scorecard.terms, *columns, strict=True)
        yield table(head, [(self._coded(self.names.term(term), term), *numbers) for term, *numbers in rows])

    def validated(self) -> Iterator[str | Plot]:
        """The back-test with its plot, and what hangs on assumptions and designs."""
        text, v = self.text, self.validation
        yield f"### {self.label}"
        note = text("card.validation_note", stance=text(f"stance.{v.stance}"), profiles=v.profiles)
        yield f"{text('validate.how')} {note}"
        yield calibration(v.test.groups, self.explainer)
        for name, (head, *body) in Tables(text, code).of(v, self.names).items():
            yield f"#### {text(f'validate.{name}')}"
            yield plain(text(f"validate.{name}_note"))
            yield table(head, body)
            if name == "groups" and v.test.coverage:
                covered = Tables(text).covered(v.test.coverage)
                yield text("validate.inside", covered=covered, level=percent(v.interval_level, text))
            if name == "sensitivity":
                idle = sum(not case.moved.any for case in v.sensitivity)
                yield text("validate.idle", cases=idle, profiles=v.profiles)
