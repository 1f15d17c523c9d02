"""What is remembered: bought bytes, the lock file, the ledger, the state of the last run.

What is bought lies under the digest of its bytes; the lock file is text that merges line by line;
the state can be lost at any time, which costs a look at every file. It rests on renames within one
file system. It must never lose a purchase, or believe a file that a checkout brought along.
"""
