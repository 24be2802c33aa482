"""Rows and specs as Python objects. Made from the operations and models by `make docs`."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack

from archspec.source import AsNode

Expression = str
Count = int | Expression
Number = float | Expression
Flag = bool | Expression
Pair = int | Expression | Sequence[int | Expression]
Padding = int | str | Sequence[int | Expression | Sequence[int | Expression]]
Operation = str | Mapping[str, Any]
Value = bool | int | float | str | Sequence[Any]
Labels = str | Sequence[str]
Outputs = str | Sequence[str] | Mapping[str, str | Mapping[str, str]]

class Made(AsNode):
    def to_yaml(self) -> str: ...

class Row(Made): ...
class Edit(Made): ...

class Common(TypedDict, total=False):
    name: str
    from_: Labels
    when: Flag
    repeat: Count
    as_: str
    shares: str
    doc: str

class Abs(Row):
    """x, or -x where x is negative."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class AdaptiveAvgPool(Row):
    """The mean of `size` bins along height and width: (h, w, c) to (size, size, c), whatever the input's
    size."""

    def __init__(self, *, size: Pair = ..., **common: Unpack[Common]) -> None: ...

class Add(Row):
    """The sum of values of one shape; nothing is broadcast."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Average(Row):
    """The mean of several values, cell by cell, of one shape."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class AvgPool(Row):
    """The mean of each window and channel. Padded cells are left out unless `count_pad`."""

    def __init__(
        self,
        *,
        kernel: Pair = ...,
        stride: Pair = ...,
        padding: Padding = ...,
        ceil: Flag = ...,
        count_pad: Flag = ...,
        **common: Unpack[Common],
    ) -> None: ...

class BatchNorm(Row):
    """Batch normalisation over all axes but the channels, Ioffe and Szegedy 2015: gamma * (x - mean) /
    sqrt(variance + epsilon) + beta. The running mean and variance are not trained; without `scale` there is
    no gamma."""

    def __init__(
        self,
        *,
        epsilon: Number = ...,
        decay: Number = ...,
        scale: Flag = ...,
        gamma_init: Operation = ...,
        beta_init: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class ChannelShuffle(Row):
    """Channels of `groups` groups dealt out in turn: channel k of group g becomes channel k * groups + g."""

    def __init__(self, *, groups: Count = ..., **common: Unpack[Common]) -> None: ...

class Concat(Row):
    """Values one after another along an axis; the other axes must be equal."""

    def __init__(
        self,
        *,
        axis: Literal["channels", "height", "width"] | Expression = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Conv(Row):
    """2-D convolution with bias: (h, w, c) to (h', w', filters)."""

    def __init__(
        self,
        *,
        filters: Count = ...,
        kernel: Pair = ...,
        stride: Pair = ...,
        padding: Padding = ...,
        dilation: Pair = ...,
        groups: Count = ...,
        bias: Flag = ...,
        init: Operation = ...,
        norm: Operation = ...,
        activation: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class ConvTranspose(Row):
    """Transposed 2-D convolution with bias, the gradient of a convolution: (h, w, c) to (h', w', filters)."""

    def __init__(
        self,
        *,
        filters: Count = ...,
        kernel: Pair = ...,
        stride: Pair = ...,
        padding: Padding = ...,
        bias: Flag = ...,
        init: Operation = ...,
        norm: Operation = ...,
        activation: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Crop(Row):
    """An image without its rim: (h, w, c) to (h - top - bottom, w - left - right, c)."""

    def __init__(
        self,
        *,
        top: Count = ...,
        bottom: Count = ...,
        left: Count = ...,
        right: Count = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Dense(Row):
    """Fully connected layer on the last axis: (..., c) to (..., units). Kernel (c, units)."""

    def __init__(
        self,
        *,
        units: Count = ...,
        bias: Flag = ...,
        init: Operation = ...,
        norm: Operation = ...,
        activation: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Depthwise(Row):
    """Depthwise convolution with bias: each channel by itself, (h, w, c) to (h', w', c * multiplier)."""

    def __init__(
        self,
        *,
        kernel: Pair = ...,
        stride: Pair = ...,
        padding: Padding = ...,
        dilation: Pair = ...,
        multiplier: Count = ...,
        bias: Flag = ...,
        init: Operation = ...,
        norm: Operation = ...,
        activation: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class DropPath(Row):
    """Sets whole samples to zero in training and scales the rest by 1 / (1 - rate). At rate 0 there is no
    layer."""

    def __init__(self, *, rate: Number = ..., **common: Unpack[Common]) -> None: ...

class Dropout(Row):
    """Sets a part of the cells to zero in training and scales the rest by 1 / (1 - rate), Srivastava et al.
    2014."""

    def __init__(self, *, rate: Number = ..., **common: Unpack[Common]) -> None: ...

class Elu(Row):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere, Clevert et al. 2016."""

    def __init__(self, *, alpha: Number = ..., **common: Unpack[Common]) -> None: ...

class Flatten(Row):
    """(h, w, c) to (h * w * c), cell after cell (`hwc`, Keras) or channel after channel (`chw`, PyTorch)."""

    def __init__(
        self,
        *,
        order: Literal["hwc", "chw"] | Expression = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Gelu(Row):
    """x * (1 + erf(x / sqrt(2))) / 2, Hendrycks and Gimpel 2016."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class GeluTanh(Row):
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2, which comes near `gelu`."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class GlobalAvgPool(Row):
    """The mean over height and width: (h, w, c) to (c), or to (1, 1, c) with `keepdims`."""

    def __init__(self, *, keepdims: Flag = ..., **common: Unpack[Common]) -> None: ...

class GlobalMaxPool(Row):
    """The largest cell of each channel: (h, w, c) to (c), or to (1, 1, c) with `keepdims`."""

    def __init__(self, *, keepdims: Flag = ..., **common: Unpack[Common]) -> None: ...

class GroupNorm(Row):
    """Group normalisation, Wu and He 2018: gamma * (x - mean) / sqrt(variance + epsilon) + beta, with mean
    and biased variance over all cells and the channels of one of `groups` groups of neighbours."""

    def __init__(
        self,
        *,
        groups: Count = ...,
        epsilon: Number = ...,
        gamma_init: Operation = ...,
        beta_init: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class HardSigmoid(Row):
    """relu6(x + 3) / 6; MobileNet v3's, not Keras 2's, which was clip(0.2 * x + 0.5, 0, 1)."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class HardSwish(Row):
    """x * relu6(x + 3) / 6, Howard et al. 2019."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Identity(Row):
    """The value itself."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class LayerNorm(Row):
    """Layer normalisation over the channels of each cell, Ba et al. 2016: gamma * (x - mean) / sqrt(variance
    + epsilon) + beta. The variance is the biased one."""

    def __init__(
        self,
        *,
        epsilon: Number = ...,
        gamma_init: Operation = ...,
        beta_init: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class LayerScale(Row):
    """gamma * x, a factor for each channel that is learned, Touvron et al. 2021 (CaiT)."""

    def __init__(self, *, init: Number = ..., **common: Unpack[Common]) -> None: ...

class LeakyRelu(Row):
    """x where it is positive, slope * x elsewhere, Maas et al. 2013. Frameworks differ in the slope: state
    it."""

    def __init__(self, *, slope: Number = ..., **common: Unpack[Common]) -> None: ...

class LocalResponseNorm(Row):
    """x / (k + alpha / size * s) ** beta, where s is the sum of squares over `size` channels around each
    one."""

    def __init__(
        self,
        *,
        size: Count = ...,
        alpha: Number = ...,
        beta: Number = ...,
        k: Number = ...,
        **common: Unpack[Common],
    ) -> None: ...

class MaxPool(Row):
    """The largest cell of each window and channel; padded cells never win."""

    def __init__(
        self,
        *,
        kernel: Pair = ...,
        stride: Pair = ...,
        padding: Padding = ...,
        ceil: Flag = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Maximum(Row):
    """The largest of several values, cell by cell, of one shape."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Multiply(Row):
    """The product of values, cell by cell. A size of 1 is stretched to the others'; a vector goes with the
    channels."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Normalization(Row):
    """(x - mean) / max(sqrt(variance), 1e-7) of each channel, with numbers that came from data and are not
    trained."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Pad(Row):
    """`value` around an image: (h, w, c) to (h + top + bottom, w + left + right, c)."""

    def __init__(
        self,
        *,
        top: Count = ...,
        bottom: Count = ...,
        left: Count = ...,
        right: Count = ...,
        value: Number = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Relu(Row):
    """max(x, 0)."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Relu6(Row):
    """min(max(x, 0), 6), Krizhevsky 2010; MobileNet's in Keras and TensorFlow."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Rescale(Row):
    """scale * x + offset, with the same numbers for all channels or with one for each: a picture's range."""

    def __init__(
        self,
        *,
        scale: Number | Sequence[Number] = ...,
        offset: Number | Sequence[Number] = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Resize(Row):
    """An image `scale` times as large, or of `size`: (h, w, c) to (h', w', c)."""

    def __init__(
        self,
        *,
        method: Literal["nearest", "bilinear"] | Expression = ...,
        scale: Pair = ...,
        size: Pair = ...,
        **common: Unpack[Common],
    ) -> None: ...

class SeparableConv(Row):
    """Depthwise separable convolution: a depthwise one, then a 1 x 1 one with bias, nothing between them."""

    def __init__(
        self,
        *,
        filters: Count = ...,
        kernel: Pair = ...,
        stride: Pair = ...,
        padding: Padding = ...,
        dilation: Pair = ...,
        multiplier: Count = ...,
        bias: Flag = ...,
        init: Operation = ...,
        norm: Operation = ...,
        activation: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Sigmoid(Row):
    """1 / (1 + exp(-x))."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Slice(Row):
    """The cells from `start` on along an axis, `size` of them."""

    def __init__(
        self,
        *,
        axis: Literal["channels", "height", "width"] | Expression = ...,
        start: Count = ...,
        size: Count = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Softmax(Row):
    """exp(x) / sum(exp(x)) over the channels."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Split(Row):
    """An axis cut into `parts` equal pieces: a tuple, whose values are picked as `name.0`, `name.1`, ..."""

    def __init__(
        self,
        *,
        parts: Count = ...,
        axis: Literal["channels", "height", "width"] | Expression = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Subtract(Row):
    """The first value minus the second, of one shape."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Swish(Row):
    """x * sigmoid(x), Ramachandran et al. 2017; PyTorch calls it SiLU."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Tanh(Row):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    def __init__(self, **common: Unpack[Common]) -> None: ...

class Group(Row):
    def __init__(self, *, rows: Sequence[Row], **common: Unpack[Common]) -> None: ...

class Table(Row):
    def __init__(
        self,
        *,
        columns: Sequence[str] | Mapping[str, Sequence[Value] | str],
        each: Sequence[Row],
        rows: Sequence[Sequence[Value] | Value] | str = ...,
        let: Mapping[str, Value] = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Parallel(Row):
    def __init__(
        self,
        *,
        branches: Mapping[str, Sequence[Row]],
        merge: Operation = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Residual(Row):
    def __init__(
        self,
        *,
        rows: Sequence[Row],
        shortcut: Sequence[Row] = ...,
        **common: Unpack[Common],
    ) -> None: ...

class Assert(Row):
    def __init__(self, *, test: Flag, message: str = ..., doc: str = ...) -> None: ...

class Use(Row):
    def __init__(self, block: str, /, **keys: Any) -> None: ...

class Variable(Made):
    def __init__(
        self,
        *,
        value: Value,
        one_of: Sequence[Value] = ...,
        min: float = ...,
        max: float = ...,
        doc: str = ...,
    ) -> None: ...

class Claim(Made):
    def __init__(
        self,
        *,
        with_: Mapping[str, Value] = ...,
        params: str | int = ...,
        total: str | int = ...,
        non_trainable: str | int = ...,
        macs: str | int = ...,
        note: str = ...,
    ) -> None: ...

class Variant(Made):
    def __init__(
        self,
        *,
        class_name: str = ...,
        title: str = ...,
        doc: str = ...,
        reference: str = ...,
        vars: Mapping[str, Value] = ...,
        expect: Sequence[Claim] = ...,
    ) -> None: ...

class Block(Made):
    def __init__(
        self,
        *,
        rows: Sequence[Row],
        inputs: Mapping[str, Sequence[Count]] = ...,
        params: Mapping[str, Any] = ...,
        let: Mapping[str, Value] = ...,
        outputs: Outputs = ...,
        doc: str = ...,
    ) -> None: ...

class At(Edit):
    def __init__(self, *, at: str, set: Mapping[str, Any]) -> None: ...

class Before(Edit):
    def __init__(self, *, before: str, insert: Sequence[Row]) -> None: ...

class After(Edit):
    def __init__(self, *, after: str, insert: Sequence[Row]) -> None: ...

class Remove(Edit):
    def __init__(self, *, remove: str) -> None: ...

class Spec(Made):
    def __init__(
        self,
        *,
        name: str,
        rows: Sequence[Row],
        class_name: str = ...,
        title: str = ...,
        doc: str = ...,
        reference: str = ...,
        use: str | Sequence[str] = ...,
        vars: Mapping[str, Value | Variable] = ...,
        let: Mapping[str, Value] = ...,
        defaults: Mapping[str, Mapping[str, Any]] = ...,
        blocks: Mapping[str, Block] = ...,
        input: Sequence[Count] = ...,
        inputs: Mapping[str, Sequence[Count]] = ...,
        outputs: Outputs = ...,
        variants: Mapping[str, Variant] = ...,
        expect: Sequence[Claim] = ...,
    ) -> None: ...

class Extension(Made):
    def __init__(
        self,
        *,
        extends: str,
        name: str,
        class_name: str = ...,
        title: str = ...,
        doc: str = ...,
        reference: str = ...,
        use: str | Sequence[str] = ...,
        vars: Mapping[str, Value] = ...,
        let: Mapping[str, Value] = ...,
        defaults: Mapping[str, Mapping[str, Any]] = ...,
        blocks: Mapping[str, Block] = ...,
        input: Sequence[Count] = ...,
        inputs: Mapping[str, Sequence[Count]] = ...,
        edit: Sequence[Edit] = ...,
        outputs: Outputs = ...,
        expect: Sequence[Claim] = ...,
    ) -> None: ...
