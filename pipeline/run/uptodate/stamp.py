"""What a seal is made of: its records and its file (see `seal`, which judges by it)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from ...core import listing
from ...core.model import Record
from ...core.version import __version__
from ...storage import files as project
from ...storage.files import Scan, Stat
from . import quick

#: In the folder of this checkout's own state, which no version control takes.
_PLACE = Path(quick.PLACE)
#: Our own modules, by their folders.
_MODULES = (".", "grammar", "project", "seals", "targets")

#: Environment and flags.
Stated = tuple[Mapping[str, str], Mapping[str, object]]


class Terms(Record, frozen=True, kw_only=True, array_like=True):
    """Where to look, as the settings said it when the seal was set."""

    assets: tuple[str, ...]
    ignore: tuple[str, ...]
    #: Globs of rule files, and other files whose stat counts: relative to the root, or absolute.
    rules: tuple[str, ...]
    files: tuple[str, ...]
    #: The file that every run rewrites.
    lock: str
    #: Variables whose value counts, and those of which it counts only whether they are set.
    variables: tuple[str, ...]
    keys: tuple[str, ...]


class Said(Record, frozen=True, kw_only=True, array_like=True):
    """What a command printed on standard output and on standard error."""

    out: str
    err: str = ""


class Seal(Record, frozen=True, kw_only=True, array_like=True):
    """A seal but for the listing of the assets."""

    terms: Terms
    stated: msgspec.Raw
    around: msgspec.Raw
    lock: Stat | None
    #: What links lead to: a listing has the links themselves.
    linked: dict[str, Stat]
    young: dict[str, str]
    unmatched: tuple[str, ...]
    is_plain: bool
    #: Command to what it printed.
    answers: dict[str, Said]


class Sealed(NamedTuple):
    """A seal, and the content of its file with the place where the listing begins."""

    seal: Seal
    content: bytes
    listing: int


def read(root: Path, content: bytes | None = None) -> Sealed | None:
    """Return the project's seal, if it has one that can be read; `content` is what was read."""
    try:
        content = (root / _PLACE).read_bytes() if content is None else content
        if (parts := quick.divided(content)) is None:
            return None
        return Sealed(msgspec.msgpack.decode(parts[1], type=Seal), content, parts[2])
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return None


def write(root: Path, make: Callable[[int], bytes | None]) -> bool:
    """Write the content that `make` makes, given what time it is for the file system."""
    with suppress(OSError):  # a read-only project is not sealed, and never was
        folder = project.prepare(root) / _PLACE.relative_to(".pixelpipe").parent
        folder.mkdir(exist_ok=True)
        temporary = folder / f"{_PLACE.name}.{os.getpid()}"
        try:
            temporary.touch()
            if (content := make(temporary.stat().st_mtime_ns)) is None:
                return False
            temporary.write_bytes(content)
            temporary.replace(root / _PLACE)
        finally:
            temporary.unlink(missing_ok=True)
        return True
    return False


def content(root: Path, seal: Seal, scan: Scan, said: Stated) -> bytes:
    """Return what the file of a seal holds; `scan` was made with a listing."""
    fields = list(_fields(root, seal, *said)) if _is_simple(seal, scan, said) else []
    if stated(root, *said, seal.terms) != seal.stated:  # changed while the checks were made
        fields = []
    return quick.joined(fields, msgspec.msgpack.encode(seal), scan.listing.values())


def _is_simple(seal: Seal, scan: Scan, said: Stated) -> bool:
    """Tell whether a listing and some stats say it all, but for young files."""
    if scan.links or any(value is not None for value in said[1].values()):
        return False
    return not any(project.is_glob(pattern.rpartition("/")[0]) for pattern in seal.terms.rules)


def _fields(root: Path, seal: Seal, environment: Mapping[str, str], _: object) -> Iterator[str]:
    """Yield the checks and answers, three fields each."""
    terms = seal.terms
    rules = project.matching(root, terms.rules)
    checks = [(quick.VERSION, "")]
    checks += [(quick.MODULES, folder) for folder in _MODULES]
    checks += [(quick.VARIABLE, name) for name in terms.variables]
    checks += [(quick.SECRET, name) for name in terms.keys]
    checks += [(quick.STAT, name) for name in dict.fromkeys((*terms.files, *terms.rules, *rules))]
    checks += [
        (quick.NAMES, name.rpartition("/")[0] or ".")
        for name in terms.rules
        if project.is_glob(name)
    ]
    for kind, name in checks:
        yield from (kind, name, quick.check(kind, name, str(root), environment))
    yield from (quick.STAT, terms.lock, "" if seal.lock is None else str(seal.lock))
    if seal.young:
        yield from (quick.YOUNG, "", "")
    for command, said in seal.answers.items():
        yield from (quick.OUT, command, said.out, quick.ERR, command, said.err)


def narrow(root: Path, seal: Seal, found: quick.Found) -> Scan | None:
    """Scan the folders that differ, as part of the whole; None where more is to be looked at."""
    tree = project.Tree(root, seal.terms.assets, seal.terms.ignore)
    scan = tree.inside(found.differing)
    is_plain = scan.is_complete and not (scan.faults or scan.leftovers or scan.links)
    if not is_plain or scan.listing.keys() != set(found.differing):
        return None
    texts = listing.folders(found.content, found.listing) | dict(scan.listing)
    files = scan.files | tree.look(seal.young).files
    folders = dict.fromkeys(texts, 0)
    return msgspec.structs.replace(scan, listing=texts, files=files, folders=folders)


def differing(sealed: Sealed, scan: Scan) -> frozenset[str] | None:
    """Return the files whose stats differ from the listing; None if not the same files count."""
    found = set[str]()
    before = listing.folders(sealed.content, sealed.listing)
    if before.keys() != scan.listing.keys():
        return None
    for folder, text in scan.listing.items():
        if before[folder] != text:
            moved = listing.differing(before[folder], text)
            paths = {name if folder == "." else f"{folder}/{name}" for name in moved or ()}
            if moved is None or not paths <= scan.files.keys():
                return None
            found |= paths
    return frozenset(found)


def is_listed(sealed: Sealed, scan: Scan) -> bool:
    """Tell whether the listing is, to the letter, what the scan found."""
    at = sealed.listing
    for text in scan.listing.values():
        if not sealed.content.startswith(text, at):
            return False
        at += len(text)
    return at == len(sealed.content)


def linked(scan: Scan) -> dict[str, Stat]:
    """Return the stats of the files that links lead to."""
    return {path: scan.files[path] for path in scan.links if path in scan.files}


def stated(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object], terms: Terms
) -> msgspec.Raw:
    """Return all that was stated, and by which tool it was read."""
    rules = project.matching(root, terms.rules)
    stated = (
        __version__,
        [quick.check(quick.MODULES, folder, "", {}) for folder in _MODULES],
        sorted((name, str(value)) for name, value in flags.items() if value is not None),
        [environment.get(name) for name in terms.variables],
        # Whether there is a key, not which: no key is ever written anywhere.
        [bool(environment.get(name, "").strip()) for name in terms.keys],
        rules,
        [project.stat_at(root / name) for name in (*terms.files, *rules)],
    )
    return _packed(stated)


def around(scan: Scan) -> msgspec.Raw:
    """Return what a scan found beside files."""
    return _packed((scan.is_complete, scan.faults, scan.leftovers, sorted(scan.folders)))


def _packed(found: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(found))
