"""Name purchases and what is derived from them.

The *request key* names a purchase: the source's pixels and what the user's rule states. The *build
key* names what we derive from it for nothing. Both are digests of a text that can be printed and
compared line by line, as ccache does with its inputs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from .model import Clip, Frames, Pixels, Request, Rule, TargetChoice
from .model.checked import UNREADABLE

#: Bump only on purpose: every user pays again for everything. Say so in the changelog.
KEY_VERSION = 1
#: Bump when finishing gives other pixels or files: everything is finished again, for nothing.
FINISH_VERSION = 3

AUTO = "auto"
#: The service that costs nothing; it alone is told what a rule says of the sprite itself.
BUILT_IN = "built-in"
_ENCODER = msgspec.json.Encoder(order="sorted")
#: How lines of a build's recipe begin that name a purchase.
BOUGHT = "bought"


def digest(content: bytes) -> str:
    """Return the SHA-256 of `content`: 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()


def digest_of(pieces: Iterable[bytes]) -> str:
    """Return the digest of all pieces, one after the other."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


def pixel_digest(pixels: Pixels) -> str:
    """Digest a picture by its size and its canonical pixels.

    Canonical is straight RGBA8 with the RGB of fully transparent pixels zeroed and colour chunks
    ignored, as `imaging.decode` gives it: a re-encoded file keeps its digest.
    """
    found = hashlib.sha256(b"pixels %d %d\n" % (pixels.width, pixels.height))
    found.update(pixels.rgba)
    return found.hexdigest()


def request_key(request: Request, service: str) -> str:
    """Name the purchase of `request` from `service`: `pixel-engine`, `built-in`, or a host.

    Nothing that a rename, a copy, a new time stamp, another machine or a later release of our own
    algorithms changes is part of it; see `recipe`.
    """
    return digest(recipe(request, service).encode())


def open_key(request: Request, service: str) -> str | None:
    """Name the purchase with the path words of its prompt left open, or None without any.

    Two requests with the same open key differ at most by where the file lies: the second one
    reuses what the first one bought.
    """
    if request.open_prompt is None:
        return None
    text = _text(_fields(request, service) | {"prompt": request.open_prompt, "negative_prompt": ""})
    return digest(text.encode())


def recipe(request: Request, service: str) -> str:
    """Return the text that the request key is the digest of: one `field: value` a line, sorted."""
    return _text(_fields(request, service))


def build_key(
    stem: str,
    rule: Rule,
    bought: Sequence[tuple[str, str, str]],
    targets: Sequence[TargetChoice],
    adopted: Sequence[Frames] = (),
) -> str:
    """Name what is derived: every file of one source; see `build_recipe`."""
    return digest(build_recipe(stem, rule, bought, targets, adopted).encode())


def build_recipe(
    stem: str,
    rule: Rule,
    bought: Sequence[tuple[str, str, str]],
    targets: Sequence[TargetChoice],
    adopted: Sequence[Frames] = (),
) -> str:
    """Return the text that the build key is the digest of: one `field: value` a line, sorted.

    `bought` holds (clip, request key, digest of the bought bytes) in the order of the rule,
    `adopted` the clips that are numbered pictures as they are; without any, nothing speaks of them.
    """
    fields: dict[str, object] = {
        "cells": msgspec.to_builtins([rule.cells, rule.pick]),
        "clips": [clip.name for clip in rule.clips],
        "finish_version": FINISH_VERSION,
        "pivot": msgspec.to_builtins(rule.pivot),
        "stem": stem,
        "targets": [target.name for target in targets],
    }
    fields |= {f"{BOUGHT} {clip}": [key, found] for clip, key, found in bought}
    for clip in rule.clips:
        fields |= {f"{clip.name} {name}": value for name, value in _derived(clip).items()}
    # No clip's name has the sign between, so that this is no field of a clip called so.
    fields |= {f"frames/{one.clip}": list(one.pixel_digests) for one in adopted}
    for target in targets:
        stated = target.options.items()
        fields |= {f"target {target.name} {name}": value for name, value in stated}
    return _text(fields)


def fields(recipe: str) -> dict[str, str]:
    """Return a recipe's fields with their values, as they stand in its text."""
    return dict(line.split(": ", 1) for line in recipe.splitlines())


def values(recipe: str) -> dict[str, object]:
    """Return a recipe's fields with their values; none for a text that is no recipe."""
    try:
        lines = (line.partition(": ") for line in recipe.splitlines())
        return {name: msgspec.json.decode(value) for name, _, value in lines}
    except UNREADABLE:
        return {}


def frames_digest(frames: Frames) -> str:
    """Digest the pixels of numbered pictures in their order."""
    return digest("\n".join(frames.pixel_digests).encode())


def derivation(recipe: str) -> str:
    """Return what a build recipe says beside purchases and names: many sources share it."""
    own = (f"{BOUGHT} ", "stem: ")
    return "".join(line for line in recipe.splitlines(keepends=True) if not line.startswith(own))


def _fields(request: Request, service: str) -> dict[str, object]:
    told = {"hints": msgspec.to_builtins(request.hints)} if _is_told(request, service) else {}
    return told | {
        "colors": _stated(request.colors),
        "fit": _stated(request.fit),
        "frames": _stated(request.frames),
        "key_version": KEY_VERSION,
        "matte": _stated(request.matte),
        "model": _stated(request.model),
        "negative_prompt": request.negative_prompt,
        "pixels": request.pixel_digest,
        "prompt": request.prompt,
        "seed": _stated(request.seed),
        "service": service,
        "take": request.take,
    }


def _is_told(request: Request, service: str) -> bool:
    """Tell whether a rule's hints matter: another service never sees them, and nobody pays."""
    return service == BUILT_IN and request.hints is not None


def _stated(value: object) -> object:
    # What a rule leaves to us hashes as "auto", not as today's choice: a better choice in a
    # later release must not make anyone pay again.
    return AUTO if value is None else value


def _derived(clip: Clip) -> dict[str, object]:
    # Frame numbers of `hold` become text, as JSON's keys are.
    fields: dict[str, object] = msgspec.to_builtins(clip, str_keys=True)
    return {
        name: value
        for name, value in fields.items()
        if name not in _NOT_DERIVED and value != _PLAIN[name]
    }


_PLAIN: dict[str, object] = msgspec.to_builtins(Clip(name=""))


_NOT_DERIVED = (
    "name",
    "prompt",
    "negative_prompt",
    "frames",
    "colors",
    "model",
    "matte",
    "seed",
    "fit",
    "file",
    "line",
    "frames_from",
)


def _text(fields: dict[str, object]) -> str:
    encode = _ENCODER.encode
    return "".join(
        [f"{name}: {encode(value).decode()}\n" for name, value in sorted(fields.items())]
    )
