"""The ledger: what is in flight, what was spent, and which files are being published.

One SQLite file for all checkouts of a user. Of all processes one can claim a request key; what was
promised here is on disk before the next step is taken. It rests on SQLite's transactions, and on
file locks that the system drops with their process. It must never forget a purchase that was sent,
or let the same one be claimed twice; its tables and columns are added to, not changed.
"""

from .book import DAY_S, Ledger
from .shared_claims import Place

__all__ = ["DAY_S", "Ledger", "Place"]
