"""What a shell may fill in: specs, variants, backends, variables and their values, codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    from archspec.language.syntax.document import VariableDeclaration

Items = list["CompletionItem[str]"]


def _items(values: Mapping[str, str] | Iterable[str], incomplete: str) -> Items:
    """Those that begin as the word does, with what a shell may say beside them."""
    from click.shell_completion import CompletionItem

    texts = values if isinstance(values, Mapping) else dict.fromkeys(values, "")
    return [
        CompletionItem(value, help=help or None)
        for value, help in texts.items()
        if value.startswith(incomplete)
    ]


def specs(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Files of the folder, folders on the way to one, names of the zoo; the variants of a file behind its colon."""
    from archspec import shelf

    file, colon, _ = incomplete.rpartition(":")
    if colon:
        source = _source(file)
        return _items(
            [f"{file}:{name}" for name in shelf.variants(source)] if source else [], incomplete
        )
    return _items([*_paths(incomplete, shelf.SUFFIXES), *shelf.names()], incomplete)


def _source(file: str) -> Any:
    """The text of a spec file; None where there is none."""
    from archspec import shelf
    from archspec.source import SpecError

    try:
        return shelf.find(file)[0]
    except (shelf.NoSuchSpec, SpecError):
        return None


def _paths(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    """Spec files as the word names them, and folders: without a word only those that hold a spec."""
    from pathlib import Path

    head, slash, start = incomplete.rpartition("/")
    folder = Path(head + slash or ".")
    paths = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") and not start:
            continue
        if path.is_file() and path.suffix in suffixes:
            paths.append(f"{head}{slash}{path.name}")
        elif path.is_dir() and (start or any(p.suffix in suffixes for p in path.glob("*.y*ml"))):
            paths.append(f"{head}{slash}{path.name}/")
    return paths


def backends(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The backends that packages declare."""
    from archspec.lowering.backend import registered

    return _items(list(registered()), incomplete)


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The codes of mistakes, with the first sentence of what they mean."""
    from archspec.source.mistakes import CODES

    return _items({code: text.partition(". ")[0] for code, text in CODES.items()}, incomplete)


def families(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The families of the zoo: files that extend nothing."""
    from archspec import shelf

    return _items(shelf.files(), incomplete)


def variables(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The variables of the SPEC that stands on the line."""
    return _items({name: form.doc for name, form in _variables(ctx).items()}, incomplete)


def settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """`NAME=` for each variable of the SPEC, and the values behind the `=`."""
    name, equals, _ = incomplete.partition("=")
    forms = _variables(ctx)
    if equals:
        values = _values(forms[name]) if name in forms else []
        return _items([f"{name}={value}" for value in values], incomplete)
    return _items({f"{name}=": form.doc for name, form in forms.items()}, incomplete)


def _variables(ctx: click.Context) -> Mapping[str, VariableDeclaration]:
    """The variables of the spec of a line; none where the spec cannot be read."""
    from archspec import shelf
    from archspec.language.compose.extending import document
    from archspec.source import SpecError, read

    params = ctx.params
    # behind an option that waits for its value, click leaves the arguments where they were
    arguments = (params.get("spec"), *(params.get("specs") or ()), *ctx.args)
    spec = next(filter(None, arguments), "")
    try:
        source, variant = shelf.find(spec)
        return document(read(source), shelf.Reach(), variant).variables
    except (shelf.NoSuchSpec, SpecError):
        return {}


def _values(form: VariableDeclaration) -> list[str]:
    """What a variable may be: its words, true and false, or else the value that it has."""
    from archspec.graph.evaluate import written

    if isinstance(form.value, bool):
        return ["true", "false"]
    return [written(value).replace(" ", "") for value in form.one_of or (form.value,)]
