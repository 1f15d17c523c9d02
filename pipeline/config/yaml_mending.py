"""Find the text that would be right where YAML stops: the classic slips, each tried by parsing.

A repair changes one line and keeps its number. It counts only when the file, read again, is broken
further down or not at all: so no sentence recommends what would be refused as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ..core.late import expression
from ..core.model import Record

#: What is quoted back of a line, in characters.
_SHOWN = 160
#: A longer line was written by no person, and repairs of it could take long.
_LONGEST_LINE = 4000
_PAIR = expression(r"(?P<head>\s*(?:-\s+)*[\w@./*{}-]+\s*:\s+|\s*-\s+)(?P<value>\S.*?)\s*")
_FLOW_PAIR = expression(r"\s*[A-Za-z_][\w-]*\s*:(\s|$)")
_COLOUR = expression(r"(?<=[\s:,\[{])#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})(?![0-9A-Za-z])")
_TRAILING_COMMENT = expression(r"\s+#\s.*$")
#: Signs that mean something else in YAML when a value begins with them.
_SIGNS = "*&{[%@`!|>\u201c\u2018,]}"


class Mended(Record, frozen=True, kw_only=True):
    """A repair that helps: the line it is about, the sentence, and the whole text with it."""

    line: int
    sentence: str
    text: str


def mend(text: str, broken_at: Sequence[int], reached: Callable[[str], float]) -> Mended | None:
    """Return the first repair after which the file can be read further, or None.

    `broken_at` holds the 1-based lines that may be at fault, the one where reading stops last.
    `reached` returns the line on which reading a text stops, or infinity.
    """
    lines = text.split("\n")
    if any(len(lines[number - 1]) > _LONGEST_LINE for number in broken_at):
        return None
    for number, why, changed in _attempts(lines, broken_at):
        whole = "\n".join([*lines[: number - 1], changed, *lines[number:]])
        if reached(whole) > broken_at[-1]:
            return Mended(line=number, sentence=_sentence(why, changed), text=whole)
    return None


def quoted(text: str) -> str:
    """Return `text` as YAML in quotes: double ones unless it holds such."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def shown(line: str) -> str:
    """Return what a message shows of a line."""
    bare = line.strip()
    return f"`{bare}`" if len(bare) <= _SHOWN else f"`{bare[:_SHOWN]}…`"


def _sentence(why: str, changed: str) -> str:
    if "{blanks}" in why:
        blanks = len(changed) - len(changed.lstrip())
        return why.format(blanks=f"{blanks} {'blank' if blanks == 1 else 'blanks'}")
    return f"{why}: write {shown(changed)}"


def _attempts(lines: Sequence[str], broken_at: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """Yield (line, why, the line as it may have been meant), the likeliest first."""
    numbers = [number for number in broken_at if 0 < number <= len(lines)]
    for number in numbers:
        line = lines[number - 1].rstrip("\r")
        for why, repair in _REPAIRS:
            changed = repair(line)
            if changed is not None and changed != line:
                yield number, why, changed
    for number in numbers[-1:]:
        for blanks in _indents(lines[: number - 1]):
            changed = " " * blanks + lines[number - 1].strip()
            if changed != lines[number - 1]:
                yield number, _INDENT, changed


_INDENT = "is not indented like the lines that it belongs to; it wants {blanks} in front"


def _indents(above: Sequence[str]) -> list[int]:
    """Return the depths at which a line may stand below these, the nearest first."""
    found: dict[int, None] = {}
    for line in reversed(above):
        bare = line.lstrip()
        if bare and not bare.startswith("#"):
            depth = len(line) - len(bare)
            if bare.startswith("- "):
                found[depth + 2] = None
            found[depth] = None
    return list(found)


def _pair(line: str) -> tuple[str, str, str] | None:
    """Return what stands before a value, the value, and the comment behind it."""
    comment = ""
    if (found := _TRAILING_COMMENT.search(line)) is not None:
        line, comment = line[: found.start()], found[0]
    match = _PAIR.fullmatch(line)
    return (match["head"], match["value"], comment) if match else None


def _tabs(line: str) -> str | None:
    bare = line.lstrip()
    front = line[: len(line) - len(bare)]
    return front.replace("\t", "  ") + bare if "\t" in front else None


def _colour(line: str) -> str | None:
    return _COLOUR.sub(r'"#\1"', line)


def _apostrophe(line: str) -> str | None:
    pair = _pair(line)
    if pair is None or pair[1][0] not in "'\"" or len(pair[1]) < 3:
        return None
    sign = pair[1][0]
    if pair[1][-1] != sign or sign not in pair[1][1:-1]:
        return None
    return pair[0] + quoted(pair[1][1:-1]) + pair[2]


def _rest_of_quotes(line: str) -> str | None:
    """Take words behind a closing quote into the quotes: `"walking" slowly`."""
    pair = _pair(line)
    found = re.fullmatch(r"(['\"])(.*?)\1\s+(\S.*)", pair[1]) if pair else None
    if pair is None or found is None or found[3].startswith("#"):
        return None
    return pair[0] + quoted(f"{found[2]} {found[3]}") + pair[2]


def _colon(line: str) -> str | None:
    pair = _pair(line)
    if pair is None or pair[1][0] in "'\"" + _SIGNS or not re.search(r":(\s|$)", pair[1]):
        return None
    return pair[0] + quoted(pair[1]) + pair[2]


def _first_sign(line: str) -> str | None:
    pair = _pair(line)
    if pair is None or pair[1][0] not in _SIGNS:
        return None
    return pair[0] + quoted(pair[1].strip("\u201c\u201d\u2018\u2019")) + pair[2]


def _flow(line: str) -> str | None:
    """Quote the values of `{key: value, …}` and the entries of `[…]` that need it."""
    pair = _pair(line)
    if pair is None or pair[1][0] + pair[1][-1] not in ("{}", "[]"):
        return None
    inner, is_mapping = pair[1][1:-1], pair[1][0] == "{"
    parts: list[str] = []
    for piece in _pieces(inner):
        if is_mapping and parts and not _FLOW_PAIR.match(piece):
            parts[-1] += f",{piece}"  # a comma inside a text
        else:
            parts.append(piece)
    fixed = ", ".join(_flow_part(part.strip(), is_mapping) for part in parts)
    return pair[0] + pair[1][0] + fixed + pair[1][-1] + pair[2]


def _pieces(text: str) -> list[str]:
    """Split at the commas that stand in no bracket and in no quotes."""
    return [one for one in re.findall(r"(?:\[[^\]]*\]|\{[^}]*\}|\"[^\"]*\"|[^,])+", text) if one]


def _flow_part(part: str, is_mapping: bool) -> str:
    key, colon, value = part.partition(":") if is_mapping else ("", "", part)
    value = value.strip()
    needs = value and (
        re.search(r":(\s|$)|\s#|,", value) is not None
        or value[0] in "*&%@`!|>#\u201c\u2018"
        or (value[0] == "'" and "'" in value[1:-1])
    )
    if not needs or value[0] in '"[{':
        return part
    bare = value[1:-1] if value[0] == "'" and value[-1] == "'" else value
    return f"{key}{colon} {quoted(bare)}" if is_mapping else quoted(bare)


def _blank_behind_colon(line: str) -> str | None:
    found = re.fullmatch(r"(\s*(?:-\s+)?[A-Za-z_][\w-]*):([^\s:/].*)", line)
    return f"{found[1]}: {found[2]}" if found else None


def _missing_colon(line: str) -> str | None:
    found = re.fullmatch(r"(\s*(?:-\s+)?[A-Za-z_][\w-]*)(?:\s*=\s*|\s+)(['\"{\[\w].*)", line)
    return f"{found[1]}: {found[2]}" if found else None


def _lone_key(line: str) -> str | None:
    found = re.fullmatch(r"(\s*(?:-\s+)?[A-Za-z_][\w-]*)\s*", line)
    return f"{found[1]}:" if found else None


def _blank_behind_dash(line: str) -> str | None:
    found = re.fullmatch(r"(\s*)-([^\s-].*)", line)
    return f"{found[1]}- {found[2]}" if found else None


def _closing_quote(line: str) -> str | None:
    pair = _pair(line)
    if pair is None or pair[1][0] not in "'\"" or pair[1].count(pair[1][0]) != 1:
        return None
    return pair[0] + pair[1] + pair[1][0] + pair[2]


def _closing_bracket(line: str) -> str | None:
    pair = _pair(line)
    if pair is None:
        return None
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", pair[1])
    missing = ""
    for sign in bare:
        if sign in "{[":
            missing = ("}" if sign == "{" else "]") + missing
        elif sign in "}]" and missing[:1] == sign:
            missing = missing[1:]
    return pair[0] + pair[1] + missing + pair[2] if missing else None


_REPAIRS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("is indented with a tab; YAML wants spaces", _tabs),
    ("a blank and # begin a comment, so a colour needs quotes", _colour),
    ("the same quote inside the text ends it; use the other quotes around it", _apostrophe),
    ("the text goes on behind its closing quote; put the quotes around all of it", _rest_of_quotes),
    ("a colon and a blank inside a text begin another key; put quotes around the text", _colon),
    ("a value in these brackets needs quotes", _flow),
    ("the closing quote is missing", _closing_quote),
    ("the closing bracket is missing", _closing_bracket),
    ("its first sign means something else in YAML; put quotes around the text", _first_sign),
    ("a key's colon wants a blank behind it", _blank_behind_colon),
    ("a key wants a colon behind it", _missing_colon),
    ("a key wants a colon behind it", _lone_key),
    ("a list's dash wants a blank behind it", _blank_behind_dash),
)
