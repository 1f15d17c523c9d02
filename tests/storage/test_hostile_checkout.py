"""What a checkout holds is data: no record, line, link or database of it reaches beyond it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from game import Game, Shop, built, png, sprite

from pipeline.api import Project
from pipeline.core import keys
from pipeline.core.model import JobState
from pipeline.storage import lock

pytestmark = pytest.mark.usefixtures("in_process")

Made = Callable[[Game], Game]
POSIX = pytest.mark.skipif(os.name == "nt", reason="links and pipes are of another kind there")


@pytest.fixture(scope="module")
def _first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("first")


@pytest.fixture
def made(_first_build: Path) -> Made:
    """Build a game, or bring what was built before, with the user's state."""

    def make(game: Game) -> Game:
        state = Path(game.variables()["PIXELPIPE_STATE"])
        places = ((game.root, _first_build / "game"), (state, _first_build / "state"))
        if not places[0][1].exists():
            built(game)
            for place, kept in places:
                shutil.copytree(place, kept)
        for place, kept in places:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(kept, place)
        return game

    return make


def record_of(game: Game, name: str = "hero.png") -> tuple[Path, dict[str, object]]:
    """Return a bought record of the project, with its place."""
    line = next(one for one in game.locked() if str(one.get("source", "")).endswith(name))
    (place,) = game.root.glob(f".pixelpipe/bought/??/{line['key']}.*.json")
    return place, json.loads(place.read_text("utf-8"))


def everything(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder with their content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def outside(game: Game) -> dict[str, bytes]:
    """Return what lies beside the project."""
    beside = everything(game.root.parent)
    return {path: content for path, content in beside.items() if not path.startswith("game/")}


def forget_outputs(game: Game) -> None:
    """Let everything be finished again."""
    for path in game.root.rglob("*.anim.*"):
        path.unlink()


# -- records ------------------------------------------------------------------------------------

NAMES = [
    "../../../evil",
    "/tmp/evil",
    "..\\evil",
    "A" * 64,
    "0" * 63,
    "0" * 65,
    "0" * 63 + "\n",
    "",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["request_key", "digest"])
def test_a_record_that_names_a_path_is_as_if_it_were_not_there(
    game: Game, made: Made, field: str, name: str
) -> None:
    """Neither `build --frozen`, nor `verify`, nor `prune --yes` writes or deletes by it."""
    made(game)
    victim = game.root.parent / "evil.png"
    victim.write_bytes(b"mine")
    place, record = record_of(game)
    changed = record | {field: name}
    if field == "request_key":
        changed |= {"resolved": {**record["resolved"], "request_key": name}}  # type: ignore[dict-item]
    place.write_text(json.dumps(changed), "utf-8")
    forget_outputs(game)
    before = outside(game)
    for command in (("build", "--frozen"), ("verify",), ("prune", "--yes"), ("clean",)):
        assert game.run(*command).exit in (0, 1, 8, 9)
    assert outside(game) == before


def test_a_record_under_another_name_is_as_if_it_were_not_there(game: Game, made: Made) -> None:
    """It would be found for a key that it does not answer."""
    made(game)
    place, _ = record_of(game)
    other = place.with_name(f"{'0' * 64}.{place.name.split('.')[1]}.json")
    other.parent.parent.joinpath("00").mkdir(exist_ok=True)
    shutil.copy(place, other.parent.parent / "00" / other.name)
    assert f"{'0' * 12} " not in game.run("prune").stdout


FIGURES: list[dict[str, object]] = [
    {"canvas": [0, 0]},
    {"canvas": [1_000_000, 1_000_000]},
    {"canvas": [-16, 16]},
    {"scale": 1_000_000_000},
    {"scale": 0},
    {"pad": [-1000, 0, 0, 0]},
    {"pad": [-1000, 0, 1000, 0]},
    {"pad": [-1_000_000_000, 0, 0, 0]},
    {"pad": [0, 0, 1_000_000_000, 0]},
    {"frames": 1_000_000_000},
    {"matte": "\x1b[2J"},
    {"palette": ["red; DROP"]},
    {"version": -1},
]


@pytest.mark.parametrize("figures", FIGURES, ids=str)
def test_impossible_figures_of_a_record_end_its_source_alone(
    game: Game, made: Made, figures: dict[str, object]
) -> None:
    """A canvas without pixels, a scale of a milliard: the others are built, and nothing crashes."""
    made(game)
    place, record = record_of(game)
    place.write_text(json.dumps(record | {"resolved": {**record["resolved"], **figures}}), "utf-8")  # type: ignore[dict-item]
    forget_outputs(game)
    ended = game.build("--frozen")
    assert ended.exit in (0, 1, 9), ended.stdout
    assert {"slime.anim.png", "chest.anim.png"} <= game.outputs()


@pytest.mark.parametrize("field", ["credits_charged", "take"])
@pytest.mark.parametrize("value", [-1_000_000, 2**63, 10**30, 1.5, "20", True])
def test_figures_of_money_that_cannot_be_are_not_believed(
    game: Game, made: Made, field: str, value: object
) -> None:
    """A record's price would be booked, and be no price."""
    made(game)
    place, record = record_of(game)
    place.write_text(json.dumps(record | {field: value}), "utf-8")
    shown = game.run("prune").stdout
    assert "0 purchases are not in use" in shown
    shutil.rmtree(Path(game.variables()["PIXELPIPE_STATE"]) / "bought")
    assert game.run("verify").exit == 8


def test_a_foreign_record_stays_in_its_checkout(game: Game, made: Made, tmp_path: Path) -> None:
    """Else a record for a well-known sprite would be published in all projects of this user."""
    made(game)
    state = Path(game.variables()["PIXELPIPE_STATE"])
    shutil.rmtree(state)
    forget_outputs(game)
    assert game.run("build", "--frozen").exit == 0
    assert game.run("prune", "--yes").exit == 0
    assert not list(state.glob("bought/??/*"))
    other = Game(tmp_path / "other", environment=game.environment)
    other.settings()
    other.rules((game.root / "rules/own.yaml").read_text("utf-8"))
    shutil.copy(game.root / "assets/hero.png", other.draw("hero.png"))
    assert other.build("--frozen").exit == 9


def test_a_foreign_record_settles_no_job_of_ours(paying: Game, shop: Shop) -> None:
    """Its price and its bytes are not those of the purchase that is on its way."""
    built(paying)
    place, record = record_of(paying)
    workspace = Project(paying.root, environment=paying.variables()).workspace
    shutil.rmtree(workspace.state / "bought")
    with workspace.ledger(time.time()) as ledger:
        (job,) = ledger.jobs([str(record["request_key"])])
        open_again = msgspec.structs.replace(job, state=JobState.DETACHED, digest=None)
        ledger.record(open_again, now=time.time())
    place.write_text(json.dumps(record | {"credits_charged": 9_999}), "utf-8")
    (paying.root / "pixelpipe.lock").unlink()
    forget_outputs(paying)
    paying.build("--yes")
    with workspace.ledger(time.time()) as ledger:
        assert ledger.charged_since(0.0) < 9_999


# -- lock lines ---------------------------------------------------------------------------------

#: What the project itself holds, and nobody but its owner may delete.
VICTIMS = [
    "README.md",
    ".git/HEAD",
    "src/main.py",
    "assets/hero.png",
    "assets/.x/a.anim.png",
    "notes.anim.png",
    ".pixelpipe/bought/x.anim.png",
    "assets/x.anim.png.import",
]


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("command", ["build", "clean"])
def test_a_lock_line_deletes_no_file_that_is_no_output(
    game: Game, made: Made, victim: str, command: str
) -> None:
    """Neither sources, nor hidden files, nor what only looks like an output elsewhere."""
    made(game)
    place = game.root / victim
    if not place.exists():
        game.write(victim, b"precious")
    content = place.read_bytes()
    digest = keys.digest(content)
    lines = [{"path": victim, "digest": digest, "build": "0" * 64},
             {"source": "assets/gone.png", "clip": "idle", "key": "0" * 64, "digest": "1" * 64,
              "service": "built-in"}]  # fmt: skip
    stem = lock.stem(victim)
    lines += [{**lines[1], "source": f"{stem}.png"}]
    text = (game.root / "pixelpipe.lock").read_text("utf-8")
    text += "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    (game.root / "pixelpipe.lock").write_text(text, "utf-8")
    ended = game.run(command)
    assert ended.exit in (0, 1), ended.stderr
    assert place.read_bytes() == content


LINE = {"clip": "i", "digest": "0" * 64, "key": "1" * 64, "service": "s", "source": "a.png"}
FILE = {"build": "0" * 64, "digest": "1" * 64, "path": "a.anim.png"}
LINES = [
    FILE | {"build": "x"},
    FILE | {"path": "../a.anim.png"},
    FILE | {"path": "a/.git/x.anim.png"},
    FILE | {"path": "a.anim.png\n"},
    FILE | {"path": "README.md"},
    FILE | {"path": "a.anim.png.import"},
    LINE | {"clip": "../x"},
    LINE | {"digest": "../../x"},
    LINE | {"service": "s\x1b[2J"},
    LINE | {"source": "/etc/x.png"},
    LINE | {"take": -1},
    LINE | {"grade": 1e9},
    LINE | {"open": "x"},
]


@pytest.mark.parametrize("line", [json.dumps(one) for one in LINES])
def test_a_lock_line_that_nobody_wrote_is_set_aside_and_named_once(line: str) -> None:
    """The others stand."""
    good = lock.written(
        lock.ClipLine(source="b.png", clip="i", key="2" * 64, digest="3" * 64, service="s")
    )
    read = lock.parse(f"{lock.HEAD}\n{line}\n{good}\n")
    assert [one.source for one in read.clips] == ["b.png"]
    assert read.files == ()
    assert len(read.notices) == 1
    assert "pixelpipe.lock:2" in read.notices[0]


@POSIX
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_nothing_is_deleted_through_a_link(game: Game, made: Made, kind: str) -> None:
    """An assets folder, or an output, that leads elsewhere in the project."""
    made(game)
    precious = game.write(
        ".secret/hero.anim.png", (game.root / "assets/hero.anim.png").read_bytes()
    )
    if kind == "folder":
        for path in list((game.root / "assets").iterdir()):
            if path.name != "hero.png":
                path.unlink()
        (game.root / "assets").rename(game.root / "old")
        (game.root / "assets").symlink_to(".secret")
    else:
        (game.root / "assets/hero.anim.png").unlink()
        (game.root / "assets/hero.anim.png").symlink_to("../.secret/hero.anim.png")
    assert game.run("clean").exit == 0
    assert precious.exists()


# -- links --------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize(
    "link",
    [".pixelpipe", ".pixelpipe/bought", ".pixelpipe/tmp", ".pixelpipe/.gitignore",
     ".pixelpipe/tmp/state", ".pixelpipe/index.sqlite"],
)  # fmt: skip
def test_nothing_is_written_through_a_link_of_the_checkout(
    game: Game, tmp_path: Path, link: str
) -> None:
    """The state of a checkout may be a link to the user's own files."""
    target = tmp_path / "target"
    place = game.root / link
    place.parent.mkdir(parents=True, exist_ok=True)
    if link in (".pixelpipe", ".pixelpipe/bought", ".pixelpipe/tmp"):
        target.mkdir()
    place.symlink_to(target)
    for command in (("plan",), ("build",), ("build",), ("verify",), ("prune", "--yes")):
        assert game.run(*command).exit in (0, 8), command
    assert everything(target) == {} if target.is_dir() else not target.exists()


@POSIX
def test_bought_bytes_are_not_removed_behind_a_link(game: Game, made: Made, tmp_path: Path) -> None:
    """A shard that leads to another project's purchases."""
    made(game)
    place, _ = record_of(game)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(place.parent, elsewhere)
    place.parent.symlink_to(elsewhere)
    before = everything(elsewhere)
    (game.root / "pixelpipe.lock").unlink()
    game.run("prune", "--yes")
    assert everything(elsewhere) == before


READ = [".env", "pixelpipe.lock", "pixelpipe.yaml", "rules/own.yaml", "assets/.pixelpipeignore",
        "assets/hero.png.yaml"]  # fmt: skip


@POSIX
@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("kind", ["pipe", "device", "outside", "huge"])
def test_what_is_no_small_regular_file_of_the_project_is_not_read(
    game: Game, made: Made, tmp_path: Path, name: str, kind: str
) -> None:
    """A pipe would be waited for, an endless device fills the memory, a link quotes a secret."""
    made(game)
    place = game.root / name
    place.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "outside":
        (tmp_path / "secret").write_text("password: 'hunter2'\n", "utf-8")
        place.symlink_to(tmp_path / "secret")
    else:
        with place.open("wb") as stream:
            stream.truncate(1 << 40)
    begun = time.monotonic()
    for command in ("plan", "build", "verify", "doctor"):
        ended = game.run(command, *(["--offline"] if command == "doctor" else []))
        assert ended.exit in (0, 1, 3, 4, 8), (command, ended.stderr)
        assert "hunter2" not in ended.stdout + ended.stderr
    assert time.monotonic() - begun < 30


# -- the index ----------------------------------------------------------------------------------

ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
    "SELECT CAST(x AS TEXT), zeroblob(64) FROM n"
)
SCHEMAS = [
    f"CREATE VIEW files(path, memo) AS {ENDLESS}; CREATE VIEW pictures AS SELECT 1, 2",
    "CREATE TABLE files(path TEXT PRIMARY KEY, memo BLOB NOT NULL) WITHOUT ROWID;"
    f"CREATE VIEW pictures(digest, facts) AS {ENDLESS}",
    "CREATE TABLE files(path TEXT, memo BLOB, more AS (zeroblob(100000000)));",
    "CREATE TABLE files(a); CREATE TRIGGER t AFTER INSERT ON files BEGIN SELECT 1; END",
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_index_that_we_did_not_write_is_not_asked(game: Game, schema: str) -> None:
    """A view without an end takes all memory; it is built anew, which costs time only."""
    place = game.write(".pixelpipe/index.sqlite", b"")
    with sqlite3.connect(place) as database:
        database.executescript(schema)
        database.execute("PRAGMA user_version = 1")
    database.close()
    begun = time.process_time()
    assert game.run("plan").exit == 0
    assert game.run("why", "assets/hero.png").exit == 0
    assert game.run("build").exit == 0
    assert time.process_time() - begun < 20
    assert "Nothing to do" in game.run("build").stdout


# -- pictures -----------------------------------------------------------------------------------


def _chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def _second_header(content: bytes) -> bytes:
    huge = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 6, 0, 0, 0)
    return content[:33] + _chunk(b"IHDR", huge) + content[33:]


def _many_chunks(content: bytes) -> bytes:
    return content[:33] + _chunk(b"teSt", b"") * 1_500_000 + content[33:]


def _short_transparency(content: bytes) -> bytes:
    rgb = png(sprite().convert("RGB"))
    return rgb[:33] + _chunk(b"tRNS", b"\0") + rgb[33:]


@pytest.mark.parametrize("change", [_second_header, _many_chunks, _short_transparency])
def test_a_picture_that_says_two_things_ends_its_source_alone(
    game: Game, change: Callable[[bytes], bytes]
) -> None:
    """Two headers of two sizes, chunks without number or end: exit 4, and the others are built."""
    game.write("assets/bad.png", change(png(sprite())))
    begun = time.process_time()
    ended = game.run("build")
    assert ended.exit == 4, ended.stderr
    assert {"hero.anim.png", "slime.anim.png", "chest.anim.png"} <= game.outputs()
    assert time.process_time() - begun < 20
