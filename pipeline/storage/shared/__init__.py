"""A store that several machines share: bought bytes, records of purchases, claims.

Objects are created exclusively and never changed; only pruning deletes them.
"""
