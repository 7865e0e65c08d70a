"""predictor schema: JSON Schemas for editors and programs."""

from __future__ import annotations

import json

import click

from ..library import Library
from ..schema import NAMES, schema
from .options import content_options


@click.command("schema")
@click.argument("name", type=click.Choice(NAMES))
@content_options
def command(name: str, library: Library) -> None:
    """Prints the JSON Schema of a profile, an answer, a condition file or the assumptions."""
    click.echo(json.dumps(schema(name, library), ensure_ascii=False, indent=2))
