"""The answer record: computed once, rendered by every face."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from ..errors import Fault, InputError, say
from ..model.prediction import ADDED, said_class
from .results import WITHHELD, Result, Source, plain, told_fields

if TYPE_CHECKING:
    from .additive import Explanation, Sum

SCHEMA_VERSION = "2"
EvidenceForm = Literal["ids", "full"]
"""How a record tells its evidence: each item by its id, or whole, which is nine tenths of the record."""
EVIDENCE_FORMS: tuple[EvidenceForm, ...] = get_args(EvidenceForm)
HEAD = ("schema_version", "intended_use", "condition", "stance", "scorecard", "abstained")
"""What no answer is without, however little of it is asked for."""


@dataclass(frozen=True)
class Chance:
    """A chance of response with its interval, fractions of 1."""

    probability: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """With cells minus usual care, and the chance that it is above 0."""

    value: float
    low: float
    high: float
    probability_positive: float


@dataclass(frozen=True)
class AddedResponse:
    """What cells add, in classes: the most probable, the smallest run of adjoining ones that holds most, all chances.

    A run of all classes reads: cannot be told apart.
    """

    category: str
    set: tuple[str, ...]
    probabilities: Mapping[str, float]

    @property
    def said(self) -> str:
        """The class, unless they cannot be told apart."""
        return said_class(self.category, self.set)


@dataclass(frozen=True)
class Response:
    """The expected response: the most probable category, the set that cannot be left out, all chances."""

    category: str
    set: tuple[str, ...]
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class Responses:
    """The expected response under usual care and with cells."""

    usual_care: Response
    with_cells: Response


@dataclass(frozen=True)
class Patients:
    """What a factor adds in patients of 100; the difference is with cells minus usual care.

    Of a baseline: the average patient's own chances, from which the factors' parts count.
    """

    usual_care: float
    with_cells: float
    difference: float


@dataclass(frozen=True, repr=False)
class Contribution(Result):
    """What one factor adds on the log-odds scale, against the population mix, and in patients of 100.

    usual_care and effect are its parts; effect is effect_from_studies + effect_from_claims.
    low and high bound their sum; usual_care_* and effect_* bound each part.
    patients: those with cells in the study groups that state this level.
    """

    factor: str
    level: str | None
    role: str
    usual_care: float
    effect: float
    effect_from_studies: float
    effect_from_claims: float
    per_100: Patients
    low: float
    high: float
    usual_care_low: float
    usual_care_high: float
    effect_low: float
    effect_high: float
    patients: float | None
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Baseline:
    """The linear predictor at the population mix, from which contributions count."""

    usual_care: float
    effect: float
    effect_from_studies: float
    effect_from_claims: float
    per_100: Patients
    evidence: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Unknown(Result):
    """An unknown factor as a range: the answer over its levels, and what knowing it would settle.

    narrows: the expected fall of the log-odds variance with cells, as a share of it.
    """

    factor: str
    with_cells_low: float
    with_cells_high: float
    difference_low: float
    difference_high: float
    narrows: float


@dataclass(frozen=True)
class Note:
    """A message to the reader: its code, how grave it is (info, warning, abstain), and its sentence."""

    code: str
    severity: str
    text: str


@dataclass(frozen=True)
class Carrier:
    """A record without which the answer would be another: what would be said then; none where nothing could be said."""

    id: str
    kind: str
    category: str | None
    added_benefit: str | None


@dataclass(frozen=True, repr=False)
class Numbers(Result):
    """All that an answer says in figures and in words for figures."""

    rows_of = "contributions"

    added_response: AddedResponse
    added_benefit: str
    usual_care: Chance
    with_cells: Chance
    difference: Difference
    response: Responses
    worth_patients: float
    contributions: tuple[Contribution, ...]
    baseline: Baseline
    unknowns: tuple[Unknown, ...]
    carried_by: Carrier | None


class Faces(Protocol):
    """What shows an answer to a person; whoever makes an answer gives it one in its language."""

    def text(self, answer: Answer, bold: Callable[[str], str] = str, opened: bool = False) -> str:
        """As in a terminal; bold: what sets a heading apart; opened: with the numbers that are withheld."""

    def screen(self, answer: Answer, bold: Callable[[str], str] = str) -> str:
        """The same in brief, on one screen."""

    def html(self, answer: Answer) -> str:
        """As in a notebook."""

    def source(self, answer: Answer) -> Source:
        """What made it, for the displays of its parts."""


@dataclass(frozen=True, repr=False)
class Answer(Result):
    """Everything that is known about one hypothetical patient, with its evidence.

    Where it abstains all numbers are withheld: they are none or empty here, and stand under `extrapolation`, for
    readers who ask for them. Its table has a row for each factor's contribution.
    """

    rows_of = "contributions"

    intended_use: str
    condition: str
    stance: str
    scorecard: str
    profile: Mapping[str, Any]
    added_response: AddedResponse | None
    added_benefit: str | None
    certainty: str
    certainty_reasons: tuple[str, ...]
    usual_care: Chance | None
    with_cells: Chance | None
    difference: Difference | None
    response: Responses | None
    worth_patients: float | None
    abstained: bool
    messages: tuple[Note, ...]
    contributions: tuple[Contribution, ...] = ()
    baseline: Baseline | None = None
    unknowns: tuple[Unknown, ...] = ()
    carried_by: Carrier | None = None
    evidence: tuple[Mapping[str, Any], ...] = ()
    similar_groups: tuple[Mapping[str, Any], ...] = ()
    extrapolation: Numbers | None = None
    language: str = field(default="en")
    schema_version: str = SCHEMA_VERSION
    faces: Faces | None = field(default=None, repr=False, compare=False)

    @property
    def numbers(self) -> Numbers | None:
        """The numbers that are said; none where they are withheld."""
        if self.abstained:
            return None
        return Numbers(**{f.name: getattr(self, f.name) for f in fields(Numbers)})

    @property
    def answered(self) -> Numbers:
        """The numbers, none of them optional, for code that goes on only with an answer.

        Raises InputError with the codes of why it cannot say; `numbers` is none there instead.
        """
        numbers = self.numbers
        if numbers is None:
            found = say("withheld_numbers", reasons=", ".join(self.reasons))
            raise InputError(Fault("answer", found, say("an_answer_that_says"), say("see_messages")))
        return numbers

    @property
    def reasons(self) -> tuple[str, ...]:
        """The codes of why it cannot say; none where it can."""
        return tuple(dict.fromkeys(note.code for note in self.messages if note.severity == "abstain"))

    def explanation(self, of: Sum = "difference") -> Explanation:
        """What the answer says as a sum over the factors, in the shape of `shap.Explanation`.

        of: what is summed, in patients of 100, or on the log-odds scale where its name says so. Raises InputError
        where the numbers are withheld.
        """
        from .additive import explanation

        return explanation(self, of)

    def cells(self) -> dict[str, Any]:
        """The answer as one row, with the columns of a scored table."""
        added = self.added_response
        parts = {name: getattr(self, name) for name in ("usual_care", "with_cells", "difference")}
        kinds = {"usual_care": Chance, "with_cells": Chance, "difference": Difference}
        return {
            **{name: getattr(self, name) for name in ("condition", "stance", "scorecard")},
            "added_response": added and added.category,
            "added_response_set": added and ", ".join(added.set),
            **{f"probability_{name}": added and added.probabilities[name] for name in ADDED},
            **{f"{k}_{f.name}": getattr(v, f.name, None) for k, v in parts.items() for f in fields(kinds[k])},
            **{name: getattr(self, name) for name in ("worth_patients", "added_benefit", "certainty", "abstained")},
            "reasons": ", ".join(self.reasons),
        }

    def in_brief(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in BRIEF}

    @property
    def headline(self) -> str:
        return self.added_response.category if self.added_response else WITHHELD

    @property
    def source(self) -> Source | None:
        return self.faces.source(self) if self.faces else None

    def as_dict(self, evidence: EvidenceForm = "full", only: Collection[str] = ()) -> dict[str, Any]:
        """The record as plain data, with the names that all faces share.

        evidence: its items whole, or their ids alone. only: the fields that are wanted, beside those of HEAD; all
        where none is named.
        """
        told: dict[str, Any] = plain(self._told(evidence, only))
        return told

    def to_json(self, indent: int | None = 2, evidence: EvidenceForm = "full", only: Collection[str] = ()) -> str:
        """The record as JSON, as `as_dict` has it."""
        # The evidence is already plain and is most of the record: it is not walked through again.
        told = self._told(evidence, only)
        data = {name: value if name == "evidence" else plain(value) for name, value in told.items()}
        return json.dumps(data, ensure_ascii=False, indent=indent, allow_nan=False)

    def _told(self, evidence: EvidenceForm, only: Collection[str]) -> dict[str, Any]:
        """The fields that are told, the version first."""
        wanted = {*HEAD, *only} if only else FIELDS
        told = {name: getattr(self, name) for name in FIELDS if name in wanted}
        if evidence == "ids" and "evidence" in told:
            told["evidence"] = [item["id"] for item in self.evidence]
        return told

    def _repr_html_(self) -> str:
        return self.faces.html(self) if self.faces else super()._repr_html_()

    def __str__(self) -> str:
        return self.to_text()

    def to_text(self, bold: Callable[[str], str] = str, opened: bool = False) -> str:
        """The answer as in a terminal; bold: what sets a heading apart; opened: with the numbers that are withheld."""
        return self.faces.text(self, bold, opened) if self.faces else repr(self)

    def to_screen(self, bold: Callable[[str], str] = str) -> str:
        """The answer in brief, on one screen of 24 lines."""
        return self.faces.screen(self, bold) if self.faces else repr(self)

    @property
    def closed(self) -> Answer:
        """The same without the numbers that are withheld."""
        return replace(self, extrapolation=None)


BRIEF = (
    *("condition", "stance", "added_response", "added_benefit", "certainty"),
    *("usual_care", "with_cells", "difference", "reasons"),
)
"""What an answer says in a line."""
FIELDS = ("schema_version", *(f.name for f in told_fields(Answer) if f.name != "schema_version"))
"""The fields of an answer, in the order in which they are told."""
