"""Reads a text, YAML or JSON file into plain data, and says where in the file each value stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import Fault, InputError, Said, near_name, say
from .library_messages import library_message, system_message

Place = tuple[int, int]
SAME_FILE = 0.8
"""How alike a file's name must be to one beside it that is suggested: the ending alone makes them alike."""


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises InputError when the file is missing, empty or in another encoding.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(_unreadable(path, error)) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(_encoding_fault(path, raw, error.start)) from error
    if not text.strip():
        raise InputError(Fault("file", say("nothing"), say("some_content"), say("is_it_saved"), where=str(path)))
    return text


def _unreadable(path: Path, error: OSError) -> Fault:
    found: Said = system_message(error)
    cure: Said = ""
    if isinstance(error, FileNotFoundError):
        beside = sorted(p.name for p in path.parent.glob(f"*{path.suffix}"))
        near = near_name(path.name, beside, SAME_FILE)
        found, cure = say("no_such_file"), say("did_you_mean", word=repr(near)) if near else ""
    elif path.is_dir():
        found, cure = say("a_folder"), say("name_one_file")
    return Fault("file", found, say("readable_file"), cure, str(path))


def _encoding_fault(path: Path, raw: bytes, position: int) -> Fault:
    line = raw.count(b"\n", 0, position) + 1
    try:
        raw.decode("gb18030")
        found, cure = say("text_in_gb18030"), say("save_utf8")
    except UnicodeDecodeError:
        found, cure = say("no_text"), say("is_it_the_right_file")
    return Fault("encoding", found, say("utf8"), cure, where=f"{path}:{line}")


class Document:
    """Plain data from a YAML or JSON file that knows the line and column of each of its values."""

    def __init__(self, path: Path, data: Any, places: Mapping[tuple[str | int, ...], Place]):
        self.path = path
        self.data = data
        self._places = places

    def where(self, location: Sequence[str | int]) -> str:
        """file:line:column of a location, or of the nearest thing above it that has a place."""
        steps = tuple(location)
        while steps and steps not in self._places:
            steps = steps[:-1]
        line, column = self._places.get(steps, (1, 1))
        return f"{self.path}:{line}:{column}"

    def path_to(self, wanted: Any) -> tuple[str | int, ...]:
        """Where the first value stands that equals another; the whole where none does."""
        return next(_paths_to(self.data, wanted, ()), ())


def _paths_to(data: Any, wanted: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if data == wanted:
        yield at
    parts = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for step, part in parts:
        yield from _paths_to(part, wanted, (*at, step))


def read_document(path: Path, as_yaml: Callable[[str], str] = str) -> Document:
    """A YAML (1.2) or JSON file with the places of its values; a repeated key is an error.

    as_yaml: makes YAML of the text of a YAML file, on the same lines.
    """
    text = read_text(path)
    return _json_document(path, text) if path.suffix.lower() == ".json" else _yaml_document(path, as_yaml(text))


def _json_document(path: Path, text: str) -> Document:
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _unique(path, text, pairs))
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        cure = say("json_slip")
        raise InputError(
            Fault("file", say("broken_json", problem=library_message(error.msg)), say("valid_json"), cure, where)
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(_too_much(path, error)) from error
    return Document(path, data, {(key,): places[0] for key, places in _json_keys(text).items()})


def _unique(path: Path, text: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        places = _json_keys(text)
        raise InputError(
            [_repeated(f"{path}:{line}:{column}", key) for key in repeated for line, column in places[key][1:2]]
        )
    return dict(pairs)


def _json_keys(text: str) -> dict[str, list[Place]]:
    """Line and column of every key of a JSON text, in the order of the text: a profile is flat, so
    that a key's name is its place."""
    places: dict[str, list[Place]] = {}
    for match in re.finditer(r'("(?:[^"\\]|\\.)*")(\s*:)?', text):
        if match[2]:
            start = match.start()
            place = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
            places.setdefault(json.loads(match[1], strict=False), []).append(place)
    return places


def _repeated(where: str, key: str) -> Fault:
    return Fault(key, say("key_twice"), say("key_once"), say("remove_one"), where=where)


def _yaml_document(path: Path, text: str) -> Document:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="rt", pure=True)
    try:
        tree = yaml.load(text)
    except DuplicateKeyError as error:
        raise InputError(_duplicate_fault(path, error)) from error
    except MarkedYAMLError as error:
        raise InputError(_broken_yaml(path, error)) from error
    except YAMLError as error:
        problem = str(error).splitlines()[0]
        raise InputError(
            Fault("file", say("broken_yaml", problem=library_message(problem)), say("valid_yaml"), where=str(path))
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(_too_much(path, error)) from error
    places: dict[tuple[str | int, ...], Place] = {}
    return Document(path, _plain(tree, (), places), places)


def _too_much(path: Path, error: Exception) -> Fault:
    """What Python reads no further: brackets in brackets without end, or a number longer than it takes."""
    if isinstance(error, RecursionError):
        return Fault("file", say("too_deep"), say("names_and_values"), where=str(path))
    return Fault("file", say("unreadable_value"), say("usual_length"), say("digit_misplaced"), str(path))


def _broken_yaml(path: Path, error: Any) -> Fault:
    mark, problem = error.problem_mark, str(error.problem)
    where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
    cure = say("yaml_slip")
    if "'\\t'" in problem:
        cure = say("indent_with_spaces")
    return Fault("file", say("broken_yaml", problem=library_message(problem)), say("valid_yaml"), cure, where)


def _duplicate_fault(path: Path, error: Any) -> Fault:
    mark = error.problem_mark
    key = str(error.problem).split('"')[1] if '"' in str(error.problem) else "key"
    return _repeated(f"{path}:{mark.line + 1}:{mark.column + 1}", key)


def _plain(node: Any, location: tuple[str | int, ...], places: dict[tuple[str | int, ...], Place]) -> Any:
    """Dicts, lists and scalars from ruamel's tree, noting where each stood."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(node, CommentedMap):
        for key in node.lc.data or ():  # the lines of its own keys, without those that `<<` merges
            line, column = node.lc.key(key)
            places[(*location, str(key))] = (line + 1, column + 1)
        return {str(k): _plain(v, (*location, str(k)), places) for k, v in node.items()}
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            line, column = node.lc.item(index)
            places[(*location, index)] = (line + 1, column + 1)
        return [_plain(v, (*location, i), places) for i, v in enumerate(node)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    """Python's own type behind ruamel's round-trip scalars."""
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return str(node)
