"""A load on the server, on loopback: users who move sliders, and others who upload tables.

    python tests/load/load.py --seconds 120 --users 50 --uploaders 4

The first half of the time the tables are idle, in the second half they run. Prints one JSON record:
errors, the 50th and 99th percentile of POST /v1/predict in both halves, and the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil

from predictor.answer.library import Library
from predictor.content.conditions import Condition, Field

ADDRESS = re.compile(r"http://(127\.0\.0\.1):(\d+)")
PAUSE = (0.3, 0.7)
"""Seconds between two moves of a slider by one user."""


@dataclass
class Half:
    """What was measured in one half of the time."""

    predict: list[float] = field(default_factory=list)
    tables: list[float] = field(default_factory=list)
    rows: int = 0
    errors: list[str] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        return {
            "predict": {"requests": len(self.predict), **percentiles(self.predict)},
            "tables": {"uploads": len(self.tables), "rows": self.rows, **percentiles(self.tables)},
            "errors": len(self.errors),
            "first_errors": self.errors[:3],
        }


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Milliseconds at the 50th and 99th percentile and at most."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    at = {"p50_ms": 0.5, "p99_ms": 0.99, "max_ms": 1.0}
    return {name: round(1000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))], 1) for name, q in at.items()}


def moves(condition: Condition, dice: random.Random) -> Iterator[dict[str, Any]]:
    """Profiles as one user makes them: one slider or choice at a time, a few steps each."""
    fields = [factor.fields[0] for factor in condition]
    profile: dict[str, Any] = {"condition": condition.id}
    for f in dice.sample(fields, 4):
        profile[f.id] = dice.choice(steps(condition, f))
    while True:
        f = dice.choice(fields)
        for value in dice.sample(steps(condition, f), k=min(4, len(steps(condition, f)))):
            profile[f.id] = value
            yield dict(profile)


def steps(condition: Condition, f: Field) -> list[Any]:
    """The values of a slider or a choice."""
    if not f.numeric:
        return list(condition.by_id[f.factor].level_ids)
    assert f.minimum is not None
    assert f.maximum is not None
    low, high = int(f.minimum + 0.5), int(min(f.maximum, 100))
    return list(range(low, high + 1, max(1, (high - low) // 40)))


class Connection:
    """A connection that is kept, with no more work for a request than it needs: a client that shares
    the machine with the server would else measure itself."""

    def __init__(self, host: str, port: int):
        self.host, self.port = host, port
        self.reader: asyncio.StreamReader | None = None

    async def post(self, path: str, body: bytes, kind: str) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=2**20)
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: {kind}\r\n"
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", answer)
        assert length, answer
        return int(answer.split(b" ", 2)[1]), answer, await self.reader.readexactly(int(length[1]))


async def move_sliders(connection: Connection, condition: Condition, seed: int, half: Half, until: float) -> None:
    dice = random.Random(seed)
    await asyncio.sleep(dice.uniform(0, 1))
    for profile in moves(condition, dice):
        await asyncio.sleep(dice.uniform(*PAUSE))
        if time.monotonic() > until:
            return
        body = json.dumps(profile).encode()
        start = time.perf_counter()
        status, _, answer = await connection.post("/v1/predict", body, "application/json")
        half.predict.append(time.perf_counter() - start)
        impossible = status == 422 and b"since the event" in answer
        if status != 200 and not impossible:
            half.errors.append(f"{status} {answer[:200]!r}")


async def upload_tables(connection: Connection, table: bytes, rows: int, half: Half, until: float) -> None:
    while time.monotonic() < until:
        start = time.perf_counter()
        status, head, answer = await connection.post("/v1/score", table, "text/csv")
        half.tables.append(time.perf_counter() - start)
        if status == 200 and f"rows-read: {rows}\r\n".encode() in head:
            half.rows += rows
        else:
            half.errors.append(f"table: {status} {answer[:200]!r}")


def table_of(rows: int) -> bytes:
    dice = random.Random(0)
    lines = ["id,condition,age_years,gmfm88,route,cell_type"]
    for i in range(rows):
        age, gmfm = round(dice.uniform(0.5, 17), 1), round(dice.uniform(5, 95), 1)
        route, cell = dice.choice(["intrathecal", "intravenous", ""]), dice.choice(["msc", "nsc_npc", ""])
        lines.append(f"h{i},cerebral_palsy,{age},{gmfm},{route},{cell}")
    return ("\n".join(lines) + "\n").encode()


async def watch(process: psutil.Process, memory: list[tuple[float, float]]) -> None:
    """Samples the memory of the server and its workers, in MB, once a second."""
    start = time.monotonic()
    while True:
        family = [process, *process.children(recursive=True)]
        sizes = [member.memory_info().rss for member in family if member.is_running()]
        memory.append((round(time.monotonic() - start), round(sum(sizes) / 1e6, 1)))
        await asyncio.sleep(1)


async def run(address: tuple[str, int], process: psutil.Process, options: argparse.Namespace) -> dict[str, Any]:
    library = Library()
    conditions = [library.scorecard(id).condition for id in library.condition_ids()]
    table = table_of(options.rows)
    halves = {"idle_tables": Half(), "running_tables": Half()}
    memory: list[tuple[float, float]] = []
    watching = asyncio.create_task(watch(process, memory))
    for name, half in halves.items():
        until = time.monotonic() + options.seconds / 2
        seeds = range(options.users)
        jobs = [move_sliders(Connection(*address), conditions[s % len(conditions)], s, half, until) for s in seeds]
        if name == "running_tables":
            jobs += [
                upload_tables(Connection(*address), table, options.rows, half, until) for _ in range(options.uploaders)
            ]
        await asyncio.gather(*jobs)
    watching.cancel()
    return {
        "seconds": options.seconds,
        "users": options.users,
        "uploaders": options.uploaders,
        "rows_per_table": options.rows,
        "load_average": [round(load, 2) for load in psutil.getloadavg()],
        **{name: half.report() for name, half in halves.items()},
        "memory_mb": [size for _, size in memory[:: max(1, len(memory) // 12)]],
        "memory_mb_max": max(size for _, size in memory),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--uploaders", type=int, default=4)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    command = [sys.executable, "-m", "predictor", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            found = ADDRESS.search(server.stdout.readline())
            assert found, "the server did not print its address"
            report = asyncio.run(run((found[1], int(found[2])), psutil.Process(server.pid), options))
        finally:
            server.terminate()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
