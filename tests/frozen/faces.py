"""Every command of the README, in both languages, for people and as JSON; the pictures; that the page is made."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from itertools import product

from .running import CONDITIONS, LANGUAGES, STANCES, Asked, Task, Texts, command, commands, in_groups, stable, workplace

Line = tuple[str, ...]
PROFILES: dict[str, tuple[str, ...]] = {
    "cerebral_palsy": (
        "--age-years 2.5 --gmfm88 45 --cell-type msc --cell-source umbilical_cord --route intrathecal --infusions 4",
        "--age-years 4 --gmfm88 35 --cell-type ucb_unit --cell-source cord_blood --route intravenous",
        "--age-years 8 --gmfm88 20 --cell-type nsc_npc --cell-source fetal_neural --route intranasal --horizon-months 24",
        "",
        "--age-years 25 --gmfcs V --infusions 2 --inflammation high --genotype regeneration_variant",
        "--age-months 36 --gmfm88 40 --cell-type 脐带血 --cell-source 骨髓 --immune-state 激素 --route 静脉",
    ),
    "ischaemic_stroke": (
        "--age-years 66 --nihss 14 --days-since-onset 14 --cell-type msc --cell-source bone_marrow --donor autologous",
        "--age-years 58 --nihss 12 --hours-since-onset 30 --cell-type mapc --donor allogeneic --route intravenous",
        "--age-years 50 --nihss 9 --months-since-onset 20 --route intracerebral --cell-type msc --horizon-months 24",
        "",
        "--age-years 90 --nihss 25 --infarct-size large --vascular-comorbidity atherosclerosis --inflammation high",
        "--age-years 60 --nihss 8 --days-since-onset 21 --cell-source 脐带 --donor 自体 --route 联合",
    ),
}
CHANGED = (
    "--set route=intravenous --set infusions=1",
    "--set age_years=12 --set infusions=",
    "--stances",
    "--nearest",
    "--nearest --of added_response --limit 3",
    "--nearest --of added_benefit --limit 30",
    "--next-question",
    "--sweep age",
    "--sweep age_years=1,3,6,18,60",
    "--sweep route --stance face_value",
    "--grid age route",
    "--grid severity age_years=1,5,20,66 --stance sceptical",
    "--set 途径=静脉 --nearest --stances --next-question",
)
REFITTED = (
    "--without-study {study}",
    "--without-country China --without-risk-of-bias high",
    "--without-design {design} --without-claim {claim}",
    "--without-claim all --set infusions=1",
    "--add-study {own} --risk-of-bias low",
    "--belief",
    "--leave-one-out",
    "--fragility",
    "--fragility --of added_response --budget 5 --stance face_value",
)
NAMES = {
    "cerebral_palsy": {"study": "lv-2023", "design": "single_arm", "claim": "cp-route-iv", "own": "palsy.csv"},
    "ischaemic_stroke": {"study": "laskowitz-2024", "design": "rct", "claim": "st-cell-msc", "own": "stroke.csv"},
}
PAGES = ("list", "checks", "scales", "course", "safety", "mechanisms")
SEARCHES = ("placebo", "stroke", "脐带", "a", "lv-2023", "nothing-like-it", "Lv et al")
PLOTS = (
    *("waterfall", "icons", "forest", "course", "calibration"),
    *("sweep --factor age", "heat --factor severity --by route"),
)
HELPED = (
    *("diff", "evidence", "explain", "factors", "fit", "plot"),
    *("report", "schema", "score", "serve", "validate", "whatif"),
)
OWN_STUDY = {
    "obs_id": "my-cells",
    "study_id": "my-trial",
    "arm_id": "cells",
    "role": "treated",
    "kind": "counts",
    "follow_up_months": "12",
    "n": "80",
    "events": "60",
    "use": "fit",
    "cell_type": "msc",
}
OUTCOMES = {"cerebral_palsy": "meaningful_change", "ischaemic_stroke": "independence"}


def tasks(run: Asked) -> Iterator[Task]:
    slow = [[*validations()], [*cards()], [*differences()]]
    yield from ((_with_changed_evidence, some) for some in slow if not run.quick)
    yield from ((_with_own_study, some) for some in _split([*refits(run.quick)], 12))
    yield from ((drawn, some) for some in _split([*plots(run.quick)], 24))
    yield from ((made_pages, condition) for condition in CONDITIONS)
    yield from ((shown_evidence, form, run.quick) for form in product(LANGUAGES, (False, True)))
    yield from in_groups([*explanations(), *what_ifs(), *the_rest()], 60)


def _split(lines: list[Line], size: int) -> list[list[Line]]:
    some = list(dict.fromkeys(lines))
    return [some[start : start + size] for start in range(0, len(some), size)]


def _both(*line: str) -> Iterator[Line]:
    """A command in both languages, for people and as JSON."""
    for language, form in product(LANGUAGES, ((), ("--json",))):
        yield (*line, "--lang", language, *form)


def profiles_of(condition: str) -> Iterator[Line]:
    for told in PROFILES[condition]:
        yield ("--condition", condition, *told.split())


def explanations() -> Iterator[Line]:
    for condition, stance in product(CONDITIONS, STANCES):
        for told in profiles_of(condition):
            yield from _both("explain", *told, "--stance", stance)
    for file in ("toddler_mild_palsy", "subacute_stroke"):
        yield from _both("explain", "--profile", f"data/profiles/{file}.yaml", "--route", "it")


def what_ifs() -> Iterator[Line]:
    for condition in CONDITIONS:
        for told, change in product(profiles_of(condition), CHANGED):
            yield from _both("whatif", *told, *change.split())


def refits(quick: bool) -> Iterator[Line]:
    """The changes of the evidence: of the first profile in each form, of the others in one form each, in turn."""
    forms = (("--lang", "en"), ("--lang", "zh"), ("--json",))
    for condition in CONDITIONS:
        for i, told in enumerate(list(profiles_of(condition))[: 1 if quick else None]):
            for j, change in enumerate(REFITTED):
                some = forms[: 1 if quick else None] if i == 0 else [forms[(i + j) % 3]]
                yield from (("whatif", *told, *change.format(**NAMES[condition]).split(), *form) for form in some)


def plots(quick: bool) -> Iterator[Line]:
    for condition, language in product(CONDITIONS, LANGUAGES):
        for told, kind in product(list(profiles_of(condition))[: 1 if quick else None : 2], PLOTS):
            yield ("plot", *kind.split(), *told, "--lang", language)


def validations() -> Iterator[Line]:
    for condition in CONDITIONS:
        yield from _both("validate", "--condition", condition)
        for stance in ("sceptical", "face_value"):
            yield ("validate", "--condition", condition, "--stance", stance, "--json")
    yield ("validate", "--lang", "zh")
    yield from _both("validate", "--observations", "data/evidence/observations.csv")


def cards() -> Iterator[Line]:
    for language in LANGUAGES:
        yield ("report", "--model", "--lang", language)
        yield ("report", "--model", "--lang", language, "--condition", "stroke", "--out", "card.html")
        yield ("report", "--model", "--lang", language, "--out", "card.md")


def differences() -> Iterator[Line]:
    for stance in STANCES:
        yield from _both("diff", "data/evidence", "changed", "--stance", stance)
    yield from _both("diff", "data/evidence", "data/evidence")
    scorecard = "data/scorecards/cerebral_palsy.json"
    yield from _both("diff", scorecard, scorecard, "--cohort", "data/profiles/reference_cohort.csv")


def the_rest() -> Iterator[Line]:
    yield ("--version",)
    yield from ((*name.split(), "--help") for name in ("", *HELPED, *(f"evidence {page}" for page in PAGES)))
    for condition in ("cerebral_palsy", "stroke"):
        for page in ("factors", *(f"evidence {page}" for page in PAGES[:-1]), "schema table"):
            yield from _both(*page.split(), "--condition", condition)
    for page in ("factors", *(f"evidence {page}" for page in PAGES), "schema table"):
        yield from _both(*page.split())
    for words in SEARCHES:
        yield from _both("evidence", "search", words)
    for form in ("bibtex", "csl-json"):
        yield ("evidence", "cite", "--format", form)
        yield ("evidence", "cite", "sun-2017", "houkin-2024", "--format", form)
    yield from (("schema", name) for name in ("profile", "answer", "condition", "assumptions"))
    yield from (("score", "data/profiles/cohort.csv", "--lang", language) for language in LANGUAGES)


def _with_own_study(lines: list[Line]) -> Texts:
    """Commands beside a study of one's own for each condition."""
    with workplace() as folder:
        with (folder / "data" / "evidence" / "observations.csv").open(encoding="utf-8") as file:
            header = file.readline().strip()
        for condition, outcome in OUTCOMES.items():
            row = {**OWN_STUDY, "condition": condition, "outcome": outcome}
            text = f"{header}\n{','.join(row.get(name, '') for name in header.split(','))}\n"
            (folder / NAMES[condition]["own"]).write_text(text, encoding="utf-8")
        return {" ".join(line): command(*line) for line in lines}


def _with_changed_evidence(lines: list[Line]) -> Texts:
    """Commands beside `changed`, evidence with other numbers and a record less; with the card that they wrote."""
    texts = {}
    with workplace() as folder:
        shutil.copytree(folder / "data" / "evidence", folder / "changed")
        path = folder / "changed" / "observations.csv"
        text = path.read_text(encoding="utf-8").replace("CGI-I,12,151,96", "CGI-I,12,151,90")
        rows = [row for row in text.splitlines(keepends=True) if not row.startswith("st-ji")]
        path.write_text("".join(rows), encoding="utf-8")
        for line in lines:
            texts[" ".join(line)] = command(*line)
            for card in folder.glob("card.*"):
                texts[" ".join(line)] += stable(card.read_text(encoding="utf-8"))
                card.unlink()
    return texts


def drawn(lines: list[Line]) -> Texts:
    """Each plot in words, and as SVG."""
    texts = commands(lines)
    with workplace() as folder:
        for line in lines:
            told = command(*line, "--out", "plot.svg")
            path = folder / "plot.svg"
            texts[f"{' '.join(line)} svg"] = told + (stable(path.read_text(encoding="utf-8")) if path.exists() else "")
            path.unlink(missing_ok=True)
    return texts


def made_pages(condition: str) -> Texts:
    """Whether interactive pages are made, and say their intended use."""
    texts = {}
    with workplace() as folder:
        for told, language in product([(), *profiles_of(condition)], LANGUAGES):
            line = ("report", "--interactive", "page.html", *told, "--lang", language)
            printed = command(*line)
            page = (folder / "page.html").read_text(encoding="utf-8")
            answer = command("explain", "--condition", condition, "--lang", language, "--json").partition("\n")[2]
            use = json.loads(answer)["intended_use"]
            printed += use if use in page else "no intended use"
            texts[f"{condition}: {' '.join(line)}"] = f"{printed}\n{page[:15]}"
    return texts


def shown_evidence(form: tuple[str, bool], quick: bool) -> Texts:
    """The page of every record, or of every fifth, in one language, for people or as JSON."""
    language, as_json = form
    lists = [command("evidence", *page) for page in (("list",), ("checks",), ("search", "e"), ("search", "a"))]
    ids = [*dict.fromkeys(id for text in lists for id in re.findall(r"\[([a-z][\w.-]*)\]", text)), "ganzhou-2025"]
    options = ("--lang", language, *(("--json",) if as_json else ()))
    return commands([("evidence", "show", id, *options) for id in ids[:: 5 if quick else 1]])
