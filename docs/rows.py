"""Writes archspec/rows.pyi, the types of rows in Python, from the models: `make docs`."""

from __future__ import annotations

import inspect
import json
import textwrap
from pathlib import Path

from archspec.graph.ops import operations
from archspec.graph.ops.base import COMPANIONS, Attribute, Operation
from archspec.language.syntax.blocks import Block
from archspec.language.syntax.file import Extension, Spec, Variable
from archspec.language.syntax.forms import camel
from archspec.language.syntax.model import Model
from archspec.language.syntax.variants import Claim, Variant

WIDTH = 100
TARGET = Path(__file__).parents[1] / "archspec" / "rows.pyi"
HEAD = '''"""Rows and specs as Python objects. Made from the operations and models by `make docs`."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack

from archspec.source import AsNode

Expression = str
Count = int | Expression
Number = float | Expression
Flag = bool | Expression
Pair = int | Expression | Sequence[int | Expression]
Padding = int | str | Sequence[int | Expression | Sequence[int | Expression]]
Operation = str | Mapping[str, Any]
Value = bool | int | float | str | Sequence[Any]
Labels = str | Sequence[str]
Outputs = str | Sequence[str] | Mapping[str, str | Mapping[str, str]]

class Made(AsNode):
    def to_yaml(self) -> str: ...

class Row(Made): ...
class Edit(Made): ...

class Common(TypedDict, total=False):
    name: str
    from_: Labels
    when: Flag
    repeat: Count
    as_: str
    shares: str
    doc: str
'''
KINDS = {
    "count": "Count",
    "number": "Number",
    "numbers": "Number | Sequence[Number]",
    "flag": "Flag",
    "word": "str",
    "pair": "Pair",
    "padding": "Padding",
    "init": "Operation",
}
COMMON = "**common: Unpack[Common]"
ROWS = "Sequence[Row]"
FORMS = {
    "Group": {"rows!": ROWS},
    "Table": {
        "columns!": "Sequence[str] | Mapping[str, Sequence[Value] | str]",
        "each!": ROWS,
        "rows": "Sequence[Sequence[Value] | Value] | str",
        "let": "Mapping[str, Value]",
    },
    "Parallel": {"branches!": f"Mapping[str, {ROWS}]", "merge": "Operation"},
    "Residual": {"rows!": ROWS, "shortcut": ROWS},
}
TYPES = {  # of the keys of a file and of what stands in it beside rows
    "name": "str",
    "class_name": "str",
    "title": "str",
    "doc": "str",
    "reference": "str",
    "extends": "str",
    "use": "str | Sequence[str]",
    "let": "Mapping[str, Value]",
    "defaults": "Mapping[str, Mapping[str, Any]]",
    "blocks": "Mapping[str, Block]",
    "input": "Sequence[Count]",
    "inputs": "Mapping[str, Sequence[Count]]",
    "rows": ROWS,
    "outputs": "Outputs",
    "variants": "Mapping[str, Variant]",
    "expect": "Sequence[Claim]",
    "edit": "Sequence[Edit]",
    "params": "Mapping[str, Any]",
    "value": "Value",
    "one_of": "Sequence[Value]",
    "min": "float",
    "max": "float",
    "with": "Mapping[str, Value]",
    "note": "str",
}
FIGURES = ("params", "total", "non_trainable", "macs")


def page() -> str:
    """The text of rows.pyi."""
    parts = [HEAD, *(operation(op) for _, op in sorted(operations().items()))]
    parts += [made(name, "Row", keys, "", COMMON) for name, keys in FORMS.items()]
    parts.append(made("Assert", "Row", {"test!": "Flag", "message": "str", "doc": "str"}))
    parts.append(use())
    parts += [of_model(model) for model in (Variable, Claim, Variant, Block)]
    parts += [
        made("At", "Edit", {"at!": "str", "set!": "Mapping[str, Any]"}),
        *(
            made(camel(v), "Edit", {f"{v}!": "str", "insert!": ROWS}, "")
            for v in ("before", "after")
        ),
        made("Remove", "Edit", {"remove!": "str"}),
    ]
    parts += [of_model(model) for model in (Spec, Extension)]
    return "\n".join(parts)


def operation(op: Operation) -> str:
    """The row of an operation."""
    keys = {key: _type(one) for key, one in op.attributes.items()}
    extra = dict.fromkeys(COMPANIONS, "Operation") if op.companions else {}
    doc = " ".join(inspect.cleandoc(op.__doc__ or "").partition("\n\n")[0].split())
    return made(camel(op.name), "Row", keys | extra, doc, COMMON)


def _type(attribute: Attribute) -> str:
    if attribute.kind == "word":
        return f"Literal[{', '.join(map(json.dumps, attribute.words))}] | Expression"
    return KINDS[attribute.kind]


def use() -> str:
    """The row of a block, whose parameters the block alone knows."""
    return signature("Use", "Row", ["block: str", "/", "**keys: Any"])


def of_model(model: type[Model]) -> str:
    """What stands in a file beside rows, or a file."""
    variables = "Mapping[str, Value | Variable]" if model is Spec else "Mapping[str, Value]"
    types = TYPES | dict.fromkeys(FIGURES, "str | int" if model is Claim else TYPES["params"])
    keys = {}
    for key in model.form():
        if key != "archspec":
            spelt = f"{key}_" if key == "with" else key
            kind = variables if key == "vars" else types[key]
            keys[f"{spelt}!" if key in model.required() else spelt] = kind
    needed = {key: kind for key, kind in keys.items() if key.endswith("!")}
    return made(model.__name__, "Made", needed | keys)


def made(name: str, base: str, keys: dict[str, str], doc: str = "", rest: str = "") -> str:
    """A class whose keys are arguments; those with a `!` are required."""
    parameters = [
        f"{key[:-1]}: {kind}" if key.endswith("!") else f"{key}: {kind} = ..."
        for key, kind in keys.items()
    ]
    return signature(
        name, base, [*(["*"] if keys else []), *parameters, *filter(None, [rest])], doc
    )


def signature(name: str, base: str, parameters: list[str], doc: str = "") -> str:
    """A class that is made from these parameters."""
    text = textwrap.fill(f'"""{doc}"""', 110, initial_indent="    ", subsequent_indent="    ")
    line = f"    def __init__(self, {', '.join(parameters)}) -> None: ..."
    if len(line) > WIDTH:
        listed = "".join(f"        {parameter},\n" for parameter in ("self", *parameters))
        line = f"    def __init__(\n{listed}    ) -> None: ..."
    return "\n".join([f"class {name}({base}):", *([text, ""] if doc else []), line, ""])


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
