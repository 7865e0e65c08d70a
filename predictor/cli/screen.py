"""What a terminal is shown: no sign of a cell or a label may move the cursor, colour, or hide what is beside it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import IO, Any, TextIO, cast

COMMANDS = re.compile(
    r"\x1b\[[01]m|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
"""What a terminal or a reader obeys and does not show; line ends and tabs are left. The first are click's bold."""


def shown_safely(text: str) -> str:
    """The text with each sign that a terminal would obey told by its number, as JSON writes it; bold stays."""
    return COMMANDS.sub(lambda sign: sign[0] if len(sign[0]) > 1 else f"\\u{ord(sign[0]):04x}", text)


class SafeScreen:
    """A stream of texts before another, which gets them without such signs. It has no stream of bytes."""

    def __init__(self, stream: IO[str]):
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(shown_safely(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # click would write there, past what is done here
            raise AttributeError(name)
        return getattr(self._stream, name)


@contextmanager
def safe_screen() -> Iterator[None]:
    """All that is printed meanwhile is shown safely; nothing is where there is no screen (`>&-`)."""
    if sys.stdout is None:
        yield
        return
    with redirect_stdout(cast(TextIO, SafeScreen(sys.stdout))):
        yield
