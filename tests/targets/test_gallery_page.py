"""The review page in headless Chromium: it plays what was published, at its real times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import programs
from game import TWO_CLIPS, Game
from PIL import Image

#: Freeze the page's clock at a time, and read each animation's pixels.
READ = """(() => {
  const read = (ms) => {
    state.playing = false;
    state.ms = ms;
    if (!stages.size) throw new Error("nothing is drawn");
    return [...stages].map((one) => {
      one.drawn = -1;
      draw(one);
      const { width, height } = one.moving;
      return [one.reel.clip, ...one.moving.getContext("2d").getImageData(0, 0, width, height).data];
    });
  };
  const times = window.__query.times.map(read);
  const grounds = [...document.querySelectorAll("input[name=ground]")];
  grounds.at(-1).click();
  const four = document.querySelectorAll(".stage").length;
  document.getElementById("text").value = "slime";
  document.getElementById("text").dispatchEvent(new Event("input"));
  // What the page asked for beside itself.
  const asked = performance.getEntriesByType("resource").map((one) => one.name)
    .filter((name) => !name.startsWith("data:"));
  return { times, asked, four, left: document.querySelectorAll("article").length,
    count: document.getElementById("count").textContent };
})()"""


def test_page_plays_the_published_frames(game: Game) -> None:
    """Each time in ms shows the frame that the JSON beside the sheet says."""
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    game.draw("slime.png", tint=9)
    game.settings(targets=["aseprite"])
    game.rules(TWO_CLIPS.replace("frames: 4", "frames: 4, hold: {1: 500}"))
    assert game.run("build").exit == 0
    page = game.root / "page.html"
    assert game.run("gallery", "--out", str(page)).exit == 0
    times = list(range(20, 1000, 60))
    answer = programs.chromium(
        {
            "page": str(page),
            "folder": str(game.root),
            "scripts": {},
            "query": {"times": times},
            "ready": "typeof stages !== 'undefined' && stages.size === 4 "
            "&& [...stages].every((one) => one.image)",
            "answer": READ,
        },
        home=game.root,
    )
    assert answer["asked"] == []
    shown = cast("list[list[list[object]]]", answer["times"])
    expected = {clip: played(game.root, clip) for clip in ("idle", "hop")}
    for ms, stages in zip(times, shown, strict=True):
        for clip, *pixels in stages[:2]:
            assert bytes(cast("list[int]", pixels)) == at(expected[str(clip)], ms), (clip, ms)
    assert (answer["four"], answer["left"]) == (16, 1)
    assert "1 of 2 sources" in str(answer["count"])


def played(root: Path, clip: str) -> list[tuple[bytes, int]]:
    """Return pixels and ms of a clip of the first source, as the published JSON tells them."""
    sources = sorted((root / "assets").glob("*.anim.json"))
    data = json.loads(sources[0].read_text())
    with Image.open(sources[0].with_suffix(".png")) as sheet:
        whole = sheet.convert("RGBA")
    (tag,) = (tag for tag in data["meta"]["frameTags"] if tag["name"] == clip)
    cells = list(data["frames"].values())[tag["from"] : tag["to"] + 1]
    found = []
    for cell in cells:
        x, y, w, h = (cell["frame"][side] for side in "xywh")
        found.append((whole.crop((x, y, x + w, y + h)).tobytes(), cell["duration"]))
    return found


def at(steps: list[tuple[bytes, int]], ms: int) -> bytes:
    """Return the pixels that show at a time of a looping clip."""
    rest = ms % sum(duration for _, duration in steps)
    for pixels, duration in steps:
        if rest < duration:
            return pixels
        rest -= duration
    raise AssertionError
