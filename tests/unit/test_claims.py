"""Claims: what papers print, against what is computed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import archspec
from archspec.analysis.claims import holds
from archspec.cli.main import main
from archspec.source import SpecError

SPEC = (
    "archspec: 1\nname: small\nvars: {{width: 1.0}}\ninput: [8, 8, 3]\nrows:\n"
    "  - {{type: conv, name: a, kernel: 3, filters: int(10 * width)}}\nexpect:\n  - {claim}\n"
)


@pytest.mark.parametrize(
    ("figure", "printed", "expected"),
    [
        (4_231_976, "4.2M", True),
        (4_231_976, "4.3M", False),
        (290_675_200, "290M", True),  # cut
        (290_675_200, "291M", True),  # rounded
        (290_675_200, "292M", False),
        (290_675_200, "0.291G", True),
        (470_072, "0.5M", True),
        (470_072, "0.4M", True),
        (470_072, "470K", True),
        (470_072, "470,072", True),
        (470_072, "470073", False),
        (4_867_293_184, "4866M", False),
    ],
)
def test_a_figure_is_rounded_or_cut(figure: int, printed: str, expected: bool) -> None:
    assert holds(figure, printed) is expected


@given(st.integers(1, 10**12), st.integers(0, 3))
def test_what_is_printed_holds_and_its_neighbours_do_not(figure: int, digits: int) -> None:
    scale = 10**digits
    cut = math.floor(figure * scale / 10**6)
    text = f"{cut // scale}.{cut % scale:0{digits}d}M" if digits else f"{cut}M"
    assert holds(figure, text)
    far = f"{cut // scale + 2}.{cut % scale:0{digits}d}M" if digits else f"{cut + 2}M"
    assert not holds(figure, far)


def test_the_zoo_keeps_its_papers_figures() -> None:
    found = CliRunner().invoke(main, ["verify", "--format", "json"])
    assert found.exit_code == 0
    verdicts = json.loads(found.output)
    assert all(
        {"name", "with", "quantity", "claimed", "computed", "status"} <= set(v) for v in verdicts
    )
    first = [v for v in verdicts if v["name"] == "mobilenet_v1"]
    assert len(first) == 14
    assert all(v["status"] == "pass" for v in first)
    assert {v["status"] for v in verdicts} == {"pass", "noted"}
    noted = [v["name"] for v in verdicts if v["status"] == "noted"]
    tables = [n for n in noted if n.startswith("mobilenet_v1")]
    assert tables == ["mobilenet_v1_conv"]  # of the 24 cells of the MobileNets paper
    assert len(noted) < len(verdicts) / 10


def test_a_claim_that_fails_leaves_with_1(tmp_path: Path) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(SPEC.format(claim="{params: 281, macs: 2K}"))
    found = CliRunner().invoke(main, ["verify", str(spec)])
    assert found.exit_code == 1
    assert "fail" in found.output
    spec.write_text(SPEC.format(claim="{params: 280, macs: 9.7K}"))
    assert CliRunner().invoke(main, ["verify", str(spec)]).exit_code == 0
    spec.write_text(SPEC.format(claim="{params: 281, note: a misprint}"))
    found = CliRunner().invoke(main, ["verify", str(spec)])
    assert found.exit_code == 0
    assert "noted" in found.output
    assert "a misprint" in found.output


def test_claims_are_for_values_of_variables() -> None:
    text = SPEC.format(claim="{with: {width: 0.5}, params: 140}")
    (verdict,) = archspec.load(text, width=3.0).verify()
    assert (verdict.status, verdict.computed, dict(verdict.given)) == ("pass", 140, {"width": 0.5})


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("{param: 280}", "did you mean `params`?"),
        ("{with: {widht: 1}, params: 280}", "did you mean `width`?"),
        ("{params: about 3}", "`about 3` is not a figure"),
        ("{with: {width: 0.5}}", "a claim has a figure"),
        ("280", "a claim is a mapping"),
        ("{params: 5,483,032}", "YAML ends this value at its comma"),
    ],
)
def test_wrong_claims(claim: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        archspec.load(SPEC.format(claim=claim))
    assert message in str(caught.value)
    assert "^" in str(caught.value)


def test_other_values_of_the_same_spec() -> None:
    network = archspec.load("mobilenet_v1", input=(64, 64, 3), width=0.5)
    other = network.with_vars(classes=10)
    assert other.vars["width"] == 0.5
    assert other.vars["classes"] == 10
    assert other.input_shape == (64, 64, 3)
    assert network.vars["classes"] == 1000
    with pytest.raises(SpecError) as caught:
        network.with_vars(clases=3)
    assert "did you mean `classes`?" in str(caught.value)
