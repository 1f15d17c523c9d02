"""Look after a shared store: make one, check it, push to it, prune it."""
