"""How the documentation is built: `python -m sphinx -W docs docs/_build`, offline; a fault of any kind ends it."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from predictor import __version__  # noqa: E402

project = "cell-response-predictor"
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "drawn"]
exclude_patterns = ["_build", "README*"]

html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_copyright = False

myst_fence_as_directive = ["mermaid"]
smartquotes = False  # `--json` stays two hyphens
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 60
nb_merge_streams = True

default_role = "literal"
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "set_fit_request, set_score_request"}
