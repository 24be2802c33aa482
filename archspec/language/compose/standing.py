"""A network as one file: a file combined with the files that it extends and the chosen variant."""

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

    Files named by `use` are named again. Printed figures are left out if the values or the size differ.
    """
    nodes = document.nodes
    stated = {entry.key.text: entry.value for entry in nodes.entries}
    own = {name: one.value for name, one in document.variables.items()} == values and not size
    fields: dict[str, Any] = {
        "name": document.name.text,
        "class_name": document.class_name,
        "title": document.title,
        "doc": document.doc,
        "reference": document.reference,
        "vars": dict(_variables(stated.get("vars"), values)),
        "expect": [_claim(claim) for claim in document.expect if own],
    }
    if document.class_name == camel(document.name.text):
        fields["class_name"] = None
    fields |= {"input": list(size)} if size else {}
    if not document.variants:
        stated.pop("variants", None)
    whole = {**stated, **fields}
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
