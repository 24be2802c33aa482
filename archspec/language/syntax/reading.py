"""From YAML nodes to the document. Form only: names and values are looked at when the document is elaborated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from archspec.graph.evaluate import describe, written
from archspec.graph.expr import Value
from archspec.graph.ops import known, operation, operations
from archspec.language.syntax import cells
from archspec.language.syntax.cells import what
from archspec.language.syntax.document import (
    Block,
    BlockParameter,
    Cell,
    Document,
    Extension,
    Formula,
    InputDeclaration,
    VariableDeclaration,
    Word,
)
from archspec.language.syntax.file_forms import BLOCK_FILE, DOCUMENT, EXTENSION, VARIABLE, VERSION
from archspec.language.syntax.forms import BLOCK, TYPED, Declared, Form, defaults_form
from archspec.language.syntax.rows import misspelt
from archspec.language.syntax.variables import kind
from archspec.language.syntax.varying import VariantReader, camel
from archspec.records import dataclass
from archspec.source import (
    Diagnostic,
    Mapping,
    Related,
    Scalar,
    Sequence,
    Span,
    SpecError,
    YamlNode,
)


def file_document(root: YamlNode, used: Iterable[YamlNode] = ()) -> Document:
    """The document of a file that extends nothing; `used` are the block files that it names.

    Raises SpecError with every mistake of form.
    """
    reader = _FileReader()
    found = reader.document(root, used)
    if reader.problems or found is None:
        raise SpecError(reader.problems)
    return found


def file_extension(root: Mapping, base: Document) -> Extension:
    """What a file says that extends `base`; raises SpecError with every mistake of form."""
    reader = _FileReader()
    form = reader.head(root, EXTENSION, "a spec that extends another")
    found = form and reader.extension(root, form, base)
    if reader.problems or not found:
        raise SpecError(reader.problems)
    return found


@dataclass
class _FileReader(VariantReader):
    """Reads whole files."""

    def head(self, root: Mapping, form: Form, subject: str) -> dict[str, Any] | None:
        """The keys of a file, its version looked at."""
        meant = misspelt(root, ["extends"]) if form is DOCUMENT and not root.entry("rows") else None
        if meant:
            key, hint = meant
            message, expected = f"`{key.text}` is not a key of {subject}", "extends: ..., or rows"
            self.fail("unknown-key", message, key, expected=expected, received=key.text, hint=hint)
            return None
        found = form.check(root, subject, self.report)
        if form is DOCUMENT and not (root.entry("input") or root.entry("inputs")):
            self.fail(
                "missing-key",
                f"{subject} needs the key `input`",
                root,
                expected="input: ...",
                received="no such key",
            )
            return None
        if found is not None and found["archspec"].text != VERSION:
            self.report(
                Diagnostic(
                    "out-of-range",
                    "this version of the language is not known",
                    found["archspec"].span,
                    expected=f"archspec: {VERSION}",
                    received=found["archspec"].text,
                    hint=f"write archspec: {VERSION}, or take an archspec that knows it",
                )
            )
        return found

    def document(self, root: YamlNode, used: Iterable[YamlNode]) -> Document | None:
        if not isinstance(root, Mapping):
            self.fail(
                "wrong-form",
                "a spec is a mapping",
                root,
                expected="archspec: 1, name, input, rows",
                received=what(root),
            )
            return None
        own = ("name", "input", "inputs", "rows")
        if root.entry("blocks") and not any(root.entry(k) for k in own):
            self.fail(
                "wrong-form",
                "a file of blocks alone is no network",
                root,
                expected="name, input, rows",
                received=", ".join(entry.key.text for entry in root.entries),
                hint="a spec takes the blocks of other files by `use`",
            )
            return None
        # what is wrong in a block file is told there, and not where its blocks are used
        for node in used:
            self._name_blocks(node.get("blocks") if isinstance(node, Mapping) else None)
        sealed = [block for node in used for block in _FileReader(self.problems).sealed(node)]
        self._name_blocks(root.get("blocks"))
        for block in sealed:
            places = {name: parameter.name.span for name, parameter in block.parameters.items()}
            self.blocks[block.name.text] = Declared(block.name.span, places)
        form = self.head(root, DOCUMENT, "a spec")
        if form is None:
            self._look_further(root)
            return None
        name = form["name"]
        variables = {v.name.text: v for v in self.variables(form.get("vars"))}
        class_name = form.get("class_name")
        return Document(
            span=root.span,
            name=name,
            class_name=class_name.text if class_name else camel(name.text),
            title=form.get("title", ""),
            doc=form.get("doc", ""),
            reference=form.get("reference"),
            variables=variables,
            let=tuple(self.lets(form.get("let"))),
            defaults=self.defaults(form.get("defaults")),
            blocks=self._all_blocks(form.get("blocks"), sealed),
            inputs=tuple(self.inputs(root, form)),
            rows=self.rows(form["rows"]),
            expect=tuple(self.claims(form.get("expect"), variables)),
            variants={v.name.text: v for v in self.variants(form.get("variants"), name, variables)},
            outputs=form.get("outputs", ()),
            family=name.text,
        )

    def inputs(self, root: Mapping, form: dict[str, Any]) -> Iterator[InputDeclaration]:
        """What enters the network: one value, or several by name."""
        one, more = form.get("input"), form.get("inputs")
        entry = root.entry("inputs")
        if one is not None and entry is not None:
            self.fail(
                "wrong-form",
                "a network has `input` or `inputs`",
                entry.key,
                expected="one of them",
                received="both",
                hint="list every input under `inputs`",
            )
        elif one is not None:
            yield self.entering(None, one)
        elif more is not None and not more.entries:
            expected = "{name: [height, width, channels], ...}"
            self.fail("wrong-form", "`inputs` names no value", more, expected=expected)
        for named in more.entries if more is not None and one is None else ():
            name = self.read(cells.identifier, named.key)
            if name is not None and name.text in cells.TENSORS:
                self.fail("bad-name", f"`{name.text}` always means a value of the flow", named.key)
            elif name is not None:
                yield self.entering(name, named.value)

    def entering(self, name: Word | None, node: YamlNode) -> InputDeclaration:
        """A value that enters, and its sizes."""
        items = node.items if isinstance(node, Sequence) else ()
        sizes = [self.read(cells.formula, item) for item in items]
        if len(sizes) not in (1, 3):
            self.fail(
                "wrong-form",
                f"{f'`{name.text}`' if name else 'the input'} is [height, width, channels] or [features]",
                node,
                expected="three sizes, or one",
                received=what(node),
                hint="write input: [32, 32, 3], the channels last"
                if name is None
                else f"write {name.text}: [32, 32, 3], the channels last",
            )
        return InputDeclaration(name, tuple(size for size in sizes if size is not None), node.span)

    def sealed(self, root: YamlNode) -> Iterator[Block]:
        """The blocks of a block file, which know each other and nothing else."""
        if not isinstance(root, Mapping):
            expected = "archspec: 1, blocks"
            message = "a block file is a mapping"
            self.fail("wrong-form", message, root, expected=expected, received=what(root))
            return
        self._name_blocks(root.get("blocks"))
        form = self.head(root, BLOCK_FILE, "a block file")
        for block in self.block_list(form["blocks"]) if form else ():
            yield replace(block, sealed=True)

    def _all_blocks(self, node: Mapping | None, sealed: list[Block]) -> dict[str, Block]:
        found: dict[str, Block] = {}
        for block in (*sealed, *self.block_list(node)):
            before = found.setdefault(block.name.text, block)
            if before is not block:
                self.report(
                    Diagnostic(
                        "name-taken",
                        f"there is a block `{block.name.text}` already",
                        block.name.span,
                        expected="a name of its own for each block",
                        received=block.name.text,
                        related=(Related(before.name.span, "the first one"),),
                    )
                )
        return found

    def _look_further(self, root: Mapping) -> None:
        """Report what is wrong below, although the file's own keys are not right yet."""
        rows, blocks = root.get("rows"), root.get("blocks")
        if isinstance(rows, Sequence):
            self.rows(rows)
        if isinstance(blocks, Mapping):
            list(self.block_list(blocks))

    def _name_blocks(self, node: YamlNode | None) -> None:
        for entry in node.entries if isinstance(node, Mapping) else ():
            params = entry.value.get("params") if isinstance(entry.value, Mapping) else None
            names = params.entries if isinstance(params, Mapping) else ()
            places = {e.key.text: e.key.span for e in names}
            self.blocks[entry.key.text] = Declared(entry.key.span, places)

    def variables(self, node: Mapping | None) -> Iterator[VariableDeclaration]:
        for entry in node.entries if node else ():
            name = self.read(cells.identifier, entry.key)
            if name is None:
                continue
            if isinstance(entry.value, Mapping):
                found = self._ranged(name, entry.value)
                if found:
                    yield found
                continue
            value = self.read(cells.constant, entry.value)
            if value is not None:
                yield VariableDeclaration(name, value, entry.value.span)

    def _ranged(self, name: Word, node: Mapping) -> VariableDeclaration | None:
        form = VARIABLE.check(node, "a variable", self.report)
        value = None if form is None else self.read(cells.constant, form["value"])
        if form is None or value is None:
            return None
        choices = form["one_of"].items if "one_of" in form else ()
        allowed = {item.span: self.read(cells.constant, item) for item in choices}
        known = {span: choice for span, choice in allowed.items() if choice is not None}
        self._alike({form["value"].span: value, **known})
        return VariableDeclaration(
            name,
            value,
            form["value"].span,
            tuple(known.values()),
            tuple(known),
            self._bound(form.get("min")),
            self._bound(form.get("max")),
            form.get("doc", ""),
        )

    def _alike(self, values: dict[Span, Value]) -> None:
        """Report each of a variable's values that is of another kind than most of them."""
        kinds = Counter(map(kind, values.values()))
        usual = kinds.most_common(1)[0][0]
        for span, value in values.items():
            if kind(value) != usual:
                message = f"a variable's values are of one kind: {usual}, not {describe(value)}"
                received = written(value)
                self.report(
                    Diagnostic("wrong-type", message, span, expected=usual, received=received)
                )

    def _bound(self, formula: Formula | None) -> float | None:
        if formula is None:
            return None
        value: Value | None = getattr(formula.expr, "value", None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.report(Diagnostic("wrong-type", "a bound is a number", formula.span))
            return None
        return value

    def defaults(self, node: Mapping | None) -> dict[str, dict[str, tuple[Any, Cell]]]:
        found: dict[str, dict[str, tuple[Any, Cell]]] = {}
        for entry in node.entries if node else ():
            name = entry.key.text
            op = None if name in self.blocks else operation(name)
            if op is None:
                self._unknown_type(entry.key, known(), "defaults belong to an operation")
                continue
            if not isinstance(entry.value, Mapping):
                self.fail(
                    "wrong-form",
                    f"the defaults of {name} are a mapping",
                    entry.value,
                    expected="{key: value, ...}",
                    received=what(entry.value),
                )
                continue
            form = defaults_form(op).check(entry.value, name, self.report)
            if form is not None:
                places = {e.key.text: e.key.span for e in entry.value.entries}
                found[name] = {key: (places[key], value) for key, value in form.items()}
        return found

    def block_list(self, node: Mapping | None) -> Iterator[Block]:
        for entry in node.entries if node else ():
            name = self.read(cells.identifier, entry.key)
            if name and name.text in operations():
                self.fail("name-taken", f"`{name.text}` is an operation already", entry.key)
            if not isinstance(entry.value, Mapping):
                self.fail(
                    "wrong-form",
                    "a block is a mapping",
                    entry.value,
                    expected="params, let, rows",
                    received=what(entry.value),
                )
                continue
            form = BLOCK.check(entry.value, f"the block {entry.key.text}", self.report)
            if form is None or name is None:
                continue
            parameters = {p.name.text: p for p in self._parameters(form.get("params"))}
            let, rows = tuple(self.lets(form.get("let"))), self.rows(form["rows"])
            yield Block(
                name,
                parameters,
                let,
                rows,
                form.get("doc", ""),
                inputs=form.get("inputs", ()),
                outputs=form.get("outputs", ()),
            )

    def _parameters(self, node: Mapping | None) -> Iterator[BlockParameter]:
        for entry in node.entries if node else ():
            name = self.read(cells.identifier, entry.key)
            if name is None:
                continue
            missing = isinstance(entry.value, Scalar) and entry.value.value is None
            default = None if missing else self.read(cells.cell, entry.value)
            if name.text in TYPED:
                self.fail("name-taken", f"`{name.text}` is a key of every row", entry.key)
            yield BlockParameter(name, default)
