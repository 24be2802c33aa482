"""Which foreign tensor is which weight: by order of use, role and shape, and where these leave a choice by names.

A match is a bijection: every weight of the network gets one tensor, and none is left over. Where two ways remain, both
are named and nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archspec.graph.graph import Graph
from archspec.lowering.backend import backend
from archspec.lowering.layouts import to_canonical, to_native
from archspec.records import dataclass
from archspec.weights.check import WeightsError, problems
from archspec.weights.checkpoints import CheckpointFormat, backend_of, format_of
from archspec.weights.files.tensor_file import Layer, TensorEntry, TensorFile
from archspec.weights.lazy_tensor import to_array
from archspec.weights.matching import align, by_names, by_sequence, by_wiring, differences
from archspec.weights.matching.by_names import words_of
from archspec.weights.matching.dependencies import parallel
from archspec.weights.matching.differences import Signature
from archspec.weights.matching.layers import NativeWeight, WeightedRow, layers_of, weighted_rows
from archspec.weights.matching.name_map import NameMap

OWN = "the built model's own names"
WIRED = "what feeds what, role and shape"


@dataclass(frozen=True, slots=True)
class Pair:
    """A weight of the network and the tensor that it gets."""

    weight: NativeWeight
    entry: TensorEntry
    row: WeightedRow


@dataclass(frozen=True, slots=True)
class Match:
    """Every weight with its tensor, in order of use, what told which is which, and the names of all other tensors."""

    pairs: tuple[Pair, ...]
    how: str
    ignored: tuple[str, ...] = ()


def match(graph: Graph, file: TensorFile, layout: str, names: NameMap | None = None) -> Match:
    """The match of a network's weights with the tensors of a file or a model; raises WeightsError, SpecError."""
    plan = backend(backend_of(layout)).lower(graph)
    matcher = CheckpointMatcher(graph, file, format_of(layout), names or NameMap())
    return matcher.match(weighted_rows(plan))


def arrays(matched: Match, file: TensorFile) -> dict[str, NDArray[Any]]:
    """The canonical weights of a match; raises WeightsError for a tensor of another type, or with NaN."""
    lines: list[str] = []
    weights: dict[str, NDArray[Any]] = {}
    for pair in matched.pairs:
        value = file.tensors[pair.entry.name]
        wrong = problems(pair.entry.name, value, tuple(value.shape))
        lines += [f"{line} {pair.row}" for line in wrong]
        if not lines:
            weights[pair.weight.name] = canonical(pair, to_array(value))
    if lines:
        raise WeightsError(lines, f"{file.source} holds what is no weight")
    return weights


def canonical(pair: Pair, array: NDArray[Any]) -> NDArray[Any]:
    """A foreign tensor in the canonical layout."""
    native = (array.T if pair.entry.transposed else array).reshape(pair.weight.shape)
    return np.asarray(to_canonical(native, pair.weight.slot), order="C")


def foreign(pair: Pair, array: NDArray[Any]) -> NDArray[Any]:
    """A canonical weight as the foreign tensor has it."""
    native = to_native(array, pair.weight.slot.layout).reshape(pair.entry.shape)
    return np.asarray(native.T if pair.entry.transposed else native, order="C")


class CheckpointMatcher:
    """The rows of a network against the layers of a file, compared by signatures: roles and comparable shapes."""

    def __init__(
        self, graph: Graph, file: TensorFile, checkpoints: CheckpointFormat, names: NameMap
    ) -> None:
        self.graph, self.file, self.names = graph, file, names
        self.comparable = checkpoints.comparable
        self.layers = layers_of(file, checkpoints)
        self.numbered = any(e.role.isdigit() for layer in self.layers for e in layer.entries)

    def match(self, rows: tuple[WeightedRow, ...]) -> Match:
        """The layer of every row: as the map of names states it, else by wiring, else by order; raises WeightsError."""
        stated = self.stated(rows)
        free = [row for row in rows if row.path not in stated]
        used = {layer.name for layer in stated.values()}
        layers = [layer for layer in self.layers if layer.name not in used]
        layers = self.renamed(free, layers)
        wired = self.wired(rows, stated, layers)
        if wired:
            chosen, how = stated | wired, WIRED
        else:
            order, how = self.order(free, layers)
            chosen = stated | {row.path: layers[k] for row, k in zip(free, order, strict=True)}
        if how not in (OWN, WIRED):
            self.check_parallel(free, chosen)
        pairs = tuple(pair for row in rows for pair in self.pairs(row, chosen[row.path]))
        names = {pair.entry.name for pair in pairs}
        return Match(pairs, how, tuple(name for name in self.file.tensors if name not in names))

    def stated(self, rows: tuple[WeightedRow, ...]) -> dict[str, Layer]:
        """The rows whose layer a map of names states; raises WeightsError where it is not there or does not fit."""
        by_path = {row.path: row for row in rows}
        layers = {layer.name: layer for layer in self.layers}
        layers |= {layer.label: layer for layer in self.layers if layer.label}
        lines, stated = [], {}
        for path, name in self.names.rows.items():
            if path not in by_path:
                lines.append(f"{path}: no row of {self.graph.name} with weights")
            elif name not in layers:
                lines.append(f"{path}: there is no layer {name}")
            elif self.wanted(by_path[path]) != self.signature(layers[name]):
                row = by_path[path]
                lines += differences.details(row, layers[name], self.roles(row))
            else:
                stated[path] = layers[name]
        if len({id(layer) for layer in stated.values()}) < len(stated):
            lines.append("two rows are given one layer")
        if lines:
            raise WeightsError(lines, f"{self.names.source} does not fit {self.file.source}")
        return stated

    def renamed(self, rows: Sequence[WeightedRow], layers: Sequence[Layer]) -> list[Layer]:
        """The layers; a tensor alone, of a role that no row has, gets that of the rows of one weight and its shape."""
        known = {role for row in rows for role in self.roles(row)}
        single = {pair for row in rows if len(row.weights) == 1 for pair in self.wanted(row)}

        def one(layer: Layer) -> Layer:
            entry = layer.entries[0]
            fits = [role for role, shape in single if shape == self.comparable(entry.shape)]
            if len(layer.entries) > 1 or entry.role in known or len(fits) != 1:
                return layer
            return replace(layer, entries=(replace(entry, role=fits[0]),))

        return [one(layer) for layer in layers]

    def wired(
        self, rows: Sequence[WeightedRow], stated: Mapping[str, Layer], layers: Sequence[Layer]
    ) -> dict[str, Layer] | None:
        """The layers of the rows that are free, where a live model's wiring leaves no choice."""
        if not self.file.wiring:
            return None
        wanted: dict[str, Hashable] = {row.path: self.wanted(row) for row in rows}
        present: dict[str, Hashable] = {layer.name: self.signature(layer) for layer in layers}
        for path, layer in stated.items():
            wanted[path] = present[layer.name] = layer.name
        if any(node.layer and node.layer not in present for node in self.file.wiring):
            return None
        own = by_wiring.network_wiring(self.graph, rows)
        paired = by_wiring.pairing(own, self.file.wiring, wanted, present)
        if paired is None or len(paired) != len(present):
            return None
        free = {layer.name: layer for layer in layers}
        return {path: free[name] for path, name in paired.items() if path not in stated}

    def pairs(self, row: WeightedRow, layer: Layer) -> list[Pair]:
        """The weights of a row with the tensors of its layer."""
        entries = {entry.role: entry for entry in layer.entries}
        return [Pair(weight, entries[role], row) for role, weight in self.roles(row).items()]

    def roles(self, row: WeightedRow) -> dict[str, NativeWeight]:
        """The weights of a row by the role that a layer gives them: a name, in some files a number."""
        return {str(k) if self.numbered else w.role: w for k, w in enumerate(row.weights)}

    def wanted(self, row: WeightedRow) -> Signature:
        """The signature of the layer that a row wants."""
        weights = self.roles(row).items()
        return tuple(sorted((role, self.comparable(w.shape)) for role, w in weights))

    def signature(self, layer: Layer) -> Signature:
        """The signature of a layer."""
        return tuple(sorted((e.role, self.comparable(e.shape)) for e in layer.entries))

    def order(
        self, rows: Sequence[WeightedRow], layers: Sequence[Layer]
    ) -> tuple[align.Order, str]:
        """The layers in the order of the rows, and what told it; raises WeightsError."""
        wanted = [self.wanted(row) for row in rows]
        signatures = [self.signature(layer) for layer in layers]
        if Counter(wanted) != Counter(signatures):
            raise self.differing(rows, layers, wanted, signatures)
        own = self.own_names(rows, layers)
        if own:
            return own, OWN
        listed = tuple(range(len(layers)))
        ordered = self.file.order != "none"
        if ordered and wanted == signatures:
            self.check_numbers(layers, listed)
            return listed, f"order of {self.file.order}, role and shape"
        orders = by_names.orders(rows, layers, wanted, signatures, self.words)
        if len(orders) == 2:
            raise self.two_ways(rows, layers, orders)
        if orders:
            return orders[0], "names' numbers, role and shape"
        order = by_sequence.order(wanted, signatures) if ordered else None
        if order is None:
            raise self.ambiguous(
                [f"shapes and numbers in names do not tell which of {len(layers)} layers is which"]
            )
        self.check_numbers(layers, order)
        return order, f"order of {self.file.order} among equal shapes"

    def own_names(self, rows: Sequence[WeightedRow], layers: Sequence[Layer]) -> align.Order | None:
        """The order, where every layer is called what the built model calls it."""
        names = (align.levels(layer.label or layer.name) for layer in layers)
        places = {name: place for place, name in enumerate(names)}
        order = tuple(places.get(align.levels(row.native), -1) for row in rows)
        fits = len(places) == len(rows) and -1 not in order
        if not fits or any(
            self.wanted(r) != self.signature(layers[k]) for r, k in zip(rows, order, strict=True)
        ):
            return None
        return order

    def check_numbers(self, layers: Sequence[Layer], order: align.Order) -> None:
        """Raises WeightsError where the numbers in names say another order than the file."""
        if self.file.order != "definition":
            return
        clash = align.agrees([layer.name for layer in layers], order)
        if clash:
            one, other = (layers[k] for k in clash)
            raise self.ambiguous(
                [f"{one} and {other}: their numbers say one order, the file another"]
            )

    def check_parallel(self, rows: Sequence[WeightedRow], chosen: Mapping[str, Layer]) -> None:
        """Rows beside each other whose weights have the same shapes are told apart by words; raises WeightsError."""
        groups: dict[tuple[Signature, ...], list[WeightedRow]] = {}
        for place, row in enumerate(rows):
            if not row.node.companion:
                after = _companions(rows, place)
                groups.setdefault(tuple(self.wanted(r) for r in (row, *after)), []).append(row)
        beside = parallel(self.graph, [row.node.path for row in rows])
        for group in groups.values():
            for place, one in enumerate(group):
                for other in group[place + 1 :]:
                    if other.node.path in beside(one.node.path):
                        self.check_words(one, other, chosen)

    def check_words(
        self, one: WeightedRow, other: WeightedRow, chosen: Mapping[str, Layer]
    ) -> None:
        """Raises WeightsError where words of two rows and their layers do not say which is which."""
        first, second = self.words(one.path), self.words(other.path)
        theirs = [words_of(str(chosen[row.path])) for row in (one, other)]
        straight = _shared(first, second, *theirs)
        crossed = _shared(first, second, *reversed(theirs))
        if crossed or not straight:
            candidates = f"{chosen[one.path]} or {chosen[other.path]}"
            raise self.ambiguous([f"{one} and {other} stand side by side: {candidates}, both fit"])

    def words(self, path: str) -> set[str]:
        """The words of a row's path, and what the map of names says that they are called."""
        words = words_of(path)
        return words | {
            self.names.words[word].lower() for word in words if word in self.names.words
        }

    def two_ways(
        self, rows: Sequence[WeightedRow], layers: Sequence[Layer], orders: list[align.Order]
    ) -> WeightsError:
        """The rows in which two orders differ, each with both layers."""
        first, second = orders
        places = [k for k in range(len(rows)) if first[k] != second[k]]
        return self.ambiguous(
            [f"{rows[k]}: {layers[first[k]]} or {layers[second[k]]}, both fit" for k in places]
        )

    def ambiguous(self, lines: list[str]) -> WeightsError:
        """The error of a file that fits in several ways."""
        advice = "state them in a map of names: docs/weights.md"
        return WeightsError(
            [*lines, advice], f"{self.file.source} fits {self.graph.name} in several ways"
        )

    def differing(
        self,
        rows: Sequence[WeightedRow],
        layers: Sequence[Layer],
        wanted: list[Signature],
        signatures: list[Signature],
    ) -> WeightsError:
        """The error of a file that does not fit."""
        listed = self.file.order != "none"

        def find(
            signatures: Sequence[Signature],
            wanted: Sequence[Signature],
            view: Callable[[Signature], Hashable],
        ) -> align.Order | None:
            has, needs = [view(one) for one in signatures], [view(one) for one in wanted]
            if listed and has == needs:
                return tuple(range(len(has)))
            orders = align.orders(needs, [layer.name for layer in layers], has)
            return orders[0] if len(orders) == 1 else None

        roles = [self.roles(row) for row in rows]
        compared = differences.Comparison(rows, layers, wanted, signatures, roles)
        return WeightsError(
            differences.lines(compared, find), f"{self.file.source} does not fit {self.graph.name}"
        )


def _companions(rows: Sequence[WeightedRow], place: int) -> list[WeightedRow]:
    """The norm of a row, where it has one of its own."""
    after = []
    for row in rows[place + 1 :]:
        if not row.node.companion:
            break
        after.append(row)
    return after


def _shared(first: set[str], second: set[str], one: set[str], other: set[str]) -> int:
    """How many words only the first row has and only one layer, or only the second and only the other."""
    return len((first - second) & (one - other)) + len((second - first) & (other - one))
