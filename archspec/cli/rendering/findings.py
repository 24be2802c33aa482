"""Mistakes for machines: JSON, GitHub's annotations, SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from archspec import __version__
from archspec.source import Diagnostic, Span, place
from archspec.source.mistakes import CODES, HINTS
from archspec.terminal import printable

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """A list of objects: file, line, column, length, code, message, expected, received, hint, related."""
    return json.dumps([_object(diagnostic) for diagnostic in diagnostics], indent=2)


def _object(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        **_place(diagnostic.span),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "expected": diagnostic.expected,
        "received": diagnostic.received,
        "hint": diagnostic.hint,
        "related": [_place(note.span) | {"message": note.message} for note in diagnostic.related],
    }


def _place(span: Span) -> dict[str, Any]:
    length = max(1, span.end - span.start)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "length": length,
    }


def as_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Workflow commands that GitHub shows beside the lines of a change."""
    lines = []
    for diagnostic in diagnostics:
        span = diagnostic.span
        notes = (f"{place(note.span)}: {note.message}" for note in diagnostic.related)
        text = "\n".join(filter(None, (diagnostic.message, diagnostic.hint, *notes)))
        where = f"file={_property(span.source.name)},line={span.line},col={span.column}"
        lines.append(f"::error {where},title={_property(diagnostic.code)}::{_escaped(text)}")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    text = "\n".join(map(printable, text.splitlines()))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """SARIF 2.1.0, for code scanning."""
    rules = list(dict.fromkeys(diagnostic.code for diagnostic in diagnostics))
    driver = {
        "name": "archspec",
        "version": __version__,
        "rules": [_rule(code) for code in rules],
    }
    results = [_result(diagnostic, rules.index(diagnostic.code)) for diagnostic in diagnostics]
    log = {
        "$schema": SARIF,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    return json.dumps(log, indent=2)


def _rule(code: str) -> dict[str, Any]:
    help = {"help": {"text": HINTS[code]}} if code in HINTS else {}
    return {"id": code, "shortDescription": {"text": CODES[code]}, **help}


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = "; ".join(filter(None, (diagnostic.message, diagnostic.hint)))
    notes = [
        {"id": k, **_location(note.span), "message": {"text": note.message}}
        for k, note in enumerate(diagnostic.related)
    ]
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": text},
        "locations": [_location(diagnostic.span)],
        **({"relatedLocations": notes} if notes else {}),
    }


def _location(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(span.source.name)},
            "region": region,
        }
    }


FORMATS: Mapping[str, Callable[[Sequence[Diagnostic]], str]] = {
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}
