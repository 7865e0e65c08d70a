"""Turns an estimate into an answer: category, certainty, contributions, and the evidence of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..content.catalogue import Catalogue
from ..content.conditions import Factor, find_condition
from ..errors import Fault, ProfileError
from ..model.moments import Codes
from ..model.prediction import CATEGORIES, SETS, Contributions, Estimate, Estimator, added_benefit, response_set
from ..model.scorecard import Floats, Scorecard
from ..profile.reading import Message, Profile, Severity, Understood, understand
from .html import Shown
from .judgement import CERTAINTIES, UNDECIDED, UNSTUDIED, WITHHOLDS, Flags, Judge, Judgement, reason_names
from .record import Answer, Baseline, Chance, Contribution, Difference, Note, Response, Unknown

ARTICLE_SIDES = {"favourable": "for", "unfavourable": "against"}


@dataclass(frozen=True)
class Assessment:
    """What is estimated for n cells, and what may be said of them."""

    estimate: Estimate
    parts: Contributions
    studies: Contributions
    judgement: Judgement


class Explainer:
    """Explains estimates of one scorecard under one stance, in one language."""

    def __init__(self, scorecard: Scorecard, stance: str, text: Catalogue):
        self.scorecard = scorecard
        self.stance = stance
        self.text = text
        self.estimator = Estimator(scorecard, stance)

    @cached_property
    def _sceptical(self) -> Estimator:
        return self.estimator if self.stance == "sceptical" else Estimator(self.scorecard, "sceptical")

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.scorecard)

    @cached_property
    def _evidence(self) -> EvidenceShelf:
        return EvidenceShelf(self.scorecard, self.text)

    def understand(self, profile: Profile | Mapping[str, Any]) -> Understood:
        """How the model reads a profile. Raises ProfileError with all its faults."""
        given = profile if isinstance(profile, Profile) else Profile.from_mapping(profile)
        condition = self.scorecard.condition
        if given.condition and find_condition(given.condition, [condition]) is None:
            cure = "Load the model of that condition."
            raise ProfileError(Fault("condition", repr(given.condition), repr(condition.id), cure))
        return understand(given, condition)

    def predict(self, profile: Profile | Mapping[str, Any]) -> Answer:
        """The answer for a hypothetical patient."""
        return self.answer(self.understand(profile))

    def answer(self, understood: Understood) -> Answer:
        """The answer for a profile that has been understood."""
        codes = self.estimator.codes(understood.levels)
        estimate = self.estimator.estimate(codes)
        rules = self.scorecard.estimate
        probabilities = {c: float(estimate.categories[0, i]) for i, c in enumerate(CATEGORIES)}
        held = response_set(probabilities, rules["set_probability"])
        outside = [*understood.messages, *self.unstudied(understood)]
        withheld = any(m.severity == "abstain" for m in outside)
        messages = [*outside, *(() if withheld else self.undecided(held, understood))]
        abstained = any(m.severity == "abstain" for m in messages)
        contributions, baseline = self._contributions(understood, codes)
        certainty, reasons = self._certainty(understood, estimate, contributions, baseline, abstained)
        return Answer(
            intended_use=self.text("intended_use"),
            condition=self.scorecard.condition.id,
            stance=self.stance,
            scorecard=self.scorecard.hash,
            profile=understood.as_dict(),
            usual_care=_chance(estimate.usual_care),
            with_cells=_chance(estimate.with_cells),
            difference=Difference(
                float(estimate.difference.probability[0]),
                float(estimate.difference.low[0]),
                float(estimate.difference.high[0]),
                float(estimate.probability_positive[0]),
            ),
            response=Response(None if abstained else held[0], () if withheld else held, probabilities),
            added_benefit=None if withheld else added_benefit(float(estimate.probability_positive[0]), rules),
            certainty=certainty,
            certainty_reasons=reasons,
            worth_patients=float(estimate.worth_patients[0]),
            abstained=abstained,
            messages=tuple(self._note(m) for m in messages),
            contributions=contributions,
            baseline=baseline,
            unknowns=self._unknowns(understood, codes, estimate),
            evidence=self._evidence.of_answer(contributions, baseline),
            similar_groups=self._evidence.similar_groups(understood),
            language=self.text.language,
            faces=Shown(self.scorecard.condition, self.text),
        )

    def unstudied(self, understood: Understood) -> Iterator[Message]:
        """Levels that were told and at which no patient was studied."""
        found = self.judge.unstudied(self.estimator.codes(understood.levels))[0]
        for factor, kind in zip(self.scorecard.condition, found.tolist(), strict=True):
            if kind:
                severity: Severity = "abstain" if kind == WITHHOLDS else "warning"
                yield Message(UNSTUDIED[kind], severity, {"factor": factor.id, "level": understood.levels[factor.id]})

    def undecided(self, held: Sequence[str], understood: Understood) -> Iterator[Message]:
        """Cannot say: every category stays possible, for want of facts or for want of evidence."""
        codes = self.estimator.codes(understood.levels)
        kind = UNDECIDED[self.judge.undecided(np.array([SETS.index(tuple(held))]), codes)[0]]
        if kind == "too_many_unknowns":
            missing = zip(self.scorecard.condition, self.judge.missing(codes)[0], strict=True)
            yield Message(kind, "abstain", {"unknown": [factor.id for factor, absent in missing if absent]})
        elif kind:
            yield Message(kind, "abstain")

    def _note(self, message: Message) -> Note:
        return note(message, self.scorecard, self.text)

    def _contributions(self, understood: Understood, codes: Codes) -> tuple[tuple[Contribution, ...], Baseline]:
        parts = self.estimator.contributions(codes)
        studies = self._sceptical.contributions(codes)
        usual, effect = self.estimator.contribution_directions(codes)
        covariance = self.estimator.coefficients.covariance
        rows = []
        for f, factor in enumerate(self.scorecard.condition):
            total = float(parts.usual_care[0, f] + parts.effect[0, f])
            low, high = self._bounds(total, usual[f] + effect[f], covariance)
            usual_low, usual_high = self._bounds(float(parts.usual_care[0, f]), usual[f], covariance)
            effect_low, effect_high = self._bounds(float(parts.effect[0, f]), effect[f], covariance)
            level = understood.levels[factor.id]
            rows.append(
                Contribution(
                    factor=factor.id,
                    level=level,
                    role=factor.role,
                    usual_care=float(parts.usual_care[0, f]),
                    effect=float(parts.effect[0, f]),
                    effect_from_studies=float(studies.effect[0, f]),
                    effect_from_claims=float(parts.effect[0, f] - studies.effect[0, f]),
                    low=low,
                    high=high,
                    usual_care_low=usual_low,
                    usual_care_high=usual_high,
                    effect_low=effect_low,
                    effect_high=effect_high,
                    patients=self.scorecard.patients[factor.id][level] if level else None,
                    evidence=self._evidence.behind(factor, self._movers(usual[f] + effect[f])),
                )
            )
        return tuple(rows), self._baseline(parts.usual_care_base, parts.effect_base, studies.effect_base)

    def _bounds(self, value: float, direction: Floats, covariance: Floats) -> tuple[float, float]:
        half = self.estimator.z * math.sqrt(max(0.0, float(direction @ covariance @ direction)))
        return value - half, value + half

    def _movers(self, direction: Floats) -> list[str]:
        """The records that move a contribution, a combination of terms (terms,), strongest first."""
        names, table = self._influence_table
        pulled = np.abs(table @ direction)
        order = np.argsort(-pulled, kind="stable")
        least = self.scorecard.estimate["influence_shown"]
        return [names[i] for i in order if pulled[i] >= least]

    @cached_property
    def _influence_table(self) -> tuple[list[str], Floats]:
        return list(self._influence), np.array(list(self._influence.values()))

    def evidence_behind(self, f: int, codes: Codes) -> list[tuple[str, ...]]:
        """For each cell, the ids of the evidence behind what one factor adds."""
        factor = self.scorecard.condition.factors[f]
        directions = self.estimator.contribution_direction(f, codes)
        return [self._evidence.behind(factor, self._movers(direction)) for direction in directions]

    def assess(self, codes: Codes, outside: Flags) -> Assessment:
        """Estimates, contributions and judgement of many cells, codes (n, factors), by the code that
        answers for one; outside: (n,) where the profile itself already forbids an answer."""
        estimate, parts = self.estimator.estimate(codes), self.estimator.contributions(codes)
        studies = self._sceptical.contributions(codes)
        return Assessment(estimate, parts, studies, self.judge.judge(codes, estimate, parts, studies, outside))

    @cached_property
    def _influence(self) -> dict[str, Floats]:
        moves = self.scorecard.influence(self.stance)
        for record, move in self.scorecard.influence("sceptical").items():
            moves.setdefault(record, move)
        return moves

    def _baseline(self, usual: float, effect: float, from_studies: float) -> Baseline:
        treated = self.scorecard.terms.index("treated")
        least = self.scorecard.estimate["influence_shown"]
        moves = {record: abs(move[treated]) + abs(move[0]) for record, move in self._influence.items()}
        named = sorted((r for r in moves if moves[r] >= least), key=lambda r: -moves[r])
        return Baseline(usual, effect, from_studies, effect - from_studies, tuple(named))

    def _certainty(
        self,
        understood: Understood,
        estimate: Estimate,
        contributions: Sequence[Contribution],
        baseline: Baseline,
        abstained: bool,
    ) -> tuple[str, tuple[str, ...]]:
        """GRADE's words: from high by randomised design, down one step for each concern, never high."""
        moves: list[Contribution | Baseline] = [*contributions, baseline]
        words, reasons = self.judge.certainty(
            self.estimator.codes(understood.levels),
            estimate.difference.high - estimate.difference.low,
            np.array([[move.effect_from_studies for move in moves]]),
            np.array([[move.effect_from_claims for move in moves]]),
            np.array([abstained]),
        )
        return CERTAINTIES[words[0]], reason_names(int(reasons[0]))

    def _unknowns(self, understood: Understood, codes: Codes, estimate: Estimate) -> tuple[Unknown, ...]:
        """Each unknown factor as a range over its levels, the one that would narrow most first."""
        found = self._unknown_factors(understood)
        if not found:
            return ()
        known = self.estimator.estimate(np.vstack([_over_levels(f, factor, codes) for f, factor in found]))
        ranges, start = [], 0
        for f, factor in found:
            rows = slice(start, start + len(factor.levels))
            ranges.append(self._unknown(f, factor, rows, known, estimate))
            start = rows.stop
        return tuple(sorted(ranges, key=lambda u: -u.narrows))

    def _unknown_factors(self, understood: Understood) -> list[tuple[int, Factor]]:
        factors = enumerate(self.scorecard.condition)
        return [(f, factor) for f, factor in factors if understood.levels[factor.id] is None]

    def _unknown(self, f: int, factor: Factor, rows: slice, known: Estimate, estimate: Estimate) -> Unknown:
        """One unknown factor, from the rows of `known` that hold each of its levels in turn."""
        cells, difference = known.with_cells.probability[rows], known.difference.probability[rows]
        mix = self.estimator.shares[f][-1]
        settled = float(estimate.cells_variance[0] - mix @ known.cells_variance[rows])
        return Unknown(
            factor=factor.id,
            with_cells_low=float(cells.min()),
            with_cells_high=float(cells.max()),
            difference_low=float(difference.min()),
            difference_high=float(difference.max()),
            narrows=settled / float(estimate.cells_variance[0]),
        )


def _over_levels(f: int, factor: Factor, codes: Codes) -> Codes:
    """A cell's codes (1, factors) once for each level of one factor, (levels, factors)."""
    each = np.repeat(codes, len(factor.levels), axis=0)
    each[:, f] = np.arange(len(factor.levels))
    return each


def note(message: Message, scorecard: Scorecard, text: Catalogue) -> Note:
    """A message as a sentence, with labels for the names of factors and levels."""
    values: dict[str, Any] = {k: f"{v:g}" if isinstance(v, float) else v for k, v in message.values.items()}
    condition = scorecard.condition
    if "factor" in values:
        factor = condition.by_id[values["factor"]]
        values["factor"] = text.pick(factor.label)
        values["level"] = text.pick(factor.level(values["level"]).label)
    if "reason" in values:
        values["reason"] = text.pick(values["reason"])
    if "unknown" in values:
        values["unknown"] = text("list_join").join(text.pick(condition.by_id[f].label) for f in values["unknown"])
    if "unit" in values:
        values["unit"] = text.unit(condition.fields[values["field"]])
    return Note(message.code, message.severity, text(f"message.{message.code}", **values))


def unsupported(condition: str, stance: str, text: Catalogue) -> Answer:
    """The answer for a condition without a model: cannot say."""
    message = Note("unsupported_condition", "abstain", text("message.unsupported_condition", condition=condition))
    return Answer(
        intended_use=text("intended_use"),
        condition=condition,
        stance=stance,
        scorecard="",
        profile={"condition": condition},
        usual_care=None,
        with_cells=None,
        difference=None,
        response=Response(None, (), {}),
        added_benefit=None,
        certainty="very_low",
        certainty_reasons=("abstained",),
        worth_patients=None,
        abstained=True,
        messages=(message,),
        language=text.language,
        faces=Shown(None, text),
    )


def _chance(interval: Any) -> Chance:
    return Chance(float(interval.probability[0]), float(interval.low[0]), float(interval.high[0]))


class EvidenceShelf:
    """The evidence of a scorecard, as items of an answer."""

    def __init__(self, scorecard: Scorecard, text: Catalogue):
        self.text = text
        self.scorecard = scorecard
        self._data: Mapping[str, Any] = scorecard.data["evidence"]
        self._groups = {group["id"]: group for group in scorecard.data["groups"]}
        self._claims = {claim["id"]: claim for claim in self._data["claims"]}
        self._findings = {finding["id"]: finding for finding in self._data["findings"]}
        self._items: dict[str, dict[str, Any]] = {}

    def behind(self, factor: Factor, movers: Iterable[str]) -> tuple[str, ...]:
        """Ids of what speaks of a factor: the records that move it, its claims, its findings."""
        claims = [id for id, claim in self._claims.items() if factor.id in claim["factors"]]
        names = {factor.id, *factor.evidence_names}
        findings = [id for id, finding in self._findings.items() if finding["factor"] in names]
        return tuple(dict.fromkeys((*movers, *claims, *findings)))

    def of_answer(self, contributions: Iterable[Contribution], baseline: Baseline) -> tuple[dict[str, Any], ...]:
        """Every item that a contribution or the baseline names, once."""
        levels = {c.factor: c.level for c in contributions}
        ids = dict.fromkeys(id for c in contributions for id in c.evidence)
        ids |= dict.fromkeys(baseline.evidence)
        return tuple(self.item(id, levels) for id in ids)

    def item(self, id: str, levels: Mapping[str, str | None] | None = None) -> dict[str, Any]:
        """One claim, finding or study record by id; a claim takes its side from the patient's levels."""
        if id not in self._items:
            self._items[id] = self._made(id)
        item = self._items[id]
        return {**item, "side": self._side(self._claims[id], levels or {})} if id in self._claims else item

    def _made(self, id: str) -> dict[str, Any]:
        if id in self._claims:
            return self._claim(self._claims[id])
        if id in self._findings:
            return self._finding(self._findings[id])
        return self._group(self._groups[id])

    def _claim(self, claim: Mapping[str, Any]) -> dict[str, Any]:
        pairs = self.scorecard.data["contradicting_claims"]
        return {
            "id": claim["id"],
            "kind": "claim",
            "factors": claim["factors"],
            "side": "",
            "text": self.text.pick(claim["statement"]),
            "citation": self.text(
                "article.citation", article=self.text(f"article.{claim['source_id']}"), section=claim["locator"]
            ),
            "level": claim.get("level", ""),
            "versus": claim.get("versus", ""),
            "direction": claim["direction"],
            "strength": claim.get("strength", ""),
            "basis": claim["basis"],
            "horizon": claim["horizon"],
            "studies": [self._citation(id) for id in claim.get("study_ids", ())],
            "contradicted_by": [
                other for pair in pairs if claim["id"] in pair for other in pair if other != claim["id"]
            ],
            "checks": [self._check(id) for id in claim["checks"]],
        }

    def _side(self, claim: Mapping[str, Any], levels: Mapping[str, str | None]) -> str:
        """Whether a claim speaks for or against the patient's levels; `other` if of other levels."""
        if claim["direction"] not in ARTICLE_SIDES:
            return "mixed"
        for column, sides in (("level", ("for", "against")), ("versus", ("against", "for"))):
            names = claim.get(column, "").split("*") if claim.get(column) else []
            if names and self._holds(claim["factors"], names, levels):
                return sides[0] if claim["direction"] == "favourable" else sides[1]
        return "other"

    def _holds(self, factors: Sequence[str], names: Sequence[str], levels: Mapping[str, str | None]) -> bool:
        condition = self.scorecard.condition
        return all(levels.get(f) in condition.by_id[f].expand(name) for f, name in zip(factors, names, strict=True))

    def _check(self, id: str) -> dict[str, Any]:
        check = self._data["checks"][id]
        return {
            "id": id,
            "where": check["seed_location"],
            "article": self.text.pick(check.get("seed_figure")),
            "primary": self.text.pick(check.get("primary_figure")),
            "verdict": check["verdict"],
            "comment": self.text.pick(check.get("comment")),
        }

    def _finding(self, finding: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": finding["id"],
            "kind": "finding",
            "factors": [finding["factor"]],
            "side": ARTICLE_SIDES.get(finding["direction"], finding["direction"]),
            "text": self.text.pick(finding["finding"]),
            "compared": self.text.pick(finding.get("level_compared")),
            **self._study(finding["study_id"]),
        }

    def _group(self, group: Mapping[str, Any]) -> dict[str, Any]:
        kept = (
            "role",
            "outcome",
            "scale",
            "follow_up_months",
            "n",
            "observed",
            "log_odds_ratio",
            "se",
            "term",
            "weight",
        )
        return {
            "id": group["id"],
            "kind": "study_record",
            "factors": [],
            "side": "data",
            "text": self.text.pick(group["derivation"]),
            **{key: group[key] for key in kept if key in group},
            **self._study(group["study_id"]),
        }

    def _study(self, id: str) -> dict[str, Any]:
        study = self._data["studies"][id]
        return {
            "study_id": id,
            **self._citation(id),
            "design": study["design"],
            "risk_of_bias": study["risk_of_bias"],
            "verification": study["verification"],
        }

    def _citation(self, id: str) -> dict[str, Any]:
        study = self._data["studies"].get(id)
        if study is None:
            source = self.scorecard.condition.unpublished_sources[id]
            return {"study_id": id, "citation": self.text.pick(source["title"])}
        parts = [study["short_citation"], study.get("title", ""), study.get("journal", "")]
        link = {"doi": study["doi"]} if "doi" in study else {"pmid": study["pmid"]} if "pmid" in study else {}
        return {"study_id": id, "citation": ". ".join(part for part in parts if part), **link}

    def similar_groups(self, understood: Understood) -> tuple[dict[str, Any], ...]:
        """The treated study groups most like the patient, and what happened to them and their controls."""
        known = {f: level for f, level in understood.levels.items() if level is not None and self._counts(f)}
        scored = [
            (self._likeness(group, known), group)
            for group in self._groups.values()
            if _had_cells(group) and group["use"] == "fit"
        ]
        scored.sort(key=lambda pair: -pair[0])
        most = self.scorecard.estimate["similar_groups"]
        return tuple(self._similar(score, group) for score, group in scored[:most])

    def _counts(self, factor_id: str) -> bool:
        return self.scorecard.condition.by_id[factor_id].abstain_when_unstudied

    @staticmethod
    def _likeness(group: Mapping[str, Any], known: Mapping[str, str]) -> float:
        """The mean, over the patient's known factors, of the group's share at the patient's level."""
        if not known:
            return 0.0
        shares = [float(group["composition"].get(f, {}).get(level, 0.0)) for f, level in known.items()]
        return sum(shares) / len(known)

    def _similar(self, score: float, group: Mapping[str, Any]) -> dict[str, Any]:
        item = self._group(group)
        kept = {k: v for k, v in item.items() if k not in ("kind", "side", "factors", "weight", "term")}
        control = self._control(group)
        if control is not None:
            kept["control"] = {"id": control["id"], "n": control["n"], "observed": control["observed"]}
        return {"similarity": score, "use": group["use"], **kept}

    def _control(self, group: Mapping[str, Any]) -> Mapping[str, Any] | None:
        keys = ("study_id", "outcome", "follow_up_months")
        alike = [group.get(key) for key in keys]
        return next(
            (
                g
                for g in self._groups.values()
                if g["role"] == "control" and "observed" in g and [g.get(k) for k in keys] == alike
            ),
            None,
        )


def _had_cells(group: Mapping[str, Any]) -> bool:
    return group["role"] in ("treated", "treated_uncontrolled") or (group["role"] == "contrast" and "term" not in group)
