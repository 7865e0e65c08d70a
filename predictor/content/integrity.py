"""Whether the figures of the evidence agree: each is computed again where its row allows, each check is a function.

A check looks at one row and gives what is wrong with it, nothing where it holds, or `None` where it cannot apply.
What a figure may differ by is what the rounding of its printed digits allows, and no more.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

from scipy.special import ndtri, stdtrit

from ..errors import Fault, Said, say
from .conditions import Condition
from .evidence import (
    BETWEEN,
    FILES,
    HARMS,
    PERCENT,
    STANDINGS,
    Claim,
    Evidence,
    Observation,
    Outcome,
    Prose,
    Row,
    Study,
)

RATIOS = ("odds_ratio", "risk_ratio")
CHANGES = ("mean_change", "mean_at_time")
DIFFERENCES = ("mean_difference", "risk_difference_percent")
INTERVALS = (*RATIOS, *DIFFERENCES, "smd", "mean_change")
"""Measures whose interval lies evenly about the value, on the log scale for a ratio."""
LEVEL = 0.975
"""Where the upper end of a 95 % interval stands in its law."""
SIGNIFICANT = 0.05
LAST = 0.5e-3 * (1 + 1e-9)
"""What rounding may take from a log odds ratio or its standard error in the records, which have three decimals."""
FINEST = 3.0
"""The variance of a log odds ratio times the patients of a group, where outcomes are told apart without limit: that of
the rank test (Whitehead 1993). Counts of two outcomes have 4 or more, means 3.29 (pi squared by 3)."""
IDS = {
    "doi": r"10\.\d{4,9}/\S+",
    "pmid": r"\d{5,8}",
    "registration": r"NCT\d{8}|(ACTRN|ChiCTR|ISRCTN|jRCT|UMIN|IRCT|KCT|CRD|JapicCTI)[\w-]*\d|CTRI[\w/-]*\d"
    r"|EudraCT [\d-]+",
}
"""How an identifier of a publication or of a trial reads."""

Cells = Mapping[tuple[str, int], Mapping[str, str]]
"""The cells of each row as they are printed, by its file and line."""
Found = Iterator[Fault] | None
Interval = tuple[float, float]


EXCEPTIONS = "exceptions.csv"
"""The file of the evidence with what is known to be amiss in a source."""


@dataclass(frozen=True)
class Known(Row):
    """A discrepancy that is the source's own: the check, the study, the field and what is found there, and why."""

    check: str
    study_id: str
    field: str
    found: str
    reason: Prose

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.check, self.study_id, self.field, self.found


@dataclass(frozen=True)
class Judged:
    """A row under a check: what is wrong with it, if anything."""

    row: Row
    faults: tuple[Fault, ...]


class Figures:
    """The evidence by study, and its figures as they are printed."""

    def __init__(self, evidence: Evidence, conditions: Sequence[Condition], cells: Cells):
        self.evidence, self.conditions, self.cells = evidence, conditions, cells
        self.arms = {(arm.study_id, arm.arm_id): arm for arm in evidence.arms}
        self.outcomes: dict[str, list[Outcome]] = defaultdict(list)
        for row in evidence.outcomes:
            self.outcomes[row.study_id].append(row)

    def printed(self, row: Row, column: str) -> str:
        """A cell as it is printed."""
        return self.cells[_file(row), row.line].get(column, "").strip()

    def half(self, row: Row, column: str) -> float:
        """What rounding may have taken from or added to a number: half a unit of its last printed digit."""
        _, _, decimals = self.printed(row, column).partition(".")
        return 0.5 * 10.0 ** -len(decimals) * (1 + 1e-9)

    def range(self, row: Row, column: str) -> Interval:
        """The numbers that a printed one may stand for."""
        value, half = float(getattr(row, column)), self.half(row, column)
        return value - half, value + half

    def interval(self, row: Outcome) -> str:
        """A result with its interval, as printed."""
        value, low, high = (self.printed(row, name) for name in ("value", "ci_low", "ci_high"))
        return f"{value} [{low}, {high}]"

    def interval_and_p(self, row: Outcome) -> str:
        """The same with its p value."""
        return f"{self.interval(row)}, p {row.p_value.en}"

    @cached_property
    def fitted(self) -> set[str]:
        """The studies with records for the fit."""
        return {row.study_id for row in self.evidence.observations if row.fitted}

    def of_arm(self, row: Observation) -> list[Outcome]:
        """The results of a record's group."""
        return [o for o in self.outcomes[row.study_id] if o.arm_id == row.arm_id]

    def better(self, row: Outcome) -> int:
        """1 where more is better on a result's scale, -1 where less is, 0 where nothing tells."""
        if row.domain in HARMS:
            return -1
        words = re.split(r"[^\w-]", row.scale.en)
        scales = next((c.scales for c in self.conditions if c.id == row.condition), {})
        told = next((str(scales[word].get("better")) for word in words[:1] if word in scales), "")
        return {"higher": 1, "lower": -1}.get(told, 0)


def _file(row: Row) -> str:
    return next(name for name, kind in FILES.values() if isinstance(row, kind))


# Of studies


def publication_ids(row: Study, figures: Figures) -> Found:
    """Identifiers read as such: a DOI, a PubMed id, the entry of a registry."""
    told = {name: str(getattr(row, name)) for name in IDS if getattr(row, name)}
    return (fault for name, ids in told.items() for fault in _ill_read(name, ids)) if told else None


def _ill_read(name: str, ids: str) -> Iterator[Fault]:
    for id in ids.split(";"):
        if not re.fullmatch(IDS[name], id.strip()):
            yield _wrong(name, id.strip(), say("check.an_identifier"), say("check.as_registered"))


def dates(row: Study, figures: Figures) -> Found:
    """The year of a publication is one, and that of its citation."""
    if not row.year:
        return None
    cited = re.findall(r"\b(?:19|20)\d\d\b", row.short_citation)
    if re.fullmatch(r"(19|20)\d\d", row.year) and row.year in (cited or [row.year]):
        return iter(())
    return iter([_wrong("year", row.year, ", ".join(cited) or say("check.a_year"), say("check.as_published"))])


def ages(row: Study, figures: Figures) -> Found:
    """The mean age lies between the youngest and the oldest."""
    told = [a for a in (row.age_min_years, row.age_mean_years, row.age_max_years) if a is not None]
    if len(told) < 2:
        return None
    listed = ", ".join(f"{years:g}" for years in told)
    return _unless(told == sorted(told), "age_mean_years", listed, say("check.rising"), say("are_they_swapped"))


def duplicate_reports(row: Study, figures: Figures) -> Found:
    """A publication stands once; two reports of one trial name each other, and only one is fitted."""
    sisters = [other for other in figures.evidence.studies if other.line < row.line and _alike(row, other)]
    return iter([fault for other in sisters for fault in _undeclared(row, other, figures)])


def _alike(a: Study, b: Study) -> str:
    """The first identifier that two studies share; nothing where they share none."""
    for name in ("doi", "pmid", "registration", "title"):
        one, other = ({id.strip().casefold() for id in str(getattr(s, name)).split(";") if id.strip()} for s in (a, b))
        if one & other:
            return name
    return ""


def _undeclared(row: Study, other: Study, figures: Figures) -> Iterator[Fault]:
    declared = other.id in row.notes.en or row.id in other.notes.en
    if not declared or {row.id, other.id} <= figures.fitted:
        name = _alike(row, other)
        yield _wrong(name, row.id, say("check.one_report", id=other.id), say("check.declare_sister"))


def retracted(row: Study, figures: Figures) -> Found:
    """No record of a retracted study is meant for the fit."""
    if row.publication_state == "unknown":
        return None
    ids = [o.id for o in figures.evidence.observations if o.study_id == row.id and o.fitted]
    fits = not (row.retracted and ids)
    return _unless(fits, "publication_state", ", ".join(ids), say("check.no_record_fitted"), say("check.mark_shown"))


def arms_total(row: Study, figures: Figures) -> Found:
    """The patients of the groups are those of the study; of nested groups, those of some."""
    arms = [arm.n for arm in figures.evidence.arms if arm.study_id == row.id]
    known = [int(n) for n in arms if n is not None]
    if row.n_total is None or len(known) < max(len(arms), 1):
        return None
    sums = {sum(some) for size in range(1, len(known) + 1) for some in combinations(known, size)}
    found = " + ".join(map(str, known))
    return _unless(row.n_total in sums, "n_total", found, f"{row.n_total:g}", say("check.count_groups"))


# Of groups and claims


def arm_ids(row: Outcome | Observation, figures: Figures) -> Found:
    """The group of a result or a record stands in arms.csv."""
    if row.study_id not in figures.evidence.study_by_id:
        return None
    known = row.arm_id == BETWEEN or (row.study_id, row.arm_id) in figures.arms
    return _unless(known, "arm_id", row.arm_id, say("check.group_of_arms"), say("check.add_group"))


def standings(row: Claim, figures: Figures) -> Found:
    """A claim is `studied` where a study that it cites is fitted, and not `open` then."""
    if row.standing not in STANDINGS[:2]:
        return None
    expected = STANDINGS[bool(figures.fitted & set(row.study_ids))]
    return _unless(row.standing == expected, "standing", row.standing, expected, say("check.weigh_again"))


# Of results


def counts(row: Outcome, figures: Figures) -> Found:
    """Whole patients, no more events than patients, no more patients than the group or the study has."""
    told = {name: n for name in ("events", "n") if (n := getattr(row, name)) is not None}
    return iter([*_uncounted(row, told), *_too_many(row, figures)]) if told else None


def _uncounted(row: Outcome, told: Mapping[str, float]) -> Iterator[Fault]:
    for name, n in told.items():
        if n < 0 or n != int(n):
            yield _wrong(name, f"{n:g}", say("check.whole_number"))
    if row.events is not None and row.n is not None and row.events > row.n:
        yield _wrong("events", f"{row.events:g}", say("up_to_n", number=f"{row.n:g}"), say("are_n_and_events_swapped"))


def _too_many(row: Outcome, figures: Figures) -> Iterator[Fault]:
    arm = figures.arms.get((row.study_id, row.arm_id))
    study = figures.evidence.study_by_id.get(row.study_id)
    told = (arm.n if arm else None, study.n_total if study else None)
    most = next((n for n in told if n is not None), None)
    if row.n is not None and most is not None and row.n > most:
        yield _wrong("n", f"{row.n:g}", say("check.at_most", number=f"{most:g}"), say("check.count_groups"))


def percentages(row: Outcome, figures: Figures) -> Found:
    """A percentage is that of its events."""
    if row.measure not in PERCENT or row.value is None or row.events is None or not row.n or row.events > row.n:
        return None
    exact = 100 * row.events / row.n
    fits = abs(row.value - exact) <= figures.half(row, "value")
    found = f"{figures.printed(row, 'value')} ({row.events:g}/{row.n:g})"
    return _unless(fits, "value", found, f"{exact:.4g}", say("check.compute_again"))


def spreads(row: Outcome, figures: Figures) -> Found:
    """A spread is none below zero, the ends of an interval rise, and no result is from before the start."""
    ends = row.ci_low is not None and row.ci_high is not None
    if row.sd is None and not ends and row.time_months is None:
        return None
    return iter([*_negative(row), *(_swapped_ends(row) if ends else ())])


def _negative(row: Outcome) -> Iterator[Fault]:
    for name in ("sd", "time_months"):
        value = getattr(row, name)
        if value is not None and value < 0:
            yield _wrong(name, f"{value:g}", say("number_above", number=0))


def _swapped_ends(row: Outcome) -> Iterator[Fault]:
    if float(row.ci_low or 0) > float(row.ci_high or 0):
        found, expected = f"{row.ci_low:g}", say("at_most_column", column="ci_high", number=f"{row.ci_high:g}")
        yield _wrong("ci_low", found, expected, say("are_they_swapped"))


def intervals(row: Outcome, figures: Figures) -> Found:
    """A value lies in the middle of its interval, on the log scale for a ratio."""
    if not _has_interval(row):
        return None
    scale = math.log if row.measure in RATIOS else float
    ends = [[scale(v) for v in figures.range(row, name)] for name in ("ci_low", "ci_high")]
    low, high = (sum(pair) / 2 for pair in zip(*ends, strict=True))
    least, most = (scale(v) for v in figures.range(row, "value"))
    middle = (math.exp if scale is math.log else float)((low + high) / 2)
    fits = least <= high and low <= most
    return _unless(fits, "value", figures.interval(row), f"{middle:.4g}", say("check.middle"))


def _has_interval(row: Outcome) -> bool:
    """Whether a result has the interval of an estimate, with ends that can be."""
    if row.measure not in INTERVALS or None in (row.value, row.ci_low, row.ci_high):
        return False
    low, high = float(row.ci_low or 0), float(row.ci_high or 0)
    return low < high and (row.measure not in RATIOS or low > 0)


def p_values(row: Outcome, figures: Figures) -> Found:
    """An interval without the null goes with a p value up to 0.05, and one with it with a greater."""
    p = re.fullmatch(r"([<>]?)\s*(0?\.\d+)\s*(.*)", row.p_value.en)
    if not _has_interval(row) or p is None or row.arm_id != BETWEEN:
        return None
    sure = float(p[2]) <= SIGNIFICANT and p[1] != ">"
    null = 1.0 if row.measure in RATIOS else 0.0
    low, high = (figures.range(row, name) for name in ("ci_low", "ci_high"))
    inside, outside = low[0] <= null <= high[1], not low[1] <= null <= high[0]
    on_the_line = float(p[2]) == SIGNIFICANT
    fits = on_the_line or (outside if sure else inside)
    return _unless(fits, "p_value", figures.interval_and_p(row), say("check.same_verdict"), say("check.compute_again"))


def directions(row: Outcome, figures: Figures) -> Found:
    """A result that favours a side has an interval without the null, or a p value up to 0.05; one that favours none
    has an interval with it."""
    if row.arm_id != BETWEEN or not row.direction.startswith(("favours", "no_")) or not _has_interval(row):
        return None
    null = 1.0 if row.measure in RATIOS else 0.0
    low, high = figures.range(row, "ci_low")[0], figures.range(row, "ci_high")[1]
    sure = row.direction.startswith("favours")
    fits = (
        not figures.range(row, "ci_low")[1] <= null <= figures.range(row, "ci_high")[0] if sure else low <= null <= high
    )
    found = f"{row.direction}, {figures.interval(row)}"
    return _unless(fits or _says_so(row, sure), "direction", found, say("check.same_verdict"), say("check.read_again"))


def _says_so(row: Outcome, sure: bool) -> bool:
    p = re.match(r"<?\s*(0?\.\d+)", row.p_value.en)
    return p is not None and (float(p[1]) <= SIGNIFICANT) is sure


def signs(row: Outcome, figures: Figures) -> Found:
    """A difference has the sign of its groups' figures, and the one that its direction says."""
    if row.arm_id != BETWEEN or row.value is None or row.measure not in (*DIFFERENCES, *RATIOS, "smd"):
        return None
    pairs = _pairs(row, figures)
    turned = bool(pairs) and not _among(row, figures, pairs) and _among(row, figures, pairs, -1)
    better = figures.better(row) * {"favours_cells": 1, "favours_control": -1}.get(row.direction, 0)
    if not pairs and not better:
        return None
    over = row.value - (1 if row.measure in RATIOS else 0)
    fits = not turned and (over * better >= 0 or row.measure == "smd")
    return _unless(fits, "value", figures.printed(row, "value"), say("check.other_sign"), say("check.sign_swapped"))


def differences(row: Outcome, figures: Figures) -> Found:
    """A difference is that of its groups; one with an interval, which may be adjusted, holds it."""
    if row.arm_id != BETWEEN or row.measure not in DIFFERENCES or row.value is None:
        return None
    pairs = _pairs(row, figures)
    if not pairs or _among(row, figures, pairs, -1):
        return None
    alike = [pair for pair in pairs if pair[2]]
    if _among(row, figures, pairs):
        return iter(())
    if not alike:
        return None
    fits = any(_has_interval(row) and float(row.ci_low or 0) <= pair[0] <= float(row.ci_high or 0) for pair in alike)
    expected = ", ".join(dict.fromkeys(f"{pair[0]:.4g}" for pair in alike))
    return _unless(fits, "value", figures.printed(row, "value"), expected, say("check.compute_again"))


Pair = tuple[float, float, bool]
"""Treated minus control, what rounding allows, and whether the scale is the same by name."""


def _pairs(row: Outcome, figures: Figures) -> list[Pair]:
    """The differences that the groups of a study give at the time of a result."""
    measures = PERCENT if row.measure == "risk_difference_percent" else CHANGES
    sides: dict[str, list[Outcome]] = {"treated": [], "control": []}
    for other in figures.outcomes[row.study_id]:
        arm = figures.arms.get((other.study_id, other.arm_id))
        alike = other.domain == row.domain and other.time_months == row.time_months and other.measure in measures
        if arm and alike and other.value is not None:
            sides[arm.role].append(other)
    return [
        (float(a.value or 0) - float(b.value or 0), figures.half(a, "value") + figures.half(b, "value"), _same(row, a))
        for a, b in product(sides["treated"], sides["control"])
        if (a.scale, a.measure, a.responder_definition) == (b.scale, b.measure, b.responder_definition)
    ]


def _same(row: Outcome, other: Outcome) -> bool:
    return row.scale == other.scale and row.responder_definition in (other.responder_definition, Prose())


def _among(row: Outcome, figures: Figures, pairs: Iterable[Pair], sign: int = 1) -> bool:
    half = figures.half(row, "value")
    value = sign * float(row.value or 0)
    return value != 0 and any(abs(value - exact) <= half + slack for exact, slack, _ in pairs)


# Of records


def record_counts(row: Observation, figures: Figures) -> Found:
    """The events of a record are those that a result of its group has."""
    told = [o for o in figures.of_arm(row) if o.n and (o.events is not None or o.measure in PERCENT)]
    if row.kind != "counts" or not told or row.events is None or row.events > (row.n or 0):
        return None
    known = {(o.events if o.events is not None else round(o.n * float(o.value or 0) / 100), o.n) for o in told if o.n}
    expected = ", ".join(f"{events:g}/{n:g}" for events, n in sorted(known))
    found = f"{row.events:g}/{row.n:g}"
    return _unless((row.events, row.n) in known, "events", found, expected, say("check.trace"))


def record_changes(row: Observation, figures: Figures) -> Found:
    """The change of a record is one that a result of its group tells, or the difference of two."""
    known = list(_changes(row, figures)) if row.kind == "change" else []
    if not known:
        return None
    half = figures.half(row, "mean_change")
    fits = any(abs(float(row.mean_change or 0) - exact) <= half + slack for exact, slack in known)
    expected = ", ".join(dict.fromkeys(f"{exact:.5g}" for exact, _ in known))
    return _unless(fits, "mean_change", figures.printed(row, "mean_change"), expected, say("check.trace"))


def _changes(row: Observation, figures: Figures) -> Iterator[tuple[float, float]]:
    """The changes that the results of a record's group give at its time, each with what rounding allows."""
    told = [o for o in figures.of_arm(row) if o.value is not None and o.measure in CHANGES]
    for now in (o for o in told if o.time_months == row.follow_up_months):
        if now.measure == "mean_change":
            yield float(now.value or 0), figures.half(now, "value")
        for then in (o for o in told if _before(o, now)):
            yield (
                float(now.value or 0) - float(then.value or 0),
                figures.half(now, "value") + figures.half(then, "value"),
            )


def _before(then: Outcome, now: Outcome) -> bool:
    at_start = then.time_months == 0 and now.time_months != 0
    return at_start and then.scale == now.scale and now.measure == "mean_at_time" == then.measure


def record_spreads(row: Observation, figures: Figures) -> Found:
    """The SD of a record is that of its result, or the one that the interval of the result gives."""
    results = [o for o in figures.of_arm(row) if o.time_months == row.follow_up_months and o.measure == "mean_change"]
    told = [sd for o in results if o.value == row.mean_change for sd in _sds(o, row, figures)]
    if row.kind != "change" or row.sd_change is None or not told:
        return None
    least, most = figures.range(row, "sd_change")
    fits = any(low <= most and least <= high for low, high in told)
    expected = ", ".join(f"{(low + high) / 2:.4g}" for low, high in told)
    return _unless(fits, "sd_change", figures.printed(row, "sd_change"), expected, say("check.trace"))


def _sds(result: Outcome, row: Observation, figures: Figures) -> Iterator[Interval]:
    """The SDs that a result allows: as printed; from its interval by the normal law and by Student's."""
    if result.sd is not None:
        yield figures.range(result, "sd")
    if _has_interval(result) and row.n and row.n > 1:
        slack = figures.half(result, "ci_low") + figures.half(result, "ci_high")
        width, root = float(result.ci_high or 0) - float(result.ci_low or 0), math.sqrt(row.n)
        for quantile in (float(ndtri(LEVEL)), float(stdtrit(row.n - 1, LEVEL))):
            yield (width - slack) / (2 * quantile) * root, (width + slack) / (2 * quantile) * root


def record_odds(row: Observation, figures: Figures) -> Found:
    """The log odds ratio of a contrast and its SE are those of a result: its ratio and interval, its standardised
    difference, its groups' counts, or its p value."""
    if row.kind != "contrast" or row.term or not row.log_odds_ratio or not row.se:
        return None
    told = [o for o in figures.outcomes[row.study_id] if o.time_months == row.follow_up_months]
    known = [estimate for o in told for estimate in _estimates(o, row.se)] + list(_of_counts(told, figures))
    if not known:
        return None
    fits = any(_is(row, estimate) for estimate in known)
    turned = any(_is(row, (-value, se, slack)) for value, se, slack in known)
    found = _with_se(f"{row.log_odds_ratio:g}", f"{row.se:g}")
    expected = "; ".join(dict.fromkeys(_with_se(f"{value:.3f}", f"{se:.3f}") for value, se, _ in known))
    cure = say("check.sign_swapped") if turned else say("check.trace")
    return _unless(fits, "log_odds_ratio", found, expected, cure)


def _with_se(value: str, se: str) -> str:
    return f"{value} (SE {se})"


Estimate = tuple[float, float, float]
"""A log odds ratio, its standard error, and the share of the first that the rounding of the second may take."""


def _estimates(result: Outcome, se: float) -> Iterator[Estimate]:
    """What a result between groups says of a log odds ratio; a difference says only how many SEs it is from none."""
    if result.arm_id != BETWEEN:
        return
    of_se = LAST / se
    if _has_interval(result):
        ratio = result.measure in RATIOS
        low, high, value = map(math.log if ratio else float, _three(result))
        own = (high - low) / (2 * float(ndtri(LEVEL)))
        yield (value, own, 0.0) if ratio else (value * se / own, se, of_se)
    elif p := re.fullmatch(r"0?\.\d+", result.p_value.en):
        z = float(ndtri(1 - float(p[0]) / 2))
        yield from ((sign * z * se, se, of_se) for sign in _sides(result))


def _three(result: Outcome) -> Iterator[float]:
    """The ends of an interval and its value."""
    return (float(value or 0) for value in (result.ci_low, result.ci_high, result.value))


def _sides(result: Outcome) -> tuple[int, ...]:
    return {"favours_cells": (1,), "favours_control": (-1,)}.get(result.direction, (1, -1))


def _of_counts(told: Iterable[Outcome], figures: Figures) -> Iterator[Estimate]:
    """The log odds ratios of groups that were counted alike, with their SEs (Woolf)."""
    counted = [o for o in told if o.events and o.n and 0 < o.events < o.n]
    for a, b in product(counted, counted):
        roles = tuple(arm.role for o in (a, b) if (arm := figures.arms.get((o.study_id, o.arm_id))))
        if roles == ("treated", "control") and (a.scale, a.responder_definition) == (b.scale, b.responder_definition):
            cells = [float(v) for o in (a, b) for v in (o.events or 0, (o.n or 0) - (o.events or 0))]
            yield math.log(cells[0] * cells[3] / cells[1] / cells[2]), math.sqrt(sum(1 / v for v in cells)), 0.0


def _is(row: Observation, estimate: Estimate) -> bool:
    value, se, share = estimate
    near = abs(float(row.log_odds_ratio or 0) - value) <= LAST + share * abs(value)
    return near and abs(float(row.se or 0) - se) <= LAST


def record_precision(row: Observation, figures: Figures) -> Found:
    """A contrast is no more certain than its patients allow, however fine the scale on which they were compared."""
    arms = [arm for arm in figures.evidence.arms if arm.study_id == row.study_id and arm.n]
    sides = [sum(float(arm.n or 0) for arm in arms if arm.role == role) for role in ("treated", "control")]
    if row.kind != "contrast" or row.term or not row.se or not all(sides):
        return None
    least = math.sqrt(FINEST * sum(1 / n for n in sides))
    found, expected = figures.printed(row, "se"), say("check.se_from", number=f"{least:.3f}")
    return _unless(row.se + LAST >= least, "se", found, expected, say("check.trace"))


def pooled(row: Observation, figures: Figures) -> Found:
    """A group that a fitted pooled analysis contains is shown, so that no patient counts twice."""
    if not row.pooled_in:
        return None
    twice = row.fitted and row.pooled_in in figures.fitted
    return _unless(
        not twice, "use", row.use, Observation.allowed["use"][1], say("check.counted_twice", id=row.pooled_in)
    )


def _wrong(field: str, found: str, expected: Said, cure: Said = "") -> Fault:
    return Fault(field, found or say("nothing"), expected, cure)


def _unless(fits: bool, field: str, found: str, expected: Said, cure: Said = "") -> Iterator[Fault]:
    """No fault where it fits, else this one."""
    return iter(() if fits else (_wrong(field, found, expected, cure),))


CHECKS: Mapping[str, tuple[tuple[str, ...], Callable[..., Found]]] = {
    "publication_ids": (("studies",), publication_ids),
    "dates": (("studies",), dates),
    "ages": (("studies",), ages),
    "duplicate_reports": (("studies",), duplicate_reports),
    "retracted": (("studies",), retracted),
    "arms_total": (("studies",), arms_total),
    "arm_ids": (("outcomes", "observations"), arm_ids),
    "standings": (("claims",), standings),
    "counts": (("outcomes",), counts),
    "percentages": (("outcomes",), percentages),
    "spreads": (("outcomes",), spreads),
    "intervals": (("outcomes",), intervals),
    "p_values": (("outcomes",), p_values),
    "directions": (("outcomes",), directions),
    "signs": (("outcomes",), signs),
    "differences": (("outcomes",), differences),
    "record_counts": (("observations",), record_counts),
    "record_changes": (("observations",), record_changes),
    "record_spreads": (("observations",), record_spreads),
    "record_odds": (("observations",), record_odds),
    "record_precision": (("observations",), record_precision),
    "pooled": (("observations",), pooled),
}
"""Each check by its name, with the files whose rows it looks at."""


def judged(name: str, figures: Figures) -> list[Judged]:
    """The rows to which a check applies, each with what is wrong."""
    tables, check = CHECKS[name]
    rows = [row for table in tables for row in getattr(figures.evidence, table)]
    applied = [(row, check(row, figures)) for row in rows]
    return [Judged(row, tuple(found)) for row, found in applied if found is not None]
