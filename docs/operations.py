"""Writes docs/operations.md from the operations themselves: `make docs`."""

from __future__ import annotations

import inspect
from pathlib import Path

from archspec.graph.ops import operations
from archspec.graph.ops.base import REQUIRED, Attribute, Operation

HEAD = """# Operations

Made from their docstrings and attributes by `make docs`. Sizes are height, width, channels of one sample.
"""
KINDS = {
    "count": "a whole number",
    "pair": "a whole number, or [height, width]",
    "number": "a number",
    "numbers": "a number, or a list of them",
    "flag": "true or false",
    "padding": "a padding",
    "init": "an initialiser",
}


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
    if op.companions:
        rows.append(
            "| `norm`, `activation` | an operation, or a row of one | `none` | Applied after it. |"
        )
    if rows:
        lines += ["| attribute | value | unless said | |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def row(key: str, attribute: Attribute) -> str:
    """One attribute as a line of the table."""
    kind = " or ".join(f"`{word}`" for word in attribute.words)
    if attribute.kind != "word":
        kind = KINDS[attribute.kind]
    return f"| `{key}` | {kind} | {default(attribute)} | {attribute.doc} |"


def default(attribute: Attribute) -> str:
    """What holds where a row says nothing."""
    if attribute.default is REQUIRED:
        return "required"
    if attribute.default is None:
        return ""
    shown = attribute.default
    return f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


if __name__ == "__main__":
    (Path(__file__).parent / "operations.md").write_text(page(), encoding="utf-8")
