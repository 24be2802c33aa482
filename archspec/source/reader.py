"""YAML 1.2's core schema over PyYAML's events, one at a time, without recursion, within budgets.

PyYAML's own loader reads YAML 1.1 (`no` is false, `1e-3` a string, `010` is 8, a duplicate key
silently wins) and builds objects; here only its events are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

import yaml

from archspec.records import dataclass
from archspec.source import mistakes
from archspec.source.diagnostic import Diagnostic, Related, SpecError
from archspec.source.kinds import Plain
from archspec.source.nodes import Entry, Mapping, Scalar, Sequence, YamlNode
from archspec.source.span import Source, Span
from archspec.source.suggest import guesses
from archspec.source.traps import QUOTE, absent_value

MAX_NODES, MAX_DEPTH, MAX_SCALAR, MAX_BYTES = 120_000, 64, 10_000, 4 << 20
WORDS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
}
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_file(path: Path, shown: str | None = None) -> Source:
    """The text of a file; raises SpecError for a file that is missing, too large or not UTF-8."""
    name = shown or str(path)
    try:
        large = path.stat().st_size > MAX_BYTES
        data = b"" if large else path.read_bytes()
    except OSError as error:
        raise _unreadable(name, f"the file cannot be read: {error.strerror or error}") from None
    if large:
        message = f"the file is larger than {MAX_BYTES >> 20} MiB"
        raise _unreadable(name, message, "a spec holds rows; weights are in files of their own")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        return Source(name, text, path.resolve().parent)
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8-sig") + "\ufffd"
        span = Span(Source(name, text), len(text) - 1, len(text))
        received = f"byte 0x{data[error.start]:02x}"
        wrong = mistakes.not_utf8(span, "this is not UTF-8", "UTF-8 text", received)
        raise SpecError([wrong]) from None


def _unreadable(name: str, message: str, hint: str | None = None) -> SpecError:
    place = Span(Source(name, ""), 0, 0)
    return SpecError([mistakes.unreadable_file(place, message, hint=hint)])


def read(source: Source) -> YamlNode:
    """The document of a text; raises SpecError for everything that a text can get wrong."""
    return _Reader(source).document()


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come."""

    mapping: bool
    start: int
    flow: bool
    anchor: str | None
    items: list[YamlNode] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    key: Scalar | None = None
    keys: dict[str, Scalar] = field(default_factory=dict)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self.anchors: dict[str, tuple[YamlNode, int]] = {}
        self.stack: list[_Open] = []
        self.count = 0
        self.root: YamlNode | None = None

    def document(self) -> YamlNode:
        handlers = {
            yaml.ScalarEvent: self.scalar,
            yaml.SequenceStartEvent: self.open,
            yaml.MappingStartEvent: self.open,
            yaml.SequenceEndEvent: self.close,
            yaml.MappingEndEvent: self.close,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.begin,
        }
        try:
            for event in self.events():
                handler = handlers.get(type(event))
                if handler:
                    handler(event)
        except yaml.YAMLError as error:
            raise SpecError([*self.problems, self.syntax(error)]) from None
        if self.root is None:
            place, message = self.span(0, 0), "there is no spec in this file"
            self.problems.append(
                mistakes.empty_file(place, message, hint="`archspec: 1` begins one")
            )
        if self.problems:
            raise SpecError(self.problems)
        assert self.root is not None
        return self.root

    def events(self) -> Iterator[Any]:
        parser = PARSER(self.source.text)
        while parser.check_event():
            yield parser.get_event()

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def stop(
        self, code: Plain, message: str, start: int, end: int, hint: str | None = None
    ) -> None:
        """A mistake after which reading makes no sense."""
        raise SpecError([*self.problems, code(self.span(start, end), message, hint=hint)])

    def syntax(self, error: Any) -> Diagnostic:
        mark: Any = getattr(error, "problem_mark", None)
        text = self.source.text
        if mark is None:
            at = min(getattr(error, "position", 0) or 0, len(text))
            message = "a character that YAML does not allow"
            return mistakes.yaml_syntax(self.span(at, at + 1), message)
        at = min(mark.index, max(0, len(text.rstrip())))
        context = getattr(error, "context", None)
        begun: Any = getattr(error, "context_mark", None)
        notes: list[Related] = []
        if begun is not None and begun.index != mark.index and context:
            span = self.span(begun.index, begun.index + 1)
            notes = [Related(span, _CONTEXTS.get(context, context))]
        problem = _PLAIN.get(error.problem or "", error.problem or "this is not YAML")
        place, hint = self.span(at, at + 1), _HINTS.get(problem)
        return mistakes.yaml_syntax(place, problem, hint=hint, notes=notes)

    def begin(self, event: Any) -> None:
        if self.root is None:
            return
        at = event.start_mark.index
        self.stop(mistakes.several_documents, "a second document begins here", at, at + 3)

    def node(self, event: Any, weight: int = 1) -> None:
        """Count a node and refuse tags."""
        self.count += weight
        start, end = event.start_mark.index, event.end_mark.index
        if self.count > MAX_NODES:
            message, hint = f"more than {MAX_NODES:,} nodes", "repeat rows with `repeat` or a table"
            self.stop(mistakes.yaml_too_big, message, start, end, hint)
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            written = self.source.text[start:end].split(maxsplit=1)
            place = self.span(start, max(start + 1, end))
            message = f"the tag {(written or [tag])[0]} means nothing here"
            hint = "a spec is plain data; drop the tag"
            self.problems.append(mistakes.yaml_tag(place, message, hint=hint))

    def open(self, event: Any) -> None:
        self.node(event)
        start = event.start_mark.index
        if len(self.stack) >= MAX_DEPTH:
            message, hint = (
                f"nested deeper than {MAX_DEPTH}",
                "give inner rows a block of their own",
            )
            self.stop(mistakes.yaml_too_deep, message, start, start + 1, hint)
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_Open(mapping, start, bool(event.flow_style), event.anchor))

    def close(self, event: Any) -> None:
        done = self.stack.pop()
        end = event.end_mark.index if done.flow else self._last(done)
        span = self.span(done.start, max(end, done.start + 1))
        node: YamlNode
        if done.mapping:
            node = Mapping(span, tuple(done.entries), done.flow)
            self.traps(node)
        else:
            node = Sequence(span, tuple(done.items), done.flow)
        self.keep(node, done.anchor)

    def _last(self, done: _Open) -> int:
        if done.mapping:
            return done.entries[-1].value.span.end if done.entries else done.start
        return done.items[-1].span.end if done.items else done.start

    def traps(self, node: Mapping) -> None:
        key = self.stack[-1].key if self.stack else None
        required = key is not None and (key.text == "params" or bool(guesses(key.text, ["params"])))
        self.problems += absent_value(node, required=required)

    def scalar(self, event: Any) -> None:
        self.node(event)
        start, end = event.start_mark.index, event.end_mark.index
        if len(event.value) > MAX_SCALAR:
            message = f"a value of more than {MAX_SCALAR:,} characters"
            hint = "a spec holds words and numbers; weights are in files of their own"
            self.stop(mistakes.yaml_too_big, message, start, start + 20, hint)
        plain = not event.style
        value: str | bool | None = event.value
        if plain:
            value = WORDS.get(event.value, event.value)
        parent = self.stack[-1] if self.stack else None
        flow = parent is not None and parent.flow
        if plain and not event.value and parent is not None and parent.key is not None:
            start = end = parent.key.span.end
        self.keep(Scalar(self.span(start, end), event.value, value, plain, flow), event.anchor)

    def alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            inside = any(done.anchor == event.anchor for done in self.stack)
            absent = f"no anchor &{event.anchor} above"
            message = "an alias inside its own anchor" if inside else absent
            hint = "quote a value that begins with `*`; give rows that repeat a block"
            return self.stop(mistakes.yaml_alias, message, start, end, hint)
        node, weight = anchored
        self.node(event, weight)
        self.keep(node, None, weight)

    def keep(self, node: YamlNode, anchor: str | None, weight: int = 0) -> None:
        """Put a finished node where it belongs."""
        if anchor:
            self.anchors[anchor] = (node, _weight(node, MAX_NODES))
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if not parent.mapping:
            parent.items.append(node)
        elif parent.key is None:
            self.key(parent, node)
        else:
            parent.entries.append(Entry(parent.key, node))
            parent.key = None

    def key(self, parent: _Open, node: YamlNode) -> None:
        if not isinstance(node, Scalar):
            self.problems.append(mistakes.key_not_text(node.span, "a key is a word", hint=QUOTE))
            parent.key = Scalar(node.span, "?", "?", plain=True)
            return
        parent.key = node
        if node.text == "<<" and node.plain:
            message = "merge keys are not part of the language"
            hint = "use `defaults`, or a block with parameters"
            self.problems.append(mistakes.yaml_merge_key(node, message, hint=hint))
        before = parent.keys.setdefault(node.text, node)
        if before is not node:
            first = Related(before.span, "the first one")
            message = f"`{node.text}` stands here twice"
            self.problems.append(mistakes.duplicate_key(node, message, notes=[first]))


def _weight(node: YamlNode, limit: int) -> int:
    """How many nodes an alias of this one stands for."""
    waiting, count = [node], 0
    while waiting and count <= limit:
        count += 1
        match waiting.pop():
            case Sequence(items=items):
                waiting += items
            case Mapping(entries=entries):
                waiting += (entry.value for entry in entries)
    return count


_CONTEXTS = {
    "while parsing a flow mapping": "the `{` that is open",
    "while parsing a flow sequence": "the `[` that is open",
    "while scanning a quoted scalar": "the quote that is open",
    "while parsing a block mapping": "the mapping that it stands in",
    "while parsing a block collection": "the list that it stands in",
    "while scanning a simple key": "the key that lacks its colon",
}
_PLAIN = {
    "did not find expected ',' or ']'": "a comma or `]` is missing here",
    "did not find expected ',' or '}'": "a comma or `}` is missing here",
    "expected ',' or ']', but got '<stream end>'": "a comma or `]` is missing here",
    "expected ',' or '}', but got '<stream end>'": "a comma or `}` is missing here",
    "mapping values are not allowed in this context": "a colon does not fit here",
    "mapping values are not allowed here": "a colon does not fit here",
    "did not find expected key": "a key was expected here",
    "could not find expected ':'": "a colon is missing here",
    "did not find expected '-' indicator": "a `-` was expected here",
    "found character that cannot start any token": "this character cannot begin a value",
    "control characters are not allowed": "a character that YAML does not allow",
}
_HINTS = {
    "this character cannot begin a value": "indent with spaces; quote a value that begins with a sign",
    "a colon does not fit here": "quote a value that holds a colon; look at the indentation",
    "a key was expected here": "look at the indentation and the brackets above",
}
