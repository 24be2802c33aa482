"""Which foreign tensor is which weight: by order of use, role and shape, and where these leave a choice by names.

A match is a bijection: every weight of the network gets one tensor, and none is left over. Where two ways remain, both
are named and nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.graph.graph import Graph
from archspec.lowering.backend import backend
from archspec.lowering.layouts import to_canonical, to_native
from archspec.records import dataclass
from archspec.weights.check import WeightsError, problems
from archspec.weights.files.tensor_file import Layer, Leaf, Shelf
from archspec.weights.matching import align, differences, layers, unordered, wiring
from archspec.weights.matching.differences import Kind
from archspec.weights.matching.layers import Row, Wanted, framework, rows
from archspec.weights.matching.order import parallel
from archspec.weights.matching.unordered import words_of
from archspec.weights.stored import whole

OWN = "the built model's own names"
WIRED = "what feeds what, role and shape"


@dataclass(frozen=True, slots=True)
class Names:
    """A map of names: rows whose layer is stated, and words that mean the same on both sides."""

    rows: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A weight of the network and the tensor that it gets."""

    wanted: Wanted
    leaf: Leaf
    row: Row


@dataclass(frozen=True, slots=True)
class Match:
    """Every weight with its tensor, in order of use, and what told which is which."""

    pairs: tuple[Pair, ...]
    how: str
    ignored: tuple[str, ...] = ()


def match(graph: Graph, shelf: Shelf, layout: str, names: Names | None = None) -> Match:
    """The match of a network's weights with the tensors of a shelf; raises WeightsError, SpecError."""
    plan = backend(framework(layout)).lower(graph)
    return _Matcher(graph, shelf, layout, names or Names()).match(rows(plan))


def arrays(found: Match, shelf: Shelf) -> dict[str, NDArray[Any]]:
    """The canonical weights of a match; raises WeightsError for a tensor of another type, or with NaN."""
    lines: list[str] = []
    made: dict[str, NDArray[Any]] = {}
    for pair in found.pairs:
        value = shelf.tensors[pair.leaf.name]
        wrong = problems(pair.leaf.name, value, tuple(value.shape))
        lines += [f"{line} {pair.row}" for line in wrong]
        if not lines:
            made[pair.wanted.name] = canonical(pair, whole(value))
    if lines:
        raise WeightsError(lines, f"{shelf.where} holds what is no weight")
    return made


def canonical(pair: Pair, array: NDArray[Any]) -> NDArray[Any]:
    """A foreign tensor in the canonical layout."""
    native = (array.T if pair.leaf.turned else array).reshape(pair.wanted.shape)
    return np.asarray(to_canonical(native, pair.wanted.slot), order="C")


def foreign(pair: Pair, array: NDArray[Any]) -> NDArray[Any]:
    """A canonical weight as the foreign tensor has it."""
    native = to_native(array, pair.wanted.slot.layout).reshape(pair.leaf.shape)
    return np.asarray(native.T if pair.leaf.turned else native, order="C")


class _Matcher:
    def __init__(self, graph: Graph, shelf: Shelf, layout: str, names: Names) -> None:
        self.graph, self.shelf, self.names = graph, shelf, names
        self.keras = framework(layout) == "keras"
        self.layers = layers.layers(shelf, layout)
        self.numbered = any(leaf.role.isdigit() for layer in self.layers for leaf in layer.leaves)

    def match(self, own: tuple[Row, ...]) -> Match:
        stated = self.stated(own)
        free = [row for row in own if row.path not in stated]
        taken = {layer.name for layer in stated.values()}
        theirs = [layer for layer in self.layers if layer.name not in taken]
        theirs = self.called(free, theirs)
        wired = self.wired(own, stated, theirs)
        if wired:
            found, how = stated | wired, WIRED
        else:
            order, how = self.order(free, theirs)
            found = stated | {row.path: theirs[k] for row, k in zip(free, order, strict=True)}
        if how not in (OWN, WIRED):
            self.decide(free, found)
        pairs = tuple(pair for row in own for pair in self.pairs(row, found[row.path]))
        used = {pair.leaf.name for pair in pairs}
        ignored = tuple(name for name in self.shelf.tensors if name not in used)
        return Match(pairs, how, ignored)

    def wired(
        self, own: Sequence[Row], stated: Mapping[str, Layer], theirs: Sequence[Layer]
    ) -> dict[str, Layer] | None:
        """The layers of the rows that are free, where a live model's wiring leaves no choice."""
        if not self.shelf.wiring:
            return None
        wanted: dict[str, Hashable] = {row.path: self.wants(row) for row in own}
        kinds: dict[str, Hashable] = {layer.name: self.kind(layer) for layer in theirs}
        for path, layer in stated.items():
            wanted[path] = kinds[layer.name] = layer.name
        if any(joint.layer and joint.layer not in kinds for joint in self.shelf.wiring):
            return None
        found = wiring.order(layers.wiring(self.graph, own), self.shelf.wiring, wanted, kinds)
        if found is None or len(found) != len(kinds):
            return None
        free = {layer.name: layer for layer in theirs}
        return {path: free[name] for path, name in found.items() if path not in stated}

    def called(self, own: Sequence[Row], theirs: Sequence[Layer]) -> list[Layer]:
        """The layers; a tensor alone, of a role that no row has, gets that of the rows of one weight and its shape."""
        known = {role for row in own for role in self.roles(row)}
        lone = {kind for row in own if len(row.weights) == 1 for kind in self.wants(row)}

        def one(layer: Layer) -> Layer:
            leaf = layer.leaves[0]
            fits = [role for role, shape in lone if shape == self.flat(leaf.shape)]
            if len(layer.leaves) > 1 or leaf.role in known or len(fits) != 1:
                return layer
            return replace(layer, leaves=(replace(leaf, role=fits[0]),))

        return [one(layer) for layer in theirs]

    def pairs(self, row: Row, layer: Layer) -> list[Pair]:
        leaves = {leaf.role: leaf for leaf in layer.leaves}
        return [Pair(w, leaves[role], row) for role, w in self.roles(row).items()]

    def roles(self, row: Row) -> dict[str, Wanted]:
        """The weights of a row by the role that a layer gives them: a name, in Keras's newer files a number."""
        return {str(k) if self.numbered else w.role: w for k, w in enumerate(row.weights)}

    def wants(self, row: Row) -> Kind:
        return tuple(sorted((role, self.flat(w.shape)) for role, w in self.roles(row).items()))

    def kind(self, layer: Layer) -> Kind:
        return tuple(sorted((leaf.role, self.flat(leaf.shape)) for leaf in layer.leaves))

    def flat(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A 1x1 convolution has the cells of a dense layer, in the same order; (c, 1, 1) are c factors; Keras has a
        depthwise kernel of one group for each channel in two shapes."""
        if len(shape) == 3 and shape[1:] == (1, 1) and not self.keras:
            return shape[:1]
        if len(shape) != 4:
            return shape
        if self.keras and shape[2] == 1:
            shape = (*shape[:2], shape[3], 1)
        window, rest = (shape[:2], shape[2:]) if self.keras else (shape[2:], shape[:2])
        return rest if window == (1, 1) else shape

    def order(self, own: Sequence[Row], theirs: Sequence[Layer]) -> tuple[align.Order, str]:
        """The layers in the order of the rows, and what told it."""
        wanted, kinds = [self.wants(row) for row in own], [self.kind(layer) for layer in theirs]
        if Counter(wanted) != Counter(kinds):
            raise self.differing(own, theirs, wanted, kinds)
        names = [layer.name for layer in theirs]
        own_names = self.own_names(own, theirs)
        if own_names:
            return own_names, OWN
        listed = tuple(range(len(names)))
        known = self.shelf.order != "none"
        if known and wanted == kinds:
            self.agree(theirs, listed)
            return listed, f"order of {self.shelf.order}, role and shape"
        found = unordered.orders(own, theirs, wanted, kinds, self.words)
        if len(found) == 2:
            raise self.two_ways(own, theirs, found)
        if found:
            return found[0], "names' numbers, role and shape"
        order = chunked(wanted, kinds) if known else None
        if order is None:
            raise self.error(
                [f"shapes and numbers in names do not tell which of {len(names)} layers is which"]
            )
        self.agree(theirs, order)
        return order, f"order of {self.shelf.order} among equal shapes"

    def own_names(self, own: Sequence[Row], theirs: Sequence[Layer]) -> align.Order | None:
        """The order, where every layer is called what the built model calls it."""
        place = {layer.label or layer.name: number for number, layer in enumerate(theirs)}
        order = tuple(place.get(row.native, -1) for row in own)
        fits = len(place) == len(own) and -1 not in order
        if not fits or any(
            self.wants(r) != self.kind(theirs[k]) for r, k in zip(own, order, strict=True)
        ):
            return None
        return order

    def agree(self, theirs: Sequence[Layer], order: align.Order) -> None:
        """Raises WeightsError where the numbers in names say another order than the file."""
        if self.shelf.order != "definition":
            return
        clash = align.agrees([layer.name for layer in theirs], order)
        if clash:
            one, other = (theirs[k] for k in clash)
            raise self.error([f"{one} and {other}: their numbers say one order, the file another"])

    def two_ways(
        self, own: Sequence[Row], theirs: Sequence[Layer], found: list[align.Order]
    ) -> WeightsError:
        first, second = found
        places = [k for k in range(len(own)) if first[k] != second[k]]
        return self.error(
            [f"{own[k]}: {theirs[first[k]]} or {theirs[second[k]]}, both fit" for k in places]
        )

    def error(self, lines: list[str]) -> WeightsError:
        advice = "state them in a map of names: docs/weights.md"
        return WeightsError(
            [*lines, advice], f"{self.shelf.where} fits {self.graph.name} in several ways"
        )

    def differing(
        self, own: Sequence[Row], theirs: Sequence[Layer], wanted: list[Kind], kinds: list[Kind]
    ) -> WeightsError:
        listed = self.shelf.order != "none"

        def find(
            kinds: Sequence[Kind], wanted: Sequence[Kind], seen: Callable[[Kind], Hashable]
        ) -> align.Order | None:
            has, needs = [seen(kind) for kind in kinds], [seen(kind) for kind in wanted]
            if listed and has == needs:
                return tuple(range(len(has)))
            found = align.orders(needs, [layer.name for layer in theirs], has)
            return found[0] if len(found) == 1 else None

        told = differences.Sides(own, theirs, wanted, kinds, [self.roles(row) for row in own])
        return WeightsError(
            differences.lines(told, find), f"{self.shelf.where} does not fit {self.graph.name}"
        )

    def stated(self, own: tuple[Row, ...]) -> dict[str, Layer]:
        """The rows whose layer a map of names states; raises WeightsError where it is not there or does not fit."""
        rows = {row.path: row for row in own}
        layers = {layer.name: layer for layer in self.layers}
        layers |= {layer.label: layer for layer in self.layers if layer.label}
        lines, found = [], {}
        for path, name in self.names.rows.items():
            if path not in rows:
                lines.append(f"{path}: no row of {self.graph.name} with weights")
            elif name not in layers:
                lines.append(f"{path}: there is no layer {name}")
            elif self.wants(rows[path]) != self.kind(layers[name]):
                lines += differences.details(rows[path], layers[name], self.roles(rows[path]))
            else:
                found[path] = layers[name]
        if len({id(layer) for layer in found.values()}) < len(found):
            lines.append("two rows are given one layer")
        if lines:
            raise WeightsError(lines, f"{self.names.where} does not fit {self.shelf.where}")
        return found

    def decide(self, own: Sequence[Row], found: Mapping[str, Layer]) -> None:
        """Rows beside each other whose weights have the same shapes are told apart by words; raises WeightsError."""
        groups: dict[tuple[Kind, ...], list[Row]] = {}
        for number, row in enumerate(own):
            if not row.node.companion:
                after = _companions(own, number)
                groups.setdefault(tuple(self.wants(r) for r in (row, *after)), []).append(row)
        beside = parallel(self.graph, [row.node.path for row in own])
        for group in groups.values():
            for number, one in enumerate(group):
                for other in group[number + 1 :]:
                    if other.node.path in beside(one.node.path):
                        self.told_apart(one, other, found)

    def told_apart(self, one: Row, other: Row, found: Mapping[str, Layer]) -> None:
        mine, yours = self.words(one.path), self.words(other.path)
        first, second = words_of(str(found[one.path])), words_of(str(found[other.path]))
        straight = len((mine - yours) & (first - second)) + len((yours - mine) & (second - first))
        crossed = len((mine - yours) & (second - first)) + len((yours - mine) & (first - second))
        if crossed or not straight:
            candidates = f"{found[one.path]} or {found[other.path]}"
            raise self.error([f"{one} and {other} stand side by side: {candidates}, both fit"])

    def words(self, path: str) -> set[str]:
        found = words_of(path)
        return found | {
            self.names.words[word].lower() for word in found if word in self.names.words
        }


def _companions(own: Sequence[Row], number: int) -> list[Row]:
    """The norm of a row, where it has one of its own."""
    after = []
    for row in own[number + 1 :]:
        if not row.node.companion:
            break
        after.append(row)
    return after


def chunked(wanted: Sequence[Kind], kinds: Sequence[Kind]) -> align.Order | None:
    """The layers in the order of the rows, where kernels with what follows them come in another sequence: the first of
    a kind is the first of that kind. None if what follows them differs."""
    own, theirs = _chunks(wanted), _chunks(kinds)
    queues: dict[tuple[Kind, ...], list[list[int]]] = {}
    for places in theirs:
        queues.setdefault(tuple(kinds[k] for k in places), []).append(places)
    order = [-1] * len(wanted)
    for places in own:
        queue = queues.get(tuple(wanted[k] for k in places))
        if not queue:
            return None
        for mine, yours in zip(places, queue.pop(0), strict=True):
            order[mine] = yours
    return tuple(order)


def _chunks(kinds: Sequence[Kind]) -> list[list[int]]:
    """The places of every kernel with the norms that follow it; a vector of factors is by itself: modules list their
    own parameters before those of their layers."""
    found: list[list[int]] = []
    current: list[int] | None = None
    for k, kind in enumerate(kinds):
        kernel = any(len(shape) > 1 for _, shape in kind)
        if current is None or kernel:
            current = [k]
            found.append(current)
        elif len(kind) == 1:
            found.append([k])
        else:
            current.append(k)
    return found
