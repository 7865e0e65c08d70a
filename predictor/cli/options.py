"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ..answer.library import Library
from ..answer.record import EVIDENCE_FORMS
from ..content.conditions import LANGUAGES
from ..errors import Fault, InputError, say
from .chinese import language_told

Command = Callable[..., Any]


def content_options(command: Command) -> Command:
    """--configs and --data, given to the command as one `library`."""

    @click.option(
        "--configs", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A configs folder of your own."
    )
    @click.option(
        "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A data folder of your own."
    )
    @wraps(command)
    def with_library(*args: Any, configs: Path | None, data: Path | None, **kwargs: Any) -> Any:
        return command(*args, library=Library.at(configs, data), **kwargs)

    return with_library


def _note_language(ctx: click.Context, param: click.Parameter, language: str) -> str:
    """Leaves the language where the group finds it to tell of an error; the group's own, where none is told here."""
    if ctx.get_parameter_source(str(param.name)) is ParameterSource.DEFAULT:
        language = language_told()
    ctx.meta["language"] = language
    return language


language_option = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    callback=_note_language,
    help="English or Chinese.",
)
help_language_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), expose_value=False, help="English or Chinese."
)
"""Of a command that prints the same in both languages: its help and its faults are in the one that is told."""


class ListedGroup(click.Group):
    """Lists its commands with their whole first sentences; click cuts them short."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(n, c.get_short_help_str(limit=500)) for n, c in sorted(self.commands.items())])


json_option = click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
evidence_option = click.option(
    "--evidence",
    type=click.Choice(EVIDENCE_FORMS),
    default="ids",
    show_default=True,
    help="In JSON: the evidence by id, or its full records.",
)
extrapolate_option = click.option(
    "--extrapolate", is_flag=True, help="Where nobody can say: show the numbers that are withheld, under a warning."
)
profile_option = click.option(
    "--profile", "file", type=click.Path(path_type=Path), help="A YAML or JSON file with the profile."
)
cohort_option = click.option(
    "--cohort", type=click.Path(path_type=Path), help="A table of reference profiles of your own."
)


def chosen_conditions(library: Library, condition: str | None) -> list[str]:
    """The condition that was named, or all. Raises InputError where there is none yet."""
    if condition:
        return [library.condition_id(condition)]
    if not library.condition_ids():
        raise InputError(
            Fault("condition", say("no_library", name="scorecard"), say("condition_with_scorecard"), say("run_fit"))
        )
    return list(library.condition_ids())


def bold(text: str) -> str:
    """Bold on a terminal; click strips it elsewhere."""
    return click.style(text, bold=True)
