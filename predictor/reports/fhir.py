"""FHIR R5 resources as plain dicts: an answer as RiskAssessment, the evidence as Evidence and Citation.

The subject is always a group that is described and does not exist; no resource carries an identifier
of a person. FHIR's probabilities are percentages (http://hl7.org/fhir/R5/riskassessment.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..answer.layout import Names, of_100
from ..answer.library import Library
from ..answer.phrases import added_title, answer_words, benefit_words, difference_words, percents, span, stance_words
from ..answer.record import AddedResponse, Answer, Chance, Response
from ..answer.text import certainty_words
from ..content.catalogue import Catalogue
from ..content.evidence import Check, Claim, Evidence, Finding, Observation, Study
from .citations import authors, citation

MEDIA_TYPE = "application/fhir+json"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
Resource = dict[str, Any]
Record = Claim | Check | Study | Finding | Observation


def risk_assessment(answer: Answer, library: Library) -> Resource:
    """An answer as a RiskAssessment of a group that the profile defines."""
    text = library.catalogue(answer.language)
    if not answer.scorecard:
        return _without_model(answer, text)
    names = Names(library.scorecard(answer.condition).condition, text)
    predictions = list(_predictions(answer, names, text))
    return {
        "resourceType": "RiskAssessment",
        "language": answer.language,
        "contained": [_group(answer, names, text)],
        "status": "final",
        "code": {"text": text("fhir.code")},
        "subject": {"reference": "#profile", "type": "Group", "display": text("fhir.subject")},
        "condition": {"display": text.pick(names.condition.label)},
        "method": {"text": text("fhir.method", stance=text(f"stance.{answer.stance}"), hash=answer.scorecard)},
        "basis": [_reference(item) for item in answer.evidence],
        **({"prediction": predictions} if predictions else {}),
        "note": [{"text": line} for line in _notes(answer, text)],
    }


def _without_model(answer: Answer, text: Catalogue) -> Resource:
    """An answer that cannot say, for want of a model."""
    notes = (answer.intended_use, *(note.text for note in answer.messages))
    return {
        "resourceType": "RiskAssessment",
        "language": answer.language,
        "status": "final",
        "subject": {"type": "Group", "display": text("fhir.subject")},
        "condition": {"display": answer.condition},
        "note": [{"text": line} for line in notes],
    }


def _group(answer: Answer, names: Names, text: Catalogue) -> Resource:
    """The hypothetical group with the profile's levels; an unknown factor is left out."""
    levels: Mapping[str, str | None] = answer.profile["levels"]
    return {
        "resourceType": "Group",
        "id": "profile",
        "type": "person",
        "membership": "definitional",
        "name": text("fhir.subject"),
        "characteristic": [
            {
                "code": {"text": names.factor(factor)},
                "valueCodeableConcept": {"text": names.level(factor, level)},
                "exclude": False,
            }
            for factor, level in levels.items()
            if level is not None
        ],
    }


def _reference(item: Mapping[str, Any]) -> Resource:
    return {"reference": f"Evidence/{item['id']}", "display": item["id"]}


def _predictions(answer: Answer, names: Names, text: Catalogue) -> Iterable[Resource]:
    """Usual care and with cells, each with its response in words; none where the numbers are withheld."""
    numbers = answer.numbers
    if numbers is None:
        return
    response = numbers.response
    for name, chance, worded in (
        ("usual_care", numbers.usual_care, response.usual_care),
        ("with_cells", numbers.with_cells, response.with_cells),
    ):
        yield {**_prediction(name, chance, answer, names, text), "qualitativeRisk": _category(worded, text)}


def _prediction(name: str, chance: Chance, answer: Answer, names: Names, text: Catalogue) -> Resource:
    condition = names.condition
    outcome = text.pick(condition.outcomes[condition.reference_outcome]["label"])
    asked = names.asked(answer.profile["levels"])
    when = text("bracket", words=asked) if asked else ""
    likely = span(of_100(chance.low), of_100(chance.high), text)
    return {
        "outcome": {"text": text("fhir.outcome", outcome=outcome, when=when, treatment=text(f"explain.{name}"))},
        "probabilityDecimal": round(chance.probability * 100, 6),
        "rationale": f"{text('explain.of_100', value=likely)}. {text('explain.interval_note')}",
    }


def _category(response: Response, text: Catalogue) -> Resource:
    """The category in words, with any other that cannot be left out, and FHIR's code of the most probable."""
    words = text("list_join").join(text(f"category.{name}") for name in response.set)
    coding = {"system": f"{TERMINOLOGY}/risk-probability", "code": response.category}
    return {"text": words, "coding": [coding]}


def _notes(answer: Answer, text: Catalogue) -> Iterable[str]:
    """The intended use, the stance, what cells add with its chances, the certainty, and the messages."""
    yield answer.intended_use
    yield stance_words(answer.stance, text)
    chances = _chances(answer.added_response, text) if answer.added_response else ""
    yield f"{added_title(answer.stance, text)}{text('colon')}{answer_words(answer, text)}{chances}"
    if answer.difference is not None:
        yield f"{text('explain.difference')}{text('colon')}{difference_words(answer.difference, text)}"
    yield benefit_words(answer.added_benefit, answer.stance, text)
    word, sentence, because = certainty_words(answer, text)
    yield f"{text('explain.certainty')}{text('colon')}{word}. {sentence} {because}"
    yield from (note.text for note in answer.messages)


def _chances(added: AddedResponse, text: Catalogue) -> str:
    """The chance of each class of what cells add."""
    chances = (
        f"{text(f'added.{name}')} {text('explain.percent', value=share)}"
        for name, share in percents(added.probabilities).items()
    )
    return text("bracket", words=text("list_join").join(chances))


def resource(record: Record, evidence: Evidence, library: Library, language: str = "en") -> Resource:
    """A study as Citation; a claim, finding, check or record of the model as Evidence."""
    text = library.catalogue(language)
    if isinstance(record, Study):
        return _citation(record, text)
    return _evidence(record, evidence, library, text)


def _citation(study: Study, text: Catalogue) -> Resource:
    links = {"https://doi.org": study.doi, "https://pubmed.ncbi.nlm.nih.gov": study.pmid}
    known = {system: value for system, value in links.items() if value}
    form: Resource = {"publishedIn": {"title": study.journal}} if study.journal else {}
    if study.year.isdigit():
        form["articleDate"] = study.year
    artifact: Resource = {
        "title": [{"text": study.title or study.short_citation}],
        "contributorship": {"summary": [{"value": authors(study)}]},
        "identifier": [{"system": system, "value": value} for system, value in known.items()],
        "webLocation": [{"url": f"{system}/{value}"} for system, value in known.items()],
        "publicationForm": [form] if form else [],
    }
    seen, state = (
        f"{text(f'evidence.{head}')}{text('colon')}{text(key)}"
        for head, key in (
            ("seen", f"verification.{study.verification}"),
            ("publication_state", f"publication_state.{study.publication_state}"),
        )
    )
    return {
        "resourceType": "Citation",
        "id": study.study_id,
        "status": "active",
        "summary": [{"text": citation(study) + text.mark(study.publication_state)}],
        "note": [{"text": line} for line in (text("intended_use"), seen, state)],
        "citedArtifact": {key: value for key, value in artifact.items() if value},
    }


def _evidence(
    record: Claim | Check | Finding | Observation, evidence: Evidence, library: Library, text: Catalogue
) -> Resource:
    condition = _condition_of(record, library)
    label = text.pick(library.scorecard(condition).condition.label) if condition else ""
    made: Resource = {
        "resourceType": "Evidence",
        "id": record.id,
        "status": "active",
        "note": [{"text": text("intended_use")}],
        "variableDefinition": [_variable("population", label or text("unknown")), *_variables(record)],
        **_said(record, library, text),
    }
    study = evidence.study_by_id.get(getattr(record, "study_id", ""))
    if study is not None:
        made["citeAsReference"] = {"reference": f"Citation/{study.study_id}", "display": study.short_citation}
        made["studyDesign"] = [{"text": text(f"design.{study.design}")}]
        made["certainty"] = [_bias(study, text)]
    return made


def _condition_of(record: Claim | Check | Finding | Observation, library: Library) -> str | None:
    """The condition with a scorecard that a record belongs to; a check belongs to its article's."""
    for id in library.condition_ids():
        known = (id, library.scorecard(id).condition.article)
        if getattr(record, "condition", "") in known or getattr(record, "source_id", "") in known:
            return id
    return None


def _variable(role: str, description: str) -> Resource:
    return {
        "description": description,
        "variableRole": {"coding": [{"system": f"{TERMINOLOGY}/variable-role", "code": role}]},
    }


def _variables(record: Claim | Check | Finding | Observation) -> Iterable[Resource]:
    """What a record compares, and what it measures."""
    if isinstance(record, Claim):
        yield _variable("exposure", f"{record.factor} = {record.level}" if record.level else record.factor)
        if record.versus:
            yield _variable("referenceExposure", f"{record.factor} = {record.versus}")
        yield _variable("measuredVariable", record.domain)
    elif isinstance(record, Finding):
        yield _variable("exposure", " ".join(part for part in (record.factor, record.level_compared.en) if part))
    elif isinstance(record, Observation):
        yield _variable("exposure", record.role)
        yield _variable("measuredVariable", " ".join(part for part in (record.outcome, record.scale) if part))


def _said(record: Claim | Check | Finding | Observation, library: Library, text: Catalogue) -> Resource:
    """The words and numbers of a record."""
    if isinstance(record, Claim):
        where = Names(library.scorecard(record.condition).condition, text).section(record.locator)
        return {"assertion": text.pick(record.statement), "citeAsMarkdown": where}
    if isinstance(record, Finding):
        direction = text(f"direction.{record.direction}")
        return {"assertion": text.pick(record.finding), "description": direction}
    if isinstance(record, Check):
        primary = text.pick(record.primary_figure) or text("evidence.none")
        figures = f"{text('evidence.says_primary')}{text('colon')}{primary}"
        return {
            "assertion": f"{text('evidence.says_article')}{text('colon')}{text.pick(record.seed_figure)}",
            "description": f"{text(f'verdict.{record.verdict}')}. {figures}",
            "citeAsMarkdown": f"{text(f'article.{record.source_id}')}, {record.seed_location}",
        }
    return {"description": text.pick(record.derivation), "statistic": [_statistic(record, text)]}


def _statistic(row: Observation, text: Catalogue) -> Resource:
    """The numbers of a record of the model: events, a mean change with its spread, or a log odds ratio."""
    kinds = {"counts": row.events, "change": row.mean_change, "contrast": row.log_odds_ratio}
    made: Resource = {"statisticType": {"text": text(f"fhir.{row.kind}")}, "quantity": {"value": kinds[row.kind]}}
    if row.n is not None and row.n == int(row.n):
        made["sampleSize"] = {"numberOfParticipants": int(row.n)}
    if row.kind == "counts" and row.events is not None and row.events == int(row.events):
        made["numberOfEvents"] = int(row.events)
    spreads = {"fhir.standard_error": row.se, "fhir.standard_deviation": row.sd_change}
    estimates = [{"type": {"text": text(k)}, "quantity": {"value": v}} for k, v in spreads.items() if v is not None]
    return {**made, "attributeEstimate": estimates} if estimates else made


def _bias(study: Study, text: Catalogue) -> Resource:
    word = text(f"risk_of_bias.{study.risk_of_bias}")
    made: Resource = {
        "type": {"coding": [{"system": f"{TERMINOLOGY}/certainty-type", "code": "RiskOfBias"}]},
        "rating": {"text": word},
    }
    reason = text.pick(study.risk_of_bias_reason)
    return {**made, "description": reason} if reason else made


def bundle(resources: Iterable[Resource], kind: str = "collection", total: int | None = None) -> Resource:
    """Several resources in one; `kind` is collection, or searchset with the total that was found."""
    entries = [{"resource": resource} for resource in resources]
    made: Resource = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        made["total"] = total
    return {**made, "entry": entries} if entries else made
