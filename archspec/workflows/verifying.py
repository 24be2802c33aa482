"""Printed figures against computed ones, over files and their variants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archspec import shelf
from archspec.analysis.claims import Verdict
from archspec.api import Network, load


def networks(spec: str) -> Iterator[Network]:
    """What a spec stands for: a file itself and its variants, or the one network named.

    Raises NoSuchSpec, SpecError.
    """
    network = load(spec)
    yield network
    yield from map(network.variant, network.variants)


def verdicts(specs: Iterable[str] = ()) -> list[Verdict]:
    """The figures of these specs, or of the whole zoo, against the computed ones."""
    chosen = tuple(specs) or shelf.files()
    return [verdict for spec in chosen for one in networks(spec) for verdict in one.verify()]
