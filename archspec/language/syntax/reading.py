"""From YAML nodes to the document. Only the form is checked: names and values are checked in elaboration."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.language.syntax.blocks import Block, declare
from archspec.language.syntax.document import Document
from archspec.language.syntax.file import VERSION, BlockFile, Extension, Spec
from archspec.language.syntax.forms import camel, misspelt, read_row
from archspec.language.syntax.model import Declared, Reading
from archspec.language.syntax.terms import Word
from archspec.source import Mapping, Related, SpecError, YamlNode
from archspec.source.mistakes import missing_key, name_taken, out_of_range, unknown_key, wrong_form

OWN = ("name", "input", "inputs", "rows")  # keys that no block file has


def file_document(root: YamlNode, used: Iterable[YamlNode] = ()) -> Document:
    """The document of a file that extends nothing; `used` are the block files that it names.

    Raises SpecError with every mistake of form.
    """
    reading = Reading(read_row)
    document = _document(root, used, reading)
    if reading.problems or document is None:
        raise SpecError(reading.problems)
    return document


def file_extension(root: Mapping, base: Document) -> Extension:
    """The keys of a file that extends `base`; raises SpecError with every mistake of form."""
    reading = Reading(read_row, variables=base.variables)
    extension = Extension.read(root, reading, internal={"<span>": root.span})
    _check_version(extension.archspec if extension else None, reading)
    if reading.problems or extension is None:
        raise SpecError(reading.problems)
    return extension


def _check_version(version: Word | None, reading: Reading) -> None:
    if version is not None and version.text != VERSION:
        message, expected = "this version of the language is not known", f"archspec: {VERSION}"
        hint = f"write {expected}, or take an archspec that knows it"
        reading.report(out_of_range(version, message, expected, version.text, hint))


def _document(root: YamlNode, used: Iterable[YamlNode], reading: Reading) -> Document | None:
    if not _is_spec(root, reading):
        return None
    assert isinstance(root, Mapping)
    for node in used:
        declare(node.get("blocks") if isinstance(node, Mapping) else None, reading)
    # mistakes in a block file are reported in that file, not where its blocks are used
    sealed = [block for node in used for block in _sealed(node, reading)]
    for block in sealed:
        places = {name: parameter.name.span for name, parameter in block.parameters.items()}
        reading.blocks[block.name.text] = Declared(block.name.span, places)
    spec = read_spec(root, reading)
    if spec is None:
        return None
    return Document(
        span=root.span,
        nodes=root,
        name=spec.name,
        class_name=spec.class_name.text if spec.class_name else camel(spec.name.text),
        title=spec.title,
        doc=spec.doc,
        reference=spec.reference,
        variables=spec.variables,
        let=spec.let,
        defaults=spec.defaults,
        blocks=_by_name((*sealed, *spec.blocks), reading),
        inputs=(spec.input,) if spec.input else spec.inputs,
        rows=spec.rows,
        expect=spec.expect,
        variants=spec.variants,
        outputs=spec.outputs,
        family=spec.name.text,
    )


def read_spec(root: Mapping, reading: Reading) -> Spec | None:
    """The model of a file that extends nothing, or None after reporting what is wrong."""
    declare(root.get("blocks"), reading)
    if not (root.entry("input") or root.entry("inputs")):
        reading.report(missing_key.of(root, "a spec", "input"))
    spec = Spec.read(root, reading)
    _check_version(spec.archspec if spec else None, reading)
    both = root.entry("inputs") if root.entry("input") else None
    if both is not None:
        message, hint = "a network has `input` or `inputs`", "list every input under `inputs`"
        reading.report(wrong_form(both.key, message, "one of them", "both", hint))
    return spec


def _is_spec(root: YamlNode, reading: Reading) -> bool:
    """Whether a text is to be read as a spec, after reporting why not."""
    if not isinstance(root, Mapping):
        reading.report(wrong_form(root, "a spec is a mapping", "archspec: 1, name, input, rows"))
        return False
    if root.entry("blocks") and not any(root.entry(k) for k in OWN):
        message, expected = "a file of blocks alone is no network", "name, input, rows"
        received = ", ".join(entry.key.text for entry in root.entries)
        hint = "a spec takes the blocks of other files by `use`"
        reading.report(wrong_form(root, message, expected, received, hint))
        return False
    meant = None if root.entry("rows") else misspelt(root, ["extends"])
    if meant is None:
        return True
    key, _ = meant
    message, expected = f"`{key.text}` is not a key of a spec", "extends: ..., or rows"
    reading.report(unknown_key(key, message, ["extends"], expected=expected))
    return False


def _sealed(root: YamlNode, reading: Reading) -> tuple[Block, ...]:
    """The blocks of a block file, which know each other and nothing else."""
    if not isinstance(root, Mapping):
        expected = "archspec: 1, blocks"
        message = "a block file is a mapping"
        reading.report(wrong_form(root, message, expected))
        return ()
    own = Reading(read_row, reading.problems, sealed=True)
    declare(root.get("blocks"), own)
    file = BlockFile.read(root, own)
    _check_version(file.archspec if file else None, own)
    return file.blocks if file else ()


def _by_name(blocks: Iterable[Block], reading: Reading) -> dict[str, Block]:
    by_name: dict[str, Block] = {}
    for block in blocks:
        before = by_name.setdefault(block.name.text, block)
        if before is not block:
            name, first = block.name, Related(before.name.span, "the first one")
            message = f"there is a block `{name.text}` already"
            expected = "a name of its own for each block"
            reading.report(name_taken(name, message, expected, name.text, notes=[first]))
    return by_name
