"""Rows and specs that Python makes: keys are arguments, and mistakes have the messages of YAML files.

A row is written as YAML and read again, so that it has a text with places, and the rules of files hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from keyword import iskeyword
from types import new_class
from typing import Any, ClassVar

from pydantic import PrivateAttr

from archspec.graph.expr import Apply, Expr, Sym, parts
from archspec.graph.ops import known
from archspec.language.elaborate.formulas.bindings import Bindings, Unknown
from archspec.language.elaborate.formulas.conversions import AttributeKey, convert
from archspec.language.elaborate.formulas.values import Rejected, condition, count
from archspec.language.syntax.blocks import Block
from archspec.language.syntax.file import VERSION, Extension, Spec, Variable
from archspec.language.syntax.forms import ROWS_OF_A_FORM, camel, operation_row, read_row
from archspec.language.syntax.model import Model, Reading
from archspec.language.syntax.reading import read_spec
from archspec.language.syntax.rows import OperationRow, Row, ValuesRow
from archspec.language.syntax.tables import TableRow
from archspec.language.syntax.terms import Cell, Formula, Listed, Record, Word
from archspec.language.syntax.variants import After, At, Before, Claim, Remove, Variant
from archspec.source import (
    AsNode,
    Diagnostic,
    Sequence,
    Source,
    SpecError,
    YamlNode,
    node_of,
    read,
    written,
)
from archspec.source import Mapping as MappingNode

PLACE = "<python>"
_NOTHING = Bindings({}, {}, frozenset())
_TABLE = ("columns", "rows", "let", "each")


class Made(Model, AsNode):
    """A model whose keys are arguments. `renamed` maps an argument to its key where their names differ."""

    renamed: ClassVar[Mapping[str, str]] = {}
    base: ClassVar[type[Model]] = Model
    _node: MappingNode = PrivateAttr()

    def __init__(self, **keys: Any) -> None:
        """Raises SpecError with everything that is wrong, as far as the row alone shows it."""
        plain = {self.renamed.get(key, _spelt(key)): value for key, value in keys.items()}
        node = self.read_again(node_of(self.data(plain), PLACE))
        reading = Reading(read_row, partial=True)
        model = self.read_model(node, reading)
        if isinstance(model, Row):
            reading.problems += _wrong_literals(model)
        if reading.problems or model is None:
            raise SpecError(reading.problems)
        self.__setstate__(model.__getstate__())
        self._node = node

    def read_again(self, node: YamlNode) -> MappingNode:
        """The node with places in a text: written as YAML and read again."""
        result = read(Source(PLACE, written(node)))
        assert isinstance(result, MappingNode)
        return result

    def data(self, keys: dict[str, Any]) -> dict[str, Any]:
        """The mapping that the arguments stand for."""
        return keys

    def read_model(self, node: MappingNode, reading: Reading) -> Model | None:
        """The model of a node."""
        if issubclass(self.base, Row):
            return read_row(node, reading)
        if self.base is Spec:
            return read_spec(node, reading)
        subject = f"a {self.base.__name__.lower()}" if self.base is Block else ""
        unnamed = Word("", node.span)
        internal = {"<name>": unnamed, "<span>": node.span, "<sealed>": False}
        return self.base.read(node, reading, subject, internal=internal)

    def as_node(self) -> YamlNode:
        """The mapping as the reader has it."""
        return self._node

    def to_yaml(self) -> str:
        """The YAML that says the same."""
        return written(self._node)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}\n{self.to_yaml()}>"

    __str__ = __repr__


def _spelt(key: str) -> str:
    """The key of an argument: Python's keywords end in `_`, as in `from_`, `as_`."""
    return key[:-1] if key.endswith("_") and iskeyword(key[:-1]) else key


class MadeRow(Made):
    """A row: its name stands first."""

    kind: ClassVar[str] = ""

    def read_again(self, node: YamlNode) -> MappingNode:
        """The node as an item of a list of rows, written as YAML and read again."""
        result = read(Source(PLACE, written(node_of([node]))))
        assert isinstance(result, Sequence)
        (row,) = result.items
        assert isinstance(row, MappingNode)
        return row

    def to_yaml(self) -> str:
        """The line or lines of a list of rows that say the same."""
        return written(node_of([self._node]))

    def data(self, keys: dict[str, Any]) -> dict[str, Any]:
        """The row, its type and its name before everything else."""
        first = {"type": self.kind} if self.kind else {}
        return first | {key: keys[key] for key in ("name",) if key in keys} | keys


class Use(MadeRow, ValuesRow):
    """A row of a block, by the block's name; the block's parameters are further arguments."""

    base: ClassVar[type[Model]] = ValuesRow

    def __init__(self, block: str, /, **keys: Any) -> None:
        """Raises SpecError with everything that is wrong, as far as the row alone shows it."""
        Made.__init__(self, type=block, **keys)

    def data(self, keys: dict[str, Any]) -> dict[str, Any]:
        """The row, its type and its name before everything else."""
        return super().data({"type": keys["type"]} | keys)


class Table(MadeRow, TableRow):
    """A paper's table: `each` stands once for each of its `rows`."""

    base: ClassVar[type[Model]] = TableRow

    def data(self, keys: dict[str, Any]) -> dict[str, Any]:
        """The row, its table in a mapping of its own."""
        body = {key: keys.pop(key) for key in _TABLE if key in keys}
        return super().data(keys | {"table": body})


class _MadeSpec(Made):
    """A whole file: the version of the language stands first."""

    def data(self, keys: dict[str, Any]) -> dict[str, Any]:
        """The file, its keys in the usual order."""
        keys = {"archspec": int(VERSION)} | keys
        usual = {key: keys[key] for key in self.base.form() if key in keys}
        return usual | keys


_ROWS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Group": ("rows", {}),
    "Parallel": ("parallel", {"branches": "parallel"}),
    "Residual": ("residual", {"rows": "residual"}),
    "Assert": ("assert", {"test": "assert"}),
}
_OTHERS: Mapping[str, type[Model]] = {
    one.__name__: one for one in (Block, Variable, Variant, Claim, At, Before, After, Remove)
}


def names() -> tuple[str, ...]:
    """The names that `model` accepts: operations first."""
    rest = ("Use", "Table", *_ROWS, *_OTHERS, "Spec", "Extension")
    return (*map(camel, known()), *rest)


@cache
def model(name: str) -> type[Made] | None:
    """The class of a name in `archspec.rows`, or None if there is none."""
    if name in ("Use", "Table"):
        return Use if name == "Use" else Table
    if name in ("Spec", "Extension"):
        return _derived(name, _MadeSpec, Spec if name == "Spec" else Extension)
    if name in _OTHERS:
        return _derived(name, Made, _OTHERS[name])
    if name in _ROWS:
        form, renamed = _ROWS[name]
        return _derived(name, MadeRow, ROWS_OF_A_FORM[form], renamed=renamed)
    op = next((op for op in known().values() if camel(op.name) == name), None)
    return (
        None
        if op is None
        else _derived(name, MadeRow, operation_row(op), kind=op.name, doc=op.__doc__)
    )


def _derived(
    name: str, parent: type[Made], base: type[Model], *, doc: str | None = None, **more: Any
) -> type[Made]:
    space = {"__module__": "archspec.rows", "__doc__": doc or base.__doc__, "base": base, **more}
    space["__annotations__"] = {key: ClassVar[Any] for key in ("base", *more)}
    derived: type[Made] = new_class(name, (parent, base), exec_body=lambda body: body.update(space))
    return derived


def _wrong_literals(row: Row) -> Iterator[Diagnostic]:
    """The mistakes in values of a row that hold no name; other values are checked in elaboration."""
    checks = [(condition, row.when, "when"), (count, row.repeat, "repeat")]
    for check, formula, key in checks:
        if formula is not None and _is_literal(formula):
            yield from _rejected(check, formula, _NOTHING, key)
    if not isinstance(row, OperationRow):
        return
    op = known()[row.type.text]
    for key, cell in row.values.items():
        attribute = op.attributes.get(key)
        if attribute is not None and _is_literal(cell):
            yield from _rejected(convert, cell, AttributeKey(op.name, key, attribute), _NOTHING)


def _rejected(check: Any, *arguments: Any) -> Iterator[Diagnostic]:
    try:
        check(*arguments)
    except Rejected as rejected:
        yield rejected.diagnostic
    except Unknown:
        pass


def _is_literal(cell: Cell) -> bool:
    match cell:
        case Formula(expr=expr):
            return _has_no_name(expr)
        case Listed(items=items):
            return all(map(_is_literal, items))
        case Record(values=values):
            return all(map(_is_literal, values.values()))
    return False


def _has_no_name(expr: Expr) -> bool:
    return not isinstance(expr, Sym | Apply) and all(map(_has_no_name, parts(expr)))
