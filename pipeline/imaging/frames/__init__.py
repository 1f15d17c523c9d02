"""Bought bytes to frames: sheets, GIF and WebP as they are delivered, and single cells.

What a container claims is checked before it is decoded. Frames are arrays (frames, height, width,
4), index pictures int32 with -1 for transparent. It must never guess a count or a size of frames.
"""
