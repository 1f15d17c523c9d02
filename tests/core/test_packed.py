"""Very many records in little room come out as they went in."""

from __future__ import annotations

import tracemalloc
from functools import partial

import pytest

from pipeline.core.model import Step, StepKind
from pipeline.core.packed import Chosen, Form, Mapped, Packed

STEPS = Form(Step)


def step(number: int) -> Step:
    """Return a step of its own."""
    return Step(
        source=f"art/{number:06}.png",
        clip="idle",
        kind=StepKind.BUY,
        reason="not bought yet",
        request_key=f"{number:064x}",
    )


@pytest.mark.parametrize("size", [0, 1, 1024, 8191, 8192, 8193, 9000])
def test_records_come_out_as_they_went_in(size: int) -> None:
    """In their order, by place from either end, and as often as they are asked for."""
    steps = [step(number) for number in range(size)]
    packed = Packed(STEPS, iter(steps))
    assert len(packed) == size
    assert list(packed) == list(packed) == steps
    places = [place for place in (0, 1, 127, 128, 8191, 8192, size - 1, -1) if -1 <= place < size]
    assert [packed[place] for place in places if size] == [steps[place] for place in places if size]
    assert packed[-3:] == steps[-3:]
    with pytest.raises(IndexError):
        packed[size]


def test_records_can_be_added_later() -> None:
    """Those that were looked at before stay."""
    packed = Packed[Step](STEPS)
    for number in range(2000):
        packed.append(step(number))
        assert packed[0] == step(0)
    assert list(packed) == [step(number) for number in range(2000)]


def test_some_are_chosen_by_their_places() -> None:
    """Also from a choice, from which some are chosen again."""
    packed = Packed(STEPS, map(step, range(3000)))
    even = Chosen(packed, range(0, 3000, 2))
    assert len(even) == 1500
    assert list(Chosen(even, (0, 700, 1499))) == [step(0), step(1400), step(2998)]
    assert list(even[:2]) == [step(0), step(2)]


def test_what_is_made_of_items_is_made_when_it_is_asked_for() -> None:
    """As often as it is, by place and in a row."""
    sources = Mapped(lambda one: one.source, Packed(STEPS, map(step, range(10))))
    assert len(sources) == 10
    assert list(sources)[3] == sources[3] == "art/000003.png"
    assert list(sources[8:]) == ["art/000008.png", "art/000009.png"]


def test_very_many_take_little_room() -> None:
    """A fifth of what the records take."""
    sizes = []
    for kind in (list, partial(Packed, STEPS)):
        tracemalloc.start()
        kept = kind(map(step, range(20_000)))
        sizes.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del kept
    plain, packed = sizes
    assert packed < plain / 5
