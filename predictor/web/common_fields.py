"""What every question of the API may say: the stance, the language, and the scorecard it counts on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from ..answer.library import Library
from ..answer.record import FIELDS, Answer, EvidenceForm
from ..content.conditions import Language
from ..errors import Fault, InputError, one_of, say, suggestion
from ..profile.profile import Profile
from ..whatif.comparison import Comparison
from ..whatif.points import Target
from .language import asked_language
from .limits import Limits
from .problems import Problem
from .request_body import ProfileBody, Scalar, Strict

Stance = Literal["sceptical", "graded", "face_value"]


Kept = TypeVar("Kept", Answer, Comparison)


def split_names(told: Any) -> Any:
    """The names of a query: repeated, with commas between them, or both."""
    words = [told] if isinstance(told, str) else told
    return [name for word in words for name in word.split(",")] if isinstance(words, list) else words


def whole(told: Any) -> Any:
    """An integer as JSON has it: 5.0 is one."""
    return int(told) if isinstance(told, float) and told.is_integer() else told


def known_fields(names: tuple[str, ...]) -> tuple[str, ...]:
    """Raises InputError for a name that is no field of an answer, or for more names than it has fields."""
    if len(names) > 2 * len(FIELDS):
        raise InputError(Fault("fields", say("names_found", number=f"{len(names):,}"), one_of(FIELDS)))
    faults = [Fault("fields", repr(n), one_of(FIELDS), suggestion(n, FIELDS)) for n in names if n not in FIELDS]
    if faults:
        raise InputError(faults)
    return tuple(dict.fromkeys(names))


class Asked(BaseModel):
    """The query of a question. `scorecard`: the hash that the asker counts on; another is a conflict."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    stance: Stance = "graded"
    language: Language | None = None
    scorecard: str | None = None


class AskedAnswer(Asked):
    """How much of an answer is told: its evidence by id or whole, some of its fields, what is withheld."""

    evidence: EvidenceForm = "ids"
    fields: Annotated[tuple[str, ...], BeforeValidator(split_names), AfterValidator(known_fields)] = ()
    extrapolate: bool = False

    def told(self, answer: Answer) -> str:
        """An answer as JSON, in the form that was asked for."""
        return self.kept(answer).to_json(None, self.evidence, self.fields)

    def kept(self, record: Kept) -> Kept:
        """An answer or a comparison, without the numbers that are withheld unless they were asked for."""
        return record if self.extrapolate else record.closed


class Question(Strict):
    """A profile, and the stance and language where they are not in the query."""

    profile: ProfileBody
    stance: Stance | None = None
    language: Language | None = None


class WhatIf(Question):
    """Fields of the profile that are to be another; null makes one unknown."""

    changes: ProfileBody


class Sweep(Question):
    """A factor or a field of the profile, and the values that it is to take; all levels if none are given."""

    factor: str
    values: list[Scalar] = []


class Nearest(Question):
    """What is to be another: the added response, the added benefit, or either."""

    of: Target = "either"
    limit: Annotated[int, BeforeValidator(whole)] = Field(default=5, ge=1, le=20)


class Without(Question):
    """The evidence that is left out before the model is fitted again."""

    studies: list[str] = []
    designs: list[str] = []
    countries: list[str] = []
    risk_of_bias: list[str] = []
    claims: list[str] = []


def _kind(body: Any) -> str:
    if isinstance(body, list):
        return "profiles"
    told = body.get("profile") if isinstance(body, dict) else getattr(body, "profile", None)
    return "question" if isinstance(told, dict) else "profile"


SOME: dict[str, Any] = {"minItems": 1, "maxItems": Limits.profiles}
Predict = Annotated[
    Annotated[ProfileBody, Tag("profile")]
    | Annotated[list[ProfileBody], Field(json_schema_extra=SOME), Tag("profiles")]
    | Annotated[Question, Tag("question")],
    Discriminator(_kind),
]


def stance_and_language(request: Request, asked: Asked, question: Question | None = None) -> tuple[Stance, Language]:
    """What the body says, else the query, else Accept-Language."""
    if question is None:
        return asked.stance, asked_language(request.scope)
    return question.stance or asked.stance, question.language or asked_language(request.scope)


def check_scorecard(asked: Asked, profiles: Iterable[Profile], library: Library) -> None:
    """Raises a problem where an answer would come from another scorecard than the one asked for."""
    if asked.scorecard is None:
        return
    for profile in profiles:
        if profile.condition and not library.without_model_id(profile.condition):
            here = library.scorecard(library.condition_id(profile.condition)).hash
            if asked.scorecard != here:
                cure = say("ask_without_scorecard")
                raise Problem("other_scorecard", [Fault("scorecard", repr(here), repr(asked.scorecard), cure)])
