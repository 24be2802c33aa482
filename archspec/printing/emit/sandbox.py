"""Jinja2 for templates of anybody: they read their own folder and the backend's templates, call nothing that changes or
leaves this process, and come to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, FileSystemLoader, TemplateNotFound, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from archspec.printing.emit.prose import Words
from archspec.printing.emit.templates import FILTERS, NAME, OPTIONS

OWN = "own/"  # begins the names of templates of the folder
MOST_STEPS = 200_000  # loops' turns, blocks and macros
LONGEST = 4_000_000  # characters of any text that is made
LARGEST = 100_000  # characters of a template
KEPT_FILTERS = """
    abs capitalize count d default dictsort first float groupby int items last length list lower map max min reject
    rejectattr reverse round select selectattr sort string sum title trim unique upper
"""
STRINGS = """
    count endswith find isalpha isdigit isidentifier isupper islower lower lstrip partition removeprefix removesuffix
    rpartition rstrip split splitlines startswith strip upper
"""


class Above(BlockReference):
    """The block that one overrides; its text stands on lines of its own, as the text around it."""

    def __call__(self) -> str:
        return super().__call__().removesuffix("\n")


class OwnContext(Context):
    """The context of a template that is being rendered."""

    def super(self, name: str, current: Callable[..., Any]) -> Any:
        block = super().super(name, current)
        if not isinstance(block, BlockReference):
            return block
        blocks = self.blocks[name]
        return Above(name, self, blocks, blocks.index(current) + 1)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one folder, for one file."""

    context_class = OwnContext
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, folder: Path, backend: list[Path]) -> None:
        super().__init__(loader=Loader(folder, backend), **OPTIONS)
        usual = self.filters
        self.filters = {name: usual[name] for name in KEPT_FILTERS.split()}
        self.filters |= {**FILTERS, "join": _joined, "replace": _replaced}
        self.globals = {name: self.globals[name] for name in ("range", "dict", "namespace")}
        self.steps = 0

    def join_path(self, template: str, parent: str) -> str:
        """The folder's templates come first, but for the name of the file's: that one extends the backend's."""
        own = OWN + template
        if not parent.startswith(OWN) or template == NAME or own == parent:
            return template
        assert isinstance(self.loader, Loader)
        return own if self.loader.has(template) else template

    def _generate(self, source: nodes.Template, name: Any, *args: Any, **options: Any) -> str:
        if name.startswith(OWN):
            _bounded(source)
        return super()._generate(source, name, *args, **options)

    def tick(self) -> str:
        """One step of a template; raises SecurityError where there are too many."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise SecurityError(f"the template takes more than {MOST_STEPS:,} steps")
        return ""

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """Text put together; raises SecurityError where it becomes too long."""
        whole = list(parts)
        capped(sum(map(len, whole)))
        return "".join(whole)

    def glued(self, *parts: Any) -> str:
        """`a ~ b`."""
        return self.concat(map(str, parts))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            raise SecurityError("text is put together with ~, not formatted with %")
        if operator == "**" and (abs(left) > 1_000_000 or abs(right) > 64):
            raise SecurityError("the power is too large")
        if operator == "*":
            capped(_size(left) * (right if isinstance(right, int) else 1))
            capped(_size(right) * (left if isinstance(left, int) else 1))
        if operator == "+":
            capped(_size(left) + _size(right))
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str):
            return attr in STRINGS.split()
        return not isinstance(obj, Words) and super().is_safe_attribute(obj, attr, value)


class Loader(BaseLoader):
    """Templates of a folder, none outside of it, and those of a backend."""

    def __init__(self, folder: Path, backend: list[Path]) -> None:
        self.folder, self.backend = folder, FileSystemLoader(backend)

    def has(self, name: str) -> bool:
        """Whether a name leads to something in the folder, or out of it."""
        path = self.folder / name
        return ".." in Path(name).parts or Path(name).is_absolute() or path.exists()

    def path(self, name: str) -> Path:
        """The file of a name; raises TemplateNotFound where there is none, or none that may be read."""
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise TemplateNotFound(name, f"{name} is outside of {self.folder}")
        if not path.is_file():
            raise TemplateNotFound(name, f"there is no file {path}")
        return path

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if not template.startswith(OWN):
            return self.backend.get_source(environment, template)
        path = self.path(template.removeprefix(OWN))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise TemplateNotFound(template, f"{path} has more than {LARGEST:,} bytes")
        try:
            return content.decode(), str(path), lambda: True
        except UnicodeDecodeError as error:
            raise TemplateNotFound(template, f"{path} is not UTF-8: {error}") from error


def capped(size: int) -> None:
    """Raises SecurityError where text becomes too long."""
    if size > LONGEST:
        raise SecurityError(f"the text becomes longer than {LONGEST:,} characters")


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _joined(values: Iterable[Any], between: str = "") -> str:
    parts = [str(value) for value in values]
    capped(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def _replaced(text: str, old: str, new: str) -> str:
    whole = str(text)
    capped(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new)


def _bounded(tree: nodes.Template) -> None:
    """Count the steps of a template, and let no text grow without end."""
    environment: Callable[[str], nodes.Expr] = nodes.EnvironmentAttribute
    for kind in (nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block):
        for node in list(tree.find_all(kind)):
            call = nodes.Call(environment("tick"), [], [], None, None, lineno=node.lineno)
            node.body.insert(0, nodes.Output([call], lineno=node.lineno))  # type: ignore[attr-defined]
    _glue(tree)


def _glue(node: nodes.Node) -> None:
    for name, value in list(node.iter_fields()):
        if isinstance(value, list):
            setattr(node, name, [_glued(one) for one in value])
        else:
            setattr(node, name, _glued(value))


def _glued(node: Any) -> Any:
    if not isinstance(node, nodes.Node):
        return node
    _glue(node)
    if not isinstance(node, nodes.Concat):
        return node
    glued = nodes.EnvironmentAttribute("glued")
    return nodes.Call(glued, node.nodes, [], None, None, lineno=node.lineno)
