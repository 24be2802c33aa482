"""Where specs are: the zoo that ships with archspec, and files. What a spec may reach of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from archspec.exceptions import ArchspecError
from archspec.files import unreadable
from archspec.source import Mapping, Scalar, Source, SpecError, closest, read, read_file
from archspec.source.mistakes import out_of_reach, unknown_file
from archspec.terminal import printable

SUFFIXES = (".yaml", ".yml")
BLOCKS = "blocks"


class NoSuchSpec(ArchspecError):
    """Neither a file nor a spec of the zoo; the message, of one line, says what is near."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


@cache
def folder() -> Path:
    """The zoo's folder: in an installed package inside it, in a checkout beside it."""
    package = Path(__file__).resolve().parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def files() -> tuple[str, ...]:
    """The zoo's files by name, sorted; `NAME.weights.yaml` is no spec but a map of names."""
    return tuple(sorted(path.stem for path in folder().glob("*.yaml") if "." not in path.stem))


def blocks() -> tuple[str, ...]:
    """The zoo's block files by name, sorted."""
    return tuple(sorted(path.stem for path in (folder() / BLOCKS).glob("*.yaml")))


def variants(source: Source) -> tuple[str, ...]:
    """The names of a file's variants, whatever else is wrong with it."""
    if "variants:" not in source.text:
        return ()
    try:
        root = read(source)
    except SpecError:
        return ()
    named = root.get("variants") if isinstance(root, Mapping) else None
    return tuple(e.key.text for e in named.entries) if isinstance(named, Mapping) else ()


@cache
def listed() -> dict[str, tuple[str, str | None]]:
    """What the zoo offers, by name: its file, and the variant of it. A file with variants stands for these."""
    offered: dict[str, tuple[str, str | None]] = {}
    for name in files():
        for variant in variants(_file(name)) or (None,):
            offered[variant or name] = (name, variant)
    return offered


def names() -> tuple[str, ...]:
    """Every name of the zoo: files and variants, sorted."""
    return tuple(sorted({*files(), *listed()}))


def find(spec: str) -> tuple[Source, str | None]:
    """The text of a path, `FILE.yaml:VARIANT` or a name of the zoo, and the variant; raises NoSuchSpec, SpecError."""
    path, _, variant = spec.partition(":") if _named_variant(spec) else (spec, "", "")
    if Path(path).suffix in SUFFIXES:
        return _of_path(path, variant)
    if spec in files():
        return _file(spec), None
    if spec in listed():
        name, chosen = listed()[spec]
        return _file(name), chosen
    if spec and unreadable(Path(spec)) == "is a folder":
        raise NoSuchSpec(_folder(spec))
    near = closest(spec, names())
    way = (
        f"did you mean {near[0]}?"
        if near
        else "`archspec list` shows it, `archspec.zoo()` in Python"
    )
    raise NoSuchSpec(f"{spec} is neither a file nor a spec of the zoo; {way}")


def _folder(path: str) -> str:
    inside = [p for p in Path(path).glob("*.y*ml") if p.suffix in SUFFIXES]
    return f"{path} is a folder; {'name a spec in it' if inside else 'no spec is in it'}"


def _named_variant(spec: str) -> bool:
    return any(f"{suffix}:" in spec for suffix in SUFFIXES)


def _of_path(path: str, variant: str) -> tuple[Source, str | None]:
    reason = unreadable(Path(path))
    if reason == "is a folder":
        raise NoSuchSpec(_folder(path))
    if reason == "is not there":
        near = closest(path, _beside(Path(path))) or closest(Path(path).stem, names())
        raise NoSuchSpec(f"there is no file {path}{f'; did you mean {near[0]}?' if near else ''}")
    if reason is not None:
        raise NoSuchSpec(f"{path} {reason}")
    source = read_file(Path(path), path)
    if variant and variant not in variants(source):
        read(source)  # what is wrong with the file is the better answer
        raise no_variant(path, variant, variants(source))
    return source, variant or None


def _beside(path: Path) -> list[str]:
    """The files of specs in the folder of a path, sorted."""
    found = (p for p in path.parent.glob("*.y*ml") if p.suffix in SUFFIXES)
    return sorted(str(p) for p in found if unreadable(p) is None)


def no_variant(spec: str, variant: str, known: Iterable[str]) -> NoSuchSpec:
    """A variant that a spec does not have."""
    return NoSuchSpec(f"{spec} has no variant {variant}{_near(variant, known)}")


def _file(name: str) -> Source:
    return read_file(folder() / f"{name}.yaml", f"{name}.yaml")


def _near(name: str, known: Iterable[str]) -> str:
    near = closest(name, known)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; it has {', '.join(known) or 'none'}"


class Reach:
    """What a spec may reach: files below its own folder, and the zoo."""

    def spec(self, name: Scalar) -> tuple[Source, str | None]:
        """The file that `extends` names, and the variant of it; raises SpecError at the name."""
        path, _, variant = name.text.partition(":")
        if Path(path).suffix not in SUFFIXES:
            return self._of_zoo(name)
        source = self._below(name, path)
        if variant and variant not in variants(source):
            raise _unknown(name, f"{path} has no variant `{variant}`", variants(source), variant)
        return source, variant or None

    def _of_zoo(self, name: Scalar) -> tuple[Source, str | None]:
        if name.text not in names():
            raise _unknown(name, f"there is no spec `{name.text}`", names(), name.text)
        return find(name.text)

    def blocks(self, name: Scalar) -> Source:
        """The block file that `use` names; raises SpecError at the name."""
        if Path(name.text).suffix in SUFFIXES:
            return self._below(name, name.text)
        if name.text not in blocks():
            raise _unknown(name, f"the zoo has no blocks `{name.text}`", blocks(), name.text)
        return read_file(folder() / BLOCKS / f"{name.text}.yaml", f"{BLOCKS}/{name.text}.yaml")

    def _below(self, name: Scalar, path: str) -> Source:
        """The text of a path below the folder of the file that names it."""
        origin = name.span.source
        if origin.folder is None:
            raise _out(name, f"{origin.name} has no folder, so it reaches the zoo alone")
        file = _resolved(origin.folder / path)
        if not file.is_relative_to(origin.folder):
            raise _out(name, f"{path} is outside the folder of {origin.name}")
        reason = unreadable(file)
        if reason is not None:
            near = [str(Path(p).relative_to(origin.folder)) for p in _beside(file)]
            absent = reason == "is not there"
            message = f"there is no file {path}" if absent else f"{path} {reason}"
            raise _unknown(name, message, near, path)
        return read_file(file, str(Path(origin.name).parent / path))


def _resolved(path: Path) -> Path:
    """Where a path leads; the path itself, without its `..`, where that is nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that no file can have
        return Path(os.path.normpath(path))


def _unknown(name: Scalar, message: str, known: Collection[str], received: str) -> SpecError:
    return SpecError([unknown_file(name, message, known, received)])


def _out(name: Scalar, message: str) -> SpecError:
    expected = "a file below the folder of this one, or a name of the zoo"
    return SpecError([out_of_reach(name, message, expected, name.text)])
