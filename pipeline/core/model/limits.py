"""What the service takes, and what is asked for when nothing is stated."""

from __future__ import annotations

#: Largest side in px and longest aspect that the pixel models take.
MAX_SIDE_PX = 256
MAX_ASPECT = 2
#: Largest side in px of a picture that is read: it decodes to 64 MiB, and nobody animates more.
MAX_PICTURE_PX = 4096
#: Smallest side in px that is sent; the vendor's own floor is unknown.
MIN_SIDE_PX = 8
#: Most colours the service takes in one palette, the matte among them.
MAX_PALETTE_COLORS = 256
DEFAULT_FRAMES = 8
MAX_FRAMES = 16
DEFAULT_FPS = 8
#: Credits of one POST /animate (vendor's introduction).
ANIMATE_CREDITS = 20
#: Credits of the second and every further clip of one POST /animate-batch (seen on bills).
FURTHER_CREDITS = 12
#: Most clips that are bought by one POST; the service's own limit is unknown.
BATCH_MOST = 8
