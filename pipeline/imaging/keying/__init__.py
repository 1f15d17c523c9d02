"""Take the matte away: which pixels are background, and which colours the art has.

It rests on a matte that is far from every colour of the sprite. Alpha is all or nothing, and every
colour that is left is one of the palette. It must never eat into the art to be rid of a fringe.
"""
