"""The small words of prompts: endings, negations, adverbs, directions, counts, loop or once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def listed(text: str) -> frozenset[str]:
    """Return the words of a text: long lists are read more easily without quotation marks."""
    return frozenset(text.split())


# What may follow a stem in one of its forms; the stem's last letter may be doubled before it (hop,
# hopping).
SUFFIXES = listed("s e es ed d ing ings er ers ion y ies ied in or") | {""}

# Words that are a stem and a suffix by chance.
EXCEPTIONS = listed(
    "rune runes hope hopes hoped hoping spine spines node nodes belly bellies clothes clothed"
    " clothing hearty winding stare stares stared staring castle castles bitter heady heading"
    " headed lightly signed signing planted planting flagged rocky chester starer firs hitter"
    " player players restless rester seed seeds seedy water's shyer barker barge barges bower"
    " ember bone bones boner wade wades shine's reeds coined pined lines liner lined cape's poker"
    " pokers rammed stander talker charger chargers hammer hammers spinner spinners slapper"
    " lander waver wavers wavering tired listened scroller painting painter rocker rockers winger"
    " wingers bather bitty stone stones potter bowed"
)

NEGATIONS = listed(
    "no not without don't dont never avoid doesn't doesnt isn't isnt won't wont can't cant cannot"
    " shouldn't shouldnt aren't arent nor neither except excluding minus"
)
#: Two words that rule out what follows.
NEGATING = (("do", "not"), ("instead", "of"), ("rather", "than"))
#: A clause that takes back what stands before it.
CORRECTIONS = {("no",), ("nope",), ("sorry",), ("actually",), ("i", "mean"), ("scratch", "that")}
#: What a negation does not reach: "not walking, just standing", "never jumps only walks".
AGAIN = listed("just only instead rather simply while")
STILL = listed("still static motionless stationary unmoving")
GENTLE = listed(
    "subtle subtly gentle gently slight slightly soft softly calm calmly small tiny faint"
    " faintly barely little delicate delicately mild mildly lightly"
)
STRONG = listed(
    "strong strongly violent violently wild wildly heavy heavily big huge exaggerated intense"
    " intensely hard dramatic dramatically vicious viciously brutal brutally savage savagely"
    " vigorous vigorously fierce fiercely powerful powerfully mighty mightily forceful forcefully"
)
#: Words of strength that describe things as well: "a heavy sack", "a small bat".
OF_THINGS = listed(
    "small tiny little faint heavy big huge wild mighty fierce savage vicious strong powerful"
)
#: Nouns that tell how it moves, or what moves it.
OF_MOTION = listed(
    "rhythm beat beats breath breaths wind winds breeze gust gusts storm movement movements motion"
    " motions force power effort impact gait pace stance"
)
# What a word of strength before it describes, so that it says nothing of the motion.
THINGS = listed(
    "one ones body bodies figure creature beast animal armour armor head heads chest arms legs"
    " shoulders wings hammer sword axe club weapon shield stone stones machine snow robot golem"
)
SLOW = listed("slow slowly lazy lazily sleepy sleepily leisurely sluggish sluggishly")
FAST = listed(
    "fast quick quickly rapid rapidly hectic brisk briskly swift swiftly speedy hurriedly hurried"
)
FRANTIC = listed("frantic frantically furious furiously")
ONCE = (
    "once",
    "one shot",
    "oneshot",
    "one time",
    "single time",
    "then stops",
    "then stop",
    "not looping",
    "not a loop",
    "no loop",
    "non looping",
    "doesn't loop",
    "does not loop",
)
LOOP = listed(
    "loop loops looping looped seamless seamlessly endless endlessly continuous continuously"
    " repeatedly repeating constantly forever looped perpetual perpetually"
)
LOOPING = ("over and over", "again and again", "keeps attack", "keep attack", "non stop", "nonstop")
ACROSS: Mapping[str, int] = MappingProxyType(
    {
        **{"left": -1, "west": -1, "leftward": -1, "leftwards": -1, "westward": -1},
        **{"right": 1, "east": 1, "rightward": 1, "rightwards": 1, "eastward": 1},
    }
)
DOWN: Mapping[str, int] = MappingProxyType(
    {"up": -1, "upward": -1, "upwards": -1, "down": 1, "downward": 1, "downwards": 1}
)
# Pairs that steer to neither side.
PAIRED = ({"up", "down"}, {"left", "right"}, {"upward", "downward"}, {"upwards", "downwards"})
COUNTS: Mapping[str, int] = MappingProxyType(
    {"twice": 2, "thrice": 3, "two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}
)
# What stands before a side of the body, not before a direction.
SIDES = listed("hand arm foot leg eye side wing edge ear half shoulder knee button pedal")

# Words that carry nothing for a motion, so they are not reported as ignored.
PLAIN = listed(
    "a an the and or with in on of to its it it's his her he she they them their is are at by"
    " for from as this that while very into pixel art sprite animation animations animated"
    " animate animating frame frames game character style cycle cycles side view facing faces"
    " face front back direction toward towards moving moves move motion movement perfectly"
    " perfect place only just like be being been has have had stays stay staying keep keeps"
    " keeping kept one two all some same background around over under up down effect effects"
    " transparent 2d 8bit 16bit retro does do doing did gets get got getting plays player gets"
    " then there here now when so such nicely nice cool good please make makes making add show"
    " shows showing want i my me you your he's she's let lets also too again forth after before"
    " during about above below between through against along beside near within out off away upon"
    " onto its own itself himself herself as if but both each every other more less than well bit"
    " lot kind sort fixed camera seamless loop loops looping ready sheet spritesheet fps frames"
    " top isometric"
)
# What a figure does all the time: it says what it looks like.
STATES = listed(
    "hold holds holding wear wears wearing keep keeps keeping has having have carry carries"
    " carrying show says say saying is let lets start starts starting begin begins lead cross"
)
# Verbs that only say how a motion runs; by themselves they ask for nothing.
HOW = listed(
    "rise rises rising rose risen sink sinks sinking sank settle settles settling lift lifts"
    " lifting lifted lick licks licking waver wavers wavering travel travels travelling traveling"
    " return returns returning follow follows following trail trails narrow narrows narrowing"
    " pause pauses pausing hold holds holding held start starts starting begin begins beginning"
    " end ends ending stop stops stopping repeat repeats repeating remain remains remaining"
    " counter counters reach reaches reaching pass passes passing touch touches touching swell"
    " swells shrink shrinks dip dips dipping come comes coming go goes going went become becomes"
    " becoming let show seem seems simmer simmered hummed hum wear wears wearing wore use uses"
    " using used take takes taking took put puts putting bring brings give gives giving say says"
    " saying look looks looking stick sticks sticking stuck spread spreads spreading"
    " aim aims aiming emit emits emitting produce produces producing release releases releasing"
    " react reacts creak creaks creaking perform performs performing draw draws drawing happen"
    " happens play plays playing loop loops alternate alternates alternating mirror springs"
    " spring springing sprang arms relax relaxes relaxing relaxed ease eases easing lead leads"
    " leading led set sets setting sit's rests stretch's cross crosses crossing widen widens"
    " lengthen lengthens shorten shortens grow grows open's lower lowers lowering raise raises"
    " raising sag sags sagging tighten loosens loosen vary varies varying change changes changing"
    " recover recovers recovering lie lies lying gather gathers gathering snap snaps snapping"
    " crackle crackles arc arcs wield wields wielding brandish brandishes brandishing clutch"
    " clutches clutching grip grips"
    " gripping affect drop drops dropping droops droop nestle support supports"
)
