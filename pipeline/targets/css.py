"""CSS: a class for the sprite and an animation for each clip: `<i class="hero walk"></i>`.

One stop for each frame with `step-end`, and a last one equal to the last frame, which holds where a
clip plays once.
"""

from __future__ import annotations

import re

from ..core.model import SheetClip
from . import texts, timing
from .target import Drawn, Naming, Option, Shown, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("css"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the style sheet."""
    name = identifier(str(drawn.options["prefix"]) or drawn.naming.name)
    width, height = drawn.layout.cell
    rows = [
        f"/* sheet {drawn.digest} */",
        f".{name}{{width:{width}px;height:{height}px;"
        f"background:url({texts.quote(texts.url(drawn.image_name))}) 0 0 no-repeat;"
        "image-rendering:pixelated}",
    ]
    for clip in drawn.sheet.clips:
        rows += _clip(drawn, clip, name)
    return (texts.lines(*rows),)


def identifier(word: str) -> str:
    """Return `word` as a CSS identifier; blanks become `-`, because HTML splits classes there.

    Source: CSSOM, "serialize an identifier".
    """
    joined = re.sub(r"\s+", "-", word)
    escaped = re.sub(r"[^\w-]", lambda found: "\\" + found[0], joined)
    return re.sub(r"^[0-9]", lambda found: f"\\{ord(found[0]):x} ", escaped)


def _clip(drawn: Drawn, clip: SheetClip, name: str) -> list[str]:
    """Return the key frames of one clip, and the class that plays them."""
    shown = timing.play(drawn.sheet, clip)
    total = sum(ms for _, ms in shown)
    own = identifier(clip.name)
    rows = [f"@keyframes {name}-{own}{{"]
    until = 0
    for frame, ms in shown:
        rows.append(_stop(drawn, 100 * until / total, frame))
        until += ms
    rows += [_stop(drawn, 100, shown[-1][0]), "}"]
    times = "infinite" if clip.loop else "1 forwards"
    rows.append(f".{name}.{own}{{animation:{name}-{own} {total}ms step-end {times}}}")
    return rows


def _stop(drawn: Drawn, percent: float, frame: int) -> str:
    """Return one key frame: the sheet moved so that the cell shows."""
    x, y = drawn.layout.place(frame)
    return f" {texts.number(percent)}%{{background-position:{-x}px {-y}px}}"


TARGET = Target(
    name="css",
    shown=Shown(ending=".css", text=lambda name: f"\n.{identifier(name)}{{width"),
    paths=paths,
    contents=contents,
    options={"prefix": Option(default="", doc="the class; by default the sheet's name")},
)
