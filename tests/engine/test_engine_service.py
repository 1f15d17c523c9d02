"""The engine keeps the contract of the vendor's service, promise by promise."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from engine_server import KEY, Server, encoded, png, serving, sprite
from PIL import Image, ImageChops

GETS = ("/balance", "/billing", "/jobs?id=x", "/batch-jobs?batch_id=x")
POSTS = (
    "/animate", "/animate-batch", "/cancel", "/enhance-prompt", "/generate-image", "/keyframes",
    "/pixelate", "/remove-background", "/retake",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve an account with all the credits it wants."""
    with serving() as running:
        yield running


def test_submit_poll_download_is_all_it_takes(server: Server) -> None:
    """Two fields in, a signed link out, no other call needed."""
    answer = server.post("/animate", {"image": png(), "prompt": "breathing calmly"})
    content = answer.json()
    job = str(content["api_job_id"])
    assert answer.status == 200
    assert content == {"api_job_id": job, "status": "queued", "error": None}
    assert uuid.UUID(job).version == 4
    done = server.ended(job)
    assert done["status"] == "success"
    output = done["output"]
    assert isinstance(output, dict)
    file = server.get(output["url"], key="")
    assert file.status == 200
    assert file.headers["content-type"] == output["content_type"] == "image/webp"
    with Image.open(io.BytesIO(file.body)) as image:
        assert image.format == "WEBP"
        assert (image.width, image.height, getattr(image, "n_frames", 1)) == (12, 12, 8)


def test_every_default_of_animate_is_echoed(server: Server) -> None:
    """What was not sent is filled in and shown in `inputs`."""
    done = server.ended(server.submit())
    inputs = done["inputs"]
    assert isinstance(inputs, dict)
    assert inputs["model"] == "pixel-engine-v1.1"
    assert inputs["pixel_config"] == {"colors": 24}
    assert inputs["output_frames"] == 8
    assert inputs["output_format"] == "webp"
    assert inputs["matte_color"] == "#808080"
    assert inputs["engine"] == "builtin"
    assert inputs["interpretation"]
    assert "image" not in inputs


@pytest.mark.parametrize("path", GETS)
def test_every_get_asks_for_the_key(server: Server, path: str) -> None:
    """No endpoint answers without a valid key, before it looks at anything else."""
    for key in ("", "nonsense", "pe_sk_", "pe_sk_unknownunknownunknown", KEY[:-1]):
        answer = server.get(path, key=key)
        assert (answer.status, answer.code) == (401, "unauthorized")


@pytest.mark.parametrize("path", [*POSTS, "/nowhere"])
def test_every_post_asks_for_the_key_before_body_and_path(server: Server, path: str) -> None:
    """The key comes first, even for a broken body or an unknown path."""
    answer = server.request("POST", path, b"{broken", key="")
    assert (answer.status, answer.code) == (401, "unauthorized")


@pytest.mark.parametrize("header", ["Basic abc", KEY, f"Token {KEY}", "Bearer", f"Bearer x{KEY}"])
def test_only_a_bearer_key_is_accepted(server: Server, header: str) -> None:
    """Another scheme or a malformed header is the same refusal."""
    answer = server.request("GET", "/balance", key="", headers={"Authorization": header})
    assert (answer.status, answer.code) == (401, "unauthorized")


def test_order_of_checks_is_path_then_method_then_json_then_fields(server: Server) -> None:
    """Each request has one answer, whatever else is wrong with it."""
    assert server.request("POST", "/nowhere", b"{").code == "not_found"
    wrong_method = server.request("GET", "/animate", b"{")
    assert (wrong_method.status, wrong_method.code) == (405, "method_not_allowed")
    assert wrong_method.headers["allow"] == "POST, OPTIONS"
    assert server.request("POST", "/animate", b"{").code == "invalid_request"
    assert server.post("/animate", {"image": "!", "prompt": " "}).code == "invalid_request"
    assert server.post("/animate", {"image": "aGk=", "prompt": "x"}).code == "invalid_image"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", ""), ("PUT", "/animate"), ("DELETE", "/jobs?id=1"), ("GET", "/jobs"),
     ("POST", "/balance"), ("PATCH", "/x")],
)  # fmt: skip
def test_every_path_answers_json_with_cors(server: Server, method: str, path: str) -> None:
    """Browsers and clients can read every refusal."""
    answer = server.request(method, path)
    assert answer.status in (400, 404, 405)
    assert answer.code
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/animate", "/balance", "/nowhere"])
def test_preflight_needs_no_key(server: Server, path: str) -> None:
    """OPTIONS is answered with 204 and the headers that clients send."""
    answer = server.request("OPTIONS", path, key="")
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    allowed = answer.headers["access-control-allow-headers"]
    assert {"authorization", "content-type", "apikey", "x-client-info"} == set(allowed.split(", "))


def test_outside_the_api_everything_is_json_too(server: Server) -> None:
    """The root of the host, wrong links and wrong methods on them."""
    root = server.url.removesuffix("/functions/v1")
    assert server.get(f"{root}/").code == "not_found"
    assert server.get(f"{root}/download/x").code == "link_expired"
    assert server.request("POST", f"{root}/download/x").code == "method_not_allowed"
    contract = server.get(f"{root}/openapi.json")
    assert contract.json()["openapi"] == "3.1.0"


def test_a_charset_after_the_content_type_is_fine(server: Server) -> None:
    """Clients send `application/json; charset=utf-8`."""
    answer = server.request(
        "POST", "/enhance-prompt", {"prompt": "né"},
        headers={"Content-Type": "application/json; charset=utf-8"},
    )  # fmt: skip
    assert answer.status == 200


def test_a_job_passes_through_queued_and_pending_with_progress() -> None:
    """Simulated latency shows every state a client must know."""
    with serving("--latency", "1") as server:
        submitted = server.post("/animate", {"image": png(), "prompt": "bob"}).json()
        seen: list[tuple[str, object]] = [(str(submitted["status"]), 0.0)]
        while seen[-1][0] in ("queued", "pending"):
            state = server.state(str(submitted["api_job_id"]))
            seen.append((str(state["status"]), state["progress"]))
            time.sleep(0.02)
    states = [status for status, _ in seen]
    assert list(dict.fromkeys(states)) == ["queued", "pending", "success"]
    progress = [float(str(share)) for _, share in seen]
    assert progress == sorted(progress)
    assert progress[-1] == 1


def test_links_expire_and_jobs_gives_fresh_ones() -> None:
    """An hour by default, then 403; forged tokens never work."""
    with serving("--link-ttl", "2") as server:
        job = server.submit()
        url = _output(server.ended(job))["url"]
        assert server.get(url).status == 200
        assert server.get(url[:-1] + ("A" if url[-1] != "A" else "B")).code == "link_expired"
        far = re.sub(r"token=\d+", "token=99999999999", url)
        assert server.get(far).code == "link_expired"
        ends = time.monotonic() + 30
        while (late := server.get(url)).status == 200:
            assert time.monotonic() < ends
        assert (late.status, late.code) == (403, "link_expired")
        assert server.get(_output(server.state(job))["url"]).status == 200


def test_a_link_lives_for_an_hour_unless_told_otherwise(server: Server) -> None:
    """The time of its end is told with it."""
    output = _output(server.ended(server.submit()))
    left = time.mktime(time.strptime(output["expires_at"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert 3590 < left - time.mktime(time.gmtime()) <= 3600


def _output(state: dict[str, object]) -> dict[str, str]:
    output = state["output"]
    assert isinstance(output, dict)
    return output


def test_enhance_prompt_keeps_the_prompt_and_is_idempotent(server: Server) -> None:
    """Synchronous, free, never empty."""
    first = server.post("/enhance-prompt", {"prompt": "slime wobbling"}).json()["enhanced_prompt"]
    assert str(first).startswith("slime wobbling")
    again = server.post("/enhance-prompt", {"prompt": first}).json()["enhanced_prompt"]
    assert again == first


def test_the_same_request_gives_the_same_bytes(server: Server) -> None:
    """Without a seed it comes from the request, so that runs repeat."""
    files = []
    for _ in range(2):
        state = server.ended(server.submit(prompt="shaking wildly", output_format="spritesheet"))
        files.append(server.get(_output(state)["url"]).body)
    assert files[0] == files[1]


def test_frame_zero_is_the_input_on_the_exact_matte(server: Server) -> None:
    """Opaque, one row, frame 0 exact, frames as many as asked for."""
    state = server.ended(
        server.submit(output_format="spritesheet", matte_color="EE00fF", output_frames=6)
    )
    output = state["output"]
    assert isinstance(output, dict)
    assert {key: output["metadata"][key] for key in ("width", "height", "frame_w", "frame_h")} == {
        "width": 72, "height": 12, "frame_w": 12, "frame_h": 12,
    }  # fmt: skip
    assert output["metadata"]["frame_count"] == 6
    with Image.open(io.BytesIO(server.get(output["url"]).body)) as sheet:
        assert sheet.mode == "RGB"
        expected = Image.new("RGBA", (12, 12), (0xEE, 0, 0xFF, 255))
        expected.alpha_composite(sprite())
        first = sheet.crop((0, 0, 12, 12))
        assert ImageChops.difference(first, expected.convert("RGB")).getbbox() is None


def test_strict_turns_needs_ai_into_a_failure(server: Server) -> None:
    """What one still cannot give is said, and refused only on request."""
    prompt = "sits down on a chair"
    honest = server.ended(server.submit(prompt=prompt))
    assert honest["status"] == "success"
    assert isinstance(honest["inputs"], dict)
    assert honest["inputs"]["needs_ai"] is True
    assert honest["inputs"]["needs_ai_reason"]
    strict = server.ended(server.submit(prompt=prompt, strict=True))
    assert strict["status"] == "failure"
    assert isinstance(strict["error"], dict)
    assert strict["error"]["code"] == "needs_ai"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_vendor_curl_commands_work_with_only_the_host_changed(server: Server) -> None:
    """The commands of the vendor's introduction to its API: submit, poll, ask for the balance."""

    def curl(*arguments: str) -> str:
        done = subprocess.run(
            ["curl", "-sS", *arguments], capture_output=True, text=True, check=True, timeout=20
        )
        return done.stdout

    bearer = ("-H", f"Authorization: Bearer {KEY}")
    submitted = curl(
        "-X", "POST", f"{server.url}/animate", *bearer, "-H", "Content-Type: application/json",
        "-d", f'{{"image": "{png()}", "prompt": "walking forward"}}',
    )  # fmt: skip
    match = re.search(r'"api_job_id":"([^"]+)"', submitted)
    assert match is not None
    server.ended(match[1])
    assert '"status":"success"' in curl(f"{server.url}/jobs?id={match[1]}", *bearer)
    assert '"available":' in curl(f"{server.url}/balance", *bearer)


def test_data_urls_and_every_png_kind_are_taken(server: Server) -> None:
    """Both forms of base64 are in use, and any PNG that decodes."""
    assert server.submit(image="data:image/png;base64," + png())
    raw = base64.b64encode(base64.b64decode(png())).decode()
    assert server.submit(image=raw)
    for mode in ("L", "LA", "P", "RGB", "1", "I;16"):
        picture = (
            sprite().convert("L").convert("I;16") if mode == "I;16" else sprite().convert(mode)
        )
        assert server.ended(server.submit(image=encoded(picture)))["status"] == "success", mode


def test_what_is_no_http_is_refused_as_json(server: Server) -> None:
    """Even the parser's own refusal has the error shape and CORS headers."""
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        answer = b""
        while piece := raw.recv(4096):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"access-control-allow-origin: *" in head
    assert json.loads(body)["error"]["code"] == "invalid_request"


def test_a_large_damaged_picture_is_a_failure_that_costs_nothing(server: Server) -> None:
    """Large pictures are decoded by the workers, so that their damage shows in the job."""
    raw = base64.b64decode(encoded(Image.effect_noise((600, 600), 90)))
    broken = base64.b64encode(raw[:2000] + bytes(3000) + raw[5000:]).decode()
    state = server.ended(server.submit("/pixelate", image=broken))
    assert state["status"] == "failure"
    assert isinstance(state["error"], dict)
    assert state["error"]["code"] == "invalid_image"
