"""A copy of the content in which every factor, level, condition, field, article and column has another name."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from predictor.content.condition_files import read_conditions
from predictor.content.conditions import Condition
from predictor.content.configuration import read_configuration
from predictor.content.evidence import FILES, Observation

Row = dict[str, str]


@dataclass
class Names:
    """The new names, made as they are asked for: `factor_1`, `level_1`, ..., whatever the old ones were."""

    given: dict[tuple[str, ...], str] = field(default_factory=dict)

    def new(self, kind: str, *old: str) -> str:
        count = sum(key[0] == kind for key in self.given)
        return self.given.setdefault((kind, *old), f"{kind}_{count + 1}")

    def condition(self, id: str) -> str:
        return self.new("condition", id)

    def factor(self, id: str) -> str:
        return self.new("factor", id)

    def level(self, factor: str, id: str) -> str:
        return self.new("level", factor, id)

    def field(self, id: str) -> str:
        return self.new("field", id)

    def column(self, name: str) -> str:
        """A column that tells a factor; one that every row has keeps its name."""
        return name if name in Observation.own_kinds() else self.new("column", name)

    def values(self, condition: Condition, profile: Mapping[str, Any]) -> dict[str, Any]:
        """A profile's values by their new names."""
        found = {}
        for name, value in profile.items():
            told = condition.fields[name]
            is_level = isinstance(value, str) and not told.categories
            found[self.field(name)] = self.level(told.factor, value) if is_level else value
        return found


def renamed(configs: Path, data: Path, out: Path) -> Names:
    """Writes the copy to out/configs and out/data; the new names."""
    names = Names()
    conditions = read_conditions(configs)
    shutil.copytree(configs / "locales", out / "configs" / "locales")
    shutil.copy(configs / "assumptions.yaml", out / "configs")
    for condition in conditions:
        tree = _condition(read_configuration(configs / f"{condition.id}.yaml").data, condition, names)
        path = out / "configs" / f"{tree['condition']}.yaml"
        path.write_text(json.dumps(tree, ensure_ascii=False, indent=1), encoding="utf-8")  # YAML holds JSON
    folder = out / "data" / "evidence"
    folder.mkdir(parents=True)
    for table, (file, _) in FILES.items():
        with (data / "evidence" / file).open(encoding="utf-8-sig", newline="") as source:
            rows = [_row(table, row, conditions, names) for row in csv.DictReader(source)]
        with (folder / file).open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return names


def _condition(tree: dict[str, Any], condition: Condition, names: Names) -> dict[str, Any]:
    """A condition's file with all that names something renamed."""
    of = _named(condition, names)
    tree |= {"condition": names.condition(condition.id), "article": names.new("article", condition.article)}
    tree["reference_outcome"] = names.new("outcome", tree["reference_outcome"])
    tree["outcomes"] = {names.new("outcome", id): told for id, told in tree["outcomes"].items()}
    tree["factors"] = {names.factor(id): _factor(id, told, names) for id, told in tree["factors"].items()}
    for contradiction in tree.get("contradictions", ()):
        contradiction["when"] = {of(name): of(name, values) for name, values in contradiction["when"].items()}
    for compound in tree.get("compounds", ()):
        told = compound["levels"].items()
        compound["levels"] = {names.factor(id): names.level(id, level) for id, level in told}
    for limit in tree.get("cannot_exceed", ()):
        limit |= {"factor": names.factor(limit["factor"]), "than": names.factor(limit["than"])}
        limit["found"] = {names.field(id): words for id, words in limit["found"].items()}
    for key, name in (("unused_columns", names.column), ("without_model", names.condition)):
        if key in tree:
            tree[key] = {name(id): told for id, told in tree[key].items()}
    if "natural_course" in tree:
        course = tree["natural_course"]
        course |= {"factor": names.factor(course["factor"]), "groups": names.field(course["groups"])}
    return tree


def _named(condition: Condition, names: Names) -> Callable[..., Any]:
    """The new name of a factor or a field, or of levels or categories told by it."""

    def new(name: str, values: Iterable[str] | None = None) -> Any:
        if name in condition.by_id:
            return names.factor(name) if values is None else [names.level(name, value) for value in values]
        return names.field(name) if values is None else list(values)

    return new


def _factor(id: str, told: dict[str, Any], names: Names) -> dict[str, Any]:
    def levels(tree: Mapping[str, Any]) -> dict[str, Any]:
        return {names.level(id, level): value for level, value in tree.items()}

    told |= {key: names.level(id, told[key]) for key in ("reference", "untold") if key in told}
    told["levels"] = levels(told["levels"])
    if "shares" in told["population"]:
        told["population"]["shares"] = levels(told["population"]["shares"])
    if "study_groups" in told:
        told["study_groups"] = levels(told["study_groups"])
    if "spanning_levels" in told:
        told["spanning_levels"] = levels(told["spanning_levels"])
        for span in told["spanning_levels"].values():
            span["shares"] = levels(span["shares"])
    if "groups" in told:
        told["groups"] = {k: [names.level(id, level) for level in v] for k, v in levels(told["groups"]).items()}
    if "undetermined_levels" in told:
        told["undetermined_levels"] = [names.level(id, level) for level in told["undetermined_levels"]]
    if "evidence_names" in told:
        told["evidence_names"] = [names.new("evidence_name", name) for name in told["evidence_names"]]
    if "observed" in told:
        told["observed"] = _observed(told["observed"], levels, names)
    told["arms"] = {names.new("arm_column", name): how for name, how in told.get("arms", {}).items()}
    told["fields"] = {names.field(name): _field(id, field, names) for name, field in told["fields"].items()}
    return told


def _field(factor: str, told: dict[str, Any], names: Names) -> dict[str, Any]:
    if "categories" in told:
        told["categories"] = {name: names.level(factor, level) for name, level in told["categories"].items()}
    return told


def _observed(seen: dict[str, Any], levels: Callable[[Mapping[str, Any]], dict[str, Any]], names: Names) -> Any:
    for key in ("mean", "at", "column"):
        if key in seen:
            seen[key] = names.column(seen[key])
    if "range" in seen:
        seen["range"] = [names.column(name) for name in seen["range"]]
    if "shares" in seen:
        seen["shares"] = {level: names.column(name) for level, name in levels(seen["shares"]).items()}
    if "labels" in seen:
        seen["labels"] = {names.column(name): label for name, label in seen["labels"].items()}
    return seen


def _row(table: str, row: Row, conditions: list[Condition], names: Names) -> Row:
    """A row of an evidence file; what names nothing of the content stays."""
    condition = next((c for c in conditions if row.get("condition") == c.id), None)
    if table == "observations":
        row = _observation(row, conditions, condition, names)
    elif table == "arms":
        row = _arm(row, conditions, names)
    elif table == "claims" and condition is not None:
        row |= _claim(row, condition, names)
    elif table == "findings" and condition is not None:
        row["factor"] = _factor_name(row["factor"], condition, names)
    if "source_id" in row:
        row["source_id"] = names.new("article", row["source_id"])
    if "condition" in row:
        row["condition"] = names.condition(row["condition"])
    return row


def _factor_name(name: str, condition: Condition, names: Names) -> str:
    """A factor by its id or by its name in the evidence; what is no factor stays."""
    if name in condition.by_id:
        return names.factor(name)
    return names.new("evidence_name", name) if condition.factor_named(name) else name


def _claim(row: Row, condition: Condition, names: Names) -> Row:
    told = row["factor"].split("*")
    factors = [condition.factor_named(name) for name in told]
    found = {"factor": "*".join(_factor_name(name, condition, names) for name in told)}
    for column in ("level", "versus"):
        if row[column] and None not in factors:
            pairs = zip(factors, row[column].split("*"), strict=True)
            found[column] = "*".join(names.level(factor.id, level) for factor, level in pairs if factor)
    if condition.question and row["horizon"] in condition.question.level_ids:
        found["horizon"] = names.level(condition.question.id, row["horizon"])
    return found


def _observation(row: Row, conditions: list[Condition], condition: Condition | None, names: Names) -> Row:
    told = Observation.told_kinds(conditions)
    words = {column: factor.id for c in conditions for factor in c for column in factor.observed.words}
    found = {}
    for column, cell in row.items():
        if column in told:
            named = cell and column in words
            found[names.column(column)] = names.level(words[column], cell) if named else cell
        else:
            found[column] = cell
    found["outcome"] = names.new("outcome", row["outcome"]) if row["outcome"] else ""
    if row["term"] and condition is not None:
        found["term"] = _term(row["term"], condition, names)
    return found


def _term(term: str, condition: Condition, names: Names) -> str:
    kind, *rest = term.split(":")
    if len(rest) == 1:  # of the time that is asked for, whose term names no factor
        assert condition.question is not None
        return f"{kind}:{names.level(condition.question.id, rest[0])}"
    factor, level = rest
    return f"{kind}:{names.factor(factor)}:{names.level(factor, level)}"


def _arm(row: Row, conditions: list[Condition], names: Names) -> Row:
    shown = {column: (factor.id, how) for c in conditions for factor in c for column, how in factor.arms.items()}
    found = {}
    for column, cell in row.items():
        name = column if column in shown else column.removesuffix("_en").removesuffix("_zh")  # words, in a language
        if name in shown:
            factor, how = shown[name]
            known = [level for c in conditions if factor in c.by_id for level in c.by_id[factor].level_ids]
            level = how == "level" and cell in known
            new = names.new("arm_column", name) + column.removeprefix(name)
            found[new] = names.level(factor, cell) if level else cell
        else:
            found[column] = cell
    return found
