"""The constructs of docs/language.md, and which of them a spec has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from archspec.graph.ops import operations
from tests.networks.lists import Row

Has = Callable[[Row], Any]
OPERATIONS = frozenset(operations())
FORMS: dict[str, Has] = {
    "group": lambda row: "rows" in row,
    "group without a name": lambda row: "rows" in row and "name" not in row,
    "group with from": lambda row: "rows" in row and "from" in row,
    "group that ends in a tuple": lambda row: _ends(row, "split"),
    "table": lambda row: "table" in row,
    "table without a name": lambda row: "table" in row and "name" not in row,
    "residual": lambda row: "residual" in row,
    "residual without a name": lambda row: "residual" in row and "name" not in row,
    "shortcut": lambda row: "shortcut" in row,
    "conditional shortcut": lambda row: any("when" in r for r in row.get("shortcut", [])),
    "parallel with merge": lambda row: "merge" in row,
    "parallel without merge": lambda row: "parallel" in row and "merge" not in row,
    "branch without rows": lambda row: [] in row.get("parallel", {}).values(),
    "merge as a mapping": lambda row: isinstance(row.get("merge"), dict),
    "merge with an axis": lambda row: isinstance(row.get("merge"), dict) and "axis" in row["merge"],
    "assert": lambda row: "assert" in row,
    "repeat of a row": lambda row: "repeat" in row and row.get("type") in OPERATIONS,
    "repeat of a block": lambda row: "repeat" in row and "type" in row and "block" in row["type"],
    "repeat of a group": lambda row: "repeat" in row and "rows" in row,
    "repeat of a parallel": lambda row: "repeat" in row and "parallel" in row,
    "repeat of none": lambda row: row.get("repeat") == 0,
    "repeat by an expression": lambda row: isinstance(row.get("repeat"), str),
    "as": lambda row: "as" in row,
    "when of a row": lambda row: "when" in row and row.get("type") in OPERATIONS,
    "when of a block": lambda row: "when" in row and "block" in row.get("type", ""),
    "when of a group": lambda row: "when" in row and "rows" in row,
    "when of a repeat": lambda row: "when" in row and "repeat" in row,
    "when of a table": lambda row: "when" in row and "table" in row,
    "when of a residual": lambda row: "when" in row and "residual" in row,
    "row without a name": lambda row: "type" in row and "name" not in row,
    "expression in a name": lambda row: "{" in row.get("name", ""),
    "expression in a reference": lambda row: any("{" in s for s in _sources(row)),
    "path": lambda row: any(re.match(r"[a-z]+\d+\.[a-z]", s) for s in _sources(row)),
    "path into a turn": lambda row: any(re.search(r"\.\d+\.", s) for s in _sources(row)),
    "path into a shortcut": lambda row: any(".shortcut." in s for s in _sources(row)),
    "value by number": lambda row: any(re.search(r"h\d+\.\d$", s) for s in _sources(row)),
    "value by name": lambda row: any(re.search(r"\.out\d+$", s) for s in _sources(row)),
    "shares": lambda row: "shares" in row,
    "shares of a group": lambda row: "shares" in row and "rows" in row,
    "shares of a block": lambda row: "shares" in row and "block" in row.get("type", ""),
    "shares of a residual": lambda row: "shares" in row and "residual" in row,
    "shares by a path": lambda row: "." in row.get("shares", ""),
    "shares in turns": lambda row: "shares" in row and "repeat" in row,
    "join of a tuple": lambda row: row.get("type") in ("add", "concat") and "from" not in row,
    "norm": lambda row: isinstance(row.get("norm"), str),
    "norm as a row": lambda row: isinstance(row.get("norm"), dict),
    "activation by a name": lambda row: row.get("activation") == "act",
    "activation by an expression": lambda row: " if " in str(row.get("activation")),
    "activation as a row": lambda row: isinstance(row.get("activation"), dict),
    "init": lambda row: isinstance(row.get("init"), str),
    "init as a row": lambda row: isinstance(row.get("init"), dict),
    "padding in cells": lambda row: isinstance(row.get("padding"), list),
    "groups": lambda row: row.get("type") == "conv" and "groups" in row,
    "dilation": lambda row: "dilation" in row,
    "size of a value": lambda row: ".channels" in str(row.get("filters")),
    "height of a value": lambda row: ".height" in str(row.get("size")),
}
TABLES: dict[str, Has] = {
    "columns and rows": lambda table: isinstance(table.get("rows"), list),
    "columns as lists": lambda table: isinstance(table["columns"], dict),
    "columns by variables": lambda table: "widths" in json.dumps(table["columns"]),
    "rows by a variable": lambda table: table.get("rows") == "lines",
    "let of a table": lambda table: "let" in table,
    "before": lambda table: "before(" in json.dumps(table["each"]),
    "total": lambda table: "total(" in json.dumps(table["each"]),
    "row in a condition": lambda table: re.search(r'"when": "[^"]*\brow\b', json.dumps(table)),
}
BLOCKS: dict[str, Has] = {
    "params": lambda block: "params" in block,
    "required parameter": lambda block: None in block.get("params", {}).values(),
    "parameter that hides a variable": lambda block: "base" in block.get("params", {}),
    "let of a block": lambda block: "let" in block,
    "inputs of a block": lambda block: "inputs" in block,
    "outputs of a block": lambda block: isinstance(block.get("outputs"), list),
    "outputs of a block by name": lambda block: isinstance(block.get("outputs"), dict),
    "block in a block": lambda block: '"type": "block' in json.dumps(block["rows"]),
    "parameter in a condition": lambda block: re.search(r'"when": "[^"]*flag', json.dumps(block)),
}
FILE: dict[str, Has] = {
    "input": lambda spec: len(spec.get("input", [])) == 3,
    "vector": lambda spec: len(spec.get("input", [])) == 1,
    "several inputs": lambda spec: "inputs" in spec,
    "outputs": lambda spec: isinstance(spec.get("outputs"), dict),
    "outputs as a list": lambda spec: isinstance(spec.get("outputs"), list),
    "conditional output": lambda spec: '{"from"' in json.dumps(spec.get("outputs")),
    "output by a path": lambda spec: "." in json.dumps(spec.get("outputs")),
    "defaults": lambda spec: "defaults" in spec,
    "variable with bounds": lambda spec: "min" in str(spec.get("vars", {}).get("base")),
    "variable of a word": lambda spec: "act" in spec.get("vars", {}),
    "variable of a list": lambda spec: "widths" in spec.get("vars", {}),
    "let": lambda spec: "twice" in spec.get("let", {}),
    "function": lambda spec: "ch(c)" in spec.get("let", {}),
    "i in a condition": lambda spec: re.search(r'"when": "[^"]*\bi\b', json.dumps(spec)),
    "i in a value": lambda spec: '"4 * (i + 1)"' in json.dumps(spec),
    "rows of one name": lambda spec: _doubled(spec),
}
EXPRESSIONS = {
    name: f"{name}("
    for name in ("int", "round", "floor", "ceil", "min", "max", "abs", "log", "len")
} | {
    "make_divisible": "make_divisible(",
    "choice": " if ",
    "in": " in ",
    "not in": " not in ",
    "chain": "1 < depth <= 3",
    "power": " ** ",
    "division": " // ",
    "remainder": " % ",
    "item": "widths[",
    "item from the end": "widths[-1]",
}
ALL = {
    *(f"operation: {name}" for name in OPERATIONS),
    *(f"row: {name}" for name in FORMS),
    *(f"table: {name}" for name in TABLES),
    *(f"block: {name}" for name in BLOCKS),
    *(f"file: {name}" for name in FILE),
    *(f"expression: {name}" for name in EXPRESSIONS),
}


def of(spec: Row) -> set[str]:
    """The constructs that a spec has."""
    text = json.dumps(spec)
    found = {f"file: {name}" for name, has in FILE.items() if has(spec)}
    found |= {f"expression: {name}" for name, word in EXPRESSIONS.items() if word in text}
    for block in spec.get("blocks", {}).values():
        found |= {f"block: {name}" for name, has in BLOCKS.items() if has(block)}
    for row in every_row(spec):
        found |= {f"row: {name}" for name, has in FORMS.items() if has(row)}
        if "table" in row:
            found |= {f"table: {name}" for name, has in TABLES.items() if has(row["table"])}
        for value in (row, row.get("norm"), row.get("activation"), row.get("merge")):
            name = value.get("type") if isinstance(value, dict) else value
            found.add(f"operation: {name}")
    return found & ALL


def every_row(spec: Row) -> Iterator[Row]:
    """All rows of a spec and of its blocks."""
    lists = [spec["rows"], *(block["rows"] for block in spec.get("blocks", {}).values())]
    while lists:
        for row in lists.pop():
            yield row
            lists += [row[key] for key in ("rows", "residual", "shortcut") if key in row]
            lists += row.get("parallel", {}).values()
            lists += [row["table"]["each"]] if "table" in row else []


def _sources(row: Row) -> list[str]:
    source = row.get("from", [])
    return [source] if isinstance(source, str) else source


def _ends(row: Row, kind: str) -> bool:
    rows: list[Any] = row.get("rows") or [{}]
    return rows[-1].get("type") == kind


def _doubled(spec: Row) -> bool:
    names = [row["name"] for row in every_row(spec) if "name" in row and "when" in row]
    return len(names) != len(set(names))
