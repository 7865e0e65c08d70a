"""predictor validate: does the model hold?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from ..fitting import load_content
from ..library import Library
from ..render import of_100, signed, table, wrap
from ..text import Catalogue
from ..validation import (
    Assumed,
    BackTest,
    DesignLeftOut,
    Moved,
    NewGroups,
    Performance,
    Validation,
    checked_cohort,
    score_file,
    validate,
)
from .options import bold, condition_option, content_options, json_option, language_option, stance_option

Rows = list[Sequence[str]]


@click.command("validate")
@condition_option
@click.option(
    "--observations",
    "file",
    type=click.Path(path_type=Path),
    help="Score the groups of a table like observations.csv that the model never saw.",
)
@click.option("--cohort", type=click.Path(path_type=Path), help="A table of reference profiles of your own.")
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
    contents = load_content(library.configs, library.data)
    if file is not None:
        _print_new(score_file(file, contents, stance, wanted), text, as_json)
        return
    profiles = checked_cohort(cohort, library.data)
    found = [validate(content, profiles, stance) for id, content in contents.items() if wanted in (None, id)]
    if as_json:
        record = {"intended_use": text("intended_use"), "conditions": [v.as_dict() for v in found]}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    for validation in found:
        name = text.pick(contents[validation.condition].condition.label)
        click.echo(validation_text(validation, name, text))
    click.echo(wrap(text("intended_use")))


def validation_text(v: Validation, name: str, text: Catalogue) -> str:
    """The validation of one condition for a terminal."""
    head = text("validate.title", condition=name, stance=text(f"stance.{v.stance}"))
    blocks = [
        [bold(head), wrap(text("validate.how"), "  ")],
        _section("groups", [*table(_group_rows(v.test, text), "llrrrrl"), *_inside(v, text)], text),
        _section("performance", table(_performance_rows(v.performance, text), "lrrrr"), text),
        _section("contrasts", table(_contrast_rows(v.test, text), "llrrrl"), text),
        _section("heterogeneity", table(_tau_rows(v, text), "llrr"), text),
        _section("sensitivity", _sensitivity(v, text), text),
        _section("designs", table(_design_rows(v, text), "lrrrrr"), text),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _section(name: str, lines: Sequence[str], text: Catalogue) -> list[str]:
    return [bold(text(f"validate.{name}")), wrap(text(f"validate.{name}_note"), "  "), *lines]


def _head(names: Sequence[str], text: Catalogue) -> list[str]:
    return [text(f"validate.column.{name}") for name in names]


def _yes(covered: bool, text: Catalogue) -> str:
    return text("yes") if covered else text("validate.outside")


def _share(value: float | None) -> str:
    return f"{of_100(value)} %" if value is not None else "–"


def _of_100(share: float) -> str:
    """Patients of 100 to one decimal: a bound and a share that agree to the whole patient may still differ."""
    return f"{share * 100:.1f}"


def _group_rows(test: BackTest, text: Catalogue) -> Rows:
    rows: Rows = [_head(("group", "role", "patients", "observed", "predicted", "interval", "inside"), text)]
    for g in test.groups:
        span = text("explain.range", low=_of_100(g.low), high=_of_100(g.high))
        shares = (_of_100(g.observed), _of_100(g.predicted), span)
        rows.append((g.obs_id, text(f"role.{g.role}"), f"{g.n:.0f}", *shares, _yes(g.covered, text)))
    return rows


def _inside(v: Validation, text: Catalogue) -> Iterator[str]:
    covered = sum(g.covered for g in v.test.groups)
    values = {"covered": covered, "groups": len(v.test.groups), "share": _share(v.test.coverage)}
    yield wrap(text("validate.inside", level=_share(v.interval_level), **values), "  ")


def _performance_rows(performances: Sequence[Performance], text: Catalogue) -> Rows:
    rows: Rows = [_head(("predictor", "error", "coverage", "slope", "intercept"), text)]
    for p in performances:
        calibration = [signed(x) if x is not None else "–" for x in (p.slope, p.intercept)]
        error = f"{p.mean_absolute_error * 100:.1f}"
        rows.append((text(f"validate.predictor.{p.name}"), error, _share(p.coverage), *calibration))
    return rows


def _contrast_rows(test: BackTest, text: Catalogue) -> Rows:
    rows: Rows = [_head(("contrast", "about", "observed_ratio", "predicted_ratio", "interval", "inside"), text)]
    for c in test.contrasts:
        span = text("explain.range", low=signed(c.low), high=signed(c.high))
        about = c.term or text("validate.against_control")
        rows.append((c.obs_id, about, signed(c.observed), signed(c.predicted), span, _yes(c.covered, text)))
    return rows


def _tau_rows(v: Validation, text: Catalogue) -> Rows:
    rows: Rows = [_head(("assumption", "change", "value", "coverage"), text)]
    rows += [(c.name, text(f"validate.{c.change}"), f"{c.value:g}", _share(c.coverage)) for c in v.heterogeneity]
    return rows


def _sensitivity(v: Validation, text: Catalogue) -> list[str]:
    shown = [case for case in v.sensitivity if case.moved.any]
    shown.sort(key=lambda case: -len({*case.moved.category, *case.moved.benefit}))
    idle = len(v.sensitivity) - len(shown)
    rows: Rows = [_head(("assumption", "change", "value", "category", "benefit", "move"), text)]
    rows += [_case_row(case, text) for case in shown]
    return [*table(rows, "llrrrr"), wrap(text("validate.idle", cases=idle, profiles=v.profiles), "  ")]


def _case_row(case: Assumed, text: Catalogue) -> Sequence[str]:
    value = f"{case.before:.3g} → {case.after:.3g}"
    return case.name, text(f"validate.{case.change}"), value, *_moved(case.moved)


def _moved(moved: Moved | None) -> tuple[str, str, str]:
    if moved is None:
        return "–", "–", "–"
    return str(len(moved.category)), str(len(moved.benefit)), signed(moved.largest_move * 100, 1)


def _design_rows(v: Validation, text: Catalogue) -> Rows:
    rows: Rows = [_head(("design", "studies", "groups_inside", "category", "benefit", "move"), text)]
    rows += [_design_row(design, text) for design in v.designs]
    return rows


def _design_row(design: DesignLeftOut, text: Catalogue) -> Sequence[str]:
    covered = sum(g.covered for g in design.test.groups)
    groups = text("validate.of", part=covered, whole=len(design.test.groups)) if design.test.groups else "–"
    return text(f"design.{design.design}"), str(len(design.studies)), groups, *_moved(design.moved)


def _print_new(scored: NewGroups, text: Catalogue, as_json: bool) -> None:
    notes = [text(f"validate.skipped.{reason}", id=id) for id, reason in scored.skipped]
    notes += [text("validate.fitted_before", id=id) for id in scored.fitted_before]
    if as_json:
        for note in notes:
            click.echo(note, err=True)
        record: dict[str, Any] = {
            "groups": [g.as_dict() for g in scored.groups],
            "coverage": scored.coverage,
            "intended_use": text("intended_use"),
        }
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    test = BackTest(scored.groups, ())
    lines = [
        bold(text("validate.new")),
        wrap(text("validate.new_note"), "  "),
        *table(_group_rows(test, text), "llrrrrl"),
    ]
    covered = sum(g.covered for g in scored.groups)
    lines.append(text("validate.new_inside", covered=covered, groups=len(scored.groups), share=_share(scored.coverage)))
    lines += [wrap(note, "  ") for note in notes]
    click.echo("\n".join([*lines, "", wrap(text("intended_use"))]))
