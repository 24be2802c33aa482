"""The forms of a spec as tables: which keys each mapping takes, which it needs, what kind of value stands behind each.

Written a second time on purpose: what the language's own forms overlook is overlooked by one account alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from archspec.graph.ops import operations
from archspec.graph.ops.base import INITIALS, REQUIRED

Form = Mapping[str, str]
ABOUT: Form = {"class_name": "label", "title": "text", "doc": "text", "reference": "text"}
ANY_ROW: Form = {
    "name": "label",
    "from": "references",
    "when": "flag",
    "repeat": "count",
    "shares": "reference",
    "as": "counter",
    "doc": "text",
}
FIGURES: Form = dict.fromkeys(("params", "total", "non_trainable", "macs"), "figure")
FORMS: Mapping[str, Form] = {
    "spec": {
        "archspec": "version",
        "name": "label",
        **ABOUT,
        "use": "files",
        "vars": "variables",
        "let": "lets",
        "defaults": "defaults",
        "blocks": "blocks",
        "input": "sizes",
        "inputs": "inputs",
        "rows": "rows",
        "outputs": "outputs",
        "variants": "variants",
        "expect": "claims",
    },
    "extension": {
        "archspec": "version",
        "extends": "file",
        "name": "label",
        **ABOUT,
        "use": "files",
        "vars": "settings",
        "edit": "edits",
        "expect": "claims",
    },
    "block file": {"archspec": "version", "title": "text", "doc": "text", "blocks": "blocks"},
    "group": {"rows": "rows", **ANY_ROW},
    "table row": {"table": "table", **ANY_ROW},
    "branches": {"parallel": "branches", "merge": "companion", **ANY_ROW},
    "residual": {"residual": "rows", "shortcut": "rows", **ANY_ROW},
    "assertion": {"assert": "flag", "message": "text", "doc": "text"},
    "table": {"columns": "columns", "rows": "lines", "let": "lets", "each": "rows"},
    "block": {
        "inputs": "names",
        "params": "parameters",
        "let": "lets",
        "rows": "rows",
        "outputs": "outputs",
        "doc": "text",
    },
    "variable": {
        "value": "literal",
        "one_of": "choices",
        "min": "number",
        "max": "number",
        "doc": "text",
    },
    "edit": {
        **dict.fromkeys(("at", "before", "after", "remove"), "reference"),
        "set": "changes",
        "insert": "rows",
    },
    "claim": {"with": "settings", **FIGURES, "note": "text"},
    "variant": {**ABOUT, "vars": "settings", "expect": "claims"},
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "spec": ("archspec", "name", "input", "inputs", "rows"),
    "extension": ("archspec", "extends", "name"),
    "block file": ("archspec", "blocks"),
    "block": ("rows",),
    "variable": ("value",),
    "edit": ("at", "before", "after", "remove", "set", "insert"),
    "group": ("rows",),
    "table row": ("table",),
    "branches": ("parallel",),
    "residual": ("residual",),
    "assertion": ("assert",),
}
ROW_FORMS: Mapping[str, str] = {
    "rows": "group",
    "table": "table row",
    "parallel": "branches",
    "residual": "residual",
    "assert": "assertion",
}
FUNCTIONS = frozenset(
    [
        "int",
        "round",
        "floor",
        "ceil",
        "min",
        "max",
        "abs",
        "log",
        "len",
        "make_divisible",
        "before",
        "total",
    ]
)
KEYWORDS = frozenset({"and", "or", "not", "if", "else", "in", "true", "false", "null"})
ALWAYS = frozenset({"input", "prev", "i", "row", "height", "width", "channels"})


def attribute(operation: str, key: str) -> str:
    """The kind of value that an attribute takes; of any operation that has it, where `operation` is none."""
    if key in ("norm", "activation"):
        return "companion"
    owners = [operations()[operation]] if operation in operations() else operations().values()
    for owner in owners:
        if key in owner.attributes:
            return owner.attributes[key].kind
    stated = [one.options[key] for one in INITIALS.values() if key in one.options]
    if not stated:
        return "unknown"
    return "word" if isinstance(stated[0], str) else "number"


def needs(operation: str, key: str) -> bool:
    """Whether a row of an operation cannot be without a key."""
    found = operations().get(operation)
    return (
        found is not None and key in found.attributes and found.attributes[key].default is REQUIRED
    )


def vocabulary(text: str) -> set[str]:
    """Every word that means something in some spec or in this one: a misspelling that is one of them may be right."""
    attributes = [(k, a) for o in operations().values() for k, a in o.attributes.items()]
    stated = {word for key, a in attributes for word in (key, *a.words)}
    keys = {key for form in FORMS.values() for key in form}
    here = set(re.findall(r"\w+", text))
    return here | stated | keys | {*operations(), *INITIALS} | FUNCTIONS | KEYWORDS | ALWAYS
