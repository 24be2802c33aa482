"""Mistakes with their place: what was expected, what was received, and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import replace

from archspec.exceptions import ArchspecError
from archspec.records import dataclass
from archspec.source.span import Span
from archspec.terminal import Paint, breadth, printable, unpainted

MAX_SHOWN = 50  # of one spec
WIDTH = 100
LONGEST = {"message": 500, "expected": 300, "received": 100, "hint": 300}


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a mistake."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake, made by its code in `mistakes`; `hint` is the way out."""

    code: str
    message: str
    span: Span
    expected: str | None = None
    received: str | None = None
    hint: str | None = None
    related: tuple[Related, ...] = ()


class SpecError(ArchspecError):
    """Everything that is wrong with a spec at one stage, in the order of the text."""

    exit_code = 1

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        unique = dict.fromkeys(diagnostics)
        if not unique:
            raise ValueError("no diagnostics")
        self.diagnostics = tuple(
            sorted(unique, key=lambda d: (d.span.source.name, d.span.start, d.code))
        )
        super().__init__(self.diagnostics[0].message)

    def noting(self, note: Related) -> SpecError:
        """The same mistakes, each with one more note."""
        return SpecError(replace(d, related=(*d.related, note)) for d in self.diagnostics)

    def __str__(self) -> str:
        return render_all(self.diagnostics)

    def shown(self, paint: Paint = unpainted) -> str:
        """Each mistake with its place, in colours."""
        return render_all(self.diagnostics, paint)


class BadTemplate(SpecError):
    """A template of somebody's own that is wrong, or whose file would not be the network; no spec is at fault."""

    exit_code = 2


def render_all(diagnostics: Iterable[Diagnostic], paint: Paint = unpainted) -> str:
    """All mistakes as text, at most MAX_SHOWN and a count of the rest."""
    every = list(diagnostics)
    shown = [render(diagnostic, paint) for diagnostic in every[:MAX_SHOWN]]
    if left := unshown(every):
        shown.append(left)
    return "\n\n".join(shown)


def unshown(diagnostics: Sized) -> str:
    """How many mistakes are more than are shown, in words; empty if none."""
    left = len(diagnostics) - MAX_SHOWN
    return f"... and {left:,} more" if left > 0 else ""


def render(diagnostic: Diagnostic, paint: Paint = unpainted) -> str:
    """file:line:col, frame, caret, expected and received, hint."""
    span = diagnostic.span
    kind = paint("error", f"error[{diagnostic.code}]:")
    message = _clip(printable(diagnostic.message), LONGEST["message"])
    lines = [f"{_where(span, paint)} {kind} {message}"]
    lines += frame(span, paint)
    margin = " " * len(str(span.line))
    said = {
        "expected": diagnostic.expected,
        "received": diagnostic.received,
        "hint": diagnostic.hint,
    }
    for label, text in said.items():
        if text is not None:
            head = paint(label, f"{label}:")
            lines.append(f"{margin} = {head} {_clip(printable(text), LONGEST[label])}")
    for related in diagnostic.related:
        kind = paint("note", "note:")
        lines.append(f"{_where(related.span, paint)} {kind} {printable(related.message)}")
        lines += frame(related.span, paint)
    return "\n".join(lines)


def _where(span: Span, paint: Paint) -> str:
    return paint("place", f"{place(span)}:")


def place(span: Span) -> str:
    """file:line:column."""
    return f"{printable(span.source.name)}:{span.line}:{span.column}"


def frame(span: Span, paint: Paint = unpainted) -> list[str]:
    """The line of a span with a caret under it; long lines are clipped around it."""
    text = span.source.text
    first = text.rfind("\n", 0, span.start) + 1
    last = text.find("\n", span.start)
    line = text[first : len(text) if last < 0 else last]
    start = min(span.start - first, len(line))
    end = max(start + 1, min(span.end - first, len(line)))
    if len(line) > WIDTH:
        left = max(0, min(start - WIDTH // 3, len(line) - WIDTH))
        right = min(len(line), left + WIDTH)
        head, tail = "..." if left else "", "..." if right < len(line) else ""
        line = f"{head}{line[left:right]}{tail}"
        start, end = start - left + len(head), min(end, right) - left + len(head)
    shown = printable(line)
    number = str(span.line)
    margin = " " * len(number)
    pad, mark = breadth(shown[:start]), max(1, breadth(shown[start:end]))
    return [
        f"{margin} |",
        f"{number} | {shown}".rstrip(),
        f"{margin} | {' ' * pad}{paint('caret', '^' * mark)}",
    ]


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
