"""Lines of Python as a formatter would break them: on one line, or the arguments on one line, or one a line."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence

from archspec.graph.expr import Expr, Lit, Named, Value
from archspec.graph.spelling import show
from archspec.lowering.plan import Target

WIDTH = 100
INDENT = "    "
OPENING, CLOSING = "([{", ")]}"
Names = Callable[[str], str]


def otherwise(above: Sequence[str], lines: list[str]) -> list[str]:
    """Lines under a condition, where those above stand under its opposite."""
    opened = next((line for line in reversed(above) if not line.startswith((" ", ")"))), "")
    both = opened.startswith("if ") and bool(lines) and lines[0].startswith("if ")
    return ["else:", *lines[1:]] if both else lines


def indented(lines: Sequence[str], depth: int = 1) -> list[str]:
    """The lines, deeper; empty ones stay empty."""
    return [f"{INDENT * depth}{line}" if line else line for line in lines]


def bracketed(head: str, args: Sequence[str], tail: str, depth: int) -> list[str]:
    """`head args tail`, broken at the brackets that end `head` and begin `tail` where it is too long."""
    one = f"{head}{', '.join(args)}{tail}"
    room = WIDTH - len(INDENT) * depth
    if len(one) <= room or not args:
        return [one]
    joined = f"{INDENT}{', '.join(args)}"
    if len(joined) <= room:
        return [head, joined, tail]
    last = "" if len(args) == 1 else ","
    broken = [line for arg in args for line in _broken(arg, last, depth + 1)]
    return [head, *indented(broken), tail]


def applied(head: str, args: Sequence[str], inputs: str, depth: int) -> list[str]:
    """`head args)(inputs)`: a layer made and called, broken at its inputs if the rest fits a line."""
    made = f"{head}{', '.join(args)})("
    room = WIDTH - len(INDENT) * depth
    if len(f"{made}{inputs})") > room >= len(made):
        return [made, f"{INDENT}{inputs}", ")"]
    return bracketed(head, args, f")({inputs})", depth)


def nested(
    head: str, before: Sequence[str], call: str, args: Sequence[str], depth: int
) -> list[str]:
    """`head before, call args))`: a call as the last argument of another, broken from the outside in."""
    given = [*before, f"{call}{', '.join(args)})"]
    room = WIDTH - len(INDENT) * (depth + 1)
    if len(", ".join(given)) <= room:
        return bracketed(head, given, ")", depth)
    inner = bracketed(call, args, ")," if before else ")", depth + 1)
    return [head, *indented([*(f"{arg}," for arg in before), *inner]), ")"]


def _broken(value: str, end: str, depth: int) -> list[str]:
    """One value and what stands behind it; a call, list or mapping that is too long is broken in its turn."""
    if len(value) + 1 + len(INDENT) * depth <= WIDTH or value[-1] not in CLOSING:
        return [f"{value}{end}"]
    begin = _opening(value)
    return bracketed(value[: begin + 1], _split(value[begin + 1 : -1]), f"{value[-1]}{end}", depth)


def _opening(text: str) -> int:
    """Where the bracket opens that the last character closes."""
    depth = 0
    for place in reversed(range(len(text))):
        depth += (text[place] in CLOSING) - (text[place] in OPENING)
        if depth == 0:
            return place
    raise ValueError(f"a bracket is not opened: {text}")


def _split(text: str) -> list[str]:
    """Arguments that commas part; those of calls among them stay together."""
    found, depth, begin = [], 0, 0
    for place, char in enumerate(text):
        depth += (char in OPENING) - (char in CLOSING)
        if char == "," and depth == 0:
            found.append(text[begin:place].strip())
            begin = place + 1
    return [*found, text[begin:].strip()]


def assigned(name: str, value: str, depth: int) -> list[str]:
    """`name = value`, the value in brackets of its own where it is too long."""
    one = f"{name} = {value}"
    if len(one) + len(INDENT) * depth <= WIDTH:
        return [one]
    return [f"{name} = (", f"{INDENT}{value}", ")"]


def chosen(name: str, value: str, test: str, other: str, depth: int) -> list[str]:
    """`name = value if test else other`, in brackets and then in three lines where it is too long."""
    parts = [value, f"if {test}", f"else {other}"]
    lines = assigned(name, " ".join(parts), depth)
    if len(lines) == 1 or len(lines[1]) + len(INDENT) * depth <= WIDTH:
        return lines
    broken = [*_broken(value, "", depth + 1), *parts[1:]]
    return [lines[0], *indented(broken), lines[-1]]


def arguments(target: Target, args: Sequence[tuple[str, Expr]], names: Names) -> list[str]:
    """A call's arguments as they are written: what equals a default is left out."""
    defaults = dict(target.defaults)
    given = dict(args)
    kept = [(key, expr) for key, expr in args if not _is_default(key, expr, defaults, given)]
    shown: list[str] = []
    by_position = True
    for number, (key, expr) in enumerate(kept):
        positional = target.positional[number] if number < len(target.positional) else None
        by_position = by_position and key == positional
        text = show(expr, names)
        shown.append(text if by_position else f"{key}={text}")
    return shown


def _is_default(
    key: str, expr: Expr, defaults: Mapping[str, object], given: Mapping[str, Expr]
) -> bool:
    if key not in defaults:
        return False
    if defaults[key] is None and key in ("stride", "strides"):
        return expr == given.get("kernel_size", given.get("pool_size"))
    if not isinstance(expr, Lit):
        return False
    return expr.value == defaults[key] and type(expr.value) is type(defaults[key])


def annotation(values: Sequence[Value], *, any_length: bool = False, layer: str = "type") -> str:
    """The type of a parameter that takes these values, lists also of another length; `layer` that of classes."""
    kinds = {
        layer if isinstance(v, Named) else _type(v, any_length) for v in values if v is not None
    }
    found = sorted(kinds, key=_rank)
    return " | ".join([*found, "None"] if None in values else found)


def _type(value: Value, any_length: bool) -> str:
    if isinstance(value, tuple):
        kinds = [_type(item, any_length) for item in value]
        longer = len(set(kinds)) == 1 and any_length
        return f"tuple[{kinds[0]}, ...]" if longer else f"tuple[{', '.join(kinds)}]"
    return type(value).__name__


def _rank(name: str) -> tuple[bool, str]:
    return name.startswith("tuple"), name


def docstring(paragraphs: Sequence[str | list[str]]) -> list[str]:
    """A module's docstring; text is escaped, so that it can only ever be text. A list of lines keeps its layout."""
    lines: list[str] = []
    for paragraph in paragraphs:
        if isinstance(paragraph, list):
            lines += ["", *(f"{INDENT}{safe(line)}" for line in paragraph)]
            continue
        clean = " ".join(paragraph.split()) if "\n" not in paragraph.strip() else paragraph.strip()
        lines += [""] if lines else []
        for line in clean.splitlines():
            lines += textwrap.wrap(safe(line), WIDTH - 3, break_long_words=True) or [""]
    if len(lines) == 1:
        return [f'"""{lines[0]}"""']
    return [f'"""{lines[0]}', *(line.rstrip() for line in lines[1:]), '"""']


def safe(text: str) -> str:
    """Text that cannot end a docstring or begin an escape, without control characters."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain.replace("\\", "\\\\").replace('"', "'").strip()


def table(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[str]], depth: int = 0
) -> list[str]:
    """A paper's table as it is assigned; a single column is a plain list."""
    if len(columns) == 1:
        return listed(name, [row[0] for row in rows], depth, ("[", "]"))
    lines = [f"{INDENT}({', '.join(row)})," for row in rows]
    return [f"{name} = [  # {', '.join(columns)}", *lines, "]"]


def listed(
    name: str, values: Sequence[str], depth: int, brackets: tuple[str, str] = ("(", ")")
) -> list[str]:
    """A list as it is assigned: on one line, or one value a line."""
    begin, end = brackets
    last = "," if len(values) == 1 and begin == "(" else ""
    one = f"{name} = {begin}{', '.join(values)}{last}{end}"
    if len(one) + len(INDENT) * depth <= WIDTH:
        return [one]
    return [f"{name} = {begin}", *(f"{INDENT}{value}," for value in values), end]
