"""What our algorithms choose for a request: canvas, matte, palette, seed. Fixed at the claim.

Pure and deterministic. Nothing chosen here is part of the request key: a better choice in a later
release changes new purchases only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..core.errors import SourceError
from ..core.model import (
    DEFAULT_FRAMES,
    MAX_PALETTE_COLORS,
    Hints,
    Pixels,
    Preference,
    Request,
    Resolved,
)
from ..imaging.picture import color, png, raster
from ..imaging.picture.raster import U8
from ..imaging.upload import fit, matte
from ..plan import steps

#: With more colours than this a common palette is no longer sent unless the rule asks for it.
AUTO_PALETTE_COLORS = 64
#: A matte this near to a colour of the sprite (deltaE2) cannot be told from it.
SAME = 0.05
_MAX_SEED = 2**31 - 1


def request(
    request: Request,
    pixels: Pixels,
    *,
    request_key: str,
    open_key: str | None,
    together: Sequence[Request] = (),
    hints: Hints | None = None,
) -> Resolved:
    """Resolve a request for a source's pixels.

    `together` are all requests that are bought at once, this one among them: they share one
    canvas with room for every motion, and one matte. `hints` are told to the service; only the
    built-in engine gets any, and its palette then has the colours that effects may use.

    Raises SourceError when the source cannot be sent: transparent, too large, too many colours
    for the palette that the rule asks for, a matte asked for that is a colour of the sprite.
    """
    asked = request.preference or Preference()
    fitted = request.fit if asked.fit is None else asked.fit
    source = raster.cut(raster.array(pixels))
    clips = " ".join(one.clip for one in together) or request.clip
    # A line each: a "no" in one prompt says nothing about the next one.
    prompts = ";\n".join(one.prompt for one in together) or request.prompt
    placement = fit.place(source, path=request.source, clip=clips, prompt=prompts, fit=fitted)
    colors = color.palette(source)
    chosen = _matte(request, colors, prompts)
    shown = tuple(map(color.to_hex, colors))
    if hints is not None:
        shown = tuple(dict.fromkeys((*shown, *hints.extra_colors)))
    palette, count = _palette(request, shown, chosen.color)
    return Resolved(
        request_key=request_key,
        open_key=open_key,
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        frames=request.frames or DEFAULT_FRAMES,
        canvas=placement.canvas,
        pad=placement.pad,
        scale=placement.scale,
        matte=chosen.color,
        matte_distance=chosen.distance,
        runner_up=chosen.runner_up,
        palette=palette,
        colors=count,
        seed=asked.seed or _seed(request, request_key),
        model=request.model,
        hints=hints,
    )


def upload(pixels: Pixels, resolved: Resolved) -> bytes:
    """Return the PNG to send: the source with alpha cut at 128, laid out on its canvas."""
    laid = fit.canvas(raster.cut(raster.array(pixels)), placement(resolved))
    width, height = resolved.canvas
    return png.write(width, height, laid.tobytes())


def placement(resolved: Resolved) -> fit.Placement:
    """Return where the source lies in the canvas of a resolved request."""
    return fit.Placement(canvas=resolved.canvas, pad=resolved.pad, scale=resolved.scale)


def _matte(request: Request, colors: U8, prompts: str) -> matte.Matte:
    asked = request.preference.matte if request.preference else None
    chosen = matte.choose(colors, prompts, stated=asked or request.matte)
    if asked and chosen.distance < SAME:
        raise SourceError(
            f"{request.source}: the matte {asked} is a colour of the sprite and would take it "
            f"away; choose another, such as {chosen.runner_up}"
        )
    return chosen


def _palette(
    request: Request, colors: tuple[str, ...], matte_color: str
) -> tuple[tuple[str, ...] | None, int | None]:
    """Return the palette with the matte appended, or None and a count."""
    if isinstance(request.colors, int):
        return None, request.colors
    if request.colors is None and len(colors) > AUTO_PALETTE_COLORS:
        return None, AUTO_PALETTE_COLORS
    palette = (*colors, matte_color) if matte_color not in colors else colors
    if len(palette) > MAX_PALETTE_COLORS:
        raise SourceError(f"{request.source}: {steps.too_many_colors(len(colors))}")
    return palette, None


def _seed(request: Request, request_key: str) -> int:
    """Return the rule's seed, or for re-rolls and rules without one, a seed of the key's own."""
    if request.seed is not None and request.take == 0:
        return request.seed
    derived = hashlib.sha256(f"seed {request_key}".encode()).digest()
    return int.from_bytes(derived[:8], "big") % _MAX_SEED + 1
