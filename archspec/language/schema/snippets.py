"""What editors offer to begin with: a spec, a block, a variant, a claim, edits, rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archspec.graph.ops import known
from archspec.graph.ops.base import REQUIRED, Operation
from archspec.language.schema.attributes import summary
from archspec.language.schema.parts import Json, hover
from archspec.language.syntax.file import VERSION
from archspec.language.syntax.forms import ROWS_OF_A_FORM


def snippet(label: str, doc: str, **body: Any) -> Json:
    """A text with places to fill in, in order of their numbers."""
    return {"label": label, "body": body, **hover(doc)}


_CONV = {"type": "conv", "name": "${5:stem}", "kernel": "${6:3}", "filters": "${7:32}"}
SPEC = snippet(
    "spec",
    "A network to begin with.",
    archspec=int(VERSION),
    name="${1:my_network}",
    title="${2:What it is, and where it is from}",
    input="[${3:224}, ${4:224}, 3]",
    rows=[_CONV],
)
BLOCK: Json = {
    "label": "new block",
    "body": {"${1:block}": {"params": "{${2:filters}, stride: 1}", "rows": [{"type": "$3"}]}},
    **hover("Rows with parameters, used by their name as a type."),
}
VARIANT: Json = {
    "label": "new variant",
    "body": {"${1:variant}": {"title": "${2:What it is}", "vars": "{${3:width}: ${4:0.5}}"}},
    **hover("The network with other values of its variables."),
}
CLAIM = snippet("claim", "Figures as a paper prints them.", params="${1:4.2M}", macs="${2:569M}")
EDITS = [
    snippet("change a row", "Keys with their new values.", at="${1:stem}", set="{$2}"),
    snippet("insert above", "Rows above a row.", before="${1:stem}", insert=[{"type": "$2"}]),
    snippet("insert below", "Rows below a row.", after="${1:stem}", insert=[{"type": "$2"}]),
    snippet("remove a row", "The row goes.", remove="${1:stem}"),
]
_FORMS: Mapping[str, Json] = {
    "rows": {"name": "${1:group}", "rows": [{"type": "$2"}]},
    "table": {
        "name": "${1:stages}",
        "table": {"columns": "[${2:c, n}]", "rows": ["[${3:16, 1}]"], "each": [{"type": "$4"}]},
    },
    "parallel": {
        "name": "${1:branches}",
        "parallel": {"${2:left}": [{"type": "$3"}], "${4:right}": [{"type": "$5"}]},
        "merge": "${6:concat}",
    },
    "residual": {"name": "${1:residual}", "residual": [{"type": "$2"}]},
    "assert": {"assert": "${1:prev.height == 7}", "message": "${2:what must hold}"},
}


def rows() -> Iterator[Json]:
    """Rows of each operation with the keys that it needs, then those of the other forms."""
    for name, operation in sorted(known().items()):
        yield snippet(f"{name} row", summary(operation), **_needed(operation))
    for name, body in _FORMS.items():
        doc = ROWS_OF_A_FORM[name].form()[name].doc
        yield snippet(f"{'group' if name == 'rows' else name} row", doc, **body)


def _needed(operation: Operation) -> Json:
    wanted = {k: one for k, one in operation.attributes.items() if one.default is REQUIRED}
    keys = {k: f"${{{number}:{one.example}}}" for number, (k, one) in enumerate(wanted.items(), 2)}
    several = {"from": "[${2:input}, prev]"} if operation.inputs[0] > 1 else {}
    return {"type": operation.name, "name": f"${{1:{operation.name}}}", **keys, **several}
