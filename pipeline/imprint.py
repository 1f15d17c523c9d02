"""The cheapest proof that nothing has changed: the assets listed as text, compared as text.

A seal (see `seal`) begins with what has to be as it was, in a form that costs nothing to read and
to compare: a no-op must not take longer to load its code than to look at the files. So nothing is
imported here, and `answer` stands before the command line. It knows no rules: what it cannot
recognise as unchanged it leaves to the others, which know better.

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

from . import __version__

TYPE_CHECKING = False  # `typing` takes a tenth of the time of a run with nothing to do
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CONFIG_NAME = "pixelpipe.yaml"
IGNORE_NAME = ".pixelpipeignore"
PLACE = ".pixelpipe/tmp/seal"
MAGIC = b"pixelpipe seal 2 "
SOURCE_SUFFIXES = (".png", ".PNG")
OVERRIDE_SUFFIXES = (".png.yaml", ".PNG.yaml")
#: What engines write beside our outputs: theirs, although it carries our name.
SIDECAR_SUFFIXES = (".import", ".meta", ".uid")
#: A directory listing of Windows has none, a stat has: left out there.
HAS_INODES = os.name != "nt"
#: What stands behind a folder's name.
FOLDER = "\0d"
#: What the first field of three says about the other two: what has to be, and what is printed.
VERSION, MODULES, VARIABLE, SECRET = "version", "modules", "variable", "secret"
STAT, NAMES, OUT, ERR = "stat", "names", "out", "err"

_SUFFIXES = SOURCE_SUFFIXES + OVERRIDE_SUFFIXES
_COMMANDS = ("build", "plan")


def counts(name: str) -> bool:
    """Tell whether the state of a file of this name may count."""
    if name[0] == ".":
        return name == IGNORE_NAME
    return name.endswith(_SUFFIXES) or (".anim." in name and not name.endswith(SIDECAR_SUFFIXES))


def stated(found: os.stat_result) -> str:
    """Return a stat as it stands in a listing."""
    inode = found.st_ino if HAS_INODES else 0
    return f"{found.st_size} {found.st_mtime_ns} {inode} {found.st_ctime_ns}"


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
        return stated(os.stat(os.path.join(root, name)))
    except OSError:
        return ""


def listed(root: str, folder: str) -> str:
    """Return the text of a folder as it is now. Raises OSError if it cannot be listed."""
    parts = [heading(folder)]
    with os.scandir(f"{root}{os.sep}{folder}") as entries:
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                parts.append(f"{name}{FOLDER}/")
            elif counts(name):
                parts.append(f"{name}\0{stated(entry.stat(follow_symlinks=False))}/")
            else:
                parts.append(f"{name}/")
    return "".join(parts)


def heading(folder: str) -> str:
    """Return what the text of a folder begins with."""
    return f"\0\0{folder}\0\0"


def encoded(text: str) -> bytes:
    """Return a text that may hold names which are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def joined(fields: list[str], body: bytes, texts: Iterable[str]) -> bytes:
    """Return a seal's content."""
    head, listing = encoded("\0".join(fields)), b"".join(map(encoded, texts))
    lengths = f"{len(head)} {len(body)} {len(listing)}\n"
    return b"".join((MAGIC, lengths.encode(), head, body, listing))


def divided(content: bytes) -> tuple[list[str], bytes, int] | None:
    """Return a seal's fields, its body, and where its listing begins; None for anything else."""
    line = content[: content.find(b"\n", 0, 100)]
    if not line.startswith(MAGIC):
        return None
    try:
        head, body, listing = (int(number) for number in line[len(MAGIC) :].split(b" "))
    except ValueError:
        return None
    begin = len(line) + 1
    end = begin + head
    if len(content) != end + body + listing:
        return None
    fields = content[begin:end].decode("utf-8", "surrogateescape")
    return fields.split("\0"), content[end : end + body], end + body


def chunk(content: bytes, at: int) -> bytes:
    """Return the text of the folder that begins at `at` of a seal's content."""
    entries = content.find(b"\0\0", at + 2) + 2
    end = content.find(b"\0\0", entries)
    return content[at:] if end < 0 else content[at:end]


def differing(before: bytes, after: bytes) -> set[str] | None:
    """Return which files in a folder have another state; None if files that count come or go."""
    (was, old), (now, new) = _entries(before), _entries(after)
    names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    names = {name for name in names if counts(name)}
    is_same = was == now and names <= old.keys() and names <= new.keys()
    return names if is_same else None


def _entries(text: bytes) -> tuple[str, dict[str, str]]:
    """Return a folder's heading, and its entries: name to state."""
    _, folder, entries = text.decode("utf-8", "surrogateescape").split("\0\0")
    divided = (entry.partition("\0") for entry in entries.split("/")[:-1])
    return folder, {name: state for name, _, state in divided}


def answer(arguments: list[str], environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return what a plain command prints when nothing has changed; None to let it find out."""
    is_plain = 1 <= len(arguments) <= 2 and arguments[0] in _COMMANDS
    if not is_plain or arguments[-1][:1] in ("", "-"):
        return None
    root = _root(arguments[1] if len(arguments) == 2 else ".")
    if root is None:
        return None
    try:
        with open(os.path.join(root, PLACE), "rb") as stream:
            content = stream.read()
        seal = divided(content)
        if seal is None or not (said := _said(seal[0], arguments[0], root, environment)):
            return None
        return said if _is_same(content, seal[2], root) else None
    except (OSError, ValueError):
        return None


def _root(start: str) -> str | None:
    """Return the project's folder: `start`, or one above it."""
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        return None
    while not os.path.isfile(os.path.join(folder, CONFIG_NAME)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _said(
    fields: list[str], command: str, root: str, environment: Mapping[str, str]
) -> tuple[str, str] | None:
    """Return what is to be printed, if all checks hold."""
    said = {OUT: "", ERR: ""}
    for at in range(0, len(fields) - 2, 3):
        kind, name, text = fields[at : at + 3]
        if kind in said:
            said[kind] = text if name == command else said[kind]
        elif check(kind, name, root, environment) != text:
            return None
    return (said[OUT], said[ERR]) if said[OUT] else None


def _is_same(content: bytes, at: int, root: str) -> bool:
    """Tell whether every folder is as the listing from `at` on says."""
    while at < len(content):
        begin, end = at + 2, content.find(b"\0\0", at + 2)
        folder = content[begin:end].decode("utf-8", "surrogateescape")
        text = encoded(listed(root, folder))
        if not content.startswith(text, at):
            return False
        at += len(text)
    return True


def _names(folder: str) -> Iterator[str]:
    """Yield the names in a folder, links with what they lead to."""
    with os.scandir(folder) as entries:
        for entry in entries:
            kind = "d" if entry.is_dir() else ""
            if entry.is_symlink():
                kind += stated(entry.stat())
            yield f"{entry.name}\1{kind}"


def _modules(folder: str) -> Iterator[str]:
    """Yield our own modules: a tool that is edited in place is another tool."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found = entry.stat()
                yield f"{entry.name} {found.st_size} {found.st_mtime_ns}"
