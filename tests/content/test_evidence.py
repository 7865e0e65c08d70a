"""The shipped evidence: the rows that were curated, each study that is cited among them, found by its words."""

from __future__ import annotations

from predictor.content.evidence import FILES
from predictor.content.evidence_files import load_evidence

from .conftest import CONDITIONS, FOLDER, UNPUBLISHED


def test_the_shipped_evidence_is_the_curated_evidence() -> None:
    evidence = load_evidence(FOLDER, CONDITIONS)
    counts = {name: len(getattr(evidence, name)) for name in FILES}
    assert counts == {
        "claims": 74, "checks": 127, "studies": 157, "arms": 215, "outcomes": 529, "findings": 111, "observations": 75,
    }  # fmt: skip


def test_search_finds_records_that_hold_all_the_words() -> None:
    evidence = load_evidence(FOLDER, CONDITIONS)
    ids = {record.id for record in evidence.search("intranasal neural")}
    assert {"lv-2023", "cp-route-intranasal"} <= ids
    assert not evidence.search("no such words anywhere")


def test_every_study_that_a_claim_or_record_cites_has_its_row() -> None:
    evidence = load_evidence(FOLDER, CONDITIONS)
    for claim in evidence.claims:
        assert set(claim.study_ids) <= evidence.study_by_id.keys() | set(UNPUBLISHED)
