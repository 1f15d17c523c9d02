"""Chunks of a PNG, read and written in one place."""

from __future__ import annotations

import pytest

from pipeline.core import png

WHOLE = png.write(((b"IHDR", b"head"), (b"teXt", b""), (b"IEND", b"")))


def test_what_is_written_is_read_again() -> None:
    """Kinds, bodies and places are those that were given, and every CRC is right."""
    found = list(png.chunks(WHOLE))
    assert [(one.kind, bytes(one.body), one.at) for one in found] == [
        (b"IHDR", b"head", 8),
        (b"teXt", b"", 24),
        (b"IEND", b"", 36),
    ]
    assert all(one.is_sound for one in found)
    assert png.SIGNATURE + b"".join(one.whole for one in found) == WHOLE


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_file_that_is_cut_off_has_its_whole_chunks_only(length: int) -> None:
    """Wherever it ends, no chunk is told in part."""
    whole = [end for end in (24, 36, 48) if end <= length]
    assert len(list(png.chunks(WHOLE[:length]))) == len(whole)


@pytest.mark.parametrize("at", [12, 16, 20])
def test_a_changed_byte_is_noticed(at: int) -> None:
    """The CRC is over kind and body."""
    broken = WHOLE[:at] + bytes((WHOLE[at] ^ 1,)) + WHOLE[at + 1 :]
    assert [one.is_sound for one in png.chunks(broken)] == [False, True, True]
