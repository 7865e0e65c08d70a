"""The page as a file and as parts: self-contained, bounded, its policy exact, its data complete."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import re
import stat
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from predictor.answer.library import Library
from predictor.content.placeholders import placeholders
from predictor.errors import InputError, ProfileError
from predictor.profile.profile import Profile
from predictor.reports.interactive_page import STATIC, bundle, module_order, page_data, page_html, write_page


class Parts(HTMLParser):
    """The scripts, styles and policy of a page, as a browser's parser finds them."""

    def __init__(self, html: str):
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        self._open = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        elif tag == "meta":
            self.metas.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            attributes, before = self.scripts[-1]
            self.scripts[-1] = (attributes, before + data)
        elif self._open == "style":
            self.styles.append(data)


@pytest.fixture(scope="module")
def inline(library: Library) -> Parts:
    return Parts(page_html(library, inline=True))


def links(parts: Parts) -> list[str]:
    return [str(value) for name, value in parts.attributes if name in ("src", "href")]


def digest(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def test_the_file_is_at_most_one_and_a_fifth_megabytes(library: Library, tmp_path: Path) -> None:
    write_page(library, None, tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size <= 1_200_000


def test_the_policy_allows_exactly_the_one_script_and_the_one_style(inline: Parts) -> None:
    policy = next(m["content"] for m in inline.metas if m.get("http-equiv") == "Content-Security-Policy")
    code = [text for attributes, text in inline.scripts if attributes.get("type") != "application/json"]
    assert len(code) == len(inline.styles) == 1
    assert policy == (
        f"default-src 'none'; script-src '{digest(code[0])}'; style-src '{digest(inline.styles[0])}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("name", sorted(p.name for p in STATIC.rglob("*.js")))
def test_no_module_evaluates_text_or_writes_markup(name: str) -> None:
    source = next(STATIC.rglob(name)).read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|document\.write", source)
    if (STATIC / name).is_file():
        assert not re.search(r"innerHTML|dangerouslySetInnerHTML", source)


def test_no_part_has_an_inline_handler_or_asks_another_host(library: Library, inline: Parts) -> None:
    served = Parts(page_html(library))
    for parts in (inline, served):
        assert not [name for name, _ in parts.attributes if name.startswith("on") or name == "style"]
    own = ("/static/", "data:")
    assert {value.startswith(own) for value in links(served)} == {True}
    assert [value[:18] for value in links(inline)] == ["data:image/svg+xml"]


def test_the_served_page_names_files_that_exist(library: Library) -> None:
    for link in links(Parts(page_html(library))):
        name = link.removeprefix("/static/")
        assert name == "data.json" or name.startswith("data:") or (STATIC / name).is_file()
    assert module_order()[-1] == "page.js"
    assert set(module_order()) == {p.relative_to(STATIC).as_posix() for p in STATIC.rglob("*.js")}


def test_text_from_a_profile_cannot_leave_its_block(library: Library) -> None:
    hostile = "</script><script>alert(1)</script>"
    with pytest.raises(ProfileError, match="route"):
        page_html(library, inline=True, profile=Profile("cerebral_palsy", route=hostile))
    from predictor.reports.interactive_page import _json_block

    block = _json_block("start", {"a": hostile, "b": "\u2028<!--"})
    assert block.count("<") == 2
    assert json.loads(block.split(">", 1)[1].rsplit("<", 1)[0]) == {"a": hostile, "b": "\u2028<!--"}


def test_a_profile_opens_with_the_page(library: Library) -> None:
    profile = Profile("脑瘫", 年龄=2.5, gmfm88=45, 途径="鞘内")
    parts = Parts(page_html(library, "zh", inline=True, profile=profile))
    start = json.loads(next(text for attributes, text in parts.scripts if attributes.get("id") == "start"))
    assert start == {
        "language": "zh",
        "condition": "cerebral_palsy",
        "profile": {"age_years": 2.5, "gmfm88": 45, "route": "intrathecal"},
    }


def test_a_profile_without_a_condition_is_told_so(library: Library) -> None:
    with pytest.raises(InputError, match="condition: found nothing"):
        page_html(library, profile=Profile(age_years=3))


def test_a_page_is_written_whole_or_not_at_all(library: Library, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_page(library, None, path)
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
    write_page(library, None, path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_may_be_read_by_whom_the_umask_lets(library: Library, tmp_path: Path) -> None:
    for mask, expected in ((0o077, 0o600), (0o022, 0o644), (0o002, 0o664)):
        before = os.umask(mask)
        try:
            write_page(library, None, tmp_path / f"{mask}.html")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / f"{mask}.html").stat().st_mode) == expected


def test_the_bundle_is_one_script_that_parses(tmp_path: Path) -> None:
    script = tmp_path / "bundle.js"
    script.write_text(bundle(), encoding="utf-8")
    subprocess.run(["node", "--check", script], check=True)
    assert "</script" not in bundle().lower()
    assert not re.search(r"^(import|export) ", bundle(), re.MULTILINE)


def used_keys() -> set[str]:
    """The keys of sentences that the page's modules name literally."""
    sources = [p.read_text(encoding="utf-8") for p in STATIC.glob("*.js")]
    return {key for source in sources for key in re.findall(r'text\("([a-z][a-z0-9_.]+)"', source)}


def test_every_sentence_that_the_page_names_exists(library: Library) -> None:
    data = page_data(library)
    for language in ("en", "zh"):
        missing = used_keys() - set(data["text"][language])
        assert missing == set()


def test_the_prose_that_the_page_shows_stands_in_it_in_both_languages(library: Library) -> None:
    for card in page_data(library)["scorecards"].values():
        evidence = card["evidence"]
        shown = [claim["statement"] for claim in evidence["claims"]]
        shown += [finding[name] for finding in evidence["findings"] for name in ("finding", "level_compared")]
        shown += [
            check[name] for check in evidence["checks"].values() for name in ("seed_figure", "comment") if name in check
        ]
        shown += [row["scale"] for row in evidence["safety"]] + [group["derivation"] for group in card["groups"]]
        assert len(shown) > 200
        assert all(prose["en"] and prose["zh"] for prose in shown)


def test_the_exercises_teach_what_they_promise(library: Library) -> None:
    """Each names records, checks and findings that exist, and has its texts."""
    data = page_data(library)
    assert len(data["exercises"]) >= 6
    for exercise in data["exercises"]:
        card = data["scorecards"][exercise["condition"]]
        library.explainer(exercise["condition"]).understand(Profile(**exercise["profile"]))
        groups = {group["id"] for group in card["groups"]}
        assert {exercise[key] for key in ("series", "contrast") if key in exercise} <= groups
        english, chinese = (exercise["words"][language] for language in ("en", "zh"))
        for part in ("title", "story", "question", "reveal"):
            assert placeholders(english[part]) == placeholders(chinese[part])
        options = exercise["options"] if isinstance(exercise.get("options"), list) else []
        assert list(english.get("options", ())) == list(chinese.get("options", ())) == options
    by_id = {exercise["id"]: exercise for exercise in data["exercises"]}
    check = data["scorecards"]["cerebral_palsy"]["evidence"]["checks"][by_id["claim_primary"]["check"]]
    assert (check["seed_location"], check["verdict"]) == ("3.1 Lv 2023", "misattributed")
    assert "p 0.136" in check["primary_figure"]["en"]


def test_the_licences_of_what_is_vendored_are_beside_it() -> None:
    text = (STATIC / "vendor" / "LICENSES.txt").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "The MIT License (MIT)" in text


CLASSES = ("fewer", "little", "some", "many")


def colours(css: str) -> list[dict[str, str]]:
    """The variables of the light theme, then of the dark one."""
    light, dark = css.split("prefers-color-scheme: dark", 1)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return [found[0], {**found[0], **found[1]}]


def luminance(colour: str) -> float:
    """Of the sRGB colour, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_classes_that_adjoin_are_told_apart_in_greyscale(theme: int) -> None:
    found = colours((STATIC / "page.css").read_text(encoding="utf-8"))[theme]
    for one, other in itertools.pairwise(CLASSES):
        assert contrast(found[one], found[other]) >= 3, (one, other)
    for name in CLASSES:
        assert contrast(found[name], found[f"on-{name}"]) >= 4.5, name


def test_a_saved_picture_has_the_colours_of_the_light_page() -> None:
    found = colours((STATIC / "page.css").read_text(encoding="utf-8"))[0]
    given = dict(re.findall(r"var\(--([\w-]+), (#[0-9a-f]{6})\)", (STATIC / "charts.js").read_text(encoding="utf-8")))
    assert {name: found[name] for name in CLASSES} == {name: given[name] for name in CLASSES}


def test_what_colours_share_is_told_by_hatching_and_signs_too() -> None:
    """`fewer` and `some` are equally bright; a claim's bar is hatched; each class has its own sign in the map."""
    code = (STATIC / "charts.js").read_text(encoding="utf-8")
    assert 'fewer: "url(#hatch-fewer)"' in code
    signs = re.search(r"const SIGN = \{(.*?)\};", code)
    assert signs
    assert len(set(re.findall(r'"([^"]+)"', signs[1]))) == len(CLASSES)
