"""Outputs that no line of the lock file names, and that say themselves that they are ours.

`animate` writes no lock file, and a folder may be copied without one. A sheet of ours carries where
it comes from; the data files beside it name its pixels. A sheet that was painted over has other
pixels than its data names, and is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from ..core import keys, provenance, small_files
from ..core.errors import PixelpipeError
from ..core.late import expression
from ..core.model import Provenance, Record
from ..storage import lock
from ..storage.files import carried

#: How data files name the sheet's pixels: `"pngHash": "…"`, `png_hash = "…"`, `/* sheet … */`.
NAMED = expression(rb"(?:png_?hash|sheet)\W{1,12}(?:value\W+)?([0-9a-f]{64})", re.IGNORECASE)
_PICTURES = (".png",)
#: What plays by itself, and names no sheet.
_PLAYED = (*_PICTURES, ".gif", ".webp", ".apng", ".ase", ".aseprite")


class Claims(Record, frozen=True, kw_only=True):
    """Digests of files that are ours, by path, and the request keys that they were made from.

    Where a file was paid for, `services` says who sold it.
    """

    files: Mapping[str, str] = {}
    keys: Collection[str] = frozenset()
    services: Mapping[str, str] = {}


def find(root: Path, odd: Mapping[str, str]) -> Claims:
    """Return which of the files `odd`, with their digests, are ours by what is in them."""
    sets: dict[str, list[str]] = {}
    for path in odd:
        sets.setdefault(lock.stem(path), []).append(path)
    files: dict[str, str] = {}
    made: set[str] = set()
    services: dict[str, str] = {}
    for paths in sets.values():
        read = {path: content for path in paths if (content := _read(root / path, odd[path]))}
        clips = _clips(read)
        if clips and _is_whole(read):
            ours = {path: odd[path] for path, content in read.items() if _is_made(path, content)}
            files |= ours
            made.update(one.request_key for one in clips)
            sellers = (one.service for one in clips if one.request_key)
            if seller := next((one for one in sellers if one != keys.BUILT_IN), ""):
                services |= dict.fromkeys(ours, seller)
    return Claims(files=files, keys=frozenset(made), services=services)


def _is_made(path: str, content: bytes) -> bool:
    """Tell whether a file of a set can be ours: a text that names no sheet was written by hand."""
    return path.endswith(_PLAYED) or NAMED.search(content) is not None


def _read(place: Path, digest: str) -> bytes:
    try:
        content = small_files.read(place, most=carried.MOST_BYTES)
    except OSError:
        return b""
    return content if keys.digest(content) == digest else b""


def _clips(read: Mapping[str, bytes]) -> list[Provenance]:
    """Return what the pictures of a set tell of their clips."""
    found: list[Provenance] = []
    for path, content in read.items():
        if path.endswith(_PICTURES):
            try:
                found += provenance.read(content) or ()
            except PixelpipeError:
                return []
    return found


def _is_whole(read: Mapping[str, bytes]) -> bool:
    """Tell whether every picture is ours, and no data file speaks of one that is not there."""
    pictures = {path: content for path, content in read.items() if path.endswith(_PICTURES)}
    if not all(provenance.is_ours(content) for content in pictures.values()):
        return False
    named = {
        match.decode()
        for path, content in read.items()
        if path not in pictures
        for match in NAMED.findall(content)
    }
    return not named or named <= {_pixels(path, content) for path, content in pictures.items()}


def _pixels(path: str, png: bytes) -> str:
    """Return the digest of a picture as data files name it, or "" for what is no picture."""
    from .. import imaging  # heavy, and only where a line is missing
    from ..targets import layout

    try:
        return layout.digest(imaging.decode(png, path))
    except PixelpipeError:
        return ""
