"""What the documentation draws from the code: the commands from click, and the rooms as a picture."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from functools import cache
from html import escape
from inspect import cleandoc
from typing import Any

import click
from click.testing import CliRunner
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from predictor.cli import main

OUTSIDE = {"../CONTRIBUTING.md": "contributing.md"}
"""Links out of docs/ that have a page of their own in it."""


@dataclass(frozen=True)
class Shown:
    """A command as it is told: its words, its usage, what it says of itself, and its options."""

    words: str
    usage: str
    help: str
    options: tuple[tuple[str, str], ...]


def shown_commands(command: click.Command, above: click.Context | None = None) -> Iterator[Shown]:
    """A command and all those below it, each with the options that the shipped content gives it."""
    context = click.Context(command, info_name=command.name if above else "predictor", parent=above)
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield Shown(context.command_path, usage, cleandoc(command.help or ""), tuple(_options(command, context)))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from shown_commands(below, context)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Each option with what it says, also one that the help leaves out to stay short."""
    for param in command.get_params(context):
        if isinstance(param, click.Option):
            told = copy(param)
            told.hidden = False
            record = told.get_help_record(context)
            assert record is not None
            yield record


def commands_page() -> str:
    """The reference of the commands as Markdown; an option that several share is told once, at the end."""
    shown = list(shown_commands(main))
    uses = Counter(option for command in shown for option in command.options)
    shared = [option for option, times in uses.items() if times > 1]
    chapters = [_chapter(command, shared) for command in shown]
    return "\n\n".join([*chapters, "## Options that several commands share", _table(shared)])


def _chapter(command: Shown, shared: list[tuple[str, str]]) -> str:
    own = [option for option in command.options if option not in shared]
    others = ", ".join(f"`{_names(option)}`" for option in command.options if option in shared)
    beside = f"[Shared](#options-that-several-commands-share): {others}." if others else ""
    parts = [f"## {command.words}", _plain(command.help), f"```text\n{command.usage}\n```", _table(own), beside]
    return "\n\n".join(part for part in parts if part)


def _names(option: tuple[str, str]) -> str:
    return ", ".join(re.findall(r"-[\w-]+", option[0]))


def _table(options: list[tuple[str, str]]) -> str:
    rows = [f"| `{_cell(name)}` | {_cell(_plain(says))} |" for name, says in options]
    return "\n".join(["| option | says |", "|---|---|", *rows]) if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _plain(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", text)


class Commands(SphinxDirective):
    """`{commands}`: the reference of all commands."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(commands_page(), allow_section_headings=True)


class Output(SphinxDirective):
    """`{output} ARGUMENTS`: what the command says, as it says it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        said = CliRunner().invoke(main, shlex.split(self.arguments[0]), catch_exceptions=False).output
        return [nodes.literal_block(said, said, language="text")]


class Mermaid(SphinxDirective):
    """`{mermaid}`: boxes and arrows, drawn here as SVG, since the usual script would come from another host."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        arrows = re.findall(r"(\w+) --> (\w+)", "\n".join(self.content))
        return [nodes.raw("", drawing(arrows), format="html")]


WIDE, HIGH, BOX = 150, 74, (112, 34)
Place = tuple[float, float]


def drawing(arrows: list[tuple[str, str]]) -> str:
    """Boxes in layers, each above what its arrows point at, as one SVG."""
    layers = layered(arrows)
    width = WIDE * max(map(len, layers))
    places = {
        name: (width / 2 + WIDE * (number - (len(layer) - 1) / 2), HIGH * (level + 0.5))
        for level, layer in enumerate(layers)
        for number, name in enumerate(layer)
    }
    lines = "".join(
        _line([place for name, place in places.items() if name in (a, b) or name.startswith(f"{a} {b} ")])
        for a, b in arrows
    )
    boxes = "".join(_box(name, *place) for name, place in places.items() if " " not in name)
    told = escape(", ".join(f"{a} imports {b}" for a, b in arrows))
    return (
        f'<figure><svg viewBox="0 0 {width} {HIGH * len(layers)}" style="max-width: {width}px" role="img" '
        f'aria-label="{told}">{HEAD}{lines}{boxes}</svg></figure>'
    )


def layered(arrows: list[tuple[str, str]]) -> list[list[str]]:
    """The boxes from the top; an arrow that passes a layer has a place there, named by both its ends and the layer."""
    below = {name: tuple(b for a, b in arrows if a == name) for arrow in arrows for name in arrow}

    @cache
    def height(name: str) -> int:
        return 1 + max(map(height, below[name]), default=-1)

    levels = range(max(map(height, below)), -1, -1)
    passing = {level: [f"{a} {b} {level}" for a, b in arrows if height(b) < level < height(a)] for level in levels}
    return [[*passing[level], *(name for name in below if height(name) == level)] for level in levels]


HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="currentColor"/></marker></defs>'
)


def _line(places: list[Place]) -> str:
    """From the foot of the first box through what lies between to the head of the last."""
    (x, y), *rest = places
    path = f"M{x:g} {y + BOX[1] / 2:g}"
    for x2, y2 in rest:
        end = y2 - BOX[1] / 2
        path += f"C{x:g} {end - HIGH / 2:g} {x2:g} {end - HIGH / 2:g} {x2:g} {end:g}"
        x = x2
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="0.6" marker-end="url(#head)"/>'


def _box(name: str, x: float, y: float) -> str:
    wide, high = BOX
    return (
        f'<rect x="{x - wide / 2:g}" y="{y - high / 2:g}" width="{wide}" height="{high}" rx="5" '
        'fill="var(--color-background-secondary)" stroke="currentColor"/>'
        f'<text x="{x:g}" y="{y + 5:g}" text-anchor="middle" font-size="15" fill="currentColor">{name}</text>'
    )


def _inside(app: Sphinx, page: str, source: list[str]) -> None:
    """A link that leaves docs/ leads to the page that stands for it there."""
    for path, own in OUTSIDE.items():
        source[0] = source[0].replace(f"]({path}", f"]({own}")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("commands", Commands)
    app.add_directive("mermaid", Mermaid)
    app.add_directive("output", Output)
    app.connect("source-read", _inside)
    return {"parallel_read_safe": True}
