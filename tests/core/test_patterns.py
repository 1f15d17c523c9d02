"""Wildcards mean what a plain regular expression says, and never take longer than a moment."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.config import globs
from pipeline.config.matching import Matcher
from pipeline.core import patterns
from pipeline.core.model import Clip, Rule, Source
from pipeline.storage.files.ignore import Ignore

#: Few letters, so that runs overlap in every way.
NAMES = st.lists(
    st.sampled_from(["a", "b", "ab", "*", "?", "[ab]", "[!a]", "{x}", "{y}", "{z}", "_"]),
    min_size=1, max_size=6,
).map("".join).filter(lambda name: "**" not in name)  # fmt: skip
PATTERNS = st.lists(NAMES | st.just("**"), min_size=1, max_size=4).map("/".join)
PATHS = st.lists(st.text("ab_", min_size=1, max_size=5), min_size=1, max_size=5).map("/".join)
MOMENT_S = 1.0


def plainly(pattern: str) -> str:
    """Return the plain regular expression: greedy, with backtracking."""
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    parts = []
    for name in pattern.split("/"):
        tokens = re.findall(r"\*+|\?|\[[^]]*\]|\{\w+\}|.", name)
        parts.append(None if name == "**" else "".join(map(_token, tokens)))
    begin = "".join("(?:[^/]+/)*" if part is None else f"{part}/" for part in parts[:-1])
    return begin + (parts[-1] or ".+")


def _token(token: str) -> str:
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if token[0] == "[":
        return f"(?!/){token.replace('[!', '[^')}"
    return f"(?P<{token[1:-1]}>[^/]+)" if token[0] == "{" else re.escape(token)


@given(PATTERNS, PATHS)
@example("**/a/**/b", "a/a/b/b")
@example("{x}_{y}", "a_b_a_b")
@example("*{x}{y}b", "aabbb")
@example("**/{x}/**/*a", "a/b/a/ba")
def test_patterns_match_and_capture_as_their_plain_expression(pattern: str, path: str) -> None:
    """The same paths, and the same captures: they become prompts, and prompts cost money."""
    captures = re.findall(r"\{\w+\}", pattern)
    if len(set(captures)) != len(captures):
        return
    glob = globs.compile(pattern)
    expected = re.fullmatch(plainly(pattern), path, re.DOTALL)
    match = re.fullmatch(glob.source, path, re.DOTALL)
    assert (match is None) == (expected is None)
    if match and expected:
        assert glob.captured(match) == expected.groupdict()


HOSTILE = [
    "*a" * 60 + "b.png",
    "a/" + "*a" * 60 + "*b.png",
    "**/d/" * 60 + "x.png",
    "**/*d/" * 40 + "x.png",
    "{p}a*a*a*a*a*a*a*a{q}b.png",
    "{p}a{q}a{r}a{s}a{t}a{u}b.png",
    "?*" * 60 + "b.png",
    "[ab]*" * 60 + "c.png",
]
LONG_PATHS = ["a" * 250 + ".png", "a/" + "a" * 250 + ".png", "d/" * 400 + "y.png"]


def _rule(pattern: str) -> Rule:
    clip = Clip(name="idle", prompt="breathing")
    return Rule(name="r", match=(pattern,), clips=(clip,), file="r.yaml", line=1)


@pytest.mark.parametrize("pattern", HOSTILE)
@pytest.mark.parametrize("path", LONG_PATHS, ids=["name", "folder", "depth"])
def test_hostile_rules_take_a_moment(pattern: str, path: str) -> None:
    """A star for every fourth letter, folders at any depth: nothing is tried twice."""
    source = Source(
        path=path, byte_digest="0" * 64, pixel_digest="0" * 64, width=8, height=8, colors=1,
        opaque_share=1.0,
    )  # fmt: skip
    begun = time.process_time()
    Matcher([_rule(pattern)], ["."]).match(source)
    assert time.process_time() - begun < MOMENT_S


@pytest.mark.parametrize("pattern", [one for one in HOSTILE if "{" not in one] + ["**/d/" * 60])
@pytest.mark.parametrize("path", LONG_PATHS, ids=["name", "folder", "depth"])
def test_hostile_ignore_files_take_a_moment(pattern: str, path: str) -> None:
    """Also negated, for folders only, and written in a folder below."""
    begun = time.process_time()
    for line in (pattern, f"!{pattern}", f"{pattern}/", f"/{pattern}"):
        Ignore().extended([line], "").matches(path)
        Ignore().extended([line], "a").matches(path, is_folder=True)
    assert time.process_time() - begun < MOMENT_S


def test_many_wildcards_beside_a_repeated_capture_are_refused() -> None:
    """A capture that must be equal in two places cannot be matched in linear time."""
    globs.compile("{kind}/{name}/{name}_{pose}.png")
    with pytest.raises(globs.PatternError, match="at most four"):
        globs.compile("{a}*{b}*{c}*{a}.png")


#: A class as it is written, a sign, and whether rules, ignore files and typed answers match it.
CLASSES = [
    ("[ab]", "a", True), ("[ab]", "c", False), ("[!a]", "b", True), ("[!a]", "a", False),
    ("[a-c]", "b", True), ("[a-c]", "-", False), ("[-a]", "-", True), ("[a-]", "-", True),
    ("[a-]", "b", False), ("[!-a]", "b", True), ("[!-a]", "-", False), ("[]]", "]", True),
    ("[]a]", "a", True), ("[!]]", "a", True), ("[!]]", "]", False), ("[[]", "[", True),
    ("[a-c-e]", "-", True), ("[a-c-e]", "d", False), ("[*-,]", "+", True), ("[+--]", ",", True),
    ("[a&&b]", "&", True), ("[a||b]", "|", True), ("[a~~b]", "~", True), ("[+-9]", "5", True),
    ("[[:alpha:]]", "a]", True), ("[[:alpha:]]", "b]", False), ("[[:alpha:]]", ":]", True),
]  # fmt: skip


@pytest.mark.parametrize(("written", "sign", "is_match"), CLASSES)
def test_a_class_means_the_same_everywhere(written: str, sign: str, is_match: bool) -> None:
    rule = globs.regex([globs.compile(f"x/{written}.png")])
    ignored = Ignore().extended([f"/x/{written}.png"], "")
    path = f"x/{sign}.png"
    assert bool(rule.fullmatch(path)) is is_match
    assert ignored.matches(path) is is_match
    assert bool(patterns.spanning(f"x/{written}.png").fullmatch(path)) is is_match


def test_no_class_is_a_slash() -> None:
    """A range such as [+-9] spans it, and what is not in a class is much."""
    for written in ("[+-9]", "[!a]"):
        assert not globs.regex([globs.compile(f"x{written}y.png")]).fullmatch("x/y.png")
        assert not Ignore().extended([f"/x{written}y.png"], "").matches("x/y.png")
        assert not patterns.spanning(f"x{written}y.png").fullmatch("x/y.png")


def test_what_is_no_class_is_what_it_was() -> None:
    """Rules refuse it, git takes a `[` for itself and a wrong range for nothing."""
    for wrong in ("a[b-", "[!]", "[z-a]"):
        with pytest.raises(globs.PatternError):
            globs.compile(wrong)
    assert Ignore().extended(["a[b-"], "").matches("a[b-")
    assert not Ignore().extended(["[z-a]"], "").matches("z")
    assert Ignore().extended(["[\\]b]"], "").matches("]")
    assert Ignore().extended(["[a\\-c]"], "").matches("-")
    assert not Ignore().extended(["[a\\-c]"], "").matches("b")
    assert patterns.spanning("a[b-").fullmatch("a[b-")
    assert not patterns.spanning("[z-a]").fullmatch("z")


def test_what_a_person_types_spans_folders() -> None:
    for typed, path, is_match in (
        ("heroes/*", "assets/heroes/a/b.png", True), ("*.png", "assets/a.png", True),
        ("b.png", "assets/b.png", True), ("b.png", "assets/ab.png", False),
        ("h?ro.png", "hero.png", True), ("assets/*", "assets/x/y.png", True),
        ("[^a].png", "^.png", True), ("*a*a*a*a*b", "a" * 400, False),
    ):  # fmt: skip
        assert bool(patterns.spanning(typed).fullmatch(path)) is is_match, typed
