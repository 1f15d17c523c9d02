"""Plain http to another host: only with the user's own word, for one host, never from YAML."""

from __future__ import annotations

import json
import socket

import pytest
from game import KEY_NAME, Game

from pipeline.config import consent, stated_settings
from pipeline.config.project_settings import ALLOW_HTTP, ServiceChoice
from pipeline.purchase import orders

pytestmark = pytest.mark.usefixtures("in_process")

URL = "http://engine:8787/functions/v1"


def chosen(game: Game, **variables: str) -> ServiceChoice:
    """Decide as a run in this environment would."""
    settings = stated_settings.resolve(None, variables, {})
    state = game.root.parent / "state-of-consent"
    return consent.service(settings, game.root, state, variables)[0]


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("engine", URL),
        ("engine:8787", URL),
        ("Engine", URL),
        ("http://engine:8787/functions/v1", URL),
        ("[fd00::5]", "http://[fd00::5]:8787/functions/v1"),
        ("192.168.0.7:80", "http://192.168.0.7"),
    ],
)
def test_the_variable_allows_one_host(game: Game, allowed: str, url: str) -> None:
    """With or without its port; a copied URL means its host."""
    found = chosen(game, PIXELPIPE_SERVICE=url, **{ALLOW_HTTP: allowed})
    assert (found.refusal, found.plain_by) == ("", ALLOW_HTTP)


@pytest.mark.parametrize(
    "allowed",
    ["", "other", "engine:8788", "engine.evil", "1", "*", "engine,other", "a@engine", ":"],
)
def test_everything_else_is_refused_and_says_how(game: Game, allowed: str) -> None:
    """Not another host, not another port, no pattern, no list."""
    found = chosen(game, PIXELPIPE_SERVICE=URL, **{ALLOW_HTTP: allowed})
    assert found.plain_by == ""
    assert ALLOW_HTTP in found.refusal


@pytest.mark.parametrize("variable", ["PIXELPIPE_SERVICE", "PIXELPIPE_API_BASE"])
def test_both_ways_to_name_a_server_need_it(game: Game, variable: str) -> None:
    """The base URL of the Pixel Engine, too."""
    given = {variable: URL, KEY_NAME: "pe_sk_" + "k" * 40}
    if variable == "PIXELPIPE_API_BASE":
        given["PIXELPIPE_SERVICE"] = "pixel-engine"
    assert variable in chosen(game, **given).refusal
    assert chosen(game, **given, **{ALLOW_HTTP: "engine"}).refusal == ""


def test_https_and_this_machine_need_nothing(game: Game) -> None:
    """And are not said to be plain."""
    for url in ("https://engine:8787/v1", "http://127.0.0.1:1/v1", "http://localhost:1/v1"):
        found = chosen(game, PIXELPIPE_SERVICE=url, **{ALLOW_HTTP: "engine"})
        assert (found.refusal, found.plain_by) == ("", "")


def test_a_file_never_names_http(game: Game) -> None:
    """Whatever is allowed: a repository cannot direct a key onto an open way."""
    game.settings(service=URL)
    game.draw("hero.png")
    game.environment |= {KEY_NAME: "pe_sk_" + "k" * 40, ALLOW_HTTP: "engine"}
    assert game.run("trust", "engine", "--http", "engine").exit == 0
    ended = game.run("plan")
    assert ended.exit == 3
    assert "must begin with https" in ended.stderr
    game.settings(allow_http="engine")
    assert game.run("plan").exit == 3


@pytest.fixture
def beside() -> str:
    """Give an address of this machine that is no loopback one, as a container's is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            found = str(probe.getsockname()[0])
        except OSError:
            pytest.skip("this machine has no address but its own: http beside it was NOT tried")
    if found.startswith("127."):
        pytest.skip("this machine has no address but its own: http beside it was NOT tried")
    return found


def test_a_build_buys_from_an_engine_beside_it(
    game: Game, beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused without a word, bought with it, and every plan says that the way is open."""
    # A service elsewhere is given time before it is asked; this one is done at once.
    monkeypatch.setattr(orders, "_FIRST_POLL_S", 0.1)
    game.settings()
    game.rules('rules:\n  - name: all\n    match: "*"\n    clips:\n      idle: breathing\n')
    game.draw("hero.png")
    server = game.start("engine", "serve", "--json", "--host", beside)
    assert server.stdout is not None
    try:
        said = json.loads(server.stdout.readline())
        game.environment |= {"PIXELPIPE_SERVICE": said["url"], KEY_NAME: said["api_key"]}
        refused = game.run("build", "--yes")
        assert refused.exit == 5
        assert f"pixelpipe trust --http {beside}:" in refused.stderr
        assert game.run("balance").exit == 5
        assert game.run("trust", "--http", beside).exit == 0
        plan = game.run("plan")
        assert "without encryption" in plan.stdout + plan.stderr
        assert game.run("build", "--frozen", environment={"CI": "true"}).exit != 0
        bought = game.run("build", "--yes")
        assert bought.exit == 0, bought.stderr
        assert game.run("trust", "--revoke", "--http", beside).exit == 0
        assert game.run("balance").exit == 5
    finally:
        server.terminate()
        server.communicate()


def test_under_ci_only_the_variable_counts(game: Game) -> None:
    """Nobody sits there who could have said anything before."""
    game.environment |= {"PIXELPIPE_SERVICE": URL, KEY_NAME: "pe_sk_" + "k" * 40, "CI": "true"}
    game.settings()
    assert game.run("trust", "--http", "engine").exit == 0
    ended = game.run("balance")
    assert ended.exit == 5
    assert "pixelpipe trust" not in ended.stderr
    assert f"{ALLOW_HTTP}=engine:8787" in ended.stderr


def test_trust_shows_the_host(game: Game) -> None:
    """As text and as JSON; the next one replaces it."""
    game.settings()
    assert "over http" in game.run("trust", "--http", "engine").stdout
    game.run("trust", "--http", "other:80")
    (shown,) = json.loads(game.run("trust", "--list", "--json").stdout)["projects"]
    assert shown["http"] == "other:80"
    assert game.run("trust", "--list", "--http", "x").exit == 2
