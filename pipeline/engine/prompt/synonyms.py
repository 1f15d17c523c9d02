"""Rarer words for what the table of verbs names: whole classes, so that no single one is missed.

Written as `verbs.VERBS` is: readings on the left, stems on the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "flutter": "flit",
        "flap": "wingbeat",
        "float": "drift_up_down",
        "spin": "turn_around_axis turn_about_axis rotat_around_axis rotat_about_axis rotat_on_axis",
        "idle": "linger lurk loll wait_turn stand_ready stand_by bide",
        "shake": "tremor jitter jolt jostl judder convuls chug sputter whir whirr hum_engin"
        " teeth_chatter",
        "squash x2": "holler screech shriek wail whoop bay",
        "breathe": "sigh gasp wheez puff_out_chest",
        "sleep": "fall_asleep fell_asleep fast_asleep hibernat drows",
        "jump": "hurdl spring_up hop_over hop_across hop_onto hop_off jump_over",
        "talk": "murmur gossip preach convers debat gibber stammer stutter argu quarrel"
        " recit announc explain",
        "laugh": "guffaw chortl snigger",
        "look": "peek gape gawk stare stares stared staring survey observ watch ogl squint leer"
        " spy_on",
        "walk": "parad lumber strid strode lurch clump clomp tramp traips troop promenad swagger"
        " strut hik roam rove rambl mosey march_on toddl totter dodder advanc approach retreat trek"
        " stumbl_along stumbl_home stumbl_forward stumbl_around stagger_along stagger_home"
        " stagger_forward stagger_around stagger_about stagger_across drunk_stagger",
        "walk slow soft": "skulk slink slunk stalk sidl",
        "run": "bolt_from bolt_off bolt_for tak_to_heels make_escape mak_escape run_for_it escap"
        " hurr hurry rush hast hasten sped dart stamped skedaddl scamper scram hurtl race"
        " hustl scoot scarper races racing raced lope lopes loping gambol frolic",
        "hop": "prance caper romp frisk",
        "swim": "backstrok snorkel",
        "slither": "snak_along squiggl",
        "buzz": "buzz",
        "burn": "scorch singe ignit",
        "water": "cascad spout spurt squirt spill leak seep slosh boil bubbl rain_fall",
        "smoke": "fume fumes fuming waft puff",
        "fire": "smolder flare_up flar_up kindl",
        "electric": "arc_spark short_circuit",
        "glow": "luminesc fluoresc incandesc brighten",
        "glint": "glimmer",
        "attack_strike": "clubs_the clubs_a clubbing clubbed thrash wallop thump thwack bludgeon"
        " pound lash clout gash sever mangl slam ground_slam body_slam brawl duel throw_hook"
        " throw_jab throw_kick throw_haymaker throw_uppercut throw_elbow backhand pistol_whip"
        " crush smack swat",
        "attack_bite": "gnash munch champ sink_teeth sinks_teeth sink_fang sank_teeth rip_into"
        " tear_into bare_fang",
        "attack_thrust": "spears_the spears_a spearing backstab gore gores gored goring",
        "attack_shoot": "loos_arrow blast discharg bombard pelt releas_arrow loos_bolt",
        "cast": "invok chant incant evok hex bewitch bless rais_dead rais_skeleton weav_spell"
        " perform_ritual releas_spell unleash_spell unleash_magic call_lightning"
        " call_down_lightning call_storm call_down_storm wav_wand point_wand rais_staff slam_staff"
        " hurl_spell",
        "charge": "focus_energy focus_power absorb_energy charge_attack",
        "heal": "regain_health regain_hp gain_health recover_hp mend_wound recuperat cure cures"
        " cured curing",
        "hurt": "damaged injur bruis winc grimac stumbl stumbl_back batter_back knock_off_feet"
        " knocked_over",
        "death": "succumb lifeless bit_dust keel_over slump slaughter murder assassinat execut"
        " drop_ground drop_floor drop_to_ground fall_lifeless give_up_ghost",
        "dissolve": "dissipat dispers crumble_away wither_away",
        "explode": "kaboom ruptur pop",
        "crumble": "splinter fractur crack obliterat annihilat wreck cave_in raze razed",
        "spawn": "reviv resurrect reanimat reborn pop_up pop_in pop_out come_back_life"
        " comes_back_life",
        "wake": "wak wak_up woke woke_up woken woken_up awak awake awaken awoke awoken rous_sleep"
        " get_out_bed gets_out_bed com_to_life com_aliv activat turn_on switch_on power_on"
        " boot_up start_up regain_conscious",
        "press": "press click",
    }
)
