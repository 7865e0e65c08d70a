"""Pages on the evidence: each publication in four parts, and the articles' wider content, in both languages."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from predictor.answer.layout import WIDTH, text_width
from predictor.answer.library import Library
from predictor.cli import main
from predictor.content.conditions import LANGUAGES
from predictor.content.rules import encode
from predictor.errors import InputError
from predictor.model.records import claims_entering
from predictor.model.scorecard import Scorecard
from predictor.reports.evidence_pages import Page, Reader, page_text, reader

LIBRARY = Library()
READERS: dict[str, Reader] = {language: reader(LIBRARY, language) for language in LANGUAGES}
EVIDENCE = READERS["en"].evidence
FOUR_PARTS = {
    "en": ("What was done", "On whom", "What came out", "What the article made of it"),
    "zh": ("做了什么", "研究对象", "得到什么结果", "文章如何引用"),
}
CITED = sorted({id for claim in EVIDENCE.claims for id in claim.study_ids})
IDS = [record.id for record in EVIDENCE.identified()]


def parts(page: Page) -> dict[str, str]:
    return {section.heading: "\n".join(section.lines) for section in page.sections}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_publication_has_its_page_in_four_parts(language: str) -> None:
    for id in dict.fromkeys([*CITED, *(study.id for study in EVIDENCE.studies)]):
        shown = parts(READERS[language].show(id))
        for heading in FOUR_PARTS[language]:
            assert shown[heading], (id, heading)


def test_a_source_without_a_publication_says_so() -> None:
    page = READERS["en"].show("ganzhou-2025")
    assert "no publication was found" in page.title
    assert parts(page)["On whom"] == "One adult of 25 years with cerebral palsy."
    assert "cp-age-adult" in parts(page)["What the article made of it"]
    assert READERS["zh"].show("ganzhou-2025").title == "赣州一例成人治疗的新闻报道（未找到发表文献）"


def test_the_page_of_lv_2023_tells_what_the_article_left_out() -> None:
    page = parts(READERS["en"].show("lv-2023"))
    assert (
        "neural stem cells (n = 15): treated, neural stem or progenitor cells, intranasal, rehabilitation"
        in page["What was done"]
    )
    assert "rehabilitation alone (n = 10): control, rehabilitation" in page["What was done"]
    assert "25 patients" in page["On whom"]
    assert "ages 3 to 12 years" in page["On whom"]
    came_out = page["What came out"]
    assert "GMFM-88 total, neural stem cells, mean: month 0: 52.41 (SD 24.44); month 1: 66.66" in came_out
    assert "GMFM-88 total, rehabilitation alone, mean: month 0: 47.43 (SD 27.3); month 24: 41.94 (SD 24.5)" in came_out
    assert "SDSC (lower is better), comparison, mean difference: month 24: −8.36 (p 0.164, no difference)" in came_out
    made = page["What the article made of it"]
    assert "[cp-route-intranasal]" in made
    assert "misattributed. article: GMFM-88 total up 36%, presented as better than control" in made
    assert "[cp-lv-nsc-24] fitted" in page["In the model"]
    assert "No sham" in page["Risk of bias"]


def test_a_publication_that_no_article_cites_says_so() -> None:
    assert parts(READERS["en"].show("palisano-2000"))["What the article made of it"] == "The articles do not cite it."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_id_has_a_page_that_fits_a_terminal(language: str) -> None:
    for id in IDS:
        page = READERS[language].show(id)
        text = page_text(page)
        assert page.title, id
        assert "{" not in text, id
        assert "None" not in re.sub(r"None(?= (of|needed|observed))", "", text), id
        assert not [line for line in text.splitlines() if text_width(line) > WIDTH and len(line.split()) > 2], id


def test_no_negative_zero_and_no_hyphen_for_minus_in_a_series() -> None:
    for study in EVIDENCE.studies:
        came_out = parts(READERS["en"].show(study.id))["What came out"]
        for line in came_out.splitlines():
            series = line.rsplit(" [", 1)[0]
            assert "−0 " not in series
            assert not re.search(r": -\d", series), line


def test_the_page_of_a_claim_reads_its_rule_in_words() -> None:
    page = READERS["en"].show("cp-severity-severe")
    rule = parts(page)["Encoded rule"]
    assert rule.splitlines() == [
        "The article says: with severity: severe (GMFM-88 below 30), the effect of cells is smaller than with "
        "severity: moderate (GMFM-88 30 to 40) (medium; on the basis of mechanism).",
        "Term of the model: effect of cells, severity: severe (GMFM-88 below 30)",
        "Under the stance graded it weighs about as much as a trial of 16 patients (log odds −0.91, standard error 1).",
        "It enters the fit (stance: graded, face value).",
        "contradicted by cp-severity-severe-gain",
    ]
    assert "1.3 Severity" in page.sections[0].lines[0]
    assert "not found" in parts(page)["The article's figures beside the primaries'"]


def test_claims_that_do_not_enter_the_fit_say_why() -> None:
    rules = {id: parts(READERS["en"].show(id))["Encoded rule"] for id in ("cp-severity-mild-drooling", "cp-genotype")}
    assert "another outcome" in rules["cp-severity-mild-drooling"]
    assert rules["cp-genotype"] == "Shown, not fitted: it has no direction."
    assert "compares the reference level with nothing" in parts(READERS["en"].show("st-cell-msc"))["Encoded rule"]


LEFT_OUT = {
    "open": "It enters the fit (stance: graded, face value).",
    "studied": "It enters the fit only under the stance face value: under graded, the study that it rests on",
    "contradicted": "It enters the fit only under the stance face value: under graded it is left out, since a primary",
}


@pytest.mark.parametrize("condition", LIBRARY.condition_ids())
def test_a_claim_says_which_stances_take_it_in_and_weighs_nothing_where_none_does(condition: str) -> None:
    content = LIBRARY.contents()[condition]
    rules = encode(content.condition, content.evidence.claims, content.assumptions)
    graded = claims_entering(rules, content.assumptions, "graded")
    for rule in rules:
        told = parts(READERS["en"].show(rule.claim_id))["Encoded rule"]
        assert ("it weighs about" in told) == ("(stance: graded" in told) == (rule in graded)
        assert ("it would weigh about" in told) == (rule.fitted and rule not in graded)
        assert ("trial of" in told) == (LEFT_OUT[rule.standing] in told) == rule.fitted


def test_a_claim_shows_its_standing_with_its_reason_and_our_comment_apart() -> None:
    """From what the article says, which is the page's title and nothing else."""
    for claim in EVIDENCE.claims:
        page = READERS["en"].show(claim.id)
        told = parts(page)
        assert page.title == claim.statement.en
        if claim.standing:
            words = told["What stands behind it"]
            assert words.startswith(f"{claim.standing}: ")
            assert claim.standing_reason.en in words
        if claim.comment:
            assert told["Our comment"] == claim.comment.en


def test_a_claim_on_the_average_effect_has_a_rule() -> None:
    assert parts(READERS["en"].show("cp-overall"))["Encoded rule"].startswith("The article says: cells help on average")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mechanism_has_its_section(language: str) -> None:
    page = READERS[language].mechanisms()
    ids = [re.search(r"\[([\w-]+)\]", section.lines[0]) for section in page.sections]
    assert [found[1] for found in ids if found] == [c.id for c in EVIDENCE.claims if c.factor == "mechanism"]
    assert {c.id for c in EVIDENCE.claims} >= {f"st-mechanism-{name}" for name in ("neuroprotection", "angiogenesis")}
    assert "Saver 2006" in page_text(page).replace("\n  ", " ")


SCALES = {
    "NIHSS": ("0 to 42", "lower is better", None),
    "mRS": ("0 to 6", "lower is better", None),
    "BI, Barthel": ("0 to 100", "higher is better", "9.25 points (hsieh-2007)"),
    "FMMS, Fugl-Meyer": ("0 to 100", "higher is better", "10 points (actissima-2019)"),
    "FIM": ("18 to 126", "higher is better", None),
    "GMFM-88": ("0 to 100", "higher is better", "3 points (storm-2020)"),
    "GMFM-66": ("0 to 100", "higher is better", "1.6 points (oeffinger-2008)"),
    "CGI-I": ("1 to 7", "lower is better", None),
    "quality of life": ("", "higher is better", None),
    "imaging": ("no range", "lower is better", None),
}


@pytest.mark.parametrize("name", SCALES)
def test_each_scale_has_its_range_direction_and_minimal_difference(name: str) -> None:
    lines = [line for section in READERS["en"].scales().sections for line in section.lines]
    line = next(line for line in lines if line.startswith(name))
    span, better, difference = SCALES[name]
    assert f"Range: {span}" in line
    assert better in line
    assert f"Minimal important difference: {difference or 'not known here'}." in line


def test_the_course_holds_each_domain_with_its_months() -> None:
    page = parts(READERS["en"].course("cerebral_palsy"))
    for domain in ("gross motor function", "fine motor function", "self-care", "language and cognition", "sleep"):
        assert "month " in page[f"cerebral palsy: {domain}"], domain
    drooling = page["cerebral palsy: drooling and swallowing"]
    assert "[peng-2017]" in drooling
    assert all(f"month {month}:" in drooling for month in (1, 3, 6))
    assert not any("safety" in heading or "mortality" in heading for heading in page)
    stroke = parts(READERS["en"].course("ischaemic_stroke"))
    assert "ischaemic stroke: self-care" in stroke
    assert len(READERS["en"].course().sections) > len(page) + len(stroke)


def test_each_result_stands_in_the_course_or_in_safety_once() -> None:
    shown = [
        line for page in (READERS["en"].course(), READERS["en"].safety()) for s in page.sections for line in s.lines
    ]
    studies = {found[1] for line in shown if (found := re.match(r"\[([^\]]+)\]", line))}
    assert {outcome.study_id for outcome in EVIDENCE.outcomes} <= studies


def test_safety_figures_stand_beside_the_checks_of_what_is_said_of_safety() -> None:
    page = parts(READERS["en"].safety("ischaemic_stroke"))
    found = page["What came out: ischaemic stroke"]
    assert "[houkin-2024] all-cause mortality, cells: month 3: 5.8 % (6/104" in found
    assert "month 12: 12.5 % (13/104" in found
    checks = page["The article's figures beside the primaries'"]
    assert "transient fever in <5%" in checks
    assert "no tumour or immune rejection at 5 years" in checks


def test_the_checks_stand_under_the_titles_of_the_articles_sections() -> None:
    page = READERS["en"].checks("ischaemic_stroke")
    headings = [section.heading for section in page.sections]
    assert "Factor 3, route" in headings
    assert "Short-term results, study 1 (STARTING-2)" in headings
    assert not any(re.search("[\u4e00-\u9fff]", heading) for heading in headings)
    shown = [line for lang in (None,) for s in READERS["en"].checks(lang).sections for line in s.lines]
    assert len(shown) == len(EVIDENCE.checks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_code_of_the_evidence_is_told_in_words(language: str) -> None:
    codes = (
        "mean_at_time",
        "p_only",
        "within_group_improvement",
        "some_concerns",
        "nsc_npc",
        "bone_marrow",
        "full_text",
    )
    for study in EVIDENCE.studies:
        sections = READERS[language].show(study.id).sections
        notes = READERS[language].text("evidence.notes")  # a curator's note may name a code
        text = "\n".join(line for section in sections if section.heading != notes for line in section.lines)
        for code in codes:
            assert code not in text, (study.id, code)


def test_a_search_finds_by_all_words_and_says_when_nothing_is_found() -> None:
    page = READERS["en"].search("drooling peng")
    assert any(line.startswith("[peng-2017]") for line in page.sections[0].lines)
    assert READERS["en"].search("zzz").sections[0].lines == ("Nothing was found for zzz.",)
    assert any("cp-severity-mild-drooling" in line for line in READERS["zh"].search("流涎").sections[0].lines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("癫痫发作", "finding-95-lee-2010"),
        ("分层抽样", None),
        ("韩国 脐带血", "min-2013"),
        ("唾液 张冠李戴", "check-22"),
        ("安慰剂组 GMFM-66", "cp-sun17-placebo-12"),
        ("荟萃分析 COCHRANE", "boncoraglio-2019"),
    ],
)
def test_a_search_in_chinese_looks_where_a_chinese_reader_does(language: str, words: str, id: str | None) -> None:
    found = [record.id for record in READERS[language].find(words)]
    assert id in found if id else not found


def test_words_of_english_are_looked_for_in_the_english_alone() -> None:
    for words in ("placebo", "MSC", "drooling peng", "Chrościńska"):
        assert READERS["zh"].find(words) == READERS["en"].find(words) == EVIDENCE.search(words)


def test_a_record_is_told_with_labels_and_words() -> None:
    english = READERS["en"].show("cp-lv-nsc-6").sections[0].lines
    assert english[1:4] == ("condition: cerebral palsy", "study: lv-2023", "group: neural stem cells")
    assert "cell type: neural stem or progenitor cells" in english
    chinese = READERS["zh"].show("cp-lv-nsc-6").sections[0].lines
    assert chinese[1:5] == ("疾病：脑性瘫痪", "研究：lv-2023", "研究组：神经干细胞组", "角色：治疗组")
    assert "输注次数：多次输注" in chinese


def test_every_record_is_told_in_chinese_but_for_its_ids() -> None:
    ids = ("研究", "模型中的项", "已并入的合并分析")
    for row in EVIDENCE.observations:
        told = READERS["zh"].show(row.id).sections[0].lines[1:]
        shown = [line for line in told if line.split("：")[0] not in ids]
        shown = [re.sub("|".join(o.id for o in EVIDENCE.observations), "", line) for line in shown]
        assert not [line for line in shown if re.search(r"(?<![A-Za-z])[a-z]{4}", line)], row.id


def test_the_list_holds_every_claim_study_and_record() -> None:
    page = READERS["en"].listing()
    assert page.title == "The evidence"
    lines = [line for section in page.sections for line in section.lines]
    assert len(lines) == len(EVIDENCE.claims) + len(EVIDENCE.studies) + len(EVIDENCE.observations)
    assert any(
        line.startswith("[cp-lv-nsc-6] Lv et al. 2023, neural stem cells, GMFM-88, month 6 (fitted): ")
        for line in lines
    )
    assert READERS["en"].listing("cerebral_palsy").sections != page.sections


def test_an_unknown_id_is_told_with_the_nearest_or_the_way_to_search() -> None:
    with pytest.raises(InputError, match="Did you mean 'lv-2023'"):
        READERS["en"].show("lv-2032")
    with pytest.raises(InputError, match="Try predictor evidence search"):
        READERS["en"].show("zzzzzz")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["list", "checks", "scales", "course", "safety", "mechanisms"])
def test_every_page_prints_for_people_and_as_json(name: str, language: str) -> None:
    use = LIBRARY.catalogue(language)("intended_use")
    printed = CliRunner().invoke(main, ["evidence", name, "--lang", language])
    assert printed.exit_code == 0
    assert re.sub(r"\s", "", use) in re.sub(r"\s", "", printed.stdout)
    record = json.loads(CliRunner().invoke(main, ["evidence", name, "--lang", language, "--json"]).stdout)
    assert record["intended_use"] == use
    assert {bool(section["lines"]) for section in record["sections"]} == {True}


@pytest.mark.parametrize("stances", [("face_value",), ()])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_claim_of_ones_own_assumptions_says_where_it_enters(
    language: str, stances: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a stance of one's own takes in no open claim, or none does."""
    monkeypatch.setattr(Scorecard, "stances_with", lambda scorecard, record: stances)
    told = parts(READERS[language].show("cp-severity-severe"))[READERS[language].text("rule.title")]
    assert (READERS[language].text("stance.face_value") in told) == bool(stances)
