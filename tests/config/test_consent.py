"""A repository alone sends no key, brings no key, and consents to no price: the user does."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from game import KEY_NAME, Game, Shop, built

from pipeline.api import Project, Wish
from pipeline.storage.trust import Trust, change

pytestmark = pytest.mark.usefixtures("in_process")

KEY = "pe_sk_" + "k" * 40
#: The whole answer of a service that notes what it was sent.
EMPTY = b"{}"


class _Listener:
    """A foreign server on this machine that notes every request."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        heard = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(f"{self.path} {self.headers.get('Authorization', '')}")
                self.send_response(200)
                self.send_header("Content-Length", str(len(EMPTY)))
                self.end_headers()
                self.wfile.write(EMPTY)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/functions/v1"


@pytest.fixture
def foreign() -> Iterator[_Listener]:
    """Listen where a foreign repository would like a key to be sent."""
    listener = _Listener()
    thread = threading.Thread(target=listener.server.serve_forever, daemon=True)
    thread.start()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()
    thread.join()


def git(game: Game, *arguments: str) -> None:
    """Run git in a game's folder."""
    own = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *own, *arguments], cwd=game.root, check=True, capture_output=True)


# -- where the key goes -------------------------------------------------------------------------

COMMANDS = [
    ("plan",),
    ("plan", "--json"),
    ("plan", "--out", "saved.json"),
    ("build",),
    ("build", "--yes"),
    ("build", "--max-credits", "1000"),
    ("balance",),
    ("billing",),
    ("doctor",),
    ("reroll", "assets/hero.png", "--yes"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_service_line_of_a_repository_gets_nothing(
    game: Game, foreign: _Listener, command: tuple[str, ...]
) -> None:
    """Exit 5, and the host and the line that names it are named; nothing at all was sent."""
    game.environment[KEY_NAME] = KEY
    game.settings(service=foreign.url, budget=1000)
    ended = game.run(*command)
    assert foreign.requests == []
    assert ended.exit == 5, (ended.stdout, ended.stderr)
    said = ended.stdout + ended.stderr
    assert "pixelpipe.yaml:3" in said
    assert foreign.url.split("/")[2] in said
    assert game.outputs() == set()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_in_ci_a_service_line_gets_nothing_even_if_it_was_trusted(
    game: Game, foreign: _Listener, command: tuple[str, ...]
) -> None:
    """Nobody sits there: only environment and flags are a word."""
    game.environment[KEY_NAME] = KEY
    game.settings(service=foreign.url, budget=1000)
    assert game.run("trust", "127.0.0.1").exit == 0
    ended = game.run(*command, environment={"CI": "true"})
    assert foreign.requests == []
    assert ended.exit in (5, 9), (ended.stdout, ended.stderr)


@pytest.mark.parametrize("trusted", ["127.0.0.1", "{host}", "{url}"])
def test_a_trusted_host_is_used_and_only_in_that_project(
    game: Game, foreign: _Listener, tmp_path: Path, trusted: str
) -> None:
    """`trust HOST` holds for this project alone, and `--revoke` takes it back."""
    game.environment[KEY_NAME] = KEY
    game.settings(service=foreign.url)
    host = foreign.url.split("/")[2]
    assert game.run("trust", trusted.format(host=host, url=f"http://{host}/")).exit == 0
    game.run("balance")
    assert len(foreign.requests) == 1
    assert KEY in foreign.requests[0]
    other = Game(tmp_path / "other", environment=game.environment)
    other.settings(service=foreign.url)
    assert other.run("balance").exit == 5
    assert game.run("trust", "--revoke").exit == 0
    assert game.run("balance").exit == 5
    assert len(foreign.requests) == 1


def test_trusting_one_port_is_not_trusting_another(game: Game, foreign: _Listener) -> None:
    """`host:port` means that server alone."""
    game.environment[KEY_NAME] = KEY
    game.settings(service=foreign.url)
    assert game.run("trust", "127.0.0.1:9").exit == 0
    assert game.run("balance").exit == 5
    assert foreign.requests == []


@pytest.mark.parametrize("variable", ["PIXELPIPE_SERVICE", "PIXELPIPE_API_BASE"])
def test_the_environment_is_the_users_word(game: Game, foreign: _Listener, variable: str) -> None:
    """Also under CI, where it is the only one beside flags."""
    game.settings(service="pixel-engine")
    game.environment |= {KEY_NAME: KEY, variable: foreign.url, "CI": "true"}
    game.run("balance")
    assert len(foreign.requests) == 1


def test_a_flag_is_the_users_word(game: Game, foreign: _Listener) -> None:
    """`--service URL` was typed by somebody."""
    game.environment[KEY_NAME] = KEY
    game.run("balance", "--service", foreign.url)
    assert len(foreign.requests) == 1


def test_what_is_bought_is_built_although_the_service_is_foreign(
    paying: Game, foreign: _Listener
) -> None:
    """A clone with everything in it needs no service, so that there is nothing to refuse."""
    built(paying)
    paying.use_none()
    paying.environment[KEY_NAME] = KEY
    paying.settings(service=foreign.url, targets=["aseprite", "gif"])
    ended = paying.run("build")
    assert ended.exit == 0, ended.stderr
    assert "hero.anim.idle.gif" in paying.outputs()
    assert foreign.requests == []


def test_an_engine_of_this_user_may_be_named_in_a_file(game: Game, tmp_path: Path) -> None:
    """`engine serve` leaves its address in the state folder for as long as it runs."""
    server = game.start("engine", "serve", "--json")
    assert server.stdout is not None
    try:
        said = json.loads(server.stdout.readline())
        game.settings(service=said["url"])
        game.environment[KEY_NAME] = said["api_key"]
        assert game.run("balance").exit == 0
    finally:
        server.terminate()
        server.communicate()
    ended = game.run("balance")
    assert ended.exit == 5
    assert "pixelpipe trust 127.0.0.1:" in ended.stderr


_NO_HOSTS = (
    "", " ", "https://", "a@b", "host:port", "http://[::1", "bad host!", "host ", "a b", "a\nb",
    "host:", "host:0", "host:99999", "*.example.org", "https://api.example.org/v1",
    "api.example.org/v1",
    "host?x=1", "host#x", "-a.example", "a..b", "nope://x", "ftp://host", "[::1", "[nope]",
    "a" * 64, "ä!",
)  # fmt: skip
_NO_STORES = (
    "", " ", "nope://x", "s3://", "s3://a b", "https://", "https://a?b=c", "http://far.example",
    "file://far/x", "s3://u:p@b", "a\nb", "~nobody-at-all/x", "tls://host:1", "://x",
)  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        *((name,) for name in _NO_HOSTS),
        *(("--http", name) for name in _NO_HOSTS),
        *(("--store", name) for name in _NO_STORES),
        ("good.example", "bad host!"),
        ("host..",),
        ("--http", "https://host"),
        ("s3://",),
    ],
    ids=repr,
)
def test_what_is_no_host_and_no_store_is_not_allowed_anything(
    game: Game, words: tuple[str, ...]
) -> None:
    """It would never be met, and the user would think that something was allowed."""
    ended = game.run("trust", *words)
    assert ended.exit == 2, ended.stdout
    assert ended.stderr
    assert json.loads(game.run("trust", "--list", "--json").stdout)["projects"] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("API.example.org.", "api.example.org"),
        ("engine_1", "engine_1"),
        ("host:8443", "host:8443"),
        ("https://api.example.org/", "api.example.org:443"),
        ("[::1]:8080", "[::1]:8080"),
        ("münchen.example", "münchen.example"),
        ("10.0.0.7", "10.0.0.7"),
    ],
)
def test_what_is_a_host_is(game: Game, name: str, kept: str) -> None:
    """In whatever spelling."""
    assert game.run("trust", name).exit == 0
    listed = json.loads(game.run("trust", "--list", "--json").stdout)["projects"]
    assert [one["hosts"] for one in listed] == [[kept]]


def test_what_an_older_release_took_for_a_host_can_be_taken_back(game: Game) -> None:
    """It is written down, whatever it is."""
    odd = Trust(hosts=("bad host!",), stores=("nope://x",))
    change(Path(os.environ["PIXELPIPE_STATE"]), game.root, lambda _: odd)
    assert game.run("trust", "--revoke", "bad host!").exit == 0
    assert game.run("trust", "--revoke", "--store", "nope://x").exit == 0
    assert "nothing is allowed" in game.run("trust").stdout


@pytest.mark.parametrize(
    "name", ["", "https://", "a@b", "host:port", "http://[::1", "a,b", "x\x1b"]
)
def test_what_names_no_host_is_not_trusted(game: Game, name: str) -> None:
    """A slip is told, and nothing is written down."""
    assert game.run("trust", name).exit == 2
    assert json.loads(game.run("trust", "--list", "--json").stdout)["projects"] == []


# -- which key counts ---------------------------------------------------------------------------


def _writes_env(game: Game) -> None:
    game.write(".env", f"{KEY_NAME}={KEY}\n")
    game.settings(service="pixel-engine")


def test_a_key_that_git_carries_never_counts(game: Game, foreign: _Listener) -> None:
    """Neither when it is ignored as well, nor when the file was trusted."""
    _writes_env(game)
    game.environment["PIXELPIPE_API_BASE"] = foreign.url
    game.write(".gitignore", ".env\n")
    git(game, "init", "-q")
    git(game, "add", "-f", ".env")
    for way in ((), ("trust", "--env")):
        if way:
            assert game.run(*way).exit == 0
        ended = game.run("balance")
        assert ended.exit == 5
        assert "git carries the file" in ended.stderr
    assert foreign.requests == []


def test_a_key_that_git_ignores_counts(game: Game, foreign: _Listener) -> None:
    """A clone cannot bring it."""
    _writes_env(game)
    game.environment["PIXELPIPE_API_BASE"] = foreign.url
    git(game, "init", "-q")
    loose = game.run("balance")
    assert loose.exit == 5
    assert "add the line `.env` to .gitignore" in loose.stderr.replace("Add", "add")
    assert foreign.requests == []
    game.write(".gitignore", ".env\n")
    game.run("balance")
    assert len(foreign.requests) == 1
    assert KEY in foreign.requests[0]


def test_outside_of_git_a_key_counts_once_it_was_trusted(game: Game, foreign: _Listener) -> None:
    """An archive may hold a `.env` as well."""
    _writes_env(game)
    game.environment["PIXELPIPE_API_BASE"] = foreign.url
    ended = game.run("balance")
    assert ended.exit == 5
    assert "pixelpipe trust --env" in ended.stderr
    assert game.run("trust", "--env").exit == 0
    assert game.run("balance", environment={"CI": "true"}).exit == 5
    assert foreign.requests == []
    game.run("balance")
    assert len(foreign.requests) == 1


def test_a_key_that_does_not_count_leaves_the_built_in_engine(game: Game) -> None:
    """`service: auto` draws for nothing, says why, and says it again when nothing is to do."""
    game.write(".env", f"{KEY_NAME}={KEY}\n")
    first, again = game.run("build"), game.run("build")
    assert (first.exit, again.exit) == (0, 0)
    assert "with built-in: 0 credits" in first.stdout
    assert ".env: its key does not count" in first.stderr
    assert ".env: its key does not count" in again.stderr


def test_init_keeps_the_key_file_out_of_commits(game: Game) -> None:
    """After `init` a `.env` counts without another word."""
    git(game, "init", "-q")
    assert game.run("init").exit == 0
    game.write(".env", f"{KEY_NAME}={KEY}\n")
    assert "set by the file .env" in game.run("doctor", "--offline").stdout


# -- what may be spent --------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [1000, {"run": 1000}, {"run": 1000, "day": 5000}])
def test_a_budget_of_a_repository_buys_nothing(paying: Game, shop: Shop, budget: object) -> None:
    """With the genuine service as well: the user is asked, or nothing is bought."""
    paying.settings(budget=budget)
    assert paying.build().exit == 5
    assert paying.build(environment={"PIXELPIPE_BUDGET": "1000"}).exit == 5
    assert shop.calls == 0


def test_the_environment_allows_credits_also_in_ci(paying: Game, shop: Shop) -> None:
    """PIXELPIPE_MAX_CREDITS is what --max-credits is; the file's budget limits it."""
    paying.settings(budget=20)
    said = {"PIXELPIPE_MAX_CREDITS": "40", "CI": "true"}
    run = paying.build(environment=said)
    assert (run.exit, shop.calls) == (5, 1)
    paying.settings()
    run = paying.build(environment=said | {"PIXELPIPE_MAX_CREDITS": "20"})
    assert (run.exit, shop.calls) == (5, 2)
    assert "PIXELPIPE_MAX_CREDITS" in run.stdout


def test_a_trusted_budget_caps_each_run(paying: Game, shop: Shop) -> None:
    """`trust --budget 20`: one clip a run here; none under CI; none when it is taken back."""
    assert paying.run("trust", "--budget", "20").exit == 0
    assert paying.build(environment={"CI": "true"}).exit == 9
    run = paying.build()
    assert (run.exit, shop.calls) == (5, 1)
    assert "`pixelpipe trust --budget`" in run.stdout
    assert paying.run("trust", "--revoke", "--budget", "20").exit == 0
    assert paying.build().exit == 5
    assert shop.calls == 1


def _saved(game: Game, **changes: object) -> Path:
    place = game.root / "agreed.json"
    assert game.run("plan", "--out", str(place)).exit == 0
    plan = json.loads(place.read_text("utf-8"))
    place.write_text(json.dumps(plan | changes), "utf-8")
    return place


@pytest.mark.parametrize("changes", [{"proof": ""}, {"proof": "0" * 64}, {"id": "f" * 32}])
def test_a_plan_that_a_repository_brings_is_no_yes(
    paying: Game, shop: Shop, changes: dict[str, object]
) -> None:
    """A plan is a yes if this user made it here, and only as it was made."""
    place = _saved(paying, **changes)
    run = paying.build("--plan", str(place))
    assert (run.exit, shop.calls) == (5, 0)
    assert "not made by you" in run.stderr
    assert paying.build("--plan", str(place), "--max-credits", "60").exit == 0
    assert shop.calls == 3


def test_a_plan_of_another_user_is_no_yes(paying: Game, shop: Shop, tmp_path: Path) -> None:
    """Whose state folder it is decides."""
    place = _saved(paying)
    other = {"PIXELPIPE_STATE": str(tmp_path / "other")}
    assert paying.build("--plan", str(place), environment=other).exit == 5
    assert shop.calls == 0
    assert paying.build("--plan", str(place)).exit == 0


def test_a_plan_in_memory_is_the_yes_that_it_was(paying: Game, shop: Shop) -> None:
    """Scripts agree to what they planned a moment ago."""
    project = Project(paying.root, environment=paying.variables())
    _, saved = project.saved_plan()
    report = project.build(Wish(saved=saved))
    assert (report.exit, shop.calls) == (0, 3)


# -- trust itself -------------------------------------------------------------------------------


def test_trust_is_shown_joined_and_taken_back(game: Game) -> None:
    """What is named is added, what is revoked goes, and the list says all of it."""
    assert "nothing is allowed" in game.run("trust").stdout
    game.run("trust", "b.example", "A.example:8443", "--budget", "40")
    shown = game.run("trust", "c.example", "--env").stdout
    for part in ("a.example:8443 may", "b.example may", "c.example may", ".env counts", "40"):
        assert part in shown
    game.run("trust", "--revoke", "b.example", "--env")
    listed = json.loads(game.run("trust", "--list", "--json").stdout)["projects"]
    root = str(game.root.resolve())
    assert listed == [
        {"project": root, "hosts": ["a.example:8443", "c.example"], "env": False, "budget": 40}
    ]


def test_a_damaged_trust_file_allows_nothing(paying: Game, shop: Shop) -> None:
    """And it is named when it is to be changed; building goes on without it."""
    paying.run("trust", "--budget", "100")
    place = Path(paying.variables()["PIXELPIPE_STATE"]) / "trust.json"
    place.write_text("{", "utf-8")
    assert paying.build().exit == 5
    assert shop.calls == 0
    assert paying.run("trust", "--budget", "1").exit == 8


def test_a_fresh_project_is_still_up_to_date_after_trust(game: Game) -> None:
    """Trust says what may be done, and changes nothing that was done."""
    built(game)
    game.run("trust", "--budget", "40")
    assert "Nothing to do" in game.run("build").stdout


def test_what_was_never_allowed_cannot_be_taken_back(game: Game) -> None:
    """A slip is told: else the one that was meant would stay allowed, unseen."""
    assert game.run("trust", "api.example.org").exit == 0
    ended = game.run("trust", "--revoke", "api.exmaple.org")
    assert ended.exit == 2
    assert "nothing is taken back of api.example.org" in ended.stderr
    assert game.run("trust", "--revoke", "--store", "s3://art").exit == 2
    assert game.run("trust", "--revoke", "api.example.org").exit == 0
    assert "nothing is allowed" in game.run("trust").stdout
