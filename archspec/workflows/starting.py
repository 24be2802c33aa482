"""New specs: a commented one to begin with, or one that extends another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from string import Template

from archspec import shelf
from archspec.api import network
from archspec.exceptions import ArchspecError
from archspec.files import write_text
from archspec.graph.evaluate import written
from archspec.graph.ops import operations
from archspec.language.compose.edits import labels
from archspec.language.compose.extending import document
from archspec.language.compose.standing import standing
from archspec.language.syntax.cells import IDENTIFIER
from archspec.language.syntax.document import (
    AssertRow,
    Document,
    GroupRow,
    Row,
    TableRow,
    TypeRow,
    VariableDeclaration,
)
from archspec.language.syntax.expressions import KEYWORDS
from archspec.source import Mapping, Scalar, Sequence, Source, node_of, read
from archspec.source import written as yaml_of

SCHEMA = "archspec.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}"  # beside the spec, so that it holds on every machine
FIGURES = "FIGURES"  # what stands in a draft for the figures that are computed from it
NOT_OF_A_COPY = ("class_name", "reference", "expect", "variants")  # what is the original's alone
LISTED = 12  # labels that are named one by one


class Unwritable(ArchspecError):
    """A spec that cannot be begun so; the message says what to type instead."""


def begin(
    name: str, path: Path, base: str = "", *, copy: str = "", force: bool = False
) -> list[Path]:
    """Write a spec of this name, valid as it stands: one that extends `base`, a copy of `copy`, or a first one.

    The schema that its first line names is written beside it, unless one is there. Returns the files written. Raises
    Unwritable, NoSuchSpec, SpecError where the other spec is wrong, OSError.
    """
    _check_name(name)
    if path.suffix not in shelf.SUFFIXES:
        raise Unwritable(f"a spec ends in .yaml; did you mean `-o {path.with_suffix('.yaml')}`?")
    if path.exists() and not force:
        raise Unwritable(f"{path} is there already; --force writes over it")
    text = _begun(name, path, base, copy)
    begun = network(Source(str(path), text, path.parent.resolve()), None, {})
    figures = f"{{params: {begun.params.trainable}, macs: {begun.macs}}}"
    write_text(path, text.replace(FIGURES, figures))
    beside = path.with_name(SCHEMA)
    if beside.exists():
        return [path]
    from archspec.language.schema import schema_text

    write_text(beside, schema_text())
    return [path, beside]


def _begun(name: str, path: Path, base: str, copy: str) -> str:
    if copy:
        return _copy(name, path, copy)
    return _extending(name, path, base) if base else _first(name, path)


def _check_name(name: str) -> None:
    if IDENTIFIER.match(name) and name not in KEYWORDS:
        return
    path = Path(name)
    stem = path.stem if path.suffix in shelf.SUFFIXES else path.name
    plain = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_") or "my_net"
    plain = f"net_{plain}" if plain[0].isdigit() or plain in KEYWORDS else plain
    place = f" -o {path.with_name(f'{plain}.yaml')}" if len(path.parts) > 1 else ""
    raise Unwritable(
        f"`{name}` is not a name - letters, digits and underscores, no digit first; "
        f"did you mean `archspec new {plain}{place}`?"
    )


def _first(name: str, path: Path) -> str:
    title = name.replace("_", " ").strip().capitalize() or name
    return FIRST.substitute(modeline=MODELINE, name=name, title=title, file=path, figures=FIGURES)


def _extending(name: str, path: Path, base: str) -> str:
    source, variant = shelf.find(base)
    extended = document(read(source), shelf.Reach(), variant)
    return EXTENDING.substitute(
        modeline=MODELINE,
        base=_scalar(_reference(name, path, base)),
        name=name,
        title=_scalar(f"{name}, from {extended.title or extended.name.text}"),
        file=path,
        vars="\n".join(_variables(extended)),
        edits="\n".join(_edits(extended)),
        labels=_labels(extended),
        figures=FIGURES,
    )


def _copy(name: str, path: Path, copied: str) -> str:
    """The text of another spec under this name, what it extends and edits taken in.

    What was printed about the other - claims, the model that has its weights - is not said of the copy.
    """
    original = network(*shelf.find(copied), {})
    own_files = [word for word in _used(original.document) if Path(word).suffix in shelf.SUFFIXES]
    folder = original.document.span.source.folder
    if own_files and folder != path.parent.resolve():
        there = Path(copied.rpartition(":")[0] or copied).parent / path.name
        raise Unwritable(
            f"{copied} uses {', '.join(own_files)}, which a copy finds in its own folder alone; "
            f"write it there: archspec new {name} --copy {copied} -o {there}"
        )
    whole = standing(original.document, original.vars)
    entries = whole.entries if isinstance(whole, Mapping) else ()
    title = f"{name}, a copy of {original.graph.title or original.name}"
    own = {"archspec": 1, "name": name, "title": title}
    kept = {e.key.text: e.value for e in entries if e.key.text not in NOT_OF_A_COPY}
    return COPIED.substitute(
        modeline=MODELINE,
        spec=yaml_of(node_of({**own, **{k: v for k, v in kept.items() if k not in own}})),
        file=path,
        figures=FIGURES,
    )


def _used(document: Document) -> list[str]:
    """The block files that a spec names."""
    named = document.nodes.get("use")
    return (
        [one.text for one in named.items if isinstance(one, Scalar)]
        if isinstance(named, Sequence)
        else []
    )


def _reference(name: str, path: Path, base: str) -> str:
    """What `extends` says: a name of the zoo, or a path below the folder of the new file; raises Unwritable."""
    file, colon, variant = base.rpartition(":") if ":" in base else (base, "", "")
    if Path(file).suffix not in shelf.SUFFIXES:
        return base
    real, folder = Path(file).resolve(), path.parent.resolve()
    if real == path.resolve():
        raise Unwritable(f"{path} cannot extend itself; give the new spec another name")
    if not real.is_relative_to(folder):
        there = Path(file).parent / path.name
        raise Unwritable(
            f"{file} is outside the folder of {path}, and a spec extends files below its own folder, and the zoo; "
            f"write it there: archspec new {name} --from {base} -o {there}"
        )
    return f"{real.relative_to(folder).as_posix()}{colon}{variant}"


def _scalar(text: str) -> str:
    """A text as YAML, quoted where it must be."""
    return (
        text
        if re.fullmatch(r"[A-Za-z_][\w./-]*(:\w+)?", text)
        else json.dumps(text, ensure_ascii=False)
    )


def _variables(base: Document) -> Iterator[str]:
    lines = {f"#   {name}: {written(v.value)}": _doc(v) for name, v in base.variables.items()}
    width = max(map(len, lines), default=0)
    for line, text in lines.items():
        yield f"{line:{width}}    # {text}" if text else line
    if not lines:
        yield "#   (it has none)"


def _doc(form: VariableDeclaration) -> str:
    """What a variable is for, and what it may be."""
    bounds = {"at least": form.minimum, "at most": form.maximum}
    limits = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    words = [", ".join(map(written, form.one_of))] if form.one_of else []
    return "; ".join(" ".join(part.split()) for part in (form.doc, *words, *limits) if part)


def _edits(base: Document) -> Iterator[str]:
    """Edits of rows that are there; all of them together give a network."""
    rows = {path: alike[0] for path, alike in labels(base).items() if len(alike) == 1}
    typed = {path: row.type.text for path, row in rows.items() if isinstance(row, TypeRow)}
    kinds = operations()
    shared = {row.shares.span.text for row in rows.values() if row.shares}  # built alike
    bearing = [
        path
        for path, kind in typed.items()
        if kind in kinds and kinds[kind].companions and not (rows[path].shares or path in shared)
    ]
    if bearing:
        yield f"#   - {{at: {_scalar(bearing[0])}, set: {{activation: relu6}}}}"
    followed = [row for row, following in pairwise(base.rows) if _takes_one(following, base)]
    first = next((path for path, row in rows.items() if row in followed), "")
    if first:
        inserted = "{type: dropout, name: extra, rate: 0.1}"
        yield f"#   - {{after: {_scalar(first)}, insert: [{inserted}]}}"
    last = base.rows[-1]
    label = next((path for path, row in rows.items() if row is last), "")
    if last.source is None and not base.outputs and label not in ("", *bearing[:1]):
        yield f"#   - {{remove: {_scalar(label)}}}"


def _takes_one(row: Row, base: Document) -> bool:
    """Whether a row takes one value, the one that the row above it gives, whatever that is."""
    if isinstance(row, AssertRow) or row.source is not None:
        return False
    if isinstance(row, TypeRow) and row.type.text in base.blocks:
        return len(base.blocks[row.type.text].inputs) < 2
    inner = {GroupRow: "rows", TableRow: "each"}.get(type(row))
    first = getattr(row, inner)[:1] if inner else ()
    return all(_takes_one(one, base) for one in first)


def _labels(base: Document) -> str:
    paths = list(labels(base))
    more = f" and {len(paths) - LISTED} more" if len(paths) > LISTED else ""
    return ", ".join(paths[:LISTED]) + more


EXTENDING = Template("""\
$modeline
archspec: 1
extends: $base
name: $name
title: $title

# Other values of its variables; these are its own. Take the `# ` away from `vars:` and from what you change.
# vars:
$vars

# Changes of its rows, by their labels: `at` sets values, `after` and `before` insert rows, `remove` drops one.
# Its labels: $labels
# edit:
$edits

# Figures that somebody printed for this network; `archspec verify $file` computes them again.
# expect:
#   - $figures
""")

COPIED = Template("""\
$modeline
$spec
# Figures that somebody printed for this network; `archspec verify $file` computes them again.
# expect:
#   - $figures
""")

FIRST = Template("""\
$modeline
archspec: 1                            # the version of the language
name: $name
title: "$title"                        # for people: what it is, who printed it, where

# Knobs with their defaults; `archspec summary $file --set width=0.5` turns one.
vars:
  width: {value: 1.0, min: 0.1, doc: "a factor of every layer's filters"}
  classes: 10
  top: {value: logits, one_of: [softmax, logits, none]}    # what comes out; none: features

# Names and functions of one line, made of them.
let:
  ch(c): make_divisible(c * width, 8)

# What rows of a type have unless they say otherwise; depthwise takes conv's.
defaults:
  conv: {padding: same, bias: false, norm: batch_norm, activation: relu}

input: [32, 32, 3]                     # height, width, channels of one sample

# Rows with parameters, used below by their name, as a type.
blocks:
  separable:
    params: {filters, stride: 1}       # one without a value is required
    rows:
      - {type: depthwise, name: depthwise, kernel: 3, stride: stride}
      - {type: conv, name: pointwise, kernel: 1, filters: filters}

# The network, row by row. A row with a name keeps its weights' names, whatever is inserted around it.
rows:
  - {type: conv, name: stem, kernel: 3, filters: ch(16)}
  - name: stages
    table:                             # a paper's table: `each` stands once for each of its rows
      columns: [c, n, s]               # filters, repeats, stride of the first
      rows:
        - [32, 1, 1]
        - [64, 2, 2]
        - [128, 2, 2]
      each:
        - {type: separable, name: blocks, repeat: n, filters: ch(c), stride: s if i == 0 else 1}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: classifier, units: classes, when: top != none}
  - {type: softmax, name: probabilities, when: top == softmax}

# Figures that somebody printed; `archspec verify $file` computes them again.
# expect:
#   - $figures
""")
