"""The report as one web page, plots inside, which a browser shows and prints without anything else."""

from __future__ import annotations

from examgen.audit._report import Audit
from examgen.audit._sections import sections
from examgen.render.html import audit_html


def page(audit: Audit) -> str:
    """The HTML document. The plotting library takes a second to load, and is loaded only here."""
    from examgen.audit._plots import plots

    return audit_html(audit.title, len(audit.codes), sections(audit), plots(audit))
