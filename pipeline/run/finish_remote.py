"""Finish one task in a process of a cluster; its scheduler loads this module, too.

A task arrives as bytes and is opened only where the fingerprint is the same: a worker of another
version could not read it, or would make other files, and says so at once.
"""

from __future__ import annotations

import pickle


def answer(fingerprint: str, order: bytes) -> tuple[str, bytes]:
    """Return our fingerprint and the pickled answer to a pickled (source, task).

    The answer is empty where the fingerprints differ.
    """
    from . import fingerprint as fingerprints
    from . import finish_pool

    own = fingerprints.own()
    if own != fingerprint:
        return own, b""
    source, task = pickle.loads(order)
    return own, finish_pool.packed(finish_pool.finish_here(source, task))


def look() -> str:
    """Return the fingerprint of this process."""
    from . import fingerprint as fingerprints

    return fingerprints.own()
