"""What no single value can show to be wrong: how the parts of a rule fit together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..core.model import MAX_FRAMES, Clip, Rule
from . import globs, numbered, templates
from .rule_fields import suggest
from .shapes import At, Mistakes, nearest

#: Words of a prompt that come from the path, beside the captures.
PATH_WORDS = ("stem", "folder")


def check(rule: Rule, at: At) -> None:
    """Raise ConfigError if a clip, a placeholder, `vary_by` or `pick` refers to nothing."""
    captures = [globs.compile(pattern).captures for pattern in rule.match]
    clips = {clip.name: clip for clip in rule.clips}
    mistakes = Mistakes()
    with mistakes.here():
        _check_names(clips, at)
    for clip in rule.clips:
        with mistakes.here():
            _check_clip(clip, clips, rule, captures, at)
    with mistakes.here():
        _check_vary_by(rule, captures, at)
    if rule.pick and rule.cells is None:
        with mistakes.here():
            raise at.below("pick").error("needs `cells`, the size of the sheet's cells")
    mistakes.settle()


def _check_clip(
    clip: Clip,
    clips: Mapping[str, Clip],
    rule: Rule,
    captures: list[tuple[str, ...]],
    at: At,
) -> None:
    below = _place(clip, at)
    if clip.derived_from is not None:
        _check_origin(clip, clips, below)
        return
    if clip.frames_from is not None:
        _check_frames(clip.frames_from, rule, captures, below.below("frames_from"))
        return
    _check_bought(clip, below)
    for field in ("prompt", "negative_prompt"):
        _check_words(getattr(clip, field), rule, captures, below)


def _place(clip: Clip, at: At) -> At:
    """Return where the clip stands: in this document, or, when inherited, the rule itself."""
    below = at.below("clips", clip.name)
    return below if clip.file == at.document.path and clip.line == below.line else at


def _check_names(clips: Mapping[str, Clip], at: At) -> None:
    # Clip names become file names, and on Windows and macOS Walk and walk are one file.
    folded: dict[str, str] = {}
    for name in clips:
        other = folded.setdefault(name.lower(), name)
        if other != name:
            raise at.below("clips", name).error(f"differs from `{other}` only in case")


def _check_bought(clip: Clip, at: At) -> None:
    if clip.flip is not None or clip.is_reversed:
        raise at.error("has `flip` or `reverse` without `from`: only derived clips have these")
    frames = clip.frames or MAX_FRAMES
    if clip.hold and max(clip.hold) >= frames:
        raise at.below("hold").error(f"names frame {max(clip.hold)}; the last one is {frames - 1}")


def _check_frames(pattern: str, rule: Rule, captures: list[tuple[str, ...]], at: At) -> None:
    """Refuse words that nothing fills, and frames of a sheet whose cells are animated."""
    if rule.cells is not None:
        raise at.error("cannot be stated with `cells`: each frame is one picture")
    _check_words(pattern, rule, captures, at, (numbered.NUMBER, *PATH_WORDS))


def _check_origin(clip: Clip, clips: Mapping[str, Clip], at: At) -> None:
    """Refuse an unknown origin and a circle."""
    trail = [clip.name]
    origin = clip.derived_from
    while origin is not None:
        if origin not in clips:
            raise at.below("from").error(f"names no clip: `{origin}`{nearest(origin, clips)}")
        if origin in trail:
            raise at.below("from").error(f"goes round in a circle: {' -> '.join([*trail, origin])}")
        trail.append(origin)
        origin = clips[origin].derived_from


def _check_words(
    template: str,
    rule: Rule,
    captures: list[tuple[str, ...]],
    at: At,
    reserved: Collection[str] = globs.RESERVED,
) -> None:
    """Refuse a placeholder that one of the patterns cannot fill; `reserved` ones always can be."""
    for name in templates.names(template):
        if name in reserved:
            continue
        lacking = [
            pattern
            for pattern, known in zip(rule.match, captures, strict=True)
            if name not in known
        ]
        if lacking and any(name in known for known in captures):
            raise at.error(f"uses {{{name}}}, which the pattern `{lacking[0]}` does not capture")
        if lacking or not captures:
            known_words = (*_common(captures), *sorted(reserved))
            raise at.error(f"uses {{{name}}}, which nothing fills{suggest(name, known_words)}")


def _check_vary_by(rule: Rule, captures: list[tuple[str, ...]], at: At) -> None:
    known = (*_common(captures), *PATH_WORDS)
    for name in rule.vary_by:
        if name not in known:
            raise at.below("vary_by").error(f"names no path word: `{name}`{suggest(name, known)}")


def _common(captures: list[tuple[str, ...]]) -> Collection[str]:
    """Return the captures that all patterns have."""
    if not captures:
        return ()
    return tuple(name for name in captures[0] if all(name in known for known in captures))
