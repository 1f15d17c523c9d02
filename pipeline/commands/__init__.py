"""What the commands do beyond a build: animate, watch, doctor, init, why, gallery and the rest.

Each is a function of a project that returns records; how they are said is for the command line. It
rests on the interface for build scripts (`api`). Nothing here may print, ask or end the process.
"""
