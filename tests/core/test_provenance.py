"""The one chunk that makes a PNG ours."""

from __future__ import annotations

import io
import json
import struct
import zlib

import pytest
from PIL import Image

from pipeline.core import png as container
from pipeline.core import provenance
from pipeline.core.errors import StorageError
from pipeline.core.model import Provenance

WALK = Provenance(
    clip="walk",
    request_key="ab" * 32,
    take=2,
    digest="cd" * 32,
    service="pixel-engine",
    model="pixel-engine-v1.1",
    frames=(0, 8),
)


def png() -> bytes:
    """Encode a small picture."""
    out = io.BytesIO()
    Image.new("RGBA", (3, 2), (10, 20, 30, 40)).save(out, "PNG")
    return out.getvalue()


def test_written_provenance_reads_back_and_leaves_the_picture_alone() -> None:
    """The lock can be rebuilt from outputs only if nothing is lost on the way."""
    ours = provenance.embed(png(), (WALK,))
    assert provenance.read(ours) == (WALK,)
    with Image.open(io.BytesIO(ours)) as image:
        image.load()
        assert image.convert("RGBA").tobytes() == bytes((10, 20, 30, 40)) * 6
        assert json.loads(image.info["pixelpipe"])["version"] == 1


def test_text_is_canonical_json() -> None:
    """Equal clips must give equal bytes on every machine."""
    text = provenance.text((WALK,)).decode()
    canonical = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert text == canonical


def test_embedding_again_replaces_the_chunk() -> None:
    """A file with two origins would tell two stories."""
    twice = provenance.embed(provenance.embed(png(), (WALK,)), ())
    assert provenance.read(twice) == ()
    assert twice.count(provenance.KEYWORD + b"\0") == 1
    assert provenance.embed(twice, ()) == twice


def test_first_kilobyte_tells_ours_from_sources() -> None:
    """A scan must not read whole files to skip outputs."""
    ours = provenance.embed(png(), (WALK,))
    assert provenance.is_ours(ours[:1024])
    assert not provenance.is_ours(png())
    assert provenance.read(png()) is None


@pytest.mark.parametrize("content", [b"", b"GIF89a", container.SIGNATURE, b"\xff" * 64])
def test_what_is_no_png_is_not_ours(content: bytes) -> None:
    """Any file may stand in an assets folder."""
    assert not provenance.is_ours(content)
    assert provenance.read(content) is None


def test_png_cut_anywhere_never_raises() -> None:
    """Editors write files in pieces, and a scan may see each of them."""
    ours = provenance.embed(png(), (WALK,))
    for end in range(len(ours)):
        provenance.is_ours(ours[:end])


def test_other_text_chunks_are_left_alone() -> None:
    """A foreign comment that mentions us is no provenance."""
    chunk = _chunk(b"{}", keyword=b"pixelpiped")
    foreign = png()[:33] + chunk + png()[33:]
    assert not provenance.is_ours(foreign)
    assert chunk in provenance.embed(foreign, ())


def test_what_is_no_png_cannot_be_marked() -> None:
    """A wrong encoder must be noticed where it happens."""
    with pytest.raises(StorageError, match="not a PNG"):
        provenance.embed(b"GIF89a", ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(b"{", "cannot be read"), (b'{"version":9,"clips":[]}', "update pixelpipe")],
)
def test_damaged_or_newer_chunk_is_refused(text: bytes, sentence: str) -> None:
    """Guessing at an origin could buy something twice."""
    broken = png()[:33] + _chunk(text) + png()[33:]
    with pytest.raises(StorageError, match=sentence):
        provenance.read(broken)


def _chunk(text: bytes, keyword: bytes = b"pixelpipe") -> bytes:
    """Pack `text` as an iTXt chunk."""
    body = b"iTXt" + keyword + b"\0\0\0\0\0" + text
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
