"""A document whose network is one use of a block: what a block is with other values of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archspec.graph.evaluate import written
from archspec.graph.expr import Lit, Value
from archspec.language.syntax.document import Document
from archspec.language.syntax.rows import ValuesRow
from archspec.language.syntax.terms import Formula, InputDeclaration, LabelPattern, Output, Word
from archspec.source import Span

LABEL = "use"  # of the only row


def single(
    document: Document,
    block: str,
    values: Mapping[str, Value],
    inputs: Sequence[tuple[Value, ...]],
) -> Document:
    """The variables, functions, defaults and blocks of a document around one row: `block` with these arguments.

    `inputs` are the sizes of what the block takes. The document has no claims and no variants.
    """
    used = document.blocks[block]
    span = used.name.span
    names = [f"value{k}" for k in range(len(inputs))] if len(inputs) > 1 else []
    row = ValuesRow.model_construct(
        label=LabelPattern((LABEL,), span),
        source=tuple(LabelPattern((name,), span) for name in names) or None,
        when=None,
        repeat=None,
        counter=None,
        shares=None,
        doc="",
        span=span,
        type=Word(block, span),
        keys={},
        values={name: _literal(value, span) for name, value in values.items()},
    )
    entering = tuple(
        InputDeclaration(
            Word(names[k], span) if names else None, tuple(_literal(n, span) for n in sizes), span
        )
        for k, sizes in enumerate(inputs)
    )
    outputs = tuple(
        Output(given.name, LabelPattern((f"{LABEL}.{given.name}",), span), span)
        for given in (used.outputs if len(used.outputs) > 1 else ())
    )
    return replace(document, inputs=entering, rows=(row,), outputs=outputs, expect=(), variants={})


def _literal(value: Value, span: Span) -> Formula:
    return Formula(Lit(value), written(value), span)
