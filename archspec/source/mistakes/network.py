"""Mistakes of rows and values, of options and of backends."""

from __future__ import annotations

from archspec.source.kinds import Example, Plain

bad_name = Plain(
    "bad-name",
    "Names are letters, digits and underscores, with no digit first.",
    "rename it",
    example=Example(
        wrong="""
            archspec: 1
            name: names
            input: [32, 32, 3]
            rows:
              - {type: conv, name: conv-1, kernel: 3, filters: 8}
        """,
        right="""
            archspec: 1
            name: names
            input: [32, 32, 3]
            rows:
              - {type: conv, name: conv_1, kernel: 3, filters: 8}
        """,
    ),
)
needs_name = Plain(
    "needs-name",
    "The turns of a repeat are called name.0, name.1, ..., so it needs a name. A row that is edited needs "
    "one too: what it is called by its type changes with the rows above it.",
    example=Example(
        wrong="""
            archspec: 1
            name: turns
            input: [32, 32, 3]
            rows:
              - repeat: 3
                rows:
                  - {type: conv, name: conv, kernel: 3, filters: 8}
                  - {type: relu, name: act}
        """,
        right="""
            archspec: 1
            name: turns
            input: [32, 32, 3]
            rows:
              - name: layers
                repeat: 3
                rows:
                  - {type: conv, name: conv, kernel: 3, filters: 8}
                  - {type: relu, name: act}
        """,
    ),
)
shape_mismatch = Plain(
    "shape-mismatch",
    "The values that meet in a row do not fit each other or the operation.",
    "`archspec summary` of the rows above shows the sizes that meet here",
    example=Example(
        wrong="""
            archspec: 1
            name: shapes
            input: [32, 32, 3]
            rows:
              - {type: conv, name: narrow, kernel: 3, filters: 8, padding: same}
              - {type: conv, name: wide, kernel: 3, filters: 16, padding: same}
              - {type: add, name: sum, from: [narrow, wide]}
        """,
        right="""
            archspec: 1
            name: shapes
            input: [32, 32, 3]
            rows:
              - {type: conv, name: narrow, kernel: 3, filters: 8, padding: same}
              - {type: conv, name: wide, kernel: 3, filters: 8, padding: same}
              - {type: add, name: sum, from: [narrow, wide]}
        """,
    ),
)
kernel_too_large = Plain(
    "kernel-too-large",
    "A window is larger than its padded input.",
    example=Example(
        wrong="""
            archspec: 1
            name: windows
            input: [10, 10, 3]
            rows:
              - {type: max_pool, name: pool, kernel: 11}
        """,
        right="""
            archspec: 1
            name: windows
            input: [10, 10, 3]
            rows:
              - {type: max_pool, name: pool, kernel: 10}
        """,
    ),
)
cannot_share = Plain(
    "cannot-share",
    "A row uses the weights of another that is built alike: same types, same values, weights of one shape.",
    example=Example(
        wrong="""
            archspec: 1
            name: twice
            input: [32, 32, 8]
            rows:
              - {type: conv, name: first, kernel: 3, filters: 8}
              - {type: conv, name: again, kernel: 5, filters: 8, shares: first}
        """,
        right="""
            archspec: 1
            name: twice
            input: [32, 32, 8]
            rows:
              - {type: conv, name: first, kernel: 3, filters: 8}
              - {type: conv, name: again, kernel: 3, filters: 8, shares: first}
        """,
    ),
)
tuple_value = Plain(
    "tuple-value",
    "Several values where one is wanted: pick one by its name or its number.",
    example=Example(
        wrong="""
            archspec: 1
            name: halves
            input: [32, 32, 8]
            rows:
              - {type: split, name: half, parts: 2}
              - {type: add, name: sum, from: [half, half.1]}
        """,
        right="""
            archspec: 1
            name: halves
            input: [32, 32, 8]
            rows:
              - {type: split, name: half, parts: 2}
              - {type: add, name: sum, from: [half.0, half.1]}
        """,
    ),
)
unused_value = Plain(
    "unused-value",
    "A row whose value reaches no output is a mistake in `from` or a leftover.",
    example=Example(
        wrong="""
            archspec: 1
            name: leftover
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, padding: same}
              - {type: conv, name: lost, kernel: 1, filters: 8}
              - {type: relu, name: act, from: stem}
        """,
        right="""
            archspec: 1
            name: leftover
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, padding: same}
              - {type: conv, name: lost, kernel: 1, filters: 8}
              - {type: relu, name: act, from: lost}
        """,
    ),
)
assertion = Plain(
    "assertion",
    "An `assert` of the spec does not hold.",
    "change the values that it compares",
    example=Example(
        wrong="""
            archspec: 1
            name: asserted
            vars: {depth: 27}
            input: [32, 32, 3]
            rows:
              - {assert: (depth - 4) % 6 == 0, message: a depth of 6n + 4}
              - {type: relu, name: act, repeat: (depth - 4) // 6}
        """,
        right="""
            archspec: 1
            name: asserted
            vars: {depth: 28}
            input: [32, 32, 3]
            rows:
              - {assert: (depth - 4) % 6 == 0, message: a depth of 6n + 4}
              - {type: relu, name: act, repeat: (depth - 4) // 6}
        """,
    ),
)
repeat_budget = Plain(
    "repeat-budget",
    "The network would have more rows, or unfolding it would take more steps, than any machine should take.",
    "look at the repeats around this row",
    example=Example(
        wrong="""
            archspec: 1
            name: endless
            input: [32, 32, 3]
            rows:
              - {type: relu, name: act, repeat: 10 ** 9}
        """,
        right="""
            archspec: 1
            name: endless
            input: [32, 32, 3]
            rows:
              - {type: relu, name: act, repeat: 10}
        """,
    ),
)
recursive_block = Plain(
    "recursive-block",
    "A block that uses itself would never end.",
    "give the inner block other rows, or use `repeat`",
    example=Example(
        wrong="""
            archspec: 1
            name: circle
            input: [32, 32, 3]
            blocks:
              unit:
                rows:
                  - {type: relu, name: act}
                  - {type: unit, name: inner}
            rows:
              - {type: unit, name: all}
        """,
        right="""
            archspec: 1
            name: circle
            input: [32, 32, 3]
            blocks:
              unit:
                rows:
                  - {type: relu, name: act}
            rows:
              - {type: unit, name: all, repeat: 2}
        """,
    ),
)
ambiguous_word = Plain(
    "ambiguous-word",
    "A bare name that is both a variable and a word of the key. Rename the variable.",
    example=Example(
        wrong="""
            archspec: 1
            name: two_meanings
            vars: {same: 2}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, padding: same}
        """,
        right="""
            archspec: 1
            name: two_meanings
            vars: {cells: 2}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, padding: same}
        """,
    ),
)
unsupported_operation = Plain(
    "unsupported-operation",
    "The backend cannot express this operation with these attributes.",
    "compose it from other operations, or take another backend",
    example=Example(
        command="generate spec.yaml --backend keras --output net.py",
        wrong="""
            archspec: 1
            name: strides
            input: [32, 32, 3]
            rows:
              - {type: depthwise, name: uneven, kernel: 3, stride: [1, 2]}
        """,
        right="""
            archspec: 1
            name: strides
            input: [32, 32, 3]
            rows:
              - {type: depthwise, name: even, kernel: 3, stride: 1}
              - {type: max_pool, name: uneven, kernel: 1, stride: [1, 2]}
        """,
    ),
)
ways_differ = Plain(
    "ways-differ",
    "Prediction, models and generated files of a spec are not one network. The place is the row that differs "
    "when it is fed what the reference gives it. The fault is archspec's or a plug-in's, not the spec's.",
    fault=True,
)
bad_template = Plain(
    "bad-template",
    "A template of `generate --templates` that Jinja2 refuses, that has no end or leaves its folder, or with which the "
    "file would not be the network. The spec is not at fault.",
    "docs/templates.md has the blocks and what each may change",
    fault=True,
)
bad_option = Plain(
    "bad-option",
    "An option of the command line, or an argument of `load`, that does not fit the spec.",
    "give a variable that the spec declares under `vars`, and a value of its kind",
    example=Example(
        command="validate spec.yaml --set widht=0.5",
        mended="validate spec.yaml --set width=0.5",
        wrong="""
            archspec: 1
            name: options
            vars: {width: 1.0}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: int(16 * width)}
        """,
    ),
)
