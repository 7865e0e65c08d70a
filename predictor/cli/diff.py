"""predictor diff: two versions of the model on the reference cohort."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from ..answer.layout import signed, table_rows, wrap
from ..answer.library import Library
from ..answer.phrases import added_words, stance_words
from ..content.catalogue import Catalogue
from ..validation.cohort import checked_cohort
from ..validation.diff import Diff, ProfileDiff, Through, compare_versions, read_version
from ..whatif.points import Point
from .content import ContentCommand, stance_option
from .options import bold, cohort_option, content_options, json_option, language_option

THROUGH_SHOWN = 3
FATES = ("added", "removed", "changed")


@click.command("diff", cls=ContentCommand)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@cohort_option
@stance_option
@language_option
@json_option
@content_options
def command(
    old: Path, new: Path, cohort: Path | None, stance: str, language: str, as_json: bool, library: Library
) -> None:
    """Compares two scorecards (JSON) or two evidence folders: whose answer changes, and through which record."""
    text = library.catalogue(language)
    before, after = (read_version(path, library.configs) for path in (old, new))
    conditions = [library.scorecard(id).condition for id in library.condition_ids()] if cohort else ()
    found = compare_versions(before, after, checked_cohort(cohort, library.data, conditions), stance)
    if as_json:
        record = {"intended_use": text("intended_use"), "conditions": [d.as_dict() for d in found]}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    for diff in found:
        click.echo(diff_text(diff, library, text))
    click.echo(wrap(text("intended_use")))


def diff_text(diff: Diff, library: Library, text: Catalogue) -> str:
    """The comparison of one condition for a terminal."""
    name = text.pick(library.scorecard(diff.condition).condition.label)
    lines = [bold(text("diff.title", condition=name, old=diff.old, new=diff.new))]
    lines += [wrap(line, "  ") for line in _differences(diff, text)]
    shown = [p for p in diff.profiles if p.changed or signed(p.move * 100, 1) != "0.0"]
    if not shown:
        return "\n".join([*lines, f"  {text('diff.same', profiles=len(diff.profiles))}"]) + "\n"
    lines += [wrap(text("diff.summary", **_counts(diff)), "  "), wrap(text("diff.note"), "  "), *_table(shown, text)]
    still = len(diff.profiles) - len(shown)
    return "\n".join([*lines, f"  {text('diff.still', profiles=still)}"]) + "\n"


def _counts(diff: Diff) -> dict[str, object]:
    furthest = max(diff.profiles, key=lambda p: abs(p.move))
    return {
        "profiles": len(diff.profiles),
        "added": sum(p.added_response_changed for p in diff.profiles),
        "benefit": sum(p.benefit_changed for p in diff.profiles),
        "move": signed(furthest.move * 100, 1),
        "id": furthest.profile_id,
    }


def _differences(diff: Diff, text: Catalogue) -> list[str]:
    """What differs between the versions: files, assumptions, records by their fate."""
    join = text("list_join").join
    lines = [stance_words(diff.stance, text)]
    lines.append(text("diff.files", files=join(diff.files)) if diff.files else text("diff.no_files"))
    if diff.assumptions:
        lines.append(text("diff.assumptions", names=join(diff.assumptions)))
    for fate in FATES:
        ids = [id for id, found in diff.records.items() if found == fate]
        if ids:
            lines.append(text(f"diff.{fate}", ids=join(ids)))
    return lines


def _table(profiles: Sequence[ProfileDiff], text: Catalogue) -> list[str]:
    """A line for each profile with, below it, the records that moved it."""
    head = [text(f"diff.column.{name}") for name in ("profile", "added_response", "benefit", "difference", "move")]
    first, *rows = table_rows([head, *(_row(p, text) for p in profiles)], "lllrr")
    lines = [*first]
    for row, profile in zip(rows, profiles, strict=True):
        lines += row
        if profile.through or profile.rest:
            lines.append(wrap(_through(profile, text), "      "))
    return lines


def _row(p: ProfileDiff, text: Catalogue) -> list[str]:
    before, after = p.before, p.after
    difference = _arrow(*(_difference(point) for point in (before, after)))
    added = _arrow(*(added_words(point.added_response, point.run, text) for point in (before, after)))
    benefit = _arrow(*(text(f"diff.benefit.{point.added_benefit or 'cannot_say'}") for point in (before, after)))
    move = "–" if before.abstained or after.abstained else signed(p.move * 100, 1)
    return [p.profile_id, added, benefit, difference, move]


def _difference(point: Point) -> str:
    return "–" if point.difference is None else signed(point.difference.value * 100, 1)


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _through(p: ProfileDiff, text: Catalogue) -> str:
    named = [t for t in p.through[:THROUGH_SHOWN] if signed(t.move * 100, 1) != "0.0"]
    others = p.move - sum(t.move for t in named)
    parts = [_part(t, text) for t in named]
    return text("diff.through", parts=text("list_join").join([*parts, text("diff.rest", move=signed(others * 100, 1))]))


def _part(t: Through, text: Catalogue) -> str:
    return text("diff.part", record=t.record, fate=text(f"diff.fate.{t.fate}"), move=signed(t.move * 100, 1))
