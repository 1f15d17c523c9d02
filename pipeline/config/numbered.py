"""Numbered frames that are a clip as they are: `frames_from: slime_{n}.png`. Pure.

They lie in the source's own folder, so that whoever looks at a source sees all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from ..core.errors import SourceError
from ..core.model import Frames, Rule, composed, stem_of
from . import templates

#: The name as JSON Schema and the parser both check it.
PATTERN = templates.PATTERN.replace("^", r"^(?=.*\{n\}.*\.[pP][nN][gG]$)(?!.*[/\\])", 1)
#: What stands for the number.
NUMBER = "n"
#: So many frames make a clip at most.
MOST = 256
_SUFFIX = re.compile(r"\.png$", re.IGNORECASE)


def problem(text: str) -> str | None:
    """Say what is wrong with the text of `frames_from`, as far as it can be said in a sentence."""
    if "/" in text or "\\" in text:
        return "names a folder; the frames lie beside the sprite: write their name alone"
    if not _SUFFIX.search(text):
        return "names no PNG; frames are PNG files, such as `slime_{n}.png`"
    if text.count("{n}") != 1:
        return "must have `{n}` once, where the number stands, such as `slime_{n}.png`"
    return None


def counted(rule: Rule, found: Sequence[Frames]) -> Rule:
    """Return the rule with the number of frames of each clip that is made of numbered ones."""
    counts = {one.clip: len(one.paths) for one in found}
    clips = tuple(
        msgspec.structs.replace(clip, frames=counts[clip.name]) if clip.name in counts else clip
        for clip in rule.clips
    )
    return msgspec.structs.replace(rule, clips=clips) if counts else rule


def frames(
    rule: Rule, path: str, captures: Mapping[str, str], within: Callable[[str], Iterable[str]]
) -> tuple[Frames, ...]:
    """Return the numbered frames of each clip of the rule that is made of such, in their order.

    `path` is the source's; `within` gives the files that lie in a folder. Raises SourceError when
    there is no such frame, or two of one number.
    """
    patterns = {clip.name: clip.frames_from for clip in rule.clips if clip.frames_from is not None}
    if not patterns:
        return ()
    folder, _, name = path.rpartition("/")
    words = {**captures, "stem": stem_of(name), "folder": folder.rpartition("/")[2]}
    return tuple(
        Frames(clip=clip, paths=_paths(f"{path}: clip {clip!r}", pattern, words, within(folder)))
        for clip, pattern in patterns.items()
    )


def _paths(
    clip: str, pattern: str, words: Mapping[str, str], beside: Iterable[str]
) -> tuple[str, ...]:
    """Return the files beside a source that fit a pattern, by their numbers."""
    expression = _expression(pattern, words)
    numbers: dict[int, str] = {}
    for path in sorted(beside):
        if match := expression.fullmatch(composed(path.rpartition("/")[2])):
            other = numbers.setdefault(int(match[1]), path)
            if other != path:
                raise SourceError(f"{clip}: {other} and {path} have one number; rename one of them")
    if not numbers:
        raise SourceError(f"{clip}: no frame beside it is called `{pattern}`")
    if len(numbers) > MOST:
        raise SourceError(f"{clip}: has {len(numbers)} frames; {MOST} are the most")
    return tuple(path for _, path in sorted(numbers.items()))


def _expression(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """Return the names that a pattern means, the number as group 1."""
    parts = (
        r"(\d{1,9})" if name == NUMBER else re.escape(composed(words[name] if name else text))
        for name, text in templates.parts(_SUFFIX.sub("", composed(pattern)))
    )
    return re.compile("".join(parts) + r"\.(?:png|PNG)", re.ASCII)
