"""The replay binds calls as Python does: what Python would refuse is refused, and so is a name that nothing has."""

from __future__ import annotations

from typing import Any

import pytest

import archspec
from archspec.lowering.backend import ready
from archspec.printing.verify.replay import ReplayError, replay

SPEC = """
archspec: 1
name: pairs
input: [6, 5, 4]
blocks:
  pair:
    inputs: [x, y]
    params: {n: null, k: 1}
    outputs: {total: total, difference: difference}
    rows:
      - {type: conv, name: one, from: x, kernel: k, filters: n, padding: same}
      - {type: conv, name: two, from: y, kernel: 1, filters: n}
      - {type: add, name: total, from: [one, two]}
      - {type: subtract, name: difference, from: [one, two]}
rows:
  - {type: relu, name: begin}
  - {type: pair, name: first, from: [input, begin], n: 8}
  - {type: pair, name: second, n: 6, k: 3}
  - {type: add, name: sum}
"""


def verdict(backend: str, old: str, new: str) -> None:
    """Replay the file with one piece of its text changed."""
    network = archspec.load(archspec_text(SPEC))
    chosen: Any = ready(backend)
    plan = chosen.lower(network.graph)
    printed = network.printed(backend)
    assert printed.text.count(old) >= 1, printed.text
    text = printed.text.replace(old, new)
    replay(text, plan, printed.model, chosen.syntax(plan).replayed())


def archspec_text(text: str) -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


CHANGES = {
    "torch": [
        ("self.first(x, self.begin(x))", "self.first(x)"),
        ("self.first(x, self.begin(x))", "self.first(x, self.begin(x), x)"),
        ("self.first(x, self.begin(x))", "self.first(x, y=self.begin(x), x=x)"),
        ("Pair(4, 8, 4)", "Pair(4, 8)"),
        ("Pair(4, 8, 4)", "Pair(4, 8, 4, 1, 1)"),
        ("Pair(4, 8, 4)", "Pair(4, 8, 4, kernel=1)"),
        ("nn.ReLU()", "nn.ReLU(False, False)"),
        ("(x, self.begin(x))", "(x, self.begins(x))"),
        ("return x + difference", "return x + differences"),
        ("x, difference = self.second", "x = self.second"),
        ("super().__init__()\n        self.one", "self.one"),
    ],
    "keras": [
        ('name="begin")', 'name="begin", units=3)'),
        ("    return ", "    return None, "),
        ('8, name="first")', 'name="first")'),
    ],
}


@pytest.mark.parametrize(
    ("backend", "old", "new"), [(b, *change) for b, found in CHANGES.items() for change in found]
)
def test_what_python_refuses_is_refused(backend: str, old: str, new: str) -> None:
    with pytest.raises(ReplayError):
        verdict(backend, old, new)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_the_file_itself_is_accepted(backend: str) -> None:
    verdict(backend, "import", "import")
