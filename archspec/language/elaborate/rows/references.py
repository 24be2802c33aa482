"""Names of rows: what a row is called, and which value a reference means."""

from __future__ import annotations

from collections.abc import Callable

from archspec.graph.graph import Absent
from archspec.graph.quantity import Quantity
from archspec.language.elaborate.formulas.bindings import Bindings, Unknown
from archspec.language.elaborate.formulas.values import Rejected, evaluated
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.scopes import EVERY, FlowValue, RowScope
from archspec.language.syntax.document import Formula, LabelPattern, Row
from archspec.records import dataclass
from archspec.source import Diagnostic, Related
from archspec.source.kinds import leading
from archspec.source.mistakes import tuple_value, unknown_label

HINTED = 100  # mistakes after which nobody looks for the label that might be meant


@dataclass
class References:
    """The part of elaboration that gives rows their names and finds what others refer to."""

    context: Context

    def label(self, row: Row, names: Bindings, *, dropped: bool = False) -> str | None:
        """The last part of a row's name, its expressions computed; of a `dropped` row nothing is reported."""
        if not isinstance(row.label, LabelPattern):
            return row.label
        text = self._quiet(row.label, names) if dropped else self.text(row.label, names)
        return (text or "0").replace("-", "_").replace(".", "_")

    def text(self, pattern: LabelPattern, names: Bindings) -> str | None:
        """A name or a reference with the values of its expressions; None after reporting one that has none."""
        attempt = self.context.problems.attempt
        return _joined(pattern, lambda formula: attempt(evaluated, formula, names))

    def _quiet(self, pattern: LabelPattern, names: Bindings) -> str | None:
        """The same without a report."""

        def value(formula: Formula) -> Quantity | None:
            try:
                return evaluated(formula, names)
            except (Rejected, Unknown):
                return None

        return _joined(pattern, value)

    def inputs(self, row: Row, scope: RowScope, names: Bindings) -> tuple[FlowValue, ...] | None:
        """The values that a row takes. A tuple stands for all of its values where nothing stands beside it, the turns
        of a loop stand for themselves."""
        if row.source is None:
            self.context.use(scope.prev)
            return scope.prev.several()
        taken = [self._taken(source, scope, names) for source in row.source]
        known = [(source, some) for source, some in zip(row.source, taken, strict=True) if some]
        if len(known) != len(taken):
            return None
        values = [(source, value) for source, some in known for value in some]
        if len(values) == 1:
            return values[0][1].several()
        tuples = [(source, value) for source, value in values if value.parts]
        for source, value in tuples:
            self.not_one(source, value)
        return None if tuples else tuple(value for _, value in values)

    def asked(self, row: Row, scope: RowScope, names: Bindings) -> tuple[FlowValue, ...]:
        """The values that a dropped row would take, as far as there are any: it asks for nothing, so that nothing is
        reported."""
        texts = [self._quiet(source, names) for source in row.source or ()]
        values = [scope.value(text) for text in texts if text is not None]
        return tuple(value for value in values if value is not None)

    def _taken(
        self, source: LabelPattern, scope: RowScope, names: Bindings
    ) -> tuple[FlowValue, ...] | None:
        """The value that a reference names, or those of all turns of a loop; None after reporting that there is
        none."""
        if not any(EVERY in part for part in source.parts if isinstance(part, str)):
            value = self.named(source, scope, names)
            return None if value is None else (value,)
        text = self.text(source, names)
        values = None if text is None else scope.every(text)
        if text is not None and not values:
            self.context.report(self._no_turns(source, text, scope, none=values == ()))
        for value in values or ():
            self.context.use(value)
        return values or None

    def named(
        self, source: LabelPattern, scope: RowScope, names: Bindings, *, use: bool = True
    ) -> FlowValue | None:
        """The value that a reference names, marked as used if it is; None after reporting that there is none."""
        text = self.text(source, names)
        value = None if text is None else scope.value(text)
        if text is not None and value is None:
            self.context.report(self._no_label(source, text, scope))
        if value is not None and use:
            self.context.use(value)
        return value

    def _no_turns(
        self, source: LabelPattern, text: str, scope: RowScope, *, none: bool
    ) -> Diagnostic:
        """A reference to all turns of what is no loop, of a loop without turns, or to a row that a turn has not."""
        loop, _, rest = text.partition(f".{EVERY}")
        whole = scope.value(loop)
        if whole is None or (whole.turns is not None and not none):
            missing = text if whole is None else scope.lacking(text)
            return self._no_label(source, missing, scope)
        notes = [Related(whole.place, f"`{loop}` is this row")] if whole.place else []
        expected = "a row with `repeat`, or a table"
        if none:
            message, hint = f"`{loop}` has no turns", "give this row a `when` that drops it then"
        else:
            message, hint = f"`{loop}` has no turns: it stands once", f"write {loop}{rest}"
        return unknown_label(source, message, (), text, hint=hint, notes=notes, expected=expected)

    def not_one(self, source: LabelPattern, value: FlowValue) -> None:
        """Report a reference to several values where one is wanted."""
        names, text = ", ".join(name for name, _ in value.parts), source.span.text
        message, expected = f"`{text}` is {len(value.parts)} values", f"one of them: {names}"
        part = value.parts[0][0]
        hint = f"pick one: {text}.{part}"
        notes = [Related(value.place, f"`{text}` is this row")] if value.place else []
        self.context.report(tuple_value(source, message, expected, text, hint, notes))

    def _no_label(self, source: LabelPattern, text: str, scope: RowScope) -> Diagnostic:
        few = len(self.context.problems.diagnostics) < HINTED
        labels, near = (scope.labels(), scope.near(text)) if few else ((), ())
        places = {name: scope.row(name, text) for name in near}
        rows = (*leading(near, places, "is this row"), *self._not_here(text, scope))
        return unknown_label(
            source,
            f"no row above is called `{text}`",
            labels,
            text,
            near=near,
            nothing="a row above",
            notes=(*self._removed(text), *rows),
            hint=self._inside_dropped(text, scope),
        )

    def _inside_dropped(self, label: str, scope: RowScope) -> str | None:
        """The way out for a reference into rows that their condition drops."""
        head = label.partition(".")[0]
        value = scope.value(head) if head != label else None
        child = None if value is None else self.context.child_of.get(value.ref)
        if not isinstance(child, Absent) or child.label != head:
            return None
        return f"`{head}` is dropped by its `when`: give this row the same one"

    def _not_here(self, label: str, scope: RowScope) -> tuple[Related, ...]:
        """Where a label that cannot be named from here is: on a row that comes later, or in a block."""
        head, inside, _ = label.partition(".")
        later, place = scope.later(head), scope.place(head)
        if place is not None and inside:
            return (Related(place, f"`{head}` is this row"),)
        if later is not None and place is None:
            return (Related(later, f"`{head}` is this row, which comes later"),)
        return ()

    def _removed(self, label: str) -> tuple[Related, ...]:
        """Where an edit removed a row of that name."""
        return tuple(
            Related(span, f"`{path}` is removed here")
            for path, span in self.context.document.removed.items()
            if path == label or path.endswith(f".{label}")
        )


def _joined(pattern: LabelPattern, value: Callable[[Formula], Quantity | None]) -> str | None:
    """The text of a name or a reference; None where one of its expressions has no value."""
    parts: list[str] = []
    for part in pattern.parts:
        piece = part if isinstance(part, str) else value(part)
        if piece is None:
            return None
        parts.append(piece if isinstance(piece, str) else str(piece.value))
    return "".join(parts)
