"""Candidates of one structure sifted together, many times faster than one by one and with the same verdict on each.

`solving` and `effort` look at one candidate after another and are the reference. Here the numbers of a stack of them are
bounded in int64, cell by cell, and compared; whatever the bounds leave open, or the arrays cannot express, is asked there.
"""

from examgen.sifting._ahead import Ahead, Key, Likeness, Looked, draw_all

__all__ = ["Ahead", "Key", "Likeness", "Looked", "draw_all"]
