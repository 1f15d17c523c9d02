"""The words of prompts.

Stems and the motions they ask for, exceptions, adverbs, and what one still cannot give.

A stem matches at the start of a word; a phrase matches word for word by stems.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that say what happens. They count more than the things they happen to.
VERBS: Mapping[str, str] = MappingProxyType(
    {
        "bob": "bob stand wait rest",
        "float": "float hover levitat suspend",
        "hover8": "drift wander",
        "breathe": "breath inhal exhal sleep snor pant",
        "squash": "squash squish stretch bouncy",
        "hop": "hop jump bounc leap skip",
        "pulse": "puls throb swell grow power_up",
        "heartbeat": "beat heart_beat heartbeat",
        "sway": "sway rustl bend",
        "wobble": "wobbl jiggl shiver_soft soft_shiver gentl_shiver quiver stagger",
        "wave": "wav flutter bilow billow flap_in_the_wind ripple_in_the_wind blow_in_the_wind",
        "ripple": "rippl swim shimmer",
        "shake": "shak trembl shiver rumbl vibrat rattl quak",
        "spin": "spin twirl turn_around flip revolv",
        "rotate": "roll tumbl whirl",
        "pendulum": "swing hang dangl",
        "tilt": "tilt rock teeter danc nod_side sail_ship lean",
        "nod": "nod talk chew peck agree speak",
        "walk2": "walk run march step patrol stroll sprint jog stomp",
        "flap": "flap beat_wing wing_beat flutter_wing dragon_hover",
        "flicker": "flicker burn blaz smolder smoulder",
        "glow": "glow shine_soft light_up charg radiat",
        "glint": "glint shin gleam glisten polish catch_the_light sparkle_metal",
        "cycle": "cycl flow lava_flow water_flow energy_flow churn",
        "flash": "flash blink_white hit_flash take_damage get_hit",
        "dissolve": "dissolv disintegrat vanish fad teleport disappear appear spawn crumbl",
        "blink_eyes": "blink blink_eye wink",
        "lunge": "lung dash headbutt ram charge_forward pounc",
        "scroll": "scroll flow_down stream",
        "sparkle": "sparkl twinkl glitter",
        "afterimage": "ghost_trail afterimag motion_trail",
        "idle": "idl idle_loop",
        "fly": "fly flies flew soar glid",
        "rotat": "rotat turn_round",
    }
)

# Things, which ask for a motion when no verb does.
NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "float": "ghost spirit balloon cloud",
        "hover8": "fairy bee wisp firefl lazy",
        "breathe": "chest alive calm",
        "squash": "jelly slime rubber blob",
        "hop": "frog rabbit bunn",
        "pulse": "pickup orb",
        "heartbeat": "heart lub life",
        "sway": "wind breeze plant tree grass reed candle leaf leaves foliage bush flower vine",
        "wobble": "drunk gelatin pudding",
        "wave": "flag banner cape cloth sail ribbon cloak scarf",
        "ripple": "water underwater heat haze mirage reflect pond pool fountain puddle",
        "shake": "scared angry hit rage earthquake",
        "spin": "coin collect medal",
        "rotate": "wheel saw_blade sawblade gear shuriken fan propeller cog boomerang windmill",
        "pendulum": "lantern sign chain chandelier bell",
        "tilt": "boat ship buoy",
        "nod": "head",
        "flap": "wing bat bird butterfl",
        "flicker": "fire flame torch campfire candle_flame bonfire lava ember",
        "glow": "light lamp magic furnace crystal rune aura lantern_light",
        "glint": "sword gem treasure star metal jewel diamond",
        "cycle": "rainbow portal neon waterfall energy hypno lava_flow",
        "flash": "hurt damage invulnerab hit_flash",
        "dissolve": "die_soft",
        "scroll": "conveyor",
        "afterimage": "trail",
    }
)

# What a gather cannot show: stem, the nearest honest motion, and how the sentence names it.
BEYOND: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "attack slash stab strik punch kick bit bite fight hack throw swing_sword swing_axe"
        " swing_weapon swing_club swing_scythe swing_hammer": (
            "lunge",
            "an attack re-poses the limbs",
        ),
        "cast summon": ("glow", "casting re-poses the arms"),
        "shoot fir_arrow fire_arrow fire_gun fire_cannon fire_bow": (
            "lunge",
            "a shot needs a recoil pose and a projectile",
        ),
        "open clos unlock": ("shake", "opening shows parts that the picture hides"),
        "transform morph evolv shapeshift": ("flash", "a transformation needs a second form"),
        "turn_to turn_fac turn_left turn_right turn_head look_around look_back": (
            "bob",
            "turning shows sides that the picture hides",
        ),
        "sit crouch kneel duck lie_down lay_down stand_up": (
            "squash",
            "a new posture has to be drawn",
        ),
        "climb crawl": ("bob", "climbing re-poses all limbs"),
        "eat drink": ("nod", "eating needs a hand and a mouth that move"),
        "die dies dead death dying collaps fall_over fall_down": (
            "dissolve",
            "a fall re-poses the body",
        ),
        "explod explo shatter break": ("shake", "debris has to be drawn"),
        "dodg block parr": ("lunge", "a parry re-poses the body"),
        "salut point_at bow_down clap cheer wav_hand wave_hand wav_goodbye wav_at wav_arm": (
            "bob",
            "a gesture re-poses an arm",
        ),
    }
)

# What may follow a stem in one of its forms; the stem's last letter may be doubled before it (hop,
# hopping).
SUFFIXES = _words("s e es ed d ing ings er ers ion y ies ied in or") | {""}

# Words that are a stem and a suffix by chance.
EXCEPTIONS = _words(
    "rune runes hope hopes hoped hoping spine spines node nodes belly bellies clothes clothed"
    " clothing hearty winding stare stares stared staring castle castles bitter heady heading"
    " headed lightly signed signing planted planting flagged rocky chester starer firs"
)

NEGATIONS = _words("no not without don't dont never avoid")
STILL = _words("still static motionless stationary unmoving")
GENTLE = _words(
    "subtle subtly gentle gently slight slightly soft softly calm calmly small tiny faint"
    " faintly barely little delicate delicately mild mildly"
)
STRONG = _words(
    "strong strongly violent violently wild wildly heavy heavily big huge exaggerated intense"
    " intensely hard dramatic dramatically vigorous vigorously fierce fiercely powerful"
    " powerfully"
)
# What a word of strength before it describes, so that it says nothing of the motion.
THINGS = _words(
    "one ones body bodies figure creature beast animal armour armor head heads chest arms legs"
    " shoulders wings hammer sword shield stone stones machine"
)
SLOW = _words("slow slowly lazy lazily sleepy sleepily")
FAST = _words("fast quick quickly rapid rapidly hectic brisk briskly swift swiftly")
FRANTIC = _words("frantic frantically furious furiously")
ONCE = (
    "once",
    "one shot",
    "one time",
    "single time",
    "then stops",
    "then stop",
    "not looping",
    "no loop",
)
LOOP = _words("loop loops looping looped seamless seamlessly endless endlessly continuous")
ACROSS: Mapping[str, int] = MappingProxyType({"left": -1, "west": -1, "right": 1, "east": 1})
DOWN: Mapping[str, int] = MappingProxyType(
    {"up": -1, "upward": -1, "upwards": -1, "down": 1, "downward": 1, "downwards": 1}
)

# Words that carry nothing for a motion, so they are not reported as ignored.
PLAIN = _words(
    "a an the and or with in on of to its it his her their is are at by for from as this that"
    " while very into pixel art sprite animation animated animate animating frame frames game"
    " character style cycle side view facing front back direction toward towards moving moves"
    " move motion movement perfectly perfect place only just like be being has have stays stay"
    " staying keep keeps keeping one two all some same background around over under up down"
    " effect transparent 2d 8bit 16bit retro"
)
