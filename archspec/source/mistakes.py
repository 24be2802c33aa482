"""Every code: what it means and the general way out. Only a code makes a `Diagnostic`.

Call a code to say a mistake of its kind: the place, the message, what was expected, what was received, a better way
out, notes that lead to other places.

    bad_option(span, "input sizes are whole and positive")
    needs_name(label, f"`{label.text}` has no name", "a row with a name", label.text, notes=[note])

Where mistakes of a kind are alike, their code says them from fewer words (`kinds`):

    wrong_form(node, "a row is a mapping", "{type: ..., ...}")   received is what the node holds, unless given
    wrong_form.expecting(node, "a list")                         "a list was expected here"
    missing_key.of(node, "a spec", "input")                      "a spec needs the key `input`"
    out_of_range.unlike(span, "filters", "at least 1", "0")      "filters is at least 1, not 0"
    unknown_key.of(key, "a claim", KEYS)                         "`x` is not a key of a claim", and what is near
    unknown_label(label, f"no row is called `{label.text}`", labels, places=places, said="is this row")

A place is a `Span`, or what has one: a word, a cell, a node. Of a mapping its first key is underlined; give `node.span`
for all of it. An exception that does not know its place yet - of an expression, of a shape, of Pydantic - carries its
code, or the whole mistake, until somebody does: `error.code.say(place, error.message, ...)`.

A new kind is one definition here, and an example of it in `examples.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping

from archspec.source.kinds import Code, MissingKey, Plain, Unknown, UnknownKey, WrongNode

not_utf8 = Plain(
    "not-utf8",
    "A spec is UTF-8 text. The place is the first byte that is not.",
    "save the file as UTF-8",
)
unreadable_file = Plain(
    "unreadable-file",
    "The file is missing, is a folder, may not be read, or is larger than a spec can be.",
    "check the path and its permissions",
)
yaml_syntax = Plain(
    "yaml-syntax",
    "The text is not YAML. Often a bracket, a quote or a colon with its space is missing above the place.",
    "look for a bracket, a quote or a colon with its space at or above this place",
)
yaml_too_deep = Plain(
    "yaml-too-deep",
    "Brackets or indentation are nested deeper than any spec needs.",
    "close the brackets; a spec needs a few levels",
)
yaml_too_big = Plain(
    "yaml-too-big",
    "The file has more nodes, or a longer value, than a spec may have.",
)
yaml_alias = Plain(
    "yaml-alias",
    "An alias that names no anchor above it, or that stands inside its own anchor. A value that begins with "
    "`*` must be quoted.",
)
yaml_tag = Plain("yaml-tag", "Tags make objects; a spec is plain data.")
yaml_merge_key = Plain(
    "yaml-merge-key",
    "Merge keys hide where a value comes from. Use `defaults`, or a block with parameters.",
)
duplicate_key = Plain(
    "duplicate-key",
    "A mapping names a key twice. YAML would silently keep one of the two.",
    "drop one of them",
)
key_not_text = Plain("key-not-text", "A key is a plain word.")
empty_file = Plain("empty-file", "There is nothing in the file.")
several_documents = Plain(
    "several-documents",
    "A file holds one spec.",
    "put each spec into a file of its own",
)
unknown_file = Unknown(
    "unknown-file",
    "`extends` names no spec, or `use` no block file. A name is one of the zoo's; a path is a file below the "
    "folder of the file that names it.",
    "`archspec list` names the specs of the zoo; a path ends in .yaml",
)
out_of_reach = Plain(
    "out-of-reach",
    "A spec reaches files below its own folder, and the zoo; nothing else.",
    "copy the file to where this one is, or below it",
)
extends_itself = Plain(
    "extends-itself",
    "A file that extends itself, or one that extends it, has no rows to begin with.",
    "extend a file that has rows",
)
edit_conflict = Plain(
    "edit-conflict",
    "Two edits of one row that contradict each other.",
    "drop one of the two edits",
)
flow_trap = Plain(
    "flow-trap",
    "Inside { } YAML reads a comma, a bracket or a missing space in its own way. Quote the value.",
)
unknown_key = UnknownKey(
    "unknown-key",
    "A mapping has a key that its form does not know. Nothing in a spec is ignored.",
    "the keys above are all there are; nothing in a spec is ignored",
)
missing_key = MissingKey("missing-key", "A mapping lacks a key that it needs.", "add it")
wrong_form = WrongNode(
    "wrong-form",
    "A list where a mapping belongs, or the other way round; a row that is none or several of its forms.",
    "`archspec summary` of a spec of the zoo shows rows to start from",
)
wrong_type = WrongNode(
    "wrong-type",
    "A value of another type than the key takes.",
    "give a value of that type, or an expression that has one",
)
null_value = WrongNode(
    "null-value",
    "There is no value here. In a row null is always a mistake.",
    "write the value, or leave the key out",
)
unknown_type = Unknown(
    "unknown-type",
    "A row's type is neither an operation nor a block of the file.",
    "compose it from these in a block of its own, under `blocks`",
)
unknown_name = Unknown(
    "unknown-name",
    "A name in an expression is neither a variable, a parameter, a column nor a word.",
    "declare it under `vars`, `let` or the block's `params`",
)
unknown_label = Unknown(
    "unknown-label",
    "A reference names no row above.",
    "references look to rows above in the same list or around it, never into a block",
)
unknown_word = Unknown(
    "unknown-word",
    "A word that the key does not take.",
    "words are written without quotes",
)
unknown_function = Unknown(
    "unknown-function",
    "Expressions have a fixed set of functions, and those of `let`.",
    "define it under `let`: name(x): expression",
)
expression_syntax = Plain(
    "expression-syntax",
    "The text is not an expression: Python's arithmetic, conditions, lists, calls.",
    "expressions are Python's arithmetic, conditions, lists and calls of functions",
)
expression_value = Plain(
    "expression-value",
    "The expression has no value: a division by zero, words where numbers belong.",
    "look at the values of the names in it",
)
expression_budget = Plain(
    "expression-budget",
    "The expression is too long, too deep or too large to evaluate. Specs stay small on purpose.",
    "write the number itself, or a shorter expression",
)
not_whole = Plain(
    "not-whole",
    "A count must be whole: 32.0 is, 11.2 is not. Nothing is rounded silently.",
)
out_of_range = Plain(
    "out-of-range",
    "A value below or above what is allowed, or not one of the allowed words.",
    "give a value inside the range",
)
name_taken = Plain("name-taken", "A name that already means something here.", "rename one of them")
bad_name = Plain(
    "bad-name",
    "Names are letters, digits and underscores, with no digit first.",
    "rename it",
)
needs_name = Plain(
    "needs-name",
    "The turns of a repeat are called name.0, name.1, ..., so it needs a name. A row that is edited needs one "
    "too: what it is called by its type changes with the rows above it.",
)
shape_mismatch = Plain(
    "shape-mismatch",
    "The values that meet in a row do not fit each other or the operation.",
    "`archspec summary` of the rows above shows the sizes that meet here",
)
kernel_too_large = Plain("kernel-too-large", "A window is larger than its padded input.")
cannot_share = Plain(
    "cannot-share",
    "A row uses the weights of another that is built alike: same types, same values, weights of one shape.",
)
tuple_value = Plain(
    "tuple-value",
    "Several values where one is wanted: pick one by its name or its number.",
)
unused_value = Plain(
    "unused-value",
    "A row whose value reaches no output is a mistake in `from` or a leftover.",
)
assertion = Plain(
    "assertion",
    "An `assert` of the spec does not hold.",
    "change the values that it compares",
)
repeat_budget = Plain(
    "repeat-budget",
    "The network would have more rows than any machine should build.",
    "look at the repeats around this row",
)
recursive_block = Plain(
    "recursive-block",
    "A block that uses itself would never end.",
    "give the inner block other rows, or use `repeat`",
)
ambiguous_word = Plain(
    "ambiguous-word",
    "A bare name that is both a variable and a word of the key. Rename the variable.",
)
unsupported_operation = Plain(
    "unsupported-operation",
    "The backend cannot express this operation with these attributes.",
    "compose it from other operations, or take another backend",
)
ways_differ = Plain(
    "ways-differ",
    "Prediction, models and generated files of a spec are not one network. The place is the row that differs "
    "when it is fed what the reference gives it. The fault is archspec's or a plug-in's, not the spec's.",
    fault=True,
)
bad_option = Plain(
    "bad-option",
    "An option of the command line, or an argument of `load`, that does not fit the spec.",
    "`archspec COMMAND --help` says what an option takes",
)

EVERY = tuple(one for one in [*globals().values()] if isinstance(one, Code))
CODES: Mapping[str, str] = {one.code: one.meaning for one in EVERY}
HINTS: Mapping[str, str] = {one.code: one.hint for one in EVERY if one.hint}
FAULTS = frozenset(one.code for one in EVERY if one.fault)
