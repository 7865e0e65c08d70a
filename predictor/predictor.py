"""The predictor: from a profile to its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from .answer.explanation import Explainer
from .answer.library import Library
from .answer.record import Answer
from .answer.results import Listed
from .model.moments import Codes
from .model.scorecard import Scorecard
from .profile.profile import Profile
from .profile.reading import Understood
from .whatif import comparison, questions, sweeps
from .whatif.nearest import Nearest, NearestColumn, Neighbourhood
from .whatif.points import Target

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoDataFrameT

    from .model.fitting import Content
    from .profile.field_types import ProfileFields
    from .whatif.beliefs import Belief
    from .whatif.fragility import Fragility
    from .whatif.refits import Kind, LeaveOneOut


class Predictor:
    """The model of one condition under one stance.

    >>> model = Predictor.load("cerebral_palsy")
    >>> answer = model.predict(Profile(age_years=2.5, gmfm88=45, route="intrathecal"))
    >>> answer.added_response.category, answer.added_benefit
    ('some', 'possible')
    """

    def __init__(self, explainer: Explainer, library: Library, content: Content | None = None):
        self.explainer = explainer
        self.library = library
        self._content = content

    def __repr__(self) -> str:
        return f"Predictor({self.scorecard.condition.id!r}, stance={self.stance!r})"

    @classmethod
    def load(
        cls,
        condition: str,
        stance: str = "graded",
        language: str = "en",
        configs: Path | str | None = None,
        data: Path | str | None = None,
    ) -> Predictor:
        """The shipped model of a condition, or that of a person's own configs and data.

        Raises InputError for an unknown condition, ScorecardError for an unknown stance or a
        scorecard older than its content.
        """
        library = Library.at(configs, data)
        return cls(library.explainer(condition, stance, language), library)

    @property
    def scorecard(self) -> Scorecard:
        return self.explainer.scorecard

    @property
    def stance(self) -> str:
        return self.explainer.stance

    def understand(self, profile: Profile | Mapping[str, Any]) -> Understood:
        """How the model reads a profile. Raises ProfileError with all its faults."""
        return self.explainer.understand(profile)

    def predict(self, profile: Profile | Mapping[str, Any]) -> Answer:
        """The answer for a hypothetical patient. Raises ProfileError with all the profile's faults."""
        return self.explainer.predict(profile)

    def predict_frame(
        self,
        frame: IntoDataFrameT,
        columns: Sequence[str] = (),
        units: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
    ) -> IntoDataFrameT:
        """A table in (pandas, polars, Arrow), a table out, one row each; see tables/frames.py.

        columns: of the answer, by name or group, all if none is named; units: of columns that have
        another unit than their name says, as {"age": "months"}; keep: further columns to pass through.
        Columns of another condition that are empty throughout are left out. Raises InputError for a column that is
        no field and not to be kept.
        """
        from .tables.frames import score_frame
        from .tables.scorer import Scorer

        key = (tuple(columns), tuple((units or {}).items()), tuple(keep))
        if key not in self._scorers:
            language = self.explainer.text.language
            self._scorers[key] = Scorer(
                self.library, None, self.stance, language, units, keep, columns, self.explainer, python=True
            )
        scored: IntoDataFrameT = score_frame(frame, self._scorers[key])
        return scored

    @cached_property
    def _scorers(self) -> dict[Any, Any]:
        """Scorers of tables, with the cells that they have worked out."""
        return {}

    def what_if(self, profile: Profile | Mapping[str, Any], **changes: Unpack[ProfileFields]) -> comparison.Comparison:
        """The answer before and after some fields are changed, side by side; None makes one unknown.

        >>> model = Predictor.load("cerebral_palsy")
        >>> found = model.what_if(Profile(age_years=4, route="intrathecal"), route="intravenous")
        >>> [(change.factor, change.lever, change.after) for change in found.changes]
        [('route', True, 'intravenous')]
        """
        return comparison.what_if(self.explainer, _profile(profile), changes)

    def sweep(self, profile: Profile | Mapping[str, Any], name: str, values: Iterable[Any] = ()) -> sweeps.Sweep:
        """The answers as one field or factor takes other values; all its levels where none are given."""
        return sweeps.sweep(self.explainer, _profile(profile), name, values)

    def grid(
        self,
        profile: Profile | Mapping[str, Any],
        first: str,
        second: str,
        first_values: Iterable[Any] = (),
        second_values: Iterable[Any] = (),
    ) -> sweeps.Grid:
        """The answers over two fields or factors at once."""
        return sweeps.grid(self.explainer, _profile(profile), first, second, first_values, second_values)

    def nearest(self, profile: Profile | Mapping[str, Any], of: Target = "either", limit: int = 5) -> Nearest:
        """The smallest changes among the chosen factors for which the answer is another; never advice."""
        return self._neighbourhood.nearest(self.understand(profile), of, limit)

    def nearest_many(self, codes: Codes, of: Target = "either") -> NearestColumn:
        """The nearest what-if of each cell of a column, codes (n, factors) as an Estimator takes them."""
        return self._neighbourhood.nearest_many(codes, of)

    @cached_property
    def _neighbourhood(self) -> Neighbourhood:
        return Neighbourhood(self.explainer)

    def stances(self, profile: Profile | Mapping[str, Any]) -> comparison.Stances:
        """The answers for one profile under every stance."""
        return comparison.stances(self.explainer, _profile(profile))

    def next_questions(self, profile: Profile | Mapping[str, Any]) -> Listed[questions.Question]:
        """What was not told, the factor that would narrow the answer most first."""
        return questions.next_questions(self.explainer, _profile(profile))

    @property
    def content(self) -> Content:
        """The configuration and the evidence that the model is made from, ready for another fit."""
        if self._content is None:
            self._content = self.library.contents()[self.scorecard.condition.id]
        return self._content

    def without(
        self,
        studies: Iterable[str] = (),
        designs: Iterable[str] = (),
        countries: Iterable[str] = (),
        risk_of_bias: Iterable[str] = (),
        claims: Iterable[str] = (),
    ) -> Predictor:
        """The model fitted again without some evidence.

        Raises InputError for a name that the evidence does not know, EvidenceError when nothing is
        left to fit. See whatif/refits.py for what goes and what comes back.
        """
        from .whatif.refits import Filter, without

        parts = (studies, designs, countries, risk_of_bias, claims)
        return self._refitted(without(self.content, Filter(*(tuple(part) for part in parts))))

    def with_study(self, source: Path | str | Iterable[Mapping[str, Any]], risk_of_bias: str = "critical") -> Predictor:
        """The model fitted again with a user's own study: rows in the schema of observations.csv."""
        from .whatif.own_study import add_study

        return self._refitted(add_study(self.content, source, risk_of_bias).content)

    def _refitted(self, content: Content) -> Predictor:
        from .whatif.refits import refitted

        return Predictor(refitted(content, self.explainer), self.library, content)

    def compare(self, other: Predictor, profile: Profile | Mapping[str, Any]) -> comparison.Comparison:
        """This model's answer for a profile and another's (of other evidence or stance), side by side."""
        return comparison.compare(self.predict(profile), other.predict(profile))

    def leave_one_out(self, profile: Profile | Mapping[str, Any]) -> LeaveOneOut:
        """The answer without each study and each claim in turn; what carries it comes first."""
        from .whatif.refits import leave_one_out

        return leave_one_out(self.content, self.explainer, _profile(profile))

    def fragility(
        self,
        profile: Profile | Mapping[str, Any],
        of: Target = "either",
        kinds: Iterable[Kind] = ("study", "claim"),
        budget: int | None = None,
    ) -> Fragility:
        """The fewest studies or claims whose removal changes the answer.

        Raises InputError for another target or kind, or a budget below 1.
        """
        from .whatif.fragility import DEFAULT_BUDGET, fragility

        return fragility(
            self.content, self.explainer, _profile(profile), of, kinds, DEFAULT_BUDGET if budget is None else budget
        )

    def beliefs(self, profile: Profile | Mapping[str, Any]) -> Listed[Belief]:
        """How far each claim must be believed before the answer changes."""
        from .whatif.beliefs import beliefs

        return beliefs(self.content, self.explainer, _profile(profile))


def _profile(profile: Profile | Mapping[str, Any]) -> Profile:
    return profile if isinstance(profile, Profile) else Profile.from_mapping(profile)
