"""A network as a program of its own: its training written out in plain NumPy."""

from chainrule.export.python import to_python

__all__ = ["to_python"]
