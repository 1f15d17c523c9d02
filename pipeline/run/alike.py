"""What is said of many sources: once, also where only its name, sizes or counts differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..core.model import stem_of

#: Up to so many, a sentence that fits them all is repeated for each.
FEW = 3
_FIGURES = re.compile(r"\d+x\d+|\d+(?= frames?\b)|(?<=than )\d+(?=[;.]|$)")
_PLURAL = re.compile(r"\bframes?\b|\bneeds?\b")


def kind(text: str, source: str) -> str:
    """Return what a sentence about a source has in common with those about others like it."""
    if stem := stem_of(source):
        text = text.replace(stem, "*")
    return _PLURAL.sub(lambda word: word[0].rstrip("s"), _FIGURES.sub("#", text))


def sentence(texts: Collection[str]) -> str:
    """Return what is said of all for which these sentences of one kind hold."""
    first = next(iter(texts))
    return first if all(text == first for text in texts) else f"for example, {first}"
