"""What each operation computes, in NumPy: the reference that frameworks are compared with.

Each family has a file of the same name here as in `graph/ops`; it holds a function for each operation, of the
operation's name, with a `_` behind a name that Python has (`abs_`). New files are found by themselves. Nothing here may
use the shape rules, a backend's table or a framework: a mistake that they share would not be seen. Only
`archspec.parity` imports this folder, and NumPy with it.
"""

from __future__ import annotations

import builtins
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from archspec.graph import ops
from archspec.graph.ops.base import Operation
from archspec.graph.ops.meaning.base import Meaning
from archspec.plugins import BrokenPlugin, cause


@cache
def meaning(op: Operation) -> Meaning | None:
    """The function that computes an operation from its attributes; None where there is none.

    Raises BrokenPlugin where the function that a plug-in's operation names is not there.
    """
    if op.meaning:
        return _brought(op)
    package, _, family = type(op).__module__.rpartition(".")
    module = f"{__name__}.{family}"
    if package != ops.__name__ or find_spec(module) is None:
        return None
    name = f"{op.name}_" if hasattr(builtins, op.name) else op.name
    return vars(import_module(module)).get(name)


def _brought(op: Operation) -> Meaning:
    """The function that the operation of another package names. Its package's code runs, never text of a spec."""
    module, _, name = op.meaning.partition(":")
    try:
        function: Meaning = vars(import_module(module))[name]
    except (Exception, SystemExit) as error:  # a plug-in may raise anything where it is imported
        raise BrokenPlugin(
            ops.described(op), f"has no meaning `{op.meaning}`: {cause(error)}"
        ) from error
    return function
