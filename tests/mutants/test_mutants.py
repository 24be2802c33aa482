"""A sample of `make mutants`: no changed file that is wrong is accepted by the replay."""

from __future__ import annotations

import pytest

from tests.mutants.run import verdicts


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_no_wrong_file_is_accepted(backend: str) -> None:
    found = verdicts([backend], each=8, files=10)
    assert not found.wrong
    assert found.counts["refused, wrong"] > 20
    assert found.counts["accepted, right"] > 2
