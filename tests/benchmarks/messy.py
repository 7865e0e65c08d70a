"""Scores rows of which two thirds are refused: `python -m tests.benchmarks.messy [--rows N] [--rounds N]`.

Tells the seconds for a text table into one Parquet file with its rejected rows, and how many times those of as many
clean rows they are; each run in a process of its own, the two in turn.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from .__main__ import cohort, machine, score_in_process, told

GOAL = 3.0
"""Seconds for 100,000 rows."""


def messy(rows: int, seed: int = 0) -> pa.Table:
    """A cohort in which two thirds of the rows have one of five mistakes that people make."""
    rng = np.random.default_rng(seed)
    clean = cohort(rows, seed)
    columns = {name: clean.column(name).cast(pa.string()).to_numpy(zero_copy_only=False) for name in clean.column_names}
    mistake = rng.integers(0, 15, rows)
    many = rng.integers(0, 300, rows)
    for number, (name, written) in enumerate(
        (
            ("age_years", lambda i: str(200 + i)),
            ("route", lambda i: f"intravenus {i}"),
            ("nihss", lambda i: f"about {i}"),
            ("days_since_onset", lambda i: f"-{i / 10 + 0.1:.1f}"),
            ("cell_type", lambda i: f"msk{i}"),
        )
    ):
        for place in np.flatnonzero(mistake // 2 == number):
            columns[name][place] = written(many[place])
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.messy", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        given = {kind: Path(name) / f"{kind}.csv" for kind in ("messy", "clean")}
        pa_csv.write_csv(messy(asked.rows), given["messy"])
        pa_csv.write_csv(cohort(asked.rows), given["clean"])
        pairs = []
        for number in range(asked.rounds):
            pairs.append([score_in_process(path, path.with_suffix(f".{number}.parquet")) for path in given.values()])
            print(f"messy {pairs[-1][0]['s']:.2f} s, clean {pairs[-1][1]['s']:.2f} s", flush=True)
        refused = pq.read_metadata(Path(name) / "messy.0.rejected.parquet").num_rows
    seconds = median(bad["s"] for bad, _ in pairs)
    times = median(bad["s"] / good["s"] for bad, good in pairs)
    note = f"{refused:,} refused; {times:.1f} times as many clean rows; peak {max(b['mb'] for b, _ in pairs):.0f} MB"
    goal = GOAL * asked.rows / 100_000
    print(" | ".join(told(f"{asked.rows:,} messy rows", f"at most {goal:g} s", seconds, seconds <= goal, note)))
    print(f"at the end: {machine()}")


if __name__ == "__main__":
    main()
