"""Serve the Pixel Engine's contract locally: accounts, credits, job queue, prompts, motions.

Nothing here imports the rest of `pipeline`: the client and this server are two independent readings
of one contract (api.md) and check each other.
"""
