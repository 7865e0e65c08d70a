"""The evidence files: read whole, every fault at its row and field."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from predictor.content.conditions import LANGUAGES
from predictor.content.evidence import FILES, Observation, Prose, Row, columns_of
from predictor.content.evidence_files import load_evidence, rows_and_faults
from predictor.errors import EvidenceError

from .conftest import CONDITIONS, FOLDER


@pytest.mark.parametrize(
    ("file", "line", "column", "value", "message"),
    [
        ("observations.csv", 28, "events", "999", "events: found 999; expected 0 to n (40). Are n and events swapped?"),
        ("observations.csv", 2, "n", "fifteen", "n: found 'fifteen'; expected a number or nothing."),
        ("observations.csv", 2, "n", "nan", "n: found 'nan'; expected a number or nothing."),
        ("observations.csv", 2, "study_id", "lv-2024", "study_id: found 'lv-2024'; expected a study of studies.csv. Did you mean 'lv-2023'?"),
        ("observations.csv", 2, "role", "treatd", "role: found 'treatd'; expected one of treated, control, treated_uncontrolled, contrast. Did you mean 'treated'?"),
        ("observations.csv", 2, "severity_mild", "0.9", "severity shares: found [0.9, 0.14, 0.18]; expected three shares that add up to 1, or none."),
        ("observations.csv", 5, "age_mean", "19.5", "age_mean: found 19.5; expected a mean between 0.67 and 18.9. Is it in another unit than the range, or of another group?"),
        ("observations.csv", 2, "age_min", "13", "age_min: found 13; expected at most age_max (12). Are they swapped?"),
        ("claims.csv", 4, "claim_id", "cp-age-under3", "id: found 'cp-age-under3'; expected an id that stands once. Give it another id."),
        ("claims.csv", 2, "direction", "good", "direction: found 'good'; expected one of favourable, unfavourable, mixed, undetermined, background."),
    ],
)  # fmt: skip
def test_a_fault_names_its_file_row_and_field(
    damaged, file: str, line: int, column: str, value: str, message: str
) -> None:
    folder = damaged(file, line, column, value)
    with pytest.raises(EvidenceError) as error:
        load_evidence(folder, CONDITIONS)
    place, text = str(error.value).splitlines()[0].split(": ", 1)
    assert place.startswith(str(folder / file))
    assert text == message


@pytest.mark.parametrize(
    ("file", "kind", "name"), [(file, kind, name) for file, kind in FILES.values() for name in kind.needed]
)
def test_what_no_answer_can_be_worded_without_is_told_where_it_is_missing(
    file: str, kind: type[Row], name: str, tmp_path: Path
) -> None:
    header, first, *_ = csv.reader((FOLDER / file).read_text(encoding="utf-8").splitlines())
    columns = columns_of({name: kind.own_kinds()[name]})
    path = tmp_path / file
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [header, ["" if column in columns else cell for column, cell in zip(header, first, strict=True)]]
        )
    _, faults = rows_and_faults(path, kind, CONDITIONS)
    assert [str(fault) for fault in faults] == [
        f"{path}:2: {columns[0]}: found nothing; expected something in every row."
    ]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    shutil.copytree(FOLDER, folder)
    text = (folder / "claims.csv").read_text(encoding="utf-8").replace("locator", "locatr", 1)
    (folder / "claims.csv").write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError) as error:
        load_evidence(folder, CONDITIONS)
    assert [(f.field, str(f.found)) for f in error.value.faults] == [
        ("locator", "no such column"),
        ("locatr", "an unknown column"),
    ]


@pytest.mark.parametrize(
    ("column", "other", "language"), [("finding_zh", "finding_en", "Chinese"), ("finding_en", "finding_zh", "English")]
)
def test_prose_in_one_language_is_a_fault_of_the_other_column(damaged, column: str, other: str, language: str) -> None:
    folder = damaged("modifiers.csv", 3, column, " ")
    with pytest.raises(EvidenceError) as error:
        load_evidence(folder, CONDITIONS)
    expected = f"{column}: found nothing; expected the {language} of {other}. Translate it."
    assert str(error.value) == f"{folder / 'modifiers.csv'}:3: {expected}"


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Path]:
    """A file of one's own with one record of observations.csv, without some columns, with some cells changed."""

    def write(*without: str, **changed: str) -> Path:
        with (FOLDER / "observations.csv").open(encoding="utf-8", newline="") as stream:
            row = {k: v for k, v in next(csv.DictReader(stream)).items() if k not in without} | changed
        path = tmp_path / "own.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([row.keys(), row.values()])
        return path

    return write


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_row_of_ones_own_is_written_in_one_language(own, language: str) -> None:
    told = {f"derivation_{language}": "counted", f"reason_{language}": ""}
    absent = [f"{name}_{other}" for name in ("reason", "derivation") for other in LANGUAGES if other != language]
    (row,), faults = rows_and_faults(own(*absent, **told), Observation, CONDITIONS, one_language=True)
    assert not faults
    assert (row.derivation, row.reason) == (Prose("counted", "counted"), Prose())
    (row,), faults = rows_and_faults(
        own(derivation_zh="", derivation_en="counted"), Observation, CONDITIONS, one_language=True
    )
    assert (row.derivation, faults) == (Prose("counted", "counted"), [])


def test_a_row_of_ones_own_without_either_language_is_told_so(own) -> None:
    path = own("derivation_en", "derivation_zh", "reason_zh", derivation="counted")
    _, faults = rows_and_faults(path, Observation, CONDITIONS, one_language=True)
    assert [str(fault) for fault in faults] == [
        f"{path}:1: derivation_en: found no such column; expected a column of that name.",
        f"{path}:1: derivation: found an unknown column; expected a known one. Did you mean 'derivation_en'?",
    ]
