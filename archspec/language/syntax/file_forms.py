"""The forms of whole files and of what stands in them beside rows: variables, variants, edits, claims."""

from __future__ import annotations

from dataclasses import replace

from archspec.language.syntax import cells
from archspec.language.syntax.forms import (
    DOC,
    LET,
    OUTPUTS,
    ROWS,
    Form,
    Key,
    Keys,
    a_list,
    a_mapping,
    any_node,
)

VARIABLE = Form(
    {
        "value": Key(any_node, "The value unless another is given.", "constant"),
        "one_of": Key(a_list, "The values that it may have.", "constants"),
        "min": Key(cells.formula, "The smallest value that it may have.", "bound"),
        "max": Key(cells.formula, "The largest value that it may have.", "bound"),
        "doc": DOC,
    },
    ["value"],
)
INSERT = Key(a_list, "Rows that come in there.", "rows")
EDIT = {
    "at": Form(
        {
            "at": Key(
                cells.word, "The row that changes, by its label: `stem`, `blocks.NAME.label`."
            ),
            "set": Key(a_mapping, "Keys of the row with their new values.", "changes"),
        },
        ["at", "set"],
    ),
    "before": Form(
        {"before": Key(cells.word, "The row above which rows come in."), "insert": INSERT},
        ["before", "insert"],
    ),
    "after": Form(
        {"after": Key(cells.word, "The row below which rows come in."), "insert": INSERT},
        ["after", "insert"],
    ),
    "remove": Form({"remove": Key(cells.word, "The row that goes.")}, ["remove"]),
}
FIGURES: Keys = {
    "params": Key(cells.figure, "Trainable parameters as printed: 4.2M."),
    "total": Key(cells.figure, "All parameters as printed."),
    "non_trainable": Key(cells.figure, "Parameters that are not trained, as printed."),
    "macs": Key(cells.figure, "Multiply-adds of one sample as printed: 569M."),
}
CLAIM = Form(
    {
        "with": Key(a_mapping, "Values of variables for this line.", "settings"),
        **FIGURES,
        "note": Key(cells.text, "Why the figure cannot be met; the line is then counted apart."),
    },
)
VERSION = "1"
ARCHSPEC = Key(cells.word, "The version of the language.", "version")
NAME = Key(cells.identifier, "What the network is called.")
HEAD: Keys = {
    "class_name": Key(cells.identifier, "How the class of the printed source is called."),
    "title": Key(cells.text, "One line for people: the network, its paper, the table."),
    "doc": DOC,
    "reference": Key(cells.text, "The dotted name of a public builder, called with its defaults."),
}
USE = Key(cells.words, "Block files whose blocks are types here: names of the zoo, or paths.")
SETTINGS = Key(a_mapping, "Other values of the variables.", "settings")
EXPECT = Key(a_list, "Figures that somebody printed, checked by `archspec verify`.", "claims")
ENTERING: Keys = {
    "input": Key(a_list, "`[height, width, channels]` of one sample, or `[features]`.", "sizes"),
    "inputs": Key(
        a_mapping,
        "Several values that enter, by name: `{left: [h, w, c], right: ...}`.",
        "inputs",
    ),
}
DOCUMENT = Form(
    {
        "archspec": ARCHSPEC,
        "name": NAME,
        **HEAD,
        "use": USE,
        "vars": Key(
            a_mapping,
            "Knobs with their defaults: a number, a word, true or false, a list; or `{value, one_of, min, max, doc}`.",
            "variables",
        ),
        "let": LET,
        "defaults": Key(
            a_mapping,
            "Attributes that an operation takes unless a row says otherwise.",
            "defaults",
        ),
        "blocks": Key(a_mapping, "Groups of rows with parameters, used as types.", "blocks"),
        **ENTERING,
        "rows": replace(ROWS, doc="The network."),
        "outputs": OUTPUTS,
        "variants": Key(
            a_mapping, "Networks of this file with other values of its variables.", "variants"
        ),
        "expect": EXPECT,
    },
    ["archspec", "name", "rows"],
)
VARIANT = Form({**HEAD, "vars": SETTINGS, "expect": EXPECT})
EXTENSION = Form(
    {
        "archspec": ARCHSPEC,
        "extends": Key(
            cells.word, "The spec that this one changes: a name of the zoo, or a path below."
        ),
        "name": NAME,
        **HEAD,
        "use": USE,
        "vars": SETTINGS,
        **ENTERING,
        "edit": Key(a_list, "Changes of its rows, found by their labels.", "edits"),
        "outputs": OUTPUTS,
        "expect": EXPECT,
    },
    ["archspec", "extends", "name"],
)
BLOCK_FILE = Form(
    {
        "archspec": ARCHSPEC,
        "title": HEAD["title"],
        "doc": DOC,
        "blocks": DOCUMENT.keys["blocks"],
    },
    ["archspec", "blocks"],
)
