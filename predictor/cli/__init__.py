"""The command line: a thin skin over the package. Each command lives in a module of its name."""

from __future__ import annotations

import errno
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from typing import Any, NoReturn

import click

from .. import __version__
from ..content.library_messages import system_message
from ..errors import Fault, PredictorError, near_name, say
from .chinese import ENGLISH, Context, usage_error, worded
from .screen import safe_screen

COMMANDS = {
    "diff": "Compares two scorecards or two evidence folders on a reference cohort.",
    "evidence": "Lists, searches and shows the evidence; the articles' figures beside the primaries'.",
    "explain": "Answers for one profile, with the evidence behind each number.",
    "factors": "Shows the documented factors, their levels, cut-offs and sources.",
    "fit": "Fits the models again and writes the scorecards.",
    "plot": "Draws an answer, a sweep, a heat map, a forest, or the untreated curve.",
    "report": "Writes the model card, or an interactive page that works offline.",
    "schema": "Prints a JSON Schema, or what the columns of a scored table mean.",
    "score": "Scores a table of profiles.",
    "serve": "Serves the page and the API on this machine.",
    "validate": "Back-tests the model on its study groups and shifts its assumptions.",
    "whatif": "Changes the patient, the treatment, the stance or the evidence, and compares.",
}


EXTRAS = {
    "fastapi": "web",
    "uvicorn": "web",
    "markdown_it": "plots",
    "matplotlib": "plots",
    "openpyxl": "tables",
    "polars": "tables",
    "python_calamine": "tables",
    "dask": "dask",
    "distributed": "dask",
}
"""Which extra brings a module that a command may miss."""


class LazyGroup(click.Group):
    """Imports a command's module only when that command is called; errors become one clear message."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ("--lang", "zh") in pairwise(args) or "--lang=zh" in args:
            ctx.meta["language"] = "zh"  # of the help and of usage errors, which come before the option is read
        with output_told(ctx):
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __name__).command
        for one in (command, *getattr(command, "commands", {}).values()):
            one.context_class = Context
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = None if args[0] in COMMANDS else near_name(args[0], COMMANDS)
        if near:
            ctx.fail(
                f"No such command '{args[0]}'. Did you mean '{near}'?"
            )  # as click says it of commands that it holds
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with output_told(ctx), safe_screen(), stopped_as_by_hand():
                return super().invoke(ctx)
        except click.UsageError as error:
            _refuse_usage(ctx, error)
        except PredictorError as error:
            _refuse(ctx, error)
        except ModuleNotFoundError as error:
            extra = EXTRAS.get(str(error.name).split(".")[0])
            if extra is None:
                raise
            cure = say("run_pip_install", package=f"cell-response-predictor[{extra}]")
            _refuse(ctx, PredictorError(Fault(str(error.name), say("not_installed"), say("extra", name=extra), cure)))
        except KeyboardInterrupt:
            cure = say("again_or_resume")
            _refuse(ctx, PredictorError(Fault("run", say("signal_to_stop"), say("time_to_finish"), cure)), 1)
        return None


@contextmanager
def output_told(ctx: click.Context) -> Iterator[None]:
    """Ends a command with a line where its files or its screen take no more."""
    try:
        yield
    except BrokenPipeError:
        sys.stderr.close()
        ctx.exit(1)
    except OSError as error:
        if error.errno is None:
            raise
        _refuse(ctx, PredictorError(_unusable(error)))


def _refuse_usage(ctx: click.Context, error: click.UsageError) -> NoReturn:
    """Tells what is wrong with a command line, in the command's language; click tells it in English."""
    if ctx.meta.get("language", ENGLISH) == ENGLISH:
        raise error
    at = error.ctx or ctx
    click.echo(f"predictor: {usage_error(error)}", err=True)
    click.echo(worded("Try {command} for help.", command=f"{at.command_path} --help --lang zh"), err=True)
    ctx.exit(2)


@contextmanager
def stopped_as_by_hand() -> Iterator[None]:
    """Lets a request to end (SIGTERM) stop a command as Ctrl-C does: it tidies up and says so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _refuse(ctx: click.Context, error: PredictorError, status: int = 2) -> NoReturn:
    """Prints an error, a line for each fault, in the command's language, and ends the command."""
    from ..content.wording import error_lines

    for line in error_lines(error, ctx.meta.get("language", "en")):
        click.echo(f"predictor: {line}", err=True)
    ctx.exit(status)


def _unusable(error: OSError) -> Fault:
    """A file or folder that a command was told to write, and may not; or a disk that is full."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        cure = say("free_room")
        return Fault("disk", system_message(error), say("room_for_output"), cure)
    cure = say("write_elsewhere")
    return Fault("file", system_message(error), say("usable_file"), cure, str(error.filename or ""))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(("en", "zh")), expose_value=False, help="English or Chinese.")
@click.version_option(__version__, "--version", message="%(version)s")
def main() -> None:
    """What is documented about cell therapy for patients like this one, and how far to trust it.

    For education about evidence; hypothetical profiles only, never advice.
    """
