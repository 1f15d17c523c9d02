"""One machine buys, the others take what was bought from the store that they share."""

from __future__ import annotations

import io
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import studio
from game import KEY_NAME, RULES, Game, Shop, png, shop_serving
from PIL import Image

from pipeline.core import keys


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop_serving(tmp_path_factory.mktemp("shop")) as serving:
        yield serving


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return studio.store_in(tmp_path / "store")


@pytest.fixture
def bought(tmp_path: Path, store: Path, shop: Shop) -> Game:
    """A game whose two sprites were bought on one machine, and pushed."""
    game = studio.machine(tmp_path, "buyer", str(store))
    game.settings()
    game.rules(RULES)
    for number, name in enumerate(("hero", "slime")):
        game.draw(f"{name}.png", tint=number)
    shop.fund(100)
    game.use(shop)
    assert game.build("--yes", "--unshared").exit == 0
    assert studio.push(game, str(store)) == 2
    return game


def test_a_clean_checkout_builds_without_a_key_and_without_the_service(
    bought: Game, tmp_path: Path, store: Path
) -> None:
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(bought, other)
    figures = tmp_path / "figures.prom"
    ended = other.build("--frozen", "--metrics", str(figures), environment={"CI": "true"})
    assert ended.exit == 0, ended.stdout
    assert {
        "pixelpipe_exit_code 0",
        'pixelpipe_clips{state="done"} 2',
        "pixelpipe_shared_hits 2",
        "pixelpipe_shared_saved_credits 40",
    } <= set(figures.read_text().splitlines())
    assert ended.report["shared"] == studio.READ | {"hits": 2, "misses": 0, "saved_credits": 40}
    assert other.outputs() == bought.outputs()
    assert other.locked() == bought.locked()
    assert not (tmp_path / "other/state/bought").exists()
    assert other.build().states() == {
        ("hero.png", "idle"): ("fresh", "fresh"),
        ("slime.png", "idle"): ("fresh", "fresh"),
    }


def test_where_no_line_stands_the_record_of_the_key_saves_the_purchase(
    bought: Game, tmp_path: Path, store: Path, shop: Shop
) -> None:
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(bought, other)
    (other.root / "pixelpipe.lock").unlink()
    other.use(shop)
    calls = shop.calls
    planned = other.plan()
    assert planned.totals["credits_planned"] == 0
    assert planned.report["shared"]["hits"] == 2  # type: ignore[index]
    assert not (other.root / ".pixelpipe/bought").exists()
    ended = other.build()
    assert ended.exit == 0, ended.stdout
    assert shop.calls == calls
    assert other.locked() == bought.locked()


@pytest.mark.parametrize("harm", ["bytes", "swapped", "record", "canvas", "margins", "free"])
def test_what_is_damaged_or_does_not_belong_is_a_miss(
    bought: Game, tmp_path: Path, store: Path, harm: str
) -> None:
    kind = "bytes" if harm in ("bytes", "swapped") else "records"
    for path in store.glob(f"{kind}/*/*"):
        text = path.read_bytes()
        path.unlink()
        if harm == "record":
            text = text[:-9]
        elif harm == "canvas":
            record = json.loads(text)
            record["resolved"]["canvas"] = [100, 100]
            text = json.dumps(record).encode()
        elif harm == "margins":  # it would fail at every build, and stay
            record = json.loads(text)
            record["resolved"]["pad"] = [0, 0, 0, 0]
            text = json.dumps(record).encode()
        elif harm == "swapped":  # a sound strip of the right size, and not what was bought
            strip = Image.open(io.BytesIO(text)).convert("RGB")
            strip.putpixel((0, 0), (1, 2, 3))
            text = png(strip)
        elif harm == "free":
            text = text.replace(b'"paid":true', b'"paid":false')
        else:
            text = text[:-1] + bytes([text[-1] ^ 1])
        path.write_bytes(text)
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(bought, other)
    ended = other.build("--frozen")
    assert ended.exit == 9, ended.stdout
    assert ended.report["shared"] == studio.READ | {"hits": 0, "misses": 2, "saved_credits": 0}


def test_a_record_of_other_bytes_than_the_lock_file_names_is_not_taken(
    bought: Game, tmp_path: Path, store: Path
) -> None:
    """Whoever may write to the store could give a key other bytes."""
    for path in store.glob("records/*/*"):
        record = json.loads(path.read_bytes())
        planted = b"anything else"
        record["digest"] = keys.digest(planted)
        path.unlink()
        path.write_bytes(json.dumps(record).encode())
        place = store / "bytes" / record["digest"][:2] / f"{record['digest']}.png"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(planted)
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(bought, other)
    ended = other.build("--frozen")
    assert ended.exit == 9
    assert ended.report["shared"]["hits"] == 0  # type: ignore[index]
    assert not (other.root / ".pixelpipe/bought").exists()


def test_what_the_built_in_engine_makes_is_never_looked_for(tmp_path: Path, store: Path) -> None:
    game = studio.machine(tmp_path, "free", str(store / "away"))
    game.settings()
    game.rules(RULES)
    game.draw("hero.png")
    ended = game.build()
    assert ended.exit == 0
    assert ended.report["shared"] == studio.READ | {"hits": 0, "misses": 0, "saved_credits": 0}


# -- whose word -----------------------------------------------------------------------------------


class _Listening(ThreadingHTTPServer):
    """A server that answers all alike, and remembers what it was asked."""

    def __init__(self, status: int = 404, wait_s: float = 0.0) -> None:
        self.asked: list[str] = []
        self.released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                is_mark = self.path.endswith("pixelpipe.json")
                body = studio.MARK if is_mark else b""
                if not is_mark:
                    server.released.wait(wait_s)
                self.send_response(200 if is_mark else status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/art"


@contextmanager
def listening(status: int = 404, wait_s: float = 0.0) -> Iterator[_Listening]:
    server = _Listening(status, wait_s)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_checkout_cannot_make_us_ask_a_store_without_the_users_word(
    bought: Game, tmp_path: Path
) -> None:
    with listening() as server:
        victim = studio.machine(tmp_path, "victim", "")
        studio.clone(bought, victim)
        victim.settings(shared=server.url)
        ended = victim.build()
        assert ended.exit == 5
        assert f"trust --store {server.url}" in ended.stderr
        assert victim.plan().exit == 5
        assert victim.run("share", "status").exit == 5
        assert not server.asked
        assert victim.run("trust", "--store", server.url).exit == 0
        assert victim.build(environment={"CI": "true"}).exit == 5  # nobody sits there
        assert not server.asked
        assert victim.build().exit == 9  # asked, and it has nothing
        assert server.asked


def test_a_store_outside_of_the_project_needs_a_word_and_one_inside_does_not(
    bought: Game, tmp_path: Path, store: Path
) -> None:
    other = studio.machine(tmp_path, "other", "")
    studio.clone(bought, other)
    other.settings(shared="../../store")
    assert other.build().exit == 5
    (other.root / "inside").symlink_to(store)
    other.settings(shared="inside")
    assert other.build().exit == 5
    (other.root / "inside").unlink()
    shutil.copytree(store, other.root / "inside")
    shutil.copytree(store, other.root / ".git/inside")
    other.settings(shared=".git/inside")
    assert other.build().exit == 5
    other.settings(shared="inside")
    ended = other.build()
    assert ended.exit == 0, ended.stderr


def test_unshared_does_without_the_store(bought: Game, tmp_path: Path, store: Path) -> None:
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(bought, other)
    ended = other.build("--frozen", "--unshared")
    assert ended.exit == 9
    assert "shared" not in ended.report
    assert other.build("--frozen", "--shared", str(store)).exit == 0


# -- a store that is away, slow, or refuses -------------------------------------------------------


def test_what_is_no_store_ends_a_build_that_needs_it_with_a_sentence(
    bought: Game, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    other = studio.machine(tmp_path, "other", str(tmp_path / "empty"))
    studio.clone(bought, other)
    ended = other.build("--frozen")
    assert ended.exit == 3
    assert "share init" in ended.stderr


def test_a_store_that_fails_is_given_up_after_three_with_one_warning(
    bought: Game, tmp_path: Path
) -> None:
    with listening(status=500) as server:
        other = studio.machine(tmp_path, "other", server.url)
        studio.clone(bought, other)
        for number in range(30):
            other.draw(f"more/{number}.png", tint=number + 9)
        other.environment |= {"PIXELPIPE_SERVICE": "https://127.0.0.1:9/none", KEY_NAME: "k"}
        ended = other.build("--frozen")
        assert ended.exit == 9
        shared = ended.report["shared"]
        assert isinstance(shared, dict)
        # Of 33 that are missing 16 are asked for at a time, and those under way are let end.
        assert 3 <= shared["errors"] < 3 + 16
        assert len(server.asked) < 3 + 16 + 2
        notices = ended.report["notices"]
        assert isinstance(notices, list)
        assert len([one for one in notices if "shared store" in one]) == 1
        required = other.build("--frozen", environment={"PIXELPIPE_SHARED_REQUIRE": "1"})
        assert required.exit == 6


def test_a_store_that_is_away_keeps_no_build_that_has_all_it_needs(
    bought: Game, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/art"
    bought.environment["PIXELPIPE_SHARED"] = url
    for path in bought.root.rglob("*.anim.*"):
        path.unlink()
    bought.use_none()
    ended = bought.build()
    assert ended.exit == 0, ended.stderr
    assert ended.report["shared"]["errors"] == 0  # type: ignore[index]
    other = studio.machine(tmp_path, "other", url)
    studio.clone(bought, other)
    ended = other.build("--frozen")
    assert ended.exit == 9
    assert ended.report["shared"]["errors"] == 1  # type: ignore[index]
    assert other.build("--frozen", environment={"PIXELPIPE_SHARED_REQUIRE": "1"}).exit == 6


@pytest.mark.slow
def test_a_store_that_never_answers_costs_seconds_and_no_more(bought: Game, tmp_path: Path) -> None:
    with listening(wait_s=200) as server:
        other = studio.machine(tmp_path, "other", server.url)
        studio.clone(bought, other)
        begun = time.monotonic()
        ended = other.build("--frozen")
        assert ended.exit == 9
        assert time.monotonic() - begun < 100


# -- what it costs where no store is named --------------------------------------------------------


def test_without_a_shared_store_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    game = studio.machine(tmp_path, "alone", "")
    game.settings()
    game.rules(RULES)
    game.draw("hero.png")
    script = (
        "import sys; from pipeline.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if 'obstore' in m or 'storage.shared' in m])"
    )
    assert game.build().exit == 0
    time.sleep(2.2)  # what is younger is looked at again
    assert game.run("build").exit == 0
    assert game.run("plan").exit == 0
    for arguments in (["build"], ["plan"], ["--help"], ["share", "--help"], ["build", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=game.root,
            env=game.variables(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.endswith("[]\n"), (arguments, done.stdout)


def test_a_shared_store_that_is_named_later_is_noticed_though_nothing_was_to_do(
    tmp_path: Path, store: Path
) -> None:
    game = studio.machine(tmp_path, "alone", "")
    game.settings()
    game.rules(RULES)
    game.draw("hero.png")
    assert game.run("build").exit == 0
    assert "Nothing to do" in game.run("build").stdout
    game.settings(shared="ftp://wrong")
    ended = game.run("build")
    assert ended.exit == 3
    assert "shared" in ended.stderr
    game.settings()
    assert "Nothing to do" in game.run("build").stdout
    assert game.run("build", environment={"PIXELPIPE_SHARED": "ftp://wrong"}).exit == 3
