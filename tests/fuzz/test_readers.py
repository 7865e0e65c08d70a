"""Each reader, for so many seconds, is given files that nobody would write: a fault or rows, in time, never a traceback.

FUZZ_SECONDS=600 pytest -m long tests/fuzz -s; without the variable 20 seconds for each reader.
"""

from __future__ import annotations

import io
import json
import os
import random
import resource
import time
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

pytestmark = pytest.mark.long

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
SLOWEST = 2.0
"""Seconds that one file may take."""
MOST_MEMORY = 500_000_000
"""Bytes by which the process may grow."""
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
TOKENS = (b"\xff", b"\0", b'"', b",", b"\n", b"{", b"[", b"}", b"&a ", b"*a", b"<<: ", b"!!", b"1e999", b"-", b"99999999999",
          b"nan", b"\xef\xbb\xbf", b"\\ud800", b"\x1b[2J", "未知".encode("gb18030"), b"- " * 200, b"[" * 200)  # fmt: skip


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


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """A file with some bytes changed, taken out, repeated or put in."""
    data = bytearray(seed)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        at, upto = draw.randrange(len(data) + 1), draw.choice((1, 2, 4, 30))
        change = draw.randrange(5)
        if change == 0 and data:
            data[at % len(data)] = draw.randrange(256)
        elif change == 1:
            del data[at : at + upto]
        elif change == 2:
            data[at:at] = data[at : at + upto] * draw.choice((1, 3, 50))
        elif change == 3:
            data[at:at] = draw.choice(TOKENS)
        else:
            data[at : at + 4] = draw.choice((0, 1, 2**31 - 1, 2**32 - 1)).to_bytes(4, "little")
    return bytes(data)


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


def answered(path: Path, library: Library, scorer: Scorer) -> None:
    """Reads a file as the commands do. Raises PredictorError for one that is refused."""
    if path.suffix in (".yaml", ".json"):
        library.answer(Profile.from_mapping(profile_document(path).data))
        return
    for piece in pieces(path, 0, None, scorer):
        score_piece(piece, scorer)


@pytest.mark.parametrize("ending", SEEDS)
def test_a_reader_answers_or_refuses_whatever_it_is_given(ending: str, tmp_path: Path) -> None:
    library, seed, path = Library(), SEEDS[ending](), tmp_path / f"t.{ending}"
    change = mutated_workbook if ending == "xlsx" else mutated
    before, end, tried, refused = _memory(), time.monotonic() + SECONDS, 0, 0
    scorer = Scorer(library, "cerebral_palsy", keep=["*"])
    while time.monotonic() < end:
        path.write_bytes(data := change(seed, random.Random(tried)))
        start = time.process_time()
        try:
            answered(path, library, scorer)
        except PredictorError:
            refused += 1
        except BaseException as error:  # what a library of C or Rust raises is none of ours
            pytest.fail(f"{ending} {tried}: {error!r}\n{data[:2000]!r}")
        taken = time.process_time() - start
        assert taken < SLOWEST, f"{ending} {tried}: {taken:.1f} s\n{data[:2000]!r}"
        assert _memory() - before < MOST_MEMORY, f"{ending} {tried}\n{data[:2000]!r}"
        tried += 1
    assert 0 < refused < tried
    print(f"{ending}: {tried} files, {refused} refused, {(_memory() - before) / 1e6:.0f} MB")


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
