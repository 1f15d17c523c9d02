"""Other programs that find out what is out of date, set up to copy each sprite once.

Each watches over the same sprites as pixelpipe: `assets/**/NAME.png` to a copy below `copies/`
(git: the assets themselves, with their outputs). What this machine has is used. `install` gets
doit, ninja, DVC and AssetPack into a folder of their own, $PIXELPIPE_BENCH_PEERS, by default
~/.cache/pixelpipe-peers; deleting it undoes that. git and make are the system's, and ninja where
that has one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

NPM = ("@assetpack/core@1",)
PYTHON = ("doit", "ninja", "dvc")

DODO = """
from pathlib import Path
import shutil

DOIT_CONFIG = {"dep_file": str(Path(__file__).parent / ".doit.db")}

def copy(source, target):
    shutil.copyfile(source, target)

def task_copy():
    root = Path(__file__).parent
    for path in sorted((root / "assets").rglob("*[0-9].png")):
        name = path.relative_to(root).as_posix()
        target = root / "copies/doit" / name
        yield {
            "name": name, "file_dep": [str(path)], "targets": [str(target)],
            "actions": [(copy, [str(path), str(target)])],
        }
"""
STAGES = """
stages:
  copy:
    cmd: rm -rf copies/dvc && mkdir -p copies && cp -r assets copies/dvc
    deps: [assets]
    outs:
      - copies/dvc: {cache: false}
"""
PACK = """
import {{ AssetPack }} from {module};
await new AssetPack({{
  entry: {entry}, output: {output}, cacheLocation: {cache}, ignore: ["**/*.anim.*"],
  logLevel: "error", pipes: [],
}}).run();
"""


class Peer(NamedTuple):
    """A program on a tree: the command that finds out, and what brings it up to date before."""

    name: str
    command: tuple[str, ...]
    #: Writes its files, given the tree and its sprites; None for a program that is not here.
    describe: Callable[[Path, Sequence[str]], None] | None
    #: Run once, in turn, before anything is measured.
    before: tuple[tuple[str, ...], ...] = ()
    #: One changed sprite makes it copy all of them again.
    is_coarse: bool = False


def folder() -> Path:
    """Return where programs of the benchmark's own are installed."""
    stated = os.environ.get("PIXELPIPE_BENCH_PEERS")
    return Path(stated) if stated else Path.home() / ".cache" / "pixelpipe-peers"


def install() -> None:
    """Install what pip and npm have; the system's packages are not touched."""
    own = folder()
    own.mkdir(parents=True, exist_ok=True)
    if not (own / "python/bin/dvc").exists():
        subprocess.run([sys.executable, "-m", "venv", str(own / "python")], check=True)
        pip = [str(own / "python/bin/python"), "-m", "pip", "install", "-q", *PYTHON]
        subprocess.run(pip, check=True)
    if shutil.which("npm") and not _assetpack().exists():
        npm = ["npm", "install", "--prefix", str(own / "npm"), "--no-save", "--no-audit"]
        subprocess.run([*npm, "--no-fund", "--ignore-scripts", *NPM], check=True)


def known(root: Path) -> Iterator[Peer]:
    """Yield all peers, also those that this machine has not."""
    own = folder() / "python/bin"
    git, tree = ("git", "-C", str(root)), str(root)
    yield Peer("git status", (*git, "status", "--porcelain"), _if(shutil.which("git"), _git),
               ((*git, "init", "-q"), (*git, "add", "-A")))  # fmt: skip
    program = shutil.which("ninja") or shutil.which("ninja", path=str(own))
    ninja = (program or "ninja", "--quiet", "-C", tree)
    yield Peer("ninja", ninja, _if(program, _ninja), (ninja,))
    make = ("make", "-r", "-s", "-C", tree)
    yield Peer("make", make, _if(shutil.which("make"), _make), (make,))
    doit = (str(own / "doit"), "-f", f"{root}/dodo.py")
    yield Peer("doit", doit, _if((own / "doit").exists(), _doit), (doit,))
    dvc = (str(own / "dvc"), "--cd", tree)
    yield Peer("DVC", (*dvc, "repro", "-q"), _if((own / "dvc").exists(), _dvc),
               ((*dvc, "init", "-q", "--no-scm", "-f"), (*dvc, "repro", "-q")),
               is_coarse=True)  # fmt: skip
    node = ("node", f"{root}/pack.mjs")
    has_node = shutil.which("node") and _assetpack().exists()
    yield Peer("AssetPack", node, _if(has_node, _pack), (node,))


def here(root: Path) -> list[Peer]:
    """Return the peers that this machine has."""
    return [peer for peer in known(root) if peer.describe is not None]


def missing() -> list[str]:
    """Return the names of those that it has not."""
    return [peer.name for peer in known(Path()) if peer.describe is None]


def start(root: Path, sprites: Sequence[str]) -> None:
    """Write the files of all peers and let each make its copies, which takes its time."""
    for peer in here(root):
        if peer.describe is not None:
            peer.describe(root, sprites)
    for peer in here(root):
        for command in (*peer.before, peer.command):
            _quietly(command)


def _if(
    is_here: object, describe: Callable[[Path, Sequence[str]], None]
) -> Callable[[Path, Sequence[str]], None] | None:
    return describe if is_here else None


def _assetpack() -> Path:
    return folder() / "npm/node_modules/@assetpack/core/dist/core/index.js"


def _quietly(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr[-1000:], done.stdout[-1000:])


def _git(root: Path, _: Sequence[str]) -> None:
    lines = (".pixelpipe/", "copies/", "bare.sqlite", ".ninja_*", ".doit*", ".dvc/", "dvc.*")
    (root / ".gitignore").write_text("\n".join(lines) + "\n.assetpack/\n")


def _copies(root: Path, name: str, sprites: Sequence[str]) -> list[str]:
    made = [f"copies/{name}/{path}" for path in sprites]
    for place in {(root / path).parent for path in made}:
        place.mkdir(parents=True, exist_ok=True)
    return made


def _ninja(root: Path, sprites: Sequence[str]) -> None:
    made = _copies(root, "ninja", sprites)
    edges = [f"build {to}: cp {path}" for path, to in zip(sprites, made, strict=True)]
    text = "\n".join(["rule cp", " command = cp $in $out", *edges])
    (root / "build.ninja").write_text(text + "\n")


def _make(root: Path, sprites: Sequence[str]) -> None:
    made = _copies(root, "make", sprites)
    rules = [f"{to}: {path}\n\tcp $< $@" for path, to in zip(sprites, made, strict=True)]
    (root / "Makefile").write_text("\n".join([f"all: {' '.join(made)}", *rules]) + "\n")


def _doit(root: Path, sprites: Sequence[str]) -> None:
    _copies(root, "doit", sprites)
    (root / "dodo.py").write_text(DODO)


def _dvc(root: Path, _: Sequence[str]) -> None:
    (root / "copies").mkdir(exist_ok=True)
    (root / "dvc.yaml").write_text(STAGES)


def _pack(root: Path, _: Sequence[str]) -> None:
    text = PACK.format(
        module=json.dumps(_assetpack().as_uri()),
        entry=json.dumps(str(root / "assets")),
        output=json.dumps(str(root / "copies/assetpack")),
        cache=json.dumps(str(root / ".assetpack")),
    )
    (root / "pack.mjs").write_text(text)
