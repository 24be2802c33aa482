"""What stands in for the things of a framework while a printed file is walked."""

from __future__ import annotations

import ast
from dataclasses import field
from typing import Any

from archspec.records import dataclass


@dataclass(frozen=True, slots=True)
class StandInName:
    """Something of the framework, by its dotted name."""

    dotted: str


@dataclass(slots=True)
class StandInTensor:
    number: int
    shape: tuple[int, ...] | None


@dataclass(slots=True)
class StandInLayer:
    """A made layer. `drawn` is how its weights get their first values."""

    target: str
    args: dict[str, Any]
    path: str = ""
    drawn: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class FileModule:
    """An instance of a class of the file, or an `nn.Sequential`."""

    cls: ast.ClassDef | None
    attributes: dict[str, Any] = field(default_factory=dict)
    children: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileFunction:
    node: ast.FunctionDef
    closure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of a module or tensor."""

    owner: Any
    name: str
