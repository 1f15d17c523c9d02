"""Decide what a build would do, and for how much. Pure: facts in, steps out.

A clip is fresh, reused, resumed, asked about, bought or blocked, each with its reason; `plan` shows
exactly what `build` then does. It rests on request keys and on what was found in the project. It
must never open a file, ask a service or look at a clock.
"""
