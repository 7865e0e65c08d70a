"""What every result shows of itself: a line in a console, a table in a notebook, a data frame, plain data."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, Union, get_args, get_origin, get_type_hints

from ..content.wording import in_english
from ..errors import Phrase

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
LONGEST_REPR = 200
"""Signs of a repr: two or three lines of a console."""
LONGEST_PART = 60
"""Signs of one part of it."""
MOST_ROWS = 20
"""Rows that a notebook shows; a data frame holds all."""
ANSWER = "point"
"""The part of a row that is the answer there: its columns need no name before them."""
WITHHELD = "cannot_say"
"""What stands for an answer that is withheld."""


@dataclass(frozen=True)
class Source:
    """What no display of a result is without: the stance with its meaning, the scorecard, the intended use."""

    lines: tuple[str, ...]
    language: str


class Result:
    """What a method gives: short to look at, and a table for a program. Nothing that is withheld stands in either.

    rows_of: the field whose items are the rows of the table; none: the result itself is its one row.
    """

    rows_of: ClassVar[str] = ""

    @property
    def source(self) -> Source | None:
        """What made it; none of a part, which only the whole can tell."""
        return None

    def table(self) -> list[dict[str, Any]]:
        """The rows of the table, each a mapping of column to value."""
        items = getattr(self, self.rows_of) if self.rows_of else (self,)
        return [item.cells() for item in items]

    def cells(self) -> dict[str, Any]:
        """The result as one row: its fields; those of a part stand behind its name and an underscore."""
        return _row(type(self), self)

    @property
    def _columns(self) -> list[str] | None:
        """The columns of a table without rows; those of its rows where there are some."""
        if not self.rows_of or getattr(self, self.rows_of):
            return None
        kind: Any = type(self)
        return list(_row(get_args(dict(_fields(kind))[self.rows_of])[0], None))

    def to_frame(self) -> pd.DataFrame:
        """The table as a data frame of pandas."""
        import pandas as pd

        return pd.DataFrame(self.table(), columns=self._columns)

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        told: dict[str, Any] = plain(self)
        return told

    def in_brief(self) -> Mapping[str, Any]:
        """What a repr tells, by name."""
        return {f.name: getattr(self, f.name) for f in told_fields(self)}

    @property
    def headline(self) -> Any:
        """What stands for the result within another: its first field."""
        return getattr(self, told_fields(self)[0].name)

    def __repr__(self) -> str:
        told = [f"{name}={_brief(value)}" for name, value in self.in_brief().items() if not _is_empty(value)]
        return _cut(f"{type(self).__name__}({', '.join(told)}", LONGEST_REPR - 1) + ")"

    def _repr_html_(self) -> str:
        rows, source = self.table(), self.source or _of_a_part()
        head = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else ()))
        body = "".join(_html_row(row) for row in rows[:MOST_ROWS])
        more = f"<p>{MOST_ROWS} / {len(rows)}: to_frame()</p>" if len(rows) > MOST_ROWS else ""
        lines = "<br>".join(map(escape, source.lines))
        return (
            f'<section lang="{source.language}"><p><b>{escape(repr(self))}</b></p>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}<p><small>{lines}</small></p></section>"
        )


@dataclass(frozen=True, repr=False)
class Sourced(Result):
    """A result that tells by which model it was made."""

    source: Source | None = field(default=None, kw_only=True, compare=False)


class Listed(Result, tuple[T, ...]):
    """Several results of a kind, in order, with the rows of all."""

    source: Source | None = None

    def __new__(cls, items: Iterable[T] = (), source: Source | None = None) -> Self:
        made = super().__new__(cls, items)
        made.source = source
        return made

    def table(self) -> list[dict[str, Any]]:
        return [row for item in self if isinstance(item, Result) for row in item.table()]

    def in_brief(self) -> Mapping[str, Any]:
        return {str(i): item for i, item in enumerate(self)}


def together(results: Iterable[Result]) -> Source | None:
    """What made several results: each line of theirs once, in order."""
    sources = [result.source for result in results if result.source]
    lines = dict.fromkeys(line for of_all in zip(*(s.lines for s in sources), strict=True) for line in of_all)
    return Source(tuple(lines), sources[0].language) if sources else None


def told_fields(record: Any) -> tuple[Field[Any], ...]:
    """The fields of a record, or of a class of records, that belong to its content."""
    return tuple(f for f in fields(record) if f.compare)


def plain(value: Any) -> Any:
    """Plain data without negative zeros; a record becomes a mapping of its fields."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in told_fields(value)}
    return value


def _of_a_part() -> Source:
    """What a part shows, whose stance and scorecard only the whole knows."""
    return Source((in_english(Phrase("intended_use")),), "en")


def _row(kind: Any, record: Any) -> dict[str, Any]:
    """The cells of a record of a class; empty ones where there is none."""
    return {name: cell for f, of in _fields(kind) for name, cell in _cells(f, of, getattr(record, f, None))}


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a class of records with their types."""
    hints = get_type_hints(kind)
    return tuple((f.name, hints[f.name]) for f in told_fields(kind))


def _cells(name: str, kind: Any, value: Any) -> Iterator[tuple[str, Any]]:
    """The cells of one part of a row, the same columns whether it is there or none; several things in one text."""
    if (part := _record_type(kind)) is not None:
        before = "" if name == ANSWER else f"{name}_"
        for f, cell in _row(part, value).items():
            yield f"{before}{f}", cell
    elif isinstance(value, (tuple, Mapping)):
        yield name, ", ".join(map(_text, value.items() if isinstance(value, Mapping) else value))
    else:
        yield name, value


def _record_type(kind: Any) -> type | None:
    """The class of records that a type is, or is beside none."""
    kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    return next((one for one in kinds if is_dataclass(one) and isinstance(one, type)), None)


def _text(item: Any) -> str:
    """One of several things in a cell: a pair as a name with its value."""
    return f"{item[0]}={item[1]}" if isinstance(item, tuple) else str(item)


def _html_row(row: Mapping[str, Any]) -> str:
    return f"<tr>{''.join(f'<td>{escape(_shown(value))}</td>' for value in row.values())}</tr>"


def _shown(value: Any) -> str:
    """A value as a person reads it: what is missing as nothing, a number to three figures."""
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _brief(value: Any) -> str:
    """A value in a few signs: a record by what stands for it, several by their number."""
    if isinstance(value, Result):
        return _brief(value.headline)
    if is_dataclass(value):
        return _brief(getattr(value, fields(value)[0].name))
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, tuple):
        return f"<{len(value)}>" if any(map(is_dataclass, value)) else f"({', '.join(map(_brief, value))})"
    return _cut(repr(value), LONGEST_PART)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, tuple, Mapping)) and not value)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
