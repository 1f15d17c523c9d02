"""Bought bytes: kept under their digest, in every tier, and never referred to before they stand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.core import keys
from pipeline.core.errors import ConfigError, StorageError
from pipeline.core.model import Resolved
from pipeline.storage.store import Bought, Store

CONTENT = b"bought bytes"
DIGEST = keys.digest(CONTENT)
KEY = "ab" * 32


def bought(content: bytes = CONTENT, key: str = KEY) -> Bought:
    """Record a purchase."""
    resolved = Resolved(
        request_key=key, prompt="x", frames=8, canvas=(16, 16), pad=(0, 0, 0, 0), matte="#ff00ff"
    )
    return Bought(
        request_key=key, digest=keys.digest(content), service="s", paid=True, take=0,
        credits_charged=20, resolved=resolved,
    )  # fmt: skip


def names(folder: Path) -> set[str]:
    """Return the files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def tiers(tmp_path: Path) -> tuple[Path, Path]:
    """Name two folders that do not exist yet."""
    return tmp_path / "project", tmp_path / "state"


def test_purchase_is_kept_in_every_tier(tiers: tuple[Path, Path]) -> None:
    """One copy is committed, the other survives `git clean`; either is enough."""
    Store(*tiers).put(bought(), CONTENT)
    assert names(tiers[0]) == names(tiers[1])
    assert len(names(tiers[0])) == 2
    for tier in tiers:
        alone = Store(tier)
        assert alone.content(DIGEST) == CONTENT
        assert alone.find(KEY) == bought()


def test_damaged_copy_is_passed_over(tiers: tuple[Path, Path]) -> None:
    """Bytes prove themselves: a tier that rotted is as good as none, the other one answers."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    next(tiers[0].rglob("*.png")).write_bytes(b"rot")
    assert store.content(DIGEST) == CONTENT
    next(tiers[1].rglob("*.png")).write_bytes(b"")
    assert store.content(DIGEST) is None


def test_record_is_written_after_its_bytes(tiers: tuple[Path, Path]) -> None:
    """Nothing refers to what is not there: where the bytes find no place, no record is left."""
    tiers[0].mkdir()
    (tiers[0] / DIGEST[:2]).write_text("in the way")
    with pytest.raises(StorageError):
        Store(*tiers).put(bought(), CONTENT)
    assert names(tiers[0]) == {DIGEST[:2]}
    assert Store(tiers[1]).content(DIGEST) == CONTENT, "the other tier has it"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux what was synced")
def test_purchase_is_on_the_disk_before_it_has_its_name(
    tiers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut after a rename must not leave an empty file under a good name: each file is
    synced before it, and its folder after it."""
    whole = os.fsync
    synced: list[str] = []

    def noted(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    Store(tiers[0]).put(bought(), CONTENT)
    kinds = [".pixelpipe-tmp" in path for path in synced]
    assert kinds == [True, False, True, False]
    assert {Path(path).parent for path in synced[::2]} == {Path(path) for path in synced[1::2]}
    synced.clear()
    Store(tiers[1], durable=False).put(bought(), CONTENT)
    assert synced == []


def test_record_without_bytes_is_no_purchase(tiers: tuple[Path, Path]) -> None:
    """Record and bytes live and die together."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    for tier in tiers:
        next(tier.rglob("*.png")).unlink()
    assert store.find(KEY) is None
    assert not store.has(DIGEST)


def test_prune_between_a_look_and_a_reading_harms_nobody(
    tiers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process removes the project's copy after it was listed: the second one answers,
    for records and bytes alike, and no error is made of it."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    whole, pruned = os.scandir, list(tiers[0].rglob("*.*"))

    def listed(folder: Path) -> list[os.DirEntry[str]]:
        with whole(folder) as entries:
            found = list(entries)
        if folder.is_relative_to(tiers[0]):
            for path in pruned:
                path.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(os, "scandir", listed)
    assert store.find(KEY) == bought()
    assert not any(path.exists() for path in pruned), "nothing was removed while we looked"
    assert store.record(KEY, DIGEST) == bought()
    assert store.content(DIGEST) == CONTENT


def test_damaged_record_hides_no_other(tiers: tuple[Path, Path]) -> None:
    """One bad record concerns itself alone."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    store.put(bought(b"other take"), b"other take")
    record = next(path for path in tiers[0].rglob("*.json") if DIGEST[:16] in path.name)
    record.write_bytes(b"{half")
    (tiers[1] / record.relative_to(tiers[0])).unlink()
    assert store.find(KEY) == bought(b"other take")


@pytest.mark.parametrize(
    "sides", ["<<<<<<< a\n{0}=======\n{0}>>>>>>> b\n", "<<<<<<< a\nrot\n{0}>>>>>>> b\n"]
)
def test_record_with_both_sides_of_a_merge_is_read_and_mended(
    tiers: tuple[Path, Path], sides: str
) -> None:
    """Both sides name the same bytes; what only the second place has whole comes from there."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    (place,) = tiers[0].rglob("*.json")
    whole = place.read_text()
    place.write_text(sides.format(whole))
    assert Store(tiers[0]).find(KEY) == bought()
    assert store.mend_records() == (place,)
    assert (place.read_text(), store.mend_records()) == (whole, ())
    place.write_text("rot")
    assert Store(tiers[0]).mend_records() == ()
    assert store.mend_records() == (place,)
    assert place.read_text() == whole


def test_several_results_of_one_key_stand_side_by_side(tiers: tuple[Path, Path]) -> None:
    """Two teammates bought it: both were paid for; the smaller digest counts, for all alike."""
    store = Store(*tiers)
    for content in (b"one", b"two"):
        store.put(bought(content), content)
    found = store.find(KEY)
    assert found is not None
    assert found.digest == min(keys.digest(b"one"), keys.digest(b"two"))
    for content in (b"one", b"two"):
        assert store.record(KEY, keys.digest(content)) == bought(content)


def test_missing_tier_is_filled(tiers: tuple[Path, Path]) -> None:
    """What this user fetched, and no longer has in both places, is copied when it is used."""
    Store(tiers[0]).put(bought(), CONTENT)
    Store(*tiers).keep(bought(), is_fetched=True)
    assert Store(tiers[1]).find(KEY) == bought()


def test_what_a_checkout_brought_stays_in_it(tiers: tuple[Path, Path]) -> None:
    """The user's own tier serves all projects: a record for a well-known sprite may be anybody's.
    What the user's own tier has is copied into the project in any case."""
    Store(tiers[0]).put(bought(), CONTENT)
    Store(*tiers).keep(bought(), is_fetched=False)
    assert Store(tiers[1]).find(KEY) is None
    Store(tiers[1]).put(bought(b"mine"), b"mine")
    Store(*tiers).keep(bought(b"mine"), is_fetched=False)
    assert Store(tiers[0]).record(KEY, keys.digest(b"mine")) == bought(b"mine")


def test_put_again_writes_nothing(tiers: tuple[Path, Path]) -> None:
    """Committed files keep their time."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    before = {path: path.stat().st_mtime_ns for path in tiers[0].rglob("*")}
    store.put(bought(), CONTENT)
    assert {path: path.stat().st_mtime_ns for path in tiers[0].rglob("*")} == before


def test_one_tier_out_of_order_keeps_the_other(tiers: tuple[Path, Path]) -> None:
    """A purchase whose download is in hand is kept wherever it can be, and the fault is told."""
    tiers[0].write_text("in the way")
    with pytest.raises(StorageError):
        Store(*tiers).put(bought(), CONTENT)
    assert Store(tiers[1]).content(DIGEST) == CONTENT


def test_newer_record_is_refused(tiers: tuple[Path, Path]) -> None:
    """A format that we do not know is not guessed at."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    for record in (path for tier in tiers for path in tier.rglob("*.json")):
        record.write_bytes(record.read_bytes().replace(b'"version":1', b'"version":99'))
    with pytest.raises(ConfigError, match="newer"):
        store.find(KEY)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_leftovers_of_a_killed_run_are_nothing(tiers: tuple[Path, Path]) -> None:
    """Half a temporary file is never read."""
    store = Store(*tiers)
    store.put(bought(), CONTENT)
    for path in list(tiers[0].rglob("*.*")):
        (path.parent / f".{path.name}.0.pixelpipe-tmp").write_bytes(b"half")
    assert store.find(KEY) == bought()
    assert store.content(DIGEST) == CONTENT
