"""The site: Markdown pages, the Python reference from docstrings, the reference of commands from the command itself."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from examgen import __version__  # noqa: E402  # found by the line above

logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of styles that it reads while modules are imported

project = "examgen"
author = copyright = "examgen contributors"
version = release = __version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "commands", "docstrings", "outside"]
exclude_patterns = ["_ext"]
html_theme = "furo"
html_title = f"examgen {version}"
html_copy_source = False
smartquotes = False  # two hyphens are an option
highlight_language = "none"  # an indented block is a command or a file: what is Python or TOML says so

myst_heading_anchors = 4

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100

nitpicky = True
# names without a page here: other libraries' types, type variables, and what marking and proving keep to themselves
nitpick_ignore_regex = [
    ("py:class", r"(collections|fractions|pathlib|unittest)\..*"),
    ("py:class", r"tuple\[.*|Value|examgen\.drawing\.[HT]"),
    ("py:class", r"examgen\.(keyfile|narration|written\._data|solvers\._task|marking\._task|testing\._case\.Sheet).*"),
]
