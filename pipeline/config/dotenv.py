"""Read a project's `.env`, in whatever encoding an editor or a shell wrote it.

PowerShell's `>` writes UTF-16, old editors write Latin-1. What cannot be read is named: a key that
is silently passed over would let the built-in engine answer for the service that was paid for.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from ..core import small_files
from ..core.late import expression
from ..core.model import Record
from . import project_settings
from .project_settings import KEY_NAMES

NAME = ".env"
_MOST_BYTES = 64 * small_files.KIB
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KEY = expression(r"pe_sk_[A-Za-z0-9_-]{8,}")


class Dotenv(Record, frozen=True, kw_only=True):
    """The text of a `.env`, None when there is none; and why no key is read from it, or ""."""

    text: str | None = None
    trouble: str = ""


def look(root: Path) -> Dotenv:
    """Read the `.env` of a project. What cannot be read is told, and ends nothing."""
    try:
        return read(small_files.read(root / NAME, most=_MOST_BYTES, within=root))
    except FileNotFoundError:
        if not (root / NAME).is_symlink():
            return Dotenv()
        why = "is a link that leads nowhere"
    except OSError as exc:
        why = exc.strerror or str(exc)
    return Dotenv(trouble=f"{NAME}: {why}: no key is read from it; write {_form()}")


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


def _names(name: str, line: str) -> bool:
    """Tell whether a line speaks of a name and gives it something: an empty value is none."""
    _, found, rest = line.partition(name)
    return bool(found and rest.strip(" \t=:;,\"'`"))


def _form(name: str = KEY_NAMES[0]) -> str:
    return f"`{name}=pe_sk_…` on a line of its own"
