"""The contract is a file, and nothing that the engine answers is outside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_server import KEY, Server, png, serving
from jsonschema import Draft202012Validator
from places import REPOSITORY
from referencing import Registry, Resource

from pipeline.engine.server import service
from pipeline.engine.server.app import CONTRACT

DOCUMENT = json.loads(CONTRACT.read_text("utf-8"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve with a little latency, so that running jobs are seen too."""
    with serving("--latency", "0.2") as running:
        yield running


def check(name: str, content: object) -> bool:
    """Say whether content fits one of the document's schemas."""
    resource = Resource.from_contents(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **DOCUMENT}
    )
    registry = Registry().with_resource("urn:contract", resource)
    found = {"$ref": f"urn:contract#/components/schemas/{name}"}
    errors = Draft202012Validator(found, registry=registry).iter_errors(
        json.loads(json.dumps(content))
    )
    return not list(errors)


def test_the_document_is_served_as_it_stands_in_the_file(server: Server) -> None:
    """Written once; a client may fetch it from a running engine."""
    root = server.url.removesuffix("/functions/v1")
    assert server.get(f"{root}/openapi.json", key=None).json() == DOCUMENT


def test_the_document_names_exactly_the_endpoints_that_are_served() -> None:
    """An endpoint that is only in one of the two is a contract that nobody checks."""
    described = {
        (path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods
    }
    assert described == {(path, method) for path, (method, _) in service.ENDPOINTS.items()}


def test_every_state_of_a_job_fits_its_schema(server: Server) -> None:
    """Queued, pending, success, failure, cancelled, batch: each with its own combination."""
    running = server.submit()
    assert check("Job", server.state(running))
    assert check("Job", server.ended(running))
    cancelled = server.submit()
    server.post("/cancel", {"api_job_id": cancelled})
    assert check("Job", server.state(cancelled))
    failed = server.submit("/pixelate", image=png(12, 13))
    assert server.ended(failed)["status"] == "failure"
    assert check("Job", server.state(failed))
    body = {"jobs": [{"image": png(), "prompt": "bob"}] * 2}
    batch = server.post("/animate-batch", body).json()
    assert check("BatchAccepted", batch)
    assert check("Batch", server.get(f"/batch-jobs?batch_id={batch['batch_id']}").json())


def test_the_plain_answers_fit_their_schemas(server: Server) -> None:
    """Balance, billing, enhancement and refusals."""
    assert check("Balance", server.balance())
    assert check("Billing", server.get("/billing").json())
    assert check("Enhanced", server.post("/enhance-prompt", {"prompt": "bob"}).json())
    assert check("Error", server.get("/jobs?id=x").json())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("AnimateRequest", {"image": png(), "prompt": "bob", "output_frames": 7}),
        ("AnimateRequest", {"image": png(), "prompt": "bob", "pixel_config": {}}),
        ("AnimateRequest", {"prompt": "bob"}),
        ("KeyframesRequest", {"prompt": "x", "total_frames": 2, "frames": []}),
        ("BatchRequest", {"jobs": []}),
    ],
)
def test_the_document_refuses_what_the_engine_refuses(name: str, body: dict[str, object]) -> None:
    """A schema that accepts everything would check nothing."""
    assert not check(name, body)


def reachable(server: Server) -> dict[str, object]:
    """Narrow the document to real pictures and ids, so that requests get past the door."""
    narrowed = json.loads(CONTRACT.read_text("utf-8"))
    schemas = narrowed["components"]["schemas"]
    pictured = ("AnimateRequest", "KeyFrame", "PixelateRequest", "RemoveBackgroundRequest")
    for name in (*pictured, "RetakeRequest"):
        schemas[name]["properties"]["image"] = {"type": "string", "enum": [png(), png(24, 24)]}
    schemas["KeyFrame"]["properties"]["image"]["enum"] = [png()]
    schemas["EnhanceRequest"]["properties"]["image"] = {"enum": [png(), None]}
    schemas["GenerateImageRequest"]["properties"]["image"] = {"enum": [png(), None]}
    ids = [server.submit(), server.submit("/pixelate"), "unknown"]
    batch = server.post("/animate-batch", {"jobs": [{"image": png(), "prompt": "bob"}] * 2}).json()
    for path, values in (("/jobs", ids), ("/batch-jobs", [batch["batch_id"], "unknown"])):
        narrowed["paths"][path]["get"]["parameters"][0]["schema"] = {
            "type": "string",
            "enum": values,
        }
    job = {"type": "string", "enum": [server.submit(), *ids]}
    schemas["CancelRequest"]["properties"]["api_job_id"] = job
    schemas["RetakeRequest"]["properties"]["api_job_id"] = {"enum": [*ids, None]}
    assert isinstance(narrowed, dict)
    return narrowed


# What JSON Schema cannot say: an index below `total_frames` and given once, a start before the end.
RELATED_FIELDS = ("/keyframes", "/billing", "/retake")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paths", "left_out"),
    [
        (tuple(set(DOCUMENT["paths"]) - {*RELATED_FIELDS}), ""),
        (RELATED_FIELDS, "positive_data_acceptance"),
    ],
    ids=["most", "related fields"],
)
def test_schemathesis_finds_no_answer_outside_the_contract(
    server: Server, tmp_path: Path, paths: tuple[str, ...], left_out: str
) -> None:
    """Generated good and bad requests; every answer has a described status and shape."""
    contract = tmp_path / "openapi.json"
    contract.write_text(json.dumps(reachable(server)), "utf-8")
    options = [option for path in sorted(paths) for option in ("--include-path", path)]
    if left_out:
        options += ["--exclude-checks", left_out]
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", str(contract),
            "--url", server.url, "-H", f"Authorization: Bearer {KEY}", "--checks", "all",
            "--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "1",
            "--no-color", "--suppress-health-check", "all", *options,
        ],
        capture_output=True, text=True, cwd=tmp_path, timeout=240,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
