"""Add settings to the INI-like project files of Godot and Defold, and keep all else as it is.

Pure. Nothing is parsed beyond section heads and keys: values of these files may span lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def added(text: str, settings: Iterable[tuple[str, str, str]]) -> str:
    """Return `text` with those (section, key, value) whose key its section does not state.

    What is stated stays, whatever it says; line ends are the text's own.
    """
    for section, key, line in settings:
        text = _with(text, section, key, line)
    return text


def _with(text: str, section: str, key: str, value: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    head = re.search(rf"^\[{re.escape(section)}\][ \t]*\r?$\n?", text, re.MULTILINE)
    equals = " = " if re.search(r"^\w+ = ", text, re.MULTILINE) else "="
    line = f"{key}{equals}{value}{end}"
    if head is None:
        start = text if not text or text.endswith("\n") else text + end
        return f"{start}{end if start else ''}[{section}]{end}{end}{line}"
    following = re.compile(r"^\[\w+\][ \t]*\r?$", re.MULTILINE).search(text, head.end())
    body = text[head.end() : following.start() if following else len(text)]
    if re.search(rf"^{re.escape(key)}[ \t]*=", body, re.MULTILINE):
        return text
    before = text[: head.end()]
    if not before.endswith("\n"):
        before += end
    blank = re.match(r"(?:[ \t]*\r?\n)*", body)
    after = blank.end() if blank else 0
    return f"{before}{body[:after]}{line}{text[head.end() + after :]}"
