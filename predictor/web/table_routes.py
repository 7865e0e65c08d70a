"""POST /v1/score: a table is uploaded to a file, scored in a worker process, and sent back.

Nothing of it is held in memory whole, and nothing of it is kept.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.background import BackgroundTask
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from ..answer.library import Library
from ..content.library_messages import system_message
from ..errors import Fault, either, say
from . import jobs
from .common_fields import Asked
from .language import asked_language
from .limits import Limits
from .problems import Problem
from .request_body import media_type
from .worker_pool import Workers

LOG = logging.getLogger("predictor.web.tables")
CSV, PARQUET, ZIP = "text/csv", "application/vnd.apache.parquet", "application/zip"
SUFFIXES = {CSV: ".csv", PARQUET: ".parquet", "application/parquet": ".parquet", "application/x-parquet": ".parquet"}
TYPES = {"csv": CSV, "parquet": PARQUET, "zip": ZIP}
FORM = "multipart/form-data"


class AskedTable(Asked):
    """How a table is to be scored.

    condition: of the rows that do not name one. format: of the scored table, as the upload if not
    told; zip holds the scored table, the rejected rows with their faults, and what belongs to them.
    """

    condition: str | None = None
    format: Literal["csv", "parquet", "zip"] | None = None


@contextmanager
def room_told() -> Iterator[None]:
    """A disk that is full or not there is a problem of the server's, told in its answer and in a line of its log."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        LOG.warning("no room for a table: %s", system_message(error))
        raise Problem("no_room", [Fault("disk", system_message(error), say("room_for_output"))]) from error


class TableResponse(FileResponse):
    """A file that is sent in large parts: between two parts, a part waits for all single answers that wait."""

    chunk_size = 1 << 20


class Scoring:
    """Takes tables and gives scored tables."""

    def __init__(self, library: Library, limits: Limits, workers: Workers):
        self.library = library
        self.limits = limits
        self.workers = workers

    def router(self) -> APIRouter:
        """The route, with what it takes and gives for the OpenAPI document."""
        router = APIRouter(prefix="/v1", tags=["tables"])
        table = {"schema": {"type": "string", "format": "binary"}}
        given = {"description": "The scored table", "content": dict.fromkeys((CSV, PARQUET, ZIP), table)}
        filled = {"schema": {**table["schema"], "minLength": 1}}
        part = {"type": "object", "properties": {"file": filled["schema"]}, "required": ["file"]}
        kinds = {"file": {"contentType": f"{CSV}, {PARQUET}"}}
        form = {"schema": {**part, "additionalProperties": False}, "encoding": kinds}
        content = {**dict.fromkeys((CSV, PARQUET), filled), FORM: form}
        taken = {"requestBody": {"required": True, "content": content}}
        router.post(
            "/score",
            response_class=Response,
            responses={200: given},
            openapi_extra=taken,
            max_body_size=self.limits.table_bytes,
        )(self.score)
        return router

    async def score(self, request: Request, asked: Annotated[AskedTable, Query()]) -> Response:
        """A CSV or Parquet table with one profile a row, scored; the headers Rows-* count the rows."""
        self._check_scorecard(asked)
        with self.workers.place(), room_told():  # a place before anything is written
            return await self._scored(request, asked)

    def _check_scorecard(self, asked: AskedTable) -> None:
        ids = [asked.condition] if asked.condition else self.library.condition_ids()
        if asked.scorecard is not None:
            here = [self.library.scorecard(self.library.condition_id(id)).hash for id in ids]
            if asked.scorecard not in here:
                cure = say("ask_without_scorecard")
                raise Problem("other_scorecard", [Fault("scorecard", ", ".join(here), repr(asked.scorecard), cure)])

    async def _scored(self, request: Request, asked: AskedTable) -> Response:
        folder = Path(tempfile.mkdtemp(prefix="predictor-"))
        try:
            source = await _received(request, folder)
            kind = asked.format or source.suffix.removeprefix(".")
            wanted = jobs.Table(asked.condition, kind, self.limits.table_rows)
            asking = (self.library, asked.stance, asked_language(request.scope))
            scored = await self.workers.run_placed(request, jobs.score_table, asking, wanted, source)
        except jobs.TooManyRowsError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Problem("too_many_rows", error.faults) from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        headers = {"Cache-Control": "no-store"}  # a file has an ETag; what was told of patients is nobody's to keep
        headers |= {f"Rows-{name.capitalize()}": str(number) for name, number in scored.rows.items()}
        remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        return TableResponse(
            scored.path, headers=headers, media_type=TYPES[kind], filename=scored.path.name, background=remove
        )


async def _received(request: Request, folder: Path) -> Path:
    """The uploaded table as a file of the folder: the body itself, or the one file of a form."""
    if media_type(request) == FORM:
        return await _from_form(request, folder)
    path = folder / f"table{_suffix(media_type(request))}"
    with path.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
    return path


async def _from_form(request: Request, folder: Path) -> Path:
    async with _one_file(request) as form:
        files = [part for part in form.values() if isinstance(part, UploadFile)]
        if not files:
            raise Problem("bad_input", [Fault("file", say("nothing"), say("one_file"), say("name_the_part"))])
        path = folder / f"table{_suffix(files[0].content_type or '', files[0].filename or '')}"
        with path.open("wb") as file:
            await to_thread.run_sync(shutil.copyfileobj, files[0].file, file)
    return path


@asynccontextmanager
async def _one_file(request: Request) -> AsyncIterator[FormData]:
    """The form of a request. Raises a problem for one that cannot be read or has more than a file."""
    try:
        form = await request.form(max_files=1, max_fields=0)
    except HTTPException as error:
        found = say("more_parts") if str(error.detail).startswith("Too many") else say("unreadable_form")
        raise Problem("bad_input", [Fault("file", found, say("one_file"), say("name_the_part"))]) from error
    try:
        yield form
    finally:
        await form.close()


def _suffix(kind: str, name: str = "") -> str:
    found = SUFFIXES.get(kind) or Path(name).suffix.casefold()
    if found not in SUFFIXES.values():
        raise Problem("media_type", [Fault("Content-Type", repr(kind), either([CSV, PARQUET]))])
    return found
