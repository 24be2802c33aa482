"""The rules of the language, each by a small network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import archspec
from archspec.api import Network
from archspec.source import SpecError

HEAD = "archspec: 1\nname: small\ninput: [12, 10, 4]\ndefaults: {conv: {padding: same}}\n"


def small(rows: str, more: str = "", **variables: Any) -> Network:
    return archspec.load(f"{HEAD}{more}\nrows:\n{rows}", **variables)


def paths(network: Network) -> list[str]:
    return [node.path for node in network.graph.nodes()]


def test_unnamed_rows_take_their_type_and_written_position() -> None:
    network = small(
        "  - {type: conv, kernel: 1, filters: 4}\n"
        "  - {type: relu, when: false}\n"
        "  - {type: conv, kernel: 1, filters: 4}\n"
        "  - {type: relu}\n"
    )
    assert paths(network) == ["conv", "conv_2", "relu_2"]


def test_unnamed_groups_add_no_level_and_named_ones_do() -> None:
    network = small(
        "  - rows: [{type: relu}]\n  - name: tail\n    rows: [{type: relu}]\n  - {type: relu}\n"
    )
    assert paths(network) == ["relu", "tail.relu", "relu_2"]


def test_repeats_count_from_zero() -> None:
    network = small("  - {type: conv, name: c, kernel: 1, filters: 4 * (i + 1), repeat: 3}\n")
    assert paths(network) == ["c.0", "c.1", "c.2"]
    assert network.output_shape == (12, 10, 12)


@pytest.mark.parametrize("row", ["when: false", "repeat: 0"])
def test_dropped_rows_pass_their_value_on(row: str) -> None:
    network = small(f"  - {{type: relu, name: a}}\n  - {{type: relu, name: b, {row}}}\n")
    assert paths(network) == ["a"]
    assert network.output_shape == (12, 10, 4)


def test_a_dropped_row_leaves_a_reference_to_its_value() -> None:
    network = small(
        "  - {type: relu, name: a}\n"
        "  - {type: conv, name: b, kernel: 1, filters: 4, when: false}\n"
        "  - {type: relu, name: c}\n"
        "  - {type: add, from: [b, c]}\n"
    )
    assert paths(network) == ["a", "c", "add"]


def test_input_is_what_entered_the_innermost_list() -> None:
    network = small(
        "  - {type: conv, name: wide, kernel: 1, filters: 8}\n"
        "  - name: twice\n"
        "    repeat: 2\n"
        "    rows:\n"
        "      - {type: conv, kernel: 1, filters: 6}\n"
        "      - {type: concat, from: [input, prev]}\n"
    )
    assert network.output_shape == (12, 10, 20)


def test_from_on_a_repeated_row_is_for_the_first_turn() -> None:
    network = small(
        "  - {type: conv, name: a, kernel: 1, filters: 8}\n"
        "  - {type: conv, name: b, kernel: 1, filters: 6}\n"
        "  - {type: conv, name: c, from: a, kernel: 1, filters: 5, repeat: 2}\n"
        "  - {type: concat, from: [b, c]}\n"
    )
    sizes = {row.name: row.params for row in network.table()}
    assert sizes["c.0"] == 8 * 5 + 5
    assert sizes["c.1"] == 5 * 5 + 5


def test_blocks_see_their_parameters_and_the_file_only() -> None:
    block = (
        "vars: {width: 2}\n"
        "blocks:\n"
        "  one:\n"
        "    params: {n, k: 1}\n"
        "    let: {m: n * width}\n"
        "    rows: [{type: conv, name: c, kernel: k, filters: m}]\n"
    )
    network = small(
        "  - {type: one, name: first, n: 3}\n  - {type: one, name: second, n: width, k: 3}\n", block
    )
    assert [row.name for row in network.table()] == ["first.c", "second.c"]
    assert network.output_shape == (12, 10, 4)


def test_tables_by_rows_and_by_columns_are_the_same() -> None:
    each = (
        "      each: [{type: conv, name: c, kernel: k, filters: n + before(n) + total(n) + row}]\n"
    )
    by_rows = small(
        "  - name: t\n    table:\n      columns: [k, n]\n      rows: [[1, 4], [3, 5]]\n" + each
    )
    by_columns = small("  - name: t\n    table:\n      columns: {k: [1, 3], n: [4, 5]}\n" + each)
    assert by_rows.output_shape == (12, 10, 5 + 4 + 9 + 1)
    assert by_rows.digest == by_columns.digest


def test_functions_stand_in_a_file_a_block_and_a_table() -> None:
    """Each sees the names of its own `let`."""
    rows = (
        "  - {type: unit, name: a, filters: 4}\n"
        "  - table:\n      columns: [n]\n      rows: [[3], [5]]\n"
        "      let: {twice(c): 2 * c + n, wide: twice(k)}\n"
        '      each: [{type: conv, name: "t{n}", kernel: 1, filters: wide + twice(1)}]\n'
    )
    more = (
        "vars: {k: 2}\nlet: {plus(c): c + k}\n"
        "blocks:\n  unit:\n    params: {filters}\n    let: {less(c): plus(c) - filters}\n"
        "    rows: [{type: conv, name: conv, kernel: 1, filters: less(9)}]"
    )
    network = small(rows, more)
    found = {row.name: row.output[-1] for row in network.table()}
    assert found == {"a.conv": 7, "t3": 4 + 3 + 2 + 3, "t5": 4 + 5 + 2 + 5}
    for backend in ("torch", "keras"):
        assert network.printed(backend).calls > 0


def test_residual_adds_what_entered() -> None:
    network = small(
        "  - residual:\n"
        "      - {type: conv, name: a, kernel: 3, filters: 4}\n"
        "  - name: down\n"
        "    residual:\n"
        "      - {type: conv, name: b, kernel: 3, filters: 8, stride: 2}\n"
        "    shortcut:\n"
        "      - {type: conv, name: s, kernel: 1, filters: 8, stride: 2}\n"
    )
    assert paths(network) == ["a", "add", "down.b", "down.shortcut.s", "down.add"]


def test_norm_and_activation_stand_below_their_row() -> None:
    row = "  - {type: conv, name: stem, kernel: 1, filters: 4, bias: false, norm: batch_norm, activation: relu6}\n"
    names = list(small(row).init_weights())
    assert names == [
        "stem.kernel",
        "stem.norm.gamma",
        "stem.norm.beta",
        "stem.norm.mean",
        "stem.norm.variance",
    ]
    without = small(row.replace("norm: batch_norm, ", "").replace(", activation: relu6", ""))
    assert list(without.init_weights()) == ["stem.kernel"]


def test_names_hold_expressions() -> None:
    network = small(
        "  - table:\n      columns: [n]\n      rows: [[4], [5]]\n"
        '      each: [{type: conv, name: "c{row + 1}", kernel: 1, filters: n}]\n'
    )
    assert paths(network) == ["c1", "c2"]


def test_lists_as_variables() -> None:
    more = "vars: {depths: [1, 2], widths: [4, 6]}"
    rows = (
        "  - name: t\n    table:\n      columns: {n: depths, c: widths}\n"
        "      each: [{type: conv, name: b, kernel: 1, filters: c, repeat: n}]\n"
    )
    assert paths(small(rows, more)) == ["t.0.b.0", "t.1.b.0", "t.1.b.1"]
    assert paths(small(rows, more, depths=[2, 0])) == ["t.0.b.0", "t.0.b.1"]


def test_the_counter_of_an_outer_repeat_needs_a_name() -> None:
    rows = (
        "  - name: a\n    repeat: 2\n{outer}    rows:\n"
        "      - {{type: conv, name: b, kernel: 1, filters: {filters}, repeat: 2}}\n"
    )
    with pytest.raises(SpecError) as caught:
        small(rows.format(outer="", filters="4 + i"))
    assert "as: j" in str(caught.value)
    network = small(rows.format(outer="    as: j\n", filters="4 + i + j"))
    assert network.output_shape == (12, 10, 6)


def test_the_digest_is_of_the_network() -> None:
    row = "  - {type: conv, name: a, kernel: 1, filters: 8}\n"
    first = small(row)
    assert first.digest == small("# a comment\n" + row.replace("8", "2 * 4")).digest
    assert first.digest == small(row, "vars: {unused: 3}").digest
    for other in ("filters: 9", "kernel: 3, filters: 8", "filters: 8, bias: false"):
        changed = row.replace("filters: 8", other).replace("kernel: 1, kernel: 3", "kernel: 3")
        assert small(changed).digest != first.digest


def test_the_input_may_be_replaced() -> None:
    network = archspec.load("mobilenet_v1", input=(100, 90, 3))
    assert network.input_shape == (100, 90, 3)
    with pytest.raises(SpecError):
        archspec.load("mobilenet_v1", input=(100, 90))


def test_networks_of_the_issue() -> None:
    v1, v2 = archspec.load("mobilenet_v1"), archspec.load("mobilenet_v2")
    assert (v1.params.trainable, v1.params.non_trainable, v1.params.total) == (
        4_231_976,
        21_888,
        4_253_864,
    )
    assert v1.macs == 568_740_352
    assert (v2.params.trainable, v2.params.non_trainable) == (3_504_872, 34_112)
    assert v2.macs == 300_774_272


@pytest.mark.parametrize(
    ("width", "resolution", "millions", "parameters"),
    [
        (1.0, 224, 569, 4.2),
        (0.75, 224, 325, 2.6),
        (0.5, 224, 149, 1.3),
        (0.25, 224, 41, 0.5),
        (1.0, 192, 418, 4.2),
        (1.0, 160, 290, 4.2),
        (1.0, 128, 186, 4.2),
    ],
)
def test_the_papers_tables(width: float, resolution: int, millions: int, parameters: float) -> None:
    """Howard et al. 2017, Tables 6 and 7; a figure printed is rounded or cut."""
    network = archspec.load("mobilenet_v1", width=width, resolution=resolution)
    assert millions in (round(network.macs / 1e6), network.macs // 10**6)
    trained = network.params.trainable
    assert parameters in (round(trained / 1e6, 1), trained // 10**5 / 10)


def test_blocks_of_blocks_are_budgeted() -> None:
    """Forty blocks, each of two uses of the one before: refused long before 2^40 rows."""
    blocks = ["  b0: {rows: [{type: relu, name: r}]}"]
    for k in range(1, 40):
        uses = f"{{type: b{k - 1}, name: x}}, {{type: b{k - 1}, name: y}}"
        blocks.append(f"  b{k}: {{rows: [{uses}]}}")
    with pytest.raises(SpecError) as caught:
        small("  - {type: b39, name: all}\n", "blocks:\n" + "\n".join(blocks))
    codes = {diagnostic.code for diagnostic in caught.value.diagnostics}
    assert codes == {"repeat-budget"}


def test_ten_thousand_rows_are_a_network() -> None:
    rows = "".join(f"  - {{type: relu, name: r{k}}}\n" for k in range(10_000))
    assert len(small(rows).table()) == 10_000


@pytest.mark.parametrize("yes", ["true", "True", "TRUE"])
def test_true_and_false_are_yamls(yes: str) -> None:
    """YAML 1.2's core schema: a capital does not make a word of them."""
    row = f"  - {{type: conv, name: a, kernel: 1, filters: 4, bias: {yes}, when: on}}\n"
    network = small(row, f"vars: {{on: {yes}}}")
    assert network.params.total == 4 * 4 + 4
    assert network.vars == {"on": True}


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    text = "archspec: 1\nname: base\ninput: [8, 8, 3]\nrows:\n  - {type: relu, name: a}\n"
    (tmp_path / "outside.yaml").write_text(text, encoding="utf-8")
    (inside / "base.yaml").symlink_to(tmp_path / "outside.yaml")
    (inside / "mine.yaml").write_text(
        "archspec: 1\nextends: base.yaml\nname: mine\n", encoding="utf-8"
    )
    with pytest.raises(SpecError) as caught:
        archspec.load(inside / "mine.yaml")
    assert [found.code for found in caught.value.diagnostics] == ["out-of-reach"]


HEADS = """archspec: 1
name: heads
vars: {aux: true}
defaults: {conv: {padding: same}}
input: [12, 10, 4]
rows:
  - {type: conv, name: stem, kernel: 3, filters: 8}
  - name: side
    parallel:
      left: [{type: conv, name: conv, kernel: 1, filters: 2}]
      right: [{type: conv, name: conv, kernel: 1, filters: 3}]
  - {type: conv, name: last, kernel: 1, filters: 5, from: stem}
outputs: {last: last, left: side.left, right: {from: side.right.conv, when: aux}}
"""


def test_outputs_are_named_rows_of_any_depth() -> None:
    network = archspec.load(HEADS)
    assert network.output_shapes == {"last": (12, 10, 5), "left": (12, 10, 2), "right": (12, 10, 3)}
    assert network.output_shape == (12, 10, 5)


def test_an_output_may_have_a_condition() -> None:
    assert list(archspec.load(HEADS.replace("right: {", "other: {"), aux=True).output_shapes)[2:]
    spec = HEADS.replace("left: side.left,", "left: side.left, right_too: side.right.conv,")
    assert list(archspec.load(spec, aux=False).output_shapes) == ["last", "left", "right_too"]


def test_outputs_are_part_of_what_a_network_is() -> None:
    """Two names, or another order of them, are another network."""
    other = HEADS.replace("{last: last, left:", "{end: last, left:")
    turned = HEADS.replace("{last: last, left: side.left,", "{left: side.left, last: last,")
    assert len({archspec.load(spec).digest for spec in (HEADS, other, turned)}) == 3


def test_one_output_may_be_another_row_than_the_last() -> None:
    spec = HEADS.partition("  - name: side")[0] + "outputs: [stem]\n"
    network = archspec.load(spec)
    assert network.output_shapes == {"stem": (12, 10, 8)}
    plain = archspec.load(spec.replace("outputs: [stem]\n", ""))
    assert network.digest == plain.digest  # the same values, whatever the only one is called


def test_a_block_gives_no_tuple_as_one_value() -> None:
    block = "blocks:\n  cut:\n    outputs: [half]\n    rows: [{type: split, name: half, parts: 2}]"
    with pytest.raises(SpecError, match="`half` is 2 values"):
        small("  - {type: cut, name: c}\n", block)


PAIR = """archspec: 1
name: pair
inputs: {left: [12, 10, 4], right: [12, 10, 4]}
rows:
  - {type: conv, name: a, kernel: 3, filters: left.channels, from: left}
  - {type: conv, name: b, kernel: 3, filters: 4, from: right, shares: a}
  - {type: add, name: sum, from: [a, b]}
"""


def test_inputs_are_named_and_enter_together() -> None:
    network = archspec.load(PAIR)
    assert network.input_shapes == {"left": (12, 10, 4), "right": (12, 10, 4)}
    together = archspec.load(
        "archspec: 1\nname: sum\ninputs: {a: [3], b: [3]}\nrows: [{type: add, name: sum}]\n"
    )
    assert together.output_shape == (3,)


def test_one_input_may_have_a_name() -> None:
    rows = "rows: [{type: relu, name: a, from: x}, {type: add, name: b, from: [input, a]}]"
    network = archspec.load(f"archspec: 1\nname: one\ninputs: {{x: [3]}}\n{rows}\n")
    assert network.input_shapes == {"x": (3,)}
    assert archspec.load(network.document.span.source.text, input=(5,)).input_shape == (5,)


def test_shared_weights_are_counted_once() -> None:
    network = archspec.load(PAIR)
    assert [row.params for row in network.table()] == [148, 0, 0]
    assert network.params.total == 148
    assert network.table()[0].macs == network.table()[1].macs > 0
    assert list(network.init_weights()) == ["a.kernel", "a.bias"]
    assert network.digest != archspec.load(PAIR.replace(", shares: a", "")).digest


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_shared_layer_is_made_once(backend: str) -> None:
    text = archspec.load(PAIR).source(backend)
    made = "nn.Conv2d(" if backend == "torch" else "layers.Conv2D("
    assert text.count(made) == 1
    layer = "self.a" if backend == "torch" else "a_layer"
    assert f"{layer}(left)" in text
    assert f"{layer}(right)" in text


def test_who_shares_with_one_that_shares_uses_the_first() -> None:
    rows = (
        "  - {type: conv, name: a, kernel: 1, filters: 4}\n"
        "  - {type: conv, name: b, kernel: 1, filters: 4, shares: a}\n"
        "  - {type: conv, name: c, kernel: 1, filters: 4, shares: b}\n"
    )
    assert [node.owner for node in small(rows).graph.nodes()] == ["a", "a", "a"]


def test_a_block_shares_with_another_use_of_it_row_by_row() -> None:
    block = (
        "blocks:\n  two:\n    params: {n}\n    rows:\n"
        "      - {type: conv, name: p, kernel: 1, filters: n}\n"
        "      - {type: conv, name: q, kernel: 1, filters: n, shares: p}\n"
    )
    rows = "  - {type: two, name: x, n: 4}\n  - {type: two, name: y, n: 4, shares: x}\n"
    owners = {node.path: node.owner for node in small(rows, block).graph.nodes()}
    assert owners == {"x.p": "x.p", "x.q": "x.p", "y.p": "x.p", "y.q": "x.p"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{type: conv, name: b, kernel: 3, filters: 4, shares: a}", "kernel of b is not that of a"),
        ("{type: depthwise, name: b, kernel: 1, shares: a}", "b is not of the type of a"),
        ("{type: relu, name: b, shares: a}", "this row has no weights"),
        ("{type: conv, name: b, kernel: 1, filters: 4, shares: gone}", "no row here whose weights"),
        ("{type: conv, name: b, kernel: 1, filters: 4, shares: input}", "no row here whose"),
        ("{name: b, rows: [{type: conv, kernel: 1, filters: 4}], shares: a}", "not built alike"),
        (
            "{type: conv, name: b, kernel: 1, filters: 4, norm: batch_norm, shares: a}",
            "not built alike",
        ),
    ],
)
def test_rows_that_cannot_share(row: str, message: str) -> None:
    first = "  - {type: conv, name: a, kernel: 1, filters: 4}\n"
    gone = "  - {type: conv, name: gone, kernel: 1, filters: 4, when: false}\n"
    with pytest.raises(SpecError, match=message) as found:
        small(f"{first}{gone}  - {row}\n")
    assert [d.code for d in found.value.diagnostics] == ["cannot-share"]


def test_a_loop_that_ends_in_a_value_of_another_keeps_its_sizes() -> None:
    """The symbol of a size that another loop carries is spelled alike."""
    network = small(
        "  - name: down\n    repeat: 2\n    rows:\n"
        "      - {type: relu, name: tap}\n      - {type: max_pool, name: pool, kernel: 2}\n"
        "  - name: up\n    repeat: 2\n    rows:\n"
        "      - {type: conv_transpose, name: up, kernel: 2, stride: 2, filters: 4}\n"
        '      - {type: add, name: add, from: [prev, "down.{1 - i}.tap"]}\n'
        "  - {type: relu, name: last}\n",
        input=(12, 8, 4),
    )
    assert network.output_shape == (12, 8, 4)
