"""The server: the page, the API, and what keeps both within bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from .. import __version__
from ..answer.library import Library
from ..errors import PredictorError
from ..reports.interactive_page import STATIC, page_data, page_html
from . import description
from .access_log import AccessLog
from .answer_routes import Answering
from .compression import CompressedReads
from .docs_page import STATIC as DOCS
from .docs_page import docs_html
from .evidence_routes import Contents
from .head_requests import Heads
from .language import asked_language
from .limits import Limits
from .problems import Handlers, PlainErrors, Problem
from .responses import cacheable, encoded
from .security import HOSTS, OwnOrigin, SecurityHeaders
from .table_routes import Scoring
from .timeouts import Deadline, Lingering
from .worker_pool import Workers


class Server(FastAPI):
    """An application whose every response, an error of the framework too, has its headers and its form."""

    def __init__(self, library: Library, limits: Limits, **settings: Any):
        super().__init__(max_body_size=limits.json_bytes, **settings)
        self.library = library
        self.limits = limits

    def build_middleware_stack(self) -> ASGIApp:
        bounded = Deadline(super().build_middleware_stack(), self.limits)
        return AccessLog(Lingering(Heads(SecurityHeaders(PlainErrors(OwnOrigin(bounded), self.library)))))

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = description.openapi(self, self.library)
        return self.openapi_schema


def create_app(
    library: Library | None = None,
    limits: Limits = Limits(),  # noqa: B008
    hosts: Sequence[str] = HOSTS,
    processes: bool = True,
) -> FastAPI:
    """The application. processes: whether long work runs in processes of its own (else in threads)."""
    library = library or Library()
    answering = Answering(library, limits, Workers(limits.jobs_waiting, limits.job_seconds, processes))
    scoring = Scoring(library, limits, Workers(limits.tables_waiting, limits.table_seconds, processes))
    app = Server(
        library,
        limits,
        title="cell-response-predictor",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda operation: operation.name,
        lifespan=lambda app: _ready(answering),
        responses=description.PROBLEMS,
    )
    _handle_errors(app, library)
    app.add_middleware(CompressedReads)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*hosts], www_redirect=False)
    for part in (answering, scoring, Contents(library)):
        app.include_router(part.router())
    _serve_page(app, library)
    return app


@asynccontextmanager
async def _ready(answering: Answering) -> AsyncIterator[None]:
    """Reads the models before the first request, which would wait for them otherwise."""
    await to_thread.run_sync(answering.warm_up)
    yield


def _handle_errors(app: FastAPI, library: Library) -> None:
    handlers = Handlers(library)
    app.add_exception_handler(Problem, handlers.problem)
    app.add_exception_handler(PredictorError, handlers.predictor_error)
    app.add_exception_handler(RequestValidationError, handlers.validation_error)


def _serve_page(app: Server, library: Library) -> None:
    @lru_cache(maxsize=2)
    def html(language: str) -> bytes:
        return page_html(library, language).encode()

    @lru_cache(maxsize=1)
    def data() -> bytes:
        return encoded(page_data(library))

    def page(request: Request) -> Response:
        return cacheable(request, html(asked_language(request.scope)), "text/html")

    def page_json(request: Request) -> Response:
        return cacheable(request, data(), "application/json")

    def docs(request: Request) -> Response:
        text = library.catalogue(asked_language(request.scope))
        return Response(docs_html(app.openapi(), library, text, str(request.base_url)), media_type="text/html")

    for path, give in (("/", page), ("/static/data.json", page_json), ("/docs", docs)):
        app.get(path, include_in_schema=False)(give)
    app.mount("/docs/static", StaticFiles(directory=DOCS), name="docs-static")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
