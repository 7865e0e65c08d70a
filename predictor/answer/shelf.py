"""The evidence of a scorecard as items of an answer: claims with their checks, findings, study groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..content.catalogue import Catalogue
from ..content.conditions import Factor
from ..model.scorecard import Floats, Scorecard, had_cells
from ..profile.reading import Understood
from .layout import Names
from .record import Baseline, Contribution

ARTICLE_SIDES = {"favourable": "for", "unfavourable": "against"}


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
        self._about = {factor.id: self._speaking_of(factor) for factor in scorecard.condition}
        self._sides = {id: self._sides_of(claim) for id, claim in self._claims.items()}

    def _speaking_of(self, factor: Factor) -> tuple[str, ...]:
        """Ids of the claims and the findings on a factor."""
        claims = [id for id, claim in self._claims.items() if factor.id in claim["factors"]]
        names = {factor.id, *factor.evidence_names}
        return (*claims, *(id for id, finding in self._findings.items() if finding["factor"] in names))

    def behind(self, factor: Factor, movers: Iterable[str]) -> tuple[str, ...]:
        """Ids of what speaks of a factor: the records that move it, its claims, its findings."""
        return tuple(dict.fromkeys((*movers, *self._about[factor.id])))

    def kind(self, id: str) -> str:
        """What a record is: a claim, a finding or a record of a study."""
        return str(self._item(id)["kind"])

    def of_answer(self, contributions: Iterable[Contribution], baseline: Baseline) -> tuple[dict[str, Any], ...]:
        """Every item that a contribution or the baseline names, once."""
        levels = {c.factor: c.level for c in contributions}
        ids = dict.fromkeys(id for c in contributions for id in c.evidence)
        ids |= dict.fromkeys(baseline.evidence)
        return tuple(self.item(id, levels) for id in ids)

    def item(self, id: str, levels: Mapping[str, str | None] | None = None) -> dict[str, Any]:
        """One claim, finding or study record by id; a claim takes its side from the patient's levels."""
        item: dict[str, Any] = _copied(self._item(id))
        return {**item, "side": self._side(id, levels or {})} if id in self._claims else item

    def _item(self, id: str) -> dict[str, Any]:
        if id not in self._items:
            self._items[id] = self._made(id)
        return self._items[id]

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
            "citation": Names(self.scorecard.condition, self.text).section(claim["locator"]),
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

    def _side(self, id: str, levels: Mapping[str, str | None]) -> str:
        """Whether a claim speaks for or against the patient's levels; `other` if of other levels."""
        held = (side for side, pairs in self._sides[id] if all(levels.get(f) in some for f, some in pairs))
        return next(held, "other" if self._claims[id]["direction"] in ARTICLE_SIDES else "mixed")

    def _sides_of(self, claim: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
        """The side of a claim for a patient at the levels that it names, and for one at those it compares with."""
        if claim["direction"] not in ARTICLE_SIDES:
            return []
        order = ("for", "against") if claim["direction"] == "favourable" else ("against", "for")
        named = [
            (side, claim[column]) for side, column in zip(order, ("level", "versus"), strict=True) if claim.get(column)
        ]
        return [(side, self._levels(claim["factors"], names)) for side, names in named]

    def _levels(self, factors: Sequence[str], names: str) -> list[tuple[str, tuple[str, ...]]]:
        """The factors of a claim, each with the levels behind its name."""
        by_id = self.scorecard.condition.by_id
        return [(f, by_id[f].expand(name)) for f, name in zip(factors, names.split("*"), strict=True)]

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
            "publication_state": study["publication_state"],
        }

    def _citation(self, id: str) -> dict[str, Any]:
        study = self._data["studies"].get(id)
        if study is None:
            source = self.scorecard.condition.unpublished_sources[id]
            return {"study_id": id, "citation": self.text.pick(source["title"])}
        parts = [study["short_citation"], study.get("title", ""), study.get("journal", "")]
        link = {"doi": study["doi"]} if "doi" in study else {"pmid": study["pmid"]} if "pmid" in study else {}
        citation = ". ".join(part for part in parts if part) + self.text.mark(study["publication_state"])
        return {"study_id": id, "citation": citation, **link}

    def similar_groups(self, understood: Understood) -> tuple[dict[str, Any], ...]:
        """The treated study groups most like the patient, and what happened to them and their controls.

        How alike: the mean, over the patient's known main factors, of the group's share at the patient's level.
        """
        shares = [by_level[level] for f, by_level in self._shares.items() if (level := understood.levels[f])]
        alike = np.sum(shares, axis=0) / len(shares) if shares else np.zeros(len(self._treated))
        nearest = np.argsort(-alike, kind="stable")[: self.scorecard.estimate["similar_groups"]]
        return tuple(self._similar(float(alike[i]), self._treated[i]) for i in nearest)

    @cached_property
    def _treated(self) -> list[Mapping[str, Any]]:
        """The fitted groups that had cells."""
        return [group for group in self._groups.values() if had_cells(group) and group["use"] == "fit"]

    @cached_property
    def _shares(self) -> dict[str, dict[str, Floats]]:
        """For each main factor and level, the share of each treated group there."""
        main = [factor for factor in self.scorecard.condition if factor.abstain_when_unstudied]
        compositions = [group["composition"] for group in self._treated]
        return {
            f.id: {id: np.array([float(c.get(f.id, {}).get(id, 0.0)) for c in compositions]) for id in f.level_ids}
            for f in main
        }

    def _similar(self, score: float, group: Mapping[str, Any]) -> dict[str, Any]:
        item = self.item(group["id"])
        kept = {k: v for k, v in item.items() if k not in ("kind", "side", "factors", "weight", "term")}
        control = self._controls[group["id"]]
        if control is not None:
            kept["control"] = {"id": control["id"], "n": control["n"], "observed": control["observed"]}
        return {"similarity": score, "use": group["use"], **kept}

    @cached_property
    def _controls(self) -> dict[str, Mapping[str, Any] | None]:
        return {group["id"]: self._control(group) for group in self._treated}

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


def _copied(value: Any) -> Any:
    """Plain data that may be changed without the answers after it."""
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value
