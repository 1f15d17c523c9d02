"""Pictures as arrays: decoding, encoding, the alpha cut, and the exact integer scale."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngImageFile  # `Image.open` loads the plugins of four others

from ...core.errors import SourceError
from ...core.model import MAX_PICTURE_PX, Pixels
from . import png

U8 = NDArray[np.uint8]
Bools = NDArray[np.bool_]
#: Palette entry of each pixel, -1 where transparent.
Index = NDArray[np.int32]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Alpha of at least this is opaque.
ALPHA_CUT = 128
#: An opaque picture narrower than this, and more than twice as long, is no tile.
STICK_PX = 8
#: Pixels that are looked at in one go where a whole picture would take too much memory.
BAND_PX = 1 << 20


def decode(content: bytes, path: str, *, max_side_px: int = MAX_PICTURE_PX) -> Pixels:
    """Decode a PNG completely to straight RGBA8, RGB zeroed where alpha is 0.

    Colour chunks are ignored; of an APNG the first frame is taken; 16-bit samples keep their
    upper byte. Raises SourceError with a sentence that names `path` and the remedy.
    """
    header = png.inspect(content, path, max_side_px=max_side_px)
    try:
        rows = _rows(header)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as exc:
        raise SourceError(f"{path}: the PNG is corrupt ({exc}); export it again") from exc
    _check_rows(header, rows[-1], path)
    return Pixels(width=header.width, height=header.height, rgba=b"".join(rows))


def encode(picture: Pixels) -> bytes:
    """Return PNG bytes; equal pixels give equal bytes within one environment."""
    return png.write(picture.width, picture.height, picture.rgba)


def pixels(rgba: U8) -> Pixels:
    """Make a record of (height, width, 4) uint8, with the RGB of transparent pixels zeroed."""
    height, width = rgba.shape[:2]
    return Pixels(width=width, height=height, rgba=_straight(rgba))


def each(frames: U8) -> tuple[Pixels, ...]:
    """Make a record of each of (frames, height, width, 4) uint8, as `pixels` does of one."""
    count, height, width = frames.shape[:3]
    rgba, size = _straight(frames), height * width * 4
    parts = (rgba[at * size : (at + 1) * size] for at in range(count))
    return tuple(Pixels(width=width, height=height, rgba=part) for part in parts)


def bands(height: int, width: int) -> Iterator[slice]:
    """Yield the rows of a picture in bands of about a megapixel: most pictures are one band."""
    step = max(1, BAND_PX // max(1, width))
    yield from (slice(top, min(height, top + step)) for top in range(0, height, step))


def array(picture: Pixels) -> U8:
    """Return (height, width, 4) uint8, read-only, without a copy."""
    flat = np.frombuffer(picture.rgba, dtype=np.uint8)
    return flat.reshape(picture.height, picture.width, 4)


def cut(rgba: U8) -> U8:
    """Cut alpha at 128 to 0 or 255 and zero the RGB of transparent pixels."""
    solid = rgba[..., 3:] >= ALPHA_CUT
    clean: U8 = np.where(solid, rgba, np.uint8(0))
    clean[..., 3] = np.where(solid[..., 0], 255, 0)
    return clean


def is_tile(rgba: U8) -> bool:
    """Say whether a picture is opaque all over, as tiles and scenes are: it is to stay so.

    A stick of a few px across is a sprite that was cut out tightly, and moves.
    """
    short, long = sorted(rgba.shape[:2])
    is_stick = short < STICK_PX and long > 2 * short
    return not is_stick and bool((rgba[..., 3] >= ALPHA_CUT).all())


def box(mask: Bools) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom (exclusive) of the True pixels of (…, height, width)."""
    stack: Bools = mask.reshape(-1, mask.shape[-2], mask.shape[-1])
    flat = np.logical_or.reduce(stack)
    rows, columns = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def upscale_factor(rgba: U8) -> int:
    """Return the integer g by which a picture was scaled up with nearest neighbour, else 1.

    It is the greatest common divisor of the places where neighbours differ.
    """
    height, width = rgba.shape[:2]
    whole = np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
    columns = np.flatnonzero((whole[:, 1:] != whole[:, :-1]).any(axis=0)) + 1
    rows = np.flatnonzero((whole[1:] != whole[:-1]).any(axis=1)) + 1
    factor = math.gcd(width, height, *map(int, columns), *map(int, rows))
    # A flat picture has no boundaries and would "fit" any divisor.
    return factor if columns.size or rows.size else 1


def enlarge(rgba: U8, factor: int) -> U8:
    """Repeat every pixel `factor` times on both axes of (…, height, width, 4)."""
    return rgba.repeat(factor, axis=-3).repeat(factor, axis=-2)


def _check_rows(header: png.Header, last: bytes, path: str) -> None:
    """Refuse a picture with too few rows: decoding leaves those that are missing 0.

    So a last row that is not of one colour, and that black or the palette's first, is there.
    """
    row = np.frombuffer(last[-4 * header.width :], dtype=np.uint8).reshape(-1, 4)
    may_be_zero = header.color_type == png.INDEXED or not row[0, :3].any()
    if header.is_interlaced or (may_be_zero and (row == row[0]).all()):
        found = png.rows(header)
        if found < header.height:
            text = f"it has {found} of {header.height} rows" if found else "rows are missing"
            raise SourceError(f"{path}: the PNG is corrupt ({text}); export it again")


def _rows(header: png.Header) -> list[bytes]:
    """Return the pixels in bands: the copies on the way take several times a picture's size."""
    with PngImageFile(io.BytesIO(header.pixel_chunks)) as image:
        image.load()
        pieces = [_rgba(piece, header) for piece in _pieces(image)]
    if header.transparency and (header.color_type, header.depth) == (png.RGB, 16):
        _clear_deep(pieces, header)
    return [_straight(pieces.pop(0)) for _ in range(len(pieces))]


def _clear_deep(pieces: list[U8], header: png.Header) -> None:
    """Clear the pixels of 16-bit colour that tRNS makes transparent: all 16 bits must agree.

    Pillow keeps the upper bytes of the samples; so the picture is decoded for the lower ones again.
    """
    key = np.frombuffer(header.transparency, dtype=np.uint8).reshape(3, 2)
    with PngImageFile(io.BytesIO(header.pixel_chunks)) as image:
        image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]
        image.load()
        for piece, low in zip(pieces, _pieces(image), strict=True):
            same = (piece[..., :3] == key[:, 0]) & (np.asarray(low) == key[:, 1])
            piece[same.all(axis=-1), 3] = 0


def _pieces(image: Image.Image) -> Iterator[Image.Image]:
    for band in bands(image.height, image.width):
        is_whole = band == slice(0, image.height)
        yield image if is_whole else image.crop((0, band.start, image.width, band.stop))


def _straight(rgba: U8) -> bytes:
    """Return the bytes of pixels with the RGB of transparent ones zeroed."""
    if rgba[..., 3].all():
        return rgba.tobytes()
    words = np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
    return (words * (rgba[..., 3] > 0)).tobytes()


def _rgba(image: Image.Image, header: png.Header) -> U8:
    if image.mode.startswith("I"):
        grey: NDArray[Any] = np.asarray(image)
        rgba = np.full((*grey.shape, 4), 255, dtype=np.uint8)
        rgba[..., :3] = (grey >> 8)[..., None]
    elif image.mode == "RGBA":
        return np.asarray(image)
    else:
        rgba = np.array(image.convert("RGBA"), dtype=np.uint8)
    is_deep = (header.color_type, header.depth) == (png.RGB, 16)
    if header.transparency and header.color_type in (png.GREY, png.RGB) and not is_deep:
        sample = np.asarray(image.convert("L") if image.mode == "1" else image)
        rgba[_keyed(sample, header), 3] = 0
    return rgba


def _keyed(sample: NDArray[Any], header: png.Header) -> Bools:
    """Find the pixels that tRNS makes transparent; Pillow scales samples, but not that value."""
    values = np.frombuffer(header.transparency, dtype=">u2").astype(np.int64)
    if sample.dtype == np.uint8:
        values = values * 255 // (2**header.depth - 1)
    if sample.ndim == 2:
        keyed: Bools = sample == values[0]
        return keyed
    same: Bools = np.all(sample[..., :3] == values[:3], axis=-1)
    return same
