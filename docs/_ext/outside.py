"""What leads out of the folder of pages: the README is a page of the site, other files come with it as they are."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

README, PAGE = "README.md", "overview"
MARK = "<!-- README.md -->\n"
LINK = re.compile(r"(\]\()(?!https?:|#)")


def as_page(text: str) -> str:
    """The README as it would be one folder further down."""
    return LINK.sub(r"\1../", text).replace("](../docs/", "](")


def filled(app: Any, docname: str, source: list[str]) -> None:
    if MARK in source[0]:
        readme = Path(app.srcdir).parent / README
        app.env.note_dependency(str(readme))
        source[0] = source[0].replace(MARK, as_page(readme.read_text(encoding="utf-8")))


class Outside(SphinxTransform):
    """A link to a file beside the pages' folder leads to the README's page or to a copy of the file."""

    default_priority = 5  # before anybody asks whether the page is there

    def apply(self, **kwargs: Any) -> None:
        pages = Path(self.env.srcdir).resolve()
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link.get("refdomain") != "doc" or link["reftarget"] in self.env.found_docs:
                continue
            target = (pages / f"{link['reftarget']}.md").resolve()
            if target == pages.parent / README:
                link["reftarget"] = PAGE
            elif target.is_file():
                self._copied(link, target)

    def _copied(self, link: nodes.Element, target: Path) -> None:
        here = Path(self.env.doc2path(link["refdoc"])).resolve().parent
        told = {"refdomain": None, "reftype": "myst", "refdoc": link["refdoc"], "refexplicit": link["refexplicit"]}
        copy = addnodes.download_reference("", "", reftarget=os.path.relpath(target, here), **told)
        copy.extend(link.children)
        link.replace_self(copy)


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", filled)
    app.add_transform(Outside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
