"""The same scoring on an engine that distributes work: Dask, joblib's backends, Spark.

Nothing here distributes anything. Each file of a folder is one task that writes its own parts, each finished
with its mark, so that a task that is run again after a worker died changes nothing.
Dask's scheduler knows no password: keep it on this machine or behind TLS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
from joblib import Parallel, delayed, parallel_config

from ..answer.library import Library
from ..errors import Fault, InputError, say
from .checkpoint import Count, Output, finished, opened
from .files import PARTS, finish, pieces, score_part, source_of
from .frames import score_frame
from .scorer import Scorer
from .writing import plain_text

LOOPBACK = "127.0.0.1"
PATIENCE = "10s"
"""For a scheduler to answer."""


@dataclass(frozen=True)
class Recipe:
    """What a worker needs to make a Scorer of its own: plain values that travel well."""

    configs: str
    data: str
    condition: str | None
    stance: str
    language: str
    units: tuple[tuple[str, str], ...]
    keep: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, scorer: Scorer) -> Recipe:
        configs, data = (str(folder.resolve()) for folder in (scorer.library.configs, scorer.library.data))
        units = tuple(scorer.units.items())
        asked = (scorer.condition, scorer.stance, scorer.language, units, scorer.keep, scorer.columns)
        return cls(configs, data, *asked)

    def scorer(self) -> Scorer:
        """The scorer, made once in each process so that its cells are worked out once."""
        return _scorer(self)


@lru_cache(maxsize=4)
def _scorer(recipe: Recipe) -> Scorer:
    library = Library(Path(recipe.configs), Path(recipe.data))
    told = (recipe.condition, recipe.stance, recipe.language, dict(recipe.units), recipe.keep, recipe.columns)
    return Scorer(library, *told)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A Dask client: of the scheduler at an address, or with `local` of two workers on this machine
    that listen to this machine only. Raises InputError where there is no scheduler."""
    engine: Any = import_module("distributed")
    if address == "local":
        told = {"n_workers": 2, "threads_per_worker": 1, "host": LOOPBACK, "dashboard_address": f"{LOOPBACK}:0"}
        with engine.LocalCluster(**told) as cluster, engine.Client(cluster) as client:
            yield client
        return
    try:
        client = engine.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise InputError(Fault("scheduler", repr(address), say("dask_address"))) from error
    with client:
        yield client


def score_folder(given: str, out: Path, scorer: Scorer, client: Any, resume: bool = False) -> Count:
    """Scores every table that `given` means, one task a file, on a Dask cluster that sees the same disk."""
    with parallel_config(backend="dask", client=client):
        return score_with_joblib(given, out, scorer, resume)


def score_with_joblib(given: str, out: Path, scorer: Scorer, resume: bool = False) -> Count:
    """The same under the joblib backend that is set: processes, Dask, Ray, Spark.

    with joblib.parallel_config(backend="dask"): score_with_joblib("cohort/", Path("scored"), scorer)
    """
    with opened(given, out, scorer, resume) as (files, output):
        told = (Recipe.of(scorer), output.path.absolute())
        works = [Work(*told, i, path.absolute(), source_of(path, files)) for i, path in enumerate(files)]
        found = list(Parallel(batch_size=1)(delayed(score_file)(work) for work in works))
        _check_same_disk(output, found)
        total = sum((count for counts in found for count in counts), Count())
        finish(output, scorer, total)
    return total


@dataclass(frozen=True)
class Work:
    """One file of a run on a cluster: place, among those of the run; source, what its rows tell of it."""

    recipe: Recipe
    out: Path
    place: int
    path: Path
    source: str | None


def score_file(work: Work) -> list[Count]:
    """Scores one file into its own parts, those that are not finished; what a worker runs."""
    scorer, output = work.recipe.scorer(), Output(work.out)
    found = pieces(work.path, work.place, work.source, scorer)
    return [score_part(piece, output, scorer) for piece in found]


def _check_same_disk(output: Output, found: Sequence[Sequence[Count]]) -> None:
    """Raises InputError if a part that a worker has written is not here."""
    numbers = [place * PARTS + i for place, counts in enumerate(found) for i in range(len(counts))]
    away = [number for number in numbers if finished(output, number) is None]
    if away:
        told = say("parts_on_another_disk", number=len(away), all=len(numbers))
        raise InputError(Fault("out", told, say("all_here"), say("use_shared_disk"), str(output.work)))


def arrow_scorer(recipe: Recipe) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What Spark's mapInArrow takes: batches in, batches out, a row for each row, faults in a column."""

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from plain_text(score_frame(pa.Table.from_batches([batch]), recipe.scorer())).to_batches()

    return score


def score_spark(frame: Any, recipe: Recipe) -> Any:
    """A Spark frame in, a Spark frame out: the columns that are passed through, the answer, the faults.

    The intended use and the scorecards stand in the metadata of the column `faults`.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    scorer = recipe.scorer()
    none = plain_text(score_frame(to_arrow_schema(frame.schema).empty_table(), scorer))
    scored = frame.mapInArrow(arrow_scorer(recipe), from_arrow_schema(none.schema))
    return scored.withMetadata("faults", {"predictor": json.dumps(scorer.about(), ensure_ascii=False)})


def score_dask(frame: Any, recipe: Recipe) -> Any:
    """A Dask frame in, a Dask frame out, partition by partition; see frames.py."""
    return frame.map_partitions(_score_partition, recipe, meta=_score_partition(frame._meta, recipe))


def _score_partition(frame: Any, recipe: Recipe) -> Any:
    scored = score_frame(frame, recipe.scorer())
    words = {name: "str" for name in scored.columns if str(scored[name].dtype) == "category"}
    return scored.astype({**words, "faults": "str"})
