"""What the tests of the content share: the shipped conditions, the folder of the evidence, and copies of it with a mistake."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from predictor.content.condition_files import read_conditions

from ..conftest import ROOT

FOLDER = ROOT / "data" / "evidence"
CONDITIONS = read_conditions(ROOT / "configs")
UNPUBLISHED = [id for condition in CONDITIONS for id in condition.unpublished_sources]


@pytest.fixture
def damaged(tmp_path: Path) -> Callable[[str, int, str, str], Path]:
    """A copy of the evidence with one cell changed: (file, row as an editor counts, column, value)."""

    def change(file: str, line: int, column: str, value: str) -> Path:
        folder = tmp_path / "evidence"
        shutil.copytree(FOLDER, folder)
        with (folder / file).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        rows[line - 2][column] = value
        with (folder / file).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return folder

    return change
