"""The answer record: computed once, rendered by every face."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar, Literal, Protocol, get_args

from ..errors import Fault, InputError, say
from .additive import Explanation, Sum, explained
from .results import Result, cells

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
    """The one record without which the answer would be another: what would be said then."""

    id: str
    kind: str
    category: str
    added_benefit: str


@dataclass(frozen=True, repr=False)
class Numbers(Result):
    """All that an answer says in figures and in words for figures."""

    rows_of: ClassVar[str] = "contributions"

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


@dataclass(frozen=True, repr=False)
class Answer(Result):
    """Everything that is known about one hypothetical patient, with its evidence.

    Where it abstains all numbers are withheld: they are none or empty here, and stand under `extrapolation`, for
    readers who ask for them.
    """

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
    extrapolation: Numbers | None = field(default=None, repr=False)
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
        return tuple(note.code for note in self.messages if note.severity == "abstain")

    def explanation(self, of: Sum = "difference") -> Explanation:
        """What the answer says as a sum over the factors, in the shape of `shap.Explanation`.

        of: what is summed, in patients of 100, or on the log-odds scale where its name says so. Raises InputError
        where the numbers are withheld.
        """
        said = self.answered
        names, levels = [c.factor for c in said.contributions], [c.level for c in said.contributions]
        return explained(of, said.baseline, said.contributions, names, levels)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each factor's contribution; none where the numbers are withheld."""
        return [contribution.row() for contribution in self.contributions]

    def row(self) -> dict[str, Any]:
        """The answer as one row: what it says, without what each factor adds."""
        return {name: cell for key, value in self.in_brief().items() for name, cell in cells(key, value)}

    def in_brief(self) -> Mapping[str, Any]:
        """What the answer says in a line: `reasons` alone where it cannot say."""
        if self.abstained:
            return {name: getattr(self, name) for name in ("condition", "stance", "abstained", "reasons")}
        return {name: getattr(self, name) for name in BRIEF}

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


def told_fields(record: Any) -> tuple[Field[Any], ...]:
    """The fields of a record, or of a class of records, that belong to its content."""
    return tuple(f for f in fields(record) if f.compare)


BRIEF = (
    *("condition", "stance", "abstained", "added_response", "added_benefit", "certainty"),
    *("difference", "usual_care", "with_cells", "worth_patients"),
)
"""What an answer says in a line."""
FIELDS = ("schema_version", *(f.name for f in told_fields(Answer) if f.name != "schema_version"))
"""The fields of an answer, in the order in which they are told."""


def plain(value: Any) -> Any:
    """Plain data without negative zeros; a record becomes a mapping of its fields."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in told_fields(value)}
    return value
