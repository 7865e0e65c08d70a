"""What a fit accepts every command can show: names that lead nowhere and rows that nobody reads are refused."""

from __future__ import annotations

from dataclasses import fields, replace

import click
import pytest

from predictor.cli import COMMANDS, main
from predictor.content.agreement import CODED, check_agreement, check_words
from predictor.content.condition_files import RESERVED
from predictor.content.evidence import FILES, Evidence
from predictor.content.evidence_files import load_evidence
from predictor.errors import ConfigurationError, EvidenceError
from predictor.model.fitting import Content
from predictor.reports.interactive_page import STATIC

from ..conftest import ROOT

CONFIGS, FOLDER = ROOT / "configs", ROOT / "data" / "evidence"


@pytest.fixture(scope="module")
def evidence(contents: dict[str, Content]) -> Evidence:
    return load_evidence(FOLDER, [content.condition for content in contents.values()])


def test_the_shipped_files_agree(contents: dict[str, Content], evidence: Evidence) -> None:
    check_agreement(CONFIGS, FOLDER, [content.condition for content in contents.values()], evidence)


def test_a_condition_of_which_nothing_is_fitted_is_refused(contents: dict[str, Content], evidence: Evidence) -> None:
    conditions = [content.condition for content in contents.values()]
    shown = tuple(
        replace(row, use="shown") if row.condition == "cerebral_palsy" else row for row in evidence.observations
    )
    with pytest.raises(EvidenceError) as error:
        check_agreement(CONFIGS, FOLDER, conditions, replace(evidence, observations=shown))
    assert str(error.value) == (
        f"{FOLDER / 'observations.csv'}: use: found no row to fit; expected a row of cerebral_palsy whose use is fit "
        "and whose kind is counts or change. The usual course would rest on nothing."
    )


def test_every_code_that_is_checked_is_a_column_of_its_file() -> None:
    for table, columns in CODED.items():
        assert set(columns) <= {f.name for f in fields(FILES[table][1])}


def test_a_code_of_any_file_without_a_word_is_named_with_its_line(contents: dict[str, Content]) -> None:
    evidence = contents["cerebral_palsy"].evidence
    with pytest.raises(EvidenceError) as error:
        check_words(CONFIGS, FOLDER, evidence, (), ())
    assert {fault.where.rpartition("/")[2].split(":")[0] for fault in error.value.faults} == {
        FILES[t][0] for t in CODED
    }
    assert all(
        str(fault.cure).startswith(f"Add it under vocabulary.{fault.field} in the file") for fault in error.value.faults
    )


def test_a_stance_without_a_sentence_is_refused(contents: dict[str, Content]) -> None:
    with pytest.raises(ConfigurationError) as error:
        check_words(CONFIGS, FOLDER, contents["cerebral_palsy"].evidence, ["hopeful"], ())
    assert [fault.field for fault in error.value.faults] == ["stance.hopeful", "stance_meaning.hopeful"]


def test_no_field_may_be_called_as_an_option_or_a_part_of_the_pages_address() -> None:
    group = click.Context(main)
    taken: set[str] = set()
    for name in COMMANDS:
        command = main.get_command(group, name)
        assert command is not None
        if any(getattr(param, "make", None) and "fields" in param.opts[0] for param in command.params):
            for param in command.params:
                taken |= {str(param.name), *(option.removeprefix("--").replace("-", "_") for option in param.opts)}
    state = (STATIC / "state.js").read_text(encoding="utf-8")
    own = state[state.index("const OWN = [") :].split("]")[0]
    taken |= {word for word in own.split('"') if word.isalpha()}
    assert taken <= RESERVED
