"""What one request may ask for, so that none spoils another's."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds.

    The server answers single profiles itself; everything longer is a job in a worker process of lower
    priority, few at a time, so that a table does not slow a slider down.
    """

    json_bytes: int = MEGABYTE
    table_bytes: int = 200 * MEGABYTE
    table_rows: int = MEGABYTE
    profiles: int = 100
    """in one request; an answer is about 20 kB, with all of its evidence 160 kB; a longer list is a table"""
    values: int = 200
    """of a sweep"""
    page: int = 200
    """records on one page of the evidence"""
    job_seconds: float = 30.0
    jobs_waiting: int = 32
    table_seconds: float = 600.0
    tables_waiting: int = 8
