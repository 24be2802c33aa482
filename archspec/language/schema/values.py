"""The keys of forms as JSON Schema: the reader of a key, or the word for what it holds, says what its values are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archspec.language.schema.parts import (
    SCALARS,
    Json,
    either,
    expected,
    expression,
    hover,
    listing,
    mapping,
    named,
    none_of,
    ref,
    text,
)
from archspec.language.syntax import cells
from archspec.language.syntax.expressions import KEYWORDS
from archspec.language.syntax.model import Keys, Model

READERS: Mapping[Callable[..., object], str] = {
    cells.word: "word",
    cells.text: "text",
    cells.identifier: "identifier",
    cells.label_pattern: "label",
    cells.reference: "word",
    cells.references: "references",
    cells.words: "references",
    cells.formula: "value",
    cells.figure: "figure",
}
LETTERS = "letters, digits and underscores, no digit first"


def properties(keys: Keys) -> Json:
    """Every key of a form with its values and its documentation."""
    return {name: ref(key.holds or READERS[key.read], hover(key.doc)) for name, key in keys.items()}


_NAME = cells.IDENTIFIER.pattern.removesuffix(r"\Z")
_FIGURE = cells.FIGURE.pattern.removesuffix(r"\Z")
_LABEL = none_of(*cells.TENSORS) + r"[A-Za-z_](?:[A-Za-z0-9_]|\{[^{}]*\})*$"
_NUMBER = r"[-+\s]*[0-9.][0-9._eE+-]*"
_LITERAL = rf"^\s*(?:[A-Za-z_]\w*|{_NUMBER}|\"[^\"\\]*\"|'[^'\\]*')\s*$"
IDENTIFIER = text(rf"{none_of(*KEYWORDS)}{_NAME}$", f"a name - {LETTERS} -", "boolean")


def form(model: type[Model], subject: str) -> Json:
    """A model as a mapping of its keys."""
    return mapping(properties(model.form()), subject, model.required())


def a_name(what: str, *reserved: str) -> Json:
    """A name that the spec declares, none of those reserved; completion shows its place as `what`."""
    free = text(none_of(*reserved), f"another name than {', '.join(reserved)}", "boolean")
    return {"title": what, "allOf": [IDENTIFIER, *([free] if reserved else [])]}


def definitions() -> dict[str, Json]:
    """Every definition of values that are no rows."""
    word: Json = {"type": [*SCALARS]}
    labels = "a label, or a list of labels,"
    return {
        "word": word | expected("a word"),
        "text": word | expected("text"),
        "identifier": IDENTIFIER,
        "label": text(_LABEL, f"a name - {LETTERS}; {{expression}} for a number -", "boolean"),
        "references": either(word | expected(labels), listing(ref("word"), labels)),
        "names": listing(IDENTIFIER, "a list of names", minItems=1),
        "outputs": either(
            ref("references"), named(a_name("output"), ref("output"), "names to labels")
        ),
        "output": either(
            word | expected("a label"),
            mapping(
                {
                    "from": ref("word", hover("The row whose value it is.")),
                    "when": ref("condition", hover("When it is given.")),
                },
                "an output",
                ["from"],
            ),
        ),
        "value": expression("a value", "number", "boolean"),
        "condition": expression("true or false", "boolean"),
        "turns": expression("a whole number", "integer", minimum=0),
        "figure": text(f"^{_FIGURE}$", "a figure as printed - 4.2M -", "number", minimum=0),
        "constant": text(
            _LITERAL,
            "a literal - a number, a word, true or false, or a list of these -",
            *("number", "boolean", "array"),
            items=ref("constant"),
        ),
        "constants": listing(ref("constant"), "a list of literals"),
        "bound": text(rf"^\s*{_NUMBER}\s*$", "a number", "number"),
    }
