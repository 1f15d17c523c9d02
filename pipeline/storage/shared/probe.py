"""Find out whether of several machines that create the same object exactly one wins.

Purchases are claimed that way, so a store that lets two win would let both buy. Some servers take
the header that asks for it and do not obey: only trying tells.
"""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from .store import Store, Unreachable

THREADS, ROUNDS = 8, 25
_FOLDER = "probe"


def winners(store: Store, *, rounds: int = ROUNDS) -> int:
    """Return how many won at most of `THREADS` that created one object at the same moment.

    1 is right; 0 says that an object that was created cannot be read back, or is another's.
    Stops at the first round that is not right. Raises Unreachable.
    """
    nonce = secrets.token_hex(8)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            for number in range(rounds):
                name = f"{_FOLDER}/{nonce}/{number:02}.json"
                won = _round(store, pool, name)
                if won != 1:
                    return won
        return 1
    finally:
        _tidy(store, [f"{_FOLDER}/{nonce}/{number:02}.json" for number in range(rounds)])


def _round(store: Store, pool: ThreadPoolExecutor, name: str) -> int:
    start = threading.Barrier(THREADS)
    contents = [b'{"probe":%d}' % number for number in range(THREADS)]

    def create(content: bytes) -> bool:
        start.wait()
        return store.create(name, content)

    won = list(pool.map(create, contents))
    if sum(won) != 1:
        return sum(won)
    return int(store.get(name) == contents[won.index(True)])


def _tidy(store: Store, names: list[str]) -> None:
    # Whoever may not delete leaves them.
    with ThreadPoolExecutor(THREADS) as pool, suppress(Unreachable):
        list(pool.map(store.delete, names))
