"""Prints how answers spread over 20,000 random profiles of each condition and stance, and checks what must hold.

A category that is the same for nearly everyone tells the condition and not the patient; a word that the interval
contradicts, or a certainty that claims raise, tells readers more than is known. Run by hand, after a fit:

    python tests/reference/distributions.py

Exit status 1 where a check fails. How a profile is drawn, as a user would give one: a main factor (one that withholds
the answer at a level nobody was studied at) is told nine times in ten, the time asked for every second time, any other
factor one time in four. A told level is drawn from the population mix (of what a clinic chooses: from what the study
groups had) four times in five, and else evenly from all levels. A factor that is measured is told by a number, evenly from the level's band, within what was studied wherever the
band reaches into it; a time that would be longer than the patient's life ends at birth. Values that contradict each
other in another way are drawn too, as users give them, and are not removed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from predictor.answer.judgement import CERTAINTIES
from predictor.answer.library import Library
from predictor.content.conditions import Factor, Field, Level
from predictor.model.prediction import ADDED, BENEFITS, RUNS
from predictor.model.scorecard import Scorecard
from predictor.tables.frames import score_frame
from predictor.tables.scorer import Scorer

PROFILES, SEED = 20_000, 20261128
STANCES = ("sceptical", "graded", "face_value")
TOLD = {"main": 0.90, "question": 0.50, "other": 0.25}
EVENLY = 0.2
"""How often a level is drawn evenly from all, and not by the population mix: the first asks for what is rare."""
MOST = 0.75
"""The largest share of the answered graded profiles that one class may hold."""
Generator = np.random.Generator


def profiles(scorecard: Scorecard, count: int, seed: int) -> pd.DataFrame:
    """Random profiles as a table of fields; an empty cell is a factor that is not told."""
    random = np.random.default_rng(seed)
    columns = [_column(factor, scorecard.population[factor.id], count, random) for factor in scorecard.condition]
    frame = pd.DataFrame({field.id: values for field, values in columns})
    told = {factor.id: field for factor, (field, _) in zip(scorecard.condition, columns, strict=True)}
    for limit in scorecard.condition.time_limits:  # nobody's injury is older than the patient
        time, than = told.get(limit.factor), told.get(limit.than)
        if time is not None and than is not None and time.days and than.days:
            most = frame[than.id].astype(float) * than.days / time.days
            frame[time.id] = frame[time.id].astype(float).clip(upper=most.fillna(np.inf)).round(2)
    return frame


def _column(factor: Factor, mix: Mapping[str, float], count: int, random: Generator) -> tuple[Field, list[object]]:
    """The field by which a factor is told, and what it says in each profile."""
    kind = "main" if factor.abstain_when_unstudied else "question" if factor.role == "question" else "other"
    ids = factor.level_ids
    shares = np.array([mix.get(id, 0.0) for id in ids])
    levels = np.where(random.random(count) > EVENLY, random.choice(len(ids), count, p=shares / shares.sum()),
                      random.integers(len(ids), size=count))  # fmt: skip
    told = random.random(count) < TOLD[kind]
    field = next((f for f in factor.fields if f.numeric and factor.levels[0].bands), factor.fields[0])
    values = [_value(factor, field, factor.levels[k], random) if t else None for k, t in zip(levels, told, strict=True)]
    return field, values


def _value(factor: Factor, field: Field, level: Level, random: Generator) -> object:
    if not field.numeric:
        return level.id
    band = level.bands[random.integers(len(level.bands))]
    assert field.minimum is not None
    assert field.maximum is not None
    low, high = _within(band.lower, band.upper, field.minimum * field.multiply_by, field.maximum * field.multiply_by)
    low, high = _within(low, high, factor.studied.get("minimum", -np.inf), factor.studied.get("maximum", np.inf))
    value = (low if low == high else _between(low, high, field, random)) / field.multiply_by
    return float(np.clip(round(value), np.ceil(low), np.floor(high))) if field.integer else round(value, 2)


def _between(low: float, high: float, field: Field, random: Generator) -> float:
    """Times that reach over orders of magnitude are drawn evenly on a logarithmic scale."""
    if field.days is not None and low > 0 and high > 20 * low:
        return float(np.exp(random.uniform(np.log(low), np.log(high))))
    return float(random.uniform(low, high))


def _within(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """The part of a band that lies within limits; the band itself where none does."""
    return (max(low, least), min(high, most)) if max(low, least) <= min(high, most) else (low, high)


def scored(frame: pd.DataFrame, library: Library, condition: str, stance: str) -> pd.DataFrame:
    """The answers, and nothing but answers: a profile that cannot be read is a fault of this script."""
    columns = ["added", "estimate", "judgement", "response"]
    answers: pd.DataFrame = score_frame(frame, Scorer(library, condition, stance, columns=columns))
    refused = answers["faults"].dropna()
    assert refused.empty, refused.iloc[0]
    return answers


def tables(answers: pd.DataFrame) -> Iterator[str]:
    """Each table as a line: the share of each word, of the answered profiles; of all for what withholds."""
    said = answers[~answers["abstained"].astype(bool)]
    yield f"  answered {len(said):6d} of {len(answers)} ({len(said) / len(answers):.1%})"
    yield _line("added response", said["added_response"], ADDED)
    yield _line("run", said["added_response_set"], [";".join(run) for run in RUNS])
    yield _line("word on the sign", said["added_benefit"], BENEFITS)
    yield _line("certainty", said["certainty"], CERTAINTIES)
    for name in ("usual_care_response", "with_cells_response"):
        first = said[name].astype(str).str.split(";").str[0]
        yield _line(f"{name}, first", first, ("high", "moderate", "low"))
    withheld = answers[answers["abstained"].astype(bool)]["messages"].astype(str)
    why = withheld.str.split(";").explode()
    why = why[why.isin(WITHHOLDING)]
    yield "  cannot say, of all: " + ", ".join(f"{k} {v / len(answers):.1%}" for k, v in why.value_counts().items())


WITHHOLDING = ("outside_studied", "contradictory", "level_not_studied", "too_many_unknowns")


def _line(name: str, column: pd.Series, words: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    shares = column.astype(str).value_counts(normalize=True)
    return f"  {name}: " + ", ".join(f"{w} {shares[w]:.1%}" for w in words if w in shares)


def checks(by_stance: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, bool, str]]:
    """(what must hold, whether it does, with what figures)."""
    graded = by_stance["graded"]
    said = graded[~graded["abstained"].astype(bool)]
    share = said["added_response"].astype(str).value_counts(normalize=True)
    yield (
        f"no class above {MOST:.0%} of the answered graded profiles",
        bool(share.iloc[0] <= MOST),
        (f"{share.index[0]} {share.iloc[0]:.1%}"),
    )
    for stance, answers in by_stance.items():
        shown = answers[answers["added_benefit"].astype(str) == "shown"]
        below = int((shown["difference_low"] < 0).sum())
        yield f"{stance}: shown implies a low end of at least 0", below == 0, f"{below} of {len(shown)} below"
        straddling = answers[(answers["difference_low"] >= 0) & ~answers["abstained"].astype(bool)]
        others = int((straddling["added_benefit"].astype(str) != "shown").sum())
        yield f"{stance}: a low end above 0 implies shown", others == 0, f"{others} of {len(straddling)} not"
        numbers = answers.filter(regex="probability|_low$|_high$|_value$|worth")
        withheld = int(numbers[answers["abstained"].astype(bool)].notna().any(axis=1).sum())
        yield f"{stance}: no number where the answer is withheld", withheld == 0, f"{withheld} rows with one"
    rank = {stance: _rank(answers) for stance, answers in by_stance.items()}
    for stance in ("graded", "face_value"):
        both = ~by_stance[stance]["abstained"].astype(bool) & ~by_stance["sceptical"]["abstained"].astype(bool)
        above = int((rank[stance] < rank["sceptical"])[both].sum())
        yield f"certainty of {stance} never above sceptical", above == 0, f"{above} of {int(both.sum())} above"


def _rank(answers: pd.DataFrame) -> pd.Series:
    return answers["certainty"].astype(str).map({word: i for i, word in enumerate(CERTAINTIES)})


def main() -> int:
    library, failed = Library(), 0
    for id in library.condition_ids():
        frame = profiles(library.scorecard(id), PROFILES, SEED)
        by_stance = {stance: scored(frame, library, id, stance) for stance in STANCES}
        for stance, answers in by_stance.items():
            print(f"{id}, {stance}", *tables(answers), sep="\n")
        for what, holds, figures in checks(by_stance):
            failed += not holds
            print(f"{'holds' if holds else 'FAILS'}: {id}: {what} ({figures})")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
