"""Colours: OKLab, the distance that all decisions use, and the palette of a picture.

Source: Ottosson 2020, OKLab; `deltaEOK2` doubles a and b.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import regions
from .raster import U8, Bools, Floats, Ints

Float64 = NDArray[np.float64]

_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_CODE = np.arange(256) / 255.0
_LINEAR = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4)

#: Above this many pixels a table over all 2**24 colours is quicker than sorting.
_SORT_LIMIT = 200_000
#: More colours are turned into OKLab in parts: small enough that no threads are started for one.
_LAB_AT_A_TIME = 1 << 13


def linear(rgb: U8) -> Float64:
    """Return linear light 0..1 for sRGB bytes of any shape."""
    return _LINEAR[rgb]


def lab(light: Float64) -> Floats:
    """Return OKLab with a and b doubled, (…, 3): its Euclidean distance is deltaE2."""
    values: Float64 = np.cbrt(light @ _LMS.T) @ _LAB.T
    values[..., 1:] *= 2
    return values.astype(np.float32)


def lab_of(rgb: U8) -> Floats:
    """Return the doubled OKLab of sRGB bytes (…, 3), a part at a time."""
    if rgb.ndim != 2 or len(rgb) <= _LAB_AT_A_TIME:
        return lab(linear(rgb))
    parts = range(0, len(rgb), _LAB_AT_A_TIME)
    return np.concatenate([lab(linear(rgb[at : at + _LAB_AT_A_TIME])) for at in parts])


def distances(a: Floats, b: Floats) -> Floats:
    """Return the deltaE2 of every row of a (n, 3) to every row of b (m, 3) as (n, m)."""
    out: Floats = np.zeros((a.shape[0], b.shape[0]), dtype=np.float32)
    for channel in range(a.shape[1]):
        step = a[:, channel, None] - b[None, :, channel]
        out += step * step
    np.sqrt(out, out=out)
    return out


def gap(a: Floats, b: Floats) -> Floats:
    """Return the deltaE2 of each colour (…, 3) to the one at its place in the other."""
    step = a - b
    step *= step
    # Channel by channel: a sum over an axis of three takes four times as long.
    total: Floats = step[..., 0] + step[..., 1]
    total += step[..., 2]
    return np.sqrt(total, out=total)


def gap_of(a: Sequence[Floats], b: Sequence[Floats]) -> Floats:
    """Return what `gap` does for colours that lie in three planes."""
    total: Floats = a[0] - b[0]
    total *= total
    for one, other in zip(a[1:], b[1:], strict=True):
        step = one - other
        step *= step
        total += step
    return np.sqrt(total, out=total)


def pack(rgb: U8) -> Ints:
    """Return r<<16 | g<<8 | b for bytes (…, 3)."""
    return _codes(rgb).astype(np.int64)


def _codes(rgb: U8) -> NDArray[np.int32]:
    codes = rgb[..., 0].astype(np.int32)
    for channel in (1, 2):  # in place: a clip of noise is a million colours
        codes <<= 8
        codes |= rgb[..., channel]
    return codes


def unpack(codes: Ints | NDArray[np.int32]) -> U8:
    """Return bytes (…, 3) for packed colours."""
    rgb = np.empty((*codes.shape, 3), dtype=np.uint8)
    for channel, shift in enumerate((16, 8, 0)):
        rgb[..., channel] = (codes >> shift) & 255
    return rgb


def distinct(rgb: U8) -> tuple[U8, Ints]:
    """Return the distinct colours (n, 3), sorted, and the number of each pixel's colour.

    Art has runs of one colour: only the first pixel of each is looked at.
    """
    codes = _codes(rgb)
    flat = codes.ravel()
    first = np.flatnonzero(_begins(flat))
    found, number = _numbered(flat[first])
    lengths = np.diff(first, append=flat.size)
    return unpack(found), number.repeat(lengths).reshape(codes.shape)


def colors(rgb: U8) -> U8:
    """Return the distinct colours (n, 3), sorted, as `distinct` does."""
    flat = _codes(rgb).ravel()
    return unpack(np.unique(flat[_begins(flat)]))


def _begins(flat: NDArray[np.int32]) -> Bools:
    """Return which pixels (n,) begin a run of one colour."""
    begins = np.ones(flat.size, dtype=np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    return begins


def _numbered(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], Ints]:
    """Return the distinct codes (n,), sorted, and the number of each."""
    if codes.size < _SORT_LIMIT:
        found = regions.distinct(codes)
        return found, found.searchsorted(codes)
    seen = np.zeros(1 << 24, dtype=np.bool_)
    seen[codes] = True
    found = np.flatnonzero(seen).astype(np.int32)
    table = np.empty(1 << 24, dtype=np.int32)
    table[found] = np.arange(found.size)
    return found, table[codes].astype(np.int64)


def palette(rgba: U8) -> U8:
    """Return the distinct opaque colours (n, 3) of an alpha-cut picture, sorted."""
    return colors(rgba[rgba[..., 3] > 0][:, :3])


def from_hex(text: str) -> U8:
    """Return 3 bytes for "#rrggbb" (the # may be missing)."""
    return np.frombuffer(bytes.fromhex(text.lstrip("#")), dtype=np.uint8)


def to_hex(rgb: U8) -> str:
    """Return "#rrggbb" in lower case."""
    return "#" + bytes(rgb.tolist()).hex()


def is_member(rgb: U8, colors: U8) -> Bools:
    """Return which pixels (…, 3) have exactly one of the colours (n, 3)."""
    return np.isin(pack(rgb), pack(colors))
