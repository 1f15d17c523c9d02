"""How `.pixelpipe/tmp/state` is written: its parts, its blocks, and the proofs that it is ours.

    pixelpipe state 1 PROOF HEAD LISTING   one line; the lengths of the next two parts, in bytes
    HEAD      what must hold, and what a run with nothing to do says: fields divided by NUL
    LISTING   every folder of the assets as text, when all that is trusted in it was fresh
    FACTS     blocks, to the end of the file: digests, pictures and texts of one folder each

A proof is a keyed hash by a secret in the user's own folder, so that no checkout, and nobody else,
can bring a file that is believed. Each block carries one of its own: blocks are read when they are
needed, and appended.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

import msgspec

from .files.stats import Stat
from .remembered import Folder, Whole

try:
    from _blake2 import blake2b  # what hashlib has; that loads OpenSSL as well
except ImportError:
    from hashlib import blake2b

MAGIC = b"pixelpipe state 1 "
#: Bytes of which the first line is at most.
MOST_LINE = 200
#: The name of the block about the project as a whole: no folder is called so.
WHOLE = "\0"
_PROOF_BYTES = 32
_BLOCK_PROOF_BYTES = 16
#: Bytes of a block's proof, of its folder's name, and of what it holds.
_BLOCK = struct.Struct("<16sHI")
_STAT = struct.Struct("<qqQq")


class Parts(NamedTuple):
    """Where the parts of a state file begin and end."""

    proof: str
    head: slice
    listing: slice

    @property
    def signed(self) -> slice:
        """The part that the proof is of."""
        return slice(self.head.start, self.listing.stop)


def parts(content: bytes) -> Parts | None:
    """Return the parts of a state file by its first line; None for anything else."""
    line = content[: content.find(b"\n", 0, MOST_LINE)]
    if not line.startswith(MAGIC):
        return None
    try:
        proof, head, listing = line[len(MAGIC) :].split(b" ")
        begin = len(line) + 1
        middle = begin + int(head)
        return Parts(proof.decode(), slice(begin, middle), slice(middle, middle + int(listing)))
    except ValueError:
        return None


def begin(key: bytes, head: Sequence[str], listing: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the beginning of a state file: the first line with its proof, and both parts."""
    fields = "\0".join(head).encode("utf-8", "surrogateescape")
    line = f"{proof(key, fields, listing)} {len(fields)} {len(listing)}\n"
    return MAGIC + line.encode(), fields, listing


def divided(fields: bytes) -> list[str]:
    """Return what stands in the first part of a file."""
    return fields.decode("utf-8", "surrogateescape").split("\0")


def proof(key: bytes, *signed: bytes) -> str:
    """Return the proof of the first two parts, which stands before them."""
    found = blake2b(key=key, digest_size=_PROOF_BYTES)
    for part in signed:
        found.update(part)
    return found.hexdigest()


def short_digest(listing: bytes) -> bytes:
    """Return what tells one listing from another, of one run."""
    return blake2b(listing, digest_size=_PROOF_BYTES).digest()


def block(key: bytes, folder: str, said: Folder | Whole) -> bytes:
    """Return the block that says this of a folder."""
    return packed_block(key, folder, msgspec.msgpack.encode(said))


def packed_block(key: bytes, folder: str, said: bytes) -> bytes:
    """Return the same block, of what is packed already."""
    name = folder.encode("utf-8", "surrogateescape")
    made = _BLOCK.pack(b"", len(name), len(said)) + name + said
    return _block_proof(key, made) + made[_BLOCK_PROOF_BYTES:]


class Place(NamedTuple):
    """Where in a file something stands, and how many bytes it has."""

    at: int
    size: int


def blocks(stream: BinaryIO, at: int, end: int) -> list[tuple[str, Place]]:
    """Return folder and place of each block, from `at` up to the first that is cut off."""
    found = []
    while at + _BLOCK.size <= end:
        stream.seek(at)
        _, length, size = _BLOCK.unpack(stream.read(_BLOCK.size))
        place = Place(at, _BLOCK.size + length + size)
        at += place.size
        if at > end:
            break
        found.append((stream.read(length).decode("utf-8", "surrogateescape"), place))
    return found


def folder(made: bytes) -> str:
    """Return the folder that a block is about."""
    length = _BLOCK.unpack_from(made)[1]
    return made[_BLOCK.size : _BLOCK.size + length].decode("utf-8", "surrogateescape")


def is_by(key: bytes | None, made: bytes) -> bool:
    """Tell whether who has `key` wrote a block."""
    return key is not None and _block_proof(key, made) == made[:_BLOCK_PROOF_BYTES]


def said(made: bytes) -> memoryview:
    """Return what a block holds, packed."""
    return memoryview(made)[_BLOCK.size + _BLOCK.unpack_from(made)[1] :]


def _block_proof(key: bytes, made: bytes) -> bytes:
    return blake2b(
        memoryview(made)[_BLOCK_PROOF_BYTES:], key=key, digest_size=_BLOCK_PROOF_BYTES
    ).digest()


def short(text: str) -> bytes:
    """Return what stands for a text within its folder."""
    return blake2b(text.encode(), digest_size=8).digest()


def packed(stat: Stat) -> bytes:
    """Return a stat as it stands in a memo."""
    return _STAT.pack(stat.size, stat.mtime_ns, stat.inode & 0xFFFF_FFFF_FFFF_FFFF, stat.ctime_ns)
