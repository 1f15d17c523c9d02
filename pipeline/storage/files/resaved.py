"""Read a file of ours that an engine's editor saved again: same meaning, other bytes.

Godot's editor saves whatever is open: it adds uids, leaves out defaults, and sorts. None of that
is an edit. `restated` takes it back, so that such a file has the digest that the lock names; what
somebody really changed stays changed. Our own text is returned as it is.
"""

from __future__ import annotations

import re

from ...core.late import expression

SUFFIXES = (".tres", ".tscn")
#: A text resource of Godot 4.
_HEAD = expression(
    rb'\[gd_(?:resource type="(SpriteFrames|AnimationLibrary)"|scene)[^\n]* format=3'
)
_NUMBER = expression(r'id="\w+_(\d+)"')
_FRAME = expression(r'SubResource\("AtlasTexture_(\d+)"\)')


def restated(content: bytes) -> bytes:
    """Return a text resource of Godot 4 as we would have written it; anything else unchanged."""
    head = _HEAD.match(content)
    if head is None:
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    blocks = _in_order(text.replace("\r\n", "\n").removesuffix("\n").split("\n\n"))
    match head[1]:
        case b"SpriteFrames":
            blocks = _frames(blocks)
        case b"AnimationLibrary":
            blocks[-1] = _entries(blocks[-1])
        case _:
            blocks = [_plain(block) for block in blocks]
    return ("\n\n".join(blocks) + "\n").encode()


def _in_order(blocks: list[str]) -> list[str]:
    """Return blocks with the parts of the resource sorted by the numbers that we gave them."""
    parts = [block for block in blocks if block.startswith("[sub_resource ")]
    if not all(_NUMBER.search(part.partition("\n")[0]) for part in parts):
        return blocks
    numbered = iter(sorted(parts, key=_number))
    return [next(numbered) if block.startswith("[sub_resource ") else block for block in blocks]


def _number(part: str) -> int:
    found = _NUMBER.search(part.partition("\n")[0])
    return int(found[1]) if found else 0


def _frames(blocks: list[str]) -> list[str]:
    """Return a SpriteFrames as we write it; sorted only where the editor's way of names shows."""
    count = sum(block.startswith("[sub_resource ") for block in blocks)
    head = re.sub(r' (?:load_steps=\d+|uid="[^"]*")', "", blocks[0])
    blocks = [
        head.replace(" format=3", f" load_steps={count + 2} format=3"),
        *(_plain(block) for block in blocks[1:]),
    ]
    if '"name": &"' in blocks[-1]:
        blocks[-1] = _animations(blocks[-1].replace('"name": &"', '"name": "'))
    return blocks


def _animations(block: str) -> str:
    """Return animations in the order of their first cells: the editor sorts them by name."""
    start, end = 'animations = [{\n"frames": [', "\n}]"
    before, found, rest = block.partition(start)
    inner, closed, after = rest.rpartition(end)
    if not found or not closed:
        return block
    entries = inner.split('\n}, {\n"frames": [')
    entries.sort(key=lambda entry: min((int(n) for n in _FRAME.findall(entry)), default=0))
    return before + start + '\n}, {\n"frames": ['.join(entries) + end + after


def _entries(block: str) -> str:
    """Return a library's entries in the order of their animations' numbers."""
    rows = block.split("\n")
    entries = [row.removesuffix(",") for row in rows if row.startswith('&"')]
    entries.sort(key=lambda row: int((re.findall(r"\d+", row) or ["0"])[-1]))
    last = len(entries) - 1
    ordered = iter(f"{row}{'' if at == last else ','}" for at, row in enumerate(entries))
    return "\n".join(next(ordered) if row.startswith('&"') else row for row in rows)


def _plain(block: str) -> str:
    """Return a block without the ids that the editor gives to nodes and to what it refers to."""
    rows = block.split("\n")
    for at, row in enumerate(rows):
        if row.startswith("[ext_resource "):
            rows[at] = re.sub(r' uid="[^"]*"', "", row)
        elif row.startswith(("[node ", "[gd_scene ")):
            rows[at] = re.sub(r" (?:unique_id=-?\d+|load_steps=\d+)", "", row)
    library = re.sub(r"(?m)^libraries/ = (.*)$", r'libraries = {\n&"": \1\n}', "\n".join(rows))
    return library
