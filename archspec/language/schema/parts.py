"""The pieces that a spec's JSON Schema is made of.

`errorMessage`, `enumDescriptions`, `markdownDescription` and `defaultSnippets` are words of the YAML language server;
other readers of schemas ignore them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archspec.language.syntax.expressions import CHARACTERS, MAX_LENGTH

Json = dict[str, Any]
SCALARS = ("string", "number", "boolean")
EXPRESSION = rf"^(?:[{CHARACTERS}]|\"[^\"\\]*\"|'[^'\\]*')+$"


def ref(name: str, doc: Json | None = None, **notes: Any) -> Json:
    """A reference to a definition; `doc` and `notes` replace those of the definition."""
    return {"$ref": f"#/definitions/{name}", **(doc or {}), **notes}


def hover(doc: str, markdown: str = "") -> Json:
    """The description of a key or a word, which editors show on hover."""
    return {"description": doc, "markdownDescription": markdown or doc}


def expected(what: str) -> Json:
    """The message for a value that does not match."""
    return {"errorMessage": f"{what} was expected here"}


def text(pattern: str, what: str, *types: str, **more: Any) -> Json:
    """Text of this pattern, or a literal of one of these JSON types."""
    # text comes first: completion writes a value of the first type
    return {"type": ["string", *types], "pattern": pattern, **expected(what), **more}


def expression(what: str, *types: str, **more: Any) -> Json:
    """An expression, or a literal of one of these JSON types."""
    return text(EXPRESSION, f"{what}, or an expression,", *types, maxLength=MAX_LENGTH, **more)


def words(docs: Mapping[str, str], what: str) -> Json:
    """One of a few words, each with a sentence if it has one."""
    notes = {"enumDescriptions": list(docs.values())} if any(docs.values()) else {}
    return {"enum": list(docs), **notes, **expected(f"{what}, one of {', '.join(docs)},")}


def words_or_expressions(docs: Mapping[str, str], what: str, *types: str, **more: Any) -> Json:
    """One of a few words, or an expression that is none of them."""
    other = none_of(*docs) + EXPRESSION.removeprefix("^")
    choice = words(docs, what)
    message = {"errorMessage": choice["errorMessage"]}
    return either(choice, expression(what, *types, **more) | {"pattern": other} | message)


def none_of(*spelled: str) -> str:
    """The beginning of a pattern that none of these words match."""
    return rf"^(?!(?:{'|'.join(sorted(spelled))})$)"


def either(*alternatives: Json) -> Json:
    """One of these. Each has properties of its own: the server's hover takes those that have none for one another."""
    return {"anyOf": [{"properties": {}} | one for one in alternatives]}


def listing(items: Json, what: str, **more: Any) -> Json:
    """A list of these."""
    return {"type": "array", "items": items, **expected(what), **more}


def named(keys: Json, values: Json, what: str, **more: Any) -> Json:
    """A mapping whose keys are names that the spec gives."""
    schema = {"type": "object", "propertyNames": keys, "additionalProperties": values}
    return schema | expected(what) | more


def mapping(properties: Json, subject: str, required: Iterable[str] = ()) -> Json:
    """A mapping of these keys and no other."""
    schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "errorMessage": f"{subject} takes {', '.join(properties) or 'no key'}",
    }
    return also(schema, *(needed(key, f"{subject} needs the key `{key}`") for key in required))


def also(schema: Json, *more: Json) -> Json:
    """A schema under further conditions."""
    conditions = [*schema.get("allOf", ()), *more]
    return schema | ({"allOf": conditions} if conditions else {})


def needed(key: str, message: str) -> Json:
    """A mapping has this key."""
    return {"required": [key], "errorMessage": message}


def has(key: str) -> Json:
    """The condition that a mapping has a key."""
    return {"type": "object", "required": [key]}


def is_type(*spelled: str) -> Json:
    """The condition that a mapping's `type` is one of these words - not yet, while it is being typed."""
    kind = {"type": "string", "pattern": f"^(?:{'|'.join(spelled)})$"}
    return has("type") | {"properties": {"type": kind}}


def first_key(chosen: Iterable[tuple[str, Json]], otherwise: Json) -> Json:
    """The schema that belongs to the first of these keys that a mapping has."""
    result = otherwise
    for key, schema in reversed(list(chosen)):
        result = {"if": has(key), "then": schema, "else": result}
    return result
