"""The statements of a body as people write them: the same calls in the same order, with the same results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import archspec_torch
from archspec.printing import nodes
from archspec.printing.emit.statements.body import Body, body
from archspec.printing.emit.statements.nesting import Form
from archspec.printing.emit.statements.values import EVALUATED
from archspec.printing.emit.templates import Rendering, backend_template
from archspec.printing.names import Namer
from archspec.printing.nodes import (
    Append,
    Applied,
    Arg,
    Call,
    Collect,
    For,
    If,
    Infix,
    Items,
    Let,
    Member,
    Method,
    Node,
    Targets,
    Together,
    Value,
)

DEEP, FLAT = Form(deepest=3, longest=8, margin=8), Form(deepest=1, longest=8, margin=4)


def layer(name: str, *inputs: Value) -> Applied:
    return Applied(Member((name,)), inputs)


def row(name: str, variable: str = "x", value: str = "x") -> Let:
    return Let(variable, layer(name, value))


def written(
    statements: Sequence[Node],
    form: Form = DEEP,
    inputs: Sequence[str] = ("x",),
    outputs: Sequence[str] = ("x",),
) -> str:
    return text(short(statements, form, inputs, outputs))


def short(
    statements: Sequence[Node], form: Form, inputs: Sequence[str], outputs: Sequence[str]
) -> Body:
    return body(statements, inputs, outputs, Namer(frozenset(), {*inputs}), form)


TEMPLATE = backend_template(Path(archspec_torch.__file__).parent / "templates")


def text(made: Body) -> str:
    """The body as PyTorch's template writes it."""
    rendering = Rendering()
    context = TEMPLATE.new_context(rendering.functions)
    shared = TEMPLATE.environment.get_template("python.jinja").blocks
    context.blocks |= {
        name: [block] for name, block in shared.items() if name not in context.blocks
    }
    lines = [rendering.write(context, one) for one in made.statements]
    return "\n".join([*lines, "return " + rendering.write(context, made.returned, ", ")])


def add(first: str, second: str, variable: str = "x") -> Let:
    return Let(variable, Infix("+", (first, second)))


SAVED = Let("shortcut", "x")
FLAG = Member(("flag",))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([row("fc")], "return self.fc(x)"),
        (
            [SAVED, row("a"), row("b"), row("s", "shortcut", "shortcut"), add("shortcut", "x")],
            "return self.b(self.a(x)) + self.s(x)",
        ),
        (
            [SAVED, row("a"), row("b"), If(FLAG, (add("shortcut", "x"),))],
            "y = self.b(self.a(x))\nreturn x + y if self.flag else y",
        ),
        (
            [SAVED, If(FLAG, (row("a"),)), add("shortcut", "x")],
            "shortcut = x\nif self.flag:\n    x = self.a(x)\nreturn shortcut + x",
        ),
        ([If(FLAG, (row("mid"),), (row("mid"),))], "return self.mid(x)"),
        ([If(FLAG, (row("a"),), (row("b"),))], "return self.a(x) if self.flag else self.b(x)"),
        (
            [*map(row, "abcd")],
            "x = self.b(self.a(x))\nreturn self.d(self.c(x))",
        ),
        (
            [*map(row, "abcdefghi")],
            "\n".join(f"x = self.{name}(x)" for name in "abcdef")
            + "\nreturn self.i(self.h(self.g(x)))",
        ),
        (
            [row("a"), SAVED, row("b"), add("shortcut", "x")],
            "x = self.a(x)\nreturn x + self.b(x)",
        ),
        (
            [row("a"), Let("skip", "x"), row("b"), row("c"), add("x", "skip", "x"), add("x", "skip")],
            "skip = self.a(x)\nx = self.c(self.b(skip)) + skip\nreturn x + skip",
        ),
        (
            [Let(Targets(("a", "b")), Method("x", "chunk", (Arg("2"), Arg("1", "dim")))), row("c", "x", "b"),
             Let("x", Call("torch.cat", (Arg(Items(("a", "x"), "list")), Arg("1", "dim"))))],
            "a, b = x.chunk(2, dim=1)\nreturn torch.cat([a, self.c(b)], dim=1)",
        ),
        (
            [add("x", "x"), Let("x", Method("x", "mean", ()))],
            "x = x + x\nreturn x.mean()",
        ),
        (
            [row("a", "a"), row("b", "b"), row("c"),
             Let("x", Call("torch.cat", (Arg(Items(("b", "a", "x"), "list")),)))],
            "a = self.a(x)\nb = self.b(x)\nx = self.c(x)\nreturn torch.cat([b, a, x])",
        ),
        (
            [For((("turn",),), (Member(("turns",)),), (Let("x", Applied("turn", ("x",))),)), row("b")],
            "for turn in self.turns:\n    x = turn(x)\nreturn self.b(x)",
        ),
    ],
)  # fmt: skip
def test_bodies_are_how_people_write_them(statements: list[Node], expected: str) -> None:
    assert written(statements) == expected


def test_a_form_without_nesting_has_a_statement_for_each_layer() -> None:
    expected = "x = self.a(x)\nx = self.b(x)\nreturn self.c(x)"
    assert written([*map(row, "abc")], FLAT) == expected


def test_several_values_are_returned_as_they_are_made() -> None:
    made = [row("a", "one"), row("b", "two"), add("one", "two", "sum")]
    more = Let("difference", Infix("-", ("one", "two")))
    found = written([*made, more], outputs=("sum", "difference"))
    assert found == "one = self.a(x)\ntwo = self.b(x)\nreturn one + two, one - two"


def test_a_template_of_old_finds_the_last_value_in_a_variable() -> None:
    statements, outputs = short([row("a"), row("fc")], DEEP, ("x",), ("x",)).assigned(
        Namer(frozenset())
    )
    assert outputs == ("x",)
    assert statements == (Let("x", layer("fc", layer("a", "x"))),)


# ---- random bodies -----------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["x", "a", "b", "skip"])
LAYERS = st.sampled_from(["f", "g", "h"])
CALLS = st.one_of(
    st.builds(lambda name, value: layer(name, value), LAYERS, NAMES),
    st.builds(lambda name, one, two: layer(name, one, two), LAYERS, NAMES, NAMES),
    st.builds(lambda sign, one, two: Infix(sign, (one, two)), st.sampled_from("+-*"), NAMES, NAMES),
    st.builds(lambda one, two: Call("cat", (Arg(Items((one, two, one), "list")),)), NAMES, NAMES),
    st.builds(lambda one: Method(one, "mean"), NAMES),
)
LETS = st.one_of(
    st.builds(Let, NAMES, CALLS),
    st.builds(Let, NAMES, NAMES),
    st.builds(lambda one, value: Let(Targets(("x", "a")), Together((one, value))), NAMES, CALLS),
    st.builds(lambda value: Append("kept", value), NAMES),
)
FLAGS = st.builds(lambda name: Member((name,)), st.sampled_from(["yes", "no"]))


def blocks(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    bodies = st.lists(inner, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        inner,
        st.builds(If, FLAGS, bodies, st.one_of(st.just(()), bodies)),
        st.builds(lambda body, n: For((), (), body, count=str(n)), bodies, st.integers(0, 2)),
    )


BODIES = st.lists(st.recursive(LETS, blocks, max_leaves=6), min_size=1, max_size=9)


class Stand:
    """A tensor: its text is how it came about."""

    def __init__(self, text: str, log: list[str]) -> None:
        self.text, self.log = text, log

    def made(self, text: str) -> Stand:
        self.log.append(text)
        return Stand(text, self.log)

    def mean(self) -> Stand:
        return self.made(f"mean({self.text})")

    def pair(self, sign: str, other: Stand) -> Stand:
        texts = [self.text, other.text]
        return self.made(sign.join(sorted(texts) if sign in "+*" else texts))

    def __add__(self, other: Stand) -> Stand:
        return self.pair("+", other)

    def __mul__(self, other: Stand) -> Stand:
        return self.pair("*", other)

    def __sub__(self, other: Stand) -> Stand:
        return self.pair("-", other)


class Layers:
    """An object whose layers and flags the statements read."""

    def __init__(self, log: list[str], yes: bool, no: bool) -> None:
        def layer(name: str) -> Any:
            def apply(*inputs: Stand) -> Stand:
                return inputs[0].made(f"{name}({','.join(one.text for one in inputs)})")

            return apply

        self.f, self.g, self.h = map(layer, "fgh")
        self.yes, self.no = yes, no


def outcome(source: str, yes: bool, no: bool) -> tuple[list[str], list[str]]:
    """The calls that a body makes in order, and the texts of what it gives and collects."""
    log: list[str] = []
    lines = "\n".join(f"    {line}" for line in source.splitlines())
    scope: dict[str, Any] = {
        "cat": lambda values: values[0].made(f"cat({','.join(one.text for one in values)})")
    }
    code = compile(f"def run(self, x, skip, a, b, kept):\n{lines}", "body", "exec")
    exec(code, scope)  # the source is this test's
    kept: list[Stand] = []
    inputs = [Stand(name, log) for name in ("x", "skip", "a", "b")]
    results = scope["run"](Layers(log, yes, no), *inputs, kept)
    results = results if isinstance(results, tuple) else (results,)
    return log, [one.text for one in (*results, *kept)]


@given(BODIES, st.sampled_from([("x",), ("x", "a")]), st.sampled_from([DEEP, FLAT]))
@settings(max_examples=300, deadline=None, phases=[Phase.generate], report_multiple_bugs=False)
def test_random_bodies_do_the_same(
    statements: list[Node], outputs: tuple[str, ...], form: Form
) -> None:
    inputs = ("x", "skip", "a", "b")
    before = text(Body(tuple(statements), outputs))
    after = written(statements, form, inputs, outputs)
    assert len(after.splitlines()) <= len(before.splitlines())
    for yes in (True, False):
        for no in (True, False):
            assert outcome(after, yes, no) == outcome(before, yes, no), f"{before}\n\n{after}"


def test_every_value_of_a_body_is_known() -> None:
    """A node that is left out here makes the pass leave the body as it is."""
    values = {nodes.Applied, nodes.Call, nodes.Either, nodes.Infix, nodes.Items, nodes.Made}
    assert values | {nodes.Method, nodes.Together, nodes.Let} <= EVALUATED.keys()
    assert "kept: list[Tensor] = []" in written([Collect("kept"), row("a"), Append("kept", "x")])
