"""Which layer is whose in a file without an order: by numbers in names, then with each norm beside its kernel, then by
the words that rows and layers have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from archspec.weights.files.tensor_file import Layer
from archspec.weights.matching import align
from archspec.weights.matching.differences import Signature
from archspec.weights.matching.layers import WeightedRow

Groups = list[tuple[int, ...]]
Words = Callable[[str], set[str]]


def orders(
    rows: Sequence[WeightedRow],
    layers: Sequence[Layer],
    wanted: Sequence[Signature],
    signatures: Sequence[Signature],
    words: Words,
) -> list[align.Order]:
    """Up to two orders of the layers in which they are what the rows want; `words` are those of a row's path."""
    names = [layer.name for layer in layers]
    single = align.orders(wanted, names, signatures)
    if len(single) == 1:
        return single
    row_groups, layer_groups = groups_of_rows(rows), groups_of_layers(names, signatures)
    needs: list[Hashable] = [_signature(group, wanted) for group in row_groups]
    has: list[Hashable] = [_signature(group, signatures) for group in layer_groups]
    if Counter(needs) != Counter(has):
        return single
    heads = [names[group[0]] for group in layer_groups]
    grouped = align.orders(needs, heads, has)
    if len(grouped) != 1:
        paths = [rows[group[0]].path for group in row_groups]
        row_words = [words(path) | _levels(path) for path in paths]
        layer_words = [words_of(name) | _levels(name) for name in heads]
        needs, has = _worded(needs, row_words, layer_words, has)
        grouped = align.orders(needs, heads, has)
    if len(grouped) != 1:
        return single
    order = [-1] * len(wanted)
    for group, place in zip(row_groups, grouped[0], strict=True):
        for row, layer in zip(group, layer_groups[place], strict=True):
            order[row] = layer
    return [tuple(order)]


def _signature(group: tuple[int, ...], signatures: Sequence[Signature]) -> tuple[Signature, ...]:
    return tuple(signatures[place] for place in group)


def groups_of_rows(rows: Sequence[WeightedRow]) -> Groups:
    """Each row with the norm that it carries."""
    groups: Groups = []
    for place, row in enumerate(rows):
        if row.node.companion and groups:
            groups[-1] = (*groups[-1], place)
        else:
            groups.append((place,))
    return groups


def groups_of_layers(names: Sequence[str], signatures: Sequence[Signature]) -> Groups:
    """Each layer with the norm that is called after it, if names say one: `conv1` and `bn1`, `conv` and `bn`, or `0`
    and `1`, of one module."""
    kernels: dict[tuple[str, bool, int], list[int]] = {}
    for place, signature in enumerate(signatures):
        if any(len(shape) > 1 for _, shape in signature):
            kernels.setdefault(_position(names[place]), []).append(place)
    norms: dict[int, list[int]] = {}
    alone: list[int] = []
    for place, signature in enumerate(signatures):
        module, bare, digits = _position(names[place])
        if any(len(shape) > 1 for _, shape in signature):
            continue
        fits = kernels.get((module, bare, digits - 1 if bare else digits), [])
        if len(signature) > 1 and len(fits) == 1:
            norms.setdefault(fits[0], []).append(place)
        else:
            alone.append(place)
    heads = sorted([*alone, *(place for listed in kernels.values() for place in listed)])
    return [(place, *norms.get(place, ())) for place in heads]


def _position(name: str) -> tuple[str, bool, int]:
    """The module of a layer, whether its own name is a number alone, and its number."""
    module, last = re.fullmatch(r"(?:(.*)[.-])?(.*)", name, re.DOTALL).groups("")  # type: ignore[union-attr]
    stem, digits = align.numbered(last)
    return module, not stem, digits


def _worded(
    needs: Sequence[Hashable],
    row_words: Sequence[set[str]],
    layer_words: Sequence[set[str]],
    has: Sequence[Hashable],
) -> tuple[list[Hashable], list[Hashable]]:
    """Signatures with the words that as many rows as layers of a signature have."""
    counts = [
        Counter(
            (one, word) for one, words in zip(signatures, listed, strict=True) for word in words
        )
        for signatures, listed in ((needs, row_words), (has, layer_words))
    ]

    def worded(signature: Hashable, words: set[str]) -> Hashable:
        shared = {w for w in words if counts[0][signature, w] == counts[1][signature, w]}
        return signature, frozenset(shared)

    return (
        [worded(signature, words) for signature, words in zip(needs, row_words, strict=True)],
        [worded(signature, words) for signature, words in zip(has, layer_words, strict=True)],
    )


def _levels(name: str) -> set[str]:
    """The levels of a name that have a letter: `Mixed_6c` is `mixed6c`."""
    levels = (level.replace("_", "").lower() for level in align.levels(name))
    return {level for level in levels if not level.isdigit()}


def words_of(name: str) -> set[str]:
    """The words of a name in lower case: pieces with a letter."""
    return {piece.lower() for piece in re.findall(r"[^\W_]*[A-Za-z][^\W_]*", name)}
