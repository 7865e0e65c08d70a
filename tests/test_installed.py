"""The wheel and the sdist, installed into an empty environment and asked far from the checkout; what is in them is listed.

Takes minutes, and packages from an index: `pytest -m long`. The extra [release] brings what makes the list.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

import predictor

from .conftest import ROOT
from .test_licences import needed
from .test_wheel import built

pytestmark = pytest.mark.long

PALSY = "--condition cp --age-years 2.5 --gmfm88 45"
ALONE = (
    "--help",
    f"explain {PALSY}",
    "factors --condition stroke --lang zh",
    "evidence show lv-2023",
    "evidence check",
    "score in.csv out.parquet --condition stroke",
    "score in.csv out.csv --condition stroke --workers 2",
    f"whatif {PALSY} --nearest",
    "schema table",
    "report --interactive page.html",
    "report --model",
    "fit --out cards",
)
"""What the package does without an extra."""
MORE = (
    f"plot icons {PALSY} --out plot.png",
    "score in.csv out.xlsx --condition stroke",
    "report --model --out card.html",
)
"""What the extras [plots] and [tables] bring."""


@dataclass(frozen=True)
class Installed:
    """The package in an environment of its own, and a folder far from the checkout to ask it from."""

    shipped: Path
    environment: Path
    folder: Path

    @property
    def python(self) -> str:
        return str(self.environment / "bin" / "python")

    def install(self, extras: str = "") -> None:
        words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{self.shipped}{extras}"]
        subprocess.run([self.python, *words], check=True, cwd=self.folder, env=without_checkout())

    def asked(self, told: str) -> subprocess.CompletedProcess[str]:
        words = [str(self.environment / "bin" / "predictor"), *shlex.split(told)]
        return subprocess.run(
            words, capture_output=True, text=True, check=False, cwd=self.folder, env=without_checkout()
        )

    def asked_in_turn(self, *told: str) -> None:
        for one in told:
            done = self.asked(one)
            assert (done.returncode, done.stderr) == (0, ""), one
            assert done.stdout, one


def without_checkout() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    at = tmp_path_factory.mktemp(request.param)
    subprocess.run([sys.executable, "-m", "venv", str(at / "env")], check=True)
    (at / "elsewhere").mkdir()
    found = Installed(built(request.param, at / "dist"), at / "env", at / "elsewhere")
    found.install()
    return found


def test_it_does_elsewhere_what_it_does_in_the_checkout(installed: Installed) -> None:
    (installed.folder / "in.csv").write_text("id,age,nihss\na,70,12\nb,50,3\n", encoding="utf-8")
    installed.asked_in_turn(*ALONE)
    for card in (ROOT / "data" / "scorecards").iterdir():
        assert (installed.folder / "cards" / card.name).read_bytes() == card.read_bytes(), card.name
    missing = installed.asked(MORE[0])
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "pip install 'cell-response-predictor[plots]'" in missing.stderr
    installed.install("[plots,tables,web]")
    installed.asked_in_turn(*MORE)
    assert_serves(installed)
    assert_listed(installed)


def assert_serves(installed: Installed) -> None:
    """One request to the page and one to the API of the installed server."""
    words = [str(installed.environment / "bin" / "predictor"), "serve", "--port", "0"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=installed.folder, env=without_checkout()
    ) as server:
        assert server.stdout is not None
        address = re.findall(r"http://\S+/", server.stdout.readline())[0]
        try:
            body = json.dumps({"condition": "cerebral_palsy", "age_years": 2.5}).encode()
            asked = urllib.request.Request(f"{address}v1/predict", body, {"Content-Type": "application/json"})
            answer = json.loads(urllib.request.urlopen(asked, timeout=60).read())
            page = urllib.request.urlopen(address, timeout=60).read()
        finally:
            server.terminate()
    assert server.returncode == 0
    assert answer["condition"] == "cerebral_palsy"
    assert page.startswith(b"<!doctype html>")


def assert_listed(installed: Installed) -> None:
    """The bill of materials, by the command of docs/release.md: all that is installed, with its version."""
    words = [
        str(Path(sys.executable).parent / "cyclonedx-py"),
        "environment",
        installed.python,
        "--output-reproducible",
    ]
    told = subprocess.run(words, check=True, capture_output=True, cwd=installed.folder, env=without_checkout()).stdout
    parts = {canonicalize_name(part["name"]): part["version"] for part in json.loads(told)["components"]}
    assert parts["cell-response-predictor"] == predictor.__version__
    asked = needed("cell-response-predictor", ("plots", "tables", "web"))
    assert {canonicalize_name(name) for name, _ in asked} <= parts.keys()
