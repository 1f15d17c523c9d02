"""The packs that ship: found, immutable, sensible on real art, and read well by the engine."""

from __future__ import annotations

import hashlib
import itertools
from functools import cache

import msgspec
import pytest
from msgspec.structs import replace
from places import SPRITES, TESTS

from pipeline.config import matching, packs, rule_file, schema, templates, yaml_document
from pipeline.config.clip_fields import SENT
from pipeline.core.errors import ConfigError
from pipeline.core.model import Clip, Record, Rule, Source

GOLDEN = TESTS / "config" / "golden" / "packs.txt"
ALL = ("creatures", "characters", "vehicles", "effects", "environment", "items", "props")


@cache
def _shipped(order: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    names = order or packs.newest()
    return rule_file.load([(yaml_document.read(packs.path(name), name), name) for name in names])


@cache
def _every_version() -> tuple[Rule, ...]:
    names = [f"{name}@{number}" for name, found in packs.versions().items() for number in found]
    return _shipped(tuple(names))


@cache
def _matcher(order: tuple[str, ...] = ()) -> matching.Matcher:
    return matching.Matcher(_shipped(order), ("assets",))


def _source(path: str) -> Source:
    return Source(
        path=path,
        byte_digest="0" * 64,
        pixel_digest="1" * 64,
        width=16,
        height=16,
        colors=5,
        opaque_share=0.5,
    )


def _found(path: str, order: tuple[str, ...] = ()) -> str | None:
    match = _matcher(order).match(_source(f"assets/{path}"))
    return matching.label(match.rule).replace("@2", "") if match else None


def _bought(rule: Rule) -> list[Clip]:
    return [clip for clip in rule.clips if clip.derived_from is None]


def _stated(record: Record, names: tuple[str, ...]) -> dict[str, object]:
    """Return the stated fields only: a field that a later release adds changes nothing here."""
    plain = msgspec.to_builtins(record)
    return {name: plain[name] for name in names if plain.get(name) not in (None, "", [], {})}


def _digest(rule: Rule, clip: Clip) -> str:
    """Digest all that decides whether a sprite gets this clip, and what is then bought."""
    facts = [
        list(rule.match),
        _stated(rule.when, rule.when.__struct_fields__),
        list(rule.vary_by),
        _stated(clip, ("name", "prompt", *SENT)),
    ]
    if rule.hints is not None:
        facts.append(_stated(rule.hints, rule.hints.__struct_fields__))
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def test_a_shipped_version_never_changes() -> None:
    """Moving a user to another prompt is a purchase: better wording is a new version, not this one.

    The lines are in the order of the rules, which decides too. To release `characters@2`, add its
    file and its lines; a line that is here may never change.
    """
    lines = [
        f"{matching.label(rule)} {clip.name} {_digest(rule, clip)}"
        for rule in sorted(_every_version(), key=lambda rule: rule.pack)
        for clip in _bought(rule)
    ]
    assert "\n".join(lines) + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_all_packs_are_found_with_their_versions() -> None:
    """`init` lists them, pinned."""
    assert packs.newest() == tuple(f"{name}@2" for name in ALL)
    assert packs.versions()["items"] == (1, 2)
    for name in packs.newest():
        content = yaml_document.read(packs.path(name), name).content
        assert isinstance(content, dict)
        assert content["version"] == int(name.partition("@")[2])


@pytest.mark.parametrize("name", ["character@1", "characters@9", "characters", "../packs@1", ""])
def test_an_unknown_pack_is_refused(name: str) -> None:
    """A misspelt pack would leave sprites unmatched without a word."""
    with pytest.raises(ConfigError, match="no such pack"):
        packs.path(name)


@pytest.mark.parametrize("name", [f"{name}@{number}" for name in ALL for number in (1, 2)])
def test_packs_agree_with_the_schema(name: str) -> None:
    """Users copy rules from packs; their editors must not underline them."""
    from jsonschema import Draft202012Validator

    found = yaml_document.read(packs.path(name), name)
    Draft202012Validator(schema.rules()).validate(found.content)


#: Rules of the first packs that had more than one clip.
SEVERAL = ("hero", "slime", "hopper")
#: Clips that end.
ONE_SHOTS = ("attack", "hurt", "death", "cast", "burst", "collect", "open")


def test_prompts_are_worth_their_price() -> None:
    """Motion, rhythm, what stays, loop; and no path words, so that a rename costs nothing."""
    for rule in _every_version():
        assert rule.pivot, rule.name
        most = 1 if rule.pack.endswith("@1") and rule.name not in SEVERAL else 3
        assert len(_bought(rule)) <= (6 if rule.name == "hero" else most), rule.name
        for clip in _bought(rule):
            prompt = clip.prompt
            assert templates.names(prompt + clip.negative_prompt) == (), rule.name
            assert 100 < len(prompt) < 500, rule.name
            ends = ("seamless loop", "plays once")[clip.name in ONE_SHOTS]
            assert prompt.endswith(f"Camera fixed, {ends}."), rule.name
            assert any(word in prompt for word in ("keep", "never", "planted")), rule.name
            assert 0 < len(clip.negative_prompt) < 120, rule.name


def test_every_prompt_moves_a_sprite_in_the_built_in_engine() -> None:
    """A preview that ignores the words, or calls for a model, would mislead about the purchase."""
    np = pytest.importorskip("numpy")
    from pipeline.engine import parts, prompt

    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[8:28, 10:22] = (120, 120, 140, 255)
    pixels[12:14, 12:14] = pixels[12:14, 18:20] = (10, 10, 10, 255)
    pixels[24:28, 14:18] = 0
    sprite = parts.cut(pixels)
    leading = {}
    for rule in _shipped():
        for clip in _bought(rule):
            told = replace(sprite, kind=rule.kind or "")
            if rule.name == "windmill":
                told = replace(told, boxes=(("blades", (10, 8, 22, 18)),))
            reading = prompt.read(clip.prompt, told, clip.negative_prompt)
            assert reading.loops is (clip.name not in ONE_SHOTS), rule.name
            assert reading.needs_ai is None, f"{rule.name}: {reading.needs_ai}"
            assert not reading.unshown, f"{rule.name}: {reading.unshown}"
            assert "(from '" in reading.sentence, f"{rule.name}: {reading.sentence}"
            leading[rule.name, clip.name] = reading.understood.asked[0].motion
    wanted = {
        ("winged", "fly"): "flap",
        ("slime", "idle"): "squash",
        ("slime", "hop"): "hop",
        ("hovering", "idle"): "float",
        ("beast", "idle"): "idle",
        ("hero", "idle"): "idle",
        ("hero", "walk"): "walk",
        ("coin", "spin"): "spin",
        ("heart", "idle"): "heartbeat",
        ("gem", "idle"): "glint",
        ("tree", "idle"): "sway",
        ("water", "idle"): "water",
        ("flame", "idle"): "fire",
        ("hero", "attack"): "attack_strike",
        ("hero", "death"): "death",
        ("beast", "walk"): "walk",
        ("mage", "cast"): "cast",
        ("chest", "open"): "open",
        ("windmill", "turn"): "rotate",
        ("flag", "idle"): "wave",
        ("bell", "idle"): "pendulum",
        ("wheel", "spin"): "rotat",
        ("boat", "idle"): "tilt",
        ("building", "idle"): "glow",
        ("magic", "loop"): "pulse",
    }
    assert {key: leading[key] for key in wanted} == wanted


#: Every sprite of the shared set with the rule that must find it.
REAL = {
    "animals/boar_small": "creatures/beast",
    "animals/sheep": "creatures/beast",
    "animals/turtle": "creatures/beast",
    "characters/farmer": "characters/villager",
    "characters/knight": "characters/fighter",
    "characters/maiden": "characters/villager",
    "characters/ninja_1": "characters/fighter",
    "characters/ninja_2": "characters/fighter",
    "characters/ninja_3": "characters/fighter",
    "characters/ninja_4": "characters/fighter",
    "characters/outlaw": "characters/fighter",
    "characters/torchbearer": "characters/bearer",
    "characters/wizard": "characters/mage",
    "items/medieval-fantasy_items_18": "items/pickup",
    "items/medieval-fantasy_items_element_7": "items/power",
    "items/medieval-fantasy_items_projectile_1": "items/power",
    "items/medieval-fantasy_items_weapon_9": "items/weapon",
    "items/ninja-adventure_items_food_sushi": "items/food",
    "items/ninja-adventure_items_scroll-rock": "items/paper",
    "items/prehistoric-platformer_items_20": "items/pickup",
    "items/prehistoric-platformer_items_38": "items/pickup",
    "items/prehistoric-platformer_items_54": "items/pickup",
    "items/space-shooter_items_power-up-3": "items/power",
    "monsters/bat": "creatures/winged",
    "monsters/boar": "creatures/beast",
    "monsters/chest": "creatures/mimic",
    "monsters/goblin": "creatures/brute",
    "monsters/king_skeleton": "creatures/undead",
    "monsters/ninja_1": "creatures/creature",
    "monsters/ninja_2": "creatures/creature",
    "monsters/ninja_3": "creatures/creature",
    "monsters/ninja_4": "creatures/creature",
    "monsters/slim": "creatures/slime",
    "props/castle": "props/building",
    "props/fountain": "props/basin",
    "props/tree": "environment/tree",
    "props/volcano": "environment/volcano",
    "props/well": "props/basin",
    "ships/ship_1": "vehicles/aircraft",
    "ships/ship_10": "vehicles/aircraft",
    "ships/ship_2": "vehicles/aircraft",
}


def test_the_shared_sprites_are_all_in_the_table() -> None:
    """The table below must not silently miss a sprite."""
    if not SPRITES.is_dir():
        pytest.skip("needs ../shared/sprites")
    found = {
        file.relative_to(SPRITES).with_suffix("").as_posix() for file in SPRITES.rglob("*.png")
    }
    assert found == set(REAL)


def test_every_shared_sprite_gets_its_rule_in_any_order_of_packs() -> None:
    """Folder first, name second: which pack a user lists first must not change what is bought."""
    some = list(itertools.permutations(packs.newest()))[:: 5040 // 24]
    for order in (packs.newest(), *some):
        found = {path: _found(f"{path}.png", order) for path in REAL}
        assert found == REAL


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("hero.png", "characters/hero"),
        ("sprites/Player.png", "characters/hero"),
        ("npcs/bob.png", "characters/person"),
        ("people/anna.png", "characters/person"),
        ("enemies/x1.png", "creatures/creature"),
        ("Enemies/Bosses/MegaSlime.png", "creatures/slime"),
        ("mobs/fire_imp.png", "creatures/fiery"),
        ("characters/enemies/bat.png", "creatures/winged"),
        ("slime.png", "creatures/slime"),
        ("GhostBlue.png", "creatures/hovering"),
        ("wolves/alpha.png", None),
        ("animals/alpaca.png", "creatures/creature"),
        ("torch.png", "props/flame"),
        ("objects/barrel.png", "props/prop"),
        ("props/street_lamp_2.png", "props/lamp"),
        ("decor/banner.png", "props/flag"),
        ("buildings/inn.png", "props/building"),
        ("chest.png", "props/chest"),
        ("tiles/plants/fern.png", "environment/plant"),
        ("tiles/plants/x.png", "environment/greenery"),
        ("trees/oak1.png", "environment/tree"),
        ("nature/pond.png", "environment/water"),
        ("nature/rock_2.png", None),
        ("coin.png", "items/coin"),
        ("pickups/coin-gold.png", "items/coin"),
        ("weapons/w1.png", "items/pickup"),
        ("weapons/iron_sword.png", "items/weapon"),
        ("items/hero_sword.png", "items/weapon"),
        ("items/dragon_egg.png", "items/food"),
        ("items/fish.png", "items/pickup"),
        ("potions/red.png", "items/pickup"),
        ("potion.png", "items/potion"),
        ("powerups/shield.png", "items/weapon"),
        ("fx/fireball.png", "effects/fire"),
        ("vfx/x.png", "effects/effect"),
        ("effects/explosion.png", "effects/blast"),
        ("projectiles/bolt.png", "effects/effect"),
        ("ship.png", "vehicles/aircraft"),
        ("vehicles/pirate_ship.png", "vehicles/boat"),
        ("vehicles/red_car.png", "vehicles/engine"),
        ("cars/c1.png", "vehicles/vehicle"),
    ],
)
def test_usual_folder_and_file_names_are_covered(path: str, rule: str | None) -> None:
    """A new project should not start with a list of unmatched sprites."""
    assert _found(path) == rule


@pytest.mark.parametrize(
    "path",
    [
        "ui/heart.png",
        "UI/coin_icon.png",
        "hud/health.png",
        "fonts/pixel.png",
        "icons/sword.png",
        "coin_icon.png",
        "tilesets/grass.png",
        "tileset_forest.png",
        "backgrounds/castle.png",
        "bg/tree.png",
        "parallax/cloud.png",
        "hero_spritesheet.png",
        "menus/slime.png",
        "cursor.png",
        "health_bar.png",
        "title_screen.png",
        "hero_walk_3.png",
        "characters/knight_attack1.png",
        "monsters/frame_1.png",
        "logo.png",
        "battle_axe_icon.png",
        "acrobat.png",
        "scarecrow_button.png",
        "random.png",
    ],
)
def test_what_should_stay_still_stays_unmatched(path: str) -> None:
    """Buying a moving button is money thrown away."""
    assert _found(path) is None
