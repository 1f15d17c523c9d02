"""pixelpipe: PNGs and YAML rules in, pixel-art animations out."""

from __future__ import annotations

__version__ = "0.1.0"
