"""Prove that there is nothing to do, and when that may be said again without looking closer."""
