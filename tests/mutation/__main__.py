"""Mutation testing of a sample: which small changes of the code no test notices.

    pip install -e '.[mutation]'
    python -m tests.mutation 14 360 /tmp/mutants.jsonl      seed, mutants, where to write a line for each

Draws places of the rooms below and one mutant of each, by an operator of cosmic-ray. Each is run in a copy of what git
knows, against the fast tests that run its line, as coverage.py saw them. What is in the file already is not run again,
but for what survived: as after a new test. tests/mutation/survivors.md says why each survivor is one.
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
import signal
import subprocess
import sys
import warnings
from collections import defaultdict
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import CoverageData

ROOMS = ("model", "profile", "answer", "whatif", "tables")
LONGEST = 300
"""Seconds that tests may take: a mutant that takes longer has been noticed."""
LEFT_OUT = r"core/Variable|_(Add|Sub|Mul|Div|FloorDiv|Mod|Pow)_(Bit|[LR]Shift)"
"""Operators that ask for a name, and bits of what is a float: an error at once, which would flatter the tests."""
NOT_IMPORTED = "ImportError while loading conftest"
"""What pytest says of a mutant that cannot be imported, as `~0.5`: noticed before any test."""
OPTIONS = ("-x", "-q", "-m", "not slow", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider")


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
        return str(mutate_code(Path(self.path).read_text(), get_operator(self.operator)(), self.occurrence))

    def difference(self) -> list[str]:
        lines = unified_diff(Path(self.path).read_text().splitlines(), self.code().splitlines(), n=0, lineterm="")
        return list(lines)[3:]


class _Running(ast.NodeTransformer):
    """Code without annotations, which nothing reads when it runs, and without the guards of `zip`."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name in {"annotation", "returns"} & set(node._fields):
            setattr(node, name, ast.Constant(0))
        if isinstance(node, ast.Call):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "strict"]
        return super().generic_visit(node)


def _differs(mutant: Mutant) -> bool:
    try:
        code = mutant.code()
        was, now = (ast.parse(one) for one in (Path(mutant.path).read_text(), code))
        with warnings.catch_warnings(action="error"):
            compile(code, mutant.path, "exec")  # `is "a word"` is a warning, and no test could be collected
    except (AttributeError, SyntaxError):  # an operator that does not fit the place
        return False
    return ast.dump(_Running().visit(was)) != ast.dump(_Running().visit(now))


def places(path: Path) -> list[list[Mutant]]:
    """The mutants of a file, by the place that they change."""
    found: dict[Any, list[Mutant]] = defaultdict(list)
    nodes = list(ast_nodes(get_ast(path.read_text())))
    for name in sorted(n for n in operator_names() if not re.search(LEFT_OUT, n)):
        operator = get_operator(name)()
        for i, place in enumerate(p for node in nodes for p in operator.mutation_positions(node)):
            found[place].append(Mutant(str(path), place[0][0], name, i))
    return list(found.values())


def drawn(seed: int, count: int) -> list[Mutant]:
    """One mutant each of some places, in random order."""
    chance = random.Random(seed)
    found = [p for room in ROOMS for path in sorted(Path("predictor", room).glob("*.py")) for p in places(path)]
    mutants = (chance.choice(place) for place in chance.sample(found, len(found)))
    return [m for m, _ in zip(filter(_differs, mutants), range(count), strict=False)]


def run(*command: str, longest: float | None = LONGEST) -> bool:
    with Path("log.txt").open("w") as log:
        child = subprocess.Popen([sys.executable, *command], stdout=log, stderr=log, process_group=0)
        try:
            code = child.wait(longest)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            code = child.wait()
    told = Path("log.txt").read_text()
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED) and NOT_IMPORTED not in told:
        sys.exit(told)  # no test was run
    return code == 0


def asked(mutant: Mutant, known: CoverageData) -> list[str]:
    """The tests that run a mutant's line, those of its module first; then all of its room where a property test runs it,
    which Hypothesis hides, or where it runs on import."""
    found = known.contexts_by_lineno(str(Path(mutant.path).resolve())).get(mutant.line, [])
    tests = [name for name in found if name.startswith("tests.")]
    names = [re.sub(r"\.(test_\w+)\.", r"/\1.py::", name).replace("tests.", "tests/", 1) for name in tests]
    room = [] if tests and tests == found else [f"tests/{mutant.room}"]
    return sorted(names, key=lambda name: f"test_{Path(mutant.path).stem}" not in name) + room


def noticed(mutant: Mutant, known: CoverageData) -> bool:
    was = Path(mutant.path).read_text()
    Path(mutant.path).write_text(mutant.code())
    try:
        return not run("-m", "pytest", *OPTIONS, *asked(mutant, known))
    finally:
        Path(mutant.path).write_text(was)


def main() -> None:
    seed, count, out = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).resolve()
    before = map(json.loads, out.read_text().splitlines() if out.exists() else [])
    killed = {tuple(line["mutant"]) for line in before if line["noticed"]}
    with TemporaryDirectory() as folder, out.open("a") as file:
        subprocess.run(["git", "checkout-index", "--all", f"--prefix={folder}/"], check=True)
        os.chdir(folder)
        os.environ |= {"PYTHONPATH": os.pathsep.join([folder, *sys.path[1:]]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        Path("coverage.ini").write_text("[run]\ndynamic_context = test_function\nsource = predictor\n")
        rooms = [f"tests/{room}" for room in ROOMS]
        if not run("-m", "coverage", "run", "--rcfile=coverage.ini", "-m", "pytest", *OPTIONS, *rooms, longest=None):
            sys.exit(Path("log.txt").read_text())  # where a test fails without a mutant, a mutant tells nothing
        (known := CoverageData()).read()
        for mutant in (mutant for mutant in drawn(seed, count) if mutant not in killed):
            line = {"mutant": mutant, "difference": mutant.difference(), "noticed": noticed(mutant, known)}
            print(json.dumps(line), file=file, flush=True)


if __name__ == "__main__":
    main()
