"""LÖVE draws the quads of our Lua table and plays its tags."""

from __future__ import annotations

import shutil
from pathlib import Path

import hero_sheet
import programs
import pytest

from pipeline.core.model import TargetChoice
from pipeline.targets import timing

pytestmark = pytest.mark.slow


def test_love_draws_and_plays_every_sheet(tmp_path: Path) -> None:
    """Pixels are decoded from a canvas, times from a clock that counts 10 ms steps."""
    choices = (TargetChoice(name="love"), TargetChoice(name="sheet", options={"columns": 4}))
    sheets = [sheet for sheet in hero_sheet.odd() if sheet.stem.count("/") == 1]
    for sheet in sheets:
        programs.publish(tmp_path, sheet, choices)
    for name in ("conf.lua", "main.lua"):
        shutil.copy(programs.HERE / "love" / name, tmp_path)
    love, xvfb = programs.program("love"), programs.program("xvfb-run")
    said = programs.run(xvfb, "-a", love, tmp_path, home=tmp_path).splitlines()
    for sheet in sheets:
        name = f"{sheet.stem.partition('/')[2]}.anim.lua"
        numbers = " ".join(str(number) for number in range(len(sheet.frames)))
        assert f"pixels|{name}|{numbers}" in said
        plays = dict(line.split("|")[2:] for line in said if line.startswith(f"play|{name}|"))
        for clip in sheet.clips:
            wanted = [frame for frame, _ in timing.play(sheet, clip)]
            shown = [step.partition(":")[2] for step in plays[clip.name].split()]
            if not clip.loop:
                assert shown.pop() == "done"
            rounds = (wanted * 26)[: len(shown)]
            assert [int(frame) for frame in shown] == rounds, clip.name
    assert "play|hero.anim.lua|walk|0:0 130:1 250:2 380:3 500:0 630:1 750:2 880:3 1000:0" in said
    assert "play|hero.anim.lua|jump|0:4 130:5 380:6 500:7 630:done" in said
