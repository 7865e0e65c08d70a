"""Mean and variance of the linear predictor as sums of look-ups, for many cells of levels at once.

A term of the linear predictor depends on one factor, or on two where the claims tell of an
interaction. So the quadratic form of a cell falls apart into a table for each pair of such blocks,
made once, and a cell costs a few hundred look-ups and additions, always in the same order: its numbers
are the same to the last bit alone and in a table of millions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .scorecard import Coefficients, Floats

Codes = NDArray[np.int64]
CHUNK = 8192
"""Cells at a time, so that the sums stay in the cache."""
FEW = 64
"""Cells that are few: their sums are looked up at once."""


@dataclass(frozen=True)
class Feature:
    """An indicator that the linear predictor multiplies: a level, or two levels at once.

    parts: (factor, levels) for each factor; usual, effect: the terms it multiplies, if any.
    """

    parts: tuple[tuple[int, tuple[int, ...]], ...]
    usual: int | None
    effect: int | None

    @cached_property
    def factors(self) -> frozenset[int]:
        return frozenset(factor for factor, _ in self.parts)


@dataclass(frozen=True)
class Moments:
    """Means and variances of the linear predictor; arrays (n,), log odds.

    usual, effect: means of usual care and of the effect; uu, ue, ee: variances and covariance.
    """

    usual: Floats
    effect: Floats
    uu: Floats
    ue: Floats
    ee: Floats


@dataclass(frozen=True)
class _Block:
    """Features that depend on the same factors. A class of a block is all its features can see of a cell.

    classes: for each of the factors, the class of each code; allowed: for each class, the codes behind it.
    """

    features: tuple[Feature, ...]
    factors: tuple[int, ...]
    classes: tuple[Codes, ...]
    sizes: tuple[int, ...]

    @property
    def count(self) -> int:
        return int(np.prod(self.sizes))

    def of(self, codes: Codes) -> Codes:
        """The class of each cell, (n,)."""
        found = np.zeros(len(codes), dtype=np.int64)
        for f, classes, size in zip(self.factors, self.classes, self.sizes, strict=True):
            found = found * size + classes[codes[:, f]]
        return found

    @cached_property
    def allowed(self) -> list[dict[int, frozenset[int]]]:
        """For each class, the codes of each factor that fall into it."""
        each = [
            [frozenset(np.flatnonzero(classes == value).tolist()) for value in range(size)]
            for classes, size in zip(self.classes, self.sizes, strict=True)
        ]
        return [dict(zip(self.factors, chosen, strict=True)) for chosen in product(*each)]


@dataclass(frozen=True)
class _Table:
    """What a block, or a pair of blocks, adds to uu, ue and ee, by class; None where it adds nothing."""

    first: int
    second: int | None
    width: int
    values: tuple[Floats | None, Floats | None, Floats | None]


class MomentTables:
    """The tables of one scorecard under one stance.

    features : what the linear predictor multiplies
    shares : for each factor (codes, levels), one-hot, and last the population mix
    split : the terms before it are of usual care, those from it of the effect
    """

    def __init__(self, features: Sequence[Feature], shares: Sequence[Floats], coefficients: Coefficients, split: int):
        self._shares = shares
        self._shares_at: dict[tuple[int, tuple[int, ...]], Floats] = {}
        self._mean, self._covariance = coefficients.mean, coefficients.covariance
        self._split = split
        self._blocks = [*self._factor_blocks(features), *self._interaction_blocks(features)]
        self._rows = [self._block_rows(block) for block in self._blocks]
        self._means = [
            (rows[:, :split] @ self._mean[:split], rows[:, split:] @ self._mean[split:]) for rows in self._rows
        ]
        self._always = np.zeros((1, len(self._mean)))
        self._always[0, [0, split]] = 1.0
        self._tables = [*self._own_tables(), *self._pair_tables()]

    def _factor_blocks(self, features: Sequence[Feature]) -> Iterator[_Block]:
        for f, shares in enumerate(self._shares):
            own = tuple(x for x in features if x.factors == {f})
            yield _Block(own, (f,), (np.arange(len(shares)),), (len(shares),))

    def _interaction_blocks(self, features: Sequence[Feature]) -> Iterator[_Block]:
        """One for each feature of two factors; it sees of a factor: elsewhere, at its levels, unknown."""
        for feature in features:
            if len(feature.parts) > 1:
                classes = tuple(self._three(f, levels) for f, levels in feature.parts)
                yield _Block((feature,), tuple(f for f, _ in feature.parts), classes, (3,) * len(classes))

    def _three(self, f: int, levels: Sequence[int]) -> Codes:
        classes = np.zeros(len(self._shares[f]), dtype=np.int64)
        classes[list(levels)], classes[-1] = 1, 2
        return classes

    def _block_rows(self, block: _Block) -> Floats:
        """The terms' values at each class of a block, (classes, terms)."""
        rows = np.zeros((block.count, len(self._mean)))
        codes = self._some_cells(block.allowed)
        for feature in block.features:
            for column in (feature.usual, feature.effect):
                if column is not None:
                    rows[:, column] = self._value(feature, codes)
        return rows

    def _some_cells(self, allowed: Sequence[dict[int, frozenset[int]]]) -> Codes:
        """A cell for each choice of allowed codes; other factors unknown."""
        unknown = [len(shares) - 1 for shares in self._shares]
        cells = np.tile(np.array(unknown, dtype=np.int64), (len(allowed), 1))
        for row, choice in zip(cells, allowed, strict=True):
            for f, codes in choice.items():
                row[f] = min(codes, default=unknown[f])
        return cells

    def _value(self, feature: Feature, codes: Codes) -> Floats:
        value = np.ones(len(codes))
        for f, levels in feature.parts:
            value = value * self._share(f, levels)[codes[:, f]]
        return value

    def _share(self, f: int, levels: Sequence[int]) -> Floats:
        """The share at some levels of a factor, by code."""
        key = (f, tuple(levels))
        if key not in self._shares_at:
            self._shares_at[key] = np.asarray(self._shares[f][:, list(levels)].sum(axis=1))
        return self._shares_at[key]

    def _quadratic(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """The three parts of x' V y for each pair of rows, usual and effect in both orders."""
        s, v = self._split, self._covariance
        uu = x[:, :s] @ v[:s, :s] @ y[:, :s].T
        ue = x[:, :s] @ v[:s, s:] @ y[:, s:].T + (y[:, :s] @ v[:s, s:] @ x[:, s:].T).T
        ee = x[:, s:] @ v[s:, s:] @ y[:, s:].T
        return uu, ue, ee

    def _own_tables(self) -> Iterator[_Table]:
        """What each block adds by itself and with the terms that are always there."""
        for b, (block, rows) in enumerate(zip(self._blocks, self._rows, strict=True)):
            own = self._quadratic(rows, rows)
            base = self._quadratic(rows, self._always)
            spread = self._spread(block, block, block.allowed)
            parts = (
                np.diag(own[0]) + 2 * base[0][:, 0] + spread[0],
                0.5 * np.diag(own[1]) + base[1][:, 0] + spread[1],
                np.diag(own[2]) + 2 * base[2][:, 0] + spread[2],
            )
            yield _Table(b, None, 1, _kept(parts))

    def _pair_tables(self) -> Iterator[_Table]:
        for a, first in enumerate(self._blocks):
            for b in range(a + 1, len(self._blocks)):
                second = self._blocks[b]
                uu, ue, ee = self._quadratic(self._rows[a], self._rows[b])
                parts = [2 * uu.ravel(), ue.ravel(), 2 * ee.ravel()]
                if set(first.factors) & set(second.factors):
                    both = [_intersection(p, q) for p, q in product(first.allowed, second.allowed)]
                    parts = [part + more for part, more in zip(parts, self._spread(first, second, both), strict=True)]
                values = _kept(parts)
                if any(value is not None for value in values):
                    yield _Table(a, b, second.count, values)

    def _spread(
        self, first: _Block, second: _Block, allowed: Sequence[dict[int, frozenset[int]]]
    ) -> tuple[Floats, Floats, Floats]:
        """What unknown factors add, by the law of total variance over the population mix.

        With the factors independent: the sum over pairs of indicators of their covariance times
        (product of their coefficients plus covariance of these). Zero where every factor is known.
        """
        codes = self._some_cells(allowed)
        totals = np.zeros(len(codes)), np.zeros(len(codes)), np.zeros(len(codes))
        for s, t, times in _pairs(first, second):
            together = self._covariance_of(s, t, codes)
            cross = self._weight(s.usual, t.effect) + (self._weight(t.usual, s.effect) if s is not t else 0.0)
            weights = (times * self._weight(s.usual, t.usual), cross, times * self._weight(s.effect, t.effect))
            for total, weight in zip(totals, weights, strict=True):
                total += weight * together
        return totals

    def _weight(self, i: int | None, j: int | None) -> float:
        if i is None or j is None:
            return 0.0
        return float(self._mean[i] * self._mean[j] + self._covariance[i, j])

    def _covariance_of(self, s: Feature, t: Feature, codes: Codes) -> Floats:
        """Covariance of two indicators over the population mix of the unknown factors, (n,)."""
        both, apart = np.ones(len(codes)), np.ones(len(codes))
        s_parts, t_parts = dict(s.parts), dict(t.parts)
        for f in sorted(s.factors | t.factors):
            at = codes[:, f]
            if f in s_parts and f in t_parts:
                joint = [k for k in s_parts[f] if k in t_parts[f]]
                both = both * self._share(f, joint)[at]
                apart = apart * self._share(f, s_parts[f])[at] * self._share(f, t_parts[f])[at]
            else:
                share = self._share(f, s_parts.get(f) or t_parts[f])[at]
                both, apart = both * share, apart * share
        return both - apart

    @cached_property
    def _sums(self) -> tuple[_Sum, _Sum]:
        """The sums that make the means (usual, effect) and the variances (uu, ue, ee) of a cell."""
        s = self._split
        uu, ue, ee = self._quadratic(self._always, self._always)
        own = [_Term((b,), 1, part) for b, part in enumerate(self._means)]
        means = _Sum([self._mean[0], self._mean[s]], own)
        pairs = [
            _Term((t.first,) if t.second is None else (t.first, t.second), t.width, t.values) for t in self._tables
        ]
        return means, _Sum([uu[0, 0], 0.5 * ue[0, 0], ee[0, 0]], pairs)

    def of(self, codes: Codes) -> Moments:
        """The moments of cells, codes of shape (n, factors), without the spread between studies."""
        out = np.empty((5, len(codes)))
        for start in range(0, len(codes), CHUNK):
            some = codes[start : start + CHUNK]
            classes = np.column_stack([block.of(some) for block in self._blocks])
            means, variances = self._sums
            out[:2, start : start + CHUNK] = means.at(classes)
            out[2:, start : start + CHUNK] = variances.at(classes)
        return Moments(*out)


@dataclass(frozen=True)
class _Term:
    """What one block, or two, add to some sums, by class; None where it adds nothing."""

    blocks: tuple[int, ...]
    width: int
    values: tuple[Floats | None, ...]


class _Sum:
    """Sums of look-ups, one for each term, always added in the same order: of few cells by one look-up over all
    terms (a single answer takes a fifth of the time), of many term by term (a sixth)."""

    def __init__(self, start: Sequence[float], terms: Sequence[_Term]):
        self._start, self._terms = np.reshape(start, (-1, 1)), terms
        sizes = [next(len(part) for part in term.values if part is not None) for term in terms]
        columns = [
            np.array([np.zeros(size) if part is None else part for part in term.values])
            for term, size in zip(terms, sizes, strict=True)
        ]
        self._values = np.hstack([self._start, *columns])
        self._offsets = np.cumsum([0, 1, *sizes[:-1]])
        self._widths = np.array([0, *(term.width for term in terms)])
        self._first = np.array([0, *(term.blocks[0] for term in terms)])
        self._second = np.array([-1, *(term.blocks[1] if len(term.blocks) > 1 else -1 for term in terms)])

    def at(self, classes: Codes) -> Floats:
        """The sums (sums, n) for the classes (n, blocks)."""
        return self._at_few(classes) if len(classes) <= FEW else self._at_many(classes)

    def _at_few(self, classes: Codes) -> Floats:
        padded = np.column_stack([classes, np.zeros(len(classes), dtype=np.int64)])
        places = self._offsets + padded[:, self._first] * self._widths + padded[:, self._second]
        return np.asarray(np.add.accumulate(self._values[:, places], axis=2)[..., -1])  # in order, never pairwise

    def _at_many(self, classes: Codes) -> Floats:
        columns = np.ascontiguousarray(classes.T)
        totals = np.repeat(self._start, len(classes), axis=1)
        for term in self._terms:
            first, *second = term.blocks
            at = columns[first] * term.width + columns[second[0]] if second else columns[first]
            for total, values in zip(totals, term.values, strict=True):
                if values is not None:
                    total += values[at]
        return totals


def _kept(parts: Sequence[Floats]) -> tuple[Floats | None, Floats | None, Floats | None]:
    uu, ue, ee = (part if part.any() else None for part in parts)
    return uu, ue, ee


def _pairs(first: _Block, second: _Block) -> Iterator[tuple[Feature, Feature, int]]:
    """Pairs of features of two blocks that share a factor, and how often each counts."""
    for i, s in enumerate(first.features):
        for j, t in enumerate(second.features):
            if s.factors & t.factors and (first is not second or i <= j):
                yield s, t, 1 if s is t else 2


def _intersection(first: dict[int, frozenset[int]], second: dict[int, frozenset[int]]) -> dict[int, frozenset[int]]:
    """The codes of each factor that two choices allow."""
    return {f: first.get(f, codes) & second.get(f, codes) for f, codes in (first | second).items()}
