"""The closed-form estimate: usual care, with cells, and the difference, for many cells of levels at once.

Every sum runs term by term in a fixed order, so that a patient's numbers are the same to the last
bit alone and in a table of millions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..content.conditions import Condition, Factor
from .difference import DifferenceLaw
from .moments import Codes, Feature, MomentTables
from .normal import normal_cdf
from .scorecard import Coefficients, Floats, Scorecard

CATEGORIES = ("high", "moderate", "low")
BENEFITS = ("shown", "possible", "not_shown", "possible_harm")
SETS: tuple[tuple[str, ...], ...] = tuple(s for size in (1, 2, 3) for s in permutations(CATEGORIES, size))
"""Every set of categories of a response, the most probable first."""
ADDED = ("fewer", "little_or_none", "some", "many")
"""The classes of what cells add, from the lowest."""
ADDED_CUTS = ("added_fewer_below", "added_some_from", "added_many_from")
"""The rules that part them."""
RUNS: tuple[tuple[str, ...], ...] = tuple(
    ADDED[start : start + size] for size in range(1, len(ADDED) + 1) for start in range(len(ADDED) + 1 - size)
)
"""Every run of adjoining classes, the shortest first."""
SPANS = np.array([len(run) for run in RUNS])
"""How many classes each run holds."""
APART = "apart"
"""What is said of all of ADDED in a run: they cannot be told apart, whichever is the most probable."""
SAID = (*ADDED, APART)
Indices = NDArray[np.int64]


def expit(x: Floats) -> Floats:
    """The chance at log odds x."""
    return 1 / (1 + np.exp(-x))


@dataclass(frozen=True)
class Interval:
    """A chance with its interval; arrays (n,)."""

    probability: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Chances:
    """The linear predictors of n cells under usual care and with cells, arrays (n,) in log odds, and the law of the
    difference of the two chances.

    usual_mean, usual_variance : under usual care, with tau0^2
    cells_mean, cells_variance : with cells, with tau0^2 and tau1^2
    """

    usual_mean: Floats
    usual_variance: Floats
    cells_mean: Floats
    cells_variance: Floats
    law: DifferenceLaw

    @property
    def best_difference(self) -> Floats:
        """With cells minus usual care, both at their best estimate, (n,)."""
        return np.asarray(expit(self.cells_mean) - expit(self.usual_mean))


@dataclass(frozen=True)
class Estimate(Chances):
    """The estimate for n cells. Chances are fractions of 1.

    added : (n, 4) chances of the classes ADDED
    usual_categories, cells_categories : (n, 3) chances of a high, moderate and low response
    effect_width : (n,) of the interval of the effect on the log-odds scale, without the spread between studies
    """

    usual_care: Interval
    with_cells: Interval
    difference: Interval
    probability_positive: Floats
    added: Floats
    usual_categories: Floats
    cells_categories: Floats
    effect_width: Floats
    worth_patients: Floats


@dataclass(frozen=True)
class Contributions:
    """What each factor adds on the log-odds scale, against the population mix; arrays (n, factors)."""

    usual_care: Floats
    effect: Floats
    usual_care_base: float
    effect_base: float


class Estimator:
    """A scorecard under one stance, ready to estimate cells.

    A cell is one level (or `unknown`) for each factor, as codes in the order of the condition's
    factors: 0 to k-1 for the levels, k for unknown.
    """

    def __init__(self, scorecard: Scorecard, stance: str = "graded"):
        self.scorecard = scorecard
        self.stance = stance
        self.condition: Condition = scorecard.condition
        self.coefficients: Coefficients = scorecard.coefficients(stance)
        estimate = scorecard.estimate
        self._tau0_squared = estimate["tau0"] ** 2
        self._tau1_squared = estimate["tau1"] ** 2
        self._level: float = estimate["interval_level"]
        self.z = NormalDist().inv_cdf(0.5 + self._level / 2)
        self._added_cuts = [estimate[name] for name in ADDED_CUTS]
        self._cut_high = _logit(estimate["high_from"])
        self._cut_moderate = _logit(estimate["moderate_from"])
        self.split = scorecard.terms.index("treated")
        self._indicators: dict[tuple[int, tuple[int, ...]], Floats] = {}

    @cached_property
    def shares(self) -> tuple[Floats, ...]:
        """For each factor the shares of its levels by code: one-hot, and last the population mix."""
        return tuple(self._shares(factor) for factor in self.condition)

    def _shares(self, factor: Factor) -> Floats:
        mix = self.scorecard.population[factor.id]
        return np.vstack([np.eye(len(factor.levels)), [mix.get(id, 0.0) for id in factor.level_ids]])

    @cached_property
    def _features(self) -> tuple[Feature, ...]:
        features = [*self._level_features(), *self._interaction_features()]
        return tuple(features)

    @cached_property
    def _moments(self) -> MomentTables:
        return MomentTables(self._features, self.shares, self.coefficients, self.split)

    def _level_features(self) -> Iterator[Feature]:
        index = {term: i for i, term in enumerate(self.scorecard.terms)}
        for f, factor in enumerate(self.condition):
            for k, level in enumerate(factor.level_ids):
                if level != factor.reference:
                    usual = index[factor.usual_care_term(level)] if factor.prognostic else None
                    yield Feature(((f, (k,)),), usual, index[factor.effect_term(level)])

    def _interaction_features(self) -> Iterator[Feature]:
        positions = {factor.id: f for f, factor in enumerate(self.condition)}
        for i, term in enumerate(self.scorecard.terms):
            if "*" not in term:
                continue
            parts = []
            for pair in term.removeprefix("modifier:").split("*"):
                name, level = pair.split(":")
                factor = self.condition.by_id[name]
                levels = tuple(factor.level_ids.index(lv) for lv in factor.expand(level))
                parts.append((positions[name], levels))
            yield Feature(tuple(parts), None, i)

    def codes(self, levels: Mapping[str, str | None]) -> Codes:
        """A cell's codes (1, factors) from level names; None or absent is unknown."""
        row = [
            factor.level_ids.index(level) if (level := levels.get(factor.id)) is not None else len(factor.levels)
            for factor in self.condition
        ]
        return np.array([row], dtype=np.int64)

    def design(self, codes: Codes) -> Floats:
        """The terms' values for each cell: codes (n, factors) to (n, terms)."""
        x = np.zeros((len(codes), len(self.scorecard.terms)))
        x[:, self.scorecard.terms.index("intercept")] = 1.0
        x[:, self.split] = 1.0
        for feature in self._features:
            value = self._mean_of(feature, codes)
            for column in (feature.usual, feature.effect):
                if column is not None:
                    x[:, column] = value
        return x

    def _mean_of(self, feature: Feature, codes: Codes) -> Floats:
        value = np.ones(len(codes))
        for f, levels in feature.parts:
            value = value * self._indicator(f, levels)[codes[:, f]]
        return value

    def _indicator(self, f: int, levels: Sequence[int]) -> Floats:
        """The share at some levels of a factor, by code."""
        key = (f, tuple(levels))
        if key not in self._indicators:
            self._indicators[key] = np.asarray(self.shares[f][:, list(levels)].sum(axis=1))
        return self._indicators[key]

    def chances(self, codes: Codes) -> Chances:
        """The chances under usual care and with cells of cells, codes of shape (n, factors)."""
        moments = self._moments.of(codes)
        usual_variance, effect_variance = moments.uu + self._tau0_squared, moments.ee + self._tau1_squared
        return Chances(
            usual_mean=moments.usual,
            usual_variance=usual_variance,
            cells_mean=moments.usual + moments.effect,
            cells_variance=usual_variance + 2 * moments.ue + effect_variance,
            law=DifferenceLaw(moments.usual, moments.effect, usual_variance, effect_variance, moments.ue),
        )

    def estimate(self, codes: Codes) -> Estimate:
        """The estimate for cells, codes of shape (n, factors)."""
        c = self.chances(codes)
        usual_care, with_cells = (
            self._interval(m, v) for m, v in ((c.usual_mean, c.usual_variance), (c.cells_mean, c.cells_variance))
        )
        positive = self.positive(c.law)
        p, knowledge = with_cells.probability, c.cells_variance - self._tau0_squared - self._tau1_squared
        return Estimate(
            **vars(c),
            usual_care=usual_care,
            with_cells=with_cells,
            difference=self._difference(c, positive),
            probability_positive=positive,
            added=self.added(c.law),
            usual_categories=self._categories(c.usual_mean, c.usual_variance),
            cells_categories=self._categories(c.cells_mean, c.cells_variance),
            effect_width=2 * self.z * np.sqrt(c.law.effect_variance - self._tau1_squared),
            worth_patients=1 / (knowledge * p * (1 - p)),
        )

    def _difference(self, c: Chances, positive: Floats) -> Interval:
        """The difference with its interval, whose ends lie on the side of 0 on which the chance that it is passed
        says that they lie, also where both are at 0 to the last digit."""
        low, high = c.law.interval(self._level)
        tail = (1 - self._level) / 2
        low = np.where(positive >= 1 - tail, np.maximum(low, 0.0), np.minimum(low, 0.0))
        high = np.where(positive <= tail, np.minimum(high, 0.0), np.maximum(high, 0.0))
        return Interval(c.best_difference, low, high)

    @staticmethod
    def positive(law: DifferenceLaw) -> Floats:
        """The chance that the difference is above 0, (n,): that the effect is."""
        return normal_cdf(law.effect / np.sqrt(law.effect_variance))

    def added(self, law: DifferenceLaw) -> Floats:
        """The chance of each class of what cells add, (n, 4)."""
        passing = law.passing(self._added_cuts)
        bounds = np.column_stack([np.ones(len(passing)), passing, np.zeros(len(passing))])
        return np.asarray(np.maximum(bounds[:, :-1] - bounds[:, 1:], 0.0))

    def _interval(self, mean: Floats, variance: Floats) -> Interval:
        half = self.z * np.sqrt(variance)
        return Interval(expit(mean), expit(mean - half), expit(mean + half))

    def _categories(self, mean: Floats, variance: Floats) -> Floats:
        sd = np.sqrt(variance)
        high = normal_cdf((mean - self._cut_high) / sd)
        low = normal_cdf((self._cut_moderate - mean) / sd)
        return np.column_stack([high, np.maximum(0.0, 1 - high - low), low])

    def contributions(self, codes: Codes) -> Contributions:
        """What each factor adds against the population mix, exactly additive.

        An interaction is shared between its two factors as Shapley values do, with the factors
        independent (Strumbelj & Kononenko 2014; for two factors in closed form).
        """
        usual, effect = (by_code(part, codes) for part in self._level_parts)
        mean = self.coefficients.mean
        for (f, g), term, tables in self._interactions:
            for one, table in zip((f, g), tables, strict=True):
                effect[:, one] += table[codes[:, f], codes[:, g]] * mean[term]
        return Contributions(usual, effect, *self._bases)

    @cached_property
    def _level_parts(self) -> tuple[Floats, Floats]:
        """What each factor adds by itself to usual care and to the effect, by code (factors, codes)."""
        usual, effect = ([np.zeros(len(shares)) for shares in self.shares] for _ in range(2))
        for feature in self._features:
            if len(feature.parts) == 1:
                ((f, levels),) = feature.parts
                share = self._indicator(f, levels)
                for out, term in ((usual, feature.usual), (effect, feature.effect)):
                    if term is not None:
                        out[f] += (share - float(share[-1])) * self.coefficients.mean[term]
        return padded(usual), padded(effect)

    @cached_property
    def _bases(self) -> tuple[float, float]:
        """Usual care and the effect over the population mix."""
        mean = self.coefficients.mean
        usual, effect = float(mean[0]), float(mean[self.split])
        for feature in self._features:
            mix = math.prod(float(self._indicator(f, levels)[-1]) for f, levels in feature.parts)
            usual += mix * float(mean[feature.usual]) if feature.usual is not None else 0.0
            effect += mix * float(mean[feature.effect]) if feature.effect is not None else 0.0
        return usual, effect

    @cached_property
    def _interactions(self) -> list[tuple[tuple[int, int], int, tuple[Floats, Floats]]]:
        """The two factors of each interaction, its term in the effect, and what each factor has of it, by their two
        codes: its part of (product of the shares minus product of those of the population)."""
        found = []
        for feature in self._features:
            if len(feature.parts) > 1 and feature.effect is not None:
                f, g = (factor for factor, _ in feature.parts)
                a, b = (self._indicator(*part) for part in feature.parts)
                of_f = 0.5 * np.outer(a - a[-1], b + b[-1])
                of_g = 0.5 * np.outer(a + a[-1], b - b[-1])
                found.append(((f, g), feature.effect, (of_f, of_g)))
        return found

    @cached_property
    def _level_directions(self) -> list[tuple[Floats, Floats]]:
        """What each factor adds by itself, by code, as combinations of terms: usual care and effect (codes, terms)."""
        found = [tuple(np.zeros((len(s), len(self.scorecard.terms))) for _ in range(2)) for s in self.shares]
        for feature in self._features:
            if len(feature.parts) == 1:
                ((f, levels),) = feature.parts
                share = self._indicator(f, levels)
                for out, term in zip(found[f], (feature.usual, feature.effect), strict=True):
                    if term is not None:
                        out[:, term] += share - float(share[-1])
        return [(usual, effect) for usual, effect in found]

    def contribution_directions(self, f: int, codes: Codes) -> tuple[Floats, Floats]:
        """One factor's contribution as combinations of terms for many cells: usual care and effect, (n, terms)."""
        usual, effect = (table[codes[:, f]] for table in self._level_directions[f])
        for pair, term, tables in self._interactions:
            if f in pair:
                effect[:, term] += tables[pair.index(f)][codes[:, pair[0]], codes[:, pair[1]]]
        return usual, effect


def padded(tables: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Tables of the factors by code as one, (factors, codes), filled up with zeros."""
    out = np.zeros((len(tables), max(map(len, tables))), dtype=tables[0].dtype)
    for row, table in zip(out, tables, strict=True):
        row[: len(table)] = table
    return out


def by_code(tables: NDArray[Any], codes: Codes) -> NDArray[Any]:
    """What tables of the factors hold for each cell, (n, factors)."""
    return np.asarray(tables[np.arange(len(tables)), codes])


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def benefits(probability_positive: Floats, rules: Mapping[str, Any]) -> Indices:
    """The added benefit of each cell, as an index into BENEFITS."""
    tests = [
        probability_positive >= rules["benefit_shown"],
        probability_positive >= rules["benefit_possible"],
        probability_positive <= rules["possible_harm"],
    ]
    order = [BENEFITS.index(name) for name in ("shown", "possible", "possible_harm", "not_shown")]
    return np.select(tests, order[:3], default=order[3])


def added_runs(added: Floats, least: float) -> Indices:
    """The smallest run of adjoining classes that holds at least so much, of these the most probable; an index into
    RUNS for each cell, from the chances of the classes (n, 4)."""
    places = [(ADDED.index(run[0]), len(run)) for run in RUNS]
    held = np.column_stack([added[:, start : start + size].sum(axis=1) for start, size in places])
    worth = np.where(held >= least, held - np.array([size for _, size in places]), -np.inf)
    return np.asarray(worth.argmax(axis=1))


def said_classes(added: Floats, runs: Indices) -> Indices:
    """What is said of the classes (n, 4) with their runs, an index into SAID: the most probable, or that they cannot be
    told apart."""
    return np.asarray(np.where(SPANS[runs] == len(ADDED), SAID.index(APART), added.argmax(axis=1)))


def difference_classes(difference: Floats, rules: Mapping[str, Any]) -> Indices:
    """The class in which each difference itself lies, as an index into ADDED."""
    cuts = [rules[name] for name in ADDED_CUTS]
    return np.asarray(np.searchsorted(cuts, difference, side="right"))


def said_class(category: str, run: Sequence[str]) -> str:
    """The same of one answer."""
    return APART if len(run) == len(ADDED) else category


def response_sets(categories: Floats, least: float) -> Indices:
    """The set of each cell from the chances of its categories (n, 3), as an index into SETS: the most
    probable category, and any other that holds at least so much."""
    order = np.argsort(-categories, axis=1, kind="stable")
    chances = np.take_along_axis(categories, order, axis=1)
    size = 1 + (chances[:, 1:] >= least).sum(axis=1)
    return np.asarray(_SET_INDEX[size - 1, order[:, 0], order[:, 1]])


def _set_index() -> Indices:
    """SETS' index by size, first and second category."""
    table = np.zeros((3, 3, 3), dtype=np.int64)
    for first, second, third in permutations(range(len(CATEGORIES))):
        names = [CATEGORIES[i] for i in (first, second, third)]
        for size in (1, 2, 3):
            table[size - 1, first, second] = SETS.index(tuple(names[:size]))
    return table


_SET_INDEX = _set_index()
