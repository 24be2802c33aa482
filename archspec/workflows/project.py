"""What a project generates: `[tool.archspec]` of its pyproject.toml, one table for each file.

[[tool.archspec.generate]]
spec = "mobilenet_v2"            # a name of the zoo, or a file beside or below pyproject.toml
backend = "torch"
output = "models/mobilenet.py"
keep = ["width"]                 # as --keep
fix = ["dropout"]                # as --fix
set = {classes = 10}             # as --set
input = [160, 160, 3]            # as --input
templates = "style"              # as --templates, beside or below pyproject.toml
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from archspec.api import network, source_of
from archspec.exceptions import ArchspecError
from archspec.language.syntax.variables import plain
from archspec.records import dataclass
from archspec.source import BadTemplate, SpecError, did_you_mean
from archspec.workflows import writing

FILE = "pyproject.toml"
TABLE = "tool.archspec"
LIST = "generate"


class BadProject(ArchspecError):
    """A pyproject.toml that says nothing of archspec, or says it wrongly; one line for each mistake."""


@dataclass(frozen=True, slots=True)
class GenerateEntry:
    """A file to generate. `place` is its table as messages call it, `output` its path from where the process stands."""

    place: str
    spec: str
    backend: str
    output: Path
    keep: tuple[str, ...] | None
    fix: tuple[str, ...]
    settings: Mapping[str, Any]
    size: tuple[int, ...]
    templates: Path | None = None

    def text(self) -> str:
        """The file's text; raises SpecError, BadTemplate, NoSuchSpec, UnknownBackend, BrokenPlugin, NoSource."""
        settings = {
            name: plain(name, value, f"{self.place}.set") for name, value in self.settings.items()
        }
        loaded = network(*source_of(self.spec), settings, self.size)
        return loaded.source(self.backend, keep=self.keep, fix=self.fix, templates=self.templates)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of such a table: whether a value has its form, the form in words, and whether it must be there."""

    fits: Callable[[Any], bool]
    form: str
    needed: bool = False


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _sizes(value: Any) -> bool:
    return _listed(value, lambda size: type(size) is int and size > 0) and bool(value)


def _listed(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(fits, value))


KEYS: Mapping[str, Key] = {
    "spec": Key(_text, 'a name or a path: "mobilenet_v2"', needed=True),
    "backend": Key(_text, 'the name of a framework: "torch"', needed=True),
    "output": Key(_text, 'a path: "models/mobilenet.py"', needed=True),
    "keep": Key(lambda v: _listed(v, _text), 'names of variables: ["width"]'),
    "fix": Key(lambda v: _listed(v, _text), 'names of variables: ["dropout"]'),
    "set": Key(lambda v: isinstance(v, dict), "variables with their values: {width = 0.5}"),
    "input": Key(_sizes, "the sizes of the input: [160, 160, 3]"),
    "templates": Key(_text, 'a folder: "style"'),
}


def entries(start: Path) -> tuple[GenerateEntry, ...]:
    """The files that the nearest pyproject.toml with such a table lists, in a folder or above; raises BadProject."""
    for folder in (start.resolve(), *start.resolve().parents):
        stated = _stated(folder / FILE)
        if stated is not None:
            return _entries(_shown(folder / FILE), folder, stated)
    raise BadProject(
        f"no SPEC, and no {FILE} here or above has [[{TABLE}.{LIST}]], which would list what to generate"
    )


def texts(files: tuple[GenerateEntry, ...]) -> list[str]:
    """The text of each file; raises SpecError with the mistakes of all, and what `GenerateEntry.text` does."""
    written, wrong = [], []
    for entry in files:
        try:
            written.append(entry.text())
        except BadTemplate:
            raise  # the specs are not at fault
        except SpecError as error:
            wrong += [one for one in error.diagnostics if one not in wrong]
    if wrong:
        raise SpecError(wrong)
    return written


def stale(files: tuple[GenerateEntry, ...]) -> str:
    """The unified diffs of the files that are not what would be generated; empty if all are."""
    pairs = zip(files, texts(files), strict=True)
    return "".join(writing.changes(entry.output, text) for entry, text in pairs)


def write(files: tuple[GenerateEntry, ...], *, force: bool = False) -> list[Path]:
    """Write the files that change, none if one was edited by hand; their paths. Raises Edited, OSError."""
    pairs = [(entry.output, text) for entry, text in zip(files, texts(files), strict=True)]
    changed = [(path, text) for path, text in pairs if writing.before(path) != text]
    for path, text in changed:
        writing.ready(path, text, force=force)
    for path, text in changed:
        writing.write(path, text, force=force)
    return [path for path, _ in changed]


def _stated(path: Path) -> Any:
    """What a file has under `[tool.archspec]`; None if it is not there or says nothing of archspec."""
    if not path.is_file():
        return None
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadProject(f"{_shown(path)}: {error}") from error
    return tool.get("archspec") if isinstance(tool, dict) else None


def _entries(file: str, folder: Path, stated: Any) -> tuple[GenerateEntry, ...]:
    section = stated if isinstance(stated, dict) else {}
    tables: Any = section.get(LIST)
    lines = [f"[{TABLE}] {_unknown(key, (LIST,))}" for key in section if key != LIST]
    if not _listed(tables, lambda table: isinstance(table, dict)) or not tables:
        lines.append(f"[[{TABLE}.{LIST}]] with spec, backend and output was expected")
    else:
        lines += [line for place, table in _placed(tables) for line in _mistakes(place, table)]
        outputs = [table.get("output") for table in tables]
        twice = {o for o in outputs if outputs.count(o) > 1 and isinstance(o, str)}
        lines += [f"{name} is the output of two tables" for name in sorted(twice)]
    if lines:
        raise BadProject("\n".join(f"{file}: {line}" for line in lines))
    return tuple(_entry(f"{file}: {place}", folder, table) for place, table in _placed(tables))


def _placed(tables: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, table in enumerate(tables):
        yield f"{LIST}[{number}]", table


def _mistakes(place: str, table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if key not in KEYS:
            yield f"{place} {_unknown(key, KEYS)}"
        elif not KEYS[key].fits(value):
            yield f"{place}.{key} is {value!r}; expected {KEYS[key].form}"
    for key, stated in KEYS.items():
        if stated.needed and key not in table:
            yield f"{place} has no {key}; expected {stated.form}"


def _unknown(key: str, keys: Any) -> str:
    return f"has the unknown key `{key}`; {did_you_mean(key, keys) or 'known: ' + ', '.join(keys)}"


def _entry(place: str, folder: Path, table: Mapping[str, Any]) -> GenerateEntry:
    keep = table.get("keep")
    return GenerateEntry(
        place,
        _spec(folder, table["spec"]),
        table["backend"],
        Path(_shown(folder / table["output"])),
        None if keep is None else tuple(keep),
        tuple(table.get("fix", ())),
        table.get("set", {}),
        tuple(table.get("input", ())),
        Path(_shown(folder / table["templates"])) if "templates" in table else None,
    )


def _spec(folder: Path, spec: str) -> str:
    """A spec as `load` takes it: a file from the folder, with its variant, or a name."""
    name, colon, variant = spec.partition(":")
    path = folder / name
    return f"{_shown(path)}{colon}{variant}" if path.is_file() else spec


def _shown(path: Path) -> str:
    """A path from where the process stands, where it lies below; else whole."""
    here = Path.cwd().resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
