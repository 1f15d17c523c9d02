"""What everything else rests on: records, keys, errors, and the forms of what stands in files.

Keys and chunks are pure functions of bytes; the few files that look outside (folders, small files,
clocks, child processes) say so. It rests on SHA-256 and canonical JSON. It must never import
another part of the package, or let a release change the key of what somebody paid for.
"""
