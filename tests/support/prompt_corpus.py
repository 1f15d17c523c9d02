"""The corpus of prompts: what people write, and the reading each should have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from places import TESTS

from pipeline.engine.prompt import senses

CORPUS = TESTS / "engine" / "corpus" / "prompts.txt"
#: Prompts that nothing was ever mended for.
HELD_OUT = CORPUS.with_name("held_out.txt")


@dataclass(frozen=True)
class Case:
    """One prompt of a group, the kind of sprite it is for, and the reading it should have."""

    group: str
    kind: str
    prompt: str
    wanted: frozenset[str]


def cases(corpus: Path = CORPUS) -> Iterator[Case]:
    """Yield every prompt of a corpus."""
    group = kind = reading = ""
    for line in corpus.read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            group, kind, reading = (field.strip() for field in line[1:-1].split("|"))
        elif line.strip() and not line.startswith("#"):
            prompt, _, more = line.partition("=>")
            yield Case(group, kind, prompt.strip(), _wanted(reading, more))


def _wanted(reading: str, more: str) -> frozenset[str]:
    stated = [*reading.split(), *more.split()]
    found = set(stated)
    if "unmarked" in found:
        found -= {"unmarked", "marked"}
    if "loop" in found:
        found -= {"loop", "once"}
    return frozenset(found)


def read(case: Case) -> frozenset[str]:
    """Return how the engine reads a prompt, in the words of the corpus."""
    found = senses.understand(case.prompt, kind=case.kind)
    manner = found.manner
    beside = {hit.motion for hit in found.asked[1:] if hit.is_verb} - {found.leading, "idle"}
    told = {f"+{motion}" for motion in beside}
    told |= {hit.part for hit in found.asked[:1] if hit.part} and {f"part:{found.asked[0].part}"}
    is_marked = (
        bool(found.unread)
        or found.says_nothing
        or any(hit.beyond for hit in found.asked if hit.is_verb)
    )
    flags = {
        "once": found.is_once and found.ends,
        "left": manner.across < 0,
        "right": manner.across > 0,
        "up": manner.down < 0,
        "down": manner.down > 0,
        "slow": manner.fps < 8,
        "fast": manner.fps > 8,
        "soft": manner.strength < 1,
        "strong": manner.strength > 1,
        "still": manner.is_still,
        "marked": is_marked,
    }
    told |= {name for name, is_so in flags.items() if is_so}
    if manner.cycles > 1:
        told.add(f"x{manner.cycles}")
    leading = {"rotat": "rotate"}.get(found.leading, found.leading)
    return frozenset({leading, *told})
