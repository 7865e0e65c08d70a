"""Speed beside the peers and the limits: `python -m tests.benchmarks [memory] [files] [whatif] [--rows N]`.

Each figure is paired: ours and the peer's run in turn in the same process, and the median of the ratios is
told, so that a busy machine slows both. Needs the extra [bench].
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from predictor.answer.library import Library
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

TEXTS = ("cell_type", "cell_source", "donor", "route", "infarct_size")
NUMBERS = ("age_years", "nihss", "days_since_onset")
CORE = ("with_cells_probability", "with_cells_low", "with_cells_high", "added_response", "contributions")
CONDITION = "ischaemic_stroke"
Row = tuple[str, str, str, str]


def cohort(n: int, seed: int = 0) -> pa.Table:
    """Random stroke profiles over eight factors, with ids: every combination of levels may occur."""
    rng = np.random.default_rng(seed)
    condition = Library().scorecard(CONDITION).condition
    columns: dict[str, Any] = {"patient_id": pa.array(np.arange(n)).cast(pa.string())}
    columns["age_years"] = pa.array(rng.integers(30, 86, n))
    columns["nihss"] = pa.array(rng.integers(0, 31, n))
    columns["days_since_onset"] = pa.array(np.round(rng.uniform(0, 400, n), 1))
    for name in TEXTS:
        ids = condition.by_id[name].level_ids
        codes = pa.array(rng.integers(0, len(ids), n).astype(np.int32))
        columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(ids)).cast(pa.string())
    return pa.table(columns)


def seconds(job: Callable[[], Any]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def paired(ours: Callable[[], Any], peer: Callable[[], Any], rounds: int) -> tuple[float, float, float]:
    """(our seconds, the peer's seconds, median of peer / ours), run in turn."""
    pairs = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(b / a for a, b in pairs)


def told(name: str, goal: str, found: float, met: bool, note: str) -> Row:
    """A row of the table; where there is no goal nothing is said of reaching it."""
    verdict = ("(reached)" if met else "(NOT reached)") if goal else ""
    return name, goal, f"{found:.2f} {verdict}".strip(), note


def against(name: str, goal: float | None, ours: Any, peer: Any, rows: int, rounds: int) -> Row:
    """How many times faster than a peer."""
    mine, its, ratio = paired(ours, peer, rounds)
    note = f"{rows / mine / 1e6:.2f} M rows/s against {rows / its / 1e6:.3f} M"
    row = told(name, f"at least {goal:g} times" if goal else "", ratio, ratio >= (goal or 0), note)
    print(" | ".join(row), flush=True)
    return row


def in_memory(rows: int, rounds: int) -> list[Row]:
    """Probability, interval, added response and all contributions of a frame, beside the peers."""
    frame = cohort(rows).to_pandas().drop(columns="patient_id")
    kinds = {"string": frame, "category": frame.astype(dict.fromkeys(TEXTS, "category"))}
    cold = Scorer(Library(), CONDITION, columns=CORE)
    first = seconds(lambda: score_frame(frame, cold))
    scorer = Scorer(Library(), CONDITION, columns=CORE)
    score_frame(frame, scorer)
    print(f"distinct cells {scorer._known.cells.size}; the first call, which works them out: {first:.2f} s", flush=True)
    found = []
    ebm = fitted_ebm(frame)
    for kind, given in kinds.items():

        def ours(given: Any = given) -> Any:
            return score_frame(given, scorer)

        def plain(given: Any = given) -> Any:
            return ebm.predict_proba(given), ebm.eval_terms(given)

        def uncertain(given: Any = given) -> Any:
            return ebm.predict_with_uncertainty(given), ebm.eval_terms(given)

        goals = (2.0, 20.0) if kind == "string" else (2.5, 40.0)
        found.append(against(f"EBM, {kind} columns", goals[0], ours, plain, rows, rounds))
        found.append(against(f"EBM with intervals, {kind} columns", goals[1], ours, uncertain, rows, rounds))
    whole = Scorer(Library(), CONDITION)
    score_frame(frame, whole)
    found.append(
        against(
            "EBM, our whole record (74 columns)",
            None,
            lambda: score_frame(frame, whole),
            lambda: (ebm.predict_proba(frame), ebm.eval_terms(frame)),
            rows,
            rounds,
        )
    )
    some = frame.head(rows // 10)
    for name, job in (("SHAP LinearExplainer", shap_job(some)), ("optbinning scorecard", optbinning_job(some))):
        found.append(against(name, None, lambda: score_frame(some, scorer), job, len(some), rounds))
    few = frame.head(rows // 100)
    found.append(
        against("zen-engine decision tables", None, lambda: score_frame(few, scorer), zen_job(few), len(few), rounds)
    )
    found.append(gather_limit(scorer, frame, rounds))
    return found


def fitted_ebm(frame: pd.DataFrame) -> Any:
    from interpret.glassbox import ExplainableBoostingClassifier

    sample = frame.head(20_000)
    y = np.random.default_rng(0).random(len(sample)) < 0.3 + 0.4 * (sample["age_years"] < 60)
    return ExplainableBoostingClassifier(interactions=0, max_rounds=50, n_jobs=2).fit(sample, y)


def one_hot(frame: pd.DataFrame) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    turn = make_column_transformer(
        (OneHotEncoder(sparse_output=False), list(TEXTS)), remainder="passthrough", verbose_feature_names_out=False
    ).fit(frame)
    y = frame["age_years"] < 60
    return turn, LogisticRegression(max_iter=50).fit(turn.transform(frame.head(5000)), y.head(5000))


def shap_job(frame: pd.DataFrame) -> Callable[[], Any]:
    import shap

    turn, model = one_hot(frame)
    explainer = shap.LinearExplainer(model, turn.transform(frame.head(100)))

    def job() -> Any:
        x = turn.transform(frame)
        return model.predict_proba(x), explainer.shap_values(x)

    return job


def optbinning_job(frame: pd.DataFrame) -> Callable[[], Any]:
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression

    y = (np.random.default_rng(0).random(len(frame)) < 0.3 + 0.4 * (frame["age_years"] < 60)).astype(int)
    plain = frame.astype(dict.fromkeys(TEXTS, object))
    card = Scorecard(
        BinningProcess(list(frame.columns), categorical_variables=list(TEXTS)),
        LogisticRegression(max_iter=200),
        scaling_method="min_max",
        scaling_method_params={"min": 0, "max": 100},
    ).fit(plain.head(10_000), y.head(10_000))

    def job() -> Any:  # the contributions of a linear card are its coefficients times the weights of evidence
        points = card.binning_process_.transform(plain, metric="woe")
        return card.predict_proba(plain), points * card.estimator_.coef_[0][: points.shape[1]]

    return job


def zen_job(frame: pd.DataFrame) -> Callable[[], Any]:
    """A decision table on the levels of two factors; one evaluation a row, as the engine works."""
    import zen

    rules = [
        {"_id": f"r{i}", "i1": f'"{cell}"', "i2": cut, "o1": str(0.1 * i)}
        for i, (cell, cut) in enumerate((c, a) for c in frame["cell_type"].unique() for a in ("< 60", ">= 60"))
    ]
    content = {
        "inputs": [
            {"id": "i1", "name": "cell", "field": "cell_type", "type": "expression"},
            {"id": "i2", "name": "age", "field": "age_years", "type": "expression"},
        ],
        "outputs": [{"id": "o1", "name": "points", "field": "points", "type": "expression"}],
        "rules": rules,
        "hitPolicy": "first",
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
        {"id": "t", "name": "t", "type": "decisionTableNode", "content": content, "position": {"x": 1, "y": 0}},
        {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 2, "y": 0}},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "t"},
        {"id": "b", "type": "edge", "sourceId": "t", "targetId": "out"},
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    records = frame.to_dict("records")
    return lambda: [decision.evaluate(record) for record in records]


def gather_limit(scorer: Scorer, frame: pd.DataFrame, rounds: int) -> Row:
    """A bare numpy gather of as many columns, from an index that is there already."""
    cells = scorer._known.cells
    slots = np.random.default_rng(0).integers(1, cells.size, len(frame))
    columns = len([name for name in scorer.columns if name in scorer.number_names])

    def bare() -> Any:
        return np.take(cells.numbers[:columns], slots, axis=1)

    mine, its, ratio = paired(lambda: score_frame(frame, scorer), bare, rounds)
    note = f"{mine:.3f} s against {its:.3f} s"
    print("gather", note, flush=True)
    return "a bare numpy gather of the same columns", "the limit", f"{1 / ratio:.2f} times its time", note


SCORE = "import sys; from pathlib import Path; from tests.benchmarks.__main__ import score_to; score_to(*sys.argv[1:])"


def score_to(given: str, out: str, threads: str, first: str = "") -> None:
    """Scores a file in this process; prints seconds, processor seconds and peak memory above the imports.

    first: a file that is scored before, so that the cells of the other are known when the time is taken.
    """
    from predictor.tables.files import score_files

    scorer = Scorer(Library(), CONDITION)
    scorer.about()
    if first:
        score_files(first, Path(out), scorer, threads=int(threads))
        shutil.rmtree(out)
    before, start, busy = peak_mb(), time.perf_counter(), time.process_time()
    score_files(given, Path(out), scorer, threads=int(threads))
    found = {"s": time.perf_counter() - start, "cpu": time.process_time() - busy, "mb": peak_mb() - before}
    print(json.dumps(found))


def peak_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def score_in_process(given: Path, out: Path, threads: int = 2, first: Path | None = None) -> dict[str, float]:
    shutil.rmtree(out, ignore_errors=True)
    out.unlink(missing_ok=True)
    command = [sys.executable, "-c", SCORE, str(given), str(out), str(threads), str(first or "")]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def copy_in_process(given: Path, out: Path) -> dict[str, float]:
    shutil.rmtree(out, ignore_errors=True)
    code = "import sys; from tests.benchmarks.__main__ import copy; copy(*sys.argv[1:])"
    command = [sys.executable, "-c", code, str(given), str(out)]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def copy(given: str, out: str) -> None:
    """A plain pyarrow copy of a Parquet file or folder, with the same settings of the writer."""
    source, target = Path(given), Path(out)
    files = sorted(source.glob("*.parquet")) if source.is_dir() else [source]
    start, busy = time.perf_counter(), time.process_time()
    target.mkdir(parents=True)
    for path in files:
        with (
            pq.ParquetFile(path) as file,
            pq.ParquetWriter(target / path.name, file.schema_arrow, compression="zstd", compression_level=1) as writer,
        ):
            for group in range(file.num_row_groups):
                writer.write_table(file.read_row_group(group))
    print(json.dumps({"s": time.perf_counter() - start, "cpu": time.process_time() - busy}))


def on_files(rows: int, rounds: int, folder: Path) -> list[Row]:
    """File to file beside a plain copy of the output; memory; cost per row; one worker and two."""
    sizes = [rows // 100, rows // 10, rows]
    inputs = {n: folder / f"in-{n}.parquet" for n in sizes}
    for n, path in inputs.items():
        write_cohort(path, n)
    text = folder / "in.csv"
    pa_csv.write_csv(pq.read_table(inputs[rows // 10]), text)
    found = []
    for name, given, out, goal in (
        (f"Parquet to a folder of Parquet, {rows:,} rows", inputs[rows], folder / "out", 1.2),
        (f"Parquet to one Parquet file, {rows:,} rows", inputs[rows], folder / "one.parquet", 1.2),
        (f"CSV to a folder of Parquet, {rows // 10:,} rows", text, folder / "out-csv", 2.5),
    ):
        n = rows // 10 if given == text else rows
        pairs = [(score_in_process(given, out), copy_in_process(out, folder / "copy")) for _ in range(rounds)]
        ratio = median(a["s"] / b["s"] for a, b in pairs)
        processor = median(a["cpu"] / b["cpu"] for a, b in pairs)
        mine = median(a["s"] for a, _ in pairs)
        note = f"{mine / n * 1e9:.0f} ns a row; processor time {processor:.2f} times; peak {max(a['mb'] for a, _ in pairs):.0f} MB"
        found.append(told(name, f"at most {goal:g} times a copy", ratio, ratio <= goal, note))
        print(" | ".join(found[-1]), flush=True)
    found += over_sizes(inputs, folder / "out", rounds)
    pairs = [
        (score_in_process(inputs[sizes[1]], folder / "o", 2), score_in_process(inputs[sizes[1]], folder / "o", 1))
        for _ in range(rounds)
    ]
    gain = median(b["s"] / a["s"] for a, b in pairs)
    found.append(told("two workers against one", "at least 1.4 times", gain, gain >= 1.4, f"{sizes[1]:,} rows"))
    print(" | ".join(found[-1]), flush=True)
    return found


def over_sizes(inputs: dict[int, Path], out: Path, rounds: int) -> list[Row]:
    """Cost per row and memory from the smallest file to the largest: whole runs, and with the cells known."""
    small = inputs[min(inputs)]
    whole = {n: [score_in_process(path, out) for _ in range(rounds + 1)] for n, path in inputs.items()}
    known = {n: [score_in_process(path, out, first=small) for _ in range(rounds + 1)] for n, path in inputs.items()}
    found = [cost_told("cost per row over sizes, the cells known", "within 1.2 times", known)]
    found.append(cost_told("the same with the one-time working out of 25,000 cells", "", whole))
    memory = {n: max(run["mb"] for run in some) for n, some in whole.items()}
    note = "; ".join(f"{n:,}: {mb:.0f} MB" for n, mb in memory.items())
    high = max(memory.values())
    found.append(told("peak memory above the imports", "at most 300 MB", high, high <= 300, note))
    for row in found:
        print(" | ".join(row), flush=True)
    return found


def cost_told(name: str, goal: str, runs: dict[int, list[dict[str, float]]]) -> Row:
    cost = {n: median(run["s"] for run in some) / n * 1e9 for n, some in runs.items()}
    busy = {n: median(run["cpu"] for run in some) / n * 1e9 for n, some in runs.items()}
    spread = max(cost.values()) / min(cost.values())
    note = "; ".join(f"{n:,}: {cost[n]:.0f} ns ({busy[n]:.0f} of processor)" for n in runs)
    return told(name, goal, spread, spread <= 1.2, note)


def write_cohort(path: Path, n: int, seed: int = 0) -> None:
    """A cohort of any size in one file, a million rows at a time."""
    step = 1_000_000
    with pq.ParquetWriter(path, cohort(1).schema) as writer:
        for start in range(0, n, step):
            writer.write_table(cohort(min(step, n - start), seed + start))


def on_whatif(rows: int, rounds: int) -> list[Row]:
    """Nearest profiles with another answer, for a whole column of profiles, by a model that has answered nothing yet.

    A patient is answered at every combination of treatments once, however many rows have him: the more factors
    vary, the longer a column must be to be worth it.
    """
    from predictor.predictor import Predictor

    factors = Predictor.load(CONDITION).scorecard.condition.factors
    main, all_of_them = {"age", "severity", "timing", *TEXTS}, {f.id for f in factors}
    found = []
    for name, codes in (
        ("nearest what-if", random_codes(factors, main, rows)),
        ("nearest what-if, every factor random", random_codes(factors, all_of_them, rows)),
        ("the same, a level or not told", random_codes(factors, all_of_them, rows, told=False)),
        ("the same, a longer column", random_codes(factors, all_of_them, 5 * rows, told=False)),
    ):
        n = len(codes)
        fresh = [Predictor.load(CONDITION) for _ in range(rounds)]
        times = [seconds(lambda model=model, codes=codes: model.nearest_many(codes)) for model in fresh]
        rate = n / median(times)
        note = f"{n:,} profiles in {median(times):.2f} s"
        found.append(told(name, "at least 100,000 a second", rate, rate >= 1e5, note))
        print(" | ".join(found[-1]), flush=True)
    return found


def random_codes(factors: Any, known: set[str], rows: int, told: bool = True) -> Any:
    """Cells with a random level of each known factor (told: always one); the others not told, the question the
    short one."""
    rng = np.random.default_rng(0)
    sizes = [len(f.levels) for f in factors]
    columns = [
        rng.integers(0, k + (not told), rows) if f.id in known else np.full(rows, k)
        for f, k in zip(factors, sizes, strict=True)
    ]
    columns[-1] = np.zeros(rows, dtype=np.int64)
    return np.column_stack(columns)


def spin(_: int = 0) -> float:
    return seconds(lambda: sum(range(20_000_000)))


def free_cores() -> float:
    """How many cores two processes of pure arithmetic have together: what a figure of two workers can reach."""
    with multiprocessing.Pool(2) as pool:
        alone = min(pool.apply(spin) for _ in range(3))
        both = seconds(lambda: pool.map(spin, (0, 0), chunksize=1))
    return 2 * alone / both


def machine() -> str:
    """The machine as it is now, for a table that others can judge."""
    load = f"load {os.getloadavg()[0]:.1f}, free for us {free_cores():.1f} cores"
    return f"{os.cpu_count()} cores, {load}, {time.strftime('%Y-%m-%d %H:%M')}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help="memory, files, whatif; all by default")
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the largest file; memory takes a tenth")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None)
    told_ = parser.parse_args()
    chosen = told_.parts or ["memory", "files", "whatif"]
    warnings.simplefilter("ignore")
    found: list[Row] = []
    print(machine(), flush=True)
    if "memory" in chosen:
        found += in_memory(told_.rows // 10, told_.rounds)
    if "files" in chosen:
        with tempfile.TemporaryDirectory(dir=told_.folder) as folder:
            found += on_files(told_.rows, told_.rounds // 2 + 1, Path(folder))
    if "whatif" in chosen:
        found += on_whatif(200_000, told_.rounds)
    print("\n| what | to reach | found | figures |\n|---|---|---|---|")
    for row in found:
        print("| " + " | ".join(row) + " |")
    print(f"\nat the end: {machine()}")


if __name__ == "__main__":
    main()
