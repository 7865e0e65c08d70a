"""The predictor: from a profile to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .answer import Answer
from .explanation import Explainer
from .library import Library
from .profile import Profile, Understood
from .scorecard import Scorecard


class Predictor:
    """The model of one condition under one stance.

    >>> model = Predictor.load("cerebral_palsy")
    >>> model.predict(Profile(age_years=2.5, gmfm88=45, route="intrathecal")).response.category
    'high'
    """

    def __init__(self, explainer: Explainer, library: Library):
        self.explainer = explainer
        self.library = library

    @classmethod
    def load(
        cls,
        condition: str,
        stance: str = "graded",
        language: str = "en",
        configs: Path | None = None,
        data: Path | None = None,
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
