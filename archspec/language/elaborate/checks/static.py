"""Mistakes that no value hides: the names, words and literals of every row, whether these values reach it or not.

Elaboration sees the rows that there are. Here each formula of the document is looked at once, with no value known: in
rows that `when` drops, in blocks that nobody uses, on the side of a condition that is not taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archspec.graph.evaluate import Function
from archspec.graph.expr import Binary, Expr, Items, Lit, Sym, parts
from archspec.graph.ops import operation
from archspec.graph.ops.base import INITIALS, Operation
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import Symbol
from archspec.language.elaborate.checks.labels import Labels
from archspec.language.elaborate.formulas.attributes import (
    Attributes,
    argument,
    companion_words,
    language_words,
)
from archspec.language.elaborate.formulas.bindings import Bindings, Unknown
from archspec.language.elaborate.formulas.conversions import AttributeKey, convert
from archspec.language.elaborate.formulas.lets import check_names
from archspec.language.elaborate.formulas.origins import Origin
from archspec.language.elaborate.formulas.values import condition, count, evaluated
from archspec.language.elaborate.rows.blocks import no_argument
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.sheets import no_column
from archspec.language.syntax.document import (
    AssertRow,
    Block,
    Cell,
    Formula,
    GroupRow,
    LabelPattern,
    Let,
    Listed,
    Output,
    ParallelRow,
    Record,
    ResidualRow,
    Row,
    TableRow,
    TypeRow,
    VariableDeclaration,
)
from archspec.source import Related, Span, guesses
from archspec.source.kinds import leading
from archspec.source.mistakes import unknown_label, unknown_word


class Static:
    """Looks at every formula; what elaboration has reported at a place is not reported again."""

    def __init__(self, context: Context) -> None:
        self.document, self.problems, self.sealed = (
            context.document,
            context.problems,
            context.sealed,
        )
        words, origins = context.file.words, context.file.origins
        variables: dict[Symbol, None] = dict.fromkeys(self.document.variables)
        self.names = self.lets(self.document.let, Bindings(variables, {}, words, origins=origins))
        self.attributes = Attributes(self.document, self.names, self.problems)

    def check(self) -> None:
        """Report what is wrong in the file's formulas."""
        for name, stated in self.document.defaults.items():
            cells = {key: cell for key, (_, cell) in stated.items()}
            for key, (place, _) in stated.items():
                self.attribute(_declared(name), key, cells, self.names, place)
        for block in self.document.blocks.values():
            self.block(block)
        for entering in self.document.inputs:
            for formula in entering.sizes:
                self.formula(formula, self.names)
        named = [entering.name for entering in self.document.inputs if entering.name]
        labels = Labels(places={name.text: name.span for name in named})
        self.rows(self.document.rows, self.names, labels)
        self.outputs(self.document.outputs, self.names, labels)

    # formulas

    def formula(self, formula: Formula, names: Bindings) -> None:
        """The names of a formula, and words that a variable never is."""
        self.problems.attempt(evaluated, formula, names)
        for expr in _all(formula.expr):
            if isinstance(expr, Binary):
                self.comparison(expr, formula, names)
        check_names(formula, names, self.problems)

    def cell(self, cell: Cell, names: Bindings) -> None:
        """A value of a row: any word of the language may stand in it."""
        allowed = names.with_words(language_words())
        for formula in _formulas(cell):
            self.formula(formula, allowed)

    def comparison(self, expr: Binary, formula: Formula, names: Bindings) -> None:
        """`top == nonne`, where `top` is one of others."""
        sides = (
            [(expr.left, expr.right), (expr.right, expr.left)] if expr.op in ("==", "!=") else []
        )
        if expr.op in ("in", "not in") and isinstance(expr.right, Items):
            sides = [(expr.left, item) for item in expr.right.items]
        for one, other in sides:
            form, word = self.variable(one, names), _word(other, names)
            if form is None or word is None or word in form.one_of:
                continue
            name, place = form.name.text, formula.span.find(word)
            words = [str(item) for item in form.one_of]
            near, places = guesses(word, words), dict(zip(words, form.choices, strict=True))
            notes = leading(near, places, "is one of them")
            notes = notes or (Related(form.name.span, f"`{name}` is declared here"),)
            message = f"{name} is never `{word}`"
            self.problems.report(unknown_word(place, message, words, word, near=near, notes=notes))

    def variable(self, expr: Expr, names: Bindings) -> VariableDeclaration | None:
        """The file's variable that a bare name means, if it is one of a few."""
        name = expr.symbol if isinstance(expr, Sym) else None
        form = self.document.variables.get(name) if isinstance(name, str) else None
        if form is None or not form.one_of:
            return None
        here = names.origins.get(form.name.text)
        return form if here and here.declared == form.name.span else None

    # rows

    def rows(self, rows: Iterable[Row], names: Bindings, labels: Labels) -> None:
        for row in rows:
            here = names.with_tensors(labels)
            if isinstance(row, AssertRow):
                self.problems.attempt(condition, row.test, here, "an assertion")
                self.formula(row.test, here)
                continue
            self.common(row, here, labels)
            self.content(row, self.counting(row, here), labels)
            labels.add(row)

    def common(self, row: Row, names: Bindings, labels: Labels) -> None:
        """What any row may say."""
        if isinstance(row.label, LabelPattern):
            for part in row.label.parts:
                if isinstance(part, Formula):
                    self.formula(part, names)
        for source in (*(row.source or ()), *([row.shares] if row.shares else [])):
            self.reference(source, names, labels)
        if row.when is not None:
            self.problems.attempt(condition, row.when, names, "when")
            self.formula(row.when, names)
        if row.repeat is not None:
            self.problems.attempt(count, row.repeat, names, "repeat")
            self.formula(row.repeat, names)

    def counting(self, row: Row, names: Bindings) -> Bindings:
        """The names that the content of a row sees."""
        if row.repeat is None:
            return names
        place = row.counter.span if row.counter else row.repeat.span
        counter = row.counter.text if row.counter else "i"
        return names.with_values({counter: None}, {counter: Origin(place, row.repeat.span)})

    def reference(self, source: LabelPattern, names: Bindings, labels: Labels) -> None:
        """A label or a path; of one that holds an expression the names in it."""
        for part in source.parts:
            if isinstance(part, Formula):
                self.formula(part, names)
        label = source.parts[0] if source.parts and isinstance(source.parts[0], str) else ""
        if len(source.parts) > 1 and "." not in label:
            return  # the label itself holds an expression: it may be any
        near = None if self.problems.reported(source.span) else labels.near(label)
        if near is None:
            return
        message = f"no row above is called `{source.span.text}`"
        notes = leading(near, {name: labels.place(name) for name in near}, "is this row")
        self.problems.report(unknown_label(source, message, labels.all(), near=near, notes=notes))

    def content(self, row: Row, names: Bindings, labels: Labels) -> None:
        inner = labels if row.label is None else Labels(labels)
        match row:
            case TypeRow():
                self.typed(row, names)
            case GroupRow():
                self.rows(row.rows, names, inner)
            case TableRow():
                self.table(row, names, inner)
            case ParallelRow():
                self.parallel(row, names, inner)
            case ResidualRow():
                self.rows(row.rows, names, inner)
                self.rows(row.shortcut or (), names, Labels(labels))
                inner.places["shortcut"] = row.span

    def parallel(self, row: ParallelRow, names: Bindings, labels: Labels) -> None:
        for name, branch in row.branches.items():
            if branch.when is not None:
                self.problems.attempt(condition, branch.when, names, "when")
                self.formula(branch.when, names)
            self.rows(branch.rows, names, Labels(labels))
            labels.places[name] = row.places[name]
        if row.merge is not None:
            merge, op = row.merge, _declared(row.merge.type.text)
            for key in merge.values.keys() & op.attributes.keys():
                self.attribute(op, key, merge.values, names, merge.type.span)

    def typed(self, row: TypeRow, names: Bindings) -> None:
        block = self.document.blocks.get(row.type.text)
        if block is None:
            return self.operation(row, _declared(row.type.text), names)
        for key, parameter in block.parameters.items():
            cell = row.values.get(key)
            if cell is not None:
                argument(cell, names, self.problems)
                self.cell(cell, names)
            elif parameter.default is None:
                self.problems.report(no_argument(row, block, parameter))

    def operation(self, row: TypeRow, op: Operation, names: Bindings) -> None:
        self.attributes.of(op, row.values, names, row.type.span)
        for key in row.values:
            self.attribute(op, key, row.values, names, row.type.span)

    def attribute(
        self, op: Operation, key: str, cells: dict[str, Cell] | Any, names: Bindings, place: Span
    ) -> None:
        """One attribute of an operation: converted as far as that goes, its names and words looked at."""
        cell, stated = cells[key], op.attributes.get(key)
        if stated is not None:
            self.problems.attempt(convert, cell, AttributeKey(op.name, key, stated), names)
        else:
            self.attributes.companion(op, key, cell, names)
        self.cell(cell, names)
        self.choices(op, key, cell, names)

    def choices(self, op: Operation, key: str, cell: Cell, names: Bindings) -> None:
        """A variable that is one of a few words is one of those that its key takes."""
        form = self.variable(cell.expr, names) if isinstance(cell, Formula) else None
        if form is None:
            return
        for word, place in zip(form.one_of, form.choices, strict=True):
            if isinstance(word, str) and not _taken(op, key, word):
                words = _words(op, key, plugged=True)
                message = f"`{word}` is not a word that {key} of {op.name} takes"
                notes = [Related(cell.span, f"`{form.name.text}` is given to {key} here")]
                self.problems.report(unknown_word(place, message, words, word, notes=notes))

    def table(self, row: TableRow, names: Bindings, labels: Labels) -> None:
        if isinstance(row.values, Formula):
            self.formula(row.values, names)
        else:
            for formula in (formula for line in row.values for formula in line):
                self.formula(formula, names)
        for cell in row.columnwise or ():
            argument(cell, names, self.problems)
            self.cell(cell, names)
        columns = {word.text: Origin(word.span, word.span) for word in row.columns}
        readable = {*columns, "row", *(let.name.text for let in row.let)}

        def sums(function: str, column: str) -> Quantity:
            if column not in readable:
                raise no_column(column, readable)
            raise Unknown

        inner = names.with_values(dict.fromkeys((*columns, "row")), columns).with_table(sums)
        self.rows(row.each, self.lets(row.let, inner), labels)

    def block(self, block: Block) -> None:
        outside = self.sealed if block.sealed else self.names
        for parameter in block.parameters.values():
            if parameter.default is not None:
                argument(parameter.default, outside, self.problems)
                self.cell(parameter.default, outside)
        places = {name: p.name.span for name, p in block.parameters.items()}
        origins = {name: Origin(place, place) for name, place in places.items()}
        labels = Labels(places={word.text: word.span for word in block.inputs})
        inside = outside.with_values(dict.fromkeys(places), origins).with_tensors(labels)
        self.rows(block.rows, self.lets(block.let, inside), labels)
        self.outputs(block.outputs, inside, labels)

    def outputs(self, outputs: Iterable[Output], names: Bindings, labels: Labels) -> None:
        """What a block or the network gives."""
        here = names.with_tensors(labels)
        for output in outputs:
            self.reference(output.source, here, labels)
            if output.when is not None:
                self.problems.attempt(condition, output.when, here, "when")
                self.formula(output.when, here)

    def lets(self, lets: Iterable[Let], names: Bindings) -> Bindings:
        """The names with those of a `let`, their values unknown."""
        for let in lets:
            name, start = let.name.text, Origin(let.name.span, let.body.span)
            if let.parameters is None:
                self.formula(let.body, names)
                names = names.with_values({name: None}, {name: start})
                continue
            self.formula(let.body, names.with_values(dict.fromkeys(let.parameters)))
            function = Function(name, let.parameters, let.body.expr)
            names = names.with_function(function, None, start)
        return names


def _declared(name: str) -> Operation:
    """The operation of a row that its form has read."""
    op = operation(name)
    assert op is not None, name
    return op


def _all(expr: Expr) -> Iterator[Expr]:
    """An expression and everything in it."""
    yield expr
    for part in parts(expr):
        yield from _all(part)


def _formulas(cell: Cell) -> Iterator[Formula]:
    match cell:
        case Formula():
            yield cell
        case Listed(items=items):
            for item in items:
                yield from _formulas(item)
        case Record(values=values):
            for item in values.values():
                yield from _formulas(item)


def _word(expr: Expr, names: Bindings) -> str | None:
    """The word that an expression is, if it is one."""
    match expr:
        case Sym(str() as name) if name not in names.values:
            return name
        case Lit(str() as text):
            return text
    return None


def _taken(op: Operation, key: str, word: str) -> bool:
    """Whether a key of an operation takes a word: any where it takes none. What plug-ins bring is asked for last."""
    words = _words(op, key)
    return not words or word in words or word in _words(op, key, plugged=True)


def _words(op: Operation, key: str, *, plugged: bool = False) -> tuple[str, ...]:
    """The words that a key of an operation takes, those of plug-ins among them or not."""
    stated = op.attributes.get(key)
    if stated is None:
        return companion_words(key, plugged=plugged)
    return stated.words or (tuple(INITIALS) if stated.kind == "init" else ())
