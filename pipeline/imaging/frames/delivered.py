"""What a service delivered, by its first bytes: a picture, an animation, or nothing of use.

A service may ignore that a strip of PNG was asked for. Sizes are read from the container before
anything is unpacked, so that no file takes more memory than the frames that were paid for.
Sources: GIF89a specification; WebP container specification; PNG specification, third edition.
"""

from __future__ import annotations

import io
import warnings
from typing import Literal

import msgspec
import numpy as np
from PIL import Image

from ...core.errors import SourceError
from ..picture import png, raster
from ..picture.raster import U8

#: More frames than any service makes: what follows is not looked at.
MOST_FRAMES = 64
Kind = Literal["PNG", "GIF", "WEBP", "JPEG"]
_JPEG = b"\xff\xd8\xff"
#: First bytes, from an offset, of what holds no frames that can be read here.
_USELESS = (
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftyp", "a video (MP4)"),
    (0, b"\x1aE\xdf\xa3", "a video (WebM or Matroska)"),
    (0, b"OggS", "a video (Ogg)"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"7z\xbc\xaf'\x1c", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"%PDF", "a PDF"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"BM", "a BMP picture"),
)
_ANIMATED_CHUNKS = (*png.PIXEL_CHUNKS, b"acTL", b"fcTL", b"fdAT")


class Claim(msgspec.Struct, frozen=True):
    """What a container says of itself: kind, px of the whole picture, frames (1 for a still)."""

    kind: Kind
    width: int
    height: int
    frames: int

    @property
    def area_px(self) -> int:
        """Pixels of all frames together."""
        return self.width * self.height * self.frames


class Pictures(msgspec.Struct, frozen=True):
    """Decoded frames in order: (height, width, 4) uint8 each, and for how many ms each shows."""

    frames: tuple[U8, ...]
    durations: tuple[int, ...]


def useless(content: bytes) -> str:
    """Name what can never become frames, such as "a ZIP archive"; "" for everything else."""
    found = (name for at, magic, name in _USELESS if content[at : at + len(magic)] == magic)
    return next(found, "")


def claim(content: bytes, name: str, *, max_side_px: int) -> Claim:
    """Read what a file says of itself; nothing is unpacked.

    Raises SourceError, naming `name`, for what is damaged, or no picture at all.
    """
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    if is_webp or content[:4] == b"GIF8" or content.startswith(_JPEG):
        return _contained(content, name)
    header = png.inspect(content, name, max_side_px=max_side_px)
    return Claim("PNG", header.width, header.height, header.frames)


def _contained(content: bytes, name: str) -> Claim:
    from . import containers  # mostly it is PNG

    if content[:4] == b"RIFF":
        return Claim("WEBP", *containers.webp(content, name))
    if content[:4] == b"GIF8":
        return Claim("GIF", *containers.gif(content, name))
    return Claim("JPEG", *containers.jpeg(content, name), 1)


def decode(content: bytes, found: Claim, name: str, *, max_side_px: int) -> Pictures:
    """Decode at most `MOST_FRAMES` frames. The claim's area must have been judged before.

    Raises SourceError for what is damaged.
    """
    if found.kind == "PNG" and found.frames == 1:
        still = raster.array(raster.decode(content, name, max_side_px=max_side_px))
        return Pictures((still,), (0,))
    if found.kind == "PNG":
        content = png.only(content, name, _ANIMATED_CHUNKS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about what is damaged but can be read
            return _frames(content, found)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as exc:
        raise SourceError(f"{name}: the {found.kind} is damaged ({exc})") from exc


def _frames(content: bytes, found: Claim) -> Pictures:
    frames: list[U8] = []
    durations: list[int] = []
    with Image.open(io.BytesIO(content), formats=(found.kind,)) as image:
        for number in range(min(found.frames, MOST_FRAMES)):
            image.seek(number)
            frames.append(np.array(image.convert("RGBA"), dtype=np.uint8))
            if frames[-1].shape != frames[0].shape:
                raise ValueError("its frames differ in size")
            durations.append(int(image.info.get("duration", 0) or 0))
    return Pictures(tuple(frames), tuple(durations))
