"""Names of rows: what a row is called, and which value a reference means."""

from __future__ import annotations

from archspec.language.elaborate.formulas.bindings import Bindings
from archspec.language.elaborate.formulas.values import evaluated
from archspec.language.elaborate.rows.context import Context
from archspec.language.elaborate.rows.scopes import FlowValue, RowScope
from archspec.language.syntax.document import LabelPattern, Row
from archspec.records import dataclass
from archspec.source import Diagnostic, Related
from archspec.source.kinds import leading
from archspec.source.mistakes import tuple_value, unknown_label

HINTED = 100  # mistakes after which nobody looks for the label that might be meant


@dataclass
class References:
    """The part of elaboration that gives rows their names and finds what others refer to."""

    context: Context

    def label(self, row: Row, names: Bindings) -> str | None:
        """The last part of a row's name, its expressions computed."""
        if not isinstance(row.label, LabelPattern):
            return row.label
        return (self.text(row.label, names) or "0").replace("-", "_").replace(".", "_")

    def text(self, pattern: LabelPattern, names: Bindings) -> str | None:
        """A name or a reference with the values of its expressions; None after reporting one that has none."""
        parts: list[str] = []
        problems = self.context.problems
        for part in pattern.parts:
            piece = part if isinstance(part, str) else problems.attempt(evaluated, part, names)
            if piece is None:
                return None
            parts.append(piece if isinstance(piece, str) else str(piece.value))
        return "".join(parts)

    def inputs(
        self, row: Row, scope: RowScope, names: Bindings, *, dropped: bool = False
    ) -> tuple[FlowValue, ...] | None:
        """The values that a row takes. A tuple stands for all of its values where nothing stands beside it; a row that
        is `dropped` may name one anywhere, as it takes nothing."""
        if row.source is None:
            self.context.use(scope.prev)
            return scope.prev.several()
        values = [self.named(source, scope, names) for source in row.source]
        taken = [value for value in values if value is not None]
        if len(taken) != len(values):
            return None
        if len(taken) == 1:
            return taken[0].several()
        tuples = [k for k, value in enumerate(taken) if value.parts and not dropped]
        for k in tuples:
            self.not_one(row.source[k], taken[k])
        return None if tuples else tuple(taken)

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

    def not_one(self, source: LabelPattern, value: FlowValue) -> None:
        """Report a reference to several values where one is wanted."""
        names, text = ", ".join(name for name, _ in value.parts), source.span.text
        message, expected = f"`{text}` is {len(value.parts)} values", f"one of them: {names}"
        hint = f"pick one: {text}.{value.parts[0][0]}"
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
        )

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
