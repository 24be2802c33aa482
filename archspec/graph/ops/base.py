"""What an operation declares: attributes, shape rule, weights, cost. Everything else derives from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, ClassVar, Literal

from archspec.graph.expr import Value
from archspec.graph.ops.arrays import Array, Case
from archspec.graph.quantity import Quantity
from archspec.graph.tensor import TensorType
from archspec.records import dataclass
from archspec.source.kinds import Code
from archspec.source.mistakes import shape_mismatch

AttributeKind = Literal["count", "number", "numbers", "flag", "word", "pair", "padding", "init"]
Attrs = Mapping[str, Quantity]
Piece = tuple["Operation", Attrs]
REQUIRED: Any = object()
NONE = "none"  # the word for no norm, no activation
PADDINGS: Mapping[str, str] = {
    "same": "Size / stride cells come out, rounded up; the extra cell is at the end (TensorFlow, ONNX's SAME_UPPER).",
    "symmetric": "kernel // 2 cells on each side, as PyTorch code pads.",
    "valid": "No cells.",
}
COMPANIONS: Mapping[str, str] = {
    # keys of rows whose operation may carry others
    "norm": "Normalises what the row computes.",
    "activation": "Applied to what the row computes, after `norm`.",
}
SEVERAL = (2, 10**9)  # values: at least two, and no limit of their own
STEMS = {
    "norm": "norm",
    "activation": "act",
}  # what the companions of a row are called in it, by their role


@dataclass(frozen=True, slots=True)
class Attribute:
    """One key of a row: its kind, its default (or REQUIRED), the words or range it takes, a sentence for people.

    A `count` is a whole number of at least `minimum`, a `pair` one or two counts as height and width, a `padding`
    a word of PADDINGS, cells, or pairs of cells before and after, `numbers` one number or one for each channel. One
    that came `later` is no part of a network's digest while it has its default.
    """

    kind: AttributeKind
    doc: str
    default: Any = REQUIRED
    minimum: float | None = None
    below: float | None = None
    words: tuple[str, ...] = ()
    later: bool = False

    @property
    def takes(self) -> str:
        """What its values are, in words."""
        if self.kind == "word":
            return " or ".join(f"`{word}`" for word in self.words)
        return KINDS[self.kind][0]

    @property
    def example(self) -> str:
        """One of its values."""
        return self.words[0] if self.kind == "word" else KINDS[self.kind][1]

    @property
    def unless_said(self) -> str:
        """Its default as a spec would write it; empty where there is none."""
        shown = self.default
        if shown is REQUIRED or shown is None:
            return ""
        return str(shown).lower() if isinstance(shown, bool) else str(shown)


# what the values of each kind are, and one of them
KINDS: Mapping[str, tuple[str, str]] = {
    "count": ("a whole number", "32"),
    "pair": ("a whole number, or [height, width]", "3"),
    "number": ("a number", "0.1"),
    "numbers": ("a number, or a list of them", "0.1"),
    "flag": ("true or false", "true"),
    "padding": ("a padding", "same"),
    "init": ("an initialiser", "he_normal"),
}


def count(doc: str, default: Any = REQUIRED, minimum: int = 1) -> Attribute:
    """A whole number."""
    return Attribute("count", doc, default, minimum)


def pair(doc: str, default: Any = REQUIRED, minimum: int = 1) -> Attribute:
    """One whole number for height and width, or two."""
    return Attribute("pair", doc, default, minimum)


def number(
    doc: str, default: Any = REQUIRED, minimum: float | None = None, below: float | None = None
) -> Attribute:
    """Any number, at least `minimum` and under `below`."""
    return Attribute("number", doc, default, minimum, below)


def numbers(doc: str, default: Any = REQUIRED) -> Attribute:
    """One number for all channels, or a list with one for each."""
    return Attribute("numbers", doc, default)


def flag(doc: str, default: Any = REQUIRED) -> Attribute:
    """True or false."""
    return Attribute("flag", doc, default)


def word(doc: str, *words: str, default: Any = REQUIRED) -> Attribute:
    """One of a few words."""
    return Attribute("word", doc, default, words=words)


def padding(default: str = "valid") -> Attribute:
    """The padding of a convolution or pool."""
    doc = (
        "`same` (TensorFlow's: the extra cell at the end), `symmetric` (kernel // 2 on each side), "
        "`valid`, cells, or [height, width], each a number or [before, after]."
    )
    return Attribute("padding", doc, default, 0, words=tuple(PADDINGS))


def initial(doc: str, default: str) -> Attribute:
    """How a weight is first drawn."""
    return Attribute("init", doc, default)


def first_values(name: str, default: str) -> Attribute:
    """How a weight with one number for each channel is first drawn: it has no fans."""
    words = ("zeros", "ones", "constant", "normal", "truncated_normal", "uniform")
    return Attribute("init", f"First values of {name}.", default, words=words, later=True)


@dataclass(frozen=True, slots=True)
class Initial:
    """A distribution of first values: its word and its numbers."""

    kind: str
    options: tuple[tuple[str, Value], ...] = ()

    def option(self, name: str, default: Value) -> Value:
        return dict(self.options).get(name, default)


ZEROS, ONES = Initial("zeros"), Initial("ones")


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor that an operation owns, in the canonical layout (kernels: height, width, in, out).

    `fans` are (fan in, fan out) as Keras counts them, for initialisers; `reads` is how many cells
    of the input one cell of the output reads.
    """

    role: str
    shape: tuple[int, ...]
    init: Initial
    trainable: bool = True
    fans: tuple[int, int] = (0, 0)
    reads: int = 1

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class ShapeError(Exception):
    """Inputs or attributes that do not fit; `attribute` names the key at fault, where one is."""

    def __init__(
        self,
        message: str,
        expected: str,
        received: object,
        attribute: str | None = None,
        hint: str | None = None,
        code: Code = shape_mismatch,
    ) -> None:
        super().__init__(message)
        self.message, self.attribute, self.code, self.hint = message, attribute, code, hint
        self.expected, self.received = expected, str(received)


@dataclass(frozen=True, slots=True)
class Follows:
    """Keys whose cells may be the height and width of another value: the operation then takes that as a second value.

    With `difference` 1 they are by how much that value is larger than what the operation takes, with -1 by how much it
    is smaller. A row that has a key of `without` follows nothing.
    """

    keys: tuple[str, ...]
    difference: int = 0
    without: frozenset[str] = frozenset()


class Operation:
    """The declaration of one operation. Subclasses state `name` and, in their docstring, what it computes.

    `inputs` is how many values it takes: (fewest, most). `stem` is what its step is called inside a row of several
    steps. `companions` says that its row may also carry `norm` and `activation`. `title` is how papers' tables call it;
    empty: its name in words. `follows` are sizes that may be another value's. `rows` are for plug-ins: by the name of a
    backend whose own table does not have the operation, an `archspec.lowering.dialect.Lowering`.
    """

    name: ClassVar[str]
    attributes: ClassVar[Mapping[str, Attribute]] = {}
    inputs: ClassVar[tuple[int, int]] = (1, 1)
    companions: ClassVar[bool] = False
    defaults_from: ClassVar[str | None] = None
    role: ClassVar[Literal["", "norm", "activation"]] = ""
    title: ClassVar[str] = ""
    rows: ClassVar[Mapping[str, Any]] = {}
    noise: ClassVar[str] = ""
    follows: ClassVar[tuple[Follows, ...]] = ()

    @property
    def stem(self) -> str:
        return STEMS.get(self.role, self.name)

    def pieces(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Piece, ...]:
        """The operations that it stands for, where it gives several values: one for each. Raises ShapeError."""
        return ()

    def infer(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> TensorType:
        """The output's type; raises ShapeError."""
        return inputs[0]

    def weights(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> tuple[Weight, ...]:
        """The tensors it owns, in canonical order."""
        return ()

    def filter_shape(self, attrs: Attrs, inputs: tuple[TensorType, ...]) -> str:
        """The column Filter Shape of a paper's table: the kernel, or what stands in its place."""
        kernels = [w.shape for w in self.weights(attrs, inputs) if w.role == "kernel"]
        return times(kernels[0]) if kernels else ""

    def macs(self, attrs: Attrs, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        """Multiply-adds of one sample: convolutions and products of matrices count, nothing else."""
        return 0

    def moment(self, attrs: Attrs, inputs: tuple[float, ...]) -> float:
        """About the mean square of its output where its inputs have these; of an operation without weights.

        A value whose size it follows gives it no cells.
        """
        inputs = inputs[:1] if self.follows else inputs
        return sum(inputs) / len(inputs)

    def compute(self, case: Case) -> Array:
        """Its output in NumPy, from the attributes as people write them and without the help of `infer`.

        Frameworks are compared with it; those of an operation that does not override it, with each other alone.
        """
        raise NotImplementedError

    @property
    def computes(self) -> bool:
        """Whether it says what it computes."""
        return type(self).compute is not Operation.compute


def times(sizes: Iterable[int]) -> str:
    """Sizes as papers print them: 3 x 3 x 32."""
    return " x ".join(str(size) for size in sizes)


def initial_of(attrs: Attrs, key: str = "init") -> Initial:
    """The initialiser that a row states."""
    value = attrs[key].value
    if isinstance(value, tuple):
        options: Any = value[1:]
        return Initial(str(value[0]), tuple((str(key), option) for key, option in options))
    return Initial(str(value))


_FAMILIES = {"glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in"), "lecun": (1.0, "fan_in")}


def spread(weight: Weight) -> tuple[str, float]:
    """Distribution and standard deviation of an initialiser that goes by fans: variance = scale / fan.

    Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998. Normal ones are not truncated, as in PyTorch.
    """
    scale, mode, distribution = scaling(weight.init)
    inward, outward = weight.fans
    fans = {"fan_in": inward, "fan_out": outward, "fan_avg": (inward + outward) / 2}
    return distribution, math.sqrt(scale / max(1.0, fans[mode]))


def scaling(init: Initial) -> tuple[float, str, str]:
    """Scale, fan and distribution of an initialiser that goes by fans."""
    family, _, distribution = init.kind.partition("_")
    scale, usual = _FAMILIES[family]
    return scale, str(init.option("mode", usual)), distribution


@dataclass(frozen=True, slots=True)
class Initialiser:
    """A word of `init`: what it draws, and its options with their defaults; a word for a default stands for MODES."""

    doc: str
    options: Mapping[str, float | str] = field(default_factory=dict)


MODES = ("fan_in", "fan_out", "fan_avg")
INITIALS: Mapping[str, Initialiser] = {
    "zeros": Initialiser("Every cell is 0."),
    "ones": Initialiser("Every cell is 1."),
    "constant": Initialiser("Every cell is `value`.", {"value": 0.0}),
    "normal": Initialiser("Normal, standard deviation `std`.", {"std": 0.05}),
    "truncated_normal": Initialiser(
        "Normal, standard deviation `std`, drawn again beyond two of them.", {"std": 0.05}
    ),
    "uniform": Initialiser("Uniform between -`limit` and `limit`.", {"limit": 0.05}),
    "glorot_uniform": Initialiser(
        "Uniform, variance 2 / (fan in + fan out), Glorot and Bengio 2010."
    ),
    "glorot_normal": Initialiser(
        "Normal, variance 2 / (fan in + fan out), Glorot and Bengio 2010."
    ),
    "he_uniform": Initialiser(
        "Uniform, variance 2 / the fan of `mode`, He et al. 2015.", {"mode": "fan_in"}
    ),
    "he_normal": Initialiser(
        "Normal, variance 2 / the fan of `mode`, He et al. 2015.", {"mode": "fan_in"}
    ),
    "lecun_normal": Initialiser("Normal, variance 1 / fan in, LeCun et al. 1998."),
    "lecun_uniform": Initialiser("Uniform, variance 1 / fan in, LeCun et al. 1998."),
}
