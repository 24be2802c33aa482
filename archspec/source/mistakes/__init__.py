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

A new kind is one definition in a module of this folder, with an example: a spec that is wrong, and the same mended, as
`archspec explain` and docs/errors.md show them.
"""

from __future__ import annotations

from collections.abc import Mapping

from archspec.source.kinds import Code

# in the order in which `archspec explain` lists them
# isort: off
from archspec.source.mistakes.text import *  # noqa: F403
from archspec.source.mistakes.form import *  # noqa: F403
from archspec.source.mistakes.network import *  # noqa: F403

# isort: on
EVERY = tuple(one for one in [*globals().values()] if isinstance(one, Code))
CODES: Mapping[str, str] = {one.code: one.meaning for one in EVERY}
HINTS: Mapping[str, str] = {one.code: one.hint for one in EVERY if one.hint}
FAULTS = frozenset(one.code for one in EVERY if one.fault)
