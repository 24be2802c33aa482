"""The JSON Schema of spec files: made from the declarations, as wide as the language, and no wider than it must be."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft7Validator, ValidationError

import archspec
from archspec import shelf
from archspec.cli.main import main
from archspec.graph.ops import base, operations
from archspec.graph.ops.base import COMPANIONS, INITIALS, PADDINGS, REQUIRED, Attribute, Operation
from archspec.language.schema import attributes, checks, contents, files, rows, schema, values
from archspec.language.syntax.blocks import Block
from archspec.language.syntax.document import ROW_FORMS
from archspec.language.syntax.file import BlockFile, Extension, Spec, defaults_of
from archspec.language.syntax.forms import ROWS_OF_A_FORM, operation_row
from archspec.language.syntax.rows import TypeRow
from archspec.language.syntax.tables import TableBody
from archspec.language.syntax.variants import Claim
from archspec.source import SpecError

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "specs" / "archspec.schema.json"
ERRORS = ROOT / "tests" / "errors"
SPECS = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests" / "specs").glob("*.yaml")])
PAGES = [ROOT / "docs" / name for name in ("language.md", "editor.md")]
FENCED = [t for page in PAGES for t in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)]
EXAMPLES = [text for text in FENCED if "archspec: 1" in text]
SCHEMA = schema()
VALIDATOR = Draft7Validator(SCHEMA)

Json = dict[str, Any]


# YAML 1.2's core schema, as the language server reads it
WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]+\Z")
OPEN = object()  # a node that is being made
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")


def parsed(text: str) -> Any:
    """A YAML text as JSON; raises YAMLError for what is not YAML. Tags and keys that stand twice are let pass."""
    node = yaml.compose(text, yaml.SafeLoader)
    return None if node is None else plain(node, {})


def plain(node: yaml.Node, done: dict[int, Any]) -> Any:
    """A node as JSON; one that stands in many places is made once."""
    if id(node) not in done:
        done[id(node)] = OPEN
        done[id(node)] = made(node, done)
    if done[id(node)] is OPEN:
        raise yaml.YAMLError("an alias inside its own anchor")
    return done[id(node)]


def made(node: yaml.Node, done: dict[int, Any]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {
            key.value if isinstance(key, yaml.ScalarNode) else "[]": plain(value, done)
            for key, value in node.value
        }
    if isinstance(node, yaml.SequenceNode):
        return [plain(item, done) for item in node.value]
    if node.style or not isinstance(node.value, str):
        return node.value
    if node.value in WORDS:
        return WORDS[node.value]
    if INTEGER.match(node.value):
        return int(node.value)
    return float(node.value) if FLOAT.match(node.value) else node.value


def rejected(data: Any) -> str:
    """Where and why the schema rejects a document; empty if it does not."""
    found = next(iter(VALIDATOR.iter_errors(data)), None)
    return "" if found is None else f"{found.json_path}: {found.message}"


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert all(name in SCHEMA["definitions"] for name in references(SCHEMA))
    assert set(SCHEMA["definitions"]) <= {*references(SCHEMA)}


def test_each_definition_has_a_name_of_its_own() -> None:
    rooms = (
        files._files,
        *(room.definitions for room in (rows, contents, attributes, values, checks)),
    )
    names = [name for room in rooms for name in room()]
    assert sorted(names) == sorted(set(names)) == sorted(SCHEMA["definitions"])


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix("#/definitions/")
        for one in schema.values():
            yield from references(one)
    if isinstance(schema, list):
        for one in schema:
            yield from references(one)


def test_the_command_prints_it(tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    printed = CliRunner().invoke(main, ["schema"])
    assert printed.exit_code == 0
    assert json.loads(printed.output) == SCHEMA
    file = tmp_path / "folder" / "archspec.schema.json"
    written = CliRunner().invoke(main, ["schema", "-o", str(file)])
    assert written.exit_code == 0, written.output
    assert file.read_text() == printed.output
    golden(COMMITTED, printed.output)


def test_the_zoo_does_not_take_it_for_a_spec() -> None:
    assert COMMITTED.parent == shelf.folder()
    assert not [name for name in shelf.names() if "schema" in name]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["schema", "-o", str(tmp_path)])
    assert found.exit_code == 2
    assert "Traceback" not in found.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_are_accepted_and_name_their_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert rejected(parsed(text)) == ""
    modeline = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert modeline, "the first line says where the schema is"
    assert (path.parent / modeline[1]).resolve() == COMMITTED


def loads(text: str) -> bool:
    """Whether the language takes an example: pages show mistakes too, and files that need others beside them."""
    try:
        archspec.load(text)
    except archspec.SpecError:
        return False
    return True


def test_examples_of_the_language_are_accepted() -> None:
    right = [text for text in EXAMPLES if loads(text)]
    assert len(right) >= 20
    for text in right:
        assert rejected(parsed(text)) == "", text


# mistakes that no schema can see, by their code
UNSEEN_CODES = {
    "ambiguous-word": "a variable's name against the words of a key",
    "assertion": "values of expressions",
    "cannot-share": "what another row is built of",
    "duplicate-key": "the parser's: a mapping has a key once",
    "edit-conflict": "two edits of one label",
    "expression-budget": "values of expressions",
    "expression-syntax": "the grammar of expressions; a schema sees their characters",
    "expression-value": "values of expressions",
    "extends-itself": "files",
    "kernel-too-large": "shapes",
    "not-whole": "values of expressions",
    "out-of-reach": "files",
    "recursive-block": "blocks that use each other",
    "repeat-budget": "values of expressions",
    "shape-mismatch": "shapes",
    "tuple-value": "the flow between rows",
    "unknown-file": "files",
    "unknown-function": "names of `let`",
    "unknown-label": "labels of rows",
    "unknown-name": "names in expressions",
    "unknown-word": "a bare name may be a variable",
    "unused-value": "the flow between rows",
}
# and by their name, where a schema sees others of the same code
UNSEEN = {
    "block_of_a_block_file": "the keys of a block stand in another file",
    "block_file_alone": "whether a file of blocks is taken for a spec",
    "block_file_that_uses": "what stands in another file",
    "block_of_two_files": "the names of blocks stand in another file",
    "choices_of_two_kinds": "a word may be an expression that is a number",
    "duplicate_name": "labels of other rows",
    "name_of_a_sum": "labels of other rows",
    "edit_of_an_unnamed_row": "rows of the extended file",
    "function_of_a_hidden_name": "names that a function reads",
    "let_of_a_column": "names of `columns`, which stand beside",
    "missing_argument": "the keys of a block stand elsewhere in the file",
    "name_taken": "names of `vars` and `let`",
    "not_one_of": "a value against a list beside it",
    "out_of_range": "a value against a bound beside it",
    "output_that_is_never_given": "values of expressions",
    "outputs_of_one_name": "names that labels give",
    "parameter_misspelt": "the keys of a block stand elsewhere in the file",
    "slope_not_stated": "what an activation needs that is named by its word",
    "unknown_argument": "the keys of a block stand elsewhere in the file",
    "value_for_the_extended_file": "a value against another file",
    "word_in_a_list_of_rows": "values of variables",
    "variable_like_a_word": "a bare name may be a variable",
    "variant_of_a_wrong_type": "a value against another value's type",
}
# codes of UNSEEN_CODES whose mistake also breaks a form
SEEN = {
    "dropped_row": "its last row has a kernel of a wrong type",
    "variant_of_no_variable": "its second variant has an unknown key",
}
NO_YAML = {
    "not_utf8",
    "recursive_alias",
    "two_documents",
    "unknown_alias",
    "yaml_syntax",
    "yaml_tab",
    "yaml_too_deep",
}


@pytest.mark.parametrize("path", sorted(ERRORS.glob("*.yaml")), ids=lambda path: path.stem)
def test_mistakes_are_rejected(path: Path) -> None:
    code = re.search(r"error\[([\w-]+)\]", path.with_suffix(".txt").read_text())
    assert code
    if path.stem in NO_YAML:
        with pytest.raises((yaml.YAMLError, UnicodeDecodeError)):
            parsed(path.read_bytes().decode())
        return
    unseen = path.stem not in SEEN and (code[1] in UNSEEN_CODES or path.stem in UNSEEN)
    found = rejected(parsed(path.read_text(encoding="utf-8")))
    assert bool(found) is not unseen, found or f"the schema does not see {path.stem} ({code[1]})"


def test_no_excuse_is_left_over() -> None:
    names = {path.stem for path in ERRORS.glob("*.yaml")}
    texts = [path.read_text() for path in ERRORS.glob("*.txt")]
    assert {*UNSEEN, *SEEN, *NO_YAML} <= names
    assert all(any(f"error[{code}]" in text for text in texts) for code in UNSEEN_CODES)


class Blur(Operation):
    """Blurs an image, as a plug-in would."""

    name = "blur"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "radius": base.count("How far."),
        "edge": base.word("What stands beyond the edge.", "mirror", "black", default="mirror"),
        "padding": base.padding("same"),
    }


def test_an_operation_needs_no_change_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(operations(), "blur", Blur())  # type: ignore[arg-type]
    validator = Draft7Validator(schema())
    head = {"archspec": 1, "name": "a", "input": [8, 8, 3]}
    row = {"type": "blur", "radius": 3, "edge": "black", "when": "true"}
    accepted = [row, row | {"edge": "my_variable"}, row | {"padding": [[0, 1], 2]}]
    wrong = [
        {"type": "blur"},
        row | {"radius": 0},
        row | {"radius": [1]},
        row | {"edge": True},
        row | {"filters": 3},
        row | {"type": "blurr"},
        row | {"padding": [1]},
    ]
    assert all(validator.is_valid(head | {"rows": [one]}) for one in accepted)
    assert not any(validator.is_valid(head | {"rows": [one]}) for one in wrong)
    made = validator.schema["definitions"]
    assert "Blurs an image, as a plug-in would." in made["operation"]["enumDescriptions"]
    assert "blur" in made["defaults"]["properties"]


def test_keys_and_defaults_of_operations_are_those_declared() -> None:
    made = SCHEMA["definitions"]
    assert made["operation"]["enum"] == sorted(operations())
    for name, operation in operations().items():
        keys = made[f"{name}_operation"]["properties"]
        companions = COMPANIONS if operation.companions else ()
        assert {*keys} == {*TypeRow.form(), *operation.attributes, *companions}
        assert {*operation_row(operation).form()} == {*keys}
        (stated,) = made["defaults"]["properties"][name]["allOf"]
        assert {*defaults_of(operation).form()} == {*stated["properties"]}
        for key, attribute in operation.attributes.items():
            assert attribute.doc in keys[key]["markdownDescription"]
            default = None if attribute.default is REQUIRED else attribute.default
            assert keys[key].get("default") == default
            values = json.dumps(made[keys[key]["$ref"].removeprefix("#/definitions/")])
            assert all(json.dumps(word) in values for word in attribute.words)


def test_words_have_their_sentences() -> None:
    made = SCHEMA["definitions"]
    for name, docs in (("padding_0", PADDINGS), ("init", {k: i.doc for k, i in INITIALS.items()})):
        words = made[name]["anyOf"][0]
        assert dict(zip(words["enum"], words["enumDescriptions"], strict=True)) == docs
    for key in COMPANIONS:
        words = made[key]["anyOf"][0]
        roles = {name for name, operation in operations().items() if operation.role == key}
        assert {*words["enum"]} == {"none", *roles}
        assert all(words["enumDescriptions"])


FORMS = {
    "spec": Spec,
    "extension": Extension,
    "block_file": BlockFile,
    "block": Block,
    "table": TableBody,
    "claim": Claim,
    **{f"{name}_row": form for name, form in ROWS_OF_A_FORM.items()},
}


@pytest.mark.parametrize("name", FORMS)
def test_keys_of_forms_are_those_declared(name: str) -> None:
    made, form = SCHEMA["definitions"][name], FORMS[name]
    offered = {"extends"} if name == "spec" else set()
    assert {*made["properties"]} == {*form.form()} | offered
    required = {key for one in made.get("allOf", ()) for key in one.get("required", ())}
    assert required == {*form.required()}
    assert made["additionalProperties"] is False


def test_every_form_of_a_row_is_known() -> None:
    assert {"type", *ROWS_OF_A_FORM} == {*ROW_FORMS}


def test_every_key_is_documented() -> None:
    """Whatever can be hovered over says what it means."""
    silent = [path for path, one in keys(SCHEMA) if not (described(one) or one.get("doNotSuggest"))]
    assert silent == []


def described(one: Json) -> bool:
    target = (
        SCHEMA["definitions"][one["$ref"].removeprefix("#/definitions/")] if "$ref" in one else {}
    )
    found = target | one
    return bool(found.get("description") and found.get("markdownDescription"))


def keys(schema: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """The keys that the schema offers, with their path in it; those of conditions are not offered."""
    if isinstance(schema, dict):
        for name, one in schema.get("properties", {}).items():
            if isinstance(one, dict):
                yield f"{path}.{name}", one
        for name, one in schema.items():
            if name not in ("if", "not"):
                yield from keys(one, f"{path}.{name}")
    if isinstance(schema, list):
        for one in schema:
            yield from keys(one, path)


JUNK = (
    0,
    1,
    -1,
    2.5,
    True,
    "same",
    "none",
    "1",
    "a b",
    "prev.width",
    "",
    [],
    [1, 2],
    {},
    {"type": "relu"},
)
MUTATED = [path for path in SPECS if path.parent.parent.name == "tests"]


@pytest.mark.parametrize("path", MUTATED, ids=lambda path: path.stem)
def test_what_the_language_takes_the_schema_takes(path: Path) -> None:
    """Specs with one value replaced or one key dropped: the schema rejects none that still elaborates."""
    chance = random.Random(path.stem)
    taken = 0
    for _ in range(20):
        data = parsed(path.read_text(encoding="utf-8"))
        change = mutate(data, chance)
        if elaborates(data):
            taken += 1
            wrong = [error.message for error in VALIDATOR.iter_errors(data) if not unused(error)]
            assert wrong == [], change
    assert taken


def unused(error: ValidationError) -> bool:
    """A key that a row lacks, which a condition dropped: the language has not asked for it yet."""
    return error.validator == "required" and "here or in `defaults`" in error.schema["errorMessage"]


def elaborates(data: Any) -> bool:
    try:
        return bool(archspec.load(data).graph)
    except SpecError:
        return False


def mutate(data: Any, chance: random.Random) -> str:
    """Change one place of a document; what was done."""
    places = list(containers(data))
    where = chance.choice(places)
    key = chance.choice(list(where) if isinstance(where, dict) else range(len(where)))
    before = where[key]
    if chance.random() < 0.3:
        del where[key]
        return f"{key!r}: {before!r} dropped"
    where[key] = chance.choice(JUNK)
    return f"{key!r}: {before!r} became {where[key]!r}"


def containers(data: Any) -> Iterator[Any]:
    """Every mapping and list that holds something."""
    if isinstance(data, dict | list) and data:
        yield data
        for one in data.values() if isinstance(data, dict) else data:
            yield from containers(one)
