"""The smallest changes among the choices of treatment for which the answer is another; never advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from ..answer.explanation import Explainer
from ..answer.judgement import CANNOT_SAY, Flags
from ..answer.results import Result, Sourced
from ..model.moments import Codes
from ..model.prediction import ADDED, BENEFITS, Indices
from ..model.scorecard import Floats
from ..profile.reading import CONTRADICTORY, Understood
from .comparison import Change, change_of
from .points import Point, Target, check_count, check_target, points

REMEMBERED_PATIENTS = 2_000
"""Patients whose neighbourhoods are kept at once; of at most 5,040 cells of 24 bytes as shipped, under 250 MB."""


@dataclass(frozen=True, repr=False)
class Nearby(Result):
    """A combination of choices for which the answer is another, and the evidence of each change."""

    changes: tuple[Change, ...]
    moved: tuple[str, ...]
    point: Point


@dataclass(frozen=True, repr=False)
class Nearest(Sourced):
    """The smallest changes among the chosen factors for which the answer is another.

    searched: combinations of all levels; answerable: those that are studied and do not contradict
    themselves; found: those of them with another answer; nearby: the nearest of these, fewest
    changes first, then the largest move of the difference either way.
    """

    of: Target
    factors: tuple[str, ...]
    before: Point
    searched: int
    answerable: int
    found: int
    nearby: tuple[Nearby, ...]

    rows_of = "nearby"


@dataclass(frozen=True, repr=False, eq=False)
class NearestColumn(Sourced):
    """The nearest what-if of each of n cells.

    codes : (n, factors) the nearest cell with another answer; the cell itself where there is none
    changes : (n,) factors changed; 0 where there is none
    added, benefit : (n,) the answer there, as indices into ADDED and BENEFITS (-1: none found)
    """

    codes: Codes
    changes: Indices
    added: Indices
    benefit: Indices

    def table(self) -> list[dict[str, Any]]:
        """One row for each cell: how many factors change, and the answer there; none where there is none."""
        rows = zip(self.changes.tolist(), self.added.tolist(), self.benefit.tolist(), strict=True)
        return [
            {
                "changes": changes,
                "added_response": ADDED[added] if changes else None,
                "added_benefit": BENEFITS[benefit] if changes else None,
            }
            for changes, added, benefit in rows
        ]

    def in_brief(self) -> dict[str, Any]:
        return {"cells": len(self.changes), "found": int((self.changes > 0).sum())}


@dataclass(frozen=True)
class _Verdicts:
    """Added response (as a class, and as it is said) and benefit as indices (-1: cannot say) and the difference, for n
    cells."""

    added: Indices
    said: Indices
    benefit: Indices
    difference: Floats


class Neighbourhood:
    """The combinations of the levels of the chosen factors, and a patient's answers at each of them.

    Exact: every combination is estimated, by one vectorised call for a patient. A choice that was
    not told may stay so, or become any level; one that was told becomes another level. Only
    factors whose role is `chosen` vary, never a fact about the patient.
    """

    def __init__(self, explainer: Explainer):
        self.explainer = explainer
        self.condition = explainer.scorecard.condition
        chosen = np.array([factor.chosen for factor in self.condition])
        self._positions, self._fixed = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        self._sizes = np.array([len(factor.levels) for factor in self.condition])
        self._remembered: dict[bytes, _Verdicts] = {}

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(self.condition.factors[f].id for f in self._positions)

    def cells(self, code: Codes, unknown: Flags) -> Codes:
        """The codes (combinations, factors) of a patient (factors,) at every combination.

        unknown : (chosen factors,) where a choice that is not told is a combination too.
        """
        shape = self._shape(unknown)
        cells = np.repeat(np.reshape(code, (1, -1)), np.prod(shape), axis=0)
        cells[:, self._positions] = np.indices(shape).reshape(len(shape), -1).T
        return cells

    def _shape(self, unknown: Flags) -> tuple[int, ...]:
        return tuple((self._sizes[self._positions] + unknown).tolist())

    def nearest(self, patient: Understood, of: Target = "either", limit: int = 5) -> Nearest:
        """The nearest combinations with another answer, with the evidence of each change.

        Raises InputError for another target or a limit below 1.
        """
        check_target(of)
        check_count("limit", limit)
        start = self.explainer.estimator.codes(patient.levels)
        cells = self.cells(start[0], (start == self._sizes)[0, self._positions])
        now, answers = self._verdicts(start, patient), self._verdicts(cells, patient)
        found = np.flatnonzero(_another(answers, int(now.said[0]), int(now.benefit[0]), of))
        steps = (cells != start).sum(axis=1)
        moves = np.abs(answers.difference - now.difference)
        order = found[np.lexsort((found, -moves[found], steps[found]))][:limit]
        return Nearest(
            of=of,
            factors=self.factors,
            before=points(self.explainer, [patient])[0],
            searched=len(cells),
            answerable=int((answers.benefit != CANNOT_SAY).sum()),
            found=len(found),
            nearby=tuple(self._nearby(patient, cells[i]) for i in order),
            source=self.explainer.source,
        )

    def _nearby(self, patient: Understood, cell: Codes) -> Nearby:
        levels: dict[str, str | None] = dict(patient.levels)
        for f in self._positions:
            factor = self.condition.factors[f]
            levels[factor.id] = (*factor.level_ids, None)[cell[f]]
        messages = tuple(m for m in patient.messages if m.code != CONTRADICTORY.code)
        other = replace(patient, levels=levels, messages=messages)
        before, after = points(self.explainer, [patient, other])
        moved = {
            "added_response": after.said not in (None, before.said),
            "added_benefit": after.added_benefit != before.added_benefit,
        }
        changes = [
            change_of(self.explainer, factor, patient.levels[factor.id], levels[factor.id], {}, {}, levels)
            for factor in self.condition
            if patient.levels[factor.id] != levels[factor.id]
        ]
        return Nearby(tuple(changes), tuple(name for name, did in moved.items() if did), after)

    def nearest_many(self, codes: Codes, of: Target = "either") -> NearestColumn:
        """The nearest what-if of each cell of a column: codes (n, factors).

        Distinct cells are answered once, and the answers of a patient at all combinations are
        remembered. Nothing but levels is known of a row here: what a field adds beyond its level
        (an age outside those studied) is for the caller to reject first.
        """
        check_target(of)
        codes = np.asarray(codes, dtype=np.int64)
        keys = np.ravel_multi_index(tuple(codes.T), tuple((self._sizes + 1).tolist()))
        _, first, row = np.unique(keys, return_index=True, return_inverse=True)
        found = self._nearest_distinct(codes[first], of)
        return NearestColumn(found.codes[row], found.changes[row], found.added[row], found.benefit[row])

    def _nearest_distinct(self, codes: Codes, of: Target) -> NearestColumn:
        out = NearestColumn(codes.copy(), *(np.full(len(codes), value, dtype=np.int64) for value in (0, -1, -1)))
        unknown = (codes == self._sizes)[:, self._positions].any(axis=0)
        patients = np.ravel_multi_index(tuple(codes[:, self._fixed].T), tuple((self._sizes[self._fixed] + 1).tolist()))
        order = np.argsort(patients, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(patients[order])) + 1):
            self._fill(out, rows, codes, unknown, of)
        return out

    def _around(self, code: Codes, unknown: Flags) -> _Verdicts:
        """The answers of a patient at every combination, remembered."""
        key = code[self._fixed].tobytes() + unknown.tobytes()
        if key not in self._remembered:
            if len(self._remembered) >= REMEMBERED_PATIENTS:
                self._remembered.clear()
            self._remembered[key] = self._verdicts(self.cells(code, unknown))
        return self._remembered[key]

    def _fill(self, out: NearestColumn, rows: Indices, codes: Codes, unknown: Flags, of: Target) -> None:
        """Writes the nearest cells of the rows of one patient; rows that answer alike go together."""
        answers = self._around(codes[rows[0]], unknown)
        search = _Search(self._shape(unknown), self._sizes[self._positions], answers.difference)
        starts = np.ravel_multi_index(tuple(codes[np.ix_(rows, self._positions)].T), search.shape)
        kinds = answers.said[starts] * (len(BENEFITS) + 1) + answers.benefit[starts]
        for kind in np.unique(kinds):
            mine = np.flatnonzero(kinds == kind)
            now = starts[mine[0]]
            search.goals = _another(answers, int(answers.said[now]), int(answers.benefit[now]), of)
            cells, changes = search.nearest(starts[mine])
            mine, cells = mine[changes > 0], cells[changes > 0]
            there = np.array(np.unravel_index(cells, search.shape)).T
            out.codes[np.ix_(rows[mine], self._positions)] = there
            out.changes[rows[mine]] = changes[changes > 0]
            out.added[rows[mine]] = answers.added[cells]
            out.benefit[rows[mine]] = answers.benefit[cells]

    def _verdicts(self, codes: Codes, patient: Understood | None = None) -> _Verdicts:
        """The answers for cells; of `patient`, what its fields tell beyond the levels."""
        told = {name: np.full(len(codes), index) for name, index in (patient.categories if patient else {}).items()}
        outside = np.asarray(self.explainer.reader.contradictions.found(codes, told).any(axis=1))
        if patient is not None:
            outside |= any(m.severity == "abstain" and m.code != CONTRADICTORY.code for m in patient.messages)
        brief = self.explainer.brief(codes, outside)
        verdict = brief.verdict
        return _Verdicts(verdict.added, verdict.said, verdict.benefit, brief.estimate.difference.probability)


class _Search:
    """The nearest goal of many starts on a grid of choices: fewest axes changed, then the largest move.

    For each set of axes, smallest sets first, the highest and the lowest goal along these axes are
    found once for all starts (a reduction of the grid), so that a start costs one look-up a set.

    shape: the grid's; an axis longer than `sizes` has `not told` as its last entry, which a start
    may hold and keep, and to which no change leads. values : (cells,) what moves.
    """

    def __init__(self, shape: tuple[int, ...], sizes: Indices, values: Floats):
        self.shape = shape
        self.sizes = sizes
        self.values = values
        self.goals: Flags = np.zeros(len(values), dtype=bool)
        self._cells = np.arange(len(values)).reshape(shape)

    def nearest(self, starts: Indices) -> tuple[Indices, Indices]:
        """(cell, number of changes) for each start; 0 changes where there is no goal."""
        cells, changes = starts.copy(), np.zeros(len(starts), dtype=np.int64)
        left = np.arange(len(starts))
        for count in range(1, len(self.shape) + 1):
            cell, move = self._best_with(count, starts[left])
            found = move >= 0
            cells[left[found]], changes[left[found]] = cell[found], count
            left = left[~found]
        return cells, changes

    def _best_with(self, count: int, starts: Indices) -> tuple[Indices, Floats]:
        best, largest = starts.copy(), np.full(len(starts), -np.inf)
        for axes in combinations(range(len(self.shape)), count if len(starts) else 0):
            for cell, move in self._along(axes, starts):
                better = (move > largest) | ((move == largest) & (move >= 0) & (cell < best))
                best, largest = np.where(better, cell, best), np.where(better, move, largest)
        return best, largest

    def _along(self, axes: Sequence[int], starts: Indices) -> Iterator[tuple[Indices, Floats]]:
        """The highest and the lowest goal along some axes from each start, with how far it lies."""
        kept = [axis for axis in range(len(self.shape)) if axis not in axes]
        inside = tuple(slice(int(n)) if a in axes else slice(None) for a, n in enumerate(self.sizes))
        lines = self._cells[inside].transpose(*kept, *axes).reshape(*(self.shape[a] for a in kept), -1)
        here = tuple(np.unravel_index(starts, self.shape)[axis] for axis in kept)
        for sign in (1.0, -1.0):
            value = np.where(self.goals[lines], sign * self.values[lines], -np.inf)
            top = np.take_along_axis(lines, value.argmax(axis=-1)[..., None], axis=-1)[..., 0]
            yield top[here], value.max(axis=-1)[here] - sign * self.values[starts]


def _another(answers: _Verdicts, response: int, benefit: int, of: Target) -> Flags:
    """Where the model can answer, and answers otherwise than `response` and `benefit`; (cells,)."""
    added = (answers.said != response) & (answers.said != CANNOT_SAY)
    gain = (answers.benefit != benefit) & (answers.benefit != CANNOT_SAY)
    flags: dict[Target, Flags] = {"either": added | gain, "added_response": added, "added_benefit": gain}
    return flags[of]
