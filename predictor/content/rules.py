"""The articles' claims as rules: when each holds, which term it moves, which way, how strongly, on what basis."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

from ..errors import Fault, RuleError, joined, one_of, say, shown, suggestion
from .assumptions import Assumptions
from .conditions import Condition, Factor
from .evidence import STANDINGS, Claim

OVERALL = "overall"
"""What a claim on the average effect of cells is about, in place of a factor."""
TOPICS = ("mechanism", OVERALL)
"""What claims speak of besides factors; on a mechanism they are background for the reader."""
AT_ANY_TIME = "any"
"""What a claim says that speaks of no time in particular; else it names a level of the factor that is asked for."""


@dataclass(frozen=True)
class Rule:
    """A directional claim, encoded.

    The claim says that `term` minus `versus` (none: the reference level) of the treatment effect is
    `size` on the log-odds scale, with standard error `se` when taken as graded.
    `standing` says what stands behind the claim: open, studied or contradicted; a stance takes some of these in.
    `shown_because` is the code of why a rule is shown and never fitted; empty where a stance may take it in.
    """

    claim_id: str
    when: tuple[tuple[str, str], ...]
    term: str
    versus: str
    direction: str
    strength: str
    size: float
    se: float
    basis: str
    horizon: str
    standing: str = "open"
    shown_because: str = ""

    @property
    def fitted(self) -> bool:
        return not self.shown_because

    @property
    def terms(self) -> dict[str, float]:
        """The direction on which the claim is a record: the term minus what it is compared with."""
        parts = {self.term: 1.0, self.versus: -1.0}
        return {term: sign for term, sign in parts.items() if term}

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "when": dict(self.when)}


def encode(condition: Condition, claims: Iterable[Claim], assumptions: Assumptions) -> tuple[Rule, ...]:
    """The rules of a condition, one for each directional claim."""
    return tuple(_rule(condition, claim, assumptions) for claim in claims if claim.directional)


def _rule(condition: Condition, claim: Claim, assumptions: Assumptions) -> Rule:
    term = "treated" if claim.factor == OVERALL else modifier_term(condition, claim.factor, claim.level)
    versus = modifier_term(condition, claim.factor, claim.versus) if claim.versus else ""
    sign = 1 if claim.direction == "favourable" else -1
    d = assumptions.claim_size[claim.strength].cohen_d
    return Rule(
        claim_id=claim.id,
        when=()
        if claim.factor == OVERALL
        else tuple(zip(_factor_ids(condition, claim), claim.level.split("*"), strict=True)),
        term=term,
        versus=versus,
        direction=claim.direction,
        strength=claim.strength,
        size=sign * d * assumptions.log_odds_per_d.value,
        se=assumptions.claim_se[claim.basis].value,
        basis=claim.basis,
        horizon=claim.horizon,
        standing=claim.standing,
        shown_because=_shown_because(claim, term, versus, assumptions),
    )


def _shown_because(claim: Claim, term: str, versus: str, assumptions: Assumptions) -> str:
    if claim.domain in assumptions.domains_not_fitted:
        return "other_outcome"
    if term == versus:
        return "nothing_compared"
    return ""


def _factor_ids(condition: Condition, claim: Claim) -> list[str]:
    return [_factor(condition, name).id for name in claim.factors]


def _factor(condition: Condition, name: str) -> Factor:
    factor = condition.factor_named(name)
    if factor is None:
        raise KeyError(name)
    return factor


def modifier_term(condition: Condition, factors: str, levels: str) -> str:
    """The modifier term of a level, or of levels joined by `*`; empty for a reference level alone."""
    pairs = [(_factor(condition, f), lv) for f, lv in zip(factors.split("*"), levels.split("*"), strict=True)]
    if len(pairs) == 1 and pairs[0][1] == pairs[0][0].reference:
        return ""
    return "modifier:" + "*".join(f"{factor.id}:{level}" for factor, level in pairs)


def interaction_terms(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The documented interactions, in the order of the claims."""
    terms = (term for rule in rules for term in rule.terms if "*" in term)
    return tuple(dict.fromkeys(terms))


def check_claims(condition: Condition, claims: Sequence[Claim], path: Path) -> None:
    """Proves that claims and factors fit each other.

    Every claim's factor and levels exist, and each level of each factor is named by a claim or
    declared silent (and not both). Raises RuleError with all faults.
    """
    faults = [fault for claim in claims for fault in _unknown_names(condition, claim, path)]
    if not faults:
        faults = list(_uncovered_levels(condition, claims, path))
    if faults:
        raise RuleError(faults)


def _unknown_names(condition: Condition, claim: Claim, path: Path) -> Iterator[Fault]:
    where = f"{path}:{claim.line}"
    yield from _unknown_place(condition, claim, where)
    times = (*(condition.question.level_ids if condition.question else ()), AT_ANY_TIME)
    if claim.horizon not in times:
        cure = suggestion(claim.horizon, times)
        yield Fault("horizon", repr(claim.horizon), one_of(times), cure, where)
    yield from _unfit_standing(claim, where)
    if claim.factor in TOPICS:
        yield from _unfit_topic(claim, where)
        return
    known = [*condition.by_id, *(n for f in condition for n in f.evidence_names), *TOPICS]
    for name in claim.factors:
        if condition.factor_named(name) is None:
            yield Fault("factor", repr(name), say("factor_of", condition=condition.id), suggestion(name, known), where)
            return
    for column, levels in (("level", claim.level), ("versus", claim.versus)):
        yield from _unknown_levels(condition, claim, column, levels, where)


def _unfit_standing(claim: Claim, where: str) -> Iterator[Fault]:
    """A directional claim without a standing, or another claim with one."""
    if claim.directional and not claim.standing:
        yield Fault("standing", say("nothing"), say("standing_of_directional", list=joined(STANDINGS)), where=where)
    if claim.standing and not claim.directional:
        yield Fault("standing", repr(claim.standing), say("nothing_without_direction"), where=where)


def _unfit_topic(claim: Claim, where: str) -> Iterator[Fault]:
    """A claim on the average effect that names a level, or a directional one on a mechanism."""
    for column, level in (("level", claim.level), ("versus", claim.versus)):
        if level and claim.factor == OVERALL:
            yield Fault(column, repr(level), say("nothing_on_topic", topic=OVERALL), say("name_factor_or_drop"), where)
    if claim.factor != OVERALL and claim.directional:
        yield Fault("direction", repr(claim.direction), say("background_on_mechanism"), where=where)


def _unknown_place(condition: Condition, claim: Claim, where: str) -> Iterator[Fault]:
    """The article and its section, which the citation of a claim names."""
    if claim.source_id != condition.article:
        cure = suggestion(claim.source_id, [condition.article])
        yield Fault(
            "source_id",
            repr(claim.source_id),
            say("article_of", condition=condition.id, article=condition.article),
            cure,
            where,
        )
    if claim.locator not in condition.sections:
        expected = say("section_of", article=condition.article, list=joined(condition.sections))
        yield Fault("locator", repr(claim.locator), expected, suggestion(claim.locator, condition.sections), where)


def _unknown_levels(condition: Condition, claim: Claim, column: str, levels: str, where: str) -> Iterator[Fault]:
    if not levels:
        return
    names = levels.split("*")
    if len(names) != len(claim.factors):
        yield Fault(column, repr(levels), say("levels_joined", number=len(claim.factors)), where=where)
        return
    for factor_name, level in zip(claim.factors, names, strict=True):
        factor = _factor(condition, factor_name)
        allowed = (*factor.level_ids, *factor.groups, *factor.undetermined_levels)
        if level not in allowed:
            expected = say("level_of", factor=factor.id, list=joined(allowed))
            yield Fault(column, repr(level), expected, suggestion(level, allowed), where)
        elif claim.directional and level in factor.undetermined_levels:
            yield Fault(column, repr(level), say("one_level"), where=where)


def _uncovered_levels(condition: Condition, claims: Sequence[Claim], path: Path) -> Iterator[Fault]:
    named, spoken_of = _named_levels(condition, claims)
    for factor in condition:
        for level in factor.levels:
            place = (factor.id, level.id)
            if level.silent and place in spoken_of:
                yield Fault(
                    f"{condition.id}.factors.{factor.id}.levels.{level.id}.silent",
                    shown(True),
                    say("claim_speaks", claim=spoken_of[place]),
                    where=str(path),
                )
            if not level.silent and place not in named:
                yield Fault(
                    f"{condition.id}.factors.{factor.id}.levels.{level.id}",
                    say("no_claim"),
                    say("claim_or_silent"),
                    say("declare_silent"),
                    str(path),
                )


def _named_levels(
    condition: Condition, claims: Sequence[Claim]
) -> tuple[set[tuple[str, str]], dict[tuple[str, str], str]]:
    """Levels named anywhere in a claim, and levels that a claim on one factor is about."""
    named: set[tuple[str, str]] = set()
    spoken_of: dict[tuple[str, str], str] = {}
    for claim in (c for c in claims if c.factor not in TOPICS):
        for levels in filter(None, (claim.level, claim.versus)):
            for name, level in zip(claim.factors, levels.split("*"), strict=True):
                factor = _factor(condition, name)
                named |= set(product((factor.id,), factor.expand(level)))
        if len(claim.factors) == 1 and claim.level:
            factor = _factor(condition, claim.factor)
            spoken_of.update({(factor.id, lv): claim.id for lv in factor.expand(claim.level)})
    return named, spoken_of


def contradictions(claims: Iterable[Claim], apart: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of directional claims that say opposite things of the same level.

    apart: domains of another outcome than the response, whose claims contradict none.
    """
    directional = [claim for claim in claims if claim.directional and claim.domain not in apart]
    return tuple((a.id, b.id) for a, b in combinations(directional, 2) if _contradict(a, b))


def _contradict(a: Claim, b: Claim) -> bool:
    if a.factor != b.factor:
        return False
    if a.level == b.level:
        return a.direction != b.direction
    return a.level == b.versus and b.level == a.versus and a.direction == b.direction
