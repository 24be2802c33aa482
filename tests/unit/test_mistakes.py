"""One way to say a mistake: every code is defined once, and only a code makes a diagnostic."""

from __future__ import annotations

import ast
from pathlib import Path

import archspec
from archspec.source import Source, Span, mistakes, read
from archspec.weights.check import LayoutError, WeightsError
from archspec.workflows.building import Mismatch

ROOT = Path(__file__).parents[2]
FILES = [*(ROOT / "archspec").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]


def test_a_code_is_called_as_it_is_written() -> None:
    codes = {name: one.code for name, one in vars(mistakes).items() if one in mistakes.EVERY}
    assert codes == {code.replace("-", "_"): code for code in mistakes.CODES}


def test_only_codes_make_diagnostics() -> None:
    makers = [str(file.relative_to(ROOT)) for file in FILES if "Diagnostic" in _called(file)]
    assert makers == ["archspec/source/kinds.py"]


def _called(file: Path) -> set[str]:
    """The functions that a file calls by a bare name."""
    nodes = ast.walk(ast.parse(file.read_text()))
    functions = (node.func for node in nodes if isinstance(node, ast.Call))
    return {function.id for function in functions if isinstance(function, ast.Name)}


def test_what_a_mistake_says() -> None:
    root = read(Source("spec.yaml", "{kernl: 3, rows: []}"))
    key = root.entries[0].key
    wrong = mistakes.unknown_key.of(key, "a row", ["kernel", "rows"])
    assert (wrong.code, wrong.span, wrong.received) == ("unknown-key", key.span, "kernl")
    assert wrong.message == "`kernl` is not a key of a row"
    assert (wrong.expected, wrong.hint) == ("one of kernel, rows", "did you mean `kernel`?")

    row = mistakes.wrong_form(root, "a row is a list", "[]")
    assert (row.span, row.received) == (key.span, "a mapping")
    assert mistakes.wrong_form.expecting(root, "a list").span == root.span

    lacking = mistakes.missing_key.of(root, "a spec", "input")
    assert (lacking.message, lacking.expected) == ("a spec needs the key `input`", "input: ...")
    bound = mistakes.out_of_range.unlike(key, "filters", "at least 1", "0")
    assert (bound.message, bound.received) == ("filters is at least 1, not 0", "0")


def test_a_note_leads_to_what_is_near() -> None:
    text = Source("spec.yaml", "stem stam stm")
    places = {"stem": Span(text, 0, 4), "stam": Span(text, 5, 9), "head": None}
    wrong = mistakes.unknown_label(
        Span(text, 10, 13), "no row is called `stm`", places, places=places, said="is this row"
    )
    notes = {note.message: note.span.text for note in wrong.related}
    assert notes == {"`stem` is this row": "stem", "`stam` is this row": "stam"}
    nothing = mistakes.unknown_label(places["stem"], "no row", nothing="a row", hint="add one")
    assert (nothing.expected, nothing.hint) == ("a row", "add one")


# what never reaches a caller: somebody else makes a mistake with its place of it, or goes on without it
CAUGHT = {
    "ExpressionError",
    "Rejected",
    "ShapeError",
    "SyntaxProblem",
    "Unlike",
    "Exhausted",
    "Misplaced",
    "CannotKeep",
    "Unknown",
    "UnknownNode",
    "Unsupported",
    "_Return",
}


def test_what_reaches_a_caller_has_one_base() -> None:
    """A command ends in each with its exit code."""
    nodes = (node for file in FILES for node in ast.walk(ast.parse(file.read_text())))
    classes = (node for node in nodes if isinstance(node, ast.ClassDef))
    plain = {one.name for one in classes if {"Exception"} & {ast.unparse(b) for b in one.bases}}
    assert plain - CAUGHT == {"ArchspecError"}
    for error, code, fault in [
        (archspec.SpecError, 1, False),
        (archspec.NoSuchSpec, 2, False),
        (WeightsError, 1, False),
        (LayoutError, 2, True),
        (Mismatch, 2, True),
    ]:
        assert issubclass(error, archspec.ArchspecError)
        assert (error.exit_code, error.fault) == (code, fault)
