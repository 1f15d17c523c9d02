"""Which words of a prompt tell of a motion: one table for all that reads prompts on our side.

Words are beginnings of words, divided by spaces: "bounc" is in "bounces" and "bouncing". Whoever
reads them says what follows: how a clip is repaired and graded, how much room it gets in the
picture that is sent, what a model draws poorly. Room is part of what is bought, so that a word that
is added to `ROOM` or `TURNING` buys clips again. The engine has a reading of its own, as the
service has.
"""

from __future__ import annotations

from .late import expression

_SHAKES = "shak trembl shiver rumbl vibrat hit explo"
_SPARKLES = "sparkl twinkl glitter"
_FLAMES = "flicker fire flam torch burn candle lava"
_LEAVES = "dissolv vanish teleport appear spawn explo"
_TURNS = "spin coin turn flip"
_SCROLLS = "scroll conveyor"
_STRIKES = "lung dash headbutt attack slash strik punch kick"

#: By trait of a clip (`imaging.frames.prompt_motion.Motion`): what repairs and grades must know.
TRAITS = {
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
#: By kind of motion (`imaging.upload.fit`): how much room the art wants around it.
ROOM = {
    "effect": "explo burst blast splash smoke magic cast spell portal fire flame torch burn spark "
    "aura swirl teleport",
    "attack": "attack slash swing strike stab punch kick bite lunge shoot thrust smash headbutt",
    "hop": "hop jump leap bounc spring",
    "float": "float hover fly flap levitat glid ghost drift pulse heart throb swim",
    "run": "run dash charg gallop sprint wave waving flag flutter wobbl squash stretch jiggl "
    "shak trembl danc sway ripple",
    "walk": "walk march step patrol crawl climb",
}

#: Motions that turn the art need the room of its diagonal.
TURNING = "rotat roll tumbl spin wheel pendulum swing tilt rock gear"

_LIMB = r"(?:his|her|its|their|the|a|an)"
#: Expressions for what asks for another pose than the picture shows.
POSES = (
    r"sit(?:s|ting)? (?:down|up)",
    r"(?:lie|lies|lying|lay|lays|laying) down",
    r"(?:stand|get|rise)(?:s|ing)? (?:up )?(?:from|to \w+ feet)",
    r"(?:stands|gets|standing|getting|stand|get) up",
    r"kneel(?:s|ing)?\b",
    r"(?:crouch(?:es|ing)|(?:crouch|duck(?:s|ing)?) (?:down|under))\b(?! and (?:leap|jump|hop))",
    r"turn(?:s|ing)? (?:around|round|left|right|back|to face|away|to the (?:left|right|camera))",
    r"(?:look|glanc)(?:s|es|ing|e)? (?:around|back|behind|over " + _LIMB + r" shoulder)",
    r"(?:transform|morph|evolv|shapeshift)(?:s|es|ing|e)?(?: into)?\b",
    r"(?:climb|crawl)(?:s|ing)?\b",
    r"(?:fall|collaps)(?:s|es|ing|e)? (?:over|down|dead|to the (?:ground|floor))",
    r"collaps(?:es|ing|e)\b",
    r"(?:dies|dying)\b",
    r"(?:draw|unsheathe|sheathe|raise|lift)(?:s|ing)? " + _LIMB + r" (?:sword|weapon|bow|gun|axe)",
    r"(?:open|clos)(?:s|es|ing|e)? (?:" + _LIMB + r" )?(?:lid|door|gate|chest|book|wings)",
    r"(?:side|back|rear|front) view\b",
    r"seen from (?:behind|the (?:side|back|front))",
    r"(?:another|new|different) pose\b",
)

_WORD = expression("[a-z]+")
_NEGATION = expression(r"\b(?:no|not|without|don't|never|avoid)\b[^,.;:!?]*")


def affirmed(text: str) -> str:
    """Return a text in small letters, without what it says is not to be."""
    return _NEGATION.sub(" ", text.lower())


class Telling:
    """Finds words by how they begin, as `(?<![a-z])(?:one|another)` does, and is ready at once."""

    def __init__(self, stems: str) -> None:
        """Take beginnings of words, divided by spaces; some are expressions."""
        words = stems.split()
        self._plain = tuple(word for word in words if word.isalpha())
        self._others = expression(
            f"(?<![a-z])(?:{'|'.join(word for word in words if not word.isalpha())})"
        )
        self._has_others = len(self._plain) < len(words)

    def search(self, text: str) -> bool:
        """Tell whether a word of an affirmed text begins so."""
        if any(word.startswith(self._plain) for word in _WORD.findall(text)):
            return True
        return self._has_others and self._others.search(text) is not None


def telling(stems: str) -> Telling:
    """Return what finds a word that begins with one of `stems` in an affirmed text."""
    return Telling(stems)
