"""predictor explain: the answer for one profile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import click

from ..answer.library import Library
from ..answer.record import Answer, EvidenceForm
from ..answer.results import plain
from ..content.conditions import ids_and_labels
from ..content.documents import Document
from ..errors import Fault, InputError, one_of, say, shown
from ..profile.files import profile_document
from ..profile.names import UNKNOWN_NAME
from ..profile.profile import Profile, tells_condition
from .content import ContentCommand, condition_option, field_options, stance_option
from .options import (
    bold,
    content_options,
    evidence_option,
    extrapolate_option,
    json_option,
    language_option,
    profile_option,
)

FORMATS = ("text", "json", "fhir")


@click.command("explain", cls=ContentCommand)
@profile_option
@condition_option
@field_options
@stance_option
@language_option
@json_option
@click.option("--format", "form", type=click.Choice(FORMATS), help="Words, the record as JSON, or FHIR R5.")
@evidence_option
@click.option("--full", is_flag=True, help="Tell all of it: every factor, what is not known, similar study groups.")
@extrapolate_option
@content_options
def command(
    file: Path | None,
    condition: str | None,
    stance: str,
    language: str,
    as_json: bool,
    form: str | None,
    evidence: EvidenceForm,
    full: bool,
    extrapolate: bool,
    library: Library,
    **values: str | None,
) -> None:
    """Answers for one hypothetical patient, from options or a file; options override the file.

    On one screen: what cells add, usual care beside it, and what moves the answer most.
    """
    profile = read_profile(file, condition, values)
    with placed(file, {**values, "condition": condition}, library):
        check_condition(profile, library)
        answer = library.answer(profile, stance, language)
    form = _format(form, as_json)
    if form == "fhir":
        click.echo(_fhir(answer, library))
    elif form == "json":
        click.echo((answer if extrapolate else answer.closed).to_json(evidence=evidence))
    elif full or extrapolate:
        click.echo(answer.to_text(bold, extrapolate), nl=False)
    else:
        click.echo(answer.to_screen(bold), nl=False)


def _format(form: str | None, as_json: bool) -> str:
    """The format that was asked for; --json is short for one of them."""
    if as_json and form not in (None, "json"):
        raise InputError(Fault("--format, --json", shown(form), say("json_or_format"), say("remove_one")))
    return form or ("json" if as_json else "text")


def _fhir(answer: Answer, library: Library) -> str:
    from ..reports.fhir import risk_assessment

    return json.dumps(plain(risk_assessment(answer, library)), ensure_ascii=False, indent=2)


def read_profile(file: Path | None, condition: str | None, values: dict[str, Any]) -> Profile:
    """A profile from a file, with the options that were given on top. Raises InputError."""
    told = {name: value for name, value in values.items() if value is not None}
    if condition is not None:
        told["condition"] = condition
    if file is None:
        return Profile.from_mapping(told)
    with placed(file, told):
        given = Profile.from_mapping(profile_document(file).data)
    return Profile.from_mapping({**given.as_dict(), **told})


def check_condition(profile: Profile, library: Library) -> None:
    """Raises InputError for a profile that names no condition."""
    if not profile.condition:
        expected = one_of(library.condition_ids())
        raise InputError(Fault("condition", say("nothing"), expected, say("add_condition_or_profile")))


@contextmanager
def placed(file: Path | None, options: Mapping[str, Any], library: Library | None = None) -> Iterator[None]:
    """Adds to each fault of a profile where its field was told: the option, or the line of the file.

    With a library, a field that belongs to another condition is said to.
    """
    try:
        yield
    except InputError as error:
        document = cache(lambda: profile_document(file) if file is not None else None)
        faults = [fault if fault.where else _placed(fault, document, options) for fault in error.faults]
        if library is not None:
            faults = [_of_another_condition(fault, library) for fault in faults]
        raise type(error)(faults) from error


def _placed(fault: Fault, document: Callable[[], Document | None], options: Mapping[str, Any]) -> Fault:
    names = fault.field.split(", ")
    option = next((name for name in names if options.get(name) is not None), None)
    if option is not None:
        return replace(fault, where=f"--{option.replace('_', '-')}")
    file = document()
    return replace(fault, where=_line(file, names[0])) if file is not None else fault


def _line(document: Document, name: str) -> str:
    """Where a file tells a field; the condition may have another name there."""
    if name == "condition" and isinstance(document.data, Mapping):
        name = next(filter(tells_condition, document.data), name)
    return document.where([name])


def _of_another_condition(fault: Fault, library: Library) -> Fault:
    if fault.found != UNKNOWN_NAME:
        return fault
    for other in library.conditions():
        if fault.field in other.fields:
            return replace(fault, cure=say("belongs_to", id=ids_and_labels([other])))
    return fault
