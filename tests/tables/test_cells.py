"""The table of cells: each worked out once, found again by array or by hash, and started afresh when full."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from predictor.answer.library import Library
from predictor.tables import cells as lattice
from predictor.tables import frames
from predictor.tables import scorer as batch
from predictor.tables.cells import Words
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

from .test_scorer import random_numbers, same_rows


def table(library: Library, n: int = 300) -> pa.Table:
    return random_numbers(library.scorecard("ischaemic_stroke").condition, n, 8)


def test_a_cell_is_worked_out_once(library: Library) -> None:
    scorer = Scorer(library, "ischaemic_stroke")
    cells = scorer.block(table(library)).cells
    before = cells.size
    assert scorer.block(table(library)).cells is cells
    assert cells.size == before


def test_numbers_and_words_stay_with_their_cells_as_the_table_of_them_grows() -> None:
    """Room is made by doubling from 1,024 cells, or at once for more than that."""
    cells = lattice.Cells(("first", "second"), {"level": Words(), "source": Words()})
    added, size = [], 0
    for count in (1_000, 23, 1, 500, 5_000, 7):
        at = size + np.arange(count)
        words = {"level": (at % 7).astype(np.int64), "source": (at % 11).astype(np.int64)}
        added.append(cells.add(count, {"first": at / 3, "second": -at / 7}, words))
        size += count
    slots, every = np.concatenate(added), np.arange(size)
    assert slots.tolist() == list(range(1, size + 1))  # the first place is of no answer
    assert cells.numbers_at("first", slots, empty=False).tolist() == (every / 3).tolist()
    assert cells.numbers_at("second", slots, empty=False).tolist() == (-every / 7).tolist()
    for name, period in (("level", 7), ("source", 11)):
        out = np.zeros(size, dtype=np.int8)
        cells.at(name, slots, False, out)
        assert out.tolist() == (every % period).tolist()
    assert cells.texts[:, 0].tolist() == [-1, -1]


@pytest.mark.slow
def test_a_large_table_is_row_by_row_the_single_answers(library: Library) -> None:
    """With so many cells that their table grows twice; a row of five is compared, from before and after."""
    some, scorer = table(library, 2_300), Scorer(library, "ischaemic_stroke")
    scored = score_frame(some, scorer).to_pylist()
    assert scorer._known.cells.size > 2_048
    same_rows(scored[::5], some.to_pylist()[::5], library, "ischaemic_stroke", "graded")


def test_the_way_by_hash_gives_what_the_way_by_array_gives(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    some = table(library).select(["age_years", "nihss", "cell_type", "route"])
    dense = score_frame(some, Scorer(library, "ischaemic_stroke"))
    monkeypatch.setattr(lattice, "DENSE", 1)
    assert score_frame(some, Scorer(library, "ischaemic_stroke")).equals(dense)


def test_combinations_too_many_to_count_are_numbered_and_change_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a condition with some twenty factors: a later table that has a new value among many known ones."""
    some = table(library, 60)
    counted = score_frame(some, Scorer(library, "ischaemic_stroke"))
    monkeypatch.setattr(lattice, "NEW_STEP", -8)
    monkeypatch.setattr(lattice, "MOST_COUNTED", 8)
    scorer = Scorer(library, "ischaemic_stroke")
    found = [score_frame(some.slice(start, 20), scorer) for start in (0, 20, 40)]
    assert [row for part in found for row in part.to_pylist()] == counted.to_pylist()


@pytest.mark.slow
def test_a_full_table_starts_afresh_and_changes_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "FULL", 50)
    monkeypatch.setattr(frames, "BLOCK", 40)
    some, scorer = table(library), Scorer(library, "ischaemic_stroke")
    same_rows(score_frame(some, scorer).to_pylist(), some.to_pylist(), library, "ischaemic_stroke", "graded")
    assert scorer._known.cells.size <= 50 + 2 * 41


def test_the_order_and_the_size_of_blocks_change_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    some = table(library)
    whole = score_frame(some, Scorer(library, "ischaemic_stroke")).to_pylist()
    order = np.random.default_rng(1).permutation(some.num_rows)
    monkeypatch.setattr(frames, "BLOCK", 7)
    shuffled = score_frame(some.take(pa.array(order)), Scorer(library, "ischaemic_stroke")).to_pylist()
    assert shuffled == [whole[i] for i in order.tolist()]


def test_words_have_one_number_each() -> None:
    words = Words()
    assert [words.number(word) for word in ("a", "b", "a")] == [0, 1, 0]
    assert words.texts == ["a", "b"]


def test_a_column_that_is_the_same_in_all_cells_is_told_to_the_last_bit() -> None:
    """Without a look-up as with one: a zero below zero and a place of no answer are kept apart."""
    cells = lattice.Cells(("same", "signs", "absent"), {})
    slots = cells.add(2, {"same": np.array([0.1, 0.1]), "signs": np.array([0.0, -0.0])}, {})
    assert cells.numbers_at("same", slots, empty=False).tolist() == [0.1, 0.1]
    assert np.signbit(cells.numbers_at("signs", slots, empty=False)).tolist() == [False, True]
    assert np.isnan(cells.numbers_at("absent", slots, empty=False)).all()
    unscored = np.append(slots, 0)
    assert np.isnan(cells.numbers_at("same", unscored, empty=True)).tolist() == [False, False, True]
    more = cells.add(1, {"same": np.array([0.2])}, {})
    assert cells.numbers_at("same", np.append(slots, more), empty=False).tolist() == [0.1, 0.1, 0.2]
