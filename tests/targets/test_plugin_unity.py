"""Unity's scripts, compiled and run under mono against stubs. Unity itself cannot be run here."""

from __future__ import annotations

from pathlib import Path

import hero_sheet
import programs
import pytest

from pipeline.commands.init import plugins
from pipeline.core.model import Sheet, SheetClip, TargetChoice
from pipeline.targets import timing

pytestmark = pytest.mark.slow
TWO_ROWS = TargetChoice(name="sheet", options={"columns": 4})


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile our scripts with the stubs."""
    folder = tmp_path_factory.mktemp("unity")
    sources = [*(programs.HERE / "unity").glob("*.cs")]
    for file in plugins.files("unity"):
        path = folder / Path(file.path).name
        path.write_bytes(file.content)
        sources.append(path)
    compiler = programs.program("mcs")
    programs.run(compiler, "-warnaserror+", "-out:editor.exe", *sources, home=folder)
    return folder / "editor.exe"


def imported(editor: Path, game: Path, command: Path | str, *sheets: Path) -> list[str]:
    """Let the scripts import sheets and build; return what was asked of Unity."""
    mono = programs.program("mono")
    return programs.run(mono, editor, game, str(command), *sheets, home=game).splitlines()


def test_importer_slices_and_makes_clips(editor: Path, tmp_path: Path) -> None:
    """y and the pivot count from the bottom; times, loops and directions are ours."""
    for sheet in hero_sheet.odd():
        files = programs.publish(tmp_path, sheet, (TargetChoice(name="unity"), TWO_ROWS))
        png = next(path for name, path in files.items() if name.endswith(".anim.png"))
        said = imported(editor, tmp_path, "none", png)
        json = png.with_suffix("").with_suffix(".anim.unity.json")
        assert said[0] == f"sheet {png} Point Multiple False None {json}"
        name = sheet.stem.rpartition("/")[2]
        rows = -(-len(sheet.frames) // min(4, len(sheet.frames)))
        pivot = f"{sheet.pivot[0] / sheet.cell[0]:g},{1 - sheet.pivot[1] / sheet.cell[1]:g}"
        for index in range(len(sheet.frames)):
            x = index % 4 * sheet.cell[0]
            y = (rows - 1 - index // 4) * sheet.cell[1]
            box = f"{x},{y},{sheet.cell[0]},{sheet.cell[1]}"
            assert f"rect {name}_{index} {box} {pivot}" in said
        clips = [line.split("|") for line in said if line.startswith("clip|")]
        for clip, line in zip(sheet.clips, clips, strict=True):
            assert line[1] == f"{png.parent}/{name}_{clip.name}.anim"
            assert abs(float(line[2]) - timing.fps(sheet, clip)) < 1e-3
            assert line[3] == str(clip.loop)
            assert line[4].split()[: len(keys(sheet, clip))] == keys(sheet, clip)
        assert said[-2].startswith("again True")  # ids stay when a sheet is imported again


def test_ids_names_and_clips_stay_through_a_rebuild_with_more_frames(
    editor: Path, tmp_path: Path
) -> None:
    """Scenes and prefabs refer to them: a sprite of a name is the same sprite, a clip the same."""
    unity = (TargetChoice(name="unity"), TWO_ROWS)
    files = programs.publish(tmp_path, hero_sheet.hero(), unity)
    png = files["hero.anim.png"]
    longer = hero_sheet.sheet(
        SheetClip(name="walk", first=0, count=6),
        SheetClip(name="jump", first=6, count=4, loop=False),
        durations=(125,) * 10,
    )
    again = programs.publish(tmp_path / "later", longer, unity)
    (png.parent / "next").mkdir()
    for name, path in again.items():
        path.rename(png.parent / "next" / name)
    said = imported(editor, tmp_path, "none", png)
    assert "grown 8 10 10 True True" in said


def keys(sheet: Sheet, clip: SheetClip) -> list[str]:
    """Return the keys of one round, as seconds and frame."""
    at, found = 0, []
    for frame, ms in timing.play(sheet, clip):
        found.append(f"{at / 1000:g}:{frame}")
        at += ms
    return found


def test_last_frame_that_is_held_gets_its_key_again(editor: Path, tmp_path: Path) -> None:
    """Unity ends a clip one sample after its last key."""
    clip = SheetClip(name="go", first=0, count=2)
    sheet = hero_sheet.sheet(clip, durations=(100, 300))
    files = programs.publish(tmp_path, sheet, (TargetChoice(name="unity"),))
    said = imported(editor, tmp_path, "none", files["hero.anim.png"])
    line = next(line for line in said if line.startswith("clip|"))
    assert line.endswith("|10|True|0:0 0.1:1 0.3:1")


@pytest.mark.parametrize(
    ("script", "end"),
    [
        ('echo "$@" > asked; exit 0', "built -100"),
        (
            "echo nothing; echo out of date >&2; exit 9",
            "failed pixelpipe build --frozen ended with",
        ),
        (None, "failed pixelpipe build --frozen ended with -1. The program was not found"),
    ],
)
def test_player_is_built_only_from_what_is_there(
    editor: Path, tmp_path: Path, script: str | None, end: str
) -> None:
    """`--frozen` never spends; its exit code stops the build with a sentence."""
    (tmp_path / "pixelpipe.yaml").write_text("assets: [Assets]\n")
    command = tmp_path / "command"
    if script:
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
    said = imported(editor, tmp_path, command)
    assert said[-1].startswith(end)
    if end.startswith("built"):
        assert (tmp_path / "asked").read_text() == "build --frozen\n"
        assert "refresh ForceSynchronousImport" in said
