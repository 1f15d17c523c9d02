"""`share`: a store is made, checked, filled, counted and pruned by its commands."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
import studio
from game import RULES, Game, Shop


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def owner(tmp_path: Path, store: Path, shop: Shop) -> Game:
    """Who has bought a sprite without a shared store, and names one now."""
    game = studio.machine(tmp_path, "owner", str(store))
    game.settings()
    game.rules(RULES)
    game.draw("hero.png")
    game.use(shop)
    assert game.build("--yes", "--unshared").exit == 0
    return game


def share(game: Game, *words: str) -> dict[str, object]:
    """Run a subcommand with --json."""
    ended = game.run("share", *words, "--json")
    assert ended.exit == 0, ended.stderr
    return ended.report


def test_a_store_is_made_once_and_says_what_it_is(owner: Game, store: Path) -> None:
    assert owner.run("share", "status").exit == 6  # the folder is not there: away, or not made
    made = share(owner, "init")
    assert (made["made"], made["claims"]) == (True, True)
    assert share(owner, "init")["made"] is False
    assert json.loads((store / "pixelpipe.json").read_text()) == {"format": 1, "claims": True}
    assert [path.name for path in store.rglob("*") if path.is_file()] == ["pixelpipe.json"]
    told = share(owner, "status")
    assert (told["url"], told["mode"], told["claims"]) == (str(store), "write", True)


def test_a_store_can_be_made_where_no_project_is(tmp_path: Path, store: Path) -> None:
    game = studio.machine(tmp_path, "nobody", "")
    assert game.run("share", "status").exit == 2
    assert game.run("share", "init", str(store)).exit == 0
    assert game.run("share", "status", "--shared", str(store)).exit == 0
    assert game.run("share", "init", "https://art.example/game").exit == 3


def test_what_was_bought_before_is_pushed_and_not_bought_by_the_next(
    owner: Game, tmp_path: Path, store: Path, shop: Shop
) -> None:
    share(owner, "init")
    assert share(owner, "push") == {"share": 1, "pushed": 1, "present": 0, "left_out": 0}
    assert share(owner, "push") == {"share": 1, "pushed": 0, "present": 1, "left_out": 0}
    assert share(owner, "verify")["records"] == 1
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(owner, other)
    (other.root / "pixelpipe.lock").unlink()
    other.use(shop)
    calls = shop.calls
    assert other.build("--yes").exit == 0
    assert shop.calls == calls
    counts = share(other, "stats")["counts"]
    assert isinstance(counts, list)
    (counted,) = counts
    assert (counted["hits"], counted["saved_credits"]) == (1, 20)
    assert counted["month"] == time.strftime("%Y-%m", time.gmtime())
    assert "1 hits (100 %)" in other.run("share", "stats").stdout


def test_what_came_with_a_checkout_and_nobody_vouches_for_is_not_pushed(
    owner: Game, tmp_path: Path, store: Path
) -> None:
    """A planted record would be the first of its key, and believed by all."""
    share(owner, "init")
    victim = studio.machine(tmp_path, "victim", str(store))
    studio.clone(owner, victim)
    (victim.root / "pixelpipe.lock").unlink()
    for path in (owner.root / ".pixelpipe/bought").glob("*/*"):
        victim.write(f".pixelpipe/bought/{path.parent.name}/{path.name}", path.read_bytes())
    assert share(victim, "push") == {"share": 1, "pushed": 0, "present": 0, "left_out": 1}
    assert not list(store.glob("records/*/*"))
    assert share(victim, "push", "--all")["pushed"] == 1


def test_another_result_of_the_same_key_lies_beside_the_first(
    owner: Game, tmp_path: Path, store: Path
) -> None:
    share(owner, "init")
    share(owner, "push")
    (first,) = store.glob("records/*/*")
    record = json.loads(first.read_text())
    text = json.dumps({**record, "digest": "0" * 64})
    first.unlink()
    first.write_text(text)
    assert share(owner, "push")["pushed"] == 1
    names = sorted(path.name for path in store.glob("records/*/*"))
    key = record["request_key"]
    assert names == [f"{key}.{record['digest'][:16]}.json", f"{key}.json"]
    assert first.read_text() == text
    # The lock file pins the other digest, which is found all the same.
    other = studio.machine(tmp_path, "other", str(store))
    studio.clone(owner, other)
    assert other.build("--frozen").exit == 0


@pytest.mark.parametrize("harm", ["missing", "damaged", "record"])
def test_verify_names_what_is_damaged(owner: Game, store: Path, harm: str) -> None:
    share(owner, "init")
    share(owner, "push")
    (path,) = store.glob("records/*/*" if harm == "record" else "bytes/*/*")
    path.unlink()
    if harm != "missing":
        path.write_bytes(b"something else")
    ended = owner.run("share", "verify")
    assert ended.exit == 8
    assert "records/" in ended.stdout
    # What lacks is put there again; what is damaged is never written over.
    assert share(owner, "push")["pushed"] == (0 if harm == "damaged" else 1)


def test_prune_keeps_what_the_lock_file_names_and_says_what_is_forfeited(
    owner: Game, store: Path, shop: Shop
) -> None:
    owner.draw("old.png", tint=3)
    assert owner.build("--yes", "--unshared").exit == 0
    share(owner, "init")
    assert share(owner, "push")["pushed"] == 2
    (owner.root / "assets/old.png").unlink()
    assert owner.build().exit == 0
    assert owner.run("share", "prune").exit == 2
    assert share(owner, "prune", "--unlocked")["purchases"] == []  # nothing is old
    past = time.time() - 100 * 86_400
    for path in store.glob("records/*/*"):
        os.utime(path, (past, past))
    listed = share(owner, "prune", "--unlocked")
    assert (listed["credits_forfeited"], listed["removed"]) == (20, False)
    assert len(list(store.glob("records/*/*"))) == 2
    ended = owner.run("share", "prune", "--unlocked", "--yes")
    assert ended.exit == 0
    assert "20 credits" in ended.stdout
    assert len(list(store.glob("records/*/*"))) == 1
    assert len(list(store.glob("bytes/*/*"))) == 1
    assert share(owner, "verify")["damaged"] == []
    # Its key is free again: who needs it pays again, and nobody waits for anybody.
    (last,) = [
        json.loads(path.read_text())
        for path in store.glob("claims/*/*/*.json")
        if "pruned" in path.read_text()
    ]
    assert last["state"] == "free"


def test_a_machine_that_only_reads_changes_nothing(owner: Game, store: Path) -> None:
    share(owner, "init")
    owner.environment["PIXELPIPE_SHARED_MODE"] = "read"
    assert owner.run("share", "push").exit == 5
    assert owner.run("share", "prune", "--unlocked", "--yes").exit == 0  # there is nothing
    assert not list(store.glob("records/*/*"))
