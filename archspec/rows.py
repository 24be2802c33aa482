"""Rows and specs as Python objects: `Spec(name="tiny", input=[32, 32, 3], rows=[Conv(filters=16, kernel=3), ...])`.

There is a class for every operation, for every other form of a row, and for a whole file. They take the keys of YAML as
arguments; `from` and `as` are `from_` and `as_`. A mistake raises SpecError, with the message of `archspec validate`.
The classes are made when they are first asked for; `rows.pyi` lists them for type checkers.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """The class of a name; raises AttributeError if there is none."""
    from archspec.language.python import model

    if name == "__all__":  # what `from archspec.rows import *` asks for
        return __dir__()
    value = None if name.startswith("_") else model(name)
    if value is None:
        raise AttributeError(f"module 'archspec.rows' has no attribute {name!r}")
    return value


def __dir__() -> list[str]:
    """The name of every class."""
    from archspec.language.python import names

    return sorted(names())
