"""What drafting and the replay must know of a framework, as data that the backend's syntax gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from archspec.lowering.plan import Target
from archspec.records import dataclass

Container = Literal["chain", "list", "mapping"]


SIZED = "of_size"  # the carried function that gives an image of one size, and refuses others


@dataclass(frozen=True, slots=True)
class Framework:
    """How files of a framework make models, and what they may call.

    A model of a `class` makes its layers first; the method `flow` calls them on tensors, whose class is `tensor`. A
    model of a `function` makes and calls layers at once: it begins with `input` and ends in `model`. `support` are
    the layers that a file carries itself, `targets` all that may be called. `containers` hold layers: a chain is
    called as a whole. `methods` are what modules and containers can do: put a layer under a name, append one, list
    all layers, find one by its path, or nothing that the network depends on. `identity` is the layer that gives
    what it takes. `draws` are functions that give a weight its first value, and `preset` those whose value the
    weights of a layer have already, by layer and weight; `initials` make an initialiser that a layer takes.

    `names` are the imports that names of a file stand for, as `Dialect.names`; `carried` the definitions that a
    file may carry, as lines; `fixed` the names that no class may define or set anew; `bases` the
    framework's classes that classes of a file are made from.
    """

    models: Literal["class", "function"]
    support: frozenset[str]
    targets: Mapping[str, Target]
    flow: str = ""
    tensor: str = ""
    input: str = ""
    model: str = ""
    containers: Mapping[str, Container] = field(default_factory=dict)
    methods: Mapping[str, Literal["put", "append", "list", "find", "nothing"]] = field(
        default_factory=dict
    )
    identity: str = ""
    draws: frozenset[str] = frozenset()
    preset: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    initials: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, list[str]] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
