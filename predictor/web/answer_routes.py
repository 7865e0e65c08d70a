"""POST /v1/predict, /v1/what-if, /v1/sweep, /v1/nearest and /v1/without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ..answer.library import Library
from ..errors import Fault, InputError, Said, ScorecardError, one_of, say
from ..profile.profile import Profile
from ..reports import fhir
from . import jobs
from .answer_cache import Answers
from .common_fields import (
    Asked,
    AskedAnswer,
    Nearest,
    Predict,
    Question,
    Sweep,
    WhatIf,
    Without,
    check_scorecard,
    stance_and_language,
)
from .limits import Limits
from .request_body import StrictRoute, profile_from
from .responses import described, reply, wants_fhir
from .worker_pool import Workers


class Answering:
    """Answers questions about profiles: a single one in the server, everything longer in a worker."""

    def __init__(self, library: Library, limits: Limits, workers: Workers):
        self.library = library
        self.limits = limits
        self.workers = workers
        self.answers = Answers(library)

    def router(self) -> APIRouter:
        """The routes, with what they give for the OpenAPI document."""
        router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["answers"])
        answer, found = described("Answer", "Answers", fhir=True), described("Found", "Found")
        router.post("/predict", response_class=Response, responses=answer)(self.predict)
        for path, ask in (
            ("/what-if", self.what_if),
            ("/sweep", self.sweep),
            ("/nearest", self.nearest),
            ("/without", self.without),
        ):
            router.post(path, response_class=Response, responses=found)(ask)
        return router

    def warm_up(self) -> None:
        """Reads every model that can be read, and answers once with it."""
        for condition in self.library.condition_ids():
            with suppress(ScorecardError):
                self.answers.json(Profile(condition), "graded", "en", AskedAnswer())

    async def predict(self, request: Request, body: Predict, asked: Annotated[AskedAnswer, Query()]) -> Response:
        """The answer for one profile, or a list of answers for a list of profiles."""
        question = body if isinstance(body, Question) else None
        stance, language = stance_and_language(request, asked, question)
        told = body.profile if isinstance(body, Question) else body
        if isinstance(told, list):
            return await self._many(request, told, stance, language, asked)
        profile = self._profile(told, asked)
        if wants_fhir(request):
            return reply(await self._fhir(request, [profile], stance, language), language, fhir.MEDIA_TYPE)
        # Not in a thread: an answer takes 5 ms at most, and two threads that share an interpreter
        # make each other wait as long for every step of every request.
        return reply(self.answers.json(profile, stance, language, asked), language)

    async def _many(
        self, request: Request, told: Sequence[Mapping[str, Any]], stance: str, language: str, asked: AskedAnswer
    ) -> Response:
        self._check_number("profiles", len(told), self.limits.profiles, say("send_table"))
        text = self.library.catalogue(language)
        profiles = jobs.of_each(told, lambda one: profile_from(one, self.library), text)
        check_scorecard(asked, profiles, self.library)
        if wants_fhir(request):
            return reply(await self._fhir(request, profiles, stance, language, many=True), language, fhir.MEDIA_TYPE)
        made = await self.workers.run(request, jobs.predict_many, (self.library, stance, language), profiles, asked)
        return reply(made, language)

    async def _fhir(
        self, request: Request, profiles: Sequence[Profile], stance: str, language: str, many: bool = False
    ) -> bytes:
        return await self.workers.run(request, jobs.risk_assessments, (self.library, stance, language), profiles, many)

    @staticmethod
    def _check_number(name: str, number: int, most: int, cure: Said = "") -> None:
        if not 0 < number <= most:
            raise InputError(Fault(name, str(number), say("from_one", most=most), cure))

    def _profile(self, told: Mapping[str, Any], asked: Asked) -> Profile:
        profile = profile_from(told, self.library)
        check_scorecard(asked, [profile], self.library)
        return profile

    async def what_if(self, request: Request, body: WhatIf, asked: Annotated[AskedAnswer, Query()]) -> Response:
        """A profile as it is and with some fields changed, side by side."""
        return await self._ask(request, body, asked, jobs.compare_change, body.changes, asked)

    async def sweep(self, request: Request, body: Sweep, asked: Annotated[Asked, Query()]) -> Response:
        """The answers in brief as one factor takes other values."""
        if body.values:
            self._check_number("values", len(body.values), self.limits.values)
        return await self._ask(request, body, asked, jobs.sweep_over, body.factor, body.values)

    async def nearest(self, request: Request, body: Nearest, asked: Annotated[Asked, Query()]) -> Response:
        """The smallest changes among the chosen factors for which the answer is another; never advice."""
        return await self._ask(request, body, asked, jobs.nearest_change, body.of, body.limit)

    async def without(self, request: Request, body: Without, asked: Annotated[AskedAnswer, Query()]) -> Response:
        """The answer with some of the evidence left out, beside the answer with all of it."""
        left_out = body.model_dump(exclude={"profile", "stance", "language"})
        return await self._ask(request, body, asked, jobs.leave_out, left_out, asked)

    async def _ask(
        self, request: Request, body: Question, asked: Asked, job: Callable[..., bytes], *arguments: Any
    ) -> Response:
        stance, language = stance_and_language(request, asked, body)
        profile = self._profile(body.profile, asked)
        if not profile.condition or self.library.without_model_id(profile.condition):
            raise InputError(Fault("condition", repr(profile.condition), one_of(self.library.condition_ids())))
        asking = (self.library, stance, language)
        return reply(await self.workers.run(request, job, asking, profile, *arguments), language)
