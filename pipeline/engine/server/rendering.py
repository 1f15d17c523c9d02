"""Render one packed order, whatever becomes of it: in a worker process, or beside the caller."""

from __future__ import annotations

import logging

from .. import render as renderer
from ..accounts.jobs import Product, Refusal

log = logging.getLogger(__name__)


def render(order: bytes, matte_noise: int = 0) -> Product | Refusal:
    """Render; a failure of the renderer is a refusal, and stands in the log."""
    try:
        return renderer.render(order, matte_noise)
    except Exception:
        log.exception("rendering failed")
        return Refusal("internal_error", "The renderer failed on this request.")
