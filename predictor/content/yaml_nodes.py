"""Plain data from the nodes of a YAML 1.2 text: names, lists and scalars, each where it stands, and nothing else.

The nodes are taken before any object is made of them: no tag is obeyed, and what an alias repeats is counted each time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ..errors import Fault, InputError, Said, say, shortened
from .library_messages import library_message

Place = tuple[int, int]
Location = tuple[str | int, ...]
MOST_VALUES = 50_000
"""Values of one file, those that aliases repeat counted each time: 25 times those of the longest of the content."""
DEEPEST = 100
"""Values within values; the content is seven deep. Well below where Python itself stops."""
TAG = "tag:yaml.org,2002:"
SCALARS = frozenset(f"{TAG}{name}" for name in ("bool", "float", "int", "null", "str", "timestamp"))
MERGE = f"{TAG}merge"


def yaml_data(where: str, text: str) -> tuple[Any, dict[Location, Place]]:
    """(data, places) of a YAML text. Raises InputError for what is no YAML or more than names, lists and scalars."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="rt", pure=True)
    yaml.max_depth = DEEPEST
    try:
        with warnings.catch_warnings(action="ignore"):  # of an anchor that stands twice
            root = yaml.compose(text)
    except MarkedYAMLError as error:
        raise InputError(_broken(where, error)) from error
    except (YAMLError, AssertionError, AttributeError) as error:  # the last two: a tag or a directive that is none
        problem: Said = library_message(str(error).splitlines()[0]) if str(error) else say("a_part_amiss")
        raise InputError(Fault("file", say("broken_yaml", problem=problem), say("valid_yaml"), where=where)) from error
    except (ValueError, OverflowError) as error:
        raise InputError(unreadable(where)) from error
    except RecursionError as error:
        raise InputError(too_deep(where)) from error
    reader = _Reader(where, yaml.constructor)
    data = None if root is None else reader.plain(root, ())
    if reader.faults:
        raise InputError(reader.faults)
    return data, reader.places


def _broken(where: str, error: Any) -> Fault:
    from ruamel.yaml.composer import MaxDepthExceededError

    if isinstance(error, MaxDepthExceededError):
        return too_deep(where)
    mark, problem = error.problem_mark, str(error.problem)
    at = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
    cure = say("indent_with_spaces") if "'\\t'" in problem else say("yaml_slip")
    return Fault("file", say("broken_yaml", problem=library_message(problem)), say("valid_yaml"), cure, at)


def too_deep(where: str) -> Fault:
    """The fault of values within values without end."""
    return Fault("file", say("too_deep"), say("names_and_values"), where=where)


def unreadable(where: str) -> Fault:
    """The fault of a number that is longer than Python takes, or a sign that is none."""
    return Fault("file", say("unreadable_value"), say("usual_length"), say("digit_misplaced"), where)


def repeated(where: str, key: str) -> Fault:
    """The fault of a key that stands twice."""
    return Fault(key, say("key_twice"), say("key_once"), say("remove_one"), where)


class _Reader:
    """Makes plain data of nodes, notes where each stood, and gathers what is wrong."""

    def __init__(self, where: str, constructor: Any):
        self.where, self.constructor = where, constructor
        self.places: dict[Location, Place] = {}
        self.faults: list[Fault] = []
        self._left = MOST_VALUES
        self._open: set[int] = set()

    def plain(self, node: Any, location: Location) -> Any:
        """The data of a node. Raises InputError for a value within itself, and for too many values."""
        self._count(node)
        kind = node.id
        if kind == "scalar":
            return self._scalar(node)
        if str(node.tag) not in (f"{TAG}map", f"{TAG}seq"):
            self.faults.append(self._tagged(node))
            return None
        self._open.add(id(node))
        data = self._mapping(node, location) if kind == "mapping" else self._sequence(node, location)
        self._open.discard(id(node))
        return data

    def _count(self, node: Any) -> None:
        if id(node) in self._open:
            raise InputError(Fault("file", say("value_in_itself"), say("names_and_values"), where=self._place(node)))
        self._left -= 1
        if self._left < 0:
            found = say("more_than_values", number=MOST_VALUES)
            raise InputError(Fault("file", found, say("fewer_values"), say("write_aliases_out"), self.where))

    def _place(self, node: Any) -> str:
        return f"{self.where}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def _tagged(self, node: Any) -> Fault:
        return Fault(
            "file", say("yaml_tag", tag=shortened(str(node.tag))), say("value_without_tag"), where=self._place(node)
        )

    def _scalar(self, node: Any) -> Any:
        """The value of a scalar as YAML 1.2 reads it; of a time its text."""
        tag = str(node.tag)
        if tag not in SCALARS:
            self.faults.append(self._tagged(node))
            return None
        if tag == f"{TAG}timestamp":
            return node.value
        try:
            return own_type(self.constructor.construct_object(node))
        except (KeyError, ValueError, OverflowError, IndexError, AttributeError):
            self.faults.append(unreadable(self._place(node)))
            return None

    def _sequence(self, node: Any, location: Location) -> list[Any]:
        for index, item in enumerate(node.value):
            self._note((*location, index), item)
        return [self.plain(item, (*location, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: Any, location: Location) -> dict[str, Any]:
        """A mapping with its own keys as texts; what `<<` merges stands behind them."""
        own: dict[str, Any] = {}
        merged: list[Any] = []
        for key, value in node.value:
            if str(key.tag) == MERGE:
                merged.append(value)
                continue
            name = self._key(key)
            if name in own:
                self.faults.append(repeated(self._place(key), name))
                continue
            self._note((*location, name), key)
            own[name] = self.plain(value, (*location, name))
        for mapping in self._merged(merged):
            own = {**mapping, **own}
        return own

    def _key(self, node: Any) -> str:
        if node.id == "scalar":
            return str(self._scalar(node))
        self.faults.append(Fault("file", say("nested_key"), say("names_with_values"), where=self._place(node)))
        return ""

    def _merged(self, values: list[Any]) -> Iterator[dict[str, Any]]:
        """The mappings that are merged, the one that goes before first, without places of their own."""
        for value in values:
            for node in value.value if value.id == "sequence" else [value]:
                self._count(node)
                if node.id == "mapping":
                    reader = _Reader(self.where, self.constructor)
                    reader._left, reader._open, reader.faults = self._left, self._open | {id(node)}, self.faults
                    yield reader._mapping(node, ())
                    self._left = reader._left
                else:
                    self.faults.append(
                        Fault("<<", say("a_part_amiss"), say("keys_with_values"), where=self._place(node))
                    )

    def _note(self, location: Location, node: Any) -> None:
        self.places[location] = (node.start_mark.line + 1, node.start_mark.column + 1)


def own_type(value: Any) -> Any:
    """Python's own type behind ruamel's scalars."""
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return str(value)
