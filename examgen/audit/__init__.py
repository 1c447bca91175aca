"""The report on an exam before it is printed: effort, distances, answers, mistakes, drawing, simulated students."""

from examgen.audit._audit import audit
from examgen.audit._page import page
from examgen.audit._report import Audit, Part
from examgen.audit._sections import Section, sections

__all__ = ["Audit", "Part", "Section", "audit", "page", "sections"]
