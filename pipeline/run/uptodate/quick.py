"""The cheapest proof that nothing has changed: the assets listed as text, compared as text.

The state file (see `storage.state`) begins with what has to be as it was, in a form that costs
nothing to read and to compare: a no-op must not take longer to load its code than to look at the
files. So nothing is imported here but what that needs, and `look` stands before the command line.
It knows no rules: what it cannot recognise as unchanged it leaves to the others.

The invariant: **it says what a full run would say, or nothing.** Only plain commands are answered,
and the recipe of build systems (`build --frozen --depfile FILE --stamp FILE`) while its depfile is
as the answer left it; `plan --json` is for `listed`. Any other flag, known or not, is for the
command line.
"""

# pathlib takes longer to load than a thousand files to compare.
# ruff: noqa: PTH100, PTH109, PTH111, PTH112, PTH116, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import time

from ...core import listing
from ...core.version import __version__

TYPE_CHECKING = False  # `typing` takes a tenth of the time of a run with nothing to do
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLACE = ".pixelpipe/tmp/state"
MAGIC = b"pixelpipe state 1 "
#: What the first field of three says about the other two: what has to be, and what is printed.
VERSION, PROGRAM, VARIABLE, SECRET = "version", "program", "variable", "secret"
STAT, NAMES, LOCK, OUT, ERR = "stat", "names", "lock", "out", "err"
#: Where a folder is, links followed: one that leads out of the project is not looked at.
REAL = "real"
#: What settings and rules state: it follows from the checks.
STATED = "stated"

_COMMANDS = ("build", "plan")
#: What is said of it is a frame for what `listed` knows.
LISTED = "plan --json"
#: More folders than this that differ are looked at with all others.
_MOST = 50
#: Folders of the package that hold no code of ours.
_NO_CODE = ("__pycache__", "plugins", "packs")
_HEADER_BYTES = 200


class Found:
    """What comparing has found: folders that differ, and what a command says if there are none."""

    def __init__(self, command: str, root: str, content: bytes, listing_at: int) -> None:
        """Take what was read: a state file's content up to its facts."""
        self.command = command
        self.root = root
        self.content = content
        self.listing_at = listing_at
        self.said = ("", "")
        self.stated = ""
        #: The project as it was named, and the depfile of a recipe.
        self.start = "."
        self.depfile = ""
        #: The file that an answer makes newer, and when the run began, in ns.
        self.stamp = ""
        self.begun_ns = 0
        self.is_lock_same = True
        self.differing: list[str] = []

    @property
    def is_answer(self) -> bool:
        """Tell whether `said` is what a full run would say."""
        is_said = bool(self.said[0]) and self.command != LISTED
        return is_said and self.is_lock_same and not self.differing

    def mark(self) -> bool:
        """Make the stamp, if one was asked for, as new as the run; False if that is for others.

        What changes meanwhile is newer than the stamp then, and an answer looks at nothing twice.
        """
        if not self.stamp:
            return True
        try:
            before = os.lstat(self.stamp)
            if before.st_size or before.st_mode & 0o170000 != 0o100000:
                return False
            os.utime(self.stamp, ns=(self.begun_ns, self.begun_ns))
        except OSError:
            return False
        return True


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
        if kind == PROGRAM:
            return program()
        if kind == NAMES:
            return "/".join(sorted(_names(os.path.join(root, name))))
        if kind == REAL:
            real, base = os.path.realpath(os.path.join(root, name)), os.path.realpath(root)
            return real[len(base) :] if real.startswith(base) else real
        return listing.stated(os.stat(os.path.join(root, name)))
    except OSError:
        return ""


def look(arguments: list[str], environment: Mapping[str, str]) -> Found | None:
    """Compare with what a plain command left; None when that says nothing at all."""
    begun_ns = time.time_ns()
    is_plain = 1 <= len(arguments) <= 2 and arguments[0] in _COMMANDS
    depfile, stamp, command = "", "", arguments[0] if is_plain else ""
    if arguments[:1] == ["plan"] and arguments.count("--json") == 1:
        arguments, command = [word for word in arguments if word != "--json"], LISTED
        if len(arguments) > 2:
            return None
    elif not is_plain and (found_words := _recipe(arguments)) is not None:
        arguments, depfile, stamp = found_words
        command = recipe(depfile, stamp)
    if not command or arguments[-1][:1] in ("", "-"):
        return None
    start = arguments[1] if len(arguments) == 2 else "."
    root = _root(start)
    if root is None:
        return None
    try:
        found = _read(command, root, environment)
        if found is None or not _compare(found):
            return None
        found.start, found.depfile = start, depfile
        found.stamp, found.begun_ns = stamp, begun_ns
        return found
    except (OSError, ValueError):
        return None


def recipe(depfile: str, stamp: str) -> str:
    """Name the recipe of a build system by what its answer depends on; "" without its depfile.

    What stands in the depfile follows from the project, and from where and how it was asked for.
    """
    try:
        written = listing.stated(os.stat(depfile))
        return "\1".join(("build --frozen", os.getcwd(), depfile, stamp, written))
    except (OSError, ValueError):
        return ""


def _recipe(arguments: list[str]) -> tuple[list[str], str, str] | None:
    """Read the words of a recipe: the plain command in it, depfile and stamp."""
    named = {"--depfile": "", "--stamp": ""}
    plain, is_frozen, words = [], False, iter(arguments)
    for word in words:
        if word == "--frozen":
            is_frozen = True
        elif named.get(word) == "":
            named[word] = next(words, "")
        else:
            plain.append(word)
    is_whole = is_frozen and all(name[:1] not in ("", "-") for name in named.values())
    if not is_whole or plain[:1] != ["build"] or len(plain) > 2:
        return None
    return plain, named["--depfile"], named["--stamp"]


def _root(start: str) -> str | None:
    """Return the project's folder: `start`, or one above it."""
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        return None
    while not os.path.lexists(os.path.join(folder, listing.CONFIG_NAME)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _read(command: str, root: str, environment: Mapping[str, str]) -> Found | None:
    """Read the state file up to its facts; None unless it is ours and its checks hold."""
    with open(os.path.join(root, PLACE), "rb", buffering=0) as stream:
        content = stream.read(_HEADER_BYTES)
        line = content[: content.find(b"\n") + 1]
        if not line.startswith(MAGIC):
            return None
        proof, head, rest = line[len(MAGIC) :].split(b" ")
        begin, wanted = len(line) + int(head), len(line) + int(head) + int(rest)
        while len(content) < wanted and (more := stream.read(wanted - len(content))):
            content += more
    content = content[:wanted]
    if len(content) < wanted or not int(rest):
        return None
    if _proof(memoryview(content)[len(line) :], environment) != proof:
        return None
    found = Found(command, root, content, begin)
    fields = content[len(line) : begin].decode("utf-8", "surrogateescape").split("\0")
    return found if _holds(fields, found, environment) else None


def _proof(body: memoryview, environment: Mapping[str, str]) -> bytes:
    """Return the proof that this user wrote `body`; b"" where there is no secret."""
    try:
        from _blake2 import blake2b  # what hashlib has; that loads OpenSSL as well
    except ImportError:
        from hashlib import blake2b
    try:
        with open(os.path.join(home(environment), "secret"), "rb", buffering=0) as stream:
            key = stream.read(64)
    except OSError:
        return b""
    return blake2b(body, key=key, digest_size=32).hexdigest().encode()


def home(environment: Mapping[str, str]) -> str:
    """Return the user's state folder, as `config.workspace.state_folder` finds it."""
    if stated := environment.get("PIXELPIPE_STATE"):
        return os.path.expanduser(stated)
    if base := environment.get("XDG_STATE_HOME") or environment.get("LOCALAPPDATA"):
        return os.path.join(base, "pixelpipe")
    return os.path.join(os.path.expanduser("~"), ".local", "state", "pixelpipe")


def _holds(fields: list[str], found: Found, environment: Mapping[str, str]) -> bool:
    """Tell whether all checks hold, and keep what is to be said."""
    said = {OUT: "", ERR: ""}
    for at in range(0, len(fields) - 2, 3):
        kind, name, text = fields[at : at + 3]
        if kind in said:
            said[kind] = text if name == found.command else said[kind]
        elif kind == STATED:
            found.stated = text
        elif kind == LOCK:
            found.is_lock_same = check(STAT, name, found.root, environment) == text
        elif check(kind, name, found.root, environment) != text:
            return False
    found.said = said[OUT], said[ERR]
    return len(fields) > 1


def _compare(found: Found) -> bool:
    """Keep the folders that are not as the listing says; False when there are too many."""
    content, at = found.content, found.listing_at
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
                try:
                    kind += listing.stated(entry.stat())
                except OSError:  # it leads nowhere: the other names count all the same
                    kind += "?"
            yield f"{entry.name}\1{kind}"


#: Our own modules as they were when this process looked at them last, by their folder.
_own: dict[str, str] = {}


def program(*, is_seen: bool = False) -> str:
    """Return what changes with every edit of our own modules; as it was last `is_seen`, if it was.

    A run writes down what it has looked at before: an edit since then makes another program.
    """
    package = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    if not is_seen or package not in _own:
        _own[package] = "/".join(sorted(_modules(package)))
    return _own[package]


def _modules(folder: str) -> Iterator[str]:
    """Yield all our own modules: a tool that is edited in place is another tool."""
    inner = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found = entry.stat()
                yield f"{entry.name} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
            elif entry.is_dir() and entry.name not in _NO_CODE:
                inner.append(entry.path)
    for path in inner:
        yield from _modules(path)
