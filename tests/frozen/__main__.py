"""The command line: see the package's docstring."""

from __future__ import annotations

import os

os.environ.update(
    OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MPLBACKEND="Agg", COLUMNS="120"
)  # before numpy is read

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import answers, api, faces, faults, scorecards, tables
from .record import Differences, Part
from .running import ROOT, Asked, Workers

PARTS = {
    "answers": answers.tasks,
    "tables": tables.tasks,
    "faults": faults.tasks,
    "faces": faces.tasks,
    "scorecards": scorecards.tasks,
    "api": api.tasks,
}
ALL = 10_000
QUICK = 300


def main() -> int:
    asked = _arguments().parse_args()
    if asked.action == "show":
        print(answers.shown(asked.condition, asked.number, asked.stance, asked.language))
        return 0
    run = Asked(asked.profiles or (QUICK if asked.quick else ALL), asked.quick, asked.folder.resolve() / "broken")
    print(f"{asked.action}: {ROOT}, {run.profiles} profiles{', quick' if run.quick else ''}", flush=True)
    action = _record if asked.action == "record" else _compare
    with Workers() as workers:
        return action(asked.folder, run, asked.only or list(PARTS), workers)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.frozen", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for name in ("record", "compare"):
        action = actions.add_parser(name)
        action.add_argument("folder", type=Path)
        action.add_argument("--profiles", type=int)
        action.add_argument("--quick", action="store_true")
        action.add_argument("--only", nargs="+", choices=list(PARTS))
    show = actions.add_parser("show")
    show.add_argument("condition")
    show.add_argument("number", type=int)
    show.add_argument("--stance", default="graded")
    show.add_argument("--language", default="en")
    return parser


def _record(folder: Path, run: Asked, names: Sequence[str], workers: Workers) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    if not run.broken.exists():
        shutil.copytree(ROOT / "tests" / "broken", run.broken)
    for name in names:
        part, seconds = _made(name, run, workers)
        part.write(folder / f"{name}.zip")
        print(f"{name}: {len(part.texts)} recorded in {seconds:.0f} s", flush=True)
        for failed in (text for text in part.texts.items() if text[0].startswith("failed: ")):
            print("  {}: {}".format(*failed), flush=True)
    return 0


def _compare(folder: Path, run: Asked, names: Sequence[str], workers: Workers) -> int:
    found = 0
    for name in names:
        part, seconds = _made(name, run, workers)
        differences = Differences(Part.read(folder / f"{name}.zip"), part)
        print(f"{name}: {differences.summary} in {seconds:.0f} s", flush=True)
        for line in differences.lines():
            print(f"  {line}", flush=True)
        found += differences.count
    return int(found > 0)


def _made(name: str, run: Asked, workers: Workers) -> tuple[Part, float]:
    start = time.monotonic()
    texts = workers.texts(PARTS[name](run))
    return Part(texts, run.profiles, run.quick), time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main())
