"""Broken profiles, broken content and wrong use: the exit status and every word of the message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import chdir
from itertools import product
from pathlib import Path
from typing import Any

from .running import LANGUAGES, Asked, Task, Texts, command, in_groups, own_content, real_command, workplace

WRONG = """
explian
explain
explain --condition als
explain --condition 脑出血
explain --condition cerebal_palsy
explain --condition cp --age-year 3
explain --condition cp --age-years three
explain --condition cp --age-years -3
explain --condition cp --age-years 300 --gmfm88 140 --route magic
explain --condition cp --nihss 4
explain --condition stroke --nihss 4.5
explain --condition stroke --nihss 50 --lang zh
explain --condition stroke --gmfcs II
explain --condition cp --age-years 2 --age-months 90
explain --condition cp --stance hopeful
explain --condition cp --lang fr
explain --condition cp --infusions 0
explain --condition cp --cell-type ucb --cell-source marrow --lang zh
explain --profile nowhere.yaml
explain --profile data
explain --profile data/profiles/cohort.csv
explain --profile data/profiles/toddler_mild_palsy.yaml --condition stroke
explain --condition cp extra
explain --configs nowhere --condition cp
explain --data configs --condition cp
factors --condition als
evidence
evidence shwo lv-2023
evidence show
evidence show lv-2032
evidence show lv-2032 --lang zh
evidence search
evidence cite lv-2032 xyz
evidence cite lv-2023 --format ris
evidence list --condition palsie
whatif --condition cp
whatif --stances
whatif --condition cp --set route
whatif --condition cp --set route=oral
whatif --condition cp --set rout=iv
whatif --condition cp --set route=iv --set route=it --lang zh
whatif --condition cp --sweep
whatif --condition cp --sweep weight
whatif --condition cp --sweep age_years=1,300
whatif --condition cp --grid age
whatif --condition cp --grid age age
whatif --condition cp --without-study lv-2032
whatif --condition cp --without-design opinion
whatif --condition cp --without-country Atlantis
whatif --condition cp --without-claim st-cell-msc
whatif --condition cp --without-risk-of-bias terrible
whatif --condition cp --add-study nowhere.csv
whatif --condition cp --nearest --limit 0
whatif --condition cp --nearest --of cure
whatif --condition cp --fragility --budget 0
validate --condition als
validate --observations nowhere.csv
validate --cohort nowhere.csv
diff data/evidence
diff data/evidence nowhere
diff data/profiles data/evidence
diff data/scorecards/cerebral_palsy.json data/scorecards/ischaemic_stroke.json
report
report --model --interactive page.html
report --model --out card.txt
report --model --out nowhere/card.md
report --interactive nowhere/page.html
report --interactive page.html --condition cp --age-years 300
plot
plot pie
plot sweep --condition cp
plot heat --condition cp --factor age
plot waterfall
plot waterfall --condition cp --out picture.gif
plot sweep --condition cp --factor weight
score
score nowhere.csv
score data/profiles/cohort.csv out.doc
score data/profiles/toddler_mild_palsy.yaml
score data/profiles/cohort.csv out.csv --condition als
score data/profiles/cohort.csv out.csv --columns usual --lang zh
score data/profiles/cohort.csv out.csv --units age
score data/profiles/cohort.csv out.csv --units weight=kg
score data/profiles/cohort.csv out.csv --keep weight
score data/profiles/cohort.csv out.csv --workers 0
score data/profiles/cohort.csv nowhere/out.csv
score data/profiles/cohort.csv data/profiles/cohort.csv
score data/evidence/studies.csv out.csv
schema
schema question
serve --port 70000
serve --host nowhere.invalid
fit --out data/profiles/cohort.csv
"""
REAL = ("explain --profile several_faults.yaml", "explain --profile gb18030.yaml --lang zh", "explian", "explain")


def tasks(run: Asked) -> Iterator[Task]:
    yield from in_groups([tuple(line.split()) for line in WRONG.strip().splitlines()], 10)
    profiles = sorted(path.name for path in run.broken.iterdir() if path.suffix in (".yaml", ".json"))
    for start in range(0, len(profiles), 20):
        yield broken_profiles, run.broken, profiles[start : start + 20]
    for path in sorted((run.broken / "content").glob("*.yaml")):
        yield broken_content, path
    yield real_commands, run.broken


def broken_profiles(folder: Path, names: list[str]) -> Texts:
    """Each profile through `explain` in both languages; one that is not there too."""
    texts = {}
    with chdir(folder):
        for name, language in product([*names, "missing_file.yaml"], LANGUAGES):
            line = ("explain", "--profile", name, "--lang", language)
            texts[f"{names[0]}… {' '.join(line)}"] = command(*line)
    return texts


def real_commands(folder: Path) -> Texts:
    with chdir(folder):
        return {f"real {line}": real_command(*line.split()) for line in REAL}


def broken_content(path: Path) -> Texts:
    """What the terminal says of a copy of the content with some damage done to it."""
    from ruamel.yaml import YAML

    case = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    with workplace() as folder:
        for damage in case["damage"]:
            if not _damaged(damage, folder):
                return {f"content/{path.stem}": f"{damage['file']} holds no {damage['old']!r}"}
        line = [*case.get("command", ["fit", "--out", "fitted"]), *own_content(folder)]
        return {f"content/{path.stem}": command(*line), **_in_chinese(path.stem, line)}


def _in_chinese(name: str, line: list[str]) -> Texts:
    return {f"content/{name}.zh": command(*line, "--lang", "zh")} if line[0] == "explain" else {}


def _damaged(damage: Mapping[str, Any], folder: Path) -> bool:
    path = folder / damage["file"]
    if "old" not in damage:
        path.unlink()
        return True
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(damage["old"], damage["new"], 1), encoding="utf-8")
    return damage["old"] in text
