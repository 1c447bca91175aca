"""Copies of an exam: the class list, who gets which variant, and where."""

from examgen.copies._assignment import assignment_csv
from examgen.copies._copy import Copy, Room
from examgen.copies._handout import handout
from examgen.copies._order import ordered
from examgen.copies._plan import Conflict, Plan, plan
from examgen.copies._roster import Roster, read_roster

__all__ = ["Conflict", "Copy", "Plan", "Room", "Roster", "assignment_csv", "handout", "ordered", "plan", "read_roster"]
