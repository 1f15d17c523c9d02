"""The things that prompts name.

Motions that a thing asks for when no verb does, parts that can move by themselves, and what kind
of sprite a noun makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .words import listed

# Things, which ask for a motion when no verb does.
NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "float": "ghost spirit balloon cloud",
        "hover8": "fairy bee wisp firefl lazy",
        "breathe": "chest alive calm",
        "squash": "jelly slime rubber blob",
        "hop": "frog rabbit bunn",
        "pulse": "orb",
        "heartbeat": "heart lub life",
        "sway": "wind breeze plant tree grass reed candle leaf leaves foliage bush flower vine",
        "wobble": "drunk gelatin pudding",
        "wave": "flag banner cape cloth sail ribbon cloak scarf",
        "water": "water river stream fountain pond pool puddle waterfall",
        "ripple": "underwater heat haze mirage reflection",
        "lava": "lava magma",
        "shake": "scared angry rage earthquake",
        "spin": "coin medal",
        "rotate": "wheel saw_blade sawblade gear shuriken fan propeller cog boomerang windmill",
        "pendulum": "lantern sign chain chandelier bell",
        "tilt": "boat ship buoy side_to_side",
        "nod": "head",
        "walk": "footstep gait stride",
        "flap": "wing bat bird butterfl",
        "fire": "fire flame torch campfire candle_flame bonfire ember",
        "smoke": "smoke steam",
        "electric": "electricity lightning",
        "dust": "dust",
        "glow": "light lamp magic furnace crystal rune aura lantern_light",
        "glint": "sword gem treasure star metal jewel diamond",
        "cycle": "rainbow portal neon energy hypno",
        "flash": "invulnerable hit_flash",
        "hurt": "damage",
        "scroll": "conveyor",
        "afterimage": "trail",
        "bob": "up_and_down rise rising rises sink sinks sinking",
    }
)

# Parts by name: their stems, and what they do when a verb only says that they move.
PARTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "tail": ("tail", "sway"),
        "ears": ("ear", "wobble"),
        "tentacles": ("tentacle", "sway"),
        "antennae": ("antenna antennae feeler", "sway"),
        "cape": (
            "cape cloak robe skirt coat gown tunic tabard poncho shawl veil apron kilt",
            "wave",
        ),
        "hair": ("hair mane ponytail beard fur", "wave"),
        "scarf": ("scarf scarves ribbon sash", "wave"),
        "wings": ("wing", "flap"),
        "blades": ("blades vanes", "rotate"),
        "sails": ("sails", "rotate"),
        "propeller": ("propeller rotor", "rotate"),
        "wheels": ("wheels tyres tires cogs", "rotate"),
        "lid": ("lid", "open"),
        "door": ("door gate", "open"),
        "head": ("head", "nod"),
        "eyes": ("eye eyes pupil", "look"),
        "mouth": ("mouth jaw", "talk"),
        "flame": ("flame fire", "fire"),
        "chimney": ("chimney", "smoke"),
        "leaves": ("leaf leaves branch foliage", "sway"),
        "cloth": ("flag cloth banner curtain", "wave"),
        "hand": ("hand arm", ""),
        "leg": ("leg foot feet", ""),
    }
)
# What opens and closes is no lid: eyes blink, a mouth talks, wings beat.
OPENING: Mapping[str, str] = MappingProxyType({"eyes": "blink", "mouth": "talk", "wings": "flap"})
# Parts that a motion is told about; what the others do moves them anyway.
TOLD = listed(
    "tail ears tentacles antennae cape hair scarf blades sails propeller wheels lid door chimney"
    " engine"
)
# Verbs that say nothing of how a part moves: it does what such a part does.
LOOSE = listed(
    "wave sway flap spin rotat rotate roll flutter wiggle spread turn blow move bob swing"
    " pendulum wobble water float ripple"
)

# What a noun says the sprite is.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "biped": "knight hero heroine villager wizard mage witch warrior soldier guard man woman"
        " boy girl king queen prince princess archer ninja samurai zombie skeleton goblin orc elf"
        " dwarf farmer pirate bandit thief rogue monk priest cleric paladin player character npc"
        " human person child lady lord robot ogre troll vampire mummy shopkeeper merchant chef"
        " blacksmith bard ranger hunter barbarian assassin druid shaman necromancer sorcerer"
        " sorceress warlock cowboy spearman swordsman swordswoman lancer boxer nun peasant beggar"
        " kid baby nurse doctor scientist engineer astronaut alien imp demon devil gnome yeti"
        " werewolf minotaur cyclops gnoll kobold lizardman valkyrie clown golem cultist berserker"
        " gladiator captain sailor miner baker butcher innkeeper fisherman adventurer ghoul lich"
        " fighter mercenary gunslinger sniper mechanic android cyborg angel hobbit crusader squire"
        " jester maiden damsel outlaw torchbearer plumber duelist brawler runner dancer healer",
        "quadruped": "dog wolf horse cow cat fox bear boar pig sheep goat lion tiger deer ram rat"
        " mouse hound bull lizard crocodile turtle hedgehog spider crab rabbit bunny frog donkey"
        " mule camel elephant rhino hippo giraffe zebra squirrel hamster raccoon badger otter"
        " beaver weasel ferret panther leopard cheetah puppy kitten pony foal calf lamb buffalo"
        " moose stag unicorn scorpion beetle ant toad gecko salamander chameleon dinosaur raptor"
        " tortoise llama alpaca hyena jackal coyote bison ox warg",
        "winged": "bat bird eagle hawk owl butterfly moth dragonfly bee wasp harpy wyvern dragon"
        " crow raven duck chicken parrot fairy pigeon seagull gull swan goose vulture falcon"
        " phoenix griffin gryphon pterodactyl mosquito firefly gargoyle pegasus robin sparrow"
        " peacock pixie bumblebee hornet ladybug hummingbird",
        "legless": "ghost slime blob jelly jellyfish octopus squid fish shark whale spirit wraith"
        " specter wisp eyeball koi goldfish salmon trout dolphin piranha stingray snail slug"
        " poltergeist phantom banshee seahorse tuna orca",
        "serpent": "snake serpent worm eel cobra viper caterpillar centipede python rattlesnake"
        " millipede maggot naga",
        "plant": "tree bush grass flower plant vine reed fern cactus sunflower palm oak sapling"
        " shrub hedge wheat mushroom tulip daisy bamboo weed kelp seaweed ivy willow",
        "flame": "flame campfire bonfire fire torch candle brazier fireplace hearth",
        "liquid": "water river stream lake pond sea ocean lava magma waterfall fountain puddle"
        " brook creek swamp",
        "building": "house hut castle tower windmill mill church barn tavern temple cottage"
        " lighthouse wall gate cabin shack fortress palace skyscraper bunker gatehouse portcullis"
        " drawbridge door barracks igloo tent",
        "machine": "machine computer generator gear cog engine turbine conveyor furnace boiler"
        " reactor piston clock radio antenna elevator refrigerator oven printer satellite",
        "vehicle": "ship boat car truck tank train plane airplane helicopter airship rocket"
        " spaceship submarine cart wagon galleon sloop canoe raft ferry yacht warship rowboat"
        " sailboat gondola tractor van motorcycle bike bicycle scooter locomotive minecart"
        " spacecraft starship ufo biplane hovercraft chariot carriage sled drone taxi excavator"
        " tugboat steamboat zeppelin",
        "item": "coin gem potion chest key ring scroll book crystal orb bottle crown shuriken bomb"
        " lantern bell sign flag banner amulet pendant necklace diamond ruby emerald vase jar"
        " crate barrel lamp goblet hourglass compass balloon icon cursor",
        "effect": "portal explosion aura lightning spell vortex",
    }
)

# Other things and looks that prompts mention; none of them is a verb, whatever its ending.
PLAIN_NOUNS = listed(
    "sprite sprites sheet sheets spritesheet pixels pixel px art frame frames fps loop side top"
    " down view front back background transparent bang boom enemy enemies player horizon ladder"
    " apple potion spell spells fireball magic acid laser arrow arrows gun cannon missile bow"
    " sword swords axe club spear dagger rock bomb stone stones wood ore anvil snow fear cold"
    " pain ground floor air place spot field gap world level item items health energy power music"
    " wall walls roof window windows body bodies chest shoulders shoulder boots boot belt face"
    " arms arm legs hands hips torso knees teeth claws paws hooves horns eyebrows hem fold folds"
    " edge edges knob pole foot hull ropes rope mast portholes stripes stripe glass ring outline"
    " outlines shape shapes colour color colours colors size height width details surface facets"
    " corner corners end ends tip tips base bottom centre center axis mount post metal figure"
    " beast creature being grass clothes clothing dress armor armour helmet hat weapon weapons"
    " shield staff wand torch crown morning evening string king thing things nothing something"
    " anything everything ceiling building buildings lightning during spring sling bling ping"
    " viking sibling earring offspring string dressing ringing wings wing breeze wind winds storm"
    " rain night day dark light lights bright red green blue yellow white black brown grey gray"
    " golden gold silver purple orange pink big small tall short long thick thin heavy light tiny"
    " huge old young young new sharp round flat wide narrow left right north south east west"
    " mighty fantasy cute evil dark scary happy happily sad sadly angry angrily nervous nervously"
    " proud proudly gracefully majestic mysterious magical ancient brave fierce glowing loud"
    " aloud firm alert greedy lively relaxed easy clean clear even uneven regular steady smooth"
    " smoothly rhythm rhythmic pace beat beats swell swells pause pauses pose poses position"
    " positions pass passes contact contacts crouch landing gait stance rigid weightless"
    " weightlessly springy appetising deep deeply quiet quietly lightly combat basic ranged"
    " attack animations walks cycles loops steps step crate barrel ball balls dish dishes music"
    " flute chair table door doors carpet road street city town forest cave sea ocean ship kids"
    " kid boss bosses mob monsters monster enemies npc villager villagers character characters"
    " hero heroes knight knights princess bus glass moss cross boss is was has his its this us"
    " plus always across towards upwards downwards sideways besides perhaps less mess class dress"
    " yes times seconds second ms panic joy love fun battle war peace speed full half quarter"
    " third degree degrees highlight highlights ornament ornaments root roots blossom blossoms"
    " bands joint joints casing parts spots spot petals bolt mountain sea tongues tongue"
    " brightness crown trunk stem course inside outside whole rhythm heart cap hem holder scenery"
    " cheek cheeks fur feather feathers scale scales bone ribs cloud clouds sun moon star stars"
    " planet lamp lamps bulb screen button buttons lever levers pipe pipes barrel bucket bridge"
    " fence track tracks rail rails seat mud sand ice glass iron steel gold paper leather silk"
    " rope chain chains crystal dirt soil hill hills valley beach shore harbour harbor pier dock"
    " yard garden kitchen bed pillow blanket candlelight shadow shadows edge centre version"
    " example part piece pieces row rows column columns line lines corner detail pair set group"
    " number hour hours minute minutes moment moments while style mood feeling look sort amount"
    " range distance direction speed amount strength force weight degree angle pivot position"
    " order sequence series phase phases beat timing tempo first last next other others another"
    " own each every both few many much more most"
)
