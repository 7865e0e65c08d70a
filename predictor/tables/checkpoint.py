"""A run over files: where its output goes, and what of it is finished, so that a stopped one goes on.

All that is under way stands in a work folder beside the output. A part is finished when its mark is set; only a
whole output gets its name. What was tidied up when a run is stopped is scored again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import Fault, InputError, joined, say, shown
from .reading import input_files, kind_of
from .scorer import Scorer
from .writing import check_writable

RUN = "_run.json"


@dataclass(frozen=True)
class Count:
    """Rows read, scored and rejected."""

    rows: int = 0
    scored: int = 0
    rejected: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.rows + other.rows, self.scored + other.scored, self.rejected + other.rejected)

    @property
    def whole(self) -> bool:
        """Whether every row that was read is in one of the two outputs."""
        return self.rows == self.scored + self.rejected


@dataclass(frozen=True)
class Output:
    """Where the scored rows go: a file, or a folder of Parquet files, and what is beside it."""

    path: Path

    @property
    def folder(self) -> bool:
        return not self.path.suffix or self.path.is_dir()

    @property
    def kind(self) -> str:
        return "parquet" if self.folder else kind_of(self.path)

    @property
    def work(self) -> Path:
        return self.path.with_name(self.path.name + ".parts")

    @property
    def rejected(self) -> Path:
        if self.folder:
            return self.path.with_name(f"{self.path.name}.rejected.parquet")
        return self.path.with_name(f"{self.path.stem}.rejected{self.path.suffix}")

    @property
    def beside(self) -> bool:
        """Whether what a table is about stands beside it: in a text there is no room for it."""
        return self.kind in ("csv", "jsonl")

    @property
    def sidecar(self) -> Path:
        return self.path.with_name(self.path.name + ".meta.json")

    @property
    def lock(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")

    @property
    def run(self) -> Path:
        """What the run is."""
        return self.work / RUN

    def part(self, number: int) -> Path:
        return self.work / f"part-{number:012d}.parquet"

    def rejected_part(self, number: int) -> Path:
        return self.work / f"_rejected-{number:012d}.parquet"

    def mark(self, number: int) -> Path:
        return self.work / f"_part-{number:012d}.json"


@contextmanager
def opened(given: str, out: Path, scorer: Scorer, resume: bool) -> Iterator[tuple[list[Path], Output]]:
    """(the files to read, the output with its work folder, which no other process writes meanwhile).

    If the input is refused before a part is finished, nothing is left. Raises InputError.
    """
    if not out.name:
        raise InputError(Fault("out", shown(str(out)), say("new_folder_or_file"), say("give_another_name")))
    output = Output(out)
    files = [path for path in input_files(given) if output.work not in path.parents]
    check_writable(output.kind)
    with alone(output):
        prepare(output, files, scorer, resume)
        try:
            yield files, output
        except (InputError, ImportError):
            if not any(output.work.glob("_part-*.json")):
                remove_work(output)
            raise


@contextmanager
def alone(output: Output) -> Iterator[None]:
    """Sees to it that no other process writes the same output meanwhile. Raises InputError where one does.

    A process that is killed leaves the file of the lock, but not the lock.
    """
    try:
        with FileLock(output.lock, timeout=0):  # which makes the folder, too
            try:
                yield
            finally:
                output.lock.unlink(missing_ok=True)
    except Timeout as error:
        cure = say("wait_or_rename")
        raise InputError(Fault("out", say("run_that_writes_it"), say("one_run"), cure, str(output.path))) from error


def prepare(output: Output, files: Sequence[Path], scorer: Scorer, resume: bool) -> None:
    """A fresh work folder, or the one of the stopped run if it is of the same run. Raises InputError."""
    run = json.loads(json.dumps(_fingerprint(files, scorer)))
    if resume and output.folder and (output.path / RUN).exists():
        output.path.replace(output.work)  # it was stopped when it had its name, but was not yet tidy
    _check_free(output, files)
    if resume and output.run.exists():
        _check_same_run(json.loads(output.run.read_text(encoding="utf-8")), run, output)
        return
    remove_work(output)
    output.work.mkdir(parents=True)
    write_json(output.run, run)


def _fingerprint(files: Sequence[Path], scorer: Scorer) -> dict[str, Any]:
    """What a run that goes on must have in common with the one that was stopped."""
    told = {"condition": scorer.condition, "units": scorer.units, "keep": list(scorer.keep)}
    return {**scorer.about(), **told, "columns": list(scorer.columns), "inputs": _as_they_are(files)}


def _as_they_are(files: Sequence[Path]) -> list[list[Any]]:
    """Each file with its length and the time of its last change."""
    return [[str(path), (state := path.stat()).st_size, state.st_mtime_ns] for path in files]


def check_unchanged(output: Output) -> None:
    """Raises InputError where a table was written to while it was read: its rows would be of two tables."""
    before = json.loads(output.run.read_text(encoding="utf-8"))["inputs"]
    now = _as_they_are([Path(path) for path, *_ in before])
    if changed := [state[0] for state in before if state not in now]:
        found, cure = say("changed_since"), say("run_again")
        raise InputError([Fault("table", found, say("unchanged_table"), cure, path) for path in changed])


def _check_same_run(before: dict[str, Any], now: dict[str, Any], output: Output) -> None:
    changed = sorted(key for key in now if before.get(key) != now[key])
    if changed:
        cure = say("leave_out_resume")
        found = say("another_run", list=joined(changed))
        raise InputError(Fault("resume", found, say("same_run"), cure, str(output.work)))


def _check_free(output: Output, files: Sequence[Path]) -> None:
    """Raises InputError where what is written would take the place of something else."""
    read = {path.resolve() for path in files}
    for path in (output.path, output.rejected, output.sidecar):
        if path.resolve() in read:
            raise InputError(
                Fault("out", say("table_being_read"), say("another_file"), say("give_another_name"), str(path))
            )
    if output.folder and output.path.exists() and (output.path.is_file() or any(output.path.iterdir())):
        found = say("a_file") if output.path.is_file() else say("folder_not_empty")
        cure = say("another_name_or_remove_it")
        raise InputError(Fault("out", found, say("new_folder"), cure, str(output.path)))
    if output.rejected.exists() and not output.path.is_file() and not output.work.exists():
        found, cure = say("rejected_of_other"), say("another_name_or_remove_them")
        raise InputError(Fault("out", found, say("no_such_file"), cure, str(output.rejected)))


def remove_work(output: Output) -> None:
    """Removes what a stopped run left, last what says that it is one. Raises InputError for a folder of the user's."""
    if not output.work.exists():
        return
    if not output.run.exists() and any(path != _temporary(output.run) for path in output.work.iterdir()):
        cure = say("another_name_or_remove_folder")
        raise InputError(Fault("out", say("folder_of_another_kind"), say("no_such_folder"), cure, str(output.work)))
    _tidy(output.work, "*")
    output.run.unlink(missing_ok=True)
    output.work.rmdir()


def _tidy(folder: Path, pattern: str) -> None:
    """Removes the files of a work folder but the one that says what the run is."""
    for path in folder.glob(pattern):
        if path.name != RUN:
            path.unlink()


def name_folder(output: Output) -> None:
    """Makes the work folder the output, without all that is no part of it."""
    _tidy(output.work, "_*")
    output.work.replace(output.path)
    (output.path / RUN).unlink()


def write_json(path: Path, data: Any) -> None:
    """Writes a file that is there whole or not at all."""
    temporary = _temporary(path)
    temporary.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def set_mark(output: Output, number: int, count: Count) -> None:
    """Marks a part as finished, with the length of each file that it is in."""
    files = [path for path in (output.part(number), output.rejected_part(number)) if path.exists()]
    write_json(output.mark(number), {"count": asdict(count), "files": {p.name: p.stat().st_size for p in files}})


def finished(output: Output, number: int) -> Count | None:
    """The rows of a part; None where it has no mark, or one of its files is not what it was."""
    if not output.mark(number).exists():
        return None
    mark = json.loads(output.mark(number).read_text(encoding="utf-8"))
    sizes = {path.name: path.stat().st_size for path in map(output.work.joinpath, mark["files"]) if path.exists()}
    return Count(**mark["count"]) if sizes == mark["files"] else None
