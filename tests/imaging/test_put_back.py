"""Frames of a source that is drawn in blocks become as large as it is, and fit into memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import AssetError
from pipeline.imaging.frames import cell
from pipeline.imaging.picture import raster
from pipeline.imaging.upload.fit import Placement


@given(
    scale=st.integers(1, 5),
    pad=st.tuples(*[st.integers(-2, 6)] * 4),
    ink=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 19), st.integers(0, 23)), max_size=9),
)
def test_what_is_empty_is_left_out_and_nothing_else(
    scale: int, pad: tuple[int, int, int, int], ink: list[tuple[int, int, int]]
) -> None:
    frames = np.zeros((3, 20, 24, 4), np.uint8)
    for frame, row, column in ink:
        frames[frame, row, column] = (200, 60, row, 255)
    placed = cell.put_back(frames, Placement(canvas=(24, 20), pad=pad, scale=scale))
    left, top = -pad[0] * scale, -pad[1] * scale
    everything = (left, top, left + 24 * scale, top + 20 * scale)
    assert (placed.crop(everything) == raster.enlarge(frames, scale)).all()


def test_a_clip_that_no_sheet_holds_takes_no_memory() -> None:
    """A checkout's record can say that each pixel is 64 px wide, and fill the whole canvas."""
    frames = np.full((16, 256, 256, 4), 255, np.uint8)
    tracemalloc.start()
    with pytest.raises(AssetError, match="16 frames of 16384x16384 px are too large"):
        cell.put_back(frames, Placement(canvas=(256, 256), pad=(120, 120, 120, 120), scale=64))
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()
    frames[:, 8:] = 0
    frames[:, :, 8:] = 0
    placed = cell.put_back(frames, Placement(canvas=(256, 256), pad=(0, 0, 0, 0), scale=64))
    assert placed.rect == (0, 0, 512, 512)
