"""Say what a prompt leaves open, without naming another motion."""

from __future__ import annotations

import re

_ADDITIONS = (
    (r"\b(loop|once|one-shot|then stops)", "seamless loop"),
    (r"\b(in place|in-place|moving|walk|run|march)", "in place, feet on the same floor line"),
    (r"\b(palette|colou?rs?)\b", "same palette"),
    (r"\b(outline|silhouette|shape)", "clean pixel outline kept in every frame"),
)


def enhance(prompt: str) -> str:
    """Add each point that `prompt` does not speak of; enhancing twice adds nothing."""
    clean = " ".join(prompt.split()).rstrip(" .,;")
    lower = clean.lower()
    added = [words for said, words in _ADDITIONS if not re.search(said, lower)]
    return ", ".join([clean, *added])
