"""The packages that pixels and files are made with: another version may make other bytes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import PIL
from PIL import features

#: What Pillow brings along, or finds on the system, and encodes with.
_CODECS = ("zlib", "zlib_ng", "webp", "libimagequant")


def versions() -> Mapping[str, str]:
    """Return the version of each package and library by its name; "" where there is none."""
    codecs = {f"Pillow's {name}": str(features.version(name) or "") for name in _CODECS}
    own = {"numpy": np.__version__, "Pillow": PIL.__version__, "zlib": zlib.ZLIB_RUNTIME_VERSION}
    return own | codecs
