"""The version of this program, for whoever must not import the package that has it."""

__version__ = "0.1.0"
#: Which art the built-in engine draws; a clip's record names it, and none there means 1. A test
#: holds it equal to the engine's own number, which the engine raises when its clips look different.
ENGINE_VERSION = 3
