"""A profile as a file tells it."""

from __future__ import annotations

from pathlib import Path

from ..content.documents import Document, read_document
from .profile import PROFILE_BYTES
from .spelling import with_plain_colons


def profile_document(path: Path) -> Document:
    """The YAML or JSON file of a profile, with the places of its values; a key may end with a full-width colon."""
    return read_document(path, PROFILE_BYTES, with_plain_colons)
