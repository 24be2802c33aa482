"""Tables while their names are derived: cells, what `let` makes of them, and the sums of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from archspec.graph.evaluate import ExpressionError, describe
from archspec.graph.expr import Expr, Index, Items, Lit, Sum, Sym, Value, substitute, symbols
from archspec.graph.quantity import Quantity, union
from archspec.graph.symbols import RunningSum, Symbol
from archspec.language.elaborate.formulas.origins import Origin, writings
from archspec.language.elaborate.formulas.work import Work
from archspec.records import dataclass
from archspec.source import asked, guesses
from archspec.source.mistakes import unknown_name

LINES = 4  # lines of a table that are one step to add


@dataclass(frozen=True, slots=True)
class Cells:
    """A table's cells, row by row; `whole` names the columns that are one list, under "" what holds all of them."""

    rows: list[list[Quantity]]
    whole: Mapping[str, Expr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table while its names are derived: for each row the names with their values, what the spec says of them, and
    the same in the names that the table itself sees."""

    lines: list[dict[Symbol, Quantity]]
    said: list[dict[Symbol, Expr]]
    outside: list[dict[Symbol, Expr]]
    whole: Mapping[str, Expr]
    origins: list[dict[str, Origin]]

    def running(self, column: str) -> None:
        """The sums of a column above each row, as names of these rows, if it holds numbers."""
        above = Sum(self.column(column), Sym("row"), column)
        name = RunningSum(column)
        total: float = 0
        for line, said in zip(self.lines, self.said, strict=True):
            value = line[column].value
            if no_number(value):
                break
            line[name] = Quantity(total, Sym(name), line[column].deps)
            said[name] = above
            total += value  # type: ignore[operator]

    def column(self, name: str) -> Expr:
        """The values of a column as one list, in the names that the table itself sees."""
        return self.whole.get(name) or Items(tuple(line[name] for line in self.outside))

    def say(self, turn: int, name: str, expr: Expr) -> None:
        """A name derived on one row."""
        outside = self.outside[turn]
        inside: dict[Expr, Expr] = {Sym("row"): Lit(turn)}
        for read in symbols(expr):
            if read in outside:
                inside[Sym(read)] = outside[read]
            elif isinstance(read, RunningSum) and read.column in outside:
                inside[Sym(read)] = Sum(self.column(read.column), Lit(turn), read.column)
        self.said[turn][name] = expr
        outside[name] = substitute(expr, inside)

    def sums(self, turn: int, work: Work) -> Callable[[str, str], Quantity]:
        """`before(column)` and `total(column)` on one row of the table."""
        lines = self.lines

        def sums(function: str, column: str) -> Quantity:
            if column not in lines[turn]:
                raise no_column(column, lines[turn])
            work.take(len(lines) // LINES)
            deps = union(*(line[column] for line in lines))
            values = [
                line[column].value for line in (lines if function == "total" else lines[:turn])
            ]
            for k, value in enumerate(values):
                if no_number(value):
                    message = f"{function} sums numbers, and `{column}` holds {describe(value)}"
                    notes = writings([column], self.origins[k], no_number)
                    raise ExpressionError(message, name=column, notes=notes)
            total = sum(values)  # type: ignore[arg-type]
            if function == "before":
                return Quantity(total, Sym(RunningSum(column)), deps)
            expr = Sum(self.column(column), None, column) if deps else Lit(total)
            return Quantity(total, expr, deps)

        return sums


def item(expr: Expr, *indices: int) -> Expr:
    """One value of a list of lists, by the list's own expressions where it is written out."""
    for index in indices:
        expr = expr.items[index] if isinstance(expr, Items) else Index(expr, Lit(index))
    return expr


def no_column(column: str, columns: Iterable[Symbol]) -> ExpressionError:
    """`before` or `total` of what is no column."""
    near = guesses(column, [name for name in columns if isinstance(name, str)])
    message = f"`{column}` is not a column of this table"
    hint = asked(near)
    return ExpressionError(message, code=unknown_name, name=column, hint=hint, near=near)


def no_number(value: Value) -> bool:
    return isinstance(value, bool) or not isinstance(value, int | float)
