"""What the documents tell a reader to type, run as it stands, and what is said to come of it.

`python -m tests.documents` writes the expected outputs of docs/lessons/ and docs/images/answer.png anew: run it where words of the terminal
changed, and read what it changed before you commit.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from predictor.cli import main

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(console|python|\{code-cell\})[^\n]*\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
REST = "..."
"""A last line of an expected output: what follows is left out."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(text: str, *languages: str) -> str:
    """The lines of the blocks in some languages."""
    blocks = re.findall(rf"```(?:{'|'.join(languages)})\n(.*?)```", text, flags=re.DOTALL)
    return "".join(blocks)


def commands(name: str) -> Iterator[list[str]]:
    """The commands that a document tells a reader to type, each as its words."""
    text = text_of(name)
    lines = re.findall(r"^\$ (.*)$", fenced(text, "console"), flags=re.MULTILINE)
    for line in (*lines, *fenced(text, "sh").splitlines()):
        for command in line.split(" && "):
            yield shlex.split(command, comments=True)


@dataclass
class Typed:
    """A command or lines of Python, and the output that the document shows for it, none where it shows none."""

    code: str
    command: bool
    told: list[str] = field(default_factory=list)

    def expected(self, found: list[str]) -> list[str]:
        """What the document should show of an output: all of it, or as many lines as it shows now."""
        if not self.told or self.told[-1] != REST:
            return found if self.told else []
        return [*found[: len(self.told) - 1], REST]


def typed(block: str, language: str) -> list[Typed]:
    """What is typed in a block, in its order."""
    if language != "console":
        return [Typed(re.sub(r"^:.*\n", "", block, flags=re.MULTILINE), False)]
    found: list[Typed] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(Typed(line[2:], True))
        else:
            found[-1].told.append(line)
    return found


class Reader:
    """Someone who does what a document says, in a folder of their own with the shipped data."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__main__"}
        (folder / "data").symlink_to(ROOT / "data")

    def does(self, step: Typed) -> list[str]:
        """The lines that come of a command of ours; of Python and of other programs none are compared."""
        with contextlib.chdir(self.folder):
            if not step.command:
                exec(compile(step.code, "a document", "exec"), self.names)
                return []
            program, *arguments = shlex.split(step.code)
            return command_output(arguments) if program == "predictor" else []


def command_output(arguments: list[str]) -> list[str]:
    width = {"COLUMNS": "80"}
    result = CliRunner().invoke(main, arguments, prog_name="predictor", catch_exceptions=False, env=width)
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.output.rstrip().split("\n")]


def steps(name: str) -> Iterator[Typed]:
    """All that a document has typed, in its order."""
    for block in FENCE.finditer(text_of(name)):
        yield from typed(block[2], block[1])


def written_anew(name: str) -> str:
    """A document with the outputs that come of its commands now."""
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(Path(folder))

        def anew(block: re.Match[str]) -> str:
            done = [(step, step.expected(reader.does(step))) for step in typed(block[2], block[1])]
            if block[1] != "console":
                return block[0]
            lines = [line for step, told in done for line in (f"$ {step.code}", *told)]
            return "\n".join(["```console", *lines, "```"])

        return FENCE.sub(anew, text_of(name))


LESSONS = tuple(sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "lessons").glob("*.md")))
NOTEBOOKS = tuple(sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "notebooks").glob("*.md")))


PICTURE = ROOT / "docs" / "images" / "answer.png"
DRAWN = ("plot", "icons", "--profile", str(ROOT / "data" / "profiles" / "toddler_mild_palsy.yaml"))


def told_by_picture() -> str:
    """The words that the picture of an answer carries for those who do not see it; none before it is drawn."""
    from PIL import Image

    if not PICTURE.is_file():
        return ""
    with Image.open(PICTURE) as picture:
        return str(picture.info["Description"])


def numbers_in(text: str) -> list[str]:
    """The numbers of a picture in words, without the hash of the scorecard at its end."""
    return re.findall(r"[−+]?\d+", text.strip().rpartition("\n")[0])


def rewrite() -> None:
    """Writes the lessons anew, and the picture where its numbers moved, and tells which changed."""
    for name in LESSONS:
        before, after = text_of(name), written_anew(name)
        (ROOT / name).write_text(after, encoding="utf-8")
        tell(name, before == after)
    same = numbers_in(told_by_picture()) == numbers_in("\n".join(command_output([*DRAWN])))
    if not same:
        PICTURE.parent.mkdir(exist_ok=True)
        command_output([*DRAWN, "--out", str(PICTURE)])
    tell(str(PICTURE.relative_to(ROOT)), same)


def tell(name: str, same: bool) -> None:
    sys.stdout.write(f"{name}: {'as it was' if same else 'changed'}{os.linesep}")


if __name__ == "__main__":
    rewrite()
