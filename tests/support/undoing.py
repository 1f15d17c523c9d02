"""Edits of a project that can be undone: what may change the answer of a run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from game import KEY_NAME, RULES, Game, png, sprite

from pipeline.storage.state import PLACE as STATE

Undo = Callable[[], object]


Edit = Callable[[Game], Undo]


def changed(path: str, content: Callable[[bytes], bytes]) -> Edit:
    """Rewrite a file; undone by writing its old bytes."""

    def edit(game: Game) -> Undo:
        place = game.root / path
        before = place.read_bytes()
        place.write_bytes(content(before))
        return lambda: place.write_bytes(before)

    return edit


def in_secret(path: str) -> Edit:
    """Change one byte and put the time stamp back, as tools do that keep it."""

    def edit(game: Game) -> Undo:
        place = game.root / path
        before, stat = place.read_bytes(), place.stat()
        time.sleep(0.01)  # time stamps of a kernel have the grain of its clock's tick
        place.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        os.utime(place, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        return lambda: place.write_bytes(before)

    return edit


def added(path: str, content: bytes) -> Edit:
    """Add a file."""

    def edit(game: Game) -> Undo:
        return game.write(path, content).unlink

    return edit


def removed(path: str) -> Edit:
    """Remove a file."""

    def edit(game: Game) -> Undo:
        place = game.root / path
        before = place.read_bytes()
        place.unlink()
        return lambda: place.write_bytes(before)

    return edit


def moved(path: str, to: str) -> Edit:
    """Rename a file."""

    def edit(game: Game) -> Undo:
        (game.root / path).rename(game.root / to)
        return lambda: (game.root / to).rename(game.root / path)

    return edit


def variable(name: str, value: str) -> Edit:
    """Set a variable."""

    def edit(game: Game) -> Undo:
        game.environment[name] = value
        return lambda: game.environment.pop(name, None)  # two edits may set the same one

    return edit


def newer(game: Game) -> Undo:
    """Let a newer pixelpipe write what is remembered."""
    return changed(STATE, lambda content: content.replace(b" state 1 ", b" state 2 "))(game)


def linked(game: Game) -> Undo:
    """Replace a sprite by a link to another one."""
    place = game.root / "assets/hero.png"
    before = place.read_bytes()
    place.unlink()
    place.symlink_to("slime.png")

    def undo() -> None:
        place.unlink()
        place.write_bytes(before)

    return undo


def linked_folder(game: Game) -> Undo:
    """Add a link to a folder, which is said and not followed."""
    place = game.root / "assets/l"
    place.symlink_to(game.root / "rules")
    return place.unlink


def moved_away(path: str, to: str) -> Edit:
    """Move a folder, and leave a link to it: its files, inodes and times are the same."""

    def edit(game: Game) -> Undo:
        place, away = game.root / path, game.root / to
        place.rename(away)
        place.symlink_to(away)

        def undo() -> None:
            place.unlink()
            away.rename(place)

        return undo

    return edit


def foldered(path: str) -> Edit:
    """Put a folder where a file was."""

    def edit(game: Game) -> Undo:
        place = game.root / path
        before = place.read_bytes()
        place.unlink()
        place.mkdir()

        def undo() -> None:
            place.rmdir()
            place.write_bytes(before)

        return undo

    return edit


NEW = png(sprite(77))


EDITS: dict[str, Edit] = {
    "source drawn over": changed("assets/hero.png", lambda _: NEW),
    "source touched": changed("assets/hero.png", lambda same: same),
    "source changed in secret": in_secret("assets/hero.png"),
    "source broken": changed("assets/hero.png", lambda content: content[:40]),
    "source removed": removed("assets/hero.png"),
    "source renamed": moved("assets/hero.png", "assets/heroine.png"),
    "source added": added("assets/new.png", NEW),
    "source that no rule matches added": added("assets/_icon.png", NEW),
    "source replaced by a link": linked,
    "link to a folder added": linked_folder,
    "assets moved out of the project": moved_away("assets", "../art"),
    "assets moved within the project": moved_away("assets", "art"),
    "a folder of assets moved away": moved_away("assets/deep", "../deep"),
    "rules moved out of the project": moved_away("rules", "../rules"),
    "settings moved out of the project": moved_away("pixelpipe.yaml", "../pixelpipe.yaml"),
    "twin by case added": added("assets/HERO.png", NEW),
    "override added": added("assets/hero.png.yaml", b"pivot: center\n"),
    "output removed": removed("assets/bat.anim.png"),
    "output edited": changed("assets/bat.anim.png", lambda content: content + b"x"),
    "output edited in secret": in_secret("assets/bat.anim.json"),
    "output replaced by a folder": foldered("assets/bat.anim.png"),
    "foreign output added": added("assets/_logo.anim.png", NEW),
    "ignore file added": added("assets/.pixelpipeignore", b"hero.png\n"),
    "lock emptied": changed("pixelpipe.lock", lambda _: b""),
    "lock cut": changed("pixelpipe.lock", lambda text: b"\n".join(text.split(b"\n")[:-2])),
    "lock with a marker": changed("pixelpipe.lock", lambda text: text + b"<<<<<<< ours\n"),
    "lock in secret": in_secret("pixelpipe.lock"),
    "lock removed": removed("pixelpipe.lock"),
    "rule changed": changed("rules/own.yaml", lambda text: text.replace(b"calmly", b"wildly")),
    "rule broken": changed("rules/own.yaml", lambda text: text + b"\t:"),
    "rule commented": changed("rules/own.yaml", lambda text: text + b"# the end\n"),
    "rule file added": added("rules/a.yaml", RULES.replace("heroes", "all").encode()),
    "rule file removed": removed("rules/own.yaml"),
    "targets changed": changed("pixelpipe.yaml", lambda text: text + b"targets: [gif]\n"),
    "assets changed": changed("pixelpipe.yaml", lambda text: text + b"assets: [art]\n"),
    "pack added": changed("pixelpipe.yaml", lambda text: text.replace(b"[]", b"[items@1]", 1)),
    "settings replaced by a folder": foldered("pixelpipe.yaml"),
    "settings gone": moved("pixelpipe.yaml", "pixelpipe.old"),
    "key in .env": added(".env", b"PIXEL_ENGINE_API_KEY=k\n"),
    "other .env": added(".env", b"OTHER=1\n"),
    "key that git would ignore": added(".gitignore", b".env\n"),
    "run by a machine": variable("CI", "true"),
    "key set": variable(KEY_NAME, "secret-key"),
    "blank key set": variable(KEY_NAME, " "),
    "service set": variable("PIXELPIPE_SERVICE", "http://127.0.0.1:9"),
    "service set as it is": variable("PIXELPIPE_SERVICE", "built-in"),
    "targets set": variable("PIXELPIPE_TARGETS", "gif"),
    "memory of a newer version": newer,
    "memory damaged": changed(STATE, lambda content: content[: len(content) // 2]),
    "memory gone": removed(STATE),
    "source that needs another rule": changed(
        "assets/hero.png", lambda _: png(sprite(5, (40, 40)))
    ),
    "unmatched source drawn over": changed("assets/_logo.png", lambda _: NEW),
}
