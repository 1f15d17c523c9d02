"""The texts that `init` writes, and what it shows of the engine. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from ...core.model import Record, TargetChoice, stem_of
from .first_rule import First
from .gameengines import Found

#: Lines for `.gitattributes`: outputs are the same bytes everywhere, and a merge of the lock file
#: keeps both sides, since both were paid for.
GITATTRIBUTES = (
    "*.anim.* -text -merge",
    ".pixelpipe/bought/** -text -merge",
    "pixelpipe.lock text eol=lf merge=union",
)
#: The same where Git LFS takes the pictures: what a build reads is there without it.
WITHOUT_LFS = (
    "*.anim.* -text -merge -diff -filter",
    ".pixelpipe/bought/** -text -merge -diff -filter",
    GITATTRIBUTES[2],
)
#: Lines for `.gitignore`: the API key never goes into a commit.
GITIGNORE = (".env",)
_COMMENT = "# pixelpipe"
#: Words that YAML would not read as a plain text inside of a list.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./@*-]*(?: [A-Za-z0-9_./@*-]+)*")
_SAID_OTHERWISE = frozenset(("true", "false", "null", "yes", "no", "on", "off"))


class Played(Record, frozen=True, kw_only=True):
    """The clip that the three lines play: its source, its name, and the outputs of the source."""

    source: str
    clip: str
    outputs: tuple[str, ...]


def project(
    *,
    assets: Sequence[str],
    ignore: Sequence[str],
    rules: str,
    packs: Sequence[str],
    targets: Sequence[TargetChoice],
    engine: str,
) -> str:
    """Return `pixelpipe.yaml`."""
    whose = f"what {engine} loads" if engine else "Aseprite's JSON, which most engines read"
    ignored = f"\n# Pictures in there that are no sprites.\nignore: {_list(ignore)}\n"
    return f"""\
# What pixelpipe reads in this project. `pixelpipe schema --write` makes editors complete it.

# Folders with the art. Animations are written beside their PNGs, as <name>.anim.*
assets: {_list(assets)}
{ignored if ignore else ""}
# Your own rules come first; the first rule that matches a PNG wins.
rules: {_list([rules])}

# Rules that ship with pixelpipe. A version never changes; a newer one is your decision.
packs: {_list(packs)}

# auto: the Pixel Engine when a key is set (PIXEL_ENGINE_API_KEY, or a line in .env),
# else the built-in engine: offline and free. Nothing is bought without your yes, and
# `budget: 200` (credits for one run) limits what a yes may spend.
service: auto

# What is written for each sprite: {whose}.
# For previews that can be seen, add {{gif: {{scale: 4}}}} or {{webp: {{scale: 4}}}}.
targets: {_list(map(_target, targets), is_done=True)}
"""


_RULES_HEAD = """\
# Your own rules. What no rule here matches is left to the packs named in pixelpipe.yaml.
# `pixelpipe plan` shows what they would do and cost, `pixelpipe why FILE` explains one PNG,
# `pixelpipe help rules` lists all keys.
#
# A good prompt says the motion first (the picture already says who it is), then how it moves,
# what stays still, and how it ends: "seamless loop", or "once".

rules:
"""
_CLIPS = """\
    pivot: bottom                        # the point that stays put; also [x, y] in px
    defaults: {frames: 8, colors: source}
    clips:
      # Short: the prompt alone.
      idle: >-
        breathing calmly: the upper part rises and settles by one pixel;
        the lower part stays still, seamless idle loop
      # Long: whatever a clip can say. Take the signs away to have it.
      # walk:
      #   prompt: >-
      #     walking to the right on the spot: clear contact and passing steps, arms swing against
      #     the legs; the head stays level, seamless loop of two steps
      #   frames: 8
      #   loop: true
      # Derived from another clip: costs nothing.
      # walk_left: {from: walk, flip: x}
"""
_BASED = """\
    extends: {extends}   # all from the pack's rule; what you state here wins
    # clips:
    #   idle: "your own words, seamless loop"
    #   hop: null                        # drops a clip of the base
"""


def rules(first: First) -> str:
    """Return a first rule file, with one rule about the user's own sprites."""
    match = first.match[0] if len(first.match) == 1 else f"[{', '.join(map(_word, first.match))}]"
    shown = _word(match) if len(first.match) == 1 else match
    about = (
        "Matches nothing yet: change it to your own sprites."
        if first.is_example
        else "Sprites that a pack knows; here you can say it in your own words."
        if first.extends
        else "Sprites that no pack knows."
    )
    body = _BASED.format(extends=first.extends) if first.extends else _CLIPS
    return f"""\
{_RULES_HEAD}  # {about}
  # * stays within a name, ** spans folders, {{name}} is a part of the path for prompts.
  - name: {_word(first.name)}
    match: {shown}
{body}"""


def missing(text: str, lines: Iterable[str]) -> tuple[str, ...]:
    """Return those of `lines` that `text` lacks; blanks between words do not count."""
    present = {" ".join(line.split()) for line in text.splitlines()}
    return tuple(line for line in lines if line not in present)


def addition(text: str, lines: Sequence[str]) -> str:
    """Return what to append to `text` so that it has `lines`, with its own line ends."""
    end = "\r\n" if "\r\n" in text else "\n"
    start = "" if not text or text.endswith("\n") else end
    return start + "".join(line + end for line in (_COMMENT, *lines))


def play(found: Found, played: Played) -> tuple[str, ...]:
    """Return the lines that play a clip in an engine."""
    stem = stem_of(played.source)
    name = stem.rpartition("/")[2]
    file = _output(played, found.kind.ending, f"{stem}.anim{found.kind.ending}")
    png = _output(played, ".anim.png", f"{stem}.anim.png")
    strip = next((path for path in played.outputs if f".{played.clip}_strip" in path), png)
    words = {
        "name": name,
        "clip": played.clip,
        "variable": _identifier(name),
        "tag": re.sub(r"\W", "_", name).lower(),
        "file": _seen(found, file),
        "png": _seen(found, png),
        "url": _url(_seen(found, file)),
        "png_url": _url(_seen(found, png)),
        "strip": strip,
    }
    return tuple(line.format(**words) for line in found.kind.play)


def _output(played: Played, ending: str, otherwise: str) -> str:
    return next((path for path in played.outputs if path.endswith(ending)), otherwise)


def _seen(found: Found, path: str) -> str:
    """Return a path as the engine sees it: from the folder that its own paths start at."""
    if found.way_down:
        whole = f"{found.way_down}/{path}"
        return whole.removeprefix(f"{found.kind.root}/")
    root = found.folder if found.kind.root in (None, ".") else f"{found.folder}/{found.kind.root}"
    return path.removeprefix(f"{root.removeprefix('./')}/")


def _url(path: str) -> str:
    """Return a path as a web page sees it: bundlers serve what is in `public` from the top."""
    served = re.sub(r"^(?:public|static|www)/", "", path)
    return re.sub(r"[%#?\"\\]", lambda found: f"%{ord(found[0]):02X}", served)


def _identifier(name: str) -> str:
    word = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"_{word}" if not word or word[0].isdigit() else word


def _target(choice: TargetChoice) -> str:
    if not choice.options:
        return choice.name
    options = ", ".join(
        f"{name}: {_word(value) if isinstance(value, str) else json.dumps(value)}"
        for name, value in choice.options.items()
    )
    return f"{{{choice.name}: {{{options}}}}}"


def _list(words: Iterable[str], *, is_done: bool = False) -> str:
    return f"[{', '.join(words if is_done else map(_word, words))}]"


def _word(text: str) -> str:
    """Return a text as YAML reads it back: JSON's quotes mean the same there."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _SAID_OTHERWISE
    return text if is_plain else json.dumps(text, ensure_ascii=False)
