"""The house: imports run one way, the public names, and what the answer path may import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import predictor

from .conftest import SLOW_FIXTURES

PACKAGE = Path(predictor.__file__).parent
ROOMS = (
    "errors",
    "content",
    "model",
    "profile",
    "answer",
    "whatif",
    "validation",
    "tables",
    "predictor",
    "reports",
    "web",
    "cli",
)
"""The rooms of the package, each built on the ones before it."""
HEAVY = {"pandas", "sklearn", "scipy", "pydantic", "ruamel", "matplotlib", "fastapi", "pyarrow"}


def modules_imported(path: Path) -> set[str]:
    """Modules of the package that a file imports when it runs, at its top or inside a function."""
    found: set[str] = set()
    for node in _run(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = path.relative_to(PACKAGE.parent).parts[: -node.level]
            base = ".".join((*above, *(node.module or "").split("."))).removesuffix(".")
            found |= {f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base for alias in node.names}
    return {name.removeprefix("predictor.") for name in found if name != "predictor"}


def is_module(name: str) -> bool:
    place = PACKAGE.parent.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or place.joinpath("__init__.py").is_file()


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module but those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from _run(node)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def room(module: str) -> str:
    return module.split(".")[0]


MODULES = {module_name(path): modules_imported(path) for path in PACKAGE.rglob("*.py")}


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"__init__", "__main__"}))
def test_a_module_imports_only_from_its_room_and_those_before_it(module: str) -> None:
    own = ROOMS.index(room(module))
    assert not {other for other in MODULES[module] if ROOMS.index(room(other)) > own}


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter(MODULES).prepare()  # raises CycleError, which names the circle


def fast_tests(path: Path) -> list[str]:
    """The tests of a file that the fast loop runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if any(isinstance(node, ast.Assign) and "mark.slow" in ast.unparse(node) for node in tree.body):
        return []
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    slow = {node.name for node in tests if any("mark.slow" in ast.unparse(mark) for mark in node.decorator_list)}
    served = {node.name for node in tests if SLOW_FIXTURES & {argument.arg for argument in node.args.args}}
    return [node.name for node in tests if node.name not in slow | served]


@pytest.mark.parametrize("name", [name for name in ROOMS if (PACKAGE / name).is_dir()])
def test_the_fast_loop_runs_something_of_every_room(name: str) -> None:
    assert sum(len(fast_tests(path)) for path in (PACKAGE.parent / "tests" / name).glob("test_*.py")) >= 10


def test_the_root_holds_few_files() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 5


def test_the_public_names() -> None:
    assert predictor.__all__ == [
        "Answer",
        "Predictor",
        "PredictorError",
        "PriorLogisticRegression",
        "Profile",
        "__version__",
    ]
    for name in predictor.__all__:
        assert getattr(predictor, name) is not None
    with pytest.raises(AttributeError):
        predictor.Clinic  # noqa: B018


def loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in out.stdout.split()}


def test_an_answer_needs_neither_pandas_nor_scikit_learn_nor_a_yaml_reader() -> None:
    code = (
        "from predictor import Predictor, Profile\n"
        "Predictor.load('cerebral_palsy').predict(Profile(age_years=2.5, gmfm88=45)).to_json()"
    )
    assert not loaded_after(code) & HEAVY


def test_a_refit_near_a_known_mode_needs_neither_scikit_learn_nor_scipy() -> None:
    code = (
        "from predictor import Predictor, Profile\n"
        "Predictor.load('cerebral_palsy').beliefs(Profile(age_years=2.5, gmfm88=45))"
    )
    assert not loaded_after(code) & {"sklearn", "scipy", "pandas", "matplotlib"}


def test_the_version_needs_no_numpy() -> None:
    code = (
        "from predictor.cli import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit as error:\n    assert not error.code"
    )
    assert not loaded_after(code) & (HEAVY | {"numpy"})


def test_no_user_data_is_ever_unpickled() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import pickle" not in text
        assert "joblib.load" not in text
