"""Mistakes of keys, names and expressions."""

from __future__ import annotations

from archspec.source.kinds import Example, MissingKey, Plain, Unknown, UnknownKey, WrongNode

unknown_key = UnknownKey(
    "unknown-key",
    "A mapping has a key that its form does not know. Nothing in a spec is ignored.",
    "the keys above are all there are; nothing in a spec is ignored",
    example=Example(
        wrong="""
            archspec: 1
            name: misspelt
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filtres: 8}
        """,
        right="""
            archspec: 1
            name: misspelt
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
        """,
    ),
)
missing_key = MissingKey(
    "missing-key",
    "A mapping lacks a key that it needs.",
    "add it",
    example=Example(
        wrong="""
            archspec: 1
            name: incomplete
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3}
        """,
        right="""
            archspec: 1
            name: incomplete
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
        """,
    ),
)
wrong_form = WrongNode(
    "wrong-form",
    "A list where a mapping belongs, or the other way round; a row that is none or several of its forms.",
    "`archspec summary` of a spec of the zoo shows rows to start from",
    example=Example(
        wrong="""
            archspec: 1
            name: formless
            input: [32, 32, 3]
            rows:
              - {name: stem, kernel: 3, filters: 8}
        """,
        right="""
            archspec: 1
            name: formless
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
        """,
    ),
)
wrong_type = WrongNode(
    "wrong-type",
    "A value of another type than the key takes.",
    "give a value of that type, or an expression that has one",
    example=Example(
        wrong="""
            archspec: 1
            name: types
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, bias: 0}
        """,
        right="""
            archspec: 1
            name: types
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, bias: false}
        """,
    ),
)
null_value = WrongNode(
    "null-value",
    "There is no value here. In a row null is always a mistake.",
    "write the value, or leave the key out",
    example=Example(
        wrong="""
            archspec: 1
            name: forgotten
            input: [32, 32, 3]
            rows:
              - type: conv
                name: stem
                kernel: 3
                filters:
        """,
        right="""
            archspec: 1
            name: forgotten
            input: [32, 32, 3]
            rows:
              - type: conv
                name: stem
                kernel: 3
                filters: 8
        """,
    ),
)
unknown_type = Unknown(
    "unknown-type",
    "A row's type is neither an operation nor a block of the file.",
    "compose it from these in a block of its own, under `blocks`",
    example=Example(
        wrong="""
            archspec: 1
            name: typed
            input: [32, 32, 3]
            rows:
              - {type: conv2d, name: stem, kernel: 3, filters: 8}
        """,
        right="""
            archspec: 1
            name: typed
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
        """,
    ),
)
unknown_name = Unknown(
    "unknown-name",
    "A name in an expression is neither a variable, a parameter, a column nor a word.",
    "declare it under `vars`, `let` or the block's `params`",
    example=Example(
        wrong="""
            archspec: 1
            name: unnamed
            vars: {width: 16}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 2 * widht}
        """,
        right="""
            archspec: 1
            name: unnamed
            vars: {width: 16}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 2 * width}
        """,
    ),
)
unknown_label = Unknown(
    "unknown-label",
    "A reference names no row above.",
    "references look to rows above in the same list or around it, never into a block",
    example=Example(
        wrong="""
            archspec: 1
            name: labels
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
              - {type: relu, name: act}
              - {type: add, name: sum, from: [stemm, act]}
        """,
        right="""
            archspec: 1
            name: labels
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
              - {type: relu, name: act}
              - {type: add, name: sum, from: [stem, act]}
        """,
    ),
)
unknown_word = Unknown(
    "unknown-word",
    "A word that the key does not take.",
    "words are written without quotes",
    example=Example(
        wrong="""
            archspec: 1
            name: words
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, padding: sane}
        """,
        right="""
            archspec: 1
            name: words
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, padding: same}
        """,
    ),
)
unknown_function = Unknown(
    "unknown-function",
    "Expressions have a fixed set of functions, and those of `let`.",
    "define it under `let`: name(x): expression",
    example=Example(
        wrong="""
            archspec: 1
            name: functions
            vars: {width: 0.35}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: floot(64 * width)}
        """,
        right="""
            archspec: 1
            name: functions
            vars: {width: 0.35}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: floor(64 * width)}
        """,
    ),
)
expression_syntax = Plain(
    "expression-syntax",
    "The text is not an expression: Python's arithmetic, conditions, lists, calls.",
    "expressions are Python's arithmetic, conditions, lists and calls of functions",
    example=Example(
        wrong="""
            archspec: 1
            name: unfinished
            vars: {width: 16}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 2 * (width + 4}
        """,
        right="""
            archspec: 1
            name: unfinished
            vars: {width: 16}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 2 * (width + 4)}
        """,
    ),
)
expression_value = Plain(
    "expression-value",
    "The expression has no value: a division by zero, words where numbers belong.",
    "look at the values of the names in it",
    example=Example(
        wrong="""
            archspec: 1
            name: nowhere
            vars: {parts: 0}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 64 // parts}
        """,
        right="""
            archspec: 1
            name: nowhere
            vars: {parts: 4}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 64 // parts}
        """,
    ),
)
expression_budget = Plain(
    "expression-budget",
    "The expression is too long, too deep or too large to evaluate. Specs stay small on purpose.",
    "write the number itself, or a shorter expression",
    example=Example(
        wrong="""
            archspec: 1
            name: tower
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 9 ** 9 ** 9}
        """,
        right="""
            archspec: 1
            name: tower
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 9 ** 2}
        """,
    ),
)
not_whole = Plain(
    "not-whole",
    "A count must be whole: 32.0 is, 11.2 is not. Nothing is rounded silently.",
    example=Example(
        wrong="""
            archspec: 1
            name: fractions
            vars: {width: 0.35}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 32 * width}
        """,
        right="""
            archspec: 1
            name: fractions
            vars: {width: 0.35}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: int(32 * width)}
        """,
    ),
)
out_of_range = Plain(
    "out-of-range",
    "A value below or above what is allowed, or not one of the allowed words.",
    "give a value inside the range",
    example=Example(
        wrong="""
            archspec: 1
            name: ranges
            vars: {width: {value: 3, min: 0.25, max: 2}}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: int(16 * width)}
        """,
        right="""
            archspec: 1
            name: ranges
            vars: {width: {value: 2, min: 0.25, max: 2}}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: int(16 * width)}
        """,
    ),
)
name_taken = Plain(
    "name-taken",
    "A name that already means something here.",
    "rename one of them",
    example=Example(
        wrong="""
            archspec: 1
            name: taken
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
              - {type: conv, name: stem, kernel: 3, filters: 8}
        """,
        right="""
            archspec: 1
            name: taken
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
              - {type: conv, name: stem2, kernel: 3, filters: 8}
        """,
    ),
)
