"""Stops a run over files at every step that touches the disk, one after the other, and lets each go on.

python -m tests.tables.stopped IN OUT: for n = 1, 2, ... a process of its own scores IN into OUT and ends, as by kill -9,
before its n-th file operation; another one resumes it. Prints how many steps there are; ends with status 1 at the
first whose rows differ from those of a run that nobody stopped.

The processes are forked from this one, where all is imported and nothing runs by then (pyarrow starts its threads anew
after a fork): that makes each step a matter of milliseconds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count as count_up
from pathlib import Path
from typing import Any

from predictor.answer.library import Library
from predictor.tables import files as parts
from predictor.tables.reading import read_batches
from predictor.tables.scorer import Scorer

STEPS = frozenset(("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate"))
STOPPED = 9


def in_a_process(job: Callable[[], Any]) -> int:
    """The status of a forked process that does a job."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            job()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def stop_before(step: int, folder: Path) -> None:
    """Ends this process before the step-th operation on a file of a folder that changes it."""
    left = step

    def hook(event: str, told: tuple[Any, ...]) -> None:
        nonlocal left
        name = str(told[0])
        if event not in STEPS or not name.startswith(str(folder)) or name.endswith(".lock"):
            return
        if event == "open" and not set(str(told[1])) & set("wax+"):
            return
        left -= 1
        if left == 0:
            os._exit(STOPPED)

    sys.addaudithook(hook)


def rows_of(out: Path) -> Iterator[dict[str, Any]]:
    """The scored rows and the rejected ones."""
    rejected = out.with_name(f"{out.stem}.rejected{out.suffix or '.parquet'}")
    for path in (*(sorted(out.glob("*.parquet")) if out.is_dir() else [out]), rejected):
        for batch in read_batches(path, 1000):
            yield from batch.table.to_pylist()


def check_resumed(given: str, out: Path, whole: Path, scorer: Scorer) -> None:
    """Lets a stopped run go on, and compares its rows and files with those of a whole one."""
    count = parts.score_files(given, out, scorer, resume=True, threads=1)
    assert count.whole, count
    assert list(rows_of(out)) == list(rows_of(whole))
    left = {path.name for path in out.parent.glob(f"{out.stem}*")} | {path.name for path in out.glob("_*")}
    ends = (out.suffix, f".rejected{out.suffix or '.parquet'}", f"{out.suffix}.meta.json")
    assert left <= {f"{out.stem}{end}" for end in ends}, left


def main(given: str, name: str) -> None:
    parts.PART = 20
    scorer, whole = Scorer(Library(), "ischaemic_stroke"), Path(name)
    parts.score_files(given, whole, scorer, threads=1)  # in this process: what a first run works out is there
    for step in count_up(1):
        out = whole.with_name(f"{whole.stem}-{step}{whole.suffix}")

        def stopped(out: Path = out, step: int = step) -> None:
            stop_before(step, out.parent)
            parts.score_files(given, out, scorer, threads=1)

        if (status := in_a_process(stopped)) == 0:
            print(step - 1)
            return
        assert status == STOPPED, status
        if in_a_process(partial(check_resumed, given, out, whole, scorer)):
            sys.exit(f"step {step}")


if __name__ == "__main__":
    main(*sys.argv[1:])
