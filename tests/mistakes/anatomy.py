"""What stands where in one spec: keys, words and values, each with its place and what it is there for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from archspec.graph.ops import operations
from archspec.source import Entry, Mapping, Scalar, Sequence, Source, YamlNode, read
from tests.mistakes.grammar import (
    ANY_ROW,
    FIGURES,
    FORMS,
    KEYWORDS,
    NEEDED,
    ROW_FORMS,
    attribute,
    needs,
)

_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.\w+)*")
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True)
class Key:
    """An entry of a mapping. Its key is the language's (`key`), uses a name (`use`, `argument`), or defines one."""

    role: str
    entry: Entry
    mapping: Mapping
    needed: bool = False


@dataclass(frozen=True)
class Word:
    """A word at [start, end): what it is there for, and the name that it belongs to."""

    role: str
    text: str
    start: int
    end: int
    owner: str = ""


@dataclass(frozen=True)
class Held:
    """A value, the kind of value its place takes, and the name that it is for; `owner` is the block of a default."""

    kind: str
    node: YamlNode
    name: str = ""
    owner: str = ""


@dataclass
class Anatomy:
    """The parts of one spec. `slots` says for each name which kinds of values it is given as, by itself;
    `rows` holds for each type the keys of every row of it."""

    source: Source
    keys: list[Key] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    values: list[Held] = field(default_factory=list)
    slots: dict[str, set[str]] = field(default_factory=dict)
    rows: dict[str, list[set[str]]] = field(default_factory=dict)
    stated: dict[str, set[str]] = field(default_factory=dict)
    blocks: dict[str, dict[str, bool]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    block: str = ""

    @classmethod
    def of(cls, source: Source) -> Anatomy:
        """The parts of a spec that is right."""
        found, root = cls(source), read(source)
        assert isinstance(root, Mapping)
        kind = (
            "extension" if root.entry("extends") else "spec" if root.entry("rows") else "block file"
        )
        named = [e.key.text for key in ("vars", "let") for e in _entries(root.get(key))]
        found.outer = {name.partition("(")[0] for name in named}
        found.form(root, kind)
        return found

    def reads(self, name: str) -> bool:
        """Whether some expression, type or key reads a name."""
        keys = (k.entry.key.text for k in self.keys if k.role in ("use", "argument"))
        words = (w.text for w in self.words if w.role in ("name", "word", "function", "type"))
        return name in {*keys, *words}

    def refers(self, label: str) -> bool:
        """Whether some reference names a label, and only one row can be meant."""
        labels = [w.text for w in self.words if w.role == "label definition"]
        return labels.count(label) == 1 and label in {
            w.text for w in self.words if w.role == "label"
        }

    def local(self) -> set[str]:
        """The names of blocks' parameters and of tables' columns."""
        names = {name for parameters in self.blocks.values() for name in parameters}
        return names | {w.text for w in self.words if w.role == "definition"}

    # mappings

    def form(self, node: YamlNode, form: str) -> None:
        """A mapping of a form, key by key."""
        for entry in self.entries(node, "key", NEEDED.get(form, ())):
            self.value(FORMS[form].get(entry.key.text, "unknown"), entry.value)

    def entries(self, node: YamlNode, role: str, needed: tuple[str, ...] = ()) -> tuple[Entry, ...]:
        if not isinstance(node, Mapping):
            return ()
        self.keys += [Key(role, e, node, e.key.text in needed) for e in node.entries]
        return node.entries

    def variables(self, node: YamlNode) -> None:
        for entry in self.entries(node, "definition"):
            name = entry.key.text
            if not isinstance(entry.value, Mapping):
                self.value("literal", entry.value, name)
                continue
            for inner in self.entries(entry.value, "key", NEEDED["variable"]):
                self.value(FORMS["variable"].get(inner.key.text, "unknown"), inner.value, name)

    def settings(self, node: YamlNode) -> None:
        for entry in self.entries(node, "use"):
            self.value("setting", entry.value, entry.key.text)

    def lets(self, node: YamlNode) -> None:
        for entry in self.entries(node, "definition"):
            name, _, parameters = entry.key.text.partition("(")
            at = entry.key.span.start + len(name) + 1
            for match in re.finditer(r"\w+", parameters):
                self.add("definition", match[0], at + match.start())
            self.value("body" if parameters else "derived", entry.value, name.strip())

    def defaults(self, node: YamlNode) -> None:
        for entry in self.entries(node, "use"):
            self.value("mapping", entry.value)
            operation = entry.key.text
            for inner in self.entries(entry.value, "key"):
                self.stated.setdefault(operation, set()).add(inner.key.text)
                self.value(attribute(operation, inner.key.text), inner.value)

    def declared(self, node: YamlNode) -> None:
        """Blocks, all of their parameters known before the first of their rows is looked at."""
        for entry in self.entries(node, "definition"):
            params = entry.value.get("params") if isinstance(entry.value, Mapping) else None
            listed = params.entries if isinstance(params, Mapping) else ()
            self.blocks[entry.key.text] = {e.key.text: _absent(e.value) for e in listed}
        for entry in node.entries if isinstance(node, Mapping) else ():
            self.value("mapping", entry.value)
            self.block = entry.key.text
            self.form(entry.value, "block")

    def parameters(self, node: YamlNode) -> None:
        for entry in self.entries(node, "definition"):
            if not _absent(entry.value):
                self.value("default", entry.value, entry.key.text, self.block)

    def variants(self, node: YamlNode) -> None:
        for entry in self.entries(node, "variant"):
            self.value("mapping", entry.value)
            self.form(entry.value, "variant")

    def claims(self, node: YamlNode) -> None:
        for item in _items(node):
            self.value("mapping", item)
            figures = [e.key.text for e in _entries(item) if e.key.text in FIGURES]
            for entry in self.entries(item, "key", tuple(figures if len(figures) == 1 else ())):
                self.value(FORMS["claim"].get(entry.key.text, "unknown"), entry.value)

    def edits(self, node: YamlNode) -> None:
        for item in _items(node):
            self.value("mapping", item)
            self.form(item, "edit")

    def changes(self, node: YamlNode) -> None:
        for entry in self.entries(node, "key"):
            self.value(ANY_ROW.get(entry.key.text) or attribute("", entry.key.text), entry.value)

    def row_as_value(self, node: YamlNode) -> None:
        """`norm`, `activation`, `init`: a word, or a row."""
        if not isinstance(node, Mapping):
            return self.cell("word", node)
        kind = getattr(node.get("type"), "text", "")
        for entry in self.entries(node, "key", ("type",)):
            key = entry.key.text
            self.value("kind" if key == "type" else attribute(kind, key), entry.value)

    # rows

    def list_of_rows(self, node: YamlNode) -> None:
        for item in _items(node):
            self.value("mapping", item)
            form = next((f for key, f in ROW_FORMS.items() if _has(item, key)), None)
            if form:
                self.form(item, form)
            elif isinstance(item, Mapping):
                self.row(item)

    def branches(self, node: YamlNode) -> None:
        for entry in self.entries(node, "label"):
            self.word("label definition", entry.key)
            self.value("rows", entry.value)

    def names(self, node: YamlNode) -> None:
        for item in _items(node):
            self.word("label definition", item)

    def outputs(self, node: YamlNode) -> None:
        for entry in self.entries(node, "label"):
            self.word("label definition", entry.key)
            for inner in _entries(entry.value):
                self.value("flag" if inner.key.text == "when" else "reference", inner.value)
            if not isinstance(entry.value, Mapping):
                self.references(entry.value)
        if not isinstance(node, Mapping):
            self.references(node)

    def inputs(self, node: YamlNode) -> None:
        for entry in self.entries(node, "label"):
            self.word("label definition", entry.key)
            self.value("sizes", entry.value)

    def row(self, node: Mapping) -> None:
        kind = getattr(node.get("type"), "text", "")
        parameters = self.blocks.get(kind, {})
        self.rows.setdefault(kind, []).append({e.key.text for e in node.entries})
        owners = (kind, "conv" if kind == "depthwise" else kind)
        stated = set().union(*(self.stated.get(owner, set()) for owner in owners))
        foreign = kind not in operations() and kind not in self.blocks
        for entry in node.entries:
            key = entry.key.text
            own = key in parameters or (foreign and key not in {"type", *ANY_ROW})
            needed = parameters.get(key, False) if own else needs(kind, key) and key not in stated
            role = "argument" if own else "key"
            self.keys.append(Key(role, entry, node, key == "type" or needed))
            if own:
                self.value("argument", entry.value, key)
            else:
                sort = "type" if key == "type" else ANY_ROW.get(key) or attribute(kind, key)
                self.value(sort, entry.value)

    def table(self, node: YamlNode) -> None:
        columns = node.get("columns") if isinstance(node, Mapping) else None
        names = [item.text for item in _items(columns) if isinstance(item, Scalar)]
        needed = ("columns", "each", "rows") if names else ("columns", "each")
        for entry in self.entries(node, "key", needed):
            if entry.key.text == "rows":
                self.lines(entry.value, names)
            else:
                self.value(FORMS["table"].get(entry.key.text, "unknown"), entry.value)

    def lines(self, node: YamlNode, columns: list[str]) -> None:
        self.values.append(Held("lines", node))
        if isinstance(node, Scalar):
            self.formula(node, "lines")
        for line in _items(node):
            self.values.append(Held("line", line))
            for item, column in zip(_items(line), columns, strict=False):
                self.value("entry", item, column)

    def columns(self, node: YamlNode) -> None:
        for item in _items(node):
            self.word("definition", item)
        for entry in self.entries(node, "definition"):
            self.value("column", entry.value, entry.key.text)
            for item in _items(entry.value):
                self.values.append(Held("entry", item, entry.key.text))

    # values

    def value(self, kind: str, node: YamlNode, name: str = "", owner: str = "") -> None:
        """Note a value, and look into it."""
        self.values.append(Held(kind, node, name, owner))
        reader: Callable[..., Any] | None = READERS.get(kind)
        if reader is not None:
            reader(self, node)
        elif kind == "choices":
            for item in _items(node):
                self.values.append(Held("choice", item, name))
                self.literal("choice", item, name)
        elif kind in ("literal", "setting"):
            for scalar in scalars(node):
                self.literal("word", scalar, name)
        elif kind not in ("text", "version", "figure", "unknown", "mapping"):
            self.cell(kind, node)

    def literal(self, role: str, scalar: YamlNode, name: str) -> None:
        if not isinstance(scalar, Scalar):
            return
        if re.fullmatch(r"[A-Za-z_]\w*", scalar.text) and scalar.text not in KEYWORDS:
            self.word(role, scalar, name)

    def cell(self, kind: str, node: YamlNode) -> None:
        for scalar in scalars(node):
            self.formula(scalar, kind)

    def formula(self, scalar: Scalar, kind: str) -> None:
        """The names, words and functions of an expression."""
        shift = 0 if scalar.plain else 1
        raw = scalar.span.text[shift : len(scalar.span.text) - shift]
        self.expression(raw, scalar.span.start + shift, kind)

    def expression(self, raw: str, at: int, kind: str) -> None:
        inner = _TEXT.sub(lambda match: " " * len(match[0]), raw)
        if _NAME.fullmatch(inner.strip()):
            self.slots.setdefault(inner.strip(), set()).add(kind)
        for match in _NAME.finditer(inner):
            after = inner[match.end() :].lstrip()
            if match[0] in KEYWORDS:
                continue
            if "." in match[0]:
                head, _, axis = match[0].rpartition(".")
                self.path(head, at + match.start())
                self.add("axis", axis, at + match.end() - len(axis))
            elif after[:1] == "=" and after[:2] != "==":
                self.add("keyword", match[0], at + match.start())
            else:
                role = "function" if after[:1] == "(" else "name"
                self.add(role, match[0], at + match.start(), kind)

    def label(self, node: YamlNode) -> None:
        """A row's name, or another: it defines a label, and may hold expressions in braces."""
        if not isinstance(node, Scalar):
            return
        start = node.span.start + (0 if node.plain else 1)
        for hole in re.finditer(r"\{([^{}]*)\}", node.text):
            self.expression(hole[1], start + hole.start(1), "hole")
        if "{" not in node.text:
            self.word("label definition", node)

    def counter(self, node: YamlNode) -> None:
        self.word("definition", node)

    def references(self, node: YamlNode) -> None:
        for scalar in scalars(node):
            self.path(scalar.text, scalar.span.start + (0 if scalar.plain else 1))

    def path(self, path: str, at: int) -> None:
        for part in re.finditer(r"[A-Za-z_]\w*", path):
            self.add("label", part[0], at + part.start())

    def names_of_files(self, node: YamlNode) -> None:
        for scalar in scalars(node):
            self.word("file", scalar)

    def type_word(self, node: YamlNode) -> None:
        self.word("type", node)

    def kind_word(self, node: YamlNode) -> None:
        self.word("word", node)

    def word(self, role: str, node: YamlNode, owner: str = "") -> None:
        if isinstance(node, Scalar):
            self.add(role, node.text, node.span.start + (0 if node.plain else 1), owner)

    def add(self, role: str, text: str, at: int, owner: str = "") -> None:
        self.words.append(Word(role, text, at, at + len(text), owner))


READERS: dict[str, Callable[[Anatomy, YamlNode], None]] = {
    "variables": Anatomy.variables,
    "settings": Anatomy.settings,
    "lets": Anatomy.lets,
    "defaults": Anatomy.defaults,
    "blocks": Anatomy.declared,
    "parameters": Anatomy.parameters,
    "variants": Anatomy.variants,
    "claims": Anatomy.claims,
    "edits": Anatomy.edits,
    "changes": Anatomy.changes,
    "rows": Anatomy.list_of_rows,
    "table": Anatomy.table,
    "columns": Anatomy.columns,
    "branches": Anatomy.branches,
    "names": Anatomy.names,
    "outputs": Anatomy.outputs,
    "inputs": Anatomy.inputs,
    "companion": Anatomy.row_as_value,
    "init": Anatomy.row_as_value,
    "label": Anatomy.label,
    "counter": Anatomy.counter,
    "reference": Anatomy.references,
    "references": Anatomy.references,
    "file": Anatomy.names_of_files,
    "files": Anatomy.names_of_files,
    "type": Anatomy.type_word,
    "kind": Anatomy.kind_word,
    "sizes": lambda found, node: [found.value("count", item) for item in _items(node)] and None,
}


def scalars(node: YamlNode | None) -> Iterator[Scalar]:
    """The scalars of a value, in the order of the text."""
    if isinstance(node, Scalar):
        yield node
    for item in _items(node):
        yield from scalars(item)
    for entry in _entries(node):
        yield from scalars(entry.value)


def _items(node: YamlNode | None) -> tuple[YamlNode, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _entries(node: YamlNode | None) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Mapping) else ()


def _has(node: YamlNode, key: str) -> bool:
    return isinstance(node, Mapping) and node.entry(key) is not None


def _absent(node: YamlNode) -> bool:
    return isinstance(node, Scalar) and node.value is None
