"""predictor explain: the answer for one profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..documents import read_document
from ..errors import Fault, InputError
from ..library import Library
from ..profile import Profile
from ..render import answer_text
from .options import bold, content_options, json_option, language_option, stance_option


def field_options(command: Any) -> Any:
    """One option for each field of a profile, of all conditions, from the factor configs."""
    helps: dict[str, list[str]] = {}
    library = Library()
    for id in library.condition_ids():
        condition = library.scorecard(id).condition
        for field in condition.fields.values():
            words = condition.by_id[field.factor].label["en"]
            helps.setdefault(field.id, []).append(f"{words} ({condition.label['en']})")
    for name, texts in reversed(helps.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, help="; ".join(texts) + ".")(command)
    return command


@click.command("explain")
@click.option("--profile", "file", type=click.Path(path_type=Path), help="A YAML or JSON file with the profile.")
@click.option("--condition", help="cerebral_palsy or ischaemic_stroke (or a synonym).")
@field_options
@stance_option
@language_option
@json_option
@content_options
def command(
    file: Path | None,
    condition: str | None,
    stance: str,
    language: str,
    as_json: bool,
    library: Library,
    **values: str | None,
) -> None:
    """Answers for one hypothetical patient, from options or a file; options override the file."""
    profile = read_profile(file, condition, values)
    answer = library.answer(profile, stance, language)
    click.echo(answer.to_json() if as_json else answer_text(answer, library, bold), nl=as_json)


def read_profile(file: Path | None, condition: str | None, values: dict[str, Any]) -> Profile:
    """A profile from a file, with the options that were given on top. Raises InputError."""
    told = {name: value for name, value in values.items() if value is not None}
    if condition is not None:
        told["condition"] = condition
    given: dict[str, Any] = {}
    if file is not None:
        document = read_document(file)
        if not isinstance(document.data, dict):
            raise InputError(
                Fault("profile", type(document.data).__name__, "names with values, as age_years: 2.5", where=str(file))
            )
        given = document.data
    return Profile.from_mapping({**given, **told})
