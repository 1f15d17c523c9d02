"""Rule files to rules: forms, merging, bases, overrides, and every mistake with its line."""

from __future__ import annotations

import pytest

from pipeline.config import rule_file, yaml_document
from pipeline.core.errors import ConfigError
from pipeline.core.model import Clip, Direction, Flip, Rule, TargetChoice

HEROES = """\
rules:
  - name: heroes
    match: characters/{name}.png
    when: {max_width: 256}
    pivot: bottom
    defaults: {frames: 8, colors: source, negative_prompt: "blurry, extra limbs"}
    clips:
      idle: "{name} breathing calmly, subtle idle loop"
      walk: {prompt: "{name} walking to the right", frames: 4, loop: true, matte: "#FF00FF"}
      walk_left: {from: walk, flip: x}
    targets: [godot, {gif: {scale: 4}}]
"""


def _rules(text: str, pack: str = "", bases: dict[str, Rule] | None = None) -> tuple[Rule, ...]:
    return rule_file.rules(yaml_document.parse(text, "r.yaml"), pack=pack, bases=bases or {})


def _load(*texts: str) -> dict[str, Rule]:
    documents = [(yaml_document.parse(text, f"{n}.yaml"), "") for n, text in enumerate(texts)]
    return {rule.name: rule for rule in rule_file.load(documents)}


def _clips(rule: Rule) -> dict[str, Clip]:
    return {clip.name: clip for clip in rule.clips}


def test_the_example_of_the_design_means_what_it_says() -> None:
    """Short and long form, defaults, a derived clip and target options in one rule."""
    (rule,) = _rules(HEROES)
    clips = _clips(rule)
    assert list(clips) == ["idle", "walk", "walk_left"]
    assert (rule.name, rule.match, rule.pivot, rule.line) == (
        "heroes",
        ("characters/{name}.png",),
        "bottom",
        2,
    )
    assert rule.when.max_width == 256
    assert rule.targets == (
        TargetChoice(name="godot"),
        TargetChoice(name="gif", options={"scale": 4}),
    )
    assert clips["idle"].frames == 8
    assert clips["idle"].colors == "source"
    assert clips["walk"].frames == 4
    assert clips["walk"].matte == "#ff00ff"
    assert clips["walk_left"].derived_from == "walk"
    assert clips["walk_left"].flip is Flip.X
    assert clips["walk_left"].frames is None
    assert (clips["walk_left"].file, clips["walk_left"].line) == ("r.yaml", 10)


def test_derived_clips_play_like_their_origin_unless_stated() -> None:
    """A mirrored ping-pong walk that plays forward would be a bug in every game."""
    (rule,) = _rules("""
rules:
  - name: a
    match: a.png
    clips:
      walk: {prompt: walks, loop: false, direction: pingpong, alpha: keep, fps: 12}
      left: {from: walk, flip: x}
      back: {from: left, reverse: true, loop: true, fps: 6, hold: {0: 300}}
""")
    left, back = _clips(rule)["left"], _clips(rule)["back"]
    assert (left.loop, left.direction, left.alpha) == (False, Direction.PINGPONG, "keep")
    assert left.fps is None
    assert (back.loop, back.direction, back.alpha) == (True, Direction.PINGPONG, "keep")
    assert (back.fps, back.hold, back.is_reversed) == (6, {0: 300}, True)


def test_every_rule_field_is_read() -> None:
    """What the table lists must reach the record under its name."""
    (rule,) = _rules("""
rules:
  - name: a
    description: for people
    match: ["{kind}/a.png", "**/{kind}_b.png"]
    pivot: [3, -1]
    vary_by: [kind, stem]
    cells: 16x24
    pick: [0, 5]
    grade: 70
    batch: true
    placeholder: false
    budget: 100
    clips:
      idle: {prompt: "{kind} {{raw}} {stem} {folder} {clip} {width} {height}", hold: {7: 500},
             seed: 5, model: pixel-engine-v1.2, fit: 12, crop: original,
             stages: {specks: off, align: on, loop: false}}
""")
    assert rule.match == ("{kind}/a.png", "**/{kind}_b.png")
    assert (rule.pivot, rule.vary_by, rule.cells, rule.pick) == (
        (3, -1),
        ("kind", "stem"),
        (16, 24),
        (0, 5),
    )
    assert (rule.grade.warn, rule.batch, rule.placeholder, rule.budget) == (70, True, False, 100)
    (clip,) = rule.clips
    assert (clip.hold, clip.seed, clip.fit, clip.crop) == ({7: 500}, 5, 12, "original")
    assert clip.stages == {"specks": False, "align": True, "loop": False}


def test_key_order_and_line_ends_do_not_matter() -> None:
    """An editor that sorts keys or changes line ends must not cost anything."""
    shuffled = """\
rules:
  - targets: [godot, {gif: {scale: 4}}]
    clips:
      idle: "{name} breathing calmly, subtle idle loop"
      walk: {matte: "#ff00ff", loop: true, frames: 4, prompt: "{name} walking to the right"}
      walk_left: {flip: x, from: walk}
    defaults: {negative_prompt: "blurry, extra limbs", colors: source, frames: 8}
    pivot: bottom
    when: {max_width: 256}
    match: characters/{name}.png
    name: heroes
"""

    def effective(text: str) -> list[tuple[object, ...]]:
        (rule,) = _rules(text)
        return [tuple(getattr(clip, name) for name in _EFFECTIVE) for clip in rule.clips]

    assert effective(shuffled) == effective(HEROES) == effective(HEROES.replace("\n", "\r\n"))


_EFFECTIVE = [name for name in Clip.__struct_fields__ if name not in ("file", "line")]


def test_a_rule_takes_from_its_base_what_it_does_not_state() -> None:
    """The nearest statement wins: clip, defaults, base, defaults of the file."""
    rules = _load("""
defaults: {negative_prompt: blur, fps: 5}
when: {without: [ui]}
rules:
  - name: base
    match: base.png
    when: {stem: [base], min_width: 4}
    pivot: top
    clips:
      idle: {prompt: breathes, frames: 4, fps: 10}
      walk: walks
  - name: child
    extends: base
    match: child.png
    defaults: {frames: 6}
    clips:
      idle: {prompt: sleeps}
      walk: null
      hop: hops
  - name: narrow
    extends: base
    when: {max_width: 9}
""")
    child, narrow = rules["child"], rules["narrow"]
    assert child.pivot == "top"
    assert [clip.name for clip in child.clips] == ["idle", "hop"]
    idle, hop = child.clips
    assert (idle.prompt, idle.frames, idle.fps, idle.negative_prompt) == ("sleeps", 6, 10, "blur")
    assert (hop.frames, hop.fps) == (6, 5)
    assert child.when.stem == ()
    assert child.when.without == ("ui",)
    assert (narrow.match, narrow.when.stem, narrow.when.min_width, narrow.when.max_width) == (
        ("base.png",),
        ("base",),
        4,
        9,
    )
    assert _clips(narrow)["idle"].line == 10


def test_a_restated_clip_changes_its_kind_completely() -> None:
    """A drawn clip in place of a flipped one must not stay flipped, nor the other way round."""
    rules = _load("""
rules:
  - {name: base, match: a.png, clips: {a: {prompt: x, frames: 4}, b: {from: a, flip: x}}}
  - {name: child, match: c.png, extends: base, clips: {a: {from: b}, b: {prompt: y}}}
""")
    a, b = rules["child"].clips
    assert (a.derived_from, a.prompt, a.frames) == ("b", "", None)
    assert (b.derived_from, b.flip, b.prompt) == (None, None, "y")


def test_bases_may_lie_in_other_files_and_packs_in_any_order() -> None:
    """A project builds on shipped rules, and splits its own into files as it likes."""
    late = "rules: [{name: hero, match: hero.png, extends: humanoid, pivot: top}]"
    early = "rules: [{name: humanoid, match: x.png, extends: characters/person}]"
    pack = "version: 1\nrules: [{name: person, match: p.png, clips: {idle: breathes}}]"
    documents = [
        (yaml_document.parse(late, "a.yaml"), ""),
        (yaml_document.parse(early, "b.yaml"), ""),
        (yaml_document.parse(pack, "characters@1.yaml"), "characters@1"),
    ]
    hero, humanoid, person = rule_file.load(documents)
    assert (hero.clips, hero.pivot, hero.pack, person.pack) == (
        person.clips,
        "top",
        "",
        "characters@1",
    )
    assert humanoid.file == "b.yaml"
    bases = {"characters@1/person": person}
    for name in ("person", "characters/person", "characters@1/person"):
        (rule,) = _rules(f"rules: [{{name: h, match: h.png, extends: {name}}}]", bases=bases)
        assert rule.clips == person.clips
    with pytest.raises(ConfigError, match="may be any of characters@1/person, npcs@1/person"):
        _rules(
            "rules: [{name: h, match: h.png, extends: person}]",
            bases=bases | {"npcs@1/person": person},
        )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pivot: bottom", "pivt: bottom", "r.yaml:5: unknown key `pivt`; did you mean `pivot`?"),
        ("pivot: bottom", "frames: 8", "r.yaml:5: `frames` belongs into a clip"),
        ("pivot: bottom", "max_width: 8", "r.yaml:5: `max_width` belongs under `when`"),
        ("pivot: bottom", "pivot: botom", "r.yaml:5: .*did you mean `bottom`?"),
        ("pivot: bottom", "pivot: [1]", "r.yaml:5: .*2 to 2 entries"),
        ("pivot: bottom", "pivot:", "r.yaml:5: .*has no value"),
        ("pivot: bottom", "pick: [1]", "r.yaml:5: .*needs `cells`"),
        ("pivot: bottom", "vary_by: [direction]", "r.yaml:5: .*names no path word: `direction`"),
        ("pivot: bottom", "cells: 16", "r.yaml:5: .*a cell size such as `16x16`, not `16`"),
        ("pivot: bottom", "grade: 101", "r.yaml:5: .*from 0 to 100, not `101`"),
        ("pivot: bottom", "extends: heroes", "r.yaml:5: .*circle: heroes -> heroes"),
        ("pivot: bottom", "extends: hero", "r.yaml:5: .*names no rule: `hero`; did you mean"),
        ("rules:", "rule:", "r.yaml:1: unknown key `rule`; did you mean `rules`?"),
        ("rules:", "match: x.png\nrules:", "r.yaml:1: `match` belongs to a rule, in the list"),
        ("name: heroes", "name: my heroes", "r.yaml:2: .*a name of letters"),
        ("name: heroes", "pivot: top", "r.yaml:2: .*lacks `name`|.*stands here twice"),
        ("max_width: 256", "max_width: '256'", "r.yaml:4: .*whole number"),
        ("max_width: 256", "max_width: yes", "r.yaml:4: .*whole number"),
        ("max_width: 256", "path: '('", "r.yaml:4: .*is not a regular expression"),
        ("max_width: 256", "stem: 'a/b'", "r.yaml:4: .*a word, such as `slime`"),
        ("frames: 8", "frames: 7", "r.yaml:6: .*an even number from 2 to 16, not `7`"),
        ("frames: 8", "frames: 18", "r.yaml:6: .*an even number from 2 to 16, not `18`"),
        ("frames: 8", "frames: 0", "r.yaml:6: .*an even number"),
        ("frames: 8", "frames: 8.5", "r.yaml:6: .*an even number"),
        ("frames: 8", "frames: true", "r.yaml:6: .*an even number"),
        ("frames: 8", "prompt: x", "r.yaml:6: unknown key `prompt`"),
        ("frames: 8", "palette: [x]", "r.yaml:6: unknown key `palette`"),
        ("colors: source", "colors: sauce", "r.yaml:6: .*did you mean `source`?"),
        ("colors: source", "colors: 300", "r.yaml:6: .*from 2 to 256"),
        ("frames: 4", "palette: [x]", "r.yaml:9: `palette` is no field; `colors: source`"),
        ("frames: 4", "match: x.png", "r.yaml:9: `match` belongs to the rule"),
        ("frames: 4", "framse: 4", "r.yaml:9: unknown key `framse`; did you mean `frames`?"),
        ("frames: 4", "seed: 0", "r.yaml:9: .*from 1 to 2147483647"),
        ("frames: 4", "fps: 0", "r.yaml:9: .*from 0.5 to 60"),
        ("frames: 4", "fit: loose", "r.yaml:9: .*one of tight, pad"),
        ("frames: 4", "direction: pingpog", "r.yaml:9: .*did you mean `pingpong`?"),
        ("frames: 4", "stages: {aling: off}", "r.yaml:9: unknown key `aling`; .* `align`?"),
        ("frames: 4", "stages: {align: 3}", "r.yaml:9: .*must be on or off, not `3`"),
        ("frames: 4", "hold: {9: 100}", "r.yaml:9: .*names frame 9; the last one is 7"),
        ("frames: 4", "hold: {a: 100}", "r.yaml:9: .*is not a frame's number"),
        ("frames: 4", "flip: x", "r.yaml:9: .*without `from`"),
        ('"#FF00FF"', "magenta", 'r.yaml:9: .*a colour such as "#ff00ff" in quotes, not `magenta`'),
        ('"#FF00FF"', "#FF00FF}", "r.yaml"),
        ("{name} breathing", "{nam} breathing", "r.yaml:8: .*uses {nam}.*did you mean `name`?"),
        ("{name} breathing", "{name breathing", "r.yaml:8: .*a brace that names nothing"),
        ("{name} breathing", "{name.upper} breathing", "r.yaml:8: .*a brace that names nothing"),
        ('"{name} breathing calmly, subtle idle loop"', '" "', "r.yaml:8: .*must be a prompt"),
        ('"{name} breathing calmly, subtle idle loop"', "3", "r.yaml:8: .*a prompt.*not `3`"),
        ('"{name} breathing calmly, subtle idle loop"', "null", "r.yaml:8: .*cannot be dropped"),
        ("blurry", "{blurry}", "r.yaml:8: .*uses {blurry}"),
        ("characters/{name}.png", "../{name}.png", "r.yaml:3: .*leaves the assets folder"),
        ("characters/{name}.png", "/etc/{name}.png", "r.yaml:3: .*is absolute"),
        ("characters/{name}.png", "characters", "r.yaml:3: .*write `characters/`"),
        ("characters/{name}.png", "[]", "r.yaml:3: .*1 to 1000 entries"),
        (
            "characters/{name}.png",
            "['a/{name}.png', b.png]",
            "r.yaml:8: .*which the pattern `b.png` does not capture",
        ),
        ("walk_left:", "walk/left:", "r.yaml:10: .*is not a clip's name"),
        ("walk_left:", "../left:", "r.yaml:10: .*is not a clip's name"),
        ("walk_left:", '"left\\n":', "r.yaml:10: .*is not a clip's name"),
        ("walk_left:", "WALK:", "r.yaml:10: .*differs from `walk` only in case"),
        ("from: walk", "from: wlak", "r.yaml:10: .*names no clip: `wlak`; did you mean `walk`?"),
        ("from: walk", "from: walk_left", "r.yaml:10: .*circle: walk_left -> walk_left"),
        ("flip: x", "flip: z", "r.yaml:10: .*one of x, y, not `z`"),
        ("flip: x", "frames: 4", "r.yaml:10: .*cannot be stated with `from`"),
        ("flip: x", "prompt: x", "r.yaml:10: .*cannot be stated with `from`"),
        ("scale: 4", "scale: [4]", "r.yaml:11: .*not a list"),
        ("[godot,", "[Godot,", "r.yaml:11: .*a target's name"),
        ("[godot,", "[gif,", "r.yaml:11: .*names `gif` twice"),
    ],
)
def test_mistakes_are_named_with_file_line_and_remedy(old: str, new: str, message: str) -> None:
    """An option that is silently ignored is paid for."""
    assert old in HEROES
    with pytest.raises(ConfigError, match=f"^{message.replace('{', '[{]')}"):
        _rules(HEROES.replace(old, new, 1))


def test_a_circle_of_bases_across_files_is_named() -> None:
    """Each file looks fine alone; only the way round shows it."""
    with pytest.raises(ConfigError, match=r"1.yaml:1: .*circle: a -> b -> a"):
        _load(
            "rules: [{name: a, match: a.png, extends: b}]",
            "rules: [{name: b, match: b.png, extends: a}]",
        )


def test_two_rules_of_one_name_are_refused() -> None:
    """Reports and reuse go by the name; two would be one."""
    rule = "rules: [{name: a, match: a.png, clips: {idle: x}}]"
    with pytest.raises(ConfigError, match=r"^1.yaml:1: .*is taken: see 0.yaml:1"):
        _load(rule, rule)


def test_an_override_changes_one_sprite() -> None:
    """`hero.png.yaml` merges clips by name, drops with null, and keeps the rule's captures."""
    (rule,) = _rules(HEROES)
    changed = rule_file.override(
        rule,
        yaml_document.parse(
            "pivot: [4, 9]\nclips:\n  walk_left: null\n  walk: {frames: 12}\n"
            '  wave: "{name} waves"\n',
            "hero.png.yaml",
        ),
    )
    clips = _clips(changed)
    assert list(clips) == ["idle", "walk", "wave"]
    assert (clips["walk"].prompt, clips["walk"].frames, clips["walk"].line) == (
        "{name} walking to the right",
        12,
        4,
    )
    assert clips["walk"].file == "hero.png.yaml"
    assert clips["idle"].file == "r.yaml"
    assert (changed.name, changed.pivot, changed.match) == ("heroes", (4, 9), rule.match)
    assert rule_file.override(rule, yaml_document.parse("", "hero.png.yaml")) == rule


def test_an_override_without_a_rule_is_the_rule() -> None:
    """A sprite that nothing matches can still be animated from the file beside it."""
    found = rule_file.override(
        None, yaml_document.parse("clips: {idle: breathes}", "art/hero.png.yaml")
    )
    assert (found.name, found.match, found.clips[0].prompt) == ("hero.png", (), "breathes")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("match: x.png", "hero.png.yaml:1: `match` is for rule files"),
        ("name: x", "hero.png.yaml:1: `name` is for rule files"),
        ("frames: 4", "hero.png.yaml:1: `frames` belongs into a clip"),
        ("clips: {wlak: null}", "hero.png.yaml:1: .*did you mean `walk`?"),
        ("clips: {walk: null}", "hero.png.yaml:1: .*names no clip: `walk`"),
        ('clips: {x: "{nam}"}', "hero.png.yaml:1: .*did you mean `name`?"),
        ("clips: {x: {frames: 4}}", "hero.png.yaml:1: .*lacks `prompt`"),
    ],
)
def test_mistakes_in_an_override_are_named(text: str, message: str) -> None:
    """The file beside the sprite is checked as strictly as a rule file."""
    (rule,) = _rules(HEROES)
    with pytest.raises(ConfigError, match=f"^{message}"):
        rule_file.override(rule, yaml_document.parse(text, "hero.png.yaml"))
