"""predictor score: a table of profiles in, a table of answers out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..answer.layout import of_100, screen_width, signed, table, text_width, wrap
from ..answer.library import Library
from ..answer.phrases import added_words, rounded_note, span, stance_words
from ..content.catalogue import Catalogue
from ..errors import Fault, InputError, say
from .content import ContentCommand, condition_option, stance_option, unit_example, units_option
from .options import bold, content_options, language_option

if TYPE_CHECKING:
    from ..tables.checkpoint import Count
    from ..tables.scorer import Scorer

PRINTED = 1000
"""Rows that are printed when no output is named."""
SOME_REFUSED = 3
"""The exit status where the table was read and some of its rows were refused."""


@click.command("score", cls=ContentCommand)
@click.argument("given", metavar="IN")
@click.argument("out", metavar="[OUT]", required=False, type=click.Path(path_type=Path))
@condition_option
@units_option
@click.option("--keep", multiple=True, metavar="COLUMN", help="A column to pass through unused; '*' for all such.")
@click.option("--columns", multiple=True, metavar="NAME", help="Only these columns or groups of the answer.")
@click.option("--resume", is_flag=True, help="Go on from the finished parts of a stopped run.")
@click.option("--workers", type=click.IntRange(1), help="Threads; by default one for each core.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler, tcp://HOST:PORT, or `local` for two workers.")
@stance_option
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print only a summary of the run, as JSON.")
@content_options
def command(
    given: str,
    out: Path | None,
    condition: str | None,
    units: Sequence[str],
    keep: Sequence[str],
    columns: Sequence[str],
    resume: bool,
    workers: int | None,
    scheduler: str | None,
    stance: str,
    language: str,
    as_json: bool,
    library: Library,
) -> None:
    """Scores every profile of a table: CSV, Excel, Parquet, Arrow or JSON lines; a file, a folder or a pattern.

    OUT is a file with one of these endings, or a folder for tables of any size. Rows that cannot be
    scored go to OUT.rejected.* with every fault. Exit status 3 if there were any, 2 for wrong use or a
    table that cannot be read at all.
    """
    Scorer = scorer_class()
    scorer = Scorer(library, condition, stance, language, dict(_pair(unit, library) for unit in units), keep, columns)
    text = library.catalogue(language)
    if out is None:
        shown = scorer.columns if columns else ()
        count = print_table(given, scorer, text, (lambda _: None) if as_json else click.echo, shown)
    elif scheduler is not None:
        count = _on_cluster(given, out, scorer, scheduler, resume)
    else:
        count = _to_files(given, out, scorer, resume, workers)
    if as_json:
        click.echo(json.dumps(summary(count, out, scorer, text), ensure_ascii=False, indent=2))
    elif out is not None:
        _report(count, out, text)
    if count.rejected:
        raise SystemExit(SOME_REFUSED)


def scorer_class() -> type[Scorer]:
    """Raises InputError where the libraries for tables are not installed."""
    try:
        from ..tables.scorer import Scorer
    except ModuleNotFoundError as error:
        cure = say("pip_install", package="cell-response-predictor[tables]")
        raise InputError(
            Fault("score", say("no_library", name=str(error.name)), say("table_libraries"), cure)
        ) from error
    return Scorer


def _pair(unit: str, library: Library) -> tuple[str, str]:
    column, equals, name = unit.rpartition("=")
    if not equals:
        raise InputError(Fault("units", repr(unit), say("column_unit", example=unit_example(library.conditions()))))
    return column, name


def _to_files(given: str, out: Path, scorer: Scorer, resume: bool, workers: int | None) -> Count:
    from ..tables.files import score_files

    with _progress(given) as progress:
        return score_files(given, out, scorer, resume, progress, workers)


def _on_cluster(given: str, out: Path, scorer: Scorer, scheduler: str, resume: bool) -> Count:
    from ..tables.cluster import connected, score_folder

    with connected(scheduler) as client:
        return score_folder(given, out, scorer, client, resume)


def summary(count: Count, out: Path | None, scorer: Scorer, text: Catalogue) -> dict[str, Any]:
    """What became of a table: its rows, the files beside it, and what the answers are for."""
    from ..tables.checkpoint import Output

    written = None if out is None else Output(out)
    return {
        "intended_use": text("intended_use"),
        "stance": scorer.stance,
        "rows": count.rows,
        "scored": count.scored,
        "rejected": count.rejected,
        "output": str(written.path) if written else None,
        "rejected_output": str(written.rejected) if written and count.rejected else None,
        "about": str(written.sidecar) if written and written.beside else None,
    }


def _report(count: Count, out: Path, text: Catalogue) -> None:
    from ..tables.checkpoint import Output

    output = Output(out)
    click.echo(text("score.done", rows=count.rows, scored=count.scored, rejected=count.rejected))
    click.echo(text("score.written", path=output.path))
    if count.rejected:
        click.echo(text("score.rejected", path=output.rejected))
    if output.beside:
        click.echo(text("score.about", path=output.sidecar))
    click.echo(text("score.meanings"))


@contextmanager
def _progress(given: str) -> Iterator[Callable[[int], None] | None]:
    """A bar with rows, rows a second and the time left; nothing where nobody is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from ..tables.reading import input_files, row_count

    total = sum(row_count(path) for path in input_files(given))
    with click.progressbar(length=total, show_pos=True, show_eta=True, file=sys.stderr, item_show_func=_rate()) as bar:
        yield lambda rows: bar.update(rows, rows)


def _rate() -> Callable[[int | None], str | None]:
    """Says how many rows a second there have been since the first."""
    from time import monotonic

    start, done = monotonic(), 0

    def show(rows: int | None) -> str | None:
        nonlocal done
        done += rows or 0
        return f"{done / max(monotonic() - start, 1e-9):,.0f}/s" if done else None

    return show


def print_table(
    given: str, scorer: Scorer, text: Catalogue, echo: Callable[[str], None] = click.echo, columns: Sequence[str] = ()
) -> Count:
    """Prints the answers in brief, or the columns named, and why rows were rejected; for tables a person can read."""
    from ..tables.checkpoint import Count
    from ..tables.files import pieces, score_piece
    from ..tables.reading import input_files

    total = Count()
    for path in input_files(given):
        for piece in pieces(path, 0, None, scorer):
            if total.rows + piece.batch.table.num_rows > PRINTED:
                cure = say("name_output_file")
                raise InputError(
                    Fault("table", say("more_than_rows", number=PRINTED), say("few_enough_to_print"), cure, str(path))
                )
            scored, rejected = score_piece(piece, scorer)
            passed = scorer.plan(piece.batch.table.column_names).passed
            if scored.num_rows:
                rows = scored.to_pylist()
                echo(_chosen_lines(rows, [*passed, *columns], text) if columns else _lines(rows, passed, text))
            faults = rejected.select(["row", "faults"]).to_pylist() if rejected is not None else []
            for fault in faults:
                echo(wrap("{row}: {faults}".format(**fault), "  "))
            total += Count(scored.num_rows + len(faults), scored.num_rows, len(faults))
    echo(wrap(stance_words(scorer.stance, text)))
    echo(text("score.done", rows=total.rows, scored=total.scored, rejected=total.rejected))
    echo(wrap(text("intended_use")))
    return total


def _lines(rows: Sequence[dict[str, Any]], passed: Sequence[str], text: Catalogue) -> str:
    """Each row with its number and ids, the chances of 100, how sure they are, and what cells add."""
    heads = [text(f"explain.{name}") for name in ("usual_care", "with_cells", "difference")]
    header = [text("score.row"), *passed, *heads, *(text(f"score.{name}") for name in SAID)]
    first, *lines = _fitted(
        [header, *(_line(row, passed, text) for row in rows)], "r" + "l" * len(passed) + "rrr", text
    )
    a, b, c = "usual_care_probability", "with_cells_probability", "difference_value"
    note = rounded_note(((row.get(a), row.get(b), row.get(c)) for row in rows), text)
    codes = text("score.meanings") if any(row.get("messages") for row in rows) else ""
    return "\n".join([text("score.of_100"), bold(first), *lines, *filter(None, (note, codes))])


def _chosen_lines(rows: Sequence[dict[str, Any]], columns: Sequence[str], text: Catalogue) -> str:
    """Each row with its number, ids and the columns that were asked for, as a file would have them."""
    header = [text("score.row"), *columns]
    cells = [[str(row["row"]), *map(_cell, map(row.get, columns))] for row in rows]
    first, *lines = table([header, *cells], "r", width=sys.maxsize)
    if max(map(text_width, (first, *lines))) > screen_width():
        blocks = ("\n".join(table([*zip(header, row, strict=True)])) for row in cells)
        return "\n\n".join([*blocks, text("score.meanings")])
    return "\n".join([bold(first), *lines, text("score.meanings")])


def _cell(value: Any) -> str:
    """A value of a column; nothing where it is withheld."""
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


SAID = ("certainty", "added", "messages")
"""What ends a row in words; the last two stand below it where the screen is too narrow for them."""


def _fitted(rows: Sequence[Sequence[str]], sides: str, text: Catalogue) -> list[str]:
    """A line for each row, or two where one would be wider than the screen."""
    whole = table(rows, sides, width=sys.maxsize)
    if max(map(text_width, whole)) <= screen_width():
        return whole
    below = (wrap(text("semicolon").join(filter(None, row[-2:])), " " * 7, screen_width()) for row in rows)
    numbers = table([row[:-2] for row in rows], sides, width=sys.maxsize)
    return [f"{line}\n{words}".rstrip() for line, words in zip(numbers, below, strict=True)]


def _added(row: dict[str, Any], text: Catalogue) -> str:
    """What cells add, or `cannot say`; nothing of a row that was rejected."""
    category = row.get("added_response")
    if not category:
        return ""
    run = (row.get("added_response_set") or "").split(";")
    return added_words(None if category == "cannot_say" else category, run, text)


def _line(row: dict[str, Any], passed: Sequence[str], text: Catalogue) -> list[str]:
    def of(name: str, middle: str, show: Callable[[float], str]) -> str:
        values = [row.get(f"{name}_{part}") for part in (middle, "low", "high")]
        value, low, high = ("" if v is None or isnan(v) else show(v) for v in values)
        return value + text("bracket", words=span(low, high, text)) if value else ""

    return [
        str(row["row"]),
        *("" if row[name] is None else str(row[name]) for name in passed),
        of("usual_care", "probability", of_100),
        of("with_cells", "probability", of_100),
        of("difference", "value", lambda value: signed(value * 100, 0)),
        text(f"certainty.{row['certainty']}") if row.get("certainty") else "",
        _added(row, text),
        text("semicolon").join((row.get("messages") or "").split(";")),
    ]
