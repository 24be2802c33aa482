"""Writes docs/errors.md from the codes and their examples: `make docs`."""

from __future__ import annotations

from pathlib import Path

from archspec.cli.examples import answer
from archspec.source.examples import Example, examples
from archspec.source.mistakes import CODES, FAULTS, HINTS

HEAD = """# Errors

Made from the codes and their examples by `make docs`; `archspec explain CODE` says the same. A mistake is shown with
its file, line and column, its code, the line with a caret, what was expected and received, and a way out; a note leads
to a place that explains it. All mistakes of a stage are shown at once: of the text, of its form, of values and shapes.
"""


def page() -> str:
    """The page: the codes as a list, then each with its example."""
    listed = [f"- [`{code}`](#{code}): {told.partition('. ')[0]}" for code, told in CODES.items()]
    known = examples()
    sections = [section(code, known[code]) for code in CODES if code not in FAULTS]
    sections += [meaning(code) for code in CODES if code in FAULTS]
    return "\n".join([HEAD, *(f"{line.rstrip('.')}" for line in listed), "", *sections])


def section(code: str, example: Example) -> str:
    """What a code means, a spec that is wrong with the answer to it, and the spec mended."""
    lines = [meaning(code)]
    lines += block(f"spec.yaml{saved(example)}", "yaml", example.wrong)
    lines += block("", "text", f"$ archspec {example.command}\n{answer(example)[1]}")
    if example.right != example.wrong:
        lines += block("Mended:", "yaml", example.right)
    if example.command != example.mended:
        lines += block("Mended:", "text", f"$ archspec {example.mended}")
    return "\n".join(lines)


def meaning(code: str) -> str:
    """What a code means, and the way out in general."""
    lines = [f"## {code}", "", CODES[code], ""]
    if code in HINTS:
        lines += [f"The way out, in general: {HINTS[code]}.", ""]
    return "\n".join(lines)


def saved(example: Example) -> str:
    """What the text alone does not show."""
    return "" if example.encoding == "utf-8" else f", saved as {example.encoding}"


def block(title: str, kind: str, text: str) -> list[str]:
    """A fenced text below its title."""
    return [*([title, ""] if title else []), f"```{kind}", text.rstrip("\n"), "```", ""]


if __name__ == "__main__":
    (Path(__file__).parent / "errors.md").write_text(page(), encoding="utf-8")
