"""What a worker process does for the server: each job takes a library and plain arguments, and gives JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile

from ..answer.explanation import Explainer
from ..answer.library import Library
from ..answer.results import plain
from ..content.catalogue import Catalogue
from ..errors import EvidenceError, Fault, InputError, PredictorError, joined, say
from ..profile.profile import Profile
from ..reports import fhir
from ..whatif.comparison import compare, what_if
from ..whatif.nearest import Neighbourhood
from ..whatif.points import Target
from ..whatif.sweeps import sweep
from .common_fields import AskedAnswer

Given = TypeVar("Given")
Made = TypeVar("Made")
Asking = tuple[Library, str, str]
"""A library, a stance and a language."""


def predict_many(asking: Asking, profiles: Sequence[Profile], asked: AskedAnswer) -> bytes:
    """The answers for several profiles. Raises InputError with the faults of all."""
    library, stance, language = asking
    text = library.catalogue(language)
    answers = of_each(profiles, lambda profile: asked.told(library.answer(profile, stance, language)), text)
    return f"[{','.join(answers)}]".encode()


def of_each(given: Iterable[Given], make: Callable[[Given], Made], text: Catalogue) -> list[Made]:
    """What is made of each profile. Raises InputError with the faults of all, each with the number of its profile."""
    made, faults = [], []
    for number, one in enumerate(given, start=1):
        try:
            made.append(make(one))
        except InputError as error:
            place = text("web.profile_number", number=number)
            faults += [replace(fault, where=place) for fault in error.faults]
    if faults:
        raise InputError(faults)
    return made


def risk_assessments(asking: Asking, profiles: Sequence[Profile], many: bool) -> bytes:
    """The answers as FHIR resources: one, or a bundle of many."""
    library, stance, language = asking

    def assessed(profile: Profile) -> dict[str, Any]:
        return fhir.risk_assessment(library.answer(profile, stance, language), library)

    found = fhir.bundle(of_each(profiles, assessed, library.catalogue(language))) if many else assessed(profiles[0])
    return json.dumps(plain(found), ensure_ascii=False, allow_nan=False).encode()


def compare_change(asking: Asking, profile: Profile, changes: Mapping[str, Any], asked: AskedAnswer) -> bytes:
    """A profile as it is and with some fields changed."""
    explainer = _explainer(asking, profile)
    found = asked.kept(what_if(explainer, profile, changes))
    return _encoded(explainer, found.as_dict(asked.evidence, asked.fields))


def sweep_over(asking: Asking, profile: Profile, factor: str, values: Sequence[Any]) -> bytes:
    """The answers in brief as one factor takes other values."""
    explainer = _explainer(asking, profile)
    return _encoded(explainer, sweep(explainer, profile, factor, values).as_dict())


def nearest_change(asking: Asking, profile: Profile, of: Target, limit: int) -> bytes:
    """The smallest changes among the chosen factors for which the answer is another."""
    explainer = _explainer(asking, profile)
    found = Neighbourhood(explainer).nearest(explainer.understand(profile), of, limit)
    return _encoded(explainer, found.as_dict())


def leave_out(asking: Asking, profile: Profile, left_out: Mapping[str, Sequence[str]], asked: AskedAnswer) -> bytes:
    """The answer with all of the evidence, and with some of it left out and the model fitted again."""
    from ..whatif.refits import Filter, refitted, removed, without

    explainer = _explainer(asking, profile)
    filter = Filter(**{name: tuple(names) for name, names in left_out.items()})
    if not filter:
        raise InputError(Fault("without", say("nothing"), say("at_least_one_of", list=joined(left_out))))
    content = asking[0].contents()[explainer.scorecard.condition.id]
    try:
        less = without(content, filter)
    except EvidenceError as error:
        raise InputError(error.faults) from error
    compared = asked.kept(compare(explainer.predict(profile), refitted(less, explainer).predict(profile)))
    told = compared.as_dict(asked.evidence, asked.fields)
    return _encoded(explainer, {**told, "removed": plain(removed(content, less))})


def _explainer(asking: Asking, profile: Profile) -> Explainer:
    library, stance, language = asking
    return library.explainer(profile.condition or "", stance, language)


def _encoded(explainer: Explainer, found: Mapping[str, Any]) -> bytes:
    head = {
        "intended_use": explainer.text("intended_use"),
        "condition": explainer.scorecard.condition.id,
        "stance": explainer.stance,
        "scorecard": explainer.scorecard.hash,
    }
    return json.dumps(plain({**head, **found}), ensure_ascii=False, allow_nan=False).encode()


@dataclass(frozen=True)
class Table:
    """How a table is to be scored: the condition of rows that name none, csv, parquet or zip, the most rows."""

    condition: str | None
    format: str
    most_rows: int


@dataclass(frozen=True)
class Scored:
    """A scored table, and how many rows were read, scored and rejected."""

    path: Path
    rows: Mapping[str, int]


class TooManyRowsError(PredictorError):
    """A table with more rows than the server takes."""


def score_table(asking: Asking, wanted: Table, source: Path) -> Scored:
    """Scores a table into a file beside it. Raises InputError for a table that cannot be read or used."""
    from pyarrow import ArrowException

    try:
        return _scored(asking, wanted, source)
    except InputError as error:
        raise InputError([replace(f, where=_without_folder(f.where, source)) for f in error.faults]) from error
    except UnicodeDecodeError as error:  # in a cell of a Parquet file, which says that its texts are UTF-8
        raise InputError(Fault("table", say("no_text"), say("readable_table"), where=source.name)) from error
    except (ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        found = str(error).splitlines()[0]
        raise InputError(Fault("table", found, say("readable_table"), where=source.name)) from error


def _scored(asking: Asking, wanted: Table, source: Path) -> Scored:
    from ..tables.files import score_files
    from ..tables.reading import row_count
    from ..tables.scorer import Scorer

    library, stance, language = asking
    suffix = source.suffix if wanted.format == "zip" else f".{wanted.format}"
    target = source.with_name("scored") / f"scored{suffix}"
    target.parent.mkdir()
    rows = _Rows(wanted.most_rows)
    if source.suffix == ".parquet":
        rows.add(row_count(source))
        rows.seen = 0
    scorer = Scorer(library, wanted.condition, stance, language)
    count = score_files(str(source), target, scorer, progress=rows.add, threads=1)
    path = _zipped(target.parent) if wanted.format == "zip" else target
    return Scored(path, {"read": count.rows, "scored": count.scored, "rejected": count.rejected})


@dataclass
class _Rows:
    """Counts rows, and stops the work when they are too many."""

    most: int
    seen: int = 0

    def add(self, rows: int) -> None:
        self.seen += rows
        if self.seen > self.most:
            raise TooManyRowsError(
                Fault("rows", say("rows_so_far", number=self.seen), say("at_most", number=self.most))
            )


def _zipped(folder: Path) -> Path:
    """All files of a folder as one archive beside it."""
    path = folder.with_suffix(".zip")
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def _without_folder(where: str, source: Path) -> str:
    return where.replace(f"{source.parent}/", "")
