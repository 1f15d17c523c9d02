"""Read a project's `.env`, in whatever encoding an editor or a shell wrote it.

PowerShell's `>` writes UTF-16, old editors write Latin-1. What cannot be read is named: a key that
is silently passed over would let the built-in engine answer for the service that was paid for.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from ..core.model import Record
from . import project_settings
from .project_fields import KEY_NAMES

NAME = ".env"
_MOST_BYTES = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KEY = re.compile(r"pe_sk_[A-Za-z0-9_-]{8,}")


class Dotenv(Record, frozen=True, kw_only=True):
    """The text of a `.env`, None when there is none; and why no key is read from it, or ""."""

    text: str | None = None
    trouble: str = ""


def look(root: Path) -> Dotenv:
    """Read the `.env` of a project. What cannot be read is told, and ends nothing."""
    try:
        return read(_content(root / NAME))
    except FileNotFoundError:
        return Dotenv()
    except OSError as exc:
        trouble = f"{NAME}: {exc.strerror or exc}: no key is read from it; write {_form()}"
        return Dotenv(trouble=trouble)


def read(content: bytes) -> Dotenv:
    """Return the text of a `.env`, and what keeps a key in it from being read."""
    text = decode(content)
    if project_settings.api_key({}, text) is not None:
        return Dotenv(text=text)
    lines = [
        line for line in text.splitlines() if not line.lstrip().startswith(("#", "//", "rem "))
    ]
    for line in lines:
        if name := next((one for one in KEY_NAMES if _names(one, line)), ""):
            trouble = f"{NAME}: what it says of {name} cannot be read; write {_form(name)}"
            return Dotenv(text=text, trouble=trouble)
    if any(map(_KEY.search, lines)):
        trouble = f"{NAME}: there is a key in it, but under no name that is known; write {_form()}"
        return Dotenv(text=text, trouble=trouble)
    return Dotenv(text=text)


def decode(content: bytes) -> str:
    """Return the text of a small file: by its mark, else UTF-16, UTF-8 or Latin-1 as it looks."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if content[1::2].count(0) > len(content) // 4:
        return content.decode("utf-16-le", errors="replace")
    if content[::2].count(0) > len(content) // 4:
        return content.decode("utf-16-be", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _content(path: Path) -> bytes:
    """Return the file's content. Raises OSError for a folder, a pipe, a device, a large file."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "is no regular file", str(path))
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise OSError(0, f"is larger than {_MOST_BYTES // 1024} KiB", str(path))
    return content


def _names(name: str, line: str) -> bool:
    """Tell whether a line speaks of a name and gives it something: an empty value is none."""
    _, found, rest = line.partition(name)
    return bool(found and rest.strip(" \t=:;,\"'`"))


def _form(name: str = KEY_NAMES[0]) -> str:
    return f"`{name}=pe_sk_…` on a line of its own"
