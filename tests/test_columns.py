"""What each column of a table is, and what is wrong with the columns, told together."""

from __future__ import annotations

import pyarrow as pa
import pytest

from predictor.batch import Scorer
from predictor.errors import InputError
from predictor.library import Library
from predictor.model import Predictor


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
        "units: found fortnights for age; expected one of years, months.",
    ]


def test_faults_of_the_columns_are_told_together(library: Library) -> None:
    with pytest.raises(InputError) as error:
        Scorer(library, "cerebral_palsy", keep=["sex"]).plan(["id", "sex", "gmfm", "gmfm", "weight"])
    first, second = error.value.faults
    assert str(first) == "gmfm: found the column twice; expected each column once. Remove or rename one of the two."
    assert str(second).startswith("weight: found an unknown column; expected one of age_months,")
    with pytest.raises(InputError) as error:
        Scorer(library, columns=["catgory"])
    assert (
        str(error.value) == "columns: found 'catgory'; expected a column or a group of them. Did you mean 'category'?"
    )
    with pytest.raises(InputError, match="faults: found a name of the output"):
        Scorer(library, keep=["faults"]).plan(["faults", "age"])


def test_star_keeps_every_column_that_is_no_field(library: Library) -> None:
    plan = Scorer(library, "cerebral_palsy", keep=["*"]).plan(["编号", "sex", "年龄", "weight"])
    assert plan.passed == ("编号", "sex", "weight")
    assert [column.key for column in plan.fields["cerebral_palsy"]] == ["年龄"]
