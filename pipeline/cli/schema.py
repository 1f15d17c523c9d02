"""`schema`: JSON Schemas of the YAML files, for completion and checks in editors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import click
import msgspec

from ..config import schema as schemas
from ..core.errors import StorageError
from ..core.model import File
from ..storage import files as game
from . import loudness
from .voice import say, say_block

#: What a schema is for, and what makes it.
_KINDS: Mapping[str, Callable[[], dict[str, object]]] = MappingProxyType(
    {"project": schemas.project, "rules": schemas.rules, "override": schemas.override}
)
_FOLDER = ".pixelpipe/schemas"
_USED_IN = {
    "project": "pixelpipe.yaml",
    "rules": "rules/sprites.yaml",
    "override": "assets/hero.png.yaml",
}


@click.command()
@click.argument("kind", type=click.Choice(tuple(_KINDS)), default="project")
@click.option("--write", is_flag=True, help="Write all of them into the project instead.")
@click.option(
    "--project",
    "folder",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project that --write is for.",
)
def schema(kind: str, write: bool, folder: Path) -> None:
    """Print the JSON Schema of a YAML file: the project's, a rule file's, or an override's.

    With --write the schemas are put into the project, and the line is shown that makes an editor
    with the YAML language server (VS Code, Neovim, JetBrains) complete and check your files.
    """
    if write:
        _write(game.find(folder))
    else:
        say_block(_text(kind))


def _text(kind: str) -> str:
    content = msgspec.json.encode(_KINDS[kind]())
    return msgspec.json.format(content, indent=2).decode() + "\n"


def _write(root: Path) -> None:
    """Publish the schemas in the project's own folder, and say how to refer to them."""
    try:
        game.prepare(root)
    except OSError as exc:
        raise StorageError(f".pixelpipe: cannot be written: {exc.strerror or exc}") from exc
    files = [File(path=f"{_FOLDER}/{kind}.json", content=_text(kind).encode()) for kind in _KINDS]
    changed = game.publish(root, files)
    for file in files:
        say(f"{'Wrote' if file.path in changed else 'Unchanged:'} {file.path}")
    loudness.hint("Put this line at the top of your files:")
    for kind, used_in in _USED_IN.items():
        up = "../" * (len(PurePosixPath(used_in).parts) - 1)
        line = f"# yaml-language-server: $schema={up}{_FOLDER}/{kind}.json"
        loudness.hint(f"  {used_in:22} {line}")
