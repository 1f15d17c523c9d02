"""pixelpipe: PNGs and YAML rules in, pixel-art animations out."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes a tenth of the time of a run with nothing to do
if TYPE_CHECKING:
    from .api import Project, Spending

__version__ = "0.1.0"
__all__ = ["Project", "Spending", "__version__"]


def __getattr__(name: str) -> object:
    """Load the interface for build scripts when it is asked for: `--help` needs none of it."""
    if name in ("Project", "Spending"):
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
