"""What a clip is meant to do, read from its name and prompt: which repairs would harm it."""

from __future__ import annotations

import re

from ..model import Record

_NEGATION = re.compile(r"\b(?:no|not|without|don't|never|avoid)\b[^,.;:!?]*")

#: Motions that jump by design: never steadied, their seam is never judged (imaging.md section 8).
EVENTS = (
    "shak", "trembl", "shiver", "rumbl", "vibrat", "hit", "hurt", "damage", "flash", "blink",
    "sparkl", "twinkl", "glint", "glitter", "cycl", "rainbow", "neon", "dissolv", "vanish",
    "teleport", "appear", "spawn", "explo", "scroll", "conveyor", "flicker",
)  # fmt: skip
#: Motions that move the whole figure at random: no frame lies in a wrong place.
SHAKING = ("shak", "trembl", "shiver", "rumbl", "vibrat", "hit", "explo")
#: Motions that jump from one pose to the next: a stray frame is known by what stands still only.
ABRUPT = (
    "hop", "jump", "leap", "bounc", "lung", "dash", "headbutt", "attack", "slash", "strik",
    "punch", "kick",
)  # fmt: skip
#: Motions that look the same played backwards (imaging.md section 8, repair 3).
REVERSIBLE = (
    "idle", "hover", "float", "sway", "breath", "bob", "wobbl", "tilt", "swing", "pendulum", "glow",
    "puls", "nod",
)  # fmt: skip


#: Motions that make the silhouette smaller and larger: ink that goes is not lost.
RESHAPING = (
    "squash", "stretch", "puls", "heart", "throb", "swell", "spin", "rotat", "roll", "hop", "jump",
    "bounc", "coin", "tumbl", "flip", "turn", "jelly", "slime", "walk", "run", "step", "wheel",
)  # fmt: skip


#: Motions that hide most of the figure for a moment.
FADING = (
    "dissolv", "vanish", "teleport", "appear", "spawn", "explo", "scroll", "conveyor", "flicker",
    "fire", "flame", "torch", "burn", "spin", "coin", "turn", "flip", "collect", "fade", "fading",
    "heart",
)  # fmt: skip


#: Motions that change colours by design: no colour is missed.
RECOLORING = (
    "glow", "shin", "light", "lamp", "magic", "charg", "furnace", "crystal", "gleam", "glimmer",
    "glint", "glitter", "gem", "sparkl", "twinkl", "shimmer", "waterfall", "flow", "stream",
    "cycl", "rainbow", "neon", "portal", "energy", "hypno", "lava", "fire", "flam", "torch", "burn",
    "candle", "flicker", "flash", "hurt", "damage", "explo",
)  # fmt: skip


#: Motions that take the figure away, or show it from its edge.
HIDING = (
    "dissolv", "disintegrat", "vanish", "teleport", "appear", "spawn", "explo", "fade", "fading",
    "spin", "coin", "turn", "flip", "collect",
)  # fmt: skip


#: Motions of which tongues break off.
FLARING = ("flicker", "fire", "flam", "torch", "burn", "candle", "lava", "heart", "beat")


#: Motions whose frames jump about, so that none is next to another.
JUMPING = (
    "shak", "trembl", "shiver", "rumbl", "vibrat", "hit", "scroll", "conveyor", "sparkl", "twinkl",
    "glitter", "explo",
)  # fmt: skip


#: Motions in which a part comes before another and hides it.
COVERING = ("nod", "talk", "chew", "peck", "agree", "bow", "head", "eat", "sip", "drink")


#: Motions that make the silhouette larger, never smaller.
SWELLING = ("puls", "throb", "swell", "grow", "breath", "inflat")


#: Motions that leave the frame on one side and come back on the other.
WRAPPING = ("scroll", "conveyor", "flow", "stream", "waterfall")


#: Motions with one stroke that is much faster than the rest.
STRIKING = (
    "lung", "dash", "headbutt", "ram", "attack", "slash", "strik", "stab", "punch", "kick", "bit",
    "snap", "thrust", "smash", "chop",
)  # fmt: skip


#: Motions that lift the body by a px for a frame: only a larger shift is a defect.
LIFTING = ("flap", "wing", "bird", "bat", "butterfl", "flag", "banner", "cape")


class Motion(Record, frozen=True, kw_only=True):
    """How the repairs treat a clip."""

    is_event: bool = False
    shakes: bool = False
    is_abrupt: bool = False
    reshapes: bool = False
    fades: bool = False
    #: The smallest shift of a single frame that is believed to be a defect, in px.
    least_shift_px: int = 1
    is_reversible: bool = False
    #: Colours change by design; frames follow each other at random.
    recolors: bool = False
    jumps: bool = False
    #: Ink goes away by design; it comes and goes as in a flame.
    hides: bool = False
    flares: bool = False
    strikes: bool = False
    wraps: bool = False
    swells: bool = False
    covers: bool = False


def read(clip: str, prompt: str) -> Motion:
    """Read a clip's name and prompt; what is negated does not count."""
    words = _NEGATION.sub(" ", f" {clip.replace('_', ' ')}, {prompt} ".lower())
    return Motion(
        is_event=_has(words, EVENTS),
        shakes=_has(words, SHAKING),
        is_abrupt=_has(words, ABRUPT),
        least_shift_px=2 if _has(words, LIFTING) else 1,
        fades=_has(words, FADING),
        reshapes=_has(words, RESHAPING),
        is_reversible=_has(words, REVERSIBLE),
        recolors=_has(words, RECOLORING),
        jumps=_has(words, JUMPING),
        hides=_has(words, HIDING),
        flares=_has(words, FLARING),
        strikes=_has(words, STRIKING),
        wraps=_has(words, WRAPPING),
        swells=_has(words, SWELLING),
        covers=_has(words, COVERING),
    )


def _has(words: str, stems: tuple[str, ...]) -> bool:
    return re.search(rf"(?<![a-z])(?:{'|'.join(stems)})", words) is not None
