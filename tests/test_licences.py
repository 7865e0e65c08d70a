"""The licences of all that a user installs, and our own: free to use, to change and to pass on, and not more is asked of
whoever does than to name the authors."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution, requires

from packaging.requirements import Requirement

from .conftest import ROOT
from .documents import text_of

PROJECT = tomllib.loads(text_of("pyproject.toml"))["project"]
USED = ("dask", "plots", "tables", "web")
"""The extras that a user installs; the others are for work on the project, or for a cluster that is there already."""
ALLOWED = frozenset(
    ("0BSD", "Apache Software License", "Apache-2.0", "BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "MIT",
     "MIT License", "MIT-CMU", "PSF-2.0", "Python Software Foundation License", "Unlicense", "Zlib")
)  # fmt: skip
"""SPDX names, and the names of PyPI's classifiers for the same."""


def needed(distribution_name: str, extras: tuple[str, ...] = ()) -> set[tuple[str, tuple[str, ...]]]:
    """What a distribution asks for itself on this machine, each with the extras of it."""
    told = map(Requirement, requires(distribution_name) or ())
    here = [one for one in told if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in ("", *extras))]
    return {(one.name, tuple(sorted(one.extras))) for one in here}


def brought(extras: tuple[str, ...]) -> set[str]:
    """All that comes with the package and some of its extras."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    new = {(PROJECT["name"], extras)}
    while new:
        found |= new
        new = set().union(*(needed(*one) for one in new)) - found
    return {name for name, _ in found} - {PROJECT["name"]}


def licences(name: str) -> list[str]:
    """The licences that a distribution names, in its expression, its classifiers or its own words."""
    told = distribution(name).metadata
    classes = [line.split(" :: ")[-1] for line in told.get_all("Classifier", []) if line.startswith("License :: ")]
    return re.split(r" AND | OR ", told.get("License-Expression") or " AND ".join(classes) or told.get("License", ""))


def test_each_licence_of_what_a_user_installs_is_allowed() -> None:
    names = brought(USED)
    assert {"numpy", "openpyxl", "fastapi", "matplotlib", "distributed", "h11"} <= names
    assert {name: told for name in sorted(names) if not ALLOWED.issuperset(told := licences(name))} == {}


def test_our_own_licence_is_named_as_it_is_told() -> None:
    """The wheel holds htm with Preact beside what is ours."""
    assert PROJECT["license"] == "Apache-2.0 AND MIT"
    own, vendored = (text_of(name) for name in PROJECT["license-files"])
    assert own.lstrip().startswith("Apache License\n                           Version 2.0, January 2004")
    assert "htm (Apache-2.0) with Preact (MIT)" in vendored
    scripts = [path for path in (ROOT / "predictor").rglob("vendor/*") if path.name != "LICENSES.txt"]
    assert [path.name for path in scripts] == ["htm-preact.js"]
