"""Checks of rows at every depth of a file: that types exist, that keys which operations need are present.

Each check is a definition of its own that walks down lists of rows beside the definition of their form. The checks of
a file depend on its other keys: a file without blocks has no types but operations, and a key that an operation
needs may stand in `defaults`.
"""

from __future__ import annotations

from collections.abc import Iterator

from archspec.graph.ops import known
from archspec.graph.ops.base import REQUIRED, Operation
from archspec.language.schema.parts import Json, has, is_type, needed, ref
from archspec.language.syntax.forms import ROWS_OF_A_FORM
from archspec.language.syntax.model import Model
from archspec.language.syntax.tables import TableBody

CLOSED = "check_types"


def definitions() -> dict[str, Json]:
    """Every check, over a row and the rows in it."""
    names = sorted(known())
    message = f"no such operation, and no block in this file; the operations are {', '.join(names)}"
    listed = {"type": {"enum": names, "errorMessage": message, **_quiet()}}
    closed = {"if": {"not": is_type(*names)}, "then": {"properties": listed}}
    checks = {CLOSED: _walked(CLOSED, has("type"), closed)}
    for operation, key in _needs():
        name = _check(operation, key)
        message = f"`{operation.name}` needs the key `{key}`, here or in `defaults`"
        checks[name] = _walked(name, is_type(operation.name), needed(key, message))
    return checks


def of_a_spec() -> list[Json]:
    """The checks of a file that extends nothing."""
    closed = {"not": {"anyOf": [{"required": ["blocks"]}, {"required": ["use"]}]}}
    checks: list[Json] = [{"if": closed, "then": _over(CLOSED)}]
    for operation, key in _needs():
        owners = filter(None, (operation.name, operation.defaults_from))
        stated = [_stated("defaults", owner, key) for owner in owners]
        checks.append({"if": {"anyOf": stated}, "else": _over(_check(operation, key))})
    return checks


def of_a_block_file() -> list[Json]:
    """Its blocks see no `defaults`."""
    return [_over(_check(operation, key)) for operation, key in _needs()]


def _needs() -> Iterator[tuple[Operation, str]]:
    for _, operation in sorted(known().items()):
        for key, attribute in operation.attributes.items():
            if attribute.default is REQUIRED:
                yield operation, key


def _check(operation: Operation, key: str) -> str:
    return f"check_{operation.name}_{key}"


def _stated(*path: str) -> Json:
    """The condition that there is a value at a path."""
    first, *rest = path
    return {"required": [first], "properties": {first: _stated(*rest)} if rest else {}}


def _quiet() -> Json:
    return {"doNotSuggest": True}


def _walked(name: str, condition: Json, then: Json) -> Json:
    """A check of a row and of all lists of rows below it."""
    return {"if": condition, "then": then, "else": {"properties": _below(name)}}


def _below(name: str) -> Json:
    each = _lists(TableBody, name)
    lists = {
        key: one for form in ROWS_OF_A_FORM.values() for key, one in _lists(form, name).items()
    }
    return lists | {"table": {"properties": each, **_quiet()}}


def _lists(form: type[Model], name: str) -> Json:
    """The keys of a form that hold rows."""
    keys = (key for key, one in form.form().items() if one.holds == "rows")
    return {key: {"items": ref(name), **_quiet()} for key in keys}


def _over(name: str) -> Json:
    """A check of all rows of a file."""
    rows = {"items": ref(name), **_quiet()}
    block = {"properties": {"rows": rows}}
    return {"properties": {"rows": rows, "blocks": {"additionalProperties": block, **_quiet()}}}
