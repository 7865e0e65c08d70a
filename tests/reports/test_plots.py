"""Plots: their figures are the answer's, their words hold every number, and a drawing is the same each time."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from matplotlib.font_manager import fontManager
from PIL import Image
from scipy import stats

from predictor.answer.explanation import Explainer
from predictor.answer.layout import of_100, signed, sure_words
from predictor.answer.library import Library
from predictor.answer.phrases import stance_words
from predictor.answer.record import Answer, Chance, Difference
from predictor.cli import main
from predictor.content.documents import read_document
from predictor.content.evidence import Evidence
from predictor.errors import InputError
from predictor.model.fitting import Content
from predictor.model.prediction import ADDED
from predictor.profile.profile import Profile
from predictor.profile.reading import Understood
from predictor.reports import plots
from predictor.reports.plots import Plot, sheet, text_alternative
from predictor.reports.plots.contributions import LEAST, Icons, Waterfall
from predictor.reports.plots.curve import Curve
from predictor.reports.plots.frame import answer_frame
from predictor.reports.plots.sheet import DPI, HATCH, WIDTH
from predictor.reports.plots.studies import observed_share
from predictor.reports.plots.surfaces import _shade_limits
from predictor.validation.scores import GroupScore

from ..conftest import CONDITIONS, ROOT

SVG = "{http://www.w3.org/2000/svg}"
PROFILES = {"cerebral_palsy": "toddler_mild_palsy", "ischaemic_stroke": "subacute_stroke"}
FACTORS = {"cerebral_palsy": ("age", "severity", "route"), "ischaemic_stroke": ("timing", "severity", "cell_type")}


def back_tested(id: str, n: float, observed: float, predicted: float, low: float, high: float) -> GroupScore:
    """A back-tested group, as far as it is drawn."""
    return GroupScore(id, "", "control", n, observed, predicted, low, high, 0.0, 0.0, 0.0)


class Case:
    """An example patient of a condition in a language, understood and answered."""

    def __init__(self, library: Library, condition: str, language: str = "en"):
        path = ROOT / "data" / "profiles" / f"{PROFILES[condition]}.yaml"
        self.explainer: Explainer = library.explainer(condition, "graded", language)
        self.understood: Understood = self.explainer.understand(Profile.from_mapping(read_document(path).data))
        self.answer: Answer = self.explainer.answer(self.understood)
        self.condition = condition

    def plots(self, evidence: Evidence) -> Iterator[Plot]:
        u, a, e = self.understood, self.answer, self.explainer
        one, two, three = FACTORS[self.condition]
        yield plots.waterfall(a, e)
        yield plots.icons(a, e)
        yield plots.sweep(u, a, e, one)
        yield plots.sweep(u, a, e, three)
        yield plots.heat(u, a, e, two, three)
        yield plots.forest(u, a, e)
        yield plots.calibration([back_tested("made-1", 20, 0.5, 0.6, 0.3, 0.8)], e)
        if self.condition == "cerebral_palsy":
            yield plots.course(u, a, e, evidence)


@pytest.fixture(params=CONDITIONS)
def case(request: pytest.FixtureRequest, library: Library) -> Case:
    return Case(library, request.param)


@pytest.fixture
def palsy(library: Library) -> Case:
    return Case(library, "cerebral_palsy")


@pytest.fixture
def evidence(contents: dict[str, Content]) -> Evidence:
    return contents["cerebral_palsy"].evidence


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_plot_carries_its_words(library: Library, evidence: Evidence, condition: str, language: str) -> None:
    case = Case(library, condition, language)
    for plot in case.plots(evidence):
        words = text_alternative(plot)
        root = ElementTree.fromstring(plots.svg(plot))
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert (root[0].text, root[1].text) == (plot.frame.title, words)
        assert root.get("role") == "img"
        assert case.explainer.text("intended_use") in words
        if plot.kind != "calibration":
            assert case.explainer.text(f"certainty.{case.answer.certainty}") in words
        assert not re.search(r"[−-]0(?:\.0+)?(?![\d.])", words)


@pytest.mark.slow
def test_a_drawing_has_fixed_bytes_and_ids_that_stand_once(case: Case, evidence: Evidence) -> None:
    for plot in case.plots(evidence):
        drawn = plots.svg(plot)
        assert drawn == plots.svg(plot)
        assert "<metadata>" not in drawn
        ids = re.findall(r'\bid="([^"]+)"', drawn)
        assert len(ids) == len(set(ids))


def drawn_waterfall(case: Case) -> Waterfall:
    plot = plots.waterfall(case.answer, case.explainer)
    assert isinstance(plot, Waterfall)
    return plot


def test_the_waterfall_ends_at_the_answer(case: Case) -> None:
    """In patients of 100: at the difference, and at usual care; what is too small for a bar counts too."""
    plot, numbers = drawn_waterfall(case), case.answer.numbers
    assert numbers is not None
    assert plot.difference[-1].end == pytest.approx(100 * numbers.difference.value, abs=LEAST)
    assert plot.usual_care[-1].end == pytest.approx(100 * numbers.usual_care.probability, abs=LEAST)


def test_each_step_of_the_waterfall_starts_where_the_last_ended(case: Case) -> None:
    for steps in (drawn_waterfall(case).difference, drawn_waterfall(case).usual_care):
        assert steps[0].start == 0
        assert [step.start for step in steps[1:]] == [step.end for step in steps[:-1]]
        sizes = [abs(step.move) for step in steps[1:] if step.log_odds is not None]
        assert sizes == sorted(sizes, reverse=True)


def test_the_log_odds_stand_beside_the_patients(case: Case) -> None:
    """The effect's, with what the studies and the claims say of it."""
    words = text_alternative(plots.waterfall(case.answer, case.explainer))
    strongest = max(case.answer.contributions, key=lambda c: abs(c.per_100.difference))
    split = f"studies {signed(strongest.effect_from_studies)}, claims {signed(strongest.effect_from_claims)}"
    assert (
        f"{signed(strongest.per_100.difference, 1)} (effect in log odds {signed(strongest.effect)}: {split})" in words
    )


def test_what_lowers_is_hatched_and_what_raises_is_filled(case: Case) -> None:
    plot = drawn_waterfall(case)
    bars = [bar for container in plots.figure(plot).axes[1].containers for bar in container]
    moves = [step.move for step in plot.difference]
    assert [bar.get_width() for bar in bars[:-1]] == pytest.approx(moves)
    assert [bar.get_hatch() for bar in bars[:-1]] == [None if move >= 0 else HATCH for move in moves]


def test_the_icons_are_one_hundred(library: Library) -> None:
    case = Case(library, "ischaemic_stroke")
    frame = answer_frame("icons", case.answer, case.explainer)
    fewer = Icons(frame, Chance(0.5, 0.4, 0.6), Chance(0.42, 0.3, 0.5), Difference(-0.08, -0.2, 0.1, 0.1))
    for plot, expected in ((plots.icons(case.answer, case.explainer), None), (fewer, [50, 50, 42, 8, 50])):
        counts = [len(line.get_xdata()) for axes in plots.figure(plot).axes for line in axes.lines]
        assert sum(counts) == 200
        assert expected is None or counts == expected


def test_a_sweep_and_a_heat_map_pass_through_the_answer(case: Case) -> None:
    u, a, e = case.understood, case.answer, case.explainer
    one, two, three = FACTORS[case.condition]
    own = [s for s in plots.sweep(u, a, e, one).stretches if s.own]
    assert {(s.point.usual_care, s.point.with_cells, s.point.difference) for s in own} == {
        (a.usual_care, a.with_cells, a.difference)
    }
    heat = plots.heat(u, a, e, two, three)
    i, j = heat.own
    assert i is not None
    assert j is not None
    assert heat.points[i][j].difference == a.difference


def test_at_face_value_every_plot_says_that_it_would_be_so_if_every_claim_were_proven(library: Library) -> None:
    explainer = library.explainer("cerebral_palsy", "face_value", "en")
    understood = explainer.understand(Profile("cerebral_palsy", age_years=2.5, gmfm88=45))
    answer = explainer.answer(understood)
    sweep = plots.sweep(understood, answer, explainer, "severity")
    told = text_alternative(sweep).splitlines()
    assert stance_words("face_value", explainer.text) in told
    assert len([line for line in told if "What cells would add, if every claim were proven: " in line]) == 3
    assert sweep.frame.slide.endswith("if every claim were proven.")


def test_a_place_of_a_plot_whose_classes_cannot_be_told_apart_names_no_class_alone(library: Library) -> None:
    explainer = library.explainer("cerebral_palsy", "graded", "en")
    told = {"age_years": 9, "gmfcs": "V", "months_since_injury": 106, "cell_type": "mnc", "cell_source": "bone_marrow"}
    understood = explainer.understand(Profile("cerebral_palsy", **told, route="intrathecal", infusions=1))
    heat = plots.heat(understood, explainer.answer(understood), explainer, "severity", "route")
    apart = [p for row in heat.points for p in row if len(p.run) == len(ADDED)]
    said = [line for line in heat.sentences() if "cannot be told apart (most probable: " in line]
    assert len(said) == len(apart) > 0
    assert plots.figure(heat)


def test_a_chance_is_never_shown_as_certain(library: Library) -> None:
    assert [sure_words(chance) for chance in (0.0, 0.5, 0.9996, 1.0)] == ["0.1", "50.0", "99.9", "99.9"]
    explainer = library.explainer("cerebral_palsy", "face_value", "en")
    understood = explainer.understand(Profile("cerebral_palsy", age_years=2.5, gmfm88=45))
    heat = plots.heat(understood, explainer.answer(understood), explainer, "age", "route")
    assert not [line for line in heat.sentences() if "zero 100" in line]


def test_what_was_never_studied_is_hatched_and_not_shown_as_a_number(palsy: Case) -> None:
    heat = plots.heat(palsy.understood, palsy.answer, palsy.explainer, "severity", "cell_type")
    never = heat.columns.index("olfactory ensheathing cells")
    assert {row[never] for row in heat.values} == {None}
    line = "mild (GMFM-88 above 40) × olfactory ensheathing cells: cannot say: the numbers are withheld"
    assert line in text_alternative(heat).splitlines()
    ages = plots.sweep(palsy.understood, palsy.answer, palsy.explainer, "cell_type")
    told = [words for words in ages.sentences() if words.startswith("olfactory")]
    assert told == ["olfactory ensheathing cells: cannot say: the numbers are withheld"]
    assert plots.figure(ages)


def test_a_sweep_is_drawn_to_scale_where_that_can_be_seen(palsy: Case, library: Library) -> None:
    ages = plots.sweep(palsy.understood, palsy.answer, palsy.explainer, "age")
    assert [(s.start, s.end) for s in ages.stretches] == [(0.4, 3), (3, 6), (6, 18), (18, 20)]
    assert ages.unit == "years"
    stroke = Case(library, "ischaemic_stroke")
    assert not plots.sweep(stroke.understood, stroke.answer, stroke.explainer, "timing").measured


def test_the_forest_agrees_with_an_independent_computation(palsy: Case) -> None:
    forest = plots.forest(palsy.understood, palsy.answer, palsy.explainer)
    pooled = next(c for c in forest.comparisons if c.label.startswith("Finch-Edmondson"))
    half = stats.norm.ppf(0.95) * 0.197
    assert (pooled.estimate, pooled.low, pooled.high) == pytest.approx((0.495, 0.495 - half, 0.495 + half))
    share = observed_share(0.25, 40, 0.9)
    assert (share.low, share.high) == pytest.approx(stats.beta(10.5, 30.5).ppf([0.05, 0.95]))
    assert (observed_share(0, 9, 0.9).low, observed_share(1, 9, 0.9).high) == (0.0, 1.0)


def test_the_curve_reaches_nine_tenths_of_its_limit_at_that_age() -> None:
    assert Curve("I", 87.7, 4.8, True).points(4.8) == pytest.approx(0.9 * 87.7)


def test_what_the_therapy_adds_is_what_the_evidence_says(palsy: Case, evidence: Evidence) -> None:
    course = plots.course(palsy.understood, palsy.answer, palsy.explainer, evidence)
    with (ROOT / "data" / "evidence" / "outcomes.csv").open(encoding="utf-8") as file:
        rows = [
            r for r in csv.DictReader(file) if r["study_id"] == "finch-edmondson-2025" and r["scale_en"] == "GMFM-66"
        ]
    expected = [tuple(float(r[k]) for k in ("time_months", "value", "ci_low", "ci_high")) for r in rows]
    assert [(a.months, a.value, a.low, a.high) for a in course.added] == expected
    assert (12.0, 1.42, 0.31, 2.52) in expected
    assert "doi:10.1542/peds.2024-068999" in text_alternative(course)


def test_the_own_curves_are_those_the_profile_may_be_on(palsy: Case, evidence: Evidence) -> None:
    def own(**profile: object) -> list[str]:
        understood = palsy.explainer.understand(Profile(**profile))
        answer = palsy.explainer.answer(understood)
        return [c.group for c in plots.course(understood, answer, palsy.explainer, evidence).own]

    assert own(age_years=4, gmfcs="IV") == ["GMFCS IV"]
    assert own(age_years=4, gmfm88=45) == ["GMFCS I", "GMFCS II"]
    assert len(own(age_years=4)) == 5


def test_a_png_holds_the_same_words(palsy: Case) -> None:
    plot = plots.icons(palsy.answer, palsy.explainer)
    image = Image.open(io.BytesIO(plots.png(plot)))
    assert image.info["Description"] == text_alternative(plot)
    assert image.info["Title"] == plot.frame.title
    assert image.width == round(WIDTH * DPI)


@pytest.mark.parametrize("kind", ["waterfall", "icons"])
def test_a_slide_is_16_to_9_with_its_stance_its_certainty_and_the_intended_use_in_a_line(
    case: Case, kind: str, tmp_path: Path
) -> None:
    plot = getattr(plots, kind)(case.answer, case.explainer)
    drawn = plots.figure(plot, slide=True)
    assert drawn.get_figwidth() / drawn.get_figheight() == pytest.approx(16 / 9)
    title, *told, use = [
        text.get_text() for text in drawn.texts if text.get_position()[0] == drawn.texts[0].get_position()[0]
    ]
    assert title == plot.frame.title
    assert plot.frame.slide in told
    assert use == "For education about evidence only; hypothetical patients, no medical advice."
    image = Image.open(io.BytesIO(plots.png(plot, slide=True)))
    assert image.size == (1920, 1080)
    for ending in (".svg", ".pdf"):
        made = plots.write(plot, tmp_path / f"slide{ending}", slide=True).read_bytes()
        assert made == plots.write(plot, tmp_path / f"again{ending}", slide=True).read_bytes()


def test_a_slide_too_says_that_numbers_are_rounded_where_that_can_be_seen(palsy: Case) -> None:
    patient = Profile("cerebral_palsy", age_years=2.5, gmfm88=45, route="intrathecal")  # 88, 94 and +7
    for answer, note in ((palsy.explainer.predict(patient), " Each number is rounded on its own."), (palsy.answer, "")):
        told = plots.icons(answer, palsy.explainer).frame.slide
        assert told == f"Stance: graded. Certainty: moderate.{note}"


def test_the_help_of_a_plot_leaves_the_patients_options_to_explain_and_takes_them_all(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["plot", "--help"]).output
    assert "--gmfm88" not in told
    assert "predictor explain --help" in told
    assert len(told.splitlines()) < 36
    words = run("icons", "--condition", "cp", "--age-years", "2.5", "--gmfm88", "45")
    assert words[0] == 0


def test_a_pdf_has_fixed_bytes_and_its_title(palsy: Case) -> None:
    plot = plots.icons(palsy.answer, palsy.explainer)
    made = plots.pdf(plot)
    assert made == plots.pdf(plot)
    assert made.startswith(b"%PDF-")
    assert b"/Title" in made
    assert b"CreationDate" not in made


def test_chinese_letters_are_never_drawn_as_boxes(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(library, "cerebral_palsy", "zh")
    plot = plots.icons(case.answer, case.explainer)
    monkeypatch.setattr(sheet, "CHINESE", ("No Such Font",))
    with pytest.raises(InputError) as error:
        plots.png(plot)
    assert str(error.value) == (
        "lang: found no Chinese font on this machine; expected one of No Such Font. Write .svg, whose letters the "
        "viewer's fonts draw, or install one of them (Debian: fonts-noto-cjk)."
    )
    assert "加用细胞" in plots.svg(plot)


def test_a_font_that_was_installed_after_matplotlib_made_its_list_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    mono = next(font for font in fontManager.ttflist if font.name == "DejaVu Sans Mono")
    monkeypatch.setattr(fontManager, "ttflist", [font for font in fontManager.ttflist if font.name != mono.name])
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: [mono.fname])
    monkeypatch.setattr(sheet, "CHINESE", (mono.name,))
    assert sheet._chinese_font() == (mono.name,)


def test_the_calibration_plot_tells_who_fell_outside(palsy: Case) -> None:
    groups = [back_tested("a", 20, 0.5, 0.6, 0.3, 0.8), back_tested("b", 10, 0.1, 0.6, 0.3, 0.8)]
    words = text_alternative(plots.calibration(groups, palsy.explainer)).splitlines()
    assert "b (n = 10): observed 10, predicted 60 of 100 (30 to 80), outside the interval" in words
    assert "The 90 % intervals hold 1 of 2 observed shares." in words


def test_words_need_no_matplotlib() -> None:
    program = (
        "import sys; from predictor.answer.library import Library; from predictor.reports.plots import icons, text_alternative\n"
        "e = Library().explainer('cerebral_palsy'); text_alternative(icons(e.predict({'age_years': 4, 'gmfm88': 50, 'route': 'iv'}), e))\n"
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


WITHHELD = {"age_years": 4, "months_since_injury": 2, "gmfcs": "II"}


def test_an_answer_that_withholds_says_so_on_the_plot_and_draws_no_number(palsy: Case) -> None:
    """Whatever lies behind the withheld answer: no plot of it holds a figure of it."""
    understood = palsy.explainer.understand(WITHHELD)
    answer = palsy.explainer.answer(understood)
    hidden = answer.extrapolation
    assert hidden is not None
    for plot in (plots.icons(answer, palsy.explainer), plots.waterfall(answer, palsy.explainer)):
        assert any(note.startswith("Cannot say") for note in plot.frame.notes)
        words = text_alternative(plot)
        assert "cannot say: the numbers are withheld" in words
        assert "of 100" not in words
        assert plots.svg(plot)
    forest = plots.forest(understood, answer, palsy.explainer)
    assert forest.patient is None
    assert "a new group like this patient: cannot say: the numbers are withheld" in text_alternative(forest)
    assert plots.svg(forest)
    own = next(s for s in plots.sweep(understood, answer, palsy.explainer, "timing").stretches if s.own)
    assert own.point.abstained


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["plot", *arguments])
    return result.exit_code, result.output


PALSY = ("--profile", str(ROOT / "data" / "profiles" / "toddler_mild_palsy.yaml"))
STROKE = ("--profile", str(ROOT / "data" / "profiles" / "subacute_stroke.yaml"))


def test_the_command_writes_a_file_or_the_words(tmp_path: Path, palsy: Case) -> None:
    out = tmp_path / "icons.svg"
    assert run("icons", *PALSY, "--out", str(out)) == (0, f"Written: {out}\n")
    plot = plots.icons(palsy.answer, palsy.explainer)
    assert out.read_text(encoding="utf-8") == plots.svg(plot)
    assert run("icons", *PALSY) == (0, text_alternative(plot) + "\n")


@pytest.mark.parametrize("arguments", [(*PALSY, "--factor", "age"), (*STROKE, "--factor", "nihss")])
def test_a_sweep_takes_a_factor_or_its_field(arguments: tuple[str, ...]) -> None:
    code, words = run("sweep", *arguments)
    assert code == 0
    assert "(this patient): usual care" in words


@pytest.mark.slow
@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_command_draws_the_back_test(condition: str) -> None:
    code, words = run("calibration", "--condition", condition)
    assert code == 0
    assert re.search(r"The 90 % intervals hold \d+ of \d+ observed shares\.", words)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("icons",), "condition: found nothing; expected one of cerebral_palsy, ischaemic_stroke. "
                     "Add --condition, or condition to the profile."),
        (("sweep", *PALSY), "factor: found nothing; expected the name of a factor. Add --factor, as in --factor age."),
        (("heat", *PALSY, "--factor", "age", "--by", "age_years"),
         "by: found 'age_years'; expected another factor than the first. Name two factors."),
        (("icons", *PALSY, "--out", "icons.gif"),
         "out: found 'icons.gif'; expected .svg, .png or .pdf. Name the file with one of these endings."),
        (("icons", *PALSY, "--out", "no/such/icons.svg"),
         "out: found no folder 'no/such'; expected a folder that exists. Make it first."),
        (("course", *STROKE), "condition: found 'ischaemic_stroke'; expected a condition whose course without cells "
                              "is documented as curves. Try cerebral_palsy."),
        (("course", "--condition", "cp", "--gmfcs", "II"), "age_years: found nothing; expected an age as a number, "
                                                           "as the curves run by age. Add age_years to the profile."),
        (("course", "--condition", "cp", "--age-years", "15"),
         "age_years: found 15; expected 1 to 13 years, the ages of the children behind the curves (rosenbaum-2002). "
         "The curves cannot be drawn on from there."),
    ],
)  # fmt: skip
def test_bad_input_is_told_whole(arguments: tuple[str, ...], message: str) -> None:
    code, output = run(*arguments)
    assert (code, output) == (2, f"predictor: {message}\n")


def test_the_words_of_the_icons_are_the_numbers_of_the_answer(case: Case) -> None:
    a = case.answer
    assert a.with_cells
    assert a.difference
    words = text_alternative(plots.icons(a, case.explainer))
    low, high = of_100(a.with_cells.low), of_100(a.with_cells.high)
    assert f"with cells: {of_100(a.with_cells.probability)} of 100 ({low} to {high})" in words
    assert f"difference: {signed(a.difference.value * 100, 0)} of 100 (" in words


def test_a_long_label_stays_within_the_sheet(palsy: Case) -> None:
    forest = plots.forest(palsy.understood, palsy.answer, palsy.explainer)
    long = replace(forest.comparisons[0], label="a" * 400)
    assert plots.svg(replace(forest, comparisons=(long,)))


def test_the_colours_of_a_heat_map_span_ten_patients_at_the_least_and_hold_every_value() -> None:
    assert _shade_limits([[6.0, 7.0], [None, 6.5]]) == (0.0, 10.0)
    assert _shade_limits([[-8.0, 12.0]]) == (-8.0, 12.0)
    assert _shade_limits([[None]]) == (0.0, 10.0)
