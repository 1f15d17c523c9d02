"""What a plan says of a clip with which nothing is to be done, as the state remembers it.

What all clips of a rule have in common is kept once a folder.
"""

import msgspec


class About(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What most clips of a rule have in common."""

    reason: str
    rule: str
    #: `file:line` of the clip's definition.
    place: str
    prompt: str
    #: Why a service that is paid would not take the picture; "" when it would.
    unfit: str = ""


class Told(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One clip: its name, its request key, and the begin of what it would be bought as.

    `purchase` is empty for what was bought. `about` is a key among the folder's.
    """

    clip: str
    key: bytes
    about: bytes
    purchase: bytes = b""


#: A clip, with what it shares with others.
Line = tuple[Told, About]
