"""Take pictures out of requests: base64, file kind, size, aspect, and decoding to its end.

Only headers and Pillow are touched here, numpy is left to the workers.
"""

from __future__ import annotations

import base64
import binascii
import io
import struct
import zlib
from typing import TYPE_CHECKING

import msgspec

from .errors import InvalidImage, InvalidRequest, PayloadTooLarge
from .fields import Body

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 5 * 1024 * 1024
PIXEL_SIDE = 256
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"


class Limits(msgspec.Struct, frozen=True):
    """Say which pictures an endpoint takes; sides in px, `most_pixels` over all frames.

    Large ones are decoded by the worker alone: decoding here would hold up every other caller.
    """

    kinds: tuple[str, ...] = ("PNG",)
    largest_side: int = PIXEL_SIDE
    has_aspect: bool = True
    is_animated_allowed: bool = False
    is_large: bool = False
    most_pixels: int = 4 * 1024 * 1024


SPRITE = Limits()


def read(body: Body, name: str, limits: Limits = SPRITE) -> bytes:
    """Read a picture field: a file's bytes, checked against `limits`."""
    value = body.get(name)
    if value is None or value == "":
        raise InvalidRequest(f"`{name}` is missing; send the picture as base64.")
    if not isinstance(value, str):
        raise InvalidRequest(f"`{name}` must be a string of base64.")
    raw = _decode_base64(value, name)
    if len(raw) > MAX_BYTES:
        raise PayloadTooLarge(
            f"`{name}` has {len(raw)} bytes; at most {MAX_BYTES} (5 MB) are accepted."
        )
    check(raw, name, limits, is_whole=not limits.is_large)
    return raw


def _decode_base64(value: str, name: str) -> bytes:
    if value.startswith("data:"):
        head, comma, value = value.partition(",")
        if not comma or not head.endswith(";base64"):
            raise InvalidRequest(f"`{name}` is a data URL without `;base64,`.")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidRequest(f"`{name}` is not valid base64.") from exc


def check(raw: bytes, name: str, limits: Limits, *, is_whole: bool = True) -> None:
    """Refuse a file of another kind or over the limits, and a damaged one if `is_whole` is wanted.

    Raises InvalidImage.
    """
    if limits.kinds == ("PNG",) and not raw.startswith(_PNG):
        raise InvalidImage(f"`{name}` is not a PNG file.")
    if raw.startswith(_PNG):
        _check_png_end(raw, name)
    try:
        with opened(raw, limits.kinds) as image:
            _check_size(image.width, image.height, name, limits)
            if is_whole:
                _check_frames(getattr(image, "n_frames", 1), image.size, name, limits)
                image.load()
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error) as exc:
        wanted = " or ".join(limits.kinds)
        raise InvalidImage(f"`{name}` is damaged, or not a {wanted} file.") from exc


def _check_png_end(raw: bytes, name: str) -> None:
    """Refuse a PNG that stops before IEND: Pillow may accept it, half drawn."""
    if _PNG_END not in raw:
        raise InvalidImage(f"`{name}` is a PNG that ends too early.")


def _check_size(width: int, height: int, name: str, limits: Limits) -> None:
    side = limits.largest_side
    if width > side or height > side:
        raise InvalidImage(
            f"`{name}` is {width}x{height} px; at most {side}x{side} px are accepted."
        )
    if limits.has_aspect and not (width <= 2 * height and height <= 2 * width):
        raise InvalidImage(f"`{name}` is {width}x{height} px; the aspect must be from 1:2 to 2:1.")


def _check_frames(count: int, size: tuple[int, int], name: str, limits: Limits) -> None:
    if count > 1 and not limits.is_animated_allowed:
        raise InvalidImage(f"`{name}` is animated ({count} frames); send a single picture.")
    if count * size[0] * size[1] > limits.most_pixels:
        raise InvalidImage(
            f"`{name}` holds {count} frames of {size[0]}x{size[1]} px; that is too much."
        )


def opened(raw: bytes, kinds: tuple[str, ...] | None = None) -> Image.Image:
    """Open a picture of one of `kinds`, or of any; for a PNG no other plugin is loaded.

    Raises what Pillow raises.
    """
    if raw.startswith(_PNG) and (kinds is None or "PNG" in kinds):
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(io.BytesIO(raw))
    from PIL import Image

    return Image.open(io.BytesIO(raw), formats=kinds)


def png_size(raw: bytes) -> tuple[int, int]:
    """Read width and height in px from the header of a checked PNG."""
    width, height = struct.unpack(">II", raw[16:24])
    return width, height
