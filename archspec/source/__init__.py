"""Text with positions, the YAML reader, and diagnostics. Knows nothing of networks."""

from archspec.source.diagnostic import (
    BadTemplate,
    Diagnostic,
    Related,
    SpecError,
    place,
    render,
    render_all,
    unshown,
)
from archspec.source.mistakes import CODES
from archspec.source.native import native
from archspec.source.nodes import Entry, Mapping, Scalar, Sequence, YamlNode
from archspec.source.reader import read, read_file
from archspec.source.span import Source, Span
from archspec.source.suggest import asked, closest, did_you_mean, guesses, one_of
from archspec.source.writer import AsNode, from_data, node_of, written

__all__ = [
    "CODES",
    "AsNode",
    "BadTemplate",
    "Diagnostic",
    "Entry",
    "Mapping",
    "Related",
    "Scalar",
    "Sequence",
    "Source",
    "Span",
    "SpecError",
    "YamlNode",
    "asked",
    "closest",
    "did_you_mean",
    "from_data",
    "guesses",
    "native",
    "node_of",
    "one_of",
    "place",
    "read",
    "read_file",
    "render",
    "render_all",
    "unshown",
    "written",
]
