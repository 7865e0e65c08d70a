"""Scores many millions of rows and writes memory over time: `python -m tests.benchmarks.soak MILLIONS [OUT]`.

OUT is the name of the output, as out.parquet for one file; a folder of files by default.

The input is one million random profiles in a Parquet file, four of them with different seeds, linked as often as needed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from predictor.answer.library import Library
from predictor.tables.files import score_files
from predictor.tables.scorer import Scorer

from .__main__ import CONDITION, write_cohort

SEEDS = 4
MILLION = 1_000_000


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Watch(threading.Thread):
    """Prints rows and memory every few seconds."""

    def __init__(self, every: float = 10.0):
        super().__init__(daemon=True)
        self.every, self.rows, self.start_time = every, 0, time.perf_counter()
        self.seen: list[tuple[float, int, float]] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self.every):
            self.note()

    def note(self) -> None:
        spent = time.perf_counter() - self.start_time
        self.seen.append((spent, self.rows, memory_mb()))
        print(f"{spent:6.0f} s  {self.rows / 1e6:7.1f} M rows  {self.seen[-1][2]:6.0f} MB", flush=True)

    def count(self, rows: int) -> None:
        self.rows += rows


def main(millions: int, out: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for seed in range(SEEDS):
            write_cohort(folder / f"seed-{seed}.parquet", MILLION, seed)
        for i in range(millions):
            (folder / "in" / f"{i:05d}.parquet").hardlink_to(folder / f"seed-{i % SEEDS}.parquet")
        scorer = Scorer(Library(), CONDITION)
        print(f"memory after the imports {memory_mb():.0f} MB, load {os.getloadavg()[0]:.1f}", flush=True)
        watch = Watch()
        watch.start()
        count = score_files(str(folder / "in"), folder / out, scorer, progress=watch.count)
        watch.stopped.set()
        watch.note()
        spent = watch.seen[-1][0]
        print(f"{count}; {count.rows / spent / 1e6:.2f} M rows a second, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "out")
