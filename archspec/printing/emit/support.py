"""Source that a file carries: layers that a framework lacks, functions of the language, and what these import."""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import util
from pathlib import Path

from archspec.graph import evaluate
from archspec.lowering.dialect import Dialect
from archspec.plugins import BrokenPlugin, origin
from archspec.records import dataclass

Definition = ast.ClassDef | ast.FunctionDef
HELPER = "make_divisible"


@dataclass(frozen=True, slots=True)
class Support:
    """A module of layers as text: its classes and functions, their bases, and what it imports, as `Dialect.names`."""

    segments: Mapping[str, list[str]]
    bases: Mapping[str, str]
    names: Mapping[str, str]


@cache
def support(module: str) -> Support:
    """The text of a module, which is found and not imported; raises BrokenPlugin."""
    try:
        spec = util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        raise BrokenPlugin(_of(module), "has no source")
    return parsed(Path(spec.origin))


@cache
def parsed(path: Path) -> Support:
    """The classes, functions and imports of a file."""
    text = path.read_text(encoding="utf-8")
    lines, tree = text.splitlines(), ast.parse(text)
    definitions = [node for node in tree.body if isinstance(node, Definition)]
    return Support(
        {node.name: lines[_first(node) - 1 : node.end_lineno] for node in definitions},
        {
            node.name: ast.unparse(node.bases[0])
            for node in definitions
            if isinstance(node, ast.ClassDef) and node.bases
        },
        dict(_imported(tree.body)),
    )


def _first(node: Definition) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _imported(body: Iterable[ast.stmt]) -> Iterable[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}:{alias.name}"


def mentioned(lines: Sequence[str]) -> set[str]:
    """The names that some lines of Python read."""
    tree = ast.parse("\n".join(lines))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@dataclass(frozen=True, slots=True)
class CarriedLayers:
    """What the modules of a dialect give to a file: definitions, the imports that these need, and who defines what."""

    segments: list[list[str]]
    names: dict[str, str]
    homes: dict[str, str]


def carried(dialect: Dialect, written: Sequence[str]) -> CarriedLayers:
    """The layers that the written lines use, with what these use of their modules; raises BrokenPlugin."""
    layers = CarriedLayers([], dict(dialect.names), {})
    used = mentioned(written)
    for module in dict.fromkeys(dialect.homes.values()):
        wanted = {name for name, home in dialect.homes.items() if home == module and name in used}
        if wanted:
            _carry(module, wanted, layers)
    return layers


def _carry(module: str, wanted: set[str], layers: CarriedLayers) -> None:
    source = support(module)
    needed: set[str] = set()
    waiting = set(wanted)
    while waiting:
        name = waiting.pop()
        if name not in source.segments:
            raise BrokenPlugin(_of(module), f"does not define `{name}`")
        if name in layers.names or layers.homes.setdefault(name, module) != module:
            raise BrokenPlugin(_of(module), f"defines `{name}`, which a file has already")
        needed.add(name)
        for read in _globals(source.segments[name]) - {name}:
            if read in source.segments and read not in needed:
                waiting.add(read)
            elif read in source.names:
                _import(module, read, source.names[read], layers)
            elif read not in source.segments and not hasattr(builtins, read):
                problem = (
                    f"reads `{read}` in `{name}`: a file carries classes, functions and imports"
                )
                raise BrokenPlugin(_of(module), problem)
    layers.segments.extend(lines for name, lines in source.segments.items() if name in needed)


def _import(module: str, name: str, meaning: str, file: CarriedLayers) -> None:
    if file.names.setdefault(name, meaning) != meaning:
        raise BrokenPlugin(_of(module), f"imports `{name}`, which is {file.names[name]} in a file")


def _of(module: str) -> str:
    return f"the module {module} of {origin(module)}"


def _globals(lines: Sequence[str]) -> set[str]:
    """The names that a definition reads and does not bind itself."""
    tables = [symtable.symtable("\n".join(lines), "support", "exec")]
    names: set[str] = set()
    for table in tables:
        tables += table.get_children()
        top = table.get_type() == "module"
        names |= {
            s.get_name()
            for s in table.get_symbols()
            if s.is_referenced() and (s.is_global() or (top and not s.is_assigned()))
        }
    return names


def file_names(dialect: Dialect) -> frozenset[str]:
    """The names that nothing else in a file can have: imports, the language's function that files carry, and whatever
    its modules of layers bring."""
    names = {*dialect.names, *dialect.homes, HELPER}
    for module in dict.fromkeys(dialect.homes.values()):
        names |= {*support(module).segments, *support(module).names}
    return frozenset(names)


def brought(dialect: Dialect) -> dict[str, list[str]]:
    """Every definition that a file may carry, as lines."""
    modules = [support(module) for module in dict.fromkeys(dialect.homes.values())]
    own = {HELPER: parsed(Path(evaluate.__file__)).segments[HELPER]}
    return own | {name: lines for source in modules for name, lines in source.segments.items()}


def base(dialect: Dialect, target: str) -> str:
    """The framework's layer that a carried one extends; the target itself where there is none."""
    while target in dialect.homes:
        above = support(dialect.homes[target]).bases.get(target, "")
        if above not in dialect.targets:
            return target
        target = above
    return target


def helper_functions(written: Sequence[str]) -> list[list[str]]:
    """The language's own functions that the written lines use, as archspec itself defines them."""
    if HELPER not in mentioned(written):
        return []
    return [list(parsed(Path(evaluate.__file__)).segments[HELPER])]


@dataclass(frozen=True, slots=True)
class Needed:
    """What a file must hold beside its own definitions, as lines: definitions that it carries, and imports."""

    helpers: list[list[str]]
    imports: list[str]


def needed(dialect: Dialect, written: str) -> Needed:
    """The definitions and imports that written definitions need; raises BrokenPlugin, SyntaxError."""
    lines = written.splitlines()
    brought = carried(dialect, lines)
    helpers = helper_functions(lines) + brought.segments
    read = mentioned([*(line for helper in helpers for line in helper), *lines])
    return Needed(helpers, imports(brought.names, read))


def imports(names: Mapping[str, str], used: set[str]) -> list[str]:
    """The imports of a file, in the order that formatters keep."""
    sections: tuple[list[str], list[str]] = ([], [])
    modules = {name: names[name].partition(":") for name in names if name in used}
    plain = sorted((m, name) for name, (m, _, member) in modules.items() if not member)
    for module, name in plain:
        shown = f"import {module}" + ("" if module == name else f" as {name}")
        sections[not _standard(module)].append(shown)
    members = sorted({m for m, _, member in modules.values() if member})
    for module in members:
        own = {n: member for n, (m, _, member) in modules.items() if m == module and member}
        same = sorted((n for n, member in own.items() if n == member), key=_kind)
        lines = [f"from {module} import {', '.join(same)}"] if same else []
        lines += [f"from {module} import {m} as {n}" for n, m in sorted(own.items()) if n != m]
        sections[not _standard(module)].extend(lines)
    return [*sections[0], *([""] if sections[0] and sections[1] else []), *sections[1]]


def _standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    constant = len(name) > 1 and name.isupper()
    return (0 if constant else 1 if name[0].isupper() else 2), name
