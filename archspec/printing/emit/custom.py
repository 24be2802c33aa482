"""Files written by a user's template, which extends the backend's. Mistakes of the template are reported with its
file and line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes

from archspec.plugins import BrokenPlugin
from archspec.printing.emit.fit import fit
from archspec.printing.emit.sandbox import LARGEST, OWN, Sandbox
from archspec.printing.emit.seal import sealed
from archspec.printing.emit.templates import NAME, SHARED, Header, Rendering
from archspec.printing.emit.writer import File
from archspec.printing.verify.walk import ReplayError
from archspec.records import dataclass
from archspec.source import BadTemplate, Source, Span, did_you_mean
from archspec.source.mistakes import bad_template

Result = TypeVar("Result")
Check = Callable[[str], object]  # raises ReplayError where a text is not the network


@dataclass(frozen=True, slots=True)
class Override:
    """A block of a user's template, and the line where it begins."""

    name: str
    template: str
    line: int


class Custom:
    """The templates of a folder over those of a backend; raises BadTemplate."""

    def __init__(self, folder: Path, backend: Path) -> None:
        self.folder = folder
        self.sandbox = Sandbox(folder, [backend, SHARED])
        self.overrides = self._overrides()
        self.template = self._guarded(lambda: self.sandbox.get_template(OWN + NAME))

    def filled(self, file: File, header: Header, check: Check) -> str:
        """A file's text, sealed, that passes a check; raises BadTemplate, BrokenPlugin."""
        try:
            return _checked(self._rendered(file, header, []), check)
        except (ReplayError, SyntaxError, ValueError, RecursionError) as error:
            guilty, reason = self._guilty(file, header, check, error)
        raise self._refused(guilty, reason)

    def _guilty(
        self, file: File, header: Header, check: Check, error: Exception
    ) -> tuple[Override, Exception]:
        """The first block with which a file is refused, where those after it are left to the backend."""
        for number, override in enumerate(self.overrides, 1):
            try:
                _checked(self._rendered(file, header, self.overrides[number:]), check)
            except (ReplayError, SyntaxError, ValueError, RecursionError) as reason:
                return override, reason
        return Override("", OWN + NAME, 1), error

    def _rendered(self, file: File, header: Header, without: list[Override]) -> str:
        dropped = {override.name for override in without}
        return self._guarded(lambda: self._render(self.template, file, header, dropped))

    def _render(self, template: Template, file: File, header: Header, dropped: set[str]) -> str:
        variables = {**self.sandbox.globals, "file": file, "network": header}
        variables |= Rendering().functions
        self.sandbox.steps = 0
        blocks = {name: block for name, block in template.blocks.items() if name not in dropped}
        context = self.sandbox.context_class(self.sandbox, variables, template.name, blocks)
        return fit(self.sandbox.concat(template.root_render_func(context)))

    def _guarded(self, action: Callable[[], Result]) -> Result:
        """What an action gives; whatever goes wrong in a template becomes a BadTemplate with its line."""
        try:
            return action()
        except (BadTemplate, BrokenPlugin, SyntaxError):  # the last is that of the file
            raise
        except TemplateSyntaxError as error:
            raise self._bad(error.name or "", error.lineno, error.message or "") from error
        except (Exception, MemoryError) as error:
            places = list(self._places(error.__traceback__)) or [(OWN + NAME, 1)]
            name, line = places[-1]
            if isinstance(error, RecursionError):  # where it ends hangs on the depth of the stack
                ((name, line), _), *_ = Counter(places).most_common(1)
            raise self._bad(name, line, _shown(error)) from error

    def _places(self, trace: TracebackType | None) -> Iterator[tuple[str, int]]:
        """The lines of templates of the folder that led to an error, the innermost last."""
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if isinstance(template, Template) and (template.name or "").startswith(OWN):
                yield template.name or "", template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next

    def _refused(self, override: Override, error: Exception) -> BadTemplate:
        where = f"the block `{override.name}`" if override.name else "this template"
        problem = error.reason if isinstance(error, ReplayError) else str(error)
        message = f"with {where} the file is not the network: {problem}"
        row = error.path if isinstance(error, ReplayError) else ""
        return self._bad(
            override.template,
            override.line,
            message,
            "the calls of the backend's own file, in its order"
            if row or not override.name
            else None,
            row or None,
            "a template says how calls are written, not which are made",
            override.name,
        )

    def _bad(
        self,
        name: str,
        line: int,
        message: str,
        expected: str | None = None,
        received: str | None = None,
        hint: str | None = None,
        word: str = "",
    ) -> BadTemplate:
        """A mistake at a line of a template, a word of it underlined."""
        if not name.startswith(OWN):
            name, line = OWN + NAME, 1
        path = self.folder / name.removeprefix(OWN)
        text = _text(path)
        lines = text.split("\n")
        number = min(max(line, 1), len(lines))
        start = sum(len(one) + 1 for one in lines[: number - 1])
        content = lines[number - 1]
        first, last = len(content) - len(content.lstrip()), len(content.rstrip())
        if word and (match := re.search(rf"\b{re.escape(word)}\b", content)):
            first, last = match.span()
        span = Span(Source(str(path), text), start + first, start + last)
        return BadTemplate([bad_template(span, message, expected, received, hint)])

    def _overrides(self) -> list[Override]:
        """The blocks of the folder's templates; raises BadTemplate for one that nothing writes."""
        trees = dict(self._chain())
        own = {name: tree for name, tree in trees.items() if name.startswith(OWN)}
        blocks = {b.name for n, t in trees.items() if n not in own for b in t.find_all(nodes.Block)}
        called = {
            node.attr
            for tree in own.values()
            for node in tree.find_all(nodes.Getattr)
            if isinstance(node.node, nodes.Name) and node.node.name == "self"
        }
        overrides: list[Override] = []
        for name, tree in own.items():
            inner = {b.name for a in tree.find_all(nodes.Block) for b in a.find_all(nodes.Block)}
            for block in tree.find_all(nodes.Block):
                if block.name not in blocks | called | inner:
                    near = did_you_mean(block.name, blocks)
                    raise self._bad(
                        name,
                        block.lineno,
                        f"no template writes a block `{block.name}`",
                        "a block of the backend's template, or one that another block holds",
                        block.name,
                        near
                        or "write it inside of a block of the backend, or call it: {{ self.name() }}",
                        block.name,
                    )
                overrides.append(Override(block.name, name, block.lineno))
        return overrides

    def _chain(self) -> Iterator[tuple[str, nodes.Template]]:
        """The template of a file and those that it extends, the folder's before the backend's."""
        name, seen = OWN + NAME, set[str]()
        while name not in seen:
            seen.add(name)
            tree = self._guarded(lambda name=name: self._tree(name))  # type: ignore[misc]
            yield name, tree
            extends = tree.find(nodes.Extends)
            if extends is None and not name.startswith(OWN):
                return
            if extends is None or not isinstance(extends.template, nodes.Const):
                line = 1 if extends is None else extends.lineno
                message = "the template extends none by its name"
                hint = f'begin with {{% extends "{NAME}" %}}, which is the backend\'s'
                raise self._bad(name, line, message, hint=hint)
            name = self.sandbox.join_path(str(extends.template.value), name)
        raise self._bad(name, 1, "the templates extend one another in a circle")

    def _tree(self, name: str) -> nodes.Template:
        assert self.sandbox.loader is not None
        text, path, _ = self.sandbox.loader.get_source(self.sandbox, name)
        return self.sandbox.parse(text, name, path)


def _checked(text: str, check: Check) -> str:
    """The text with its sum; raises what makes it no file of the network."""
    whole = sealed(text)
    check(whole)
    return whole


def _shown(error: BaseException) -> str:
    """What went wrong in a template."""
    if isinstance(error, RecursionError):
        return "the template calls itself without end"
    if isinstance(error, TemplateError):
        return error.message or str(error)
    return f"{error}" if isinstance(error, TypeError) else f"{type(error).__name__}: {error}"


def _text(path: Path) -> str:
    """A template as it is shown in a message."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(LARGEST)
