"""What must hold between the rows of the evidence: each fault at its row."""

from __future__ import annotations

import pytest

from predictor.content.evidence_files import load_evidence
from predictor.errors import EvidenceError

from .conftest import CONDITIONS, UNPUBLISHED


@pytest.mark.parametrize("file", ["arms.csv", "outcomes.csv", "modifiers.csv", "observations.csv"])
def test_only_a_claim_may_rest_on_what_was_never_published(damaged, file: str) -> None:
    folder = damaged(file, 2, "study_id", UNPUBLISHED[0])
    with pytest.raises(EvidenceError, match=f"study_id: found '{UNPUBLISHED[0]}'; expected a study of studies.csv"):
        load_evidence(folder, CONDITIONS)


def test_a_row_of_another_condition_than_its_study_is_not_fitted(damaged) -> None:
    folder = damaged("modifiers.csv", 2, "study_id", "chung-2021")
    with pytest.raises(EvidenceError) as error:
        load_evidence(folder, CONDITIONS)
    assert str(error.value) == (
        f"{folder / 'modifiers.csv'}:2: condition: found cerebral_palsy; expected ischaemic_stroke. "
        "Write the condition of its study."
    )
