"""Names derived from others, and functions of one line: what stands under `let`."""

import re
from collections.abc import Iterator

from archspec.language.syntax import cells
from archspec.language.syntax.cells import IDENTIFIER
from archspec.language.syntax.model import Info, Part, Reading, a_mapping
from archspec.language.syntax.terms import Let, Word
from archspec.source import Mapping, YamlNode
from archspec.source.mistakes import bad_name

_FUNCTION = re.compile(r"([A-Za-z_]\w*)\s*\(([^()]*)\)\Z", re.ASCII)
Lets = tuple[Let, ...]


def _read(node: YamlNode, info: Info) -> Lets:
    return tuple(_lets(a_mapping(node), info.context))


def _lets(node: Mapping, reading: Reading) -> Iterator[Let]:
    for entry in node.entries:
        body = reading.read(cells.formula, entry.value)
        call = _FUNCTION.match(entry.key.text)
        if call is None:
            name = reading.read(cells.identifier, entry.key)
            if name and body:
                yield Let(name, None, body)
            continue
        parameters = tuple(part.strip() for part in call[2].split(",") if part.strip())
        wrong = [p for p in parameters if not IDENTIFIER.match(p)]
        if wrong or len(set(parameters)) != len(parameters):
            reading.report(bad_name(entry.key, "the parameters of a function are different names"))
        elif body:
            yield Let(Word(call[1], entry.key.span), parameters, body)


LETS = Part(
    _read,
    "Names derived from those above, and functions of one line: `ch(c): int(c * width)`.",
    "lets",
)
