"""The names in braces of a sentence, which values take the place of."""

from __future__ import annotations

from string import Formatter


def placeholders(sentence: str) -> set[str]:
    """The names in braces of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}
