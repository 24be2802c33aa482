"""Operations with random attributes: predicted shapes are real ones, and in float64 both frameworks give what the
definition gives. The definitions are written here, cell by cell, and share nothing with the product."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import archspec
from archspec.graph.ops import operations
from archspec.graph.ops.base import Operation
from archspec.lowering.backend import ready
from archspec.source import SpecError

BACKENDS = ("torch", "keras")
MORE = int(os.environ.get("ARCHSPEC_FUZZ", "1"))  # `make fuzz` tries more of them
Row = dict[str, Any]
Weights = dict[str, Any]
Defined = Callable[[Row, list[Any], Weights], Any]


def pair(value: Any) -> tuple[int, int]:
    return tuple(value) if isinstance(value, list | tuple) else (value, value)


def window(row: Row) -> list[tuple[int, int, int]]:
    """Kernel, stride and dilation of height, then of width."""
    kernel = pair(row["kernel"])
    strides = pair(row.get("stride", kernel if "pool" in row["type"] else 1))
    return list(zip(kernel, strides, pair(row.get("dilation", 1)), strict=True))


def sides(row: Row, x: Any) -> list[tuple[int, int]]:
    """Cells of padding before and after, of height, then of width."""
    found, rule = [], row.get("padding", "valid")
    for axis, (kernel, stride, dilation) in enumerate(window(row)):
        extent = dilation * (kernel - 1) + 1
        total = max(
            0, (math.ceil(x.shape[axis + 1] / stride) - 1) * stride + extent - x.shape[axis + 1]
        )
        side = kernel // 2 if dilation == 1 else dilation * (kernel - 1) // 2
        words = {
            "same": (total // 2, total - total // 2),
            "symmetric": (side, side),
            "valid": (0, 0),
        }
        found.append(words[rule] if isinstance(rule, str) else pair(pair(rule)[axis]))
    return found


def taps(row: Row, x: Any) -> Iterator[tuple[int, int, Any]]:
    """What the cell (i, j) of the kernel reads at every place of the window."""
    x = np.pad(x, ((0, 0), *sides(row, x), (0, 0)))
    (kh, sh, dh), (kw, sw, dw) = window(row)
    for i in range(kh):
        for j in range(kw):
            end = (x.shape[1] - dh * (kh - 1) + dh * i, x.shape[2] - dw * (kw - 1) + dw * j)
            yield i, j, x[:, dh * i : end[0] : sh, dw * j : end[1] : sw]


def conv(row: Row, values: list[Any], weights: Weights) -> Any:
    kernel, groups, (x,) = weights["kernel"], row.get("groups", 1), values
    fan, each, total = kernel.shape[2], kernel.shape[3] // groups, 0.0
    for i, j, read in taps(row, x):
        parts = [
            read[..., g * fan : (g + 1) * fan] @ kernel[i, j, :, g * each : (g + 1) * each]
            for g in range(groups)
        ]
        total = total + np.concatenate(parts, -1)
    return total + weights.get("bias", 0.0)


def depthwise(row: Row, values: list[Any], weights: Weights) -> Any:
    total = sum(read[..., None] * weights["kernel"][i, j] for i, j, read in taps(row, values[0]))
    return total.reshape(*total.shape[:3], -1) + weights.get("bias", 0.0)


def separable_conv(row: Row, values: list[Any], weights: Weights) -> Any:
    inner = depthwise(row, values, {"kernel": weights["depthwise"]})
    return inner @ weights["kernel"][0, 0] + weights.get("bias", 0.0)


def conv_transpose(row: Row, values: list[Any], weights: Weights) -> Any:
    """Every cell of the input adds its kernel; then the rim goes."""
    (x,), kernel = values, weights["kernel"]
    (kh, sh, _), (kw, sw, _) = window(row)
    same = row.get("padding") == "same"
    over = [max(0, k - s) for k, s, _ in window(row)]
    cut = [(n // 2, n - n // 2) for n in over] if same else sides(row, x)
    shape = [
        (n - 1) * s + max(k, s) for n, (k, s, _) in zip(x.shape[1:3], window(row), strict=True)
    ]
    full = np.zeros((len(x), *shape, kernel.shape[3]))
    for h, w in np.ndindex(*x.shape[1:3]):
        added = np.einsum("nc,ijcf->nijf", x[:, h, w], kernel)
        full[:, h * sh : h * sh + kh, w * sw : w * sw + kw] += added
    sizes = [
        n * s if same else (n - 1) * s + k - sum(c)
        for n, (k, s, _), c in zip(x.shape[1:3], window(row), cut, strict=True)
    ]
    (top, _), (left, _) = cut
    return full[:, top : top + sizes[0], left : left + sizes[1]] + weights.get("bias", 0.0)


def pooled(row: Row, values: list[Any], weights: Weights) -> Any:
    """Each window by itself: its cells of the input, and how many of its padded cells count."""
    (x,), rims = values, sides(row, values[0])
    spans = []
    for (kernel, stride, _), (before, after), n in zip(
        window(row), rims, x.shape[1:3], strict=True
    ):
        room, starts = n + before + after, []
        for start in range(0, room, stride):
            whole, begins_inside = start + kernel <= room, start < before + n
            hangs = row.get("ceil", False) and begins_inside and start - stride + kernel < room
            if whole or hangs:
                starts.append((start - before, min(start + kernel, room) - before, n))
        spans.append(starts)
    found = np.empty((len(x), len(spans[0]), len(spans[1]), x.shape[3]))
    for (i, (top, bottom, h)), (j, (left, right, w)) in (
        (a, b) for a in enumerate(spans[0]) for b in enumerate(spans[1])
    ):
        cells = x[:, max(0, top) : min(h, bottom), max(0, left) : min(w, right)]
        if row["type"] == "max_pool":
            found[:, i, j] = cells.max((1, 2))
            continue
        counted = (bottom - top) * (right - left)
        known = counted if row.get("count_pad") else cells.shape[1] * cells.shape[2]
        found[:, i, j] = cells.sum((1, 2)) / known
    return found


def adaptive_avg_pool(row: Row, values: list[Any], weights: Weights) -> Any:
    (x,), (rows, columns) = values, pair(row["size"])
    found = np.empty((len(x), rows, columns, x.shape[3]))
    for i, j in np.ndindex(rows, columns):
        ends = [
            (k * n // count, math.ceil((k + 1) * n / count))
            for k, n, count in ((i, x.shape[1], rows), (j, x.shape[2], columns))
        ]
        found[:, i, j] = x[:, slice(*ends[0]), slice(*ends[1])].mean((1, 2))
    return found


def resize(row: Row, values: list[Any], weights: Weights) -> Any:
    """Along each axis by itself; places as fractions, exactly."""
    (x,) = values
    for axis in (1, 2):
        n = x.shape[axis]
        size = pair(row["size"])[axis - 1] if "size" in row else n * pair(row["scale"])[axis - 1]
        if row.get("method", "nearest") == "nearest":
            x = np.take(x, [((2 * i + 1) * n) // (2 * size) for i in range(size)], axis)
            continue
        cells = []
        for i in range(size):
            place = min(max((i + 0.5) * n / size - 0.5, 0), n - 1)
            low = math.floor(place)
            first, second = np.take(x, low, axis), np.take(x, min(low + 1, n - 1), axis)
            cells.append(first + (second - first) * (place - low))
        x = np.stack(cells, axis)
    return x


def local_response_norm(row: Row, values: list[Any], weights: Weights) -> Any:
    (x,), size = values, row["size"]
    total = np.zeros_like(x)
    for c in range(x.shape[-1]):
        near = x[..., max(0, c - size // 2) : c + (size - 1) // 2 + 1]
        total[..., c] = (near**2).sum(-1)
    scaled = row.get("k", 1.0) + row.get("alpha", 1e-4) / size * total
    return x / scaled ** row.get("beta", 0.75)


def layer_norm(row: Row, values: list[Any], weights: Weights) -> Any:
    (x,) = values
    spread = np.sqrt(x.var(-1, keepdims=True) + row.get("epsilon", 1e-3))
    return (x - x.mean(-1, keepdims=True)) / spread * weights["gamma"] + weights["beta"]


def group_norm(row: Row, values: list[Any], weights: Weights) -> Any:
    (x,), found = values, np.empty_like(values[0])
    size = x.shape[-1] // row["groups"]
    for n, g in np.ndindex(len(x), row["groups"]):
        some = (n, ..., slice(g * size, (g + 1) * size))
        cells = x[some]
        spread = np.sqrt(((cells - cells.mean()) ** 2).mean() + row.get("epsilon", 1e-3))
        found[some] = (cells - cells.mean()) / spread
    return found * weights["gamma"] + weights["beta"]


def channel_shuffle(row: Row, values: list[Any], weights: Weights) -> Any:
    (x,), groups = values, row["groups"]
    found = np.empty_like(x)
    for group, part in enumerate(np.split(x, groups, -1)):
        found[..., group::groups] = part
    return found


def rims(row: Row) -> list[tuple[int, int]]:
    ends = [row.get(side, 0) for side in ("top", "bottom", "left", "right")]
    return [(0, 0), (ends[0], ends[1]), (ends[2], ends[3]), (0, 0)]


def crop(row: Row, values: list[Any], weights: Weights) -> Any:
    (x,) = values
    return x[tuple(slice(a, n - b) for n, (a, b) in zip(x.shape, rims(row), strict=True))]


DEFINED: dict[str, Defined] = {
    "conv": conv,
    "depthwise": depthwise,
    "separable_conv": separable_conv,
    "conv_transpose": conv_transpose,
    "max_pool": pooled,
    "avg_pool": pooled,
    "adaptive_avg_pool": adaptive_avg_pool,
    "global_max_pool": lambda row, v, w: v[0].max((1, 2), keepdims=row.get("keepdims", False)),
    "global_avg_pool": lambda row, v, w: v[0].mean((1, 2), keepdims=row.get("keepdims", False)),
    "resize": resize,
    "local_response_norm": local_response_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "layer_scale": lambda row, v, w: v[0] * w["gamma"],
    "normalization": lambda row, v, w: (
        (v[0] - w["mean"]) / np.maximum(np.sqrt(w["variance"]), 1e-7)
    ),
    "channel_shuffle": channel_shuffle,
    "pad": lambda row, v, w: np.pad(v[0], rims(row), constant_values=row.get("value", 0.0)),
    "crop": crop,
    "rescale": lambda row, v, w: v[0] * np.array(row["scale"]) + np.array(row.get("offset", 0.0)),
    "abs": lambda row, v, w: np.abs(v[0]),
    "subtract": lambda row, v, w: v[0] - v[1],
    "maximum": lambda row, v, w: np.maximum.reduce(v),
    "average": lambda row, v, w: sum(v) / len(v),
}


def either(inner: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """One number, or one for height and one for width."""
    return st.one_of(inner, st.lists(inner, min_size=2, max_size=2))


CELLS = st.integers(0, 2)
UNEVEN = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=2, max_size=2)
WORDS = st.sampled_from(["same", "same", "symmetric", "valid"])
PADDING = st.one_of(WORDS, WORDS, CELLS, UNEVEN)
KERNEL, STRIDE = either(st.integers(1, 4)), either(st.integers(1, 3))
BIAS = st.booleans()
FILTERS = st.sampled_from([6, 12])  # as the input's channels, divisible by the groups
FACTOR = st.floats(0.01, 2).map(lambda value: round(value, 3))
STEPS = st.one_of(  # a stride or a dilation
    st.fixed_dictionaries({"stride": STRIDE}), st.fixed_dictionaries({"dilation": STRIDE})
)
EVEN_STEPS = st.one_of(  # Keras's depthwise convolutions have one stride for both axes
    st.fixed_dictionaries({"stride": st.integers(1, 3)}),
    st.fixed_dictionaries({"dilation": STRIDE}),
)


def rows(name: str, more: st.SearchStrategy[Row] | None = None, **keys: Any) -> Any:
    """Rows of an operation: the keys given, and those that it may leave out."""
    needed = {key: value for key, value in keys.items() if key[-1] != "_"}
    optional = {key[:-1]: value for key, value in keys.items() if key[-1] == "_"}
    found = st.fixed_dictionaries({"type": st.just(name), **needed}, optional=optional)
    return found if more is None else st.tuples(found, more).map(lambda two: {**two[0], **two[1]})


SIDES = {f"{side}_": st.integers(0, 3) for side in ("top", "bottom", "left", "right")}
NUMBERS = st.one_of(FACTOR, st.lists(FACTOR, min_size=6, max_size=6))
POOL = {"kernel": KERNEL, "stride_": STRIDE, "padding": PADDING}
HUNG = {
    "kernel": either(st.integers(2, 5)),
    "stride_": STRIDE,
    "padding": st.sampled_from(["same", "symmetric", "symmetric", "valid", 1]),
    "ceil": st.just(True),
}
RANDOM: dict[str, st.SearchStrategy[Row]] = {
    "conv": rows(
        "conv",
        STEPS,
        filters=FILTERS,
        kernel=KERNEL,
        padding=PADDING,
        groups_=st.sampled_from([1, 2, 3, 6]),
        bias_=BIAS,
    ),
    "depthwise": rows(
        "depthwise",
        EVEN_STEPS,
        kernel=KERNEL,
        padding=PADDING,
        multiplier_=st.integers(1, 3),
        bias_=BIAS,
    ),
    "separable_conv": rows(
        "separable_conv",
        EVEN_STEPS,
        filters=FILTERS,
        kernel=KERNEL,
        padding=PADDING,
        multiplier_=st.integers(1, 3),
        bias_=BIAS,
    ),
    "conv_transpose": rows(
        "conv_transpose",
        filters=FILTERS,
        kernel=KERNEL,
        stride_=STRIDE,
        padding=PADDING,
        bias_=BIAS,
    ),
    "max_pool": rows("max_pool", **POOL),
    "avg_pool": rows("avg_pool", **POOL, count_pad_=BIAS),
    "max_pool with ceil": rows("max_pool", **HUNG),
    "avg_pool with ceil": rows("avg_pool", **HUNG, count_pad_=BIAS),
    "adaptive_avg_pool": rows("adaptive_avg_pool", size=either(st.integers(1, 9))),
    "global_max_pool": rows("global_max_pool", keepdims_=BIAS),
    "global_avg_pool": rows("global_avg_pool", keepdims_=BIAS),
    "resize by scale": rows(
        "resize", scale=STRIDE, method_=st.sampled_from(["nearest", "bilinear"])
    ),
    "resize to size": rows(
        "resize",
        size=either(st.integers(1, 23)),
        method_=st.sampled_from(["nearest", "bilinear"]),
    ),
    "local_response_norm": rows(
        "local_response_norm", size=st.integers(1, 7), alpha_=FACTOR, beta_=FACTOR, k_=FACTOR
    ),
    "layer_norm": rows("layer_norm", epsilon_=FACTOR),
    "group_norm": rows("group_norm", groups=st.sampled_from([1, 2, 3, 6]), epsilon_=FACTOR),
    "layer_scale": rows("layer_scale", init=FACTOR),
    "normalization": rows("normalization"),
    "channel_shuffle": rows("channel_shuffle", groups=st.sampled_from([1, 2, 3, 6])),
    "pad": rows("pad", **SIDES, value_=st.sampled_from([0, 0.5, -1])),
    "crop": rows("crop", **SIDES),
    "rescale": rows("rescale", scale=NUMBERS, offset_=NUMBERS),
    "abs": rows("abs"),
    "subtract": rows("subtract"),
    "maximum": rows("maximum"),
    "average": rows("average"),
}
SIZE = st.integers(1, 9)
QUICK = settings(
    max_examples=20 * MORE,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def loaded(row: Row, size: tuple[int, ...], count: int) -> Any:
    """A network whose last row is this one, on `count` values that are all different."""
    taken = [
        {"type": "rescale", "name": f"v{k}", "from": "input", "scale": 1 - 2 * k}
        for k in range(count)
    ]
    last = {**row, "name": "last", "from": [f"v{k}" for k in range(count)]}
    rows = [*taken, last] if count > 1 else [{**row, "name": "last"}]
    return archspec.load({"archspec": 1, "name": "small", "input": list(size), "rows": rows})


def compared(network: Any, inputs: Any, expected: Any, weights: Weights) -> None:
    assert expected.shape[1:] == network.output_shape
    for name in BACKENDS:
        assert not network.printed(name).fallbacks  # which replays the file against the plan
        model = network.build(name, weights=weights, dtype="float64")
        found = ready(name).run(model, inputs)
        assert found.shape == expected.shape, name
        assert np.abs(found - expected).max() <= 1e-10 * max(1e-3, np.abs(expected).max()), name


def proven(row: Row, size: tuple[int, ...], seed: int, count: int = 1) -> None:
    """A row is what its definition says; a combination that has no meaning is refused as such."""
    try:
        network = loaded(row, size, count)
    except SpecError as error:
        codes = {problem.code for problem in error.diagnostics}
        assert codes <= {"shape-mismatch", "kernel-too-large"}, error
        assume(False)
    weights = network.random_weights(seed, "float64")
    own = {n.rpartition(".")[2]: w for n, w in weights.items() if n.startswith("last.")}
    inputs = np.random.default_rng(seed).standard_normal((2, *size))
    values = [(1 - 2 * k) * inputs for k in range(count)]
    compared(network, inputs, DEFINED[row["type"]](row, values, own), weights)


@pytest.mark.parametrize("name", RANDOM)
@QUICK
@given(data=st.data())
def test_an_operation_is_its_definition(name: str, data: st.DataObject) -> None:
    row = data.draw(RANDOM[name])
    size = (data.draw(SIZE), data.draw(SIZE), 6)
    count = data.draw(st.integers(2, 3)) if name in MANY else 1
    proven(row, size, data.draw(st.integers(0, 99)), 2 if name == "subtract" else count)


MANY = ("maximum", "average")
VECTORS = (
    "rescale",
    "layer_norm",
    "group_norm",
    "layer_scale",
    "normalization",
    "abs",
    "subtract",
    "maximum",
)


@pytest.mark.parametrize("name", VECTORS)
@settings(QUICK, max_examples=4 * MORE)
@given(data=st.data())
def test_of_vectors_too(name: str, data: st.DataObject) -> None:
    proven(data.draw(RANDOM[name]), (6,), 0, 2 if operations()[name].inputs[0] > 1 else 1)


def test_every_operation_is_defined_somewhere() -> None:
    """Here, in tests of its own, or by the frameworks alone."""
    rest = {"add", "batch_norm", "concat", "dense", "dropout", "flatten", "identity", "slice"}
    rest |= {"drop_path", "multiply"}
    known = {name for name, op in operations().items() if type(op).pieces is Operation.pieces}
    plain = {name for name in known if operations()[name].role != "activation"}
    assert set(DEFINED) <= plain <= set(DEFINED) | rest
    assert {name.split(" ")[0] for name in RANDOM} == set(DEFINED)


def row_of(row: Row, size: tuple[int, ...] = (9, 8, 6)) -> Any:
    return archspec.load(
        {"archspec": 1, "name": "one", "input": list(size), "rows": [{**row, "name": "a"}]}
    )


def test_a_separable_convolution_costs_its_two_halves() -> None:
    kernel = {"kernel": 3, "stride": 2, "padding": "same"}
    both = row_of({"type": "separable_conv", "filters": 10, "multiplier": 2, **kernel})
    first = row_of({"type": "depthwise", "multiplier": 2, "bias": False, **kernel})
    second = row_of({"type": "conv", "kernel": 1, "filters": 10}, first.output_shape)
    assert both.params.total == first.params.total + second.params.total == 9 * 6 * 2 + 12 * 10 + 10
    assert both.macs == first.macs + second.macs


def test_a_transposed_convolution_costs_what_it_transposes() -> None:
    """The convolution that goes the other way has as many products."""
    there = row_of({"type": "conv", "kernel": 4, "stride": 2, "filters": 6}, (18, 16, 5))
    back = row_of({"type": "conv_transpose", "kernel": 4, "stride": 2, "filters": 5}, (8, 7, 6))
    assert there.output_shape == (8, 7, 6)
    assert back.output_shape == (18, 16, 5)
    assert there.macs == back.macs


def test_normalization_is_keras_s() -> None:
    """Keras counts two numbers a channel and one more as parameters: 7 in its EfficientNet."""
    import keras

    network = row_of({"type": "normalization"}, (4, 5, 3))
    assert (network.params.total, network.params.trainable) == (7, 0)
    theirs = keras.layers.Normalization(dtype="float64")
    theirs.build((None, 4, 5, 3))
    assert theirs.count_params() == 7
    weights = network.random_weights(0, "float64")
    theirs.adapt_mean.assign(weights["a.mean"])
    theirs.adapt_variance.assign(weights["a.variance"])
    theirs.finalize_state()
    inputs = np.random.default_rng(0).standard_normal((2, 4, 5, 3))
    for name in BACKENDS:
        found = ready(name).run(network.build(name, weights=weights, dtype="float64"), inputs)
        assert np.abs(found - np.asarray(theirs(inputs))).max() <= 1e-12


@cache
def every() -> tuple[Any, Any]:
    """The spec of all operations, with random weights."""
    network = archspec.load(str(Path(__file__).parents[1] / "specs" / "operations.yaml"))
    return network, network.random_weights(0, "float32")


@pytest.mark.parametrize(("name", "ending"), [("torch", ".pt2"), ("keras", ".keras")])
def test_artefacts_of_every_operation(name: str, ending: str, tmp_path: Path) -> None:
    network, weights = every()
    backend, path = ready(name), tmp_path / f"all{ending}"
    inputs = np.random.default_rng(1).standard_normal((3, *network.input_shape), dtype=np.float32)
    model = network.build(name, weights=weights)
    backend.save(model, path, inputs)
    expected = backend.run(model, inputs)
    restored = backend.run(backend.restore(path), inputs)
    assert np.abs(restored - expected).max() <= 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("name", BACKENDS)
def test_first_values_of_printed_files(name: str, tmp_path: Path) -> None:
    """A printed model draws by itself; what is not random is what the spec says."""
    network, _ = every()
    backend, printed = ready(name), network.printed(name)
    file = tmp_path / "drawn.py"
    file.write_text(printed.text, encoding="utf-8")
    model = backend.import_source(file, printed.model, "float32", network.input_shape)
    found = backend.dump(model, backend.lower(network.graph))
    for key, wanted in network.init_weights(0, "float32").items():
        if wanted.std() == 0:
            assert np.array_equal(found[key], wanted), key
        else:
            assert abs(found[key].std() / wanted.std() - 1) < 0.35, key
