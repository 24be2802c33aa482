"""Dataclasses that are quick to declare and to make.

The standard library writes and compiles up to six methods for each dataclass: a command that declares a hundred of
them spends a quarter of its time there (Python 3.11). Here `__init__` alone is compiled; equality, hash and text are
shared by all classes. Type checkers see the standard decorator and its rules: they hold what is frozen.
"""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any


@contextmanager
def growing() -> Iterator[None]:
    """Meanwhile a large tree is made, and Python does not look for cycles that nobody reaches.

    A tree of records has none, and looking through it again and again takes longer the larger it has become.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(kind=None, /, *, frozen=False, slots=False, kw_only=False, eq=True):
        """`dataclasses.dataclass`; only a type checker stops an assignment to what is frozen."""

        def declare(kind: type) -> type:
            made = dataclasses.dataclass(repr=False, eq=False, slots=slots, kw_only=kw_only)(kind)
            made.__values__ = _values(f.name for f in dataclasses.fields(made) if f.compare)
            shared: dict[str, Any] = {"__repr__": _text}
            if eq:
                shared |= {"__eq__": _equal, "__hash__": _hash if frozen else None}
            for name in shared.keys() - vars(kind).keys():
                setattr(made, name, shared[name])
            return made

        return declare if kind is None else declare(kind)


def _values(names: Any) -> Any:
    """A function from a record to the tuple of its values."""
    match tuple(names):
        case ():
            return staticmethod(lambda record: ())
        case (name,):
            return staticmethod(lambda record: (getattr(record, name),))
        case several:
            return staticmethod(attrgetter(*several))


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self is other or self.__values__(self) == other.__values__(other)


def _hash(self: Any) -> int:
    return hash(self.__values__(self))


def _text(self: Any) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({values})"


__all__ = ["dataclass"]
