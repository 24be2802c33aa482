"""Rows of one operation, drawn so that they fit the value above."""

from __future__ import annotations

from typing import Any

from tests.networks.lists import Row, Rows
from tests.networks.shapes import Shape, Size, Space, Value, fixed, least, parted, summed, unknown

ACTIVATIONS = ["relu", "relu6", "swish", "gelu", "hard_swish", "sigmoid", "tanh", "hard_sigmoid"]
ROWS_OF_ACTIVATIONS: list[Row] = [
    {"type": "leaky_relu", "slope": 0.1},
    {"type": "elu", "alpha": 0.5},
    {"type": "elu"},
    {"type": "gelu_tanh"},
    {"type": "abs"},
    {"type": "softmax"},
]
ANY: list[Row] = [
    {"type": "batch_norm"},
    {"type": "batch_norm", "scale": False, "epsilon": 1e-5, "decay": 0.9},
    {"type": "layer_norm"},
    {"type": "layer_norm", "epsilon": 1e-6},
    {"type": "group_norm", "groups": 1, "gamma_init": "zeros"},
    {"type": "layer_scale", "init": 0.1},
    {"type": "normalization"},
    {"type": "dropout", "rate": 0.2},
    {"type": "drop_path", "rate": 0.1},
    {"type": "identity"},
    {"type": "rescale", "scale": "1 / 4"},
    {"type": "rescale", "scale": 2, "offset": -0.5},
]
IMAGE: list[Row] = [
    {"type": "local_response_norm", "size": 3},
    {"type": "local_response_norm", "size": 5, "alpha": 0.001, "beta": 0.5, "k": 2},
    {"type": "max_pool", "kernel": 3, "stride": 1, "padding": "same"},
    {"type": "avg_pool", "kernel": 3, "stride": 1, "padding": "same"},
    {"type": "avg_pool", "kernel": 3, "stride": 1, "padding": 1, "count_pad": True},
    {"type": "max_pool", "kernel": [1, 3], "stride": 1, "padding": [0, 1]},
]
NORMS: list[Any] = [
    "batch_norm",
    "layer_norm",
    {"type": "batch_norm", "epsilon": 1e-3},
    {"type": "batch_norm", "gamma_init": "zeros"},
    {"type": "group_norm", "groups": 1},
]
WINDOWS: list[Row] = [
    {"kernel": 1},
    {"kernel": 3, "padding": "same"},
    {"kernel": 3, "padding": 1},
    {"kernel": 3, "padding": "symmetric"},
    {"kernel": [3, 1], "padding": "same"},
    {"kernel": [1, 5], "padding": [0, 2]},
    {"kernel": 2, "padding": [[0, 1], [1, 0]]},
    {"kernel": 5, "padding": "symmetric"},
]
DILATED: list[Row] = [
    {"kernel": 3, "padding": "same", "dilation": 2},
    {"kernel": 3, "padding": "symmetric", "dilation": [2, 1]},
]
HALVING: list[Row] = [
    {"kernel": 3, "stride": 2, "padding": "same"},
    {"kernel": 3, "stride": 2, "padding": 1},
    {"kernel": 3, "stride": [2, 2], "padding": "symmetric"},
]
INITS: list[Any] = [
    *("zeros", "ones", "normal", "truncated_normal", "uniform", "glorot_uniform", "he_uniform"),
    *("glorot_normal", "he_normal", "lecun_uniform", "lecun_normal", "constant"),
    {"type": "normal", "std": 0.01},
    {"type": "he_normal", "mode": "fan_out"},
    {"type": "constant", "value": 0.1},
    {"type": "uniform", "limit": 0.1},
]
JOINS = ["add", "concat", "maximum", "average", "multiply", "subtract"]
NUMBERS = [4, 8, 12]


def size(here: Rows) -> tuple[Any, Size]:
    """What `filters` can say, and the term that it is."""
    draw, names = here.draw, here.names
    kind = draw.below(6)
    if kind >= 3 and names.sizes:
        return draw.pick(names.sizes)  # type: ignore[no-any-return]
    if kind == 2:
        value = here.prev
        return f"{_sized(here, value)}.channels", value.shape.size
    number = draw.pick(NUMBERS)
    return number, fixed(number)


def like(here: Rows, shape: Shape) -> tuple[Any, Size] | None:
    """How a size can be said that is a value's: its number, a name, or the channels of a value."""
    sizes = [(number, fixed(number)) for number in (shape.size.number,) if number]
    known = [v for v in _said(here) if v.shape.size == shape.size]
    texts = [text for text, found in here.names.sizes if found == shape.size]
    if here.input.shape.size == shape.size and not here.input.parts:
        texts.append(f"{here.input.ref or 'input'}.channels")
    texts += [f"{value.ref}.channels" for value in known[-2:]]
    sizes += [(text, shape.size) for text in texts]
    return here.draw.pick(sizes) if sizes else None


def _said(here: Rows) -> list[Value]:
    """Values that an expression can name."""
    return [v for v in here.visible() if "{" not in v.ref and not v.parts]


def _sized(here: Rows, value: Value) -> str:
    return "prev" if value is here.prev else value.ref


def condition(here: Rows) -> str:
    """A condition, more often one that differs between uses or turns."""
    draw, names = here.draw, here.names
    choices = [*names.conditions, *(3 * names.flags)]
    if not here.prev.parts and here.draw.chance(20):
        choices = ["prev.channels > 6", "prev.channels % 8 == 0"]
        if here.image:
            choices.append("prev.height > 5 or prev.width > 6")
    one = draw.pick(choices)
    kind = draw.below(8)
    if kind == 7:
        return f"not ({one})" if " " in one else f"not {one}"
    if kind == 6:
        return f"({one}) {draw.pick(['and', 'or'])} {draw.pick(names.conditions)}"
    return str(one)


def label(here: Rows, row: Row, stem: str) -> Row:
    return {"type": row["type"], "name": here.name(stem), **row}


def companions(here: Rows, row: Row) -> None:
    """Keys that a row of a kernel may have."""
    draw = here.draw
    if draw.chance(20):
        row["bias"] = draw.pick([False, True])
    if draw.chance(25):
        row["norm"] = draw.pick(NORMS)
    if draw.chance(25):
        row["activation"] = draw.pick(
            [*here.names.acts, *ACTIVATIONS, *ROWS_OF_ACTIVATIONS[:3], "none"]
        )
    if draw.chance(10):
        row["init"] = draw.pick(INITS)


def window(here: Rows, choices: list[Row]) -> Row:
    row = dict(here.draw.pick(choices))
    if row.get("padding") in ("same", "symmetric") and "stride" not in row and here.names.kernels:
        row["kernel"] = here.draw.pick([row["kernel"], *here.names.kernels])
    return row


def kernel_row(
    here: Rows, filters: Any = None, windows: list[Row] | None = None, kind: str = ""
) -> Row:
    """A convolution that leaves height and width, or a dense row of a vector, without its label."""
    draw = here.draw
    if not here.image:
        row: Row = {"type": "dense", "units": filters}
    else:
        kind = kind or draw.weighted([(8, "conv"), (1, "separable_conv"), (1, "conv_transpose")])
        if kind == "conv_transpose":
            row = {"type": kind, "kernel": 3, "filters": filters, "padding": draw.pick(["same", 1])}
        else:
            shown = windows or [*WINDOWS, *DILATED]
            row = {"type": kind, **window(here, shown), "filters": filters}
    companions(here, row)
    return row


def conv(here: Rows, when: str = "") -> None:
    filters, found = size(here)
    shape = here.prev.shape
    row = kernel_row(here, filters)
    even = shape.size.div % 2 == 0 and found.div % 2 == 0
    if row["type"] == "conv" and even and here.draw.chance(12):
        row["groups"] = 2
    times = here.draw.chance(12)
    if times and not row.get("groups"):
        _repeated(here, row, found, when)
        return
    here.put(label(here, row, "c"), Shape(shape.space, found), when=when)


def _repeated(here: Rows, row: Row, found: Size, when: str) -> None:
    """`repeat` of a row: its turns have values of their own, and a counter that filters may look at."""
    draw = here.draw
    times, bound = draw.pick([(2, 2), (3, 3), (1, 1), (0, 0), *here.names.counts])
    row = label(here, row, "t") | {"repeat": times}
    if "i" not in here.names.counters and draw.chance(40):
        row["filters" if "filters" in row else "units"] = "4 * (i + 1)"
        found = unknown(4, here.level)
    elif "i" in here.names.counters:
        row["as"] = draw.name("k")
    shape = Shape(here.prev.shape.space, found)
    if not bound:
        div = 4 if here.prev.shape.size.div % 4 == 0 and found.div % 4 == 0 else 1
        shape = Shape(shape.space, unknown(div, here.level))
    here.put(row, shape, when=when)


def plain(here: Rows, when: str = "") -> None:
    """A row that leaves the shape as it is."""
    draw, shape = here.draw, here.prev.shape
    rows = [{"type": name} for name in ACTIVATIONS] + ROWS_OF_ACTIVATIONS + ANY
    if here.image:
        rows += 2 * IMAGE
        if shape.size.div % 2 == 0:
            rows.append({"type": "channel_shuffle", "groups": 2})
    row = dict(draw.pick(rows))
    if row["type"] in ("dropout", "drop_path") and here.names.rates:
        row["rate"] = draw.pick([row["rate"], *here.names.rates])
    if row["type"] == "rescale" and shape.size.number and draw.chance(40):
        row["offset"] = [k / 10 for k in range(shape.size.number)]
    if here.image and draw.chance(20):
        row = {"type": "depthwise", **window(here, WINDOWS[1:])}
        companions(here, row)
    here.put(label(here, row, "p"), shape, when=when)


def moved(here: Rows, when: str = "") -> None:
    """A row that changes height and width, or channels without a kernel."""
    draw, shape = here.draw, here.prev.shape
    if shape.space is None or here.still:
        multiplied(here, when)
        return
    room = least(shape.space)
    choices: list[tuple[Row, Space]] = [
        ({"type": "resize", "scale": 2}, ("up", shape.space)),
        ({"type": "resize", "scale": 2, "method": "bilinear"}, ("up", shape.space)),
        ({"type": "pad", "top": 1, "bottom": 1, "left": 1, "right": 1}, ("less", shape.space, -2)),
        ({"type": "pad", "bottom": 1, "right": 1, "value": 0.5}, ("less", shape.space, -1)),
        ({"type": "adaptive_avg_pool", "size": [3, 2]}, ("of", "3x2", 2, 0)),
        ({"type": "adaptive_avg_pool", "size": 4}, ("of", "4x4", 4, 0)),
        ({"type": "conv_transpose", "kernel": 2, "stride": 2}, ("up", shape.space)),
        (
            {"type": "conv_transpose", "kernel": 3, "stride": 2, "padding": "same"},
            ("up", shape.space),
        ),
    ]
    if room > 12:
        choices = [choices[4], choices[5]]
    if room >= 4:
        down = ("half", shape.space)
        choices += [({"type": kind, **row}, down) for kind in KERNELS for row in HALVING]
        choices += [
            ({"type": "max_pool", "kernel": 2}, ("floor", shape.space)),
            ({"type": "avg_pool", "kernel": 2, "ceil": True}, down),
            ({"type": "max_pool", "kernel": 2, "ceil": True}, down),
            ({"type": "crop", "top": 1, "left": 1}, ("less", shape.space, 1)),
            ({"type": "conv", "kernel": 3}, ("less", shape.space, 2)),
            ({"type": "max_pool", "kernel": 3, "stride": 1}, ("less", shape.space, 2)),
            ({"type": "slice", "axis": "height", "size": 3}, ("of", f"slice {room}", 3, 0)),
        ]
    row, space = draw.pick(choices)
    found = shape.size
    row = dict(row)
    if row["type"] == "slice":
        space = ("of", draw.name("slice"), 3, here.level)
        row["start"] = draw.pick([0, 1])
    if row["type"] in ("conv", "conv_transpose", "separable_conv"):
        row["filters"], found = size(here)
        companions(here, row)
    others = [v for v in _said(here) if v.shape.space and v.shape != shape]
    if row["type"] == "resize" and others and draw.chance(50) and not when:
        other = draw.pick(others)
        if least(other.shape.space) < 16:
            del row["scale"]
            row["size"] = [f"{other.ref}.height", f"{other.ref}.width"]
            space = other.shape.space
    here.put(label(here, row, "d"), Shape(space, found), when=when)


KERNELS = ("conv", "depthwise", "max_pool", "avg_pool", "separable_conv")


def multiplied(here: Rows, when: str = "") -> None:
    """Twice the channels, or a part of them."""
    draw, shape = here.draw, here.prev.shape
    if shape.size.div % 4 == 0 and draw.chance(50):
        row = {"type": "slice", "size": "prev.channels // 2"}
        if draw.chance(40):
            row["start"] = "prev.channels // 2"
        here.put(label(here, row, "s"), Shape(shape.space, parted(shape.size, 2)), when=when)
    elif shape.space is not None:
        row = {"type": "depthwise", **draw.pick(WINDOWS), "multiplier": 2}
        here.put(label(here, row, "m"), Shape(shape.space, summed([shape.size] * 2)), when=when)
    else:
        plain(here, when)


def join(here: Rows, when: str = "") -> None:
    """The value above and others, which are made to fit if they do not."""
    draw, above = here.draw, here.prev
    others = [v for v in (*here.visible(), here.input) if _near(v, above)]
    if not others:
        plain(here, when)
        return
    others = [v for v in others if v in here.unused] or others
    taken = [draw.pick(others[-6:])]
    if draw.chance(15):
        taken.append(draw.pick(others))
    alike = all(v.shape == above.shape for v in taken)
    kind = draw.pick(JOINS if alike else ["concat"])
    if not alike and draw.chance(50):
        target = taken[0]
        text = like(here, target.shape) if target.ref or target is here.input else None
        if text is not None:
            row = label(here, kernel_row(here, text[0]), "f")
            here.put(row, Shape(above.shape.space, target.shape.size))
            taken, kind, above = [target], draw.pick(JOINS), here.prev
            alike = True
    if kind == "subtract":
        taken = taken[:1]
    sources = [above, *taken]
    if draw.chance(50):
        sources.reverse()
    shape = above.shape
    row = {"type": kind}
    if kind == "concat":
        row_size = summed([value.shape.size for value in sources])
        shape = Shape(shape.space, row_size)
        if alike and shape.space and not here.still and draw.chance(10):
            row["axis"] = draw.pick(["height", "width"])
            shape = Shape(
                ("of", draw.name("axis"), least(shape.space), here.level), above.shape.size
            )
    here.put(label(here, row, "j"), shape, sources=sources, when=when)


def _near(value: Value, above: Value) -> bool:
    return value is not above and not value.parts and value.shape.space == above.shape.space


def excite(here: Rows) -> None:
    """Squeeze and excite: a vector, or one cell, that goes with the channels."""
    draw, above = here.draw, here.prev
    if not here.image:
        plain(here)
        return
    text = like(here, above.shape) or ("prev.channels", above.shape.size)
    inner = here.inner()
    pool = draw.pick(["global_avg_pool", "global_max_pool"])
    row = label(inner, {"type": pool, "keepdims": draw.chance(50)}, "g")
    inner.put(row, Shape(None, above.shape.size))
    text = ("input.channels", above.shape.size)
    inner.put(
        {"type": "dense", "name": inner.name("e"), "units": text[0], "activation": "sigmoid"},
        above.shape,
    )
    inner.put(
        {"type": "multiply", "name": inner.name("x")},
        above.shape,
        sources=[inner.prev, inner.input][:: draw.pick([1, -1])],
    )
    group: Row = {"rows": inner.rows}
    if draw.chance(50):
        group = {"name": here.name("se"), **group}
    here.put(group, above.shape)


def absorb(here: Rows, value: Value) -> None:
    """Take a value that nobody has taken, whatever its shape, and come back to that of the row above."""
    draw, above = here.draw, here.prev
    if not above.ref and above is not here.input:
        plain(here)
        above = here.prev
    if here.suffix and value.shape.space == above.shape.space:
        shape = Shape(above.shape.space, summed([above.shape.size, value.shape.size]))
        here.put(label(here, {"type": "concat"}, "j"), shape, sources=[above, value])
        return
    if value.shape == above.shape and value is not above:
        row = {"type": draw.pick([kind for kind in JOINS if kind != "concat"])}
        here.put(label(here, row, "j"), above.shape, sources=[above, value])
        return
    if value.shape.space == above.shape.space and above.ref and draw.chance(80):
        row = {"type": "dense" if above.shape.space is None else "conv"}
        row |= (
            {"units": f"{above.ref}.channels"}
            if row["type"] == "dense"
            else {**draw.pick(WINDOWS), "filters": f"{above.ref}.channels"}
        )
        made = here.put(label(here, row, "f"), above.shape, sources=[value])
        here.put(label(here, {"type": "add"}, "j"), above.shape, sources=[made, above])
        return
    if value.shape.space is not None:
        row = label(here, {"type": "global_avg_pool"}, "g")
        value = here.put(row, Shape(None, value.shape.size), sources=[value])
    row = {"type": "dense", "units": f"{above.ref or 'input'}.channels", "activation": "sigmoid"}
    made = here.put(label(here, row, "e"), Shape(None, above.shape.size), sources=[value])
    row = label(here, {"type": "multiply"}, "x")
    here.put(row, above.shape, sources=[above, made])
