"""Random networks over the whole language: see `python -m tests.networks.run` for many of them."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archspec.source import SpecError
from tests.networks import constructs
from tests.networks.checking import checked, loaded
from tests.networks.lists import Row
from tests.networks.specs import spec

MORE = int(os.environ.get("ARCHSPEC_FUZZ", "1"))
FAILED = Path(__file__).parent / "specs"
SPECS = st.randoms(use_true_random=False).map(spec)


def valid(made: Row) -> bool:
    try:
        loaded(made)
    except SpecError:
        return False
    return True


def test_no_construct_of_the_language_is_missing() -> None:
    missing = set(constructs.ALL)
    for seed in range(3000):
        made = spec(random.Random(seed))
        if missing & constructs.of(made) and valid(made):
            missing -= constructs.of(made)
        if not missing:
            return
    assert not missing


def test_most_specs_are_networks() -> None:
    assert sum(valid(spec(random.Random(seed))) for seed in range(50)) >= 45


@settings(max_examples=6 * MORE, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS)
def test_built_models_are_what_the_spec_means(made: Row) -> None:
    found = checked(made, run=True, prints=False)
    assert not found.failures


@settings(max_examples=20 * MORE, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS)
def test_every_network_is_printed(made: Row) -> None:
    assert not checked(made).failures


@pytest.mark.parametrize("name", sorted(path.stem for path in FAILED.glob("*.yaml")))
def test_networks_that_failed_once(name: str) -> None:
    """Printed files and built models of random networks of which one was wrong or missing."""
    made = yaml.safe_load((FAILED / f"{name}.yaml").read_text(encoding="utf-8"))
    found = checked(made, run=True)
    assert found.printed == 2
    assert not found.failures
