"""What lies beside a picture says what it is: data of a sheet, other frames, the original.

Looked at only for sources of which the lock file names no clip: what was bought once is never
asked about again. Our own outputs are no sign, since none of them is a source.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ..config import matching
from ..core import keys
from ..core.errors import PixelpipeError
from ..core.late import expression
from ..core.model import Pixels
from ..plan.wanted import Wanted
from ..storage import pictures
from ..storage.lock import Lock
from ..storage.remembered import Facts
from ..storage.state import State

#: Larger files are no data of a sprite.
_MOST_BYTES = 2 << 20
#: Up to so many data files a folder is read whole; else only those that begin as the picture does.
_MOST_FILES = 64
#: Sources come folder by folder: those that were looked at before these are done.
_MOST_FOLDERS = 16
#: So many numbered files in a row are a sequence, if they show one figure.
_LEAST = 3
_NUMBERED = expression(r"(?P<head>.*?)(?P<number>\d{1,4})(?P<tail>\D{0,2})", re.DOTALL)
#: Names that sync tools, merges and editors give to a copy, whatever else is there.
_CONFLICT = expression(
    r"\.sync-conflict-\d{8}-\d{6}|[(\[][^()\[\]]*conflict[^()\[\]]*[)\]]|_conflict-\d{8}-\d{6}"
    r"|\.(?:BACKUP|BASE|LOCAL|REMOTE|orig|bak|backup|autosave|recovered)(?:[._]\d+)?$|~$"
    r"|[ _.-]case[ _-]conflict",
    re.IGNORECASE,
)
#: Names that are copies when the original lies beside them: what stands before and behind it.
_COPY = expression(
    r"(?:copy of |kopie von |copie de )(?P<first>.+)"
    r"|(?P<second>.+?)(?: ?\(\d{1,3}\)| -? ?(?:copy|kopie|copie|copia)(?: ?\(?\d{1,3}\)?)?"
    r"|[_-](?:copy|bak|backup|old|orig)\d{0,3}|-(?:DESKTOP|LAPTOP|MACBOOK|PC)-[A-Z0-9]+)",
    re.IGNORECASE,
)
_SLICES = expression(r"^slices/(?:horizontal|vertical)=(?:[2-9]|\d{2,})", re.MULTILINE)
_IMPORTER = expression(r'^importer="(?:2d_array_texture|texture_atlas|.*sprite_?frames.*)"', re.M)


def doubted(root: Path, wanted: Iterable[Wanted], locked: Lock, state: State) -> Iterator[Wanted]:
    """Yield each of `wanted`, with what speaks against its being one picture to be animated."""
    lines = locked.lines_of()
    folders: dict[str, _Folder] = {}
    for one in wanted:
        path = one.source.path
        is_stated = one.rule.sheet is False or one.rule.cells is not None or bool(one.adopted)
        is_clear = is_stated or not one.requests
        if is_clear or any((path, request.clip) in lines for request in one.requests):
            yield one
            continue
        place, _, name = path.rpartition("/")
        if (folder := folders.get(place)) is None:
            folder = folders[place] = _Folder(root, place)
            if len(folders) > _MOST_FOLDERS:
                del folders[next(iter(folders))]
        doubt = _copy(name, folder) or _described(name, folder) or _sequence(one, folder, state)
        yield msgspec.structs.replace(one, doubt=doubt) if doubt else one


class _Folder:
    """The names in one folder, and what its data files say about pictures."""

    def __init__(self, root: Path, place: str) -> None:
        self.root = root
        self.place = place
        try:
            self.names = frozenset(one.name for one in os.scandir(root / place))
        except OSError:
            self.names = frozenset()
        self.data = sorted(one for one in self.names if one.rpartition(".")[2].lower() in _READERS)
        self._frames: dict[str, dict[str, int]] = {}
        self._runs: dict[tuple[str, ...], dict[int, tuple[int, int]]] = {}
        self._digests: dict[str, str] = {}

    def read(self, name: str) -> bytes:
        """Return a file's bytes; none for what cannot be read, or is too large."""
        path = self.root / self.place / name
        try:
            if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                return path.read_bytes()
        except OSError:
            pass
        return b""

    def digest(self, name: str) -> str:
        """Return the digest of a file's bytes; each is read once."""
        if name not in self._digests:
            self._digests[name] = keys.digest(self.read(name))
        return self._digests[name]

    def run(self, one: _Numbered) -> tuple[int, int]:
        """Return the first and the last number of the row without a gap that a file stands in."""
        runs = self._runs.setdefault((one.head, str(one.digits), one.tail), {})
        if one.number not in runs:
            first = last = one.number
            while first > 0 and one.named(first - 1) in self.names:
                first -= 1
            while one.named(last + 1) in self.names:
                last += 1
            runs.update(dict.fromkeys(range(first, last + 1), (first, last)))
        return runs[one.number]

    def frames(self, data: str) -> dict[str, int]:
        """Return of how many frames a data file speaks, by the picture's name; "" if unnamed."""
        if data not in self._frames:
            suffix = data.rpartition(".")[2].lower()
            self._frames[data] = _READERS[suffix](self.read(data).decode(errors="replace"))
        return self._frames[data]


# -- copies ---------------------------------------------------------------------------------------


def _copy(name: str, folder: _Folder) -> str:
    """Say that a file is a copy which a tool or an editor left, judged by its name."""
    stem, dot, suffix = name.rpartition(".")
    if _CONFLICT.search(stem):
        return "looks like a copy that a sync tool, a merge or an editor left; remove it"
    found = _COPY.fullmatch(stem)
    original = found and f"{found['first'] or found['second']}{dot}{suffix}"
    if original and original in folder.names:
        return f"looks like a copy of {original}; remove it"
    return ""


# -- data beside it -------------------------------------------------------------------------------


def _described(name: str, folder: _Folder) -> str:
    """Say which file beside a picture describes it as several frames."""
    stem = name.rpartition(".")[0]
    for beside in (f"{name}.import", f"{name}.meta"):
        if beside in folder.names and _is_sliced(folder.read(beside).decode(errors="replace")):
            return f"{beside} cuts it into several pictures; state `cells` and `pick`"
    for beside in (f"{stem}.aseprite", f"{stem}.ase"):
        if beside in folder.names and (count := _ase_frames(folder.read(beside))) > 1:
            return f"{beside} beside it has {count} frames: it is animated already"
    data = folder.data
    if len(data) > _MOST_FILES:
        data = [one for one in data if one.startswith(stem)]
    for beside in data:
        said = folder.frames(beside)
        own = said.get("", 0) if beside.rpartition(".")[0] == stem else 0
        if (count := max(said.get(name, 0), own)) > 1:
            return f"{beside} describes {count} frames in it; state `cells` and `pick`"
    return ""


def _is_sliced(text: str) -> bool:
    """Tell whether Godot's or Unity's import settings cut a picture."""
    if "spriteMode: 2" in text:
        return text.count("rect:") > 1
    return bool(_SLICES.search(text) or _IMPORTER.search(text))


def _ase_frames(content: bytes) -> int:
    """Return the number of frames of an Aseprite file, by its header."""
    is_ase = len(content) >= 8 and content[4:6] == b"\xe0\xa5"
    return int.from_bytes(content[6:8], "little") if is_ase else 0


def _of_json(text: str) -> dict[str, int]:
    """Read Aseprite's and TexturePacker's JSON: `frames`, and the picture's name in `meta`."""
    import json  # few folders have data

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    parts = found["textures"] if isinstance(found.get("textures"), list) else [found]
    said: dict[str, int] = {}
    for part in (one for one in parts if isinstance(one, dict)):
        meta = part.get("meta") if isinstance(part.get("meta"), dict) else part
        image = meta.get("image") if isinstance(meta, dict) else None
        frames = part.get("frames")
        if isinstance(frames, list | dict):
            said[_base(image) if isinstance(image, str) else ""] = len(frames)
    return said


def _of_xml(text: str) -> dict[str, int]:
    """Read Sparrow's and Starling's XML, and cocos2d's property lists."""
    named = re.findall(r'imagePath="([^"]+)"|<string>([^<]+\.png)</string>', text)
    pictures = {_base(one or other) for one, other in named}
    count = text.count("<SubTexture") or text.count("<sprite ")
    count = count or text.count("<key>frame</key>") or text.count("<key>textureRect</key>")
    return dict.fromkeys(pictures, count)


def _of_atlas(text: str) -> dict[str, int]:
    """Read libGDX's atlases, and TexturePacker's sheets for Unity."""
    pictures = {_base(one) for one in re.findall(r"^(?::texture=)?(\S.*\.png)\s*$", text, re.M)}
    count = len(re.findall(r"^\s*(?:xy|bounds):", text, re.M)) or len(
        re.findall(r"^[^:#\s].*;\s*\d+;\s*\d+;", text, re.M)
    )
    return dict.fromkeys(pictures, count)


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


_READERS = {
    "json": _of_json,
    "xml": _of_xml,
    "plist": _of_xml,
    "atlas": _of_atlas,
    "tpsheet": _of_atlas,
}


# -- numbered sequences ---------------------------------------------------------------------------


def _sequence(one: Wanted, folder: _Folder, state: State) -> str:
    """Say of which numbered frames a picture is one, if they show one figure."""
    name = one.source.path.rpartition("/")[2]
    own = _numbered(name)
    if own is None:
        return ""
    first, last = folder.run(own)
    if last - first + 1 < _LEAST:
        return ""
    beside = [own.named(n) for n in (own.number - 1, own.number + 1) if first <= n <= last]
    if not any(_are_alike(one, other, folder, state) for other in beside):
        return ""
    pattern = f"{_literal(own.head)}{{n}}{_literal(own.tail)}"
    line = _adopting(one, pattern, own.head)
    return (
        f"{own.named(first)} … {own.named(last)} look like the frames of one animation; `{line}` "
        f"in {one.source.path.removesuffix(name)}{own.named(first)}.yaml makes them a clip for "
        "nothing"
    )


class _Numbered(NamedTuple):
    """A file's name around its number; `tail` ends with the suffix."""

    head: str
    number: int
    digits: int
    tail: str

    def named(self, number: int) -> str:
        """Return the name of the file with another number."""
        return f"{self.head}{number:0{self.digits}d}{self.tail}"


def _numbered(name: str) -> _Numbered | None:
    stem, dot, suffix = name.rpartition(".")
    found = _NUMBERED.fullmatch(stem)
    if found is None:
        return None
    digits = found["number"]
    return _Numbered(found["head"], int(digits), len(digits), f"{found['tail']}{dot}{suffix}")


#: Words that say what moves, at the end of a file's name.
_MOTIONS = expression(
    r"attack|cast|climb|crouch|dash|death|die|fall|fly|hit|hurt|idle|jump|land|run|shoot|sleep"
    r"|slide|swim|turn|walk"
)


def _adopting(one: Wanted, pattern: str, head: str) -> str:
    """Return the line that makes numbered frames one clip, and has nothing bought beside it."""
    names = [clip.name for clip in one.rule.clips]
    word = next(reversed(matching.words(head)), "")
    clip = word if word in names or _MOTIONS.fullmatch(word) else names[0]
    rest = "".join(f", {name}: null" for name in names if name != clip)
    import json

    return f"clips: {{{clip}: {{frames_from: {json.dumps(pattern, ensure_ascii=False)}}}{rest}}}"


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


#: What is remembered of two pictures that show one figure, and of two that do not.
_PAIRS = {shown: Facts(repeats=shown) for shown in (False, True)}


def _are_alike(one: Wanted, other: str, folder: _Folder, state: State) -> bool:
    """Tell whether two pictures show one figure in two poses; remembered."""
    pair: Sequence[str] = sorted((one.source.byte_digest, folder.digest(other)))
    known = keys.digest(f"alike {' '.join(pair)}".encode())
    facts = state.facts(one.source.path, known)
    if facts is None:
        facts = _PAIRS[_show_one(folder, one.source.path, other)]
        state.learn(one.source.path, known, facts)
    return facts.repeats


def _show_one(folder: _Folder, path: str, other: str) -> bool:
    from .. import imaging  # heavy, and only for numbered files that are new

    own = path.rpartition("/")[2]
    try:
        return imaging.are_alike(_picture(folder, own), _picture(folder, other))
    except PixelpipeError:  # not a whole picture yet, or none
        return False


def _picture(folder: _Folder, name: str) -> Pixels:
    """Decode a file; each of a row is compared with the next one, and decoded once."""
    known = pictures.recent(folder.digest(name))
    if known is not None:
        return known
    content = folder.read(name)
    return pictures.decoded(content, keys.digest(content), name)
