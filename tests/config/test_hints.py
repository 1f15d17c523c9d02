"""What a rule says of the sprite itself: kind, facing, parts, extra colours."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from pipeline.config import matching, rule_fields, rule_file, schema, yaml_document
from pipeline.core.errors import ConfigError
from pipeline.core.model import Hints, Rule, Source
from pipeline.engine.contract import orders
from pipeline.engine.prompt.kinds import Kind

RULE = """
rules:
  - name: mill
    match: "mill.png"
    {stated}
    clips: {{turn: "the blades turn, seamless loop"}}
"""


def _rule(stated: str) -> Rule:
    (rule,) = rule_file.load([(yaml_document.parse(RULE.format(stated=stated), "r.yaml"), "")])
    return rule


def test_all_four_are_read() -> None:
    """They stand beside `pivot`, and an unstated one says nothing."""
    rule = _rule(
        "kind: building\n    facing: left\n    parts: {blades: [4, 0, 20, 18]}\n"
        '    extra_colors: ["#FF8800", "#ffdd55"]'
    )
    assert rule.hints == Hints(
        kind="building",
        facing="left",
        parts={"blades": (4, 0, 20, 18)},
        extra_colors=("#ff8800", "#ffdd55"),
    )
    assert _rule("pivot: bottom").hints is None


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("kind: quadrupd", "did you mean `quadruped`"),
        ("facing: lft", "did you mean `left`"),
        ("parts: {blade: [0, 0, 4, 4]}", "did you mean `blades`"),
        ("parts: {blades: [4, 0, 20]}", "4 to 4 entries"),
        ("parts: {blades: [20, 0, 4, 18]}", "holds nothing"),
        ("parts: {blades: [4, 9, 20, 9]}", "holds nothing"),
        ("extra_colors: orange", "#ff8800"),
        ("parts: blades", "mapping"),
        ("kinds: building", "did you mean `kind`"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(stated: str, said: str) -> None:
    """File, line and the word that was probably meant."""
    with pytest.raises(ConfigError, match=r"r\.yaml:\d+") as caught:
        _rule(stated)
    assert said in str(caught.value)


def test_an_override_adds_parts_and_replaces_the_rest() -> None:
    """One sprite of many has its head elsewhere."""
    rule = _rule("kind: building\n    facing: left\n    parts: {blades: [4, 0, 20, 18]}")
    text = "facing: right\nparts: {door: [8, 20, 14, 30]}\n"
    changed = rule_file.override(rule, yaml_document.parse(text, "mill.png.yaml"))
    assert (changed.kind, changed.facing) == ("building", "right")
    assert changed.parts == {"blades": (4, 0, 20, 18), "door": (8, 20, 14, 30)}


def test_they_are_no_fields_of_a_clip() -> None:
    """A walk does not make a building of its sprite."""
    text = RULE.format(stated="pivot: bottom").replace(
        '"the blades turn, seamless loop"', '{prompt: "x", kind: building}'
    )
    with pytest.raises(ConfigError, match="belongs to the rule, beside `clips`"):
        rule_file.load([(yaml_document.parse(text, "r.yaml"), "")])


def test_the_schema_knows_them() -> None:
    """Editors complete the words and underline the wrong ones."""
    valid = Draft202012Validator(schema.rules())
    good = yaml_document.parse(RULE.format(stated="kind: building"), "r.yaml").content
    bad = yaml_document.parse(RULE.format(stated="kind: hovel"), "r.yaml").content
    assert valid.is_valid(good)
    assert not valid.is_valid(bad)


def test_rules_and_engine_know_the_same_kinds() -> None:
    """They share no code, so a test holds their words together."""
    assert set(rule_fields.KINDS) == set(orders.KINDS) == {str(kind) for kind in Kind}


def test_they_go_into_the_request() -> None:
    """As stated: what the engine makes of them is its own matter."""
    source = Source(
        path="assets/mill.png",
        byte_digest="0" * 64,
        pixel_digest="1" * 64,
        width=16,
        height=16,
        colors=5,
        opaque_share=0.5,
    )
    match = matching.match(source, [_rule("kind: building")], ["assets"])
    assert match is not None
    (request,) = matching.requests(source, match)
    assert request.hints == Hints(kind="building")
