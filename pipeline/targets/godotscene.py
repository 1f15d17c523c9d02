"""What stands beside Godot 4's SpriteFrames: a scene to instance, a library for AnimationPlayers.

A project inherits or instances the scene; whatever it adds there stays, because a build writes
these files only. The library's keys are clip and frame number, never a region of the sheet: a
track that was copied and lengthened still fits after a rebuild with other frames.

A uid comes from the path: the editor writes it into every scene that refers to ours.
"""

from __future__ import annotations

import hashlib
import re

from ..core.model import SheetClip
from . import texts, timing
from .target import Drawn

#: Godot's letters for uids: a to y, 0 to 8.
_LETTERS = "abcdefghijklmnopqrstuvwxy012345678"
_MAX_UID = (1 << 63) - 1


def scene(drawn: Drawn, frames: str, library: str = "") -> bytes:
    """Return a scene of one AnimatedSprite2D over `frames`, a res:// path.

    With `library`, another one, an AnimationPlayer below it plays, else the sprite itself.
    """
    first = texts.quote(drawn.sheet.clips[0].name)
    pivot = drawn.sheet.pivot
    rows = [
        f"[gd_scene format=3 uid={_uid(frames, 'scene')}]",
        "",
        f'[ext_resource type="SpriteFrames" path={texts.quote(frames)} id="1_frames"]',
    ]
    if library:
        rows.append(
            f'[ext_resource type="AnimationLibrary" path={texts.quote(library)} id="2_library"]'
        )
    rows += [
        "",
        f'[node name={texts.quote(node_name(drawn.naming.name))} type="AnimatedSprite2D"]',
        "texture_filter = 1",
        'sprite_frames = ExtResource("1_frames")',
        f"animation = &{first}",
        *(() if library else (f"autoplay = {first}",)),
        "centered = false",
        f"offset = Vector2({-pivot[0]}, {-pivot[1]})",
    ]
    if library:
        rows += [
            "",
            '[node name="AnimationPlayer" type="AnimationPlayer" parent="."]',
            'libraries = {\n&"": ExtResource("2_library")\n}',
            f"autoplay = &{first}",
        ]
    return texts.lines(*rows)


def library(drawn: Drawn, path: str, node: str) -> bytes:
    """Return an AnimationLibrary whose tracks set clip and frame of `node`; `path` is its own."""
    rows = [f'[gd_resource type="AnimationLibrary" format=3 uid={_uid(path, "library")}]', ""]
    for number, clip in enumerate(drawn.sheet.clips):
        rows += _animation(drawn, clip, number, node)
    entries = ",\n".join(
        f'&{texts.quote(clip.name)}: SubResource("Animation_{number}")'
        for number, clip in enumerate(drawn.sheet.clips)
    )
    return texts.lines(*rows, "[resource]", f"_data = {{\n{entries}\n}}")


def node_name(name: str) -> str:
    """Return `name` as a node may be called: Godot forbids some characters."""
    return re.sub(r'[.:@/"%]', "_", name)


def _animation(drawn: Drawn, clip: SheetClip, number: int, node: str) -> list[str]:
    """Return one animation: a discrete track for the clip's name, and one for the frame."""
    shown = timing.play(drawn.sheet, clip)
    starts = [sum(ms for _, ms in shown[:index]) / 1000 for index in range(len(shown))]
    total = sum(ms for _, ms in shown)
    name = texts.quote(clip.name)
    return [
        f'[sub_resource type="Animation" id="Animation_{number}"]',
        f"resource_name = {name}",
        # The editor leaves out what is the default, and so do we: a file saved again is the same.
        *(() if total == 1000 else (f"length = {texts.real(total / 1000)}",)),
        *(("loop_mode = 1",) if clip.loop else ()),
        f"step = {texts.real(timing.base_ms(drawn.sheet, clip) / 1000)}",
        *_track(0, f"{node}:animation", [0.0], [f"&{name}"]),
        *_track(1, f"{node}:frame", starts, [str(index) for index in range(len(shown))]),
        "",
    ]


def _track(number: int, path: str, starts: list[float], values: list[str]) -> list[str]:
    """Return a track whose keys switch at once."""
    head = f"tracks/{number}"
    times = ", ".join(texts.number(start) for start in starts)
    return [
        f'{head}/type = "value"',
        f"{head}/imported = false",
        f"{head}/enabled = true",
        f"{head}/path = NodePath({texts.quote(path)})",
        f"{head}/interp = 1",
        f"{head}/loop_wrap = true",
        f"{head}/keys = {{",
        f'"times": PackedFloat32Array({times}),',
        f'"transitions": PackedFloat32Array({", ".join("1" for _ in starts)}),',
        '"update": 1,',
        f'"values": [{", ".join(values)}]',
        "}",
    ]


def _uid(path: str, kind: str) -> str:
    """Return a quoted uid that is the same wherever and whenever this file is written."""
    number = int.from_bytes(hashlib.sha256(f"{kind} {path}".encode()).digest()[:8], "big")
    left, word = number & _MAX_UID, ""
    while left:
        left, letter = divmod(left, len(_LETTERS))
        word = _LETTERS[letter] + word
    return f'"uid://{word}"'
