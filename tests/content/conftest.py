"""What the tests of the evidence share: its folder, and copies of it with a mistake."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import ROOT

FOLDER = ROOT / "data" / "evidence"


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
