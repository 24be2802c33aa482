"""A network: loaded, counted, built, printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec import shelf
from archspec.analysis import table
from archspec.analysis.claims import Status, Verdict, computed, holds
from archspec.analysis.grid import room
from archspec.analysis.table import Params
from archspec.analysis.views import GRIDS, Table, rows_grid
from archspec.graph.graph import Graph
from archspec.language.compose.extending import document, variant_of
from archspec.language.compose.standing import standing
from archspec.language.elaborate.elaborate import elaborate
from archspec.language.elaborate.formulas.work import Work, for_all
from archspec.language.syntax.document import Claim, Document
from archspec.language.syntax.variables import Given, assign, placed, plain, sizes
from archspec.records import dataclass, growing
from archspec.source import (
    AsNode,
    Related,
    Source,
    SpecError,
    from_data,
    read,
    written,
)

if TYPE_CHECKING:
    from archspec.lowering.plan import Plan
    from archspec.printing.source import Printed
    from archspec.weights.matching.name_map import NameMap


@dataclass(frozen=True)
class Network:
    """An elaborated spec. Nothing here needs a framework but `build`."""

    document: Document = field(repr=False)
    graph: Graph = field(repr=False)
    size: tuple[int, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.input_shape))
        return f"<Network {self.name}: {shape}, {self.params.total:,} parameters>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table of its rows."""
        return rows_grid(self.graph).html()

    @property
    def name(self) -> str:
        """The name that the spec gives it."""
        return self.graph.name

    @property
    def vars(self) -> dict[str, Any]:
        """The variables with their values: numbers, words, truth values, or tuples of these."""
        return {name: variable.value for name, variable in self.graph.variables.items()}

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Height, width, channels (or features), without the batch; of several inputs the first."""
        return self.graph.input.shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The output in the spec's layout, without the batch; of several outputs the first."""
        return self.graph.output.shape

    @property
    def input_shapes(self) -> dict[str, tuple[int, ...]]:
        """What enters by name; the only value may be without one."""
        return {port.name: port.type.shape for port in self.graph.inputs}

    @property
    def output_shapes(self) -> dict[str, tuple[int, ...]]:
        """What comes out by name; the only value may be without one."""
        return {port.name: port.type.shape for port in self.graph.outputs}

    @property
    def params(self) -> Params:
        """Numbers of parameters: `total` = `trainable` + `non_trainable`, the running statistics."""
        return table.params(self.graph)

    @property
    def macs(self) -> int:
        """Multiply-adds of one sample in convolutions and dense layers."""
        return table.macs(self.graph)

    @property
    def digest(self) -> str:
        """SHA-256 of the elaborated network, 64 hexadecimal digits: equal for equal networks."""
        from archspec.graph.hashing import digest

        return digest(self.graph)

    def to_yaml(self) -> str:
        """The network as one spec that extends nothing, with the values of its variables: loads to the same digest."""
        return written(standing(self.document, self.vars, self.size))

    def with_vars(self, *, input: Sequence[int] | None = None, **variables: Any) -> Network:
        """The same spec with other values of some variables; the others keep those that they have.

        `input` replaces the input as in `load`: height, width, channels (or features), without the batch; unless given,
        the input stays as it is. Raises SpecError.
        """
        declared = self.document.variables
        settings = {
            name: plain(name, value)
            for name, value in (self.vars | variables).items()
            if name not in declared or name in variables or value != declared[name].value
        }
        return _elaborated(self.document, settings, sizes(input) or self.size)

    def _with(self, settings: Given) -> Network:
        return _elaborated(self.document, settings, self.size)

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the file's variants."""
        return tuple(self.document.variants)

    def variant(self, name: str) -> Network:
        """A variant of the file, with its own values; raises NoSuchSpec, SpecError that leads to it."""
        return self._variant(name)

    def _variant(self, name: str, work: Work | None = None) -> Network:
        if name not in self.document.variants:
            raise shelf.no_variant(self.name, name, self.variants)
        try:
            return _elaborated(variant_of(self.document, name), {}, self.size, work=work)
        except SpecError as error:
            place = self.document.variants[name].name.span
            raise error.noting(Related(place, f"for the values of `{name}`")) from None

    def check(self) -> None:
        """Raises SpecError where a variant, or the values that a claim is for, make no network."""
        self._check(for_all(self.document.nodes))

    def _check(self, work: Work) -> None:
        for name in self.variants:
            self._variant(name, work)._check(work)
        claims = (claim for claim in self.document.expect if claim.given)
        for claim in {tuple(_values(claim).items()): claim for claim in claims}.values():
            self._claimed(claim, work)

    def _claimed(self, claim: Claim, work: Work | None = None) -> Network:
        """The network that a claim is about; raises SpecError that leads to the claim."""
        try:
            return _elaborated(self.document, claim.given, self.size, work=work)
        except SpecError as error:
            raise error.noting(Related(claim.span, "for the values of this claim")) from None

    def verify(self) -> list[Verdict]:
        """Every figure of `expect` against the computed one; variables not named in a claim have the spec's values.

        A figure that is claimed twice of the same values is given once. Parameters are counted as papers count them,
        without running statistics; MACs are multiply-adds of one sample. Raises SpecError where the values of a claim
        make no network.
        """
        verdicts: dict[object, Verdict] = {}
        figures: dict[tuple[tuple[str, Any], ...], Mapping[str, int]] = {}
        own = {name: form.value for name, form in self.document.variables.items()}
        for claim in self.document.expect:
            settings = _values(claim)
            key = tuple((own | settings).items())
            if key not in figures:
                figures[key] = computed(self._claimed(claim).graph)
            for quantity, claimed in claim.figures.items():
                figure = figures[key][quantity]
                missed: Status = "noted" if claim.note else "fail"
                status = "pass" if holds(figure, claimed.text) else missed
                verdict = Verdict(
                    self.name, settings, quantity, claimed.text, figure, status, claim.note
                )
                verdicts.setdefault((key, quantity, claimed.text, claim.note), verdict)
        return [*verdicts.values()]

    def table(self) -> Table:
        """The rows in order, a list of named tuples that `pandas.DataFrame` takes; printed, the paper's table.

        Each has its `name`, `type`, `kind`, `filter`; `input` and `output`, shapes without the batch; numbers of
        parameters, `params` = `trainable` + `non_trainable`; and `macs`, multiply-adds of one sample.
        """
        return Table(self.graph)

    def summary(self, by: str = "row") -> None:
        """Print the table of the paper, as `archspec summary` does: shapes, parameters, multiply-adds of one sample.

        `by` is row, block (a line for each block, group, repeat) or type (a line for each type of operation). Raises
        ValueError for other words. `str(net.table())` is the table by rows as text.
        """
        if by not in GRIDS:
            raise ValueError(f"by is one of {', '.join(map(repr, GRIDS))}, not {by!r}")
        print(GRIDS[by](self.graph).table(room()))

    def init_weights(self, seed: int = 0, dtype: str = "float32") -> dict[str, Any]:
        """Canonical name to NumPy array, drawn by the initialisers that the spec states; one random stream a name.

        Kernels are height, width, inputs, outputs, dense ones inputs, outputs; `dtype` is float32 or float64. The same
        `seed` gives the same values.
        """
        from archspec.weights import draw

        return draw.initial(self.graph, seed, dtype)

    def random_weights(self, seed: int = 0, dtype: str = "float32") -> dict[str, Any]:
        """Canonical name to NumPy array, random in every role, biases and running statistics too.

        For comparisons that can fail. Shapes, `seed` and `dtype` are those of `init_weights`.
        """
        from archspec.weights import draw

        return draw.randomised(self.graph, seed, dtype)

    def plan(self, backend: str) -> Plan:
        """The calls of a framework, as data. Raises UnknownBackend, BrokenPlugin, SpecError."""
        from archspec.lowering import backend as backends

        return backends.backend(backend).lower(self.graph)

    def build(
        self,
        backend: str,
        *,
        weights: Mapping[str, Any] | str | Path | None = None,
        dtype: str | None = None,
    ) -> Any:
        """A native model - `torch.nn.Module` or `keras.Model` - in inference mode, with `weights` or initial ones.

        `weights` are canonical: names to arrays, or a file of them, which is read one tensor at a time. `dtype` is
        float16, bfloat16, float32 or float64, in Keras a policy too (mixed_float16). Without it, it is float32, or what
        Keras's dtype policy says.
        Raises UnknownBackend, BrokenPlugin, MissingFramework, UnknownType, WeightsError, SpecError, OSError.
        """
        from archspec.lowering import backend as backends
        from archspec.weights.files import canonical_file

        chosen = backends.ready(backend)
        if isinstance(weights, str | Path):
            weights = canonical_file.fitting(Path(weights), self.graph)
        drawn = "float64" if dtype == "float64" else "float32"  # NumPy has no bfloat16
        tensors = self.init_weights(dtype=drawn) if weights is None else weights
        return (
            chosen.build(self.graph, tensors, dtype) if dtype else chosen.build(self.graph, tensors)
        )

    def import_weights(
        self, source: Any, *, layout: str | None = None, names: str | Path | None = None
    ) -> dict[str, Any]:
        """Canonical name to array, from a foreign file, a state dict or a live model of PyTorch or Keras.

        `layout` is torchvision, timm, torch, keras or onnx; without it, what the file's ending or the model says.
        `names` is a map of names; without it, the one beside the spec.
        Raises WeightsError, SpecError, MissingFramework, OSError.
        """
        from archspec.weights import importing
        from archspec.weights.checkpoints import layout_of

        chosen = layout or layout_of(source)
        return importing.weights(self.graph, source, chosen, self.name_map(chosen, names))[0]

    def name_map(self, layout: str, path: str | Path | None = None) -> NameMap:
        """The map of names in a file, or beside the spec's own file; raises SpecError."""
        from archspec.weights.matching import name_map

        if path is not None:
            return name_map.of_file(Path(path), layout)
        source = self.document.span.source
        stems = (Path(source.name).stem, self.document.family)
        files = [source.folder / f"{stem}{name_map.ENDING}" for stem in stems if source.folder]
        return next((name_map.of_file(f, layout) for f in files if f.is_file()), name_map.NONE)

    def source(
        self,
        backend: str,
        *,
        keep: Sequence[str] | None = None,
        fix: Sequence[str] = (),
        templates: str | Path | None = None,
    ) -> str:
        """Standalone source. The framework is not imported.

        `keep` are the variables that stay arguments: unless given, `classes` and the numbers that shape nothing. Those
        of `fix` become literals. `templates` is a folder of Jinja2 templates that extend the backend's
        (docs/templates.md). Raises UnknownBackend, BrokenPlugin, NoSource, SpecError;
        BadTemplate where a template is at fault.
        """
        return self.printed(backend, keep=keep, fix=fix, templates=templates).text

    def printed(
        self,
        backend: str,
        *,
        keep: Sequence[str] | None = None,
        fix: Sequence[str] = (),
        templates: str | Path | None = None,
    ) -> Printed:
        """The source with the name of its model, its arguments, and the number of calls that were replayed.

        Where variables stay arguments, it was also replayed at every variant of the file that differs in these alone.
        Raises as `source` does.
        """
        return printed(self, backend, keep=keep, fix=fix, templates=templates)


def printed(
    network: Network,
    backend: str,
    *,
    keep: Sequence[str] | None = None,
    fix: Sequence[str] = (),
    templates: str | Path | None = None,
    mark: str = "",
) -> Printed:
    """As `Network.printed`, with messages that call `keep` and `fix` with a mark before: `--` on the command line."""
    from archspec.arguments import Arguments
    from archspec.lowering import backend as backends

    def again(settings: Given, first: int) -> Graph:
        return _elaborated(network.document, settings, network.size, first).graph

    def single(document: Document, first: int) -> Graph:
        return elaborate(document, network.graph.variables, (), first)

    folder = None if templates is None else Path(templates)
    chosen = backends.backend(backend)
    arguments = Arguments(network.document, network.graph, chosen, again, single, mark)
    return arguments.printed(keep, fix, folder)


def _values(claim: Claim) -> dict[str, Any]:
    return {name: value for name, (value, _) in claim.given.items()}


def load(
    spec: str | Path | Mapping[str, Any] | AsNode,
    *,
    input: Sequence[int] | None = None,
    **variables: Any,
) -> Network:
    """A network from a name of the zoo, a path, YAML text (it holds a line break), a dictionary or a `Spec`.

    A name is a file's or a variant's; `PATH:VARIANT` is a variant of a file of one's own.
    `input` replaces the declared input: height, width, channels (or features), without the batch. `variables` replace
    the values of the spec's. Numbers of NumPy are numbers. Raises SpecError, NoSuchSpec.
    """
    settings = {name: plain(name, value) for name, value in variables.items()}
    return network(*source_of(spec), settings, sizes(input))


def source_of(spec: str | Path | Mapping[str, Any] | AsNode) -> tuple[Source, str | None]:
    """The text of a spec, and the variant of it that is asked for; raises NoSuchSpec, SpecError."""
    if isinstance(spec, AsNode):
        return Source("<python>", written(spec.as_node())), None
    if isinstance(spec, Mapping):
        return from_data(dict(spec)), None
    if isinstance(spec, str) and "\n" in spec:
        return Source("<text>", spec), None
    return shelf.find(str(spec))


def network(
    source: Source, variant: str | None, settings: Given, size: tuple[int, ...] = ()
) -> Network:
    """The network of a text, or of a variant of it, with these values of its variables; raises SpecError."""
    with growing():
        spec = document(read(source), shelf.Reach(), variant)
    return _elaborated(spec, settings, size)


def _elaborated(
    spec: Document,
    settings: Given,
    size: tuple[int, ...],
    first: int = 0,
    work: Work | None = None,
) -> Network:
    variables = assign(spec, settings)
    with growing():
        graph = elaborate(placed(spec, settings), variables, size, first, work)
    return Network(spec, graph, size)
