"""One table of motion words, and three readers: what each takes from it."""

from __future__ import annotations

import pytest

from pipeline.commands.doctor import poses
from pipeline.core import motion_words
from pipeline.imaging.frames import prompt_motion
from pipeline.imaging.upload import fit


def test_every_word_is_found_in_a_prompt_and_not_where_it_is_denied() -> None:
    for trait, stems in motion_words.TRAITS.items():
        for stem in (one for one in stems.split() if one.isalpha() and one not in ("feet", "legs")):
            assert getattr(prompt_motion.read("x", f"it {stem}"), trait), (trait, stem)
            assert not getattr(prompt_motion.read("x", f"it does not {stem}"), trait), (trait, stem)


def test_every_word_gives_room() -> None:
    assert set(motion_words.ROOM) == {kind.name for kind in fit.CLASSES}
    for name, stems in motion_words.ROOM.items():
        for stem in stems.split():
            assert name in {kind.name for kind in fit.motion_classes("x", f"it {stem}s")}, stem
            assert fit.motion_classes("x", f"never {stem}s") == (fit.IDLE,)


@pytest.mark.parametrize(
    ("prompt", "traits", "room", "pose"),
    [
        ("jumps up and lands", {"is_abrupt", "reshapes", "acts", "arrives"}, ["hop"], None),
        ("sits down, then dies", {"dies", "acts"}, ["idle"], "sits down"),
        ("a torch flickers, no smoke", set(), ["effect"], None),
        ("climbs; the ghost hovers", {"floats", "is_reversible"}, ["float", "walk"], "climbs"),
        ("Attack! SLASH", {"is_abrupt", "strikes", "stands", "acts"}, ["attack"], None),
        ("it doesn't turn around", {"reshapes", "fades", "hides"}, ["idle"], None),
    ],
)
def test_what_prompts_mean(
    prompt: str, traits: set[str], room: list[str], pose: str | None
) -> None:
    read = prompt_motion.read("x", prompt)
    told = {name for name in motion_words.TRAITS if getattr(read, name)}
    assert told >= traits
    assert [kind.name for kind in fit.motion_classes("x", prompt)] == room
    assert poses.asked(prompt) == pose
