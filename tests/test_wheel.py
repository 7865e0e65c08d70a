"""What is shipped: a wheel that holds the package, the configs and the data, and answers from them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_configs_and_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("configs", "data"):
        tracked = subprocess.run(
            ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        wanted = {f"predictor/_shipped/{path}" for path in tracked if (ROOT / path).exists()}
        assert wanted
        assert wanted <= names
    assert "predictor/py.typed" in names


def test_an_unpacked_wheel_answers_from_its_own_content(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-m", "predictor", "explain", "--condition", "cp", "--age-years", "2", "--json"]
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = {command[3:]!r}; import predictor; "
    script = script.replace("sys.argv = [", "sys.argv = ['predictor', ")
    script += "from predictor.cli import main; assert predictor.__file__.startswith(sys.path[0]); main()"
    out = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(out.stdout)["condition"] == "cerebral_palsy"
