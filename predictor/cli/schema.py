"""predictor schema: JSON Schemas and types for editors and programs; the columns of a scored table, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from ..answer.layout import wrap
from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..reports.schema import NAMES, profile_types, schema
from ..tables.meanings import ANY, PARTS
from .content import ContentCommand, condition_option
from .options import bold, content_options, json_option, language_option
from .score import scorer_class

if TYPE_CHECKING:
    from ..tables.scorer import Scorer

OF_FACTORS = ("levels", "contributions", "evidence")
"""Groups of columns that a table has of each factor."""


@click.command("schema", cls=ContentCommand)
@click.argument("name", metavar="WHAT", type=click.Choice((*NAMES, "table", "types")))
@condition_option
@language_option
@json_option
@content_options
def command(name: str, condition: str | None, language: str, as_json: bool, library: Library) -> None:
    """Prints a JSON Schema or what a table means; WHAT: profile, answer, condition, assumptions, table, types.

    The first four are JSON Schemas of a profile, an answer, a condition file and the assumptions; `table` tells what
    the columns of a scored table and their codes mean; `types` are the fields of a profile for type checkers of Python.

    --condition, --lang and --json are for `table`; the others are the same in either language.
    """
    if name == "types":
        click.echo(profile_types(library), nl=False)
        return
    if name != "table":
        click.echo(json.dumps(schema(name, library), ensure_ascii=False, indent=2))
        return
    text = library.catalogue(language)
    scorer = scorer_class()(library, condition, language=language)
    if as_json:
        found = {"intended_use": text("intended_use"), "columns": scorer.meanings, "codes": scorer.codes}
        click.echo(json.dumps({**found, "baseline_means": text("columns.baseline")}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join("\n".join(block) for block in _blocks(scorer, text)))


def _blocks(scorer: Scorer, text: Catalogue) -> Iterator[list[str]]:
    """The title, each group of columns, the factors, and the intended use."""
    yield [bold(text("columns.title")), wrap(text("columns.empty"), "  ")]
    of_answer = {group: names for group, names in scorer.groups.items() if group not in OF_FACTORS}
    beside = tuple(name for name in scorer.meanings if name not in scorer.columns)
    for group, names in {"beside": beside, **of_answer}.items():
        yield _group(group, {name: scorer.meanings[name] for name in names}, scorer.codes, text)
    glossary = scorer.glossary
    yield _group("factors", glossary.meanings([f"{ANY}_{part}" for part in PARTS]), {}, text)
    yield _group("levels", {f"{id}_level": _factor(id, scorer, text) for id in glossary.factors}, scorer.codes, text)
    yield [bold(text("columns.group.baseline")), wrap(text("columns.baseline"), "  ")]
    yield [bold(text("explain.intended_use")), wrap(text("intended_use"), "  ")]


def _factor(id: str, scorer: Scorer, text: Catalogue) -> str:
    """A factor's label, and its further columns."""
    others = [name for part in PARTS[1:] if (name := f"{id}_{part}") in scorer.columns]
    return scorer.glossary.factors[id] + text("bracket", words=text("list_join").join(others))


def _group(
    group: str, meanings: Mapping[str, str], codes: Mapping[str, Mapping[str, str]], text: Catalogue
) -> list[str]:
    """A heading, and each column with what it means and its codes."""
    lines = [bold(text(f"columns.group.{group}"))]
    for name, meaning in meanings.items():
        lines += [f"  {name}", wrap(meaning, "      ")]
        lines += [wrap(f"· {code}{text('colon')}{words}", "        ") for code, words in codes.get(name, {}).items()]
    return lines
