"""Scores messy tables in each format, as files and as frames."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from .answers import model
from .profiles import row
from .running import CONDITIONS, LANGUAGES, STANCES, Asked, Task, Texts, command, stable, workplace

ROWS = 3000
OUT = ("out.csv", "out.parquet", "out", "out.xlsx", "out.jsonl")
"""The outputs; the one without an ending is a folder."""
FEW = ("--columns", "estimate", "--columns", "judgement", "--workers", "1")
Cells = list[list[Any]]


@dataclass(frozen=True)
class Shape:
    """The columns of a table with the topics that they tell, of which conditions, and how it is scored."""

    told: str
    conditions: Sequence[str]
    options: tuple[str, ...] = ()

    def cells(self, seed: str) -> Cells:
        """The header and the rows."""
        rng = Random(seed)
        names, topics = zip(*(column.split("=") for column in self.told.split("; ")), strict=True)
        return [[*names], *([*map(self._topics(number, rng).get, topics)] for number in range(1, ROWS + 1))]

    def _topics(self, number: int, rng: Random) -> dict[str, Any]:
        """What a row tells: each topic, also by the name of its condition."""
        condition = rng.choice(self.conditions)
        told = row(condition, rng)
        about = {"id": f"p{number:04d}", "condition": rng.choice(NAMED[condition]), "note": rng.choice(NOTES)}
        return {**told, **{f"{condition[:6]}.{topic}": value for topic, value in told.items()}, **about}


NAMED = {
    "cerebral_palsy": (*("cerebral_palsy", "cp", "脑瘫") * 10, "cerebral palsi"),
    "ischaemic_stroke": (*("ischaemic_stroke", "stroke", "中风") * 10, "脑出血"),
}
NOTES = ("", "seen twice", "=SUM(A1)", "+86 10", "复诊", 'says "no", left', "-", None)
CELLS = "cell_type=cell_type; cell_source=cell_source; donor=donor; route=route; infusions=infusions"
MIXED = Shape(
    "id=id; condition=condition; age_years=age; gmfm88=cerebr.severity; nihss=ischae.severity; "
    "days_since_onset=ischae.timing; months_since_injury=cerebr.timing; "
    f"{CELLS}; horizon_months=horizon; remark=note",
    CONDITIONS,
    ("--keep", "remark"),
)
PALSY = Shape(
    "编号=id; 年龄（岁）=age; GMFM-88总分=severity; 病程（月）=timing; 细胞类型=cell_type; 细胞来源=cell_source; 途径=route; "
    "次数=infusions; 炎症=inflammation; 备注=note",
    CONDITIONS[:1],
    ("--condition", "脑瘫", "--keep", "备注"),
)
STROKE = Shape(
    f"id=id; Age (years)=age; NIHSS评分=severity; duration=timing; {CELLS}; infarct size=infarct_size; "
    "Follow-up (months)=horizon; centre=note",
    CONDITIONS[1:],
    ("--condition", "stroke", "--units", "duration=days", "--keep", "*"),
)
IN: dict[str, Shape] = {
    "mixed.csv": MIXED,
    "palsy.gb18030.csv": PALSY,
    "stroke.csv": STROKE,
    "mixed.parquet": MIXED,
    "palsy.xlsx": PALSY,
    "mixed.jsonl": MIXED,
    "stroke.arrow": STROKE,
}


def tasks(run: Asked) -> Iterator[Task]:
    for i, name in enumerate(IN):
        for j, out in enumerate(OUT):
            if not run.quick or (i + j) % 5 == 0:
                yield scored, name, out, STANCES[(i + j) % 3], LANGUAGES[(i + j // 3) % 2]
    for stance, language in product(STANCES, LANGUAGES):
        yield scored, "mixed.csv", "few.csv", stance, language, FEW
        yield scored, "small.csv", "", stance, language
        for condition in CONDITIONS:
            if not run.quick or (stance, language) == ("graded", "zh"):
                yield framed, condition, stance, language


def scored(given: str, out: str, stance: str, language: str, options: tuple[str, ...] = ()) -> Texts:
    """What `predictor score` prints and writes for a table."""
    shape = IN.get(given, MIXED)
    with workplace() as folder:
        write(folder / given, shape.cells(given)[: 61 if given == "small.csv" else None])
        target = [out] if out else []
        told = command("score", given, *target, *shape.options, *options, "--stance", stance, "--lang", language)
        texts = {"printed": told}
        for path in sorted(folder.rglob("out*" if out.startswith("out") else "few*")):
            if path.is_file():
                texts[str(path.relative_to(folder))] = stable(content(path))
    return {f"{given} to {out or 'print'}.{stance}.{language}/{name}": text for name, text in texts.items()}


def write(path: Path, cells: Cells) -> None:
    """A table in the format of its ending, with rows that are none where the format can hold them."""
    kind = path.suffix
    if kind == ".csv":
        _write_csv(path, cells)
    elif kind == ".jsonl":
        _write_jsonl(path, cells)
    elif kind == ".xlsx":
        _write_workbook(path, cells)
    else:
        _write_arrow(path, cells)


def _write_csv(path: Path, cells: Cells) -> None:
    with path.open("w", encoding="gb18030" if "gb18030" in path.name else "utf-8", newline="") as file:
        writer = csv.writer(file)
        for number, cell in enumerate(cells):
            writer.writerow([*cell, "one", "more"] if number % 500 == 250 else cell)
            if number % 700 == 350:
                writer.writerow(cell[:3])
                file.write("\r\n")


def _write_jsonl(path: Path, cells: Cells) -> None:
    lines = [json.dumps(dict(zip(cells[0], cell, strict=True)), ensure_ascii=False) for cell in cells[1:]]
    lines[100:100] = ["[1, 2]", '{"id": "half', "{}", "7"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_workbook(path: Path, cells: Cells) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("profiles")
    for number, cell in enumerate(cells):
        sheet.append(cell)
        if number % 900 == 450:
            sheet.append([])
    book.save(path)


def _write_arrow(path: Path, cells: Cells) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: [cell[i] for cell in cells[1:]] for i, name in enumerate(cells[0])}
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: _typed(values) for name, values in columns.items()}), path)
        return
    table = pa.table({name: [None if v is None else str(v) for v in values] for name, values in columns.items()})
    with pa.ipc.new_file(str(path), table.schema) as file:
        file.write_table(table)


def _typed(values: list[Any]) -> Any:
    """Numbers, where most are; else words, as a dictionary."""
    import pyarrow as pa

    numbers = [v if isinstance(v, (int, float)) else None for v in values]
    if sum(v is not None for v in numbers) > len(values) / 2:
        return pa.array(numbers, pa.float64())
    return pa.array([None if v is None else str(v) for v in values]).dictionary_encode()


def content(path: Path) -> str:
    """What a file holds: text as it is, values and metadata of the others."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return arrow_text(pq.read_table(path))
    if path.suffix == ".xlsx":
        return _workbook_text(path)
    return path.read_bytes().decode("utf-8")


def arrow_text(table: Any) -> str:
    """Each column's type, the metadata, and a line for each row."""
    types = [f"{field.name}: {field.type} {field.nullable}" for field in table.schema]
    about = [f"{key.decode()}: {value.decode()}" for key, value in sorted((table.schema.metadata or {}).items())]
    rows = [json.dumps(list(row.values()), ensure_ascii=False, default=str) for row in table.to_pylist()]
    return "\n".join([*types, *about, *rows])


def _workbook_text(path: Path) -> str:
    from openpyxl import load_workbook

    lines = []
    for sheet in load_workbook(path, read_only=True).worksheets:
        lines.append(f"sheet {sheet.title}")
        lines += [json.dumps(row, ensure_ascii=False, default=str) for row in sheet.iter_rows(values_only=True)]
    return "\n".join(lines)


def framed(condition: str, stance: str, language: str) -> Texts:
    """What predict_frame gives for the frames of each library."""
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    asked = model(condition, stance, language)
    shape = PALSY if condition == "cerebral_palsy" else STROKE
    head, *cells = shape.cells(condition)
    words = pd.DataFrame([[None if v is None else str(v) for v in cell] for cell in cells], columns=head, dtype=object)
    units = {"duration": "days"} if "duration" in head else None
    makers: dict[str, Callable[[], Any]] = {
        "pandas texts": lambda: words,
        "pandas categories": lambda: words.astype("category"),
        "pandas mixed": lambda: pd.DataFrame(cells, columns=head).set_index(head[0], drop=False),
        "polars": lambda: pl.from_pandas(words.astype("str")),
        "arrow": lambda: pa.table({name: _typed([cell[i] for cell in cells]) for i, name in enumerate(head)}),
    }
    texts = {}
    for name, make in makers.items():
        found = asked.predict_frame(make(), units=units, keep=(head[-1],))
        texts[f"{name}/{condition}.{stance}.{language}"] = stable(_frame_text(found))
    return texts


def _frame_text(frame: Any) -> str:
    if hasattr(frame, "to_pylist"):
        return arrow_text(frame)
    if hasattr(frame, "write_csv"):
        return f"{frame.schema}\n{frame.write_csv()}"
    return f"{frame.dtypes.to_string()}\n{frame.to_csv()}"
