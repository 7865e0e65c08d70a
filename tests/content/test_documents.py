"""Files become plain data that knows where each value stands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from predictor.cli import main
from predictor.content.documents import depth, read_document, read_text
from predictor.errors import InputError
from predictor.profile import files

from ..test_architecture import HEAVY, loaded_after


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def message_of(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_document(path)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_yaml_is_read_as_version_1_2(tmp_path: Path) -> None:
    text = "a: no\nb: 1e-3\nc: 'yes'\nd: null\ne: true\nf: 010\ng: 1.50\nh: >\n  two\n  lines\n"
    data = read_document(written(tmp_path, "a.yaml", text)).data
    assert data == {"a": "no", "b": 0.001, "c": "yes", "d": None, "e": True, "f": 10, "g": 1.5, "h": "two lines\n"}
    assert [type(data[key]) for key in "abceg"] == [str, float, str, bool, float]


def test_each_value_of_a_yaml_file_has_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "a.yaml", "# first\nage: 2\nlist:\n  - x: 1\n    y: 2\n  - 3\n7: seven\n")
    document = read_document(path)
    assert document.data == {"age": 2, "list": [{"x": 1, "y": 2}, 3], "7": "seven"}
    places = {("age",): "2:1", ("list", 0, "y"): "5:5", ("list", 1): "6:5", ("7",): "7:1", (): "1:1"}
    for location, place in places.items():
        assert document.where(location) == f"{path}:{place}"
    assert document.where(("list", 0, "z")) == f"{path}:4:5"


def test_each_key_of_a_json_file_has_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", '{"age": "a: \\"b\\": c",\n   "年龄": 3,\n   "route" : "iv"}')
    document = read_document(path)
    assert document.where(("age",)) == f"{path}:1:2"
    assert document.where(("年龄",)) == f"{path}:2:4"
    assert document.where(("route",)) == f"{path}:3:4"
    assert document.where(("b",)) == f"{path}:1:1"


@pytest.mark.slow
@given(st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.integers(), st.text())))
def test_json_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    text = json.dumps(data, ensure_ascii=False, indent=1)
    path.write_text(text, encoding="utf-8", newline="\n")
    document = read_document(path)
    assert document.data == data
    for number, key in enumerate(data):
        assert document.where((key,)) == f"{path}:{line_of_key(text, number)}:2"


def line_of_key(text: str, number: int) -> int:
    """With an indent of 1 each key of a flat mapping starts a line of its own."""
    return [n for n, line in enumerate(text.split("\n"), 1) if line.startswith(' "')][number]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfage: 2\n")
    assert read_document(path).data == {"age": 2}
    assert read_text(path) == "age: 2\n"


def test_windows_line_ends_are_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{\r\n"a": 1,\r\n"b": 2}')
    assert read_document(path).where(("b",)) == f"{path}:3:1"


def test_what_cannot_be_read_says_where_and_why(tmp_path: Path) -> None:
    assert (
        message_of(tmp_path / "gone.yaml") == "gone.yaml: file: found no such file; expected a file that can be read."
    )
    assert message_of(written(tmp_path, "a.yaml", "  \n")) == (
        "a.yaml: file: found nothing; expected some content. Is the file saved?"
    )
    assert message_of(written(tmp_path, "b.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n")) == (
        "b.yaml:4:3: c: found the key twice; expected each key once. Remove one of the two."
    )
    assert message_of(written(tmp_path, "c.json", '{"a": {"x": 1},\n "b": {"x": 2, "x": 3}}')) == (
        "c.json:2:8: x: found the key twice; expected each key once. Remove one of the two."
    )
    assert message_of(tmp_path / "a.yml") == ("a.yml: file: found no such file; expected a file that can be read.")


def test_all_repeated_keys_of_a_json_object_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", '{"b": 1, "a": 1, "b": 2, "a": 3, "a": 4}')
    assert message_of(path) == (
        "a.json:1:26: a: found the key twice; expected each key once. Remove one of the two.\n"
        "a.json:1:18: b: found the key twice; expected each key once. Remove one of the two."
    )


def test_a_json_profile_needs_no_yaml_reader(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", '{"condition": "cerebral_palsy", "age_years": 2.5}')
    code = f"from predictor.cli import main\nmain(['explain', '--profile', {str(path)!r}], standalone_mode=False)"
    assert not loaded_after(code) & HEAVY


def test_a_yaml_profile_needs_the_yaml_reader_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "a.yaml", "condition: cerebral_palsy\nage_years: 2.5\n")
    code = f"from predictor.cli import main\nmain(['explain', '--profile', {str(path)!r}], standalone_mode=False)"
    assert loaded_after(code) & HEAVY == {"ruamel"}


def test_a_merged_key_is_read_and_has_the_place_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "merged.yaml"
    path.write_text("condition: cp\n<<: {age_years: 3}\n", encoding="utf-8")
    document = read_document(path)
    assert document.data == {"condition": "cp", "age_years": 3}
    assert document.where(["age_years"]) == f"{path}:1:1"


def test_what_a_yaml_file_merges_gives_way_to_its_own_names(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 1}\nmore: &more {b: 2, c: 2}\nall:\n  <<: [*base, *more]\n  a: 0\n"
    assert read_document(written(tmp_path, "a.yaml", text)).data["all"] == {"a": 0, "b": 1, "c": 2}


def test_an_anchor_that_stands_twice_means_the_nearest_before(tmp_path: Path) -> None:
    path = written(tmp_path, "a.yaml", "a: &x 1\nb: &x 2\nc: *x\n")
    assert read_document(path).data == {"a": 1, "b": 2, "c": 2}


def test_a_pipe_and_a_device_are_refused_unread(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    expected = "file: found a pipe or a device; expected a file that can be read. Save what it gives to a file first."
    assert message_of(pipe) == f"pipe.yaml: {expected}"
    with pytest.raises(InputError) as caught:
        read_document(Path("/dev/zero"))
    assert str(caught.value) == f"/dev/zero: {expected}"


def test_a_file_is_no_larger_than_may_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a.yaml", "a: 1\n")
    assert read_document(path, 5).data == {"a": 1}
    with pytest.raises(InputError) as caught:
        read_document(path, 4)
    assert str(caught.value) == (
        f"{path}: file: found more than 4 bytes; expected a smaller file. Is it the right file?"
    )


def test_a_profile_file_is_read_twice_at_most_however_many_faults_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "a.yaml", "condition: cp\n" + "".join(f"name{i}: 1\n" for i in range(50)))
    read: list[Path] = []
    monkeypatch.setattr(files, "read_document", lambda *told: (read.append(told[0]), read_document(*told))[1])
    result = CliRunner().invoke(main, ["explain", "--profile", str(path)])
    assert len(result.stderr.splitlines()) == 50
    assert result.stderr.splitlines()[7].startswith(f"predictor: {path}:9:1: name7: found an unknown name;")
    assert read == [path, path]


@pytest.mark.parametrize(
    ("text", "deep"),
    [("", 0), ("3", 0), ('{"a": [1, {}]}', 3), ('["[[[", "\\"[[", "]"]', 1), ('["[[[', 1), ("[[[", 3), ("]][", 0)],
)
def test_how_deep_a_json_text_is(text: str, deep: int) -> None:
    assert depth(text) == deep


def test_a_json_text_of_open_quotes_is_measured_at_once() -> None:
    """Each quote that is tried anew would make twenty million of them take hours."""
    assert depth('["' + '\\"' * 1_000_000) == 1
