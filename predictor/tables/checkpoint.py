"""A run over files: where its output goes, and what of it is finished, so that a stopped one goes on.

All that is under way stands in a work folder beside the output. A part is finished when its mark is set, a run
when it is marked as done: then nothing but renaming and tidying is left, which goes on from wherever it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count as count_up
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import Fault, InputError
from .reading import input_files, kind_of
from .scorer import Scorer
from .writing import check_writable

TEXTUAL = ("csv", "jsonl")
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
    def grows(self) -> bool:
        """Whether parts are put into the one file as soon as they are scored."""
        return self.kind == "parquet" and not self.folder

    @property
    def part_kind(self) -> str:
        """The format of the parts: that of the file where parts can be put one after the other."""
        return self.kind if self.kind in TEXTUAL else "parquet"

    @property
    def part_suffix(self) -> str:
        return self.path.suffix if self.kind in TEXTUAL else ".parquet"

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
        return self.kind in TEXTUAL

    @property
    def sidecar(self) -> Path:
        return self.path.with_name(self.path.name + ".meta.json")

    @property
    def lock(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")

    @property
    def run(self) -> Path:
        """What the run is, and once all is scored what is left to do."""
        return self.work / RUN

    def without_parts(self, files: Sequence[Path]) -> list[Path]:
        """Files to read: not the parts of a stopped run, where the output is in the folder of the input."""
        return [path for path in files if self.work not in path.parents]

    def part(self, number: int) -> Path:
        return self.work / f"part-{number:012d}{self.part_suffix}"

    def footer(self, number: int) -> Path:
        return self.work / f"_footer-{number:012d}.parquet"

    def grown(self, number: int) -> Path:
        return self.work / f"_grown-{number:012d}.parquet"

    def rejected_part(self, number: int) -> Path:
        return self.work / f"_rejected-{number:012d}.parquet"

    def mark(self, number: int) -> Path:
        return self.work / f"_part-{number:012d}.json"


@contextmanager
def opened(given: str, out: Path) -> Iterator[tuple[list[Path], Output]]:
    """(the files to read, the output, which no other process writes meanwhile). Raises InputError."""
    output = Output(out)
    files = output.without_parts(input_files(given))
    check_writable(output.kind)
    with alone(output):
        yield files, output


@contextmanager
def alone(output: Output) -> Iterator[None]:
    """Sees to it that no other process writes the same output meanwhile. Raises InputError where one does.

    A process that is killed leaves the file of the lock, but not the lock.
    """
    output.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(output.lock, timeout=0):
            try:
                yield
            finally:
                output.lock.unlink(missing_ok=True)
    except Timeout as error:
        cure = "Wait until it has ended, or give another name."
        raise InputError(Fault("out", "another run that writes it", "one run", cure, str(output.path))) from error


def _fingerprint(files: Sequence[Path], scorer: Scorer) -> dict[str, Any]:
    """What a run that goes on must have in common with the one that was stopped."""
    inputs = [[str(p), p.stat().st_size, p.stat().st_mtime_ns] for p in files]
    told = {"condition": scorer.condition, "units": scorer.units, "keep": list(scorer.keep)}
    return {**scorer.about(), **told, "columns": list(scorer.columns), "inputs": inputs}


def prepare(output: Output, files: Sequence[Path], scorer: Scorer, engine: str, rows: int, resume: bool = False) -> int:
    """A fresh work folder, or the one of the stopped run if it is of the same run.

    engine: what numbers the parts; rows: of a part in a fresh run. Gives those of this run. Raises InputError.
    """
    run = {**json.loads(json.dumps(_fingerprint(files, scorer))), "engine": engine}
    if resume and output.folder and (output.path / RUN).exists():
        output.path.replace(output.work)  # it was stopped when it had its name, but was not yet tidy
    _check_free(output, files)
    if resume and output.run.exists():
        before = _read_json(output.run)
        _same_run(before, run, output)
        return int(before["rows_of_a_part"])
    remove_work(output)
    output.work.mkdir(parents=True)
    write_json(output.run, {**run, "rows_of_a_part": rows})
    return rows


def _check_free(output: Output, files: Sequence[Path]) -> None:
    """Raises InputError where what is written would take the place of something else."""
    read = {path.resolve() for path in files}
    for path in (output.path, output.rejected, output.sidecar):
        if path.resolve() in read:
            raise InputError(Fault("out", "a table that is read", "another file", "Give another name.", str(path)))
    if output.folder and output.path.exists() and (output.path.is_file() or any(output.path.iterdir())):
        found = "a file" if output.path.is_file() else "a folder that is not empty"
        cure = "Give another name, or remove it."
        raise InputError(Fault("out", found, "a new folder", cure, str(output.path)))
    if output.rejected.exists() and not output.path.is_file() and not output.work.exists():
        found, cure = "rejected rows of another output", "Give another name, or remove them."
        raise InputError(Fault("out", found, "no such file", cure, str(output.rejected)))


def remove_work(output: Output) -> None:
    """Removes what a stopped run left, last what says that it is one. Raises InputError for a folder of the user's."""
    if not output.work.exists():
        return
    if not output.run.exists() and any(path != _temporary(output.run) for path in output.work.iterdir()):
        cure = "Give another name, or remove the folder."
        raise InputError(Fault("out", "a folder of another kind", "no such folder", cure, str(output.work)))
    _tidy(output.work, "*")
    output.run.unlink(missing_ok=True)
    output.work.rmdir()


def _tidy(folder: Path, pattern: str) -> None:
    """Removes the files of a work folder but the one that says what the run is."""
    for path in folder.glob(pattern):
        if path.name != RUN:
            path.unlink()


def _same_run(before: dict[str, Any], now: dict[str, Any], output: Output) -> None:
    changed = sorted(key for key in now if before.get(key) != now[key])
    if changed:
        cure = "Leave out --resume to start again."
        found = f"another {', '.join(changed)} than when it was stopped"
        raise InputError(Fault("resume", found, "the same run", cure, str(output.work)))


def write_json(path: Path, data: Any) -> None:
    temporary = _temporary(path)
    temporary.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def _read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def marks(output: Output) -> Iterator[dict[str, Any]]:
    """The marks of the parts that are finished, from the first to the last before one that is not."""
    for number in count_up():
        mark = mark_of(output, number)
        if mark is None:
            return
        yield mark


def set_mark(output: Output, number: int, count: Count, files: Sequence[Path], **more: Any) -> None:
    """Marks a part as finished, with the length of each file that it is in."""
    sizes = {path.name: path.stat().st_size for path in files}
    write_json(output.mark(number), {"count": asdict(count), "files": sizes, **more})


def mark_of(output: Output, number: int) -> dict[str, Any] | None:
    """The mark of a part; None where it is not finished, or one of its files is not what it was."""
    path = output.mark(number)
    if not path.exists():
        return None
    mark = _read_json(path)
    sizes = {name: _size(output.work / name) for name in mark["files"]}
    return mark if sizes == mark["files"] else None


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def set_done(output: Output, count: Count, whole: Path | None) -> None:
    """Marks a run as done: `whole`, in the work folder, is the output; None where it is the folder itself."""
    write_json(
        output.run, {**_read_json(output.run), "done": {"whole": whole.name if whole else None, "count": asdict(count)}}
    )


def settle(output: Output) -> Count | None:
    """Gives the output of a run that is done its name and tidies up; None where it is not done.

    Whatever step it is stopped at, it can be called again.
    """
    done = _read_json(output.run).get("done")
    if done is None:
        return None
    if done["whole"] is None:
        _name_folder(output)
    else:
        whole = output.work / done["whole"]
        if whole.exists():
            whole.replace(output.path)
        remove_work(output)
    return Count(**done["count"])


def _name_folder(output: Output) -> None:
    _tidy(output.work, "_*")
    output.work.replace(output.path)
    (output.path / RUN).unlink()
