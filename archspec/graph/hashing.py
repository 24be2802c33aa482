"""The identity of a network: the same graph gives the same digest, whatever the YAML's comments."""

from __future__ import annotations

import hashlib
import json

from archspec.graph.graph import INPUT, Absent, Graph, Node, Scope, ValueId


def digest(graph: Graph) -> str:
    """SHA-256 over every operation in order: its path, attributes, inputs and output; and over the names of several
    values that enter or leave."""
    hashed = hashlib.sha256()
    numbers: dict[ValueId, int] = {}

    def number(ref: ValueId) -> int:
        return numbers.setdefault(ref, len(numbers))

    def visit(scope: Scope) -> None:
        if scope.inputs:
            numbers[ValueId(scope.id, INPUT)] = number(scope.inputs[0])
        for position, child in enumerate(scope.children):
            ref = ValueId(scope.id, position)
            if isinstance(child, Absent):
                numbers[ref] = number(child.inputs[0])
            elif isinstance(child, Scope):
                visit(child)
                numbers[ref] = number(child.result)
            else:
                attrs = {
                    key: q.value for key, q in sorted(child.attrs.items()) if _told(child, key)
                }
                inputs = [number(value) for value in child.inputs]
                numbers[ref] = len(numbers)
                line = [child.path, child.op.name, attrs, inputs, child.output.shape]
                line += [child.shares] if child.shares else []
                hashed.update(json.dumps(line).encode())

    numbers.update((port.ref, -1 - k) for k, port in enumerate(graph.inputs))
    named = len(graph.inputs) > 1
    entering = [[p.name, p.type.shape] if named else p.type.shape for p in graph.inputs]
    hashed.update(json.dumps(entering).encode())
    visit(graph.root)
    if len(graph.outputs) > 1:
        hashed.update(json.dumps([[p.name, number(p.ref)] for p in graph.outputs]).encode())
    return hashed.hexdigest()


def _told(node: Node, key: str) -> bool:
    """Whether an attribute belongs to the identity: one that came later does unless it has its default, so that
    networks keep the digest that they had."""
    declared = node.op.attributes[key]
    return not declared.later or node.attrs[key].value != declared.default
