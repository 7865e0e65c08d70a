"""predictor report: the model card, or an interactive page that works offline."""

from __future__ import annotations

from pathlib import Path

import click

from ..answer.library import Library
from ..content.whole_files import write_whole
from ..errors import Fault, InputError, either, say
from ..profile.profile import Profile
from .content import ContentCommand, condition_option, field_options
from .explain import placed, read_profile
from .options import content_options, language_option

ENDINGS = (".md", ".html")


@click.command("report", cls=ContentCommand)
@click.option("--model", is_flag=True, help="Write the model card.")
@click.option("--interactive", type=click.Path(path_type=Path, dir_okay=False), help="Write the page to this file.")
@click.option("--profile", "file", type=click.Path(path_type=Path), help="A YAML or JSON file with the page's profile.")
@condition_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A .md or .html for the model card.")
@field_options
@language_option
@content_options
def command(
    model: bool,
    interactive: Path | None,
    file: Path | None,
    condition: str | None,
    out: Path | None,
    language: str,
    library: Library,
    **values: str | None,
) -> None:
    """Writes the model card (--model), or one page that works without a server (--interactive)."""
    if model == (interactive is not None):
        raise InputError(Fault("report", say("both" if model else "neither"), say("report_options")))
    if interactive is None:
        _write_card(library, language, condition, out)
        return
    told = file is not None or any(value is not None for value in (condition, *values.values()))
    profile = read_profile(file, condition, values) if told else None
    with placed(file, {**values, "condition": condition}, library):
        _write_page(library, profile, interactive, language)


def _write_card(library: Library, language: str, condition: str | None, out: Path | None) -> None:
    from ..reports.model_card import model_card

    if out is not None:
        _check_target(out)
    card = model_card(library, language, condition)
    if out is None:
        click.echo(card.markdown(), nl=False)
        return
    write_whole(out, card.markdown() if out.suffix == ".md" else card.html())
    click.echo(library.catalogue(language)("card.written", path=out))


def _check_target(out: Path) -> None:
    if out.suffix not in ENDINGS:
        raise InputError(Fault("out", repr(out.name), either(ENDINGS), say("use_these_endings")))
    if not out.parent.is_dir():
        raise InputError(
            Fault("out", say("no_folder", folder=repr(str(out.parent))), say("existing_folder"), say("make_folder"))
        )


def _write_page(library: Library, profile: Profile | None, path: Path, language: str) -> None:
    from ..reports.interactive_page import write_page

    if not path.parent.is_dir():
        folder = str(path.parent)
        raise InputError(
            Fault("interactive", say("no_folder", folder=repr(folder)), say("existing_folder"), say("make_folder"))
        )
    write_page(library, profile, path, language)
    click.echo(library.catalogue(language)("card.written", path=path))
