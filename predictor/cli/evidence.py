"""predictor evidence: the claims, their checks and the studies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from ..answer.layout import table, wrap
from ..answer.library import Library
from ..content.catalogue import Catalogue, load_locale
from ..content.whole_files import write_together, write_whole
from ..content.wording import fault_text
from ..errors import Fault, InputError, say, suggestion
from ..reports.citations import bibtex, csl
from ..reports.evidence_pages import Page, Reader, page_text, reader
from .content import ContentCommand, condition_option, stance_option
from .options import (
    ListedGroup,
    bold,
    cohort_option,
    content_options,
    help_language_option,
    json_option,
    language_option,
)

if TYPE_CHECKING:
    from ..validation.diff import Diff
    from ..validation.inspection import Inspection
    from ..validation.intake import Form


def print_page(page: Page, library: Library, language: str, as_json: bool) -> None:
    use = library.catalogue(language)("intended_use")
    if as_json:
        click.echo(json.dumps({"intended_use": use, **page.as_dict()}, ensure_ascii=False, indent=2))
    else:
        click.echo(page_text(page, bold))
        click.echo(wrap(use))


@click.group("evidence", cls=ListedGroup)
@help_language_option
def command() -> None:
    """Lists, searches and shows the evidence."""


def page_command(name: str, help: str, by_condition: bool) -> Callable[[Callable[..., Page]], click.Command]:
    """A subcommand that prints the page a function makes from a reader."""

    def decorate(make: Callable[..., Page]) -> click.Command:
        def run(library: Library, language: str, as_json: bool, **values: Any) -> None:
            if values.get("condition"):
                values["condition"] = library.condition_id(values["condition"])
            print_page(make(reader(library, language), **values), library, language, as_json)

        wrapped: Any = content_options(run)
        for option in (json_option, language_option, *([condition_option] if by_condition else [])):
            wrapped = option(wrapped)
        wrapped.__click_params__ = [*getattr(make, "__click_params__", []), *wrapped.__click_params__]
        return command.command(name, help=help, cls=ContentCommand)(wrapped)

    return decorate


@page_command("list", "All claims, studies and records, with their ids.", True)
def listing(reader: Reader, condition: str | None) -> Page:
    return reader.listing(condition)


@page_command("checks", "The articles' figures beside the primaries', with verdicts.", True)
def checks(reader: Reader, condition: str | None) -> Page:
    return reader.checks(condition)


@page_command("scales", "Outcome scales: range, direction, minimal important difference.", True)
def scales(reader: Reader, condition: str | None) -> Page:
    return reader.scales(condition)


@page_command("course", "What was observed in which domain at which month.", True)
def course(reader: Reader, condition: str | None) -> Page:
    return reader.course(condition)


@page_command("safety", "Safety figures with the checks of what the articles say.", True)
def safety(reader: Reader, condition: str | None) -> Page:
    return reader.safety(condition)


@page_command("mechanisms", "The mechanisms that the articles tell of.", False)
def mechanisms(reader: Reader) -> Page:
    return reader.mechanisms()


@page_command("show", "One study, claim, record, finding or check by its id.", False)
@click.argument("id")
def show(reader: Reader, id: str) -> Page:
    return reader.show(id)


@page_command("search", "Records that hold all the words.", False)
@click.argument("words")
def search(reader: Reader, words: str) -> Page:
    return reader.search(words)


@command.command("cite", help="Citations of studies as BibTeX or CSL-JSON; all studies if none is named.")
@click.argument("ids", nargs=-1)
@click.option(
    "--format",
    "form",
    type=click.Choice(["bibtex", "csl-json"]),
    default="bibtex",
    show_default=True,
    help="The form of the references.",
)
@help_language_option
@content_options
def cite(ids: tuple[str, ...], form: str, library: Library) -> None:
    known = reader(library, "en").evidence.study_by_id
    unknown = [id for id in ids if id not in known]
    if unknown:
        raise InputError([Fault("id", repr(id), say("study_id"), suggestion(id, known)) for id in unknown])
    studies = [known[id] for id in ids or known]
    click.echo(bibtex(studies) if form == "bibtex" else json.dumps(csl(studies), ensure_ascii=False, indent=2))


@command.command("check", cls=ContentCommand)
@language_option
@json_option
@content_options
def check(language: str, as_json: bool, library: Library) -> None:
    """Runs every check of the evidence: what passed, what failed, and where."""
    from ..validation.inspection import evidence_folder, inspect

    text = load_locale(library.configs, language)
    found = inspect(library.configs, evidence_folder(library.data))
    if as_json:
        record = {"intended_use": text("intended_use"), **found.as_dict()}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(check_lines(found, text)))
        click.echo(wrap(text("intended_use")))
    if found.faults:
        click.get_current_context().exit(2)


def check_lines(found: Inspection, text: Catalogue) -> Iterator[str]:
    """A line for each check, then one for each fault."""
    yield bold(text("checks.title", folder=found.folder))
    columns = ("passed", "failed", "excepted", "not_applicable")
    head = ["", *(text(f"checks.{name}") for name in columns)]
    rows = [[text(f"check.{one.name}"), *(f"{getattr(one, name)}" for name in columns)] for one in found.checks]
    yield from table([head, *rows], "lrrrr")
    failed = [one for one in found.checks if one.faults]
    if not failed:
        yield text("checks.sound")
    for one in failed:
        yield bold(wrap(text(f"check.{one.name}") + text("bracket", words=one.name)))
        yield from (wrap(fault_text(fault, text), "  ") for fault in one.faults)


@command.command("add", cls=ContentCommand)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--template", is_flag=True, help="Write an empty file, each column explained, to FILE or to the screen.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep the evidence with the study in DIR/evidence."
)
@click.option("--overwrite", is_flag=True, help="Write over the evidence in --out, or the file of --template.")
@cohort_option
@stance_option
@language_option
@json_option
@content_options
def add(
    file: Path | None,
    template: bool,
    out: Path | None,
    overwrite: bool,
    cohort: Path | None,
    stance: str,
    language: str,
    as_json: bool,
    library: Library,
) -> None:
    """Takes a study from a filled-in file into a copy of the evidence: its checks, and what it would move."""
    text = load_locale(library.configs, language)
    if template:
        _write_template(file, overwrite, library, text)
        return
    if file is None:
        raise InputError(Fault("file", say("nothing"), say("form.a_form"), say("form.see_template")))
    if out and any((out / "evidence").glob("*")) and not overwrite:
        where = str(out / "evidence")
        raise InputError(Fault("out", say("a_folder"), say("form.another_folder"), say("form.say_overwrite"), where))
    form, moved = _taken(file, out, cohort, stance, library)
    _tell_added(form, moved, out, library, text, as_json)


def _write_template(file: Path | None, overwrite: bool, library: Library, text: Catalogue) -> None:
    from ..validation.intake import template

    words = template(library.configs, text)
    if file is None:
        click.echo(words, nl=False)
        return
    if file.exists() and not overwrite:
        raise InputError(
            Fault("file", say("a_file"), say("form.another_file"), say("form.say_overwrite_file"), str(file))
        )
    write_whole(file, words)
    click.echo(text("form.kept", folder=file))


def _taken(
    file: Path, out: Path | None, cohort: Path | None, stance: str, library: Library
) -> tuple[Form, tuple[Diff, ...]]:
    """The study in a copy of the evidence, kept where it is told, and what it would move."""
    from ..content.condition_files import read_conditions
    from ..validation.cohort import checked_cohort
    from ..validation.diff import compare_versions, read_version
    from ..validation.inspection import evidence_folder
    from ..validation.intake import read_form, take_in

    base, conditions = evidence_folder(library.data), read_conditions(library.configs)
    form = read_form(file, conditions)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "evidence"
        take_in(library.configs, base, form, copy)
        before, after = (read_version(path, library.configs) for path in (base, copy))
        moved = compare_versions(
            before, after, checked_cohort(cohort, library.data, conditions if cohort else ()), stance
        )
        if out:
            kept = out / "evidence"
            kept.mkdir(parents=True, exist_ok=True)
            write_together({kept / path.name: path.read_bytes() for path in copy.iterdir()})
    return form, tuple(diff for diff in moved if diff.records)


def _tell_added(
    form: Form, moved: tuple[Diff, ...], out: Path | None, library: Library, text: Catalogue, as_json: bool
) -> None:
    if as_json:
        told = {"study": form.study_id, "rows": form.counts, "conditions": [diff.as_dict() for diff in moved]}
        record = {"intended_use": text("intended_use"), **told, "written": str(out / "evidence") if out else None}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    from .diff import diff_text

    rows = text("list_join").join(text(f"form.count.{part}", number=n) for part, n in form.counts.items())
    click.echo(wrap(text("form.taken", study=form.study_id, rows=rows)) + "\n")
    for diff in moved:
        click.echo(diff_text(diff, library, text))
    if not moved:
        click.echo(text("form.moves_nothing"))
    click.echo(text("form.kept", folder=out / "evidence") if out else text("form.not_kept"))
    click.echo(wrap(text("intended_use")))
