"""Options that come from the content that a command is pointed at: fields, conditions, stances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from ..answer.library import Library
from ..content.conditions import LANGUAGES, Condition, Factor, Field, Labels
from .chinese import ENGLISH, Context, language_told, worded

MADE = f"{__name__}.made"
"""Where a context keeps the options that were made for its command."""
Make = Callable[[Library], Iterable[click.Option]]


class OfContent(click.Option):
    """Stands in a command where the options go that `make` gives for its content."""

    def __init__(self, declarations: Sequence[str], make: Make, **attributes: Any):
        super().__init__(declarations, expose_value=False, hidden=True, **attributes)
        self.make = make


class ContentCommand(click.Command):
    """A command with options of the content that --configs and --data point at, or of the shipped one."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        language = _told(args, "--lang")
        if language in LANGUAGES:
            ctx.meta["language"] = language  # of an error in the content itself, which comes before all options
        ctx.meta[MADE] = [made for param in self.params for made in _made(param, pointed_at(args))]
        asks_help = not {*ctx.help_option_names}.isdisjoint(args[: args.index("--")] if "--" in args else args)
        if asks_help:
            return super().parse_args(ctx, ["--help"])
        self._refuse_options_as_files(ctx, args)
        return super().parse_args(ctx, args)

    def _refuse_options_as_files(self, ctx: click.Context, args: Sequence[str]) -> None:
        """Refuses what click takes for a file where its name is forgotten: the next option."""
        options = [param for param in self.params if isinstance(param, click.Option)]
        files = {name for option in options if isinstance(option.type, click.Path) for name in option.opts}
        for name, value in _given(args):
            if name in files and value.startswith("--"):
                raise click.BadOptionUsage(name, f"Option '{name}' requires an argument.", ctx)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own options with those of its content, and --help."""
        plain = super().get_params(ctx)
        made: list[click.Parameter] = ctx.meta.get(MADE) or [m for p in self.params for m in _made(p, Library())]
        return [*made, *plain[len(self.params) :]]


def _made(param: click.Parameter, library: Library) -> Iterable[click.Parameter]:
    return param.make(library) if isinstance(param, OfContent) else (param,)


def pointed_at(args: Sequence[str]) -> Library:
    """The library of the folders that the arguments name; a folder that is not there is told later."""
    folders = {name: Path(told) for name in ("configs", "data") if (told := _told(args, f"--{name}"))}
    return Library.at(**{name: path for name, path in folders.items() if path.is_dir()})


def _told(args: Sequence[str], option: str) -> str | None:
    """What an option is given among the arguments, the last one where it is given twice."""
    return next((value for name, value in reversed(_given(args)) if name == option), None)


def _given(args: Sequence[str]) -> list[Sequence[str]]:
    """Each argument with the next one, or with what stands behind its own sign of equality."""
    return [*pairwise(args), *(arg.split("=", 1) for arg in args if "=" in arg)]


def of_conditions(library: Library) -> list[click.Option]:
    """--condition, with the conditions that may be named."""
    *first, last = [_with_label(of.id, of.label) for of in library.conditions()] or ["CONDITION"]
    known = (" or " if language_told() == ENGLISH else "、").join([*([", ".join(first)] if first else []), last])
    return [click.Option(["--condition"], help=worded("{list} (or a synonym).", list=known))]


def of_stances(library: Library) -> list[click.Option]:
    """--stance, with those that the models are fitted under."""
    kind = click.Choice(library.stances) if library.stances else None
    told = "How far the articles' claims are believed."
    return [click.Option(["--stance"], type=kind, default="graded", show_default=True, help=told)]


def of_fields(library: Library) -> list[click.Option]:
    """One option for each field of a profile, of all conditions."""
    helps: dict[str, dict[str, list[str]]] = {}
    language = language_told()
    for condition in library.conditions():
        for field in condition.fields.values():
            told = helps.setdefault(field.id, {})
            told.setdefault(_field_help(field, condition.by_id[field.factor]), []).append(condition.label[language])
    return [_field_option(name, texts) for name, texts in helps.items()]


def of_fields_in_brief(library: Library) -> list[click.Option]:
    """The same, for a command whose help sends its reader to that of another."""
    options = of_fields(library)
    for option in options:
        option.hidden = True
    return options


def _field_option(name: str, texts: dict[str, list[str]]) -> click.Option:
    join = worded(", ")
    told = (worded("{text} ({conditions})", text=text, conditions=join.join(of)) for text, of in texts.items())
    return click.Option([f"--{name.replace('_', '-')}", name], help=worded("; ").join(told) + worded("."))


def _field_help(field: Field, factor: Factor) -> str:
    """What a field tells, in which unit or by which words."""
    label = factor.label[language_told()]
    if field.numeric:
        low, high = f"{field.minimum:g}", f"{field.maximum:g}"
        return worded("{label} in {unit}, {low} to {high}", label=label, unit=_unit(field), low=low, high=high)
    words = field.categories or [_with_label(level.id, level.label) for level in factor.levels]
    return worded("{label}: {list}", label=label, list=worded(", ").join(words))


def _with_label(id: str, label: Labels) -> str:
    """An id, which is a word of English; in another language with its label."""
    language = language_told()
    return id if language == ENGLISH else worded("{id} ({label})", id=id, label=label[language])


def _unit(field: Field) -> str:
    """The word for a field's unit: 岁 for years of age."""
    language = language_told()
    return field.unit_label[language] if language != ENGLISH and field.unit_label else worded(field.unit)


def of_units(library: Library) -> list[click.Option]:
    """--units, with a column of the content as an example."""
    told = worded("A column's unit: {example}. Again for each.", example=unit_example(library.conditions()))
    return [click.Option(["--units"], multiple=True, metavar="COLUMN=UNIT", help=told)]


def unit_example(conditions: Iterable[Condition]) -> str:
    """A quantity in another unit than its first, as a column of a table may hold it: age=months."""
    for condition in conditions:
        for factor in condition:
            measures = [field for field in factor.fields if field.numeric]
            if len(measures) > 1:
                return f"{condition.units.split(measures[0].id)[0]}={measures[1].unit}"
    return "COLUMN=UNIT"


condition_option = click.option("--condition", cls=OfContent, make=of_conditions)
stance_option = click.option("--stance", cls=OfContent, make=of_stances)
field_options = click.option("--fields", cls=OfContent, make=of_fields)
hidden_field_options = click.option("--fields", cls=OfContent, make=of_fields_in_brief)
units_option = click.option("--units", cls=OfContent, make=of_units)
