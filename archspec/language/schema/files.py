"""The three kinds of files as JSON Schema: specs, files that extend one, block files."""

from __future__ import annotations

import json

from archspec.language.schema import attributes, checks, contents, rows, snippets, values
from archspec.language.schema.parts import Json, also, either, expected, has, needed, ref, text
from archspec.language.schema.values import form, properties
from archspec.language.syntax.file import VERSION, BlockFile, Extension, Spec

DRAFT = "http://json-schema.org/draft-07/schema#"


def schema_text() -> str:
    """The JSON Schema as the text of a file."""
    return json.dumps(schema(), indent=1) + "\n"


def schema() -> Json:
    """The JSON Schema of a spec file, in draft 7: what the YAML language server knows best."""
    own = [key for key in Spec.required() if key not in BlockFile.required()]
    own += ["input", "inputs"]
    of_blocks = has("blocks") | {"not": {"anyOf": [{"required": [key]} for key in own]}}
    plain = {"if": {"type": "object"}, "then": ref("spec")}
    return {
        "$schema": DRAFT,
        "title": "archspec",
        "description": "A neural network as data.",
        "type": "object",
        "errorMessage": f"a spec was expected here: archspec: {VERSION}, name, input, rows",
        "if": has("extends"),
        "then": ref("extension"),
        "else": {"if": of_blocks, "then": ref("block_file"), "else": plain},
        "definitions": definitions(),
    }


def definitions() -> dict[str, Json]:
    """Every definition by its name."""
    result = _files()
    for module in (rows, contents, attributes, values, checks):
        result |= module.definitions()
    return result


NOT_BOTH: Json = {
    "not": {"required": ["input", "inputs"]},
    "errorMessage": "a network has `input` or `inputs`, not both",
}
ENTERING: Json = {
    "if": {"not": has("inputs")},
    "then": needed("input", "a spec needs the key `input`"),
}


def _files() -> dict[str, Json]:
    spec = form(Spec, "a spec")
    # completion offers `extends` in a spec; a file that has it is an extension
    spec["properties"] |= properties({"extends": Extension.form()["extends"]})
    version = f"archspec: {VERSION} - the version of the language -"
    return {
        "spec": also(spec, ENTERING, NOT_BOTH, *checks.of_a_spec())
        | {"defaultSnippets": [snippets.SPEC]},
        "extension": also(form(Extension, "a spec that extends another"), NOT_BOTH),
        "block_file": also(form(BlockFile, "a block file"), *checks.of_a_block_file()),
        "version": either(
            {"const": int(VERSION), **expected(version)}, text(f"^{VERSION}$", version)
        ),
    }
