"""The ledger: what is in flight, what was spent, and which files are being published."""

from .book import DAY_S, Ledger

__all__ = ["DAY_S", "Ledger"]
