"""The same scoring on an engine that distributes work: Dask, joblib's backends, Spark.

Nothing here distributes anything. Each file of a folder is one task that writes its own part under a
temporary name first, so that a task that is run again after a worker died changes nothing.
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

from ..answer.library import Library
from ..errors import Fault, InputError
from .checkpoint import Count, Output, mark_of, opened, prepare, settle
from .files import PART, Piece, Separate, finish, nothing_left_if_refused, score_piece, told_columns
from .frames import BLOCK, score_frame
from .reading import read_profiles
from .scorer import FLAGS, Scorer
from .writing import plain_text

LOOPBACK = "127.0.0.1"


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
        library = scorer.library
        return cls(
            str(library.configs.resolve()),
            str(library.data.resolve()),
            scorer.condition,
            scorer.stance,
            scorer.language,
            tuple(scorer.units.items()),
            scorer.keep,
            scorer.columns,
        )

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
    that listen to this machine only. Raises InputError where Dask is not installed."""
    try:
        engine: Any = import_module("distributed")
    except ModuleNotFoundError as error:
        cure = "pip install 'cell-response-predictor[dask]'"
        raise InputError(Fault("scheduler", f"no {error.name}", "Dask", cure)) from error
    if address != "local":
        with _reached(engine, address) as client:
            yield client
        return
    told = {"n_workers": 2, "threads_per_worker": 1, "host": LOOPBACK, "dashboard_address": f"{LOOPBACK}:0"}
    with engine.LocalCluster(**told) as cluster, engine.Client(cluster) as client:
        yield client


def _reached(engine: Any, address: str) -> Any:
    try:
        return engine.Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        expected = "the address of a Dask scheduler that runs, as tcp://127.0.0.1:8786"
        raise InputError(Fault("scheduler", repr(address), expected)) from error


def score_folder(given: str, out: Path, scorer: Scorer, client: Any, resume: bool = False) -> Count:
    """Scores every table that `given` means, one task a file, on a Dask cluster that sees the same disk."""

    def run(task: Callable[[Work], list[Count]], works: list[Work]) -> list[list[Count]]:
        return list(client.gather(client.map(task, works, pure=False)))

    return _score_files(given, out, scorer, run, resume)


def score_with_joblib(given: str, out: Path, scorer: Scorer, resume: bool = False) -> Count:
    """The same under the joblib backend that is set: processes, Dask, Ray, Spark.

    with joblib.parallel_config(backend="dask"): score_with_joblib("cohort/", Path("scored"), scorer)
    """
    from joblib import Parallel, delayed

    def run(task: Callable[[Work], list[Count]], works: list[Work]) -> list[list[Count]]:
        return list(Parallel()(delayed(task)(work) for work in works))

    return _score_files(given, out, scorer, run, resume)


Run = Callable[[Callable[["Work"], list[Count]], list["Work"]], list[list[Count]]]
"""Does a task for each file, somewhere."""


def _score_files(given: str, out: Path, scorer: Scorer, run: Run, resume: bool) -> Count:
    with opened(given, out) as (files, output):
        return _score_each(files, output, scorer, run, resume)


def _score_each(files: Sequence[Path], output: Output, scorer: Scorer, run: Run, resume: bool) -> Count:
    prepare(output, files, scorer, "tasks", PART, resume)
    if (done := settle(output)) is not None:
        return done
    sources = [str(path) if len(files) > 1 else None for path in files]
    recipe = Recipe.of(scorer)
    paths = [str(path.absolute()) for path in files]
    works = [Work(recipe, output.path.absolute(), i, p, s) for i, (p, s) in enumerate(zip(paths, sources, strict=True))]
    with nothing_left_if_refused(output):
        found = run(score_file, works)
    _check_same_disk(output, works, found)
    total = sum((count for counts in found for count in counts), Count())
    finish(output, scorer, total)
    return total


def _check_same_disk(output: Output, works: Sequence[Work], found: Sequence[Sequence[Count]]) -> None:
    """Raises InputError if a part that a worker has written is not here."""
    numbers = [work.first + i for work, counts in zip(works, found, strict=True) for i in range(len(counts))]
    away = [number for number in numbers if mark_of(output, number) is None]
    if away:
        told = f"{len(away)} of {len(numbers)} parts written on another disk"
        cure = "Give IN and OUT on a disk that all the workers share."
        raise InputError(Fault("out", told, "all of them here", cure, str(output.work)))


@dataclass(frozen=True)
class Work:
    """One file of a run on a cluster."""

    recipe: Recipe
    out: Path
    number: int
    path: str
    source: str | None

    @property
    def first(self) -> int:
        """The number of its first part."""
        return self.number * 1_000_000


def score_file(work: Work) -> list[Count]:
    """Scores one file into its own parts, those that are not finished; what a worker runs."""
    scorer = work.recipe.scorer()
    keeper = Separate(Output(work.out), scorer)
    batches = read_profiles(Path(work.path), PART, lambda names: told_columns(names, scorer))
    pieces = (Piece(work.first + i, work.source, batch) for i, batch in enumerate(batches))
    return [keeper.finished(piece.number) or keeper.at_once(score_piece(piece, scorer)) for piece in pieces]


def arrow_scorer(recipe: Recipe, passed: Sequence[str] = ()) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What Spark's mapInArrow takes: batches in, batches out, a row for each row, faults in a column."""

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        scorer = recipe.scorer()
        for batch in batches:
            table = pa.Table.from_batches([batch])
            for start in range(0, table.num_rows, BLOCK):
                yield from _answered(table.slice(start, BLOCK), scorer, passed).to_batches()

    return score


def _answered(table: pa.Table, scorer: Scorer, passed: Sequence[str]) -> pa.Table:
    block = scorer.block(table)
    answers = plain_text(scorer.answers(block))
    faults = [scorer.told(block.faults[row]) if row in block.faults else None for row in range(table.num_rows)]
    columns = {name: plain_text(table.select([name])).column(0) for name in passed}
    columns |= {name: answers.column(name) for name in answers.column_names}
    return pa.table({**columns, "faults": pa.array(faults, pa.string())})


def arrow_schema(recipe: Recipe, passed: dict[str, pa.DataType]) -> pa.Schema:
    """The columns that arrow_scorer gives, with the types of those that are passed through."""
    scorer = recipe.scorer()
    numbers = dict.fromkeys(scorer.number_names, pa.float64()) | dict.fromkeys(FLAGS, pa.bool_())
    fields = [(name, numbers.get(name, pa.string())) for name in scorer.columns]
    return pa.schema([*passed.items(), *fields, ("faults", pa.string())])


def score_spark(frame: Any, recipe: Recipe) -> Any:
    """A Spark frame in, a Spark frame out: the columns that are passed through, the answer, the faults.

    The intended use and the scorecards stand in the metadata of the column `faults`.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    scorer = recipe.scorer()
    types = {f.name: f.type for f in to_arrow_schema(frame.schema)}
    passed = scorer.plan(frame.columns).passed
    schema = from_arrow_schema(arrow_schema(recipe, {name: types[name] for name in passed}))
    scored = frame.mapInArrow(arrow_scorer(recipe, passed), schema)
    return scored.withMetadata("faults", {"predictor": json.dumps(scorer.about(), ensure_ascii=False)})


def score_dask(frame: Any, recipe: Recipe) -> Any:
    """A Dask frame in, a Dask frame out, partition by partition; see frames.py."""
    return frame.map_partitions(_score_partition, recipe, meta=_score_partition(frame._meta, recipe))


def _score_partition(frame: Any, recipe: Recipe) -> Any:
    scored = score_frame(frame, recipe.scorer())
    words = {name: "str" for name in scored.columns if str(scored[name].dtype) == "category"}
    return scored.astype({**words, "faults": "str"})
