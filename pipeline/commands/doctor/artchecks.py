"""What may go wrong with a picture before it is sent: limits, palette, alpha, scale, profiles."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ...core import png
from ...core.errors import SourceError
from ...core.model import Pixels, Record
from ...imaging import decode
from ...imaging.picture import raster
from ...plan.wanted import Wanted
from ...purchase import resolve
from ...storage import files
from . import checks
from .checks import Finding

#: A matte this near to a colour of the sprite (deltaE2) is told.
NEAR_MATTE = 0.30
#: Share of half-transparent pixels above which the cut shows.
MIN_SOFT = 0.005
_MAX_PROFILE_BYTES = 1024 * 1024


class Kind(Record, frozen=True, kw_only=True):
    """A sort of remark: what is said of all pictures that have it, and what helps."""

    text: str
    remedy: str
    #: Before the text, for one picture and for many.
    verbs: tuple[str, str] = ("has", "have")


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "soft alpha": Kind(
            text="half-transparent pixels, which animations cut to clear or solid",
            remedy="draw hard edges, or state `alpha: keep` in the clip",
        ),
        "scale": Kind(
            text="scaled up: every pixel of the art is a block of pixels",
            remedy="export at 1x: it is sharper, and fits the size limit more easily",
            verbs=("is", "are"),
        ),
        "colours": Kind(
            text=f"more than {resolve.AUTO_PALETTE_COLORS} colours, so no palette is sent",
            remedy="reduce them, or state `colors:` in the rule; gradients flicker",
        ),
        "matte": Kind(
            text="a background near one of its colours, which may be cut out with it",
            remedy="state no `matte:` in the rule, or another one; holes inside stay filled",
        ),
        "colour profile": Kind(
            text="a colour profile or gamma other than sRGB, which is ignored",
            remedy="convert to sRGB, or the animation's colours differ from what you see",
        ),
    }
)


class Remark(Record, frozen=True, kw_only=True):
    """One picture has one of the kinds; `detail` says how much of it."""

    kind: str
    path: str
    detail: str = ""


def look(root: Path, wanted: Iterable[Wanted]) -> list[Finding]:
    """Open every source and report what it has; one line for each kind, with all its files."""
    remarks: list[Remark] = []
    refused: list[Finding] = []
    number = 0
    for one in wanted:
        number += 1
        try:
            content = files.read(root, one.source.path)
            pixels = decode(content, one.source.path)
        except SourceError as exc:
            refused.append(checks.refused("sprites", exc))
            continue
        limits, near = _limits(one, pixels)
        refused += limits
        remarks += near
        remarks += remarks_of(one.source.path, content, pixels, colors=one.source.colors)
    return [*refused, *_grouped(remarks)] or _all_well(number)


def remarks_of(path: str, content: bytes, pixels: Pixels, *, colors: int) -> Iterator[Remark]:
    """Yield what is odd about one picture; `colors` counts its opaque colours."""
    alpha = pixels.rgba[3::4]
    soft = len(alpha) - alpha.count(0) - alpha.count(255)
    if soft > MIN_SOFT * len(alpha):
        yield Remark(kind="soft alpha", path=path, detail=f"{100 * soft / len(alpha):.0f} %")
    factor = raster.upscale_factor(raster.array(pixels))
    if factor > 1:
        yield Remark(kind="scale", path=path, detail=f"{factor}x")
    if colors > resolve.AUTO_PALETTE_COLORS:
        yield Remark(kind="colours", path=path, detail=str(colors))
    if names := colour_chunks(content):
        yield Remark(kind="colour profile", path=path, detail=", ".join(names))


def colour_chunks(content: bytes) -> tuple[str, ...]:
    """Name the chunks of a PNG that say its colours are not sRGB; they stand before the pixels."""
    found = []
    for kind, body, *_ in png.chunks(content):
        if kind == b"IDAT":
            break
        if kind in _SRGB and not _SRGB[kind](bytes(body)):
            found.append(kind.decode())
    return tuple(found)


def _is_srgb_profile(body: bytes) -> bool:
    """Tell whether an iCCP chunk holds some form of sRGB, by the profile's own description."""
    packed = body.partition(b"\0")[2][1:]
    try:
        profile = zlib.decompressobj().decompress(packed, _MAX_PROFILE_BYTES)
    except zlib.error:
        return False
    return b"sRGB" in profile or "sRGB".encode("utf-16-be") in profile


def _is_near(*values: int) -> Callable[[bytes], bool]:
    """Return a test for big-endian numbers; writers round them differently."""

    def test(body: bytes) -> bool:
        stated = [int.from_bytes(body[i : i + 4], "big") for i in range(0, len(body), 4)]
        return len(stated) == len(values) and all(
            abs(one - wanted) <= 0.01 * wanted for one, wanted in zip(stated, values, strict=True)
        )

    return test


#: Chunk to the test for the values that mean sRGB (PNG specification, 11.3.2).
_SRGB: Mapping[bytes, Callable[[bytes], bool]] = MappingProxyType(
    {
        b"gAMA": _is_near(45455),
        b"cHRM": _is_near(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),
        b"cICP": lambda body: body[:2] == b"\x01\x0d",
        b"iCCP": _is_srgb_profile,
    }
)


def _limits(one: Wanted, pixels: Pixels) -> tuple[list[Finding], list[Remark]]:
    """Resolve every request, as a build would, and report what cannot be sent or keyed well."""
    sentences: dict[str, None] = {}
    near: dict[str, Remark] = {}
    for request in one.requests:
        try:
            resolved = resolve.request(request, pixels, request_key="0" * 64, open_key=None)
        except SourceError as exc:
            sentences[str(exc)] = None
            continue
        if resolved.matte_distance < NEAR_MATTE:
            detail = f"{resolved.matte}; {resolved.runner_up} is next"
            near[resolved.matte] = Remark(kind="matte", path=one.source.path, detail=detail)
    problems = [
        checks.problem("sprites", sentence, exit_code=SourceError.exit_code)
        for sentence in sentences
    ]
    return problems, list(near.values())


def _grouped(remarks: Sequence[Remark]) -> list[Finding]:
    """Return one finding for each kind."""
    found = []
    for name, kind in KINDS.items():
        having = [remark for remark in remarks if remark.kind == name]
        if having:
            count = "1 sprite" if len(having) == 1 else f"{len(having)} sprites"
            verb = kind.verbs[len(having) > 1]
            found.append(_note(having, f"{count} {verb} {kind.text}", kind.remedy))
    return found


def _note(having: Sequence[Remark], text: str, remedy: str) -> Finding:
    paths, details = [one.path for one in having], [one.detail for one in having]
    return checks.note("sprites", text, remedy, paths, details=details)


def _all_well(number: int) -> list[Finding]:
    if not number:
        return []
    return [checks.ok("sprites", f"{number} looked at: size, aspect, colours, alpha, scale")]
