"""Small files that ask for much are refused before the work is done. Work is counted in calls of functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archspec
from archspec import SpecError
from archspec.graph import evaluate
from archspec.language.compose import extending
from archspec.language.elaborate import elaborate
from archspec.language.elaborate.formulas import work
from archspec.language.elaborate.rows import context
from archspec.language.syntax import expressions
from archspec.source import Source, reader

CASES = Path(__file__).parent / "budgets"
HEAD = "archspec: 1\nname: a\ninput: [8, 8, 3]\n"
MOST = 3_500_000  # calls of functions: about a second


def calls(function: Callable[[], Any]) -> int:
    """How many functions are called."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def refused(text: str, code: str = "repeat-budget") -> SpecError:
    """What is said of a spec, which is refused with one mistake."""
    with pytest.raises(SpecError) as caught:
        archspec.load(text).check()
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert caught.value.diagnostics[0].hint
    return caught.value


def listed(count: int, item: str = "1") -> str:
    return ", ".join([item] * count)


BLOCKS_OF_BLOCKS = "".join(f"  b{k}: {{rows: [{{type: b{k + 1}}}]}}\n" for k in range(200))
HOSTILE = {
    "blocks of two blocks": (CASES / "block_exp.yaml").read_text(),
    "blocks of nothing, repeated": (CASES / "block_exp0.yaml").read_text(),
    "a repeat of assertions": (CASES / "rep_assert.yaml").read_text(),
    "a repeat of nothing": (CASES / "rep_empty.yaml").read_text(),
    "a long list in a repeat": f"{HEAD}vars: {{l: [{listed(30_000)}]}}\nrows:\n"
    "  - {type: conv, name: c, kernel: 1, filters: max(l), repeat: 10000}\n",
    "long lists that are compared": f"{HEAD}vars: {{l: [{listed(9_000)}], m: [{listed(9_000)}]}}\n"
    "rows:\n  - name: g\n    repeat: 5000\n    rows: [{assert: l == m}, {type: relu}]\n",
    "many columns": f"{HEAD}rows:\n  - name: t\n    table:\n"
    f"      columns: [{', '.join(f'c{k}' for k in range(32_000))}]\n"
    f"      rows: [[{listed(32_000)}]]\n      each: [{{type: relu}}]\n",
    "many lines": f"{HEAD}vars: {{l: [{listed(30_000)}]}}\nrows:\n  - name: t\n    table:\n"
    "      columns: {a: l}\n      let: {b: before(a) + total(a)}\n"
    "      each: [{type: relu, when: false}]\n  - {type: relu}\n",
    "many names in a repeat": f"{HEAD}vars: {{{', '.join(f'v{k}: 1' for k in range(20_000))}}}\n"
    "rows: [{type: relu, name: r, repeat: 5000}]\n",
    "many derived names": f"{HEAD}let: {{{', '.join(f'v{k}: 1' for k in range(20_000))}}}\n"
    "rows: [{type: relu}]\n",
    "functions that call two": f"{HEAD}let: {{'f0(x)': x + 1, "
    + ", ".join(f"'f{k + 1}(x)': f{k}(f{k}(x))" for k in range(11))
    + "}\nrows: [{type: conv, name: c, kernel: 1, filters: f10(1), repeat: 900}]\n",
    "rows by aliases": f"{HEAD}rows:\n- &r {{type: relu}}\n" + "- *r\n" * 30_000,
    "blocks in blocks": f"{HEAD}blocks:\n{BLOCKS_OF_BLOCKS}  b200: {{rows: [{{type: relu}}]}}\n"
    "rows: [{type: b0}]\n",
    "variants of long networks": f"{HEAD}vars: {{n: 10}}\nvariants:\n"
    + "".join(f"  v{k}: {{vars: {{n: {2_000 + k}}}}}\n" for k in range(40))
    + "rows: [{type: relu, name: r, repeat: n}]\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_spec_is_refused_early(what: str) -> None:
    archspec.load(
        f"{HEAD}rows: [{{type: relu}}]\n"
    )  # what is imported and built once is not counted
    caught = []
    count = calls(lambda: caught.append(refused(HOSTILE[what])))
    assert count < MOST
    (diagnostic,) = caught[0].diagnostics
    assert diagnostic.span.line > 3  # a row or a name, not the file


def test_functions_that_call_too_many_others() -> None:
    chain = ", ".join(f"'f{k + 1}(x)': f{k}(x) + 1" for k in range(300))
    rows = "rows: [{type: conv, name: c, kernel: 1, filters: f250(1)}]\n"
    refused(f"{HEAD}let: {{'f0(x)': x, {chain}}}\n{rows}", "expression-budget")


def test_the_mistake_stands_where_most_of_the_work_is() -> None:
    before = "  - {type: relu, name: a, repeat: 100}\n"
    wrong = "  - {type: relu, name: b, repeat: 30000}\n"
    (diagnostic,) = refused(f"{HEAD}rows:\n{before}{wrong}{before}").diagnostics
    assert (diagnostic.span.line, diagnostic.span.text) == (6, "30000")
    (diagnostic,) = refused((CASES / "block_exp.yaml").read_text()).diagnostics
    assert diagnostic.span.text.startswith("b")


LIMITED = "blocks: {b: {rows: [{type: conv, kernel: 1, filters: 2 + 1, repeat: 3, name: c}]}}\n"


def taken(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The steps that a spec takes."""
    done = []
    walked = elaborate._walked

    def noted(document: Any, outer: Any, *rest: Any) -> Any:
        found = walked(document, outer, *rest)
        done.append(outer.work.done)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(elaborate, "_walked", noted)
        archspec.load(text)
    return done[0]


def test_the_steps_of_unfolding_are_held_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{HEAD}{LIMITED}rows: [{{type: b}}, {{type: relu}}]\n"
    mappings = 6  # the file, blocks, b, its row, two rows
    steps = taken(text, monkeypatch)
    for base, holds in ((steps, True), (steps - 1, False)):
        monkeypatch.setattr(work, "BASE", base - mappings * work.FOR_EACH_MAPPING)
        if holds:
            archspec.load(text)
        else:
            said = str(refused(text))
            assert f"unfolding this takes more than {base:,} steps" in said


def test_a_file_may_take_more_steps_for_what_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Aliases write nothing."""
    monkeypatch.setattr(work, "BASE", 0)
    archspec.load(HEAD + "rows:\n" + "- {type: relu}\n" * 500)
    refused(HEAD + "rows:\n- &r {type: relu}\n" + "- *r\n" * 499)


def test_variants_and_claims_share_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    head = f"{HEAD}vars: {{n: 1}}\nvariants:\n"
    rows = "rows: [{type: relu, name: r, repeat: n}]\n"
    one = taken(HEAD + "vars: {n: 50}\n" + rows, monkeypatch)
    for count, holds in ((2, True), (4, False)):
        variants = "".join(f"  v{k}: {{vars: {{n: 50}}}}\n" for k in range(count))
        text = head + variants + rows
        mappings = 4 + 2 * count
        monkeypatch.setattr(work, "BASE", one + one // 4 - mappings * work.FOR_EACH_MAPPING)
        network = archspec.load(text)
        if holds:
            network.check()
        else:
            assert "twice those of one" in str(refused(text))
            network.variant("v3")  # each of them alone is right


@pytest.mark.parametrize(("deep", "holds"), [(0, True), (1, False)])
def test_lists_of_rows_in_one_another(deep: int, holds: bool) -> None:
    """The file's, then one for each block."""
    count = work.MAX_INSIDE - 1 + deep
    blocks = "".join(f"  b{k}: {{rows: [{{type: b{k + 1}}}]}}\n" for k in range(count - 1))
    text = (
        f"{HEAD}blocks:\n{blocks}  b{count - 1}: {{rows: [{{type: relu}}]}}\nrows: [{{type: b0}}]\n"
    )
    if holds:
        network = archspec.load(text)
        assert len(network.table()) == 1
        assert network.source("torch")
    else:
        assert f"more than {work.MAX_INSIDE} deep" in str(refused(text))


@pytest.mark.parametrize(("deep", "holds"), [(0, True), (1, False)])
def test_functions_in_one_another(deep: int, holds: bool) -> None:
    """Each call and each sum is a level; the innermost is a sum."""
    count = evaluate.MAX_DEPTH // 2 + deep
    chain = ", ".join(f"'f{k}(x)': f{k - 1}(x) + 1" for k in range(1, count))
    text = (
        f"{HEAD}let: {{'f0(x)': x + 1, {chain}}}\n"
        f"rows: [{{type: conv, name: c, kernel: 1, filters: f{count - 1}(1)}}]\n"
    )
    if holds:
        network = archspec.load(text)
        assert network.output_shape[-1] == count + 1
        assert network.source("torch")
    else:
        assert f"more than {evaluate.MAX_DEPTH} deep" in str(refused(text, "expression-budget"))


@pytest.mark.parametrize(("more", "holds"), [(0, True), (1, False)])
def test_rows_of_a_network(more: int, holds: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archspec.language.elaborate.rows.walk.MAX_NODES", 20)
    text = HEAD + "rows:\n" + "- {type: relu}\n" * (20 + more)
    assert context.MAX_NODES == 50_000
    if holds:
        archspec.load(text)
    else:
        assert "the network has more than" in str(refused(text))


def test_a_turn_that_is_larger_than_the_others_is_no_reason_to_refuse() -> None:
    rows = (
        "rows:\n  - name: g\n    repeat: 1000\n    rows:\n      - {type: relu}\n"
        "      - {type: relu, name: z, when: i == 0, repeat: 60, as: j}\n"
    )
    assert len(archspec.load(HEAD + rows).table()) == 1_060


def test_networks_of_a_thousand_layers_are_none_of_this() -> None:
    """ResNet-1202 has 600 blocks of two convolutions."""
    conv = "type: conv, kernel: 3, filters: f, padding: same, norm: batch_norm"
    text = (
        f"{HEAD}blocks:\n  b:\n    params: {{f: }}\n    rows:\n"
        f"      - {{name: r, residual: [{{{conv}, name: c, activation: relu}}, {{{conv}, name: d}}]}}\n"
        "      - {type: relu}\nrows:\n  - {type: conv, name: stem, kernel: 1, filters: 8}\n"
        "  - {type: b, name: b, repeat: 600, f: 8}\n"
    )
    assert len(archspec.load(text).table()) == 2_401


@pytest.mark.parametrize(("more", "holds"), [(0, True), (1, False)])
def test_terms_of_a_sum(more: int, holds: bool) -> None:
    terms = " + ".join("1" for _ in range(expressions.MAX_DEEP + more))
    text = f"{HEAD}rows: [{{type: conv, name: c, kernel: 1, filters: {terms}}}]\n"
    if holds:
        network = archspec.load(text)
        assert network.output_shape[-1] == expressions.MAX_DEEP
        assert network.source("torch")
    else:
        assert f"more than {expressions.MAX_DEEP} signs" in str(refused(text, "expression-budget"))


@pytest.mark.parametrize(("calls_in_calls", "holds"), [(8, True), (11, False), (18, False)])
def test_functions_of_a_block_that_double(calls_in_calls: int, holds: bool) -> None:
    """They are written out where they are called."""
    call = "f(" * calls_in_calls + "c" + ")" * calls_in_calls
    text = (
        f"{HEAD}blocks:\n  b:\n    params: {{c: }}\n    let: {{'f(x)': x + x}}\n"
        f"    rows: [{{type: conv, kernel: 1, filters: '{call}', name: z}}]\n"
        "rows: [{type: b, c: 1}]\n"
    )
    if holds:
        network = archspec.load(text)
        assert network.output_shape[-1] == 2**calls_in_calls
        assert network.source("torch")
    else:
        assert "written out, `f` has more than" in str(refused(text, "expression-budget"))


@pytest.mark.parametrize(("more", "holds"), [(0, True), (1, False)])
def test_files_that_extend_one_another(more: int, holds: bool, tmp_path: Path) -> None:
    count = extending.MAX_EXTENDED + more
    (tmp_path / f"f{count}.yaml").write_text(f"{HEAD}rows: [{{type: relu}}]\n")
    for k in range(count):
        text = f"archspec: 1\nextends: f{k + 1}.yaml\nname: n{k}\n"
        (tmp_path / f"f{k}.yaml").write_text(text)
    if holds:
        assert len(archspec.load(tmp_path / "f0.yaml").table()) == 1
        return
    with pytest.raises(SpecError) as caught:
        archspec.load(tmp_path / "f0.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == f"more than {extending.MAX_EXTENDED} files extend one another"
    assert (Path(diagnostic.span.source.name).name, diagnostic.span.line) == ("f50.yaml", 2)


def test_block_files_are_used_once_and_have_a_size(tmp_path: Path) -> None:
    for name in ("one", "two"):
        blocks = f"archspec: 1\nblocks: {{{name}: {{rows: [{{type: relu}}]}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(blocks)
    spec = tmp_path / "spec.yaml"

    def said(used: str) -> list[tuple[str, str, str]]:
        spec.write_text(f"{HEAD}use: [{used}]\nrows: [{{type: relu}}]\n")
        with pytest.raises(SpecError) as caught:
            archspec.load(spec)
        return [(d.code, d.span.text, d.message) for d in caught.value.diagnostics]

    assert said("one.yaml, two.yaml, ./one.yaml") == [
        ("name-taken", "./one.yaml", "./one.yaml is used already")
    ]
    filling = "# filled up\n"
    for name in ("one", "two"):
        with (tmp_path / f"{name}.yaml").open("a") as file:
            file.write(filling * (reader.MAX_BYTES // 2 // len(filling)))
    assert said("one.yaml, two.yaml") == [
        ("yaml-too-big", "two.yaml", "the block files have more than 4 MiB together")
    ]


def test_a_mistake_does_not_carry_the_text_of_its_file() -> None:
    """Pydantic writes out what its errors hold: of many mistakes in a large file, the file each time."""
    assert len(repr(Source("a.yaml", "x" * 10_000))) < 200
