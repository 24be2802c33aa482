"""From a file to its document: the file that it extends, the block files that it uses, the chosen variant."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from archspec.language.compose.edits import edited
from archspec.language.compose.merging import merged, parted
from archspec.language.syntax.document import Document, Variant, Word
from archspec.language.syntax.file import Extension
from archspec.language.syntax.forms import camel
from archspec.language.syntax.reading import file_document, file_extension
from archspec.records import dataclass
from archspec.source import (
    Diagnostic,
    Mapping,
    Related,
    Scalar,
    Sequence,
    Source,
    SpecError,
    YamlNode,
    read,
)
from archspec.source.kinds import what
from archspec.source.mistakes import extends_itself, name_taken, wrong_type, yaml_too_big
from archspec.source.reader import MAX_BYTES

Layer = Variant | Extension
MAX_EXTENDED = 50  # files, each of which extends the next


class Library(Protocol):
    """Finds the files that a spec names."""

    def spec(self, name: Scalar) -> tuple[Source, str | None]:
        """The file that `extends` names, and the variant of it; raises SpecError at the name."""
        ...

    def blocks(self, name: Scalar) -> Source:
        """The block file that `use` names; raises SpecError at the name."""
        ...


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file with every file that it extends applied: its nodes after the edits, block files, layers and document."""

    nodes: Mapping
    used: tuple[YamlNode, ...]
    layers: tuple[Layer, ...]
    document: Document


def document(root: YamlNode, library: Library, variant: str | None = None) -> Document:
    """The document of a file, or of a variant of it; raises SpecError with every mistake of form."""
    return _opened(root, library, variant, ()).document


def _opened(
    root: YamlNode, library: Library, variant: str | None, above: tuple[Source, ...]
) -> _Opened:
    used = _used(root, library)
    base = root.entry("extends") if isinstance(root, Mapping) else None
    if isinstance(root, Mapping) and base is not None:
        opened = _extended(root, _name(base.value), used, library, above)
    else:
        plain = file_document(root, used)
        assert isinstance(root, Mapping)
        opened = _Opened(root, used, (), plain)
    if variant is None:
        return opened
    layers = (*opened.layers, opened.document.variants[variant])
    return replace(opened, layers=layers, document=variant_of(opened.document, variant))


def variant_of(document: Document, name: str) -> Document:
    """The document of a variant of a file."""
    own = {key: form.value for key, form in document.variables.items()}
    chosen = _chosen(document, document.variants[name])
    return replace(chosen, variants={}, siblings=document.variants, own=own)


def _used(root: YamlNode, library: Library) -> tuple[YamlNode, ...]:
    """The block files that a file names, read."""
    named = root.get("use") if isinstance(root, Mapping) else None
    words = named.items if isinstance(named, Sequence) else (named,)
    found: dict[str, tuple[Scalar, Source]] = {}
    for word in words:
        if isinstance(word, Scalar):
            source = library.blocks(word)
            if source.name in found:
                raise SpecError([_twice(word, found[source.name][0])])
            found[source.name] = word, source
            if sum(len(source.text) for _, source in found.values()) > MAX_BYTES:
                message = f"the block files have more than {MAX_BYTES >> 20} MiB together"
                raise SpecError(
                    [yaml_too_big(word, message, hint="use those alone that are needed")]
                )
    return tuple(read(source) for _, source in found.values())


def _twice(word: Scalar, first: Scalar) -> Diagnostic:
    message, expected = f"{word.text} is used already", "each block file once"
    notes = [Related(first.span, "the first time")]
    return name_taken(word, message, expected, word.text, "drop one of the two", notes)


def _extended(
    root: Mapping,
    name: Scalar,
    used: tuple[YamlNode, ...],
    library: Library,
    above: tuple[Source, ...],
) -> _Opened:
    source, variant = library.spec(name)
    above = (*above, root.span.source)
    if source in above:
        raise SpecError([_circle(name, (*above, source))])
    if len(above) > MAX_EXTENDED:
        raise SpecError([_chain(name)])
    base = _opened(read(source), library, variant, above)
    root, variables = parted(root, base.document.variables)
    extension = file_extension(root, base.document)
    nodes = merged(edited(base.nodes, base.document, extension.edits), root, variables)
    removed = {
        edit.label.text: edit.label.span for edit in extension.edits if edit.verb == "remove"
    }
    used = (*base.used, *used)
    named = Word(camel(extension.name.text), extension.name.span)
    layer = extension.model_copy(update={"class_name": extension.class_name or named})
    layers = (*base.layers, layer)
    result = file_document(nodes, used)
    for one in layers:
        result = _chosen(result, one)
    result = replace(result, removed={**base.document.removed, **removed}, variants={})
    return _Opened(nodes, used, layers, result)


def _name(node: YamlNode) -> Scalar:
    """The name that `extends` holds; raises SpecError if it is no name."""
    if isinstance(node, Scalar) and node.value is not None:
        return node
    message, expected = "`extends` names a spec", "a name of the zoo, or a path that ends in .yaml"
    hint = "name one spec; blocks come from several files by `use`"
    raise SpecError([wrong_type(node.span, message, expected, what(node), hint)])


def _circle(name: Scalar, files: tuple[Source, ...]) -> Diagnostic:
    received = " -> ".join(source.name for source in files)
    expected = "a file that ends in one with rows"
    return extends_itself(name, "this file extends itself", expected, received)


def _chain(name: Scalar) -> Diagnostic:
    message = f"more than {MAX_EXTENDED} files extend one another"
    hint = "write the rows into a file of their own, and extend that"
    return extends_itself(name, message, "a file that ends in one with rows", name.text, hint)


def _chosen(document: Document, variant: Layer) -> Document:
    """The document with the values, names and figures of a variant."""
    variables = dict(document.variables)
    for name, setting in variant.settings.items():
        variables[name] = replace(variables[name], value=setting.value, span=setting.span)
    return replace(
        document,
        span=variant.span,
        name=variant.name,
        class_name=variant.class_name.text if variant.class_name else document.class_name,
        title=variant.title or document.title,
        doc=variant.doc or document.doc,
        reference=variant.reference,
        variables=variables,
        expect=variant.expect,
    )
