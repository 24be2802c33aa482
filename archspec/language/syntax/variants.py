"""What specs vary and claim: variants, the figures of `expect`, edits of a file that is extended."""

from collections.abc import Iterator
from collections.abc import Mapping as Keyed
from typing import Annotated, ClassVar

from pydantic import Field

from archspec.graph.expr import Value
from archspec.language.syntax import cells
from archspec.language.syntax.declarations import misfit
from archspec.language.syntax.forms import misspelt
from archspec.language.syntax.model import (
    Info,
    Internal,
    Key,
    Model,
    Part,
    Reading,
    a_list,
    a_mapping,
)
from archspec.language.syntax.rows import Doc
from archspec.language.syntax.terms import Setting, Word
from archspec.source import (
    Mapping,
    Related,
    Span,
    YamlNode,
)
from archspec.source.kinds import what
from archspec.source.mistakes import missing_key, name_taken, unknown_name, wrong_form

EDIT = (
    "{at: label, set: {...}}, {after: label, insert: [...]}, {before: label, insert: [...]} "
    "or {remove: label}"
)
FIGURES = ("params", "total", "non_trainable", "macs")


def _settings(node: YamlNode, info: Info) -> Keyed[str, Setting]:
    """Values for some of the variables."""
    reading: Reading = info.context
    settings: dict[str, Setting] = {}
    for entry in a_mapping(node).entries:
        name, variables = entry.key.text, reading.variables
        value = reading.read(cells.constant, entry.value)
        if variables is not None and name not in variables:
            message, places = (
                f"there is no variable `{name}`",
                {n: variables[n].name.span for n in variables},
            )
            reading.report(unknown_name(entry.key, message, variables, places=places))
        elif value is not None:
            problem = variables and misfit(variables[name], value, entry.value.span)
            if problem:
                reading.report(problem)
            settings[name] = Setting(value, entry.value.span)
    return settings


Settings = Annotated[
    Keyed[str, Setting], Part(_settings, "Other values of the variables.", "settings")
]
Knobs = Annotated[
    Keyed[str, Setting],
    Part(_settings, "Other values of the variables, and further variables.", "variables"),
]
Figure = Word | None


class Claim(Model):
    """Figures that somebody printed, for some values of the variables; `note` says why one cannot be met."""

    subject: ClassVar[str] = "a claim"
    settings: Annotated[
        Keyed[str, Setting], Part(_settings, "Values of variables for this line.", "settings")
    ] = Field({}, alias="with")
    params: Annotated[Figure, Key(cells.figure, "Trainable parameters as printed: 4.2M.")] = None
    total: Annotated[Figure, Key(cells.figure, "All parameters as printed.")] = None
    non_trainable: Annotated[
        Figure, Key(cells.figure, "Parameters that are not trained, as printed.")
    ] = None
    macs: Annotated[Figure, Key(cells.figure, "Multiply-adds of one sample as printed: 569M.")] = (
        None
    )
    note: Annotated[
        str,
        Key(cells.text, "Why the figure cannot be met; the line is then counted apart."),
    ] = ""
    span: Annotated[Span, Internal()] = Field(alias="<span>")

    @property
    def given(self) -> Keyed[str, tuple[Value, Span]]:
        """The values of variables that it is for, each with its place."""
        return {name: (one.value, one.span) for name, one in self.settings.items()}

    @property
    def figures(self) -> Keyed[str, Word]:
        """The figures that it states."""
        stated = ((key, getattr(self, key)) for key in FIGURES)
        return {key: figure for key, figure in stated if figure is not None}


def _claims(node: YamlNode, info: Info) -> tuple[Claim, ...]:
    return tuple(_each_claim(a_list(node).items, info.context))


def _each_claim(items: tuple[YamlNode, ...], reading: Reading) -> Iterator[Claim]:
    for item in items:
        if not isinstance(item, Mapping):
            expected = "{params: 4.2M, macs: 569M}"
            reading.report(wrong_form(item, "a claim is a mapping", expected))
            continue
        claim = Claim.read(item, reading, internal={"<span>": item.span})
        if claim is not None and not claim.figures:
            reading.report(missing_key(item, "a claim has a figure", "params: 4.2M"))
        elif claim is not None:
            yield claim


Claims = Annotated[
    tuple[Claim, ...],
    Part(_claims, "Figures that somebody printed, checked by `archspec verify`.", "claims"),
]
ClassName = Annotated[
    Word | None, Key(cells.identifier, "How the class of the printed source is called.")
]
Title = Annotated[str, Key(cells.text, "One line for people: the network, its paper, the table.")]
Reference = Annotated[
    str | None,
    Key(cells.text, "The dotted name of a public builder, called with its defaults."),
]


class Variant(Model):
    """What a variant says: its names, other values of the variables, its own figures."""

    class_name: ClassName = None
    title: Title = ""
    doc: Doc = ""
    reference: Reference = None
    settings: Settings = Field({}, alias="vars")
    expect: Claims = ()
    name: Annotated[Word, Internal()] = Field(alias="<name>")
    span: Annotated[Span, Internal()] = Field(alias="<span>")


def read_variants(node: YamlNode, info: Info) -> Keyed[str, Variant]:
    """The variants of a file, each under a name of its own."""
    reading, file = info.context, info.data.get("name")
    variants: dict[str, Variant] = {}
    for entry in a_mapping(node).entries:
        name = reading.read(cells.identifier, entry.key)
        if name and file and name.text == file.text:
            message, note = (
                "a variant has another name than its file",
                Related(file.span, "the file's name"),
            )
            reading.report(name_taken(name, message, "a name of its own", name.text, notes=[note]))
        if not isinstance(entry.value, Mapping):
            expected = "{vars: {...}, reference: ..., expect: ...}"
            reading.report(wrong_form(entry.value, "a variant is a mapping", expected))
            continue
        internal = {"<name>": name, "<span>": entry.key.span}
        subject = f"the variant {entry.key.text}"
        variant = Variant.read(entry.value, reading, subject, internal=internal)
        if variant is not None and name is not None:
            variants[name.text] = variant
    return variants


INSERT = Key(a_list, "Rows that come in there.", "rows")


class Edit(Model):
    """A change of one row of the extended file: values set, rows inserted, the row removed."""

    verb: ClassVar[str]
    label: Annotated[Word, Internal()]
    content: Annotated[YamlNode | None, Internal()] = None
    row: Annotated[Word | None, Internal()] = None


class At(Edit):
    """New values for keys of a row."""

    verb: ClassVar[str] = "at"
    label: Annotated[
        Word, Key(cells.word, "The row that changes, by its label: `stem`, `blocks.NAME.label`.")
    ] = Field(alias="at")
    content: Annotated[
        YamlNode, Key(a_mapping, "Keys of the row with their new values.", "changes")
    ] = Field(alias="set")
    row: Annotated[
        Word | None,
        Key(
            cells.word,
            "The row of a table, counted from 0, whose cells `set` changes by their columns.",
        ),
    ] = None


class Before(Edit):
    """Rows above a row."""

    verb: ClassVar[str] = "before"
    label: Annotated[Word, Key(cells.word, "The row above which rows come in.")] = Field(
        alias="before"
    )
    content: Annotated[YamlNode, INSERT] = Field(alias="insert")


class After(Edit):
    """Rows below a row."""

    verb: ClassVar[str] = "after"
    label: Annotated[Word, Key(cells.word, "The row below which rows come in.")] = Field(
        alias="after"
    )
    content: Annotated[YamlNode, INSERT] = Field(alias="insert")


class Remove(Edit):
    """A row that goes."""

    verb: ClassVar[str] = "remove"
    label: Annotated[Word, Key(cells.word, "The row that goes.")] = Field(alias="remove")


EDITS: Keyed[str, type[Edit]] = {one.verb: one for one in (At, Before, After, Remove)}


def read_edits(node: YamlNode, info: Info) -> tuple[Edit, ...]:
    """The edits of a list, without those that are wrong."""
    return tuple(_edits(a_list(node).items, info.context))


def _edits(items: tuple[YamlNode, ...], reading: Reading) -> Iterator[Edit]:
    for item in items:
        verbs = [verb for verb in EDITS if isinstance(item, Mapping) and item.entry(verb)]
        if not isinstance(item, Mapping) or len(verbs) != 1:
            _no_edit(item, verbs, reading)
            continue
        edit = EDITS[verbs[0]].read(item, reading, f"an edit with `{verbs[0]}`")
        if edit is not None:
            yield edit


def _no_edit(item: YamlNode, verbs: list[str], reading: Reading) -> None:
    keys = [entry.key.text for entry in item.entries] if isinstance(item, Mapping) else []
    meant = None if verbs else misspelt(item, EDITS)
    place, hint = meant or (item, "make two edits of it" if verbs else None)
    several = f"an edit is one of these, not both: {', '.join(verbs)}"
    message, received = several if verbs else "an edit names a row", ", ".join(keys) or what(item)
    reading.report(wrong_form(place, message, EDIT, received, hint))
