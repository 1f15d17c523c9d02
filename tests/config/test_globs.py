"""Patterns: what they match, what they capture, and how they are refused."""

from __future__ import annotations

import re

import pytest

from pipeline.config import globs


def _captures(pattern: str, path: str) -> dict[str, str] | None:
    glob = globs.compile(pattern)
    match = re.fullmatch(glob.source, path)
    return None if match is None else glob.captured(match)


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("hero.png", ["hero.png", "a/b/hero.png"], ["ahero.png", "hero_png", "Hero.png"]),
        ("hero*.png", ["hero.png", "a/hero_1.png"], ["hero/1.png", "a/shero.png"]),
        ("./hero.png", ["hero.png"], ["a/hero.png"]),
        ("a/*.png", ["a/x.png"], ["a/b/x.png", "x.png", "b/a/x.png"]),
        ("**/a/*.png", ["a/x.png", "b/c/a/x.png"], ["ba/x.png", "a/b/x.png"]),
        ("a/**", ["a/x.png", "a/b/c.png"], ["a", "b/a/x.png"]),
        ("a/**/x.png", ["a/x.png", "a/b/c/x.png"], ["a/b/yx.png"]),
        ("mobs/", ["mobs/x.png", "a/mobs/b/x.png"], ["amobs/x.png"]),
        ("a/mobs/", ["a/mobs/x.png"], ["mobs/x.png", "b/a/mobs/x.png"]),
        ("x?.png", ["x1.png"], ["x.png", "x12.png", "x/.png"]),
        ("x[0-9a].png", ["x1.png", "xa.png"], ["xb.png", "x-.png"]),
        ("x[!0-9].png", ["xa.png"], ["x1.png"]),
        ("a[+-9]b.png", ["a1b.png"], ["a/b.png"]),
        ("x[[]1].png", ["x[1].png"], ["x1.png"]),
        ("x[]].png", ["x].png"], ["x.png"]),
        ("a+b (1).png", ["a+b (1).png"], ["aab (1).png"]),
        ("**", ["x.png", "a/b/x.PNG"], []),
    ],
)
def test_patterns_match_like_gitignore(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    """Users know these signs from .gitignore; surprises cost credits."""
    for path in matching:
        assert _captures(pattern, path) is not None, path
    for path in others:
        assert _captures(pattern, path) is None, path


def test_captures_stay_within_a_name() -> None:
    """A capture is a word of the path; one that spans folders would be a path in a prompt."""
    assert _captures("{kind}/{name}.png", "mobs/bat.png") == {"kind": "mobs", "name": "bat"}
    assert _captures("{kind}/{name}.png", "a/mobs/bat.png") is None
    assert _captures("{name}_{pose}.png", "king_bat_idle.png") == {
        "name": "king_bat",
        "pose": "idle",
    }
    assert _captures("{a}/{a}.png", "bat/bat.png") == {"a": "bat"}
    assert _captures("{a}/{a}.png", "bat/cat.png") is None


def test_many_patterns_in_one_expression_keep_their_captures_apart() -> None:
    """One alternation answers for all rules; equal capture names must not collide."""
    regex = globs.regex([globs.compile(text) for text in ("a/{n}.png", "{n}/{n}.png", "{n}.png")])
    for path, index in (("a/x.png", 0), ("b/b.png", 1), ("c/x.png", 2)):
        match = regex.fullmatch(path)
        assert match is not None
        assert match.lastgroup == f"g{index}"


def test_composed_and_decomposed_names_are_one() -> None:
    """macOS hands out decomposed names for what the rule file spells composed."""
    assert globs.compile("he\u0301ros/*.png") == globs.compile("h\u00e9ros/*.png")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("../x.png", "leaves"),
        ("a/../../x.png", "leaves"),
        ("/x.png", "absolute"),
        ("C:/x.png", "absolute"),
        ("a\\x.png", "backslash"),
        ("a//x.png", "two slashes"),
        ("", "names no path"),
        ("/", "absolute"),
        ("a**.png", r"`\*\*` beside"),
        ("x[0-9.png", "without its"),
        ("x[!].png", "without its"),
        ("x[9-0].png", "class"),
        ("{png,webp}", "list several"),
        ("{}.png", "capture is a name"),
        ("{na me}.png", "capture is a name"),
        ("{name.png", "capture is a name"),
        ("{stem}.png", "rename it"),
    ],
)
def test_wrong_patterns_are_refused_with_the_reason(pattern: str, reason: str) -> None:
    """A pattern that quietly matches nothing is found weeks later."""
    with pytest.raises(globs.PatternError, match=reason):
        globs.compile(pattern)


@pytest.mark.parametrize(
    ("pattern", "useless"),
    [("hero", True), ("a/hero.jpg", True), ("hero*", False), ("a/", False), ("x.PNG", False)],
)
def test_patterns_that_match_no_png_are_told(pattern: str, useless: bool) -> None:
    """`match: characters` means the folder, but matches only a file of that name."""
    assert (globs.problem_for_png(pattern) is not None) == useless
