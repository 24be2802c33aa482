"""A network as one file: what a file, the files that it extends and the variant asked for say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archspec.graph.expr import Value
from archspec.language.syntax.document import Claim, Document
from archspec.language.syntax.file import Spec
from archspec.language.syntax.forms import camel
from archspec.source import Mapping as MappingNode
from archspec.source import YamlNode, node_of


def standing(
    document: Document, values: Mapping[str, Value], size: tuple[int, ...] = ()
) -> YamlNode:
    """The spec of a network with these values of its variables; `size` replaces the input unless empty.

    Files named by `use` are named again. Figures that somebody printed are left out where the values are others.
    """
    nodes = document.nodes
    stated = {entry.key.text: entry.value for entry in nodes.entries}
    own = {name: one.value for name, one in document.variables.items()} == values and not size
    said: dict[str, Any] = {
        "name": document.name.text,
        "class_name": document.class_name,
        "title": document.title,
        "doc": document.doc,
        "reference": document.reference,
        "vars": dict(_variables(stated.get("vars"), values)),
        "expect": [_claim(claim) for claim in document.expect if own],
    }
    if document.class_name == camel(document.name.text):
        said["class_name"] = None
    said |= {"input": list(size)} if size else {}
    if not document.variants:
        stated.pop("variants", None)
    whole = {**stated, **{key: value for key, value in said.items()}}
    return node_of({key: whole[key] for key in Spec.form() if whole.get(key)})


def _variables(node: YamlNode | None, values: Mapping[str, Value]) -> Iterator[tuple[str, Any]]:
    """The variables as they are declared, with these values."""
    for entry in node.entries if isinstance(node, MappingNode) else ():
        name, value = entry.key.text, values[entry.key.text]
        if isinstance(entry.value, MappingNode):
            yield name, {e.key.text: e.value for e in entry.value.entries} | {"value": value}
        else:
            yield name, value


def _claim(claim: Claim) -> dict[str, Any]:
    settings = {name: one.value for name, one in claim.settings.items()}
    figures = {key: figure.text for key, figure in claim.figures.items()}
    return (
        ({"with": settings} if settings else {})
        | figures
        | ({"note": claim.note} if claim.note else {})
    )
