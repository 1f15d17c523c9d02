"""Write a document of very many steps piece by piece: all at once would fill the memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

#: How the list of steps stands in a document that has none: only there with two blanks before.
_NONE = b'\n  "steps": []'
#: Steps in one piece.
_PIECE = 256


def pieces(
    document: Mapping[str, object], steps: Iterable[Mapping[str, object]]
) -> Iterator[bytes]:
    """Yield the text of `document` with these `steps`, two blanks a level, and a line end.

    It says where they stand: among its keys is `steps`, whose list is empty.
    """
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    before, _, after = text.partition(_NONE)
    yield before
    begun, some = b'\n  "steps": [', bytearray()
    for number, step in enumerate(steps, start=1):
        shown = msgspec.json.format(msgspec.json.encode(step), indent=2)
        some += begun + b"\n    " + shown.replace(b"\n", b"\n    ")
        begun = b","
        if number % _PIECE == 0:
            yield bytes(some)
            some.clear()
    yield bytes(some) + (b"\n  ]" if begun == b"," else _NONE) + after + b"\n"
