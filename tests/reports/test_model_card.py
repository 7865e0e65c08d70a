"""The model card: made from the artefacts alone, and the committed one is what they give today."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from predictor.answer.library import Library
from predictor.cli import main
from predictor.model.fitting import Content
from predictor.reports.model_card import TRIPOD_ITEMS, judgements, model_card, plain, table

from ..conftest import CONDITIONS, ROOT

pytestmark = pytest.mark.slow  # the card tells of the back-test
AGAIN = "The card is not of today's content. Run: predictor report --model --lang {language} --out data/{name}"


@pytest.fixture(scope="module", params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_committed_markdown_is_what_the_artefacts_give(library: Library, language: str) -> None:
    name = f"model_card.{language}.md"
    committed = (ROOT / "data" / name).read_text(encoding="utf-8")
    assert model_card(library, language).markdown() == committed, AGAIN.format(language=language, name=name)


def figures_apart(html: str) -> str:
    """A card's HTML with each drawing replaced by its text alternative, which holds all of its numbers.

    What is drawn moves with the versions of matplotlib; what is told does not.
    """
    return re.sub(r"<svg.*?<desc>(.*?)</desc>.*?</svg>", r"\1", html, flags=re.DOTALL)


def test_the_committed_page_tells_what_the_artefacts_give(library: Library, language: str) -> None:
    """Drawings are compared by their text alternatives: their paths move with the versions of matplotlib."""
    name = f"model_card.{language}.html"
    committed = (ROOT / "data" / name).read_text(encoding="utf-8")
    made = model_card(library, language).html()
    assert figures_apart(made) == figures_apart(committed), AGAIN.format(language=language, name=name)


def test_both_faces_carry_the_intended_use(library: Library, language: str) -> None:
    use = library.catalogue(language)("intended_use")
    card = model_card(library, language)
    assert use in card.markdown()
    assert use in card.html()


class Page(HTMLParser):
    """Counts what a page holds, and notes what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [f"{k}={v}" for k, v in attrs if k in ("src", "href", "xlink:href") and v and v[0] != "#"]


def test_the_page_loads_nothing_and_holds_a_plot_for_each_condition(library: Library, language: str) -> None:
    html = model_card(library, language).html()
    page = Page()
    page.feed(html)
    assert page.loads == []
    assert page.tags.count("svg") == page.tags.count("figure") == len(CONDITIONS)
    assert page.tags.count("script") == 0
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_every_item_of_tripod_is_answered(library: Library, language: str) -> None:
    markdown = model_card(library, language).markdown()
    chapter = markdown.split("TRIPOD+AI")[-1]
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", chapter, flags=re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, TRIPOD_ITEMS + 1))


def test_every_assumption_stands_in_the_card_with_reason_and_source(
    library: Library, contents: dict[str, Content], language: str
) -> None:
    markdown = model_card(library, language).markdown()
    text = library.catalogue(language)
    told = list(judgements(contents["cerebral_palsy"].assumptions.model_dump(by_alias=True)))
    assert len(told) > 40
    for name, _, reason, source in told:
        row = next(line for line in markdown.splitlines() if line.startswith(f"| `{name}` |"))
        assert plain(text.pick(reason)) in row
        assert plain(text.pick(source)) in row


def test_every_reason_has_its_chinese(contents: dict[str, Content]) -> None:
    missing = []
    for content in contents.values():
        factors = content.configuration["factors"].items()
        tree = content.assumptions.model_dump(by_alias=True)
        tree |= {id: {"population": factor["population"]} for id, factor in factors}
        missing += [reason for _, _, reason, _ in judgements(tree) if reason["zh"] == reason["en"]]
    assert missing == []


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_card_of_one_condition_tells_of_no_other(library: Library, condition: str) -> None:
    markdown = model_card(library, "en", condition).markdown()
    (other,) = set(CONDITIONS) - {condition}
    assert library.scorecard(condition).hash in markdown
    assert library.scorecard(other).hash not in markdown


def test_the_coefficients_are_those_of_the_scorecard(library: Library) -> None:
    scorecard = library.scorecard("cerebral_palsy")
    fitted = scorecard.coefficients("graded")
    i = scorecard.terms.index("treated")
    expected = f"| effect of cells at the reference levels (`treated`) | {fitted.mean[i]:+.2f} ({fitted.covariance[i, i] ** 0.5:.2f}) |"
    assert expected in model_card(library, "en", "cerebral_palsy").markdown()


def test_no_negative_zero_is_shown(library: Library, language: str) -> None:
    assert not re.search(r"[−]0(?:\.0+)?(?![\d.])", model_card(library, language).markdown())


def test_text_cannot_break_a_table() -> None:
    assert table(["a"], [[plain("x | *y* <b>")]]) == "| a |\n| --- |\n| x \\| \\*y\\* \\<b\\> |"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["report", *arguments])
    return result.exit_code, result.output


def test_the_command_writes_both_faces(library: Library, tmp_path: Path) -> None:
    card = model_card(library, "en", "cerebral_palsy")
    for name, wanted in (("card.md", card.markdown()), ("card.html", card.html())):
        out = tmp_path / name
        assert run("--model", "--condition", "cp", "--out", str(out)) == (0, f"Written: {out}\n")
        assert out.read_text(encoding="utf-8") == wanted
    assert run("--model", "--condition", "cp") == (0, card.markdown())


def test_the_command_writes_the_interactive_page(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert run("--interactive", str(out), "--condition", "cp", "--age-years", "4") == (0, f"Written: {out}\n")
    assert "<!doctype html>" in out.read_text(encoding="utf-8").lower()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "report: found neither; expected --model or --interactive FILE, one of the two."),
        (("--model", "--interactive", "page.html"),
         "report: found both; expected --model or --interactive FILE, one of the two."),
        (("--model", "--out", "card.pdf"),
         "out: found 'card.pdf'; expected .md or .html. Name the file with one of these endings."),
        (("--model", "--out", "no/such/card.md"),
         "out: found no folder 'no/such'; expected a folder that exists. Make it first."),
        (("--interactive", "no/such/page.html"),
         "interactive: found no folder 'no/such'; expected a folder that exists. Make it first."),
    ],
)  # fmt: skip
def test_bad_input_is_told_whole(arguments: tuple[str, ...], message: str) -> None:
    assert run(*arguments) == (2, f"predictor: {message}\n")
