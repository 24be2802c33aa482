"""Numbers of NumPy and of others as Python's own, without an import of what made them."""

from __future__ import annotations

from numbers import Integral, Real


def native(value: object) -> object:
    """A number, word or truth value as Python's own; an array - or anything else with `tolist` - as a number or lists.

    What is none of these is given back as it is.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    listed = getattr(value, "tolist", None)
    if callable(listed) and not isinstance(value, type):
        return listed()
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    return value
