"""Runs tasks in two processes, and the command line inside them; makes what it prints stable."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import predictor

Texts = dict[str, str]
"""What a part gives, by name."""
Task = tuple[Any, ...]
"""A function that gives texts, with its arguments."""

ROOT = Path(predictor.__file__).resolve().parents[1]
CONDITIONS = ("cerebral_palsy", "ischaemic_stroke")
STANCES = ("sceptical", "graded", "face_value")
LANGUAGES = ("en", "zh")
HASH = re.compile(r"(?<![\w.])(?=[0-9]*[a-f])[0-9a-f]{16}(?!\w)", re.ASCII)
"""A scorecard's hash or a digest of a file; the digits of a number stand behind a point."""


@dataclass(frozen=True)
class Asked:
    """How much is run, and where the broken profiles and contents stand."""

    profiles: int
    quick: bool
    broken: Path


class Workers:
    """Two processes that do tasks."""

    def __enter__(self) -> Workers:
        self._pool = ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), _be_quiet)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def texts(self, tasks: Iterable[Task]) -> Texts:
        """What all the tasks give together; of one that fails what it failed of."""
        found: Texts = {}
        for future, name in [(self._pool.submit(*task), f"failed: {_name(*task)}") for task in tasks]:
            error = future.exception()
            for key, text in future.result().items() if error is None else [(name, repr(error))]:
                assert key not in found, f"{key} stands twice"
                found[key] = text
        return found


def _name(function: Callable[..., Texts], *arguments: Any) -> str:
    return f"{function.__name__}{arguments}"[:200]


def _be_quiet() -> None:
    """A warning is told once in a process: which output holds it would hang on the order of the tasks."""
    warnings.simplefilter("ignore")


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder to work in, entered, with copies of the project's `configs` and `data` in it."""
    with tempfile.TemporaryDirectory(prefix="frozen-") as name, chdir(name):
        folder = Path(name).resolve()
        for content in ("configs", "data"):
            shutil.copytree(ROOT / content, folder / content)
        yield folder


def own_content(folder: Path) -> tuple[str, ...]:
    """The options that name a workplace's copies. By their whole paths: what a process has read, it keeps by path."""
    return ("--configs", str(folder / "configs"), "--data", str(folder / "data"))


def stable(text: str) -> str:
    """A text without what differs from run to run and from place to place."""
    for path, word in ((Path.cwd(), "TMP"), (ROOT, "PROJECT")):
        text = text.replace(str(path), word)
    return HASH.sub("HASH", text)


def command(*arguments: str) -> str:
    """The exit status and the output of a command, run in this process."""
    from predictor.cli import main

    done = CliRunner().invoke(main, arguments)
    crash = done.exception if done.exception and not isinstance(done.exception, SystemExit) else None
    return _told(done.exit_code, done.stdout, done.stderr + (f"{crash!r}\n" if crash else ""))


def real_command(*arguments: str) -> str:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "predictor", *arguments], capture_output=True, check=False, env=environment()
    )
    return _told(done.returncode, done.stdout.decode(), done.stderr.decode())


def environment() -> dict[str, str]:
    """In which a process finds the same package as this one."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _told(status: int, out: str, err: str) -> str:
    return stable(f"exit {status}\n{out}" + (f"--- stderr\n{err}" if err else ""))


def commands(lines: Sequence[tuple[str, ...]]) -> Texts:
    """Each command with what it gives, in one workplace."""
    with workplace():
        return {" ".join(line): command(*line) for line in lines}


def in_groups(lines: Iterable[tuple[str, ...]], size: int) -> Iterator[Task]:
    """Tasks of so many commands each."""
    some = list(dict.fromkeys(lines))
    for start in range(0, len(some), size):
        yield commands, some[start : start + size]
