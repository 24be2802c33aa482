"""docs/language.md has every key, function, word and limit of the language, as the code has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import archspec
from archspec.graph import evaluate
from archspec.graph.evaluate import FUNCTIONS
from archspec.graph.ops import operations
from archspec.graph.ops.base import INITIALS, KINDS, MODES, REQUIRED, AttributeKind
from archspec.language.compose import extending
from archspec.language.elaborate.formulas import evaluation, values, work
from archspec.language.elaborate.rows import context, loops
from archspec.language.syntax import expressions
from archspec.language.syntax.blocks import Block
from archspec.language.syntax.file import BlockFile, Extension, Spec, Variable
from archspec.language.syntax.forms import ROWS_OF_A_FORM, operation_row
from archspec.language.syntax.model import Model
from archspec.language.syntax.rows import Row
from archspec.language.syntax.tables import TableBody
from archspec.language.syntax.variants import EDITS, Claim, Variant
from archspec.source import Source, diagnostic, read, reader

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/language.md").read_text(encoding="utf-8")
PROSE = re.sub(r"^```.*?^```$", "", PAGE, flags=re.S | re.M)
SPECS = "\n".join(re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.S | re.M))
CODE = re.compile(r"`([^`]+)`")


def table(heading: str) -> list[list[str]]:
    """The cells of the tables under a heading, without their heads."""
    section = re.split(r"^#+ ", PROSE.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    rows = re.findall(r"^\|(.*)\|$", re.sub(r"^\|.*\|\n\|[-|]+\|$", "", section, flags=re.M), re.M)
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def codes(cell: str) -> list[str]:
    return CODE.findall(cell)


MODELS: tuple[type[Model], ...] = (
    *(Spec, Variable, TableBody, Block, BlockFile, Variant, Extension, Claim),
    *ROWS_OF_A_FORM.values(),
)
FORMS = {model.__name__: {*model.form()} for model in MODELS}
FORMS["edits"] = {key for model in EDITS.values() for key in model.form()}
FORMS |= {name: {*operation_row(found).form()} for name, found in operations().items()}


@pytest.mark.parametrize("form", FORMS)
def test_every_key_of_every_form(form: str) -> None:
    missing = FORMS[form] - set(CODE.findall(PROSE))
    assert not missing, f"docs/language.md does not mention {sorted(missing)} of {form}"


@pytest.mark.parametrize(
    ("heading", "form"),
    [
        ("The file", "Spec"),
        ("Variables", "Variable"),
        ("Tables", "TableBody"),
        ("Blocks", "Block"),
        ("Block files", "BlockFile"),
        ("Variants", "Variant"),
        ("Files that extend others", "Extension"),
        ("Edits", "edits"),
        ("Claims", "Claim"),
    ],
)
def test_tables_of_keys(heading: str, form: str) -> None:
    found = [key for row in table(heading) for key in codes(row[0]) if len(row) == 2]
    assert sorted(found) == sorted(FORMS[form])


def test_rows() -> None:
    found = {key for row in table("Rows") for key in codes(row[0])}
    assert found == {"type", *ROWS_OF_A_FORM, *Row.form()}


NAMES = {"width": 0.75, "depths": [3, 4, 6], "act": "relu"}
EXAMPLES = [
    (codes(row[1])[0], codes(row[2])[0])
    for heading in ("Values", "Functions")
    for row in table(heading)
    if row[1]
]


@pytest.mark.parametrize(("example", "value"), EXAMPLES)
def test_values_of_examples(example: str, value: str) -> None:
    test = {"assert": f"({example}) == {value}"}
    variables = {**NAMES, "act": {"value": "relu", "one_of": ["relu", "relu6"]}}
    archspec.load({"archspec": 1, "name": "a", "vars": variables, "input": [1], "rows": [test]})


def test_every_function_has_an_example() -> None:
    found = {name.split("(")[0]: row[1] for row in table("Functions") for name in codes(row[0])}
    assert found.keys() == {*FUNCTIONS, "before", "total"}
    for name, example in found.items():
        assert f"{name}(" in (example or SPECS)


def test_every_kind_of_value_has_examples() -> None:
    assert KINDS.keys() == {*get_args(AttributeKind)} - {"word"}
    told = {kind for kind, _ in KINDS.values()}
    rows = table("Kinds of values")
    assert {row[0] for row in rows} == {*told, "a word", "an operation, or a row of one"}
    for row in rows:
        for example in codes(row[2]):
            assert example in SPECS, example


def test_what_holds_unless_said() -> None:
    """What the page says; docs/operations.md, which is made from the code, has it for every key."""
    for row in table("Default values"):
        for key in codes(row[0]):
            having = [o.attributes[key] for o in operations().values() if key in o.attributes]
            found = {f"`{a.unless_said}`" for a in having if a.unless_said}
            assert found == {row[1]}, key


def operations_table() -> str:
    """The operations, a line each: the keys that a row needs, those that it may have."""
    lines = ["| type | needs | may have |", "|---|---|---|"]
    for name, operation in operations().items():
        needed = [k for k, a in operation.attributes.items() if a.default is REQUIRED]
        other = [k for k in operation.attributes if k not in needed]
        other += ["norm", "activation"] if operation.companions else []
        needed += ["from"] if operation.inputs[0] > 1 else []
        cells = (", ".join(f"`{key}`" for key in found) for found in ([name], needed, other))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def test_operations(pytestconfig: pytest.Config) -> None:
    pattern = re.compile(r"(?<=<!-- operations -->\n)(?:\|.*\|\n)*")
    found = pattern.search(PAGE)
    assert found
    if pytestconfig.getoption("--update-golden"):
        path = ROOT / "docs/language.md"
        text = path.read_text(encoding="utf-8")
        path.write_text(pattern.sub(lambda _: f"{operations_table()}\n", text), encoding="utf-8")
        return
    assert found[0] == f"{operations_table()}\n", "docs/language.md is old: make golden"


def test_initialisers() -> None:
    found = {}
    for row in table("Initial values"):
        options = [code.split(": ") for code in codes(row[1])]
        found |= {word: dict(options) for word in codes(row[0])}
    assert found == {
        word: {key: str(value) for key, value in initialiser.options.items()}
        for word, initialiser in INITIALS.items()
    }
    assert set(codes(table("Initial values")[5][2])) == set(MODES)


LIMITS = {
    "a file": reader.MAX_BYTES >> 20,
    "block files": reader.MAX_BYTES >> 20,
    "files of which": extending.MAX_EXTENDED,
    "nodes": reader.MAX_NODES,
    "depth of its YAML": reader.MAX_DEPTH,
    "one value": reader.MAX_SCALAR,
    "an expression": expressions.MAX_LENGTH,
    "brackets": expressions.MAX_DEPTH // 2,
    "a written number": expressions.MAX_DIGITS,
    "a computed whole number": evaluate.MAX_BITS,
    "a count": values.LARGEST,
    "steps": evaluate.MAX_STEPS,
    "turns": loops.MAX_TURNS,
    "rows": context.MAX_NODES,
    "mistakes": diagnostic.MAX_SHOWN,
    "unfolding": work.BASE,
    "all variants": 2 * work.BASE,
    "lists of rows": work.MAX_INSIDE,
    "signs and brackets": expressions.MAX_DEEP,
    "functions and brackets": evaluate.MAX_DEPTH,
    "parts of a function": evaluation.MAX_WRITTEN,
}


@pytest.mark.parametrize("what", LIMITS)
def test_limits(what: str) -> None:
    (row,) = [row for row in table("Limits") if row[0].startswith(what)]
    assert row[1].split()[0] == f"{LIMITS[what]:,}"


def test_limits_of_unfolding() -> None:
    """The steps that the page counts are those that are counted."""
    (row,) = [row for row in table("Limits") if row[0].startswith("unfolding")]
    assert row[1].split()[2] == f"{work.FOR_EACH_MAPPING}"
    assert f"takes {work.STEP} steps for each row and operation, {work.SCOPE} for each turn" in PAGE


def test_brackets_and_sizes_end_at_their_limits() -> None:
    limits = {row[0]: int(row[1].split()[0].replace(",", "")) for row in table("Limits")}
    depth = limits["brackets in an expression, one in the other"]
    expressions.parse("(" * depth + "1" + ")" * depth)
    with pytest.raises(expressions.SyntaxProblem):
        expressions.parse("(" * (depth + 1) + "1" + ")" * (depth + 1))
    spec = {"archspec": 1, "name": "a", "rows": [{"type": "relu"}]}
    archspec.load({**spec, "input": [limits["a size of the input"]]})
    with pytest.raises(archspec.SpecError):
        archspec.load({**spec, "input": [limits["a size of the input"] + 1]})


@pytest.mark.parametrize("row", table("YAML and its traps"), ids=lambda row: row[0])
def test_traps_are_caught(row: list[str]) -> None:
    (trap,), (right,) = codes(row[0]), codes(row[2])
    with pytest.raises(archspec.SpecError):
        read(Source("trap", trap))
    read(Source("right", right))


def test_the_index_has_every_section() -> None:
    index = PAGE.split("\n## ")[0]
    linked = set(re.findall(r"\(#([\w-]+)\)", index))
    headings = re.findall(r"^#{2,3} (.*)$", PROSE, re.M)
    assert linked == {anchor(heading) for heading in headings}


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", ["README.md", "docs/language.md", "docs/tutorial.md"])
def test_anchors_lead_somewhere(page: str) -> None:
    place = ROOT / page
    for path, name in re.findall(r"\]\(([^)#\s]*)#([\w-]+)\)", place.read_text(encoding="utf-8")):
        text = (place.parent / path if path else place).read_text(encoding="utf-8")
        assert name in {anchor(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}, name
