"""Writes docs/operations.md from the operations themselves: `make docs`."""

from __future__ import annotations

import inspect
from pathlib import Path

from archspec.graph.ops import operations
from archspec.graph.ops.base import COMPANIONS, REQUIRED, Attribute, Operation

HEAD = """# Operations

Made from their docstrings and attributes by `make docs`. Sizes are height, width, channels of one sample.
"""


def page() -> str:
    """The page, an operation a section."""
    return "\n".join([HEAD, *(section(name, op) for name, op in sorted(operations().items()))])


def section(name: str, op: Operation) -> str:
    """What an operation computes, and its attributes."""
    fewest, most = op.inputs
    lines = [f"## {name}", "", inspect.cleandoc(op.__doc__ or ""), ""]
    if most > 1:
        lines += [f"Takes {fewest} values or more: `from: [a, b]`.", ""]
    rows = [row(key, attribute) for key, attribute in op.attributes.items()]
    for key, doc in COMPANIONS.items() if op.companions else ():
        rows.append(f"| `{key}` | an operation, or a row of one | `none` | {doc} |")
    if rows:
        lines += ["| attribute | value | unless said | |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def row(key: str, attribute: Attribute) -> str:
    """One attribute as a line of the table."""
    shown = attribute.unless_said
    default = "required" if attribute.default is REQUIRED else f"`{shown}`" if shown else ""
    return f"| `{key}` | {attribute.takes} | {default} | {attribute.doc} |"


if __name__ == "__main__":
    (Path(__file__).parent / "operations.md").write_text(page(), encoding="utf-8")
