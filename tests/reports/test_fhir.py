"""FHIR R5: resources that a strict reader accepts, with codes from FHIR's own lists, and no person in them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from predictor.answer.library import Library
from predictor.answer.phrases import added_title, answer_words, benefit_words, stance_words
from predictor.content.evidence import Evidence
from predictor.profile.profile import Profile
from predictor.reports import fhir
from predictor.reports.evidence_pages import reader

from ..conftest import STANCES

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fhir.resources import get_fhir_model_class

PALSY = Profile("cerebral_palsy", age_years=2.5, gmfm88=45, route="intrathecal")
STROKE = Profile("ischaemic_stroke", age_years=66, nihss=12, days_since_onset=14, cell_type="msc")
UNKNOWN = Profile("cerebral_palsy")
NEONATE = Profile("ischaemic_stroke", age_years=3)
UNSUPPORTED = Profile("haemorrhagic_stroke")
PROFILES = (PALSY, STROKE, UNKNOWN, NEONATE, UNSUPPORTED)

REQUIRED_CODES = {
    ("RiskAssessment", "status"): {
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
    },
    ("Evidence", "status"): {"draft", "active", "retired", "unknown"},
    ("Citation", "status"): {"draft", "active", "retired", "unknown"},
    ("Group", "type"): {
        "person", "animal", "practitioner", "device", "careteam", "healthcareservice", "location", "organization",
        "relatedperson", "specimen",
    },
    ("Group", "membership"): {"definitional", "enumerated"},
    ("Bundle", "type"): {
        "document", "message", "transaction", "transaction-response", "batch", "batch-response", "history",
        "searchset", "collection", "subscription-notification",
    },
}  # fmt: skip
"""The required bindings of R5 (https://hl7.org/fhir/R5/) that the resources use; fhir.resources takes any word."""
CODE_SYSTEMS = {
    f"{fhir.TERMINOLOGY}/risk-probability": {"negligible", "low", "moderate", "high", "certain"},
    f"{fhir.TERMINOLOGY}/variable-role": {
        "population", "subpopulation", "exposure", "referenceExposure", "measuredVariable", "confounder",
    },
    f"{fhir.TERMINOLOGY}/certainty-type": {"RiskOfBias"},
}  # fmt: skip


@pytest.fixture(scope="module")
def evidence(library: Library) -> Evidence:
    return reader(library, "en").evidence


def resources(node: Any) -> Iterator[dict[str, Any]]:
    """Every resource in a resource, itself first."""
    if isinstance(node, dict):
        if "resourceType" in node:
            yield node
        for value in node.values():
            yield from resources(value)
    elif isinstance(node, list):
        for value in node:
            yield from resources(value)


def codings(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if {"system", "code"} <= node.keys():
            yield node["system"], node["code"]
        for value in node.values():
            yield from codings(value)
    elif isinstance(node, list):
        for value in node:
            yield from codings(value)


def check(resource: dict[str, Any]) -> None:
    """Valid for fhir.resources, with every code from its list, and every value there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert model.get_resource_type() == resource["resourceType"]
    for part in resources(resource):
        for (kind, field), codes in REQUIRED_CODES.items():
            if part["resourceType"] == kind:
                assert part[field] in codes
        if "id" in part:
            assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", part["id"])
    for system, code in codings(resource):
        assert code in CODE_SYSTEMS[system]
    assert empty(resource) == []


def empty(node: Any, path: str = "") -> list[str]:
    """Places where a value is missing or empty, which FHIR forbids."""
    if node in (None, "", [], {}):
        return [path]
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, value in pairs for place in empty(value, f"{path}.{key}")]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: f"{p.condition}-{len(p.values)}")
def test_an_answer_is_a_valid_risk_assessment(library: Library, profile: Profile, language: str) -> None:
    check(fhir.risk_assessment(library.answer(profile, "graded", language), library))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_record_of_the_evidence_is_a_valid_resource(library: Library, evidence: Evidence, language: str) -> None:
    for record in evidence.identified():
        check(fhir.resource(record, evidence, library, language))


def test_a_bundle_holds_resources_and_the_total(library: Library, evidence: Evidence) -> None:
    some = [fhir.resource(record, evidence, library) for record in evidence.studies[:3]]
    bundle = fhir.bundle(some, "searchset", 12)
    check(bundle)
    assert bundle["total"] == 12
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == [s.study_id for s in evidence.studies[:3]]
    check(fhir.bundle([]))


def test_probabilities_are_the_answer_s_as_percentages(library: Library) -> None:
    answer = library.answer(PALSY)
    usual, cells = fhir.risk_assessment(answer, library)["prediction"]
    assert answer.usual_care
    assert answer.with_cells
    assert usual["probabilityDecimal"] == pytest.approx(100 * answer.usual_care.probability, abs=1e-6)
    assert cells["probabilityDecimal"] == pytest.approx(100 * answer.with_cells.probability, abs=1e-6)
    assert Decimal(str(cells["probabilityDecimal"])) <= 100
    assert answer.response
    for prediction, response in ((usual, answer.response.usual_care), (cells, answer.response.with_cells)):
        assert prediction["qualitativeRisk"] == {
            "text": ", ".join(response.set),
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/risk-probability", "code": response.category}],
        }


@pytest.mark.parametrize("stance", STANCES)
def test_what_cells_add_and_the_stance_stand_in_the_notes(library: Library, stance: str) -> None:
    answer = library.answer(PALSY, stance)
    text = library.catalogue("en")
    assert answer.added_response
    notes = [note["text"] for note in fhir.risk_assessment(answer, library)["note"]]
    added = next(note for note in notes if note.startswith("What cells "))
    assert added.startswith(f"{added_title(stance, text)}: {answer_words(answer, text)} (fewer ")
    assert stance_words(stance, text) in notes
    assert benefit_words(answer.added_benefit, stance, text) in notes
    conditional = [note for note in notes if "if every claim were proven" in note]
    assert len(conditional) == (3 if stance == "face_value" else 0)


def test_the_subject_is_a_group_that_does_not_exist_and_nobody_is_identified(library: Library) -> None:
    made = fhir.risk_assessment(library.answer(PALSY), library)
    assert made["subject"] == {
        "reference": "#profile",
        "type": "Group",
        "display": "a hypothetical patient who does not exist, as the profile describes",
    }
    (group,) = made["contained"]
    told = {c["code"]["text"]: c["valueCodeableConcept"]["text"] for c in group["characteristic"]}
    assert told["age"] == "under 3 years"
    assert "cell type" not in told
    assert not {"identifier", "performer", "encounter"} & made.keys()


def test_the_intended_use_stands_in_every_resource(library: Library, evidence: Evidence) -> None:
    use = library.catalogue("en")("intended_use")
    made = [fhir.risk_assessment(library.answer(profile), library) for profile in PROFILES]
    made += [fhir.resource(record, evidence, library) for record in evidence.identified()]
    assert all({"text": use} in resource["note"] for resource in made)


def test_every_basis_is_a_record_of_the_evidence(library: Library, evidence: Evidence) -> None:
    ids = {f"Evidence/{record.id}" for record in evidence.identified()}
    basis = fhir.risk_assessment(library.answer(STROKE), library)["basis"]
    assert {item["reference"] for item in basis} <= ids
    assert basis


def test_an_answer_that_cannot_say_gives_no_chance(library: Library) -> None:
    """Nor a category, nor a difference; that it cannot say, and why."""
    answer = library.answer(NEONATE)
    assert answer.abstained
    made = fhir.risk_assessment(answer, library)
    assert "prediction" not in made
    notes = [note["text"] for note in made["note"]]
    assert "What cells add: cannot say" in notes
    assert any(note.startswith("Cannot say: ") for note in notes)
    assert not [note for note in notes if "of 100" in note]


def test_a_study_keeps_its_links(library: Library, evidence: Evidence) -> None:
    citation = fhir.resource(evidence.study_by_id["lv-2023"], evidence, library)
    assert citation["citedArtifact"]["webLocation"] == [
        {"url": "https://doi.org/10.1186/s13287-022-03234-y"},
        {"url": "https://pubmed.ncbi.nlm.nih.gov/36759901"},
    ]
