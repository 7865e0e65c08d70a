"""A real browser (Debian's Chromium without windows) on the page, served on loopback or as a file with the network cut off."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from predictor.answer.library import Library
from predictor.reports.interactive_page import write_page
from predictor.web.app import create_app

CHROMIUM = "/usr/bin/chromium-headless-shell"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 10_000

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": CHROMIUM, "args": FLAGS, "headless": True}


@pytest.fixture(scope="session")
def offline_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(Library(), None, path)
    return path


@pytest.fixture(scope="session")
def served_page() -> Iterator[str]:
    """The address of the page on loopback, served by the real application."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(Library(), processes=False), log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def open_page(browser: Browser, offline_page: Path) -> Iterator[Open]:
    """Opens the file at an address with the network cut off; fails on an error in the page or a request."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(hash: str = "", base: str | None = None, **options: Any) -> Page:
        context = browser.new_context(viewport=options.pop("viewport", DESKTOP), accept_downloads=True, **options)
        contexts.append(context)
        context.set_offline(base is None)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        _watch(page, base or offline_page.as_uri(), wrong)
        page.goto((base or offline_page.as_uri()) + hash)
        page.locator(".one-line, #teach").first.wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


def rested(page: Page) -> Page:
    """The page once all its chapters were drawn."""
    page.locator("#version").wait_for()
    return page


def _watch(page: Page, base: str, wrong: list[str]) -> None:
    def requested(url: str) -> None:
        if not url.startswith((base.split("#")[0], "blob:", "data:")):
            wrong.append(f"request: {url}")

    page.on("request", lambda request: requested(request.url))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
