"""predictor fit: the scorecards from their content."""

from __future__ import annotations

from pathlib import Path

import click

from ..answer.library import Library
from ..content.catalogue import load_locale
from ..model.fitting import write_scorecards
from .content import ContentCommand
from .options import content_options, language_option


@click.command("fit", cls=ContentCommand)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write to another folder.")
@language_option
@content_options
def command(out: Path | None, language: str, library: Library) -> None:
    """Fits every condition under every stance and writes data/scorecards/."""
    text = load_locale(library.configs, language)
    for path in write_scorecards(library.configs, library.data, out):
        click.echo(text("fit.written", path=path))
