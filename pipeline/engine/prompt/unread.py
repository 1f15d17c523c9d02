"""Verbs that nothing here performs: they are recognised, so that they can be said to be unread."""

from __future__ import annotations

from .words import listed

UNREAD_VERBS = listed(
    "polish pick throw_up vomit blow_kiss play_dead ti_shoe pat tickl spank poke_nose"
    " row_boat rows_a snap_finger light_candle light_torch light_lamp juggl knit play_the play_a"
    " play_with play_on paint fish cook hug wash sweep cry cries cried weep wept sneez cough"
    " meditat sing sang sung rid ride rode build built pray yawn writ write wrote cartwheel"
    " moonwalk somersault backflip handstand pushup pullup read dig dug rear_up rears rearing"
    " take_off takes_off land plant_seed carri carry carries floss skateboard hatch tongue_flick"
    " flick_tongue surf ski sew spray sell sold buy bought bak bake drive drove driv sip pull push"
    " drag lift carve repair fix mend forg tinker inspect examin study studi ponder think thought"
    " dream worship kiss cuddl embrac comb brush groom lick shav dress undress measur weigh count"
    " deal shuffle_cards bet negotiat barter trade greet wink_at beg steal stole pickpocket"
    " lockpick scratch_head facepalm nod_off tap drum strum blow_horn toot"
    " whistl hum perform act mim bark meow purr moo neigh bleat cluck crow quack hiss chirp squawk"
    " squeak graz sniff burrow molt moult nest lay_egg lays_egg spin_web weav sting stung peel"
    " shed bloom blossom wilt wither sprout germinat fruit ripen pollinat harvest water_plant mow"
    " rak hoe sow plow plough milk shear saddl hitch row steer anchor moor dock load unload reload"
    " aim cock holster sheath unsheath equip unequip block_attack deflect taunt_enemy disarm trip"
    " slip slid slide skid crash collid bump shove wrestl grappl tackl choke strangl suffocat"
    " drown sweat blush bleed bled vomit burp hiccup fart stretch_arm stretch_leg warm_hand"
    " light_cigar drink_tea pour_tea stir knead chop_vegetabl slice fry grill roast eavesdrop"
    " whisper_to signal wave_flag semaphore telephon phone text type typ hack_computer photograph"
    " film record scan_code swipe_card print fax solder weld saw_wood drill screw unscrew nail"
    " paint_wall wallpaper plaster lay_brick shovel excavat bulldoz pave teeter_totter see_saw"
    " hula skip_rope jump_rope trampolin dive dove bowl bat_ball pitch dribbl dunk serve volley"
    " putt tee_off fence_off spar kickbox limbo waltz tango breakdanc headbang twerk pirouett"
    " curtsy curtsey kneel_pray baptiz exorcis sacrific levitat_object telekin hypnotiz mesmeriz"
    " charm seduc polymorph clon multipli split divid merg fuse absorb swallow regurgitat"
    " burrow_out tunnel nestl perch roost swoop div_bomb spiral loop_the_loop backpedal strafe"
    " sidestep wall_jump wall_slide grappl_hook zipline parachut unfurl fold_up inflat deflat"
    " unroll unwrap assembl disassembl dismantl transmut brew distil distill"
)

# Nouns that are such verbs: "does a cartwheel".
ACTION_NOUNS = listed(
    "cartwheel somersault backflip frontflip handstand pushup pullup moonwalk pirouette dive"
)
