"""Against a service that means harm, with the real command: refused, bounded, kept for later."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import hostile_service
import pytest
from game import KEY_NAME, Game, Run, png
from hostile_service import KEY, Call, Hostile, Talk
from PIL import Image
from places import SUPPORT

from pipeline.core import png as container
from pipeline.core.model import Job, JobState
from pipeline.storage.ledger import Ledger

MOST_MIB = 200.0
#: No case waits for an answer that does not come; retries are what takes the time.
MOST_S = 60.0


@pytest.fixture
def service() -> Iterator[Hostile]:
    """Serve."""
    with hostile_service.serving() as found:
        yield found


@pytest.fixture
def victim(game: Game, service: Hostile) -> Game:
    """Let a project of one sprite buy there."""
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    game.environment |= {"PIXELPIPE_SERVICE": service.url, KEY_NAME: KEY}
    return game


def attacked(victim: Game, *arguments: str) -> tuple[Run, float]:
    """Run a command as a process of its own; returns how it ended, and its peak in MiB."""
    done = subprocess.run(
        [sys.executable, str(SUPPORT / "measured.py"), *arguments],
        cwd=victim.root,
        env=victim.variables(),
        capture_output=True,
        text=True,
        timeout=MOST_S,
    )
    *said, peak = done.stderr.splitlines()
    assert "Traceback" not in done.stderr, done.stderr
    return Run(done.returncode, done.stdout, "\n".join(said)), float(peak)


def jobs() -> list[Job]:
    """Return what the ledger knows."""
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        return ledger.named("")


def chunked(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these chunks."""
    return container.write(chunks)


def zeros(mib: int) -> bytes:
    """Return so much nothing, compressed: a thousandth of it.

    One MiB is compressed, and repeated: this is done wherever tests are collected.
    """
    packer, nothing = zlib.compressobj(1), bytes(1 << 20)
    first, next = (packer.compress(nothing) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    sum = (mib << 20) % 65521 << 16 | 1  # Adler-32 of as many zeros
    return first + next * (mib - 1) + b"\x03\x00" + sum.to_bytes(4)


def header(width: int, height: int) -> tuple[bytes, bytes]:
    """Return the first chunk of a picture that says so of itself."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)


def bomb(*chunks: tuple[bytes, bytes], size: tuple[int, int] | None = None) -> Talk:
    """Send a picture of the size that is asked for, or another, made of these chunks."""

    def talk(call: Call) -> None:
        head = header(*(size or call.service.size))
        call.say(200, chunked(head, *chunks, (b"IEND", b"")))

    return talk


def endless(call: Call) -> None:
    """Send a file that never ends, and says so of nothing."""
    call.send_response(200)
    call.send_header("Connection", "close")
    call.end_headers()
    call.wfile.write(png(Image.new("RGBA", (8, 8))))
    while True:
        call.wfile.write(bytes(1 << 20))


def ten_gigabytes(call: Call) -> None:
    """Announce 10 GB, and begin."""
    call.send_response(200)
    call.send_header("Content-Length", str(10 << 30))
    call.end_headers()
    call.wfile.write(png(Image.new("RGBA", (8, 8))))
    while True:
        call.wfile.write(bytes(1 << 20))


def html(call: Call) -> None:
    """Send a page of somebody's proxy."""
    call.say(200, b"<html><body>Please sign in</body></html>", Content_Type="text/html")


def large_json(call: Call) -> None:
    """Send 10 MB of well-formed JSON."""
    call.say(200, b'{"status": "pending", "x": "' + b"x" * (10 << 20) + b'"}')


FILES: dict[str, Talk] = {
    "endless": endless,
    "10 GB": ten_gigabytes,
    "html": html,
    "json": large_json,
    "bomb by size": bomb((b"IDAT", zeros(64)), size=(60_000, 60_000)),
    "bomb by area": bomb((b"IDAT", zeros(512)), size=(16_000, 8_000)),
    "too short": bomb((b"IDAT", zlib.compress(bytes(99)))),
    "noise": bomb((b"IDAT", bytes(range(256)))),
}
#: What is a picture of the right size all the same, however it is wrapped.
SOUND: dict[str, Talk] = {
    "bomb by pixels": bomb((b"IDAT", zeros(512))),
    "bomb cut short": bomb((b"IDAT", zeros(512)[:-9])),
    "bomb by text": bomb((b"zTXt", b"Comment\0\0" + zeros(512)), (b"IDAT", zeros(1))),
    "bomb by profile": bomb((b"iCCP", b"sRGB\0\0" + zeros(512)), (b"IDAT", zeros(1))),
    "49 MB": bomb((b"teSt", bytes(49 << 20)), (b"IDAT", zeros(1))),
}


#: Those that every run of the tests takes; the others are slow ones.
QUICK = ("endless", "bomb by area", "html")
_FILES = [
    pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow, id=kind) for kind in FILES
]


@pytest.mark.parametrize("kind", _FILES)
def test_file_that_does_harm_is_refused(victim: Game, service: Hostile, kind: str) -> None:
    """It was paid for: the job is kept, in bounded memory, and a sound file is fetched later."""
    service.talk["file"] = FILES[kind]
    run, peak = attacked(victim, "build", "--yes")
    assert run.exit == 6, run.stderr
    assert peak < MOST_MIB
    assert [job.state for job in jobs()] == [JobState.DETACHED]
    assert not list((victim.root / ".pixelpipe").rglob("*.png"))
    del service.talk["file"]
    assert victim.make().exit == 0
    assert service.count("POST animate") == 1


@pytest.mark.parametrize("kind", SOUND)
def test_file_that_unpacks_to_more_than_it_should(
    victim: Game, service: Hostile, kind: str
) -> None:
    """What belongs to no pixel of the picture is never unpacked, nor anything beyond its last row:
    what was paid for is used, in bounded memory."""
    service.talk["file"] = SOUND[kind]
    run, peak = attacked(victim, "build", "--yes")
    assert peak < MOST_MIB
    assert run.exit in (0, 1), run.stderr
    assert [job.state for job in jobs()] == [JobState.BOUGHT]


@pytest.mark.parametrize(
    "link",
    ["file:///etc/passwd", "http://127.0.0.1:{port}/file", "https://127.0.0.1:{port}/file", ""],
)
def test_link_that_leads_elsewhere_is_not_followed(
    victim: Game, service: Hostile, link: str
) -> None:
    """Neither our files nor other programs on this machine are asked for anything."""
    with hostile_service.serving() as other:
        port = other.url.split(":")[2].partition("/")[0]
        service.talk["jobs"] = lambda call: service.succeed(call, link.format(port=port))
        run, _ = attacked(victim, "build", "--yes")
        assert run.exit == 6
        assert "not allowed" in run.stderr
        assert other.calls == []
        assert [job.state for job in jobs()] == [JobState.DETACHED]
    del service.talk["jobs"]
    assert victim.make().exit == 0
    assert service.count("POST animate") == 1


@pytest.mark.parametrize("talk", [html, large_json], ids=["html", "json"])
@pytest.mark.parametrize("name", ["balance", "animate", "jobs"])
def test_answer_that_is_none(victim: Game, service: Hostile, name: str, talk: Talk) -> None:
    """A page where JSON should be, and ten megabytes of it: refused before a purchase, doubt after
    one, patience with a job; bounded, and one POST at most."""
    service.talk[name] = talk
    run, peak = attacked(victim, "build", "--yes")
    assert peak < MOST_MIB
    assert run.exit == {"balance": 6, "animate": 7, "jobs": 6}[name]
    assert [job.state for job in jobs()] == {
        "balance": [],
        "animate": [JobState.UNCONFIRMED],
        "jobs": [JobState.DETACHED],
    }[name]
    del service.talk[name]
    assert victim.make().exit == (7 if name == "animate" else 0)
    assert service.count("POST animate") == 1


def test_job_that_is_pending_for_ever_is_detached(
    victim: Game, service: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve minutes are more than the service's hold: then the run ends, and a later one asks
    again. Nothing is bought for it a second time."""
    begun, real = time.monotonic(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + 400 * (time.monotonic() - begun))
    service.talk["jobs"] = lambda call: call.say_json(api_job_id="j", status="pending")
    report = victim.make()
    assert report.exit == 6
    assert "did not finish it in time" in str(report.results[0].step.error)
    assert [job.state for job in jobs()] == [JobState.DETACHED]
    assert service.count("GET jobs") > 2
    del service.talk["jobs"]
    assert victim.make().exit == 0
    assert service.count("POST animate") == 1


def certificate(folder: Path) -> Path:
    """Make a certificate for this machine, which nobody vouches for but itself; with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    place = folder / "localhost.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    made += [
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]
    subprocess.run([*made, "-keyout", place, "-out", place], check=True, capture_output=True)
    return place


def test_redirect_from_https_to_http_is_not_followed(game: Game, tmp_path: Path) -> None:
    """Neither for a purchase, which would be sent twice and show its key, nor for a file."""
    trusted = certificate(tmp_path)
    with hostile_service.serving(trusted) as service, hostile_service.serving() as other:
        game.environment |= {"PIXELPIPE_SERVICE": service.url, KEY_NAME: KEY}
        game.environment["REQUESTS_CA_BUNDLE"] = str(trusted)
        leads_away = {"Location": f"{other.url}/file"}
        ends = {"animate": 5, "file": 6, "jobs": 6, "balance": 6}
        for tint, (name, exit) in enumerate(ends.items()):
            service.talk = {name: lambda call: call.say(302, b"", **leads_away)}
            for place in (game.root / "assets").glob("*.png"):
                place.unlink()
            game.draw(f"{name}.png", tint=tint)
            assert attacked(game, "build", "--yes")[0].exit == exit, name
        assert other.calls == []


def test_certificate_that_nobody_vouches_for_ends_it_before_a_byte(
    game: Game, tmp_path: Path
) -> None:
    """Whoever sits in between must not get the key: surely not sent, and nothing in doubt."""
    with hostile_service.serving(certificate(tmp_path)) as service:
        game.environment |= {"PIXELPIPE_SERVICE": service.url, KEY_NAME: KEY}
        run, _ = attacked(game, "build", "--yes")
        assert run.exit == 6
        assert "TLS" in run.stderr
        assert service.calls == []
        assert jobs() == []


# -- the key ------------------------------------------------------------------------------------


def echo(call: Call) -> None:
    """Refuse, and repeat the key to whoever reads it."""
    said = f'{{"error": {{"code": "x", "message": "bad key {call.headers["Authorization"]}"}}}}'
    call.say(500, said.encode(), X_Key=str(call.headers["Authorization"]))


def echo_in_job(call: Call) -> None:
    """Let the job fail, and repeat the key in its reason."""
    call.say_json(api_job_id="j", status="failure", error={"message": f"bad key {KEY}"})


@pytest.mark.parametrize(
    "talk",
    [
        {},
        {"balance": echo},
        {"animate": echo},
        {"jobs": echo},
        {"jobs": echo_in_job},
        {"file": echo},
    ],
    ids=["well", "balance", "animate", "jobs", "failed job", "file"],
)
def test_key_is_found_nowhere_afterwards(
    victim: Game, service: Hostile, tmp_path: Path, talk: dict[str, Talk]
) -> None:
    """Everything that runs leave behind or print is searched, whatever went wrong: the project, the
    state folder, logs at their loudest, saved plans, and the command lines of all processes. To the
    host of a file it is not sent at all."""
    service.talk = talk
    seen: set[bytes] = set()
    over = threading.Event()
    watcher = threading.Thread(target=_look_at_processes, args=(seen, over))
    watcher.start()
    said = ""
    for arguments in (
        ("plan", "--out", str(tmp_path / "plan.json")),
        ("-vv", "build", "--yes", "--json"),
        ("jobs",),
        ("why", "assets/hero.png"),
        ("doctor",),
        ("billing",),
    ):
        run, _ = attacked(victim, *arguments)
        said += run.stdout + run.stderr
    over.set()
    watcher.join()
    secret = KEY.removeprefix("pe_sk_")
    assert secret not in said
    assert any(b"measured.py" in line for line in seen), "nobody looked"
    assert not [line for line in seen if secret.encode() in line]
    places = [victim.root, Path(os.environ["PIXELPIPE_STATE"]), tmp_path / "plan.json"]
    for place in places:
        for path in [place, *place.rglob("*")]:
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    for call, headers in service.calls:
        assert (secret in str(headers)) is (call != "GET file")


def _look_at_processes(seen: set[bytes], over: threading.Event) -> None:
    """Collect the command lines of every process until told to stop."""
    while not over.wait(0.02):
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(place.read_bytes())
            except OSError:
                continue
