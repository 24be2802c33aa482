"""What the zoo has, family by family, and what each network of it costs.

To count it all takes seconds. `COUNTS` beside the specs keeps what was counted, for each file with a digest of its text
and of the texts that it extends and uses; what has another digest is counted anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from archspec import shelf
from archspec.analysis.grid import Grid, room
from archspec.exceptions import ArchspecError
from archspec.records import dataclass
from archspec.source import Scalar, Source, did_you_mean

COUNTS = "counts.json"
ALL = "`archspec list` shows all of it, in Python `archspec.zoo()`"


class NothingListed(ArchspecError):
    """No network of the zoo is meant; the message says what is near."""

    def __init__(self, what: str, near: str | None) -> None:
        super().__init__(f"the zoo has no {what}; {near or ALL}")


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of parameters: `trainable` are learned, the rest are running statistics."""

    total: int
    trainable: int
    non_trainable: int


@dataclass(frozen=True, slots=True)
class ListedNetwork:
    """A network of the zoo: its name, the file it is in, what it costs. `macs` are multiply-adds of one sample."""

    name: str
    family: str
    file: str
    title: str
    reference: str | None
    params: Counts
    macs: int


class Zoo(list[ListedNetwork]):
    """Networks, family by family. Printed, or shown in a notebook, they are a table."""

    def __repr__(self) -> str:
        return grid(self).table(room())

    def _repr_html_(self) -> str:
        return grid(self).html()


def zoo(word: str = "", family: str = "") -> Zoo:
    """The networks that come with archspec: records with `name`, `title`, `family`, `reference`, `params`, `macs`.

    Only those with `word` in their name, title or reference, and of `family`. `params` are numbers of parameters,
    `macs` multiply-adds of one sample. Raises ArchspecError where there are none.
    """
    return Zoo(entries(word, family))


def grid(networks: Iterable[ListedNetwork], below: tuple[str, ...] = ()) -> Grid:
    """A line for each network, below its title."""
    return Grid(
        ("Family", "Name", "Title", "Reference", "Params", "MACs"),
        [(e.family, e.name, e.title, e.reference, e.params.total, e.macs) for e in networks],
        frozenset({"Params", "MACs"}),
        below=below,
        grouped="Title",
        aside=frozenset({"Family", "Reference"}),
    )


def entries(word: str = "", family: str = "") -> list[ListedNetwork]:
    """The networks of a family, or those with a word in their name, title or reference; raises NothingListed."""
    kept = _kept()
    every: list[ListedNetwork] = []
    for file in shelf.files():
        every += _same(file, kept.get(file)) or counted(file)[1]
    every.sort(key=lambda entry: (entry.family, entry.file))  # variants as their file has them
    families = dict.fromkeys(entry.family for entry in every)
    if family and family not in families:
        raise NothingListed(f"family `{family}`", did_you_mean(family, families))
    meant = [e for e in every if family in ("", e.family) and word.lower() in _text(e)]
    if not meant:
        raise NothingListed(f"network with `{word}`", did_you_mean(word, shelf.names()))
    return meant


def _text(entry: ListedNetwork) -> str:
    parts = (entry.name, entry.family, entry.file.removesuffix(".yaml"), entry.title)
    return " ".join((*parts, entry.reference or "")).lower()


def _kept() -> Mapping[str, Any]:
    """What was counted before, by file; nothing where there is no such file, or somebody has broken it."""
    try:
        stated = json.loads((shelf.folder() / COUNTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}


def _same(file: str, kept: Any) -> list[ListedNetwork] | None:
    """The networks of a file as they were counted; None where a text is not the one that was counted."""
    try:
        if kept["digest"] == _digest(kept["reads"]):
            return [_entry(file, one) for one in kept["networks"]]
    except (OSError, ValueError, LookupError, TypeError):
        pass
    return None


def _entry(file: str, one: Mapping[str, Any]) -> ListedNetwork:
    params = Counts(one["total"], one["trainable"], one["total"] - one["trainable"])
    about = (one["family"], f"{file}.yaml", one["title"], one["reference"])
    return ListedNetwork(one["name"], *about, params, one["macs"])


def _digest(reads: Iterable[str]) -> str:
    """Of the texts of files of the zoo; raises OSError."""
    hashed = hashlib.sha256()
    for name in reads:
        hashed.update(hashlib.sha256((shelf.folder() / name).read_bytes()).digest())
    return hashed.hexdigest()


class _Recording(shelf.Reach):
    """Remembers the files that a spec reaches."""

    def __init__(self, file: str) -> None:
        self.files = [f"{file}.yaml"]

    def spec(self, name: Scalar) -> tuple[Source, str | None]:
        source, variant = super().spec(name)
        self.files.append(source.name)
        return source, variant

    def blocks(self, name: Scalar) -> Source:
        source = super().blocks(name)
        self.files.append(source.name)
        return source


def counted(file: str) -> tuple[tuple[str, ...], list[ListedNetwork]]:
    """The files that a file of the zoo is made of, and its networks; one with variants stands for these."""
    from archspec.analysis import table
    from archspec.language.compose.extending import document, variant_of
    from archspec.language.elaborate.elaborate import elaborate
    from archspec.language.syntax.variables import assign
    from archspec.source import read

    reach = _Recording(file)
    whole = document(read(shelf.find(file)[0]), reach)
    networks = []
    for variant in whole.variants or (None,):
        spec = whole if variant is None else variant_of(whole, variant)
        graph = elaborate(spec, assign(spec, {}), ())
        params = table.params(graph)
        counts = Counts(params.total, params.trainable, params.non_trainable)
        about = (spec.family, f"{file}.yaml", spec.title, spec.reference)
        networks.append(ListedNetwork(graph.name, *about, counts, table.macs(graph)))
    return tuple(dict.fromkeys(reach.files)), networks


def text_of_counts() -> str:
    """What `COUNTS` should say, everything counted anew; `make docs` writes it."""
    return json.dumps({file: dict(_stated(file)) for file in shelf.files()}, indent=1) + "\n"


def _stated(file: str) -> Iterator[tuple[str, Any]]:
    reads, networks = counted(file)
    yield "reads", reads
    yield "digest", _digest(reads)
    yield (
        "networks",
        [
            {
                "name": one.name,
                "family": one.family,
                "title": one.title,
                "reference": one.reference,
                "total": one.params.total,
                "trainable": one.params.trainable,
                "macs": one.macs,
            }
            for one in networks
        ],
    )
