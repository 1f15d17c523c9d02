"""What version control does to a file on its way is no edit: pointers, line ends, conflict markers.

Git LFS leaves a pointer where a file was not fetched; git may change line ends at a checkout; a
merge writes both sides into a text. None of it is what a person wanted of an output.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from ...core import keys, small_files
from ...core.late import expression

#: No output is larger; a file that only has an output's name may be.
MOST_BYTES = 128 * small_files.MIB
_POINTER = expression(rb"version https://git-lfs[^\n]*\n(?:[^\n]*\n)*?oid sha256:([0-9a-f]{64})\s")
#: Longer files are no pointers.
_LONGEST_POINTER = 1024
#: A PNG begins with both line ends, so that this shows.
_MANGLED = (b"\x89PNG\n\x1a\n", b"\x89PNG\r\r\n\x1a\r\n", b"\x89PNG\n\n\x1a\n")
#: What the lines begin with that a merge writes around both sides, in this order.
_MARKERS = (b"\n<<<<<<< ", b"\n=======", b"\n>>>>>>> ")


class Carried(StrEnum):
    """How a file was changed on its way."""

    POINTER = "pointer"
    LINE_ENDS = "line ends"
    MARKERS = "conflict markers"


def is_pointer(content: bytes) -> bool:
    """Tell whether Git LFS has left a pointer in place of a file."""
    return len(content) <= _LONGEST_POINTER and _POINTER.match(content) is not None


def change(place: Path, digest: str | None) -> Carried | None:
    """Say how version control has changed the file at `place`; None when it has not.

    `digest` is the one that the file had, if that is known.
    """
    try:
        content = small_files.read(place, most=MOST_BYTES)
    except OSError:
        return None
    if is_pointer(content):
        return Carried.POINTER
    if content.startswith(_MANGLED):
        return Carried.LINE_ENDS
    plain = content.replace(b"\r\n", b"\n")
    if digest is not None and plain != content and keys.digest(plain) == digest:
        return Carried.LINE_ENDS
    return Carried.MARKERS if b"\0" not in content and _has_markers(plain) else None


def _has_markers(text: bytes) -> bool:
    """Tell whether a text holds both sides of a merge, in time that grows with its length."""
    text, at = b"\n" + text, 0
    for mark in _MARKERS:
        at = text.find(mark, at)
        if at < 0:
            return False
    return True
