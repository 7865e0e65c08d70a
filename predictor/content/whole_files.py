"""Writes files that are there whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Writes a file; whoever reads the path sees the old file or the whole new one. Texts are UTF-8 with `\\n`."""
    return write_together({path: content})[0]


def write_together(contents: Mapping[Path, str | bytes]) -> list[Path]:
    """Writes files that belong together, all or none: they get their names when there was room for each."""
    temporary = {path: path.with_name(f".{path.name}.{secrets.token_hex(8)}.part") for path in contents}
    try:
        for path, content in contents.items():
            with temporary[path].open("xb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
        for path, written in temporary.items():
            written.replace(path)
    except BaseException:
        for written in temporary.values():
            written.unlink(missing_ok=True)
        raise
    return list(contents)
