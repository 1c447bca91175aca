"""A PDF written object by object, as it grows: small objects packed together, and where each of them stands.

Source: ISO 32000-1, 7.5.7 (object streams), 7.5.8 (cross-reference streams), 7.4.4.4 (predictors).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from hashlib import blake2b
from typing import BinaryIO

HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
LEVEL = 5  # of compression: 6 takes half as long again for one byte in twenty
PLACES = [number.to_bytes(2, "big") for number in range(1 << 16)]
FREE = b"\0\0\0\0\0\xff\xff"
WIDE = len(FREE)  # bytes of a row of the cross-reference
LONG = WIDE + 1  # with the number of a filter before it
SAME = b"\2" + bytes(WIDE)  # a row that does not differ from the one above
# what the row of each place in a pack differs by from the row of the place before
STEPS = (b"\2\0\0\0\0\0\1\1" + b"\2\0\0\0\0\0\0\1" * 255) * 256


class Writer:
    """Writes one file; objects may come in any order and every number may be given once."""

    def __init__(self, out: BinaryIO) -> None:
        self.out, self.size = out, 0
        self.rows: dict[int, bytes] = {}  # first number -> rows of the cross-reference for it and those behind it
        self.kept: list[tuple[int, Sequence[bytes]]] = []
        self.digest = blake2b(digest_size=16)
        self._write(HEADER)

    def _write(self, data: bytes) -> None:
        self.out.write(data)
        self.digest.update(data)
        self.size += len(data)

    def object(self, number: int, data: bytes) -> None:
        """One object by itself."""
        self.rows[number] = b"\1" + self.size.to_bytes(4, "big") + b"\0\0"
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, data))

    def stream(self, number: int, data: bytes, says: bytes = b"") -> None:
        """A stream, compressed; `says` are further entries of its dictionary."""
        packed = zlib.compress(data, LEVEL)
        self.object(number, b"<<%b/Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (says, len(packed), packed))

    def keep(self, first: int, objects: Sequence[bytes]) -> None:
        """Keeps objects with numbers one after another from `first` for the next pack."""
        self.kept.append((first, objects))

    def pack(self, number: int) -> None:
        """What was kept, packed in a stream of that number."""
        heads, place, lead, count = [], 0, b"\2" + number.to_bytes(4, "big"), 0
        for first, objects in self.kept:
            for offset, data in enumerate(objects, start=first):
                heads.append(b"%d %d" % (offset, place))
                place += len(data) + 1
            self.rows[first] = lead + lead.join(PLACES[count : count + len(objects)])
            count += len(objects)
        head = b" ".join(heads)
        says = b"/Type/ObjStm/N %d/First %d" % (count, len(head) + 1)
        self.stream(number, b"\n".join([head, *(data for _, objects in self.kept for data in objects)]), says)
        self.kept.clear()

    def packed(self, number: int, first: int, objects: Sequence[bytes]) -> None:
        """Objects with numbers one after another from `first`, packed by themselves."""
        self.keep(first, objects)
        self.pack(number)

    def finish(self, root: int, info: int, number: int) -> None:
        """The cross-reference, as an object of a number above all others, and the end of the file."""
        identity = self.digest.hexdigest().encode()
        self.rows[0] = FREE
        self.rows[number] = b"\1" + self.size.to_bytes(4, "big") + b"\0\0"
        table, above, free = [], bytes(WIDE), 0
        for first in sorted(self.rows):
            if missing := first - free:
                table += [_difference(FREE, above), SAME * (missing - 1)]
                above = FREE
            rows = self.rows[first]
            place = int.from_bytes(rows[5:WIDE], "big") + 1  # of the second row, where there is one
            more = len(rows) // WIDE - 1
            table += [_difference(rows[:WIDE], above), STEPS[LONG * place : LONG * (place + more)]]
            above, free = rows[-WIDE:], first + more + 1
        told = (free, root, info, identity, identity)
        says = b"/Type/XRef/W[1 4 2]/Size %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]" % told
        says += b"/DecodeParms<</Predictor 12/Columns %d>>" % WIDE
        here = self.size
        self.stream(number, b"".join(table), says)
        self._write(b"startxref\n%d\n%%%%EOF\n" % here)


def _difference(row: bytes, above: bytes) -> bytes:
    """A row as what it differs by from the one above (PNG's filter 2)."""
    return b"\2" + bytes((one - other) % 256 for one, other in zip(row, above, strict=True))
