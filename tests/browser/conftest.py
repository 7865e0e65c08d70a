"""A real browser (Debian's Chromium) on the page, served on loopback or as a file with the network cut off."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from predictor.interactive import SERVED_POLICY, STATIC, page_data, page_html, write_page
from predictor.library import Library

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
DESKTOP, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": CHROMIUM, "args": FLAGS, "headless": True}


@pytest.fixture(scope="session")
def offline_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(Library(), None, path)
    return path


class _Handler(BaseHTTPRequestHandler):
    """The page and its parts, as the API serves them, under the same policy."""

    def __init__(self, parts: dict[str, bytes], *args: Any):
        self.parts = parts
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        body = self.parts.get(path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", TYPES.get(Path(path).suffix or ".html", "text/plain"))
        self.send_header("Content-Security-Policy", SERVED_POLICY)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def served_page() -> Iterator[str]:
    """The address of the page on loopback."""
    parts = {f"/static/{p.relative_to(STATIC).as_posix()}": p.read_bytes() for p in STATIC.rglob("*.*")}
    parts["/static/data.json"] = json.dumps(page_data(Library())).encode()
    parts["/"] = page_html(Library(), "en").encode()
    parts["/favicon.ico"] = b""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, parts))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_page(browser: Browser, offline_page: Path) -> Iterator[Open]:
    """Opens the file at an address with the network cut off; fails on an error in the page or a request."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(hash: str = "", base: str | None = None, **options: Any) -> Page:
        context = browser.new_context(viewport=options.pop("viewport", DESKTOP), accept_downloads=True, **options)
        contexts.append(context)
        context.set_offline(base is None)
        page = context.new_page()
        _watch(page, base or offline_page.as_uri(), wrong)
        page.goto((base or offline_page.as_uri()) + hash)
        page.locator(".one-line, #teach").first.wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


def _watch(page: Page, base: str, wrong: list[str]) -> None:
    def requested(url: str) -> None:
        if not url.startswith((base.split("#")[0], "blob:", "data:")):
            wrong.append(f"request: {url}")

    page.on("request", lambda request: requested(request.url))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
