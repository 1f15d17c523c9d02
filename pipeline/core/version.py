"""The version of this program, for whoever must not import the package that has it."""

__version__ = "0.1.0"
