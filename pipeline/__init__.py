"""pixelpipe: PNGs and YAML rules in, pixel-art animations out."""

from __future__ import annotations

from .core.version import __version__

TYPE_CHECKING = False  # `typing` takes a tenth of the time of a run with nothing to do
if TYPE_CHECKING:
    from .api import Project, Wish

__all__ = ["Project", "Wish", "__version__"]


def __getattr__(name: str) -> object:
    """Load the interface for build scripts when it is asked for: `--help` needs none of it."""
    if name in ("Project", "Wish"):
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
