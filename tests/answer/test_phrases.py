"""What every face words alike."""

from __future__ import annotations

import re

from predictor import Profile
from predictor.answer.library import Library
from predictor.answer.phrases import span
from predictor.content.documents import read_document
from tests.conftest import ROOT

EXAMPLE = ROOT / "data" / "profiles" / "subacute_stroke.yaml"


def test_a_range_whose_ends_read_the_same_is_about_that_number(library: Library) -> None:
    en, zh = library.catalogue("en"), library.catalogue("zh")
    assert [span("94", "94", text) for text in (en, zh)] == ["about 94", "约94"]
    assert [span("94", "95", text) for text in (en, zh)] == ["94 to 95", "94至95"]


def test_no_answer_tells_a_range_from_a_number_to_the_same(library: Library) -> None:
    told = library.answer(Profile.from_mapping(read_document(EXAMPLE).data)).to_text()
    assert re.search(r"about \d+ of 100", told)
    assert not re.search(r"(\S+) to \1\b", told)
