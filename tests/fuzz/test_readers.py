"""Each reader is given files that nobody would write: a fault or rows, in time, never a traceback."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.answer.library import Library
from predictor.errors import PredictorError
from predictor.profile.files import profile_document
from predictor.profile.profile import Profile
from predictor.tables.files import pieces, score_piece
from predictor.tables.scorer import Scorer

from .driver import in_both_lengths, mutated, tried

PROFILE = """condition: &c cerebral_palsy
age_years: 3 # comment
route: "\\u9798\\u5185" # *d
<<: {gmfm88: 45.5, "route": &d iv}
infusions: 0x2
"""
TABLE = pa.table(
    {
        "age_years": [2.5, None, float("nan")],
        "id": ["a", "未知", "=1"],
        "route": pa.array(["iv", "iv", None]).dictionary_encode(),
        "gmfm88": pa.array([45, 30, None], pa.int32()),
    }
)


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(TABLE, file)
    return file.getvalue()


def _arrow() -> bytes:
    file = io.BytesIO()
    with pa.ipc.new_file(file, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return file.getvalue()


def _workbook() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (TABLE.column_names, [2.5, "a", "iv", 45], [True, None, "=1+1", "2001-01-01"]):
        book.active.append(list(row))
    book.active.merge_cells("A3:B3")
    book.save(file)
    return file.getvalue()


def _lines() -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in TABLE.drop_columns("age_years").to_pylist())


SEEDS: dict[str, Callable[[], bytes]] = {
    "yaml": lambda: PROFILE.encode(),
    "json": lambda: json.dumps({"condition": "cp", "age_years": 3, "route": "iv", "gmfm88": 45.5}).encode(),
    "csv": lambda: 'age_years,id,route\n2.5,a,iv\n3,"x\ny",未知\n'.encode(),
    "jsonl": _lines,
    "xlsx": _workbook,
    "parquet": _parquet,
    "arrow": _arrow,
}


def mutated_workbook(seed: bytes, draw: random.Random) -> bytes:
    """A workbook of which one part is changed, or the whole file is."""
    if draw.random() < 0.2:
        return mutated(seed, draw)
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seed)) as book, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        chosen = draw.choice([name for name in book.namelist() if "sheet" in name or "workbook" in name.lower()])
        for name in book.namelist():
            out.writestr(name, mutated(book.read(name), draw) if name == chosen else book.read(name))
    return file.getvalue()


def answered(path: Path, library: Library, scorer: Scorer) -> str:
    """Reads a file as the commands do, and says whether it was refused."""
    try:
        if path.suffix in (".yaml", ".json"):
            library.answer(Profile.from_mapping(profile_document(path).data))
        else:
            for piece in pieces(path, 0, None, scorer):
                score_piece(piece, scorer)
    except PredictorError:
        return "refused"
    return "read"


@in_both_lengths
@pytest.mark.parametrize("ending", SEEDS)
def test_a_reader_answers_or_refuses_whatever_it_is_given(ending: str, long: bool, tmp_path: Path) -> None:
    library, seed, path = Library(), SEEDS[ending](), tmp_path / f"t.{ending}"
    change = mutated_workbook if ending == "xlsx" else mutated
    scorer = Scorer(library, "cerebral_palsy", keep=["*"])

    def read(data: bytes) -> str:
        path.write_bytes(data)
        return answered(path, library, scorer)

    tried(ending, lambda draw: change(seed, draw), read, long, brief=40)
