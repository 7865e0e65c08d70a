"""A cluster gives the same rows as one process, and a worker that dies costs time, no rows."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from predictor.answer.library import Library
from predictor.errors import InputError
from predictor.tables import cluster
from predictor.tables import files as parts
from predictor.tables.checkpoint import Count, Output
from predictor.tables.cluster import Recipe, connected, score_dask, score_folder, score_spark, score_with_joblib
from predictor.tables.files import score_files
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

from .test_files import cohort, read

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # the engines' own warnings are not ours


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "in"
    found.mkdir()
    for i in range(6):
        cohort(400, i).assign(age=lambda t: t["age"].astype("int64")).to_parquet(found / f"{i}.parquet")
    return found


@pytest.fixture
def scorer(library: Library) -> Scorer:
    return Scorer(library, "ischaemic_stroke")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with connected("local") as found:
        yield found


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("*.parquet")) for row in read(path)]


def test_two_workers_give_the_rows_of_one_process(tmp_path: Path, folder: Path, scorer: Scorer, client: Any) -> None:
    alone = score_files(str(folder), tmp_path / "alone", scorer)
    together = score_folder(str(folder), tmp_path / "together", scorer, client)
    assert alone == together == Count(2400, 2400 - 6 * 57, 6 * 57)
    assert rows_of(tmp_path / "together") == rows_of(tmp_path / "alone")
    assert read(tmp_path / "together.rejected.parquet") == read(tmp_path / "alone.rejected.parquet")


def test_a_local_cluster_listens_to_this_machine_only(client: Any) -> None:
    import psutil

    def listening() -> list[str]:
        found = [c for c in psutil.Process().net_connections() if c.status == psutil.CONN_LISTEN]
        return [c.laddr.ip for c in found]

    heard = {*listening(), *(ip for ips in client.run(listening).values() for ip in ips)}
    assert heard == {"127.0.0.1"}


def kill_own_worker_once(mark: str) -> None:
    """Ends the worker process that runs it, the first time."""
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_midway_costs_no_rows(
    tmp_path: Path, folder: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, score_file = str(tmp_path / "killed"), cluster.score_file

    def dying(work: Any) -> list[Count]:
        if work.place == 3:
            kill_own_worker_once(mark)
        return score_file(work)

    monkeypatch.setattr(cluster, "score_file", dying)
    with connected("local") as client:
        assert len(client.scheduler_info()["workers"]) == 2
        count = score_folder(str(folder), tmp_path / "out", scorer, client)
    assert Path(mark).exists()
    assert count == Count(2400, 2400 - 6 * 57, 6 * 57)
    score_files(str(folder), tmp_path / "alone", scorer)
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "alone")


@pytest.mark.parametrize("clustered", [True, False])
def test_a_stopped_run_goes_on_with_the_files_that_are_left(
    tmp_path: Path, folder: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch, clustered: bool
) -> None:
    """On the cluster or without; in the order of the files however many there are, and of their parts."""
    for i in range(6):  # 12 files: the tenth comes after the second
        (folder / f"{i}.parquet").rename(folder / f"{i:02d}.parquet")
        cohort(60, i + 6).assign(age=lambda t: t["age"].astype("int64")).to_parquet(folder / f"{i + 6:02d}.parquet")
    monkeypatch.setattr(parts, "PART", 150)
    scored: list[int] = []
    score_piece, score_file = parts.score_piece, cluster.score_file

    def stopping(work: Any) -> list[Count]:
        if work.place == 3:
            raise KeyboardInterrupt
        return score_file(work)

    out = tmp_path / "out.csv"
    monkeypatch.setattr(cluster, "score_file", stopping)
    with pytest.raises(KeyboardInterrupt):
        score_with_joblib(str(folder), out, scorer)
    monkeypatch.setattr(cluster, "score_file", score_file)
    monkeypatch.setattr(parts, "score_piece", lambda p, s: (scored.append(p.number), score_piece(p, s))[1])
    score = score_with_joblib if clustered else score_files
    count = score(str(folder), out, scorer, resume=True)
    assert min(scored) == 3_000_000
    assert count == score_files(str(folder), tmp_path / "alone.csv", scorer)
    assert read(out) == read(tmp_path / "alone.csv")


def test_workers_on_another_disk_are_told(
    tmp_path: Path, folder: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    score_file, far = cluster.score_file, tmp_path / "far" / "out.csv"
    Output(far).work.mkdir(parents=True)
    monkeypatch.setattr(cluster, "score_file", lambda work: score_file(dataclasses.replace(work, out=far)))
    with pytest.raises(InputError) as error:
        score_with_joblib(str(folder), tmp_path / "out.csv", scorer)
    told = "out: found 6 of 6 parts written on another disk; expected all of them here."
    cure = "Give IN and OUT on a disk that all the workers share."
    assert str(error.value) == f"{tmp_path / 'out.csv.parts'}: {told} {cure}"
    assert not (tmp_path / "out.csv").exists()


def test_a_dask_frame_gives_the_rows_of_a_frame(scorer: Scorer, client: Any) -> None:
    import dask.dataframe as dd

    frame = cohort(300).assign(age=lambda t: t["age"].astype("int64"))
    found = score_dask(dd.from_pandas(frame, npartitions=3), Recipe.of(scorer)).compute()
    expected = score_frame(frame, scorer).astype({c: "str" for c in found.columns if str(found[c].dtype) == "str"})
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_the_backends_of_joblib_give_the_rows_of_one_process(
    tmp_path: Path, folder: Path, scorer: Scorer, client: Any, backend: str
) -> None:
    import joblib

    with joblib.parallel_config(backend=backend, n_jobs=2):
        count = score_with_joblib(str(folder), tmp_path / "out.csv", scorer)
    assert count == Count(2400, 2400 - 6 * 57, 6 * 57)
    score_files(str(folder), tmp_path / "alone.csv", scorer)
    assert read(tmp_path / "out.csv") == read(tmp_path / "alone.csv")


def test_a_scheduler_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", "1s")
    with pytest.raises(InputError) as error, connected("tcp://127.0.0.1:9"):
        pass
    expected = "the address of a Dask scheduler that runs, as tcp://127.0.0.1:8786"
    assert str(error.value) == f"scheduler: found 'tcp://127.0.0.1:9'; expected {expected}."


@pytest.mark.spark
def test_a_local_spark_gives_the_rows_of_one_process(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Java this fails: a Spark that did not run must not look like one that did."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    assert shutil.which("java"), "Spark needs Java: apt-get install default-jre-headless"
    from pyspark.sql import SparkSession

    frame = cohort(500).assign(age=lambda t: t["age"].astype("int64"))
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    try:
        given = spark.createDataFrame(
            frame.to_dict("records"), schema="patient_id string, age long, nihss long, route string"
        )
        found = [row.asDict() for row in score_spark(given.repartition(3), Recipe.of(scorer)).collect()]
    finally:
        spark.stop()
    expected = {row["patient_id"]: row for row in _plain(score_frame(frame, scorer))}
    assert {row["patient_id"]: row for row in found} == expected
    assert len(found) == 500


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object)
    return [{str(k): v for k, v in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")]
