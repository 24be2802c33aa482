"""Every convolutional builder of torchvision against a variant of the zoo: parameters, buffers, multiply-adds.

figures/torchvision.json holds the parameters that are trained and the buffers without the counters of batch norm, both
of what a builder makes with its defaults, and torchvision's published multiply-adds in thousand millions (`_ops`) at
its size of crops, which leave auxiliary heads out. `make reference` holds that they are torchvision's.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archspec
from archspec import shelf
from archspec.analysis.claims import holds
from archspec.api import Network

PREFIX = "torchvision.models."
FIGURES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "figures" / "torchvision.json").read_text(), parse_float=Decimal
)


@cache
def loaded(name: str) -> Network:
    """A spec of the zoo; one of torchvision's builders at the size of its crops."""
    crop = FIGURES.get(name, {}).get("crop")
    return archspec.load(name, input=(crop, crop, 3) if crop else None)


def test_every_builder_is_some_variant() -> None:
    """Each under the builder's own name, and none that torchvision does not have."""
    stated = {name: loaded(name).document.reference or "" for name in shelf.listed()}
    found = {name: r.removeprefix(PREFIX) for name, r in stated.items() if r.startswith(PREFIX)}
    assert found == {builder: builder for builder in FIGURES}


@pytest.mark.parametrize("builder", FIGURES)
def test_parameters(builder: str) -> None:
    found, figures = loaded(builder).params, FIGURES[builder]
    assert (found.trainable, found.non_trainable) == (figures["params"], figures["buffers"])


@pytest.mark.parametrize("builder", FIGURES)
def test_multiply_adds(builder: str) -> None:
    network = loaded(builder)
    alone = network.with_vars(aux=False) if "aux" in network.vars else network
    assert holds(alone.macs, f"{FIGURES[builder]['gmacs']}G")


def test_googlenet_without_its_heads() -> None:
    assert loaded("googlenet").with_vars(aux=False).params.trainable == 6_624_904
