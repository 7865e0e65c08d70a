"""The scorecards and sentences of a configs and a data folder, and answers from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..content.catalogue import Catalogue, load_catalogue
from ..content.conditions import Condition, find_condition, find_without_model, ids_and_labels, without_model
from ..content.folders import content_folder
from ..errors import Fault, InputError, near_name, one_of, say, shown
from ..model.scorecard import Scorecard, check_fresh, load_scorecard
from ..profile.profile import Profile
from .explanation import Explainer, unsupported
from .record import Answer

if TYPE_CHECKING:
    from ..model.fitting import Content

SAME_CONDITION = 0.85
"""How alike a misspelt condition must be to one that is suggested: another condition is another question,
and 出血性脑卒中 differs from 缺血性脑卒中 by a single sign."""


Stamp = tuple[tuple[str, int, int], ...]
"""The files of a folder by name, each with its time of change and its size."""


@dataclass(frozen=True)
class Library:
    """The scorecards and sentences of a configs and a data folder."""

    configs: Path = field(default_factory=lambda: content_folder("configs"))
    data: Path = field(default_factory=lambda: content_folder("data"))

    @classmethod
    def at(cls, configs: Path | str | None = None, data: Path | str | None = None) -> Library:
        """The library of a person's own folders, where given, and the shipped ones."""
        return cls(Path(configs or content_folder("configs")), Path(data or content_folder("data")))

    @property
    def folder(self) -> Path:
        return self.data / "scorecards"

    def condition_ids(self) -> tuple[str, ...]:
        return tuple(sorted(p.stem for p in self.folder.glob("*.json") if "." not in p.stem))

    def conditions(self) -> list[Condition]:
        """The conditions with a model."""
        return [self.scorecard(id).condition for id in self.condition_ids()]

    @property
    def stances(self) -> tuple[str, ...]:
        """The stances under which the models are fitted."""
        return tuple(dict.fromkeys(stance for id in self.condition_ids() for stance in self.scorecard(id).stances))

    def without_model_id(self, word: str) -> str | None:
        """The condition without a model that a word names."""
        return None if word in self.condition_ids() else find_without_model(word, self.conditions())

    def condition_id(self, word: str) -> str:
        """The condition of that id, label or synonym. Raises InputError where no model covers it."""
        if word in self.condition_ids():
            return word
        conditions = self.conditions()
        found = find_condition(word, conditions)
        if found is not None:
            return found.id
        fault = unknown_condition(word, conditions)
        unfitted = {path.stem for path in self.configs.glob("*.yaml")} - {"assumptions"}
        raise InputError(replace(fault, cure=say("run_fit")) if word in unfitted else fault)

    def scorecard(self, condition: str) -> Scorecard:
        """A condition's scorecard, checked to be of today's content."""
        return _fresh_scorecard(self.folder, condition, self.configs, self.data, self._stamps)

    def contents(self) -> dict[str, Content]:
        """What the scorecards are made from, by condition, ready for another fit."""
        return _contents(self, self._stamps)

    def catalogue(self, language: str) -> Catalogue:
        return _catalogue(self.folder, language, _stamp(self.folder, ".json"))

    def answer(self, profile: Profile, stance: str = "graded", language: str = "en") -> Answer:
        """The answer for a profile that names its condition; `cannot say` for one without a model."""
        if not profile.condition:
            raise InputError(Fault("condition", say("nothing"), one_of(self.condition_ids()), say("add_condition")))
        if without_model := self.without_model_id(profile.condition):
            return unsupported(without_model, stance, self.catalogue(language), self.conditions())
        return self.explainer(profile.condition, stance, language).predict(profile)

    def explainer(self, condition: str, stance: str = "graded", language: str = "en") -> Explainer:
        """What explains estimates of a condition under a stance, in a language."""
        return _explainer(self, self.condition_id(condition), stance, language, self._stamps)

    @property
    def _stamps(self) -> tuple[Stamp, ...]:
        """What all that is kept hangs on: scorecards, sentences, and what they are made from, as they stand now."""
        folders = ((self.folder, ".json"), (self.configs, ".yaml"), (self.data / "evidence", ".csv"))
        return tuple(_stamp(folder, ending) for folder, ending in folders)


def _stamp(folder: Path, ending: str) -> Stamp:
    """The files of a folder that end so; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            told = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(ending)]
    except OSError:
        return ()
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in told))


def unknown_condition(word: str, conditions: Sequence[Condition]) -> Fault:
    """The fault of a word that is none of the conditions, with the one that is meant if that is plain."""
    if not conditions:
        return Fault("condition", shown(word), say("condition_with_scorecard"), say("run_fit"))
    names, others = [name for c in conditions for name in (c.id, *c.synonyms)], without_model(conditions)
    near = find_without_model(word, conditions) or near_name(word, [*names, *others], SAME_CONDITION)
    cure = say("did_you_mean", word=repr(near)) if near else ""
    if near in others:
        cure = say("no_model", condition=near)
    return Fault("condition", shown(word), say("one_of", list=ids_and_labels(conditions)), cure)


@lru_cache(maxsize=32)
def _explainer(library: Library, condition: str, stance: str, language: str, stamps: tuple[Stamp, ...]) -> Explainer:
    return Explainer(library.scorecard(condition), stance, library.catalogue(language))


@lru_cache(maxsize=2)
def _contents(library: Library, stamps: tuple[Stamp, ...]) -> dict[str, Content]:
    # Only a refit needs the content itself; an answer does not wait for it.
    from ..model.fitting import load_content

    return load_content(library.configs, library.data, map(library.scorecard, library.condition_ids()))


@lru_cache(maxsize=8)
def _catalogue(folder: Path, language: str, stamp: Stamp) -> Catalogue:
    return load_catalogue(folder, language)


@lru_cache(maxsize=8)
def _fresh_scorecard(folder: Path, condition: str, configs: Path, data: Path, stamps: tuple[Stamp, ...]) -> Scorecard:
    scorecard = load_scorecard(folder, condition)
    if configs.is_dir() and (data / "evidence").is_dir():
        check_fresh(scorecard, configs, data)
    return scorecard
