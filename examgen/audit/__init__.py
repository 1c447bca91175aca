"""The report on an exam before it is printed: effort, differences, answers, mistakes, drawing, simulated students."""

from examgen.audit._audit import audit
from examgen.audit._page import page
from examgen.audit._report import Audit, Part
from examgen.audit._terminal import parts

__all__ = ["Audit", "Part", "audit", "page", "parts"]
