"""A PDF written object by object, as it grows: small objects packed together, and where each of them stands.

Source: ISO 32000-1, 7.5.7 (object streams), 7.5.8 (cross-reference streams).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from hashlib import blake2b
from typing import BinaryIO

HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
LEVEL = 6  # of compression
PLACES = [number.to_bytes(2, "big") for number in range(1 << 16)]
FREE = b"\0\0\0\0\0\xff\xff"


class Writer:
    """Writes one file; objects may come in any order and every number may be given once."""

    def __init__(self, out: BinaryIO) -> None:
        self.out, self.size = out, 0
        self.rows: dict[int, bytes] = {}  # first number -> rows of the cross-reference for it and those behind it
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

    def packed(self, number: int, first: int, objects: Sequence[bytes]) -> None:
        """Objects with numbers one after another from `first`, packed in a stream of that number."""
        heads, place = [], 0
        for offset, data in enumerate(objects):
            heads.append(b"%d %d" % (first + offset, place))
            place += len(data) + 1
        head = b" ".join(heads)
        says = b"/Type/ObjStm/N %d/First %d" % (len(objects), len(head) + 1)
        self.stream(number, head + b"\n" + b"\n".join(objects), says)
        lead = b"\2" + number.to_bytes(4, "big")
        self.rows[first] = lead + lead.join(PLACES[: len(objects)])

    def finish(self, root: int, info: int, number: int) -> None:
        """The cross-reference, as an object of a number above all others, and the end of the file."""
        identity = self.digest.hexdigest().encode()
        self.rows[0] = FREE
        self.rows[number] = b"\1" + self.size.to_bytes(4, "big") + b"\0\0"
        table, free = [], 0
        for first in sorted(self.rows):
            table.append(FREE * (first - free))
            table.append(self.rows[first])
            free = first + len(self.rows[first]) // len(FREE)
        says = b"/Type/XRef/W[1 4 2]/Size %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]" % (free, root, info, identity, identity)
        start = self.size
        self.stream(number, b"".join(table), says)
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)
