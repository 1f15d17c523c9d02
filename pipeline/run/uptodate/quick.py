"""The cheapest proof that nothing has changed: the assets listed as text, compared as text.

A seal (see `seal`) begins with what has to be as it was, in a form that costs nothing to read and
to compare: a no-op must not take longer to load its code than to look at the files. So nothing is
imported here, and `look` stands before the command line. It knows no rules: what it cannot
recognise as unchanged it leaves to the others, which know better and begin where it ended.

    pixelpipe seal 2 HEAD BODY LISTING  the lengths of the three parts, in bytes
    HEAD                                checks and answers: three fields each, divided by NUL
    BODY                                what `seal` needs beside that
    LISTING                             every folder of the assets, with what is in it

A folder of the listing is `NUL NUL path NUL NUL` and its entries in the order of the system:
`name/` for what is of no interest, `name NUL d/` for a folder, and `name NUL stat/` for a file
whose state counts. No name holds NUL or a slash.
"""

# pathlib takes longer to load than a thousand files to compare.
# ruff: noqa: PTH100, PTH112, PTH113, PTH116, PTH118, PTH120, PTH123

from __future__ import annotations

import os

from ...core import listing
from ...core.version import __version__

TYPE_CHECKING = False  # `typing` takes a tenth of the time of a run with nothing to do
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PLACE = ".pixelpipe/tmp/seal"
MAGIC = b"pixelpipe seal 2 "
#: What the first field of three says about the other two: what has to be, and what is printed.
VERSION, MODULES, VARIABLE, SECRET = "version", "modules", "variable", "secret"
STAT, NAMES, OUT, ERR = "stat", "names", "out", "err"
#: There are young files, whose content has to be compared.
YOUNG = "young"

_COMMANDS = ("build", "plan")
#: More folders than this that differ are looked at with all others.
_MOST = 50


class Found:
    """What comparing has found: folders that differ, and what a command says if there are none."""

    def __init__(self, command: str, root: str, content: bytes, listing: int) -> None:
        """Take what was read: a seal's content, and where its listing begins."""
        self.command = command
        self.root = root
        self.content = content
        self.listing = listing
        self.said = ("", "")
        self.is_young = False
        self.differing: list[str] = []

    @property
    def is_answer(self) -> bool:
        """Tell whether `said` is what a full run would say."""
        return bool(self.said[0]) and not self.is_young and not self.differing


def check(kind: str, name: str, root: str, environment: Mapping[str, str]) -> str:
    """Return what is so now: the third field of a check."""
    if kind == VARIABLE:
        value = environment.get(name)
        return "" if value is None else f"={value}"
    if kind == SECRET:  # whether there is a key, not which: no key is ever written anywhere
        return str(bool(environment.get(name, "").strip()))
    if kind == VERSION:
        return __version__
    try:
        if kind == MODULES:
            return "/".join(sorted(_modules(os.path.join(os.path.dirname(__file__), name))))
        if kind == NAMES:
            return "/".join(sorted(_names(os.path.join(root, name))))
        return listing.stated(os.stat(os.path.join(root, name)))
    except OSError:
        return ""


def joined(fields: list[str], body: bytes, texts: Iterable[bytes]) -> bytes:
    """Return a seal's content."""
    head, listed = listing.encoded("\0".join(fields)), b"".join(texts)
    lengths = f"{len(head)} {len(body)} {len(listed)}\n"
    return b"".join((MAGIC, lengths.encode(), head, body, listed))


def divided(content: bytes) -> tuple[list[str], bytes, int] | None:
    """Return a seal's fields, its body, and where its listing begins; None for anything else."""
    line = content[: content.find(b"\n", 0, 100)]
    if not line.startswith(MAGIC):
        return None
    try:
        head, body, listed = (int(number) for number in line[len(MAGIC) :].split(b" "))
    except ValueError:
        return None
    begin = len(line) + 1
    end = begin + head
    if len(content) != end + body + listed:
        return None
    fields = content[begin:end].decode("utf-8", "surrogateescape")
    return fields.split("\0"), content[end : end + body], end + body


def look(arguments: list[str], environment: Mapping[str, str]) -> Found | None:
    """Compare with the imprint that a plain command has; None when it says nothing at all."""
    is_plain = 1 <= len(arguments) <= 2 and arguments[0] in _COMMANDS
    if not is_plain or arguments[-1][:1] in ("", "-"):
        return None
    root = _root(arguments[1] if len(arguments) == 2 else ".")
    if root is None:
        return None
    try:
        with open(os.path.join(root, PLACE), "rb") as stream:
            content = stream.read()
        if (seal := divided(content)) is None:
            return None
        found = Found(arguments[0], root, content, seal[2])
        return found if _holds(seal[0], found, environment) and _compare(found) else None
    except (OSError, ValueError):
        return None


def _root(start: str) -> str | None:
    """Return the project's folder: `start`, or one above it."""
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        return None
    while not os.path.isfile(os.path.join(folder, listing.CONFIG_NAME)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _holds(fields: list[str], found: Found, environment: Mapping[str, str]) -> bool:
    """Tell whether all checks hold, and keep what is to be said."""
    said = {OUT: "", ERR: ""}
    for at in range(0, len(fields) - 2, 3):
        kind, name, text = fields[at : at + 3]
        if kind in said:
            said[kind] = text if name == found.command else said[kind]
        elif kind == YOUNG:
            found.is_young = True
        elif check(kind, name, found.root, environment) != text:
            return False
    found.said = said[OUT], said[ERR]
    return bool(found.said[0])


def _compare(found: Found) -> bool:
    """Keep the folders that are not as the listing says; False when there are too many."""
    content, at = found.content, found.listing
    while at < len(content):
        folder, entries = listing.begun(content, at)
        text = listing.encoded(listing.listed(found.root, folder))
        if content.startswith(text, at):
            at += len(text)
            continue
        found.differing.append(folder)
        end = content.find(b"\0\0", entries)
        at = len(content) if end < 0 else end
    return len(found.differing) <= _MOST


def _names(folder: str) -> Iterator[str]:
    """Yield the names in a folder, links with what they lead to."""
    with os.scandir(folder) as entries:
        for entry in entries:
            kind = "d" if entry.is_dir() else ""
            if entry.is_symlink():
                kind += listing.stated(entry.stat())
            yield f"{entry.name}\1{kind}"


def _modules(folder: str) -> Iterator[str]:
    """Yield our own modules: a tool that is edited in place is another tool."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found = entry.stat()
                yield f"{entry.name} {found.st_size} {found.st_mtime_ns}"
