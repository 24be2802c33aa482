"""From the document to the graph: variables get values, blocks and loops unfold, shapes are inferred."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace

from archspec.graph.evaluate import Function, written
from archspec.graph.expr import Binary, Items, Sym
from archspec.graph.graph import Absent, Child, Graph, Kind, Port, Scope, ValueId, Variable
from archspec.graph.ops import operations
from archspec.graph.ops.base import NONE
from archspec.graph.quantity import Quantity, union
from archspec.graph.tensor import TensorType
from archspec.language.elaborate import unused
from archspec.language.elaborate.attributes import Attributes, language_words
from archspec.language.elaborate.blocks import Blocks
from archspec.language.elaborate.branching import Branching
from archspec.language.elaborate.frames import (
    Frame,
    Parts,
    entry,
    join,
    led,
)
from archspec.language.elaborate.frames import (
    Value as Flow,
)
from archspec.language.elaborate.loops import MAX_NODES, Loops
from archspec.language.elaborate.names import Names, Unknown, evaluate, misnamed
from archspec.language.elaborate.operations import Operations
from archspec.language.elaborate.origins import Origin, declarations, origin, read_by, writings
from archspec.language.elaborate.ports import Ports
from archspec.language.elaborate.references import References
from archspec.language.elaborate.sharing import Sharing
from archspec.language.elaborate.static import Static
from archspec.language.elaborate.values import Rejected, condition, evaluated, rejection
from archspec.language.syntax.document import (
    AssertRow,
    Cell,
    Document,
    Formula,
    GroupRow,
    Let,
    Listed,
    ParallelRow,
    ResidualRow,
    Row,
    TableRow,
    TypeRow,
)
from archspec.records import dataclass
from archspec.source import Diagnostic, Related, Span, SpecError


def elaborate(
    document: Document, variables: Mapping[str, Variable], size: tuple[int, ...], first: int = 0
) -> Graph:
    """The graph of a document with these values of its variables; `size` replaces the input unless empty.

    The ids of its scopes follow `first`. Raises SpecError with every mistake found.
    """
    elaborator = Elaborator(document, scopes=first)
    graph = elaborator.graph(variables, size)
    Static(elaborator).check()
    if elaborator.problems or graph is None:
        raise SpecError(elaborator.problems)
    return graph


@dataclass
class Elaborator:
    """Walks the rows once, in order. A row that fails leaves an unknown value, which silences what follows from it."""

    document: Document
    problems: list[Diagnostic] = field(default_factory=list)
    used: set[ValueId] = field(default_factory=set)
    made: dict[ValueId, Row] = field(default_factory=dict)
    takers: list[tuple[ValueId, Span, bool]] = field(default_factory=list)
    taken: dict[str, Span] = field(default_factory=dict)
    stack: list[tuple[str, Span]] = field(default_factory=list)
    nodes: int = 0
    scopes: int = 0
    seen: set[tuple[str, int, str]] = field(default_factory=set)
    parts: dict[int, Parts] = field(default_factory=dict)
    places: set[tuple[str, int]] = field(default_factory=set)
    walked: bool = False

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a mistake, once for each place, with the uses of the blocks that led to it.

        Once the rows have been walked, what is found at a place that is known already is the same mistake again.
        """
        place = (diagnostic.span.source.name, diagnostic.span.start)
        lacking = diagnostic.code == "missing-key"  # a row may lack several keys
        key = (*place, diagnostic.message if lacking else diagnostic.code)
        known = self.walked and not lacking and self.reported(diagnostic.span)
        if key in self.seen or known:
            return
        self.seen.add(key)
        self.places.add(place)
        uses = tuple(Related(span, f"`{name}` is used here") for name, span in self.stack[-1:])
        self.problems.append(replace(diagnostic, related=(*diagnostic.related, *uses)))

    def reported(self, span: Span) -> bool:
        """Whether there is a mistake at a place already."""
        return (span.source.name, span.start) in self.places

    def graph(self, variables: Mapping[str, Variable], size: tuple[int, ...]) -> Graph | None:
        self.file = self._file_names(variables)
        self.attributes = Attributes(self.document, self.file, self.report)
        self.blocks, self.loops, self.branching = Blocks(self), Loops(self), Branching(self)
        self.sharing, self.ports = Sharing(self), Ports(self)
        self.references, self.operations = References(self), Operations(self)
        id = self.new_id()
        frame, takes = self.ports.entry(id, size)
        outputs = self.document.outputs
        children, _ = self.rows(self.document.rows, frame, self.file, ends=not outputs)
        given = self.ports.given(outputs, frame, self.file)
        if takes is None or given is None or self.problems:
            return None
        gives = tuple(Port(name, v.ref, v.type) for name, v in given if v.type is not None)
        if len(gives) != len(given):
            return None
        unused.check_named(self)
        root = Scope(
            "model",
            id,
            None,
            "",
            self.document.name.text,
            (),
            tuple(port.type for port in takes),
            gives[0].type,
            gives[0].ref,
            children,
            self.file.symbols(),
            self.document.span,
            lets=self.lets,
            takes=takes,
            gives=gives,
        )
        if not self.problems:
            unused.check(self, root)
        document = self.document
        shown = document.span.source.name
        return Graph(
            document.name.text,
            document.class_name,
            document.title,
            document.doc,
            shown,
            root,
            variables,
            self.functions,
            frozenset(self.attributes.structure),
            self.ports.fixed,
        )

    def new_id(self) -> int:
        self.scopes += 1
        return self.scopes

    def _file_names(self, variables: Mapping[str, Variable]) -> Names:
        words = frozenset({NONE, *operations(), *self.document.blocks})
        self.sealed = Names({}, {}, words, sealed=True)
        for form in self.document.variables.values():
            words |= {str(item) for item in form.one_of if isinstance(item, str)}
            words |= {form.value} if isinstance(form.value, str) else set()
        values = {
            name: Quantity(v.value, Sym(name), frozenset({name})) for name, v in variables.items()
        }
        forms = self.document.variables
        choices = (zip(form.one_of, form.choices, strict=True) for form in forms.values())
        origins = {str(word): Origin(place, place) for words in choices for word, place in words}
        origins |= {
            n: Origin(forms[n].name.span, forms[n].span, v.value) for n, v in variables.items()
        }
        names = Names(values, {}, words, origins=origins)
        names, self.lets = self.derive(self.document.let, names, local=False)
        self.functions = names.functions
        return names

    def check_new(self, let: Let, names: Names, own: Collection[str] = ()) -> None:
        """Report a name of a `let` that has a meaning already, or is one of its `own`."""
        name = let.name.text
        kept = name in names.functions if let.parameters is not None else name in names.values
        if kept or name in own:
            self.report(
                Diagnostic(
                    "name-taken",
                    f"`{name}` has a meaning here already",
                    let.name.span,
                    expected="a new name",
                    received=name,
                    hint="rename it, or drop this line",
                    related=declarations([name], names.origins),
                )
            )

    def derive(
        self, lets: Iterable[Let], names: Names, *, local: bool
    ) -> tuple[Names, dict[str, Quantity]]:
        """The names with those of a `let`, each seeing the ones above it; and the derived values."""
        found: dict[str, Quantity] = {}
        own: set[str] = set()
        for let in lets:
            name = let.name.text
            self.check_new(let, names, own)
            own.add(name)
            if let.parameters is not None:
                names = self.function(let, let.parameters, names, local=local)
                continue
            quantity = self.value(let.body, names)
            value = None if quantity is None else quantity.value
            shown = quantity and Quantity(quantity.value, Sym(name), quantity.deps)
            begun = {name: origin(let.name.span, let.body, value, names.origins)}
            names = names.with_values({name: shown}, begun)
            if quantity is not None:
                found[name] = quantity
        return names, found

    def function(
        self, let: Let, parameters: tuple[str, ...], names: Names, *, local: bool
    ) -> Names:
        """The names with a function, whose body's names are looked at once and for all."""
        place = let.name.span
        places = {name: Origin(place.find(name), place.find(name)) for name in parameters}
        home = names.with_values(dict.fromkeys(parameters), places)
        known = len(self.problems)
        self.check_names(let.body, home)
        function = Function(let.name.text, parameters, let.body.expr, local)
        free = {n: o for n, o in names.origins.items() if n not in parameters}
        begun = Origin(place, let.body.span, None, free, let.body.expr)
        return names.with_function(function, None if len(self.problems) > known else names, begun)

    def check_names(self, formula: Formula, names: Names) -> None:
        """Report every name of a formula that there is not, on whichever side of a condition it stands."""
        for error in misnamed(formula.expr, names):
            self.report(rejection(error, formula, names).diagnostic)

    def value(self, formula: Formula, names: Names) -> Quantity | None:
        """A formula's pair, or None after reporting why it has none."""
        try:
            return evaluated(formula, names)
        except Rejected as rejected:
            self.report(rejected.diagnostic)
        except Unknown:
            pass
        return None

    def rows(
        self, rows: Sequence[Row], frame: Frame, names: Names, *, ends: bool = True
    ) -> tuple[tuple[Child, ...], Flow]:
        """The children that a list of rows makes, and the value of the last; if that `ends` the list it is used."""
        children: list[Child] = []
        position = 0
        frame.rows = rows
        for row in rows:
            here = names.with_tensors(frame)
            if isinstance(row, AssertRow):
                self._assert(row, here)
                continue
            child, kind = self.row(row, frame, here)
            ref = ValueId(frame.id, position)
            position += 1
            if child is not None:
                children.append(child)
                self.sharing.made[ref] = child
            self.made[ref] = row
            frame.prev = replace(self.left(child, ref, kind, frame.prev), place=row.place)
            label = self.references.label(row, here) if child is None else child.label
            if row.label is not None and label is not None:
                frame.places[join(frame.prefix, label)] = frame.prev
            if child is None or not child.present:
                self.used.add(ref)
        if ends:
            self.used.add(frame.prev.ref)
        return tuple(children), frame.prev

    def left(self, child: Child | None, ref: ValueId, kind: TensorType | None, above: Flow) -> Flow:
        """The value of a row: one, or the several that its scope gives or that a dropped row passes on."""
        if isinstance(child, Absent):
            return Flow(ref, kind, led(above.parts, ref))
        parts = self.parts.get(child.id, ()) if isinstance(child, Scope) else ()
        return Flow(ref, kind, led(parts, ref))

    def _assert(self, row: AssertRow, names: Names) -> None:
        try:
            if condition(row.test, names, "an assertion").value:
                return
        except Rejected as rejected:
            return self.report(rejected.diagnostic)
        except Unknown:
            return
        message = row.message or "the assertion does not hold"
        test, received = row.test.expr, "false"
        if isinstance(test, Binary) and test.op not in ("and", "or"):
            left, right = (evaluate(side, names).value for side in (test.left, test.right))
            received = f"{written(left)} {test.op} {written(right)}"
        found = Diagnostic(
            "assertion", message, row.test.span, expected=row.test.text, received=received
        )
        notes = writings(read_by(row.test), names.origins, lambda value: True)
        self.report(replace(found, related=notes))

    def row(self, row: Row, frame: Frame, names: Names) -> tuple[Child | None, TensorType | None]:
        """One row: its child and the type of the value it gives."""
        inputs = self.references.inputs(row, frame, names)
        label = self.references.label(row, names)
        when = None
        if row.when is not None:
            try:
                when = condition(row.when, names, "when")
            except Rejected as rejected:
                self.report(rejected.diagnostic)
                return None, None
            except Unknown:
                return None, None
            self.attributes.structure |= when.deps
        dropped = when is not None and not when.value
        self.takers += [(value.ref, row.span, dropped) for value in inputs or ()]
        if when is not None and dropped:
            passed = frame.prev
            self.used.add(passed.ref)
            if passed.type is None:
                return None, None
            return Absent(label or "", (passed.ref,), passed.type, when, row.span), passed.type
        if inputs is None:
            return None, None
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.too_many(row.span)
            return None, None
        child: Child | None
        if row.repeat is not None:
            child = self.loops.repeat(row, label, inputs, frame, names)
        else:
            path = join(frame.prefix, label)
            child = self.single(row, label, path, inputs, frame, names)
        if child is not None and row.shares is not None:
            child = self.sharing.shared(row, child, frame, names)
        if child is None:
            return None, None
        return (child if when is None else replace(child, when=when)), child.output

    def too_many(self, span: Span) -> None:
        """More rows than a network may have, seen at `span`; no further row is looked at."""
        self.nodes = MAX_NODES
        self.report(
            Diagnostic(
                "repeat-budget",
                f"the network has more than {MAX_NODES:,} rows",
                span,
                expected=f"at most {MAX_NODES:,}",
                received="a repeat of repeats, or blocks of blocks",
            )
        )

    def single(
        self,
        row: Row,
        label: str | None,
        path: str,
        inputs: tuple[Flow, ...],
        frame: Frame,
        names: Names,
    ) -> Child | None:
        """A row once, whatever its `repeat` and `when` were."""
        if label is not None and not isinstance(row, TableRow):
            self.references.take(path, row.place)
        if isinstance(row, TypeRow):
            return self.operations.typed(row, label, path, inputs, names)
        if len(inputs) != 1:
            self.operations.arity(row, inputs, "a group of rows", (1, 1))
            return None
        match row:
            case GroupRow():
                return self._group(row, label, path, inputs[0], frame, names)
            case TableRow():
                return self.loops.table(row, label, inputs[0], frame, names)
            case ParallelRow() | ResidualRow():
                return self.branching.fork(row, label, path, inputs[0], frame, names)
        raise TypeError(row)

    def scope(
        self,
        kind: Kind,
        id: int,
        label: str | None,
        path: str,
        definition: str,
        entered: Flow,
        frame: Frame,
        children: Iterable[Child],
        names: Names,
        span: Span,
    ) -> Scope | None:
        """The scope of a list whose rows have been walked; None where its types are not known."""
        if frame.input.type is None or frame.prev.type is None:
            return None
        return Scope(
            kind,
            id,
            label,
            path,
            definition,
            (entered.ref,),
            (frame.input.type,),
            frame.prev.type,
            frame.prev.ref,
            tuple(children),
            names.symbols(),
            span,
        )

    def _group(
        self, row: GroupRow, label: str | None, path: str, input: Flow, frame: Frame, names: Names
    ) -> Child | None:
        inner = entry(self.new_id(), path, input.type, frame)
        children, result = self.rows(row.rows, inner, names)
        if result.parts:
            self.parts[inner.id] = result.parts
        definition = label or "group"
        return self.scope(
            "group", inner.id, label, path, definition, input, inner, children, names, row.span
        )

    def cell(self, cell: Cell, names: Names) -> Quantity | None:
        """A block's argument: any value, as it is."""
        if isinstance(cell, Formula):
            return self._argument(cell, names)
        if isinstance(cell, Listed):
            items = [self.cell(item, names) for item in cell.items]
            known = [item for item in items if item is not None]
            if len(known) != len(items):
                return None
            value = tuple(item.value for item in known)
            return Quantity(value, Items(tuple(item.expr for item in known)), union(*known))
        self.report(
            Diagnostic(
                "wrong-type",
                "a block's argument is a value or a list",
                cell.span,
                expected="a number, a word, true or false, a list",
                received="a mapping",
            )
        )
        return None

    def _argument(self, formula: Formula, names: Names) -> Quantity | None:
        """A value of the place, or a word that some operation in the block may take."""
        built_in = names.with_words(language_words())
        try:
            return evaluated(formula, built_in)
        except Unknown:
            return self.value(formula, built_in)
        except Rejected:  # what plug-ins bring is asked for last: few specs need it
            return self.value(formula, names.with_words(language_words(True)))
