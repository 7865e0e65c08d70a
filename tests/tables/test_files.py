"""Files of any size: nothing is lost, nothing half written has the final name, a stopped run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from predictor.answer.library import Library
from predictor.cli import main
from predictor.errors import InputError
from predictor.tables import files as parts
from predictor.tables.checkpoint import Count, Output, alone, prepare
from predictor.tables.files import score_files
from predictor.tables.frames import score_frame
from predictor.tables.reading import read_batches
from predictor.tables.scorer import Scorer
from predictor.tables.writing import write_table

BAD_ROWS = 7


def cohort(n: int, seed: int = 0) -> pd.DataFrame:
    """Stroke profiles with ids; each 1/BAD_ROWS of the rows has a value that cannot be."""
    rng = np.random.default_rng(seed)
    age = rng.integers(30, 85, n).astype(object)
    age[BAD_ROWS - 1 :: BAD_ROWS] = 400
    routes = np.array(["intravenous", "intraarterial", "鞘内", ""])[rng.integers(0, 4, n)]
    return pd.DataFrame(
        {"patient_id": [f"p{i}" for i in range(n)], "age": age, "nihss": rng.integers(0, 30, n), "route": routes}
    )


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 50)


@pytest.fixture
def scorer(library: Library) -> Scorer:
    return Scorer(library, "ischaemic_stroke")


def read(path: Path) -> list[dict[str, Any]]:
    return [row for batch in read_batches(path, 10_000) for row in batch.table.to_pylist()]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".arrow", ".jsonl", ".xlsx", ""])
@pytest.mark.usefixtures("small_parts")
def test_rows_in_are_rows_out_and_rows_rejected_in_every_format(tmp_path: Path, scorer: Scorer, ending: str) -> None:
    source, out = tmp_path / "in.csv", tmp_path / f"out{ending}"
    cohort(230).to_csv(source, index=False)
    count = score_files(str(source), out, scorer)
    assert count == Count(230, 230 - 32, 32)
    scored = [row for path in sorted(out.glob("*")) for row in read(path)] if out.is_dir() else read(out)
    rejected = read(tmp_path / f"out.rejected{ending or '.parquet'}")
    numbers = sorted(int(row["row"]) for row in (*scored, *rejected))
    assert numbers == list(range(1, 231))
    assert [int(r["row"]) for r in scored] == sorted(int(r["row"]) for r in scored)
    assert rejected[0]["patient_id"] == "p6"
    assert rejected[0]["age"] == "400"
    assert rejected[0]["faults"].startswith("age: found 400; expected a number of years from 0 to 120.")
    assert not (tmp_path / "out.parts").exists()


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "parts"])
def test_the_folders_of_an_output_are_made(tmp_path: Path, scorer: Scorer, name: str) -> None:
    cohort(20).to_csv(tmp_path / "in.csv", index=False)
    out = tmp_path / "not" / "yet" / name
    assert score_files(str(tmp_path / "in.csv"), out, scorer) == Count(20, 18, 2)
    assert out.exists()
    assert sorted(path.name for path in out.parent.iterdir())[0] == name


def test_lines_that_are_no_rows_count_among_the_rows_read_and_the_rejected(tmp_path: Path, scorer: Scorer) -> None:
    (tmp_path / "in.jsonl").write_text('{"age": 60}\n[2]\n{"age": 400}\n{"age": \n', encoding="utf-8")
    assert score_files(str(tmp_path / "in.jsonl"), tmp_path / "out.csv", scorer) == Count(4, 1, 3)
    assert [row["row"] for row in read(tmp_path / "out.rejected.csv")] == ["2", "3", "4"]


@pytest.mark.usefixtures("small_parts")
def test_a_file_in_parts_holds_what_one_frame_gives(tmp_path: Path, scorer: Scorer) -> None:
    frame = cohort(230)
    frame.to_csv(tmp_path / "in.csv", index=False)
    score_files(str(tmp_path / "in.csv"), tmp_path / "out.parquet", scorer)
    found = pd.read_parquet(tmp_path / "out.parquet").drop(columns="row").astype(object)
    expected = score_frame(frame, scorer)
    expected = expected[expected["faults"].isna()].drop(columns="faults").astype(object).reset_index(drop=True)
    assert found.where(found.notna(), None).equals(expected.where(expected.notna(), None))


@pytest.mark.usefixtures("small_parts")
def test_a_folder_of_tables_names_the_file_of_each_row(tmp_path: Path, scorer: Scorer) -> None:
    (tmp_path / "in").mkdir()
    for i in range(3):
        cohort(30, i).to_parquet(tmp_path / "in" / f"{i}.parquet")
    assert score_files(str(tmp_path / "in"), tmp_path / "out.csv", scorer).rows == 90
    rows = read(tmp_path / "out.csv")
    assert [Path(r["source"]).name for r in rows] == sorted(Path(r["source"]).name for r in rows)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"])
def test_tables_with_other_columns_keep_each_value_under_its_name(tmp_path: Path, scorer: Scorer, ending: str) -> None:
    (tmp_path / "in").mkdir()
    for name, text in {"1": "id,age\n007,50\n,60\n", "2": 'name,age\n"x\ny",\n', "3": "age,id\n50,b\n"}.items():
        (tmp_path / "in" / f"{name}.csv").write_text(text, encoding="utf-8")
    out = tmp_path / f"out{ending}"
    assert score_files(str(tmp_path / "in"), out, scorer) == Count(4, 4, 0)
    found = [(row.get("id"), row.get("name"), float(row["with_cells_probability"])) for row in read(out)]
    alone = [
        scorer.library.explainer("ischaemic_stroke").predict({"age": age} if age else {}) for age in (50, 60, None)
    ]
    chances = [answer.with_cells.probability for answer in alone if answer.with_cells]
    assert [row[:2] for row in found] == [("007", None), (None, None), (None, "x\ny"), ("b", None)]
    assert [row[2] for row in found] == pytest.approx([*chances, chances[0]], rel=1e-15)  # a sheet keeps 16 digits


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".arrow", ".xlsx", ""])
def test_tables_with_columns_of_other_types_keep_their_values(tmp_path: Path, library: Library, ending: str) -> None:
    (tmp_path / "in").mkdir()
    days = pa.array([1, 2], pa.date32())
    first = {"age": [50, 60], "id": [7, 2**53 + 1], "size": [1, 2], "when": days}
    second = {"age": [50.5, None], "id": ["007", None], "size": [1.5, None], "when": days.cast(pa.timestamp("us"))}
    for name, columns in {"1": first, "2": second, "3": {"age": ["70", "x"], "id": [1.5, 2.5]}}.items():
        pq.write_table(pa.table(columns), tmp_path / "in" / f"{name}.parquet")
    out = tmp_path / f"out{ending}"
    scorer = Scorer(library, "ischaemic_stroke", keep=["*"], columns=["added_response"])
    assert score_files(str(tmp_path / "in"), out, scorer) == Count(6, 5, 1)
    rows = [row for path in (sorted(out.glob("*")) if out.is_dir() else [out]) for row in read(path)]
    assert [str(row["id"]) for row in rows] == ["7", "9007199254740993", "007", "None", "1.5"]
    assert [float(row["size"]) for row in rows if row.get("size") is not None] == [1, 2, 1.5]
    assert [str(row.get("when"))[:10] for row in rows] == [
        "1970-01-02",
        "1970-01-03",
        "1970-01-02",
        "1970-01-03",
        "None",
    ]


def test_parts_with_other_columns_end_up_in_one_file_too(
    tmp_path: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON lines may tell a further column after many rows."""
    monkeypatch.setattr(parts, "PART", 10)
    lines = [f'{{"patient_id": "{i}", "age": {40 + i}}}' for i in range(20)]
    lines += [f'{{"patient_id": "{i}", "age": {40 + i}, "site_id": "s{i}"}}' for i in range(20, 40)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    score_files(str(tmp_path / "in.jsonl"), tmp_path / "out.parquet", scorer)
    found = pq.read_table(tmp_path / "out.parquet", columns=["row", "patient_id", "site_id"]).to_pylist()
    assert [row["row"] for row in found] == list(range(1, 41))
    assert [row["site_id"] for row in found] == [None] * 20 + [f"s{i}" for i in range(20, 40)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.parquet"]


def test_a_name_with_a_carriage_return_costs_no_rows(tmp_path: Path, scorer: Scorer, small_parts: None) -> None:
    table = pa.table({"age": [50] * 120, "a\rb": [str(i) for i in range(120)]})
    pq.write_table(table, tmp_path / "in.parquet")
    scorer = Scorer(scorer.library, "ischaemic_stroke", keep=["*"], columns=["added_response"])
    score_files(str(tmp_path / "in.parquet"), tmp_path / "out.csv", scorer)
    assert pd.read_csv(tmp_path / "out.csv", lineterminator="\n").shape == (120, 3)


def test_metadata_says_intended_use_scorecard_and_counts(tmp_path: Path, scorer: Scorer) -> None:
    cohort(10).to_csv(tmp_path / "in.csv", index=False)
    score_files(str(tmp_path / "in.csv"), tmp_path / "out.csv", scorer)
    beside = json.loads((tmp_path / "out.csv.meta.json").read_text(encoding="utf-8"))
    assert beside["intended_use"].startswith("For education about evidence only.")
    assert beside["scorecards"] == {"ischaemic_stroke": scorer.library.scorecard("ischaemic_stroke").hash}
    assert (beside["rows"], beside["scored"], beside["rejected"]) == (10, 9, 1)
    score_files(str(tmp_path / "in.csv"), tmp_path / "out.parquet", scorer)
    inside = json.loads(pq.read_metadata(tmp_path / "out.parquet").metadata[b"predictor"])
    assert inside["scorecards"] == beside["scorecards"]
    assert inside["intended_use"] == beside["intended_use"]


STOPPED = """
import sys, time
from pathlib import Path
from predictor.tables import files as parts
from predictor.tables.scorer import Scorer
from predictor.answer.library import Library
parts.PART = 50
score = parts.score_piece
work = parts.Output(Path(sys.argv[2])).work
def slowly(piece, scorer):
    if piece.number >= 3:
        while len(list(work.glob("_part-*.json"))) < 3:
            time.sleep(0.01)
        print("waiting", flush=True)
        time.sleep(60)
    return score(piece, scorer)
parts.score_piece = slowly
parts.score_files(sys.argv[1], Path(sys.argv[2]), Scorer(Library(), "ischaemic_stroke"), threads=1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".xlsx", ".parquet", ".arrow", ""])
def test_killed_midway_leaves_nothing_and_resume_goes_on(
    tmp_path: Path, scorer: Scorer, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "in.csv", tmp_path / f"out{ending}"
    cohort(330).to_csv(source, index=False)
    with subprocess.Popen([sys.executable, "-c", STOPPED, str(source), str(out)], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"waiting\n"
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    assert not out.exists()
    assert not list(tmp_path.glob("out.rejected*"))
    work = tmp_path / f"out{ending}.parts"
    assert len(list(work.glob("_part-*.json"))) == 3
    monkeypatch.setattr(parts, "PART", 50)
    redone: list[int] = []
    score = parts.score_piece
    monkeypatch.setattr(parts, "score_piece", lambda p, s: (redone.append(p.number), score(p, s))[1])
    assert score_files(str(source), out, scorer, resume=True) == Count(330, 330 - 47, 47)
    assert sorted(redone) == [3, 4, 5, 6]
    again = tmp_path / f"again{ending}"
    score_files(str(source), again, scorer)
    whole = [[r for p in ([o] if o.is_file() else sorted(o.glob("*"))) for r in read(p)] for o in (out, again)]
    assert whole[0] == whole[1]
    assert not work.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rows"), [("out.csv", 15), ("out.csv", 30), ("out.parquet", 30), ("out", 30)])
def test_a_run_stopped_before_any_step_goes_on_without_a_row_lost(tmp_path: Path, name: str, rows: int) -> None:
    cohort(rows).to_csv(tmp_path / "in.csv", index=False)
    told = [sys.executable, "-m", "tests.tables.stopped", str(tmp_path / "in.csv"), str(tmp_path / name)]
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_an_output_that_is_an_input_is_refused(tmp_path: Path, scorer: Scorer) -> None:
    source = tmp_path / "in.csv"
    cohort(5).to_csv(source, index=False)
    before = source.read_bytes()
    with pytest.raises(InputError) as error:
        score_files(str(source), tmp_path / "." / "in.csv", scorer)
    told = "out: found a table that is read; expected another file. Give another name."
    assert str(error.value) == f"{source}: {told}"
    assert source.read_bytes() == before
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_rejected_rows_are_corrected_and_scored_again(tmp_path: Path, scorer: Scorer, ending: str) -> None:
    cohort(20).astype(str).to_csv(tmp_path / "in.csv", index=False)
    score_files(str(tmp_path / "in.csv"), tmp_path / f"out{ending}", scorer)
    rejected = tmp_path / f"out.rejected{ending}"
    table = pa.Table.from_pylist(read(rejected))
    assert table.column_names[:2] == ["row", "faults"]
    told = table.set_column(table.column_names.index("age"), "age", pa.array(["50", "60"]))
    write_table(tmp_path / f"again{ending}", Output(rejected).kind, [told], told.schema, {})
    assert score_files(str(tmp_path / f"again{ending}"), tmp_path / "again-out.csv", scorer) == Count(2, 2, 0)
    assert [row["patient_id"] for row in read(tmp_path / "again-out.csv")] == ["p6", "p13"]


def test_the_original_values_of_rejected_rows_are_texts_that_can_be_read_again(
    tmp_path: Path, library: Library
) -> None:
    columns = {"age": [400, 401], "flag": [True, None], "pairs": [[1, 2], []], "told": [{"a": "岁"}, None]}
    odd = {
        "day": pa.array([1, 2], pa.date32()),
        "share": [0.5, 2.0],
        "coded": pa.array(["x", None]).dictionary_encode(),
    }
    pq.write_table(pa.table({**columns, **odd}), tmp_path / "in.parquet")
    scorer = Scorer(library, "ischaemic_stroke", keep=["*"])
    assert score_files(str(tmp_path / "in.parquet"), tmp_path / "out.csv", scorer) == Count(2, 0, 2)
    first, second = (list(row.values())[2:] for row in read(tmp_path / "out.rejected.csv"))
    assert first == ["400", "true", "[1, 2]", '{"a": "岁"}', "1970-01-02", "0.5", "x"]
    assert second == ["401", None, "[]", None, "1970-01-03", "2.0", None]


def test_what_is_beside_the_output_takes_the_place_of_no_other_file(tmp_path: Path, scorer: Scorer) -> None:
    """The rejected rows, corrected, were deleted when they were scored into the same output."""
    source, folder = tmp_path / "in.csv", tmp_path / "out"
    cohort(20).to_csv(source, index=False)
    score_files(str(source), tmp_path / "out.parquet", scorer)
    beside = tmp_path / "out.rejected.parquet"
    before = beside.read_bytes()
    with pytest.raises(InputError, match="found a table that is read; expected another file"):
        score_files(str(beside), tmp_path / "out.parquet", scorer)
    with pytest.raises(InputError) as error:
        score_files(str(source), folder, scorer)
    told = "out: found rejected rows of another output; expected no such file. Give another name, or remove them."
    assert str(error.value) == f"{beside}: {told}"
    assert beside.read_bytes() == before
    folder.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="found a file; expected a new folder"):
        score_files(str(source), folder, scorer)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out"])
def test_a_part_whose_file_is_gone_or_cut_is_scored_again(
    tmp_path: Path, scorer: Scorer, small_parts: None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a machine has lost its power; also where the output stands in the folder of the input."""
    folder = tmp_path / "in"
    folder.mkdir()
    cohort(230).to_csv(folder / "in.csv", index=False)
    whole, out = tmp_path / name, folder / name
    score_files(str(folder), whole, scorer)
    finish = parts.finish
    monkeypatch.setattr(parts, "finish", lambda *_: None)
    score_files(str(folder), out, scorer)
    monkeypatch.setattr(parts, "finish", finish)
    work = Output(out).work
    lost, cut = sorted(path for path in work.iterdir() if "000001" in path.name and path.suffix != ".json")
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:20])
    assert score_files(str(folder), out, scorer, resume=True) == Count(230, 230 - 32, 32)
    for found in (Output(out), Output(whole)):
        paths = [found.rejected, *(sorted(found.path.glob("*")) if found.folder else [found.path])]
        rows = [tuple(row.values()) for path in paths for row in read(path)]
        assert sorted(int(row[0]) for row in rows) == list(range(1, 231))


def test_two_runs_into_one_output_are_refused(tmp_path: Path, scorer: Scorer) -> None:
    """The second would take the first one's parts for its own."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    cohort(5).to_csv(source, index=False)
    with alone(Output(out)), pytest.raises(InputError) as error:
        score_files(str(source), out, scorer)
    told = "out: found another run that writes it; expected one run. Wait until it has ended, or give another name."
    assert str(error.value) == f"{out}: {told}"
    assert score_files(str(source), out, scorer).scored == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "out.csv.meta.json"]


def test_a_file_that_is_no_parquet_is_a_fault(tmp_path: Path, scorer: Scorer) -> None:
    (tmp_path / "in.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="a file of the parquet format"):
        score_files(str(tmp_path / "in.parquet"), tmp_path / "out.parquet", scorer)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


def test_resume_of_another_run_is_refused(tmp_path: Path, library: Library, scorer: Scorer) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    cohort(20).to_csv(source, index=False)
    prepare(Output(out), [source], scorer, resume=False)
    with pytest.raises(InputError) as error:
        score_files(str(source), out, Scorer(library, "ischaemic_stroke", "sceptical"), resume=True)
    found = "resume: found another baseline, stance than when it was stopped; expected the same run."
    assert str(error.value) == f"{out}.parts: {found} Leave out --resume to start again."


def test_a_column_that_is_no_field_stops_before_anything_is_written(tmp_path: Path, scorer: Scorer) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,age_yeers,sex\na,3,f\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        score_files(str(source), tmp_path / "out.csv", scorer)
    first, second = str(error.value).splitlines()
    assert first.startswith("age_yeers: found an unknown column; expected one of age_months, age_years,")
    assert "Did you mean 'age_years'?" in first
    assert second.endswith(
        "To pass it through unused, name it: --keep sex; or pass all such columns through: --keep '*'."
    )
    assert list(tmp_path.iterdir()) == [source]


def test_the_command_gives_status_3_for_rejected_rows_and_0_without(tmp_path: Path) -> None:
    cohort(20).to_csv(tmp_path / "in.csv", index=False)
    cohort(5).to_csv(tmp_path / "good.csv", index=False)
    run = CliRunner()
    bad = run.invoke(main, ["score", str(tmp_path / "in.csv"), str(tmp_path / "o.csv"), "--condition", "stroke"])
    assert bad.exit_code == 3
    assert bad.output.splitlines()[0] == "20 rows read, 18 scored, 2 rejected."
    assert len(read(tmp_path / "o.csv")) == 18
    good = run.invoke(main, ["score", str(tmp_path / "good.csv"), "--condition", "stroke"])
    assert good.exit_code == 0
    assert "For education about evidence only." in good.output
    assert "5 rows read, 5 scored, 0 rejected." in good.output


def test_units_and_chinese_columns_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("编号,年龄,给药途径\n甲,30,鞘内\n", encoding="gb18030")
    told = [
        "score",
        str(tmp_path / "in.csv"),
        str(tmp_path / "o.jsonl"),
        "--condition",
        "脑瘫",
        "--units",
        "年龄=months",
    ]
    found = CliRunner().invoke(main, told)
    assert found.exit_code == 0, found.output
    (row,) = read(tmp_path / "o.jsonl")
    assert (row["编号"], row["age_level"], row["route_level"]) == ("甲", "under_3y", "intrathecal")


def test_progress_is_silent_when_nobody_looks(tmp_path: Path) -> None:
    cohort(5).to_csv(tmp_path / "in.csv", index=False)
    told = [sys.executable, "-m", "predictor", "score", str(tmp_path / "in.csv"), str(tmp_path / "o.csv")]
    done = subprocess.run([*told, "--condition", "stroke"], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_count_that_does_not_add_up_is_an_error(tmp_path: Path, scorer: Scorer) -> None:
    cohort(5).to_csv(tmp_path / "in.csv", index=False)
    output = Output(tmp_path / "o.csv")
    with pytest.raises(AssertionError, match="rows were lost"):
        parts.finish(output, scorer, Count(5, 3, 1))
