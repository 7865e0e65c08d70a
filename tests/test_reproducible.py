"""The same question gives the same bytes, whatever the cores, the language, the time zone and the seed of Python."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from predictor.model.fitting import write_scorecards

from .conftest import ROOT

ASK = """
import hashlib, json, os, sys, time
from pathlib import Path
cores = int(os.environ["CORES"])
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
time.tzset()
import contextlib, io
from predictor.cli import main
from predictor.tables import files as parts
parts.PART = 2_000
def told(name, line):
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):  # 3: a row is refused
        main(line.split(), standalone_mode=False)
    out.flush()
    return {f"{name}: told": hashlib.sha256(out.buffer.getvalue()).hexdigest()}
found = {}
for language in ("en", "zh"):
    found |= told(f"explain {language}", f"explain --condition cp --age-years 2.5 --gmfm88 45 --full --lang {language}")
found |= told("explain json", "explain --condition stroke --nihss 12 --json --evidence full")
for ending in ("csv", "parquet", "jsonl"):
    found |= told(f"score {ending}", f"score in.csv out.{ending} --condition stroke --lang zh --workers {cores}")
found |= told("page", "report --interactive page.html")
found |= told("plot", "plot icons --condition cp --age-years 3 --out plot.svg")
for path in sorted(Path().glob("*.*")):
    found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
sys.__stdout__.write(json.dumps(found))
"""
USUAL = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "COLUMNS": "80"}
USUAL |= {"CORES": "2", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
OTHERS = {
    "one core": {"CORES": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "no language": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "1"},
    "China": {"LC_ALL": "zh_CN.UTF-8", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "4294967295"},
    "a day later": {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"},
    "half hours": {"TZ": "America/St_Johns", "LC_NUMERIC": "de_DE.UTF-8", "PYTHONHASHSEED": "random"},
}


def answers(folder: Path, **environment: str) -> dict[str, str]:
    """The digests of all that is told and written in an environment."""
    folder.mkdir()
    rows = "".join(f"p{i},{30 + i % 50},{i % 30}\n" for i in range(9_000))
    (folder / "in.csv").write_text("id,age,nihss\n" + rows + "x,400,3\n", encoding="utf-8")
    os.utime(folder / "in.csv", (1e9, 1e9))
    asked = {**os.environ, "PYTHONPATH": str(ROOT), **USUAL, **environment}
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, cwd=folder, env=asked, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return answers(tmp_path_factory.mktemp("usual") / "asked")


@pytest.mark.slow
@pytest.mark.parametrize("environment", OTHERS)
def test_the_same_question_gives_the_same_bytes(environment: str, usual: dict[str, str], tmp_path: Path) -> None:
    assert len(usual) > 15
    assert answers(tmp_path / "asked", **OTHERS[environment]) == usual


@pytest.mark.slow
def test_scorecards_that_are_fitted_again_are_the_same_bytes(tmp_path: Path) -> None:
    for path in write_scorecards(ROOT / "configs", ROOT / "data", tmp_path):
        shipped = (ROOT / "data" / "scorecards" / path.name).read_bytes()
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(shipped).digest(), path.name
