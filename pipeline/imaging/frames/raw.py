"""The frames as they were sent: opaque, on a matte, in whatever colours came."""

from __future__ import annotations

from functools import cached_property

import msgspec

from ..picture import color
from ..picture.raster import U8, Ints


class Film(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Pictures (frames, height, width, 3), and the distinct colours of all of them."""

    frames: U8

    @property
    def colors(self) -> U8:
        """Return the distinct colours (n, 3), sorted."""
        return self._distinct[0]

    @property
    def number(self) -> Ints:
        """Return the number of each pixel's colour, (frames, height, width)."""
        return self._distinct[1]

    @cached_property
    def _distinct(self) -> tuple[U8, Ints]:
        return color.distinct(self.frames)
