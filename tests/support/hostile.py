"""Ways in which somebody may change a project before another one clones it."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

from game import png
from PIL import Image

#: What stands where a name, a digest or a text is expected.
TEXTS = [
    "", "..", "../../evil", "/etc/passwd", "README.md", ".git/HEAD", "assets/hero.png", "a" * 5000,
    "\x1b]0;evil\x07", "::error::evil", "x\ny", "\u202egnp.evil", "0" * 64, "0" * 63 + "g", "null",
    "assets/.hid/x.anim.png", "C:\\evil", "*a" * 40, "{{stem}}", "\ud7ff", "https://evil.example",
]  # fmt: skip
#: What stands where a figure, a flag or a list is expected.
VALUES: list[object] = [
    0, -1, 1, 2**31, 2**63, -(2**63), 10**40, 1e308, True, None, [], {}, [0, 0], [-1, 10**9],
    [[]], {"x": "y"}, *TEXTS,
]  # fmt: skip
YAML = [
    "service: https://evil.example/functions/v1\n", "service: {url}\n", "budget: 100000\n",
    "budget: {{run: 100000, day: 100000}}\n", "assets: [.]\n", "assets: [.git]\n", "jobs: 32\n",
    "assets: [../..]\n", "ignore: ['*a*a*a*a*a*a*a*b', '**/d/**/d/**/d/**']\n", "batch: true\n",
    "targets: [godot, gif, css, tiled, unity, evil]\n", "api_key: pe_sk_x\n",
    "packs: [props@1]\n",
    "rules: ['**/**/**/**/*.yaml']\n", "rules: [assets/hero.png]\n", "\x00\n", "- [\n",
    "x: &a [*a, *a]\n", "targets: [{{frames: {{}}}}]\n", "placeholder: 7\n",
]  # fmt: skip
RULE = [
    "    match: '{{a}}*{{a}}*{{a}}b*'\n", "    match: '*a*a*a*a*a*a*a*a*a*b'\n",
    "    budget: 9999\n",
    "    pivot: [1e99, -5]\n", "    when: {{path: '(a+)+b'}}\n",
    "    cells: 1x1\n    pick: [0, 999]\n",
    "    grade: {{hide: 100}}\n", "    targets: [gif, webp, apng, frames]\n", "    alpha: keep\n",
    "    clips: {{x: '\\e]0;evil\\a', y: {{from: x, flip: y}}, z: {{from: z}}}}\n",
    "    clips: {{x: {{prompt: hop, frames: 16, fps: 1000}}}}\n",
    "    clips: {{x: {{prompt: hop, hold: {{0: 9999999}}}}}}\n",
]  # fmt: skip


class Spoiler:
    """Changes a project in ways that a seed decides. `url` is where nobody may send anything."""

    def __init__(self, root: Path, random: Random, url: str) -> None:
        self._root = root
        self._random = random
        self._url = url

    def spoil(self, kind: str) -> None:
        """Make one change of that kind."""
        KINDS[kind](self)

    def lock(self) -> None:
        """Change lines of the lock file, add some, or damage its bytes."""
        place = self._root / "pixelpipe.lock"
        lines = self._text(place).split("\n")
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randrange(len(lines))
            line = self._changed_json(lines[at])
            if self._random.random() < 0.5:
                lines.insert(at, line)
            else:
                lines[at] = line
        content = "\n".join(lines).encode(errors="replace")
        self._write(place, content if self._random.random() < 0.8 else self._flipped(content))

    def record(self) -> None:
        """Change a record of what was bought, or put a copy elsewhere."""
        places = sorted(self._root.glob(".pixelpipe/bought/??/*.json"))
        if not places:
            return
        place = self._random.choice(places)
        content = self._changed_json(self._text(place)).encode(errors="replace")
        if self._random.random() < 0.3:
            place = place.with_name(self._random.choice(["x.json", f"{'0' * 64}.{'0' * 16}.json"]))
        self._write(place, content if self._random.random() < 0.8 else self._flipped(content))

    def strip(self) -> None:
        """Damage bought bytes, or put another picture in their place."""
        places = sorted(self._root.glob(".pixelpipe/bought/??/*.png"))
        if places:
            self._write(self._random.choice(places), self._picture())

    def state(self) -> None:
        """Replace what this checkout remembers."""
        names = [
            "index.sqlite",
            "tmp/state",
            ".gitignore",
            "index.sqlite-journal",
            "index.sqlite-wal",
        ]
        place = self._root / ".pixelpipe" / self._random.choice(names)
        if place.name == "index.sqlite" and self._random.random() < 0.5:
            self._endless(place)
            return
        before = place.read_bytes() if place.is_file() else b"x" * 200
        self._write(place, self._flipped(before))

    def link(self) -> None:
        """Put a link, a pipe or a folder where a file or a folder is expected."""
        names = [".pixelpipe/bought", ".pixelpipe/tmp", ".pixelpipe", "pixelpipe.lock", ".env",
                 "assets/hero.anim.png", "assets/hero.png", "assets/.pixelpipeignore", "rules",
                 "assets/hero.png.yaml", "rules/own.yaml"]  # fmt: skip
        place = self._root / self._random.choice(names)
        if place.is_symlink() or place.exists():
            was = place.with_name(f"{place.name}.was")
            if was.is_symlink() or was.exists():
                return  # an earlier change was made here
            place.rename(was)
        if not place.parent.is_dir():
            return
        ways: list[Callable[[], object]] = [
            lambda: place.symlink_to(self._root.parent / "outside"),
            lambda: place.symlink_to("/dev/zero"),
            lambda: place.symlink_to(".."),
            lambda: place.symlink_to(place.name),
            lambda: os.mkfifo(place),
            place.mkdir,
        ]
        self._random.choice(ways)()

    def settings(self) -> None:
        """Add lines to the settings."""
        place = self._root / "pixelpipe.yaml"
        chosen = self._random.sample(YAML, self._random.randint(1, 2))
        text = self._text(place) + "".join(chosen).format(url=self._url)
        self._write(place, text.encode())

    def rules(self) -> None:
        """Add lines to the rules, or damage them."""
        place = self._root / "rules" / "own.yaml"
        text = self._text(place) + self._random.choice(RULE).format()
        content = text.encode()
        self._write(place, content if self._random.random() < 0.8 else self._flipped(content))

    def override(self) -> None:
        """Put an override beside a sprite."""
        texts = ["clips: {idle: null}\n", "clips: {idle: '\\e[2J'}\n", "- x\n", "match: '*'\n",
                 "targets: [gif]\n", "clips: {../x: hop}\n",
                 "alpha: keep\npivot: [-1e9, 5]\n"]  # fmt: skip
        self._write(self._root / "assets/hero.png.yaml", self._random.choice(texts).encode())

    def ignore(self) -> None:
        """Put an ignore file into the assets."""
        texts = [
            "*\n",
            "**/d/" * 50 + "\n",
            "*a" * 60 + "b\n",
            "[z-a]\n" * 2500,
            "!*\n/*\n",
            "\\\n",
        ]
        self._write(self._root / "assets/.pixelpipeignore", self._random.choice(texts).encode())

    def picture(self) -> None:
        """Damage a sprite, or put another picture in its place."""
        name = self._random.choice(
            ["hero.png", "slime.png", "new.png", "::error::x.png", "a.anim.png"]
        )
        self._write(self._root / "assets" / name, self._picture())

    def _picture(self) -> bytes:
        width, height = self._random.choice([(12, 14), (16, 16), (40, 24), (8, 8), (96, 12)])
        noise = Image.frombytes("RGBA", (width, height), self._random.randbytes(width * height * 4))
        content = png(noise)
        ways: list[Callable[[], bytes]] = [
            lambda: content,
            lambda: self._flipped(content),
            lambda: content[: self._random.randrange(len(content))],
            lambda: _with_chunk(
                content, b"IHDR", struct.pack(">IIBBBBB", 9999, 9999, 8, 6, 0, 0, 0)
            ),
            lambda: _with_chunk(content, b"acTL", struct.pack(">II", 2**31, 0)),
            lambda: _with_chunk(content, b"iTXt", b"pixelpipe\0\0\0\0\0{}"),
            lambda: _with_chunk(content, b"tRNS", self._random.randbytes(3)),
            lambda: b"",
        ]
        return self._random.choice(ways)()

    def _changed_json(self, text: str) -> str:
        try:
            document = json.loads(text)
        except ValueError:
            return text + self._random.choice(TEXTS)
        if not isinstance(document, dict) or not document:
            return text
        inner = document
        if isinstance(document.get("resolved"), dict) and self._random.random() < 0.6:
            inner = document["resolved"]
        inner[self._random.choice(list(inner))] = self._random.choice(VALUES)
        return json.dumps(document)

    def _flipped(self, content: bytes) -> bytes:
        changed = bytearray(content or b"x")
        for _ in range(self._random.randint(1, 8)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed)

    def _endless(self, place: Path) -> None:
        self._write(place, b"")
        if place.is_symlink() or not place.is_file():
            return
        with sqlite3.connect(place) as database:
            database.execute(
                "CREATE VIEW files(path, memo) AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
                "SELECT x + 1 FROM n) SELECT CAST(x AS TEXT), zeroblob(64) FROM n"
            )
        database.close()

    def _text(self, place: Path) -> str:
        return place.read_text("utf-8", errors="replace") if place.is_file() else ""

    def _write(self, place: Path, content: bytes) -> None:
        """Write a file, unless an earlier change has put something else there."""
        try:
            if place.parent.resolve().is_relative_to(self._root) and (
                place.is_file() or not (place.is_symlink() or place.exists())
            ):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.unlink(missing_ok=True)
                place.write_bytes(content)
        except OSError:
            return


def _with_chunk(content: bytes, kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + body)
    return (
        content[:33]
        + struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", crc)
        + content[33:]
    )


KINDS: dict[str, Callable[[Spoiler], None]] = {
    "lock": Spoiler.lock,
    "record": Spoiler.record,
    "strip": Spoiler.strip,
    "state": Spoiler.state,
    "link": Spoiler.link,
    "settings": Spoiler.settings,
    "rules": Spoiler.rules,
    "override": Spoiler.override,
    "ignore": Spoiler.ignore,
    "picture": Spoiler.picture,
}
