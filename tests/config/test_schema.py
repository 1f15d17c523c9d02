"""The schemas that editors use accept and refuse what the parser accepts and refuses."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from pipeline.config import rule_file, schema, stated_settings, yaml_document
from pipeline.core.errors import ConfigError
from pipeline.core.model import Document, Rule

PROJECT = Draft202012Validator(schema.project())
RULES = Draft202012Validator(schema.rules())
OVERRIDE = Draft202012Validator(schema.override())


def _rule(field: str) -> str:
    return f"rules: [{{name: a, match: '{{n}}.png', clips: {{idle: x}}, {field}}}]"


def _clip(field: str) -> str:
    return f"rules: [{{name: a, match: '{{n}}.png', clips: {{b: x, idle: {{{field}}}}}}}]"


GOOD_PROJECT = [
    "",
    "assets: art\nrules: [a.yaml, 'b/*.yaml']\npacks: characters@1",
    "service: built-in",
    "service: https://x.example/v1",
    "service: http://127.0.0.1:80/v1",
    "service: http://[::1]/",
    "targets: godot",
    "targets: [godot, {gif: {scale: 4, dither: false, name: x}}]",
    "targets: {gif: {}}",
    "budget: 5",
    "budget: {day: 5}",
    "jobs: 3.0",
    "watch: {settle: 2, buy_after: 10m, burst: 3, mode: auto}",
    "ignore: ui/",
]
BAD_PROJECT = [
    "asset: art",
    "assets: 3",
    "assets: []",
    "assets: ../x",
    "assets: a/../../x",
    "assets: /x",
    "assets: ''",
    "api_key: x",
    "packs: characters",
    "service: auto2",
    "service: http://x.example",
    "service: https://a:b@x.example",
    "targets: [3]",
    "targets: {gif: 3}",
    "targets: [{gif: {}, web: {}}]",
    "targets: [{gif: {scale: [1]}}]",
    "budget: x",
    "budget: {rum: 1}",
    "jobs: 0",
    "jobs: 2.5",
    "jobs: true",
    "jobs: null",
    "batch: maybe",
    "watch: {settle: 1y}",
    "watch: 3",
    "rules: [{name: a}]",
]
GOOD_RULES = [
    "rules: []",
    "version: 1\nwhen: {without: ui}\ndefaults: {fps: 3}\nrules: []",
    _rule("pivot: top-left"),
    _rule("pivot: [1, -2]"),
    _rule("defaults: {frames: 16, colors: source, matte: '#A0b1c2'}"),
    _rule("when: {min_width: 3, max_opaque: 0.5, path: '^x', stem: bat, folder: [a b]}"),
    _rule("vary_by: n"),
    _rule("cells: 16x16, pick: 3"),
    _rule("cells: [16, 16], pick: [0, 1]"),
    _rule("grade: 0, batch: true, placeholder: false, budget: 0"),
    _rule("targets: []"),
    _clip("prompt: '{n} and {{x}}', negative_prompt: ''"),
    _clip("prompt: x, frames: 8.0, hold: {0: 10, 7: 60000}, fit: 3, seed: 1"),
    _clip("from: b, flip: x, reverse: true, fps: 0.5, hold: {3: 20}, direction: pingpong"),
]
BAD_RULES = [
    "",
    "rules: {}",
    "rules: [{}]",
    "rules: [x]",
    "rule: []",
    "rules: []\nmatch: x.png",
    "rules: [{name: '', match: x.png, clips: {a: x}}]",
    "rules: [{name: a, match: ../x.png, clips: {a: x}}]",
    "rules: [{name: a, match: /x.png, clips: {a: x}}]",
    "rules: [{name: a, match: [], clips: {a: x}}]",
    "rules: [{name: a, match: 3, clips: {a: x}}]",
    "rules: [{name: a, match: x.png, clips: {}}]",
    "rules: [{name: a, match: x.png, clips: {a/b: x}}]",
    "rules: [{name: a, match: x.png, clips: {'../b': x}}]",
    "rules: [{name: a, match: x.png, clips: {a: ' '}}]",
    "rules: [{name: a, match: x.png, clips: {a: 'open { brace'}}]",
    _rule("frames: 8"),
    _rule("pivot: middle"),
    _rule("pivot: [1]"),
    _rule("pivot: null"),
    _rule("when: {maxwidth: 3}"),
    _rule("when: {min_opaque: 2}"),
    _rule("when: {stem: 'a/b'}"),
    _rule("cells: 16"),
    _rule("cells: 0x4"),
    _rule("grade: 101"),
    _rule("defaults: {prompt: x}"),
    _clip("prompt: x, frames: 7"),
    _clip("prompt: x, frames: 18"),
    _clip("prompt: x, frames: '8'"),
    _clip("prompt: x, colors: 1"),
    _clip("prompt: x, colors: all"),
    _clip("prompt: x, matte: ff00ff"),
    _clip("prompt: x, matte: '#ff00f'"),
    _clip("prompt: x, hold: {a: 100}"),
    _clip("prompt: x, hold: {0: 1}"),
    _clip("prompt: x, fps: 100"),
    _clip("prompt: x, direction: back"),
    _clip("prompt: x, take: 1"),
    _clip("prompt: x, match: y.png"),
    _clip("from: b, flip: z"),
]
#: Wrong in a way that only the parser can see: one part of the file refers to another.
PARSER_ONLY = [
    _clip("prompt: '{unknown}'"),
    _clip("from: nowhere"),
    _clip("from: idle"),
    _clip("from: b, frames: 4"),
    _clip("prompt: x, flip: x"),
    _rule("extends: nowhere"),
    _rule("vary_by: nowhere"),
    _rule("pick: 1"),
    "rules: [{name: a, match: x.png}]",
    "rules: [{name: a, match: hero, clips: {a: x}}]",
]


def _parse_rules(source: Document) -> object:
    return rule_file.rules(source, bases={})


def _parse_project(source: Document) -> object:
    return stated_settings.resolve(source, {}, {})


def _agrees(text: str, validator: Draft202012Validator, parser: object) -> tuple[bool, bool]:
    source = yaml_document.parse(text, "x.yaml")
    assert callable(parser)
    try:
        parser(source)
        parsed = True
    except ConfigError:
        parsed = False
    return validator.is_valid(source.content), parsed


@pytest.mark.parametrize("built", [schema.project(), schema.rules(), schema.override()])
def test_the_schemas_are_valid_and_describe_every_key(built: dict[str, object]) -> None:
    """Editors show the description of each key while it is typed."""
    Draft202012Validator.check_schema(built)
    lacking: list[str] = []

    def visit(node: object) -> None:
        if isinstance(node, dict):
            for key, value in node.get("properties", {}).items():
                if not value.get("description"):
                    lacking.append(key)
            for value in node.values():
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)

    visit(built)
    assert lacking == []


@pytest.mark.parametrize("text", GOOD_PROJECT)
def test_both_accept_good_projects(text: str) -> None:
    """What runs must not be underlined in red."""
    assert _agrees(text, PROJECT, _parse_project) == (True, True)


@pytest.mark.parametrize("text", BAD_PROJECT)
def test_both_refuse_bad_projects(text: str) -> None:
    """What is refused later should be seen while typing."""
    assert _agrees(text, PROJECT, _parse_project) == (False, False)


@pytest.mark.parametrize("text", GOOD_RULES)
def test_both_accept_good_rules(text: str) -> None:
    """What runs must not be underlined in red."""
    assert _agrees(text, RULES, _parse_rules) == (True, True)


@pytest.mark.parametrize("text", BAD_RULES)
def test_both_refuse_bad_rules(text: str) -> None:
    """What is refused later should be seen while typing."""
    assert _agrees(text, RULES, _parse_rules) == (False, False)


@pytest.mark.parametrize("text", PARSER_ONLY)
def test_only_the_parser_sees_references(text: str) -> None:
    """The border between the two is written down, so that it moves on purpose only."""
    assert _agrees(text, RULES, _parse_rules) == (True, False)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", True),
        ("pivot: top\nclips: {walk: null, idle: {frames: 4}}", True),
        ("match: x.png", False),
        ("name: x", False),
        ("clips: {walk: 3}", False),
    ],
)
def test_overrides_agree_too(text: str, good: bool) -> None:
    """A file beside one sprite has a schema of its own."""
    (rule,) = rule_file.rules(
        yaml_document.parse(
            "rules: [{name: a, match: x.png, clips: {idle: x, walk: y}}]", "r.yaml"
        ),
        bases={},
    )

    def parse(source: Document) -> Rule:
        return rule_file.override(rule, source)

    assert _agrees(text, OVERRIDE, parse) == (good, good)
