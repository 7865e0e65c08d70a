"""Mutation testing of a sample: which small changes of the code no test notices.

    pip install -e '.[test,mutation]'
    python -m tests.mutation 14 360 /tmp/mutants.jsonl      seed, mutants, where to write a line for each
    python -m tests.mutation 14 360 /tmp/mutants.jsonl --again

Draws places of the rooms below, one mutant of each by an operator of cosmic-ray, and runs each in a copy of the tree against
the fast tests of its own room. A file that is there is gone on with. `--again` runs those that survived anew, as after a new
test, and against the tests of the rooms that use theirs too. tests/mutation/survivors.md says why each survivor is one.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from difflib import unified_diff
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[2]
USERS = {
    "model": ("answer", "whatif", "tables"),
    "profile": ("answer", "tables", "cli"),
    "answer": ("whatif", "tables", "cli", "reports"),
    "whatif": ("cli",),
    "tables": ("cli",),
}
"""The rooms under test, each with those whose tests use it too."""
LONGEST = 240
"""Seconds that the tests may take: a mutant that takes longer has been noticed."""
LEFT_OUT = r"core/Variable|_(Add|Sub|Mul|Div|FloorDiv|Mod|Pow)_(Bit|[LR]Shift)"
"""Operators that ask for a name, and bits of what is a float: an error at once, which would flatter the tests."""
IMPORTED = (
    "numpy",
    "pandas",
    "polars",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.linear_model",
    "pytest",
    "hypothesis",
)
"""What the tests import, read once for all mutants."""


class Mutant(NamedTuple):
    """One operator at one of its occurrences in one file."""

    path: str
    line: int
    operator: str
    occurrence: int

    @property
    def room(self) -> str:
        return self.path.split("/")[1]

    def code(self) -> str:
        return str(mutate_code((ROOT / self.path).read_text(), get_operator(self.operator)(), self.occurrence))


class _Running(ast.NodeTransformer):
    """Code without annotations, which nothing reads when it runs, and without the guards of `zip`."""

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        return None if node.arg == "strict" else self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name in {"annotation", "returns"} & set(node._fields):
            setattr(node, name, ast.Constant(0))
        return super().generic_visit(node)


def _meaning(code: str) -> str:
    return ast.dump(_Running().visit(ast.parse(code)))


def _differs(mutant: Mutant) -> bool:
    try:
        return _meaning(mutant.code()) != _meaning((ROOT / mutant.path).read_text())
    except (AttributeError, SyntaxError):  # an operator that does not fit the place
        return False


def places(path: Path) -> list[list[Mutant]]:
    """The mutants of a file, by the place that they change."""
    found: dict[Any, list[Mutant]] = defaultdict(list)
    nodes = list(ast_nodes(get_ast(path.read_text())))
    for name in sorted(n for n in operator_names() if not re.search(LEFT_OUT, n)):
        operator = get_operator(name)()
        for i, place in enumerate(p for node in nodes for p in operator.mutation_positions(node)):
            found[place].append(Mutant(str(path.relative_to(ROOT)), place[0][0], name, i))
    return list(found.values())


def drawn(seed: int, count: int) -> list[Mutant]:
    """One mutant each of some places of all rooms, in random order."""
    chance = random.Random(seed)
    found = [p for room in USERS for path in sorted((ROOT / "predictor" / room).glob("*.py")) for p in places(path)]
    mutants = (chance.choice(place) for place in chance.sample(found, len(found)))
    return [m for m, _ in zip(filter(_differs, mutants), range(count), strict=False)]


class _Shortly:
    """A failing property need not be shrunk."""

    def pytest_collection_finish(self) -> None:
        from hypothesis import Phase, settings

        settings.register_profile("mutation", settings.get_profile("project"), phases=(Phase.explicit, Phase.generate))
        settings.load_profile("mutation")


def survives(tests: list[str], tree: Path) -> bool:
    """Whether all tests pass, in a process of its own that has the libraries already."""
    child = os.fork()
    if not child:
        os.setsid()
        _run(tests, tree)
    end = time.monotonic() + LONGEST
    while (done := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            return os.waitpid(child, 0) is None
        time.sleep(0.05)
    return os.waitstatus_to_exitcode(done[1]) == 0


def _run(tests: list[str], tree: Path) -> None:
    import pytest

    os.chdir(tree)
    sys.path.insert(0, str(tree))
    os.environ |= {"PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with Path(tree, "log.txt").open("w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        options = ["-x", "-q", "-m", "not slow", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider"]
        os._exit(pytest.main([*options, *tests], plugins=[_Shortly()]))


def asked(mutant: Mutant, tree: Path, again: bool) -> Iterator[list[str]]:
    """The tests of a mutant's room, those of its module first; again: then those of the rooms that use it."""
    first = f"test_{Path(mutant.path).stem}.py"
    own = sorted((tree / "tests" / mutant.room).glob("test_*.py"), key=lambda path: path.name != first)
    yield [str(path) for path in own]
    if again:
        yield [str(tree / "tests" / room) for room in USERS[mutant.room]]


def noticed(mutant: Mutant, tree: Path, again: bool) -> bool:
    before = (ROOT / mutant.path).read_text()
    (tree / mutant.path).write_text(mutant.code())
    try:
        return not all(survives(tests, tree) for tests in asked(mutant, tree, again))
    finally:
        (tree / mutant.path).write_text(before)


def _difference(mutant: Mutant) -> list[str]:
    lines = unified_diff((ROOT / mutant.path).read_text().splitlines(), mutant.code().splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--again", action="store_true", help="those that survived, anew and by more tests")
    told = parser.parse_args()
    known = [json.loads(line) for line in told.out.read_text().splitlines()] if told.out.exists() else []
    outcome = {tuple(line["mutant"]): line["noticed"] for line in known}
    left = [m for m in drawn(told.seed, told.count) if not outcome.get(m, False) and (m in outcome) == told.again]
    for name in IMPORTED:
        import_module(name)
    with TemporaryDirectory() as folder, told.out.open("a") as out:
        tree = Path(folder)
        listed = subprocess.run(["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, stdout=-1, check=True)
        for name in listed.stdout.decode().split("\0")[:-1]:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
        for room in USERS:  # which leaves the compiled tests, too
            if not survives([str(tree / "tests" / room)], tree):
                sys.exit(f"tests/{room} fails as it is:\n{(tree / 'log.txt').read_text()}")
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.dont_write_bytecode = True
        for m in left:
            line = {"mutant": m, "noticed": noticed(m, tree, told.again), "difference": _difference(m)}
            print(json.dumps(line), file=out, flush=True)


if __name__ == "__main__":
    main()
