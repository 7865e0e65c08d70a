"""What is documented about cell therapy for patients like this one, and how far to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answer.record import Answer
    from .errors import PredictorError
    from .model.regression import PriorLogisticRegression
    from .predictor import Predictor
    from .profile.profile import Profile

__version__ = "0.1.0"

_HOMES = {
    "Answer": "answer.record",
    "Predictor": "predictor",
    "PredictorError": "errors",
    "PriorLogisticRegression": "model.regression",
    "Profile": "profile.profile",
}
__all__ = ["Answer", "Predictor", "PredictorError", "PriorLogisticRegression", "Profile", "__version__"]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that `import predictor` stays light."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
