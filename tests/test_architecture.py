"""The house: imports run one way, the public names, and what the answer path may import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import predictor

PACKAGE = Path(predictor.__file__).parent
ORDER = (
    *("errors", "shipped", "documents", "factors", "configuration", "text", "faults", "profile", "evidence", "rules"),
    *("records", "regression", "scorecard", "fitting", "moments", "prediction", "judgement", "answer", "explanation"),
    *("library", "render", "citation", "pages", "schema", "whatif", "exploration", "validation", "diff"),
    *(
        "batches",
        "delimited",
        "workbooks",
        "tables",
        "writing",
        "growing",
        "coding",
        "lattice",
        "columns",
        "batch",
        "frames",
        "runs",
        "parts",
        "cluster",
        "model",
        "plots",
        "modelcard",
        "interactive",
    ),
    *("fhir", "web", "cli"),
)
HEAVY = {"pandas", "sklearn", "scipy", "pydantic", "ruamel", "matplotlib", "fastapi", "pyarrow"}


def imported_modules(path: Path) -> set[str]:
    """Modules of the package that a file imports when it is loaded (not inside functions)."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _outside_functions(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            depth = len(path.relative_to(PACKAGE).parts) - 1
            if node.level == depth + 1:
                names = [node.module.split(".")[0]] if node.module else [a.name for a in node.names]
                found.update(names)
    return found


def _outside_functions(tree: ast.AST):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from _outside_functions(node)


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_modules_before_it(path: Path) -> None:
    name = module_name(path)
    if name in ("__init__", "__main__"):
        return
    assert name in ORDER, f"{name} has no place in the order"
    for other in imported_modules(path):
        if other != name and other in ORDER:
            assert ORDER.index(other) < ORDER.index(name), f"{name} imports {other}, which comes after it"


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
