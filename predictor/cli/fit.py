"""predictor fit: the scorecards from their content."""

from __future__ import annotations

from pathlib import Path

import click

from ..answer.library import Library
from ..model.fitting import write_scorecards
from .options import content_options


@click.command("fit")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write to another folder.")
@content_options
def command(out: Path | None, library: Library) -> None:
    """Fits every condition under every stance and writes data/scorecards/."""
    for path in write_scorecards(library.configs, library.data, out):
        click.echo(f"Written: {path}")
