"""GET: the factors, the evidence, the scorecards, the schemas, and whether the server is well."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from .. import __version__
from ..answer.library import Library
from ..content.conditions import Language
from ..content.evidence import Check, Claim, Evidence, Finding, Observation, Study
from ..errors import Fault, InputError, one_of, say, suggestion
from ..reports import fhir
from ..reports.citations import citation
from ..reports.evidence_pages import Reader, reader
from ..reports.schema import NAMES, schema
from .language import asked_language
from .limits import Limits
from .problems import Problem
from .responses import cacheable, described, encoded, json_reply, wants_fhir

Kind = Literal["claim", "check", "study", "finding", "observation"]
KINDS: dict[type, Kind] = {
    Claim: "claim",
    Check: "check",
    Study: "study",
    Finding: "finding",
    Observation: "observation",
}
SCHEMA_TYPE = "application/schema+json"


class InLanguage(BaseModel):
    """A query that may name a language."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    language: Language | None = None


class OfCondition(InLanguage):
    condition: str | None = None


class Search(OfCondition):
    """Words that a record must hold (all of them), its kind, and the page of the list."""

    q: str = Field(default="", max_length=200)
    kind: Kind | None = None
    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=50, ge=1, le=Limits.page)


class Contents:
    """Gives what the library holds."""

    def __init__(self, library: Library):
        self.library = library
        self.reader = lru_cache(maxsize=2)(self._reader)

    def _reader(self, language: str) -> Reader:
        return reader(self.library, language)

    @property
    def evidence(self) -> Evidence:
        return self.reader("en").evidence

    def router(self) -> APIRouter:
        """The routes, with what they give for the OpenAPI document."""
        router = APIRouter(tags=["contents"])
        routes = (
            ("/v1/factors", self.factors, described("Factors", "Found")),
            ("/v1/evidence", self.search, described("Records", "Records", fhir=True)),
            ("/v1/evidence/{id}", self.record, described("Record", "Found", fhir=True)),
            ("/v1/scorecards/{condition}", self.scorecard, described("Scorecard", "Scorecard")),
            ("/v1/schema", self.schemas, described("Names", "Found")),
            ("/v1/schema/{name}", self.schema, described("Schema", "Schema", kind=SCHEMA_TYPE)),
            ("/healthz", self.health, described("Health", "Health")),
        )
        for path, give, responses in routes:
            router.get(path, response_class=Response, responses=responses)(give)
        return router

    def factors(self, request: Request, asked: Annotated[OfCondition, Query()]) -> Response:
        """The documented factors: levels, cut-offs, units, sources, the population, the patients studied."""
        language = asked_language(request.scope)
        found = {id: self._factors(id) for id in self._conditions(asked.condition)}
        return json_reply({"intended_use": self._use(language), "conditions": found}, language)

    def _factors(self, id: str) -> dict[str, Any]:
        scorecard = self.library.scorecard(id)
        return {
            "scorecard": scorecard.hash,
            **scorecard.data["configuration"],
            "population": scorecard.population,
            "patients": scorecard.patients,
        }

    def _conditions(self, word: str | None) -> Iterable[str]:
        return [self.library.condition_id(word)] if word else self.library.condition_ids()

    def _use(self, language: Language) -> str:
        return self.reader(language).text("intended_use")

    def search(self, request: Request, asked: Annotated[Search, Query()]) -> Response:
        """The records that hold all the words, of one condition or kind, page by page."""
        language = asked_language(request.scope)
        condition = self.library.condition_id(asked.condition) if asked.condition else None
        found = [r for r in self.reader(language).find(asked.q) if self._wanted(r, condition, asked.kind)]
        part = found[asked.offset : asked.offset + asked.limit]
        if wants_fhir(request):
            resources = [fhir.resource(r, self.evidence, self.library, language) for r in part]
            return json_reply(fhir.bundle(resources, "searchset", len(found)), language, fhir.MEDIA_TYPE)
        after = asked.offset + len(part)
        page = {
            "intended_use": self._use(language),
            "total": len(found),
            "offset": asked.offset,
            "next": after if after < len(found) else None,
            "records": [self._listed(record, language) for record in part],
        }
        return json_reply(page, language)

    def _wanted(self, record: fhir.Record, condition: str | None, kind: Kind | None) -> bool:
        return condition in (None, self._condition(record)) and kind in (None, KINDS[type(record)])

    @cached_property
    def _condition_of(self) -> dict[str, str]:
        return {self.library.scorecard(id).condition.article: id for id in self.library.condition_ids()}

    def _condition(self, record: fhir.Record) -> str:
        return getattr(record, "condition", "") or self._condition_of[record.source_id]  # type: ignore[union-attr]

    def _listed(self, record: fhir.Record, language: Language) -> dict[str, Any]:
        return {
            "id": record.id,
            "kind": KINDS[type(record)],
            "condition": self._condition(record),
            "summary": self.reader(language).summary(record),
        }

    def record(self, request: Request, id: str, asked: Annotated[InLanguage, Query()]) -> Response:
        """One record of the evidence: its row, and its page as the other faces show it."""
        language = asked_language(request.scope)
        found = next((r for r in self.evidence.identified() if r.id == id), None)
        if found is None and not self._unpublished(id):
            known = [r.id for r in self.evidence.identified()]
            cure = suggestion(id, known) or say("search_v1")
            raise Problem("not_found", [Fault("id", repr(id), say("evidence_id"), cure)])
        if wants_fhir(request) and found is not None:
            resource = fhir.resource(found, self.evidence, self.library, language)
            return json_reply(resource, language, fhir.MEDIA_TYPE)
        page = self.reader(language).show(id).as_dict()
        head = self._record(found, language) if found is not None else {"kind": "unpublished"}
        return json_reply({"intended_use": self._use(language), "id": id, **head, "page": page}, language)

    def _unpublished(self, id: str) -> bool:
        conditions = (self.library.scorecard(c).condition for c in self.library.condition_ids())
        return any(id in condition.unpublished_sources for condition in conditions)

    def _record(self, record: fhir.Record, language: Language) -> dict[str, Any]:
        text = self.reader(language).text
        cited = (
            {"citation": citation(record) + text.mark(record.publication_state)} if isinstance(record, Study) else {}
        )
        return {
            "kind": KINDS[type(record)],
            "condition": self._condition(record),
            **cited,
            "record": {k: text.pick(v) if isinstance(v, dict) else v for k, v in record.as_dict().items()},
        }

    def scorecard(self, request: Request, condition: str) -> Response:
        """The fitted model of a condition as data; its hash is the ETag."""
        try:
            scorecard = self.library.scorecard(self.library.condition_id(condition))
        except InputError as error:
            raise Problem("not_found", error.faults) from error
        return cacheable(request, scorecard.to_json().encode(), "application/json", scorecard.hash)

    def schemas(self, request: Request) -> Response:
        """The names of the schemas, and where each stands."""
        language = asked_language(request.scope)
        links = {name: f"/v1/schema/{name}" for name in NAMES}
        return json_reply({"intended_use": self._use(language), "schemas": links}, language)

    def schema(self, request: Request, name: str) -> Response:
        """The JSON Schema of a profile, an answer, or a configuration file."""
        if name not in NAMES:
            fault = Fault("name", repr(name), one_of(NAMES), suggestion(name, NAMES))
            raise Problem("not_found", [fault])
        return cacheable(request, encoded(schema(name, self.library)), SCHEMA_TYPE)

    def health(self) -> Response:
        """Whether the scorecards can be read, and which they are."""
        hashes = {id: self.library.scorecard(id).hash for id in self.library.condition_ids()}
        return json_reply({"status": "ok", "version": __version__, "scorecards": hashes}, "en")
