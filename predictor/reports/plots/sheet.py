"""The sheet that a plot is drawn on: palette, fonts, header and footer, its text alternative, and the files.

Only `figure`, `svg`, `png`, `pdf` and `write` need matplotlib.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from ...answer.layout import text_width, wrap
from ...content.catalogue import Catalogue
from ...content.whole_files import write_whole
from ...errors import Fault, InputError, either, one_of, say
from .frame import Frame

# Okabe-Ito colours: told apart with every kind of colour vision; a hatch or a shape says the same again.
RAISES, LOWERS, GREY, INK, PALE = "#0072B2", "#D55E00", "#767676", "#222222", "#D9D9D9"
HATCH = "////"
HEAT = "cividis"
LATIN = "DejaVu Sans"
"""Comes with matplotlib: the same letters, and so the same bytes, on every machine."""
CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "SimHei", "Droid Sans Fallback"),
)
FAMILIES = ", ".join(f"'{name}'" for name in (LATIN, "Verdana", *CHINESE)) + ", sans-serif"

WIDTH, MARGIN, DPI = 8.4, 0.22, 150  # inches, inches, dots an inch
POINTS = 72
COLUMN = 0.56  # mean width of a column of text, in ems of DejaVu Sans, with some to spare
HEADER, BODY, FOOTER = 12.5, 9.0, 7.6  # font sizes in points
LINE = 1.45  # height of a line, in ems
SLIDE, SLIDE_PIXELS = 16 / 9, 1920  # width by height, dots across
SLIDE_TITLE, SLIDE_WORDS = 15.0, 10.5  # points of a slide as wide as WIDTH: 24 and 17 of one of 13.33 inches


@dataclass(frozen=True)
class Plot:
    """A plot as data: its frame, the sentences that tell it, and how it is drawn."""

    kind: ClassVar[str]
    frame: Frame

    @property
    def text(self) -> Catalogue:
        return self.frame.text

    @property
    def height(self) -> float:
        """The height of the drawing between header and footer, in inches."""
        raise NotImplementedError

    def sentences(self) -> Iterator[str]:
        """Every number of the plot in words."""
        raise NotImplementedError

    def draw(self, sheet: Sheet) -> None:
        raise NotImplementedError

    def say(self, key: str, **values: object) -> str:
        return self.text(f"plot.{self.kind}.{key}", **values)


def text_alternative(plot: Plot) -> str:
    """The plot in words, with all of its numbers, its certainty and the intended use; one sentence a line."""
    frame = plot.frame
    return "\n".join([frame.title, *frame.notes, *plot.sentences(), *frame.footer])


@dataclass(frozen=True)
class Page:
    """How large a page is, in inches, and the words at its head and foot: lines with their sizes in points.

    left, bottom: where on it the drawing begins.
    """

    width: float
    height: float
    left: float
    bottom: float
    head: tuple[tuple[str, float], ...]
    foot: tuple[tuple[str, float], ...]


def _page(plot: Plot) -> Page:
    """As high as the plot and all of its words."""
    head = (*_folded([plot.frame.title], HEADER), *_folded(plot.frame.notes, BODY))
    foot = _folded(plot.frame.footer, FOOTER)
    bottom = _room(foot) + MARGIN
    return Page(WIDTH, _room(head) + MARGIN + 0.12 + plot.height + bottom, 0, bottom, head, foot)


def _slide(plot: Plot) -> Page:
    """16:9 in large type: the title, the stance and the certainty above, the intended use in one line below."""
    head = (*_folded([plot.frame.title], SLIDE_TITLE), *_folded([plot.frame.slide], SLIDE_WORDS))
    foot = _folded([plot.text("plot.slide_use")], SLIDE_WORDS)
    least = WIDTH / SLIDE  # the height of a slide as wide as a plot; the words keep their share of a larger one
    words = _room(head) + _room(foot) + 2 * MARGIN
    larger = max(1.0, plot.height / (least - words))
    below = larger * (_room(foot) + MARGIN)
    spare = larger * (least - words) - plot.height
    left = (larger - 1) * WIDTH / 2
    scaled = (tuple((line, size * larger) for line, size in lines) for lines in (head, foot))
    return Page(larger * WIDTH, larger * least, left, below + spare / 2, *scaled)


def _room(lines: Sequence[tuple[str, float]]) -> float:
    """The height of lines of text, in inches."""
    return sum(size * LINE / POINTS for _, size in lines)


class Sheet:
    """A matplotlib figure with header and footer set, and room between them that is given out in inches.

    Widths of text are reckoned from columns and not measured, so that the layout does not hang on the fonts of a
    machine.
    """

    def __init__(self, figure: Any, page: Page):
        self.figure = figure
        self.page = page

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Inches from the left edge and from the foot of the drawing, as parts of the page."""
        return (self.page.left + x) / self.page.width, (self.page.bottom + y) / self.page.height

    def axes(self, left: float, bottom: float, width: float, height: float) -> Any:
        """Axes at inches from the left edge and from the foot of the drawing."""
        box = (*self.place(left, bottom), width / self.page.width, height / self.page.height)
        axes = self.figure.add_axes(box)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.tick_params(labelsize=BODY - 1, length=3)
        return axes

    def words(self, x: float, y: float, text: str, **style: Any) -> None:
        """A line of text at inches from the left edge and from the foot of the drawing."""
        self.figure.text(*self.place(x, y), text, **{"fontsize": BODY, "color": INK, **style})


def inches(text: str, size: float = BODY) -> float:
    """The most room that a line of text takes."""
    return text_width(text) * COLUMN * size / POINTS


def columns(width: float, size: float) -> int:
    """How many columns of text fit into so many inches."""
    return int(width * POINTS / (COLUMN * size))


def _folded(lines: Sequence[str], size: float) -> tuple[tuple[str, float], ...]:
    room = columns(WIDTH - 2 * MARGIN, size)
    return tuple((part, size) for line in lines if line for part in wrap(line, width=room).split("\n"))


def figure(plot: Plot, slide: bool = False) -> Any:
    """The plot as a matplotlib Figure. Raises InputError where matplotlib is missing."""
    with _style(plot.text.language, measured=False):
        return _figure(plot, slide)


def _figure(plot: Plot, slide: bool) -> Any:
    from matplotlib.figure import Figure

    page = _slide(plot) if slide else _page(plot)
    drawn = Figure(figsize=(page.width, page.height), dpi=SLIDE_PIXELS / page.width if slide else DPI)
    x, y = MARGIN / page.width, page.height - MARGIN
    for line, size in page.head:
        y -= size * LINE / POINTS
        bold = "bold" if size == page.head[0][1] else "normal"
        drawn.text(x, y / page.height, line, fontsize=size, color=INK, weight=bold)
    y = MARGIN / 2
    for line, size in reversed(page.foot):
        drawn.text(x, y / page.height, line, fontsize=size, color="#444444")
        y += size * LINE / POINTS
    plot.draw(Sheet(drawn, page))
    return drawn


def svg(plot: Plot, slide: bool = False) -> str:
    """The plot as SVG with fixed bytes: title, text alternative, and text as text in the viewer's own fonts."""
    out = io.StringIO()
    with _style(plot.text.language, measured=False, salt=f"{plot.kind} {plot.frame.title}"):
        _figure(plot, slide).savefig(out, format="svg", metadata={"Date": None})
    drawn = re.sub(r"\s*<metadata>.*?</metadata>", "", out.getvalue(), flags=re.DOTALL)
    drawn = drawn[drawn.index("<svg") :].replace(f"'{LATIN}'", FAMILIES)
    drawn = re.sub(r' id="[A-Za-z]+[A-Za-z0-9.]*_\d+"', "", drawn)  # names that would stand twice in a page
    head = f"<title>{escape(plot.frame.title)}</title>\n<desc>{escape(text_alternative(plot))}</desc>\n"
    start = drawn.index(">") + 1
    opening = drawn[: start - 1] + f' role="img" lang="{plot.text.language}">'
    return opening + "\n" + head + drawn[start:].lstrip("\n")


def png(plot: Plot, slide: bool = False) -> bytes:
    """The plot as PNG. Raises InputError for Chinese where the machine has no Chinese font."""
    out = io.BytesIO()
    described = {"Software": None, "Title": plot.frame.title, "Description": text_alternative(plot)}
    with _style(plot.text.language, measured=True):
        _figure(plot, slide).savefig(out, format="png", metadata=described)
    return out.getvalue()


def pdf(plot: Plot, slide: bool = False) -> bytes:
    """The plot as PDF with fixed bytes. Raises InputError for Chinese where the machine has no Chinese font."""
    out = io.BytesIO()
    described = {"CreationDate": None, "Title": plot.frame.title, "Subject": text_alternative(plot)}
    with _style(plot.text.language, measured=True):
        _figure(plot, slide).savefig(out, format="pdf", metadata=described)
    return out.getvalue()


ENDINGS: Mapping[str, Callable[[Plot, bool], bytes]] = {
    ".svg": lambda plot, slide: svg(plot, slide).encode("utf-8"),
    ".png": png,
    ".pdf": pdf,
}


def write(plot: Plot, path: Path, slide: bool = False) -> Path:
    """Writes a plot as .svg, .png or .pdf; slide: 16:9, in large type.

    Raises InputError for another ending or a folder that is not there.
    """
    if path.suffix not in ENDINGS:
        raise InputError(Fault("out", repr(path.name), either(list(ENDINGS)), say("use_these_endings")))
    if not path.parent.is_dir():
        raise InputError(
            Fault("out", say("no_folder", folder=repr(str(path.parent))), say("existing_folder"), say("make_folder"))
        )
    return write_whole(path, ENDINGS[path.suffix](plot, slide))


@contextmanager
def _style(language: str, measured: bool, salt: str = "") -> Iterator[None]:
    """matplotlib's settings for a plot. `measured`: letters are drawn here, and so need fonts here."""
    try:
        from matplotlib import rc_context
    except ImportError as error:
        cure = say("run_pip_install", package="cell-response-predictor[plots]")
        raise InputError(Fault("matplotlib", say("not_installed"), say("extra", name="plots"), cure)) from error
    families = [LATIN, *(_chinese_font() if measured and language == "zh" else ())]
    settings: Any = {
        "font.family": families,
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "axes.unicode_minus": True,
        "hatch.linewidth": 0.8,
    }
    with rc_context(settings), warnings.catch_warnings():
        if not measured:  # the viewer's fonts draw these letters, so those that are missing here do not matter
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _chinese_font() -> tuple[str, ...]:
    from matplotlib.font_manager import findSystemFonts, fontManager

    listed = {font.fname for font in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in listed:  # matplotlib keeps its list, which knows nothing of a font that was installed since
            with suppress(RuntimeError, OSError):
                fontManager.addfont(path)
    found = next((name for name in CHINESE if name in fontManager.get_font_names()), None)
    if found is None:
        raise InputError(Fault("lang", say("no_font"), one_of(CHINESE), say("use_svg_or_install_font")))
    return (found,)
