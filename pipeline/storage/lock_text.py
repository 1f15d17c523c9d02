"""Read and change some lines of a lock file's text, and leave the others as they are.

A lock file of 100,000 sprites has 300,000 lines; a run that looks at one sprite needs three. That
is safe with a *plain* text only: one that is, to the letter, as we write it, so that a search for
a name finds every line about it, and a line has one place. Whatever a merge or a person made of it
is read as a whole (see `lock`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import AnyStr

from ..core.model import stem_of
from . import lock
from .lock import AdoptedLine, ClipLine, FileLine, Lock

_NONE: Mapping[str, Sequence[AdoptedLine]] = MappingProxyType({})


def is_plain(text: str) -> bool:
    """Tell whether a text is as we write it: sorted, and without an escaped letter."""
    # Most that are not are found out at once.
    return "\\" not in text and are_plain(lock.pieces(text))


def are_plain(pieces: Iterable[str]) -> bool:
    """Tell the same of a text in pieces, each of which ends where a line does."""
    last = None
    for piece in pieces:
        if "\\" in piece or piece[-1] != "\n":
            return False
        lines = piece.split("\n")
        lines.pop()
        if last is None:
            if lines.pop(0) != lock.HEAD:
                return False
            last = ""
        if not lines:
            continue
        # What stands between a first and a last line that begin so, in order, begins so too.
        if not last and not lines[0].startswith('{"'):
            return False
        if lines[0] < last or lines != sorted(lines):
            return False
        last = lines[-1]
    return last is not None and (not last or last.startswith('{"'))


def parse(text: str, stems: Collection[str], open_keys: Collection[str] = ()) -> Lock:
    """Return what a plain text says about the sources that have these stems.

    With it comes every purchase that has one of the `open_keys`, whatever its source.
    """
    lines = {begin: line for begin, _, line in _lines(text, stems)}
    lines |= {
        begin: line for key in open_keys for begin, _, line in _found(text, f'"open":"{key}"')
    }
    return lock.parse("\n".join(lines.values()))


def is_used(text: str, key: str, digest: str) -> bool:
    """Tell whether a line of a plain text names a purchase."""
    found = (lock.record(line) for _, _, line in _found(text, f'"digest":"{digest}"'))
    return any(isinstance(one, ClipLine) and one.key == key for one in found)


def rest(text: str, stems: Collection[str]) -> str:
    """Return a plain text without the lines about these stems."""
    return _spliced(text, ((begin, end, "") for begin, end, _ in _lines(text, stems)))


def replace(
    text: str,
    *,
    clips: Mapping[str, Sequence[ClipLine]],
    files: Mapping[str, Sequence[FileLine]],
    adopted: Mapping[str, Sequence[AdoptedLine]] = _NONE,
) -> str:
    """Return a plain text with lines exchanged, as `lock.replace` does with records."""
    stems = {stem_of(source) for source in (*clips, *adopted)} | files.keys()
    old = [
        (begin, end, "")
        for begin, end, line in _lines(text, stems)
        if _is_among(lock.record(line), clips, files, adopted)
    ]
    kept = _spliced(text, old)
    lines = {lock.written(one) for some in clips.values() for one in some}
    lines |= {lock.written(one) for some in files.values() for one in some}
    lines |= {lock.written(one) for some in adopted.values() for one in some}
    places = {line: _place(kept, line, "\n", len(lock.HEAD) + 1) for line in lines}
    return _spliced(kept, ((at, at, line + "\n") for line, at in places.items()))


def added(pieces: Iterable[bytes], lines: Iterable[str]) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a plain text with lines more, each of which it does not have.

    Each of the `pieces` that it comes in ends where a line does.
    """
    left = sorted((line.encode() for line in lines), reverse=True)  # in their letters' order, too
    begin = len(lock.HEAD) + 1
    for piece in pieces:
        whole, done = memoryview(piece), 0
        # Behind the first line, which is in no order, anything may come.
        last = piece[piece.rfind(b"\n", 0, -1) + 1 : -1] if len(piece) > begin else b""
        while left and left[-1] < last:
            line = left.pop()
            at = _place(piece, line, b"\n", begin)
            yield from (whole[done:at], line, b"\n")
            done = at
        yield whole[done:]
        begin = 0
    for line in reversed(left):
        yield from (line, b"\n")


def _lines(text: str, stems: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the lines about sources that have these stems, each with its begin and end."""
    seen = set()
    for stem in stems:
        for begin, end, line in _found(text, f'"{stem}.'):
            if begin not in seen and _stem_of(lock.record(line)) in stems:
                seen.add(begin)
                yield begin, end, line


def _found(text: str, needle: str) -> Iterator[tuple[int, int, str]]:
    """Yield the lines in which something stands, each with its begin and end."""
    end = 0
    while (at := text.find(needle, end)) >= 0:
        begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at) + 1
        yield begin, end, text[begin : end - 1]


def _spliced(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """Return `text` with parts exchanged: begin, end, and what stands there then."""
    parts, done = [], 0
    for begin, end, new in sorted(edits):
        parts += [text[done:begin], new]
        done = end
    return "".join((*parts, text[done:]))


def _place(text: AnyStr, line: AnyStr, newline: AnyStr, begin: int) -> int:
    """Return where a line belongs in a plain text, or in bytes of it, from `begin` on."""
    low, high = begin, len(text)
    while low < high:
        begin = text.rfind(newline, low, (low + high) // 2) + 1 or low
        end = text.find(newline, begin) + 1
        if text[begin : end - 1] < line:
            low = end
        else:
            high = begin
    return low


def _stem_of(found: object) -> str | None:
    match found:
        case ClipLine() | AdoptedLine():
            return stem_of(found.source)
        case FileLine():
            return lock.stem(found.path)
        case _:
            return None


def _is_among(
    found: object, clips: Collection[str], files: Collection[str], adopted: Collection[str]
) -> bool:
    match found:
        case ClipLine():
            return found.source in clips
        case AdoptedLine():
            return found.source in adopted
        case FileLine():
            return lock.stem(found.path) in files
        case _:
            return False
