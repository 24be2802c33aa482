"""Nodes and plain data as the YAML that people write: a row on a line of its own, in flow style where it fits."""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from numbers import Integral, Real

from archspec.records import dataclass
from archspec.source.diagnostic import Diagnostic, SpecError
from archspec.source.mistakes import key_not_text, wrong_type, yaml_too_big, yaml_too_deep
from archspec.source.native import native
from archspec.source.nodes import Entry, Scalar, Sequence, YamlNode
from archspec.source.nodes import Mapping as MappingNode
from archspec.source.reader import MAX_DEPTH, MAX_NODES, MAX_SCALAR, WORDS
from archspec.source.span import Source, Span

WIDTH = 120
PLAIN = "a number, text, true or false, or lists and dictionaries of these"
NOWHERE = Span(Source("<data>", ""), 0, 0)  # data has no place before it is written
_BARE = re.compile(
    r"(?:[A-Za-z0-9_.(/]|[-+](?=[\w.(]))(?:[\w .()+*/%<>=!-]*[\w.()+*/%<>=!-])?", re.ASCII
)
_ROWS = frozenset({"rows", "each", "edit", "insert"})  # lists whose items have lines of their own


def node_of(data: object, where: str = "<data>") -> YamlNode:
    """Plain data - dictionaries, lists, words, numbers, and nodes among them - as a node without a place.

    Raises SpecError for everything in it that no YAML can hold; `where` is the file's name that messages show.
    """
    made = _Data(where)
    node = made.node(data, "value", 0)
    if made.problems:
        raise SpecError(made.problems)
    return node


class AsNode:
    """What stands for a node wherever data is written."""

    def as_node(self) -> YamlNode:
        """The node that it stands for."""
        raise NotImplementedError


@dataclass
class _Data:
    """Makes nodes of data. What is wrong is kept, so that all of it is found in one go."""

    where: str
    problems: list[Diagnostic] = field(default_factory=list)
    count: int = 0

    def node(self, value: object, key: str, depth: int) -> YamlNode:
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            raise SpecError([self._too_much(key, depth)])
        match value:
            case Scalar() | Sequence() | MappingNode():
                return value
            case AsNode():
                return value.as_node()
            case dict() | Mapping():
                entries = (self._entry(k, v, depth) for k, v in value.items())
                return MappingNode(NOWHERE, tuple(entries))
            case list() | tuple():
                return Sequence(NOWHERE, tuple(self.node(v, key, depth + 1) for v in value))
        plain = native(value)
        if isinstance(plain, list):
            return self.node(plain, key, depth)
        return self._scalar(plain, key)

    def _entry(self, key: object, value: object, depth: int) -> Entry:
        if not isinstance(key, str):
            self.problems.append(key_not_text(self._place("key", key), "a key is a word"))
        text = key if isinstance(key, str) else "?"
        return Entry(_text(text), self.node(value, text, depth + 1))

    def _scalar(self, value: object, key: str) -> Scalar:
        if value is None:
            return Scalar(NOWHERE, "null", None, plain=True)
        if isinstance(value, bool):
            return Scalar(NOWHERE, str(value).lower(), value, plain=True)
        if isinstance(value, str) and len(value) <= MAX_SCALAR:
            return _text(str.__str__(value))
        if isinstance(value, Integral) and abs(int(value)) < 10**MAX_DIGITS:
            return _text(str(int(value)))
        if isinstance(value, Real) and not isinstance(value, Integral) and math.isfinite(value):
            return _text(repr(float(value)))
        self.problems.append(self._refused(value, key))
        return _text("?")

    def _refused(self, value: object, key: str) -> Diagnostic:
        place = self._place(key, value)
        if isinstance(value, str | Integral):
            return yaml_too_big(place, f"a value of more than {MAX_SCALAR:,} characters")
        return wrong_type(place, f"{key} cannot be {place.text}", PLAIN, place.text)

    def _too_much(self, key: str, depth: int) -> Diagnostic:
        place = self._place(key, ...)
        if depth > MAX_DEPTH:
            return yaml_too_deep(place, f"data nested deeper than {MAX_DEPTH} levels, or in itself")
        return yaml_too_big(place, f"more than {MAX_NODES:,} values")

    def _place(self, key: str, value: object) -> Span:
        large = isinstance(value, Integral) and not isinstance(value, bool)
        shown = f"{key}={'...' if large or value is ... else reprlib.repr(value)}"
        return Span(Source(self.where, shown), len(key) + 1, len(shown))


MAX_DIGITS = 1000


def _text(text: str) -> Scalar:
    return Scalar(NOWHERE, text, text, plain=False)


def from_data(data: object) -> Source:
    """Plain data as a YAML text; raises SpecError for what no YAML can hold."""
    return Source("<dict>", written(node_of(data, "<dict>")))


def written(node: YamlNode) -> str:
    """A node as YAML text. The reader reads the same values from it."""
    return "\n".join(_block(node, 0)) + "\n"


def _block(node: YamlNode, indent: int) -> list[str]:
    """The lines of a node that begins a line at `indent`; the outermost mapping never is in flow style."""
    if isinstance(node, MappingNode) and node.entries:
        return [line for entry in node.entries for line in _entry(entry, indent)]
    if isinstance(node, Sequence) and node.items:
        return [line for item in node.items for line in _item(item, indent)]
    return [f"{' ' * indent}{_flow(node)}"]


def _entry(entry: Entry, indent: int) -> Iterator[str]:
    key, value = _scalar(entry.key), entry.value
    lead = f"{' ' * indent}{key}:"
    if isinstance(value, Scalar):
        yield from _text_lines(lead, value, indent)
    elif _is_flow(value, len(lead) + 1, entry.key.text):
        yield f"{lead} {_flow(value)}"
    else:
        yield lead
        yield from _block(value, indent + 2)


def _item(node: YamlNode, indent: int) -> Iterator[str]:
    lead = f"{' ' * indent}- "
    if isinstance(node, Scalar) or _is_flow(node, len(lead), ""):
        yield lead + _flow(node)
        return
    first, *rest = _block(node, indent + 2)
    yield lead + first[indent + 2 :]
    yield from rest


def _text_lines(lead: str, node: Scalar, indent: int) -> Iterator[str]:
    """A text of several lines as it is, where YAML can hold it so."""
    *lines, last = node.text.split("\n")
    if (
        not lines
        or lines[0][:1].isspace()
        or not all(map(str.isprintable, (*lines, last)))
        or not lines[0]
    ):
        yield f"{lead} {_scalar(node)}"
        return
    if last == "" and lines[-1] == "":
        yield f"{lead} {_quoted(node.text)}"
        return
    yield f"{lead} |{'-' if last else ''}"
    for line in (*lines, *([last] if last else [])):
        yield f"{' ' * (indent + 2)}{line}" if line else ""


def _is_flow(node: YamlNode, column: int, key: str) -> bool:
    """Whether a collection is written in one line that begins at a column: a row with a type always, if it can be."""
    row = isinstance(node, MappingNode) and node.entry("type") is not None
    return not _is_long(node, key) and (row or column + len(_flow(node)) <= WIDTH)


def _is_long(node: YamlNode, key: str) -> bool:
    """Whether it holds rows or claims, which have lines of their own: several of them, or one under `rows`."""
    if isinstance(node, MappingNode):
        nested = key in ("defaults", "blocks", "variants") and bool(node.entries)
        return nested or any(_is_long(e.value, e.key.text) for e in node.entries)
    if isinstance(node, Sequence):
        rows = sum(isinstance(item, MappingNode) for item in node.items)
        return rows > 1 or bool(rows and key in _ROWS) or any(_is_long(i, "") for i in node.items)
    return False


def _flow(node: YamlNode) -> str:
    """A node in one line."""
    if isinstance(node, MappingNode):
        return f"{{{', '.join(map(_pair, node.entries))}}}"
    if isinstance(node, Sequence):
        return f"[{', '.join(map(_flow, node.items))}]"
    return _scalar(node)


def _pair(entry: Entry) -> str:
    key, value = _scalar(entry.key), entry.value
    absent = isinstance(value, Scalar) and value.plain and not value.text
    return key if absent else f"{key}: {_flow(value)}"


def _scalar(node: Scalar) -> str:
    if not isinstance(node.value, str):
        return node.text or "null"
    bare = _BARE.fullmatch(node.text) and node.text not in WORDS
    return node.text if bare else _quoted(node.text)


def _quoted(text: str) -> str:
    """A text between double quotes, what nobody sees escaped."""
    return "".join(
        c if c.isprintable() else _escaped(c) for c in json.dumps(text, ensure_ascii=False)
    )


def _escaped(character: str) -> str:
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
    )
