"""The examples of `archspec explain` and docs/errors.md: each gives its code and no other, mended it gives none."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from archspec.cli.examples import answer
from archspec.cli.main import main
from archspec.source.examples import examples
from archspec.source.mistakes import CODES, FAULTS

EXAMPLES = examples()
SHOWN = [code for code in CODES if code not in FAULTS]  # no spec causes a fault of the tool


def test_every_code_has_an_example() -> None:
    assert list(EXAMPLES) == SHOWN


@pytest.mark.parametrize("code", SHOWN)
def test_example(code: str) -> None:
    wrong, said = answer(EXAMPLES[code])
    assert wrong == 1
    assert set(re.findall(r"error\[([\w-]+)\]", said)) == {code}
    right, said = answer(EXAMPLES[code], mended=True)
    assert right == 0, said
    assert "error[" not in said


@pytest.mark.parametrize("code", SHOWN)
def test_explain_shows_it(code: str) -> None:
    found = CliRunner().invoke(main, ["explain", code])
    assert found.exit_code == 0
    example = EXAMPLES[code]
    shown = re.sub(r"\n +", "\n", found.output)
    for text in (example.wrong, answer(example)[1], example.right, example.command):
        assert re.sub(r"\n +", "\n", f"\n{text}").strip() in shown


def test_a_mended_example_is_the_wrong_one_but_for_a_few_lines() -> None:
    """Who reads both sees what was the matter."""
    for code, example in EXAMPLES.items():
        kept = set(example.wrong.splitlines()) & set(example.right.splitlines())
        assert kept or code in ("unreadable-file", "empty-file"), code
        assert len(example.wrong.splitlines()) <= 12, code


def test_quick_commands_leave_the_examples_unread() -> None:
    program = (
        "import sys\nfrom archspec.cli.main import main\n"
        "try: main(['validate', 'mobilenet_v1'])\nexcept SystemExit: pass\n"
        "assert 'archspec.language.elaborate.elaborate' in sys.modules\n"
        "assert 'archspec.source.examples' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
