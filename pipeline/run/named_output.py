"""Files that a user names for what a command writes: made anew, but never over another file.

A slip of the finger (`--depfile assets/hero.png`) would else cost the drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import StorageError, UsageError
from ..core.listing import CONFIG_NAME

#: So many bytes tell what a file is.
_BEGIN = 64 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"


def check(option: str, path: Path | None, is_like: Callable[[bytes], bool]) -> None:
    """Raise UsageError where `path` is a file that does not begin as `is_like` wants it to."""
    if path is None or not path.is_file():
        return
    with path.open("rb") as stream:
        begin = stream.read(_BEGIN)
    if begin and not is_like(begin):
        raise UsageError(
            f"{option} {path}: is a file with something else in it; name another one, or remove it"
        )


def is_depfile(begin: bytes) -> bool:
    """Tell whether a file begins as a rule of Make, as `depfile` writes it.

    With several inputs the first line goes on; else it names the settings, or, where Make could
    read no path, nothing.
    """
    rule, _, rest = begin.partition(b"\n")
    _, is_rule, first = rule.partition(b": ")
    if not is_rule or first.endswith(b" \\"):
        return bool(is_rule)
    return first.endswith(CONFIG_NAME.encode()) or not (first or rest)


def is_plan(begin: bytes) -> bool:
    """Tell whether a file begins as a saved plan."""
    return begin.startswith(b"{") and b'"plan":' in begin[:40]


def is_metrics(begin: bytes) -> bool:
    """Tell whether a file begins as figures for Prometheus."""
    return begin.startswith(b"# HELP ")


def is_picture(begin: bytes) -> bool:
    """Tell whether a file begins as a PNG."""
    return begin.startswith(_PNG)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an OSError into a StorageError that names `path`."""
    try:
        yield
    except OSError as exc:
        raise StorageError(f"{path}: cannot be written: {exc.strerror or exc}") from exc
