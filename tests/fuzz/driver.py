"""What drives all that is fuzzed: some tries in every run, and under `-m long` FUZZ_SECONDS of each (20 if not told).

    FUZZ_SECONDS=600 pytest -m long tests/fuzz -s

Each try is given a number, and its input is made from it: a failure is made again by its number.
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

T = TypeVar("T")
SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
SLOWEST = 2.0
"""Seconds of the processor that one try may take."""
MOST_MEMORY = 500_000_000
"""Bytes by which the process may grow."""
IN_A_ROW = 50
"""Tries of a law between two looks at the clock."""
TOKENS = (b"\xff", b"\0", b'"', b",", b"\n", b"{", b"[", b"}", b"&a ", b"*a", b"<<: ", b"!!", b"1e999", b"-", b"99999999999",
          b"nan", b"\xef\xbb\xbf", b"\\ud800", b"\x1b[2J", "未知".encode("gb18030"), b"- " * 200, b"[" * 200)  # fmt: skip

in_both_lengths = pytest.mark.parametrize(
    "long", [pytest.param(False, id="brief"), pytest.param(True, id="long", marks=pytest.mark.long)]
)
"""Asks a test for a few tries in every run, and for its seconds where -m names `long`."""


def tried(name: str, make: Callable[[random.Random], T], answer: Callable[[T], str], long: bool, brief: int) -> None:
    """Makes input and has it answered, so many times or so long: in time, within memory, and never raising.

    answer: what came of it in a word; not everything may come to the same.
    """
    came: Counter[str] = Counter()
    end = time.monotonic() + SECONDS
    with _flat_memory(name):
        while time.monotonic() < end if long else came.total() < brief:
            given = make(random.Random(came.total()))
            told = f"{name} {came.total()}\n{given!r:.2000}"
            came[_answered(answer, given, told)] += 1
    assert len(came) > 1
    print(f"{name}: {came.total()} tries, {dict(came)}")


def _answered(answer: Callable[[T], str], given: T, told: str) -> str:
    try:
        with in_time(told):
            return answer(given)
    except Exception as error:
        raise AssertionError(told) from error
    except BaseException as error:  # what a library of C or Rust raises is none of ours
        pytest.fail(f"{error!r}\n{told}")


def held(law: Callable[[Any], None], inputs: st.SearchStrategy[Any], long: bool, brief: int) -> None:
    """Holds a law for so many inputs, or so long for ever others."""
    for bounds in _runs(law.__name__, long, brief):
        bounds(given(inputs)(law))()


def machine_held(machine: type[RuleBasedStateMachine], long: bool, brief: int) -> None:
    """Holds what a machine says after each of its steps, in so many sessions, or so long for ever others."""
    for bounds in _runs(machine.__name__, long, brief, 1):
        run_state_machine_as_test(machine, settings=settings(bounds, stateful_step_count=20))


def _runs(name: str, long: bool, brief: int, in_a_row: int = IN_A_ROW) -> Iterator[settings]:
    """One run with its bounds, or runs until the seconds are over."""
    end, tries = time.monotonic() + SECONDS, 0
    with _flat_memory(name):
        while long and (tries == 0 or time.monotonic() < end):
            yield settings(max_examples=in_a_row, derandomize=False, database=None, phases=[Phase.generate])
            tries += in_a_row
        if not long:
            yield settings(max_examples=brief)
    print(f"{name}: up to {tries or brief} tries")


@contextmanager
def in_time(told: str) -> Iterator[None]:
    """What is done within may take SLOWEST seconds of the processor, whatever else runs beside it."""
    start = time.process_time()
    yield
    taken = time.process_time() - start
    assert taken < SLOWEST, f"{taken:.1f} s: {told}"


@contextmanager
def _flat_memory(name: str) -> Iterator[None]:
    before = _memory()
    yield
    assert _memory() - before < MOST_MEMORY, name


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """A file as it is, or with some bytes changed, taken out, repeated or put in."""
    data = bytearray(seed)
    for _ in range(draw.choice((0, 1, 1, 2, 4, 16))):
        at, upto = draw.randrange(len(data) + 1), draw.choice((1, 2, 4, 30))
        change = draw.randrange(5)
        if change == 0 and data:
            data[at % len(data)] = draw.randrange(256)
        elif change == 1:
            del data[at : at + upto]
        elif change == 2:
            data[at:at] = data[at : at + upto] * draw.choice((1, 3, 50))
        elif change == 3:
            data[at:at] = draw.choice(TOKENS)
        else:
            data[at : at + 4] = draw.choice((0, 1, 2**31 - 1, 2**32 - 1)).to_bytes(4, "little")
    return bytes(data)
