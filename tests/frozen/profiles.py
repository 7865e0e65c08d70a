"""Random profiles as people type them, made from words that stand here: number 7 is the same for any code under test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Quantity:
    """A number of a profile: its names, the usual values, and those where an answer or a refusal begins."""

    names: tuple[str, ...]
    low: float
    high: float
    cuts: tuple[float, ...]
    ends: tuple[float, float]
    whole: bool = False

    def name(self, rng: Random) -> str:
        return self.names[0] if rng.random() < 0.7 else rng.choice(self.names)

    def value(self, rng: Random) -> float:
        if rng.random() < 0.45:
            step = rng.choice((-1, 0, 0, 1) if self.whole else (-1, -0.5, -0.01, 0, 0, 0.01, 0.5, 1))
            return min(max(rng.choice(self.cuts) + step, self.ends[0]), self.ends[1])
        return rng.randint(int(self.low), int(self.high)) if self.whole else self._between(rng)

    def _between(self, rng: Random) -> float:
        return round(rng.uniform(self.low, self.high), rng.choice((0, 1, 1, 2)))

    def outside(self, rng: Random) -> float:
        """A value that is refused, or nearly."""
        low, high = self.ends
        return rng.choice((low - 1, high + 1, -high, high * 10, high, low, 999, -999, low + 0.001, high / 2 + 0.3))


@dataclass(frozen=True)
class Word:
    """A level of a profile: its names, and how each level is written."""

    names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    wrong: tuple[Any, ...] = ()

    def name(self, rng: Random) -> str:
        return self.names[0] if rng.random() < 0.7 else rng.choice(self.names)

    def value(self, rng: Random) -> str:
        return self.written(rng.choice(list(self.levels)), rng)

    def written(self, level: str, rng: Random) -> str:
        """One of the ways to write a level, mostly its id."""
        word = level if rng.random() < 0.55 else rng.choice((level, *self.levels[level]))
        return rng.choice((word, word, word, word.upper(), f" {word} ", word.replace("_", " ")))


AGE, AGE_MONTHS = ("age_years", "age", "年龄", "年龄（岁）", "Age (years)"), ("age_months", "月龄", "Age (months)")
INFUSIONS = Quantity(("infusions", "n_infusions", "doses", "次数"), 1, 6, (1, 2), (1, 50), whole=True)
HORIZON = Quantity(("horizon_months", "horizon", "随访月数"), 1, 48, (0.5, 12), (0.5, 120))
SOURCES = {
    "umbilical_cord": ("cord tissue", "wharton's jelly", "脐带", "umbilical cord tissue"),
    "cord_blood": ("umbilical cord blood", "ucb", "脐血"),
    "bone_marrow": ("marrow", "bm", "骨髓"),
    "fetal_neural": ("fetal brain", "胎脑", "fetal neural tissue"),
    "adipose": ("fat", "脂肪"),
}
CELLS = {
    "msc": ("mesenchymal", "MSCs", "间充质干细胞", "mesenchymal stromal cells"),
    "nsc_npc": ("nsc", "neural", "神经干细胞"),
    "ucb_unit": ("cord blood unit", "脐带血"),
    "mnc": ("mononuclear", "单个核细胞"),
    "other": ("其他",),
}
ROUTES = {
    "intrathecal": ("lumbar puncture", "it", "鞘内", "腰穿"),
    "intravenous": ("iv", "静脉", "静脉输注"),
    "intranasal": ("nasal", "鼻腔", "经鼻"),
    "intracerebral": ("intracranial", "脑内"),
}
CELL_NAMES, SOURCE_NAMES, ROUTE_NAMES = (
    ("cell_type", "cells", "细胞类型"),
    ("cell_source", "source", "来源"),
    ("route", "途径", "Route"),
)
INFLAMMATION = Word(("inflammation", "炎症"), {"high": ("高",), "low": ("低",)}, ("medium", "hi"))
CELL_WRONG, ROUTE_WRONG = (
    ("stem cells", "mcs", "干细胞", "neuronal"),
    ("intrathecally", "鞘", "oral", "intravenus", "magic"),
)

QUANTITIES: dict[str, dict[str, tuple[Quantity, ...]]] = {
    "cerebral_palsy": {
        "age": (
            Quantity(AGE, 0.5, 20, (0.4, 3, 6, 18, 20), (0, 100)),
            Quantity(AGE_MONTHS, 6, 230, (4.8, 36, 72, 216, 240), (0, 1200)),
        ),
        "severity": (Quantity(("gmfm88", "gmfm", "GMFM-88", "GMFM-88总分"), 5, 95, (0, 30, 40, 100), (0, 100)),),
        "timing": (
            Quantity(("months_since_injury", "病程（月）", "损伤后月数"), 1, 40, (6, 0), (0, 1200)),
            Quantity(("days_since_injury", "病程天数"), 10, 900, (182, 183), (0, 36525)),
            Quantity(("years_since_injury", "病程（年）"), 0, 3, (0.5,), (0, 100)),
        ),
        "infusions": (INFUSIONS,),
        "horizon": (HORIZON,),
    },
    "ischaemic_stroke": {
        "age": (
            Quantity(AGE, 25, 90, (18, 60, 85), (0, 120)),
            Quantity(AGE_MONTHS, 400, 1000, (216, 720, 1020), (0, 1440)),
        ),
        "severity": (Quantity(("nihss", "NIHSS评分", "nihss_score"), 0, 30, (0, 8, 20), (0, 42), whole=True),),
        "timing": (
            Quantity(("days_since_onset", "病程（天）", "发病天数"), 0, 400, (3, 7, 21, 182.625), (0, 36525)),
            Quantity(("hours_since_onset", "病程（小时）"), 1, 300, (72, 168, 504), (0, 876600)),
            Quantity(("months_since_onset", "病程（月）"), 0, 24, (0.1, 0.7, 6), (0, 1200)),
        ),
        "infusions": (INFUSIONS,),
        "horizon": (HORIZON,),
    },
}
WORDS: dict[str, dict[str, Word]] = {
    "cerebral_palsy": {
        "cell_type": Word(CELL_NAMES, {**CELLS, "oec": ("嗅鞘细胞",)}, CELL_WRONG),
        "cell_source": Word(SOURCE_NAMES, SOURCES, ("cord", "placenta", "胎盘", "bonemarrow")),
        "route": Word(ROUTE_NAMES, {**ROUTES, "intraventricular": ("脑室内",)}, ROUTE_WRONG),
        "gmfcs": Word(
            ("gmfcs", "GMFCS分级", "gmfcs_level"),
            {"I": ("1", "Ⅰ级"), "II": ("GMFCS II",), "III": ("iii", "3"), "IV": ("Ⅳ",), "V": ("5",)},
            ("VI", "0", "mild", 2.5),
        ),
        "injury_pattern": Word(
            ("injury_pattern", "injury_type", "分型"),
            {"unspecified": ("未细分",), "white_matter_spastic": ("pvl", "spastic"), "neuronal_loss_hie": ("hie",)},
            ("dystonic", "spastc"),
        ),
        "immune_state": Word(
            ("immune_state", "免疫状态"),
            {"immunocompetent": ("normal", "正常"), "immunosuppressed": ("steroids", "激素")},
            ("weak",),
        ),
        "inflammation": INFLAMMATION,
        "co_therapy": Word(
            ("co_therapy", "联合治疗"), {"none": ("no", "无"), "short_immunosuppression": ("短期免疫抑制",)}, ("rehab",)
        ),
        "genotype": Word(
            ("genotype", "基因型"), {"not_tested": ("未检测",), "regeneration_variant": ("variant",)}, ("APOE4",)
        ),
    },
    "ischaemic_stroke": {
        "cell_type": Word(
            CELL_NAMES, {**CELLS, "mapc": ("multistem",), "cd34": ("CD34+",), "epc": ("epcs",)}, CELL_WRONG
        ),
        "cell_source": Word(SOURCE_NAMES, {**SOURCES, "peripheral_blood": ("blood", "外周血")}, ("cord", "placenta")),
        "donor": Word(
            ("donor", "供者"), {"autologous": ("own", "自体"), "allogeneic": ("allogenic", "异体")}, ("sibling",)
        ),
        "route": Word(
            ROUTE_NAMES, {**ROUTES, "intraarterial": ("ia", "动脉"), "combined": ("combination", "联合")}, ROUTE_WRONG
        ),
        "severity_level": Word(
            ("severity", "严重程度"), {"mild": ("轻度",), "moderate": ("中",), "severe": ("重度",)}, ("bad",)
        ),
        "infarct_size": Word(("infarct_size", "梗死大小"), {"small": ("小",), "large": ("大面积",)}, ("big",)),
        "vascular_comorbidity": Word(
            ("vascular_comorbidity", "血管合并症"),
            {"none": ("no", "无"), "atherosclerosis": ("plaque",)},
            ("diabetes",),
        ),
        "inflammation": INFLAMMATION,
    },
}
SECOND = {"cerebral_palsy": "gmfcs", "ischaemic_stroke": "severity_level"}
"""A word for what a quantity tells too."""
COHERENT: dict[str, tuple[Mapping[str, str], ...]] = {
    "cerebral_palsy": (
        {"cell_type": "msc", "cell_source": "umbilical_cord"},
        {"cell_type": "msc", "cell_source": "bone_marrow"},
        {"cell_type": "ucb_unit", "cell_source": "cord_blood"},
        {"cell_type": "mnc", "cell_source": "bone_marrow"},
        {"cell_type": "nsc_npc", "cell_source": "fetal_neural"},
    ),
    "ischaemic_stroke": (
        {"cell_type": "msc", "cell_source": "bone_marrow", "donor": "autologous"},
        {"cell_type": "msc", "cell_source": "umbilical_cord", "donor": "allogeneic"},
        {"cell_type": "mapc", "cell_source": "bone_marrow", "donor": "allogeneic"},
        {"cell_type": "ucb_unit", "cell_source": "cord_blood", "donor": "allogeneic"},
        {"cell_type": "mnc", "cell_source": "bone_marrow", "donor": "autologous"},
        {"cell_type": "cd34", "cell_source": "peripheral_blood", "donor": "autologous"},
        {"cell_type": "nsc_npc", "cell_source": "fetal_neural", "donor": "allogeneic"},
    ),
}
STUDIED: dict[str, dict[str, tuple[Quantity, ...] | Word]] = {
    "cerebral_palsy": {
        "timing": (Quantity(("months_since_injury", "病程（月）"), 7, 30, (6.5,), (6.01, 1200)),),
        "route": Word(ROUTE_NAMES, {name: ROUTES[name] for name in ("intrathecal", "intravenous", "intranasal")}),
    },
    "ischaemic_stroke": {
        "age": (Quantity(AGE, 25, 84, (18, 60, 85), (18, 85)),),
        "severity": (Quantity(("nihss", "NIHSS评分"), 8, 30, (20,), (8, 42), whole=True),),
        "route": Word(
            ROUTE_NAMES, {"intravenous": ("iv", "静脉"), "intraarterial": ("ia",), "intracerebral": ("脑内",)}
        ),
    },
}
"""Where there are patients behind the answer: elsewhere it abstains."""
UNKNOWN = (None, "", "unknown", "NA", "n/a", "?", "-", "未知", "不详", float("nan"), "nd")
ODD = (
    True,
    False,
    [1, 2],
    {"a": 1},
    float("inf"),
    "1_000",
    "=1+1",
    "十",
    "about 3",
    "3-4",
    "2,5",
    "1,200",
    "\x1b[31m",
    "x" * 200,
)
KEYS = (
    "agee_years",
    "gmfm66",
    "GMFM-66",
    "nihs",
    "weight",
    "病程",
    "Age (weeks)",
    "duration",
    "rout",
    "mrs",
    "",
    "性别",
    "cell-typ",
)
CONDITION_NAMES = ("condition", "诊断", "disease", "Diagnosis")
CONDITION_WORDS = (
    *("cerebral_palsy", "cp", "脑瘫", "ischaemic_stroke", "stroke", "ischemic stroke", "中风"),
    *("脑出血", "haemorrhagic stroke", "als", "cerebal palsy", "", None, 7),
)


def profile(condition: str, number: int) -> Values:
    """The profile of that number: most are as they should be, the others have something odd or wrong in them."""
    rng = Random(f"{condition} {number}")
    told = plain(condition, rng, rng.choice((0.3, 0.6, 0.9, 1.0)))
    for _ in range(rng.choice((0, 0, 0, 0, 0, 0, 1, 1, 2, 3))):
        rng.choice(SPOILERS)(told, condition, rng)
    pairs = list(told.items())
    rng.shuffle(pairs)
    return dict(pairs)


def plain(condition: str, rng: Random, share: float) -> Values:
    """A profile with about that share of the factors told, each once and as it should be."""
    told: Values = {}
    studied = STUDIED[condition] if rng.random() < 0.6 else {}
    for topic, ways in {**QUANTITIES[condition], **WORDS[condition], **studied}.items():
        if rng.random() >= share or (topic in SECOND.values() and rng.random() < 0.9):
            continue
        way = ways if isinstance(ways, Word) else rng.choice(ways)
        value = way.value(rng)
        told[way.name(rng)] = value if isinstance(value, str) else _typed(value, rng)
    if studied or rng.random() < 0.5:
        _make_coherent(told, condition, rng)
    return told


def _make_coherent(told: Values, condition: str, rng: Random) -> None:
    """Cells that go together, where they are told."""
    for topic, level in rng.choice(COHERENT[condition]).items():
        word = WORDS[condition][topic]
        for name in word.names:
            if name in told:
                told[name] = word.written(level, rng)


def _typed(value: float, rng: Random) -> Any:
    """A number as a file, a form or a program gives it."""
    number = int(value) if value == int(value) else value
    return rng.choice((number, number, number, float(number), str(number), f" {number} "))


def _any_quantity(condition: str, rng: Random) -> Quantity:
    return rng.choice(rng.choice(list(QUANTITIES[condition].values())))


def _unknown(told: Values, condition: str, rng: Random) -> None:
    told[_any_quantity(condition, rng).name(rng)] = rng.choice(UNKNOWN)
    told[rng.choice(list(WORDS[condition].values())).name(rng)] = rng.choice(UNKNOWN)


def _wrong_word(told: Values, condition: str, rng: Random) -> None:
    word = rng.choice(list(WORDS[condition].values()))
    told[word.name(rng)] = rng.choice((*word.wrong, word.value(rng)[:-1], rng.choice(ODD), rng.randint(0, 9)))


def _outside(told: Values, condition: str, rng: Random) -> None:
    quantity = _any_quantity(condition, rng)
    told[quantity.name(rng)] = _typed(quantity.outside(rng), rng)


def _with_unit(told: Values, condition: str, rng: Random) -> None:
    quantity = _any_quantity(condition, rng)
    unit = rng.choice((" years", "岁", " months", "个月", "d", " points", " weeks", "h"))
    told[quantity.name(rng)] = f"{quantity.value(rng):g}{unit}"


def _odd(told: Values, condition: str, rng: Random) -> None:
    told[_any_quantity(condition, rng).name(rng)] = rng.choice(ODD)


def _second_field(told: Values, condition: str, rng: Random) -> None:
    """Two quantities of one factor, or a level beside its quantity: they agree or not."""
    first, *others = rng.choice(list(QUANTITIES[condition].values()))
    told[first.names[0]] = first.value(rng)
    for other in others[:1]:
        told[other.names[0]] = other.value(rng)
    word = WORDS[condition][SECOND[condition]]
    told[word.names[0]] = word.value(rng)


def _agreeing(told: Values, condition: str, rng: Random) -> None:
    years = rng.randint(1, 80)
    told["age_years"], told["age_months"] = years, years * 12 + rng.choice((0, 5, 11, 12, 13, -1))


def _unknown_key(told: Values, condition: str, rng: Random) -> None:
    other = [quantity for quantities in QUANTITIES.values() for some in quantities.values() for quantity in some]
    told[rng.choice((*KEYS, rng.choice(other).names[0]))] = rng.choice((1, 40, "x", "是", None))


def _twice(told: Values, condition: str, rng: Random) -> None:
    quantity = _any_quantity(condition, rng)
    for name in quantity.names[:2]:
        told[name] = quantity.value(rng)


def _contradiction(told: Values, condition: str, rng: Random) -> None:
    told["cell_type"], told["cell_source"] = rng.choice(list(CELLS)), rng.choice(list(SOURCES))


def _named(told: Values, condition: str, rng: Random) -> None:
    told[rng.choice(CONDITION_NAMES)] = rng.choice(CONDITION_WORDS)


SPOILERS: tuple[Callable[[Values, str, Random], None], ...] = (
    *(_unknown, _unknown, _wrong_word, _outside, _outside, _with_unit, _odd, _second_field, _agreeing),
    *(_unknown_key, _twice, _contradiction, _contradiction, _named),
)


def row(condition: str, rng: Random) -> Values:
    """A row of a table: each topic once, now and then unknown or wrong."""
    told: Values = {topic: some[0].value(rng) for topic, some in QUANTITIES[condition].items()}
    told |= {topic: word.value(rng) for topic, word in WORDS[condition].items()}
    for topic, level in rng.choice(COHERENT[condition]).items():
        told[topic] = WORDS[condition][topic].written(level, rng)
    for topic in told:
        if rng.random() < 0.08:
            told[topic] = rng.choice(("", "NA", "未知", None))
    if rng.random() < 0.05:
        topic = rng.choice(list(QUANTITIES[condition]))
        told[topic] = rng.choice((QUANTITIES[condition][topic][0].outside(rng), "3 years", "=1+1", "x"))
    if rng.random() < 0.03:
        told["route"] = rng.choice(ROUTE_WRONG)
    return told
