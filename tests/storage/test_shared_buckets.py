"""Shared stores in buckets of real servers: created once, or refused before money is spent."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import buckets
import obstore
import pytest
import studio
from buckets import Bucket
from command import call
from game import RULES, Game, Shop

from pipeline.core.errors import ConfigError
from pipeline.storage.shared import opening, probe
from pipeline.storage.shared.store import Store, Unreachable


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with buckets.seaweed(tmp_path_factory.mktemp("seaweed")) as serving:
        yield serving


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with buckets.azurite(tmp_path_factory.mktemp("azurite")) as serving:
        _make_container(serving)
        yield serving


@pytest.fixture(params=["seaweed", "azurite"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Bucket)
    return found


def _make_container(serving: Bucket) -> None:
    import base64
    import hashlib
    import hmac
    import time
    import urllib.request

    name = serving.environment["AZURE_STORAGE_ACCOUNT_NAME"]
    key = base64.b64decode(serving.environment["AZURE_STORAGE_ACCOUNT_KEY"])
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    signed = (
        "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-08-06\n"
        f"/{name}/{name}/art\nrestype:container"
    )
    digest = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
    headers = {
        "x-ms-date": date,
        "x-ms-version": "2021-08-06",
        "Authorization": f"SharedKey {name}:{digest}",
    }
    url = serving.environment["AZURE_STORAGE_ENDPOINT"] + "/art?restype=container"
    with urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)):
        pass


def _store(bucket: Bucket, url: str = "") -> Store:
    return opening.connect(url or bucket.url, Path(), bucket.environment)


def test_a_bucket_keeps_lists_and_deletes_and_creates_once(bucket: Bucket) -> None:
    store = _store(bucket)
    name = "claims/ab/ab1/0000.json"
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(store.create, [name] * 8, [b"%d" % one for one in range(8)]))
    assert sum(won) == 1
    assert store.get(name) == b"%d" % won.index(True)
    store.create("claims/ab/ab1/0001.json", b"x")
    assert store.names("claims/ab/ab1/") == [name, "claims/ab/ab1/0001.json"]
    assert store.names("claims/ab/ab") == [name, "claims/ab/ab1/0001.json"]
    assert store.names("claims/zz/") == []
    assert store.get("claims/ab/ab2/0000.json") is None
    store.delete(name)
    store.delete(name)
    assert store.get(name) is None


def test_real_servers_pass_the_probe(bucket: Bucket) -> None:
    assert probe.winners(_store(bucket), rounds=3) == 1
    assert not _store(bucket).names("probe/")


def test_a_server_that_lets_several_win_is_refused(tmp_path: Path, game: Game) -> None:
    with buckets.s3rver(tmp_path) as serving:
        ended = game.run("share", "init", serving.url, environment=serving.environment)
        assert ended.exit == 3
        assert "could both buy" in ended.stderr
        store = _store(serving)
        assert store.get("pixelpipe.json") is None


def test_wrong_credentials_and_no_bucket_are_said_and_are_no_misses(seaweed: Bucket) -> None:
    wrong = {**seaweed.environment, "AWS_SECRET_ACCESS_KEY": "wrong"}
    for url, environment in ((seaweed.url, wrong), ("s3://no-such-bucket", seaweed.environment)):
        with pytest.raises(ConfigError):
            opening.open(url, Path(), environment)


def test_a_server_that_is_away_is_given_up_within_seconds(seaweed: Bucket) -> None:
    (port,) = buckets.ports(1)
    away = {**seaweed.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    with pytest.raises(Unreachable):
        opening.open(seaweed.url, Path(), away)


def test_no_credentials_ask_nobody_and_plain_http_goes_to_this_machine_only() -> None:
    with pytest.raises(ConfigError, match="AWS_SECRET_ACCESS_KEY"):
        opening.connect("s3://art/game", Path(), {"AWS_ACCESS_KEY_ID": "k"})
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    with pytest.raises(ConfigError, match="https"):
        opening.connect("s3://art", Path(), {**keys, "AWS_ENDPOINT_URL": "http://art.example"})
    with pytest.raises(ConfigError, match="nothing was asked"):
        opening.connect("s3://art", Path(), {"AWS_SKIP_SIGNATURE": "false"})
    for url in ("gs://art", "az://art"):
        with pytest.raises(ConfigError, match="nothing was asked"):
            opening.connect(url, Path(), {})


KEYS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
MISPRINTS = [
    ("AWS_SECRET_ACCESS_KEY", "s\n"), ("AWS_ACCESS_KEY_ID", "é"), ("AWS_SESSION_TOKEN", "a\nb"),
    ("AWS_REGION", "eu\n"), ("AWS_ENDPOINT_URL", "http://[::1"), ("AWS_ENDPOINT_URL", "https://a:b"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), MISPRINTS)
def test_a_variable_that_no_request_can_hold_is_named_without_its_text(
    name: str, text: str
) -> None:
    """The client would fall over a line end behind a pasted key."""
    with pytest.raises(ConfigError, match=name) as caught:
        opening.open("s3://art/game", Path(), {**KEYS, name: text})
    assert text not in str(caught.value)


@pytest.mark.slow
def test_two_machines_share_a_bucket_and_pay_once(
    seaweed: Bucket, tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = studio.machine(tmp_path, "first", seaweed.url)
    first.environment |= seaweed.environment
    first.settings()
    first.rules(RULES)
    first.draw("hero.png")
    first.use(shop)
    with monkeypatch.context() as patch:
        # This server takes a second for each round in which eight want the same.
        patch.setattr(probe, "winners", partial(probe.winners, rounds=3))
        patch.chdir(first.root)
        assert call("share", "init", environment=first.environment).code == 0
    assert first.build("--yes", "--unshared").exit == 0
    pushed = first.run("share", "push", "--json")
    assert '"pushed":1' in pushed.stdout.replace(" ", ""), pushed.stdout
    assert first.run("share", "verify").exit == 0
    other = studio.machine(tmp_path, "other", seaweed.url)
    other.environment |= seaweed.environment
    studio.clone(first, other)
    ended = other.build("--frozen")
    assert ended.exit == 0, ended.stderr
    assert ended.report["shared"] == studio.READ | {"hits": 1, "misses": 0, "saved_credits": 20}
    assert shop.calls == 1


def test_without_the_package_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    assert obstore is not None
    monkeypatch.setitem(sys.modules, "obstore", None)
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    with pytest.raises(ConfigError, match=r"pixelpipe\[studio\]"):
        opening.connect("s3://art/game", Path(), keys)
