"""What each column of a table is, and what is wrong with the columns, told together."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from predictor.answer.library import Library
from predictor.cli import main
from predictor.errors import InputError
from predictor.predictor import Predictor
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer


def test_units_of_a_column(library: Library) -> None:
    model = Predictor.load("cerebral_palsy")
    table = pa.table({"age": [30, 600]})
    found = model.predict_frame(table, units={"age": "months"}).to_pylist()
    wanted = model.predict_frame(pa.table({"age_months": [30, 600]})).to_pylist()
    assert found == wanted
    with pytest.raises(InputError) as error:
        model.predict_frame(table, units={"age": "fortnights", "weight": "kg"})
    assert [str(fault) for fault in error.value.faults] == [
        "units: found 'weight'; expected the name of a column.",
        "units: found the unit fortnights for age; expected one of years, months.",
    ]


def test_faults_of_the_columns_are_told_together(library: Library) -> None:
    with pytest.raises(InputError) as error:
        Scorer(library, "cerebral_palsy", keep=["sex"]).plan(["id", "sex", "gmfm", "gmfm", "weight"])
    first, second = error.value.faults
    assert str(first) == "gmfm: found the column twice; expected each column once. Remove or rename one of the two."
    assert str(second).startswith("weight: found an unknown column; expected one of age_months,")
    with pytest.raises(InputError) as error:
        Scorer(library, columns=["added_respons"])
    assert (
        str(error.value)
        == "columns: found 'added_respons'; expected a column or a group of them (predictor schema table lists them). Did you mean 'added_response'?"
    )
    with pytest.raises(InputError, match="faults: found a name of the output"):
        Scorer(library, "palsy", keep=["faults"]).plan(["faults", "age"])


def test_star_keeps_every_column_that_is_no_field(library: Library) -> None:
    plan = Scorer(library, "cerebral_palsy", keep=["*"]).plan(["编号", "sex", "年龄", "weight"])
    assert plan.passed == ("编号", "sex", "weight")
    assert [column.key for column in plan.fields["cerebral_palsy"]] == ["年龄"]


def refused(scorer: Scorer, *names: str) -> list[str]:
    """What is wrong with a table of these columns, each fault without the list of all fields."""
    with pytest.raises(InputError) as error:
        scorer.plan(names)
    return [re.sub("one of age_months, [^.]*", "a field", str(fault)) for fault in error.value.faults]


def test_star_keeps_no_column_that_is_nearly_a_field(library: Library) -> None:
    names = ("nihs", "NIHSS total score", "NIHSS_24h", "sex")
    scorer = Scorer(library, "stroke", keep=["*"])
    assert refused(scorer, *names) == [
        "nihs: found an unknown column; expected a field. Did you mean 'nihss'? "
        "To pass it through unused, name it: --keep nihs.",
        "NIHSS total score: found an unknown column; expected a field. Did you mean 'nihss_total'? "
        "To pass it through unused, name it: --keep 'NIHSS total score'.",
        "NIHSS_24h: found an unknown column; expected a field. To pass it through unused, name it: --keep NIHSS_24h.",
    ]
    assert Scorer(library, "stroke", keep=["*", *names[:3]]).plan(names).passed == names


NOTHING_MEDICAL = ("notes", "doctor", "centre", "center", "stage", "gender", "score", "outcome", "country", "region")
NEARLY = (
    "nhiss",
    "infusion number",
    "months",
    "follow up",
    "genes",
    "年龄组",
    "sources",
    "gmfm 88 total",
)


@pytest.mark.parametrize("condition", [None, "stroke", "palsy"])
def test_star_keeps_what_only_happens_to_share_letters_with_a_field(library: Library, condition: str | None) -> None:
    names = ("condition", *NOTHING_MEDICAL)
    assert Scorer(library, condition, keep=["*"]).plan(names).passed[-len(NOTHING_MEDICAL) :] == NOTHING_MEDICAL


@pytest.mark.parametrize("name", NEARLY)
def test_star_keeps_no_misspelt_part_of_a_field(library: Library, name: str) -> None:
    assert len(refused(Scorer(library, keep=["*"]), "condition", name)) == 1


def test_the_cure_of_an_unknown_column_can_be_copied(library: Library) -> None:
    assert refused(Scorer(library, "stroke"), "Site's code (x)", " ") == [
        "Site's code (x): found an unknown column; expected a field. "
        """To pass it through unused, name it: --keep 'Site'"'"'s code (x)'; or pass all such columns through: --keep '*'.""",
        " : found an unknown column; expected a field. Give the column a name.",
    ]


@pytest.mark.parametrize(
    ("unit", "days"), [("days", 14), ("天", 14), ("日", 14), ("Hour", 336), ("小时", 336), ("个月", 0.5)]
)
def test_a_time_without_a_unit_wants_one(library: Library, unit: str, days: float) -> None:
    for keep in ((), ("*",)):
        assert refused(Scorer(library, "stroke", keep=keep), "病程") == [
            "病程: found no unit; expected one of days, hours, months. Add its unit: --units '病程=UNIT'."
        ]
    told = score_frame(pa.table({"病程": [days]}), Scorer(library, "stroke", units={"病程": unit}))
    assert told.column("timing_level").to_pylist() == ["subacute"]


def test_a_unit_of_a_column_that_is_no_number(library: Library) -> None:
    scorer = Scorer(library, "stroke", units={"route": "days", "年龄（岁）": "周"})
    assert refused(scorer, "route", "年龄（岁）") == [
        "units: found the unit days for route; expected no unit.",
        "units: found the unit 周 for 年龄（岁）; expected one of years, months.",
    ]


def test_a_table_that_tells_no_condition_is_one_fault_and_no_output(library: Library, tmp_path: Path) -> None:
    given, out = tmp_path / "in.csv", tmp_path / "out.csv"
    given.write_text("age,route\n3,iv\n4,iv\n")
    done = CliRunner().invoke(main, ["score", str(given), str(out)])
    assert done.exit_code == 2
    assert done.stderr == (
        "predictor: condition: found nothing; expected one of cerebral_palsy, ischaemic_stroke. "
        "Add --condition with one of these, or a column condition (诊断).\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
    assert Scorer(library).plan(["诊断", "age"]).condition == "诊断"
