"""Reads a text, YAML or JSON file into plain data, and says where in the file each value stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import Fault, InputError

Place = tuple[int, int]


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises InputError when the file is missing, empty or in another encoding.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        fault = Fault("file", error.strerror or "no file", "a file that can be read", where=str(path))
        raise InputError(fault) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(_encoding_fault(path, raw, error.start)) from error
    if not text.strip():
        raise InputError(Fault("file", "nothing", "a profile", "Is the file saved?", where=str(path)))
    return text


def _encoding_fault(path: Path, raw: bytes, position: int) -> Fault:
    line = raw.count(b"\n", 0, position) + 1
    try:
        raw.decode("gb18030")
        found = "text in GB18030 (or GBK)"
    except UnicodeDecodeError:
        found = "bytes that are no text"
    cure = "Save the file again with the encoding UTF-8."
    return Fault("encoding", found, "UTF-8", cure, where=f"{path}:{line}")


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


def read_document(path: Path) -> Document:
    """A YAML (1.2) or JSON file with the places of its values; a repeated key is an error."""
    text = read_text(path)
    return _json_document(path, text) if path.suffix.lower() == ".json" else _yaml_document(path, text)


def _json_document(path: Path, text: str) -> Document:
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _unique(path, pairs))
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise InputError(Fault("file", error.msg, "valid JSON", where=where)) from error
    return Document(path, data, {})


def _unique(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise InputError([_repeated(str(path), key) for key in repeated])
    return dict(pairs)


def _repeated(where: str, key: str) -> Fault:
    return Fault(key, "the key twice", "each key once", "Remove one of the two.", where=where)


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
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(Fault("file", str(error.problem), "valid YAML 1.2", where=where)) from error
    except YAMLError as error:
        raise InputError(Fault("file", str(error), "valid YAML 1.2", where=str(path))) from error
    places: dict[tuple[str | int, ...], Place] = {}
    return Document(path, _plain(tree, (), places), places)


def _duplicate_fault(path: Path, error: Any) -> Fault:
    mark = error.problem_mark
    key = str(error.problem).split('"')[1] if '"' in str(error.problem) else "key"
    return _repeated(f"{path}:{mark.line + 1}:{mark.column + 1}", key)


def _plain(node: Any, location: tuple[str | int, ...], places: dict[tuple[str | int, ...], Place]) -> Any:
    """Dicts, lists and scalars from ruamel's tree, noting where each stood."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(node, CommentedMap):
        for key in node:
            line, column = node.lc.key(key)
            places[(*location, key)] = (line + 1, column + 1)
        return {str(k): _plain(v, (*location, k), places) for k, v in node.items()}
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
