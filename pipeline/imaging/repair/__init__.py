"""Mend frames: shifts, flicker, holes, a loop that does not close.

It rests on the source picture, which is right by definition, and on neighbouring frames. Only what
is surely damage is mended, by pixels that the clip or its source has. It must never invent a colour
or still a motion that was asked for.
"""
