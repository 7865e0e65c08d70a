"""Citations: one line, BibTeX that pybtex parses, CSL-JSON with its essentials."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from pybtex.database import parse_string

from predictor.answer.library import Library
from predictor.cli import main
from predictor.content.evidence import Study
from predictor.content.evidence_files import load_evidence
from predictor.reports.citations import authors, bibtex, citation, csl

from ..conftest import ROOT

STUDIES = load_evidence(ROOT / "data" / "evidence", Library().conditions()).studies
BY_ID = {study.id: study for study in STUDIES}
CSL_TYPES = {"article-journal", "document"}
CSL_NAMES = {"id", "type", "title", "author", "container-title", "DOI", "PMID", "note", "issued"}


def plain(latex: str) -> str:
    """The text of a BibTeX field, without braces and escapes."""
    out = latex
    for ch in "&%$#_":
        out = out.replace(f"\\{ch}", ch)
    return out.replace("{", "").replace("}", "")


def test_every_study_comes_back_from_bibtex() -> None:
    entries = parse_string(bibtex(STUDIES), "bibtex").entries
    assert list(entries) == [study.id for study in STUDIES]
    for study in STUDIES:
        fields = entries[study.id].fields
        assert plain(fields["title"]) == (study.title or study.short_citation)
        assert fields.get("doi", "") == study.doi
        assert fields.get("year", "") == study.year
        assert plain(fields.get("journal", "")) == study.journal
        assert entries[study.id].persons["author"]


def test_bibtex_escapes_what_latex_reads() -> None:
    odd = replace(BY_ID["lv-2023"], title="50 % of A_B & C {#1} $2")
    entry = parse_string(bibtex([odd]), "bibtex").entries["lv-2023"]
    assert entry.fields["title"] == r"{50 \% of A\_B \& C \{\#1\} \$2}"


def test_csl_json_has_its_essentials() -> None:
    items = csl(STUDIES)
    assert [item["id"] for item in items] == [study.id for study in STUDIES]
    for item, study in zip(items, STUDIES, strict=True):
        assert item["type"] in CSL_TYPES
        assert item["title"]
        assert item.keys() <= CSL_NAMES
        assert all(item.values())
        assert item["author"][0]["literal"]
        if study.year.isdigit():
            assert item["issued"] == {"date-parts": [[int(study.year)]]}
        else:
            assert "issued" not in item


def test_a_known_study_in_full() -> None:
    assert citation(BY_ID["lv-2023"]) == (
        "Lv et al. 2023. Safety and efficacy outcomes after intranasal administration of neural stem cells in "
        "cerebral palsy: a randomized phase 1/2 controlled trial. Stem Cell Research & Therapy. "
        "doi:10.1186/s13287-022-03234-y"
    )
    assert bibtex([BY_ID["lv-2023"]]) == (
        "@article{lv-2023,\n"
        "  author = {{Lv} and others},\n"
        "  title = {{Safety and efficacy outcomes after intranasal administration of neural stem cells in cerebral "
        "palsy: a randomized phase 1/2 controlled trial}},\n"
        "  journal = {Stem Cell Research \\& Therapy},\n"
        "  year = {2023},\n"
        "  doi = {10.1186/s13287-022-03234-y},\n"
        "  pmid = {36759901},\n"
        "  note = {seen: full text; state: unknown},\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("Lv et al. 2023", "Lv"),
        ("Chung 2021 (STARTING-2)", "Chung"),
        ("de Celis-Ruiz 2022 (AMASCIS)", "de Celis-Ruiz"),
        ("Chrościńska-Kawczyk et al. 2024", "Chrościńska-Kawczyk"),
        ("J-REPAIR (JTR-161 dental pulp cells)", "J-REPAIR"),
        ("2023 registry", "2023 registry"),
    ],
)
def test_who_wrote_it(short: str, name: str) -> None:
    assert authors(replace(BY_ID["lv-2023"], short_citation=short)) == name


def test_a_citation_never_ends_without_a_way_to_find_it() -> None:
    def findable(study: Study) -> bool:
        return bool(study.doi or study.pmid or study.registration or study.journal or study.title)

    lost = [study.id for study in STUDIES if not findable(study) and study.design not in ("cohort", "meta_analysis")]
    assert {citation(BY_ID[id]) for id in lost} <= {BY_ID[id].short_citation for id in lost}


def test_the_terminal_gives_both_forms() -> None:
    done = CliRunner().invoke(main, ["evidence", "cite", "lv-2023", "peng-2017"])
    assert list(parse_string(done.stdout, "bibtex").entries) == ["lv-2023", "peng-2017"]
    done = CliRunner().invoke(main, ["evidence", "cite", "peng-2017", "lv-2023", "--format", "csl-json"])
    assert [item["id"] for item in json.loads(done.stdout)] == ["peng-2017", "lv-2023"]
    assert len(json.loads(CliRunner().invoke(main, ["evidence", "cite", "--format", "csl-json"]).stdout)) == len(
        STUDIES
    )
