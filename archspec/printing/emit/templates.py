"""Files written by Jinja2: each node by the block of its kind, which templates that extend others override."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context

from archspec.printing.emit import prose
from archspec.printing.emit.fit import INDENT, WIDTH, fit
from archspec.printing.emit.writer import File
from archspec.printing.nodes import Node, Value
from archspec.records import dataclass

NAME = "module.py.jinja"  # the template that writes a file
SHARED = Path(__file__).parent.parent / "templates"
OPTIONS: dict[str, Any] = {
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": False,
}


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its network: the title, the rows with their costs, and where it comes from, with the blank
    for the file's sum."""

    title: prose.Words
    overview: prose.Words
    origin: prose.Words


class Rendering:
    """One file being written: `write` and `indented` of its templates, and how deep the text stands."""

    def __init__(self) -> None:
        self.depth = 0

    @pass_context
    def write(self, context: Context, node: Value | tuple[Value, ...], between: str = "\n") -> str:
        """The text of a node, or of several with something between them; text is its own."""
        if isinstance(node, str):
            return node
        if isinstance(node, tuple):
            return between.join([self.write(context, one) for one in node])
        if not isinstance(node, Node):
            raise TypeError(f"`write` takes nodes and text, not {type(node).__name__}")
        above = context.vars.get("node")
        context.vars["node"] = node
        text = "".join(context.blocks[node.kind][0](context))
        context.vars["node"] = above
        return text.removesuffix("\n")

    @pass_context
    def indented(
        self,
        context: Context,
        nodes: tuple[Value, ...] = (),
        levels: int = 1,
        caller: Callable[[], str] | None = None,
    ) -> str:
        """Nodes, or the text of a `call` block, that many levels deeper; empty lines stay empty."""
        self.depth += levels
        text = self.write(context, nodes) if caller is None else caller().rstrip("\n")
        self.depth -= levels
        margin = INDENT * levels
        return "\n".join([margin + line if line else line for line in text.split("\n")])

    def fits(self, text: str) -> bool:
        """Whether text fits a line where it stands."""
        return len(text) + len(INDENT) * self.depth <= WIDTH

    @property
    def functions(self) -> dict[str, Any]:
        """What templates call."""
        return {
            "write": self.write,
            "indented": self.indented,
            "fits": self.fits,
            "rendering": self,
        }


@pass_context
def _docstring(context: Context, text: Any) -> str:
    return prose.docstring(text, context["rendering"].depth)


@pass_context
def _comment(context: Context, text: Any) -> str:
    return prose.comment(text, context["rendering"].depth)


FILTERS = {"docstring": _docstring, "comment": _comment, "quoted": prose.quoted}


@cache
def backend_template(folder: Path) -> Template:
    """The template of a backend, which may extend those that all backends share."""
    environment = Environment(loader=FileSystemLoader([folder, SHARED]), **OPTIONS)
    environment.filters |= FILTERS
    return environment.get_template(NAME)


def filled(template: Template, file: File, header: Header) -> str:
    """A file's text; raises whatever a template does wrong, BrokenPlugin."""
    variables = {"file": file, "network": header, **Rendering().functions}
    return fit("".join(template.root_render_func(template.new_context(variables))))
