"""Mistakes of a text and its files, before anybody knows what it means."""

from __future__ import annotations

from archspec.source.kinds import Example, Plain, Unknown

not_utf8 = Plain(
    "not-utf8",
    "A spec is UTF-8 text. The place is the first byte that is not.",
    "save the file as UTF-8",
    example=Example(
        encoding="latin-1",
        wrong="""
            archspec: 1
            name: café_net
            title: "un réseau"
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
        right="""
            archspec: 1
            name: cafe_net
            title: "un réseau"
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
    ),
)
unreadable_file = Plain(
    "unreadable-file",
    "The file is missing, is a folder, may not be read, or is larger than a spec can be.",
    "check the path and its permissions",
    example=Example(
        times=45_000,
        wrong="""
            # 45,000 lines of this: four mebibytes are the most that a spec may have, whatever is in them
        """,
        right="""
            archspec: 1
            name: small
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
    ),
)
yaml_syntax = Plain(
    "yaml-syntax",
    "The text is not YAML. Often a bracket, a quote or a colon with its space is missing above the place.",
    "look for a bracket, a quote or a colon with its space at or above this place",
    example=Example(
        wrong="""
            archspec: 1
            name: brackets
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8
              - {type: relu, name: act}
        """,
        right="""
            archspec: 1
            name: brackets
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8}
              - {type: relu, name: act}
        """,
    ),
)
yaml_too_deep = Plain(
    "yaml-too-deep",
    "Brackets or indentation are nested deeper than any spec needs.",
    "close the brackets; a spec needs a few levels",
    example=Example(
        wrong="""
            archspec: 1
            name: deep
            input: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[32, 32, 3]
            rows: [{type: relu}]
        """,
        right="""
            archspec: 1
            name: deep
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
    ),
)
yaml_too_big = Plain(
    "yaml-too-big",
    "The file has more nodes, or a longer value, than a spec may have.",
    example=Example(
        wrong="""
            archspec: 1
            name: bomb
            a: &a [relu, relu, relu, relu, relu, relu, relu, relu, relu, relu, relu, relu]
            b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
            c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
            d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
            e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
        """,
        right="""
            archspec: 1
            name: chain
            input: [32, 32, 3]
            rows:
              - {type: relu, name: act, repeat: 12}
        """,
    ),
)
yaml_alias = Plain(
    "yaml-alias",
    "An alias that names no anchor above it, or that stands inside its own anchor. A value that begins with "
    "`*` must be quoted.",
    example=Example(
        wrong="""
            archspec: 1
            name: star
            vars: {width: 16}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: *width}
        """,
        right="""
            archspec: 1
            name: star
            vars: {width: 16}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: width}
        """,
    ),
)
yaml_tag = Plain(
    "yaml-tag",
    "Tags make objects; a spec is plain data.",
    example=Example(
        wrong="""
            archspec: 1
            name: tagged
            input: !!python/tuple [32, 32, 3]
            rows: [{type: relu}]
        """,
        right="""
            archspec: 1
            name: tagged
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
    ),
)
yaml_merge_key = Plain(
    "yaml-merge-key",
    "Merge keys hide where a value comes from. Use `defaults`, or a block with parameters.",
    example=Example(
        wrong="""
            archspec: 1
            name: merged
            input: [32, 32, 3]
            rows:
              - &row {type: conv, name: a, kernel: 3, filters: 8}
              - {<<: *row, stride: 2}
        """,
        right="""
            archspec: 1
            name: merged
            defaults:
              conv: {kernel: 3, filters: 8}
            input: [32, 32, 3]
            rows:
              - {type: conv, name: a}
              - {type: conv, name: b, stride: 2}
        """,
    ),
)
duplicate_key = Plain(
    "duplicate-key",
    "A mapping names a key twice. YAML would silently keep one of the two.",
    "drop one of them",
    example=Example(
        wrong="""
            archspec: 1
            name: twice
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: 8, kernel: 5}
        """,
        right="""
            archspec: 1
            name: twice
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 5, filters: 8}
        """,
    ),
)
key_not_text = Plain(
    "key-not-text",
    "A key is a plain word.",
    example=Example(
        wrong="""
            archspec: 1
            name: pairs
            vars: {[3, 5]: 8}
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
        right="""
            archspec: 1
            name: pairs
            vars: {kernel: [3, 5]}
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
    ),
)
empty_file = Plain(
    "empty-file",
    "There is nothing in the file.",
    example=Example(
        wrong="""
            # to be written
        """,
        right="""
            archspec: 1
            name: begun
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
    ),
)
several_documents = Plain(
    "several-documents",
    "A file holds one spec.",
    "put each spec into a file of its own",
    example=Example(
        wrong="""
            archspec: 1
            name: first
            input: [32, 32, 3]
            rows: [{type: relu}]
            ---
            archspec: 1
            name: second
            input: [32, 32, 3]
            rows: [{type: relu6}]
        """,
        right="""
            archspec: 1
            name: first
            input: [32, 32, 3]
            rows: [{type: relu}]
        """,
    ),
)
unknown_file = Unknown(
    "unknown-file",
    "`extends` names no spec, or `use` no block file. A name is one of the zoo's; a path is a file below the "
    "folder of the file that names it.",
    "`archspec list` names the specs of the zoo; a path ends in .yaml",
    example=Example(
        wrong="""
            archspec: 1
            extends: bass.yaml
            name: mine
        """,
        right="""
            archspec: 1
            extends: base.yaml
            name: mine
        """,
        files={
            "base.yaml": """
                archspec: 1
                name: base
                input: [32, 32, 3]
                rows: [{type: relu}]
            """,
        },
    ),
)
out_of_reach = Plain(
    "out-of-reach",
    "A spec reaches files below its own folder, and the zoo; nothing else.",
    "copy the file to where this one is, or below it",
    example=Example(
        wrong="""
            archspec: 1
            extends: ../elsewhere/base.yaml
            name: mine
        """,
        right="""
            archspec: 1
            extends: base.yaml
            name: mine
        """,
        files={
            "base.yaml": """
                archspec: 1
                name: base
                input: [32, 32, 3]
                rows: [{type: relu}]
            """,
        },
    ),
)
extends_itself = Plain(
    "extends-itself",
    "A file that extends itself, or one that extends it, has no rows to begin with.",
    "extend a file that has rows",
    example=Example(
        wrong="""
            archspec: 1
            extends: spec.yaml
            name: mine
        """,
        right="""
            archspec: 1
            extends: mobilenet_v1
            name: mine
        """,
    ),
)
edit_conflict = Plain(
    "edit-conflict",
    "Two edits of one row that contradict each other.",
    "drop one of the two edits",
    example=Example(
        wrong="""
            archspec: 1
            extends: mobilenet_v1
            name: mine
            edit:
              - {at: middle, set: {repeat: 3}}
              - {remove: middle}
        """,
        right="""
            archspec: 1
            extends: mobilenet_v1
            name: mine
            edit:
              - {at: middle, set: {repeat: 3}}
        """,
    ),
)
flow_trap = Plain(
    "flow-trap",
    "Inside { } YAML reads a comma, a bracket or a missing space in its own way. Quote the value.",
    example=Example(
        wrong="""
            archspec: 1
            name: comma
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: make_divisible(30, 8)}
        """,
        right="""
            archspec: 1
            name: comma
            input: [32, 32, 3]
            rows:
              - {type: conv, name: stem, kernel: 3, filters: "make_divisible(30, 8)"}
        """,
    ),
)
