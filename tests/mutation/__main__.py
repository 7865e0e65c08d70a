"""Mutation testing of a sample: which small changes of the code no test notices.

    pip install -e '.[test,mutation]'
    python -m tests.mutation 14 360 /tmp/mutants.jsonl      seed, mutants, where to write a line for each

Draws places of the rooms below and one mutant of each, by an operator of cosmic-ray. Each is run, in a copy of the tree, against
the fast tests that run its line, as coverage.py saw them. What is in the file already is not run again, but for what survived:
as after a new test. tests/mutation/survivors.md says why each survivor is one.
"""

from __future__ import annotations

import ast
import gc
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from difflib import unified_diff
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import Coverage

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("model", "profile", "answer", "whatif", "tables")
LONGEST = 300
"""Seconds that tests may take: a mutant that takes longer has been noticed."""
LEFT_OUT = r"core/Variable|_(Add|Sub|Mul|Div|FloorDiv|Mod|Pow)_(Bit|[LR]Shift)"
"""Operators that ask for a name, and bits of what is a float: an error at once, which would flatter the tests."""
OPTIONS = ["-x", "-q", "-m", "not slow", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider"]


class Mutant(NamedTuple):
    """One operator at one of its occurrences in one file."""

    path: str
    line: int
    operator: str
    occurrence: int

    def code(self) -> str:
        return str(mutate_code((ROOT / self.path).read_text(), get_operator(self.operator)(), self.occurrence))

    def difference(self) -> list[str]:
        lines = unified_diff((ROOT / self.path).read_text().splitlines(), self.code().splitlines(), n=0, lineterm="")
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
        was, now = (ast.parse(code) for code in ((ROOT / mutant.path).read_text(), mutant.code()))
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
            found[place].append(Mutant(str(path.relative_to(ROOT)), place[0][0], name, i))
    return list(found.values())


def drawn(seed: int, count: int) -> list[Mutant]:
    """One mutant each of some places of all rooms, in random order."""
    chance = random.Random(seed)
    found = [p for room in ROOMS for path in sorted((ROOT / "predictor" / room).glob("*.py")) for p in places(path)]
    mutants = (chance.choice(place) for place in chance.sample(found, len(found)))
    return [m for m, _ in zip(filter(_differs, mutants), range(count), strict=False)]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes(const)


def patch(mutant: Mutant) -> None:
    """Gives the functions of a module that is imported already their mutated code."""
    path = str(Path(mutant.path).resolve())
    changed = {code.co_qualname: code for code in _codes(compile(mutant.code(), path, "exec"))}
    for f in gc.get_objects():
        if isinstance(f, FunctionType) and f.__code__.co_filename == path:
            f.__code__ = changed.get(f.__code__.co_qualname, f.__code__)


def in_a_child(do: Callable[[], bool], longest: float = LONGEST) -> bool:
    """What is done in a process of its own, which has all that was read already; False where it takes too long."""
    if not (child := os.fork()):
        os.setsid()
        os._exit(not do())
    end = time.monotonic() + longest
    while (done := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)
    return os.waitstatus_to_exitcode(done[1]) == 0


class Mutating:
    """In place of a run of the tests, which were collected once: many runs of some of them."""

    def __init__(self, mutants: list[Mutant], file: Any):
        self.mutants, self.file = mutants, file

    def pytest_runtestloop(self, session: Any) -> bool:
        from hypothesis import Phase, settings

        shortly = (Phase.explicit, Phase.generate)  # a failing property need not be shrunk
        settings.register_profile("mutation", settings.get_profile("project"), phases=shortly)
        settings.load_profile("mutation")
        counted = Coverage("coverage", include=["predictor/*"])
        if not in_a_child(partial(self.passes, session, session.items, counted), math.inf):
            raise session.Failed("a test fails without a mutant")
        counted.load()
        for mutant in self.mutants:
            line = {"mutant": mutant, "noticed": not in_a_child(partial(self.survives, session, mutant, counted))}
            print(json.dumps({**line, "difference": mutant.difference()}), file=self.file, flush=True)
            shutil.copy(ROOT / mutant.path, mutant.path)
        return True

    def passes(self, session: Any, items: list[Any], counted: Coverage | None = None) -> bool:
        """Whether all of some tests pass; counted: which lines each runs."""
        if counted:
            counted.start()
        for item, after in zip(items, [*items[1:], None], strict=True):
            if counted:
                counted.switch_context(item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if session.testsfailed:
                return False
        if counted:
            counted.stop()
            counted.save()
        return True

    def survives(self, session: Any, mutant: Mutant, counted: Coverage) -> bool:
        known = counted.get_data().contexts_by_lineno(str(Path(mutant.path).resolve())).get(mutant.line, [])
        room = mutant.path.split("/")[1]
        if not known:  # run when it is imported
            Path(mutant.path).write_text(mutant.code())
            return subprocess.run([sys.executable, "-m", "pytest", *OPTIONS, f"tests/{room}"]).returncode == 0
        patch(mutant)
        items = [item for item in session.items if item.nodeid in known]
        return self.passes(session, sorted(items, key=lambda item: f"test_{Path(mutant.path).stem}" not in item.nodeid))


def main() -> None:
    seed, count, out = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).resolve()
    before = map(json.loads, out.read_text().splitlines() if out.exists() else [])
    killed = {tuple(line["mutant"]) for line in before if line["noticed"]}
    left = [mutant for mutant in drawn(seed, count) if mutant not in killed]
    listed = subprocess.run(["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, stdout=-1, check=True)
    with TemporaryDirectory() as folder, out.open("a") as file:
        os.chdir(folder)
        for name in listed.stdout.decode().split("\0")[:-1]:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, name)
        sys.path[:] = [folder, *(path for path in sys.path if path and Path(path) != ROOT)]
        os.environ |= {"PYTHONPATH": os.pathsep.join(sys.path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        pytest.main([*OPTIONS, *(f"tests/{room}" for room in ROOMS)], plugins=[Mutating(left, file)])


if __name__ == "__main__":
    main()
