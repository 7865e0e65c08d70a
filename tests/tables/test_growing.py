"""A Parquet file that grows: what is read from it is what was appended, by readers of other makes too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.answer.library import Library
from predictor.tables import growing
from predictor.tables.files import score_files
from predictor.tables.scorer import Scorer


def some(rows: int, seed: int) -> pa.Table:
    """Numbers, words and flags; some are missing."""
    rng = np.random.default_rng(seed)
    words = pa.array([None if i % 7 == 0 else f"word {i % (3 + seed)}" for i in range(rows)], pa.string())
    flags = pa.array([None, True, False] * rows, pa.bool_())[:rows]
    return pa.table({"x": rng.random(rows), "word": words.dictionary_encode(), "flag": flags, "text": words})


def grow(folder: Path, tables: list[pa.Table]) -> Path:
    path = folder / "grown.parquet"
    footers = [folder / f"footer-{i}" for i in range(len(tables))]
    for table, footer in zip(tables, footers, strict=True):
        growing.append(path, table, footer)
    growing.close(path, footers, b"what it is about")
    return path


@pytest.mark.parametrize("sizes", [(1,), (1000, 1, 777), (0,), (5, 0, 3)])
def test_what_was_appended_is_read_by_every_reader(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    tables = [some(n, i) for i, n in enumerate(sizes)]
    path = grow(tmp_path, tables)
    rows = [row for table in tables for row in table.to_pylist()]
    assert pq.read_table(path).to_pylist() == rows
    assert polars.read_parquet(path).to_dicts() == rows
    file = pq.ParquetFile(path)
    assert file.metadata.num_rows == len(rows)
    assert file.metadata.metadata[b"predictor"] == b"what it is about"
    assert file.schema_arrow.remove_metadata().equals(tables[0].schema)


def test_a_part_is_encoded_once_and_leaves_no_footer_between(tmp_path: Path) -> None:
    """The file is as long as its column chunks, the last footer and the letters at both ends."""
    path = grow(tmp_path, [some(500, i) for i in range(3)])
    data = path.read_bytes()
    meta = pq.read_metadata(path)
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    chunks = sum(g.column(c).total_compressed_size for g in groups for c in range(g.num_columns))
    footer = int.from_bytes(data[-8:-4], "little")
    assert len(data) == 4 + chunks + footer + 8
    assert data.count(b"PAR1") == 2


def test_what_a_stopped_run_left_behind_is_cut_off(tmp_path: Path) -> None:
    path, first, second = tmp_path / "grown", tmp_path / "first", tmp_path / "second"
    length = growing.append(path, some(50, 0), first)
    growing.append(path, some(60, 1), second)
    with path.open("ab") as file:
        file.write(b"half a row group")
    assert growing.cut(path, length)
    assert path.stat().st_size == length
    growing.append(path, some(60, 1), second)
    growing.close(path, [first, second], b"")
    assert pq.read_table(path).to_pylist() == [*some(50, 0).to_pylist(), *some(60, 1).to_pylist()]
    assert not growing.cut(path, 1 << 30)
    assert not growing.cut(tmp_path / "none", 0)


def test_parts_with_other_columns_end_up_in_one_file_too(
    tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON lines may tell a further column after many rows."""
    monkeypatch.setattr("predictor.tables.files.PART", 10)
    lines = [f'{{"patient_id": "{i}", "age": {40 + i}}}' for i in range(20)]
    lines += [f'{{"patient_id": "{i}", "age": {40 + i}, "site_id": "s{i}"}}' for i in range(20, 40)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    score_files(str(tmp_path / "in.jsonl"), tmp_path / "out.parquet", Scorer(library, "ischaemic_stroke"))
    found = pq.read_table(tmp_path / "out.parquet", columns=["row", "patient_id", "site_id"]).to_pylist()
    assert [row["row"] for row in found] == list(range(1, 41))
    assert [row["site_id"] for row in found] == [None] * 20 + [f"s{i}" for i in range(20, 40)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.parquet"]
