"""predictor factors: what is documented, with levels, cut-offs and sources."""

from __future__ import annotations

import json
from typing import Any

import click

from ..answer.library import Library
from ..content.catalogue import Catalogue
from ..content.conditions import Factor, Field
from ..model.scorecard import Scorecard
from ..reports.evidence_pages import Page, Section, page_text
from .content import ContentCommand, condition_option
from .options import bold, chosen_conditions, content_options, json_option, language_option


def factors_page(scorecard: Scorecard, text: Catalogue) -> Page:
    """The documented factors of a condition."""
    condition = scorecard.condition
    sections = [_section(scorecard, factor, text) for factor in condition]
    title = text("factors.title", condition=text.pick(condition.label))
    return Page(condition.id, title, tuple(sections))


def _section(scorecard: Scorecard, factor: Factor, text: Catalogue) -> Section:
    told = text("list_join").join(f.id + _unit(f, text) for f in factor.fields)
    heading = f"{text.pick(factor.label)} [{factor.id}]{text('colon')}{text('facts.' + factor.role)}"
    lines = [f"{text('factors.fields')}{text('colon')}{told}"]
    if factor.prognostic:
        lines.append(text("factors.prognostic"))
    lines += [_level(scorecard, factor, index, text) for index in range(len(factor.levels))]
    claims = [c["id"] for c in scorecard.data["evidence"]["claims"] if factor.id in c["factors"]]
    if claims:
        lines.append(f"{text('factors.claims')}{text('colon')}{text('list_join').join(claims)}")
    return Section(heading, tuple(lines))


def _unit(field: Field, text: Catalogue) -> str:
    """The unit of a field in brackets; nothing for a field that takes a level's name."""
    word = text.unit(field)
    return text("bracket", words=word) if word else ""


def _level(scorecard: Scorecard, factor: Factor, index: int, text: Catalogue) -> str:
    level = factor.levels[index]
    patients = scorecard.patients[factor.id][level.id]
    share = scorecard.population[factor.id].get(level.id, 0.0)
    marks = [text("factors.reference")] if level.id == factor.reference else []
    if level.silent:
        marks.append(text("factors.silent"))
    tail = text("bracket", words=text("semicolon").join(marks)) if marks else ""
    shares = {"population": f"{share:.0%}", "studied": f"{patients:.0f}"}
    numbers = text("semicolon").join(f"{text(f'factors.{name}')}{text('colon')}{n}" for name, n in shares.items())
    source = f"{text('factors.cut_off')}{text('colon')}{text.pick(level.source)}"
    return text("stop").join((f"{text.pick(level.label)} [{level.id}]{tail}", numbers, source))


@click.command("factors", cls=ContentCommand)
@condition_option
@language_option
@json_option
@content_options
def command(condition: str | None, language: str, as_json: bool, library: Library) -> None:
    """Shows the documented factors, their levels, cut-offs and sources."""
    text = library.catalogue(language)
    found: dict[str, Any] = {}
    for id in chosen_conditions(library, condition):
        scorecard = library.scorecard(id)
        if as_json:
            configured = scorecard.data["configuration"]
            found[id] = {**configured, "population": scorecard.population, "patients": scorecard.patients}
        else:
            click.echo(page_text(factors_page(scorecard, text), bold))
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else text("intended_use"))
