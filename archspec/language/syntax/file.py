"""The three kinds of files: a spec, a spec that extends another, a file of blocks."""

from collections import Counter
from collections.abc import Mapping as Keyed
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Field, create_model

from archspec.graph.evaluate import describe, written
from archspec.graph.expr import Value
from archspec.graph.ops import known, operation
from archspec.graph.ops.base import Operation
from archspec.language.syntax import cells
from archspec.language.syntax.blocks import Block, Outputs, read_blocks
from archspec.language.syntax.branches import unknown_type
from archspec.language.syntax.declarations import kind
from archspec.language.syntax.forms import attributes
from archspec.language.syntax.lets import LETS, Lets
from archspec.language.syntax.model import (
    Info,
    Internal,
    Key,
    Model,
    Part,
    Reading,
    a_list,
    a_mapping,
    any_node,
)
from archspec.language.syntax.rows import Doc, Row, nested_rows
from archspec.language.syntax.terms import (
    Cell,
    Formula,
    InputDeclaration,
    VariableDeclaration,
    Word,
)
from archspec.language.syntax.variants import (
    Claims,
    ClassName,
    Edit,
    Knobs,
    Reference,
    Title,
    Variant,
    read_edits,
    read_variants,
)
from archspec.source import Mapping, Sequence, Span, YamlNode
from archspec.source.mistakes import bad_name, wrong_form, wrong_type

VERSION = "1"
Defaults = Keyed[str, Keyed[str, tuple[Span, Cell]]]


class Variable(Model):
    """A variable that says what it may be."""

    subject: ClassVar[str] = "a variable"
    value: Annotated[YamlNode, Key(any_node, "The value unless another is given.", "constant")]
    one_of: Annotated[Sequence | None, Key(a_list, "The values that it may have.", "constants")] = (
        None
    )
    min: Annotated[
        Formula | None, Key(cells.formula, "The smallest value that it may have.", "bound")
    ] = None
    max: Annotated[
        Formula | None, Key(cells.formula, "The largest value that it may have.", "bound")
    ] = None
    doc: Doc = ""


def _variables(node: YamlNode, info: Info) -> Keyed[str, VariableDeclaration]:
    reading: Reading = info.context
    variables: dict[str, VariableDeclaration] = {}
    for entry in a_mapping(node).entries:
        name = reading.read(cells.identifier, entry.key)
        declared = name and _variable(name, entry.value, reading)
        if declared:
            variables[declared.name.text] = declared
    reading.variables = variables
    return variables


def _variable(name: Word, node: YamlNode, reading: Reading) -> VariableDeclaration | None:
    if not isinstance(node, Mapping):
        plain = reading.read(cells.constant, node)
        return None if plain is None else VariableDeclaration(name, plain, node.span)
    form = Variable.read(node, reading)
    value = None if form is None else reading.read(cells.constant, form.value)
    if form is None or value is None:
        return None
    choices = form.one_of.items if form.one_of else ()
    allowed = {item.span: reading.read(cells.constant, item) for item in choices}
    good = {span: choice for span, choice in allowed.items() if choice is not None}
    _alike({form.value.span: value, **good}, reading)
    return VariableDeclaration(
        name,
        value,
        form.value.span,
        tuple(good.values()),
        tuple(good),
        _bound(form.min, reading),
        _bound(form.max, reading),
        form.doc,
    )


def _alike(values: Keyed[Span, Value], reading: Reading) -> None:
    """Report each of a variable's values that is of another kind than most of them."""
    kinds = Counter(map(kind, values.values()))
    usual = kinds.most_common(1)[0][0]
    for span, value in values.items():
        if kind(value) != usual:
            message = f"a variable's values are of one kind: {usual}, not {describe(value)}"
            reading.report(wrong_type(span, message, usual, written(value)))


def _bound(formula: Formula | None, reading: Reading) -> float | None:
    if formula is None:
        return None
    value: Value | None = getattr(formula.expr, "value", None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        reading.report(wrong_type(formula, "a bound is a number"))
        return None
    return value


@cache
def defaults_of(operation: Operation) -> type[Model]:
    """What `defaults` may say of an operation: its attributes, no key of a row."""
    fields: dict[str, Any] = {
        f"attribute_{number}": (Annotated[Cell | None, key], Field(None, alias=name))
        for number, (name, key) in enumerate(attributes(operation).items())
    }
    return create_model(f"DefaultsOf_{operation.name}", __base__=Model, **fields)


def _defaults(node: YamlNode, info: Info) -> Defaults:
    reading: Reading = info.context
    defaults: dict[str, Keyed[str, tuple[Span, Cell]]] = {}
    for entry in a_mapping(node).entries:
        name = entry.key.text
        op = None if name in reading.blocks else operation(name)
        if op is None:
            message = "defaults belong to an operation"
            reading.report(unknown_type(entry.key, known(), message, reading.blocks))
            continue
        if not isinstance(entry.value, Mapping):
            message = f"the defaults of {name} are a mapping"
            reading.report(wrong_form(entry.value, message, "{key: value, ...}"))
            continue
        stated = defaults_of(op).read(entry.value, reading, name)
        if stated is not None:
            places = {e.key.text: e.key.span for e in entry.value.entries}
            pairs = zip(type(stated).form(), (value for _, value in stated), strict=True)
            defaults[name] = {key: (places[key], cell) for key, cell in pairs if cell is not None}
    return defaults


def _input(node: YamlNode, info: Info) -> InputDeclaration:
    return _entering(None, a_list(node), info.context)


def _inputs(node: YamlNode, info: Info) -> tuple[InputDeclaration, ...]:
    """Several values that enter, by name."""
    mapping, reading = a_mapping(node), info.context
    inputs: list[InputDeclaration] = []
    if not mapping.entries:
        expected = "{name: [height, width, channels], ...}"
        reading.report(wrong_form(mapping.span, "`inputs` names no value", expected))
    for named in mapping.entries:
        name = reading.read(cells.identifier, named.key)
        if name is not None and name.text in cells.TENSORS:
            reading.report(bad_name(name, f"`{name.text}` always means a value of the flow"))
        elif name is not None:
            inputs.append(_entering(name, named.value, reading))
    return tuple(inputs)


def _entering(name: Word | None, node: YamlNode, reading: Reading) -> InputDeclaration:
    """A value that enters, and its sizes."""
    items = node.items if isinstance(node, Sequence) else ()
    sizes = [reading.read(cells.formula, item) for item in items]
    if len(sizes) not in (1, 3):
        subject = f"`{name.text}`" if name else "the input"
        message = f"{subject} is [height, width, channels] or [features]"
        hint = f"write {name.text if name else 'input'}: [32, 32, 3], the channels last"
        reading.report(wrong_form(node, message, "three sizes, or one", hint=hint))
    return InputDeclaration(name, tuple(size for size in sizes if size is not None), node.span)


Version = Annotated[Word, Key(cells.word, "The version of the language.", "version")]
Name = Annotated[Word, Key(cells.identifier, "What the network is called.")]
Use = Annotated[
    tuple[Word, ...],
    Key(cells.words, "Block files whose blocks are types here: names of the zoo, or paths."),
]
Input = Annotated[
    InputDeclaration | None,
    Part(_input, "`[height, width, channels]` of one sample, or `[features]`.", "sizes"),
]
Inputs = Annotated[
    tuple[InputDeclaration, ...],
    Part(_inputs, "Several values that enter, by name: `{left: [h, w, c], right: ...}`.", "inputs"),
]
Blocks = Annotated[
    tuple[Block, ...],
    Part(read_blocks, "Groups of rows with parameters, used as types.", "blocks"),
]


class Spec(Model):
    """A file that extends nothing."""

    subject: ClassVar[str] = "a spec"
    archspec: Version
    name: Name
    class_name: ClassName = None
    title: Title = ""
    doc: Doc = ""
    reference: Reference = None
    use: Use = ()
    variables: Annotated[
        Keyed[str, VariableDeclaration],
        Part(
            _variables,
            "Knobs with their defaults: a number, a word, true or false, a list; or `{value, one_of, min, max, doc}`.",
            "variables",
        ),
    ] = Field({}, alias="vars")
    let: Annotated[Lets, LETS] = ()
    defaults: Annotated[
        Defaults,
        Part(
            _defaults,
            "Attributes that an operation takes unless a row says otherwise.",
            "defaults",
        ),
    ] = Field({})
    blocks: Blocks = ()
    input: Input = None
    inputs: Inputs = ()
    rows: Annotated[tuple[Row, ...], Part(nested_rows, "The network.", "rows")]
    outputs: Outputs = ()
    variants: Annotated[
        Keyed[str, Variant],
        Part(
            read_variants,
            "Networks of this file with other values of its variables.",
            "variants",
        ),
    ] = Field({})
    expect: Claims = ()


Added = Mapping | None  # what is added to the extended file's own, read with it


class Extension(Model):
    """A file that extends another: what it says of itself, and what it changes."""

    subject: ClassVar[str] = "a spec that extends another"
    archspec: Version
    extends: Annotated[
        Word, Key(cells.word, "The spec that this one changes: a name of the zoo, or a path below.")
    ]
    name: Name
    class_name: ClassName = None
    title: Title = ""
    doc: Doc = ""
    reference: Reference = None
    use: Use = ()
    settings: Knobs = Field({}, alias="vars")
    let: Annotated[
        Added, Key(a_mapping, "Further derived names, or others in place of some.", "lets")
    ] = None
    defaults: Annotated[
        Added,
        Key(a_mapping, "Further attributes, or others in place of some, by operation.", "defaults"),
    ] = None
    blocks: Annotated[
        Added,
        Key(
            a_mapping, "Further blocks; `params` with a default added to old ones.", "added_blocks"
        ),
    ] = None
    input: Input = None
    inputs: Inputs = ()
    edits: Annotated[
        tuple[Edit, ...],
        Part(read_edits, "Changes of its rows, found by their labels.", "edits"),
    ] = Field((), alias="edit")
    outputs: Outputs = ()
    expect: Claims = ()
    span: Annotated[Span, Internal()] = Field(alias="<span>")


class BlockFile(Model):
    """A file of blocks, which know each other and nothing else."""

    subject: ClassVar[str] = "a block file"
    archspec: Version
    title: Title = ""
    doc: Doc = ""
    blocks: Blocks
