"""Which layer is whose in a file without an order: by numbers in names, then with each norm beside its kernel, then by
the words that rows and layers have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from archspec.weights.files.tensor_file import Layer
from archspec.weights.matching import align
from archspec.weights.matching.differences import Kind
from archspec.weights.matching.layers import Row

Chunks = list[tuple[int, ...]]
Words = Callable[[str], set[str]]


def orders(
    own: Sequence[Row],
    theirs: Sequence[Layer],
    wanted: Sequence[Kind],
    kinds: Sequence[Kind],
    words: Words,
) -> list[align.Order]:
    """Up to two orders of the layers in which they are what the rows want; `words` are those of a row's path."""
    names = [layer.name for layer in theirs]
    first = align.orders(wanted, names, kinds)
    if len(first) == 1:
        return first
    mine, yours = of_rows(own), of_layers(names, kinds)
    wishes: list[Hashable] = [_kind(chunk, wanted) for chunk in mine]
    given: list[Hashable] = [_kind(chunk, kinds) for chunk in yours]
    if Counter(wishes) != Counter(given):
        return first
    heads = [names[chunk[0]] for chunk in yours]
    found = align.orders(wishes, heads, given)
    if len(found) != 1:
        paths = [own[chunk[0]].path for chunk in mine]
        said = [words(path) | _pieces(path) for path in paths]
        called = [words_of(name) | _pieces(name) for name in heads]
        wishes, given = _worded(wishes, said, called, given)
        found = align.orders(wishes, heads, given)
    if len(found) != 1:
        return first
    order = [-1] * len(wanted)
    for chunk, number in zip(mine, found[0], strict=True):
        for place, layer in zip(chunk, yours[number], strict=True):
            order[place] = layer
    return [tuple(order)]


def _kind(chunk: tuple[int, ...], kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    return tuple(kinds[number] for number in chunk)


def of_rows(own: Sequence[Row]) -> Chunks:
    """Each row with the norm that it carries."""
    found: Chunks = []
    for number, row in enumerate(own):
        if row.node.companion and found:
            found[-1] = (*found[-1], number)
        else:
            found.append((number,))
    return found


def of_layers(names: Sequence[str], kinds: Sequence[Kind]) -> Chunks:
    """Each layer with the norm that is called after it, if names say one: `conv1` and `bn1`, `conv` and `bn`, or `0`
    and `1`, of one module."""
    kernels: dict[tuple[str, bool, int], list[int]] = {}
    for number, kind in enumerate(kinds):
        if any(len(shape) > 1 for _, shape in kind):
            kernels.setdefault(_place(names[number]), []).append(number)
    norms: dict[int, list[int]] = {}
    alone: list[int] = []
    for number, kind in enumerate(kinds):
        above, bare, digits = _place(names[number])
        if any(len(shape) > 1 for _, shape in kind):
            continue
        fits = kernels.get((above, bare, digits - 1 if bare else digits), [])
        if len(kind) > 1 and len(fits) == 1:
            norms.setdefault(fits[0], []).append(number)
        else:
            alone.append(number)
    heads = sorted([*alone, *(number for listed in kernels.values() for number in listed)])
    return [(number, *norms.get(number, ())) for number in heads]


def _place(name: str) -> tuple[str, bool, int]:
    """What is above a layer, whether its own name is a number alone, and its number."""
    above, _, last = name.rpartition(".")
    stem, digits = align.numbered(last)
    return above, not stem, digits


def _worded(
    wishes: Sequence[Hashable],
    said: Sequence[set[str]],
    called: Sequence[set[str]],
    given: Sequence[Hashable],
) -> tuple[list[Hashable], list[Hashable]]:
    """Kinds with the words that as many rows as layers of a kind have."""
    counts = [
        Counter((kind, word) for kind, words in zip(kinds, listed, strict=True) for word in words)
        for kinds, listed in ((wishes, said), (given, called))
    ]

    def worded(kind: Hashable, words: set[str]) -> Hashable:
        told = {w for w in words if counts[0][kind, w] == counts[1][kind, w]}
        return kind, frozenset(told)

    mine = [worded(kind, words) for kind, words in zip(wishes, said, strict=True)]
    yours = [worded(kind, words) for kind, words in zip(given, called, strict=True)]
    return mine, yours


def _pieces(name: str) -> set[str]:
    """The levels of a name that have a letter: `Mixed_6c` is `mixed6c`."""
    levels = (level.replace("_", "").lower() for level in re.split(r"[./]", name))
    return {level for level in levels if not level.isdigit()}


def words_of(name: str) -> set[str]:
    """The words of a name in lower case: pieces with a letter."""
    return {piece.lower() for piece in re.findall(r"[^\W_]*[A-Za-z][^\W_]*", name)}
