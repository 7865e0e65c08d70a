"""The Python of the README and of the documentation is typed: mypy and pyright, strict, pass on all of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

BLOCK = re.compile(r"^```(?:python|\{code-cell\})\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
WRONG = """from predictor import Answer, Predictor, Profile

Profile(age_yeers=3)
Profile(age_year=3)
Profile(gmfm88=[45])


def usual_care(answer: Answer) -> float:
    return answer.usual_care.probability
"""
"""What a type checker must tell: two names that no profile has, a value of another kind, a number that may be none."""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Python of each document as a module, and `wrong.py`."""
    folder = tmp_path_factory.mktemp("samples")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
        if blocks:
            name = re.sub(r"\W", "_", str(path.relative_to(ROOT).with_suffix("")))
            (folder / f"{name}.py").write_text("\n".join(blocks), encoding="utf-8")
    assert len(list(folder.iterdir())) >= 4
    (folder / "wrong.py").write_text(WRONG, encoding="utf-8")
    (folder / "pyproject.toml").write_text(f'[tool.pyright]\nextraPaths = ["{ROOT}"]\n', encoding="utf-8")
    return folder


def lines_of(output: str) -> list[int]:
    """The lines of wrong.py that a checker tells of."""
    return sorted({int(line) for line in re.findall(r"wrong\.py:(\d+)", output)})


def checked(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    here = {**os.environ, "MYPYPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", *command], cwd=folder, env=here, capture_output=True, text=True)


def right(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.py") if path.name != "wrong.py")


@pytest.mark.slow
def test_mypy_passes_on_the_samples_and_tells_what_is_wrong(samples: Path) -> None:
    mypy = ("mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache"))
    passed = checked(samples, *mypy, *right(samples))
    assert passed.returncode == 0, passed.stdout
    assert lines_of(checked(samples, *mypy, "wrong.py").stdout) == [3, 4, 5, 9]


@pytest.mark.node
def test_pyright_passes_on_the_samples_and_tells_what_is_wrong(samples: Path) -> None:
    pyright = ("pyright", "--pythonpath", sys.executable)
    passed = checked(samples, *pyright, *right(samples))
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert lines_of(checked(samples, *pyright, "wrong.py").stdout) == [3, 4, 5, 9]
