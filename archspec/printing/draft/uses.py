"""Uses of definitions: what each passes, takes and gives, and what it tells about sizes and conditions inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from archspec.graph.expr import Expr, Sym, substitute
from archspec.graph.graph import ValueId
from archspec.graph.quantity import Quantity
from archspec.graph.symbols import CarriedSize, PrintedName
from archspec.lowering.flow import mirrored
from archspec.lowering.plan import Plan
from archspec.printing.draft.calls import Calls
from archspec.printing.draft.context import DefinitionContext
from archspec.printing.draft.generalise import NoCommonExpression, SeparateValues
from archspec.printing.draft.items import Definition, Item, Token, UseItem
from archspec.printing.draft.reach import left_sizes
from archspec.printing.draft.reduce import CallSite, Reducer, closed


class Uses:
    """The lines of a definition that use others."""

    def __init__(self, draft: DefinitionContext, calls: Calls) -> None:
        self.draft, self.calls = draft, calls

    def again(
        self,
        places: list[CallSite],
        plans: list[Plan],
        homes: list[Plan],
        inputs: tuple[Token, ...],
        output: Token,
    ) -> Item:
        """A further use of something that is made elsewhere in this definition, or in one around it."""
        found = [self.draft.file.use(home) for home in homes]
        copies = [mirrored(home, plan) for home, plan in zip(homes, plans, strict=True)]
        return self._use(
            UseItem(
                "",
                inputs,
                output,
                label=plans[0].scope.label or "",
                definition=found[0][0],
                again=self.calls.within(places, [home.native for home in homes]),
            ),
            places,
            [number for _, number in found],
            copies,
        )

    def _use(
        self,
        item: UseItem,
        places: list[CallSite],
        uses: Sequence[int],
        copies: Sequence[Mapping[ValueId, ValueId]],
    ) -> UseItem:
        """A use with the values that the definition takes from outside, and with those that it gives beside its first.

        `uses` are the numbers of the uses; where they are those of another scope, `copies` say which values are whose.
        """
        definition, tokens = item.definition, self.draft.tokens
        assert definition is not None
        extra: list[Token] = []
        for slot in definition.slots:
            values = [slot[number] for number in uses]
            pairs = [
                (copy.get(ref, ref), place)
                for ref, place, copy in zip(values, places, copies, strict=True)
                if ref is not None
            ]
            extra.append(self._taken(definition, pairs) if pairs else item.inputs[0])
        item.inputs = (*item.inputs, *extra)
        item.modules = tuple(self._module(module, uses, places) for module in definition.modules)
        number, outs = tokens.fresh(), []
        for k, gives in enumerate(definition.gives):
            token = item.output if k == 0 else (number, k)
            outs += [] if k == 0 else [token]
            for use, place, copy in zip(uses, places, copies, strict=True):
                tokens.give((copy.get(ref, ref) for ref in gives[use]), token, place)
        item.outs = tuple(outs)
        return item

    def _module(
        self, module: Sequence[str | None], uses: Sequence[int], places: Sequence[CallSite]
    ) -> str:
        """The path of a layer that a definition takes."""
        pairs = [(p, module[use]) for p, use in zip(places, uses, strict=True)]
        known = [(p, native) for p, native in pairs if native is not None]
        if not known:
            raise NoCommonExpression("layers that only other uses take")
        return self.calls.within([p for p, _ in known], [native for _, native in known])

    def _taken(self, definition: Definition, pairs: Sequence[tuple[ValueId, CallSite]]) -> Token:
        """What a use gives for a value that its definition takes from outside."""
        try:
            return self.draft.tokens.site(*zip(*pairs, strict=True))
        except NoCommonExpression:
            if definition.uses[0].scope.id in self.draft.file.strict:
                raise
            raise SeparateValues(definition.uses) from None

    def used(
        self,
        places: list[CallSite],
        plans: list[Plan],
        name: str,
        inputs: tuple[Token, ...],
        output: Token,
    ) -> Item:
        found = [self.draft.file.use(plan) for plan in plans]
        if len({id(definition) for definition, _ in found}) != 1:
            raise NoCommonExpression("rows of different layers")
        definition = found[0][0]
        args: list[tuple[str, Expr]] = []
        seen = [p.within(plan.scope.symbols) for p, plan in zip(places, plans, strict=True)]
        if definition.kind in ("block", "row"):
            seen = places
        for parameter in definition.ordered():
            if not self.draft.file.carries and definition.infers(parameter):
                continue
            quantities = [parameter.quantities[number] for _, number in found]
            hint = parameter.name
            default = parameter.default
            number_default = default if isinstance(default, int | float) else None
            expr = self.draft.inference.argument(
                seen, quantities, hint, number_default, invent=True
            )
            args.append((hint, expr))
        self._tests(definition, dict(args), places)
        for place, plan in zip(seen, plans, strict=True):
            _name_left(place, left_sizes(plan, self.draft.file.keep), self.draft.reducer)
        label = plans[0].scope.label or name
        item = UseItem(name, inputs, output, label=label, definition=definition, args=tuple(args))
        return self._use(item, places, [number for _, number in found], [{}] * len(places))

    def _tests(
        self, definition: Definition, args: Mapping[str, Expr], places: Sequence[CallSite]
    ) -> None:
        """Note the conditions inside a definition, in the terms of this one: sizes that it gives hang on them."""
        said: dict[Expr, Expr] = {}
        for parameter in definition.parameters:
            if parameter.name in args:
                said[Sym(PrintedName(parameter.name))] = args[parameter.name]
                if parameter.symbol is not None:
                    said[Sym(parameter.symbol)] = args[parameter.name]
        for test in definition.tests:
            here = substitute(test, said)
            known = all(closed(here, place) for place in places)
            if known and here not in self.draft.inference.inner:
                self.draft.inference.inner.append(here)


def _name_left(
    place: CallSite, sizes: Iterable[tuple[CarriedSize, Quantity]], reducer: Reducer
) -> None:
    """Let sizes that loops inside a definition leave be known at its use as what they are there."""
    for symbol, size in sizes:
        if symbol not in place.known:
            place.full = {**place.full, symbol: size.value}
            place.aliases[symbol] = reducer.reduce(size.expr, place)
