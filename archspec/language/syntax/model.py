"""The base of all models: a mapping of YAML nodes is validated by Pydantic, key by key, and no place is lost.

A key's annotation says what reads its node and what the key means; the editors' schema comes from the same annotations.
Models are read with `Model.read`. Each mistake below a key is added to the `Reading` at once. So one reading
finds every mistake of a file, and no level repeats the mistakes of the levels below.
"""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Keyed
from dataclasses import field
from functools import cache
from typing import Any, ClassVar, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError, core_schema

from archspec.language.syntax.cells import mistake_of, problem
from archspec.language.syntax.terms import VariableDeclaration
from archspec.records import dataclass
from archspec.source import (
    Diagnostic,
    Mapping,
    Related,
    Scalar,
    Sequence,
    Span,
    YamlNode,
    guesses,
)
from archspec.source.mistakes import missing_key, null_value, unknown_key, wrong_form

T = TypeVar("T")
REPORTED = "reported"  # the type of an error whose mistakes the reading has already


@dataclass(frozen=True, slots=True)
class Declared:
    """A block of the file: where its name stands, and its parameters."""

    place: Span
    parameters: Keyed[str, Span]

    def notes(self, near: Iterable[str]) -> tuple[Related, ...]:
        """Where the parameters that might be meant are declared, or the block."""
        places = ((name, self.parameters[name]) for name in near if name in self.parameters)
        notes = tuple(Related(place, f"`{name}` is declared here") for name, place in places)
        return notes or (Related(self.place, "the block is declared here"),)


@dataclass
class Reading:
    """One text while it is read: its mistakes, and what its parts need to know of each other.

    `row` reads a row, or returns None if it is wrong. `blocks` are the types that the file adds. `level` counts the
    types of unnamed rows in the level of names that is read now. `variables` are those that settings may name, None
    while they are not known. The blocks of a block file are `sealed`. A `partial` text is a
    piece of a file: an unknown type may be a block of that file.
    """

    row: Callable[[YamlNode, "Reading"], Any]
    problems: list[Diagnostic] = field(default_factory=list)
    blocks: dict[str, Declared] = field(default_factory=dict)
    level: dict[str, int] = field(default_factory=dict)
    variables: Keyed[str, VariableDeclaration] | None = None
    sealed: bool = False
    partial: bool = False

    def report(self, diagnostic: Diagnostic) -> None:
        self.problems.append(diagnostic)

    def read(self, function: Callable[[YamlNode], T], node: YamlNode) -> T | None:
        """What a function of `cells` reads, or None after reporting its problem."""
        try:
            return function(node)
        except PydanticCustomError as error:
            self.report(mistake_of(error.context))
            return None

    def rows(self, node: Sequence, *, nested: bool = False) -> tuple[Any, ...]:
        """The rows of a list, without those that are wrong; `nested` ones are a level of names of their own."""
        outer = self.level
        self.level = {} if nested else outer
        found = [self.row(item, self) for item in node.items]
        self.level = outer
        return tuple(row for row in found if row is not None)

    def counted(self, name: str) -> str:
        """The label of an unnamed row: `type`, `type_2` by written position; unnamed groups count on."""
        count = self.level[name] = self.level.get(name, 0) + 1
        return name if count == 1 else f"{name}_{count}"


class Info(Protocol):
    """What Pydantic tells the reader of a part: the values of the keys above it, and the reading."""

    context: Reading
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a mapping: the function that reads its node, and its documentation (empty if no spec can name it).
    `holds` is the name of its values' definition in the JSON Schema, where the reader alone does not decide it."""

    read: Callable[..., Any]
    doc: str
    holds: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)


@dataclass(frozen=True, slots=True)
class Part(Key):
    """A key whose reader also takes Pydantic's `info`: the values above it, and the reading as its context."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)


class Internal:
    """A field that no spec can name: its alias is no key of the form."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.any_schema()


Keys = Keyed[str, Key]


class Model(BaseModel):
    """A mapping of a spec. A key stands for the field of its name, or the one whose alias it is."""

    model_config = ConfigDict(
        frozen=True, arbitrary_types_allowed=True, defer_build=True, protected_namespaces=()
    )
    subject: ClassVar[str] = "a mapping"  # what it is called in messages

    @classmethod
    @cache
    def form(cls) -> Keys:
        """Every key of the mapping, in the order in which messages list them."""
        return dict(_keys(cls))

    @classmethod
    def required(cls) -> tuple[str, ...]:
        """The keys that the mapping cannot lack."""
        fields = ((f.alias or name, f) for name, f in cls.model_fields.items())
        return tuple(key for key, f in fields if f.is_required() and key in cls.form())

    @classmethod
    def read(
        cls,
        node: Mapping,
        reading: Reading,
        subject: str = "",
        keys: Keyed[str, Any] | None = None,
        declared: Declared | None = None,
        internal: Keyed[str, Any] | None = None,
    ) -> Self | None:
        """The model of a node, or None after reporting every mistake in it.

        `keys` are those of the form unless given, `declared` is the block whose parameters are among them; `internal`
        are values of fields that are no keys.
        """
        keys, subject = cls.form() if keys is None else keys, subject or cls.subject
        strange = [entry.key for entry in node.entries if entry.key.text not in keys]
        for key in strange:
            notes = declared.notes(guesses(key.text, keys)) if declared else ()
            reading.report(unknown_key.of(key, subject, keys, notes=notes))
        data = {entry.key.text: entry.value for entry in node.entries if entry.key.text in keys}
        try:
            model = cls.model_validate({**(internal or {}), **data}, context=reading)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                if detail["type"] == "missing":
                    reading.report(missing_key.of(node, subject, str(detail["loc"][0])))
                elif detail["type"] != REPORTED:
                    reading.report(mistake_of(detail["ctx"]))
            return None
        return None if strange else model


def _keys(model: type[Model]) -> Iterable[tuple[str, Key]]:
    for name, one in model.model_fields.items():
        key = next((key for key in one.metadata if isinstance(key, Key)), None)
        if key is not None and key.doc:
            yield one.alias or name, key


def reported() -> PydanticCustomError:
    """The error of a key below which mistakes were found."""
    return PydanticCustomError(REPORTED, "what is wrong is reported")


WRITTEN = {
    "a list": "write [a, b], or each item on a line of its own behind `- `",
    "a mapping": "write {key: value}, or each key on a line of its own",
}


def _is(kind: type[T], expected: str) -> Callable[[YamlNode], T]:
    def check(node: YamlNode) -> T:
        if isinstance(node, kind):
            return node
        code = null_value if isinstance(node, Scalar) and node.value is None else wrong_form
        raise problem(code.expecting(node, expected, hint=WRITTEN.get(expected)))

    return check


def any_node(node: YamlNode) -> YamlNode:
    """A value that its user looks at."""
    return node


a_list, a_mapping = _is(Sequence, "a list"), _is(Mapping, "a mapping")
