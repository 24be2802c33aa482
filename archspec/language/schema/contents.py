"""What stands in a file beside rows, as JSON Schema: variables, defaults, blocks, tables, variants, claims, edits."""

from __future__ import annotations

from archspec.graph.ops import known
from archspec.language.schema import snippets
from archspec.language.schema.attributes import keys_of, summary
from archspec.language.schema.parts import (
    SCALARS,
    Json,
    also,
    either,
    expected,
    expression,
    first_key,
    hover,
    listing,
    mapping,
    named,
    needed,
    ref,
    text,
    words,
)
from archspec.language.schema.rows import shared
from archspec.language.schema.values import IDENTIFIER, a_name, form
from archspec.language.syntax.blocks import Block
from archspec.language.syntax.branches import Branch
from archspec.language.syntax.file import Variable
from archspec.language.syntax.rows import TypeRow
from archspec.language.syntax.tables import TableBody
from archspec.language.syntax.variants import EDITS, FIGURES, Claim, Variant

WIDEST = 16  # columns of a table up to which the values of its rows are counted


def definitions() -> dict[str, Json]:
    """Every definition of such a part, by the word for what a key holds."""
    return {
        "variables": named(a_name("variable"), ref("variable"), "a mapping of names to values"),
        "variable": _variable(),
        "settings": named(a_name("variable"), ref("constant"), "a mapping of variables to values"),
        "lets": _lets(),
        "defaults": _defaults(),
        "blocks": _blocks(),
        "block": form(Block, "a block"),
        "added_blocks": named(a_name("block"), {"type": "object"}, "a mapping of names to blocks"),
        "parameters": _parameters(),
        "sizes": _sizes(),
        "inputs": named(a_name("input"), ref("sizes"), "a mapping of names to sizes"),
        "branches": named(a_name("branch"), ref("branch"), "a mapping of names to lists of rows"),
        "branch": {"if": {"type": "object"}, "then": form(Branch, "a branch"), "else": ref("rows")},
        "merge": _merge(),
        "table": _table(),
        "columns": _columns(),
        "table_rows": _table_rows(),
        "variants": _variants(),
        "claims": listing(ref("claim"), "a list of claims"),
        "claim": _claim() | {"defaultSnippets": [snippets.CLAIM]},
        "edits": listing(ref("edit"), "a list of edits"),
        "edit": _edit(),
        "changes": _changes(),
    }


def _variable() -> Json:
    ranged = {"if": {"type": "object"}, "then": form(Variable, "a variable")}
    doc = f"A literal, or `{{{', '.join(Variable.form())}}}`."
    return ranged | {"else": ref("constant")} | hover(doc)


def _lets() -> Json:
    name = text(r"^[A-Za-z_]\w*\s*(?:\([^()]*\))?$", "a name, or a function - ch(c) -")
    return named(name, ref("value"), "a mapping of names to expressions")


def _defaults() -> Json:
    """The keys of `defaults`: for each operation its own attributes, no key of a row."""
    properties = {
        name: {
            "type": "object",
            "allOf": [mapping(keys_of(one), f"`{name}`")],
            "defaultSnippets": [{"body": "{$1}"}],
            **hover(summary(one)),
        }
        for name, one in sorted(known().items())
    }
    return mapping(properties, "`defaults`")


def _blocks() -> Json:
    name = a_name("block", *sorted(known()))
    return named(
        name, ref("block"), "a mapping of names to blocks", defaultSnippets=[snippets.BLOCK]
    )


def _parameters() -> Json:
    default = {"if": {"type": "null"}, "else": ref("cell")}
    return named(
        a_name("parameter", *TypeRow.form()), default, "a mapping of parameters to their defaults"
    )


def _merge() -> Json:
    """An operation that joins values: its word, or a row of it."""
    docs = {name: summary(one) for name, one in known().items() if one.inputs[1] > 1}
    kind = words(docs, "an operation that joins values") | hover("The operation that joins values.")
    row = mapping({"type": kind}, "`merge`", ["type"])
    rows = {"type": "object", **row, "additionalProperties": ref("cell")}
    return either(words(docs, "an operation that joins values"), rows)


def _sizes() -> Json:
    return listing(
        expression("a size", "integer", minimum=1),
        "[height, width, channels] or [features]",
        minItems=1,
        maxItems=3,
        allOf=[{"if": {"minItems": 2}, "then": {"minItems": 3}}],
        defaultSnippets=[{"body": "[${1:224}, ${2:224}, ${3:3}]"}],
    )


def _table() -> Json:
    """A table by rows has as many values in each as it has columns; one by columns has no rows."""
    missing = needed("rows", "a table has columns and rows")
    message = {"errorMessage": "columns that hold their values leave nothing for `rows`"}
    none = {"properties": {"rows": {"not": {}, "doNotSuggest": True} | message}}
    by_rows = {"if": {"properties": {"columns": {"type": "array"}}}, "then": missing, "else": none}
    return also(form(TableBody, "a table"), by_rows, *map(_wide, range(1, WIDEST + 1)))


def _wide(width: int) -> Json:
    """The rows of a table of so many columns; a value may stand for a list of one."""
    exactly: Json = {"minItems": width, "maxItems": width}
    message = {"errorMessage": f"{width} values, one for each column, were expected here"}
    line = exactly | message | ({"type": "array"} if width > 1 else {})
    return {
        "if": {"properties": {"columns": {"type": "array", **exactly}}},
        "then": {"properties": {"rows": {"items": line, "doNotSuggest": True}}},
    }


def _columns() -> Json:
    values = expression("a list of values", "array", items=ref("cell"))
    by_columns = {"type": "object", "additionalProperties": values}
    return either(listing(IDENTIFIER, "the names of the columns"), by_columns)


def _table_rows() -> Json:
    line = expression("a list of values", "number", "boolean", "array", items=ref("value"))
    return expression("a list of lists of values", "array", items=line)


def _variants() -> Json:
    return named(
        a_name("variant"),
        form(Variant, "a variant"),
        "a mapping of names to variants",
        defaultSnippets=[snippets.VARIANT],
    )


def _claim() -> Json:
    message = f"a claim has a figure: {', '.join(FIGURES)}"
    return also(form(Claim, "a claim"), {"anyOf": [needed(key, message) for key in FIGURES]})


def _edit() -> Json:
    message = f"an edit is exactly one of {', '.join(EDITS)}"
    forms = {verb: form(one, f"an edit with `{verb}`") for verb, one in EDITS.items()}
    unformed = {
        "properties": {
            key: one for each in forms.values() for key, one in each["properties"].items()
        },
        "anyOf": [needed(verb, message) for verb in EDITS],
        "defaultSnippets": snippets.EDITS,
    }
    chosen = first_key(forms.items(), unformed)
    return {"type": "object", "errorMessage": message, **chosen}


def _changes() -> Json:
    """New values for keys of a row whose type stands in another file: every key is offered, none is checked."""
    anything = {"type": [*SCALARS, "array", "object"], **expected("a value")}
    kinds = sorted(known().items(), reverse=True)
    keys = {key: one for _, operation in kinds for key, one in keys_of(operation).items()}
    docs = {key: hover(one["description"]) for key, one in keys.items()}
    return {
        "type": "object",
        "properties": {key: anything | doc for key, doc in docs.items()} | shared(),
        "additionalProperties": anything,
        **expected("a mapping of keys to their new values"),
    }
