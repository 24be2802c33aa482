"""How a code says a mistake: in words of its own, or from few where many mistakes of a kind are alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import field
from typing import Protocol

from archspec.records import dataclass
from archspec.source.diagnostic import Diagnostic, Related
from archspec.source.nodes import Mapping, Scalar, YamlNode
from archspec.source.nodes import Sequence as YamlSequence
from archspec.source.span import Span
from archspec.source.suggest import asked, guesses, one_of


class Placed(Protocol):
    """What stands somewhere in a text."""

    @property
    def span(self) -> Span: ...


Place = Span | Placed


FILE = "spec.yaml"


@dataclass(frozen=True, slots=True)
class Example:
    """Texts of `spec.yaml`, wrong and right, what is typed for each, and the files beside it.

    The mended text and command are the wrong ones, unless given. `encoding` is how the wrong text is saved, `times` how
    often it is repeated.
    """

    wrong: str
    right: str = ""
    command: str = f"validate {FILE}"
    mended: str = ""
    files: AnyMapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    times: int = 1


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of mistake. `hint` is the way out where the place knows no better one; a `fault` is no spec's and has no
    example."""

    code: str
    meaning: str
    hint: str | None = None
    example: Example | None = field(default=None, compare=False)
    fault: bool = False

    def say(
        self,
        place: Place,
        message: str,
        expected: str | None = None,
        received: str | None = None,
        hint: str | None = None,
        notes: Iterable[Related] = (),
    ) -> Diagnostic:
        """A mistake of this kind in whatever words."""
        way_out = hint or self.hint
        return Diagnostic(self.code, message, at(place), expected, received, way_out, tuple(notes))

    def unlike(
        self,
        place: Place,
        what: str,
        expected: str,
        value: str,
        received: str | None = None,
        hint: str | None = None,
        notes: Iterable[Related] = (),
    ) -> Diagnostic:
        """`what` is `expected`, not `value`; `received` is the value as written, unless it is that."""
        message = f"{what} is {expected}, not {value}"
        received = value if received is None else received
        return self.say(place, message, expected, received, hint, notes)


class Plain(Code):
    """A kind whose mistakes have little in common but their code."""

    __call__ = Code.say


class WrongNode(Code):
    """A node of YAML that holds something else than belongs there."""

    def __call__(
        self,
        place: Place,
        message: str,
        expected: str | None = None,
        received: str | None = None,
        hint: str | None = None,
        notes: Iterable[Related] = (),
    ) -> Diagnostic:
        """Received is what the node holds, unless said."""
        if received is None and isinstance(place, Mapping | YamlSequence | Scalar):
            received = what(place)
        return self.say(place, message, expected, received, hint, notes)

    def expecting(
        self, place: YamlNode, wanted: str, expected: str | None = None, hint: str | None = None
    ) -> Diagnostic:
        """`wanted` was expected at a node, all of which is underlined."""
        message = f"{wanted} was expected here"
        return self(place.span, message, expected or wanted, what(place), hint)


class MissingKey(Plain):
    """A mapping that lacks a key."""

    def of(
        self,
        place: Place,
        subject: str,
        key: str,
        expected: str | None = None,
        received: str = "no such key",
        hint: str | None = None,
        notes: Iterable[Related] = (),
    ) -> Diagnostic:
        """`subject` needs the key; expected is the key with a value."""
        message = f"{subject} needs the key `{key}`"
        return self(place, message, expected or f"{key}: ...", received, hint, notes)


class Unknown(Code):
    """Something by a name that nothing has."""

    def __call__(
        self,
        place: Place,
        message: str,
        known: Collection[str] = (),
        name: str | None = None,
        *,
        near: Sequence[str] | None = None,
        expected: str | None = None,
        nothing: str | None = None,
        hint: str | None = None,
        places: AnyMapping[str, Span | None] | None = None,
        said: str = "is declared here",
        notes: Iterable[Related] = (),
    ) -> Diagnostic:
        """`name` - the text at the place, unless given - is none of `known`.

        `near` are the names that might be meant, unless they are to be found among `known`; where there is none, the
        hint is `hint`. `nothing` is expected where no name is known. A note leads to each of `near` that has one of
        `places`, after `notes`.
        """
        text = name if name is not None else text_of(place)
        near = guesses(text, known) if near is None else near
        wanted = expected or (nothing if nothing and not known else one_of(known))
        notes = (*notes, *leading(near, places or {}, said))
        return self.say(place, message, wanted, text, asked(near) or hint, notes)


class UnknownKey(Unknown):
    """A key that its mapping does not take."""

    def of(
        self,
        place: Place,
        subject: str,
        known: Collection[str],
        name: str | None = None,
        *,
        nothing: str | None = None,
        notes: Iterable[Related] = (),
    ) -> Diagnostic:
        """The key is none of `subject`."""
        message = f"`{name if name is not None else text_of(place)}` is not a key of {subject}"
        return self(place, message, known, name, nothing=nothing, notes=notes)


def leading(
    near: Iterable[str], places: AnyMapping[str, Span | None], said: str
) -> tuple[Related, ...]:
    """A note to each of the names that has a place."""
    pairs = ((name, places.get(name)) for name in near)
    return tuple(Related(place, f"`{name}` {said}") for name, place in pairs if place is not None)


def at(place: Place) -> Span:
    """Where a mistake is shown: at the first key of a mapping, so that its caret does not underline pages."""
    if isinstance(place, Mapping) and place.entries:
        return place.entries[0].key.span
    return place if isinstance(place, Span) else place.span


def text_of(place: Place) -> str:
    """What stands at a place."""
    text: str | None = getattr(place, "text", None)
    return at(place).text if text is None else text


def what(node: YamlNode) -> str:
    """A node in words."""
    match node:
        case Mapping():
            return "a mapping"
        case YamlSequence():
            return f"a list of {len(node.items)}"
        case Scalar(value=None):
            return "null"
    return f"`{node.text}`" if len(node.text) < 60 else "text"
