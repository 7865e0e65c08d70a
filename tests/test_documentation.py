"""The documents are true: their links, paths, functions and commands exist, the drawing is that of the imports, and
the walks through the code are walked."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete
from ruamel.yaml import YAML

import predictor
from predictor.answer.library import Library
from predictor.cli import main
from predictor.reports.model_card import LIMITS

from .conftest import ROOT
from .documents import (
    DRAWN,
    LESSONS,
    NOTEBOOKS,
    REST,
    Reader,
    Typed,
    command_output,
    commands,
    fenced,
    numbers_in,
    steps,
    text_of,
    told_by_picture,
    typed,
    written_anew,
)
from .test_architecture import MODULES, ROOMS, room

PAGES = tuple(sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("[a-z]*.md")))
WRITTEN = ("README.md", "CONTRIBUTING.md", "SECURITY.md", *(page for page in PAGES if "_build" not in page))
"""All that is written for readers; what a build makes is not."""
OWN_CONTENT = ("docs/add-a-condition.md",)
"""Its commands are for folders that a reader makes: tests/third_condition/test_guide.py runs them."""
TEXT = (".py", ".js", ".mjs", ".yaml", ".css")
TOP = "predictor|tests|configs|data|docs|\\.ci"
NAMED = re.compile(r"`(predictor/[\w/]+\.py): ([\w.]+)`")
"""A function or a class with its file, as the documents write it."""
WALKS = ("From an option to a printed contribution", "From a cell of a CSV to a scored column")


def section(name: str, title: str) -> str:
    """What stands under a heading of the second order."""
    return text_of(name).split(f"\n## {title}\n")[1].split("\n## ")[0]


@cache
def definitions(path: str) -> dict[str, ast.AST]:
    """The functions, classes and constants of a module by name, those of a class behind its name."""
    return dict(_defined(ast.parse(text_of(path)), ""))


def _defined(tree: ast.Module | ast.ClassDef, above: str) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield above + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _defined(node, f"{above}{node.name}.")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((above + target.id, node) for target in targets if isinstance(target, ast.Name))


def exists(path: str) -> bool:
    """Whether a path of the project is there; capitals in it stand for any name."""
    return any(ROOT.glob(re.sub(r"[A-Z]{2,}(?!\w*\.md)", "*", path)))


@pytest.mark.parametrize("name", WRITTEN)
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", text_of(name))
    here = [link.split("#") for link in links if "://" not in link]
    found = [((ROOT / name).parent / path).resolve() if path else ROOT / name for path, *_ in here]
    lost = [path for path in found if not exists(str(path.relative_to(ROOT)))]
    assert not lost
    assert not [link for link, path in zip(here, found, strict=True) if link[1:] and link[1] not in anchors(path)]


def anchors(path: Path) -> set[str]:
    """The names by which the headings of a document are linked."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_path_exists(name: str) -> None:
    words = re.findall(r"`([^`\n]+)`", text_of(name))
    paths = [path for word in words for path in re.findall(rf"(?<![\w./-])(?:{TOP})/[\w./*-]*\w", word)]
    drawn = re.findall(r"(?<![\w/])[a-z]+/\w+\.py", fenced(text_of(name), "text"))
    assert not [path for path in (*paths, *(f"predictor/{path}" for path in drawn)) if not exists(path)]


def test_every_file_that_code_or_content_names_exists() -> None:
    files = [
        path for top in ("predictor", "configs", "tests") for path in (ROOT / top).rglob("*") if path.suffix in TEXT
    ]
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in files}
    named = {(str(path), file) for path, text in texts.items() for file in re.findall(r"\bpredictor/[\w/]+\.\w+", text)}
    assert not [(path, file) for path, file in named if not exists(file)]


@pytest.mark.parametrize("name", WRITTEN)
def test_every_function_that_is_named_with_its_file_exists(name: str) -> None:
    assert not [(path, told) for path, told in NAMED.findall(text_of(name)) if told not in definitions(path)]


@pytest.mark.parametrize("name", WRITTEN)
def test_every_module_that_is_named_exists(name: str) -> None:
    for dotted in re.findall(r"`(predictor\.[\w.]+)", text_of(name)):
        *modules, last = dotted.split(".")
        file = ROOT.joinpath(*modules).with_suffix(".py")
        assert last in definitions(str(file.relative_to(ROOT))) if file.is_file() else find_spec(dotted), dotted


@pytest.mark.parametrize("name", WRITTEN)
def test_every_command_can_be_run(name: str) -> None:
    installed = {word for command in commands(name) if command[:2] == ["pip", "install"] for word in command}
    for program, *arguments in commands(name):
        if program == "predictor":
            assert name in OWN_CONTENT or assert_understood(main, arguments) is None
        elif program.startswith("python"):
            assert arguments[0] == "-m"
            assert arguments[1] in brought() or find_spec(arguments[1]) or exists(arguments[1].replace(".", "/"))
        elif "/" in program and not program.startswith(".venv/"):
            assert exists(program), program
        else:
            tool = Path(program).name
            assert tool in installed or (Path(sys.executable).parent / tool).exists() or which(tool), tool
            assert_tests_exist(arguments if tool == "pytest" else ())


@cache
def brought() -> set[str]:
    """The packages that an extra brings."""
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    return {re.split(r"[^\w.-]", package)[0] for packages in extras.values() for package in packages}


def assert_understood(command: click.Command, arguments: list[str], above: click.Context | None = None) -> None:
    """That a command has these options, and the command below it too, without running either."""
    context = command.make_context(command.name, arguments, parent=above, resilient_parsing=above is None)
    if isinstance(command, click.Group):
        _, below, rest = command.resolve_command(context, arguments)
        assert below is not None
        assert_understood(below, rest, context)


def assert_tests_exist(arguments: list[str] | tuple[()]) -> None:
    for target in (argument for argument in arguments if argument.startswith("tests/")):
        path, _, test = target.partition("::")
        assert exists(path), target
        assert not test or test in definitions(path), target


def test_the_drawing_is_that_of_the_imports() -> None:
    drawn = set(re.findall(r"(\w+) --> (\w+)", fenced(text_of("docs/architecture.md"), "mermaid")))
    assert drawn == set(shortest()), "draw: " + ", ".join(f"{a} --> {b}" for a, b in shortest())


def shortest() -> list[tuple[str, str]]:
    """The imports between rooms without those that a longer way already says."""
    imports = {
        (room(module), room(other))
        for module in MODULES.keys() - {"__init__", "__main__"}
        for other in MODULES[module]
        if room(other) != room(module)
    }
    beyond: dict[str, set[str]] = {}
    for name in ROOMS:
        beyond[name] = {b for a, b in imports if a == name}
        beyond[name] |= {further for other in beyond[name] for further in beyond[other]}
    return sorted((a, b) for a, b in imports if not any((a, c) in imports and b in beyond[c] for c in ROOMS))


def test_every_room_has_its_line() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("CONTRIBUTING.md", "The rooms"), flags=re.MULTILINE)
    assert tuple(told) == ROOMS


WATCH = """
import json, sys, threading
package, steps, *command = sys.argv[1:]
left = [(package + path, name) for path, name in json.loads(steps)]
def note(frame, event, _):
    if event == "call" and left and left[0] == (frame.f_code.co_filename, frame.f_code.co_qualname):
        left.pop(0)
threading.setprofile(note)
sys.setprofile(note)
from predictor.cli import main
try:
    main(command)
finally:
    sys.setprofile(None)
    print(f"left:{left}")
"""
"""Runs a command and tells which of some functions were not called in their order."""


@pytest.mark.parametrize("title", WALKS)
def test_a_walk_is_walked_as_it_is_told(title: str, tmp_path: Path) -> None:
    """The functions of its steps call each other in this order; the table has an odd row."""
    walk = section("docs/architecture.md", title)
    (command,) = re.findall(r"^\$ predictor (.*)$", walk, flags=re.MULTILINE)
    named = dict.fromkeys(NAMED.findall(walk[walk.index("\n1. ") :].split("\n\n")[0]))
    steps = [(path, name) for path, name in named if isinstance(definitions(path)[name], ast.FunctionDef)]
    cohort = tmp_path / "data" / "profiles" / "cohort.csv"
    cohort.parent.mkdir(parents=True)
    cohort.write_text(text_of("data/profiles/cohort.csv") + "odd,cerebral_palsy,-3\n", encoding="utf-8")
    script = [sys.executable, "-c", WATCH, f"{ROOT}/", json.dumps(steps), *shlex.split(command)]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert steps
    assert done.stdout.partition("left:")[2] == "[]\n", done.stderr


def test_completion_in_the_shell_knows_commands_options_and_values() -> None:
    assert "_PREDICTOR_COMPLETE=bash_source predictor" in text_of("docs/reference/commands.md")
    shell = ShellComplete(main, {}, "predictor", "_PREDICTOR_COMPLETE")
    for typed_before, begun, offered in (
        ([], "expl", "explain"),
        (["explain"], "--age-y", "--age-years"),
        (["explain", "--stance"], "scep", "sceptical"),
    ):
        assert [item.value for item in shell.get_completions(typed_before, begun)] == [offered]


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_shows_what_its_commands_say(name: str) -> None:
    assert text_of(name) == written_anew(name), "run `python -m tests.documents` and read what it changed"


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_says_how_to_activate_and_shows_outputs(name: str) -> None:
    (set_up,) = re.findall(r"```sh\n(.*?)```", text_of(name), flags=re.DOTALL)
    assert ". .venv/bin/activate" in set_up
    assert sum(bool(step.told) for step in steps(name)) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_stores_no_output(name: str, tmp_path: Path) -> None:
    """Its cells one after the other, as in a kernel; the build runs them in a real one (tests/test_site.py)."""
    cells = list(steps(name))
    reader = Reader(tmp_path)
    for cell in cells:
        reader.does(cell)
    assert len(cells) >= 5
    assert not [cell for cell in cells if cell.told]


def test_what_is_typed_is_told_from_what_comes_of_it() -> None:
    block = "$ predictor --version\n0.1.0\n$ pytest\n"
    assert typed(block, "console") == [Typed("predictor --version", True, ["0.1.0"]), Typed("pytest", True)]
    assert typed(":tags: [x]\n\nprint(1)\n", "{code-cell}")[0].code.strip() == "print(1)"


@pytest.mark.parametrize(
    ("told", "written"), [([], []), (["old"], ["a", "b", "c"]), (["old", REST], ["a", REST]), ([REST], [REST])]
)
def test_an_output_is_written_anew_as_far_as_it_was_shown(told: list[str], written: list[str]) -> None:
    assert Typed("predictor", True, told).expected(["a", "b", "c"]) == written


def test_the_picture_of_an_answer_has_the_numbers_of_now() -> None:
    found = numbers_in(told_by_picture())
    assert len(found) > 8
    assert found == numbers_in("\n".join(command_output([*DRAWN])))


def test_the_figures_on_whether_it_holds_are_those_of_the_model_card() -> None:
    told = re.findall(r"\d+ of \d+|\d+\.\d", section("docs/method.md", "Does it hold?"))
    assert len(told) == 6
    assert not [figure for figure in told if figure not in text_of("data/model_card.en.md")]


def glossary() -> dict[str, str]:
    """The terms of the glossary, English to Chinese, as its table has them."""
    return dict(re.findall(r"^\| \[([^]]+)\]\(#[\w-]+\) \| (.+) \|$", text_of("docs/glossary.md"), flags=re.MULTILINE))


def test_each_term_of_the_glossary_is_told_in_both_languages() -> None:
    entries = re.findall(r"^## (.+)\n\n(?:.+\n)+\n\*\*(.+)\*\*：.+$", text_of("docs/glossary.md"), flags=re.MULTILINE)
    assert entries == list(glossary().items())
    assert {"Log odds", "Stance", "Added response", "Certainty"} <= glossary().keys()


@pytest.mark.parametrize(
    ("term", "key"),
    [
        ("Stance", "explain.stance"),
        ("Sceptical", "stance.sceptical"),
        ("Graded", "stance.graded"),
        ("Face value", "stance.face_value"),
        ("Certainty", "explain.certainty"),
        ("Cannot say", "category.cannot_say"),
        ("Usual care", "explain.usual_care"),
        ("Difference", "explain.difference"),
        ("Log odds", "glossary.log_odds"),
    ],
)
def test_the_glossary_has_the_words_of_the_faces(term: str, key: str) -> None:
    assert glossary()[term] == word(key)


def word(key: str) -> str:
    """A word of the Chinese faces; that of log odds stands at the head of a sentence."""
    if key == "glossary.log_odds":
        return Library().catalogue("zh")("explain.log_odds", usual="", effect="", studies="", claims="").split("：")[0]
    return Library().catalogue("zh")(key)


@pytest.mark.parametrize("page", ["docs/glossary.md", *(page for page in WRITTEN if page.endswith(".zh.md"))])
def test_a_chinese_page_has_one_word_for_one_thing(page: str) -> None:
    assert not [word for word in read_yaml("tests/glossary_zh.yaml") if word in text_of(page)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_limits_are_those_of_the_model_card(language: str) -> None:
    page = text_of("docs/limits.md" if language == "en" else "docs/limits.zh.md")
    ((file, start, end),) = re.findall(r"{include} (\S+)\n:start-after: \"(.+)\"\n:end-before: \"(.+)\"", page)
    card = ((ROOT / "docs" / file).resolve()).read_text(encoding="utf-8")
    told = card.split(start)[1].split(end)[0].strip().splitlines()
    assert len(told) == len(LIMITS) + 1
    assert all(line.startswith("- ") for line in told)


def read_yaml(name: str) -> Any:
    return YAML(typ="safe", pure=True).load(text_of(name))


def test_a_citation_names_this_version_and_licence() -> None:
    citation = read_yaml("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    told = citation["title"], citation["version"], citation["license"]
    assert told == (project["name"], predictor.__version__, project["license"].split(" AND ")[0])
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
    assert citation["keywords"] == project["keywords"]


def test_the_hooks_fetch_nothing_and_ask_what_ci_asks() -> None:
    repositories = read_yaml(".pre-commit-config.yaml")["repos"]
    assert {repository["repo"] for repository in repositories} == {"local"}
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    asked = {line.removeprefix(".venv/bin/").split(" .")[0] for line in text_of(".ci/run").splitlines()}
    for hook in hooks:
        assert hook["entry"].split(" --")[0] in {line.split(" --")[0] for line in asked}
