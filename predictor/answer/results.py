"""What every result shows of itself: a line in a console, a table in a notebook, a data frame.

A result tells the fields that it has; those that are no part of its repr (what is withheld, above all) stand in none
of the three.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from ..content.wording import ENGLISH

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
LONGEST_REPR = 300
"""Signs of a repr: four lines of a console."""
LONGEST_PART = 90
"""Signs of one part of it."""
MOST_ROWS = 20
"""Rows that a notebook shows; a data frame holds all."""


class Result:
    """What a method gives: short to look at, and a table for a program.

    rows_of: the field whose items are the rows of the table; none: the result itself is its one row.
    """

    rows_of: ClassVar[str] = ""

    def rows(self) -> Iterable[Mapping[str, Any]]:
        """The rows of the table, each a mapping of column to value."""
        items = getattr(self, self.rows_of) if self.rows_of else (self,)
        return [flat(item) for item in items]

    def row(self) -> dict[str, Any]:
        """The result as one row: its fields, those of its parts joined to their name by an underscore."""
        return _row(self)

    def in_brief(self) -> Mapping[str, Any]:
        """What a repr tells, by name."""
        return told(self)

    def to_frame(self) -> pd.DataFrame:
        """The result as a data frame of pandas; nothing that an answer withholds is in it."""
        import pandas as pd

        return pd.DataFrame(_table(self.rows()))

    def __repr__(self) -> str:
        parts = [f"{name}={brief(value)}" for name, value in self.in_brief().items()]
        return _cut(f"{type(self).__name__}({', '.join(parts)})", LONGEST_REPR)

    def _repr_html_(self) -> str:
        table = _table(self.rows())
        head = "".join(f"<th>{escape(name)}</th>" for name in (table[0] if table else ()))
        body = "".join(_html_row(row) for row in table[:MOST_ROWS])
        more = f"<p>{MOST_ROWS} / {len(table)}: to_frame()</p>" if len(table) > MOST_ROWS else ""
        return (
            f"<section><p><b>{escape(repr(self))}</b></p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
            f"<p><small>{escape(ENGLISH('intended_use'))}</small></p></section>"
        )


class Listed(Result, tuple[T, ...]):
    """Several results of a kind, in order; one row each."""

    __slots__ = ()

    def rows(self) -> Iterable[Mapping[str, Any]]:
        return [flat(item) for item in self]

    def in_brief(self) -> Mapping[str, Any]:
        return {str(i): item for i, item in enumerate(self)}


def told(record: Any) -> dict[str, Any]:
    """The fields of a record that may be shown, by name."""
    return {f.name: getattr(record, f.name) for f in fields(record) if f.repr and f.compare}


def flat(record: Any) -> dict[str, Any]:
    """A record as one row of a table."""
    return record.row() if isinstance(record, Result) else _row(record)


def _row(record: Any) -> dict[str, Any]:
    return {name: cell for key, value in told(record).items() for name, cell in cells(key, value)}


def cells(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The cells of one part of a row: names in one text, records by their number."""
    if is_dataclass(value):
        value = flat(value)
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from cells(f"{name}_{key}", part)
    elif isinstance(value, tuple):
        yield name, len(value) if any(map(_is_record, value)) else ", ".join(map(str, value))
    else:
        yield name, value


def _is_record(value: Any) -> bool:
    return is_dataclass(value) or isinstance(value, Mapping)


def _table(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the same columns; what is none in some rows and has parts in others goes by its parts alone."""
    found = list(rows)
    names = dict.fromkeys(name for row in found for name in row)
    filled = {name for row in found for name, value in row.items() if value is not None}
    kept = [n for n in names if n in filled or not any(other.startswith(f"{n}_") for other in names)]
    return [{name: row.get(name) for name in kept} for row in found]


def _html_row(row: Mapping[str, Any]) -> str:
    return f"<tr>{''.join(f'<td>{escape(_plain(value))}</td>' for value in row.values())}</tr>"


def _plain(value: Any) -> str:
    """A value as a person reads it: what is missing as nothing, a number to four figures."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def brief(value: Any) -> str:
    """A value in a few signs: records of a kind by their number."""
    return _cut(_brief(value), LONGEST_PART)


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{' x '.join(map(str, value.shape))}>"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Result):
        return repr(value)
    if is_dataclass(value):
        return f"{type(value).__name__}({_named(told(value), '=')})"
    if isinstance(value, Mapping):
        return f"{{{_named(value, ': ')}}}"
    return _brief_items(value) if isinstance(value, tuple) else repr(value)


def _named(values: Mapping[str, Any], sign: str) -> str:
    return ", ".join(f"{name}{sign}{brief(value)}" for name, value in values.items())


def _brief_items(values: Sequence[Any]) -> str:
    if any(map(_is_record, values)):
        return f"<{len(values)} {type(values[0]).__name__}>"
    return f"({', '.join(brief(value) for value in values)})"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 2]}…{text[-1]}"
