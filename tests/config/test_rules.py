"""Sources to rules, rules to requests."""

from __future__ import annotations

import time
import unicodedata

import pytest

from pipeline.config import matching, rule_file, yaml_document
from pipeline.core import keys
from pipeline.core.model import Request, Rule, Source, When


def _source(path: str = "assets/a.png", **facts: object) -> Source:
    known: dict[str, object] = {
        "byte_digest": "0" * 64,
        "pixel_digest": "1" * 64,
        "width": 16,
        "height": 24,
        "colors": 5,
        "opaque_share": 0.5,
    }
    return Source(path=path, **{**known, **facts})  # type: ignore[arg-type]  # test table


def _rules(text: str, pack: str = "") -> tuple[Rule, ...]:
    return rule_file.rules(yaml_document.parse(text, "r.yaml"), pack=pack, bases={})


def _rule(match: str = "**", clips: str = "{idle: x}", more: str = "") -> Rule:
    (rule,) = _rules(f"rules: [{{name: r, match: '{match}', clips: {clips}{more}}}]")
    return rule


def _name(path: str, found: tuple[Rule, ...], *assets: str) -> str | None:
    match = matching.match(_source(path), found, assets or ("assets",))
    return match.rule.name if match else None


def _request(path: str, rule: Rule) -> Request:
    match = matching.match(_source(path), (rule,), ("assets", "art"))
    assert match is not None
    (request, *_) = matching.requests(_source(path), match)
    return request


ORDERED = """
rules:
  - {name: boss, match: mobs/boss_*.png, when: {min_width: 32}, clips: {idle: x}}
  - {name: bat, match: "**", when: {stem: bat}, clips: {idle: x}}
  - {name: mobs, match: "mobs/{name}.png", clips: {idle: x}}
  - {name: flying, match: "**", when: {stem: [bat, bird]}, clips: {idle: x}}
  - {name: rest, match: "**/rest/*.png", clips: {idle: x}}
"""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("assets/mobs/boss_1.png", "mobs"),
        ("assets/mobs/bat.png", "bat"),
        ("assets/mobs/rat.png", "mobs"),
        ("assets/birds/Bird.png", "flying"),
        ("assets/a/rest/x.png", "rest"),
        ("assets/x.png", None),
        ("other/mobs/rat.png", None),
    ],
)
def test_the_first_rule_that_matches_wins(path: str, name: str | None) -> None:
    """Order is the only precedence, whether a rule asks for a pattern or for words."""
    assert _name(path, _rules(ORDERED)) == name


def test_a_failed_condition_leaves_the_later_rules_their_chance() -> None:
    """The pattern of the first rule fits, its size does not: the third one must be asked."""
    found = _rules(ORDERED)
    match = matching.match(_source("assets/mobs/boss_1.png", width=32), found, ("assets",))
    assert match is not None
    assert match.rule.name == "boss"


def test_a_rule_on_a_folder_covers_files_added_later() -> None:
    """Nothing is remembered about the folder's content."""
    matcher = matching.Matcher((_rule("mobs/"),), ("assets",))
    for path in ("assets/mobs/a.png", "assets/mobs/new/b.png", "assets/x/mobs/c.png"):
        assert matcher.match(_source(path)) is not None


def test_patterns_are_relative_to_the_nearest_assets_folder() -> None:
    """Assets folders may lie in each other, or be the whole project."""
    rule = (_rule("hero/*.png"),)
    assert _name("assets/hero/a.png", rule, "assets") == "r"
    assert _name("assets/art/hero/a.png", rule, "assets", "assets/art") == "r"
    assert _name("assets/hero/a.png", rule, "assets", "assets/hero") is None
    assert _name("hero/a.png", rule, ".") == "r"
    assert _name("assetsx/hero/a.png", rule, "assets") is None


def test_case_counts_and_normal_forms_do_not() -> None:
    """Linux has two files where macOS has one; macOS decomposes what others compose."""
    rule = (_rule("h\u00e9ros/*.png"),)
    assert _name("assets/" + unicodedata.normalize("NFD", "h\u00e9ros") + "/a.png", rule) == "r"
    assert _name("assets/H\u00e9ros/a.png", rule) is None


@pytest.mark.parametrize(
    ("when", "facts", "holds"),
    [
        ({"max_width": 16}, {}, True),
        ({"max_width": 15}, {}, False),
        ({"min_width": 17}, {}, False),
        ({"min_height": 24, "max_height": 24}, {}, True),
        ({"max_height": 23}, {}, False),
        ({"max_colors": 4}, {}, False),
        ({"max_colors": 5}, {}, True),
        ({"min_opaque": 0.6}, {}, False),
        ({"max_opaque": 0.4}, {}, False),
        ({"path": "^mobs/.*_[0-9]"}, {"path": "assets/mobs/a_1.png"}, True),
        ({"path": "^mobs/"}, {"path": "assets/x/mobs/a_1.png"}, False),
    ],
)
def test_conditions_on_the_picture(
    when: dict[str, object], facts: dict[str, object], holds: bool
) -> None:
    """Bounds are inclusive; the path is the one below the assets folder."""
    rule = Rule(name="r", match=("**",), clips=(), when=When(**when))  # type: ignore[arg-type]  # test table
    assert (matching.match(_source(**facts), (rule,), ("assets",)) is not None) == holds  # type: ignore[arg-type]  # test table


@pytest.mark.parametrize(
    ("words", "path", "holds"),
    [
        ("stem: bat", "bat.png", True),
        ("stem: bat", "BossBat2.png", True),
        ("stem: bat", "BAT-01.png", True),
        ("stem: bat", "bats.PNG", True),
        ("stem: bat", "acrobat.png", False),
        ("stem: bat", "battle_axe.png", False),
        ("stem: bat", "bat/x.png", False),
        ("folder: [enemy]", "Enemies/x.png", True),
        ("folder: [wolf, snowman]", "wolves/x.png", True),
        ("folder: [wolf, snowman]", "snowmen/x.png", True),
        ("folder: enemy", "x/enemy.png", False),
        ("stem: [power up]", "power-up_3.png", True),
        ("stem: [power up]", "powerUps.png", True),
        ("stem: [power up]", "up_power.png", False),
        ("stem: [bat], folder: [mob]", "mobs/bat.png", True),
        ("stem: [bat], folder: [mob]", "x/bat.png", False),
        ("stem: [bat], without: [icon]", "icons/bat.png", False),
        ("stem: [bat], without: [icon]", "bat_icon.png", False),
        ("without: [icon]", "bat.png", True),
        ("outside: [icon]", "bat_icon.png", True),
        ("outside: [icon]", "x/icons/bat.png", False),
        ("stem: \u00e9p\u00e9e", "\u00c9p\u00e9e_2.png", True),
    ],
)
def test_words_end_where_people_see_them_end(words: str, path: str, holds: bool) -> None:
    """Substrings would animate a battle axe with flapping wings."""
    rule = _rule(more=f", when: {{{words}}}")
    assert (_name(f"assets/{path}", (rule,)) is not None) == holds


def test_prompts_are_filled_in_and_cleaned() -> None:
    """The service gets one line in NFC without control characters."""
    rule = _rule(
        "{kind}/*.png",
        '{idle: "{kind} {stem}/{folder}: {clip} {width}x{height} {{raw}}\\n  next\\tline"}',
    )
    request = _request("assets/mobs/ba\x07t.png", rule)
    assert request.prompt == "mobs bat/mobs: idle 16x24 {raw} next line"
    assert (request.rule, request.clip, request.source) == ("r", "idle", "assets/mobs/ba\x07t.png")


def test_prompts_are_the_same_for_both_normal_forms_of_a_name() -> None:
    """The same checkout on macOS and Linux must ask for the same thing, or it is paid for twice."""
    rule = _rule(clips='{idle: "{stem} breathes"}')
    path = "assets/\u00e9p\u00e9e.png"
    decomposed = unicodedata.normalize("NFD", path)
    assert path != decomposed
    assert _request(path, rule).prompt == _request(decomposed, rule).prompt


def test_only_clips_that_are_bought_become_requests() -> None:
    """A derived clip costs nothing because it is never asked for."""
    rule = _rule(clips="{walk: x, left: {from: walk, flip: x}, idle: y}")
    match = matching.match(_source(), (rule,), ("assets",))
    assert match is not None
    assert [one.clip for one in matching.requests(_source(), match)] == ["walk", "idle"]


def test_requests_carry_what_the_rule_states_and_nothing_else() -> None:
    """Every paid field is in the request, so changing one is a new key; the rest is not."""
    plain = _request("assets/a.png", _rule(clips="{idle: {prompt: x}}"))
    assert (plain.frames, plain.colors, plain.model, plain.matte, plain.seed, plain.fit) == (
        (None,) * 6
    )
    key = keys.request_key(plain, "built-in")
    paid = ["frames: 4", "colors: source", "colors: 8", "model: m", "matte: '#00ff00'", "seed: 1"]
    paid += ["fit: tight", "negative_prompt: blur"]
    changed = {
        keys.request_key(
            _request("assets/a.png", _rule(clips=f"{{idle: {{prompt: x, {field}}}}}")), "built-in"
        )
        for field in paid
    }
    assert len(changed | {key}) == len(paid) + 1
    free_fields = ("fps: 12", "loop: false", "direction: pingpong", "hold: {0: 500}", "alpha: keep")
    for field in (*free_fields, "crop: original", "stages: {align: off}"):
        free = _request("assets/a.png", _rule(clips=f"{{idle: {{prompt: x, {field}}}}}"))
        assert keys.request_key(free, "built-in") == key


def test_a_rename_that_changes_only_path_words_keeps_the_open_prompt() -> None:
    """The open prompt is what lets a rename reuse what was bought."""
    rule = _rule("{kind}/*.png", '{idle: "{stem} in {folder} breathes {clip}"}')
    one, other = _request("assets/a/x.png", rule), _request("art/b/y.png", rule)
    assert one.prompt != other.prompt
    assert one.open_prompt == other.open_prompt
    assert one.open_prompt == '["r","idle","{stem} in {folder} breathes {clip}",""]'.replace(
        "{clip}", "idle"
    )
    assert keys.open_key(one, "built-in") == keys.open_key(other, "built-in")


def test_open_prompts_tell_rules_clips_and_meant_differences_apart() -> None:
    """`vary_by` closes a word again; the negative prompt, the clip and the rule count too."""
    assert _request("assets/a.png", _rule(clips="{idle: x}")).open_prompt is None
    varied = _rule("{kind}/*.png", '{idle: "{kind} {stem}"}', ", vary_by: [kind]")
    assert _request("assets/a/x.png", varied).open_prompt == '["r","idle","a {stem}",""]'
    closed = _rule("{kind}/*.png", '{idle: "{kind}"}', ", vary_by: kind")
    assert _request("assets/a/x.png", closed).open_prompt is None
    negative = _rule(clips='{idle: {prompt: x, negative_prompt: "no {stem} {{y}}"}}')
    assert _request("assets/x.png", negative).open_prompt == '["r","idle","x","no {stem} {{y}}"]'


def test_rules_of_packs_are_called_by_pack_and_version() -> None:
    """A report must say which of two rules named `hero` it was."""
    (rule,) = _rules("rules: [{name: hero, match: '**', clips: {idle: x}}]", pack="characters@1")
    assert matching.label(rule) == "characters@1/hero"
    assert _request("assets/a.png", rule).rule == "characters@1/hero"


def test_fifty_rules_cost_hardly_more_than_one() -> None:
    """Matching in one expression: asking rule by rule would take twenty times as long."""

    def seconds(count: int) -> float:
        text = "".join(
            f"  - {{name: r{n}, match: 'f{n}/{{name}}_*.png', clips: {{idle: '{{name}} x'}}}}\n"
            for n in range(count)
        )
        matcher = matching.Matcher(_rules(f"rules:\n{text}"), ("assets",))
        sources = [_source(f"assets/f{n % count}/s{n}_a.png") for n in range(3000)]
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            found = [matcher.match(source) for source in sources]
            best = min(best, time.process_time() - start)
            assert all(found)
        return best

    assert seconds(50) < 6 * seconds(1)
