"""Tell whether what was bought meets what a rule states now, although its key is another one.

A key hashes what a rule states, `auto` for the rest; a purchase was made with everything chosen.
So stating what was chosen anyway, or stating less than before, asks for nothing new: same pixels,
prompts, take and service, and every stated field is what the purchase was resolved to. Pure.
"""

from __future__ import annotations

from ..core import keys
from ..core.model import Request, Resolved


def meets(request: Request, service: str, recipe: str, resolved: Resolved, model: str = "") -> bool:
    """Tell whether a purchase is what `request` asks `service` for.

    `recipe` is the text that its key is the digest of; `model` the name the service gave back.
    """
    was = keys.values(recipe)
    same = {
        "pixels": request.pixel_digest,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "take": request.take,
        "service": service,
    }
    if not was or any(was.get(name) != value for name, value in same.items()):
        return False
    return (
        request.frames in (None, resolved.frames)
        and _has_colors(request, resolved)
        and request.model in (None, resolved.model, model or None)
        and (request.matte is None or request.matte.lower() == resolved.matte.lower())
        # A further take has a seed of its own, whatever the rule says.
        and (request.take > 0 or request.seed in (None, resolved.seed))
        # What a margin was resolved to depends on the motion: only the same words are the same.
        and request.fit in (None, was.get("fit"))
    )


def _has_colors(request: Request, resolved: Resolved) -> bool:
    if request.colors == "source":
        return resolved.palette is not None
    return request.colors in (None, resolved.colors)
