"""What YAML says: scalars, sequences and mappings, each with its place."""

from __future__ import annotations

from typing import NamedTuple

from archspec.records import dataclass
from archspec.source.span import Span


class Scalar(NamedTuple):
    """`value` is true, false or null where YAML's core schema says so, else the text; numbers stay text."""

    span: Span
    text: str
    value: str | bool | None
    plain: bool
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    span: Span
    items: tuple[YamlNode, ...]
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: YamlNode


@dataclass(frozen=True, slots=True)
class Mapping:
    span: Span
    entries: tuple[Entry, ...]
    flow: bool = False

    def entry(self, name: str) -> Entry | None:
        """The entry of a key."""
        return next((entry for entry in self.entries if entry.key.text == name), None)

    def get(self, name: str) -> YamlNode | None:
        """The value of a key."""
        entry = self.entry(name)
        return None if entry is None else entry.value


YamlNode = Scalar | Sequence | Mapping
