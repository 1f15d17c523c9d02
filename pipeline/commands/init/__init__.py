"""Set a game project up: find its engine, write what is missing, change nothing that is there.

Engines are known by the files that they leave in a project's folder (`project.godot`,
`*.tiled-project` and the like). Running it twice changes nothing more. It must never overwrite or
reorder what somebody wrote: it adds files and lines only, and none outside of the project.
"""
