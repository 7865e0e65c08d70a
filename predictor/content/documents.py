"""Reads a text, YAML or JSON file into plain data, and says where in the file each value stands."""

from __future__ import annotations

import json
import re
import stat
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..errors import Fault, InputError, Said, near_name, say, shown
from .library_messages import library_message, system_message
from .yaml_nodes import Place, repeated, too_deep, unreadable, yaml_data

SAME_FILE = 0.8
"""How alike a file's name must be to one beside it that is suggested: the ending alone makes them alike."""
DEEPEST = 200
"""Values within values of a JSON text; a profile has two."""
LARGEST = 20_000_000
"""Bytes of a file that is read whole; the largest of the content has 350 kB, and a text table goes another way."""


def read_text(path: Path, most: int = LARGEST) -> str:
    """The text of a UTF-8 file, with or without a byte order mark; most: the bytes that it may have.

    Raises InputError when the file is missing, empty, too large, in another encoding, or no file.
    """
    raw = _read_bytes(path, most)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(_encoding_fault(path, raw, error.start)) from error
    if not text.strip():
        raise InputError(Fault("file", say("nothing"), say("some_content"), say("is_it_saved"), where=str(path)))
    return text


def _read_bytes(path: Path, most: int) -> bytes:
    try:
        if fault := irregular(path):
            raise InputError(fault)
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise InputError(_unreadable(path, error)) from error
    if len(raw) > most:
        found, expected = say("more_than_bytes", number=most), say("smaller_file")
        raise InputError(Fault("file", found, expected, say("is_it_the_right_file"), str(path)))
    return raw


def irregular(path: Path) -> Fault | None:
    """The fault of a pipe, a device or a socket, which may wait or give without end. Raises OSError."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return Fault("file", say("pipe_or_device"), say("readable_file"), say("save_to_file"), str(path))


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


def read_document(path: Path, most: int = LARGEST, as_yaml: Callable[[str], str] = str) -> Document:
    """A YAML (1.2) or JSON file with the places of its values; a repeated key is an error.

    most: the most bytes that the file may have.
    as_yaml: makes YAML of the text of a YAML file, on the same lines.
    """
    text = read_text(path, most)
    if path.suffix.lower() == ".json":
        data = _json_data(path, text)
        return Document(path, data, {(key,): places[0] for key, places in _json_keys(text).items()})
    return Document(path, *yaml_data(str(path), as_yaml(text)))


def read_json(path: Path, most: int = LARGEST) -> Any:
    """The data of a JSON file; a repeated key is an error."""
    return _json_data(path, read_text(path, most))


def kind_of(data: Any) -> Said:
    """What a file holds instead of names with values."""
    if data is None:
        return say("nothing")
    return say("a_list") if isinstance(data, list | tuple) else say("single_value", value=shown(data))


def _json_data(path: Path, text: str) -> Any:
    if depth(text) > DEEPEST:
        raise InputError(too_deep(str(path)))
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(path, text, pairs))
    except json.JSONDecodeError as error:
        where, problem = f"{path}:{error.lineno}:{error.colno}", library_message(error.msg)
        fault = Fault("file", say("broken_json", problem=problem), say("valid_json"), say("json_slip"), where)
        raise InputError(fault) from error
    except ValueError as error:
        raise InputError(unreadable(str(path))) from error


def depth(text: str) -> int:
    """How deep the values of a JSON text stand within each other; each Python's parser stops at another depth."""
    signs = (found[0] for found in re.finditer(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', text, re.DOTALL))
    steps = (1 if sign in "[{" else -1 for sign in signs if sign[0] != '"')
    return max(accumulate(steps, initial=0))


def _unique(path: Path, text: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        places = _json_keys(text)
        again = [(key, place) for key in sorted(found) if counts[key] > 1 for place in places[key][1:2]]
        raise InputError([repeated(f"{path}:{line}:{column}", key) for key, (line, column) in again])
    return found


def _json_keys(text: str) -> dict[str, list[Place]]:
    """Line and column of every key of a JSON text, in the order of the text: a profile is flat, so
    that a key's name is its place."""
    starts = [0, *(end.end() for end in re.finditer("\n", text))]
    places: dict[str, list[Place]] = {}
    for match in re.finditer(r'("(?:[^"\\]|\\.)*")(\s*:)?', text):
        if match[2]:
            line = bisect_right(starts, match.start())
            place = line, match.start() - starts[line - 1] + 1
            places.setdefault(json.loads(match[1], strict=False), []).append(place)
    return places
