"""Every code a diagnostic may carry, with its explanation."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "not-utf8": "A spec is UTF-8 text. The place is the first byte that is not.",
    "unreadable-file": "The file is missing, is a folder, may not be read, or is larger than a spec can be.",
    "yaml-syntax": "The text is not YAML. Often a bracket, a quote or a colon with its space is missing "
    "above the place.",
    "yaml-too-deep": "Brackets or indentation are nested deeper than any spec needs.",
    "yaml-too-big": "The file has more nodes, or a longer value, than a spec may have.",
    "yaml-alias": "An alias that names no anchor above it, or that stands inside its own anchor. "
    "A value that begins with `*` must be quoted.",
    "yaml-tag": "Tags make objects; a spec is plain data.",
    "yaml-merge-key": "Merge keys hide where a value comes from. Use `defaults`, or a block with parameters.",
    "duplicate-key": "A mapping names a key twice. YAML would silently keep one of the two.",
    "key-not-text": "A key is a plain word.",
    "empty-file": "There is nothing in the file.",
    "several-documents": "A file holds one spec.",
    "unknown-file": "`extends` names no spec, or `use` no block file. A name is one of the zoo's; a path is a file "
    "below the folder of the file that names it.",
    "out-of-reach": "A spec reaches files below its own folder, and the zoo; nothing else.",
    "extends-itself": "A file that extends itself, or one that extends it, has no rows to begin with.",
    "edit-conflict": "Two edits of one row that contradict each other.",
    "flow-trap": "Inside { } YAML reads a comma, a bracket or a missing space in its own way. "
    "Quote the value.",
    "unknown-key": "A mapping has a key that its form does not know. Nothing in a spec is ignored.",
    "missing-key": "A mapping lacks a key that it needs.",
    "wrong-form": "A list where a mapping belongs, or the other way round; a row that is none or several of its forms.",
    "wrong-type": "A value of another type than the key takes.",
    "null-value": "There is no value here. In a row null is always a mistake.",
    "unknown-type": "A row's type is neither an operation nor a block of the file.",
    "unknown-name": "A name in an expression is neither a variable, a parameter, a column nor a word.",
    "unknown-label": "A reference names no row above.",
    "unknown-word": "A word that the key does not take.",
    "unknown-function": "Expressions have a fixed set of functions, and those of `let`.",
    "expression-syntax": "The text is not an expression: Python's arithmetic, conditions, lists, calls.",
    "expression-value": "The expression has no value: a division by zero, words where numbers belong.",
    "expression-budget": "The expression is too long, too deep or too large to evaluate. Specs stay small on purpose.",
    "not-whole": "A count must be whole: 32.0 is, 11.2 is not. Nothing is rounded silently.",
    "out-of-range": "A value below or above what is allowed, or not one of the allowed words.",
    "name-taken": "A name that already means something here.",
    "bad-name": "Names are letters, digits and underscores, with no digit first.",
    "needs-name": "The turns of a repeat are called name.0, name.1, ..., so it needs a name. A row that is edited "
    "needs one too: what it is called by its type changes with the rows above it.",
    "shape-mismatch": "The values that meet in a row do not fit each other or the operation.",
    "kernel-too-large": "A window is larger than its padded input.",
    "cannot-share": "A row uses the weights of another that is built alike: same types, same values, weights of one "
    "shape.",
    "tuple-value": "Several values where one is wanted: pick one by its name or its number.",
    "unused-value": "A row whose value reaches no output is a mistake in `from` or a leftover.",
    "assertion": "An `assert` of the spec does not hold.",
    "repeat-budget": "The network would have more rows than any machine should build.",
    "recursive-block": "A block that uses itself would never end.",
    "ambiguous-word": "A bare name that is both a variable and a word of the key. Rename the variable.",
    "unsupported-operation": "The backend cannot express this operation with these attributes.",
    "ways-differ": "Prediction, models and generated files of a spec are not one network. The place is the row that "
    "differs when it is fed what the reference gives it. The fault is archspec's or a plug-in's, not the spec's.",
    "bad-option": "An option of the command line, or an argument of `load`, that does not fit the spec.",
}

# what no spec causes: a fault of archspec or of a plug-in; these have no example
FAULTS = frozenset({"ways-differ"})

# the way out where the place of a mistake knows no better one
HINTS: Mapping[str, str] = {
    "not-utf8": "save the file as UTF-8",
    "yaml-syntax": "look for a bracket, a quote or a colon with its space at or above this place",
    "yaml-too-deep": "close the brackets; a spec needs a few levels",
    "several-documents": "put each spec into a file of its own",
    "duplicate-key": "drop one of them",
    "unknown-key": "the keys above are all there are; nothing in a spec is ignored",
    "missing-key": "add it",
    "wrong-form": "`archspec summary` of a spec of the zoo shows rows to start from",
    "wrong-type": "give a value of that type, or an expression that has one",
    "null-value": "write the value, or leave the key out",
    "unknown-type": "compose it from these in a block of its own, under `blocks`",
    "unknown-name": "declare it under `vars`, `let` or the block's `params`",
    "unknown-label": "references look to rows above in the same list or around it, never into a block",
    "unknown-word": "words are written without quotes",
    "unknown-function": "define it under `let`: name(x): expression",
    "expression-syntax": "expressions are Python's arithmetic, conditions, lists and calls of functions",
    "expression-value": "look at the values of the names in it",
    "expression-budget": "write the number itself, or a shorter expression",
    "out-of-range": "give a value inside the range",
    "name-taken": "rename one of them",
    "repeat-budget": "look at the repeats around this row",
    "shape-mismatch": "`archspec summary` of the rows above shows the sizes that meet here",
    "assertion": "change the values that it compares",
    "recursive-block": "give the inner block other rows, or use `repeat`",
    "bad-name": "rename it",
    "unknown-file": "`archspec list` names the specs of the zoo; a path ends in .yaml",
    "out-of-reach": "copy the file to where this one is, or below it",
    "extends-itself": "extend a file that has rows",
    "edit-conflict": "drop one of the two edits",
    "unreadable-file": "check the path and its permissions",
    "unsupported-operation": "compose it from other operations, or take another backend",
    "bad-option": "`archspec COMMAND --help` says what an option takes",
}
