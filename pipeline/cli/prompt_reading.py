"""Say how the built-in engine reads a prompt, before anything is made, and what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import cells
from ..config.workspace import Workspace
from ..core.errors import PixelpipeError
from ..core.model import Pixels, Request
from ..plan.wanted import Wanted
from ..storage import pictures

if TYPE_CHECKING:
    from ..engine.parts import Sprite
    from ..engine.prompt import Reading


def sentence(workspace: Workspace, wanted: Wanted, request: Request) -> str:
    """Return the engine's plain sentence about `request` for the sprite as it is now."""
    try:
        return read(workspace, wanted, request).sentence
    except PixelpipeError as exc:
        return str(exc)


def read(workspace: Workspace, wanted: Wanted, request: Request) -> Reading:
    """Read `request` as the engine does for the sprite as it is now."""
    from ..engine import prompt  # heavy: loads numpy

    cut = sprite(_picture(workspace, wanted, request), wanted)
    return prompt.read(request.prompt, cut, request.negative_prompt)


def drawing(workspace: Workspace, wanted: Wanted, request: Request) -> Pixels:
    """Draw what is found of the sprite's parts, with names and confidence, over its picture."""
    from ..engine.parts import drawing
    from ..imaging.picture import raster

    return raster.pixels(drawing.drawn(read(workspace, wanted, request).sprite))


def clip_name(prompt: str) -> str:
    """Return what a clip is called after the verb that leads its prompt: "walk", "attack" …"""
    from ..engine.prompt import senses

    leading = senses.understand(prompt).leading
    if leading in ("breathe", "blink"):
        return "idle"
    return "attack" if leading.startswith("attack_") else leading


def sprite(picture: Pixels, wanted: Wanted) -> Sprite:
    """Return a picture as the engine gets it, with what its rule says of it."""
    from msgspec.structs import replace

    from ..engine import parts
    from ..imaging.picture import raster

    cut = parts.cut(raster.array(picture))
    hints = wanted.rule.hints
    if hints is None:
        return cut
    boxes = tuple(sorted(hints.parts.items()))
    return replace(cut, kind=hints.kind or "", facing=hints.facing or "", boxes=boxes)


def _picture(workspace: Workspace, wanted: Wanted, request: Request) -> Pixels:
    return cells.picture(pictures.pixels(workspace.root, wanted.source), wanted.rule, request.cell)
