"""What the verbs of prompts ask for.

The left side is a reading: a sense, then how it is done (`slow`, `soft`, `x2`, `part:tail`). The
right side lists stems; `_` joins the words of a phrase, which may stand up to two words apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "idle": "hang_out chill loiter loung do_nothing does_nothing doing_nothing fight_stance"
        " battle_stance combat_stance idl idle_loop idl_cycl idle_anim stand stood wait rest"
        " stand_guard at_rest idle_stance stance wait_around",
        "idle soft": "fidget",
        "shake": "shak shook trembl shiver rumbl vibrat rattl quak idl_engin engin_run"
        " engin_running engin_idl engin_on shudder",
        "bob": "bob",
        "float": "float hover levitat suspend hang_in_air mid_air midair weightlessly_drift"
        " drift_weightlessly",
        "hover8": "drift wander meander figure_eight float_around",
        "breathe": "heaves heaving breath inhal exhal pant catch_breath",
        "sleep": "sleep slept asleep snor snooz doz nap slumber",
        "squash": "flatten squash squish stretch bouncy",
        "squash x2": "roar howl growl taunt bellow scream snarl shout yell",
        "hop": "hop bounc skip jump_loop bunny_hop",
        "hop celebrate": "victory celebrat triumph rejoic jump_for_joy win_pose victory_danc",
        "jump": "jump leap leapt vault",
        "jump strong": "high_jump jump_high",
        "pulse": "puls pulsat throb swell grow_shrink",
        "grow": "grow",
        "heartbeat": "heart_beat beat_heart heartbeat lub_dub",
        "beat": "beat",
        "sway": "sway rustl bend",
        "sway part:tail": "wag",
        "wobble": "wobbl jiggl shiver_soft soft_shiver gentl_shiver quiver dizzy sway_drunk",
        "wiggle": "wiggl writh",
        "wave": "wav bilow billow flap_in_wind ripple_in_wind rippl_in_wind blow_in_wind"
        " wav_in_wind flap_in_breeze",
        "flutter": "flutter",
        "ripple": "rippl",
        "shimmer": "shimmer",
        "spin": "spin spun twirl flip revolv spin_around",
        "rotate": "tumbl whirl saw_blade_spin sawblade_spin saw_blade_rotat",
        "rotate part:blades": "turn_windmill spin_windmill rotat_windmill windmill_turn"
        " windmill_rotat windmill_spin mill_turn",
        "roll": "roll",
        "rotat": "rotat turn_round",
        "pendulum": "swing swung hang dangl bell_ring ring_bell sign_sway swing_back_forth"
        " pendulum",
        "tilt": "tilt rock teeter danc nod_side sail_ship sail_boat lean groov bank ship_sway"
        " boat_sway sailing boat_rock",
        "nod": "nod agree",
        "shake part:head": "shak_head",
        "talk": "mouth_open_clos mouth_clos_open open_clos_mouth clos_open_mouth open_clos_mouth"
        " open_mouth clos_mouth mouth_open talk speak spoke chat mumbl mutter yap chew lip_sync"
        " whisper babbl peck",
        "laugh": "laugh giggl chuckl cackl snicker",
        "look": "lookout turn_head_left turn_head_right turn_left_right look_around look glanc"
        " peer scan eyes_dart eye_dart dart_eyes search gaz look_left look_right look_up"
        " look_down look_back",
        "walk": "walk step patrol stroll march pac stomp ambl tak_steps wad saunter tread",
        "walk slow soft": "sneak tiptoe tip_toe creep_up creep crept stealth prowl",
        "walk slow": "walk_limp limp shambl shuffl trudg hobbl plod waddl",
        "walk fast": "scuttl scurr",
        "crawl": "crawl",
        "run": "dash_off dash_across run ran sprint gallop trot canter bolts_away bolt_away bound"
        " bounding charg_across charg_left charg_right charg_toward charg_into charg_ahead fle flee"
        " dash_along jog rush run_away",
        "slither": "slither wriggl undulat squirm wind_way winding_way",
        "swim": "swim swam paddl",
        "fly": "fly flies flew flown soar glid flight",
        "flap": "flap beat_wing wing_beat flutter_wing dragon_hover flap_wing",
        "fire ablaze": "burn burnt blaz on_fire catch_fire caught_fire abla ablaze alight"
        " set_alight burst_flam burst_fire go_up_flam goes_up_flam",
        "fire": "smolder smoulder flicker_flame flame_flicker fire_flicker crackl_fire fire_crackl"
        " flame_danc torch_flicker candle_flicker torch_burn fire_burn flame_burn fire_danc",
        "fire part:engine": "thruster_ignit engin_ignit engin_flam"
        " engin_fir engin_burn thruster_burn thruster_fir"
        " exhaust_flam jet_flam rocket_fir thrust_engin thruster_on rocket_flam thruster_flam"
        " jet_flam_flicker engin_flam_flicker engin_glow_flam",
        "flicker": "flicker",
        "smoke": "smok_pour smok_billow smok_flow steam_pour steam_billow smok steam puff_smok"
        " smok_ris steam_ris smok_drift puffs_of_smoke",
        "smoke part:chimney": "smok_chimney smok_from_chimney chimney_smok smok_ris_chimney"
        " chimney_puff_smok smok_out_of_chimney",
        "water": "splash flow water_flow river_flow gush pour waves_roll wave_roll water_rippl"
        " rippl_water water_wav stream_flow water_loop drip trickl lap",
        "lava": "lava_pour lava_drip lava_flow magma_churn bubbl_lava lava_bubbl magma_flow"
        " lava_churn magma_bubbl",
        "electric": "electrocut shock zap crackl_electric electric_arc spark_fly spark"
        " arc_electric electric_shock crackl_lightning lightning_crackl electrify electrifi"
        " electrical_current lightning_strik lightning_flash",
        "dust": "kick_up_dust puff_dust puff_of_dust dust_cloud dust_puff",
        "glow": "glow shin_soft light_up lit_up radiat light_puls puls_light shin_light illuminat"
        " glow_puls",
        "glint": "glint shin gleam glisten polished catch_light light_catch shimmer_metal"
        " metal_shimmer sparkle_metal shone",
        "cycle": "color_cycl colour_cycl palette_cycl rainbow_cycl portal_cycl hue_shift hue_cycl"
        " cycl_color cycl_colour cycl_palette lava_cycl energy_flow churn swirl vortex shift_hue"
        " chang_color chang_colour cycl_hue",
        "flash": "flash blink_white hit_flash flash_white invulnerability_blink blink_invulnerable"
        " invulnerability i_frames iframes damage_flash flash_red",
        "scroll": "scroll flow_down belt_run belt_mov conveyor_mov conveyor_run",
        "sparkle": "sparkl twinkl glitter",
        "afterimage": "ghost_trail afterimag motion_trail after_imag leav_afterimag",
        "blink": "open_clos_eye clos_open_eye eye_open_clos eye_clos_open blink blink_eye wink",
        "lunge": "dash",
        "attack_strike": "hit_combo combo cut slic attack slash swip strik struck punch kick slap"
        " smit fight fought hack cleav whip swing_sword swing_axe swing_weapon swing_club"
        " swing_scythe swing_hammer sword_swing axe_swing swung_sword chop hammer mine_ore"
        " mining min_ore throw_punch spin_attack uppercut claw_swip scratch claw maul tail_whip"
        " headbutt jab smash bash melee headbut pummel whack batter clobber",
        "attack_bite": "crunch snap_at bit bite chomp snap_jaw devour gnaw bite_attack bit_attack"
        " lung_bit lung_and_bit nibbl",
        "attack_thrust": "thrust stab pok lung impal ram rams pounc charg_forward charg_at"
        " spear_thrust lunge_attack pierc charg_enemy charg_player skewer",
        "attack_shoot": "draw_bow pull_trigger open_fire shoot shot fir_arrow fire_arrow fir_gun"
        " fire_gun fir_cannon fire_cannon fire_bow fir_bow fir_laser fire_laser ranged_attack"
        " bow_attack snip spit spat spit_acid fir_shot fir_weapon launch fires firing fired"
        " shoot_arrow gun_recoil recoil fir_missil shoots_fire cannon_fire gun_fire turret_fire"
        " fire_broadside fire_torpedo fire_volley fire_salvo fire_at",
        "cast": "summon perform_magic perform_spell magic_ritual cast_ritual cast conjur spellcast"
        " cast_spell spell_cast channel_magic magic_attack summons summon_spell channel"
        " cast_magic enchant",
        "charge": "charg charg_up power_up powering_up powered_up gather_energy charg_energy"
        " build_power build_up_power gather_power charge_up",
        "heal": "heal restor_health regenerat restor_hp recover_health healing_aura",
        "hurt": "receiv_damage pain suffer agony recoil_from be_hit being_hit react_hit hurt"
        " get_hit gets_hit take_hit takes_hit tak_damage damage_anim hit_reaction take_damage"
        " knockback knock_back stun flinch recoil_in_pain stagger wound ouch hit is_struck"
        " get_struck hit_stun got_hit tak_hit was_hit is_hit in_pain reel",
        "death": "die dies dead death dying died collaps fall_over fall_over_dead fall_down defeat"
        " kill ko knocked_out perish drop_dead faint slain fell_over fell_down pass_out expire"
        " knock_out fall_dead fall_left fall_right fall_back fall_backward fall_backwards"
        " fall_forward fall_forwards fall_side fall_ground fall_floor fall_knees chop_down cut_down"
        " hew_down",
        "dissolve": "dissolv disintegrat vanish fad fade_out disappear evaporat vaporis vaporiz"
        " melt_away melt despawn burn_away",
        "erupt": "erupt",
        "explode": "go_off goes_off went_off blow_to_piece blow_piece explod explo explosion burst"
        " blow_up blew_up blown_up detonat go_boom burst_apart self_destruct boom"
        " blow_apart",
        "crumble": "crumbl shatter break_apart fall_apart smash_to_piece break broke broken"
        " is_destroyed destroy fell_apart demolish crack_apart topple break_down wall_break"
        " crumble_to_dust",
        "spawn": "ris_from_grave ris_from spawn respawn appear materialis materializ fade_in emerg"
        " pop_into_existence summoned spawn_in reappear come_into_being",
        "teleport": "teleport warp blink_away phas_out warp_out warp_in phase_out phas_in",
        "open part:lid": "open unlock chest_open lid_lift lid_open open_chest",
        "open part:door": "door_open gate_open open_door open_gate doors_open drawbridge_lower",
        "close part:lid": "clos shut shuts lid_clos chest_shut slam_shut chest_clos",
        "close part:door": "door_clos gate_clos door_shut gate_shut clos_door door_slam",
        "pickup": "collected pickup get_pick_up gets_picked_up pick_up_anim item_get is_collected"
        " collect is_picked_up picked_up pick_up grabbed loot_get",
        "levelup": "level_up levels_up leveling_up levelling_up levelled_up leveled_up promot",
        "ooz": "ooz",
        "spread": "twitch flick swish whisk",
        "turn": "turn turn_way",
        "blow": "blow blew",
        "move": "mov trail stream pump",
    }
)

# What a gather cannot show: stems, the nearest reading, and how the sentence names what is missing.
BEYOND: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pitch_ball pitch_fireball pitch_bomb sling slings slung chuck throw threw thrown toss hurl"
        " lob fling": (
            "attack_strike",
            "what is thrown is not in the picture",
        ),
        "breath_fire fire_breath breathe_fire spew_flam spew_fir breathing_fire spit_fir"
        " breathes_fire breath_flam breath_ice": (
            "attack_shoot",
            "the breath is not in the picture",
        ),
        "hid hid_behind withdraw_shell retreat_shell retract_shell pull_shell tuck_shell": (
            "squash once",
            "what hides goes behind or into something",
        ),
        "flip_onto_back flip_back roll_onto_back roll_over_onto_back lie_on_back flip_upside": (
            "squash once",
            "lying on its back is another pose",
        ),
        "pok_head pok_nose stick_head peek_out": ("nod", "what is hidden has to be drawn"),
        "barrel_roll": ("tilt", "a roll shows sides that the picture hides"),
        "sink_beneath sink_under sink_below sink_ocean sink_sea sink_water": (
            "dissolve",
            "water has to close over it",
        ),
        "poison curs petrif freez frozen froze": ("hurt", "the state needs colours of its own"),
        "transform morph shapeshift shape_shift turn_into": (
            "flash once",
            "a transformation needs a second form",
        ),
        "evolv": ("levelup", "a new form has to be drawn"),
        "turn_to turn_fac turn_left turn_right turn_head look_over_shoulder turn_around": (
            "look",
            "turning shows sides that the picture hides",
        ),
        "sit sat crouch kneel kneel_down crouch_down squat duck_down duck lie_down"
        " lay_down stand_up sit_down get_up lies_down": (
            "squash",
            "a new posture has to be drawn",
        ),
        "cheer": ("hop", "a gesture re-poses an arm"),
        "climb": ("bob", "climbing re-poses all limbs"),
        "eat eaten drink drank": ("talk", "eating needs a hand that moves"),
        "dodg block parr raise_shield rais_shield shield_block dodge_roll dodg_roll": (
            "lunge",
            "a parry re-poses the body",
        ),
        "salut point_at bow_down bows bow bowing take_bow clap wav_hand wave_hand wav_goodbye"
        " wav_hello wav_at wav_arm shrug rais_hand raise_hand raise_arm rais_arm thumbs_up point"
        " points_at hand_wave beckon": ("nod", "a gesture re-poses an arm"),
    }
)

# Senses that play once and end, unless the prompt says that they loop.
ONE_SHOTS = frozenset(
    {
        *("attack_strike", "attack_bite", "attack_thrust", "attack_shoot", "cast", "hurt", "death"),
        *("jump", "lunge", "dissolve", "explode", "crumble", "spawn", "teleport", "open", "close"),
        *("pickup", "levelup"),
    }
)

# What a verb means for one kind of sprite, where it is not what it means for the others.
BY_KIND: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("fly", "winged"): "flap",
        ("beat", "biped"): "attack_strike",
        ("beat", "quadruped"): "attack_strike",
        ("beat", ""): "heartbeat",
        ("pendulum", "biped"): "attack_strike",
        ("hover8", "biped"): "walk",
        ("hover8", "quadruped"): "walk",
        ("fly", ""): "float",
        ("water", "biped"): "idle",
        ("water", "quadruped"): "idle",
        ("grow", "plant"): "spawn",
        ("grow", ""): "pulse",
        ("crawl", "biped"): "bob",
        ("crawl", "serpent"): "slither slow",
        ("crawl", ""): "walk slow",
        ("wiggle", "serpent"): "slither",
        ("wiggle", ""): "wobble",
        ("roll", "vehicle"): "tilt",
        ("roll", ""): "rotate",
        ("flutter", "winged"): "flap",
        ("flutter", "plant"): "sway",
        ("flutter", ""): "wave",
        ("swim", ""): "slither",
        ("ooz", "legless"): "walk slow",
        ("ooz", ""): "water",
        ("sway", "vehicle"): "tilt",
        ("move", "serpent"): "slither",
        ("move", "liquid"): "water",
        ("move", "plant"): "sway",
        ("move", "flame"): "fire",
        ("shake", "plant"): "sway",
        ("tilt", "flame"): "fire",
        ("sway", "flame"): "fire",
        ("death", "building"): "crumble",
        ("death", "machine"): "crumble",
        ("death", "vehicle"): "explode",
        ("attack_strike", "building"): "attack_shoot",
        ("attack_strike", "machine"): "attack_shoot",
        ("attack_strike", "vehicle"): "attack_shoot",
        ("attack_thrust", "vehicle"): "fire part:engine",
        ("pickup", "biped"): "squash",
        ("pickup", "quadruped"): "squash",
        ("death", "item"): "crumble",
        ("wave", "liquid"): "water",
        ("ripple", "liquid"): "water",
        ("shine", ""): "glint",
        ("shimmer", "item"): "glint",
        ("shimmer", "machine"): "glint",
        ("shimmer", "building"): "glint",
        ("shimmer", "vehicle"): "glint",
        ("shimmer", "liquid"): "water",
        ("shimmer", "biped"): "sparkle",
        ("shimmer", "quadruped"): "sparkle",
        ("shimmer", ""): "ripple",
        ("erupt", ""): "fire",
        ("flicker", "flame"): "fire",
        ("bound", ""): "run",
        ("spread", ""): "wobble",
        ("blow", "plant"): "sway",
        ("blow", ""): "wave",
        ("turn", "item"): "rotate",
        ("turn", "machine"): "rotate",
        ("turn", ""): "look",
        ("charge", "quadruped"): "run",
        ("buzz", "winged"): "flap",
        ("buzz", ""): "shake",
        ("burn", ""): "fire ablaze",
        ("wake", "machine"): "glow",
        ("wake", "item"): "glow",
        ("wake", "effect"): "glow",
        ("wake", "building"): "glow",
        ("wake", "vehicle"): "shake",
        ("wake", ""): "squash",
        ("press", "item"): "squash once",
        ("press", "machine"): "squash once",
        ("press", ""): "nod",
        ("run", "liquid"): "water",
        ("hurt", "building"): "flash once",
        ("run", "vehicle"): "bob fast",
        ("walk", "vehicle"): "bob",
        ("tilt", "liquid"): "water",
        ("sway", "liquid"): "water",
    }
)
#: Readings of `BY_KIND` that show less than was asked for, and why.
LACKING: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("water", "biped"): "water has to be drawn",
        ("water", "quadruped"): "water has to be drawn",
        ("crawl", "biped"): "crawling re-poses all limbs",
        ("pickup", "biped"): "picking up re-poses the body",
        ("pickup", "quadruped"): "picking up re-poses the body",
        ("turn", ""): "turning shows sides that the picture hides",
        ("press", ""): "a gesture re-poses an arm",
        ("wake", ""): "waking needs closed eyes, which the picture hides",
    }
)
