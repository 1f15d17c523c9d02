"""`pixelpipe schema`, and what `--help` may load."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from command import call, run
from places import REPOSITORY

from pipeline.commands.init import starter
from pipeline.commands.init.first_rule import First

HEAVY = ("numpy", "PIL", "starlette", "uvicorn", "requests", "watchdog", "rich", "yaml", "msgspec")
PROJECT = starter.project(
    assets=("assets",), ignore=(), rules="rules/*.yaml", packs=(), targets=(), engine=""
)


@pytest.mark.parametrize("kind", ["project", "rules", "override"])
def test_each_schema_is_one_json_object_and_a_schema(kind: str) -> None:
    """Editors read it from a file or a pipe."""
    done = call("schema", kind)
    assert done.code == 0
    jsonschema.Draft202012Validator.check_schema(done.json())
    assert done.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_schemas_accept_what_init_writes_and_refuse_a_typing_error() -> None:
    """A schema that marks our own files as wrong would be switched off."""
    rules = jsonschema.Draft202012Validator(call("schema", "rules").json())
    project = jsonschema.Draft202012Validator(call("schema").json())
    for first in (First(match=("my_sprites/*.png",)), First(match=("a.png",), extends="a@1/b")):
        assert rules.is_valid(yaml.safe_load(starter.rules(first)))
    assert project.is_valid(yaml.safe_load(PROJECT.replace("targets: []", "targets: [godot]")))
    assert not project.is_valid({"asets": ["assets"]})
    text = json.dumps(call("schema").json())
    assert all(f'"{name}"' in text for name in ("godot", "aseprite", "characters@2"))
    assert "Jobs in flight at a time. Default 3." in text


def test_written_schemas_lie_where_the_shown_line_says(tmp_path: Path) -> None:
    """The line is pasted into files of different folders: each path must lead to its schema."""
    (tmp_path / "pixelpipe.yaml").write_text("")
    done = run("schema", "--write", "--project", tmp_path)
    assert done.code == 0, done.err
    lines = re.findall(r"^  (\S+) +# yaml-language-server: \$schema=(\S+)$", done.out, re.MULTILINE)
    assert [file for file, _ in lines] == [
        "pixelpipe.yaml",
        "rules/sprites.yaml",
        "assets/hero.png.yaml",
    ]
    for file, schema in lines:
        target = (tmp_path / file).parent / schema
        (tmp_path / file).parent.mkdir(exist_ok=True)
        assert json.loads(target.read_text())["title"]
    again = call("schema", "--write", "--project", tmp_path)
    assert again.out.count("Unchanged:") == 3


def test_write_outside_of_a_project_says_what_is_missing(tmp_path: Path) -> None:
    """There is no place to put them, and no reason to make one."""
    done = run("schema", "--write", cwd=tmp_path)
    assert done.code == 3
    assert "run `pixelpipe init`" in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_kind_is_a_wrong_usage() -> None:
    """The choices are named."""
    done = call("schema", "rule")
    assert done.code == 2
    assert "'project', 'rules', 'override'" in done.err


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help is asked for by shells while one types: it has to be there at once."""
    loaded = _loaded_by(arguments)
    assert not [name for name in HEAVY if name in loaded]


@pytest.mark.parametrize("command", ["init", "doctor", "schema", "balance", "engine"])
def test_help_of_a_command_loads_no_pixels_and_no_server(command: str) -> None:
    """What one command needs, its help does not."""
    loaded = _loaded_by([command, "--help"])
    assert not [name for name in ("starlette", "uvicorn", "watchdog", "rich") if name in loaded]
    if command != "doctor":
        assert not [name for name in ("numpy", "PIL") if name in loaded]


def _loaded_by(arguments: list[str]) -> set[str]:
    """Return the top-level modules that a command loads."""
    script = (
        "import sys\n"
        "from pipeline import cli\n"
        f"sys.argv = ['pixelpipe', *{arguments!r}]\n"
        "try:\n    cli.main()\nexcept SystemExit as done:\n    assert not done.code, done.code\n"
        "print('\\nLOADED', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("\nLOADED ")[2].split())
