"""Takes the README's picture of the page anew, in Chromium.

Run by hand where the page looks different now: python -m tests.browser.pictures. Look at it before you commit.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from predictor.answer.library import Library
from predictor.reports.interactive_page import write_page

from ..conftest import ROOT
from .conftest import CHROMIUM, FLAGS

PICTURE = ROOT / "docs" / "images" / "page.png"
VIEW: ViewportSize = {"width": 1280, "height": 800}


def draw_page(out: Path) -> None:
    """The page as it opens, in one picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        write_page(Library(), None, file)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=VIEW)
        page.goto(file.as_uri())
        page.locator(".sentence").first.wait_for()
        page.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    draw_page(PICTURE)
