"""The documentation is built by one command, strictly and offline, and holds every public name, command and option."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

import predictor
from predictor.cli import main

from .conftest import ROOT
from .documents import NOTEBOOKS, fenced, text_of

FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
"""What a browser fetches by itself, and where an element names it."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as docs/about.md says that it is built, in a folder of its own."""
    (line,) = re.findall(r"^python (-m sphinx .*)$", fenced(text_of("docs/about.md"), "sh"), flags=re.MULTILINE)
    folder = tmp_path_factory.mktemp("site") / "html"
    options = line.removesuffix(" docs docs/_build/html").split()
    done = subprocess.run([sys.executable, *options, "docs", folder], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Links(HTMLParser):
    """What a page links to, what a browser fetches for it, and the names that links can lead to."""

    def __init__(self, page: Path):
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.names: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        self.names |= {value for name in ("id", "name") if (value := told.get(name))}
        if tag == "a" and told.get("href"):
            self.links.append(told["href"] or "")
        if tag in FETCHED and told.get(FETCHED[tag]):
            self.fetched.append(told[FETCHED[tag]] or "")


@cache
def links_of(page: Path) -> Links:
    return Links(page)


def lost(page: Path, links: list[str]) -> Iterator[str]:
    """The links of a page that lead to no file, or to no name in it."""
    for link in links:
        parts = urlsplit(link)
        target = page.parent / unquote(parts.path) if parts.path else page
        if not parts.scheme and not (target.is_file() and named(unquote(parts.fragment), target)):
            yield link


def named(name: str, page: Path) -> bool:
    """Whether a page has a name; what is no page of ours, or the whole page, needs none."""
    return not name or page.suffix != ".html" or name in links_of(page).names


def test_no_link_is_broken(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if "_downloads" not in page.parts]
    assert len(pages) > 15
    assert not {(page.name, link) for page in pages for link in lost(page, links_of(page).links)}


def test_nothing_comes_from_another_host(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if "_downloads" not in page.parts]
    fetched = {(page, link) for page in pages for link in links_of(page).fetched}
    assert fetched
    assert not {link for _, link in fetched if urlsplit(link).netloc}
    assert not {link for page, link in fetched for link in lost(page, [link])}
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\"']*", styles)


def test_every_public_name_has_its_place_in_the_reference(site: Path) -> None:
    names = links_of(site / "reference" / "python.html").names
    public = [name for name in predictor.__all__ if not name.startswith("__")]
    assert len(public) >= 5
    assert not [name for name in public if f"predictor.{name}" not in names]


def test_every_public_method_has_its_place_in_the_reference(site: Path) -> None:
    names = links_of(site / "reference" / "python.html").names
    methods = [name for name, value in vars(predictor.Predictor).items() if not name.startswith("_") and value.__doc__]
    assert len(methods) > 15
    assert not [name for name in methods if f"predictor.Predictor.{name}" not in names]


def all_commands(command: click.Command, above: click.Context | None = None) -> Iterator[click.Context]:
    context = click.Context(command, info_name=command.name if above else "predictor", parent=above)
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from all_commands(below, context)


def told_in(chapter: str) -> set[str]:
    """The options that a chapter of the reference names."""
    return set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", re.sub(r"<[^>]+>", "", chapter)))


def test_every_command_and_option_has_its_place_in_the_reference(site: Path) -> None:
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    chapters = {part.split("<")[0]: part for part in page.split("<h2>")[1:]}
    contexts = list(all_commands(main))
    assert {context.command_path for context in contexts} < chapters.keys()
    told = {path: told_in(chapter) for path, chapter in chapters.items()}
    options = [
        (context.command_path, name)
        for context in contexts
        for option in context.command.get_params(context)
        if isinstance(option, click.Option)
        for name in option.opts
    ]
    assert len(options) > 100
    assert not [(path, name) for path, name in options if name not in told[path]]
    assert {name for _, name in options} >= told["Options that several commands share"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_offered_with_its_outputs(site: Path, name: str) -> None:
    page = (site / name.removeprefix("docs/")).with_suffix(".html")
    (link,) = [link for link in links_of(page).links if link.endswith(".ipynb")]
    notebook = (page.parent / link).read_text(encoding="utf-8")
    assert '"execute_result"' in notebook
    assert '"output_type": "error"' not in notebook
