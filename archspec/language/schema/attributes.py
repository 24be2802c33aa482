"""The keys of operations as JSON Schema: from each declaration its kind, range, words, default and sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from archspec.graph.ops import known
from archspec.graph.ops.base import (
    COMPANIONS,
    INITIALS,
    MODES,
    NONE,
    PADDINGS,
    REQUIRED,
    Attribute,
    Operation,
)
from archspec.language.schema.parts import (
    Json,
    either,
    expression,
    hover,
    is_type,
    listing,
    mapping,
    ref,
    words,
    words_or_expressions,
)


def definitions() -> dict[str, Json]:
    """The values of attributes, each under a name of its own; norms and activations."""
    declared = [one for operation in known().values() for one in operation.attributes.values()]
    declared += [_option(default) for one in INITIALS.values() for default in one.options.values()]
    values = {_name(one): _KINDS[one.kind](one) for one in declared}
    rows = {key: _companion(key) for key in COMPANIONS}
    types = {f"type_of_{key}": _type(key) for key in (*COMPANIONS, "init")}
    return values | rows | types


def keys_of(operation: Operation) -> Json:
    """Every key that an operation's row takes beside those of all rows."""
    extra = COMPANIONS if operation.companions else {}
    facts = f"an operation's word, or a row of one; unless said, `{NONE}`"
    return attributes(operation) | {
        key: ref(key, explained(doc, facts), default=NONE) for key, doc in extra.items()
    }


def attributes(operation: Operation) -> Json:
    """The keys that an operation declares."""
    return {key: _attribute(one) for key, one in operation.attributes.items()}


def summary(operation: Operation) -> str:
    """The first paragraph of an operation's docstring."""
    return " ".join(inspect.cleandoc(operation.__doc__ or "").partition("\n\n")[0].split())


def _attribute(attribute: Attribute) -> Json:
    shown = attribute.unless_said
    default = f"unless said, `{shown}`" if shown else ""
    required = "required, here or in `defaults`" if attribute.default is REQUIRED else ""
    facts = "; ".join(filter(None, (attribute.takes, default, required)))
    notes = {"default": attribute.default} if shown else {}
    return ref(_name(attribute), explained(attribute.doc, facts), **notes)


def explained(doc: str, takes: str) -> Json:
    """What an attribute means and takes, in a line or in two paragraphs."""
    return hover(f"{doc} Takes {takes}.".lstrip(), f"{doc}\n\nTakes {takes}.".lstrip())


def _name(attribute: Attribute) -> str:
    """What the values of an attribute are called: equal ones are one definition."""
    if attribute.kind in ("word", "init") and attribute.words:
        return f"{attribute.kind}_{'_or_'.join(attribute.words)}"
    limits = (f"{limit:g}" for limit in (attribute.minimum, attribute.below) if limit is not None)
    return "_".join((attribute.kind, *limits))


def _count(attribute: Attribute) -> Json:
    return expression("a whole number", "integer", minimum=attribute.minimum)


def _number(attribute: Attribute) -> Json:
    limits = {"minimum": attribute.minimum, "exclusiveMaximum": attribute.below}
    stated = {key: one for key, one in limits.items() if one is not None}
    return expression("a number", "number", **stated)


def _numbers(attribute: Attribute) -> Json:
    expected = "a number or one for each channel"
    one = expression(expected, "number")
    return either(one, listing(one, expected))


def _flag(attribute: Attribute) -> Json:
    return expression("true or false", "boolean")


def _word(attribute: Attribute) -> Json:
    return words_or_expressions(dict.fromkeys(attribute.words, ""), "a word")


def _pair(attribute: Attribute) -> Json:
    expected = "a whole number or [height, width]"
    whole = expression(expected, "integer", minimum=attribute.minimum)
    return either(whole, _two(_count(attribute), expected))


def _two(items: Json, expected: str) -> Json:
    return listing(items, expected, minItems=2, maxItems=2)


def _padding(attribute: Attribute) -> Json:
    expected = "a number of cells or [before, after]"
    cells = expression(expected, "integer", minimum=0)
    side = either(cells, _two(cells, expected))
    expected = "cells, [height, width] or a word"
    word = words_or_expressions(PADDINGS, expected, "integer", minimum=0)
    return either(*word["anyOf"], _two(side, expected))


def _init(attribute: Attribute) -> Json:
    every = tuple(INITIALS)
    return _word_or_row("init", "an initialiser", attribute.words or every)


def _companion(key: str) -> Json:
    return _word_or_row(key, f"the {key}", tuple(_docs(key)))


def _word_or_row(key: str, expected: str, among: tuple[str, ...]) -> Json:
    docs = {name: doc for name, doc in _docs(key).items() if name in among}
    word = words_or_expressions(docs, expected)
    kind = ref(f"type_of_{key}")
    rows = [
        {"if": is_type(name), "then": mapping({"type": kind, **keys}, f"`{name}`")}
        for name, keys in _rows(key).items()
        if name in among
    ]
    row = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": kind},
        "allOf": rows,
        "errorMessage": f"{expected}, or a row of one was expected here: {{type: ..., ...}}",
    }
    return either(*word["anyOf"], row)


def _type(key: str) -> Json:
    return words(_docs(key), "a type") | hover("Which of them; its numbers stand beside it.")


def _docs(key: str) -> dict[str, str]:
    """The words of `init`, `norm` or `activation`."""
    if key == "init":
        return {name: one.doc for name, one in INITIALS.items()}
    return {NONE: "Nothing."} | {name: summary(one) for name, one in _of_role(key).items()}


def _rows(key: str) -> dict[str, Json]:
    """The keys of a row that stands as the value of `init`, `norm` or `activation`, by its type."""
    if key != "init":
        return {name: attributes(one) for name, one in _of_role(key).items()}
    return {
        name: {option: _attribute(_option(default)) for option, default in one.options.items()}
        for name, one in INITIALS.items()
    }


def _of_role(key: str) -> dict[str, Operation]:
    return {name: one for name, one in known().items() if one.role == key}


def _option(default: float | str) -> Attribute:
    """An option of an initialiser, as if an operation declared it."""
    if isinstance(default, str):
        return Attribute("word", "", default, words=MODES)
    return Attribute("number", "", default)


_KINDS: Mapping[str, Callable[[Attribute], Json]] = {
    "count": _count,
    "number": _number,
    "numbers": _numbers,
    "flag": _flag,
    "word": _word,
    "pair": _pair,
    "padding": _padding,
    "init": _init,
}
