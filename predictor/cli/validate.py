"""predictor validate: does the model hold?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from ..answer.layout import Names, table, wrap
from ..answer.library import Library
from ..answer.results import plain
from ..content.catalogue import Catalogue
from ..validation.cohort import checked_cohort
from ..validation.new_groups import NewGroups, score_file
from ..validation.validation import Tables, Validation, percent, validate
from .content import ContentCommand, condition_option, stance_option
from .options import bold, cohort_option, content_options, json_option, language_option

GROUPS = "llrrrrl"  # how the columns of the groups are set


@click.command("validate", cls=ContentCommand)
@condition_option
@click.option(
    "--observations",
    "file",
    type=click.Path(path_type=Path),
    help="Score the groups of a table like observations.csv that the model never saw.",
)
@cohort_option
@stance_option
@language_option
@json_option
@content_options
def command(
    condition: str | None,
    file: Path | None,
    cohort: Path | None,
    stance: str,
    language: str,
    as_json: bool,
    library: Library,
) -> None:
    """Back-tests the model on its study groups and shifts its assumptions; or scores new groups."""
    text = library.catalogue(language)
    wanted = library.condition_id(condition) if condition else None
    contents = library.contents()
    if file is not None:
        _print_new(score_file(file, contents, stance, wanted), text, as_json)
        return
    profiles = checked_cohort(cohort, library.data, [content.condition for content in contents.values()])
    found = [validate(content, profiles, stance) for id, content in contents.items() if wanted in (None, id)]
    if as_json:
        record = {"intended_use": text("intended_use"), "conditions": [v.as_dict() for v in found]}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    for validation in found:
        click.echo(validation_text(validation, Names(contents[validation.condition].condition, text), text))
    click.echo(wrap(text("intended_use")))


def validation_text(v: Validation, names: Names, text: Catalogue) -> str:
    """The validation of one condition for a terminal."""
    condition = text.pick(names.condition.label)
    head = text("validate.title", condition=condition, stance=text(f"stance.{v.stance}"))
    rows = Tables(text).of(v, names)
    blocks = [
        [bold(head), wrap(text("validate.how"), "  ")],
        _section("groups", [*table(rows["groups"], GROUPS), *_inside(v, text)], text),
        _section("performance", table(rows["performance"], "lrrrr"), text),
        _section("calibration", table(rows["calibration"], "lrrrr"), text),
        _section("paired", table(rows["paired"], "llrrr"), text),
        _section("contrasts", table(rows["contrasts"], "llrrrl"), text),
        _section("heterogeneity", table(rows["heterogeneity"], "llrr"), text),
        _section("sensitivity", [*table(rows["sensitivity"], "llrrrr"), _idle(v, text)], text),
        _section("designs", table(rows["designs"], "lrrrrr"), text),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _section(name: str, lines: Sequence[str], text: Catalogue) -> list[str]:
    return [bold(text(f"validate.{name}")), wrap(text(f"validate.{name}_note"), "  "), *lines]


def _inside(v: Validation, text: Catalogue) -> Iterator[str]:
    values = {"covered": Tables(text).covered(v.test.coverage)}
    yield wrap(text("validate.inside", level=percent(v.interval_level, text), **values), "  ")


def _idle(v: Validation, text: Catalogue) -> str:
    idle = sum(not case.moved.any for case in v.sensitivity)
    return wrap(text("validate.idle", cases=idle, profiles=v.profiles), "  ")


def _print_new(scored: NewGroups, text: Catalogue, as_json: bool) -> None:
    notes = [text(f"validate.skipped.{reason}", id=id) for id, reason in scored.skipped]
    notes += [text("validate.fitted_before", id=id) for id in scored.fitted_before]
    if as_json:
        for note in notes:
            click.echo(note, err=True)
        record: dict[str, Any] = {
            "groups": [g.as_dict() for g in scored.groups],
            "coverage": plain(scored.coverage),
            "intended_use": text("intended_use"),
        }
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    lines = [
        bold(text("validate.new")),
        wrap(text("validate.new_note"), "  "),
        *table(list(Tables(text).groups(scored.groups)), GROUPS),
    ]
    lines.append(text("validate.new_inside", covered=Tables(text).covered(scored.coverage)))
    lines += [wrap(note, "  ") for note in notes]
    click.echo("\n".join([*lines, "", wrap(text("intended_use"))]))
