"""Work in pieces, each begun once those it is made from are there, and noted down as soon as its files are."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from examgen.processes import Report, Workers

STAGES = {"prove": "variants solved and proved", "work": "worked solutions set", "set": "files of sheets and key set"}
Made = Mapping[str, str]  # files with their checksums


@dataclass(frozen=True)
class Piece:
    """Files that one call makes: `call(*arguments)` writes them and gives their checksums.

    `stage` is what is reported, of `size` things; `needs` are the names of the pieces that the call reads.
    """

    name: str
    stage: str
    call: Callable[..., Made]
    arguments: tuple[Any, ...]
    needs: Collection[str] = ()
    size: int = 1


def make(
    pool: Workers, pieces: Sequence[Piece], done: dict[str, Made], record: Callable[[str, Made], None], report: Report
) -> None:
    """Makes the pieces that are not done yet, earlier ones first; a few more are handed out than the pool works on."""
    counted = _Counted(pieces, done, report)
    places = {piece.name: place for place, piece in enumerate(pieces)}
    order = TopologicalSorter({piece.name: piece.needs for piece in pieces})
    order.prepare()
    ready: list[int] = []
    running: dict[Future[Made], Piece] = {}
    while order.is_active():
        while names := order.get_ready():
            for name in names:
                if name in done:
                    order.done(name)
                else:
                    heapq.heappush(ready, places[name])
        while ready and len(running) < 2 * pool.width and not any(future.done() for future in running):
            piece = pieces[heapq.heappop(ready)]
            running[pool.submit(piece.call, *piece.arguments)] = piece
        for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
            piece = running.pop(future)
            done[piece.name] = future.result()
            record(piece.name, done[piece.name])
            order.done(piece.name)
            counted.add(piece)


def said(pieces: Sequence[Piece], done: Collection[str]) -> str:
    """How much there is."""
    total, found = Counter[str](), Counter[str]()
    for piece in pieces:
        total[piece.stage] += piece.size
        found[piece.stage] += piece.size * (piece.name in done)
    told = [f"{found[stage]} of {total[stage]} {what}" for stage, what in STAGES.items() if found[stage]]
    return ", ".join(told) or "all variants drawn"


class _Counted:
    """How much of each stage is done."""

    def __init__(self, pieces: Sequence[Piece], done: Collection[str], report: Report) -> None:
        self.report = report
        self.total, self.done = Counter[str](), Counter[str]()
        for piece in pieces:
            self.total[piece.stage] += piece.size
        for piece in pieces:
            if piece.name in done:
                self.add(piece)

    def add(self, piece: Piece) -> None:
        """One more is done."""
        self.done[piece.stage] += piece.size
        self.report(piece.stage, self.done[piece.stage], self.total[piece.stage])
