"""The engine stands in for the real service: addresses, links, dates, credits, strictness."""

from __future__ import annotations

import io
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from engine_server import Server, account_in, encoded, png, serving, sprite
from PIL import Image, ImageChops, ImageFilter

from pipeline.engine.accounts import allowances, credits, database, jobs
from pipeline.engine.accounts.jobs import Product
from pipeline.engine.contract import orders
from pipeline.engine.contract.errors import LocalRefusal, RateLimited
from pipeline.engine.server import local, origin

FREE = orders.read_pixelate({"image": png()})
PRODUCT = Product(b"x" * 1000, "image/png", {"width": 1, "height": 1}, {})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve once for all plain questions."""
    with serving() as running:
        yield running


def output(state: dict[str, object]) -> dict[str, str]:
    """Give what a successful job put out."""
    found = state["output"]
    assert isinstance(found, dict), state
    return found


def on(year: int, month: int, day: int, hour: int = 0) -> float:
    """Give a moment in UTC as seconds since 1970."""
    return datetime(year, month, day, hour, tzinfo=UTC).timestamp()


# Addresses


def test_a_public_url_stands_in_links_and_in_the_announcement() -> None:
    """Whatever a caller names as host, links lead where the server was told."""
    with serving("--public-url", "https://engine.test:8443/pixel/functions/v1/") as running:
        assert running.url == "https://engine.test:8443/pixel/functions/v1"


@pytest.mark.parametrize(
    "said",
    ["engine.test", "ftp://engine.test", "https://", "https://a b", "https://u@h", "http://h?x"],
)
def test_a_public_url_that_is_none_is_refused(said: str) -> None:
    """Links made of it would lead nowhere."""
    with pytest.raises(LocalRefusal, match="public URL"):
        origin.parse(said, ())


FORWARDED = {
    "host": "inside:8000",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "engine.test, inner",
    "x-forwarded-port": "8443",
}


@pytest.mark.parametrize(
    ("peer", "trusted", "headers", "wanted"),
    [
        ("172.17.0.1", ["172.17.0.0/16"], FORWARDED, "https://engine.test:8443"),
        ("::ffff:172.17.0.1", ["172.17.0.0/16"], FORWARDED, "https://engine.test:8443"),
        ("172.17.0.1", ["fd00::/8", "172.17.0.1"], FORWARDED, "https://engine.test:8443"),
        ("172.18.0.1", ["172.17.0.0/16"], FORWARDED, "http://inside:8000"),
        ("172.17.0.1", [], FORWARDED, "http://inside:8000"),
        ("fe80::1%eth0", ["fe80::/10"], FORWARDED, "https://engine.test:8443"),
        ("10.0.0.1", ["10.0.0.1"], {**FORWARDED, "x-forwarded-host": "e/vil"}, "https://inside:8000"),
        ("10.0.0.1", ["10.0.0.1"], {**FORWARDED, "x-forwarded-proto": "x"},
         "http://engine.test:8443"),
        ("10.0.0.1", ["10.0.0.1"], {**FORWARDED, "x-forwarded-port": "443"}, "https://engine.test"),
        ("10.0.0.1", ["10.0.0.1"], {**FORWARDED, "x-forwarded-host": "[fd00::1]:99"},
         "https://[fd00::1]:99"),
        ("10.0.0.1", ["10.0.0.1"], {}, "http://127.0.0.1:1"),
    ],
)  # fmt: skip
def test_forwarded_headers_count_from_trusted_addresses_only(
    peer: str, trusted: list[str], headers: dict[str, str], wanted: str
) -> None:
    """Else any caller could plant a foreign link in an answer."""
    found = origin.parse(None, trusted).of("http", ("127.0.0.1", 1), peer, headers.get)
    assert found == wanted


def test_links_come_as_the_proxy_was_asked() -> None:
    """Over real HTTP, with and without trust."""
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "engine.test"}
    for options, start in (
        ((), "http://127.0.0.1:"),
        (("--trust-proxy", "127.0.0.1"), "https://engine.test/download/"),
    ):
        with serving(*options) as running:
            job = running.submit()
            running.ended(job)
            state = running.request("GET", f"/jobs?id={job}", headers=said).json()
            assert output(state)["url"].startswith(start)


def test_public_links_lead_to_the_file() -> None:
    """Path and token are the server's own, behind whatever address."""
    with serving("--public-url", "https://engine.test/pixel") as running:
        local_url = _local(running)
        running.url = local_url
        link = output(running.ended(running.submit()))["url"]
        assert link.startswith("https://engine.test/pixel/download/")
        path = link.removeprefix("https://engine.test/pixel")
        assert running.get(local_url.removesuffix("/functions/v1") + path).status == 200


def _local(running: Server) -> str:
    """Find the port of a server that announces another address."""
    found = Path(f"/proc/{running.process.pid}/net/tcp")
    if not found.exists():
        pytest.skip("needs /proc to find the port")
    inodes = {
        re.sub(r"\D", "", str(one.readlink()))
        for one in Path(f"/proc/{running.process.pid}/fd").iterdir()
        if "socket" in str(one.readlink())
    }
    for line in found.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return f"http://127.0.0.1:{int(fields[1].split(':')[1], 16)}/functions/v1"
    raise AssertionError("the server listens nowhere")


# Links


def test_no_link_promises_more_than_the_files_life() -> None:
    """A file that goes in six seconds has no link for an hour, however often it is asked for."""
    with serving("--keep", "6") as running:
        job = running.submit()
        first = running.ended(job)
        ended = time.time()
        time.sleep(1.1)
        (said,) = {output(state)["expires_at"] for state in (first, running.state(job))}
        assert datetime.fromisoformat(said).timestamp() <= ended + 6
        url = output(running.state(job))["url"]
        assert running.get(url).status == 200
        time.sleep(max(0.0, datetime.fromisoformat(said).timestamp() - time.time()) + 0.1)
        assert running.get(url).status in (403, 404)
        assert output(running.state(job))["expires_at"] == said


# Billing dates


@pytest.mark.parametrize(
    ("day", "now", "wanted"),
    [
        (31, on(2026, 1, 31, 12), on(2026, 2, 28)),
        (31, on(2026, 2, 28), on(2026, 3, 31)),
        (31, on(2028, 2, 1), on(2028, 2, 29)),
        (29, on(2026, 2, 28, 1), on(2026, 3, 29)),
        (1, on(2026, 12, 1), on(2027, 1, 1)),
        (15, on(2026, 12, 14, 23), on(2026, 12, 15)),
        (30, on(2026, 12, 31), on(2027, 1, 30)),
    ],
)
def test_the_billing_date_is_a_day_of_the_month(day: int, now: float, wanted: float) -> None:
    """The last of a shorter month; the day itself is never lost."""
    assert credits.next_date(day, now) == wanted


def test_the_billing_day_outlives_a_short_month_and_a_late_start() -> None:
    """Opened on the 31st and refreshed too late in March, it is due on the 31st again."""
    with closing(database.connect(None)) as db:
        credits.open_account(db, "default", on(2026, 1, 31, 9))
        due = [db.execute("SELECT refresh_at FROM accounts").fetchone()[0]]
        for now in (on(2026, 3, 5), on(2026, 4, 1)):
            credits.refresh_due(db, now)
            due.append(db.execute("SELECT refresh_at FROM accounts").fetchone()[0])
        assert due == [on(2026, 2, 28), on(2026, 3, 31), on(2026, 4, 30)]


def test_a_server_that_was_off_on_the_date_refreshes_before_its_first_answer(
    tmp_path: Path,
) -> None:
    """The first balance is already that of the new month; a database of an older engine, too."""
    path, key, options = account_in(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT INTO ledger (account, at, kind, pool, credits)"
            " VALUES (1, 0, 'debit', 'monthly', -70)"
        )
        db.execute("UPDATE accounts SET refresh_at = 1000, billing_day = NULL")
        db.commit()
    with serving(*options) as running:
        running.key = key
        assert running.balance()["monthly_balance"] == 100
    with closing(sqlite3.connect(path)) as db:
        day, due = db.execute(
            "SELECT billing_day, refresh_at FROM accounts WHERE id = 1"
        ).fetchone()
    assert day == 1
    assert due > time.time()


def test_a_refresh_by_hand_leaves_the_date(tmp_path: Path) -> None:
    """It fills the pool; the month goes on."""
    path = tmp_path / "engine.sqlite"
    local.add_key(path)
    with closing(sqlite3.connect(path)) as db:
        before = db.execute("SELECT refresh_at FROM accounts").fetchone()
        local.refresh_credits(path)
        assert db.execute("SELECT refresh_at FROM accounts").fetchone() == before


def test_a_database_of_an_older_engine_gains_the_billing_day(tmp_path: Path) -> None:
    """Its accounts, keys and jobs stay as they are."""
    path, _, _ = account_in(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE accounts DROP COLUMN billing_day")
    assert local.balance(path).total == 100
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT billing_day FROM accounts").fetchall() == [(None,)]


# Credits and free jobs


def test_an_account_in_memory_can_run_out_of_credits() -> None:
    """Two animations for forty credits, and 402 for the third."""
    with serving("--credits", "40") as running:
        assert running.balance()["available"] == 40
        running.submit()
        running.submit()
        refused = running.post("/animate", {"image": png(), "prompt": "bob"})
        assert (refused.status, refused.code) == (402, "insufficient_credits")


def test_free_jobs_are_bounded_open_and_kept() -> None:
    """What costs nothing is not taken without end; paid jobs and other accounts go on."""
    with closing(database.connect(None)) as db:
        account, other = (credits.open_account(db, name, 0.0) for name in ("one", "other"))
        ids = [jobs.submit(db, account, (FREE,), 0.0)[0] for _ in range(allowances.MOST_OPEN)]
        with pytest.raises(RateLimited):
            jobs.submit(db, account, (FREE,), 0.0)
        jobs.submit(db, other, (FREE,), 0.0)
        jobs.submit(db, account, (orders.read_animate({"image": png(), "prompt": "x"}),), 0.0)
        jobs.cancel(db, account, ids[0], 1.0)
        jobs.submit(db, account, (FREE,), 1.0)


def test_free_jobs_that_ended_are_bounded_and_forgotten_with_their_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cancelled ones count too; paid ones stay in the books."""
    monkeypatch.setattr(allowances, "MOST_KEPT", 5)
    with closing(database.connect(None)) as db:
        account = credits.open_account(db, "one", 0.0)
        paid = jobs.submit(
            db, account, (orders.read_animate({"image": png(), "prompt": "x"}),), 0.0
        )
        for number in range(5):
            (job,) = jobs.submit(db, account, (FREE,), 0.0)
            if number:
                jobs.cancel(db, account, job, 1.0)
        jobs.start(db, 9, 0.0, lambda _: 0.0)
        for ended in (job, *paid):
            jobs.finish(db, ended, PRODUCT, 1.0)
        jobs.lapse(db, 1000.0)
        with pytest.raises(RateLimited):
            jobs.submit(db, account, (FREE,), 1000.0)
        jobs.prune(db, 2000.0)
        jobs.submit(db, account, (FREE,), 2000.0)
        assert jobs.read(db, account, paid[0]).status == "success"
        assert len(db.execute("SELECT 1 FROM jobs").fetchall()) == 2


def test_the_bytes_that_free_jobs_keep_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few large results count as many small ones."""
    monkeypatch.setattr(allowances, "MOST_BYTES", 1500)
    with closing(database.connect(None)) as db:
        account = credits.open_account(db, "one", 0.0)
        for _ in range(2):
            (job,) = jobs.submit(db, account, (FREE,), 0.0)
            jobs.start(db, 1, 0.0, lambda _: 0.0)
            jobs.finish(db, job, PRODUCT, 1.0)
        with pytest.raises(RateLimited):
            jobs.submit(db, account, (FREE,), 1.0)


# Strictness


@pytest.mark.parametrize("path", ["/animate", "/enhance-prompt"])
@pytest.mark.parametrize("model", ["pixel-engine", "pixel-engine-v1.5", "", "PIXEL-ENGINE-V1.1"])
def test_a_model_that_the_contract_does_not_name_is_refused(
    server: Server, path: str, model: str
) -> None:
    """A client's typing error shows here, and not when it pays."""
    answer = server.post(path, {"image": png(), "prompt": "bob", "model": model})
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert b"pixel-engine-v1.1" in answer.body


def test_the_engine_of_a_build_takes_every_model() -> None:
    """A rule may name a model that only the real service knows; without a key it is made here."""
    with serving("--any-model") as running:
        body = {"image": png(), "prompt": "bob", "model": "pixel-engine-v9"}
        batch = running.post("/animate-batch", {"jobs": [body]})
        assert batch.status == 200
        state = running.ended(running.submit(model="pixel-engine-v9"))
        assert isinstance(state["inputs"], dict)
        assert state["inputs"]["model"] == "pixel-engine-v9"


@pytest.mark.parametrize("said", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_a_body_that_does_not_say_that_it_is_json_is_refused(server: Server, said: str) -> None:
    """The vendor's introduction: all requests use application/json."""
    answer = server.request(
        "POST", "/enhance-prompt", {"prompt": "x"}, headers={"Content-Type": said}
    )
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_browsers_may_read_the_headers_that_help(server: Server) -> None:
    """A page sees Retry-After only if it is exposed; on refusals and downloads, too."""
    for answer in (server.get("/balance"), server.get("/balance", key="")):
        assert "retry-after" in answer.headers["access-control-expose-headers"]


# Placeholders


def test_a_generated_image_is_a_placeholder_at_the_models_price(server: Server) -> None:
    """A client's path runs to its end, and the job says that it is no real answer."""
    for model, cost in ((None, 6), ("nb_flash", 12), ("oai_gpt25_max", 36)):
        job = server.submit("/generate-image", image=None, prompt="a knight", model=model)
        state = server.ended(job)
        assert state["billing"] == {
            "credits_held": cost, "credits_charged": cost, "hold_status": "captured",
        }  # fmt: skip
        assert isinstance(state["inputs"], dict)
        assert state["inputs"]["placeholder"] is True
        with Image.open(io.BytesIO(server.get(output(state)["url"]).body)) as found:
            assert (found.size, found.mode, found.format) == ((92, 92), "RGB", "PNG")
            assert len(found.getcolors() or ()) > 1
    assert server.post("/generate-image", {"prompt": "x", "model": "other"}).status == 400


def test_a_retake_gives_the_frames_back_and_says_so(server: Server) -> None:
    """From a job or from a file; the sheet is the same, at its own price."""
    first = server.submit(output_format="spritesheet", output_frames=4, pixel_config={"colors": 64})
    before = server.get(output(server.ended(first))["url"]).body
    region = {"start_frame": 1, "end_frame": 2}
    for given in (
        {"api_job_id": first, "image": None},
        {"image": encoded(Image.open(io.BytesIO(before)))},
    ):
        job = server.submit(
            "/retake", prompt="softer", retake_region=region, output_format="spritesheet",
            pixel_config={"colors": 64}, **given,
        )  # fmt: skip
        state = server.ended(job)
        assert isinstance(state["billing"], dict)
        assert state["billing"]["credits_charged"] == 24
        assert isinstance(state["inputs"], dict)
        assert state["inputs"]["placeholder"] is True
        after = Image.open(io.BytesIO(server.get(output(state)["url"]).body))
        assert after.tobytes() == Image.open(io.BytesIO(before)).tobytes()


def test_a_retake_of_what_is_not_there_is_refused(server: Server) -> None:
    """Unknown jobs, jobs without a result, frames behind the end, a region the wrong way round."""
    assert server.post("/retake", {"prompt": "x", "api_job_id": "no"}).code == "not_found"
    assert server.post("/retake", {"prompt": "x"}).code == "invalid_request"
    wrong = {"start_frame": 3, "end_frame": 1}
    body = {"prompt": "x", "image": png(), "retake_region": wrong}
    assert server.post("/retake", body).code == "invalid_request"
    late = server.ended(server.submit("/retake", retake_region={"start_frame": 0, "end_frame": 9}))
    assert late["status"] == "failure"


# Soft grids


def native(size: int = 24) -> Image.Image:
    """Draw pixel art with detail of one pixel."""
    picture = Image.new("RGB", (size, size), (30, 40, 60))
    colours = [(200, 60, 80), (240, 200, 90), (60, 160, 120), (90, 90, 200)]
    for y in range(2, size - 2):
        for x in range(2, size - 2):
            if (x * 7 + y * 13 + x * y) % 5 < 3:
                picture.putpixel((x, y), colours[(x * 3 + y * 5 + x * y) % 4])
    return picture


@pytest.mark.parametrize(
    ("name", "side"),
    [("bicubic", 240), ("bilinear", 192), ("fractional", 250), ("blurred", 288), ("large", 1024)],
)
def test_soft_and_fractional_grids_come_back_at_their_native_size(
    server: Server, name: str, side: int
) -> None:
    """Enlarged by other hands than nearest neighbour: the cells and most of their colours."""
    method = {"bicubic": 3, "bilinear": 2}.get(name, 0)
    soft = native().resize((side, side), Image.Resampling(method))
    if name in ("blurred", "large"):
        soft = soft.filter(ImageFilter.GaussianBlur(side / 24 / 5))
    state = server.ended(server.submit("/pixelate", image=encoded(soft), colors=256))
    assert state["status"] == "success", state
    with Image.open(io.BytesIO(server.get(output(state)["url"]).body)) as found:
        assert found.size == (24, 24)
        apart = ImageChops.difference(found.convert("RGB"), native())
    same = sum(max(pixel) <= 40 for pixel in zip(*[iter(apart.tobytes())] * 3, strict=True))
    assert same >= 0.9 * 24 * 24


def test_a_large_picture_without_a_grid_is_made_small_and_says_so(server: Server) -> None:
    """A photograph is no pixel art; a client's path still runs to its end."""
    photo = Image.effect_noise((600, 400), 80).filter(ImageFilter.GaussianBlur(9)).convert("RGB")
    state = server.ended(server.submit("/pixelate", image=encoded(photo)))
    assert isinstance(state["inputs"], dict)
    assert state["inputs"]["placeholder"] is True
    found = state["output"]
    assert isinstance(found, dict)
    assert found["metadata"] == {"width": 120, "height": 80}


def test_a_picture_at_its_native_size_is_left_to_the_real_service(server: Server) -> None:
    """Nothing may be taken from it."""
    for picture in (sprite(), native(32), Image.effect_noise((200, 200), 90).convert("RGB")):
        state = server.ended(server.submit("/pixelate", image=encoded(picture)))
        assert state["status"] == "failure", picture.size
