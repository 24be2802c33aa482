"""What specs vary and claim: variants, files that extend others, the figures of `expect`."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Known
from typing import Any

from archspec.language.syntax import cells
from archspec.language.syntax.cells import what
from archspec.language.syntax.document import (
    Claim,
    Document,
    Edit,
    Extension,
    Setting,
    VariableDeclaration,
    Variant,
    Word,
)
from archspec.language.syntax.file_forms import CLAIM, EDIT, FIGURES, VARIANT
from archspec.language.syntax.rows import RowReader, misspelt
from archspec.language.syntax.variables import declarations_of, misfit
from archspec.records import dataclass
from archspec.source import (
    Diagnostic,
    Mapping,
    Related,
    Sequence,
    Span,
    YamlNode,
    asked,
    guesses,
    one_of,
)

Variables = Known[str, VariableDeclaration]


@dataclass
class VariantReader(RowReader):
    """Reads the parts of a file that say what else it can be, and what figures somebody printed."""

    def claims(self, node: Sequence | None, known: Variables) -> Iterator[Claim]:
        """The lines of `expect`: figures, and the variables that they are for."""
        for item in node.items if node else ():
            if not isinstance(item, Mapping):
                self.fail(
                    "wrong-form",
                    "a claim is a mapping",
                    item,
                    expected="{params: 4.2M, macs: 569M}",
                    received=what(item),
                )
                continue
            form = CLAIM.check(item, "a claim", self.report)
            if form is None:
                continue
            figures = {key: form[key] for key in FIGURES if key in form}
            if not figures:
                self.fail("missing-key", "a claim has a figure", item, expected="params: 4.2M")
            settings = self.settings(form.get("with"), known)
            given = {name: (one.value, one.span) for name, one in settings.items()}
            yield Claim(item.span, given, figures, form.get("note", ""))

    def settings(self, node: Mapping | None, known: Variables) -> dict[str, Setting]:
        """Values for some of the variables."""
        found: dict[str, Setting] = {}
        for entry in node.entries if node else ():
            name = entry.key.text
            if name not in known:
                near = guesses(name, known)
                self.fail(
                    "unknown-name",
                    f"there is no variable `{name}`",
                    entry.key,
                    expected=one_of(known),
                    received=name,
                    hint=asked(near),
                    related=declarations_of(near, known),
                )
            value = self.read(cells.constant, entry.value)
            if value is None or name not in known:
                continue
            problem = misfit(known[name], value, entry.value.span)
            if problem is not None:
                self.report(problem)
            found[name] = Setting(value, entry.value.span)
        return found

    def variants(self, node: Mapping | None, file: Word, known: Variables) -> Iterator[Variant]:
        """The variants of a file, each under a name of its own."""
        for entry in node.entries if node else ():
            name = self.read(cells.identifier, entry.key)
            if name and name.text == file.text:
                self.report(
                    Diagnostic(
                        "name-taken",
                        "a variant has another name than its file",
                        entry.key.span,
                        expected="a name of its own",
                        received=name.text,
                        related=(Related(file.span, "the file's name"),),
                    )
                )
            if not isinstance(entry.value, Mapping):
                expected = "{vars: {...}, reference: ..., expect: ...}"
                message, received = "a variant is a mapping", what(entry.value)
                self.fail("wrong-form", message, entry.value, expected=expected, received=received)
                continue
            form = VARIANT.check(entry.value, f"the variant {entry.key.text}", self.report)
            if form is not None and name is not None:
                yield self._variant(entry.key.span, name, form, known)

    def _variant(self, span: Span, name: Word, form: dict[str, Any], known: Variables) -> Variant:
        class_name = form.get("class_name")
        return Variant(
            span,
            name,
            class_name and class_name.text,
            form.get("title", ""),
            form.get("doc", ""),
            form.get("reference"),
            self.settings(form.get("vars"), known),
            tuple(self.claims(form.get("expect"), known)),
        )

    def extension(self, root: Mapping, form: dict[str, Any], base: Document) -> Extension:
        """What a file says of itself and changes in the file that it extends."""
        itself = self._variant(root.span, form["name"], form, base.variables)
        edits = tuple(self._edits(form.get("edit")))
        return Extension(itself, edits)

    def _edits(self, node: Sequence | None) -> Iterator[Edit]:
        for item in node.items if node else ():
            verbs = [verb for verb in EDIT if isinstance(item, Mapping) and item.entry(verb)]
            if not isinstance(item, Mapping) or len(verbs) != 1:
                self._no_edit(item, verbs)
                continue
            verb = verbs[0]
            form = EDIT[verb].check(item, f"an edit with `{verb}`", self.report)
            if form is not None:
                yield Edit(verb, form[verb], form.get("set") or form.get("insert"))

    def _no_edit(self, item: YamlNode, verbs: list[str]) -> None:
        keys = [entry.key.text for entry in item.entries] if isinstance(item, Mapping) else []
        meant = None if verbs else misspelt(item, EDIT)
        self.fail(
            "wrong-form",
            f"an edit is one of these, not both: {', '.join(verbs)}"
            if verbs
            else "an edit names a row",
            meant[0] if meant else item,
            expected="{at: label, set: {...}}, {after: label, insert: [...]}, {before: label, insert: [...]} "
            "or {remove: label}",
            received=", ".join(keys) or what(item),
            hint="make two edits of it" if verbs else meant and meant[1],
        )


def camel(name: str) -> str:
    """`mobilenet_v1` as `MobilenetV1`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
