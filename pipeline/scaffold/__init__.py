"""Set a game project up: find its engine, write what is missing, change nothing that is there."""
