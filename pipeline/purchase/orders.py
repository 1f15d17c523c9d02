"""Turn a clip of a plan into an order: resolved, priced, and ready to send."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from ..config import cells
from ..config.workspace import Workspace
from ..core import keys
from ..core.apart import apart
from ..core.errors import PixelpipeError, RefusedError
from ..core.model import ANIMATE_CREDITS, Job, JobState, Resolved
from ..plan.plan import SourcePlan
from ..plan.wanted import ClipPlan
from ..storage import pictures
from ..storage.ledger import Ledger
from . import budget
from .budget import Permit
from .jobs import Order
from .polling import Pace, patiently

if TYPE_CHECKING:
    from .service.client import Service

#: Seconds; while a service's own durations are unknown, and between polls.
_FIRST_POLL_S = 45.0
_POLL_S = 3.0
#: A service on this machine is asked more often: nobody minds.
_LOCAL_POLL_S = 0.05
#: One inside this process answers in less time than it takes to draw a line.
_WITHIN_POLL_S = 0.01
_LOCAL_IN_FLIGHT = 16
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def order(workspace: Workspace, sources: Sequence[SourcePlan], place: int, number: int) -> Order:
    """Return the order for a clip, by its number, of the source at a place.

    Its request is resolved when the order's turn comes; until then the order keeps nothing of it.
    """
    clip = sources[place].clips[number]
    step = clip.step
    return Order(
        request_key=sys.intern(step.request_key),
        prepare=_Later(workspace, sources, place, number),
        rule=sys.intern(step.rule),
        credits=step.credits,
        batch=clip.batch,
        is_anew=clip.is_anew,
    )


class _Later(msgspec.Struct, frozen=True, gc=False):
    """What an order is made from, and where: in a third of the room of a partial call."""

    workspace: Workspace
    sources: Sequence[SourcePlan]
    place: int
    number: int

    def __call__(self) -> tuple[Job, dict[str, object]]:
        """Resolve its request."""
        return _prepared(self.workspace, self.sources, self.place, self.number)


@apart()
def _prepared(
    workspace: Workspace, sources: Sequence[SourcePlan], place: int, number: int
) -> tuple[Job, dict[str, object]]:
    from . import resolve  # heavy, and not needed when nothing is bought

    source = sources[place]
    wanted, clip = source.wanted, source.clips[number]
    # What one POST buys, itself among it.
    together = [one for one in source.clips if clip.batch and one.batch == clip.batch]
    whole = pictures.pixels(workspace.root, wanted.source)
    picture = cells.picture(whole, wanted.rule, clip.request.cell)
    resolved = resolve.request(
        clip.request,
        picture,
        request_key=clip.step.request_key,
        open_key=clip.open_key,
        together=[one.request for one in together],
        hints=clip.request.hints if workspace.service.identity == keys.BUILT_IN else None,
    )
    companions = max(0, len(together) - 1)
    return _job(workspace, clip, resolved, companions), body(
        resolved, resolve.upload(picture, resolved)
    )


def body(resolved: Resolved, png: bytes) -> dict[str, object]:
    """Return the body of POST /animate; only what is set is sent."""
    colors: dict[str, object] = {"colors": resolved.colors}
    if resolved.palette is not None:
        colors = {"palette": list(resolved.palette)}
    fields: dict[str, object] = {
        "image": base64.b64encode(png).decode(),
        "prompt": resolved.prompt,
        "negative_prompt": resolved.negative_prompt or None,
        "model": resolved.model,
        "pixel_config": colors,
        "output_frames": resolved.frames,
        "output_format": "spritesheet",
        "matte_color": resolved.matte,
        "seed": resolved.seed,
        "sprite": _sprite(resolved),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _sprite(resolved: Resolved) -> dict[str, object] | None:
    """Return what the built-in engine is told of the sprite: its boxes in px of the canvas."""
    if resolved.hints is None:
        return None
    told: dict[str, object] = msgspec.to_builtins(resolved.hints)
    if resolved.hints.parts:
        left, top = resolved.pad[:2]
        told["parts"] = {
            name: [
                left + box[0] // resolved.scale,
                top + box[1] // resolved.scale,
                left + -(-box[2] // resolved.scale),
                top + -(-box[3] // resolved.scale),
            ]
            for name, box in resolved.hints.parts.items()
        }
    return told


def in_turn(orders: Sequence[Order]) -> list[Order]:
    """Return orders in their turn: those of a batch one after another, the first at its price.

    One POST buys what follows each other, and takes most for the first of them, whatever else the
    plan had put before it.
    """
    if not any(order.batch for order in orders):
        return list(orders)
    together: dict[str, list[Order]] = {}
    for order in orders:
        together.setdefault(order.batch or order.request_key, []).append(order)
    for group in together.values():
        if group[0].batch and group[0].credits:
            group[0] = msgspec.structs.replace(group[0], credits=ANIMATE_CREDITS)
    return [order for group in together.values() for order in group]


def affordable(
    orders: Sequence[Order],
    workspace: Workspace,
    service: Service,
    ledger: Ledger,
    permit: Permit,
) -> tuple[list[Order], list[tuple[Order, PixelpipeError]]]:
    """Split orders into those that budgets and balance allow, in the rules' order, and the rest.

    The balance is kept as evidence, should the answer to one of the purchases get lost.
    """
    if not workspace.service.paid or not orders:
        return list(orders), []
    available = None
    if permit.credits != 0:
        balance = patiently(service.balance)
        from . import books

        books.note_before(service, workspace.service.identity, ledger, balance, time.time())
        # A service that says nothing of it refuses what is not covered by itself.
        available = balance.available if balance.is_stated else None
    places = {rule.name: place for place, rule in enumerate(workspace.rules)}
    ranked = sorted(orders, key=lambda order: places.get(order.rule, len(places)))
    prices = [(order.rule, order.credits) for order in ranked]
    refusals = budget.divide(prices, permit, available, budget.of_rules(workspace.rules))
    leads: dict[str, str] = {}
    # Without its first clip a batch would cost more than was agreed to.
    refusals = [
        (leads.setdefault(order.batch, refusal) or refusal) if order.batch else refusal
        for order, refusal in zip(ranked, refusals, strict=True)
    ]
    answers = list(zip(ranked, refusals, strict=True))
    return (
        [order for order, refusal in answers if not refusal],
        [
            (order, RefusedError(_priced(order, refusal, workspace)))
            for order, refusal in answers
            if refusal
        ],
    )


def _priced(order: Order, refusal: str, workspace: Workspace) -> str:
    """Return why an order is refused, with its own price; who may not be asked has none."""
    if refusal == workspace.service.refusal:
        return refusal
    return f"would cost {order.credits} credits; {refusal}"


def pace(workspace: Workspace, service: Service, ledger: Ledger) -> Pace:
    """Return how often to ask; a paid service's past decides when its jobs are asked for first."""
    if urlsplit(service.base_url).hostname in _LOOPBACK:
        jobs = workspace.settings.jobs if workspace.service.paid else _LOCAL_IN_FLIGHT
        poll_s = _WITHIN_POLL_S if service.is_within else _LOCAL_POLL_S
        return Pace(
            unknown_s=poll_s,
            poll_s=poll_s,
            in_flight=jobs,
            is_in_turn=not workspace.service.paid,
            is_at_once=service.is_within,
        )
    return Pace(
        unknown_s=_FIRST_POLL_S,
        poll_s=_POLL_S,
        in_flight=workspace.settings.jobs,
        past=ledger.taken(workspace.service.identity),
    )


def _job(workspace: Workspace, clip: ClipPlan, resolved: Resolved, companions: int) -> Job:
    return Job(
        request_key=clip.step.request_key,
        state=JobState.CLAIMED,
        service=workspace.service.identity,
        paid=workspace.service.paid,
        source=clip.request.source,
        clip=clip.request.clip,
        take=clip.request.take,
        resolved=resolved,
        recipe=keys.recipe(clip.request, workspace.service.identity),
        credits_quoted=clip.step.credits,
        companions=companions,
    )
