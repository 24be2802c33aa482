"""Did you mean: what a slip of the fingers leads back to."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.source.suggest import SHOWN, closest, did_you_mean, guesses, one_of

WORDS = ["conv", "concat", "relu", "relu6", "name", "from", "filters", "global_avg_pool", "let"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fliters", "filters"),  # two letters swapped
        ("filtrs", "filters"),  # one dropped
        ("fillters", "filters"),  # one doubled
        ("filtera", "filters"),  # the key beside
        ("form", "from"),
        ("conc", "conv"),  # v is beside c, `concat` two letters away
        ("Conv2D", "conv"),
        ("convolution", "conv"),
        ("globalavgpool", "global_avg_pool"),
        ("elt", "let"),
    ],
)
def test_slips_lead_back(typed: str, meant: str) -> None:
    assert guesses(typed, WORDS) == (meant,)
    assert closest(typed, WORDS) == (meant,)
    assert did_you_mean(typed, WORDS) == f"did you mean `{meant}`?"


def test_equals_are_all_named() -> None:
    assert did_you_mean("relu7", WORDS) == "did you mean `relu6` or `relu`?"
    assert did_you_mean("x", ["t", "c", "n"]) == "did you mean `c`, `t` or `n`?"


@pytest.mark.parametrize("typed", ["", "colour", "three", "dropout", "first.inside", "x" * 5000])
def test_what_is_far_is_not_named(typed: str) -> None:
    assert did_you_mean(typed, [*WORDS, "first"]) is None


@given(st.text(string.ascii_lowercase + "_", min_size=3, max_size=20), st.data())
def test_one_slip_is_always_found(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for typed in (word[:at] + word[at + 1 :], word[: at + 1] + word[at:], swapped):
        assert word in closest(typed, [word, "another", "third"], limit=3)


def test_long_lists_are_cut() -> None:
    assert one_of(["a", "b"]) == "one of a, b"
    assert one_of([]) == "one of none at all"
    assert one_of([f"n{k}" for k in range(SHOWN + 5)]).endswith(f"n{SHOWN - 1}, ... (5 more)")
