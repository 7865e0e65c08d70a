"""What is shipped: a wheel that holds the package, the configs and the data, and answers from them; an sdist that
holds all that is in the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from .conftest import ROOT


def built(kind: str, folder: Path, checkout: Path = ROOT, umask: int = 0o022) -> Path:
    """The wheel or the sdist of a checkout, made in a folder."""
    code = f"from hatchling.build import build_{kind}; build_{kind}({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=checkout, check=True, capture_output=True, umask=umask)
    return next(folder.iterdir())


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", tmp_path_factory.mktemp("wheel"))


def tracked(*folders: str) -> set[str]:
    """The files of the repository that are there."""
    told = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {path for path in told.splitlines() if (ROOT / path).exists()}


def test_the_wheel_holds_the_package_with_its_configs_and_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("configs", "data"):
        wanted = {f"predictor/_shipped/{path}" for path in tracked(folder)}
        assert wanted
        assert wanted <= names
    assert tracked("predictor") <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"predictor", "cell_response_predictor"}
    assert not [name for name in names if re.search(r"(^|[/_])tests?([/_.]|$)", name)]


def checkout(folder: Path, umask: int, time: float) -> Path:
    """The tracked files in another folder, of another time and with other permissions."""
    for name in tracked():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, path)
        path.chmod(0o666 & ~umask)
        os.utime(path, (time, time))
    return folder


@pytest.mark.slow
def test_two_checkouts_give_the_same_bytes_and_an_sdist_the_wheel_of_its_checkout(wheel: Path, tmp_path: Path) -> None:
    one, other = checkout(tmp_path / "a", 0o022, 1e9), checkout(tmp_path / "elsewhere" / "b", 0o077, 1.7e9)
    sdists = [
        built("sdist", tmp_path / name, at, umask) for name, at, umask in (("1", one, 0o022), ("2", other, 0o077))
    ]
    assert sdists[0].read_bytes() == sdists[1].read_bytes()
    with tarfile.open(sdists[0]) as archive:
        archive.extractall(tmp_path / "of", filter="data")
    unpacked = next((tmp_path / "of").iterdir())
    assert wheel.read_bytes() == built("wheel", tmp_path / "3", other, 0o077).read_bytes()
    assert wheel.read_bytes() == built("wheel", tmp_path / "4", unpacked).read_bytes()


def test_the_sdist_holds_all_that_is_tracked(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked() - names == set()


def test_an_unpacked_wheel_answers_from_its_own_content(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-m", "predictor", "explain", "--condition", "cp", "--age-years", "2", "--json"]
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = {command[3:]!r}; import predictor; "
    script = script.replace("sys.argv = [", "sys.argv = ['predictor', ")
    script += "from predictor.cli import main; assert predictor.__file__.startswith(sys.path[0]); main()"
    out = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(out.stdout)["condition"] == "cerebral_palsy"
