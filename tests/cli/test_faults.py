"""What a command says and leaves when the machine fails it: a full disk, a signal, a table that changes, a clock set back."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from predictor.content.whole_files import write_whole

from ..conftest import ROOT
from ..documents import text_of
from ..validation.test_intake import STUDY

ROWS = 3_000
RUN = """
import os, sys, time, resource, signal
from pathlib import Path
from predictor.tables import files as parts
parts.PART = 500
asked, room = os.environ.get("PAUSE"), os.environ.get("ROOM")
if os.environ.get("NAMES"):
    def named(*_):
        print("waiting", flush=True)
        time.sleep(60)
    Path.replace = named
if room:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
score = parts.score_piece
def slowly(piece, scorer):
    if piece.number >= 2:
        while len(list(Path(asked).glob("*.parts/_part-*.json"))) < 2:
            time.sleep(0.01)
        if piece.number == 2:
            print("waiting", flush=True)
            while not Path(asked, "go").exists():
                time.sleep(0.01)
    return score(piece, scorer)
if asked:
    parts.score_piece = slowly
from predictor.cli import main
main()
"""


def table(folder: Path) -> Path:
    path = folder / "in.csv"
    path.write_text("id,age,nihss\n" + "".join(f"p{i},{30 + i % 50},{i % 30}\n" for i in range(ROWS)), encoding="utf-8")
    return path


def command(folder: Path, *more: str) -> list[str]:
    told = ["score", str(folder / "in.csv"), str(folder / "out.csv"), "--condition", "stroke", "--workers", "1", *more]
    return [sys.executable, "-c", RUN, *told]


def ended(folder: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(command(folder, *more), folder, **environment)


def run(words: Sequence[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that ended, asked from a folder."""
    whole = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder, env=whole)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The output of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    table(folder)
    assert ended(folder).returncode == 0
    return (folder / "out.csv").read_bytes()


def waiting(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A run that has finished two of its parts, and goes on with the third when `go` is there."""
    run = subprocess.Popen(
        command(folder, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PAUSE": str(folder)},
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "waiting\n"
    return run


def finished_with_resume(folder: Path, whole: bytes) -> None:
    """Lets a run go on: it gives what one gives that nobody stopped, and leaves nothing beside it."""
    (folder / "go").unlink(missing_ok=True)
    done = ended(folder, "--resume")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"{ROWS} rows read, {ROWS} scored, 0 rejected."
    assert sorted(path.name for path in folder.iterdir()) == ["in.csv", "out.csv", "out.csv.meta.json"]
    assert (folder / "out.csv").read_bytes() == whole


STOPPED = (
    "predictor: run: found a signal to stop; expected time to finish. Nothing is half written; `score` goes on with "
    "--resume.\n"
)


FULL = "predictor: disk: found File too large; expected room for the output. Free some room; `score` goes on with --resume.\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sign", "status", "told"),
    [(signal.SIGINT, 1, STOPPED), (signal.SIGTERM, 1, STOPPED), (signal.SIGKILL, -signal.SIGKILL, "")],
)
def test_a_table_that_is_stopped_says_so_leaves_nothing_half_written_and_goes_on(
    tmp_path: Path, sign: signal.Signals, status: int, told: str, whole: bytes
) -> None:
    table(tmp_path)
    run = waiting(tmp_path)
    run.send_signal(sign)
    (tmp_path / "go").touch()
    _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (status, told)
    assert not (tmp_path / "out.csv").exists()
    assert len(list(tmp_path.glob("out.csv.parts/_part-*.json"))) >= 2
    finished_with_resume(tmp_path, whole)


@pytest.mark.slow
@pytest.mark.parametrize("room", [100, 20_000, 200_000])
def test_a_full_disk_is_told_in_one_line_and_the_run_goes_on(tmp_path: Path, room: int, whole: bytes) -> None:
    """The room is that of the largest file: the first part, a further one, or the whole does not fit."""
    table(tmp_path)
    full = ended(tmp_path, ROOM=str(room))
    assert (full.returncode, full.stderr) == (2, FULL)
    assert not (tmp_path / "out.csv").exists()
    finished_with_resume(tmp_path, whole)


OTHERS = (
    "report --interactive page.html",
    "plot icons --condition cp --age-years 3 --out plot.png",
    "evidence add --template form.yaml",
)
"""Commands that write one file."""


@pytest.mark.slow
@pytest.mark.parametrize("told", OTHERS)
def test_a_file_that_the_disk_does_not_hold_is_not_begun(tmp_path: Path, told: str) -> None:
    done = run([sys.executable, "-c", RUN, *shlex.split(told)], tmp_path, ROOM="1000")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", FULL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "folder", "room"), [("fit --out kept", "scorecards", 330_000),
                                 ("evidence add form.yaml --overwrite --out .", "evidence", 60_000)]
)  # fmt: skip
def test_files_that_belong_together_are_all_new_or_all_old(tmp_path: Path, told: str, folder: str, room: int) -> None:
    """The first of them would have had room."""
    there = tmp_path / ("kept" if folder == "scorecards" else folder)
    shutil.copytree(ROOT / "data" / folder, there)
    (tmp_path / "form.yaml").write_text(STUDY, encoding="utf-8")
    for path in there.iterdir():
        path.write_bytes(path.read_bytes() + b"\n")
    before = {path.name: path.read_bytes() for path in there.iterdir()}
    assert min(map(len, before.values())) < room < max(map(len, before.values()))
    done = run([sys.executable, "-c", RUN, *shlex.split(told)], tmp_path, ROOM=str(room), TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", FULL)
    assert {path.name: path.read_bytes() for path in there.iterdir()} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "sign"),
    [*((told, signal.SIGTERM) for told in (*OTHERS[1:], "fit --out .")),
     *((OTHERS[0], sign) for sign in (signal.SIGINT, signal.SIGKILL))],
)  # fmt: skip
def test_a_file_that_is_stopped_before_it_has_its_name_is_not_there(
    tmp_path: Path, told: str, sign: signal.Signals
) -> None:
    words = [sys.executable, "-c", RUN, *shlex.split(told)]
    asked = {**os.environ, "PYTHONPATH": str(ROOT), "NAMES": "held"}
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, env=asked) as stopped:
        assert stopped.stdout is not None
        assert stopped.stdout.readline() == "waiting\n"
        stopped.send_signal(sign)
        _, errors = stopped.communicate(timeout=60)
    killed = sign is signal.SIGKILL
    assert (stopped.returncode, errors) == ((-sign, "") if killed else (1, STOPPED))
    assert [path.name for path in tmp_path.iterdir() if not (killed and path.suffix == ".part")] == []
    if killed:
        assert run(words, tmp_path).returncode == 0
        assert (tmp_path / "page.html").stat().st_size > 100_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "told", ["--help", "--version", "explain --help", "explain --condition cp --age-years 3 --json"]
)
def test_a_screen_that_takes_nothing_is_told_in_one_line(told: str) -> None:
    words = [sys.executable, "-m", "predictor", *shlex.split(told)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, FULL.replace("File too large", "No space left on device"))


@pytest.mark.slow
@pytest.mark.parametrize("told", ["--version", "explain --condition cp --age-years 3", "factors --json"])
def test_without_a_screen_a_command_ends_as_with_one(told: str) -> None:
    words = ["sh", "-c", f"exec {sys.executable} -m predictor {told} >&-"]
    done = subprocess.run(words, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_table_that_changes_while_it_is_read_is_no_table(tmp_path: Path) -> None:
    path = table(tmp_path)
    run = waiting(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write("new,50,4\n")
    (tmp_path / "go").touch()
    _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (
        2,
        f"predictor: {path}: table: found another size or time than when it was begun; expected a table that stays as it "
        "is until the run has ended. Run it again without --resume; copy the table first if it is still being written.\n",
    )
    assert not (tmp_path / "out.csv").exists()
    again = ended(tmp_path, "--resume")
    assert again.returncode == 2
    assert "found another inputs than when it was stopped" in again.stderr
    assert ended(tmp_path).returncode == 0


@pytest.mark.slow
def test_a_table_that_vanishes_while_it_is_read_is_told(tmp_path: Path, whole: bytes) -> None:
    path = table(tmp_path)
    run = waiting(tmp_path)
    kept = path.rename(tmp_path / "away.csv")
    (tmp_path / "go").touch()
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert errors.startswith(f"predictor: {path}: file: found No such file or directory;")
    assert not (tmp_path / "out.csv").exists()
    kept.rename(path)
    finished_with_resume(tmp_path, whole)


@pytest.mark.slow
def test_a_clock_that_is_set_back_costs_nothing(tmp_path: Path, whole: bytes) -> None:
    """The table, the marks and the parts are of a time that is yet to come."""
    path = table(tmp_path)
    later = time.time() + 10 * 365 * 86400
    os.utime(path, (later, later))
    run = waiting(tmp_path)
    run.kill()
    run.communicate(timeout=60)
    for made in (tmp_path / "out.csv.parts").iterdir():
        os.utime(made, (later, later))
    finished_with_resume(tmp_path, whole)


def test_nothing_asks_what_time_it_is() -> None:
    """Limits of time are of a clock that cannot be set (monotonic); answers and files bear no date."""
    asks = re.compile(r"\btime\.time\(|datetime\.now|date\.today|utcnow")
    found = [path.name for path in (ROOT / "predictor").rglob("*.py") if asks.search(path.read_text(encoding="utf-8"))]
    assert found == []


BOUND = "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1, 0, 0, 0); os.execv(sys.executable, sys.argv[1:])"
"""Starts a program that may not write where a folder forbids it, as root may (CAP_DAC_OVERRIDE is given up)."""


def bound(*told: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command by someone who is bound by what a folder allows."""
    return run([sys.executable, "-c", BOUND, sys.executable, "-m", "predictor", *told], cwd, **environment)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that may be read and not written."""
    table(tmp_path)
    tmp_path.chmod(0o555)
    yield tmp_path
    tmp_path.chmod(0o755)


@pytest.mark.slow
@pytest.mark.parametrize(
    "told",
    [
        "score in.csv out.csv --condition stroke",
        "report --interactive page.html",
        "plot icons --condition cp --age-years 3 --out plot.svg",
        "fit --out .",
    ],
)
def test_an_output_that_may_not_be_written_is_one_line(locked: Path, told: str) -> None:
    done = bound(*shlex.split(told), cwd=locked)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "file: found Permission denied; expected a file or folder that can be read and written." in done.stderr
    assert [path.name for path in locked.iterdir()] == ["in.csv"]


@pytest.mark.slow
def test_no_home_and_no_cache_are_needed(locked: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither a home nor a folder for caches that can be written to; plots would use one, and do without."""
    cache = {
        name: str(locked / "none") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "PYTHONPYCACHEPREFIX")
    }
    done = bound("explain", "--condition", "cp", "--age-years", "3", "--json", cwd=locked, **cache)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["condition"] == "cerebral_palsy"
    plot = tmp_path_factory.mktemp("plots") / "plot.svg"
    drawn = bound(*shlex.split(f"plot icons --condition cp --age-years 3 --lang zh --out {plot}"), cwd=locked, **cache)
    assert (drawn.returncode, drawn.stdout, drawn.stderr) == (0, f"已写入：{plot}\n", "")


@pytest.mark.slow
def test_a_run_that_may_no_longer_write_says_so_and_goes_on_when_it_may(tmp_path: Path, whole: bytes) -> None:
    table(tmp_path)
    run = waiting(tmp_path)
    run.kill()
    run.communicate(timeout=60)
    parts = tmp_path / "out.csv.parts"
    for folder in (parts, tmp_path):
        folder.chmod(0o555)
    done = bound("score", "in.csv", "out.csv", "--condition", "stroke", "--workers", "1", "--resume", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "file: found Permission denied; expected a file or folder that can be read and written." in done.stderr
    for folder in (tmp_path, parts):
        folder.chmod(0o755)
    finished_with_resume(tmp_path, whole)


@pytest.mark.slow
def test_a_port_in_use_ends_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "predictor", "serve", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"predictor: port: found {port}, which is in use; expected ")


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_ends_with_0(sign: signal.Signals) -> None:
    words = [sys.executable, "-m", "predictor", "serve", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Serving on")
        process.send_signal(sign)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_whole(tmp_path / "card.md", "old\n")

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(path, "new\n")
    monkeypatch.undo()
    assert path.read_bytes() == b"old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_fit_that_fails_midway_leaves_whole_scorecards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from predictor.model import fitting

    shutil.copytree(ROOT / "data" / "scorecards", tmp_path / "cards")
    before = {path.name: path.read_bytes() for path in (tmp_path / "cards").iterdir()}
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        fitting.write_scorecards(ROOT / "configs", ROOT / "data", tmp_path / "cards")
    assert {path.name: path.read_bytes() for path in (tmp_path / "cards").iterdir()} == before


STATUS = re.compile(r"^\| (\d+) \| ([^|]+) \|$", re.MULTILINE)


def test_the_table_of_exit_statuses_is_told_once_and_is_whole() -> None:
    """What ends with each is held by the tests above, and tests/tables/test_files.py for 3."""
    told = dict(STATUS.findall(text_of("docs/reference/commands.md")))
    assert list(told) == ["0", "1", "2", "3"]
    assert "signal" in told["1"]
    assert "disk" in told["2"]
