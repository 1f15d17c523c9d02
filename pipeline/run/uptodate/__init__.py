"""Prove that there is nothing to do, and when that may be said again without looking closer.

An unbroken seal gives the answer that a full run would give; losing one costs time and changes no
result. It rests on file stats, as git's index does, and distrusts those of the last two seconds. It
must never be set by a run that left anything undone, or while the clock was moved.
"""
