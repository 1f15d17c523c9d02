"""Wrong rule files as people write them, with their sentences: `golden/wrong_yaml.txt`.

Run this file as a program to write the sentences anew; then read them aloud.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.config import workspace
from pipeline.core.errors import ConfigError, ConfigErrors

GOLDEN = Path(__file__).parent / "golden" / "wrong_yaml.txt"
_WRITE = re.compile(r"write `([^`]+)`")


def cases() -> dict[str, tuple[str, str]]:
    """Return each file's text and the sentences it gets, by what is wrong with it."""
    found = {}
    for part in GOLDEN.read_text(encoding="utf-8").split("=== ")[1:]:
        name, _, rest = part.partition("\n")
        text, _, said = rest.partition("--- says\n")
        found[name] = text, said.strip()
    return found


def sentences(root: Path, text: str) -> str:
    """Return what a project with this one rule file is told."""
    (root / "rules").mkdir(exist_ok=True)
    (root / "pixelpipe.yaml").write_text("rules: [rules/*.yaml]\n", encoding="utf-8")
    (root / "rules" / "all.yaml").write_text(text, encoding="utf-8")
    try:
        workspace.open(root, {"PIXELPIPE_STATE": str(root / "state")}, {})
    except ConfigError as exc:
        return str(exc)
    return "nothing"


@pytest.mark.parametrize("name", cases())
def test_wrong_file_is_told_what_would_be_right(tmp_path: Path, name: str) -> None:
    """Somebody who does not know YAML must know what to type."""
    text, said = cases()[name]
    assert sentences(tmp_path, text) == said
    assert said.startswith("rules/all.yaml:")


@pytest.mark.parametrize("name", cases())
def test_what_is_recommended_takes_the_complaint_away(tmp_path: Path, name: str) -> None:
    """A recommendation that is refused as well would be worse than none."""
    text, said = cases()[name]
    for sentence in said.splitlines():
        line = int(sentence.split(":")[1])
        if (found := _WRITE.search(sentence)) and text.splitlines()[line - 1].strip():
            lines = text.splitlines()
            if found[1].split()[0].strip("-: ") not in lines[line - 1]:
                continue
            old = lines[line - 1]
            if not found[1].startswith(old.split()[0]):
                continue
            front = old[: len(old) - len(old.lstrip())].replace("\t", "  ")
            lines[line - 1] = front + found[1]
            assert sentence not in sentences(tmp_path, "\n".join(lines)).splitlines()


def test_eleven_mistakes_are_told_as_ten_and_a_count(tmp_path: Path) -> None:
    """A file written for another program would fill the screen."""
    clips = "".join(f"      c{n}: {{prompt: x, frames: 7}}\n" for n in range(12))
    said = sentences(tmp_path, f"rules:\n  - name: a\n    match: '*'\n    clips:\n{clips}")
    assert len(said.splitlines()) == ConfigErrors.told + 1
    assert said.endswith("and 2 more mistakes like these")


@pytest.mark.parametrize(
    "line",
    [
        f"budget: {'9' * 400}",
        "jobs: 1e999",
        "watch: {settle: -1e999}",
        f'budget: "{"9" * 5000}"',
        f'batch: "-{"9" * 5000}"',
        'assets: ["\\0"]',
        'rules: ["a\\0.yaml"]',
        'assets: ["art\\n"]',
    ],
)
def test_what_no_number_or_path_can_be_is_a_mistake_on_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "pixelpipe.yaml").write_text(f"version: 1\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="yaml:2: `"):
        workspace.open(tmp_path, {"PIXELPIPE_STATE": str(tmp_path)}, {})


@pytest.mark.parametrize("said", ["none", "Off", "no", "nil", "false", "n/a", "TODO", "yes"])
@pytest.mark.parametrize(
    "clip", ["idle: {}", "idle: {{prompt: {}}}", "idle: {{prompt: '{} '}}", "idle: '{}'"]
)
def test_what_is_no_motion_is_not_bought_as_one(tmp_path: Path, said: str, clip: str) -> None:
    """Whoever wants to drop a clip and does not know how would pay for it."""
    text = f"rules:\n  - name: a\n    match: '*'\n    clips:\n      {clip.format(said)}\n"
    told = sentences(tmp_path, text)
    assert told.startswith("rules/all.yaml:5: `rules[0].clips.idle")


@pytest.mark.parametrize("before", ["", "jobs: 2\n"])
def test_an_unfinished_merge_is_called_one(tmp_path: Path, before: str) -> None:
    """Quotes around what stands between the marks, as a parser would have them, help nobody."""
    text = f"{before}<<<<<<< HEAD\nbatch: true\n=======\nbatch: false\n>>>>>>> theirs\n"
    (tmp_path / "pixelpipe.yaml").write_text(text, encoding="utf-8")
    line = 1 + before.count("\n")
    with pytest.raises(ConfigError, match=f"yaml:{line}: holds a merge that was not finished"):
        workspace.open(tmp_path, {"PIXELPIPE_STATE": str(tmp_path)}, {})


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Else the second run finds what the first could have told."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "pixelpipe.yaml").write_text("jobs: many\n", encoding="utf-8")
    rule = "rules:\n  - name: {}\n    match: '*'\n    clips: {{idle: a: b}}\n"
    for name in ("one", "two"):
        (tmp_path / "rules" / f"{name}.yaml").write_text(rule.format(name), encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        workspace.open(tmp_path, {"PIXELPIPE_STATE": str(tmp_path)}, {})
    assert [error.path for error in caught.value.errors] == [
        "pixelpipe.yaml",
        "rules/one.yaml",
        "rules/two.yaml",
    ]


def _write_anew() -> None:
    parts = []
    for name, (text, _) in cases().items():
        with tempfile.TemporaryDirectory() as folder:
            parts.append(f"=== {name}\n{text}--- says\n{sentences(Path(folder), text)}\n")
    GOLDEN.write_text("\n".join(parts), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    os.environ.pop("PIXEL_ENGINE_API_KEY", None)
    _write_anew()
    sys.stdout.write(GOLDEN.read_text(encoding="utf-8"))
