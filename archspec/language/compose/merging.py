"""What a file that extends another adds to it: variables, derived names, defaults, blocks, other inputs and outputs.

All of it is done on YAML nodes, so that every value keeps the place where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from archspec.source import (
    Diagnostic,
    Entry,
    Mapping,
    Related,
    Scalar,
    Sequence,
    SpecError,
    YamlNode,
)
from archspec.source.mistakes import missing_key, name_taken

PORTS = ("input", "inputs", "outputs")
OF_A_BLOCK = ("params", "let")  # what may be added to a block of the extended file
Join = Callable[[Entry, Entry], YamlNode]  # the value of a key that both files have


def merged(nodes: Mapping, root: Mapping, variables: Mapping | None) -> Mapping:
    """The nodes of an extended file with what the file `root` adds and its new `variables`; raises SpecError with every
    block that is there already."""
    problems: list[Diagnostic] = []

    def block(old: Entry, new: Entry) -> YamlNode:
        return _block(old, new, problems)

    nodes = _with(nodes, "vars", variables, _replaced)
    nodes = _with(nodes, "let", root.get("let"), _replaced)
    nodes = _with(nodes, "defaults", root.get("defaults"), _both)
    nodes = _with(nodes, "blocks", root.get("blocks"), block)
    if problems:
        raise SpecError(problems)
    return _with_ports(nodes, root)


def _replaced(old: Entry, new: Entry) -> YamlNode:
    return new.value


def _both(old: Entry, new: Entry) -> YamlNode:
    """The keys of both, those of the second with its values."""
    if isinstance(old.value, Mapping) and isinstance(new.value, Mapping):
        return _joined(old.value, new.value, _replaced)
    return new.value


def _joined(old: Mapping, new: Mapping, join: Join) -> Mapping:
    entries = {entry.key.text: entry for entry in old.entries}
    for entry in new.entries:
        there = entries.get(entry.key.text)
        value = entry.value if there is None else join(there, entry)
        entries[entry.key.text] = Entry(entry.key if there is None else there.key, value)
    return Mapping(old.span, tuple(entries.values()), old.flow)


def _with(nodes: Mapping, key: str, added: YamlNode | None, join: Join) -> Mapping:
    """The nodes with more under a key."""
    if not isinstance(added, Mapping):
        return nodes
    old = nodes.entry(key)
    if old is None or not isinstance(old.value, Mapping):
        (own,) = (e for e in nodes.entries if e.key.text == "name")
        entry = Entry(Scalar(own.key.span, key, key, True), added)
        return Mapping(nodes.span, (*nodes.entries, entry), nodes.flow)
    value = _joined(old.value, added, join)
    entries = (Entry(e.key, value) if e is old else e for e in nodes.entries)
    return Mapping(nodes.span, tuple(entries), nodes.flow)


def _block(old: Entry, new: Entry, problems: list[Diagnostic]) -> YamlNode:
    """A block of the extended file with further parameters, which have a default, and derived names."""
    if not isinstance(old.value, Mapping) or not isinstance(new.value, Mapping):
        return old.value
    for entry in new.value.entries:
        if entry.key.text not in OF_A_BLOCK:
            name = new.key.text
            message = f"`{name}` is a block of the extended file already"
            hint = f"give the block another name, or edit its rows: {{at: blocks.{name}.label, set: ...}}"
            notes = [Related(old.key.span, "it is declared here")]
            expected = "only `params` and `let`, which are added to it"
            problems.append(name_taken(entry.key, message, expected, entry.key.text, hint, notes))
    params = new.value.get("params")
    for entry in params.entries if isinstance(params, Mapping) else ():
        if isinstance(entry.value, Scalar) and entry.value.value is None:
            message = f"a parameter that is added to `{new.key.text}` needs a default"
            hint = "the uses in the extended file do not give it"
            problems.append(
                missing_key(entry.key, message, f"{entry.key.text}: a value", "none", hint)
            )
    return _joined(old.value, new.value, _both)


def _with_ports(nodes: Mapping, root: Mapping) -> Mapping:
    """The nodes with their inputs and outputs replaced by those that the file `root` states, without the rows at the
    end that other outputs no longer need."""
    entries = [entry for key in PORTS if (entry := root.entry(key)) is not None]
    keys = {entry.key.text for entry in entries}
    replaced = keys | {"input", "inputs"} if keys & {"input", "inputs"} else keys
    kept = [entry for entry in nodes.entries if entry.key.text not in replaced]
    outputs = root.get("outputs")
    if outputs is not None:
        kept = [
            Entry(e.key, _needed(e.value, outputs)) if e.key.text == "rows" else e for e in kept
        ]
    return Mapping(nodes.span, (*kept, *entries), nodes.flow)


def _needed(rows: YamlNode, outputs: YamlNode) -> YamlNode:
    """The rows up to the last that an output names; all of them where that is not known."""
    heads = {text.partition(".")[0] for text in _references(outputs)}
    if not isinstance(rows, Sequence) or not heads or heads & {"prev", "input"}:
        return rows
    if any("{" in head for head in heads):
        return rows
    named = [k for k, row in enumerate(rows.items) if _label(row) in heads]
    found = {_label(rows.items[k]) for k in named}
    if found != heads:
        return rows
    return Sequence(rows.span, rows.items[: max(named) + 1], rows.flow)


def _references(outputs: YamlNode) -> list[str]:
    """What outputs name: labels and paths."""
    match outputs:
        case Scalar():
            return [outputs.text]
        case Sequence():
            return [text for item in outputs.items for text in _references(item)]
        case Mapping():
            whole = outputs.get("from")
            inner = [whole] if whole is not None else [e.value for e in outputs.entries]
            return [text for node in inner for text in _references(node)]
    return []


def _label(row: YamlNode) -> str:
    name = row.get("name") if isinstance(row, Mapping) else None
    return name.text if isinstance(name, Scalar) else ""


def parted(root: Mapping, known: Collection[str]) -> tuple[Mapping, Mapping | None]:
    """A file without the variables that it declares anew, and these: what no file below has and this one reads."""
    old = root.entry("vars")
    if old is None or not isinstance(old.value, Mapping):
        return root, None
    text = root.span.source.text
    new = [
        entry
        for entry in old.value.entries
        if entry.key.text not in known
        and len(re.findall(rf"\b{re.escape(entry.key.text)}\b", text)) > 1
    ]
    if not new:
        return root, None
    values = old.value
    rest = Mapping(values.span, tuple(e for e in values.entries if e not in new), values.flow)
    entries = tuple(Entry(e.key, rest) if e is old else e for e in root.entries)
    return Mapping(root.span, entries, root.flow), Mapping(values.span, tuple(new), values.flow)
