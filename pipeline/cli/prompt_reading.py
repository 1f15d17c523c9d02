"""Say how the built-in engine reads a prompt, before anything is made."""

from __future__ import annotations

from ..config import cells
from ..config.workspace import Workspace
from ..core.model import Request
from ..plan.steps import Wanted
from ..storage import pictures


def sentence(workspace: Workspace, wanted: Wanted, request: Request) -> str:
    """Return the engine's plain sentence about `request` for the sprite as it is now."""
    from ..engine import (
        parts,
        prompt,  # heavy: loads numpy
    )
    from ..imaging.picture import raster

    whole = pictures.pixels(workspace.root, wanted.source)
    picture = raster.array(cells.picture(whole, wanted.rule, request.cell))
    return prompt.read(request.prompt, parts.cut(picture), request.negative_prompt).sentence
