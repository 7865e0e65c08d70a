"""predictor plot: an answer or the model as a picture, or as the words that stand for it."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from ..answer.explanation import Explainer
from ..answer.library import Library
from ..content.evidence_files import load_evidence
from ..errors import Fault, InputError, say
from ..profile.reading import Understood
from ..reports.plots import Plot, calibration, course, forest, heat, icons, sweep, text_alternative, waterfall, write
from .content import ContentCommand, condition_option, hidden_field_options, stance_option
from .explain import check_condition, placed, read_profile
from .options import content_options, language_option, profile_option

KINDS = ("waterfall", "icons", "sweep", "heat", "forest", "course", "calibration")


@click.command("plot", cls=ContentCommand)
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@profile_option
@condition_option
@click.option("--factor", help="The factor of a sweep, or the first of a heat map.")
@click.option("--by", "second", help="The second factor of a heat map.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .svg, .png or .pdf; without it, the plot in words.",
)
@click.option("--slide", is_flag=True, help="With --out: 16:9 in large type, the intended use in one line.")
@hidden_field_options
@stance_option
@language_option
@content_options
def command(
    kind: str,
    file: Path | None,
    condition: str | None,
    factor: str | None,
    second: str | None,
    out: Path | None,
    slide: bool,
    stance: str,
    language: str,
    library: Library,
    **values: str | None,
) -> None:
    """Draws an answer or the back-test; KIND: waterfall, icons, sweep, heat, forest, course, calibration.

    The patient is told as in `predictor explain --help`, by --profile or by options: --age-years 2.5 --route
    intrathecal. `predictor factors` tells what each may be.
    """
    profile = read_profile(file, condition, values)
    with placed(file, {**values, "condition": condition}, library):
        check_condition(profile, library)
        explainer = library.explainer(str(profile.condition), stance, language)
        understood = explainer.understand(profile)
    if kind == "calibration":
        drawn = back_tested(library, explainer)
    else:
        drawn = _plot(kind, understood, explainer, library, factor, second)
    if out is None:
        click.echo(text_alternative(drawn))
    else:
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a cache that cannot be kept
        click.echo(explainer.text("plot.written", path=write(drawn, out, slide)))


def back_tested(library: Library, explainer: Explainer) -> Plot:
    """The calibration plot of a condition under a stance."""
    # The one plot that needs a fit: the others do not wait for what fits.
    from ..validation.backtest import back_test

    content = library.contents()[explainer.scorecard.condition.id]
    return calibration(back_test(content, explainer.stance).groups, explainer)


def _plot(
    kind: str, understood: Understood, explainer: Explainer, library: Library, factor: str | None, second: str | None
) -> Plot:
    answer = explainer.answer(understood)
    if kind == "sweep":
        return sweep(understood, answer, explainer, _named(factor, "factor", explainer))
    if kind == "heat":
        first = _named(factor, "factor", explainer)
        return heat(understood, answer, explainer, first, _named(second, "by", explainer))
    if kind == "forest":
        return forest(understood, answer, explainer)
    if kind == "course":
        evidence = load_evidence(library.data / "evidence", library.conditions())
        return course(understood, answer, explainer, evidence, _with_course(library))
    return waterfall(answer, explainer) if kind == "waterfall" else icons(answer, explainer)


def _named(factor: str | None, option: str, explainer: Explainer) -> str:
    if factor is None:
        example = explainer.scorecard.condition.factors[0].id
        cure = say("add_option", option=option, factor=example)
        raise InputError(Fault(option, say("nothing"), say("factor_name"), cure))
    return factor


def _with_course(library: Library) -> list[str]:
    """The conditions whose course without cells is documented."""
    return [condition.id for condition in library.conditions() if condition.natural_course]
