"""The plan as a table: what is known on the left, what is done about it on the right."""

from __future__ import annotations

import msgspec
import pytest
from scripted import job

from pipeline import __version__
from pipeline.config.project_settings import ServiceChoice
from pipeline.core import keys
from pipeline.core.model import (
    Clip,
    FailureClass,
    Job,
    JobState,
    Request,
    Rule,
    Source,
    StepKind,
    TargetChoice,
)
from pipeline.plan import plan
from pipeline.plan.plan import Plan
from pipeline.plan.wanted import Known, Wanted
from pipeline.storage.lock import ClipLine, FileLine, Lock

SHOP = ServiceChoice(identity="shop", base_url="https://shop.example/v1", paid=True)
BUILT_IN = ServiceChoice(identity="built-in", base_url=None, paid=False)
RULE = Rule(name="r", match=("*.png",), clips=(Clip(name="idle", prompt="x"),))
TARGETS = (TargetChoice(name="aseprite"),)
DIGEST = "d" * 64


def wanted(path: str = "a.png", *, pixels: str = "p", open_prompt: str | None = None) -> Wanted:
    """Want one clip of a source."""
    source = Source(
        path=path, byte_digest="b", pixel_digest=pixels, width=8, height=8, colors=2,
        opaque_share=1.0,
    )  # fmt: skip
    request = Request(
        source=path, pixel_digest=pixels, clip="idle", rule="r", prompt=f"x {open_prompt and path}",
        open_prompt=open_prompt,
    )  # fmt: skip
    return Wanted(
        source=source,
        rule=RULE,
        requests=(request,),
        targets=TARGETS,
        outputs=(f"{source.stem}.anim.png", f"{source.stem}.anim.json"),
    )


ONE = wanted()
KEY = keys.request_key(ONE.requests[0], "shop")
FREE_KEY = keys.request_key(ONE.requests[0], "built-in")


def line(one: Wanted = ONE, service: ServiceChoice = SHOP, digest: str = DIGEST) -> ClipLine:
    """Lock a purchase."""
    return ClipLine(
        source=one.source.path, clip="idle", digest=digest,
        key=keys.request_key(one.requests[0], service.identity),
        service=service.identity, paid=service.paid,
        open=keys.open_key(one.requests[0], service.identity),
    )  # fmt: skip


def built(one: Wanted = ONE, clip: ClipLine | None = None) -> Known:
    """Know a source whose outputs stand as they should."""
    clip = clip or line(one)
    build = keys.build_key(one.source.stem, RULE, [("idle", clip.key, clip.digest)], one.targets)
    files = tuple(FileLine(path=path, digest=f"f {path}", build=build) for path in one.outputs)
    return Known(
        lock=Lock(clips=(clip,), files=files),
        have={clip.digest},
        on_disk={file.path: file.digest for file in files},
        existing={one.source.path},
    )


def with_job(state: JobState, **change: object) -> Known:
    """Know a job of the request."""
    known = msgspec.structs.replace(job(), request_key=KEY, state=state, **change)
    return Known(jobs={KEY: known}, existing={"a.png"})


def but(known: Known, **change: object) -> Known:
    """Know something else as well."""
    return msgspec.structs.replace(known, **change)


TABLE = {
    "nothing": (Known(), SHOP, StepKind.BUY, 20, 0),
    "nothing, for free": (Known(), BUILT_IN, StepKind.BUY, 0, 0),
    "all stands": (built(), SHOP, StepKind.FRESH, 0, 0),
    "all stands, no key": (built(), BUILT_IN, StepKind.FRESH, 0, 0),
    "outputs stand, bytes are elsewhere": (but(built(), have=()), SHOP, StepKind.FRESH, 0, 0),
    "an output is missing": (but(built(), on_disk={}), SHOP, StepKind.REUSE, 0, 0),
    "missing, and no bytes": (but(built(), on_disk={}, have=()), SHOP, StepKind.BUY, 20, 0),
    "missing, no bytes, no key": (but(built(), on_disk={}, have=()), BUILT_IN, StepKind.ASK, 0, 9),
    "an output was edited": (
        but(built(), on_disk=dict.fromkeys(ONE.outputs, "other")), SHOP, StepKind.BLOCKED, 0, 1,
    ),
    "half published": (
        but(built(), on_disk=dict.fromkeys(ONE.outputs, "other"),
            begun=dict.fromkeys(ONE.outputs, frozenset({"other"}))),
        SHOP, StepKind.REUSE, 0, 0,
    ),
    "somebody's file is there": (
        Known(on_disk={"a.anim.png": "other"}), SHOP, StepKind.BLOCKED, 0, 1,
    ),
    "a placeholder, with a key": (
        built(ONE, line(ONE, BUILT_IN)), SHOP, StepKind.BUY, 20, 0,
    ),
    "a placeholder, without": (built(ONE, line(ONE, BUILT_IN)), BUILT_IN, StepKind.FRESH, 0, 0),
    "another picture, no key": (built(ONE, line(wanted(pixels="q"))), BUILT_IN, StepKind.ASK, 0, 0),
    "another picture": (built(ONE, line(wanted(pixels="q"))), SHOP, StepKind.BUY, 20, 0),
    "only the store has it": (
        Known(stored={KEY: DIGEST}, have={DIGEST}), SHOP, StepKind.REUSE, 0, 0,
    ),
    "bought": (
        but(with_job(JobState.BOUGHT, digest=DIGEST), have={DIGEST}), SHOP, StepKind.REUSE, 0, 0,
    ),
    "bought, bytes lost": (with_job(JobState.BOUGHT, digest=DIGEST), SHOP, StepKind.RESUME, 0, 0),
    "submitted": (with_job(JobState.SUBMITTED, remote_id="r"), SHOP, StepKind.RESUME, 0, 0),
    "detached": (with_job(JobState.DETACHED, remote_id="r"), SHOP, StepKind.RESUME, 0, 0),
    "claimed by a living one": (
        but(with_job(JobState.CLAIMED, holder="h"), alive={"h"}), SHOP, StepKind.RESUME, 0, 0,
    ),
    "claimed by a dead one": (with_job(JobState.CLAIMED, holder="h"), SHOP, StepKind.ASK, 0, 7),
    "in doubt": (with_job(JobState.UNCONFIRMED), SHOP, StepKind.ASK, 0, 7),
    "free, claimed by a dead one": (
        Known(jobs={FREE_KEY: msgspec.structs.replace(job(paid=False), holder="h")}),
        BUILT_IN, StepKind.BUY, 0, 0,
    ),
    "refused for good": (
        with_job(JobState.FAILED, failure=FailureClass.PERMANENT, tool=__version__),
        SHOP, StepKind.BLOCKED, 0, 1,
    ),
    "refused for good by an older pixelpipe": (
        with_job(JobState.FAILED, failure=FailureClass.PERMANENT, tool="0.0.1"),
        SHOP, StepKind.BUY, 20, 0,
    ),
    "failed for now": (
        with_job(JobState.FAILED, failure=FailureClass.TRANSIENT), SHOP, StepKind.BUY, 20, 0,
    ),
    "account was at fault": (
        with_job(JobState.FAILED, failure=FailureClass.ACCOUNT), SHOP, StepKind.BUY, 20, 0,
    ),
    "billed, and lost for good": (with_job(JobState.CHARGED), SHOP, StepKind.BUY, 20, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_what_is_known_decides(name: str) -> None:
    """Lock, ledger, store and disk, alone and together."""
    known, service, kind, credits, exit_code = TABLE[name]
    made = plan.make([ONE], known, service)
    (step,) = made.steps
    assert (step.kind, step.credits, step.exit_code) == (kind, credits, exit_code), step.reason
    assert made.is_up_to_date is (kind is StepKind.FRESH)
    assert (step.error is not None) is (exit_code != 0)


def test_lost_take_is_followed_by_the_next() -> None:
    """`--charged` books a take whose result cannot be had; the next one is another purchase."""
    made = plan.make([ONE], with_job(JobState.CHARGED), SHOP)
    (clip,) = made.sources[0].clips
    assert clip.request.take == 1
    assert clip.step.request_key != KEY


def _orphans(known: Known) -> tuple[Plan, list[str]]:
    made = plan.make([], known, SHOP)
    return made, [step.source for step in made.orphans]


def test_source_that_is_gone_is_an_orphan() -> None:
    """Only a complete scan proves that it is gone; one that no rule matches only is not."""
    made, found = _orphans(but(built(), existing=set()))
    assert found == ["a.png"]
    assert made.gone == ("a.png",)
    made, found = _orphans(but(built(), existing={"a.png"}))
    assert found == ["a.png"]
    assert made.gone == ()
    assert _orphans(but(built(), existing=None))[1] == []


def test_same_request_is_bought_once() -> None:
    """Copies share a purchase; the price is named once."""
    made = plan.make([ONE, wanted("b.png")], Known(), SHOP)
    assert [step.kind for step in made.steps] == [StepKind.BUY, StepKind.REUSE]
    assert made.credits == 20
    assert len({step.request_key for step in made.steps}) == 1


def test_renamed_source_reuses_what_differs_by_path_words() -> None:
    """From the lock, or from the ledger; never when the pixels differ."""
    before, after = (wanted(path, open_prompt="{stem}") for path in ("a.png", "b.png"))
    known = but(built(before), existing={"b.png"})
    (step,) = (s for s in plan.make([after], known, SHOP).steps if s.kind is not StepKind.ORPHAN)
    assert (step.kind, step.credits) == (StepKind.REUSE, 0)
    other = wanted("b.png", open_prompt="{stem}", pixels="q")
    (step,) = (s for s in plan.make([other], known, SHOP).steps if s.kind is not StepKind.ORPHAN)
    assert step.kind is StepKind.BUY
    open_key = keys.open_key(after.requests[0], "shop")
    bought: Job = msgspec.structs.replace(
        job(), state=JobState.BOUGHT, digest=DIGEST, request_key="k"
    )
    alike = Known(alike={open_key or "": bought}, have={DIGEST})
    (step,) = plan.make([after], alike, SHOP).steps
    assert (step.kind, step.request_key) == (StepKind.REUSE, "k")


def test_of_two_purchases_the_smaller_digest_counts() -> None:
    """After a merge both stand; everybody's checkout takes the same one."""
    both = (line(digest="e" * 64), line(digest="c" * 64))
    known = Known(lock=Lock(clips=both), have={"e" * 64, "c" * 64})
    (clip,) = plan.make([ONE], known, SHOP).sources[0].clips
    assert clip.digest == "c" * 64


def test_sheet_is_asked_about_and_costs_nothing() -> None:
    """A picture of many pictures is never bought whole."""
    source = msgspec.structs.replace(ONE.source, looks_like_sheet=True)
    sheet = msgspec.structs.replace(ONE, source=source)
    made = plan.make([sheet], Known(), SHOP)
    assert made.steps[0].kind is StepKind.ASK
    assert made.credits == 0


def test_sources_that_share_outputs_are_blocked() -> None:
    """Also where only the file system ignores case."""
    made = plan.make([wanted("a.png"), wanted("A.PNG", pixels="q")], Known(), SHOP)
    assert [step.kind for step in made.steps] == [StepKind.BUY, StepKind.BLOCKED]
    assert made.credits == 20
