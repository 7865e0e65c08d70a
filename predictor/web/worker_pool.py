"""Runs jobs beside the server: a few at a time, each within its time, the others in a short queue."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import anyio
from anyio import to_process, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from ..errors import Fault, say
from .problems import Problem

T = TypeVar("T")
PRIORITY = 10
"""Of the worker processes (POSIX nice): the server, which answers single profiles itself, goes first."""


class Workers:
    """One job at a time in a worker process; a job that outlasts its time is killed.

    processes: False runs the jobs in threads, which start at once and cannot be killed (for tests).
    """

    def __init__(self, waiting: int, seconds: float, processes: bool = True):
        self.waiting = waiting
        self.seconds = seconds
        self._limiter = anyio.CapacityLimiter(1)
        self.processes = processes
        self._taken = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among the one that runs and those that wait. Raises a problem if all are taken."""
        if self._taken > self.waiting:
            raise Problem("busy", headers={"Retry-After": "5"})
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, request: Request, job: Callable[..., T], *arguments: Any) -> T:
        """What the job gives. Raises a problem if the queue is full or the time is over."""
        with self.place():
            return await self.run_placed(request, job, *arguments)

    async def run_placed(self, request: Request, job: Callable[..., T], *arguments: Any) -> T:
        """What the job of a request that has its place gives; it is stopped if the asker goes away."""
        try:
            with anyio.fail_after(self.seconds):
                return await self._while_connected(request, job, *arguments)
        except TimeoutError as error:
            fault = Fault("time", say("more_seconds", number=f"{self.seconds:g}"), say("less_work"), say("ask_less"))
            raise Problem("out_of_time", [fault]) from error

    async def _while_connected(self, request: Request, job: Callable[..., T], *arguments: Any) -> T:
        gone = anyio.CancelScope()
        async with _watched(request, gone):
            with gone:
                return await self._begun(job, *arguments)
        raise ClientDisconnect

    async def _begun(self, job: Callable[..., T], *arguments: Any) -> T:
        if self.processes:
            later: Callable[..., T] = _after_the_server
            return await to_process.run_sync(later, job, *arguments, cancellable=True, limiter=self._limiter)
        return await to_thread.run_sync(job, *arguments, abandon_on_cancel=True, limiter=self._limiter)


@asynccontextmanager
async def _watched(request: Request, gone: anyio.CancelScope) -> AsyncIterator[None]:
    """Cancels the scope when the asker of a request, whose body has been read, goes away."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.cancel()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


def _after_the_server(job: Callable[..., T], *arguments: Any) -> T:
    if hasattr(os, "setpriority") and os.getpriority(os.PRIO_PROCESS, 0) < PRIORITY:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    return job(*arguments)
