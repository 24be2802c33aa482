"""The test of an image's size in a file whose numbers are right for one size alone."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.printing.draft.items import Definition, Token
from archspec.printing.framework import SIZED
from archspec.printing.nodes import Arg, Call, Let, Node


def of_size(definition: Definition, variables: Mapping[Token, str]) -> list[Node]:
    """`x = of_size(x, 224, 224)` for each image that enters a model."""
    found: list[Node] = []
    for token, (height, width) in definition.images.items():
        variable = variables.get(token, "x")
        args = (Arg(variable), Arg(str(height)), Arg(str(width)))
        found.append(Let(variable, Call(SIZED, args)))
    return found
