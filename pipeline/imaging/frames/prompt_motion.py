"""What a clip is meant to do, read from its name and prompt: which repairs would harm it."""

from __future__ import annotations

import re

import msgspec

from ...core.model import Record

_NEGATION = re.compile(r"\b(?:no|not|without|don't|never|avoid)\b[^,.;:!?]*")
#: A clause that says what does not move, with a list before it: "pole, foot and knob stay still".
_STAYING = re.compile(
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


_SHAKES = "shak trembl shiver rumbl vibrat hit explo"
_SPARKLES = "sparkl twinkl glitter"
_FLAMES = "flicker fire flam torch burn candle lava"
_LEAVES = "dissolv vanish teleport appear spawn explo"
_TURNS = "spin coin turn flip"
_SCROLLS = "scroll conveyor"
_STRIKES = "lung dash headbutt attack slash strik punch kick"

#: Beginnings of the words that tell of each trait.
STEMS = {
    "is_event": f"{_SHAKES} {_SPARKLES} {_LEAVES} {_SCROLLS} hurt damage flash blink glint cycl "
    "rainbow neon flicker",
    "shakes": _SHAKES,
    "is_abrupt": f"{_STRIKES} hop jump leap bounc",
    "lifts": "flap wing bird bat butterfl flag banner cape",
    "is_reversible": "idle hover float sway breath bob wobbl tilt swing pendulum glow puls nod",
    "reshapes": f"{_TURNS} squash stretch puls heart throb swell rotat roll hop jump bounc tumbl "
    "jelly slime walk run step wheel celebrat cheer",
    "swells": "puls throb swell grow breath inflat",
    "fades": f"{_LEAVES} {_SCROLLS} {_TURNS} flicker fire flame torch burn collect fade fading "
    "heart",
    "hides": f"{_LEAVES} {_TURNS} disintegrat fade fading collect",
    "flares": f"{_FLAMES} heart beat",
    "recolors": f"{_FLAMES} {_SPARKLES} glow shin light lamp magic charg furnace crystal gleam "
    "glimmer glint gem shimmer waterfall flow stream cycl rainbow neon portal energy hypno flash "
    "hurt damage explo heal",
    "jumps": f"{_SHAKES} {_SCROLLS} {_SPARKLES}",
    "covers": "nod talk chew peck agree bow head eat sip drink",
    "wraps": f"{_SCROLLS} flow stream waterfall",
    "strikes": f"{_STRIKES} ram stab bit snap thrust smash chop",
    "idles": "idle stand wait rest alive fidget",
    "breathes": "breath",
    "floats": "float hover fly flap levitat glid drift swim hang swing pendulum tilt rock danc "
    "sway wobbl roll rotat spin bounc hop jump slid ghost bat bee fairy",
    "walks": "walk march stroll patrol sneak tiptoe run jog sprint trot gallop",
    "stands": "idle breath stand wait attack slash punch cast",
    "acts": f"{_STRIKES} cast open close die dies death dying hurt damage knock fall jump leap "
    "land throw shoot explo crumbl collaps pick spawn appear vanish teleport",
    "arrives": r"spawn respawn appear emerg arriv materiali clos shut land fad\w*\sin\b "
    r"ris\w*\sfrom",
    "beats": "heart puls throb",
    "dies": "die dies dying death dead kill perish collaps",
    "flashes": "flash hurt damage hit blink cast explo lightning electr",
    "looks": "look glanc blink eyes roll stare sleep dart wink",
    "rests": "static motionless frozen freez",
    "names_top": "head nod chew ears",
    "names_bottom": "feet foot legs tap",
}
_TRAITS = {
    trait: re.compile(rf"(?<![a-z])(?:{'|'.join(stems.split())})") for trait, stems in STEMS.items()
}


#: A part is named only where it is said to move.
_NAMED = ("names_top", "names_bottom")
#: What a clip's name alone says of standing counts only while the prompt names no other motion.
_STANDING = ("idles", "stands")
_OTHER = tuple(trait for trait in STEMS if trait not in (*_STANDING, "breathes", "is_reversible"))


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
    words = _NEGATION.sub(" ", f" {text} ".lower())
    return {trait: bool(told.search(words)) for trait, told in _TRAITS.items()}
