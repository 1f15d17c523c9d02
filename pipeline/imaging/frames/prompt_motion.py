"""What a clip is meant to do, read from its name and prompt: which repairs would harm it."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from ...core.late import expression
from ...core.model import Record
from ...core.motion_words import TRAITS, affirmed, telling

#: A clause that says what does not move, with a list before it: "pole, foot and knob stay still".
_STAYING = expression(
    r"(?:\b(?:(?:the|its|both|all) )?[a-z]+, )*(?:(?!\b(?:while|but|as|then)\b)[^,.;:!?])*"
    r"\b(?:never|not|without|stay|stays|staying|keep|keeps|keeping|remain|remains|still|planted|"
    r"fixed|rooted|anchored|unmoving)\b[^,.;:!?]*"
)


class Motion(Record, frozen=True, kw_only=True):
    """How repairs and grades treat a clip: what looks like a fault, and is meant."""

    #: It jumps by design: its seam is never judged.
    is_event: bool = False
    #: The whole figure moves at random: no frame lies in a wrong place.
    shakes: bool = False
    #: It jumps from one pose to the next: a stray frame is known by what stands still only.
    is_abrupt: bool = False
    #: The body rises by a px for a frame: only a larger shift is a defect.
    lifts: bool = False
    #: It looks the same played backwards.
    is_reversible: bool = False
    #: The silhouette becomes smaller and larger: ink that goes is not lost.
    reshapes: bool = False
    #: The silhouette becomes larger, never smaller.
    swells: bool = False
    #: Most of the figure is hidden for a moment.
    fades: bool = False
    #: The figure is taken away, or shown from its edge.
    hides: bool = False
    #: Tongues break off, as of a flame.
    flares: bool = False
    #: Colours change by design: none is missed.
    recolors: bool = False
    #: Frames jump about, so that none is next to another.
    jumps: bool = False
    #: A part comes before another and hides it.
    covers: bool = False
    #: What leaves the frame on one side comes back on the other.
    wraps: bool = False
    #: One stroke is much faster than the rest.
    strikes: bool = False
    #: It stands and lives: a breath, a sway of the body, nothing else.
    idles: bool = False
    #: The whole figure hangs, floats or rolls: it has no floor.
    floats: bool = False
    #: Its chest rises and sinks.
    breathes: bool = False
    #: It goes on the spot, on legs or otherwise.
    walks: bool = False
    #: It stands on its feet, which stay where they are.
    stands: bool = False
    #: It does something once, and may end in another pose or place.
    acts: bool = False
    #: It may begin with another picture, and ends with the source: a lid that closes.
    arrives: bool = False
    #: It beats: between two beats it rests, and two poses are all there is.
    beats: bool = False
    #: It ends lying, or gone.
    dies: bool = False
    #: It turns white or red for a moment.
    flashes: bool = False
    #: Eyes move by themselves.
    looks: bool = False
    #: It is asked to stay as it is.
    rests: bool = False
    #: A part of the head is named, or of the legs: that moves, and nothing else.
    names_top: bool = False
    names_bottom: bool = False


_TRAITS = {trait: telling(stems) for trait, stems in TRAITS.items()}


#: A part is named only where it is said to move.
_NAMED = ("names_top", "names_bottom")
#: What a clip's name alone says of standing counts only while the prompt names no other motion.
_STANDING = ("idles", "stands")
_OTHER = tuple(trait for trait in TRAITS if trait not in (*_STANDING, "breathes", "is_reversible"))


@lru_cache(maxsize=256)  # very many sprites share one prompt
def read(clip: str, prompt: str) -> Motion:
    """Read a clip's name and prompt; what is negated does not count."""
    both, asked = (_told(text) for text in (f"{clip.replace('_', ' ')}, {prompt}", prompt))
    if any(asked[trait] for trait in _OTHER):
        both |= {trait: asked[trait] for trait in _STANDING}
    moving = _told(_STAYING.sub(" ", prompt.lower()))
    return Motion(**(both | {trait: moving[trait] for trait in _NAMED}))


def ending(motion: Motion) -> Motion:
    """Return how a clip that ends is treated: it acts, unless it is asked to live on the spot."""
    lives = motion.idles or motion.walks or motion.breathes or motion.is_reversible
    return motion if lives else msgspec.structs.replace(motion, acts=True)


def _told(text: str) -> dict[str, bool]:
    words = affirmed(f" {text} ")
    return {trait: told.search(words) for trait, told in _TRAITS.items()}
