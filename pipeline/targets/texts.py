"""Text as other programs read it: UTF-8, `\\n`, fixed key order, one line for each small thing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote as quote_url

#: Longest line of JSON: a frame of Aseprite's fits.
MAX_COLUMNS = 320
#: Signs that a browser takes as they are in the last part of an address.
_UNENCODED = " !$&'()*+,;=:@-._~"
#: `json.dumps` makes an encoder at each call.
_encoded = json.JSONEncoder(ensure_ascii=False).encode
#: What the JSON targets are built of.
Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None


def dump(document: Json) -> bytes:
    """Return `document` as JSON: in one line what fits into it, such as a frame or a tag."""
    return (_dump(document, "") + "\n").encode()


def lines(*rows: str) -> bytes:
    """Return `rows` as text with a trailing newline."""
    return ("\n".join(rows) + "\n").encode()


def number(value: float) -> str:
    """Return `value` with up to 6 decimals, and none that say nothing."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def real(value: float) -> str:
    """Return `value` with up to 6 decimals and at least one, as engines write floats."""
    short = number(value)
    return short if "." in short else f"{short}.0"


def quote(value: str) -> str:
    """Return `value` in double quotes with the escapes that C, Lua, Godot and RON share."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def url(name: str) -> str:
    """Return a file's name as an address of it: what has a meaning there is encoded.

    Letters of all scripts stay, as browsers encode those by themselves.
    """
    return "".join(quote_url(sign, safe=_UNENCODED) if sign < "\x80" else sign for sign in name)


def plain(value: str) -> str:
    """Return `value` as a JSON string."""
    return _encoded(value)


def boolean(value: bool) -> str:
    """Return `true` or `false`."""
    return "true" if value else "false"


def _dump(value: Json, indent: str) -> str:
    """Write `value`, broken into lines where it is longer than one."""
    flat = _encoded(value)
    if len(indent) + len(flat) <= MAX_COLUMNS or isinstance(value, str) or not value:
        return flat
    inner = indent + " "
    if isinstance(value, Mapping):
        rows = [f"{_encoded(key)}: {_dump(entry, inner)}" for key, entry in value.items()]
        return "{\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}}}"
    if isinstance(value, Sequence):
        rows = [_dump(entry, inner) for entry in value]
        return "[\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}]"
    return flat
