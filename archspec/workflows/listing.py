"""What the zoo has, family by family, and what each network of it costs."""

from __future__ import annotations

from collections.abc import Iterator

from archspec import zoo
from archspec.analysis.table import Params
from archspec.api import Network
from archspec.exceptions import ArchspecError
from archspec.language.compose.extending import document, variant_of
from archspec.language.elaborate.elaborate import elaborate
from archspec.language.syntax.document import Document
from archspec.language.syntax.variables import assign
from archspec.records import dataclass
from archspec.source import did_you_mean, read


class NothingListed(ArchspecError):
    """No network of the zoo is meant; the message says what is near."""

    def __init__(self, what: str, near: str | None) -> None:
        super().__init__(f"the zoo has no {what}; {near or '`archspec list` shows all of it'}")


@dataclass(frozen=True, slots=True)
class ListedNetwork:
    """A network of the zoo: its name, the file it is in, what it costs."""

    name: str
    family: str
    file: str
    title: str
    reference: str | None
    params: Params
    macs: int


def entries(word: str = "", family: str = "") -> list[ListedNetwork]:
    """The networks of a family, or those with a word in their name, title or reference; raises NothingListed."""
    networks = sorted(_documents(), key=lambda pair: (pair[1].family, pair[0]))
    families = dict.fromkeys(document.family for _, document in networks)
    if family and family not in families:
        raise NothingListed(f"family `{family}`", did_you_mean(family, families))
    meant = [
        (file, document)
        for file, document in networks
        if family in ("", document.family) and word.lower() in _text(file, document)
    ]
    if not meant:
        raise NothingListed(f"network with `{word}`", did_you_mean(word, zoo.names()))
    return [_entry(file, document) for file, document in meant]


def _documents() -> Iterator[tuple[str, Document]]:
    """What a name of the zoo stands for, and its file; a file with variants stands for these."""
    for file in zoo.files():
        source, _ = zoo.find(file)
        spec = document(read(source), zoo.Reach())
        for variant in spec.variants or (None,):
            yield file, spec if variant is None else variant_of(spec, variant)


def _text(file: str, document: Document) -> str:
    parts = (document.name.text, document.family, file, document.title, document.reference or "")
    return " ".join(parts).lower()


def _entry(file: str, document: Document) -> ListedNetwork:
    network = Network(document, elaborate(document, assign(document, {}), ()))
    return ListedNetwork(
        network.name,
        document.family,
        f"{file}.yaml",
        document.title,
        document.reference,
        network.params,
        network.macs,
    )
