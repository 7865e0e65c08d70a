"""The made-up third condition as a person has it: in folders of its own, or beside the shipped conditions."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from predictor.answer.library import Library
from predictor.content.evidence import FILES
from predictor.model.fitting import write_scorecards

from ..conftest import ROOT

HERE = Path(__file__).parent
CONDITION = "spring_sleep"
WAYS = ("alone", "beside")


def third_condition(folder: Path, way: str) -> Library:
    """The condition in folder/configs and folder/data, fitted: one YAML file, and rows in the CSVs."""
    configs, data = folder / "configs", folder / "data"
    shutil.copytree(ROOT / "configs" / "locales", configs / "locales")
    shutil.copy(ROOT / "configs" / "assumptions.yaml", configs)
    shutil.copy(HERE / "configs" / f"{CONDITION}.yaml", configs)
    shutil.copytree(HERE / "data", data)
    if way == "beside":
        for path in (ROOT / "configs").glob("*.yaml"):
            shutil.copy(path, configs)
        for file, _ in FILES.values():
            _add_rows(ROOT / "data" / "evidence" / file, data / "evidence" / file)
    write_scorecards(configs, data)
    return Library.at(configs, data)


def _add_rows(shipped: Path, own: Path) -> None:
    """Puts the shipped rows before a file's own; a column that only one of the two has is empty in the other."""
    tables = []
    for path in (shipped, own):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            tables.append(list(csv.DictReader(stream)))
    header = list(dict.fromkeys(name for rows in tables for name in rows[0]))
    with own.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="")
        writer.writeheader()
        for rows in tables:
            writer.writerows(rows)
